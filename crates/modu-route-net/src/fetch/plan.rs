//! Which sources are wanted, which comes next, and which are done.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use modu_kernel::Digest;
use modu_route::repository::Source;
use modu_route::validate::{Authority, Decision, ValidatedTree};

use super::UpdateSettings;
use super::shares::{Grant, Shares};
use crate::cache::{SourceState, SourceStates};
use crate::{Budgets, Failure};

/// How many sources past a number are remembered by name.
const PAST: usize = 10_000;

/// A source to be fetched.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) source: Source,
    /// The authorities that led to it, from the trust anchor down.
    chain: Vec<Digest>,
    /// Until when it may take.
    pub(super) deadline: Instant,
}

/// All that is wanted in one update.
pub(super) struct Plan {
    budgets: Budgets,
    rrdp: bool,
    rsync: bool,
    /// When the time of the whole update is over.
    end: Instant,
    shares: Shares,
    known: BTreeSet<Source>,
    /// Some of those past the number that their authorities may name.
    past: BTreeSet<Source>,
    /// Those that were wanted once more.
    again: BTreeSet<Source>,
    waiting: Vec<(Source, Vec<Digest>)>,
    pub(super) running: usize,
    pub(super) done: usize,
    /// RRDP servers that failed now, or are left alone.
    failed: BTreeSet<String>,
    /// Sources that are left alone, until they are told of.
    resting: Vec<(Source, Failure)>,
}

impl Plan {
    pub(super) fn new(settings: &UpdateSettings, now: Instant) -> Self {
        let budgets = settings.budgets.clone();
        Self {
            rrdp: settings.rrdp.is_some(),
            rsync: settings.rsync.is_some(),
            end: now + budgets.run_time,
            shares: Shares::new(budgets.parallel, budgets.run_time, budgets.sources),
            budgets,
            known: BTreeSet::new(),
            past: BTreeSet::new(),
            again: BTreeSet::new(),
            waiting: Vec::new(),
            running: 0,
            done: 0,
            failed: BTreeSet::new(),
            resting: Vec::new(),
        }
    }

    /// Adds what a tree wants and was not wanted before. What is past the
    /// limit of sources is told once.
    pub(super) fn want(
        &mut self,
        tree: &ValidatedTree,
        sources: &SourceStates,
        now: i64,
    ) -> Option<Failure> {
        let mut past = 0_u64;
        for authority in &tree.authorities {
            // In place of an RRDP server that is left alone comes rsync.
            for _ in 0..2 {
                let Some(source) = self.source_of(authority, sources, now) else {
                    break;
                };
                if self.known.contains(&source) {
                    break;
                }
                if let Some(failure) = self.left_alone(sources.get(&source), now) {
                    self.known.insert(source.clone());
                    self.note_failed(&source);
                    self.resting.push((source, failure));
                    continue;
                }
                let chain = chain(tree, authority);
                if self.past.contains(&source) || !self.shares.name(&chain) {
                    past += u64::from(self.past.len() < PAST && self.past.insert(source));
                } else {
                    self.known.insert(source.clone());
                    self.waiting.push((source, chain));
                }
                break;
            }
        }
        (past > 0).then(|| {
            let detail = format!("{past} servers are past their authorities' number");
            Failure::new("budget.sources", detail)
        })
    }

    /// Why a source is not asked now: it has failed too often of late.
    fn left_alone(&self, state: Option<&SourceState>, now: i64) -> Option<Failure> {
        let state = state?;
        let again = state.asked_again(self.budgets.back_off, self.budgets.back_off_most)?;
        let before = state.last_attempt.is_none_or(|last| now < last);
        // A clock that went back is no reason to wait for it.
        if now >= again || before {
            return None;
        }
        let (failures, last) = (state.failures, state.failure.as_ref()?);
        let detail = format!(
            "it failed in {failures} updates and is asked again in {} s; {last}",
            again - now
        );
        Some(Failure::new("fetch.rests", detail))
    }

    fn note_failed(&mut self, source: &Source) {
        if let Source::Rrdp(notify) = source {
            self.failed.insert(notify.clone());
        }
    }

