//! The guard at work: what was accepted, what is held, what was answered.
//!
//! The rule is `modu-route`'s ([`modu_route::hold`]). Here is what carries it
//! from run to run and over restarts: for every trust anchor the state that was
//! accepted last, and the holds that stand. The operator's answers are files
//! that another process leaves ([`answer`]), so that a command needs no
//! connection to the service.

mod answers;
mod seen;
mod state;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use modu_kernel::Digest;
use modu_route::RouterTable;
use modu_route::hold::{Answer, HoldReport, HoldRequest, Kept, Losses, judge, published, report};

pub use self::answers::{GivenAnswer, answer};
pub use self::seen::Seen;
use self::state::State;
pub use self::state::{Past, Standing, past, standing};
use crate::NetError;

/// A clock that moves more than this between two runs has leapt: seconds.
const LEAP: i64 = 3 * 86_400;
/// How long a VRP of another validator's table is held at most: seconds.
const TABLE_LATEST: i64 = 86_400;

/// The guard of one service.
#[derive(Debug)]
pub struct Guard {
    folder: PathBuf,
    allowed_per_mille: u32,
    state: State,
    /// Accepted states by their digest.
    accepted: BTreeMap<Digest, Arc<Seen>>,
    last: Option<Arc<Seen>>,
}

/// What a round of the guard gave.
#[derive(Debug)]
pub struct Guarded {
    /// What routers are told.
    pub table: RouterTable,
    /// The holds that stand.
    pub standing: Vec<Standing>,
    /// Holds whose beginning has not been told yet ([`Guard::told`]), with what
    /// they were judged from: a process that was killed before it told of one
    /// is followed by one that does.
    pub begun: Vec<Begun>,
}

/// A hold that has begun, as a run of `route.hold`.
#[derive(Debug)]
pub struct Begun {
    /// The hold's name.
    pub id: String,
    /// The run's request.
    pub request: HoldRequest,
    /// Its input `accepted`.
    pub accepted: Arc<Seen>,
    /// Its input `current`.
    pub current: Arc<Seen>,
}

impl Guard {
    /// The guard whose state lies in a folder, made where it is missing.
    ///
    /// # Errors
    /// [`NetError`] where the disk fails. A state that cannot be read is begun
    /// anew: then the next run is accepted as it is.
    pub fn open(folder: &Path, allowed_per_mille: u32) -> Result<Self, NetError> {
        std::fs::create_dir_all(folder.join(answers::FOLDER))
            .map_err(|source| NetError::io("make", folder, source))?;
        let mut state = State::read(folder)?;
        let mut accepted = BTreeMap::new();
        for digest in state.digests() {
            if let Some(seen) = seen::read(folder, digest)? {
                accepted.insert(digest, Arc::new(seen));
            }
        }
        (state.anchors).retain(|_, anchor| accepted.contains_key(&anchor.accepted));
        let known: BTreeSet<_> = state.anchors.keys().cloned().collect();
        state.holds.retain(|anchor, _| known.contains(anchor));
        Ok(Self {
            folder: folder.to_owned(),
            allowed_per_mille,
            state,
            accepted,
            last: None,
        })
    }

    /// Judges what was seen last again, where an answer has come or something
    /// that is held has ended.
    ///
    /// # Errors
    /// [`NetError`] where the disk fails.
    pub fn again(&mut self, time: i64) -> Result<Option<Guarded>, NetError> {
        let Some(last) = self.last.clone() else {
            return Ok(None);
        };
        let mut holds = self.state.holds.values();
        let ended = holds.any(|hold| hold.next_end.is_some_and(|end| end < time));
        match ended || answers::any(&self.folder) {
            true => self.round(last, time).map(Some),
            false => Ok(None),
        }
    }

    /// Notes that a hold's beginning was told and recorded; until then each
    /// round gives it again.
    ///
    /// # Errors
    /// [`NetError`] where the disk fails; then it is told once more.
    pub fn told(&mut self, id: &str) -> Result<(), NetError> {
        let mut state = self.state.clone();
        for hold in state.holds.values_mut().filter(|hold| hold.id == id) {
            hold.told = true;
        }
        state.write(&self.folder)?;
        self.state = state;
        Ok(())
    }

