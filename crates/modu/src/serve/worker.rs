//! The workers of `modu serve`: they take jobs from the queue, run them in the
//! sandbox as `modu proof run` does, and tell the history what the gate said.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Context as _;
use modu_kernel::Artifact;
use modu_programme::Office;
use modu_programme::job::{Bell, Job, JobError, Lease, Queue, Standing, Work};

use crate::command_line::{Sandbox, Serve};
use crate::exit::is_wrong_input;
use crate::home::Home;
use crate::job::tell::tell;
use crate::job::watch::{At, HoldError, Holding, Reason, Watch, work};
use crate::job::{Mark, Spent, carry_out, demonstration, earlier};
use crate::proof::ledger::Overtaken;
use crate::proof::register;

/// How often one looks for jobs that another server was asked for.
const LOOK: Duration = Duration::from_secs(1);

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
        let held = Held {
            worker: self,
            lease,
        };
        let done = work(&held, self.beat, |watch| self.perform(job, &held, watch));
        if let Err((reason, error)) = done {
            self.give_up(lease, reason, &error);
        }
    }

    /// Ends or gives back a job that was not done. Where even that fails, the
    /// lease ends by itself.
    fn give_up(&self, lease: Lease, reason: Option<Reason>, error: &anyhow::Error) {
        let (queue, now) = (self.queue(), self.office.now());
        let _lease_ends = match reason {
            Some(Reason::Lost) => return,
            Some(Reason::CalledOff) => queue.stopped(lease, now),
            Some(Reason::Stopping) => queue.give_back(lease, now),
            None => {
                let is_wrong = is_wrong_input(error) || error.is::<Spent>();
                let again = !is_wrong || error.is::<Overtaken>();
                queue.fail(lease, &format!("{error:#}"), again, now)
            }
        };
    }

    fn queue(&self) -> &Queue {
        self.office.jobs().queue()
    }

    fn perform(&self, job: &Job, held: &Held<'_>, watch: &Watch<'_>) -> anyhow::Result<()> {
        let Work::Demonstrate(asked) = &job.work;
        let archive = self.home.archive()?;
        let mark = match earlier(held.marked()?, &archive)? {
            Some(mark) => mark,
            None => {
                let artifact = |digest| -> anyhow::Result<Artifact> {
                    let size = self.home.store.size(digest)?;
                    Ok(Artifact { digest, size })
                };
                let criteria = register::find(&archive, artifact(asked.need)?)?;
                let data = asked.dataset.digest.context("the data lie elsewhere")?;
                let data = (artifact(data)?, asked.dataset.is_public);
                let what = (asked.need, asked.entrants.as_slice());
                let demonstration = demonstration(&self.home, what, data, criteria)?;
                carry_out(&self.home, self.sandbox, &demonstration, watch)?
            }
        };
        let run = (mark.first, mark.result);
        let of = (job, asked, held.lease);
        tell((&self.office, &self.home), of, modu_proof::SCORE.name, run)
    }
}

/// A job that a worker took from the queue.
struct Held<'w> {
    worker: &'w Worker,
    lease: Lease,
}

impl From<JobError> for HoldError {
    fn from(error: JobError) -> Self {
        match error {
            JobError::LeaseLost => Self::Lost,
            JobError::CalledOff => Self::CalledOff,
            other => Self::Away(other.to_string()),
        }
    }
}

impl Holding for Held<'_> {
    fn renew(&self, at: &At) -> Result<Standing, HoldError> {
        let now = self.worker.office.now();
        let queue = self.worker.queue();
        Ok(queue.renew(self.lease, Some(&at.reached), now)?)
    }

    fn marked(&self) -> Result<Option<Mark>, HoldError> {
        let marked = self.worker.queue().marked(self.lease)?;
        let marked = marked.map(|mark| serde_json::from_str(&mark)).transpose();
        marked.map_err(|error| HoldError::Away(format!("the mark of an earlier worker: {error}")))
    }

    fn mark(&self, mark: Mark) -> Result<(), HoldError> {
        let mark =
            serde_json::to_string(&mark).map_err(|error| HoldError::Away(error.to_string()))?;
        let now = self.worker.office.now();
        Ok(self.worker.queue().mark(self.lease, &mark, now)?)
    }

    fn is_stopping(&self) -> bool {
        self.worker.stop.load(Ordering::SeqCst)
    }
}
