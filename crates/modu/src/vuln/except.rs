//! `modu vuln except`: somebody answers for what is not fixed in time.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use jiff::civil::Date;
use modu_kernel::Language;
use modu_vuln::EXCEPT;
use modu_vuln::except::{ExceptReport, ExceptRequest, Given};
use modu_vuln::ledger::INPUT;

use super::decide::{Clock, add_page};
use super::due::listed;
use super::ledger::LedgerFolder;
use crate::command_line::Shared;
use crate::engine_run::{RunResults, Source, run_engine_on};
use crate::exit::Wrong;
use crate::terminal::{Answer, Terminal};

/// `modu vuln except`
#[derive(Debug, Args)]
pub(crate) struct VulnExcept {
    /// 항목 이름이나 그 앞 여덟 자리 이상 | Items by their names or first eight digits or more
    #[arg(value_name = "ITEM", required = true)]
    items: Vec<String>,
    /// 기한 장부 폴더 | The ledger's folder
    #[arg(long, value_name = "DIR")]
    ledger: PathBuf,
    /// 책임자 | Who answers for it
    #[arg(long, value_name = "NAME", required_unless_present = "take_back")]
    owner: Option<String>,
    /// 고치지 않는 까닭 | Why it is not fixed
    #[arg(long, value_name = "TEXT", required_unless_present = "take_back")]
    reason: Option<String>,
    /// 그동안 지켜 주는 보완 통제 | The compensating control that protects it meanwhile
    #[arg(long, value_name = "TEXT", required_unless_present = "take_back")]
    control: Option<String>,
    /// 예외의 마지막 날 | The exception's last day
    #[arg(long, value_name = "DATE", required_unless_present = "take_back")]
    until: Option<Date>,
    /// 예외를 거둡니다 | Take the exception back
    #[arg(long, conflicts_with_all = ["owner", "reason", "control", "until"])]
    take_back: bool,
    #[command(flatten)]
    clock: Clock,
    #[command(flatten)]
    results: RunResults,
}

/// Gives or takes back an exception and adds it to the ledger.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &VulnExcept,
) -> anyhow::Result<Answer> {
    let mut ledger = LedgerFolder::write(&command.ledger)?;
    let request = serde_json::to_value(ExceptRequest {
        at: command.clock.moment()?,
        items: command.items.clone(),
        exception: given(command)?,
    })?;
    let ran = {
        let inputs = [(INPUT, Source::Bytes(&ledger.text))];
        run_engine_on(
            terminal,
            shared,
            &EXCEPT,
            request,
            &inputs,
            &command.results,
        )?
    };
    add_page(&mut ledger, &ran)?;
    let report: ExceptReport = serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    terminal.document(&ran.document())?;
    let (sign, count) = (terminal.sign(Answer::Yes), report.items.len());
    terminal.line(match (terminal.language, command.take_back) {
        (Language::Ko, false) => format!("{sign} 항목 {count}개에 예외를 두었습니다."),
        (Language::En, false) => format!("{sign} Items that are excepted now: {count}."),
        (Language::Ko, true) => format!("{sign} 항목 {count}개의 예외를 거두었습니다."),
        (Language::En, true) => format!("{sign} Items that are excepted no more: {count}."),
    })?;
    listed(terminal, &report.items, count as u64)?;
    ran.close(terminal)?;
    Ok(Answer::Yes)
}

fn given(command: &VulnExcept) -> anyhow::Result<Option<Given>> {
    if command.take_back {
        return Ok(None);
    }
    let parts = (
        &command.owner,
        &command.reason,
        &command.control,
        command.until,
    );
    let (Some(owner), Some(reason), Some(control), Some(until)) = parts else {
        let text = "an exception has --owner, --reason, --control and --until";
        return Err(Wrong(text.to_owned()).into());
    };
    Ok(Some(Given {
        owner: owner.clone(),
        reason: reason.clone(),
        control: control.clone(),
        until,
    }))
}