    /// Judges what a run has seen.
    ///
    /// # Errors
    /// [`NetError`] where the disk fails; then nothing is accepted or held that
    /// was not before.
    pub fn round(&mut self, seen: Arc<Seen>, time: i64) -> Result<Guarded, NetError> {
        let mut state = self.state.clone();
        let mut accepted = self.accepted.clone();
        state.clock(time, LEAP);
        let answers = answers::read(&self.folder);
        // What was released is what the operator was told of: the run before.
        let released = self.last.as_ref().unwrap_or(&seen).clone();
        for given in &answers {
            state.answer(given, released.digest());
        }
        accepted.insert(released.digest(), released);
        accepted.insert(seen.digest(), seen.clone());
        let judged = self.judged(&state, &accepted, &seen, time);
        let mut held = Vec::new();
        for (anchor, losses, kept) in judged {
            let report = report(&anchor, time, &losses, &kept);
            match kept.is_empty() {
                true => state.accept(&anchor, seen.digest()),
                false => {
                    state.hold(&anchor, report, &kept, time);
                    held.push((anchor, kept));
                }
            }
        }
        let untold = state.holds.iter().filter(|(_, hold)| !hold.told);
        let begun = untold
            .filter_map(|(anchor, _)| self.begin(&state, anchor, &accepted, &seen, time))
            .collect();
        self.keep(state, accepted)?;
        answers::remove(&self.folder, &answers);
        self.last = Some(seen.clone());
        let held = held.iter().map(|(anchor, kept)| (anchor.as_str(), kept));
        Ok(Guarded {
            table: published(&seen.table(), held),
            standing: self.state.holds.values().cloned().collect(),
            begun,
        })
    }

    /// Every anchor with its losses and what is held of them.
    fn judged(
        &self,
        state: &State,
        accepted: &BTreeMap<Digest, Arc<Seen>>,
        seen: &Arc<Seen>,
        time: i64,
    ) -> Vec<(String, Losses, Kept)> {
        // One comparison for all anchors that were accepted together.
        let mut compared = BTreeMap::new();
        let mut names: BTreeSet<String> = state.anchors.keys().cloned().collect();
        names.extend(seen.anchors());
        let judge_one = |name: String| {
            let losses = match state.anchors.get(&name) {
                None => Losses::default(),
                Some(anchor) => {
                    let since = state.holds.get(&name).map_or(time, |hold| hold.since);
                    let key = (anchor.accepted, anchor.clock_jump, since);
                    let losses: &mut BTreeMap<String, Losses> =
                        compared.entry(key).or_insert_with(|| {
                            let basis = accepted.get(&anchor.accepted);
                            basis.map_or_else(BTreeMap::new, |basis| {
                                basis.losses(seen, anchor.clock_jump, since + TABLE_LATEST)
                            })
                        });
                    losses.remove(&name).unwrap_or_default()
                }
            };
            let held = judge(&losses, time, self.allowed_per_mille);
            (name, losses, held)
        };
        names.into_iter().map(judge_one).collect()
    }

    fn begin(
        &self,
        state: &State,
        anchor: &str,
        accepted: &BTreeMap<Digest, Arc<Seen>>,
        seen: &Arc<Seen>,
        time: i64,
    ) -> Option<Begun> {
        let of_anchor = state.anchors.get(anchor)?;
        Some(Begun {
            id: state.holds.get(anchor)?.id.clone(),
            request: HoldRequest {
                anchor: anchor.to_owned(),
                time,
                allowed_per_mille: self.allowed_per_mille,
                clock_jump: of_anchor.clock_jump,
                tables_until: seen.is_table().then_some(time + TABLE_LATEST),
            },
            accepted: accepted.get(&of_anchor.accepted)?.clone(),
            current: seen.clone(),
        })
    }

    /// Brings the new state to the disk, and then to mind.
    fn keep(
        &mut self,
        state: State,
        mut accepted: BTreeMap<Digest, Arc<Seen>>,
    ) -> Result<(), NetError> {
        let digests = state.digests();
        accepted.retain(|digest, _| digests.contains(digest));
        for (digest, seen) in &accepted {
            if !self.accepted.contains_key(digest) {
                seen::write(&self.folder, seen)?;
            }
        }
        if state != self.state {
            state.write(&self.folder)?;
        }
        seen::sweep(&self.folder, &digests);
        (self.state, self.accepted) = (state, accepted);
        Ok(())
    }
}

impl Standing {
    /// Why, in a line for people: what was lost, and what stood in the way.
    #[must_use]
    pub fn why(&self) -> String {
        let HoldReport {
            total,
            without_evidence,
            aspas,
            causes,
            ..
        } = &self.report;
        let causes = causes.iter().filter(|cause| !cause.evidence).take(3);
        let causes: Vec<_> = causes
            .map(|cause| {
                let (label, lost) = (&cause.label, cause.vrps + cause.aspas);
                format!("{lost}: {} | {}", label.ko, label.en)
            })
            .collect();
        let (customers, all) = (aspas.without_evidence, aspas.total);
        let lost = match customers {
            0 => format!("{without_evidence}/{total}"),
            _ => format!("VRP {without_evidence}/{total}, ASPA {customers}/{all}"),
        };
        format!("{lost} · {}", causes.join("; "))
    }

    /// Whether the operator has not answered yet.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.answer != Some(Answer::Reject)
    }
}

#[cfg(test)]
mod tests;
