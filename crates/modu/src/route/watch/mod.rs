//! `modu route watch`: hijacks, leaks and losses of one's own prefixes.

mod live;
mod sources;

use std::path::Path;

use anyhow::Context as _;
use modu_kernel::Language;
use modu_route::WATCH;
use modu_route::watch::alert::{Alert, AlertState, Cause};
use modu_route::watch::{Moment, WatchAnswer, WatchReport, WatchRequest};

use super::command_line::RouteWatch;
use crate::command_line::Shared;
use crate::engine_run::{Ran, run_engine};
use crate::exit::Wrong;
use crate::terminal::{Answer, Terminal, table};

/// How many alerts are shown on a terminal.
const SHOWN: usize = 20;

/// Runs it over files and shows the alerts, or listens to routers.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &RouteWatch,
) -> anyhow::Result<Answer> {
    if let Some(address) = &command.bmp {
        return live::run(terminal, shared, command, address);
    }
    let until: Option<Moment> = (command.until.as_deref())
        .map(|text| text.parse().map_err(Wrong))
        .transpose()?;
    let ran = watch(terminal, shared, command, until)?;
    let report = report_of(&ran)?;
    terminal.document(&ran.document())?;
    let answer = match report.answer {
        WatchAnswer::Quiet => Answer::Yes,
        WatchAnswer::Alarmed => Answer::No,
    };
    headline(terminal, answer, &report)?;
    alerts(terminal, &report)?;
    ran.close(terminal)?;
    Ok(answer)
}

fn watch(
    terminal: Terminal,
    shared: &Shared,
    command: &RouteWatch,
    until: Option<Moment>,
) -> anyhow::Result<Ran> {
    let names: Vec<String> = (1..=command.updates.len())
        .map(|number| format!("updates/{number:06}"))
        .collect();
    let given = [
        ("config", Some(&command.config)),
        ("vrps", command.vrps.as_ref()),
        ("aspas", command.aspas.as_ref()),
        ("state", command.state.as_ref()),
        ("table", command.table.as_ref()),
    ];
    let mut files: Vec<(&str, &Path)> = (given.into_iter())
        .filter_map(|(name, path)| Some((name, path?.as_path())))
        .collect();
    let updates = command.updates.iter().map(|path| path.as_path());
    files.extend(names.iter().map(String::as_str).zip(updates));
    let request = serde_json::to_value(WatchRequest { until })?;
    run_engine(terminal, shared, &WATCH, request, &files, &command.results)
}

fn report_of(ran: &Ran) -> anyhow::Result<WatchReport> {
    serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")
}

fn headline(terminal: Terminal, answer: Answer, report: &WatchReport) -> anyhow::Result<()> {
    let sign = terminal.sign(answer);
    let (open, opened, closed) = (report.open, report.opened, report.closed);
    let heard = report.counts.announced + report.counts.withdrawn;
    let (peers, own) = (report.peers, report.own.len());
    terminal.line(match terminal.language {
        Language::Ko => format!(
            "{sign} 열린 경보 {open}개 (이번에 열림 {opened}, 닫힘 {closed}). 이웃 {peers}곳의 갱신 {heard}개, 내 프리픽스 {own}개."
        ),
        Language::En => format!(
            "{sign} {open} alerts are open ({opened} opened, {closed} closed now). {heard} updates of {peers} peers; {own} prefixes of your own."
        ),
    })?;
    let (origins, paths) = (report.origins, report.paths);
    terminal.line(match terminal.language {
        Language::Ko => format!(
            "  출발: 유효 {} 무효 {} 인가 없음 {} · 경로: 유효 {} 모름 {} 무효 {}",
            origins.valid, origins.invalid, origins.not_found, paths.valid, paths.unknown, paths.invalid
        ),
        Language::En => format!(
            "  origins: {} valid, {} invalid, {} not found · paths: {} valid, {} unknown, {} invalid",
            origins.valid, origins.invalid, origins.not_found, paths.valid, paths.unknown, paths.invalid
        ),
    })?;
    Ok(())
}

fn alerts(terminal: Terminal, report: &WatchReport) -> anyhow::Result<()> {
    if report.alerts.is_empty() {
        return Ok(());
    }
    let say = |ko: &str, en: &str| terminal.say(ko, en).to_owned();
    let mut rows = vec![vec![
        say("상태", "state"),
        say("무엇", "what"),
        say("프리픽스", "prefix"),
        say("이웃", "peers"),
        say("처음", "since"),
        say("알기까지", "latency"),
    ]];
    for alert in report.alerts.iter().take(SHOWN) {
        rows.push(row(terminal, alert));
    }
    terminal.line(format!("\n{}", table(&rows)))?;
    Ok(())
}

fn row(terminal: Terminal, alert: &Alert) -> Vec<String> {
    let state = match alert.state {
        AlertState::Open => terminal.say("열림", "open"),
        AlertState::Pending => terminal.say("지켜봄", "pending"),
        AlertState::Closed => terminal.say("닫힘", "closed"),
    };
    let more = alert.prefixes.len().saturating_sub(1);
    let first = alert.prefixes.first().cloned().unwrap_or_default();
    vec![
        state.to_owned(),
        what(terminal, &alert.cause),
        match more {
            0 => first,
            more => format!("{first} +{more}"),
        },
        format!("{}/{}", alert.peers, alert.peers_most),
        alert.since.to_string(),
        (alert.latency()).map_or("-".into(), |it| format!("{:.1} s", it as f64 / 1e6)),
    ]
}

/// A cause in words.
fn what(terminal: Terminal, cause: &Cause) -> String {
    let of = |origin: &Option<u32>| match origin {
        Some(origin) => format!("AS{origin}"),
        None => "AS_SET".to_owned(),
    };
    let say = |ko: &str, en: &str| terminal.say(ko, en).to_owned();
    match cause {
        Cause::OriginInvalid { origin } => {
            format!(
                "{} {}",
                say("하이재킹(RPKI 무효)", "hijack (RPKI invalid)"),
                of(origin)
            )
        }
        Cause::OriginNew { origin } => format!("{} {}", say("낯선 출발", "new origin"), of(origin)),
        Cause::MoreSpecific { origin } => {
            format!(
                "{} {}",
                say("더 좁은 프리픽스", "more-specific"),
                of(origin)
            )
        }
        Cause::OwnInvalid { origin } => {
            format!("{} AS{origin}", say("내 경로가 무효", "own route invalid"))
        }
        Cause::PathLeak { customer, next } => {
            format!("{} AS{customer} ↛ AS{next}", say("경로 유출", "leak"))
        }
        Cause::NeighbourNew { network, neighbour } => {
            format!(
                "{} AS{neighbour} → AS{network}",
                say("낯선 이웃", "new neighbour")
            )
        }
        Cause::VisibilityLost { .. } => say("보이지 않음", "not seen"),
    }
}
