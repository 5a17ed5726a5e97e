//! What two scans show of an item.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::NotShown;
use crate::VulnError;
use crate::decide::Found;
use crate::ledger::Item;

/// What a scan says.
pub(super) struct Scanned {
    found: Vec<Found>,
    /// Versions and answers by component.
    components: BTreeMap<String, BTreeMap<String, bool>>,
    assets: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Row {
    component: String,
    version: String,
    answer: String,
}

impl Scanned {
    /// Reads a scan's two tables.
    pub(super) fn read(
        findings: &[u8],
        components: &[u8],
        asset: Option<&str>,
    ) -> Result<Self, VulnError> {
        let found = crate::decide::found(findings, asset)?;
        let mut rows: BTreeMap<String, BTreeMap<String, bool>> = BTreeMap::new();
        for row in csv::Reader::from_reader(components).deserialize() {
            let row: Row = row.map_err(|error| VulnError::csv(&error))?;
            let decided = row.answer != "undecidable";
            let versions = rows.entry(row.component).or_default();
            *versions.entry(row.version).or_insert(true) &= decided;
        }
        Ok(Self {
            assets: found.iter().map(|found| found.asset.clone()).collect(),
            found,
            components: rows,
        })
    }

    fn finding(&self, item: &Item) -> Option<&Found> {
        self.found.iter().find(|found| {
            found.asset == item.asset
                && found.component == item.component
                && !found.names.is_disjoint(&item.names)
        })
    }

    /// Whether it finds an item.
    pub(super) fn shows(&self, item: &Item) -> bool {
        self.finding(item).is_some()
    }
}

/// The versions before and after, where the two scans show that an item was
/// fixed.
pub(super) fn of(
    item: &Item,
    before: &Scanned,
    after: &Scanned,
) -> Result<(Vec<String>, Vec<String>), NotShown> {
    let was = before.finding(item).ok_or(NotShown::NotBefore)?;
    // The second inventory may name its asset otherwise, or nothing in it may
    // be affected: what counts is that the component has the fault no more.
    let still = after
        .found
        .iter()
        .any(|found| found.component == item.component && !found.names.is_disjoint(&item.names));
    if still || (!after.assets.is_empty() && !after.assets.contains(&item.asset)) {
        return Err(if still {
            NotShown::StillThere
        } else {
            NotShown::OtherInventory
        });
    }
    let from: Vec<String> = was.versions.iter().cloned().collect();
    let Some(now) = after.components.get(&item.component) else {
        let others = |scanned: &Scanned| -> BTreeSet<String> {
            let names = scanned.components.keys();
            names
                .filter(|name| **name != item.component)
                .cloned()
                .collect()
        };
        let (had, has) = (others(before), others(after));
        let left = had.intersection(&has).count();
        return match 2 * left >= had.len() && !has.is_empty() {
            true => Ok((from, Vec::new())),
            false => Err(NotShown::OtherInventory),
        };
    };
    if now.values().any(|decided| !decided) {
        return Err(NotShown::Undecidable);
    }
    if now.keys().any(|version| was.versions.contains(version)) {
        return Err(NotShown::SameVersion);
    }
    Ok((from, now.keys().cloned().collect()))
}
