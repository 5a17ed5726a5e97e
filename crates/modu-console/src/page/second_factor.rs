//! A person's second factor: begun, proven by a first code, renewed, ended.

use axum::http::StatusCode;
use maud::{Markup, html};
use modu_programme::Person;
use modu_programme::account::{AccountError, SESSION_LASTS, Secret};
use qrcode::{Color, EcLevel, QrCode};
use url::Url;

use super::layout::{field, form};
use super::{page, said};
use crate::answer::{self, Answer};
use crate::entrance::Cookie;
use crate::error::ConsoleError;
use crate::router::Asked;
use crate::visit::Visit;

/// Modules of white around a code (ISO/IEC 18004, section 9.1).
const QUIET: usize = 4;

pub(crate) fn show(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    shown(asked, None)
}

fn shown(asked: &Asked<'_>, error: Option<&ConsoleError>) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let person = visit.signed_in()?.id;
    let left = {
        let accounts = asked.office.accounts();
        match accounts.has_factor(person)? {
            true => Some(accounts.codes_left(person)?),
            false => None,
        }
    };
    let body = html! {
        (head(visit, error))
        @if visit.lacks_factor {
            p .notice role="status" { (visit.say(
                "맡은 역할은 2단계 인증이 필수입니다. 먼저 켜야 다른 일을 할 수 있습니다.",
                "Your role requires a second factor. Begin one to go on.",
            )) }
        }
        @match left {
            None => (form(visit, "/second-factor/begin", &html! {
                button { (visit.say("2단계 인증 켜기", "Begin a second factor")) }
            })),
            Some(left) => (held(visit, left)),
        }
    };
    Ok(done(visit, error, &body))
}

fn head(visit: &Visit, error: Option<&ConsoleError>) -> Markup {
    html! {
        h1 { (title(visit)) }
        p .lead { (visit.say(
            "비밀번호에 더해, 전화기의 인증 앱이 30초마다 만드는 여섯 자리 번호를 묻습니다. 비밀번호를 누가 알아도 전화기 없이는 들어오지 못합니다.",
            "Beside the password, the six digits that an authenticator app on your phone makes every half minute. Whoever learns the password does not get in without the phone.",
        )) }
        @if let Some(error) = error {
            p .notice .danger role="alert" { (said::error(visit.language, error)) }
        }
    }
}

fn title(visit: &Visit) -> &'static str {
    visit.say("2단계 인증", "Second factor")
}

fn done(visit: &Visit, error: Option<&ConsoleError>, body: &Markup) -> Answer {
    let status = error.map_or(StatusCode::OK, ConsoleError::status);
    answer::page(status, page(visit, title(visit), body))
}

/// What can be done with a factor: each asks for a code of it.
fn held(visit: &Visit, left: usize) -> Markup {
    let left = match visit.language {
        modu_kernel::Language::Ko => format!("켜져 있습니다. 복구 번호가 {left}개 남았습니다."),
        modu_kernel::Language::En => format!("It is on; {left} recovery codes are left."),
    };
    let section = |name: &'static str, action: &str, heading: &str, button: &str| {
        html! { section {
            h2 { (heading) }
            (form(visit, action, &html! {
                (code_field(visit, name))
                button { (button) }
            }))
        } }
    };
    html! {
        p { (left) }
        (section("code", "/second-factor/codes",
            visit.say("복구 번호 새로 받기", "New recovery codes"),
            visit.say("새로 받기", "Get new ones")))
        (section("end-code", "/second-factor/end",
            visit.say("2단계 인증 끄기", "End the second factor"),
            visit.say("끄기", "End it")))
    }
}

