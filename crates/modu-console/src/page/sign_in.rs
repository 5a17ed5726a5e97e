//! Signing in and out: a name and a password, then a code where there is a
//! second factor.

use axum::http::StatusCode;
use maud::html;
use modu_programme::account::{AccountError, Entered, SESSION_LASTS, TICKET_HOLDS, Token};

use super::layout::field;
use super::second_factor::code_field;
use super::{openid, page, said};
use crate::answer::{self, Answer, own_place};
use crate::entrance::Cookie;
use crate::error::ConsoleError;
use crate::router::Asked;
use crate::visit::FORM_KEY;

pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    match asked.visit.person {
        Some(_) => Ok(answer::redirect(own_place(asked.query.get("to")), &[])),
        None => Ok(shown(asked, asked.query.get("to"), "", None)),
    }
}

fn shown(asked: &Asked<'_>, to: &str, login: &str, error: Option<&ConsoleError>) -> Answer {
    let visit = &asked.visit;
    let title = visit.say("들어가기", "Sign in");
    let name = html! {
        input #login name="login" value=(login) required autocomplete="username" autocapitalize="none";
    };
    let password = html! {
        input #password name="password" type="password" required autocomplete="current-password";
    };
    let body = html! {
        h1 { (title) }
        @if let Some(error) = error {
            p .notice .danger role="alert" { (said::error(visit.language, error)) }
        }
        form .narrow method="post" action="/sign-in" {
            input type="hidden" name="to" value=(own_place(to));
            (field("login", visit.say("이름", "Name"), None, &name))
            (field("password", visit.say("비밀번호", "Password"), None, &password))
            button { (title) }
        }
        (openid::ways(asked, "/sign-in", Some(to)))
        p .hint {
            (visit.say(
                "비밀번호를 잊었으면 운영자에게 새 링크를 청하십시오.",
                "If you forgot your password, ask the operator for a new link.",
            ))
        }
    };
    let status = error.map_or(StatusCode::OK, ConsoleError::status);
    answer::page(status, page(visit, title, &body))
}

pub(crate) fn enter(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let form = &asked.form;
    let (login, to) = (form.get("login"), form.get("to"));
    let entered = asked
        .office
        .sign_in(login, form.get("password"), &asked.address);
    match entered {
        Ok(entered) => Ok(let_in(asked, &entered, to)),
        Err(error) => {
            let error = ConsoleError::from(error);
            match error.status() {
                StatusCode::INTERNAL_SERVER_ERROR => Err(error),
                _ => Ok(shown(asked, to, login, Some(&error))),
            }
        }
    }
}

/// A new session at every entrance, or the way to the code that it takes.
pub(super) fn let_in(asked: &Asked<'_>, entered: &Entered, to: &str) -> Answer {
    match entered {
        Entered::In { session, .. } => answer::redirect(own_place(to), &session_of(asked, session)),
        Entered::CodeNext { ticket } => {
            let seconds = TICKET_HOLDS.as_secs();
            let cookie = asked
                .entrance
                .cookie(Cookie::Ticket, &ticket.reveal(), seconds);
            let to = format!("/sign-in/code?to={}", own_place(to));
            answer::redirect(&to, &[cookie])
        }
    }
}

/// The cookies with which a session begins; a ticket is used up by it.
fn session_of(asked: &Asked<'_>, session: &Token) -> [String; 2] {
    let seconds = SESSION_LASTS.as_secs();
    [
        asked
            .entrance
            .cookie(Cookie::Session, &session.reveal(), seconds),
        asked.entrance.cookie(Cookie::Ticket, "", 0),
    ]
}

fn ticket(asked: &Asked<'_>) -> Option<Token> {
    Token::parse(&asked.entrance.carried(asked.headers, Cookie::Ticket)?)
}

pub(crate) fn code(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    code_shown(asked, asked.query.get("to"), None)
}

/// The page that asks for a code, while there is a ticket.
fn code_shown(
    asked: &Asked<'_>,
    to: &str,
    error: Option<&ConsoleError>,
) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let again = || Ok(answer::redirect("/sign-in", &[]));
    let Some(ticket) = ticket(asked) else {
        return again();
    };
    let checked = asked
        .office
        .accounts()
        .check_ticket(&ticket, asked.office.now());
    match checked {
        Ok(()) => {}
        Err(AccountError::NoTicket) => return again(),
        Err(error) => return Err(error.into()),
    }
    let title = visit.say("인증번호", "Code");
    let body = html! {
        h1 { (title) }
        @if let Some(error) = error {
            p .notice .danger role="alert" { (said::error(visit.language, error)) }
        }
        form .narrow method="post" action="/sign-in/code" {
            input type="hidden" name=(FORM_KEY) value=(ticket.form_key());
            input type="hidden" name="to" value=(own_place(to));
            (code_field(visit, "code"))
            button { (visit.say("들어가기", "Sign in")) }
        }
        p .hint {
            (visit.say(
                "전화기도 복구 번호도 없으면 운영자에게 청하십시오.",
                "Without phone and recovery codes, ask the operator.",
            ))
        }
    };
    let status = error.map_or(StatusCode::OK, ConsoleError::status);
    Ok(answer::page(status, page(visit, title, &body)))
}

pub(crate) fn enter_code(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let (form, now) = (&asked.form, asked.office.now());
    let Some(ticket) = ticket(asked) else {
        return Ok(answer::redirect("/sign-in", &[]));
    };
    if form.get(FORM_KEY) != ticket.form_key() {
        return Err(ConsoleError::StaleForm);
    }
    let (code, to) = (form.get("code"), form.get("to"));
    let entered = asked
        .office
        .accounts()
        .enter_code(&ticket, code, &asked.address, now);
    match entered {
        Ok((_, session)) => Ok(answer::redirect(
            own_place(to),
            &session_of(asked, &session),
        )),
        Err(error) => {
            let error = ConsoleError::from(error);
            match error.status() {
                StatusCode::INTERNAL_SERVER_ERROR => Err(error),
                _ => code_shown(asked, to, Some(&error)),
            }
        }
    }
}

pub(crate) fn leave(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    if let Some(session) = asked.visit.session() {
        asked.office.accounts().sign_out(session)?;
    }
    let cookie = asked.entrance.cookie(Cookie::Session, "", 0);
    Ok(answer::redirect("/", &[cookie]))
}
