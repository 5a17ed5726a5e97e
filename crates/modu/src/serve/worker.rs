//! The workers of `modu serve`: they take jobs from the queue, run them in the
//! sandbox as `modu proof run` does, and tell the history what the gate said.
//!
//! A worker may be killed at any moment. Right before it logs what was decided
//! it marks the job with where in the log that will stand; all of it is logged
//! as one batch. Whoever takes the job after it looks there first, and if the
//! run stands in the log tells the history, instead of running it again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use modu_evidence::archive::{Archive, Recorder};
use modu_evidence::statement::{EngineReport, Predicate};
use modu_kernel::contained::contained;
use modu_kernel::{Artifact, Digest, EngineError, Progress};
use modu_programme::job::{
    Bell, Demonstrate, Job, JobError, Lease, Queue, Reached, Settlement, Standing, Work,
};
use modu_programme::{Actor, Event, HistoryError, Office, Refusal};
use modu_proof::need::Need;
use modu_proof::report::{ReleasedReport, Source};
use modu_proof::solution::Solution;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::opening::verdict_of;
use crate::command_line::{Sandbox, Serve};
use crate::engines::Confined;
use crate::exit::{Wrong, is_wrong_input};
use crate::home::Home;
use crate::proof::demonstration::{Demonstration, Submission, demonstrate};
use crate::proof::ledger::{self, Chain, Overtaken};
use crate::proof::listener::Listener;
use crate::proof::{MAX_TOML_BYTES, register};
use crate::run::RunInput;

/// How often one looks for jobs that another server was asked for.
const LOOK: Duration = Duration::from_secs(1);
/// The largest released report that is read.
const MAX_RELEASED_BYTES: u64 = 64 << 20;

/// Threads at work on jobs.
pub(super) struct Workers {
    stop: Arc<AtomicBool>,
    bell: Bell,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Starts as many as are asked for.
    pub(super) fn start(office: &Office, home: &Home, command: &Serve) -> anyhow::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        for number in 1..=command.workers {
            let worker = Worker {
                office: office.clone(),
                home: home.clone(),
                sandbox: command.sandbox,
                beat: Duration::from_secs(u64::from(command.lease)) / 5,
                stop: Arc::clone(&stop),
                name: format!("modu serve, {number} of process {}", std::process::id()),
            };
            let thread = thread::Builder::new().name(format!("worker {number}"));
            let thread = thread
                .spawn(move || worker.run())
                .context("could not start a worker")?;
            threads.push(thread);
        }
        Ok(Self {
            stop,
            bell: office.jobs().bell().clone(),
            threads,
        })
    }

    /// Stops them; a job at work goes back into the queue.
    pub(super) fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        self.bell.ring();
        for thread in self.threads {
            let _its_panic_was_told = thread.join();
        }
    }
}

struct Worker {
    office: Office,
    home: Home,
    sandbox: Sandbox,
    /// How often it says that it is there.
    beat: Duration,
    stop: Arc<AtomicBool>,
    name: String,
}

/// Where a run stands in the log, or will.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Mark {
    /// The first entry of its batch.
    first: u64,
    /// Its result.
    result: Digest,
}

/// An earlier worker's run stands in the log already.
#[derive(Debug, thiserror::Error)]
#[error("an earlier attempt stands in the log already")]
struct Earlier(Mark);

impl Worker {
    fn run(&self) {
        let jobs = self.office.jobs();
        while !self.stop.load(Ordering::SeqCst) {
            let heard = jobs.bell().heard();
            match jobs.queue().take(None, &self.name, self.office.now()) {
                Ok(Some((job, lease))) => self.work(&job, lease),
                // A database that is gone may come back.
                Ok(None) | Err(_) => jobs.bell().wait(heard, LOOK),
            }
        }
    }

    fn work(&self, job: &Job, lease: Lease) {
        let watch = Watch::new(self, lease);
        let (at_work, over) = channel::<()>();
        thread::scope(|scope| {
            let (listening, beat) = (&watch, self.beat);
            scope.spawn(move || {
                while over.recv_timeout(beat) == Err(RecvTimeoutError::Timeout) {
                    listening.beat();
                }
            });
            let done = contained(|| self.perform(job, lease, &watch));
            drop(at_work);
            let done = done.unwrap_or_else(|| Err(anyhow::anyhow!("the worker fell over")));
            if let Err(error) = done {
                self.give_up(lease, &watch, &error);
            }
        });
    }

    /// Ends or gives back a job that was not done. Where even that fails, the
    /// lease ends by itself.
    fn give_up(&self, lease: Lease, watch: &Watch<'_>, error: &anyhow::Error) {
        let (queue, now) = (self.queue(), self.office.now());
        let cause = error.downcast_ref::<JobError>();
        let _lease_ends = match watch.reason() {
            Some(Reason::Lost) => return,
            Some(Reason::CalledOff) => queue.stopped(lease, now),
            Some(Reason::Stopping) => queue.give_back(lease),
            None if matches!(cause, Some(JobError::CalledOff)) => queue.stopped(lease, now),
            None => {
                let again = !is_wrong_input(error) || error.is::<Overtaken>();
                queue.fail(lease, &format!("{error:#}"), again, now)
            }
        };
    }

