//! One's own account: the password, and where one is signed in.

use axum::http::StatusCode;
use maud::{Markup, html};
use modu_programme::account::{
    AccountError, MIN_PASSWORD_CHARS, Password, SESSION_LASTS, Session, SessionId, Token,
};

use super::layout::{field, form, label};
use super::{local, page, said};
use crate::answer::{self, Answer};
use crate::entrance::Cookie;
use crate::error::ConsoleError;
use crate::router::Asked;
use crate::visit::Visit;

pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    shown(asked, &asked.visit, None)
}

/// What came of a change of the password.
enum Outcome<'e> {
    Changed,
    Refused(&'e ConsoleError),
}

/// The page, for a visitor in the session that holds from now on.
fn shown(
    asked: &Asked<'_>,
    visit: &Visit,
    outcome: Option<&Outcome<'_>>,
) -> Result<Answer, ConsoleError> {
    let person = visit.signed_in()?;
    let this = visit.session().ok_or(ConsoleError::SignIn)?;
    let organisation = {
        let kept = asked.office.kept();
        let organisations = kept.programme().organisations();
        let found = organisations.get(&person.organisation);
        found.map(|organisation| organisation.name.clone())
    };
    let (login, sessions) = {
        let accounts = asked.office.accounts();
        let login = match accounts.login_with_password(person.id) {
            Ok(login) => Some(login),
            Err(AccountError::NoPassword) => None,
            Err(error) => return Err(error.into()),
        };
        let sessions = accounts.sessions(person.id, this, asked.office.now())?;
        (login, sessions)
    };
    let title = visit.say("내 계정", "My account");
    let body = html! {
        h1 { (title) }
        @match outcome {
            None => {}
            Some(Outcome::Refused(error)) => p .notice .danger role="alert" {
                (said::error(visit.language, error))
            },
            Some(Outcome::Changed) => p .notice role="status" { (visit.say(
                "비밀번호를 바꿨습니다. 다른 곳의 로그인과 프로그램 열쇠는 모두 끝났습니다.",
                "The password is changed. You are signed out everywhere else, and your keys for programs have ended.",
            )) },
        }
        dl .facts {
            dt { (visit.say("이름", "Name")) } dd { (person.name.as_str()) }
            @if let Some(organisation) = organisation {
                dt { (visit.say("기관", "Organisation")) } dd { (organisation.as_str()) }
            }
            dt { (visit.say("역할", "Role")) } dd { (label(visit, &person.role.label())) }
            @if let Some(login) = &login {
                dt { (visit.say("로그인 이름", "Login name")) } dd { (login) }
            }
        }
        p .actions {
            a href="/second-factor" { (visit.say("2단계 인증", "Second factor")) } " · "
            a href="/keys" { (visit.say("프로그램 열쇠", "Keys for programs")) } " · "
            a href="/notices" { (visit.say("알림과 전자우편", "Notices and mail")) }
        }
        section {
            h2 { (visit.say("로그인한 곳", "Where you are signed in")) }
            (signed_in(visit, &sessions))
        }
        section {
            h2 { (visit.say("비밀번호 바꾸기", "Change the password")) }
            @match &login {
                Some(login) => (password_form(visit, login)),
                None => p { (visit.say(
                    "다른 곳의 신원으로 들어오므로 이곳에는 비밀번호가 없습니다.",
                    "You come in by an identity elsewhere and have no password here.",
                )) },
            }
        }
    };
    let status = match outcome {
        Some(Outcome::Refused(error)) => error.status(),
        _ => StatusCode::OK,
    };
    Ok(answer::page(status, page(visit, title, &body)))
}

