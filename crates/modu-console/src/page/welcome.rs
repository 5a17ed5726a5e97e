//! A one-time link: a person chooses a name and a password.

use axum::http::StatusCode;
use maud::html;
use modu_programme::Title;
use modu_programme::account::{MIN_PASSWORD_CHARS, Password, Token};

use super::layout::field;
use super::{openid, page, said};
use crate::answer::{self, Answer};
use crate::error::ConsoleError;
use crate::router::Asked;

pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let token = token(asked)?;
    // Who comes back keeps the name unless they choose another.
    let login = {
        let accounts = asked.office.accounts();
        let person = accounts.whose_link(&token, asked.office.now())?;
        accounts.login_of(person)?
    };
    shown(asked, &login.unwrap_or_default(), None)
}

fn token(asked: &Asked<'_>) -> Result<Token, ConsoleError> {
    let name = asked.names.first().copied().unwrap_or_default();
    Token::parse(name).ok_or(ConsoleError::NotFound)
}

/// The invitation that an address names, and who is invited.
pub(super) fn invited(asked: &Asked<'_>) -> Result<(Token, Title), ConsoleError> {
    let token = token(asked)?;
    let person = asked
        .office
        .accounts()
        .whose_link(&token, asked.office.now())?;
    let kept = asked.office.kept();
    let person = kept.programme().people().get(&person);
    let person = person.filter(|person| person.active);
    let name = person.map(|person| person.name.clone());
    Ok((token, name.ok_or(ConsoleError::NotFound)?))
}

fn shown(
    asked: &Asked<'_>,
    login: &str,
    error: Option<&ConsoleError>,
) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let (token, name) = invited(asked)?;
    let title = visit.say("처음 오셨습니다", "Welcome");
    let hint = match visit.language {
        modu_kernel::Language::Ko => {
            format!("{MIN_PASSWORD_CHARS}자 이상. 여러 낱말을 이으면 외우기 쉽습니다.")
        }
        modu_kernel::Language::En => {
            format!("At least {MIN_PASSWORD_CHARS} characters; several words are easy to remember.")
        }
    };
    let login_input = html! {
        input #login name="login" value=(login) required autocomplete="username" autocapitalize="none";
    };
    let password_input = html! {
        input #password name="password" type="password" required autocomplete="new-password"
            aria-describedby="password-hint" minlength=(MIN_PASSWORD_CHARS);
    };
    let body = html! {
        h1 { (title) }
        p { (name.as_str()) (visit.say(" 님, 들어올 때 쓸 이름과 비밀번호를 정하십시오.", ", choose a name and a password to sign in with.")) }
        @if let Some(error) = error {
            p .notice .danger role="alert" { (said::error(visit.language, error)) }
        }
        form .narrow method="post" action=(format!("/welcome/{}", token.reveal())) {
            (field("login", visit.say("이름", "Name"), None, &login_input))
            (field("password", visit.say("비밀번호", "Password"), Some(&hint), &password_input))
            button { (visit.say("정하기", "Set")) }
        }
        (openid::ways(asked, &format!("/welcome/{}", token.reveal()), None))
    };
    let status = error.map_or(StatusCode::OK, ConsoleError::status);
    Ok(answer::page(status, page(visit, title, &body)))
}

pub(crate) fn take(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let token = token(asked)?;
    let login = asked.form.get("login");
    let set = Password::new(asked.form.get("password")).and_then(|password| {
        let now = asked.office.now();
        asked
            .office
            .accounts()
            .set_password(&token, login, &password, now)
    });
    match set {
        Ok(_) => Ok(answer::redirect("/sign-in", &[])),
        Err(error) => {
            let error = ConsoleError::from(error);
            match error.status() {
                StatusCode::UNPROCESSABLE_ENTITY => shown(asked, login, Some(&error)),
                _ => Err(error),
            }
        }
    }
}