    /// The sources that are left alone, each told once.
    pub(super) fn take_resting(&mut self) -> Vec<(Source, Failure)> {
        std::mem::take(&mut self.resting)
    }

    /// Where an authority's point is to be fetched from. An RRDP server that
    /// fails is waited for before rsync is asked, so that thousands of
    /// validators do not run to a server made for few.
    fn source_of(&self, authority: &Authority, sources: &SourceStates, now: i64) -> Option<Source> {
        if let Decision::Refused(reason) = &authority.decision
            && (reason.code.starts_with("limit.") || reason.code.starts_with("chain."))
        {
            return None;
        }
        if let Some(notify) = &authority.notify
            && self.rrdp
        {
            let source = Source::Rrdp(notify.to_string());
            if !(self.rsync && self.failed.contains(&**notify)) {
                return Some(source);
            }
            let state = sources.get(&source);
            let last = state.and_then(|state| state.last_success);
            let patience = i64::try_from(self.budgets.fallback_after.as_secs()).unwrap_or(i64::MAX);
            if last.is_some_and(|last| now.saturating_sub(last) < patience) {
                return Some(source);
            }
        }
        match self.rsync {
            true => Source::module_of(&authority.folder),
            false => None,
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.running == 0 && self.waiting.is_empty()
    }

    pub(super) fn knows(&self, source: &Source) -> bool {
        self.known.contains(source)
    }

    pub(super) fn patience(&self) -> Duration {
        self.budgets.patience
    }

    pub(super) fn total(&self) -> usize {
        self.known.len()
    }

    /// The next source that may be fetched now, or one that may not any more.
    ///
    /// One that used up its time in the update before gets a tenth of it.
    pub(super) fn next(
        &mut self,
        now: Instant,
        sources: &SourceStates,
    ) -> Option<Result<Job, (Source, Failure)>> {
        let over = now >= self.end;
        if !over && self.running >= self.budgets.parallel.max(1) {
            return None;
        }
        let grants: Vec<Grant> = (self.waiting.iter())
            .map(|(_, chain)| match over {
                true => Grant::Never,
                false => self.shares.grant(chain),
            })
            .collect();
        if let Some(place) = grants.iter().position(|grant| *grant == Grant::Never) {
            let (source, _) = self.waiting.swap_remove(place);
            self.done += 1;
            let failure = match over {
                true => Failure::new("budget.time", "the time of the update was over"),
                false => Failure::new(
                    "budget.authority",
                    "the authorities that led to it have used up their time",
                ),
            };
            self.note_failed(&source);
            return Some(Err((source, failure)));
        }
        let places = (0..self.waiting.len()).filter(|place| grants[*place] == Grant::Now);
        let place = places.min_by_key(|place| self.shares.order(&self.waiting[*place].1))?;
        let (source, chain) = self.waiting.remove(place);
        self.shares.begin(&chain);
        self.running += 1;
        let slow = (sources.get(&source))
            .and_then(|state| state.failure.as_ref())
            .is_some_and(|failure| failure.code == "fetch.timeout");
        let time = self.budgets.source_time / if slow { 10 } else { 1 };
        let deadline = self.end.min(now + time);
        Some(Ok(Job {
            source,
            chain,
            deadline,
        }))
    }

    pub(super) fn finished(&mut self, job: &Job, took: Duration, failed: bool) {
        self.shares.end(&job.chain, took);
        self.running -= 1;
        self.done += 1;
        if failed {
            self.note_failed(&job.source);
        }
    }

    /// Wants a source once more, because what was held of it is broken.
    pub(super) fn again(&mut self, source: &Source) {
        if self.again.insert(source.clone()) {
            self.known.remove(source);
        }
    }
}

/// The authorities above one, from the trust anchor down, and itself.
fn chain(tree: &ValidatedTree, authority: &Authority) -> Vec<Digest> {
    let mut chain = vec![authority.key];
    let mut above = authority.parent;
    while let Some(parent) = above.and_then(|place| tree.authorities.get(place as usize)) {
        chain.push(parent.key);
        // A parent stands before its children: so this comes to an end.
        above = parent.parent;
    }
    chain.reverse();
    chain
}
