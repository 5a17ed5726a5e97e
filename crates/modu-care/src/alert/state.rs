//! What the pages come to when they are read from the first.

use std::collections::BTreeMap;

use jiff::Timestamp;
use modu_kernel::Digest;
use modu_statistics::Finite;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ledger::{AlertId, Ending, Event, Mover, Page, SCHEMA};
use crate::CareError;

/// Where an alert stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nobody has taken it on.
    Open,
    /// Somebody has.
    Acknowledged,
    /// It is over.
    Closed(Ending),
}

/// An alert as the pages leave it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tracked {
    /// Whose.
    pub person: String,
    /// When it was observed.
    pub observed: Timestamp,
    /// When it was raised.
    pub raised: Timestamp,
    /// The score.
    pub score: Finite,
    /// The threshold.
    pub threshold: Finite,
    /// What moved it.
    pub movers: Vec<Mover>,
    /// Which step has it, from 0.
    pub step: u8,
    /// From when on that step has it.
    pub since: Timestamp,
    /// When it was acknowledged, and by whom.
    pub acknowledged: Option<(Timestamp, String)>,
    /// Where it stands.
    pub standing: Standing,
}

/// All alerts, and the ledger's end.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// By name.
    pub alerts: BTreeMap<AlertId, Tracked>,
    /// Pages.
    pub pages: u64,
    /// The last page.
    pub head: Option<Digest>,
    /// Its moment.
    pub at: Option<Timestamp>,
}

impl State {
    /// Adds one thing that happened at a moment.
    ///
    /// # Errors
    /// Something that cannot have happened.
    pub(super) fn add(&mut self, at: Timestamp, event: &Event) -> Result<(), &'static str> {
        if let Event::Raised {
            alert,
            person,
            observed,
            score,
            threshold,
            movers,
            ..
        } = event
        {
            let tracked = Tracked {
                person: person.clone(),
                observed: *observed,
                raised: at,
                score: *score,
                threshold: *threshold,
                movers: movers.clone(),
                step: 0,
                since: at,
                acknowledged: None,
                standing: Standing::Open,
            };
            return match self.alerts.insert(alert.clone(), tracked) {
                None => Ok(()),
                Some(_) => Err("an alert is raised a second time"),
            };
        }
        let (Event::Raised { alert, .. }
        | Event::Acknowledged { alert, .. }
        | Event::Escalated { alert, .. }
        | Event::Closed { alert, .. }) = event;
        let tracked = self
            .alerts
            .get_mut(alert)
            .ok_or("it is of no alert that was raised")?;
        match (event, &tracked.standing) {
            (Event::Acknowledged { by, .. }, Standing::Open) => {
                tracked.acknowledged = Some((at, by.clone()));
                tracked.standing = Standing::Acknowledged;
                Ok(())
            }
            (Event::Escalated { step, due, .. }, Standing::Open) if *step == tracked.step + 1 => {
                tracked.step = *step;
                tracked.since = *due;
                Ok(())
            }
            (Event::Closed { how, .. }, Standing::Open | Standing::Acknowledged) => {
                tracked.standing = Standing::Closed(*how);
                Ok(())
            }
            _ => Err("the alert does not stand where this could happen to it"),
        }
    }
}

/// Reads a ledger from its first page, a page a line.
///
/// # Errors
/// The page that does not follow on the one before, or holds what cannot have
/// happened.
pub fn replay(text: &[u8]) -> Result<State, CareError> {
    let mut state = State::default();
    for line in text
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        let number = state.pages + 1;
        let wrong = |problem: &str| {
            let problem = format!("{problem}: the ledger was changed or damaged, restore it");
            CareError::at(format!("page {number}"), problem)
        };
        let page: Page = serde_json::from_slice(line).map_err(|error| CareError::json(&error))?;
        if page.schema != SCHEMA || page.number != number || page.previous != state.head {
            return Err(wrong("it does not follow on the one before"));
        }
        if state.at.is_some_and(|before| page.at < before) {
            return Err(wrong("its time is before an earlier page's"));
        }
        for event in &page.events {
            state.add(page.at, event).map_err(wrong)?;
        }
        state.pages = number;
        state.head = Some(Digest::of(line));
        state.at = Some(page.at);
    }
    Ok(state)
}
