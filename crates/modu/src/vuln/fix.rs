//! `modu vuln fix`: what two scans show to be fixed.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use modu_kernel::Language;
use modu_vuln::FIX;
use modu_vuln::fix::{FixReport, FixRequest, Listing};
use modu_vuln::ledger::INPUT;

use super::decide::{Clock, add_page};
use super::ledger::LedgerFolder;
use super::list_file::is_whole;
use crate::command_line::Shared;
use crate::engine_run::{RunResults, Source, run_engine_on};
use crate::terminal::{Answer, Terminal, table};

/// `modu vuln fix`
#[derive(Debug, Args)]
pub(crate) struct VulnFix {
    /// 기한 장부 폴더 | The ledger's folder
    #[arg(long, value_name = "DIR")]
    ledger: PathBuf,
    /// 고치기 전의 구성요소 목록이나 자산 목록 | The list of components, or of assets, before
    #[arg(long, value_name = "FILE")]
    before: PathBuf,
    /// 고친 뒤의 목록 | The list after
    #[arg(long, value_name = "FILE")]
    after: PathBuf,
    /// 둘 다 견줄 권고 묶음 | The bundle that both are held against
    #[arg(long, value_name = "FILE")]
    advisories: PathBuf,
    /// 두 목록이 설비 자산 목록(CSV)입니다 | Both lists are of a plant's assets (CSV)
    #[arg(long, conflicts_with = "asset")]
    plant: bool,
    /// 목록에 적힌 것 대신 쓸 자산 이름 | The asset, in place of what the lists say
    #[arg(long, value_name = "NAME")]
    asset: Option<String>,
    /// 이 항목만(이름이나 앞 여덟 자리 이상) | Only these items (names or first eight digits or more)
    #[arg(long = "item", value_name = "ITEM")]
    items: Vec<String>,
    #[command(flatten)]
    clock: Clock,
    #[command(flatten)]
    results: RunResults,
}

/// Runs both scans and adds what they show to the ledger. The answer is yes
/// only where all that is meant is shown to be fixed.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &VulnFix,
) -> anyhow::Result<Answer> {
    is_whole(&command.before)?;
    is_whole(&command.after)?;
    let mut ledger = LedgerFolder::write(&command.ledger)?;
    let request = serde_json::to_value(FixRequest {
        at: command.clock.moment()?,
        of: match command.plant {
            true => Listing::Assets,
            false => Listing::Components,
        },
        asset: command.asset.clone(),
        items: command.items.clone(),
    })?;
    let ran = {
        let inputs = [
            (INPUT, Source::Bytes(&ledger.text)),
            ("before", Source::File(&command.before)),
            ("after", Source::File(&command.after)),
            ("advisories", Source::File(&command.advisories)),
        ];
        run_engine_on(terminal, shared, &FIX, request, &inputs, &command.results)?
    };
    add_page(&mut ledger, &ran)?;
    let report: FixReport = serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    terminal.document(&ran.document())?;
    let answer = match report.open.is_empty() && !report.fixed.is_empty() {
        true => Answer::Yes,
        false => Answer::No,
    };
    let (sign, fixed, open) = (terminal.sign(answer), report.fixed.len(), report.open.len());
    terminal.line(match terminal.language {
        Language::Ko => {
            format!("{sign} 조치가 증명된 항목 {fixed}개, 증명되지 않은 항목 {open}개.")
        }
        Language::En => format!("{sign} {fixed} items are shown to be fixed, {open} are not."),
    })?;
    listed(terminal, &report)?;
    ran.close(terminal)?;
    Ok(answer)
}

fn listed(terminal: Terminal, report: &FixReport) -> anyhow::Result<()> {
    let done = terminal.say("조치됨", "fixed").to_owned();
    let fixed = report.fixed.iter().map(|due| (due, done.clone()));
    let open =
        (report.open.iter()).map(|(due, why)| (due, why.label().get(terminal.language).to_owned()));
    let rows = fixed.chain(open).map(|(due, answer)| {
        let item = due.item.as_str().chars().take(12).collect();
        vec![item, due.component.clone(), due.fault.clone(), answer]
    });
    let heading = match terminal.language {
        Language::Ko => ["항목", "구성요소", "취약점", "답"],
        Language::En => ["item", "component", "vulnerability", "answer"],
    };
    let rows: Vec<Vec<String>> = std::iter::once(heading.map(str::to_owned).to_vec())
        .chain(rows)
        .collect();
    if rows.len() > 1 {
        terminal.line(format!("\n{}", table(&rows)))?;
    }
    Ok(())
}
