//! The update: validate, fetch what the tree wants, validate again.
//!
//! Which servers are to be asked is known only from validated certificates;
//! so a first run names the trust anchors' servers, a run over what these
//! said names the next, until nothing new is wanted. Each run has the one
//! before as its memory, and costs what changed. Slow servers are not waited
//! for: after a short patience the others' points are validated and lead on,
//! while the slow ones use up their own time.

mod anchors;
mod plan;
mod report;
mod shares;
mod source;

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use modu_kernel::{Digest, Progress};
use modu_route::RouteError;
use modu_route::repository::{PointKey, RepositoryIndex, Source};
use modu_route::validate::{self, Locator, ValidateRequest, ValidatedTree};

use self::plan::{Job, Plan};
use self::source::{Fetcher, Finished};
use crate::cache::{Cache, SourceState, SourceStates};
use crate::rrdp::points_of;
use crate::{Budgets, Failure, HttpSettings, NetError, RsyncSettings, local};

pub use report::{AnchorReport, SourceReport, UpdateReport};

/// What to fetch, and how.
#[derive(Debug, Clone)]
pub struct UpdateSettings {
    /// How RRDP is spoken; `None`: not at all.
    pub rrdp: Option<HttpSettings>,
    /// How rsync is spoken; `None`: not at all.
    pub rsync: Option<RsyncSettings>,
    /// What servers may cost.
    pub budgets: Budgets,
}

/// What an update came to.
#[derive(Debug)]
pub struct Updated {
    /// The decisions about what is held now.
    pub tree: Arc<ValidatedTree>,
    /// What is held now.
    pub index: Arc<RepositoryIndex>,
    /// How fetching went.
    pub report: UpdateReport,
}

/// How often the listener is told how far fetching is.
const TICK: Duration = Duration::from_millis(200);
/// For how long the points of a source are kept that nobody names any more:
/// it may be named again once a trust anchor is back.
const FORGOTTEN: i64 = 14 * 86_400;

/// Brings the cache up to date and validates it. `prior` is the tree of the
/// update before; `clock` gives the seconds since 1970 (UTC).
///
/// # Errors
/// [`NetError`] where our own disk or settings fail, or the listener cancels.
/// Servers that fail are in the report, and what was held of them stands.
pub fn update(
    cache: &Cache,
    settings: &UpdateSettings,
    locators: &[Locator],
    prior: Option<&ValidatedTree>,
    clock: &(dyn Fn() -> i64 + Sync),
    progress: &dyn Progress,
) -> Result<Updated, NetError> {
    let fetcher = Fetcher::new(cache, settings)?;
    let mut index = (*cache.index()).clone();
    progress.report("anchors", 0, locators.len() as u64);
    let anchors = anchors::fetch(&fetcher, locators, &mut index);
    let update = Update {
        cache,
        index,
        sources: cache.sources(),
        failed_now: Vec::new(),
        plan: Plan::new(settings, Instant::now()),
        report: UpdateReport::new(anchors, cache.damage()),
        locators,
        clock,
        progress,
    };
    thread::scope(|scope| {
        let (sender, receiver) = channel();
        let fetcher = &fetcher;
        let start = |job: Job| {
            let sender = sender.clone();
            scope.spawn(move || {
                // Nobody listens any more where the update has failed.
                let _ = sender.send(fetcher.fetch(job));
            });
        };
        let updated = update.rounds(prior, &start, &receiver);
        fetcher.stop();
        updated
    })
}

