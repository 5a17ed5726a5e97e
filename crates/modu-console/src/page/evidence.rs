//! Evidence: what it claims, who signed, that it stands in the log, and how to
//! verify it without this server.

use std::sync::Arc;

use axum::http::StatusCode;
use maud::{Markup, html};
use modu_evidence::archive::{Archive, Cosignatures, Entry};
use modu_evidence::statement::{EngineReport, Predicate, TestResult};
use modu_kernel::Language;
use modu_programme::access::may_read;

use super::drawn::Drawn;
use super::layout::label;
use super::{engine, local, page};
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;
use crate::visit::Visit;

/// Entries on one page.
const SHOWN: u64 = 100;
/// Bytes of a released report.
const MAX_REPORT_BYTES: u64 = 16 << 20;

pub(crate) fn list(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let archive = asked.office.archive()?;
    let size = archive.size();
    let until: u64 = asked.query.get("until").parse().unwrap_or(size).min(size);
    let from = until.saturating_sub(SHOWN);
    let entries: Vec<Entry> = archive.entries(from..until).collect::<Result<_, _>>()?;
    let title = visit.say("증거", "Evidence");
    let body = html! {
        h1 { (title) }
        p .lead {
            (visit.say(
                "서명하고 지울 수 없는 로그에 남긴 것들입니다. 내려받아 이 서버 없이 검증할 수 있습니다.",
                "What was signed and put into a log that cannot be rewritten unseen. Each can be downloaded and verified without this server.",
            ))
        }
        dl .facts {
            dt { (visit.say("로그", "Log")) } dd { code { (archive.checkpoint().origin) } }
            dt { (visit.say("항목 수", "Entries")) } dd { (size) }
            dt { (visit.say("루트 해시", "Root hash")) } dd { code { (archive.checkpoint().root) } }
        }
        p { a href="/trusted-root" { (visit.say("검증할 때 쓸 신뢰 뿌리 내려받기", "Download the trusted root to verify with")) } }
        div .wide tabindex="0" role="group" aria-label=(visit.say("표", "Table")) { table {
            thead { tr {
                th scope="col" .number { "#" }
                th scope="col" { (visit.say("무엇", "What")) }
                th scope="col" { (visit.say("때", "When")) }
            } }
            tbody { @for entry in entries.iter().rev() { tr {
                td .number { (entry.index) }
                td { a href=(format!("/evidence/{}", entry.index)) { (claim(visit, &entry.statement.predicate)) } }
                td { (local::time(visit, entry.integrated_time)) }
            } } }
        } }
        @if from > 0 { p { a href=(format!("/evidence?until={from}")) { (visit.say("더 앞으로", "Earlier")) } } }
    };
    Ok(answer::page(StatusCode::OK, page(visit, title, &body)))
}

/// What an entry claims, in a few words.
fn claim(visit: &Visit, predicate: &Predicate) -> String {
    match (predicate, visit.language) {
        (Predicate::Criteria(_), Language::Ko) => "실행 전에 정한 기준".to_owned(),
        (Predicate::Criteria(_), Language::En) => "Criteria, fixed before the runs".to_owned(),
        (Predicate::EngineReport(run), _) => {
            let name = label(visit, &engine::run_name(run));
            format!("{name} ({})", run.engine.name)
        }
        (Predicate::RecordedRun(run), Language::Ko) => {
            format!("{}의 기록: {}", run.by.organisation, run.name)
        }
        (Predicate::RecordedRun(run), Language::En) => {
            format!("Told by {}: {}", run.by.organisation, run.name)
        }
        (Predicate::Withdrawal(_), Language::Ko) => "앞 항목의 철회".to_owned(),
        (Predicate::Withdrawal(_), Language::En) => "A withdrawal".to_owned(),
        (Predicate::TestResult(_), Language::Ko) => "기준에 비춘 판정".to_owned(),
        (Predicate::TestResult(_), Language::En) => "A verdict by the criteria".to_owned(),
        (Predicate::SimpleVerificationResult(_), Language::Ko) => "도입 가능 확인".to_owned(),
        (Predicate::SimpleVerificationResult(_), Language::En) => {
            "Found fit for adoption".to_owned()
        }
        (other, _) => other.type_uri().to_owned(),
    }
}

