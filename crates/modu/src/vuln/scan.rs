//! `modu vuln scan`: which components of a list are affected.

use anyhow::Context as _;
use modu_kernel::Language;
use modu_vuln::SCAN;
use modu_vuln::scan::{Answer as ScanAnswer, ScanReport, ScanRequest};

use super::command_line::VulnScan;
use super::list_file::is_whole;
use crate::command_line::Shared;
use crate::engine_run::run_engine;
use crate::terminal::{Answer, Terminal, table};

/// How many affected components are shown on a terminal.
const SHOWN: usize = 20;

/// Runs it and shows the outcome. The answer is yes only where nothing is
/// affected and everything could be decided.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &VulnScan,
) -> anyhow::Result<Answer> {
    is_whole(&command.inventory)?;
    let advisories = command.against.bundle()?;
    let files = [
        ("inventory", command.inventory.as_path()),
        ("advisories", advisories.as_path()),
    ];
    let at = command.against.time();
    let request = serde_json::to_value(ScanRequest { at })?;
    let ran = run_engine(terminal, shared, &SCAN, request, &files, &command.results)?;
    let report: ScanReport = serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    terminal.document(&ran.document())?;
    let answer = match report.answer {
        ScanAnswer::NotAffected => Answer::Yes,
        _ => Answer::No,
    };
    headline(terminal, answer, &report)?;
    undecided(terminal, &report)?;
    listed(terminal, &report)?;
    cleared(terminal, &report)?;
    ran.close(terminal)?;
    Ok(answer)
}

fn headline(terminal: Terminal, answer: Answer, report: &ScanReport) -> anyhow::Result<()> {
    let sign = terminal.sign(answer);
    let counts = report.counts;
    terminal.line(match terminal.language {
        Language::Ko => format!(
            "{sign} 구성요소 {}개: 영향 있음 {}개, 없음 {}개, 판단할 수 없음 {}개 (권고 {}개와 견줌).",
            counts.components, counts.affected, counts.not_affected, counts.undecidable, report.advisories
        ),
        Language::En => format!(
            "{sign} Of {} components {} are affected, {} are not, {} cannot be decided (held against {} advisories).",
            counts.components, counts.affected, counts.not_affected, counts.undecidable, report.advisories
        ),
    })?;
    Ok(())
}

fn undecided(terminal: Terminal, report: &ScanReport) -> anyhow::Result<()> {
    for (reason, count) in &report.undecided {
        terminal.line(format!(
            "  ? {count}: {}",
            reason.label().get(terminal.language)
        ))?;
    }
    Ok(())
}

/// The first advisories, and how many more there are.
fn few(advisories: &[String]) -> String {
    const FEW: usize = 4;
    let first = advisories.iter().take(FEW).map(String::as_str);
    let mut text = first.collect::<Vec<_>>().join(" ");
    if advisories.len() > FEW {
        text.push_str(&format!(" +{}", advisories.len() - FEW));
    }
    text
}

fn listed(terminal: Terminal, report: &ScanReport) -> anyhow::Result<()> {
    if report.listed.is_empty() {
        return Ok(());
    }
    let say = |ko: &str, en: &str| terminal.say(ko, en).to_owned();
    let mut rows = vec![vec![
        say("구성요소", "component"),
        say("버전", "version"),
        say("권고", "advisories"),
    ]];
    for component in report.listed.iter().take(SHOWN) {
        rows.push(vec![
            component.component.clone(),
            component.version.clone(),
            few(&component.advisories),
        ]);
    }
    terminal.line(format!("\n{}", table(&rows)))?;
    let more = report.counts.affected - rows.len().saturating_sub(1) as u64;
    if more > 0 {
        terminal.line(format!("  +{more} (findings.csv)"))?;
    }
    Ok(())
}

/// Who said that a finding does not matter: never silently.
fn cleared(terminal: Terminal, report: &ScanReport) -> anyhow::Result<()> {
    for one in report.listed_cleared.iter().take(SHOWN) {
        let says = terminal.say("영향 없다고 밝힘", "says it is not affected");
        terminal.line(format!(
            "  = {} {} {}: {} ({}) {says}: {}",
            one.component, one.version, one.advisory, one.author, one.statement, one.why
        ))?;
    }
    let more = report.cleared.saturating_sub(SHOWN as u64);
    if more > 0 {
        terminal.line(format!("  +{more} (statements.csv)"))?;
    }
    Ok(())
}
