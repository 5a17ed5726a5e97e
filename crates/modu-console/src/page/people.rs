//! Organisations and people, for who runs or audits the programme.

use axum::http::StatusCode;
use maud::{Markup, html};
use modu_programme::access::{Action, Role, reach};
use modu_programme::account::Holders;
use modu_programme::notice::mailbox::MailAddress;
use modu_programme::{Event, OrganisationKind, Person, PersonId, Programme};

use super::layout::{field, form, label};
use super::page;
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;

pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    shown(asked, None)
}

/// The page, with a link that was just made: it is shown this once.
fn shown(asked: &Asked<'_>, link: Option<(&Person, String)>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let person = visit.signed_in()?;
    reach(person.role, Action::SeePeople).ok_or(ConsoleError::NotFound)?;
    let manages = reach(person.role, Action::ManagePeople).is_some();
    let holders = asked.office.accounts().holders()?;
    let kept = asked.office.kept();
    let programme = kept.programme();
    let title = visit.say("기관과 사람", "Organisations and people");
    let body = html! {
        h1 { (title) }
        @if let Some((person, link)) = link {
            div .notice role="status" {
                p { (person.name.as_str()) (visit.say(" 님의 링크입니다. 이 화면에만 나오고, 한 번 쓸 수 있습니다. 처음이면 7일, 다시 들어오는 길이면 하루 안에.", ": this link is shown here only and works once; within 7 days the first time, within a day for a way back in.")) }
                p { code .block { (link) } }
            }
        }
        p .hint { a href="/people.csv" { (visit.say("표로 받기 (CSV)", "As a table (CSV)")) } " · " a href="/people.xlsx" { "XLSX" } }
        @for organisation in programme.organisations().values() {
            section {
                h2 { (organisation.name.as_str()) " " span .badge { (label(visit, &organisation.kind.label())) } }
                (people(asked, programme, &holders, organisation.id, manages))
                @if manages { (enrolment(asked, organisation.id, organisation.kind)) }
            }
        }
        @if manages { section {
            h2 { (visit.say("2단계 인증", "Second factor")) }
            (requirement(asked, programme))
        } section {
            h2 { (visit.say("기관 등록", "Register an organisation")) }
            (registration(asked))
        } }
    };
    Ok(answer::page(StatusCode::OK, page(visit, title, &body)))
}

fn people(
    asked: &Asked<'_>,
    programme: &Programme,
    holders: &Holders,
    organisation: modu_programme::OrganisationId,
    manages: bool,
) -> Markup {
    let visit = &asked.visit;
    let members = || {
        programme
            .people()
            .values()
            .filter(|person| person.organisation == organisation)
    };
    html! {
        @if members().next().is_some() { div .wide tabindex="0" role="group" aria-label=(visit.say("표", "Table")) { table {
            thead { tr {
                th scope="col" { (visit.say("이름", "Name")) }
                th scope="col" { (visit.say("역할", "Role")) }
                th scope="col" { (visit.say("상태", "State")) }
                @if manages { th scope="col" .does { (visit.say("하기", "Actions")) } }
            } }
            tbody { @for person in members() { tr {
                th scope="row" { (person.name.as_str()) }
                td { (label(visit, &person.role.label())) }
                td { @if person.active { (visit.say("활동", "active")) } @else { (visit.say("멈춤", "suspended")) } }
                @if manages { td .actions .does {
                    @if person.active {
                        @if holders.ways_in.contains(&person.id) {
                            (button(asked, person.id, "link", visit.say("들어오는 길 새로", "Reset access")))
                        } @else {
                            (button(asked, person.id, "link", visit.say("들어올 링크", "Sign-in link")))
                        }
                        @if holders.factors.contains(&person.id) {
                            (button(asked, person.id, "factor", visit.say("2단계 인증 거둠", "Take second factor")))
                        }
                        (button(asked, person.id, "suspend", visit.say("멈춤", "Suspend")))
                    } @else {
                        (button(asked, person.id, "reinstate", visit.say("되살림", "Reinstate")))
                    }
                } }
            } } }
        } } }
    }
}

fn button(asked: &Asked<'_>, person: PersonId, what: &str, text: &str) -> Markup {
    let action = format!("/people/{person}/{what}");
    form(&asked.visit, &action, &html! { button .quiet { (text) } })
}

fn enrolment(
    asked: &Asked<'_>,
    organisation: modu_programme::OrganisationId,
    kind: OrganisationKind,
) -> Markup {
    let visit = &asked.visit;
    let name = format!("name-{organisation}");
    let role = format!("role-{organisation}");
    let mail = format!("mail-{organisation}");
    let fields = html! {
        input type="hidden" name="organisation" value=(organisation);
        (field(&name, visit.say("이름", "Name"), None, &html! { input id=(name) name="name" required maxlength="200"; }))
        (field(&role, visit.say("역할", "Role"), None, &html! {
            select id=(role) name="role" { @for role in kind.roles() {
                option value=(code(*role)) { (label(visit, &role.label())) }
            } }
        }))
        @if asked.office.board().post().is_some() {
            (field(&mail, visit.say("링크를 받을 메일 (없으면 여기 보입니다)", "Mail the link to (else it is shown here)"), None, &html! {
                input id=(mail) name="mail" type="email" maxlength="254";
            }))
        }
        button { (visit.say("사람 등록", "Enrol")) }
    };
    html! { details { summary { (visit.say("사람 등록", "Enrol a person")) } (form(visit, "/people/enrol", &fields)) } }
}

