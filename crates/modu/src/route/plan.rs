//! `modu route plan`: the smallest safe set of ROAs.

use std::path::Path;

use anyhow::Context as _;
use modu_kernel::Language;
use modu_route::PLAN;
use modu_route::plan::{PlanReport, PlanRequest};

use super::command_line::RoutePlan;
use crate::command_line::Shared;
use crate::engine_run::run_engine;
use crate::exit::Wrong;
use crate::terminal::{Answer, Terminal};

/// Runs it and shows the plan. A plan for routes that are there, and that
/// cuts nobody off, is a yes.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &RoutePlan,
) -> anyhow::Result<Answer> {
    let origins = command
        .origins
        .iter()
        .map(|text| origin(text))
        .collect::<Result<Vec<_>, _>>()?;
    let request = serde_json::to_value(PlanRequest { origins })?;
    let mut files: Vec<(&str, &Path)> = vec![("routes", &command.routes)];
    files.extend(command.vrps.as_deref().map(|path| ("vrps", path)));
    let ran = run_engine(terminal, shared, &PLAN, request, &files, &command.results)?;
    let report: PlanReport = serde_json::from_value(ran.outcome.report.clone())
        .context("the engine's report is not what its type says")?;
    terminal.document(&ran.document())?;
    let answer = match report.announcements > 0 && report.waiting.is_empty() {
        true => Answer::Yes,
        false => Answer::No,
    };
    show(terminal, answer, &report)?;
    ran.close(terminal)?;
    Ok(answer)
}

fn origin(text: &str) -> Result<u32, Wrong> {
    let digits = text.strip_prefix("AS").or_else(|| text.strip_prefix("as"));
    digits
        .unwrap_or(text)
        .parse()
        .map_err(|_| Wrong(format!("`{text}` is no AS number: write it as AS64496")))
}

fn show(terminal: Terminal, answer: Answer, report: &PlanReport) -> anyhow::Result<()> {
    let (all, now, then) = (report.announcements, report.valid_now, report.valid_then);
    let sign = terminal.sign(answer);
    let (steps, present) = (report.steps.len(), report.present.len());
    terminal.line(match terminal.language {
        Language::Ko => format!(
            "{sign} 내 경로 {all}개: 지금 유효 {now}개, ROA {steps}개를 더하면 {then}개 (이미 있는 것 {present}개)."
        ),
        Language::En => format!(
            "{sign} {all} routes of your own: {now} valid now, {then} with {steps} more ROAs ({present} are there already)."
        ),
    })?;
    for step in &report.steps {
        terminal.line(format!("  A: {}", step.roa))?;
    }
    for waiting in &report.waiting {
        terminal.line(match terminal.language {
            Language::Ko => format!(
                "  … {} 는 기다려야 합니다: 남의 경로 {}개가 끊깁니다. 먼저:",
                waiting.roa, waiting.others
            ),
            Language::En => format!(
                "  … {} must wait: it would cut off {} routes of others. First:",
                waiting.roa, waiting.others
            ),
        })?;
        for first in waiting.publish_first.iter().take(5) {
            terminal.line(format!("      {first}"))?;
        }
    }
    for loose in &report.loose {
        terminal.line(match terminal.language {
            Language::Ko => format!("  ! {loose} 는 광고하지 않는 것까지 인가합니다."),
            Language::En => format!("  ! {loose} authorises more than is announced."),
        })?;
    }
    Ok(())
}