/// Takes a local folder of rsync copies as all that is held, and validates it
/// for a time, in seconds since 1970 (UTC). Asks nobody. Folders that are as
/// they were are not read again.
///
/// # Errors
/// As [`update`].
pub fn update_from_folder(
    cache: &Cache,
    folder: &Path,
    locators: &[Locator],
    prior: Option<&ValidatedTree>,
    time: i64,
    progress: &dyn Progress,
) -> Result<Updated, NetError> {
    progress.report("read", 0, 0);
    let filled = local::fill(cache, folder, locators)?;
    let anchors = (locators.iter())
        .map(|locator| {
            let found = filled.anchors.get(locator.name());
            AnchorReport {
                name: locator.name().to_owned(),
                uri: found.map(|entry| entry.uri.clone()),
                failures: Vec::new(),
                held: found.is_some(),
            }
        })
        .collect();
    let (index, notes) = filled.into_index();
    let index = Arc::new(index);
    let request = ValidateRequest::at(time);
    let tree = cache.commit_during(index.clone(), || {
        validate::run(&request, locators, &index, cache, prior, progress)
    })?;
    let tree = tree.map_err(validating)?;
    let mut report = UpdateReport::new(anchors, cache.damage());
    report.rounds = 1;
    report.notes.extend(notes);
    // What broke on our disk is read again from the folder, the next time.
    let missing: HashSet<Digest> = cache.take_missing().into_iter().collect();
    if !missing.is_empty() {
        let mut whole = (*index).clone();
        whole
            .points
            .retain(|_, pack| !missing.contains(&pack.digest));
        cache.commit(whole)?;
        report
            .notes
            .push("packs were broken: update once more to read them again".into());
    }
    Ok(Updated {
        tree: Arc::new(tree),
        index,
        report,
    })
}

fn validating(source: RouteError) -> NetError {
    NetError::Route {
        place: "validating".into(),
        source,
    }
}

/// An update under way.
struct Update<'a> {
    cache: &'a Cache,
    index: RepositoryIndex,
    sources: SourceStates,
    /// The sources that were asked in vain.
    failed_now: Vec<Source>,
    plan: Plan,
    report: UpdateReport,
    locators: &'a [Locator],
    clock: &'a (dyn Fn() -> i64 + Sync),
    progress: &'a dyn Progress,
}

