//! What `route.whatif` answers, as types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::aspa::{PathFault, PathValidity};
use crate::origin::{Invalid, Validity};

/// Schema name of [`WhatIfReport`].
pub(super) const SCHEMA: &str = "modu.route.whatif/2";

/// What a proposed change does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatIfReport {
    /// `modu.route.whatif/2`.
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
    /// Announcements that turn invalid, lose their last valid ROA, or are seen
    /// by a path that turns invalid.
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
    /// What becomes of the paths, where a change of ASPAs was proposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paths: Option<PathImpact>,
}

/// What a change of ASPAs does. A *route* here is an announcement by one of
/// the different paths by which peers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PathImpact {
    /// Networks that have an ASPA now.
    pub aspas_before: u64,
    /// Networks that have one after the change.
    pub aspas_after: u64,
    /// The size of the change.
    pub changes: AspaChanges,
    /// Different paths.
    pub paths: u64,
    /// Routes.
    pub routes: u64,
    /// How routes verify now.
    pub before: PathTally,
    /// How they verify after the change.
    pub after: PathTally,
    /// Different paths that turn invalid.
    pub paths_turn_invalid: u64,
    /// Routes that turn invalid.
    pub routes_turn_invalid: u64,
    /// Announcements of which some route turns invalid.
    pub announcements_hit: u64,
    /// Of these, those of which every route is then invalid.
    pub announcements_cut: u64,
    /// Whose announcements are hit, those with most addresses first.
    pub origins: Vec<PathOriginImpact>,
    /// The paths of most announcements that turn invalid; the output
    /// `changed_paths.csv` holds all.
    pub listed: Vec<BrokenPath>,
}

/// How many changes a proposal of ASPAs holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AspaChanges {
    /// ASPAs that are published, in place of what their customer has.
    pub published: u64,
    /// Customers that will have none.
    pub removed: u64,
    /// Of these, those that have none now.
    pub removed_not_there: u64,
}

/// Routes by what ASPAs say of their path.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PathTally {
    /// Attested.
    pub valid: u64,
    /// Neither attested nor contradicted.
    pub unknown: u64,
    /// Contradicted, or no path of single networks.
    pub invalid: u64,
}

impl PathTally {
    pub(crate) fn add(&mut self, validity: PathValidity, routes: u64) {
        *match validity {
            PathValidity::Valid => &mut self.valid,
            PathValidity::Unknown => &mut self.unknown,
            PathValidity::Invalid => &mut self.invalid,
        } += routes;
    }
}

impl PathValidity {
    /// As the CSV writes it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Unknown => "unknown",
            Self::Invalid => "invalid",
        }
    }
}

/// What a change of paths does to one network's announcements.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PathOriginImpact {
    /// The network; none where paths end in an AS_SET.
    pub origin: Option<u32>,
    /// Announcements of which some route turns invalid.
    pub hit: u64,
    /// Of these, those of which every route is then invalid.
    pub cut: u64,
    /// IPv4 addresses of these announcements, as [`OriginImpact`] counts them.
    pub ipv4_addresses: u64,
    /// IPv6 networks of length 48 of these announcements, likewise.
    pub ipv6_slash_48s: u64,
}

/// A path that turns invalid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BrokenPath {
    /// Its networks, the origin last, repetitions folded.
    pub path: String,
    /// How it verifies now.
    pub before: PathValidity,
    /// How many announcements are seen by it.
    pub announcements: u64,
    /// Which step the ASPAs then contradict.
    pub why: PathFault,
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
    pub(crate) fn add(&mut self, validity: Validity) {
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