fn registration(asked: &Asked<'_>) -> Markup {
    let visit = &asked.visit;
    let fields = html! {
        (field("name", visit.say("기관 이름", "Name"), None, &html! { input #name name="name" required maxlength="200"; }))
        (field("kind", visit.say("구실", "Kind"), None, &html! {
            select #kind name="kind" { @for kind in OrganisationKind::ALL {
                option value=(format!("{kind:?}")) { (label(visit, &kind.label())) }
            } }
        }))
        button { (visit.say("등록", "Register")) }
    };
    form(visit, "/people/organisation", &fields)
}

/// Which roles come in by a second factor only.
fn requirement(asked: &Asked<'_>, programme: &Programme) -> Markup {
    let visit = &asked.visit;
    let required = programme.second_factor();
    let fields = html! {
        fieldset {
            legend { (visit.say("필수인 역할", "Required of")) }
            @for role in Role::ALL.into_iter().filter(|role| *role != Role::Public) {
                label .choice {
                    input type="checkbox" name="role" value=(code(role)) checked[required.contains(&role)];
                    " " (label(visit, &role.label()))
                }
            }
        }
        button { (visit.say("정하기", "Set")) }
    };
    html! {
        p .hint { (visit.say(
            "이 역할의 사람은 2단계 인증을 켜기 전에는 다른 일을 할 수 없습니다.",
            "People of these roles do nothing else before they have one.",
        )) }
        (form(visit, "/people/second-factor", &fields))
    }
}

pub(crate) fn require_factor(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let by = asked.visit.signed_in()?.id;
    let read = |text: &str| {
        let mut roles = Role::ALL.into_iter();
        let role = roles.find(|role| code(*role) == text);
        role.ok_or_else(|| ConsoleError::field("role", "choose of those there are"))
    };
    let roles = asked.form.all("role").map(read).collect::<Result<_, _>>()?;
    asked
        .office
        .act(by, Event::SecondFactorRequired { roles })?;
    Ok(answer::redirect("/people", &[]))
}

pub(crate) fn take_factor(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let by = asked.visit.signed_in()?.id;
    asked.office.take_factor(by, asked.number(0)?)?;
    Ok(answer::redirect("/people", &[]))
}

fn code(role: Role) -> String {
    format!("{role:?}")
}

pub(crate) fn register(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let asked_kind = asked.form.get("kind");
    let mut kinds = OrganisationKind::ALL.into_iter();
    let kind = kinds
        .find(|kind| format!("{kind:?}") == asked_kind)
        .ok_or_else(|| ConsoleError::field("kind", "choose one"))?;
    let name = asked.form.title("name")?;
    let by = asked.visit.signed_in()?.id;
    asked
        .office
        .act(by, Event::OrganisationRegistered { name, kind })?;
    Ok(answer::redirect("/people", &[]))
}

pub(crate) fn enrol(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let asked_role = asked.form.get("role");
    let mut roles = Role::ALL.into_iter();
    let role = roles
        .find(|role| code(*role) == asked_role)
        .ok_or_else(|| ConsoleError::field("role", "choose one"))?;
    let event = Event::PersonEnrolled {
        organisation: asked.form.number("organisation")?,
        name: asked.form.title("name")?,
        role,
    };
    // A wrong address is told before anybody is enrolled.
    mail_address(asked)?;
    let by = asked.visit.signed_in()?.id;
    let entry = asked.office.act(by, event)?;
    give_link(asked, PersonId(entry.sequence))
}

pub(crate) fn link(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    give_link(asked, asked.number(0)?)
}

pub(crate) fn suspend(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let person = asked.number(0)?;
    let by = asked.visit.signed_in()?.id;
    asked.office.act(by, Event::PersonSuspended { person })?;
    asked.office.accounts().shut_out(person)?;
    Ok(answer::redirect("/people", &[]))
}

pub(crate) fn reinstate(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let person = asked.number(0)?;
    let by = asked.visit.signed_in()?.id;
    asked.office.act(by, Event::PersonReinstated { person })?;
    Ok(answer::redirect("/people", &[]))
}

/// Where the link is to be sent, if anywhere.
fn mail_address(asked: &Asked<'_>) -> Result<Option<MailAddress>, ConsoleError> {
    let text = asked.form.get("mail");
    if text.trim().is_empty() {
        return Ok(None);
    }
    let address = MailAddress::new(text);
    let address = address.map_err(|problem| ConsoleError::field("mail", problem))?;
    match asked.office.board().post() {
        Some(_) => Ok(Some(address)),
        None => Err(ConsoleError::field("mail", "this server sends no mail")),
    }
}

fn give_link(asked: &Asked<'_>, id: PersonId) -> Result<Answer, ConsoleError> {
    let by = asked.visit.signed_in()?.id;
    let mail = mail_address(asked)?;
    let token = asked.office.give_link(by, id)?;
    let found = {
        let kept = asked.office.kept();
        kept.programme().people().get(&id).cloned()
    };
    let person = found.ok_or(ConsoleError::NotFound)?;
    let link = format!("/welcome/{}", token.reveal());
    if let Some(address) = mail {
        // Whoever gets the letter gets in: the link is shown to nobody else.
        let (board, now) = (asked.office.board(), asked.office.now());
        let name = (person.id, person.name.as_str());
        board.invite(name, &address, &link, asked.visit.language, now)?;
        return Ok(answer::redirect("/people", &[]));
    }
    shown(asked, Some((&person, link)))
}
