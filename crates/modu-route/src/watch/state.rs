//! What a watch carries from one run to the next.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alert::Alert;
use super::event::{Moment, PathId, Peer};
use crate::{RouteError, limits};

/// Schema name of [`WatchState`].
const SCHEMA: &str = "modu.route.watch-state/1";

/// The routes to one's own addresses as each peer has them, and every alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchState {
    /// `modu.route.watch-state/1`.
    pub schema: String,
    /// The time of the last update.
    pub time: Moment,
    /// Routes inside one's own prefixes.
    pub routes: Vec<HeldRoute>,
    /// By own prefix: the peers that have had it in their present session.
    pub carried: BTreeMap<String, Vec<Peer>>,
    /// Peers that tell their routes anew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retelling: Vec<Retelling>,
    /// Every alert, closed ones too, ascending by cause.
    pub alerts: Vec<Alert>,
}

/// A peer whose session began anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retelling {
    /// The peer.
    pub peer: Peer,
    /// Until when it may tell its routes again.
    pub until: Moment,
}

/// A route that a peer has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeldRoute {
    /// The prefix.
    pub prefix: String,
    /// Who has it.
    pub peer: Peer,
    /// Which of its routes to the prefix.
    #[serde(default, skip_serializing_if = "PathId::is_plain")]
    pub path_id: PathId,
    /// The path; `{}` stands for a set.
    pub path: String,
    /// Whether its peer's session began anew, and it has not been told again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stale: bool,
}

impl Default for WatchState {
    fn default() -> Self {
        Self {
            schema: SCHEMA.into(),
            time: Moment::default(),
            routes: Vec::new(),
            carried: BTreeMap::new(),
            retelling: Vec::new(),
            alerts: Vec::new(),
        }
    }
}

impl WatchState {
    /// The peers of which something is held.
    #[must_use]
    pub fn peers(&self) -> BTreeSet<Peer> {
        let routes = self.routes.iter().map(|route| route.peer);
        let carried = self.carried.values().flatten().copied();
        routes.chain(carried).collect()
    }

    /// Reads the JSON that a run gave.
    ///
    /// # Errors
    /// [`RouteError`] where it is something else, or past
    /// [`limits::WATCHED_ROUTES`].
    pub fn parse(bytes: &[u8]) -> Result<Self, RouteError> {
        let state: Self = serde_json::from_slice(bytes).map_err(|error| RouteError::Malformed {
            place: format!("line {}, column {}", error.line(), error.column()),
            problem: format!("{error}: give the `state.json` of an earlier run"),
        })?;
        if state.schema != SCHEMA {
            return Err(RouteError::Malformed {
                place: "schema".into(),
                problem: format!("it is not {SCHEMA}: give the `state.json` of an earlier run"),
            });
        }
        match state.routes.len() > limits::WATCHED_ROUTES {
            true => Err(RouteError::TooMany {
                what: "routes",
                limit: limits::WATCHED_ROUTES as u64,
            }),
            false => Ok(state),
        }
    }
}
