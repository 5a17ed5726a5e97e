//! `modu care page`: the patient's own page, and the clinician's.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use modu_care::page::{PageReport, address};
use modu_care::{PAGE, plan, risk};

use crate::command_line::Shared;
use crate::engine_run::{RunResults, run_engine};
use crate::exit::Wrong;
use crate::terminal::{Answer, Terminal};

/// `modu care page`
#[derive(Debug, Args)]
pub(crate) struct CarePage {
    /// 가명 | Whose pages, by pseudonym
    #[arg(value_name = "PERSON")]
    person: String,
    /// 위험(한 줄에 JSON 하나) | Risks, a line of JSON each
    #[arg(long, value_name = "FILE")]
    risks: PathBuf,
    /// 병원의 추적 계획(TOML) | The hospital's plan (TOML)
    #[arg(long, value_name = "FILE")]
    plan: PathBuf,
    /// 건네줄 안내문을 여기에(나만 읽는 파일) | Write the sheet to hand over here, readable by you alone
    #[arg(long, value_name = "FILE")]
    sheet: Option<PathBuf>,
    /// 안내문에 적을 이름이 든 파일; 증거에 남지 않습니다 | A file with the name to put on the sheet; it never becomes evidence
    #[arg(long, value_name = "FILE", requires = "sheet")]
    name_file: Option<PathBuf>,
    #[command(flatten)]
    results: RunResults,
}

/// The longest file with a name.
const NAME_BYTES: u64 = 1_024;

/// Makes the pages; a name is put on the sheet after the run, and not said.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &CarePage,
) -> anyhow::Result<Answer> {
    let files = [
        (plan::input::PLAN, command.plan.as_path()),
        (risk::INPUT, command.risks.as_path()),
    ];
    let request = serde_json::json!({ "person": command.person });
    let ran = run_engine(terminal, shared, &PAGE, request, &files, &command.results)?;
    let report: PageReport = serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    if let (Some(path), Some(page)) = (&command.sheet, ran.outcome.output("patient.html")) {
        let page = String::from_utf8_lossy(&page.bytes).into_owned();
        let sheet = match &command.name_file {
            None => page,
            Some(file) => {
                let name = crate::home::read_limited(file, NAME_BYTES)?;
                let name = String::from_utf8(name)
                    .map_err(|_| Wrong(format!("{}: it is not UTF-8", file.display())))?;
                address(&page, &name).map_err(|error| Wrong(error.to_string()))?
            }
        };
        crate::home::write_durably(path, sheet.as_bytes(), 0o600)?;
    }
    terminal.document(&ran.document())?;
    let words = report.frequency.words();
    terminal.line(format!(
        "{} {} · {}",
        terminal.sign(Answer::Yes),
        words.get(terminal.language),
        report.band.get(terminal.language)
    ))?;
    ran.close(terminal)?;
    Ok(Answer::Yes)
}
