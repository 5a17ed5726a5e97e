//! One job, done where the data are.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use modu_evidence::archive::Archive;
use modu_evidence::statement::{EntryReference, Predicate};
use modu_kernel::{Artifact, Digest};
use modu_node::message::{Delivery, Marking, Problem, RELEASED, Released, Renewal, Task};
use modu_node::{NodeError, Server};
use modu_programme::job::Standing;
use modu_proof::need::Need;
use modu_proof::predict::MAX_MODEL_BYTES;

use super::data::Data;
use crate::command_line::Sandbox;
use crate::exit::{Wrong, is_wrong_input};
use crate::home::Home;
use crate::job::watch::{At, HoldError, Holding, Reason, Watch, work};
use crate::job::{Mark, Spent, carry_out, decision_after, demonstration, earlier, run_at};
use crate::proof::ledger::Overtaken;
use crate::proof::{MAX_TOML_BYTES, register};

/// The largest released file that is sent.
const MAX_RELEASED_BYTES: u64 = 24 << 20;
/// How long one waits before one sends again what the server did not take.
const AGAIN: Duration = Duration::from_secs(1);

/// There are no data of the name any more.
#[derive(Debug, thiserror::Error)]
#[error("there are no data of the name `{0}` in the folder")]
struct NoData(String);

/// A job that was taken from the server.
pub(super) struct Errand<'n> {
    pub(super) home: &'n Home,
    pub(super) server: &'n Server,
    pub(super) sandbox: Sandbox,
    pub(super) stop: &'n AtomicBool,
    pub(super) task: &'n Task,
}

impl Errand<'_> {
    /// Does it, and sends what came of it; or says why not, to the server in
    /// a word.
    pub(super) fn perform(&self, data: &Data) -> anyhow::Result<()> {
        let beat = Duration::from_secs(u64::from(self.task.lease_seconds.max(1))) / 5;
        let done = work(self, beat, |watch| {
            let mark = self.run(data, watch)?;
            self.deliver(mark, watch)
        });
        let Err((reason, error)) = done else {
            return Ok(());
        };
        let problem = match reason {
            Some(Reason::Lost) => return Err(error),
            Some(Reason::CalledOff) => Problem::CalledOff,
            Some(Reason::Stopping) => Problem::Stopping,
            None => problem(&error),
        };
        // Where even that fails, the lease ends by itself.
        let _lease_ends = self.server.give_up(self.task.lease, problem);
        Err(error)
    }

    /// Runs it, or finds that it was run before this program was killed.
    fn run(&self, data: &Data, watch: &Watch<'_>) -> anyhow::Result<Mark> {
        if let Some(mark) = earlier(self.marked()?, &self.home.archive()?)? {
            return Ok(mark);
        }
        let task = self.task;
        let found = data.find(&task.dataset);
        let artifact = found.ok_or_else(|| NoData(task.dataset.as_str().to_owned()))?;
        let need = self.fetch(task.need, MAX_TOML_BYTES)?;
        for entrant in &task.entrants {
            self.fetch(entrant.document, MAX_TOML_BYTES)?;
            self.fetch(entrant.model, MAX_MODEL_BYTES)?;
        }
        let criteria = self.criteria(need)?;
        let what = (task.need, task.entrants.as_slice());
        let demonstration = demonstration(self.home, what, (artifact, false), criteria)?;
        carry_out(self.home, self.sandbox, &demonstration, watch)
    }

    /// An artifact of the task, from the server where it is not here yet.
    fn fetch(&self, digest: Digest, limit: u64) -> anyhow::Result<Artifact> {
        let store = &self.home.store;
        if !store.contains(digest)? {
            let bytes = self.server.fetch(self.task.lease, digest, limit)?;
            store.put_bytes(&bytes)?;
        }
        let size = store.size(digest)?;
        Ok(Artifact { digest, size })
    }

    /// Where the criteria stand in this node's own log: before the run. What
    /// was taken back here is not registered again.
    fn criteria(&self, need: Artifact) -> anyhow::Result<EntryReference> {
        let archive = self.home.archive()?;
        for entry in archive.entries(0..archive.size()) {
            if let Predicate::Criteria(criteria) = entry?.statement.predicate
                && criteria.documents.iter().any(|it| it.artifact == need)
            {
                return register::find(&archive, need);
            }
        }
        drop(archive);
        let bytes = self.home.store.read(need.digest, MAX_TOML_BYTES)?;
        let parsed = Need::parse(&bytes).map_err(|error| Wrong(format!("the need: {error}")))?;
        register::register(self.home, &parsed, &bytes)
    }

    /// Sends what was decided, until the server has it or the job is lost.
    fn deliver(&self, mark: Mark, watch: &Watch<'_>) -> anyhow::Result<()> {
        let delivery = self.delivery(&self.home.archive()?, mark)?;
        loop {
            match self.server.deliver(&delivery) {
                Err(NodeError::Away { .. }) if watch.reason().is_none() => thread::sleep(AGAIN),
                delivered => return Ok(delivered?),
            }
        }
    }

    fn delivery(&self, archive: &Archive, mark: Mark) -> anyhow::Result<Delivery> {
        let run = run_at(archive, modu_proof::SCORE.name, (mark.first, mark.result))?;
        let (place, report) = run.context("the run is not in the log")?;
        let bundle = |index: u64| -> anyhow::Result<String> {
            String::from_utf8(archive.export(index)?).context("a bundle")
        };
        let mut decisions = Vec::new();
        for entrant in &self.task.entrants {
            if let Some(index) = decision_after(archive, place, &entrant.document, mark.result)? {
                decisions.push(bundle(index)?);
            }
        }
        let mut released = Vec::with_capacity(RELEASED.len());
        for name in RELEASED {
            let mut outputs = report.outputs.iter();
            let output = outputs.find(|output| output.name == name);
            let output = output.with_context(|| format!("the run gave no {name}"))?;
            let bytes = (self.home.store).read(output.artifact.digest, MAX_RELEASED_BYTES)?;
            released.push(Released {
                name: name.to_owned(),
                text: String::from_utf8(bytes).with_context(|| name.to_owned())?,
            });
        }
        Ok(Delivery {
            lease: self.task.lease,
            run: bundle(place)?,
            decisions,
            released,
        })
    }
}

