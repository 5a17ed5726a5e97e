//! What a project's demonstrations showed, solution beside solution: the gate's
//! verdicts by criterion, and the released estimates with the limits that were
//! judged, drawn on one scale for each criterion.
//!
//! What everybody sees is from the report that was released; the agency whose
//! data it is of sees the pictures of its own report besides.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::StatusCode;
use maud::{Markup, html};
use modu_evidence::archive::Archive;
use modu_evidence::statement::{EngineReport, Predicate};
use modu_kernel::Digest;
use modu_programme::ProjectId;
use modu_programme::project::{Project, Verdict};
use serde_json::Value;

use super::drawn::Drawn;
use super::picture::{self, Estimate, Scale};
use super::report::{list, number, text, words};
use super::{engine, local, page, project};
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;
use crate::visit::Visit;

/// Demonstrations of one project that can be chosen from.
const MAX_RUNS: usize = 20;
/// Entries before a verdict among which its run is looked for.
const NEAR: u64 = 1_000;
/// Entries that are read at once.
const STEP: u64 = 50;
/// Bytes of a released report.
const MAX_REPORT_BYTES: u64 = 16 << 20;
/// Lines of one criterion.
const MAX_PARTS: usize = 100;

/// A demonstration's run in the log.
pub(super) struct Run {
    pub(super) index: u64,
    report: EngineReport,
}

/// The demonstrations of a project, and which of them is looked at.
pub(super) struct Looked {
    project: Arc<Project>,
    runs: Vec<Run>,
    chosen: Option<usize>,
}

impl Looked {
    /// The one that the query names, else the newest.
    pub(super) fn at(asked: &Asked<'_>) -> Result<Self, ConsoleError> {
        let id: ProjectId = asked.number(0)?;
        let project = {
            let kept = asked.office.kept();
            kept.programme().projects().get(&id).cloned()
        };
        let project = project.ok_or(ConsoleError::NotFound)?;
        let archive = asked.office.archive()?;
        let runs = runs(&archive, &project)?;
        let wanted: Option<u64> = asked.query.get("run").parse().ok();
        let chosen = match wanted {
            Some(index) => runs.iter().position(|run| run.index == index),
            None => (!runs.is_empty()).then_some(0),
        };
        match wanted.is_some() && chosen.is_none() {
            true => Err(ConsoleError::NotFound),
            false => Ok(Self {
                project,
                runs,
                chosen,
            }),
        }
    }

    pub(super) fn chosen(&self) -> Option<&Run> {
        self.runs.get(self.chosen?)
    }
}

pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let looked = Looked::at(asked)?;
    let (project, runs, chosen) = (&looked.project, &looked.runs, looked.chosen());
    let id = project.id;
    let released = match chosen {
        Some(run) => released(asked, run)?,
        None => None,
    };
    let title = visit.say("솔루션 비교", "Solutions compared");
    let body = html! {
        p .hint { a href=(format!("/projects/{id}")) { (project.title.as_str()) } }
        h1 { (title) }
        @match (chosen, &released) {
            (Some(run), Some(report)) => {
                (comparison(visit, run, report))
                (pictures(asked, run))
                @let place = |kind: &str| format!("/projects/{id}/results.{kind}?run={}", run.index);
                p .hint { a href=(place("csv")) { (visit.say("표로 받기 (CSV)", "As a table (CSV)")) } " · " a href=(place("xlsx")) { "XLSX" } }
            },
            (Some(run), None) => p { (visit.say("공개 보고서가 여기에 없습니다: ", "The released report is not here: "))
                a href=(format!("/evidence/{}", run.index)) { (visit.say("증거 ", "evidence ")) (run.index) } },
            (None, _) => p { (visit.say("아직 실증한 것이 없습니다.", "Nothing has demonstrated yet.")) },
        }
        @if runs.len() > 1 { section {
            h2 { (visit.say("다른 실증", "Other demonstrations")) }
            ul .plain { @for run in runs { li {
                a href=(format!("/projects/{id}/results?run={}", run.index)) { (local::time(visit, run.report.finished)) }
            } } }
        } }
    };
    Ok(answer::page(StatusCode::OK, page(visit, title, &body)))
}

