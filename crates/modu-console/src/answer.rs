//! Answers: pages, redirects and downloads, each with the headers that keep a
//! browser from doing what no page here asks of it.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION,
    REFERRER_POLICY, RETRY_AFTER, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use maud::Markup;

/// No script, no frame, nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; \
    form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
/// The same with our own script, for the one page that has some.
const SCRIPT_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; \
    script-src 'self'; connect-src 'self'; \
    form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
/// A report is a document of its own with its styles inside; it may do nothing.
const REPORT_POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; \
    img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

pub(crate) type Answer = Response<Body>;

fn answer(status: StatusCode, kind: &'static str, policy: &'static str, body: Body) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let headers: [(HeaderName, &'static str); 6] = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "same-origin"),
        (CACHE_CONTROL, "no-store"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in headers {
        answer
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    if status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE {
        answer
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from_static("5"));
    }
    answer
}

/// A page of the console.
pub(crate) fn page(status: StatusCode, markup: Markup) -> Answer {
    let body = Body::from(markup.into_string());
    answer(status, "text/html; charset=utf-8", POLICY, body)
}

/// A page that our own script keeps up to date.
pub(crate) fn page_with_script(markup: Markup) -> Answer {
    let body = Body::from(markup.into_string());
    answer(
        StatusCode::OK,
        "text/html; charset=utf-8",
        SCRIPT_POLICY,
        body,
    )
}

/// Our own script.
pub(crate) fn script(text: &'static str) -> Answer {
    let kind = "text/javascript; charset=utf-8";
    answer(StatusCode::OK, kind, POLICY, Body::from(text))
}

/// A report that an engine wrote, shown as it is and able to do nothing.
pub(crate) fn report(bytes: Vec<u8>) -> Answer {
    let body = Body::from(bytes);
    answer(
        StatusCode::OK,
        "text/html; charset=utf-8",
        REPORT_POLICY,
        body,
    )
}

/// A report that is of one person: no search engine keeps it, and where it
/// leads is not told where it came from.
pub(crate) fn private_report(bytes: Vec<u8>) -> Answer {
    let mut answer = report(bytes);
    let headers = answer.headers_mut();
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("x-robots-tag", HeaderValue::from_static("noindex"));
    answer
}

/// A file to keep.
pub(crate) fn download(kind: &'static str, name: &str, bytes: Vec<u8>) -> Answer {
    let mut answer = answer(StatusCode::OK, kind, REPORT_POLICY, Body::from(bytes));
    let disposition = format!("attachment; filename=\"{name}\"");
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        answer.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    answer
}

/// Plain text, for programs that watch the server.
pub(crate) fn text(status: StatusCode, text: impl Into<String>) -> Answer {
    let body = Body::from(text.into());
    answer(status, "text/plain; charset=utf-8", POLICY, body)
}

/// A picture that an engine drew, shown as it is and able to do nothing.
pub(crate) fn picture(bytes: Vec<u8>) -> Answer {
    let body = Body::from(bytes);
    answer(StatusCode::OK, "image/svg+xml", REPORT_POLICY, body)
}

/// Events as they come, which nobody on the way may hold back.
pub(crate) fn events(body: Body) -> Answer {
    let mut answer = answer(StatusCode::OK, "text/event-stream", POLICY, body);
    let name = HeaderName::from_static("x-accel-buffering");
    answer
        .headers_mut()
        .insert(name, HeaderValue::from_static("no"));
    answer
}

/// The style sheet, which may be kept for a while.
pub(crate) fn style(text: &'static str) -> Answer {
    let body = Body::from(text);
    let mut answer = answer(StatusCode::OK, "text/css; charset=utf-8", POLICY, body);
    let keep = HeaderValue::from_static("public, max-age=3600");
    answer.headers_mut().insert(CACHE_CONTROL, keep);
    answer
}

/// To another page of ours, with cookies to set.
pub(crate) fn redirect(to: &str, cookies: &[String]) -> Answer {
    let mut answer = answer(
        StatusCode::SEE_OTHER,
        "text/plain; charset=utf-8",
        POLICY,
        Body::empty(),
    );
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    answer.headers_mut().insert(LOCATION, to);
    with_cookies(answer, cookies)
}

/// The answer, with cookies to set.
pub(crate) fn with_cookies(mut answer: Answer, cookies: &[String]) -> Answer {
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(cookie) {
            answer.headers_mut().append(SET_COOKIE, value);
        }
    }
    answer
}

/// A place of this site to come back to: anything else is the front page, so
/// that no link of ours leads a visitor away.
pub(crate) fn own_place(asked: &str) -> &str {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.:?=&%".contains(c);
    match asked.starts_with('/') && !asked.starts_with("//") && asked.chars().all(plain) {
        true => asked,
        false => "/",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_comes_back_to_our_own_places_only() {
        assert_eq!(own_place("/projects/12?a=b"), "/projects/12?a=b");
        for elsewhere in [
            "//evil.example",
            "https://evil.example",
            "/\\evil",
            "",
            "javascript:1",
            "/a\r\nSet-Cookie: x",
        ] {
            assert_eq!(own_place(elsewhere), "/", "{elsewhere}");
        }
    }
}
