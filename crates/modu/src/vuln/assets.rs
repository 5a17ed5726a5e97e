//! `modu vuln assets`: which assets of a plant are affected.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use modu_kernel::Language;
use modu_vuln::ASSETS;
use modu_vuln::assets::{Answer as AssetsAnswer, AssetsReport, AssetsRequest, ListedAdvisory};

use super::held_against::HeldAgainst;
use crate::command_line::Shared;
use crate::engine_run::{RunResults, run_engine};
use crate::terminal::{Answer, Terminal, table};

/// How many assets of a kind are shown on a terminal.
const SHOWN: usize = 20;

/// `modu vuln assets`
#[derive(Debug, Args)]
pub(crate) struct VulnAssets {
    /// 자산 목록 CSV: asset,vendor,product,model,firmware,site,zone,exposure,criticality | The plant's list as CSV, with these columns
    #[arg(value_name = "ASSETS")]
    pub(crate) assets: PathBuf,
    #[command(flatten)]
    pub(crate) against: HeldAgainst,
    #[command(flatten)]
    pub(crate) results: RunResults,
}

/// Runs it and shows the outcome. The answer is yes only where nothing is
/// affected and everything could be decided.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &VulnAssets,
) -> anyhow::Result<Answer> {
    let advisories = command.against.bundle()?;
    let files = [
        ("assets", command.assets.as_path()),
        ("advisories", advisories.as_path()),
    ];
    let at = command.against.time();
    let request = serde_json::to_value(AssetsRequest { at })?;
    let ran = run_engine(terminal, shared, &ASSETS, request, &files, &command.results)?;
    let report: AssetsReport = serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    terminal.document(&ran.document())?;
    let answer = match report.answer {
        AssetsAnswer::NotAffected => Answer::Yes,
        _ => Answer::No,
    };
    headline(terminal, answer, &report)?;
    reasons(terminal, &report)?;
    affected(terminal, &report)?;
    undecided(terminal, &report)?;
    statements(terminal, &report)?;
    ran.close(terminal)?;
    Ok(answer)
}

fn headline(terminal: Terminal, answer: Answer, report: &AssetsReport) -> anyhow::Result<()> {
    let sign = terminal.sign(answer);
    let counts = report.counts;
    terminal.line(match terminal.language {
        Language::Ko => format!(
            "{sign} 자산 {}개: 영향 있음 {}개, 없음 {}개, 판단할 수 없음 {}개 (CSAF 권고 {}개와 견줌).",
            counts.assets, counts.affected, counts.not_affected, counts.undecidable, report.advisories
        ),
        Language::En => format!(
            "{sign} Of {} assets {} are affected, {} are not, {} cannot be decided (held against {} CSAF advisories).",
            counts.assets, counts.affected, counts.not_affected, counts.undecidable, report.advisories
        ),
    })?;
    Ok(())
}

fn reasons(terminal: Terminal, report: &AssetsReport) -> anyhow::Result<()> {
    for (reason, count) in &report.cleared {
        let words = reason.label().get(terminal.language).to_owned();
        terminal.line(format!("  - {count}: {words}"))?;
    }
    for (reason, count) in &report.undecided {
        let words = reason.label().get(terminal.language).to_owned();
        terminal.line(format!("  ? {count}: {words}"))?;
    }
    Ok(())
}

fn affected(terminal: Terminal, report: &AssetsReport) -> anyhow::Result<()> {
    let say = |ko: &str, en: &str| terminal.say(ko, en).to_owned();
    let mut rows = vec![vec![
        say("자산", "asset"),
        say("제품", "product"),
        say("버전", "version"),
        say("권고", "advisory"),
        say("조치", "remedy"),
    ]];
    for asset in report.listed.iter().take(SHOWN) {
        for (place, advisory) in asset.advisories.iter().enumerate() {
            let first = |text: &str| {
                if place == 0 {
                    text.to_owned()
                } else {
                    String::new()
                }
            };
            rows.push(vec![
                first(&asset.asset),
                first(&asset.component),
                first(&asset.version),
                advisory.id.clone(),
                remedy(terminal, advisory),
            ]);
        }
    }
    if rows.len() > 1 {
        terminal.line(format!("\n{}", table(&rows)))?;
    }
    more(terminal, report.counts.affected, "findings.csv")
}

/// What the advisory offers, and where it is read.
fn remedy(terminal: Terminal, advisory: &ListedAdvisory) -> String {
    let kind = advisory.remedy.map(|kind| kind.label());
    let kind = kind.map_or_else(String::new, |label| label.get(terminal.language).to_owned());
    let url = advisory.url.as_deref().unwrap_or_default();
    format!("{kind} {url}").trim().to_owned()
}

fn undecided(terminal: Terminal, report: &AssetsReport) -> anyhow::Result<()> {
    let say = |ko: &str, en: &str| terminal.say(ko, en).to_owned();
    let mut rows = vec![vec![
        say("판단할 수 없는 자산", "undecidable asset"),
        say("제품", "product"),
        say("까닭", "why"),
        say("가장 비슷한 이름", "nearest names"),
    ]];
    for asset in report.listed_undecided.iter().take(SHOWN) {
        rows.push(vec![
            asset.asset.clone(),
            asset.component.clone(),
            asset.why.label().get(terminal.language).to_owned(),
            asset.candidates.join("; "),
        ]);
    }
    if rows.len() > 1 {
        terminal.line(format!("\n{}", table(&rows)))?;
    }
    more(terminal, report.counts.undecidable, "assets.csv")
}

fn more(terminal: Terminal, count: u64, file: &str) -> anyhow::Result<()> {
    let more = count.saturating_sub(SHOWN as u64);
    if more > 0 {
        terminal.line(format!("  +{more} ({file})"))?;
    }
    Ok(())
}

/// Who said that an asset is without a fault: never silently.
fn statements(terminal: Terminal, report: &AssetsReport) -> anyhow::Result<()> {
    for [asset, fault, advisory, publisher, why] in report.statements.iter().take(SHOWN) {
        let says = terminal.say("영향 없다고 밝힘", "says it is not affected");
        let why = if why.is_empty() {
            terminal.say("까닭 없음", "no reason given")
        } else {
            why
        };
        terminal.line(format!(
            "  = {asset} {fault}: {publisher} ({advisory}) {says}: {why}"
        ))?;
    }
    more(terminal, report.statements.len() as u64, "assets.csv")
}
