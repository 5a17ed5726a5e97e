//! `modu care alert ...`: the queue of alerts.
//!
//! The ledger is one file, a page a line, and only ever gets longer. It is
//! written anew beside itself and put in its place whole; a lock keeps two
//! writers apart.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use modu_care::alert::{Action, AlertReport, AlertRequest, Ending, PAGE_OUTPUT, Queued, input};
use modu_care::{ALERT, risk};
use modu_kernel::Language;

use crate::command_line::Shared;
use crate::engine_run::{RunResults, Source, run_engine_on};
use crate::exit::Wrong;
use crate::home::{read_limited, write_durably};
use crate::terminal::{Answer, Terminal};

/// `modu care alert ...`
#[derive(Debug, Subcommand)]
pub(crate) enum CareAlert {
    /// 위험을 규칙과 견주어 경보를 올립니다 | Hold risks against the rule and raise alerts
    Raise(Raise),
    /// 대기열을 보고, 때가 지난 것을 다음 단계로 넘깁니다 | Look at the queue, and send on what is over its time
    Look(Queue),
    /// 경보를 맡습니다 | Take an alert on
    Acknowledge(Acknowledge),
    /// 경보를 끝냅니다 | Close an alert
    Close(Close),
}

/// What every one of the commands needs.
#[derive(Debug, Args)]
pub(crate) struct Queue {
    /// 경보 장부(없으면 만듭니다) | The ledger of alerts; made where there is none
    #[arg(long, value_name = "FILE")]
    ledger: PathBuf,
    /// 누구에게 몇 분 안에(TOML) | To whom, within how many minutes (TOML)
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    /// 시각(기본: 지금) | The moment (default: now)
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    #[command(flatten)]
    results: RunResults,
}

/// `modu care alert raise`
#[derive(Debug, Args)]
pub(crate) struct Raise {
    /// 위험(한 줄에 JSON 하나) | Risks, a line of JSON each
    #[arg(value_name = "RISKS")]
    risks: PathBuf,
    /// 경보 규칙: `modu care alarm --out`의 rule.json | The rule: rule.json of `modu care alarm --out`
    #[arg(long, value_name = "FILE")]
    rule: PathBuf,
    #[command(flatten)]
    queue: Queue,
}

/// `modu care alert acknowledge`
#[derive(Debug, Args)]
pub(crate) struct Acknowledge {
    /// 경보의 이름이나 앞 여섯 자리 이상 | The alert's name, or its first six digits or more
    #[arg(value_name = "ALERT")]
    alert: String,
    /// 맡는 이의 직무(이름이 아님) | The duty of who takes it on, not a name
    #[arg(long, value_name = "DUTY")]
    by: String,
    #[command(flatten)]
    queue: Queue,
}

/// `modu care alert close`
#[derive(Debug, Args)]
pub(crate) struct Close {
    /// 경보의 이름이나 앞 여섯 자리 이상 | The alert's name, or its first six digits or more
    #[arg(value_name = "ALERT")]
    alert: String,
    /// 끝내는 이의 직무(이름이 아님) | The duty of who closes it, not a name
    #[arg(long, value_name = "DUTY")]
    by: String,
    /// 어떻게 끝났는가 | How it ended
    #[arg(long, value_enum, value_name = "HOW")]
    how: How,
    #[command(flatten)]
    queue: Queue,
}

/// How an alert ended, on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum How {
    /// 조치함 | Something was done
    Treated,
    /// 살펴봄, 조치할 것 없음 | Seen, nothing had to be done
    Observed,
    /// 잘못된 경보 | There was nothing to it
    FalseAlarm,
    /// 연락 안 됨 | Not reached
    NotReached,
}

impl From<How> for Ending {
    fn from(how: How) -> Self {
        match how {
            How::Treated => Self::Treated,
            How::Observed => Self::Observed,
            How::FalseAlarm => Self::FalseAlarm,
            How::NotReached => Self::NotReached,
        }
    }
}

