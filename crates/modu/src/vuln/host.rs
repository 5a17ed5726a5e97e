//! `modu vuln host`: a Linux host against the items U-01 to U-67.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use modu_kernel::{Language, canonical};
use modu_vuln::HOST;
use modu_vuln::host::snapshot::limits;
use modu_vuln::host::{Answer as ItemAnswer, HostReport, INPUT, ItemReport};
use modu_vuln_host::{HostError, Options, collect};

use crate::command_line::Shared;
use crate::engine_run::{RunResults, Source, run_engine_on};
use crate::evidence::write_file;
use crate::exit::Wrong;
use crate::terminal::{Answer, Terminal, table};

/// `modu vuln host`
#[derive(Debug, Args)]
pub(crate) struct VulnHost {
    /// 호스트의 파일이 있는 폴더(기본: 이 호스트) | A folder with a host's files (default: this host)
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// 그 호스트에서 받은 명령 출력의 폴더 | A folder of that host's outputs of commands, a file each
    #[arg(long, value_name = "DIR", requires = "root")]
    commands: Option<PathBuf>,
    /// 복사하며 잃은 소유자와 권한의 목록 | Owners and permissions that the copy lost: `find / -xdev -printf '%m %U %G %p\n'`
    #[arg(long, value_name = "FILE", requires = "root")]
    states: Option<PathBuf>,
    /// 그 폴더는 마운트한 디스크라 소유자와 권한이 호스트의 것임 | The folder is a mounted disk: owners and permissions are the host's own
    #[arg(long, requires = "root", conflicts_with = "states")]
    mounted: bool,
    /// 전에 남긴 스냅숏으로 판정 | Judge a snapshot that was kept
    #[arg(long, value_name = "FILE", conflicts_with_all = ["root", "keep"])]
    snapshot: Option<PathBuf>,
    /// 스냅숏을 남길 파일 | Keep the snapshot in this file
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,
    /// SARIF 2.1.0을 쓸 파일 | Write SARIF 2.1.0 to this file
    #[arg(long, value_name = "FILE")]
    sarif: Option<PathBuf>,
    /// 명령 하나의 제한 시간(초) | Seconds for each command
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// 파일 시스템을 훑는 제한 시간(초), 0이면 훑지 않음 | Seconds for the walk over the file systems; 0 leaves it out
    #[arg(long, value_name = "N", default_value_t = 600, value_parser = clap::value_parser!(u64).range(0..=86_400))]
    walk: u64,
    /// 양호와 해당 없음도 보임 | Show what is good or not applicable too
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    results: RunResults,
}

/// Looks, judges, shows. The answer is no where something is vulnerable.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &VulnHost,
) -> anyhow::Result<Answer> {
    let snapshot = snapshot(terminal, command)?;
    if let Some(path) = &command.keep {
        write_file(path, &snapshot)?;
    }
    let inputs = [(INPUT, Source::Bytes(&snapshot))];
    let request = serde_json::json!({});
    let ran = run_engine_on(terminal, shared, &HOST, request, &inputs, &command.results)?;
    let report: HostReport = serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    if let (Some(path), Some(sarif)) = (&command.sarif, ran.outcome.output("results.sarif")) {
        write_file(path, &sarif.bytes)?;
    }
    terminal.document(&ran.document())?;
    let answer = match report.counts.vulnerable {
        0 => Answer::Yes,
        _ => Answer::No,
    };
    headline(terminal, answer, &report)?;
    items(terminal, &report, command.all)?;
    ran.close(terminal)?;
    Ok(answer)
}

fn snapshot(terminal: Terminal, command: &VulnHost) -> anyhow::Result<Vec<u8>> {
    if let Some(path) = &command.snapshot {
        return crate::submitted::read(path, limits::SNAPSHOT_BYTES);
    }
    let bar = terminal.progress(HOST.name);
    let options = Options {
        root: command.root.clone(),
        commands: command.commands.clone(),
        states: command.states.clone(),
        mounted: command.mounted,
        command_time: Duration::from_secs(command.seconds),
        sweep_time: (command.walk > 0).then(|| Duration::from_secs(command.walk)),
        taken: Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    };
    let seen = collect(&options, &bar).map_err(|error| match error {
        HostError::Read { .. } | HostError::States { .. } => Wrong(error.to_string()),
    })?;
    bar.finish();
    Ok(canonical::to_vec(&seen)?)
}

fn headline(terminal: Terminal, answer: Answer, report: &HostReport) -> anyhow::Result<()> {
    let sign = terminal.sign(answer);
    let counts = report.counts;
    terminal.line(match terminal.language {
        Language::Ko => format!(
            "{sign} {} ({}): 항목 {}개 가운데 취약 {}개, 확인 필요 {}개, 양호 {}개, 해당 없음 {}개.",
            report.host,
            report.system,
            counts.items,
            counts.vulnerable,
            counts.needs_a_person,
            counts.good,
            counts.not_applicable
        ),
        Language::En => format!(
            "{sign} {} ({}): of {} items {} are vulnerable, {} need a person, {} are good, {} are not applicable.",
            report.host,
            report.system,
            counts.items,
            counts.vulnerable,
            counts.needs_a_person,
            counts.good,
            counts.not_applicable
        ),
    })?;
    Ok(())
}

fn items(terminal: Terminal, report: &HostReport, all: bool) -> anyhow::Result<()> {
    let say = |ko: &str, en: &str| terminal.say(ko, en).to_owned();
    let mut rows = vec![vec![
        say("번호", "no."),
        say("중요도", "importance"),
        say("결과", "answer"),
        say("항목", "item"),
        say("까닭", "why"),
    ]];
    let acts = |it: &&ItemReport| {
        all || matches!(it.answer, ItemAnswer::Vulnerable | ItemAnswer::NeedsAPerson)
    };
    for item in report.items.iter().filter(acts) {
        let reasons = item.wrong.iter().chain(&item.unsure).chain(&item.well);
        let count = reasons.clone().count();
        let first = reasons.into_iter().next();
        let mut why = first.map_or("", |it| it.get(terminal.language)).to_owned();
        if count > 1 {
            why.push_str(&format!(" (+{})", count - 1));
        }
        rows.push(vec![
            item.id.clone(),
            item.importance.label().get(terminal.language).to_owned(),
            item.answer.label().get(terminal.language).to_owned(),
            item.title.get(terminal.language).to_owned(),
            why,
        ]);
    }
    if rows.len() > 1 {
        terminal.line(format!("\n{}", table(&rows)))?;
    }
    Ok(())
}
