//! What `route.watch` answers, as types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alert::Alert;
use super::event::Moment;
use crate::whatif::{PathTally, Tally};

/// Schema name of [`WatchReport`].
pub(super) const SCHEMA: &str = "modu.route.watch/1";

/// What was heard, and what of it is alarming.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchReport {
    /// `modu.route.watch/1`.
    pub schema: String,
    /// Whether an alert is open.
    pub answer: WatchAnswer,
    /// The first update of this run.
    pub from: Option<Moment>,
    /// Until when this run saw.
    pub until: Moment,
    /// What was heard.
    pub counts: Counts,
    /// Peers that were heard in this run.
    pub peers: u64,
    /// What the VRPs say of every announcement that was heard.
    pub origins: Tally,
    /// What the ASPAs say of every announcement's path.
    pub paths: PathTally,
    /// Own prefixes, and who sees them.
    pub own: Vec<OwnPrefix>,
    /// Alerts that stand open.
    pub open: u64,
    /// Times an alert opened in this run.
    pub opened: u64,
    /// Times one closed.
    pub closed: u64,
    /// The alerts that are open, pending or were open in this run, open ones
    /// first; at most [`crate::limits::LISTED`]. `state.json` holds all.
    pub alerts: Vec<Alert>,
}

/// Whether somebody should look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WatchAnswer {
    /// No alert is open.
    Quiet,
    /// An alert is open.
    Alarmed,
}

/// How much was heard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Announced prefixes.
    pub announced: u64,
    /// Withdrawn prefixes.
    pub withdrawn: u64,
    /// Ends of sessions.
    pub sessions_lost: u64,
}

/// An own prefix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnPrefix {
    /// The prefix.
    pub prefix: String,
    /// Peers that have had it in their present session.
    pub peers_had: u64,
    /// Peers that have it.
    pub peers_have: u64,
}
