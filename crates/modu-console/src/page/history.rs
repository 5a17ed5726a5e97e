//! The history: what happened, in words.

use axum::http::StatusCode;
use jiff::Timestamp;
use maud::{Markup, html};
use modu_kernel::Language;
use modu_programme::access::{Action, reach};
use modu_programme::project::Project;
use modu_programme::store::History as _;
use modu_programme::{
    Access, Actor, Entry, Event, OrganisationId, PersonId, Programme, ProposalId, Sequence,
};

use super::layout::label;
use super::{local, page};
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;
use crate::visit::Visit;

/// Entries on one page.
const SHOWN: u64 = 200;

pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let person = visit.signed_in()?;
    reach(person.role, Action::SeeHistory).ok_or(ConsoleError::NotFound)?;
    let mut kept = asked.office.kept();
    kept.catch_up()?;
    let last = kept.programme().last();
    let until: u64 = asked
        .query
        .get("until")
        .parse()
        .unwrap_or(last.0)
        .min(last.0);
    let from = until.saturating_sub(SHOWN);
    let entries = kept
        .history()
        .after(Sequence(from), (until - from) as usize)?;
    let programme = kept.programme();
    let title = visit.say("이력", "History");
    let body = html! {
        h1 { (title) }
        p .hint {
            (visit.say(
                "지우거나 고칠 수 없습니다. 항목마다 앞 항목의 다이제스트가 들어 있습니다.",
                "Nothing here can be deleted or changed: each entry names the digest of the one before it.",
            ))
        }
        p .hint { a href="/history.csv" { (visit.say("표로 받기 (CSV)", "As a table (CSV)")) } " · " a href="/history.xlsx" { "XLSX" } }
        div .wide tabindex="0" role="group" aria-label=(visit.say("표", "Table")) { table {
            thead { tr {
                th scope="col" .number { "#" }
                th scope="col" { (visit.say("때", "When")) }
                th scope="col" { (visit.say("누가", "Who")) }
                th scope="col" { (visit.say("무엇을", "What")) }
            } }
            tbody { @for entry in entries.iter().rev() {
                tr {
                    td .number { (entry.sequence) }
                    td { (local::time(visit, entry.at)) }
                    td { (who(visit, programme, entry.by)) }
                    td { (sentence(visit, programme, entry, true)) }
                }
            } }
        } }
        @if from > 0 { p { a href=(format!("/history?until={from}")) { (visit.say("더 앞으로", "Earlier")) } } }
    };
    Ok(answer::page(StatusCode::OK, page(visit, title, &body)))
}

/// Whether a step of a project may be told to the visitor: proposals, scores,
/// conflicts, which evaluators came and went, only to those who may see the
/// history and proposals.
pub(super) fn is_open(
    asked: &Asked<'_>,
    programme: &Programme,
    project: &Project,
    entry: &Entry,
) -> bool {
    match entry.event {
        Event::ProposalSubmitted { .. }
        | Event::ProposalWithdrawn { .. }
        | Event::EvaluatorAppointed { .. }
        | Event::EvaluatorReleased { .. }
        | Event::ConflictDeclared { .. }
        | Event::ScoreSealed { .. } => {
            reach(asked.visit.role(), Action::SeeHistory).is_some()
                && programme.may_see(asked.visit.id(), project, Action::SeeProposals)
        }
        _ => true,
    }
}

fn who(visit: &Visit, programme: &Programme, by: Actor) -> String {
    match by {
        Actor::System => visit.say("프로그램", "the program").to_owned(),
        Actor::Person(id) => person(programme, id).to_owned(),
    }
}

fn person(programme: &Programme, id: PersonId) -> &str {
    let person = programme.people().get(&id);
    person.map_or("?", |person| person.name.as_str())
}

fn organisation(programme: &Programme, id: OrganisationId) -> &str {
    let organisation = programme.organisations().get(&id);
    organisation.map_or("?", |organisation| organisation.name.as_str())
}