fn entry(asked: &Asked<'_>) -> Result<(Arc<Archive>, Entry), ConsoleError> {
    let index = asked.number(0)?;
    let archive = asked.office.archive()?;
    if index >= archive.size() {
        return Err(ConsoleError::NotFound);
    }
    let entry = archive.get(index)?;
    Ok((archive, entry))
}

pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let (archive, entry) = entry(asked)?;
    let signer = archive.signer(&entry)?;
    // A proof that is given verifies: it is made from checked tiles.
    let size = archive.size();
    let proof = archive.log().inclusion_proof(entry.index, size)?;
    let included = proof
        .verify(&entry.leaf_hash, &archive.checkpoint().root)
        .is_ok();
    let cosigned = archive.cosigned()?.is_some();
    let title = claim(visit, &entry.statement.predicate);
    let body = html! {
        p .hint { (visit.say("증거 ", "Evidence ")) (entry.index) }
        h1 { (title) }
        section {
            h2 { (visit.say("무엇에 대한 것인가", "What it is about")) }
            ul { @for subject in &entry.statement.subject {
                li { (subject.name) " " code { (subject.digest) } }
            } }
        }
        @match &entry.statement.predicate {
            Predicate::EngineReport(run) => (run_part(asked, entry.index, run)),
            Predicate::TestResult(verdict) => (verdict_part(visit, &archive, entry.index, verdict)?),
            _ => {}
        }
        section {
            h2 { (visit.say("누가 서명했고 로그에 있는가", "Who signed, and whether it is in the log")) }
            dl .facts {
                dt { (visit.say("서명자", "Signed by")) } dd { code { (signer.identity()) } }
                dt { (visit.say("로그에 든 때", "Taken into the log")) } dd { (local::time(visit, entry.integrated_time)) }
                dt { (visit.say("잎 해시", "Leaf hash")) } dd { code { (entry.leaf_hash) } }
                dt { (visit.say("포함 증명", "Inclusion")) }
                dd {
                    @if included { span .verdict .good { "✓ " (visit.say("루트까지 맞습니다", "leads to the root")) } }
                    @else { span .verdict .bad { "✗ " (visit.say("맞지 않습니다", "does not hold")) } }
                    " (" (proof.hashes.len()) (visit.say("개 해시, ", " hashes, ")) (size) (visit.say("개 항목)", " entries)"))
                }
                dt { (visit.say("증인", "Witness")) }
                dd {
                    @if cosigned { (visit.say("다른 기관이 함께 서명했습니다", "Another organisation has cosigned the log")) }
                    @else { (visit.say("없음: 로그 주인은 로그를 다시 쓸 수 있습니다", "None: the log's owner could rewrite it")) }
                }
            }
        }
        section {
            h2 { (visit.say("스스로 검증하기", "Verify it yourself")) }
            ol {
                @if may_read(visit.role(), &entry.statement.predicate) {
                    li { a href=(format!("/evidence/{}/bundle", entry.index)) { (visit.say("증거 내려받기 (Sigstore 번들)", "Download the evidence (a Sigstore bundle)")) } }
                } @else {
                    li { (visit.say("이 실행의 증거는 전담기관과 감사가 내려받습니다.", "The evidence of this run is for the operator and the auditor to download.")) }
                }
                li { a href="/trusted-root" { (visit.say("신뢰 뿌리 내려받기", "Download the trusted root")) }
                    (visit.say(" — 되도록 다른 길로도 확인하십시오.", " — and check it by another way where you can.")) }
                li { code .block {
                    "modu evidence verify evidence-" (entry.index) ".json --trusted-root trusted_root.json --artifact FILE"
                } }
            }
        }
    };
    Ok(answer::page(StatusCode::OK, page(visit, &title, &body)))
}

/// What is said of a run: its engine, inputs and what was released of it.
fn run_part(asked: &Asked<'_>, index: u64, run: &EngineReport) -> Markup {
    let visit = &asked.visit;
    html! {
        section {
            h2 { (visit.say("실행", "The run")) }
            dl .facts {
                dt { (visit.say("엔진", "Engine")) } dd { (run.engine.name) " " (run.engine.version) }
                dt { (visit.say("끝난 때", "Finished")) } dd { (local::time(visit, run.finished)) }
                dt { (visit.say("결과", "Result")) } dd { code { (run.result.digest) } }
                @if let Some(criteria) = &run.criteria {
                    dt { (visit.say("기준", "Criteria")) }
                    dd { a href=(format!("/evidence/{}", criteria.log_index)) { (visit.say("증거 ", "entry ")) (criteria.log_index) }
                        (visit.say(" (실행보다 먼저)", " (before the run)")) }
                }
            }
            (engine::shown(asked, index, run))
        }
    }
}

