//! The query ledger of a data set: its newest state, by the evidence log.
//!
//! A ledger is an output of a run on the data set and an input of the next
//! one. Which is the newest is not kept in a file that could be lost or put
//! back: the signed log is read from its beginning, and the runs on the data
//! set must form a chain, each departing from the ledger that the one before
//! it wrote. A run that departs from another ledger is void.

use anyhow::Context as _;
use modu_evidence::archive::Archive;
use modu_evidence::statement::{EngineReport, InputContent, Predicate};
use modu_kernel::{Artifact, Digest, Label};
use modu_proof::ledger::{self, Exhausted, Ledger, Submitted};
use modu_proof::need::Need;
use modu_proof::solution::Solution;
use serde_json::json;

use super::demonstration::Submission;
use super::{MAX_TOML_BYTES, in_file};
use crate::command_line::ProofBudget;
use crate::exit::Wrong;
use crate::home::{Home, read_limited};
use crate::run::RunInput;
use crate::terminal::{self, Answer, Terminal};

/// Another run was faster.
#[derive(Debug, thiserror::Error)]
#[error(
    "another run spent of this data's budget while this one ran, so this one counts for nothing and nothing of it is told: run it again"
)]
pub(crate) struct Overtaken;

/// The runs on a data set that wrote its ledger.
#[derive(Debug)]
pub(crate) struct Chain {
    /// The newest ledger; `None` where no run has been on the data set.
    pub(crate) newest: Option<Artifact>,
    /// Its content, or an empty ledger.
    pub(crate) ledger: Ledger,
    /// Runs that departed from a ledger that was not the newest.
    pub(crate) void: Vec<u64>,
}

impl Chain {
    /// Reads the log for the runs on a data set.
    ///
    /// Where neither the log nor an opening says which data set a run was on,
    /// its ledger does; one that is missing from the store then stops the
    /// work, because what it counted would be forgotten.
    pub(crate) fn read(home: &Home, archive: &Archive, dataset: Artifact) -> anyhow::Result<Self> {
        let openings = home.openings()?;
        let opened = |content: &InputContent| match content {
            InputContent::Artifact(artifact) => Some(*artifact),
            InputContent::Commitment(commitment) => openings
                .iter()
                .find(|opening| opening.opens(commitment))
                .map(|opening| opening.artifact),
        };
        let (mut newest, mut void) = (None, Vec::new());
        for entry in archive.entries(0..archive.size()) {
            let entry = entry?;
            let Predicate::EngineReport(report) = &entry.statement.predicate else {
                continue;
            };
            let Some(written) = written_ledger(report) else {
                continue;
            };
            let on = match report.input("dataset").and_then(|it| opened(&it.content)) {
                Some(artifact) => artifact.digest,
                None => read_ledger(home, written, entry.index)?.dataset,
            };
            if on != dataset.digest {
                continue;
            }
            if departed_from(report) == newest {
                newest = Some(written);
            } else {
                void.push(entry.index);
            }
        }
        let ledger = match newest {
            None => Ledger::empty(dataset.digest),
            Some(artifact) => read_ledger(home, artifact, archive.size())?,
        };
        Ok(Self {
            newest,
            ledger,
            void,
        })
    }

    /// What a run needs of the ledger: itself, and the predictions that the
    /// submissions are compared with.
    pub(crate) fn inputs(
        &self,
        home: &Home,
        submissions: &[Submitted],
    ) -> anyhow::Result<Vec<RunInput>> {
        let Some(newest) = self.newest else {
            return Ok(Vec::new());
        };
        let mut inputs = vec![RunInput::public(ledger::LEDGER_INPUT, newest)];
        let suppliers: Vec<&Label> = submissions.iter().map(|it| &it.supplier).collect();
        let Some(need) = submissions.first().map(|it| it.need) else {
            return Ok(inputs);
        };
        for digest in self.ledger.compared_with(&need, &suppliers) {
            let size = home.store.size(digest).with_context(|| {
                format!("earlier predictions, {digest}, are needed to compare with: restore them to the store")
            })?;
            let name = ledger::earlier_input(&digest);
            inputs.push(RunInput::public(name, Artifact { digest, size }));
        }
        Ok(inputs)
    }

    /// Refuses where another run wrote the ledger meanwhile. To be asked under
    /// the archive's lock, before the run is logged.
    pub(crate) fn check_newest(&self, now: &Self) -> Result<(), Overtaken> {
        if self.newest == now.newest {
            return Ok(());
        }
        Err(Overtaken)
    }
}

