//! The front page: what is needed, what was proven, what was adopted.

use axum::http::StatusCode;
use maud::{Markup, html};
use modu_programme::project::{Phase, Project, Verdict};

use super::layout::label;
use super::{local, page};
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;

/// Projects on the front page; newest first.
const SHOWN: usize = 100;

pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let kept = asked.office.kept();
    let programme = kept.programme();
    let projects: Vec<_> = programme.projects().values().rev().take(SHOWN).collect();
    let judged = programme
        .projects()
        .values()
        .flat_map(|project| project.proposals.values());
    let judged: Vec<_> = judged
        .filter_map(|proposal| proposal.judged.last())
        .collect();
    let adopted = programme
        .projects()
        .values()
        .flat_map(|project| project.proposals.values());
    let adopted = adopted
        .filter(|proposal| !proposal.users.is_empty())
        .count();
    let proven = judged
        .iter()
        .filter(|judged| judged.verdict == Verdict::Adopt)
        .count();
    let open = programme
        .projects_by_phase()
        .get(&Phase::Call)
        .copied()
        .unwrap_or(0);
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
            (count(visit.say("공모 중", "Calls open"), open))
            (count(visit.say("실증 판정", "Demonstrations judged"), judged.len()))
            (count(visit.say("기준을 넘음", "Passed the gate"), proven))
            (count(visit.say("도입", "In use"), adopted))
        }
        h2 { (visit.say("사업", "Projects")) }
        @if !projects.is_empty() { p .hint { a href="/projects.csv" { (visit.say("표로 받기 (CSV)", "As a table (CSV)")) } } }
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

fn count(name: &str, number: usize) -> Markup {
    html! { div { dt { (name) } dd { (number) } } }
}

fn card(asked: &Asked<'_>, programme: &modu_programme::Programme, project: &Project) -> Markup {
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
