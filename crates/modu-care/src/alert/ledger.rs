//! The pages of the ledger and what stands on them.

use std::fmt;

use jiff::Timestamp;
use modu_kernel::{Digest, Label};
use modu_statistics::Finite;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The schema's name.
pub(super) const SCHEMA: &str = "modu.care.alert-page/1";
/// The output that holds the next page.
pub const PAGE_OUTPUT: &str = "page.json";

/// An alert's name: 16 hexadecimal digits of a digest of the rule, the person
/// and the time of the observation, so that one observation raises one alert.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct AlertId(String);

impl AlertId {
    /// The name of an alert.
    #[must_use]
    pub fn of(rule: &Digest, person: &str, observed: Timestamp) -> Self {
        let told = format!("{rule}\n{person}\n{observed}");
        Self(
            Digest::of(told.as_bytes())
                .to_hex()
                .chars()
                .take(16)
                .collect(),
        )
    }

    /// Whether it begins with these digits, at least six.
    pub(super) fn begins_with(&self, digits: &str) -> bool {
        digits.len() >= 6 && self.0.starts_with(digits)
    }
}

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What moved the score, in words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mover {
    /// The predictor's name in the model.
    pub predictor: String,
    /// What it added to the linear predictor.
    pub change: Finite,
    /// In words.
    pub words: Label,
}

/// How an alert ended.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Something was done for the patient.
    Treated,
    /// The patient was seen, and nothing had to be done.
    Observed,
    /// There was nothing to it.
    FalseAlarm,
    /// The patient was not reached.
    NotReached,
}

/// What happened to an alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// The score was at or above the threshold.
    Raised {
        /// Which alert.
        alert: AlertId,
        /// Whose, by pseudonym.
        person: String,
        /// When what the score looked at was observed.
        #[schemars(with = "String")]
        observed: Timestamp,
        /// The score.
        score: Finite,
        /// The rule's threshold.
        threshold: Finite,
        /// The rule.
        rule: Digest,
        /// What moved the score, the most first.
        movers: Vec<Mover>,
    },
    /// Somebody on duty took it on.
    Acknowledged {
        /// Which alert.
        alert: AlertId,
        /// The duty of who did.
        by: String,
    },
    /// Nobody did in time.
    Escalated {
        /// Which alert.
        alert: AlertId,
        /// To the step of this number, from 1.
        step: u8,
        /// To whom that is.
        to: Label,
        /// When the time of the step before was over.
        #[schemars(with = "String")]
        due: Timestamp,
    },
    /// It is over.
    Closed {
        /// Which alert.
        alert: AlertId,
        /// The duty of who closed it.
        by: String,
        /// How it ended.
        how: Ending,
    },
}

/// What one run added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// `modu.care.alert-page/1`.
    pub schema: String,
    /// From 1.
    pub number: u64,
    /// The page before.
    pub previous: Option<Digest>,
    /// The moment.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// What happened, in order.
    pub events: Vec<Event>,
}
