//! What the guard remembers.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use modu_kernel::Digest;
use modu_route::hold::{Answer, HoldReport, Kept};
use serde::{Deserialize, Serialize};

use super::answers::GivenAnswer;
use crate::NetError;
use crate::cache::replace::replace_file;

const FILE: &str = "state.json";
const SCHEMA: &str = "modu.route.guard/1";

/// Everything, as one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    schema: String,
    /// When the last round was, in seconds since 1970 (UTC).
    last_time: Option<i64>,
    pub(super) anchors: BTreeMap<String, AnchorState>,
    /// By trust anchor, which has one at most.
    pub(super) holds: BTreeMap<String, Standing>,
    /// Holds that ended, the earliest first; at most [`PAST`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    past: Vec<Past>,
}

/// How many holds that ended are remembered.
const PAST: usize = 1_000;

/// A hold that ended: it was released, or nothing was left to be held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// Its name.
    pub id: String,
    /// The trust anchor.
    pub anchor: String,
    /// Since when, in seconds since 1970 (UTC).
    pub since: i64,
    /// Until when.
    pub until: i64,
    /// VRPs that were held last.
    pub vrps: u64,
}

/// Where a trust anchor stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AnchorState {
    /// What was accepted last.
    pub(super) accepted: Digest,
    /// How far the clock leapt since, in seconds.
    pub(super) clock_jump: i64,
}

/// A hold that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Its name.
    pub id: String,
    /// Since when, in seconds since 1970 (UTC).
    pub since: i64,
    /// What was lost and is held, as of the last round.
    pub report: HoldReport,
    /// What the operator answered, if anything.
    pub answer: Option<Answer>,
    /// When the first of what is held ends.
    pub(super) next_end: Option<i64>,
    /// Whether its beginning has been told and recorded.
    #[serde(default)]
    pub(super) told: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            last_time: None,
            anchors: BTreeMap::new(),
            holds: BTreeMap::new(),
            past: Vec::new(),
        }
    }
}

impl State {
    /// The state in a folder; a new one where there is none that can be read.
    pub(super) fn read(folder: &Path) -> Result<Self, NetError> {
        let path = folder.join(FILE);
        match fs::read(&path) {
            Ok(bytes) => {
                let state = serde_json::from_slice(&bytes).ok();
                let known = state.filter(|state: &Self| state.schema == SCHEMA);
                Ok(known.unwrap_or_default())
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(NetError::io("read", &path, error)),
        }
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), NetError> {
        let path = folder.join(FILE);
        let bytes =
            serde_json::to_vec_pretty(self).map_err(|error| NetError::io("write", &path, error))?;
        replace_file(&path, &bytes)
    }

    pub(super) fn digests(&self) -> BTreeSet<Digest> {
        self.anchors
            .values()
            .map(|anchor| anchor.accepted)
            .collect()
    }

    /// Notes the time of a round, and a leap of the clock since the last.
    pub(super) fn clock(&mut self, time: i64, leap: i64) {
        let gap = self.last_time.map_or(0, |last| time.saturating_sub(last));
        if !(0..=leap).contains(&gap) {
            for anchor in self.anchors.values_mut() {
                anchor.clock_jump = anchor.clock_jump.saturating_add(gap);
            }
        }
        self.last_time = Some(time);
    }

    /// Takes an answer in; one to a hold that no longer stands says nothing.
    pub(super) fn answer(&mut self, given: &GivenAnswer, released: Digest) {
        let found = self.holds.iter().find(|(_, hold)| hold.id == given.id);
        let Some(anchor) = found.map(|(anchor, _)| anchor.clone()) else {
            return;
        };
        match given.answer {
            Answer::Release => self.accept(&anchor, released),
            Answer::Reject => {
                if let Some(hold) = self.holds.get_mut(&anchor) {
                    hold.answer = Some(Answer::Reject);
                }
            }
        }
    }

    pub(super) fn accept(&mut self, anchor: &str, accepted: Digest) {
        if let Some(ended) = self.holds.remove(anchor) {
            self.past.push(Past {
                id: ended.id,
                anchor: anchor.to_owned(),
                since: ended.since,
                until: self.last_time.unwrap_or(ended.since),
                vrps: ended.report.held,
            });
            let over = self.past.len().saturating_sub(PAST);
            self.past.drain(..over);
        }
        let state = AnchorState {
            accepted,
            clock_jump: 0,
        };
        self.anchors.insert(anchor.to_owned(), state);
    }

    /// Holds, or goes on holding.
    pub(super) fn hold(&mut self, anchor: &str, report: HoldReport, kept: &Kept, time: i64) {
        let next_end = kept.ends().min();
        match self.holds.get_mut(anchor) {
            Some(hold) => {
                hold.report = report;
                hold.next_end = next_end;
            }
            None => {
                let standing = Standing {
                    id: format!("{}-{time}", name_of(anchor)),
                    since: time,
                    report,
                    answer: None,
                    next_end,
                    told: false,
                };
                self.holds.insert(anchor.to_owned(), standing);
            }
        }
    }
}

/// An anchor's name as a part of a file's name and a word of a command.
fn name_of(anchor: &str) -> String {
    let plain = |letter: char| match letter.is_alphanumeric() {
        true => letter,
        false => '-',
    };
    anchor.chars().take(40).map(plain).collect()
}

/// The holds that stand, as the guard of a folder left them.
///
/// # Errors
/// [`NetError`] where the disk fails.
pub fn standing(folder: &Path) -> Result<Vec<Standing>, NetError> {
    Ok(State::read(folder)?.holds.into_values().collect())
}

/// The holds that ended, the earliest first, as far as they are remembered.
///
/// # Errors
/// As [`standing`].
pub fn past(folder: &Path) -> Result<Vec<Past>, NetError> {
    Ok(State::read(folder)?.past)
}
