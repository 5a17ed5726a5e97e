//! Working on a job, whoever holds it: a worker of the server or a node.
//!
//! A worker may be killed at any moment. Right before it logs what was decided
//! it marks the job with where in the log that will stand; all of it is logged
//! as one batch. Whoever takes the job after it looks there first, and if the
//! run stands in the log goes on from it, instead of running it again.

pub(crate) mod tell;
pub(crate) mod watch;

use anyhow::Context as _;
use modu_evidence::archive::Archive;
use modu_evidence::statement::{EngineReport, EntryReference, Predicate};
use modu_kernel::{Artifact, Digest};
use modu_programme::job::Entrant;
use modu_proof::need::Need;
use modu_proof::solution::Solution;
use serde::{Deserialize, Serialize};

use self::watch::Watch;
use crate::command_line::Sandbox;
use crate::engines::Confined;
use crate::exit::Wrong;
use crate::home::Home;
use crate::proof::MAX_TOML_BYTES;
use crate::proof::demonstration::{Demonstration, Submission, demonstrate};
use crate::proof::ledger::{self, Chain};
use crate::run::RunInput;

/// Where a run stands in the log, or will.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// The first entry of its batch.
    pub(crate) first: u64,
    /// Its result.
    pub(crate) result: Digest,
    /// For what a node ran in its own log: where its receipt stands in the
    /// server's, or will.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) receipt: Option<Receipt>,
}

/// Where a receipt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Receipt {
    /// The first entry of its batch.
    pub(crate) first: u64,
    /// Its result.
    pub(crate) result: Digest,
}

/// An earlier worker's run stands in the log already.
#[derive(Debug, thiserror::Error)]
#[error("an earlier attempt stands in the log already")]
pub(crate) struct Earlier(pub(crate) Mark);

/// The data have answered as often as they may.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Spent(pub(crate) String);

/// Entries of one batch at most: for each solution a run and two decisions.
pub(crate) const BATCH: u64 = 3 * modu_programme::job::MAX_ENTRANTS as u64 + 1;

/// The demonstration that a job asks for; all that it names is in the store.
pub(crate) fn demonstration(
    home: &Home,
    (need, entrants): (Digest, &[Entrant]),
    (data, is_public): (Artifact, bool),
    criteria: EntryReference,
) -> anyhow::Result<Demonstration> {
    let artifact = |digest: Digest| -> anyhow::Result<Artifact> {
        let size = home.store.size(digest)?;
        Ok(Artifact { digest, size })
    };
    let (dataset, blind) = match is_public {
        true => (RunInput::public("dataset", data), None),
        false => (
            RunInput::private("dataset", home.commit_to(data)?),
            Some(RunInput::private("blind", home.new_secret()?)),
        ),
    };
    let mut solutions = Vec::with_capacity(entrants.len());
    for entrant in entrants {
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
        need: artifact(need)?,
        dataset,
        blind,
        solutions,
        criteria,
        name_registration: true,
    })
}

/// Runs it within the data's budget, and logs what was decided; or finds that
/// an earlier worker did.
pub(crate) fn carry_out(
    home: &Home,
    sandbox: Sandbox,
    demonstration: &Demonstration,
    watch: &Watch<'_>,
) -> anyhow::Result<Mark> {
    let need = home.store.read(demonstration.need.digest, MAX_TOML_BYTES)?;
    let rule = Need::parse(&need)?.release;
    let data = demonstration.dataset.artifact;
    let chain = Chain::read(home, &home.archive()?, data)?;
    let submitted = ledger::submitted(home, demonstration.need, &demonstration.solutions)?;
    if let Err(exhausted) = chain.ledger.check_budget(&rule, &submitted) {
        return Err(Spent(exhausted.label().en).into());
    }
    let predict = Confined::within(sandbox)?;
    let decided = match demonstrate(watch, home, demonstration, &predict) {
        Ok(decided) => decided,
        Err(error) => match error.downcast_ref::<Earlier>() {
            Some(Earlier(mark)) => return Ok(*mark),
            None => return Err(error),
        },
    };
    let first = decided.entries.first().context("nothing was logged")?;
    Ok(Mark {
        first: first.log_index,
        result: decided.score.result.digest,
        receipt: None,
    })
}

/// What an earlier worker did, where it stands in the log.
pub(crate) fn earlier(marked: Option<Mark>, archive: &Archive) -> anyhow::Result<Option<Mark>> {
    let Some(mark) = marked else {
        return Ok(None);
    };
    let place = run_at(archive, modu_proof::SCORE.name, (mark.first, mark.result))?;
    Ok(place.map(|_| mark))
}

/// The run of an engine with a result that stands in the batch that begins
/// there.
pub(crate) fn run_at(
    archive: &Archive,
    engine: &str,
    (first, result): (u64, Digest),
) -> anyhow::Result<Option<(u64, EngineReport)>> {
    let end = archive.size().min(first.saturating_add(BATCH));
    for entry in archive.entries(first.min(end)..end) {
        let entry = entry?;
        if let Predicate::EngineReport(report) = entry.statement.predicate
            && report.engine.name == engine
            && report.result.digest == result
        {
            return Ok(Some((entry.index, report)));
        }
    }
    Ok(None)
}

/// The entry that says what a run decided on a solution.
pub(crate) fn decision_after(
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
