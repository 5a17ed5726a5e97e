//! What `route.whatif` answers, as types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::origin::{Invalid, Validity};

/// Schema name of [`WhatIfReport`].
pub(super) const SCHEMA: &str = "modu.route.whatif/1";

/// What a proposed change does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatIfReport {
    /// `modu.route.whatif/1`.
    pub schema: String,
    /// Different VRPs now.
    pub vrps_before: u64,
    /// Different VRPs after the change.
    pub vrps_after: u64,
    /// The size of the change.
    pub changes: Changes,
    /// Different announcements (prefix and origin) that were looked at.
    pub announcements: u64,
    /// How they validate now.
    pub before: Tally,
    /// How they validate after the change.
    pub after: Tally,
    /// Announcements whose validity changes, by from and to.
    pub movements: Vec<Movement>,
    /// Announcements that turn invalid or lose their last valid ROA.
    pub broken: u64,
    /// How many may break.
    pub allowed: u32,
    /// Whether that is kept.
    pub answer: Answer,
    /// Whose announcements break, those with most addresses first.
    pub origins: Vec<OriginImpact>,
    /// The broken announcements that most peers see; the output `changed.csv`
    /// holds all.
    pub broken_listed: Vec<Broken>,
    /// Added VRPs that authorise more than is announced.
    pub exposures: Vec<Exposure>,
}

/// How many changes a proposal holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// To be added.
    pub added: u64,
    /// Of these, in the table already.
    pub added_already_there: u64,
    /// To be removed.
    pub removed: u64,
    /// Of these, not in the table.
    pub removed_not_there: u64,
}

/// Announcements by validity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// Authorised.
    pub valid: u64,
    /// Covered and not authorised.
    pub invalid: u64,
    /// Not covered.
    pub not_found: u64,
}

impl Tally {
    pub(super) fn add(&mut self, validity: Validity) {
        *match validity {
            Validity::Valid => &mut self.valid,
            Validity::Invalid => &mut self.invalid,
            Validity::NotFound => &mut self.not_found,
        } += 1;
    }
}

impl Validity {
    /// As the CSV writes it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::NotFound => "not_found",
        }
    }
}

/// Announcements that go from one validity to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Movement {
    /// Now.
    pub from: Validity,
    /// After the change.
    pub to: Validity,
    /// How many.
    pub announcements: u64,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// No more breaks than was allowed.
    WithinAllowance,
    /// More breaks.
    BreaksTooMuch,
}

/// How an announcement breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Harm {
    /// Networks that filter drop it.
    TurnsInvalid {
        /// Why it is invalid.
        why: Invalid,
    },
    /// It stays, unprotected.
    LosesLastValid,
}

/// A broken announcement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Broken {
    /// Its prefix.
    pub prefix: String,
    /// Its origin; none where the path ends in an AS_SET.
    pub origin: Option<u32>,
    /// How many peers of the collector see it.
    pub peers: u32,
    /// How it validates now.
    pub before: Validity,
    /// What becomes of it.
    pub harm: Harm,
}

/// What breaks of one network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OriginImpact {
    /// The network; none where paths end in an AS_SET.
    pub origin: Option<u32>,
    /// Announcements that turn invalid.
    pub turn_invalid: u64,
    /// Announcements that lose their last valid ROA.
    pub lose_last_valid: u64,
    /// IPv4 addresses of these announcements, overlaps counted as often as
    /// they are announced.
    pub ipv4_addresses: u64,
    /// IPv6 networks of length 48 of these announcements, likewise; longer
    /// prefixes count as one.
    pub ipv6_slash_48s: u64,
}

/// An added VRP that authorises more than its network announces: whoever
/// forges the origin may announce the rest, and wins by being more specific.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exposure {
    /// The VRP, as Krill writes it.
    pub vrp: String,
    /// Prefixes that it authorises and its network announces.
    pub announced: u64,
    /// Prefixes that it authorises and its network does not announce; a
    /// decimal number, because there may be more than 2^53.
    pub open: String,
    /// The widest of them.
    pub example: String,
}
