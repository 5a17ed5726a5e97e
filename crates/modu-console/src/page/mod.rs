//! The pages, a file each, and what they share.

pub(crate) mod account;
pub(crate) mod compared;
pub(crate) mod data;
pub(crate) mod desk;
mod drawn;
pub(crate) mod engine;
pub(crate) mod evidence;
pub(crate) mod export;
pub(crate) mod history;
pub(crate) mod home;
pub(crate) mod job;
pub(crate) mod keys;
mod layout;
pub(crate) mod links;
pub(crate) mod live;
pub(crate) mod local;
pub(crate) mod need;
pub(crate) mod node;
pub(crate) mod notices;
pub(crate) mod openid;
pub(crate) mod people;
mod picture;
pub(crate) mod project;
mod refused;
mod report;
pub(crate) mod results;
mod said;
pub(crate) mod second_factor;
pub(crate) mod shown;
pub(crate) mod sign_in;
pub(crate) mod step;
mod steps;
pub(crate) mod system;
mod timeline;
pub(crate) mod webhooks;
pub(crate) mod welcome;

use std::fmt::Write as _;

use axum::http::StatusCode;
use maud::html;
use modu_kernel::Digest;
use modu_programme::store::History;

use crate::answer::{self, Answer, own_place};
use crate::error::ConsoleError;
use crate::router::Asked;
use crate::visit::{LANGUAGE, Visit};

pub(crate) use layout::page;

/// Our own style sheet; colours and measures follow the Korean government's
/// design system (KRDS).
const STYLE: &str = include_str!("style.css");

pub(crate) fn style(_asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    Ok(answer::style(STYLE))
}

/// Whether the server answers at all: for whoever starts it again if not.
pub(crate) fn health(_asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    Ok(answer::text(StatusCode::OK, "ok\n"))
}

/// Whether what it needs can be reached: the history, the evidence, the store.
/// For whoever sends visitors here; why not is for the logs.
pub(crate) fn ready(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let history = History::last(asked.office.kept().history()).is_ok();
    let accounts = asked.office.accounts().is_empty().is_ok();
    let evidence = asked.office.archive().is_ok();
    // Whatever it holds, it answers.
    let store = asked.office.store().contains(Digest::of(b"")).is_ok();
    Ok(match history && accounts && evidence && store {
        true => answer::text(StatusCode::OK, "ready\n"),
        false => {
            let word = |good| if good { "ok" } else { "failed" };
            let (history, accounts) = (word(history), word(accounts));
            let (evidence, store) = (word(evidence), word(store));
            let text = format!(
                "history {history}, accounts {accounts}, evidence {evidence}, store {store}\n"
            );
            answer::text(StatusCode::SERVICE_UNAVAILABLE, text)
        }
    })
}

/// What Prometheus reads (text format 0.0.4).
pub(crate) fn metrics(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let last = History::last(asked.office.kept().history())?;
    let evidence = asked.office.archive()?.size();
    let mut text = asked.meter.text();
    for (name, help, value) in [
        ("modu_history_entries", "Entries of the history.", last.0),
        (
            "modu_evidence_entries",
            "Entries of the evidence log.",
            evidence,
        ),
    ] {
        let _infallible = write!(
            text,
            "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n"
        );
    }
    Ok(answer::text(StatusCode::OK, text))
}

/// Remembers the language, and goes back.
pub(crate) fn language(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let tag = match asked.names.first() {
        Some(&"ko") => "ko",
        Some(&"en") => "en",
        _ => return Err(ConsoleError::NotFound),
    };
    let cookie = format!("{LANGUAGE}={tag}; Path=/; Max-Age=31536000; SameSite=Lax");
    Ok(answer::redirect(
        own_place(asked.query.get("to")),
        &[cookie],
    ))
}

/// What a visitor sees where it does not work.
pub(crate) fn failure(visit: &Visit, error: &ConsoleError) -> Answer {
    if matches!(error, ConsoleError::SignIn) {
        let to = format!("/sign-in?to={}", own_place(&visit.path));
        return answer::redirect(&to, &[]);
    }
    if matches!(error, ConsoleError::NoFactorYet) {
        return answer::redirect("/second-factor", &[]);
    }
    let status = error.status();
    let heading = match status {
        StatusCode::NOT_FOUND => visit.say("페이지가 없습니다", "There is no such page"),
        StatusCode::FORBIDDEN => visit.say("권한이 없습니다", "Not allowed"),
        StatusCode::CONFLICT => visit.say("지금은 할 수 없습니다", "Not now"),
        StatusCode::TOO_MANY_REQUESTS => visit.say("잠시 뒤에 다시", "Try again later"),
        StatusCode::UNPROCESSABLE_ENTITY => {
            visit.say("입력을 고쳐 주십시오", "Please correct the input")
        }
        _ => visit.say("요청을 마치지 못했습니다", "It did not work"),
    };
    let body = html! {
        h1 { (heading) }
        p .notice .danger role="alert" { (said::error(visit.language, error)) }
        p { a href="/" { (visit.say("첫 화면으로", "To the front page")) } }
    };
    answer::page(status, page(visit, heading, &body))
}