impl Update<'_> {
    fn rounds(
        mut self,
        prior: Option<&ValidatedTree>,
        start: &dyn Fn(Job),
        finished: &Receiver<Finished>,
    ) -> Result<Updated, NetError> {
        let mut last: Option<ValidatedTree> = None;
        loop {
            self.report.rounds += 1;
            let tree = self.validate(last.as_ref().or(prior))?;
            self.forget_broken()?;
            let now = (self.clock)();
            if let Some(failure) = self.plan.want(&tree, &self.sources, now) {
                self.report.notes.push(failure.to_string());
            }
            for (source, failure) in self.plan.take_resting() {
                self.report_failed(source, failure, Duration::ZERO);
            }
            if self.plan.is_idle() {
                self.forget_unnamed(now);
                self.count_failures();
                self.commit()?;
                return Ok(Updated {
                    tree: Arc::new(tree),
                    index: self.cache.index(),
                    report: self.report,
                });
            }
            last = Some(tree);
            self.fetch(start, finished)?;
            // A crash from here on loses nothing of what was fetched.
            self.commit()?;
        }
    }

    fn commit(&self) -> Result<(), NetError> {
        self.cache.commit(self.index.clone())?;
        self.cache.keep_sources(&self.sources)
    }

    /// Counts the updates in which sources failed. Where none worked at all,
    /// it is our own network that fails, and nobody's count grows.
    fn count_failures(&mut self) {
        if self.report.sources.iter().all(|it| it.outcome.is_err()) {
            return;
        }
        for source in &self.failed_now {
            if let Some(state) = self.sources.get_mut(source) {
                state.failures = state.failures.saturating_add(1);
            }
        }
    }

    fn validate(&self, prior: Option<&ValidatedTree>) -> Result<ValidatedTree, NetError> {
        let request = ValidateRequest::at((self.clock)());
        let tree = validate::run(
            &request,
            self.locators,
            &self.index,
            self.cache,
            prior,
            self.progress,
        );
        tree.map_err(validating)
    }

    /// Fetches until all that is wanted is done, or until patience ends and
    /// something new is there to be validated.
    fn fetch(
        &mut self,
        start: &dyn Fn(Job),
        finished: &Receiver<Finished>,
    ) -> Result<(), NetError> {
        let patience = Instant::now() + self.plan.patience();
        let mut news = false;
        loop {
            while let Some(next) = self.plan.next(Instant::now(), &self.sources) {
                match next {
                    Ok(job) => start(job),
                    Err((source, failure)) => self.failed(source, failure, Duration::ZERO),
                }
            }
            let (done, total) = (self.plan.done as u64, self.plan.total() as u64);
            self.progress.report("fetch", done, total);
            if self.progress.cancelled() {
                return Err(NetError::Route {
                    place: "fetching".into(),
                    source: RouteError::Cancelled,
                });
            }
            if self.plan.running == 0 || (news && Instant::now() >= patience) {
                return Ok(());
            }
            match finished.recv_timeout(TICK) {
                Ok(finished) => {
                    news = true;
                    self.finish(finished);
                }
                Err(RecvTimeoutError::Timeout) => {}
                // A sender is held as long as this runs.
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }

    fn finish(&mut self, finished: Finished) {
        let Finished { job, took, result } = finished;
        self.plan.finished(&job, took, result.is_err());
        match result {
            Err(failure) => self.failed(job.source, failure, took),
            Ok(fetched) => {
                self.drop_points(&job.source);
                let count = fetched.points.len() as u64;
                for (folder, pack) in fetched.points {
                    let source = job.source.clone();
                    self.index.points.insert(PointKey { source, folder }, pack);
                }
                let now = Some((self.clock)());
                let state = SourceState {
                    last_success: now,
                    last_attempt: now,
                    ..SourceState::default()
                };
                self.sources.insert(job.source.clone(), state);
                self.index.failed.remove(&job.source);
                self.report.notes.extend(fetched.notes);
                self.report.fetched(job.source, fetched.how, count, took);
            }
        }
    }

    /// What was held of a source stands.
    fn failed(&mut self, source: Source, failure: Failure, took: Duration) {
        let state = self.sources.entry(source.clone()).or_default();
        state.failure = Some(failure.clone());
        state.last_attempt = Some((self.clock)());
        self.failed_now.push(source.clone());
        self.report_failed(source, failure, took);
    }

    fn report_failed(&mut self, source: Source, failure: Failure, took: Duration) {
        self.index.failed.insert(source.clone());
        let state = self.sources.get(&source);
        let last_success = state.and_then(|state| state.last_success);
        let held = points_of(&self.index, &source).count() as u64;
        self.report
            .failed(source, failure, held, last_success, took);
    }

    fn drop_points(&mut self, source: &Source) {
        let keys: Vec<PointKey> = points_of(&self.index, source)
            .map(|(key, _)| key.clone())
            .collect();
        for key in keys {
            self.index.points.remove(&key);
        }
    }

    /// Packs that were found broken are taken out of the index, so that what
    /// is remembered of their source does not fit any more, and the source is
    /// fetched as a whole.
    fn forget_broken(&mut self) -> Result<(), NetError> {
        let missing: HashSet<Digest> = self.cache.take_missing().into_iter().collect();
        let broken = self.index.points.iter();
        let broken: Vec<PointKey> = broken
            .filter(|(_, pack)| missing.contains(&pack.digest))
            .map(|(key, _)| key.clone())
            .collect();
        for key in broken {
            self.index.points.remove(&key);
            let note = format!("{}: its pack was broken; it is fetched again", key.folder);
            self.report.notes.push(note);
            self.plan.again(&key.source);
        }
        match missing.is_empty() {
            true => Ok(()),
            false => self.cache.commit(self.index.clone()),
        }
    }

    /// Drops what nobody has named for long.
    fn forget_unnamed(&mut self, now: i64) {
        let old: Vec<Source> = (self.sources.iter())
            .filter(|(source, state)| {
                let last = state.last_success.unwrap_or(0);
                !self.plan.knows(source) && now.saturating_sub(last) > FORGOTTEN
            })
            .map(|(source, _)| source.clone())
            .collect();
        for source in old {
            self.drop_points(&source);
            self.index.failed.remove(&source);
            self.sources.remove(&source);
        }
    }
}
