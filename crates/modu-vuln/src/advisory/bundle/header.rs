//! What a bundle says of itself.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use modu_kernel::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::VulnError;

/// The format that is written and read.
const FORMAT: u32 = 1;

/// The first line of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Tells the line from a record.
    pub kind: HeaderKind,
    /// The format of what follows: 1.
    pub format: u32,
    /// Counts up from one bundle of a publisher to the next: an older one
    /// cannot be passed off as the latest.
    pub sequence: u64,
    /// When its sources were read, RFC 3339 in UTC.
    pub made: String,
    /// For how many days from then results may be relied on.
    pub valid_days: u32,
    /// What it is made of, in the order of the records.
    pub sources: Vec<Source>,
}

/// The kind of a first line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeaderKind {
    /// The only one.
    #[default]
    Bundle,
}

/// One publisher's advisories within a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name, such as `pypa`.
    pub name: String,
    /// How many records follow.
    pub records: u64,
    /// How many of them no longer stand.
    pub withdrawn: u64,
    /// The digest of their lines.
    pub digest: Digest,
    /// Why records no longer stand or are gone, by identifier.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub explained: BTreeMap<String, String>,
}

/// Whether a bundle may be relied on at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    /// It is not older than it says it may be.
    Fresh,
    /// It is.
    Stale,
    /// It is from after that time: one of the two clocks is wrong.
    NotYet,
    /// It does not say how old it is.
    Unstated,
}

impl Header {
    pub(super) fn new(sequence: u64, made: Timestamp, valid_days: u32) -> Self {
        Self {
            kind: HeaderKind::Bundle,
            format: FORMAT,
            sequence,
            made: made.to_string(),
            valid_days,
            sources: Vec::new(),
        }
    }

    pub(super) fn parse(line: &[u8]) -> Result<Self, VulnError> {
        let malformed = |problem: String| VulnError::Malformed {
            place: "line 1".into(),
            problem: format!("{problem}: expected the header of a bundle"),
        };
        let header: Self =
            serde_json::from_slice(line).map_err(|error| malformed(error.to_string()))?;
        if header.format != FORMAT {
            return Err(malformed(format!(
                "its format is {} and this version of Modu reads {FORMAT}",
                header.format
            )));
        }
        header.made()?;
        Ok(header)
    }

    /// When its sources were read.
    ///
    /// # Errors
    /// [`VulnError::Malformed`] where that is no time.
    pub fn made(&self) -> Result<Timestamp, VulnError> {
        self.made.parse().map_err(|error| VulnError::Malformed {
            place: "made".into(),
            problem: format!("{error}: expected a time such as 2026-11-22T00:00:00Z"),
        })
    }

    /// Records of all sources.
    #[must_use]
    pub fn records(&self) -> u64 {
        let counts = self.sources.iter().map(|source| source.records);
        counts.fold(0, u64::saturating_add)
    }

    /// Whether it may be relied on at a time.
    ///
    /// # Errors
    /// As [`Self::made`].
    pub fn freshness(&self, at: Timestamp) -> Result<Freshness, VulnError> {
        let made = self.made()?;
        let days = SignedDuration::from_hours(24 * i64::from(self.valid_days));
        Ok(match at.duration_since(made) {
            age if age.is_negative() => Freshness::NotYet,
            age if age > days => Freshness::Stale,
            _ => Freshness::Fresh,
        })
    }
}