    fn queue(&self) -> &Queue {
        self.office.jobs().queue()
    }

    fn perform(&self, job: &Job, lease: Lease, watch: &Watch<'_>) -> anyhow::Result<()> {
        let Work::Demonstrate(asked) = &job.work;
        let mark = match earlier(self.queue(), &self.home.archive()?, lease)? {
            Some(mark) => mark,
            None => match self.demonstrate(asked, watch) {
                Ok(mark) => mark,
                Err(error) => match error.downcast_ref::<Earlier>() {
                    Some(Earlier(mark)) => *mark,
                    None => return Err(error),
                },
            },
        };
        self.tell(job, asked, lease, mark)
    }

    fn demonstrate(&self, asked: &Demonstrate, watch: &Watch<'_>) -> anyhow::Result<Mark> {
        let demonstration = self.prepare(asked)?;
        let need = self.home.store.read(asked.need, MAX_TOML_BYTES)?;
        let rule = Need::parse(&need)?.release;
        let data = demonstration.dataset.artifact;
        let chain = Chain::read(&self.home, &self.home.archive()?, data)?;
        let submitted =
            ledger::submitted(&self.home, demonstration.need, &demonstration.solutions)?;
        if let Err(exhausted) = chain.ledger.check_budget(&rule, &submitted) {
            return Err(Wrong(exhausted.label().en).into());
        }
        let predict = Confined::within(self.sandbox)?;
        let decided = demonstrate(watch, &self.home, &demonstration, &predict)?;
        let first = decided.entries.first().context("nothing was logged")?;
        Ok(Mark {
            first: first.log_index,
            result: decided.score.result.digest,
        })
    }

    fn prepare(&self, asked: &Demonstrate) -> anyhow::Result<Demonstration> {
        let home = &self.home;
        let artifact = |digest: Digest| -> anyhow::Result<Artifact> {
            let size = home.store.size(digest)?;
            Ok(Artifact { digest, size })
        };
        let need = artifact(asked.need)?;
        let criteria = register::find(&home.archive()?, need)?;
        let data = asked.dataset.digest.context("the data lie elsewhere")?;
        let data = artifact(data)?;
        let (dataset, blind) = match asked.dataset.is_public {
            true => (RunInput::public("dataset", data), None),
            false => (
                RunInput::private("dataset", home.commit_to(data)?),
                Some(RunInput::private("blind", home.new_secret()?)),
            ),
        };
        let mut solutions = Vec::with_capacity(asked.entrants.len());
        for entrant in &asked.entrants {
            let document = home.store.read(entrant.document, MAX_TOML_BYTES)?;
            let id = Solution::parse(&document)
                .map_err(|error| Wrong(format!("the solution {}: {error}", entrant.document)))?
                .id;
            solutions.push(Submission {
                id,
                document: artifact(entrant.document)?,
                model: artifact(entrant.model)?,
            });
        }
        Ok(Demonstration {
            need,
            dataset,
            blind,
            solutions,
            criteria,
            name_registration: true,
        })
    }

    /// Tells the history what the log says, and with it that the job is done.
    fn tell(&self, job: &Job, asked: &Demonstrate, lease: Lease, mark: Mark) -> anyhow::Result<()> {
        let archive = self.home.archive()?;
        let (place, report) = run_at(&archive, mark)?.context("the run is not in the log")?;
        let released = report.outputs.iter().find(|it| it.name == "released.json");
        let released = released.context("the run released nothing")?;
        let released = (self.home.store).read(released.artifact.digest, MAX_RELEASED_BYTES)?;
        let released: ReleasedReport = serde_json::from_slice(&released)
            .context("the released report is not what its type says")?;
        let mut events = Vec::new();
        let mut told = Vec::new();
        for entrant in &asked.entrants {
            let mut sections = released.solutions.iter();
            let section = sections.find(|it| it.solution_digest == entrant.document);
            let section = section.context("a solution is missing in the released report")?;
            let verdict = verdict_of(section.decision.answer);
            let evidence = decision_after(&archive, place, &entrant.document, mark.result)?;
            let is_new = section.source == Source::ThisSubmission;
            told.push(json!({
                "proposal": entrant.proposal,
                "verdict": verdict,
                "evidence": evidence.unwrap_or(place).to_string(),
                "is_new": is_new,
            }));
            // What was submitted before is told as it was told before.
            if let Some(evidence) = evidence.filter(|_| is_new) {
                events.push(Event::Demonstrated {
                    project: job.project,
                    proposal: entrant.proposal,
                    verdict,
                    report: mark.result,
                    evidence,
                });
            }
        }
        let answer = json!({
            "result": mark.result,
            "run": place.to_string(),
            "solutions": told,
        });
        self.settle(job, events, lease, answer.to_string())
    }

