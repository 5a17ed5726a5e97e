//! Every address of the console, in one table.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use modu_programme::Office;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::watch;

use crate::answer::Answer;
use crate::entrance::Entrance;
use crate::error::ConsoleError;
use crate::form::{Form, MAX_FORM_BYTES};
use crate::meter::{Meter, Pattern};
use crate::page;
use crate::page::live::Streams;
use crate::serve::Stopping;
use crate::visit::Visit;

/// A request as a page takes it.
pub(crate) struct Asked<'r> {
    pub(crate) office: &'r Office,
    pub(crate) meter: &'r Meter,
    pub(crate) entrance: &'r Entrance,
    pub(crate) headers: &'r HeaderMap,
    pub(crate) visit: Visit,
    /// What stands in the places of `{}`.
    pub(crate) names: Vec<&'r str>,
    pub(crate) query: Form,
    pub(crate) form: Form,
    pub(crate) address: String,
    /// Who is sent what comes as it comes.
    pub(crate) streams: &'r Streams,
    /// Turns true when the server stops; `None` where nobody listens to that.
    pub(crate) stopping: Option<watch::Receiver<bool>>,
}

impl Asked<'_> {
    /// The number in place of the `{}` with this index.
    pub(crate) fn number<T: std::str::FromStr>(&self, index: usize) -> Result<T, ConsoleError> {
        let name = self.names.get(index).ok_or(ConsoleError::NotFound)?;
        name.parse().map_err(|_| ConsoleError::NotFound)
    }
}

type Page = fn(&Asked<'_>) -> Result<Answer, ConsoleError>;

/// Whether a form must carry its session's key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// Nothing: it is read.
    Nothing,
    /// A form of a session.
    Form,
    /// A form of somebody who has no session yet.
    OpenForm,
}

use Takes::{Form as Keyed, Nothing, OpenForm};