/// The runs that a project's verdicts rest on, newest first.
fn runs(archive: &Archive, project: &Project) -> Result<Vec<Run>, ConsoleError> {
    let proposals = project.proposals.values();
    let judged = proposals.flat_map(|proposal| &proposal.judged);
    let mut judged: Vec<_> = judged
        .map(|judged| (judged.evidence, judged.report))
        .collect();
    judged.sort_unstable_by(|a, b| b.cmp(a));
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (evidence, report) in judged {
        if found.len() < MAX_RUNS && seen.insert(report) {
            found.extend(run_before(archive, evidence, report)?);
        }
    }
    Ok(found)
}

/// The run with this result, at or before an entry of the log.
fn run_before(
    archive: &Archive,
    evidence: u64,
    result: Digest,
) -> Result<Option<Run>, ConsoleError> {
    let mut until = evidence.saturating_add(1).min(archive.size());
    let least = until.saturating_sub(NEAR);
    while until > least {
        let from = until.saturating_sub(STEP).max(least);
        let mut last = None;
        for entry in archive.entries(from..until) {
            let entry = entry?;
            let index = entry.index;
            if let Predicate::EngineReport(report) = entry.statement.predicate
                && report.result.digest == result
            {
                last = Some(Run { index, report });
            }
        }
        if last.is_some() {
            return Ok(last);
        }
        until = from;
    }
    Ok(None)
}

/// The released report, where the run has one that the visitor may see and
/// that is in the store.
pub(super) fn released(asked: &Asked<'_>, run: &Run) -> Result<Option<Value>, ConsoleError> {
    let name = "released.json";
    let mut outputs = run.report.outputs.iter();
    let output =
        outputs.find(|output| output.name == name && engine::may_open(asked, &run.report, name));
    let Some(output) = output else {
        return Ok(None);
    };
    let digest = output.artifact.digest;
    let bytes = asked.office.store().read(digest, MAX_REPORT_BYTES)?;
    Ok(serde_json::from_slice(&bytes).ok())
}

fn comparison(visit: &Visit, run: &Run, report: &Value) -> Markup {
    let need = report.get("need").unwrap_or(&Value::Null);
    let page_of_report = visit.say("released.ko.html", "released.en.html");
    let link = format!("/evidence/{}/released/{page_of_report}", run.index);
    html! {
        p .lead { (words(visit, need, "question")) }
        p .hint {
            (local::time(visit, run.report.finished)) " · "
            a href=(format!("/evidence/{}", run.index)) { (visit.say("증거 ", "evidence ")) (run.index) } " · "
            a href=(link) { (visit.say("공개 보고서 전체", "The whole released report")) } " · "
            (visit.say("행 약 ", "about ")) (rows_about(report)) (visit.say("개", " rows"))
        }
        (overview(visit, need, report))
        section {
            h2 { (visit.say("기준마다", "Criterion by criterion")) }
            p .hint { (visit.say(
                "굵은 표시가 추정값, 선이 판정한 한계까지, 점선이 기준입니다. 한계가 기준을 넘어야 충족입니다. 수는 신뢰구간이 받치는 자리까지만 공개합니다.",
                "The thick mark is the estimate, the line reaches to the limit that was judged, and the dashed line is the bound: the limit must clear it. Numbers are released to the digits that their intervals support.",
            )) }
            @for criterion in list(need, "criteria") { (by_criterion(visit, criterion, report)) }
        }
        (standings(visit, report))
        @let missing = list(report, "not_measured");
        @if !missing.is_empty() { section {
            h2 { (visit.say("재지 않은 것", "Not measured")) }
            ul { @for it in missing { li { (words(visit, it, "what")) ": " (words(visit, it, "reason")) } } }
        } }
    }
}

