//! Nodes beside the data: who was let in, and when they were heard of.

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use modu_programme::access::{Action, Reach, reach};
use modu_programme::job::{Node, NodeId};
use modu_programme::{OrganisationId, OrganisationKind, Sequence};

use super::layout::{field, form};
use super::{local, page};
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;
use crate::visit::Visit;

/// A node that was heard of so lately is there: it asks for work at least
/// every twenty seconds.
const LATELY: SignedDuration = SignedDuration::from_secs(45);

pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    shown(asked, None)
}

/// The page, with the token of a node that was just let in: it is shown this
/// once.
fn shown(asked: &Asked<'_>, token: Option<String>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let person = visit.signed_in()?;
    let nodes = asked.office.jobs().nodes();
    let nodes = match reach(person.role, Action::SeeData) {
        Some(Reach::All) => nodes.list(None)?,
        Some(Reach::Own) => nodes.list(Some(person.organisation))?,
        None => return Err(ConsoleError::NotFound),
    };
    let manages = reach(person.role, Action::ManageNodes).is_some();
    let title = visit.say("노드", "Nodes");
    let body = html! {
        p .hint { a href="/data" { (visit.say("데이터", "Data")) } }
        h1 { (title) }
        p .lead { (visit.say(
            "노드는 기관의 데이터 옆에서 솔루션을 돌리고, 서명한 증거와 공개할 보고서만 보냅니다. 데이터는 나오지 않습니다.",
            "A node runs solutions beside an agency's data, and sends signed evidence and what is released. The data stay there.",
        )) }
        @if let Some(token) = token {
            div .notice role="status" {
                p { (visit.say("새 노드의 토큰입니다. 이 화면에만 나옵니다. 노드의 기계에 파일로 두십시오.", "The new node's token: it is shown here only. Put it into a file on the node's machine.")) }
                p { code .block { (token) } }
            }
        }
        @if nodes.is_empty() {
            p { (visit.say("노드가 없습니다.", "There are no nodes.")) }
        } @else { (table(asked, &nodes, manages)) }
        @if manages { (admission(asked)) }
    };
    Ok(answer::page(StatusCode::OK, page(visit, title, &body)))
}

fn table(asked: &Asked<'_>, nodes: &[Node], manages: bool) -> Markup {
    let visit = &asked.visit;
    let kept = asked.office.kept();
    let organisations = kept.programme().organisations();
    let agency = |id| {
        let found = organisations.get(id);
        found.map_or_else(String::new, |it| it.name.as_str().to_owned())
    };
    html! {
        div .wide tabindex="0" role="group" aria-label=(visit.say("표", "Table")) { table {
            thead { tr {
                th scope="col" { (visit.say("이름", "Name")) }
                th scope="col" { (visit.say("기관", "Agency")) }
                th scope="col" { (visit.say("상태", "State")) }
                th scope="col" { (visit.say("열쇠", "Key")) }
                th scope="col" { (visit.say("들인 때", "Let in")) }
                @if manages { th scope="col" .does { (visit.say("하기", "Actions")) } }
            } }
            tbody { @for node in nodes { tr {
                th scope="row" { (node.id.0) ", " (node.name.as_str()) }
                td { (agency(&node.organisation)) }
                td { (state(visit, node, asked.office.now())) }
                td { code { (node.key) } }
                td { (local::time(visit, node.made)) }
                @if manages { td .does { @if node.ended.is_none() {
                    (form(visit, &format!("/nodes/{}/end", node.id.0), &html! {
                        button .quiet { (visit.say("내보내기", "Shut out")) }
                    }))
                } } }
            } } }
        } }
    }
}

fn state(visit: &Visit, node: &Node, now: Timestamp) -> Markup {
    match (node.ended, node.seen) {
        (Some(ended), _) => {
            html! { (visit.say("내보냄 ", "Shut out ")) (local::time(visit, ended)) }
        }
        (None, None) => html! { (visit.say("아직 소식이 없습니다", "Not heard of yet")) },
        (None, Some(seen)) => html! {
            @if now.duration_since(seen) <= LATELY {
                span .verdict .good { span aria-hidden="true" { "✓ " } (visit.say("일할 수 있음", "There")) }
            } @else {
                span .verdict .bad { span aria-hidden="true" { "✗ " } (visit.say("소식 없음", "Silent")) }
            }
            " " (local::time(visit, seen))
        },
    }
}

fn admission(asked: &Asked<'_>) -> Markup {
    let visit = &asked.visit;
    let kept = asked.office.kept();
    let organisations = kept.programme().organisations().values();
    let agencies = organisations.filter(|it| it.kind == OrganisationKind::DemandAgency);
    let hint = visit.say(
        "노드의 기계에서 `modu node --show-key`가 보여 주는 값",
        "What `modu node --show-key` prints on the node's machine",
    );
    html! { section {
        h2 { (visit.say("노드 들이기", "Let a node in")) }
        (form(visit, "/nodes", &html! {
            (field("organisation", visit.say("기관", "Agency"), None, &html! {
                select #organisation name="organisation" { @for agency in agencies {
                    option value=(agency.id) { (agency.name.as_str()) }
                } }
            }))
            (field("name", visit.say("이름", "Name"), None,
                &html! { input #name name="name" required maxlength="200"; }))
            (field("key", visit.say("노드의 열쇠", "The node's key"), Some(hint),
                &html! { input #key name="key" required pattern="ed25519:[0-9a-f]{64}" aria-describedby="key-hint"; }))
            button { (visit.say("들이기", "Let in")) }
        }))
    } }
}

pub(crate) fn admit(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let person = asked.visit.signed_in()?.id;
    let organisation = OrganisationId(Sequence(asked.form.number("organisation")?));
    let name = asked.form.title("name")?;
    let wrong = |refusal: modu_programme::Refusal| ConsoleError::field("key", refusal.to_string());
    let key = asked.form.get("key").parse().map_err(wrong)?;
    let admitted = asked
        .office
        .admit_node(person, (organisation, &name), key)?;
    let token = admitted.token.reveal();
    shown(asked, Some(format!("modu_node_{token}")))
}

pub(crate) fn shut_out(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let person = asked.visit.signed_in()?.id;
    let node = NodeId(asked.number(0)?);
    asked.office.shut_node_out(person, node)?;
    Ok(answer::redirect("/nodes", &[]))
}
