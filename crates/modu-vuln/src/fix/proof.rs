//! What two scans show of an item.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{Listing, NotShown};
use crate::VulnError;
use crate::decide::Found;
use crate::ledger::Item;

/// What a scan says.
pub(super) struct Scanned {
    of: Listing,
    found: Vec<Found>,
    /// What is listed, by component or by asset, in each of its versions.
    listed: BTreeMap<String, BTreeMap<String, Answer>>,
}

/// What is said of one version of what is listed.
#[derive(Debug, Default)]
struct Answer {
    undecidable: bool,
    /// Advisories that could not be decided on, where others affect it.
    undecided: BTreeSet<String>,
}

/// A row of `components.csv` or `assets.csv`.
#[derive(Deserialize)]
struct Row {
    #[serde(alias = "asset")]
    component: String,
    #[serde(alias = "firmware")]
    version: String,
    answer: String,
    #[serde(default)]
    undecided: String,
}

impl Scanned {
    /// Reads a scan's two tables.
    pub(super) fn read(
        of: Listing,
        findings: &[u8],
        answers: &[u8],
        asset: Option<&str>,
    ) -> Result<Self, VulnError> {
        let found = crate::decide::found(findings, asset)?;
        let mut listed: BTreeMap<String, BTreeMap<String, Answer>> = BTreeMap::new();
        for row in csv::Reader::from_reader(answers).deserialize() {
            let row: Row = row.map_err(|error| VulnError::csv(answers, &error))?;
            let versions = listed.entry(row.component).or_default();
            let answer = versions.entry(row.version).or_default();
            answer.undecidable |= row.answer == "undecidable";
            let undecided = row.undecided.split_ascii_whitespace();
            answer.undecided.extend(undecided.map(str::to_owned));
        }
        Ok(Self { of, found, listed })
    }

    /// Whether it finds an item.
    pub(super) fn shows(&self, item: &Item) -> bool {
        self.finding(item).is_some()
    }

    fn finding(&self, item: &Item) -> Option<&Found> {
        let mut found = self.found.iter();
        found.find(|found| found.asset == item.asset && self.same(found, item))
    }

    /// Whether a finding is of what an item is of, and of its fault.
    fn same(&self, found: &Found, item: &Item) -> bool {
        let part = match self.of {
            Listing::Components => found.component == item.component,
            Listing::Assets => found.asset == item.asset,
        };
        part && !found.names.is_disjoint(&item.names)
    }

    /// What an item's component or asset is listed by.
    fn key<'a>(&self, item: &'a Item) -> &'a str {
        match self.of {
            Listing::Components => &item.component,
            Listing::Assets => &item.asset,
        }
    }

    /// Whether it is a list of other things than another: less than half of
    /// what the other lists beside one is here.
    fn is_other_than(&self, other: &Self, beside: &str) -> bool {
        let rest = |of: &Self| -> BTreeSet<String> {
            let names = of.listed.keys().filter(|name| *name != beside);
            names.cloned().collect()
        };
        let (here, there) = (rest(self), rest(other));
        here.is_empty() || 2 * here.intersection(&there).count() < there.len()
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
    // The second list may name its asset otherwise: what counts is that the
    // component has the fault no more.
    if after.found.iter().any(|found| after.same(found, item)) {
        return Err(NotShown::StillThere);
    }
    let key = before.key(item);
    let from: Vec<String> = was.versions.iter().cloned().collect();
    let Some(now) = after.listed.get(key) else {
        return match after.is_other_than(before, key) {
            true => Err(NotShown::OtherInventory),
            false => Ok((from, Vec::new())),
        };
    };
    let open = |answer: &Answer| answer.undecidable || !answer.undecided.is_disjoint(&item.names);
    if now.values().any(open) {
        return Err(NotShown::Undecidable);
    }
    if now.keys().any(|version| was.versions.contains(version)) {
        return Err(NotShown::SameVersion);
    }
    Ok((from, now.keys().cloned().collect()))
}
