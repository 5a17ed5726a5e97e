//! `modu vuln due`: what falls due.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use modu_kernel::Language;
use modu_vuln::DUE;
use modu_vuln::due::{Due, DueReport};
use modu_vuln::ledger::{INPUT, Standing};

use super::decide::{Clock, due_words};
use super::ledger::LedgerFolder;
use crate::command_line::Shared;
use crate::engine_run::{Ran, RunResults, Source, run_engine_on};
use crate::evidence::write_file;
use crate::terminal::{Answer, Terminal, table};

/// How many items are shown on a terminal.
const SHOWN: usize = 40;

/// `modu vuln due`
#[derive(Debug, Args)]
pub(crate) struct VulnDue {
    /// 기한 장부 폴더 | The ledger's folder
    #[arg(long, value_name = "DIR")]
    ledger: PathBuf,
    /// 이 날수 안에 기한이 오거나 지난 것만 | Only what is overdue or falls due within so many days
    #[arg(long, value_name = "DAYS")]
    within: Option<u16>,
    /// 구역별 그림에 쓸 자산 목록(CSV) | Assets (CSV), for the picture by zone
    #[arg(long, value_name = "FILE")]
    assets: Option<PathBuf>,
    /// 달력 파일(iCalendar)을 여기에 | Write a calendar (iCalendar) here
    #[arg(long, value_name = "FILE")]
    ics: Option<PathBuf>,
    /// 스프레드시트 파일(CSV)을 여기에 | Write a table for a spreadsheet (CSV) here
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    #[command(flatten)]
    clock: Clock,
    #[command(flatten)]
    results: RunResults,
}

/// Lists what is due. The answer is yes only where nothing is overdue.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &VulnDue,
) -> anyhow::Result<Answer> {
    let ledger = LedgerFolder::read(&command.ledger)?;
    let mut inputs = vec![(INPUT, Source::Bytes(&ledger.text))];
    inputs.extend(
        command
            .assets
            .as_ref()
            .map(|path| ("assets", Source::File(path))),
    );
    let request = serde_json::json!({
        "at": command.clock.moment()?,
        "within": command.within,
    });
    let ran = run_engine_on(terminal, shared, &DUE, request, &inputs, &command.results)?;
    for (name, path) in [("due.ics", &command.ics), ("due.csv", &command.csv)] {
        write_output(&ran, name, path.as_ref())?;
    }
    let report: DueReport = serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    terminal.document(&ran.document())?;
    let answer = match report.overdue {
        0 => Answer::Yes,
        _ => Answer::No,
    };
    headline(terminal, answer, &report)?;
    listed(terminal, &report.items, report.listed)?;
    ran.close(terminal)?;
    Ok(answer)
}

fn write_output(ran: &Ran, name: &str, path: Option<&PathBuf>) -> anyhow::Result<()> {
    match (path, ran.outcome.output(name)) {
        (Some(path), Some(output)) => write_file(path, &output.bytes),
        _ => Ok(()),
    }
}

fn headline(terminal: Terminal, answer: Answer, report: &DueReport) -> anyhow::Result<()> {
    let (sign, counts, fixed) = (terminal.sign(answer), report.counts, report.fixed);
    terminal.line(match terminal.language {
        Language::Ko => format!(
            "{sign} {}: 항목 {}개 = 열림 {} (기한 지남 {}) + 예외 {} + 조치됨 {} (기한 안 {}, 늦음 {}).",
            report.day, counts.items, counts.open, report.overdue, counts.excepted, counts.fixed,
            fixed.in_time, fixed.late
        ),
        Language::En => format!(
            "{sign} {}: {} items = {} open ({} overdue) + {} excepted + {} fixed ({} in time, {} late).",
            report.day, counts.items, counts.open, report.overdue, counts.excepted, counts.fixed,
            fixed.in_time, fixed.late
        ),
    })?;
    Ok(())
}

/// A table of items.
pub(super) fn listed(terminal: Terminal, items: &[Due], all: u64) -> anyhow::Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    let say = |ko: &str, en: &str| terminal.say(ko, en).to_owned();
    let mut rows = vec![vec![
        say("항목", "item"),
        say("기한", "due"),
        say("상태", "standing"),
        say("자산", "asset"),
        say("구성요소", "component"),
        say("취약점", "vulnerability"),
        say("결정", "outcome"),
    ]];
    for due in items.iter().take(SHOWN) {
        rows.push(vec![
            due.item.as_str().chars().take(12).collect(),
            due_words(terminal, due.due),
            standing(terminal, due),
            due.asset.clone(),
            format!("{} {}", due.component, due.versions.join(" ")),
            due.fault.clone(),
            due.outcome.clone(),
        ]);
    }
    terminal.line(format!("\n{}", table(&rows)))?;
    let more = all.saturating_sub(SHOWN as u64);
    if more > 0 {
        terminal.line(format!("  +{more} (--csv)"))?;
    }
    Ok(())
}

fn standing(terminal: Terminal, due: &Due) -> String {
    match (due.standing, due.excepted_until) {
        (Standing::Open, _) if due.days_over > 0 => match terminal.language {
            Language::Ko => format!("{}일 지남", due.days_over),
            Language::En => format!("{} days over", due.days_over),
        },
        (Standing::Open, _) => terminal.say("열림", "open").to_owned(),
        (Standing::Excepted, Some(until)) => {
            format!("{} ~{until}", terminal.say("예외", "excepted"))
        }
        (Standing::Excepted, None) => terminal.say("예외", "excepted").to_owned(),
        (Standing::Fixed, _) => terminal.say("조치됨", "fixed").to_owned(),
    }
}
