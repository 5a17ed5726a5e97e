//! Alerts: one for each cause.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::event::Moment;

/// What is wrong, and with whom. One cause is one alert.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Cause {
    /// A network that is not the operator's originates an own prefix, and the
    /// RPKI says that it may not.
    OriginInvalid {
        /// It; none where the path ends in an AS_SET.
        origin: Option<u32>,
    },
    /// The same, and no ROA says so.
    OriginNew {
        /// It; none where the path ends in an AS_SET.
        origin: Option<u32>,
    },
    /// A network originates a part of an own prefix that the operator does not
    /// announce: it draws that part's traffic wherever it is heard.
    MoreSpecific {
        /// It; none where the path ends in an AS_SET.
        origin: Option<u32>,
    },
    /// An own route is invalid by the RPKI, so that others drop it: a wrong or
    /// forged ROA.
    OwnInvalid {
        /// The own network.
        origin: u32,
    },
    /// An own prefix's path is invalid by ASPA: leaked, or its origin forged.
    PathLeak {
        /// The network whose ASPA contradicts the path.
        customer: u32,
        /// Whom the path names next.
        next: u32,
    },
    /// An own network's route goes by a neighbour that it does not have.
    NeighbourNew {
        /// The own network.
        network: u32,
        /// The neighbour.
        neighbour: u32,
    },
    /// Too few of the peers that had an own prefix still have a route to it.
    VisibilityLost {
        /// The prefix.
        prefix: String,
    },
}

impl Cause {
    /// A short name, the same for the same cause: `path_leak/AS64500/AS64501`.
    #[must_use]
    pub fn id(&self) -> String {
        let of = |origin: &Option<u32>| match origin {
            Some(origin) => format!("AS{origin}"),
            None => "AS_SET".to_owned(),
        };
        match self {
            Self::OriginInvalid { origin } => format!("origin_invalid/{}", of(origin)),
            Self::OriginNew { origin } => format!("origin_new/{}", of(origin)),
            Self::MoreSpecific { origin } => format!("more_specific/{}", of(origin)),
            Self::OwnInvalid { origin } => format!("own_invalid/AS{origin}"),
            Self::PathLeak { customer, next } => format!("path_leak/AS{customer}/AS{next}"),
            Self::NeighbourNew { network, neighbour } => {
                format!("neighbour_new/AS{network}/AS{neighbour}")
            }
            Self::VisibilityLost { prefix } => format!("visibility_lost/{prefix}"),
        }
    }
}

/// Where an alert stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// The cause stands and enough see it.
    Open,
    /// It has begun, and too few see it yet, or not for long enough.
    Pending,
    /// It is over.
    Closed,
}

/// A cause and its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// The cause.
    pub cause: Cause,
    /// Where it stands.
    pub state: AlertState,
    /// The first update that showed it.
    pub first_seen: Moment,
    /// The last one.
    pub last_seen: Moment,
    /// When the present or last episode began: its first update.
    pub since: Moment,
    /// When the alert opened in that episode.
    pub raised: Option<Moment>,
    /// When that episode ended.
    pub closed: Option<Moment>,
    /// How often it has opened.
    pub times_opened: u32,
    /// How many peers see it now.
    pub peers: u32,
    /// The most that ever did.
    pub peers_most: u32,
    /// How many did when it was raised.
    pub peers_at_raise: u32,
    /// How many updates showed it.
    pub updates: u64,
    /// The prefixes it touched, at most [`crate::limits::ALERT_PREFIXES`].
    pub prefixes: Vec<String>,
    /// A path by which it was seen first.
    pub path: String,
}

impl Alert {
    pub(super) fn begun(cause: Cause, time: Moment, path: String) -> Self {
        Self {
            cause,
            state: AlertState::Pending,
            first_seen: time,
            last_seen: time,
            since: time,
            raised: None,
            closed: None,
            times_opened: 0,
            peers: 0,
            peers_most: 0,
            peers_at_raise: 0,
            updates: 0,
            prefixes: Vec::new(),
            path,
        }
    }

    /// Microseconds from the first update of the episode to the alert.
    #[must_use]
    pub fn latency(&self) -> Option<i64> {
        self.raised.map(|raised| raised.0 - self.since.0)
    }
}
