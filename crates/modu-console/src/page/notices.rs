//! What a person was told, and where else they want to be told.

use axum::http::StatusCode;
use maud::{Markup, html};
use modu_programme::Programme;
use modu_programme::access::{Action, reach};
use modu_programme::account::Token;
use modu_programme::notice::mailbox::{MailAddress, Mailbox};
use modu_programme::notice::{Notice, NoticeId};

use super::layout::{field, form, label};
use super::{local, page};
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;

/// Notices on one page.
const SHOWN: usize = 50;

pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let person = visit.signed_in()?;
    let board = asked.office.board();
    let before = asked.query.get("before").parse().ok();
    let notices = board.list(person.id, before, SHOWN)?;
    let mailbox = board.mailbox(person.id)?;
    let kept = asked.office.kept();
    let title = visit.say("알림", "Notices");
    let body = html! {
        h1 { (title) }
        @if notices.is_empty() {
            p { (visit.say("알림이 없습니다.", "There are no notices.")) }
        } @else { (list(asked, kept.programme(), &notices)) }
        @if let Some(last) = notices.last().filter(|_| notices.len() == SHOWN) {
            p { a href=(format!("/notices?before={}", last.id.0)) { (visit.say("더 앞으로", "Earlier")) } }
        }
        (mail(asked, mailbox.as_ref()))
        @if reach(person.role, Action::ManageWebhooks).is_some() { section {
            h2 { (visit.say("프로그램에 알리기", "Telling programs")) }
            p { a href="/webhooks" { (visit.say("기관의 웹훅", "Webhooks of your organisation")) } }
        } }
    };
    Ok(answer::page(StatusCode::OK, page(visit, title, &body)))
}

fn list(asked: &Asked<'_>, programme: &Programme, notices: &[Notice]) -> Markup {
    let visit = &asked.visit;
    let newest = notices.first().map_or(0, |notice| notice.id.0);
    html! {
        @if notices.iter().any(|notice| !notice.is_read) {
            (form(visit, "/notices/read", &html! {
                input type="hidden" name="last" value=(newest);
                button .quiet { (visit.say("모두 읽음으로", "Mark all as read")) }
            }))
        }
        ul .plain .notices { @for notice in notices { li {
            @if !notice.is_read { span .badge { (visit.say("새 알림", "New")) } " " }
            a href=(notice.note.page()) { (label(visit, &notice.note.label(programme))) }
            " " (local::time(visit, notice.at))
        } } }
    }
}

/// Whether, and where, a person is written to.
fn mail(asked: &Asked<'_>, mailbox: Option<&Mailbox>) -> Markup {
    let visit = &asked.visit;
    if asked.office.board().post().is_none() {
        return html! {};
    }
    let input = html! {
        input #address name="address" type="email" required maxlength="254" autocomplete="email";
    };
    html! { section {
        h2 { (visit.say("메일로 받기", "By mail")) }
        @if let Some(mailbox) = mailbox {
            p {
                (mailbox.address.as_str()) " "
                span .badge { @match mailbox.is_confirmed {
                    true => (visit.say("보냅니다", "Written to")),
                    false => (visit.say("확인을 기다립니다", "To be confirmed")),
                } }
            }
            (form(visit, "/notices/mail/end", &html! {
                button .quiet { (visit.say("그만 받기", "Write no more")) }
            }))
        }
        (form(visit, "/notices/mail", &html! {
            (field("address", visit.say("메일 주소", "Mail address"), None, &input))
            button { (visit.say("확인 메일 보내기", "Send a letter to confirm")) }
        }))
    } }
}

/// All up to the newest that was on the page.
pub(crate) fn read(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let person = asked.visit.signed_in()?.id;
    let last: NoticeId = asked.form.number("last")?;
    asked.office.board().read_up_to(person, last)?;
    Ok(answer::redirect("/notices", &[]))
}

pub(crate) fn ask_mail(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let person = asked.visit.signed_in()?.id;
    let address = MailAddress::new(asked.form.get("address"));
    let address = address.map_err(|problem| ConsoleError::field("address", problem))?;
    let (board, now) = (asked.office.board(), asked.office.now());
    board.ask_mailbox(person, &address, asked.visit.language, now)?;
    Ok(answer::redirect("/notices", &[]))
}

pub(crate) fn end_mail(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let person = asked.visit.signed_in()?.id;
    asked.office.board().forget_mailbox(person)?;
    Ok(answer::redirect("/notices", &[]))
}

/// The link of a letter: looking changes nothing, for programs that read mail
/// open links too.
pub(crate) fn came_back(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    visit.signed_in()?;
    let token = token(asked)?;
    let title = visit.say("메일 주소 확인", "Confirm your address");
    let body = html! {
        h1 { (title) }
        p { (visit.say(
            "확인하면 알림을 이 메일로도 보냅니다.",
            "Once you confirm it, notices are sent there too.",
        )) }
        (form(visit, &format!("/mailbox/{}", token.reveal()), &html! {
            button { (visit.say("확인", "Confirm")) }
        }))
    };
    Ok(answer::page(StatusCode::OK, page(visit, title, &body)))
}

pub(crate) fn confirm(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let person = asked.visit.signed_in()?.id;
    let (board, now) = (asked.office.board(), asked.office.now());
    board.confirm_mailbox(person, &token(asked)?, now)?;
    Ok(answer::redirect("/notices", &[]))
}

fn token(asked: &Asked<'_>) -> Result<Token, ConsoleError> {
    let name = asked.names.first();
    name.and_then(|name| Token::parse(name))
        .ok_or(ConsoleError::NotFound)
}