/// A field for a code; its name stands once on a page.
pub(super) fn code_field(visit: &Visit, id: &str) -> Markup {
    let hint = visit.say(
        "앱의 여섯 자리 번호. 전화기가 없으면 복구 번호.",
        "The six digits of the app; a recovery code without the phone.",
    );
    field(
        id,
        visit.say("인증번호", "Code"),
        Some(hint),
        &html! {
            input id=(id) name="code" required autocomplete="one-time-code" autocapitalize="none"
                maxlength="40" aria-describedby=(format!("{id}-hint"));
        },
    )
}

pub(crate) fn begin(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let person = asked.visit.signed_in()?;
    let secret = asked.office.accounts().begin_factor(person.id);
    match secret {
        Ok(secret) => offered(asked, person, &secret, None),
        Err(AccountError::HasFactor) => Ok(answer::redirect("/second-factor", &[])),
        Err(error) => Err(error.into()),
    }
}

/// The page with the secret; it is the answer to a form and to nothing else,
/// so that nobody is brought to confirm what another has begun.
fn offered(
    asked: &Asked<'_>,
    person: &Person,
    secret: &Secret,
    error: Option<&ConsoleError>,
) -> Result<Answer, ConsoleError> {
    let visit = &asked.visit;
    let login = asked.office.accounts().login_of(person.id)?;
    let uri = uri(secret, login.as_deref().unwrap_or(person.name.as_str()));
    let picture = visit.say(
        "인증 앱으로 찍을 QR 코드",
        "QR code for an authenticator app",
    );
    let body = html! {
        (head(visit, error))
        ol {
            li {
                p { (visit.say("인증 앱으로 이것을 찍으십시오. 이 화면에만 나옵니다.", "Scan this with an authenticator app. It is shown here only.")) }
                @if let Some(squares) = squares(&uri) { (squares.drawn(picture)) }
                p { (visit.say("찍을 수 없으면 이 글자를 앱에 넣으십시오.", "Or type this into the app.")) }
                p { code .block { (spaced(&secret.base32())) } }
                p { a href=(uri) { (visit.say("이 기기의 앱에서 열기", "Open in an app on this device")) } }
            }
            li { (form(visit, "/second-factor/confirm", &html! {
                (code_field(visit, "code"))
                button { (visit.say("확인하고 켜기", "Confirm")) }
            })) }
        }
    };
    Ok(done(visit, error, &body))
}

pub(crate) fn confirm(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let person = asked.visit.signed_in()?;
    let now = asked.office.now();
    let code = asked.form.get("code");
    let confirmed = asked.office.accounts().confirm_factor(person.id, code, now);
    match confirmed {
        Ok(confirmed) => {
            let session = confirmed.session.reveal();
            let seconds = SESSION_LASTS.as_secs();
            let cookie = asked.entrance.cookie(Cookie::Session, &session, seconds);
            // Forms of the page belong to the new session.
            let visit = asked.visit.in_session(confirmed.session);
            Ok(answer::with_cookies(
                codes_page(&visit, &confirmed.codes),
                &[cookie],
            ))
        }
        Err(error @ (AccountError::WrongCode | AccountError::TooMany(_))) => {
            let secret = asked.office.accounts().factor_to_confirm(person.id)?;
            offered(asked, person, &secret, Some(&error.into()))
        }
        Err(error) => refused(asked, error),
    }
}

pub(crate) fn renew(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let person = asked.visit.signed_in()?.id;
    let (code, now) = (asked.form.get("code"), asked.office.now());
    let codes = asked.office.accounts().renew_codes(person, code, now);
    match codes {
        Ok(codes) => Ok(codes_page(&asked.visit, &codes)),
        Err(error) => refused(asked, error),
    }
}

pub(crate) fn end(asked: &Asked<'_>) -> Result<Answer, ConsoleError> {
    let person = asked.visit.signed_in()?.id;
    let (code, now) = (asked.form.get("code"), asked.office.now());
    let ended = asked.office.accounts().end_factor(person, code, now);
    match ended {
        Ok(()) => Ok(answer::redirect("/second-factor", &[])),
        Err(error) => refused(asked, error),
    }
}

