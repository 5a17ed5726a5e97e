//! What a scan found: `findings.csv`, its rows put together by what is wrong
//! with which component of which asset.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::table::line_of;
use crate::{VulnError, limits};

/// A vulnerability of a component on an asset.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    pub(crate) asset: String,
    pub(crate) component: String,
    /// Every identifier, ascending.
    pub(crate) names: BTreeSet<String>,
    /// The versions that have it.
    pub(crate) versions: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Row {
    asset: String,
    component: String,
    version: String,
    advisory: String,
    names: String,
}

impl Found {
    /// The identifier that it goes by: a CVE where it has one, as that is what
    /// others speak of; else the first.
    pub(crate) fn fault(&self) -> String {
        let cves = self.names.iter().find(|name| name.starts_with("CVE-"));
        cves.or_else(|| self.names.first())
            .cloned()
            .unwrap_or_default()
    }
}

/// Reads findings. Rows of one component that share an identifier are one
/// vulnerability, in whatever order they stand. All are on the asset that is
/// given, where one is: lists of components often name their asset with its
/// version, or not at all.
pub(crate) fn parse(bytes: &[u8], asset: Option<&str>) -> Result<Vec<Found>, VulnError> {
    let mut reader = csv::Reader::from_reader(bytes);
    let mut rows: BTreeMap<(String, String), Vec<Found>> = BTreeMap::new();
    let wrong = |error: csv::Error| VulnError::csv(bytes, &error);
    let header = reader.headers().map_err(wrong)?.clone();
    for (number, record) in reader.records().enumerate() {
        let record = record.map_err(wrong)?;
        let mut row: Row = record.deserialize(Some(&header)).map_err(wrong)?;
        if let Some(asset) = asset {
            asset.clone_into(&mut row.asset);
        }
        if number == limits::FINDINGS {
            return Err(VulnError::TooMany {
                what: "findings",
                limit: limits::FINDINGS as u64,
            });
        }
        let line = record.position().map_or(0, |place| line_of(bytes, place));
        let found = found(row).map_err(|problem| VulnError::Malformed {
            place: format!("line {line}"),
            problem,
        })?;
        let of = (found.asset.clone(), found.component.clone());
        rows.entry(of).or_default().push(found);
    }
    Ok(rows.into_values().flat_map(together).collect())
}

fn found(row: Row) -> Result<Found, String> {
    let names = row
        .names
        .split_ascii_whitespace()
        .chain([row.advisory.trim()]);
    let names: BTreeSet<String> = (names.filter(|name| !name.is_empty()))
        .map(str::to_owned)
        .collect();
    let cells = [&row.asset, &row.component, &row.version];
    let longest = cells.into_iter().chain(&names).map(String::len).max();
    if longest.is_some_and(|bytes| bytes > limits::CELL_BYTES) {
        return Err(format!("a cell has at most {} bytes", limits::CELL_BYTES));
    }
    if row.asset.is_empty() || row.component.is_empty() || names.is_empty() {
        return Err("an asset, a component and an advisory have names: name the asset where the inventory does not".to_owned());
    }
    Ok(Found {
        asset: row.asset,
        component: row.component,
        names,
        versions: BTreeSet::from([row.version]),
    })
}

/// Puts those together that share an identifier, directly or over others.
fn together(rows: Vec<Found>) -> Vec<Found> {
    let mut groups: Vec<Option<Found>> = Vec::new();
    let mut place_of: BTreeMap<String, usize> = BTreeMap::new();
    for mut row in rows {
        let places: BTreeSet<usize> = (row.names.iter())
            .filter_map(|name| place_of.get(name).copied())
            .collect();
        for place in places {
            if let Some(other) = groups[place].take() {
                row.names.extend(other.names);
                row.versions.extend(other.versions);
            }
        }
        for name in &row.names {
            place_of.insert(name.clone(), groups.len());
        }
        groups.push(Some(row));
    }
    let mut groups: Vec<Found> = groups.into_iter().flatten().collect();
    groups.sort();
    groups
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const HEAD: &str = "asset,component,version,advisory,names\n";

    #[test]
    fn rows_that_share_an_identifier_are_one_whatever_their_order() {
        let rows = [
            "plc,lib,1.0,GHSA-1,GHSA-1\n",
            "plc,lib,1.0,PYSEC-1,PYSEC-1 CVE-2026-1\n",
            "plc,lib,1.1,GHSA-1,GHSA-1 CVE-2026-1\n",
            "plc,other,1.0,GHSA-1,GHSA-1\n",
        ];
        let forth = parse((HEAD.to_owned() + &rows.concat()).as_bytes(), None).unwrap();
        let back: String = rows.iter().rev().copied().collect();
        let back = parse((HEAD.to_owned() + &back).as_bytes(), None).unwrap();
        assert_eq!(forth, back);
        assert_eq!(forth.len(), 2);
        assert_eq!(forth[0].fault(), "CVE-2026-1");
        assert_eq!((forth[0].names.len(), forth[0].versions.len()), (3, 2));
        assert_eq!(forth[1].fault(), "GHSA-1");
    }

    #[test]
    fn a_row_without_names_is_refused_with_its_line() {
        for row in ["plc,,1,X,X\n", ",lib,1,X,X\n", "plc,lib,1,,\n", "plc,lib\n"] {
            let text = format!("{HEAD}plc,lib,1,X,X\n{row}");
            let error = parse(text.as_bytes(), None).unwrap_err().to_string();
            assert!(error.contains("line 3"), "{error}");
            let gaps = format!("{HEAD}\n\nplc,lib,1,X,X\n\r\n{row}");
            let error = parse(gaps.as_bytes(), None).unwrap_err().to_string();
            assert!(error.contains("line 6"), "{error}");
        }
        let unnamed = format!("{HEAD},lib,1,X,X\n");
        assert!(parse(unnamed.as_bytes(), None).is_err());
        assert_eq!(
            parse(unnamed.as_bytes(), Some("web")).unwrap()[0].asset,
            "web"
        );
        assert!(parse(b"name,version\nx,1\n", None).is_err());
    }
}
