//! The front page: what is needed, what was proven, what was adopted.

use axum::http::StatusCode;
use maud::{Markup, html};
use modu_programme::Programme;
use modu_programme::project::{Phase, Project};

use super::layout::label;
use super::{local, page};
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;
use crate::visit::Visit;

/// Lines of what is needed and what was proven.
const LISTED: usize = 10;
/// Projects on the front page; newest first.
const SHOWN: usize = 100;

pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let kept = asked.office.kept();
    let programme = kept.programme();
    let projects: Vec<_> = programme.projects().values().rev().take(SHOWN).collect();
    let tally = programme.tally();
    let title = visit.say(
        "공공 AI의 수요, 실증, 도입",
        "Public AI: needed, proven, in use",
    );
    let body = html! {
        h1 { (title) }
        p .lead {
            (visit.say(
                "기관이 수요와 기준을 먼저 밝히고, 기업이 제안하며, 기관의 데이터로 실증한 것만 도입합니다. 기준은 실행보다 먼저 기록됩니다.",
                "Agencies say what they need and by which criteria, companies propose, and only what was demonstrated on the agency's own data is adopted. Criteria are on record before any run.",
            ))
        }
        dl .counts {
            (count(visit.say("사업", "Projects"), programme.projects().len()))
            (count(visit.say("공모 중", "Calls open"), tally.in_phase(Phase::Call)))
            (count(visit.say("실증 판정", "Demonstrations judged"), tally.judged))
            (count(visit.say("기준을 넘음", "Passed the gate"), tally.proven))
            (count(visit.say("도입", "In use"), tally.adopted))
        }
        (needed(visit, programme))
        (proven_and_adopted(visit, programme))
        h2 { (visit.say("사업", "Projects")) }
        @if !projects.is_empty() { p .hint { a href="/projects.csv" { (visit.say("표로 받기 (CSV)", "As a table (CSV)")) } " · " a href="/projects.xlsx" { "XLSX" } } }
        @if projects.is_empty() {
            p { (visit.say("아직 사업이 없습니다.", "There are no projects yet.")) }
        } @else {
            ul .cards {
                @for project in projects {
                    li { (card(asked, programme, project)) }
                }
            }
        }
    };
    Ok(answer::page(StatusCode::OK, page(visit, title, &body)))
}

/// Needs to which proposals may come, the soonest to end first.
fn needed(visit: &Visit, programme: &Programme) -> Markup {
    let open = programme.tally().open().take(LISTED);
    let open: Vec<_> = open
        .filter_map(|project| programme.projects().get(&project))
        .collect();
    html! { @if !open.is_empty() { section {
        h2 { (visit.say("지금 필요한 것", "Needed now")) }
        ul { @for project in &open { li {
            a href=(format!("/projects/{}", project.id)) { (project.title.as_str()) } " "
            @match project.closes {
                Some(closes) => { (visit.say("공모 마감 ", "call ends ")) (local::time(visit, closes)) }
                None => (label(visit, &project.phase.label())),
            }
        } } }
    } } }
}

/// What the gate last let through, the newest first, and who uses it.
fn proven_and_adopted(visit: &Visit, programme: &Programme) -> Markup {
    let name = |id| {
        let organisation = programme.organisations().get(id);
        organisation.map_or("", |organisation| organisation.name.as_str())
    };
    let proven = programme.tally().let_through().take(LISTED);
    let proven: Vec<_> = proven
        .filter_map(|(project, proposal)| {
            let project = programme.projects().get(&project)?;
            let proposal = project.proposals.get(&proposal)?;
            Some((project, proposal, proposal.judged.last()?))
        })
        .collect();
    html! { @if !proven.is_empty() { section {
        h2 { (visit.say("증명된 것과 쓰는 곳", "Proven, and where it is in use")) }
        div .wide tabindex="0" role="group" aria-label=(visit.say("증명된 것", "What was proven")) { table {
            thead { tr {
                th scope="col" { (visit.say("솔루션", "Solution")) }
                th scope="col" { (visit.say("사업", "Project")) }
                th scope="col" { (visit.say("도입 기관", "In use at")) }
                th scope="col" { (visit.say("증거", "Evidence")) }
            } }
            tbody { @for (project, proposal, judged) in &proven { tr {
                th scope="row" { (proposal.title.as_str()) br; span .hint { (name(&proposal.supplier)) } }
                td { a href=(format!("/projects/{}", project.id)) { (project.title.as_str()) } }
                td { @let users: Vec<_> = proposal.users.iter().map(name).collect();
                    @if users.is_empty() { "–" } @else { (users.join(", ")) } }
                td { a href=(format!("/evidence/{}", judged.evidence)) { (visit.say("증거 ", "entry ")) (judged.evidence) } }
            } } }
        } }
    } } }
}

fn count(name: &str, number: usize) -> Markup {
    html! { div { dt { (name) } dd { (number) } } }
}

fn card(asked: &Asked<'_>, programme: &Programme, project: &Project) -> Markup {
    let visit = &asked.visit;
    let agency = programme.organisations().get(&project.agency);
    html! {
        article .card {
            h3 { a href=(format!("/projects/{}", project.id)) { (project.title.as_str()) } }
            p {
                span .badge { (label(visit, &project.phase.label())) }
                " " (agency.map_or("", |agency| agency.name.as_str()))
            }
            p .hint { (local::time(visit, project.since)) }
        }
    }
}