/// The page again, with what was wrong.
fn refused(asked: &Asked<'_>, error: AccountError) -> Result<Answer, ConsoleError> {
    let error = ConsoleError::from(error);
    match error.status() {
        StatusCode::INTERNAL_SERVER_ERROR => Err(error),
        _ => shown(asked, Some(&error)),
    }
}

fn codes_page(visit: &Visit, codes: &[String]) -> Answer {
    let body = html! {
        h1 { (title(visit)) }
        div .notice role="status" {
            p { (visit.say(
                "켜졌습니다. 전화기를 잃었을 때 쓸 복구 번호입니다. 이 화면에만 나오고, 하나를 한 번씩 쓸 수 있습니다. 적어서 따로 두십시오.",
                "It is on. These recovery codes are for when the phone is lost: they are shown here only, and each works once. Write them down and keep them elsewhere.",
            )) }
            ul { @for code in codes { li { code { (code) } } } }
        }
        p { a href="/" { (visit.say("첫 화면으로", "To the front page")) } }
    };
    answer::page(StatusCode::OK, page(visit, title(visit), &body))
}

fn spaced(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let groups: Vec<String> = letters
        .chunks(4)
        .map(|four| four.iter().collect())
        .collect();
    groups.join(" ")
}

/// As authenticator apps read it (the Key URI Format of Google Authenticator,
/// which others follow); what it does not say is SHA-1, six digits, 30 seconds.
fn uri(secret: &Secret, who: &str) -> String {
    let mut uri = String::from("otpauth://totp/");
    if let Ok(mut label) = Url::parse("path:/") {
        label.set_path(&format!("/{}", who.replace(['/', '?', '#', ':'], "-")));
        uri.push_str("Modu:");
        uri.push_str(label.path().trim_start_matches('/'));
    }
    uri.push_str(&format!("?secret={}&issuer=Modu", secret.base32()));
    uri
}

/// The dark squares of a QR code, as a path.
struct Squares {
    path: String,
    side: usize,
}

fn squares(text: &str) -> Option<Squares> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (at, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let (x, y) = (at % width + QUIET, at / width + QUIET);
            path.push_str(&format!("M{x} {y}h1v1h-1z"));
        }
    }
    let side = width + 2 * QUIET;
    Some(Squares { path, side })
}

impl Squares {
    /// Dark on white whatever the page's colours are.
    fn drawn(&self, name: &str) -> Markup {
        let side = self.side;
        html! {
            svg role="img" aria-label=(name) width="240" height="240"
                viewBox=(format!("0 0 {side} {side}")) shape-rendering="crispEdges" {
                rect width=(side) height=(side) fill="#ffffff" {}
                path d=(self.path) fill="#000000" {}
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use modu_programme::account::Accounts;
    use modu_programme::{PersonId, Sequence};

    use super::*;

    #[test]
    fn an_app_is_told_the_secret_and_whose_it_is() {
        let mut accounts = Accounts::in_memory().unwrap();
        let secret = accounts.begin_factor(PersonId(Sequence(1))).unwrap();
        let uri = uri(&secret, "김 &?#:/b");
        let told = Url::parse(&uri).unwrap();
        assert_eq!((told.scheme(), told.host_str()), ("otpauth", Some("totp")));
        assert_eq!(told.path(), "/Modu:%EA%B9%80%20&----b");
        let query: Vec<(String, String)> = told.query_pairs().into_owned().collect();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            query,
            [pair("secret", &secret.base32()), pair("issuer", "Modu")]
        );
    }

    #[test]
    fn a_qr_code_has_white_around_it() {
        let squares = squares("otpauth://totp/Modu:kim?secret=ABC&issuer=Modu").unwrap();
        // The first dark square is the corner of the first finder pattern.
        assert!(squares.path.starts_with("M4 4h1v1h-1z"), "{}", squares.path);
        assert!(squares.side >= 21 + 2 * QUIET);
    }
}