fn written_ledger(report: &EngineReport) -> Option<Artifact> {
    if report.engine.name != modu_proof::SCORE.name {
        return None;
    }
    let mut outputs = report.outputs.iter();
    let written = outputs.find(|output| output.name == ledger::LEDGER_OUTPUT);
    written.map(|output| output.artifact)
}

fn departed_from(report: &EngineReport) -> Option<Artifact> {
    match report.input(ledger::LEDGER_INPUT)?.content {
        InputContent::Artifact(artifact) => Some(artifact),
        InputContent::Commitment(_) => None,
    }
}

fn read_ledger(home: &Home, artifact: Artifact, entry: u64) -> anyhow::Result<Ledger> {
    let bytes = home
        .store
        .read(artifact.digest, ledger::MAX_BYTES)
        .with_context(|| {
            format!(
                "the ledger {} (log entry {entry} or before) is not in the store: restore it, or what was spent is forgotten",
                artifact.digest
            )
        })?;
    let ledger = Ledger::parse(&bytes);
    ledger.map_err(|error| Wrong(format!("the ledger {}: {error}", artifact.digest)).into())
}

/// The solutions of a run as the ledger counts them.
pub(crate) fn submitted(
    home: &Home,
    need: Artifact,
    solutions: &[Submission],
) -> anyhow::Result<Vec<Submitted>> {
    let one = |submission: &Submission| {
        let bytes = home
            .store
            .read(submission.document.digest, MAX_TOML_BYTES)?;
        let solution = Solution::parse(&bytes).map_err(|error| Wrong(error.to_string()))?;
        Ok(Submitted {
            need: need.digest,
            solution: submission.document.digest,
            model: Some(submission.model.digest),
            predictions: None,
            supplier: solution.supplier,
            registration: None,
            time: None,
        })
    };
    solutions.iter().map(one).collect()
}

/// Says that a budget is spent: the answer to the whole run is no.
pub(crate) fn refuse(terminal: Terminal, exhausted: &Exhausted) -> anyhow::Result<Answer> {
    let reason = exhausted.label();
    terminal.document(&json!({
        "refused": reason,
        "supplier": exhausted.supplier,
        "spent": exhausted.spent,
        "asked": exhausted.asked,
        "limit": exhausted.limit,
    }))?;
    terminal.line(format!(
        "{} {}",
        terminal.sign(Answer::No),
        reason.get(terminal.language)
    ))?;
    Ok(Answer::No)
}

/// `modu proof budget`
pub(super) fn show(
    terminal: Terminal,
    home: &Home,
    command: &ProofBudget,
) -> anyhow::Result<Answer> {
    let bytes = read_limited(&command.need, MAX_TOML_BYTES)?;
    let need = Need::parse(&bytes).map_err(|error| in_file(&command.need, &error))?;
    let data = std::fs::File::open(&command.data)
        .and_then(Digest::of_reader)
        .with_context(|| format!("could not read {}", command.data.display()))?;
    let chain = Chain::read(home, &home.archive()?, data)?;
    let budget = chain.ledger.budget(&need.release);
    terminal.document(&json!({
        "budget": budget,
        "ledger": chain.newest.map(|it| it.digest),
        "submissions": chain.ledger.submissions,
        "void": chain.void.iter().map(u64::to_string).collect::<Vec<_>>(),
    }))?;
    let mut rows = vec![match terminal.language {
        modu_kernel::Language::Ko => ["공급자", "쓴 횟수", "한도"].map(str::to_owned).to_vec(),
        modu_kernel::Language::En => ["supplier", "spent", "budget"].map(str::to_owned).to_vec(),
    }];
    for supplier in &budget.suppliers {
        rows.push(vec![
            supplier.supplier.get(terminal.language).to_owned(),
            supplier.spent.to_string(),
            supplier.limit.to_string(),
        ]);
    }
    rows.push(vec![
        terminal.say("모든 공급자", "all suppliers").to_owned(),
        budget.spent.to_string(),
        budget.limit.to_string(),
    ]);
    terminal.line(terminal::table(&rows))?;
    for index in &chain.void {
        terminal.line(format!(
            "{} #{index}: {}",
            terminal.sign(Answer::No),
            terminal.say(
                "가장 새 장부에서 출발하지 않은 실행이라 무효입니다.",
                "void: the run did not depart from the newest ledger.",
            )
        ))?;
    }
    Ok(match budget.spent < budget.limit {
        true => Answer::Yes,
        false => Answer::No,
    })
}