/// Performs one of the commands. The answer is yes only where no alert waits.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &CareAlert,
) -> anyhow::Result<Answer> {
    let (queue, action, more) = match command {
        CareAlert::Raise(it) => (&it.queue, Action::Raise, Some((&it.rule, &it.risks))),
        CareAlert::Look(queue) => (queue, Action::Look, None),
        CareAlert::Acknowledge(it) => {
            let (alert, by) = (it.alert.clone(), it.by.clone());
            (&it.queue, Action::Acknowledge { alert, by }, None)
        }
        CareAlert::Close(it) => {
            let (alert, by, how) = (it.alert.clone(), it.by.clone(), it.how.into());
            (&it.queue, Action::Close { alert, by, how }, None)
        }
    };
    let _lock = lock(&queue.ledger)?;
    let mut ledger = match queue.ledger.exists() {
        true => read_limited(&queue.ledger, LEDGER_BYTES)?,
        false => Vec::new(),
    };
    let request = AlertRequest {
        at: queue.at.unwrap_or_else(Timestamp::now),
        action,
    };
    let ran = {
        let mut inputs = vec![
            (input::LEDGER, Source::Bytes(&ledger)),
            (input::POLICY, Source::File(&queue.policy)),
        ];
        if let Some((rule, risks)) = more {
            inputs.push((input::RULE, Source::File(rule)));
            inputs.push((risk::INPUT, Source::File(risks)));
        }
        let request = serde_json::to_value(request)?;
        run_engine_on(terminal, shared, &ALERT, request, &inputs, &queue.results)?
    };
    if let Some(page) = ran.outcome.output(PAGE_OUTPUT) {
        ledger.extend_from_slice(&page.bytes);
        ledger.push(b'\n');
        write_durably(&queue.ledger, &ledger, 0o600)?;
    }
    let report: AlertReport = serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    terminal.document(&ran.document())?;
    let answer = if report.counts.open == 0 {
        Answer::Yes
    } else {
        Answer::No
    };
    headline(terminal, answer, &report)?;
    for queued in &report.queue {
        listed(terminal, queued)?;
    }
    ran.close(terminal)?;
    Ok(answer)
}

/// Bytes of the largest ledger.
const LEDGER_BYTES: u64 = 1 << 30;

/// Keeps other writers off a ledger until it is dropped.
fn lock(ledger: &Path) -> anyhow::Result<File> {
    let name = ledger.file_name().unwrap_or_default().to_string_lossy();
    let path = ledger.with_file_name(format!(".{name}.lock"));
    let could_not = || format!("could not lock {}", path.display());
    let mut options = OpenOptions::new();
    let lock = options.write(true).create(true).truncate(false).open(&path);
    let lock = lock.with_context(could_not)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Wrong(format!(
            "another run writes to {}: try again when it is done",
            ledger.display()
        ))
        .into()),
        Err(TryLockError::Error(error)) => Err(error).with_context(could_not),
    }
}

fn headline(terminal: Terminal, answer: Answer, report: &AlertReport) -> anyhow::Result<()> {
    let (sign, counts) = (terminal.sign(answer), report.counts);
    terminal.line(match terminal.language {
        Language::Ko => format!(
            "{sign} 기다림 {} (넘어감 {}), 맡음 {}, 끝남 {}. 이번에 올림 {}, 넘김 {}, 되풀이라 올리지 않음 {}.",
            counts.open, counts.escalated, counts.acknowledged, counts.closed,
            counts.raised_now, counts.escalated_now, counts.held_back
        ),
        Language::En => format!(
            "{sign} {} waiting ({} escalated), {} taken on, {} closed. Now: {} raised, {} sent on, {} held back as repeats.",
            counts.open, counts.escalated, counts.acknowledged, counts.closed,
            counts.raised_now, counts.escalated_now, counts.held_back
        ),
    })?;
    Ok(())
}

fn listed(terminal: Terminal, queued: &Queued) -> anyhow::Result<()> {
    let language = terminal.language;
    let by = queued
        .answer_by
        .map_or(String::new(), |by| format!(" ≤ {by}"));
    terminal.line(format!(
        "\n  {} {} → {}{by}",
        queued.alert,
        queued.person,
        queued.with.get(language)
    ))?;
    for why in &queued.why {
        terminal.line(format!("    {}", why.get(language)))?;
    }
    Ok(())
}
