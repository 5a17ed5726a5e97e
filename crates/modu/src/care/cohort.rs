//! `modu care cohort`: from a folder of records to an analysis table.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use modu_care::cohort::{CohortReport, CohortRequest, Export, LeftOut, Plan};
use modu_care::{COHORT, limits};
use modu_care_records::{Opened, key, open};
use modu_kernel::Digest;
use serde_json::json;

use crate::command_line::Shared;
use crate::engine_run::{RunResults, Source, run_engine_on};
use crate::exit::Wrong;
use crate::terminal::{Answer, Terminal, table};

/// `modu care cohort`
#[derive(Debug, Args)]
pub(crate) struct CareCohort {
    /// FHIR R4 기록: NDJSON 폴더나 번들 | FHIR R4 records: a folder of NDJSON, or a bundle
    #[arg(long, value_name = "FOLDER")]
    records: PathBuf,
    /// 코호트 정의 | The cohort's definition
    #[arg(long, value_name = "cohort.toml")]
    definition: PathBuf,
    /// 가명을 만드는 비밀 열쇠(`modu care key`) | The secret key of pseudonyms (`modu care key`)
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// 밖으로 보낼 표에서 남이 알 수 있는 변수, 여러 번 | A predictor that outsiders may know, for a table to send out; repeat for more
    #[arg(long = "quasi", value_name = "NAME", requires = "export_k")]
    quasi_identifiers: Vec<String>,
    /// 조합마다 있어야 할 사람 수: 채우면 export.csv를 만듭니다 | People that every combination must have; export.csv is made only then
    #[arg(long, value_name = "K")]
    export_k: Option<u64>,
    #[command(flatten)]
    results: RunResults,
}

/// Opens the records, runs the engine and shows what came out. The answer is
/// no where nobody is in the cohort, or an export was refused.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &CareCohort,
) -> anyhow::Result<Answer> {
    let definition = read_definition(&command.definition)?;
    let plan = Plan::parse(&definition)
        .map_err(|error| Wrong(format!("{}: {error}", command.definition.display())))?;
    let opened = opened(terminal, command, &plan, Digest::of(&definition))?;
    let records = opened.records.to_bytes()?;
    let request = serde_json::to_value(CohortRequest {
        export: command.export_k.map(|k| Export {
            quasi_identifiers: command.quasi_identifiers.clone(),
            k,
        }),
    })?;
    let inputs = [
        ("definition", Source::Bytes(&definition)),
        ("records", Source::Bytes(&records)),
    ];
    let ran = run_engine_on(
        terminal,
        shared,
        &COHORT,
        request,
        &inputs,
        &command.results,
    )?;
    let report: CohortReport = serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    let mut document = ran.document();
    document["opened"] = json!({
        "files": opened.files,
        "other_files": opened.other_files,
        "faults": opened.faults,
    });
    terminal.document(&document)?;
    let refused = report.export.as_ref().is_some_and(|export| !export.made);
    let answer = match report.rows.told() != Some(0) && !refused {
        true => Answer::Yes,
        false => Answer::No,
    };
    show(terminal, answer, &report, &opened)?;
    ran.close(terminal)?;
    Ok(answer)
}

fn read_definition(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| {
            file.take(limits::DOCUMENT_BYTES + 1)
                .read_to_end(&mut bytes)
        })
        .with_context(|| format!("could not read {}", path.display()))?;
    match bytes.len() as u64 > limits::DOCUMENT_BYTES {
        true => Err(Wrong(format!(
            "{}: it is larger than the limit of {} bytes",
            path.display(),
            limits::DOCUMENT_BYTES
        ))
        .into()),
        false => Ok(bytes),
    }
}

/// The key is read, used and dropped here: nothing behind this knows it.
fn opened(
    terminal: Terminal,
    command: &CareCohort,
    plan: &Plan,
    definition: Digest,
) -> anyhow::Result<Opened> {
    let key = key::read(&command.key)?;
    let bar = terminal.progress("care.records");
    let opened = open(&command.records, plan, definition, &key, &bar)?;
    bar.finish();
    Ok(opened)
}

fn show(
    terminal: Terminal,
    answer: Answer,
    report: &CohortReport,
    opened: &Opened,
) -> anyhow::Result<()> {
    let language = terminal.language;
    let rows = report.rows.text(language);
    let people = report.people_in.text(language);
    let sign = terminal.sign(answer);
    let read = report.records_read;
    let files = opened.files;
    terminal.line(language.pick(
        &format!("{sign} 파일 {files}개의 기록 {read}건에서 {people}명, {rows}행의 코호트."),
        &format!("{sign} A cohort of {people} people in {rows} rows, out of {read} records in {files} files."),
    ))?;
    let mut lines = vec![vec![
        terminal.say("단계", "stage").to_owned(),
        terminal.say("수", "number").to_owned(),
    ]];
    let mut line = |what: &str, count: String| lines.push(vec![what.to_owned(), count]);
    line(
        terminal.say("기록에 있는 사람", "people among the records"),
        report.people.text(language),
    );
    let left_out = |it: &LeftOut| {
        (
            format!("− {}", it.label.get(language)),
            it.count.text(language),
        )
    };
    for (what, count) in report.people_left_out.iter().map(left_out) {
        line(&what, count);
    }
    line(
        terminal.say("기준 사건", "index events"),
        report.index_events.text(language),
    );
    for (what, count) in report.index_events_left_out.iter().map(left_out) {
        line(&what, count);
    }
    line(terminal.say("코호트의 행", "rows of the cohort"), rows);
    for event in &report.events {
        let what = format!("· {}", event.label.get(language));
        line(&what, event.count.text(language));
    }
    terminal.line(format!("\n{}\n", table(&lines)))?;
    for fault in &opened.faults {
        terminal.line(format!("  ? {fault}"))?;
    }
    terminal.line(format!(
        "  {}: {}",
        terminal.say("코호트 지문", "cohort digest"),
        report.cohort
    ))?;
    Ok(())
}
