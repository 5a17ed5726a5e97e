//! `modu proof watch`: an adopted solution on new rows.
//!
//! The evidence of the adoption says what it rested on: the need, the rows,
//! the solution, its scores. All of that is in the store; the new rows are
//! predicted anew, and the engine `proof.watch` holds both times side by side.
//! The new entry of the log names the entry that it departs from.

use anyhow::Context as _;
use jiff::Timestamp;
use modu_evidence::archive::{Archive, Entry};
use modu_evidence::precedence::Precedence;
use modu_evidence::statement::{
    EngineReport, EntryReference, InputContent, Predicate, Statement, Subject, TestOutcome,
    TestResult,
};
use modu_kernel::{Artifact, Digest};
use modu_proof::need::Need;
use modu_proof::predictions::{self, Predictions};
use modu_proof::report::{OwnerReport, Registration, ReleasedReport};
use modu_proof::score::PublishData;
use modu_proof::watch::report::{WatchAnswer, WatchReport};
use modu_proof::watch::{WatchRequest, solutions};
use serde::Deserialize;
use serde_json::json;

use super::demonstration::{Demonstration, Submission, is_adopted, predict_one, write_reports};
use super::{MAX_TOML_BYTES, summary};
use crate::command_line::ProofWatch;
use crate::exit::Wrong;
use crate::home::Home;
use crate::run::{Done, RunInput, perform};
use crate::terminal::{Answer, Terminal};

/// The largest result of a run that is read.
const MAX_RESULT_BYTES: u64 = 256 << 20;

/// What an adoption rested on.
struct Adoption {
    entry: EntryReference,
    need: Artifact,
    dataset: RunInput,
    /// The watched solution, then the incumbent where that is one.
    solutions: Vec<Submission>,
    /// Their scores then, in the same order.
    predictions: Vec<Artifact>,
}

/// The part of a stored result that is read.
#[derive(Deserialize)]
struct StoredResult {
    report: OwnerReport,
}

