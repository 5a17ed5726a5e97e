//! Decision tables, after the Stakeholder-Specific Vulnerability
//! Categorization (SSVC 2.1, CERT/CC): what is known of a vulnerability and of
//! the asset it is on, to how soon somebody acts.
//!
//! A table is data. Two are here: the deployer's table of SSVC, and that of
//! CISA's Binding Operational Directive 26-04. An organisation can write its
//! own in the same form, or take any of CERT/CC's as they publish them.

mod certcc;
mod table;

use serde::Deserialize;

pub use certcc::parse as parse_certcc;
pub use table::{DecisionPoint, DecisionTable};

use crate::VulnError;

/// The tables that are here, by name.
const TABLES: [(&str, &str); 2] = [
    ("cisa-bod-26-04", include_str!("tables/bod-26-04.toml")),
    ("ssvc-deployer", include_str!("tables/deployer.toml")),
];

/// The names of the tables that are here.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|(name, _)| *name)
}

/// A table that is here.
#[must_use]
pub fn named(name: &str) -> Option<DecisionTable> {
    let (_, text) = TABLES.iter().find(|(known, _)| *known == name)?;
    // A test reads each of them.
    parse(text.as_bytes()).ok()
}

/// Reads a table in our own form (TOML): `name`, `version`, `points` and
/// `outcome` with their values from the least to the most urgent, and the
/// rows.
///
/// # Errors
/// [`VulnError`] with the place, as [`DecisionTable::of_rows`].
pub fn parse(bytes: &[u8]) -> Result<DecisionTable, VulnError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Document {
        name: String,
        version: String,
        points: Vec<DecisionPoint>,
        outcome: DecisionPoint,
        mapping: Mapping,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Mapping {
        rows: Vec<Vec<String>>,
    }
    let document: Document =
        toml::from_slice(bytes).map_err(|error| VulnError::toml(bytes, &error))?;
    DecisionTable::of_rows(
        (document.name, document.version),
        document.points,
        document.outcome,
        &document.mapping.rows,
    )
}
