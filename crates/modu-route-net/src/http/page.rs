//! The page for people: Korean, and English beside it. No script, nothing
//! loaded from elsewhere.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::fetching::name_of;
use super::status::{Status, rfc3339};
use crate::door::Visits;
use crate::publication::Edition;

const SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const STYLE: &str = "\
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #8886; }
td:last-child { font-variant-numeric: tabular-nums; }
small { opacity: .75; } .warn { border-left: .3rem solid #c60; padding-left: .8rem; }";

/// The whole page.
pub(super) fn page(
    status: &Status,
    edition: Option<&Edition>,
    routers: Option<Visits>,
    now: i64,
) -> String {
    let trouble = status.trouble(edition, now);
    html! {
        (DOCTYPE)
        html lang="ko" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(SECURITY_POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "모두 · 인터넷 경로 보안" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "인터넷 경로 보안 " small lang="en" { "Internet route security" } }
                @if let Some(trouble) = &trouble {
                    p class="warn" { "문제가 있습니다. " span lang="en" { "Trouble: " (trouble) } }
                } @else {
                    p { "라우터에 경로 인가 표를 전하고 있습니다. "
                        span lang="en" { "Routers are being told the table." } }
                }
                (broken_exceptions(status))
                (held_back(status))
                h2 { "지금의 표 " small lang="en" { "The table now" } }
                table { tbody {
                    @for (ko, en, value) in facts(status, edition, routers) {
                        tr { th scope="row" { (ko) " " small lang="en" { (en) } } td { (value) } }
                    }
                } }
                (failed_sources(status))
                p { @for link in ["json", "csv", "rpki-client.json", "status", "metrics", "health"] {
                    a href=(format_args!("/{link}")) { (link) } " "
                } }
            }
        }
    }
    .into_string()
}

fn held_back(status: &Status) -> Markup {
    html! {
        @if !status.held_back.is_empty() {
            h2 { "붙들어 둔 철회 " small lang="en" { "Withdrawals held back" } }
            @for held in &status.held_back {
                p class=[held.pending.then_some("warn")] {
                    code { (held.id) } " · " (held.anchor) " · VRP " (held.vrps) "개 · ASPA "
                    (held.aspas) "개 · "
                    (rfc3339(held.since)) br;
                    (held.why) br;
                    code { "modu route release " (held.id) } " / " code { "modu route reject " (held.id) }
                }
            }
        }
    }
}

fn broken_exceptions(status: &Status) -> Markup {
    let problem = status
        .exceptions
        .as_ref()
        .and_then(|it| it.problem.as_ref());
    html! {
        @if let Some(problem) = problem {
            p class="warn" {
                "로컬 예외(SLURM) 파일이 잘못되어 앞의 것을 그대로 씁니다. "
                span lang="en" { "A file of local exceptions is broken; the former one goes on: " (problem) }
            }
        }
    }
}

fn failed_sources(status: &Status) -> Markup {
    let sources = status
        .fetching
        .iter()
        .flat_map(|fetching| &fetching.sources);
    let failed: Vec<_> = sources.filter(|line| line.failure.is_some()).collect();
    html! {
        @if !failed.is_empty() {
            h2 { "받지 못한 서버 " small lang="en" { "Servers that failed" } }
            table { tbody {
                @for line in failed {
                    tr {
                        th scope="row" { (name_of(&line.source)) }
                        td {
                            @if let Some(failure) = &line.failure { (failure.to_string()) }
                            @if let Some(last) = line.last_success { br; "✓ " (rfc3339(last)) }
                        }
                    }
                }
            } }
        }
    }
}

fn facts(
    status: &Status,
    edition: Option<&Edition>,
    routers: Option<Visits>,
) -> Vec<(&'static str, &'static str, String)> {
    let mut facts = vec![("출처", "source", status.source.clone())];
    if let Some(edition) = edition {
        let table = &edition.table;
        facts.push(("VRP", "VRPs", table.rows().len().to_string()));
        facts.push(("ASPA", "ASPAs", table.aspas().len().to_string()));
        facts.push(("일련번호", "serial", edition.serial.to_string()));
        facts.push(("발행 시각", "published", rfc3339(edition.time)));
    }
    if let Some(run) = &status.last_run {
        let ended = run.failure.as_deref().unwrap_or("✓");
        let last = format!("{} {ended}", rfc3339(run.time));
        facts.push(("마지막 실행", "last run", last));
    }
    if let Some(good) = status.fetching.as_ref().and_then(|it| it.last_good) {
        facts.push(("마지막 정상 실행", "last good run", rfc3339(good)));
    }
    if let Some(visits) = routers {
        facts.push((
            "라우터 접속",
            "routers connected",
            visits.inside.to_string(),
        ));
    }
    facts.push(("프로그램", "software", status.software.clone()));
    facts
}