const ROUTES: [(&str, Takes, Page); 85] = [
    ("/", Nothing, page::home::show),
    ("/style.css", Nothing, page::style),
    ("/health", Nothing, page::health),
    ("/ready", Nothing, page::ready),
    ("/metrics", Nothing, page::metrics),
    ("/language/{}", Nothing, page::language),
    ("/sign-in", Nothing, page::sign_in::show),
    ("/sign-in", OpenForm, page::sign_in::enter),
    ("/sign-in/code", Nothing, page::sign_in::code),
    ("/sign-in/code", OpenForm, page::sign_in::enter_code),
    ("/sign-in/openid/{}", Nothing, page::openid::leave),
    (
        "/sign-in/openid/{}/callback",
        Nothing,
        page::openid::come_back,
    ),
    ("/sign-out", Keyed, page::sign_in::leave),
    ("/account", Nothing, page::account::show),
    ("/account/password", Keyed, page::account::change_password),
    ("/account/sessions/end", Keyed, page::account::end_others),
    ("/account/sessions/{}/end", Keyed, page::account::end),
    ("/second-factor", Nothing, page::second_factor::show),
    ("/second-factor/begin", Keyed, page::second_factor::begin),
    (
        "/second-factor/confirm",
        Keyed,
        page::second_factor::confirm,
    ),
    ("/second-factor/codes", Keyed, page::second_factor::renew),
    ("/second-factor/end", Keyed, page::second_factor::end),
    ("/welcome/{}", Nothing, page::welcome::show),
    ("/welcome/{}", OpenForm, page::welcome::take),
    (
        "/welcome/{}/openid/{}",
        Nothing,
        page::openid::leave_to_bind,
    ),
    ("/needs/new", Nothing, page::need::show),
    ("/needs/new", Keyed, page::need::publish),
    ("/projects/{}", Nothing, page::project::show),
    ("/projects/{}/results", Nothing, page::results::show),
    ("/projects/{}/results.csv", Nothing, page::compared::show),
    ("/projects/{}/results.xlsx", Nothing, page::compared::show),
    ("/projects/{}/demonstrate", Keyed, page::job::ask),
    ("/projects/{}/{}", Keyed, page::step::take),
    ("/jobs/{}", Nothing, page::job::show),
    ("/jobs/{}/cancel", Keyed, page::job::cancel),
    ("/jobs/{}/events", Nothing, page::live::events),
    ("/live.js", Nothing, page::job::script),
    ("/data", Nothing, page::data::list),
    ("/data/{}", Nothing, page::data::show),
    ("/nodes", Nothing, page::node::show),
    ("/nodes", Keyed, page::node::admit),
    ("/nodes/{}/end", Keyed, page::node::shut_out),
    ("/desk", Nothing, page::desk::show),
    ("/system", Nothing, page::system::show),
    ("/engines", Nothing, page::engine::list),
    ("/engines/{}", Nothing, page::engine::show),
    ("/shown", Nothing, page::links::list),
    ("/shown/{}", Nothing, page::shown::show),
    ("/shown/{}/end", Keyed, page::links::end),
    ("/evidence", Nothing, page::evidence::list),
    ("/evidence/{}", Nothing, page::evidence::show),
    ("/evidence/{}/bundle", Nothing, page::evidence::bundle),
    (
        "/evidence/{}/released/{}",
        Nothing,
        page::evidence::released,
    ),
    (
        "/evidence/{}/released/{}/{}",
        Nothing,
        page::evidence::picture,
    ),
    (
        "/evidence/{}/tables/{}",
        Nothing,
        page::engine::tables::show,
    ),
    ("/trusted-root", Nothing, page::evidence::trusted_root),
    ("/projects.csv", Nothing, page::export::projects),
    ("/projects.xlsx", Nothing, page::export::projects),
    ("/people.csv", Nothing, page::export::people),
    ("/people.xlsx", Nothing, page::export::people),
    ("/history.csv", Nothing, page::export::history),
    ("/history.xlsx", Nothing, page::export::history),
    ("/people", Nothing, page::people::show),
    ("/people/organisation", Keyed, page::people::register),
    ("/people/enrol", Keyed, page::people::enrol),
    ("/people/second-factor", Keyed, page::people::require_factor),
    ("/people/{}/link", Keyed, page::people::link),
    ("/people/{}/factor", Keyed, page::people::take_factor),
    ("/people/{}/suspend", Keyed, page::people::suspend),
    ("/people/{}/reinstate", Keyed, page::people::reinstate),
    ("/keys", Nothing, page::keys::show),
    ("/keys", Keyed, page::keys::make),
    ("/keys/{}/end", Keyed, page::keys::end),
    ("/history", Nothing, page::history::show),
    ("/notices", Nothing, page::notices::show),
    ("/notices/read", Keyed, page::notices::read),
    ("/notices/mail", Keyed, page::notices::ask_mail),
    ("/notices/mail/end", Keyed, page::notices::end_mail),
    ("/mailbox/{}", Nothing, page::notices::came_back),
    ("/mailbox/{}", Keyed, page::notices::confirm),
    ("/webhooks", Nothing, page::webhooks::show),
    ("/webhooks", Keyed, page::webhooks::add),
    ("/webhooks/{}/end", Keyed, page::webhooks::end),
    ("/webhooks/{}/start", Keyed, page::webhooks::start),
    ("/webhooks/{}/try", Keyed, page::webhooks::try_out),
];

/// What somebody gets at who must begin a second factor before anything else.
const BEFORE_FACTOR: [&str; 6] = [
    "/second-factor",
    "/second-factor/begin",
    "/second-factor/confirm",
    "/sign-out",
    "/style.css",
    "/language/{}",
];

/// The console as a service; what it answers is counted by the meter of the
/// server ([`crate::serve`]).
pub fn router(office: Office, meter: Meter, entrance: Entrance) -> Router {
    let state = (office, meter, Arc::new(entrance), Streams::default());
    Router::new().fallback(handle).with_state(state)
}

/// Every address and what it takes: `GET`, or `POST` of a form. For tests that
/// leave none out.
#[must_use]
pub fn addresses() -> Vec<(&'static str, &'static str)> {
    let method = |takes| if takes == Nothing { "GET" } else { "POST" };
    let routes = ROUTES.iter();
    routes
        .map(|(pattern, takes, _)| (method(*takes), *pattern))
        .collect()
}

type Held = (Office, Meter, Arc<Entrance>, Streams);

