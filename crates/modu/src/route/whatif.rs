//! `modu route whatif`: what a proposed change of ROAs or ASPAs would break.

use std::path::Path;

use anyhow::Context as _;
use modu_kernel::Language;
use modu_route::aspa::PathFault;
use modu_route::whatif::{
    Answer as WhatIfAnswer, Broken, Harm, PathImpact, WhatIfReport, WhatIfRequest,
};
use modu_route::{Invalid, WHATIF};

use super::command_line::RouteWhatif;
use crate::command_line::Shared;
use crate::engine_run::run_engine;
use crate::terminal::{Answer, Terminal, table};

/// How many broken routes are shown on a terminal.
const SHOWN: usize = 12;

/// Runs it and shows the outcome.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &RouteWhatif,
) -> anyhow::Result<Answer> {
    let request = serde_json::to_value(WhatIfRequest {
        allowed: command.allow,
    })?;
    let files: Vec<(&str, &Path)> = [
        ("vrps", command.vrps.as_deref()),
        ("proposal", command.proposed.as_deref()),
        ("aspas", command.aspas.as_deref()),
        ("aspa_proposal", command.proposed_aspas.as_deref()),
        ("routes", Some(command.routes.as_path())),
    ]
    .into_iter()
    .filter_map(|(name, path)| Some((name, path?)))
    .collect();
    let ran = run_engine(terminal, shared, &WHATIF, request, &files, &command.results)?;
    let report: WhatIfReport = serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    terminal.document(&ran.document())?;
    let answer = match report.answer {
        WhatIfAnswer::WithinAllowance => Answer::Yes,
        WhatIfAnswer::BreaksTooMuch => Answer::No,
    };
    headline(terminal, answer, &report)?;
    tallies(terminal, &report)?;
    broken(terminal, &report)?;
    exposures(terminal, &report)?;
    if let Some(impact) = &report.paths {
        paths(terminal, impact)?;
    }
    ran.close(terminal)?;
    Ok(answer)
}

fn headline(terminal: Terminal, answer: Answer, report: &WhatIfReport) -> anyhow::Result<()> {
    let (broken, all, allowed) = (report.broken, report.announcements, report.allowed);
    let sign = terminal.sign(answer);
    terminal.line(match terminal.language {
        Language::Ko => format!(
            "{sign} 이대로 바꾸면 경로 {all}개 가운데 {broken}개가 끊기거나 보호를 잃습니다 (허용 {allowed}개)."
        ),
        Language::En => format!(
            "{sign} The change would break or unprotect {broken} of {all} routes ({allowed} allowed)."
        ),
    })?;
    Ok(())
}

fn tallies(terminal: Terminal, report: &WhatIfReport) -> anyhow::Result<()> {
    let say = |ko: &str, en: &str| terminal.say(ko, en).to_owned();
    let row = |name: String, before: u64, after: u64| {
        let change = i128::from(after) - i128::from(before);
        vec![
            name,
            before.to_string(),
            after.to_string(),
            format!("{change:+}"),
        ]
    };
    terminal.line(table(&[
        vec![
            say("경로", "routes"),
            say("지금", "now"),
            say("바꾼 뒤", "then"),
            say("변화", "change"),
        ],
        row(
            say("유효", "valid"),
            report.before.valid,
            report.after.valid,
        ),
        row(
            say("무효", "invalid"),
            report.before.invalid,
            report.after.invalid,
        ),
        row(
            say("인가 없음", "not found"),
            report.before.not_found,
            report.after.not_found,
        ),
    ]))?;
    Ok(())
}

fn broken(terminal: Terminal, report: &WhatIfReport) -> anyhow::Result<()> {
    if report.broken_listed.is_empty() {
        return Ok(());
    }
    let say = |ko: &str, en: &str| terminal.say(ko, en).to_owned();
    let mut rows = vec![vec![
        say("끊기는 경로", "broken route"),
        say("출발 AS", "origin"),
        say("보는 이웃", "peers"),
        say("까닭", "why"),
    ]];
    for route in report.broken_listed.iter().take(SHOWN) {
        rows.push(vec![
            route.prefix.clone(),
            route
                .origin
                .map_or("AS_SET".into(), |origin| format!("AS{origin}")),
            route.peers.to_string(),
            why(terminal, route).to_owned(),
        ]);
    }
    terminal.line(format!("\n{}", table(&rows)))?;
    let all: u64 = (report.origins.iter())
        .map(|it| it.turn_invalid + it.lose_last_valid)
        .sum();
    let more = all.saturating_sub(rows.len().saturating_sub(1) as u64);
    if more > 0 {
        terminal.line(format!("  +{more} (changed.csv)"))?;
    }
    Ok(())
}

fn why(terminal: Terminal, route: &Broken) -> &'static str {
    let (ko, en) = match route.harm {
        Harm::TurnsInvalid {
            why: Invalid::TooSpecific,
        } => ("maxLength보다 긴 프리픽스", "longer than the maxLength"),
        Harm::TurnsInvalid {
            why: Invalid::WrongOrigin,
        } => ("인가되지 않은 AS", "its network is not authorised"),
        Harm::LosesLastValid => ("마지막 유효 ROA를 잃음", "loses its last valid ROA"),
    };
    match terminal.language {
        Language::Ko => ko,
        Language::En => en,
    }
}

fn exposures(terminal: Terminal, report: &WhatIfReport) -> anyhow::Result<()> {
    for exposure in report.exposures.iter().take(SHOWN) {
        terminal.line(match terminal.language {
            Language::Ko => format!(
                "  ! {}: 광고하지 않는 하위 프리픽스 {}개를 열어 둡니다. 예: {}",
                exposure.vrp, exposure.open, exposure.example
            ),
            Language::En => format!(
                "  ! {} leaves {} prefixes open that are not announced, such as {}",
                exposure.vrp, exposure.open, exposure.example
            ),
        })?;
    }
    Ok(())
}

fn paths(terminal: Terminal, impact: &PathImpact) -> anyhow::Result<()> {
    let (turned, routes) = (impact.paths_turn_invalid, impact.routes_turn_invalid);
    let (hit, cut) = (impact.announcements_hit, impact.announcements_cut);
    terminal.line(match terminal.language {
        Language::Ko => format!(
            "\n  ASPA: 서로 다른 AS 경로 {}개 가운데 {turned}개가 무효가 됩니다. 광고 {hit}개가 지나는 {routes}번이며, 그 가운데 {cut}개는 다른 길이 없습니다.",
            impact.paths
        ),
        Language::En => format!(
            "\n  ASPA: {turned} of {} different AS paths turn invalid: {routes} routes of {hit} announcements, {cut} of which have no other way.",
            impact.paths
        ),
    })?;
    for broken in impact.listed.iter().take(SHOWN) {
        let why = match broken.why {
            PathFault::Hop { customer, next } => format!("AS{customer} ↛ AS{next}"),
            PathFault::Flaw { .. } => "AS_SET".to_owned(),
        };
        terminal.line(format!(
            "  ! {}  ({why}) ×{}",
            broken.path, broken.announcements
        ))?;
    }
    let whose = impact.origins.iter().take(SHOWN).map(|it| match it.origin {
        Some(origin) => format!("AS{origin} ({}/{})", it.cut, it.hit),
        None => "AS_SET".to_owned(),
    });
    let whose: Vec<String> = whose.collect();
    if !whose.is_empty() {
        let say = terminal.say("끊기는 것/닿는 것, 출발 AS별", "cut off/touched, by origin");
        terminal.line(format!("  {say}: {}", whose.join(", ")))?;
    }
    Ok(())
}