/// The pictures of the most detailed report that the visitor may see: the
/// owner's for the owner, else the released one.
fn pictures(asked: &Asked<'_>, run: &Run) -> Markup {
    let visit = &asked.visit;
    let own = visit.say("owner.ko.html", "owner.en.html");
    let names = [own, visit.say("released.ko.html", "released.en.html")];
    let mut names = names
        .into_iter()
        .filter(|name| engine::may_open(asked, &run.report, name));
    let found = names.find_map(|name| {
        let text = engine::report_of(asked, &run.report, name)?;
        (Drawn::read(&text).count() > 0).then_some((name, text))
    });
    let Some((name, text)) = found else {
        return html! {};
    };
    let place = format!("/evidence/{}/released/{name}", run.index);
    html! { section {
        h2 { (visit.say("보고서의 그림", "Pictures of the report")) }
        @if name == own { p .hint {
            (visit.say(
                "기관 자신의 보고서에서 나온 그림이며 이 기관만 봅니다. ",
                "From the agency's own report: only the agency sees them. ",
            ))
            a href=(place) { (visit.say("보고서 전체", "The whole report")) }
        } }
        (Drawn::read(&text).show(&place))
    } }
}

fn rows_about(report: &Value) -> String {
    let rows = report.get("rows_about").and_then(Value::as_u64);
    rows.map_or_else(|| "–".to_owned(), local::whole)
}

/// Every solution by every criterion, with what was decided.
fn overview(visit: &Visit, need: &Value, report: &Value) -> Markup {
    let criteria = list(need, "criteria");
    html! { section {
        h2 { (visit.say("판정", "Verdicts")) }
        div .wide tabindex="0" role="group" aria-label=(visit.say("판정 표", "Table of verdicts")) { table {
            thead { tr {
                th scope="col" { (visit.say("솔루션", "Solution")) }
                th scope="col" { (visit.say("결정", "Decision")) }
                @for criterion in criteria {
                    th scope="col" { (words(visit, criterion, "metric_name")) br; span .hint { (words(visit, criterion, "over_name")) } }
                }
            } }
            tbody { @for solution in list(report, "solutions") { tr {
                th scope="row" { (words(visit, solution, "name")) br; span .hint { (words(visit, solution, "supplier")) } }
                td { @if let Some(decided) = solution.get("decision") { (self::decision(visit, decided)) } }
                @for criterion in criteria {
                    td { @if let Some(found) = criterion_of(solution, text(criterion, "id")) { (verdict(visit, text(found, "verdict"))) } }
                }
            } } }
        } }
    } }
}

pub(super) fn decision(visit: &Visit, decision: &Value) -> Markup {
    project::verdict(visit, answer(decision))
}

/// What was decided.
pub(super) fn answer(decision: &Value) -> Verdict {
    match text(decision, "answer") {
        "adopt" => Verdict::Adopt,
        "refuse" => Verdict::Refuse,
        "not_separable" => Verdict::NotSeparable,
        _ => Verdict::NotEnoughData,
    }
}

/// The class of a verdict, its sign, and what it is called.
pub(super) fn told<'v>(visit: &Visit, verdict: &'v str) -> (&'static str, &'static str, &'v str) {
    let (kind, sign, ko, en) = match verdict {
        "met" => ("good", "✓", "충족", "met"),
        "not_met" => ("bad", "✗", "미달", "not met"),
        "not_separable" => ("open", "?", "가릴 수 없음", "not separable"),
        "not_enough_data" => ("open", "?", "데이터 부족", "not enough data"),
        "missing" => ("bad", "✗", "재지 못함", "not measured"),
        other => return ("open", "?", other),
    };
    (kind, sign, visit.language.pick(ko, en))
}

fn verdict(visit: &Visit, verdict: &str) -> Markup {
    let (kind, sign, words) = told(visit, verdict);
    html! { span .verdict .(kind) { span aria-hidden="true" { (sign) } " " (words) } }
}

pub(super) fn criterion_of<'v>(solution: &'v Value, id: &str) -> Option<&'v Value> {
    let mut found = list(solution, "criteria").iter();
    found.find(|criterion| text(criterion, "id") == id)
}

/// A part of a criterion, of one solution.
struct Line<'v> {
    solution: &'v str,
    part: &'v Value,
}