/// Watches, records, and says how it fares: no where it has decayed.
pub(super) fn run(terminal: Terminal, home: &Home, command: &ProofWatch) -> anyhow::Result<Answer> {
    let adoption = Adoption::read(home, &home.archive()?, command)?;
    let data = home.put_file(&command.data)?;
    if data.digest == adoption.dataset.artifact.digest {
        let text = format!(
            "{} holds the very rows on which the solution was adopted: give newly collected ones",
            command.data.display()
        );
        return Err(Wrong(text).into());
    }
    let (dataset, blind) = match command.public_data {
        true => (RunInput::public("dataset", data), None),
        false => (
            RunInput::private("dataset", home.commit_to(data)?),
            Some(RunInput::private("blind", home.new_secret()?)),
        ),
    };
    let again = Demonstration {
        need: adoption.need,
        dataset,
        blind,
        solutions: adoption.solutions.clone(),
        criteria: adoption.entry,
        name_registration: true,
    };
    let predict = crate::engines::Confined::within(command.sandbox)?;
    let predictions = again
        .solutions
        .iter()
        .map(|solution| predict_one(&terminal, home, &again, solution, &predict))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let done = watch(terminal, home, command, &adoption, &again, &predictions)?;
    let report: WatchReport = serde_json::from_value(done.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    let entries = record(home, &adoption, &report, &predictions, &done)?;
    let written = write_reports(&done, &command.out)?;
    terminal.document(&json!({
        "answer": report.answer,
        "reason": report.reason,
        "criteria": report.criteria.iter().map(|criterion| json!({
            "id": criterion.id,
            "answer": criterion.answer,
        })).collect::<Vec<_>>(),
        "drift": report.drift.alarm,
        "drifted": report.drift.columns.iter().filter(|it| it.drift.alarm)
            .map(|it| it.column.clone()).collect::<Vec<_>>(),
        "adopted": adoption.entry.log_index.to_string(),
        "entries": entries.iter().map(|it| it.log_index.to_string()).collect::<Vec<_>>(),
        "files": written.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
        "result_digest": done.result.digest,
    }))?;
    terminal.line(summary::watched(terminal, &report))?;
    terminal.line(format!(
        "\n  {}  {}\n  result digest: {}",
        terminal.say("보고서", "report"),
        command.out.display(),
        done.result.digest
    ))?;
    Ok(match report.answer {
        WatchAnswer::Decayed => Answer::No,
        WatchAnswer::Keep | WatchAnswer::CannotTell | WatchAnswer::NotEnoughData => Answer::Yes,
    })
}

impl Adoption {
    /// Reads what the run at an entry of the log rested on.
    fn read(home: &Home, archive: &Archive, command: &ProofWatch) -> anyhow::Result<Self> {
        let entry = archive.get(command.entry)?;
        let report = score_run(&entry)?;
        if let Precedence::Void(reason) = archive.criteria_precede(entry.index)? {
            return Err(Wrong(format!("entry {}: {}", entry.index, reason.label().en)).into());
        }
        let id = adopted_id(home, &entry, report, command.solution.as_deref())?;
        let need = public(report, "need")?;
        let parsed = Need::parse(&home.store.read(need.digest, MAX_TOML_BYTES)?)
            .map_err(|error| Wrong(format!("the need of entry {}: {error}", entry.index)))?;
        let mut adoption = Self {
            entry: entry.reference(),
            need,
            dataset: reference_data(home, report)?,
            solutions: Vec::new(),
            predictions: Vec::new(),
        };
        for id in solutions(&id, &parsed) {
            let predictions = public(report, &format!("predictions/{id}"))?;
            let bytes = home
                .store
                .read(predictions.digest, predictions::MAX_BYTES)?;
            let header = Predictions::parse(&bytes)
                .map_err(|error| Wrong(format!("the predictions of `{id}`: {error}")))?
                .header;
            adoption.solutions.push(Submission {
                document: public(report, &format!("solution/{id}"))?,
                model: Artifact {
                    digest: header.model,
                    size: home.store.size(header.model)?,
                },
                id,
            });
            adoption.predictions.push(predictions);
        }
        Ok(adoption)
    }
}

fn score_run(entry: &Entry) -> Result<&EngineReport, Wrong> {
    match &entry.statement.predicate {
        Predicate::EngineReport(report) if report.engine.name == modu_proof::SCORE.name => {
            Ok(report)
        }
        _ => Err(Wrong(format!(
            "entry {} is no run of {}: name that of the adoption (see `modu evidence log`)",
            entry.index,
            modu_proof::SCORE.name
        ))),
    }
}

/// The solution that the run adopted: the one asked for, or the only one.
fn adopted_id(
    home: &Home,
    entry: &Entry,
    report: &EngineReport,
    asked: Option<&str>,
) -> anyhow::Result<String> {
    let result = home.store.read(report.result.digest, MAX_RESULT_BYTES)?;
    let result: StoredResult = serde_json::from_slice(&result)
        .with_context(|| format!("the result of entry {} cannot be read", entry.index))?;
    let mut outputs = report.outputs.iter();
    let released = outputs.find(|output| output.name == "released.json");
    let released = released.context("the run has no released report")?.artifact;
    let released: ReleasedReport =
        serde_json::from_slice(&home.store.read(released.digest, MAX_RESULT_BYTES)?)
            .context("the released report cannot be read")?;
    let solutions = result.report.solutions.iter().zip(&released.solutions);
    let adopted: Vec<&str> = solutions
        .filter(|(section, told)| is_adopted(section, told))
        .map(|(section, _)| section.id.as_str())
        .collect();
    let list = match adopted.as_slice() {
        [] => "none".to_owned(),
        ids => ids.join(", "),
    };
    match (asked, adopted.as_slice()) {
        (None, [only]) => Ok((*only).to_owned()),
        (Some(asked), ids) if ids.contains(&asked) => Ok(asked.to_owned()),
        _ => Err(Wrong(format!(
            "name with --solution one that entry {} adopted: {list}",
            entry.index
        ))
        .into()),
    }
}

fn public(report: &EngineReport, name: &str) -> Result<Artifact, Wrong> {
    match report.input(name).map(|input| &input.content) {
        Some(InputContent::Artifact(artifact)) => Ok(*artifact),
        _ => Err(Wrong(format!(
            "the run that is named has no input `{name}`"
        ))),
    }
}

/// The rows of the adoption, under their name in a watch.
fn reference_data(home: &Home, report: &EngineReport) -> anyhow::Result<RunInput> {
    let name = "reference/dataset";
    let input = report.input("dataset");
    match input.context("the run has no data set")?.content {
        InputContent::Artifact(artifact) => Ok(RunInput::public(name, artifact)),
        InputContent::Commitment(commitment) => {
            let mut openings = home.openings()?.into_iter();
            let opening = openings.find(|opening| opening.opens(&commitment));
            let opening = opening.ok_or_else(|| {
                let text = "the rows of the adoption are named by a commitment only, and its opening is not in the home folder: restore it";
                Wrong(text.to_owned())
            })?;
            Ok(RunInput::private(name, opening))
        }
    }
}

fn watch(
    terminal: Terminal,
    home: &Home,
    command: &ProofWatch,
    adoption: &Adoption,
    again: &Demonstration,
    predictions: &[Done],
) -> anyhow::Result<Done> {
    let watched = adoption.solutions.first().context("a solution to watch")?;
    let opening = again.dataset.private.as_ref();
    let request = serde_json::to_value(WatchRequest {
        need: adoption.need.digest,
        solution: watched.id.clone(),
        adopted: Registration {
            log_index: adoption.entry.log_index.to_string(),
            entry: Digest::from_bytes(*adoption.entry.leaf_hash.as_bytes()),
        },
        tolerance: command.tolerance,
        false_alarm_rate: command.false_alarms,
        publish: match opening {
            Some(opening) => PublishData::Commitment(opening.commitment().digest()),
            None => PublishData::Digest,
        },
        time: None,
    })?;
    let mut inputs = vec![
        RunInput::public("need", adoption.need),
        again.dataset.clone(),
        adoption.dataset.clone(),
    ];
    inputs.extend(again.blind.clone());
    let scores = predictions.iter().zip(&adoption.predictions);
    for (solution, (now, then)) in adoption.solutions.iter().zip(scores) {
        let id = &solution.id;
        let output = now.outcome.output("predictions");
        let output = output.context("the predict engine gave no predictions")?;
        let now = Artifact::of(&output.bytes);
        inputs.push(RunInput::public(
            format!("solution/{id}"),
            solution.document,
        ));
        inputs.push(RunInput::public(format!("predictions/{id}"), now));
        inputs.push(RunInput::public(
            format!("reference/predictions/{id}"),
            *then,
        ));
    }
    let bar = terminal.progress(terminal.say("지켜보기", "watch"));
    perform(home, &modu_proof::WATCH, request, &inputs, None, &bar)
}

/// Signs and logs the runs and the answer.
fn record(
    home: &Home,
    adoption: &Adoption,
    report: &WatchReport,
    predictions: &[Done],
    done: &Done,
) -> anyhow::Result<Vec<EntryReference>> {
    let runs = predictions.iter().chain([done]);
    let mut statements: Vec<Statement> = runs
        .map(|done| Statement::engine_report(done.report.clone()))
        .collect();
    statements.extend(
        adoption
            .solutions
            .first()
            .map(|it| test_result(adoption, it, report, done)),
    );
    // The clock is read under the archive's lock, so that times only go on.
    let mut recorder = home.recorder()?;
    Ok(recorder.record_batch(&statements, Timestamp::now())?)
}

/// Which criteria still hold. Anything but "keep" is no pass.
fn test_result(
    adoption: &Adoption,
    solution: &Submission,
    report: &WatchReport,
    done: &Done,
) -> Statement {
    let of = |keep: bool| {
        let criteria = report.criteria.iter();
        criteria
            .filter(|criterion| (criterion.answer == WatchAnswer::Keep) == keep)
            .map(|criterion| criterion.id.clone())
            .collect()
    };
    let id = &solution.id;
    Statement {
        subject: vec![
            Subject::new(format!("{id}/model"), solution.model.digest),
            Subject::new(format!("{id}/solution.toml"), solution.document.digest),
        ],
        predicate: Predicate::TestResult(TestResult {
            result: match report.answer {
                WatchAnswer::Keep => TestOutcome::Passed,
                _ => TestOutcome::Failed,
            },
            configuration: vec![
                Subject::new("need.toml", adoption.need.digest),
                Subject::new("result", done.result.digest),
            ],
            passed_tests: of(true),
            warned_tests: Vec::new(),
            failed_tests: of(false),
        }),
    }
}