/// A proposal of the project that the event is about.
fn proposal<'p>(programme: &'p Programme, event: &Event, id: ProposalId) -> &'p str {
    let project = event.project().and_then(|id| programme.projects().get(&id));
    let found = project.and_then(|project| project.proposals.get(&id));
    found.map_or("?", |proposal| proposal.title.as_str())
}

/// When it really was, of what the history was told of later.
fn earlier(visit: &Visit, since: Option<Timestamp>) -> Markup {
    html! { @if let Some(since) = since {
        " (" (local::time(visit, since)) (visit.say("부터)", " on)"))
    } }
}

/// What happened, as a sentence; with names of people only where `names`.
pub(super) fn sentence(visit: &Visit, programme: &Programme, entry: &Entry, names: bool) -> Markup {
    let organisation = |id: &OrganisationId| organisation(programme, *id).to_owned();
    let proposal = |id: &ProposalId| proposal(programme, &entry.event, *id).to_owned();
    let person = |id: &PersonId| match names {
        true => person(programme, *id).to_owned(),
        false => visit.say("평가위원", "an evaluator").to_owned(),
    };
    let ko = visit.language == Language::Ko;
    let say = |korean: String, english: String| if ko { korean } else { english };
    match &entry.event {
        Event::OrganisationRegistered { name, kind } => {
            let (name, kind) = (name.as_str(), label(visit, &kind.label()));
            html! { (say(format!("참여: {name}({kind})."), format!("{name} ({kind}) takes part."))) }
        }
        Event::PersonEnrolled {
            organisation: of,
            name,
            role,
        } => {
            let (of, role, name) = (organisation(of), label(visit, &role.label()), name.as_str());
            html! { (say(format!("등록: {of} {name} 님, {role}."), format!("{name} of {of} was enrolled as {role}."))) }
        }
        Event::PersonSuspended { person: id } => {
            html! { (say(format!("{} 님의 권한이 멈췄습니다.", person(id)), format!("{} was suspended.", person(id)))) }
        }
        Event::PersonReinstated { person: id } => {
            html! { (say(format!("{} 님의 권한을 되살렸습니다.", person(id)), format!("{} was reinstated.", person(id)))) }
        }
        Event::AccessReset { person: id, access } => {
            let id = person(id);
            html! { (match access {
                Access::SignIn => say(format!("{id} 님이 들어오는 길을 모두 거두고 새 링크를 만들었습니다."), format!("All ways in of {id} were taken away, and a new link was made.")),
                Access::SecondFactor => say(format!("{id} 님의 2단계 인증을 거두었습니다."), format!("The second factor of {id} was taken away.")),
            }) }
        }
        Event::SecondFactorRequired { roles } => {
            let roles: Vec<String> = roles
                .iter()
                .map(|role| label(visit, &role.label()))
                .collect();
            let roles = roles.join(", ");
            html! { (match roles.is_empty() {
                true => say("이제 누구에게도 2단계 인증을 요구하지 않습니다.".to_owned(), "A second factor is required of nobody any more.".to_owned()),
                false => say(format!("2단계 인증이 필수: {roles}."), format!("A second factor is required of: {roles}.")),
            }) }
        }
        Event::NodeAdmitted {
            node,
            organisation: of,
            name,
            key,
            since,
        } => {
            let (node, of, name) = (node.0, organisation(of), name.as_str());
            html! {
                (say(format!("노드 {node} ‘{name}’을(를) {of}의 데이터 옆에 들였습니다. 열쇠: "), format!("Node {node}, “{name}”, was let in beside the data of {of}, under the key ")))
                code { (key) }
                (earlier(visit, *since))
            }
        }
        Event::NodeRootBound { node, root } => html! {
            (say(format!("노드 {}의 증거를 검증할 신뢰 뿌리: ", node.0), format!("The evidence of node {} is verified by the trusted root ", node.0)))
            code { (root) }
        },
        Event::NodeShutOut { node, since } => html! {
            (say(format!("노드 {}을(를) 내보냈습니다.", node.0), format!("Node {} was shut out.", node.0)))
            (earlier(visit, *since))
        },
        Event::NeedPublished { agency, title, .. } => {
            let (agency, title) = (organisation(agency), title.as_str());
            html! { (say(format!("수요 공개: ‘{title}’, {agency}."), format!("{agency} published the need “{title}”."))) }
        }
        Event::CallOpened { closes, .. } => {
            let until = local::moment(visit.language, *closes);
            html! { (say(format!("{until}까지 제안을 받습니다."), format!("Proposals are taken until {until}."))) }
        }
        Event::ProposalSubmitted {
            supplier, title, ..
        } => {
            let (supplier, title) = (organisation(supplier), title.as_str());
            html! { (say(format!("제안: ‘{title}’, {supplier}."), format!("{supplier} proposed “{title}”."))) }
        }
        Event::ProposalWithdrawn { proposal: id, .. } => {
            html! { (say(format!("‘{}’ 제안이 거두어졌습니다.", proposal(id)), format!("The proposal “{}” was withdrawn.", proposal(id)))) }
        }
        Event::CallClosed { evaluators, .. } => {
            let count = evaluators.len();
            html! { (say(format!("공모가 끝나고 평가위원 {count}명이 정해졌습니다."), format!("The call ended; evaluators who judge: {count}."))) }
        }
        Event::EvaluatorAppointed { evaluator, .. } => {
            let name = person(evaluator);
            html! { (say(format!("{name} 님이 이 사업의 평가에 더 위촉되었습니다."), format!("{name} was appointed to judge as well."))) }
        }
        Event::EvaluatorReleased {
            evaluator, reason, ..
        } => {
            let (name, reason) = (person(evaluator), reason.as_str());
            html! { (say(format!("{name} 님이 이 사업의 평가에서 해촉되었습니다: {reason}"), format!("{name} was released as an evaluator: {reason}"))) }
        }
        Event::ConflictDeclared {
            proposal: id,
            evaluator,
            ..
        } => {
            html! { (say(format!("{} 님이 ‘{}’의 평가에서 물러났습니다.", person(evaluator), proposal(id)), format!("{} does not judge “{}”.", person(evaluator), proposal(id)))) }
        }
        Event::ScoreSealed {
            proposal: id,
            evaluator,
            ..
        } => {
            html! { (say(format!("{} 님이 ‘{}’의 평가표를 봉인했습니다.", person(evaluator), proposal(id)), format!("{} sealed a sheet on “{}”.", person(evaluator), proposal(id)))) }
        }
        Event::ScoresOpened { sheets, .. } => {
            let count = sheets.len();
            html! { (say(format!("평가표 {count}장을 함께 열었습니다."), format!("Sheets that were opened together: {count}."))) }
        }
        Event::Selected { proposals, .. } => {
            let chosen = proposals
                .iter()
                .map(proposal)
                .collect::<Vec<_>>()
                .join(", ");
            html! { (say(format!("선정: {chosen}."), format!("Selected: {chosen}."))) }
        }
        Event::Demonstrated {
            proposal: id,
            verdict,
            evidence,
            ..
        }
        | Event::Watched {
            proposal: id,
            verdict,
            evidence,
            ..
        } => {
            let (name, verdict) = (proposal(id), label(visit, &verdict.label()));
            html! {
                (say(format!("‘{name}’ 판정: {verdict}. "), format!("“{name}” was judged: {verdict}. ")))
                a href=(format!("/evidence/{evidence}")) { (visit.say("증거 ", "Evidence ")) (evidence) }
            }
        }
        Event::Adopted {
            proposal: id,
            agency,
            ..
        } => {
            html! { (say(format!("도입: ‘{}’, {}.", proposal(id), organisation(agency)), format!("{} adopted “{}”.", organisation(agency), proposal(id)))) }
        }
        Event::Retired {
            proposal: id,
            agency,
            ..
        } => {
            html! { (say(format!("사용 종료: ‘{}’, {}.", proposal(id), organisation(agency)), format!("{} uses “{}” no longer.", organisation(agency), proposal(id)))) }
        }
        Event::Closed { reason, .. } => {
            html! { (say("사업이 끝났습니다. ".to_owned(), "The project is closed. ".to_owned())) (reason.as_str()) }
        }
    }
}
