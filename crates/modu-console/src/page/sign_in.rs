//! Signing in and out.

use axum::http::StatusCode;
use maud::html;
use modu_programme::account::SESSION_LASTS;

use super::layout::field;
use super::{page, said};
use crate::answer::{self, Answer, own_place};
use crate::error::ConsoleError;
use crate::router::Asked;
use crate::visit::SESSION;

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
    let now = asked.office.now();
    let entered = asked
        .office
        .accounts()
        .sign_in(login, form.get("password"), &asked.address, now);
    match entered {
        Ok((_, session)) => {
            // A new session at every entrance: one that was planted before is
            // worth nothing.
            let cookie = format!(
                "{SESSION}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}",
                session.reveal(),
                SESSION_LASTS.as_secs()
            );
            Ok(answer::redirect(own_place(to), &[cookie]))
        }
        Err(error) => {
            let error = ConsoleError::from(error);
            match error.status() {
                StatusCode::INTERNAL_SERVER_ERROR => Err(error),
                _ => Ok(shown(asked, to, login, Some(&error))),
            }
        }
    }
}

pub(crate) fn leave(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    if let Some(session) = asked.visit.session() {
        asked.office.accounts().sign_out(session)?;
    }
    let cookie = format!("{SESSION}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    Ok(answer::redirect("/", &[cookie]))
}
