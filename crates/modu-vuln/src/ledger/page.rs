//! A page of the ledger: what one run added, and which page came before.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use modu_kernel::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::UtcOffset;

/// What is written at the head of a page.
pub const SCHEMA: &str = "modu.vuln.ledger/1";

/// What one run added. Its canonical JSON (RFC 8785) is what the next page
/// names by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// [`SCHEMA`].
    pub schema: String,
    /// 1 for the first, and one more for each.
    pub number: u64,
    /// The page before; none before the first.
    pub previous: Option<Digest>,
    /// When the run said it was.
    pub at: Timestamp,
    /// The day that counts: that of `at` in the ledger's offset, or the page
    /// before's where the clock went back.
    pub day: Date,
    /// The offset that days are counted in; the same on every page.
    pub utc_offset: UtcOffset,
    /// The engine that wrote it.
    pub run: String,
    /// What the run read, by name.
    pub inputs: BTreeMap<String, Digest>,
    /// What it added.
    pub events: Vec<Event>,
}

/// Names a vulnerability of a component on an asset: 128 bits of a digest, in
/// hexadecimal digits.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct ItemId(String);

impl ItemId {
    /// The name of what is wrong with a component on an asset. It does not
    /// depend on the component's version: an update that does not help starts
    /// no new deadline.
    #[must_use]
    pub fn of(asset: &str, component: &str, fault: &str) -> Self {
        // A length before each part: no two triples are written alike.
        let parts = [asset, component, fault];
        let text: String = (parts.iter())
            .map(|part| format!("{}:{part}", part.len()))
            .collect();
        Self(Digest::of(text.as_bytes()).to_hex()[..32].to_owned())
    }

    /// Whether these are its first digits, at least eight of them.
    #[must_use]
    pub fn begins_with(&self, digits: &str) -> bool {
        digits.len() >= 8 && self.0.starts_with(digits)
    }

    /// Its digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// Something vulnerable was found for the first time.
    Opened {
        /// Its name from now on.
        item: ItemId,
        /// The asset it is on.
        asset: String,
        /// The component that has it.
        component: String,
        /// The identifier that it goes by.
        fault: String,
        /// Every identifier that the finding gave, ascending.
        names: Vec<String>,
        /// The versions found, ascending.
        versions: Vec<String>,
    },
    /// It was found with another version, or under further identifiers.
    Seen {
        /// Which.
        item: ItemId,
        /// Identifiers that are new, ascending.
        names: Vec<String>,
        /// The versions found, ascending.
        versions: Vec<String>,
    },
    /// It was found again after it had been fixed.
    Reopened {
        /// Which.
        item: ItemId,
        /// Whether the deadline from before the fix stands.
        deadline_stands: bool,
    },
    /// It was decided by when it must be fixed. A deadline is never later
    /// than the one that stands.
    Deadline {
        /// Which.
        item: ItemId,
        /// The last day on which a fix is in time; none where it is due at the
        /// next upgrade.
        due: Option<Date>,
        /// What the decision table came to.
        outcome: String,
        /// Why.
        because: Because,
    },
    /// Somebody answers for it not being fixed until a day.
    Excepted {
        /// Which.
        item: ItemId,
        /// Who answers for it.
        owner: String,
        /// Why it is not fixed.
        reason: String,
        /// What protects the asset meanwhile.
        control: String,
        /// The last day.
        until: Date,
        /// The maker's statement (VEX) that it follows from; none where a
        /// person gave it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        statement: Option<String>,
    },
    /// An exception no longer holds, and the deadline does again.
    ExceptionEnded {
        /// Which.
        item: ItemId,
        /// Why.
        why: Ending,
    },
    /// Two scans with the same advisories show it before and not after.
    Fixed {
        /// Which.
        item: ItemId,
        /// What shows it.
        proof: Proof,
    },
}

impl Event {
    /// What it happened to.
    #[must_use]
    pub const fn item(&self) -> &ItemId {
        match self {
            Self::Opened { item, .. }
            | Self::Seen { item, .. }
            | Self::Reopened { item, .. }
            | Self::Deadline { item, .. }
            | Self::Excepted { item, .. }
            | Self::ExceptionEnded { item, .. }
            | Self::Fixed { item, .. } => item,
        }
    }
}

/// Why a deadline is what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Because {
    /// The decision table, with its version.
    pub table: String,
    /// What was known of each of its points.
    pub known: BTreeMap<String, String>,
    /// The points that a CVSS vector told, as nobody had decided on them.
    pub derived: Vec<String>,
    /// The points that nothing was known of: the most urgent value counts.
    pub assumed: Vec<String>,
    /// The policy's further limit that set the days, where one did.
    pub limit: Option<String>,
    /// Days from the day of the decision; none at the next upgrade.
    pub days: Option<u16>,
}

/// Why an exception ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Its last day is over.
    Date,
    /// More is known against it than when it was given.
    Facts,
    /// It was taken back.
    TakenBack,
}

/// What shows that something was fixed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The scan that shows it, by the inventory's digest.
    pub before: Digest,
    /// The scan that does not, by the inventory's digest.
    pub after: Digest,
    /// The advisories that both were held against.
    pub advisories: Digest,
    /// The versions before, ascending.
    pub from: Vec<String>,
    /// The versions after, ascending; none where the component is gone.
    pub to: Vec<String>,
}