async fn handle(
    State((office, meter, entrance, streams)): State<Held>,
    request: Request,
) -> Answer {
    let (parts, body) = request.into_parts();
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let address = entrance.address(&parts.headers, peer.map(|info| info.0.ip()));
    let stopping = parts.extensions.get::<Stopping>().map(|it| it.0.clone());
    let Ok(body) = to_bytes(body, MAX_FORM_BYTES).await else {
        return page::failure(&Visit::nobody(parts.uri.path()), &ConsoleError::TooLarge);
    };
    // The database and the hashing of passwords take their time.
    let task = tokio::task::spawn_blocking(move || {
        let path = parts.uri.path().to_owned();
        let visit = match Visit::read(&office, &entrance, &parts.headers, &path) {
            Ok(visit) => visit,
            Err(error) => return page::failure(&Visit::nobody(&path), &error),
        };
        let shown = visit.clone();
        let query = parts.uri.query().unwrap_or_default();
        let answer = read_forms(query, &body).and_then(|(query, form)| {
            let (pattern, page, takes, names) = find(&parts.method, &path)?;
            if takes != Nothing && is_from_elsewhere(&parts.headers) {
                return Err(ConsoleError::StaleForm);
            }
            let known = |mut answer: Answer| {
                answer.extensions_mut().insert(Pattern(pattern));
                answer
            };
            if visit.lacks_factor && !BEFORE_FACTOR.contains(&pattern) {
                return Err(ConsoleError::NoFactorYet);
            }
            if takes == Keyed {
                visit.signed_in()?;
                visit.check_form(&form)?;
            }
            page(&Asked {
                office: &office,
                meter: &meter,
                entrance: &entrance,
                headers: &parts.headers,
                visit,
                names,
                query,
                form,
                address,
                streams: &streams,
                stopping,
            })
            .map(known)
        });
        answer.unwrap_or_else(|error| page::failure(&shown, &error))
    });
    match task.await {
        Ok(answer) => answer,
        Err(_) => answer_of_a_lost_thread(),
    }
}

/// Whether a browser says that another site sends it (W3C "Fetch Metadata").
/// The forms of a session have its key besides; those of somebody who has none
/// yet have only this.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site");
    site.is_some_and(|site| site != "same-origin" && site != "none")
}

fn read_forms(query: &str, body: &[u8]) -> Result<(Form, Form), ConsoleError> {
    Ok((Form::parse(query.as_bytes())?, Form::parse(body)?))
}

type Found<'p> = (&'static str, Page, Takes, Vec<&'p str>);

fn find<'p>(method: &Method, path: &'p str) -> Result<Found<'p>, ConsoleError> {
    let reads = *method == Method::GET || *method == Method::HEAD;
    let sends = *method == Method::POST;
    for (pattern, takes, page) in ROUTES {
        let asked = if takes == Nothing { reads } else { sends };
        if let Some(names) = matched(pattern, path).filter(|_| asked) {
            return Ok((pattern, page, takes, names));
        }
    }
    Err(ConsoleError::NotFound)
}

/// What stands in the places of `{}`, where a path has the pattern's form.
fn matched<'p>(pattern: &str, path: &'p str) -> Option<Vec<&'p str>> {
    let mut names = Vec::new();
    let (mut wanted, mut found) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return Some(names),
            (Some("{}"), Some(name)) if !name.is_empty() => names.push(name),
            (Some(wanted), Some(found)) if wanted == found => {}
            _ => return None,
        }
    }
}

fn answer_of_a_lost_thread() -> Answer {
    let mut answer = Answer::new(Body::from("500"));
    *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_a_patterns_form_or_not() {
        assert_eq!(matched("/projects/{}", "/projects/12"), Some(vec!["12"]));
        assert_eq!(
            matched("/projects/{}/{}", "/projects/12/call"),
            Some(vec!["12", "call"])
        );
        assert_eq!(matched("/", "/"), Some(vec![]));
        for other in [
            "/projects/",
            "/projects",
            "/projects/1/2",
            "/Projects/1",
            "//projects/1",
        ] {
            assert_eq!(matched("/projects/{}", other), None, "{other}");
        }
    }
}