/// Runs before a verdict among which the one that it rests on is looked for:
/// both are logged in one batch.
const NEAR: u64 = 1_000;

/// What a verdict says of each criterion, and the run that it rests on.
fn verdict_part(
    visit: &Visit,
    archive: &Archive,
    index: u64,
    verdict: &TestResult,
) -> Result<Markup, ConsoleError> {
    let mut run = None;
    for entry in archive.entries(index.saturating_sub(NEAR)..index) {
        let entry = entry?;
        if let Predicate::EngineReport(report) = &entry.statement.predicate {
            let result = report.result.digest;
            if verdict
                .configuration
                .iter()
                .any(|basis| basis.digest == result)
            {
                run = Some(entry.index);
            }
        }
    }
    let list = |kind, sign: &str, tests: &[String]| {
        html! { @for test in tests { li { span .verdict .(kind) { (sign) } " " (test) } } }
    };
    Ok(html! {
        section {
            h2 { (visit.say("기준마다", "Criterion by criterion")) }
            ul .plain {
                (list("good", visit.say("✓ 충족", "✓ met"), &verdict.passed_tests))
                (list("bad", visit.say("✗ 충족하지 못함", "✗ not met"), &verdict.failed_tests))
            }
            @if let Some(run) = run {
                p { a href=(format!("/evidence/{run}")) { (visit.say("이 판정이 딛고 선 실행과 공개 보고서", "The run that it rests on, with its released report")) } }
            }
        }
    })
}

pub(crate) fn bundle(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let (archive, entry) = entry(asked)?;
    if !may_read(asked.visit.role(), &entry.statement.predicate) {
        return Err(ConsoleError::NotFound);
    }
    let with = match archive.cosigned()? {
        Some(_) => Cosignatures::With,
        None => Cosignatures::Without,
    };
    let bytes = archive.export_as(entry.index, with)?;
    let name = format!("evidence-{}.json", entry.index);
    Ok(answer::download("application/json", &name, bytes))
}

pub(crate) fn released(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let (_, entry) = entry(asked)?;
    let name = asked.names.get(1).copied().unwrap_or_default();
    let Predicate::EngineReport(run) = &entry.statement.predicate else {
        return Err(ConsoleError::NotFound);
    };
    // Of a run's outputs, only what its engine opens leaves the owner.
    let output = run
        .outputs
        .iter()
        .find(|output| output.name == name && engine::may_open(asked, run, name));
    let output = output.ok_or(ConsoleError::NotFound)?;
    let digest = output.artifact.digest;
    let bytes = asked.office.store().read(digest, MAX_REPORT_BYTES)?;
    Ok(match name.rsplit('.').next() {
        Some("html") => answer::report(bytes),
        Some("svg") => answer::picture(bytes),
        Some("csv") => answer::download("text/csv; charset=utf-8", name, bytes),
        _ => answer::download("application/json", name, bytes),
    })
}

/// One picture of a report that the visitor may see.
pub(crate) fn picture(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let (_, entry) = entry(asked)?;
    let name = asked.names.get(1).copied().unwrap_or_default();
    let place: usize = asked.number(2)?;
    let Predicate::EngineReport(run) = &entry.statement.predicate else {
        return Err(ConsoleError::NotFound);
    };
    if !name.ends_with(".html") || !engine::may_open(asked, run, name) {
        return Err(ConsoleError::NotFound);
    }
    let report = engine::report_of(asked, run, name).ok_or(ConsoleError::NotFound)?;
    let file = Drawn::read(&report).file(place);
    Ok(answer::picture(
        file.ok_or(ConsoleError::NotFound)?.into_bytes(),
    ))
}

pub(crate) fn trusted_root(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let archive = asked.office.archive()?;
    let bytes = archive.trusted_root().to_json()?;
    Ok(answer::download(
        "application/json",
        "trusted_root.json",
        bytes,
    ))
}
