//! What a watch carries from one run to the next.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alert::Alert;
use super::event::{Moment, Peer};
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
    /// Every alert, closed ones too, ascending by cause.
    pub alerts: Vec<Alert>,
}

/// A route that a peer has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeldRoute {
    /// The prefix.
    pub prefix: String,
    /// Who has it.
    pub peer: Peer,
    /// The path; `{}` stands for a set.
    pub path: String,
}

impl Default for WatchState {
    fn default() -> Self {
        Self {
            schema: SCHEMA.into(),
            time: Moment::default(),
            routes: Vec::new(),
            carried: BTreeMap::new(),
            alerts: Vec::new(),
        }
    }
}

impl WatchState {
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