/// What the server is told of an error: one of few words.
fn problem(error: &anyhow::Error) -> Problem {
    match error {
        error if error.is::<NoData>() => Problem::NoData,
        error if error.is::<Spent>() => Problem::Budget,
        error if error.is::<Overtaken>() => Problem::Failed,
        error if is_wrong_input(error) => Problem::Input,
        error => match error.downcast_ref::<NodeError>() {
            Some(NodeError::Refused(_)) => Problem::Input,
            _ => Problem::Failed,
        },
    }
}

impl From<NodeError> for HoldError {
    fn from(error: NodeError) -> Self {
        match error {
            NodeError::LeaseLost => Self::Lost,
            NodeError::CalledOff => Self::CalledOff,
            other => Self::Away(other.to_string()),
        }
    }
}

impl Holding for Errand<'_> {
    fn renew(&self, at: &At) -> Result<Standing, HoldError> {
        let reached = &at.reached;
        let percent = match reached.total {
            0 => 0,
            total => (reached.done.min(total).saturating_mul(100)) / total,
        };
        let renewed = self.server.renew(&Renewal {
            lease: self.task.lease,
            at: at.piece,
            percent: u8::try_from(percent).unwrap_or(100),
        })?;
        Ok(renewed.standing)
    }

    fn marked(&self) -> Result<Option<Mark>, HoldError> {
        let marked = self.task.mark.as_deref().map(serde_json::from_str);
        let marked = marked.transpose();
        marked.map_err(|error| HoldError::Away(format!("the mark of an earlier taking: {error}")))
    }

    fn mark(&self, mark: Mark) -> Result<(), HoldError> {
        let text =
            serde_json::to_string(&mark).map_err(|error| HoldError::Away(error.to_string()))?;
        Ok(self.server.mark(&Marking {
            lease: self.task.lease,
            mark: text,
        })?)
    }

    fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
}
