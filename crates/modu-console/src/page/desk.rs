//! What waits for whoever is signed in.

use axum::http::StatusCode;
use maud::{Markup, html};
use modu_programme::access::Role;
use modu_programme::{Programme, ProposalId, Task, Waiting};

use super::{local, page};
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;
use crate::visit::Visit;

/// Lines on the page.
const SHOWN: usize = 200;

pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let person = visit.signed_in()?;
    let mut kept = asked.office.kept();
    kept.catch_up()?;
    let programme = kept.programme();
    let waiting = programme.waiting(person.id, asked.office.now());
    let title = visit.say("할 일", "Your desk");
    let body = html! {
        h1 { (title) }
        p .lead { (about(visit, person.role)) }
        @if waiting.is_empty() {
            p .notice { (visit.say("지금 기다리는 일이 없습니다.", "Nothing waits for you now.")) }
        } @else {
            p .hint { (visit.say("기다리는 일 ", "Waiting: ")) (local::whole(waiting.len() as u64)) }
            ul .tasks { @for waiting in waiting.iter().take(SHOWN) { li { (line(visit, programme, waiting)) } } }
        }
    };
    Ok(answer::page(StatusCode::OK, page(visit, title, &body)))
}

/// What somebody's desk is for.
fn about(visit: &Visit, role: Role) -> &str {
    match role {
        Role::Operator => visit.say(
            "공모를 열고 닫고, 평가표를 함께 열고, 실증할 제안을 고릅니다.",
            "You open and close calls, open the sheets together, and select who demonstrates.",
        ),
        Role::Evaluator => visit.say(
            "이름이 오른 사업의 제안마다 평가표를 하나씩 봉인하거나, 이해가 걸리면 물러납니다.",
            "You seal one sheet on each proposal of the projects you were named for, or step back where you have an interest.",
        ),
        Role::DemandAgency => visit.say(
            "선정된 제안을 기관의 데이터로 실증하고, 기준을 넘은 것을 도입합니다.",
            "You demonstrate what was selected on your own data, and adopt what the gate lets through.",
        ),
        Role::Supplier => visit.say(
            "열린 공모에 제안합니다.",
            "You propose while a call is open.",
        ),
        Role::Auditor | Role::Public => visit.say(
            "모두 보고, 아무것도 바꾸지 않습니다.",
            "You see everything and change nothing.",
        ),
    }
}

fn line(visit: &Visit, programme: &Programme, waiting: &Waiting) -> Markup {
    let project = programme.projects().get(&waiting.project);
    let title = project.map_or("", |project| project.title.as_str());
    let name = |id: &ProposalId| {
        let proposal = project.and_then(|project| project.proposals.get(id));
        proposal.map_or("", |proposal| proposal.title.as_str())
    };
    let (what, about) = match &waiting.task {
        Task::OpenCall => (visit.say("공모 열기", "Open the call"), ""),
        Task::CloseCall => (
            visit.say(
                "공모를 닫고 평가위원 정하기",
                "Close the call and name evaluators",
            ),
            "",
        ),
        Task::Propose => (visit.say("제안하기", "Propose"), ""),
        Task::Seal(id) => (visit.say("평가표 봉인", "Seal a sheet"), name(id)),
        Task::AppointEvaluator(id) => (
            visit.say("평가위원 위촉", "Appoint another evaluator"),
            name(id),
        ),
        Task::OpenScores => (
            visit.say("평가표 함께 열기", "Open all sheets together"),
            "",
        ),
        Task::Select => (visit.say("선정", "Select"), ""),
        Task::Demonstrate(id) => (visit.say("실증", "Demonstrate"), name(id)),
        Task::Adopt(id) => (visit.say("도입", "Adopt"), name(id)),
        Task::Review(id) => (
            visit.say(
                "쓰고 있으나 기준에 못 미침",
                "In use, and refused by the gate",
            ),
            name(id),
        ),
    };
    html! {
        a href=(format!("/projects/{}", waiting.project)) { (title) }
        " " span .badge { (what) }
        @if !about.is_empty() { " " (about) }
        @if let Some(until) = waiting.until {
            " " span .hint { (visit.say("마감 ", "ends ")) (local::time(visit, until)) }
        }
    }
}