fn signed_in(visit: &Visit, sessions: &[Session]) -> Markup {
    html! {
        p .hint { (visit.say(
            "한 시간 동안 쓰지 않거나 열두 시간이 지나면 저절로 끝납니다.",
            "A session ends by itself after an hour in which it is not used, and after twelve hours in any case.",
        )) }
        div .wide tabindex="0" role="group" aria-label=(visit.say("표", "Table")) { table {
            thead { tr {
                th scope="col" { (visit.say("시작", "Begun")) }
                th scope="col" { (visit.say("마지막 사용", "Last used")) }
                th scope="col" .does { (visit.say("하기", "Actions")) }
            } }
            tbody { @for session in sessions { tr {
                td { (local::time(visit, session.begun)) }
                td { (local::time(visit, session.seen)) }
                td .does { @match session.is_this {
                    true => (visit.say("지금 이곳", "This one")),
                    false => (form(visit, &format!("/account/sessions/{}/end", session.id), &html! {
                        button .quiet { (visit.say("끝내기", "End")) }
                    })),
                } }
            } } }
        } }
        @if sessions.len() > 1 {
            (form(visit, "/account/sessions/end", &html! {
                button { (visit.say("다른 곳에서 모두 나가기", "Sign out everywhere else")) }
            }))
        }
    }
}

fn password_form(visit: &Visit, login: &str) -> Markup {
    let hint = match visit.language {
        modu_kernel::Language::Ko => format!(
            "{MIN_PASSWORD_CHARS}자 이상. 바꾸면 다른 곳의 로그인과 프로그램 열쇠가 모두 끝납니다."
        ),
        modu_kernel::Language::En => format!(
            "At least {MIN_PASSWORD_CHARS} characters. You are signed out everywhere else, and your keys for programs end."
        ),
    };
    let current = html! {
        input #current name="current" type="password" required autocomplete="current-password";
    };
    let new = html! {
        input #new name="new" type="password" required autocomplete="new-password"
            aria-describedby="new-hint" minlength=(MIN_PASSWORD_CHARS);
    };
    // For programs that keep passwords: whose it is.
    form(
        visit,
        "/account/password",
        &html! {
            input type="hidden" name="login" value=(login) autocomplete="username";
            (field("current", visit.say("지금 비밀번호", "Password until now"), None, &current))
            (field("new", visit.say("새 비밀번호", "New password"), Some(&hint), &new))
            button { (visit.say("바꾸기", "Change")) }
        },
    )
}

pub(crate) fn change_password(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let person = asked.visit.signed_in()?.id;
    let current = asked.form.get("current");
    let changed = Password::new(asked.form.get("new"))
        .and_then(|new| (asked.office).change_password(person, (current, &new), &asked.address));
    match changed {
        Ok(session) => in_new_session(asked, session),
        Err(error) => {
            let error = ConsoleError::from(error);
            match error.status() {
                StatusCode::UNPROCESSABLE_ENTITY | StatusCode::TOO_MANY_REQUESTS => {
                    shown(asked, &asked.visit, Some(&Outcome::Refused(&error)))
                }
                _ => Err(error),
            }
        }
    }
}

/// Forms of the page belong to the new session.
fn in_new_session(asked: &Asked<'_>, session: Token) -> Result<Answer, ConsoleError> {
    let seconds = SESSION_LASTS.as_secs();
    let cookie = asked
        .entrance
        .cookie(Cookie::Session, &session.reveal(), seconds);
    let visit = asked.visit.in_session(session);
    let page = shown(asked, &visit, Some(&Outcome::Changed))?;
    Ok(answer::with_cookies(page, &[cookie]))
}

pub(crate) fn end(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let person = asked.visit.signed_in()?.id;
    let name = asked.names.first().copied().unwrap_or_default();
    let id = SessionId::parse(name).ok_or(ConsoleError::NotFound)?;
    match asked.office.accounts().end_session(person, id)? {
        true => Ok(answer::redirect("/account", &[])),
        false => Err(ConsoleError::NotFound),
    }
}

pub(crate) fn end_others(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let person = asked.visit.signed_in()?.id;
    let this = asked.visit.session().ok_or(ConsoleError::SignIn)?;
    let accounts = asked.office.accounts();
    accounts.end_other_sessions(person, this)?;
    Ok(answer::redirect("/account", &[]))
}