    fn settle(
        &self,
        job: &Job,
        events: Vec<Event>,
        lease: Lease,
        answer: String,
    ) -> anyhow::Result<()> {
        let settlement = Settlement {
            lease,
            answer,
            at: self.office.now(),
        };
        if events.is_empty() {
            return Ok(self.queue().settle(&settlement)?);
        }
        let act = |by| {
            let (events, now) = (events.clone(), self.office.now());
            self.office
                .kept()
                .act_all(by, events, now, Some(&settlement))
        };
        match act(Actor::Person(job.person)) {
            // They were allowed to ask when they asked; what was proven since
            // does not get lost with their account.
            Err(HistoryError::Refused(Refusal::NotAllowed { .. })) => act(Actor::System)?,
            told => told?,
        };
        Ok(())
    }
}

/// What an earlier worker did, where it stands in the log.
fn earlier(queue: &Queue, archive: &Archive, lease: Lease) -> anyhow::Result<Option<Mark>> {
    let Some(mark) = queue.marked(lease)? else {
        return Ok(None);
    };
    let mark: Mark = serde_json::from_str(&mark).context("the mark of an earlier worker")?;
    Ok(run_at(archive, mark)?.map(|_| mark))
}

/// The run that a mark tells of: it stands in the batch that begins there.
fn run_at(archive: &Archive, mark: Mark) -> anyhow::Result<Option<(u64, EngineReport)>> {
    let end = archive.size().min(mark.first.saturating_add(BATCH));
    for entry in archive.entries(mark.first.min(end)..end) {
        let entry = entry?;
        if let Predicate::EngineReport(report) = entry.statement.predicate
            && report.engine.name == modu_proof::SCORE.name
            && report.result.digest == mark.result
        {
            return Ok(Some((entry.index, report)));
        }
    }
    Ok(None)
}

/// Entries of one batch at most: for each solution a run and two decisions.
const BATCH: u64 = 3 * modu_programme::job::MAX_ENTRANTS as u64 + 1;

/// The entry that says what a run decided on a solution.
fn decision_after(
    archive: &Archive,
    run: u64,
    document: &Digest,
    result: Digest,
) -> anyhow::Result<Option<u64>> {
    let end = archive.size().min(run.saturating_add(BATCH));
    for entry in archive.entries(run..end) {
        let entry = entry?;
        let is_about = entry.statement.is_about(document);
        if let Predicate::TestResult(decision) = &entry.statement.predicate
            && is_about
            && decision.configuration.iter().any(|it| it.digest == result)
        {
            return Ok(Some(entry.index));
        }
    }
    Ok(None)
}

/// Why a job is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Lost,
    CalledOff,
    Stopping,
}

/// Follows a job for the queue, and the queue for the job.
struct Watch<'w> {
    worker: &'w Worker,
    lease: Lease,
    reached: Mutex<Reached>,
    reason: Mutex<Option<Reason>>,
}

impl<'w> Watch<'w> {
    fn new(worker: &'w Worker, lease: Lease) -> Self {
        Self {
            worker,
            lease,
            reached: Mutex::default(),
            reason: Mutex::default(),
        }
    }

    fn beat(&self) {
        let reached = {
            let reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
            reached.clone()
        };
        let now = self.worker.office.now();
        match self.worker.queue().renew(self.lease, Some(&reached), now) {
            Ok(Standing::CalledOff) => self.stop(Reason::CalledOff),
            Err(JobError::LeaseLost) => self.stop(Reason::Lost),
            // A database that is gone for a moment is asked again.
            Ok(Standing::Go) | Err(_) => {}
        }
    }

    fn stop(&self, why: Reason) {
        let mut reason = self.reason.lock().unwrap_or_else(PoisonError::into_inner);
        reason.get_or_insert(why);
    }

    fn reason(&self) -> Option<Reason> {
        if self.worker.stop.load(Ordering::SeqCst) {
            self.stop(Reason::Stopping);
        }
        *self.reason.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener for Watch<'_> {
    fn piece(&self, ko: &str, _: &str) -> Box<dyn Progress + '_> {
        Box::new(Piece {
            watch: self,
            name: ko.to_owned(),
        })
    }

    fn recorder(&self, home: &Home) -> anyhow::Result<Recorder> {
        home.recorder_in_turn()
    }

    fn about_to_record(&self, recorder: &Recorder, result: Digest) -> anyhow::Result<()> {
        if self.reason().is_some() {
            return Err(EngineError::Cancelled.into());
        }
        let queue = self.worker.queue();
        // An earlier worker that was only slow may have been faster after all.
        if let Some(mark) = earlier(queue, recorder, self.lease)? {
            return Err(Earlier(mark).into());
        }
        let mark = Mark {
            first: recorder.size(),
            result,
        };
        Ok(queue.mark(self.lease, &serde_json::to_string(&mark)?, Timestamp::now())?)
    }
}

struct Piece<'w> {
    watch: &'w Watch<'w>,
    name: String,
}

impl Progress for Piece<'_> {
    fn report(&self, stage: &str, done: u64, total: u64) {
        let mut reached = self
            .watch
            .reached
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *reached = Reached {
            stage: format!("{}: {stage}", self.name),
            done,
            total,
        };
    }

    fn cancelled(&self) -> bool {
        self.watch.reason().is_some()
    }
}