fn by_criterion(visit: &Visit, criterion: &Value, report: &Value) -> Markup {
    let id = text(criterion, "id");
    let lines: Vec<Line<'_>> = list(report, "solutions")
        .iter()
        .filter_map(|solution| Some((solution, criterion_of(solution, id)?)))
        .flat_map(|(solution, found)| {
            let solution = words(visit, solution, "name");
            list(found, "parts")
                .iter()
                .map(move |part| Line { solution, part })
        })
        .collect();
    // A margin asks for an improvement; else the measure itself is judged.
    let threshold = number(criterion, "threshold");
    let margin = number(criterion, "margin");
    let (bound, value, limit) = match (threshold, margin) {
        (None, Some(margin)) => (Some(margin), "improvement", "improvement_limit"),
        (threshold, _) => (threshold, "estimate", "limit"),
    };
    let numbers = lines.iter().flat_map(|line| {
        [number(line.part, value), number(line.part, limit)]
            .into_iter()
            .flatten()
    });
    let scale = Scale::around(numbers.chain(bound));
    let members = lines
        .iter()
        .any(|line| line.part.get("member").is_some_and(Value::is_string));
    html! { article .card {
        h3 { (words(visit, criterion, "sentence")) }
        @let why = words(visit, criterion, "why");
        @if !why.is_empty() { p .hint { (why) } }
        div .wide tabindex="0" role="group" aria-label=(words(visit, criterion, "metric_name")) { table .compared {
            thead { tr {
                th scope="col" { (visit.say("솔루션", "Solution")) }
                @if members { th scope="col" { (visit.say("집단", "Group")) } }
                th scope="col" { (visit.say("판정", "Verdict")) }
                th scope="col" .number { (visit.say("추정", "Estimate")) }
                th scope="col" .number { (visit.say("한계", "Limit")) }
                th scope="col" .drawn { (visit.say("기준에 견주어", "Against the bound")) }
            } }
            tbody { @for line in lines.iter().take(MAX_PARTS) {
                @let estimate = number(line.part, value);
                @let limit = number(line.part, limit);
                tr {
                    th scope="row" { (line.solution) }
                    @if members { td { (words(visit, line.part, "name")) } }
                    td { (verdict(visit, text(line.part, "verdict"))) }
                    td .number { (shown(line.part, estimate)) }
                    td .number { (shown(line.part, limit)) }
                    td .drawn { (drawn(visit, line, scale, (estimate, limit), bound)) }
                }
            } }
        } }
        @if lines.len() > MAX_PARTS { p .hint { (visit.say("나머지는 보고서에 있습니다.", "The rest stands in the report.")) } }
    } }
}

fn shown(part: &Value, number: Option<f64>) -> String {
    let digits = digits(part);
    number.map_or_else(|| "–".to_owned(), |number| local::decimal(number, digits))
}

/// To how many digits a part's numbers are told.
pub(super) fn digits(part: &Value) -> usize {
    let digits = part.get("digits").and_then(Value::as_u64).unwrap_or(4);
    usize::try_from(digits).unwrap_or(4).min(6)
}

/// The picture of one part; its reason where it has no number.
fn drawn(
    visit: &Visit,
    line: &Line<'_>,
    scale: Option<Scale>,
    (value, limit): (Option<f64>, Option<f64>),
    bound: Option<f64>,
) -> Markup {
    let (kind, _, words_of) = told(visit, text(line.part, "verdict"));
    match (scale, value) {
        (Some(scale), Some(value)) => {
            let label = format!(
                "{}: {}, {} {}, {} {}",
                line.solution,
                words_of,
                visit.say("추정", "estimate"),
                shown(line.part, Some(value)),
                visit.say("한계", "limit"),
                shown(line.part, limit),
            );
            let estimate = Estimate { value, limit, kind };
            picture::estimate(&label, scale, &estimate, bound)
        }
        _ => html! { span .hint { (words(visit, line.part, "reason")) } },
    }
}

/// Who cannot be told apart from the best, by metric.
fn standings(visit: &Visit, report: &Value) -> Markup {
    let standings = list(report, "standings");
    html! { @if !standings.is_empty() { section {
        h2 { (visit.say("누가 앞서는가", "Who is ahead")) }
        dl .facts { @for standing in standings {
            dt { (words(visit, standing, "name")) }
            dd { (words(visit, standing, "sentence")) }
        } }
    } } }
}
