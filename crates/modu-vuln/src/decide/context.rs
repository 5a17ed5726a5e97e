//! Where an asset stands and how much depends on it.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::VulnError;

/// Who can reach an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Exposure {
    Isolated,
    Internal,
    Adjacent,
    Internet,
}

/// How much depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Criticality {
    Low,
    Medium,
    High,
    VeryHigh,
}

/// What is known of an asset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Context {
    pub(super) exposure: Option<Exposure>,
    pub(super) criticality: Option<Criticality>,
}

#[derive(Deserialize)]
struct Row {
    asset: String,
    exposure: Option<Exposure>,
    criticality: Option<Criticality>,
}

/// Reads a list of assets (CSV with the columns `asset`, `exposure` and
/// `criticality`; others are left alone).
pub(super) fn parse(bytes: &[u8]) -> Result<BTreeMap<String, Context>, VulnError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut assets = BTreeMap::new();
    for row in csv::Reader::from_reader(bytes).deserialize() {
        let row: Row = row.map_err(|error| VulnError::csv(&error))?;
        let context = Context {
            exposure: row.exposure,
            criticality: row.criticality,
        };
        if assets
            .insert(row.asset.clone(), context)
            .is_some_and(|other| other != context)
        {
            return Err(VulnError::Malformed {
                place: format!("asset `{}`", row.asset),
                problem: "two rows say different things of it: keep one".to_owned(),
            });
        }
    }
    Ok(assets)
}
