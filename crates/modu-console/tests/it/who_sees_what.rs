//! Every page as everybody, and what one party must not see of another.

use crate::server::{PEOPLE, Server};

/// Pages, and the logins that get them; others are told that there is none, or
/// to sign in.
const PAGES: [(&str, &[&str]); 37] = [
    ("/", EVERYBODY),
    ("/evidence", EVERYBODY),
    ("/style.css", EVERYBODY),
    ("/health", EVERYBODY),
    ("/trusted-root", EVERYBODY),
    ("/ready", EVERYBODY),
    ("/metrics", EVERYBODY),
    ("/engines", EVERYBODY),
    ("/engines/proof", EVERYBODY),
    ("/engines/route", EVERYBODY),
    ("/engines/vuln", EVERYBODY),
    ("/engines/care", EVERYBODY),
    ("/account", SIGNED_IN),
    ("/keys", SIGNED_IN),
    ("/desk", SIGNED_IN),
    ("/system", &["operator", "auditor"]),
    ("/second-factor", SIGNED_IN),
    ("/live.js", EVERYBODY),
    ("/projects.csv", EVERYBODY),
    ("/projects.xlsx", EVERYBODY),
    ("/people.csv", &["operator", "auditor"]),
    ("/people.xlsx", &["operator", "auditor"]),
    ("/history.csv", &["operator", "auditor"]),
    ("/history.xlsx", &["operator", "auditor"]),
    ("/jobs/1", &[]),
    ("/jobs/1/events", &[]),
    ("/notices", SIGNED_IN),
    ("/mailbox/nothing", &[]),
    ("/webhooks", WEBHOOKS),
    ("/needs/new", &["agency", "agency2"]),
    ("/people", &["operator", "auditor"]),
    ("/history", &["operator", "auditor"]),
    ("/data", SEE_DATA),
    ("/data/1", &[]),
    ("/nodes", SEE_DATA),
    ("/shown", &["operator", "auditor"]),
    ("/nothing/here", &[]),
];

const SEE_DATA: &[&str] = &["operator", "agency", "agency2", "auditor"];

/// Those who act for an organisation that may have programs told.
const WEBHOOKS: &[&str] = &["operator", "agency", "agency2", "supplier1", "supplier2"];

const SIGNED_IN: &[&str] = &[
    "operator",
    "evaluator1",
    "evaluator2",
    "agency",
    "agency2",
    "supplier1",
    "supplier2",
    "auditor",
];

const EVERYBODY: &[&str] = &[
    "",
    "operator",
    "evaluator1",
    "evaluator2",
    "agency",
    "agency2",
    "supplier1",
    "supplier2",
    "auditor",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_shown_to_those_whose_it_is() {
    let server = Server::start().await;
    let mut logins = vec![""];
    logins.extend(PEOPLE.map(|(login, ..)| login));
    for login in logins {
        let browser = match login {
            "" => server.browser(),
            login => server.signed_in(login).await,
        };
        for (path, whose) in PAGES {
            let status = browser.get(path).await.status;
            let expected = match (whose.contains(&login), login, path) {
                (true, ..) => 200,
                (
                    false,
                    "",
                    "/needs/new" | "/people" | "/history" | "/keys" | "/desk" | "/system"
                    | "/account" | "/second-factor" | "/people.csv" | "/people.xlsx"
                    | "/history.xlsx" | "/history.csv" | "/jobs/1" | "/jobs/1/events" | "/notices"
                    | "/mailbox/nothing" | "/webhooks" | "/data" | "/data/1" | "/nodes" | "/shown",
                ) => 303,
                (false, ..) => 404,
            };
            assert_eq!(status, expected, "{path} as `{login}`");
        }
    }
}

/// An address, fields, and the logins from which it is taken.
type FormOf = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static [&'static str],
);

const ENROLMENT: &[(&str, &str)] = &[("organisation", "1"), ("name", "n"), ("role", "Evaluator")];

/// For the first agency; a key is one node's, so it is let in once.
const NODE: &[(&str, &str)] = &[
    ("organisation", "AGENCY"),
    ("name", "n"),
    (
        "key",
        "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    ),
];

/// Forms, with enough in them to get past reading, and who may send each.
const FORMS: [FormOf; 26] = [
    ("/needs/new", &[("title", "t")], &["agency", "agency2"]),
    (
        "/people/organisation",
        &[("name", "새 기관"), ("kind", "Supplier")],
        &["operator"],
    ),
    ("/people/3/suspend", &[], &["operator"]),
    ("/people/3/reinstate", &[], &["operator"]),
    ("/people/15/link", &[], &["operator"]),
    ("/people/15/factor", &[], &["operator"]),
    ("/account/sessions/end", &[], SIGNED_IN),
    ("/account/sessions/0123456789abcdef/end", &[], &[]),
    ("/second-factor/begin", &[], SIGNED_IN),
    ("/people/enrol", ENROLMENT, &["operator"]),
    ("/keys", &[("name", "k")], SIGNED_IN),
    ("/jobs/1/cancel", &[], &[]),
    ("/projects/1/demonstrate", &[("dataset", "1")], &[]),
    ("/nodes", NODE, &["operator"]),
    ("/nodes/9999/end", &[], &[]),
    ("/shown/0123456789abcdef/end", &[], &[]),
    ("/keys/9999/end", &[], &[]),
    ("/notices/read", &[("last", "1")], SIGNED_IN),
    // No mail is sent here.
    ("/notices/mail", &[("address", "a@b.example")], &[]),
    ("/notices/mail/end", &[], SIGNED_IN),
    ("/mailbox/nothing", &[], &[]),
    (
        "/webhooks",
        &[("address", "https://hooks.example/")],
        WEBHOOKS,
    ),
    ("/webhooks/9999/end", &[], &[]),
    ("/webhooks/9999/start", &[], &[]),
    ("/webhooks/9999/try", &[], &[]),
    ("/projects/1/close", &[("reason", "r")], &[]),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_form_is_taken_from_those_who_may_and_from_nobody_else() {
    let server = Server::start().await;
    let agency = server.agency.to_string();
    for (login, ..) in PEOPLE {
        let browser = server.signed_in(login).await;
        for (path, fields, whose) in FORMS {
            let named = |value| match value {
                "AGENCY" => agency.as_str(),
                value => value,
            };
            let fields = fields.iter().map(|(name, value)| (*name, named(*value)));
            let fields: Vec<_> = fields.collect();
            let answer = browser.fill(path, &fields).await;
            let taken = answer.status == 303 || answer.status == 200;
            assert_eq!(
                taken,
                whose.contains(&login),
                "{path} as {login}: {}",
                answer.status
            );
            if !taken {
                assert!(
                    [403, 404, 409].contains(&answer.status),
                    "{path} as {login}: {}",
                    answer.status
                );
            }
        }
    }
    // Nobody signed in: every form leads to signing in.
    for (path, fields, _) in FORMS {
        let answer = server.browser().send(path, fields).await;
        assert_eq!(
            (answer.status, answer.place().starts_with("/sign-in")),
            (303, true),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rivals_proposal_is_not_shown() {
    let server = Server::start().await;
    let agency = server.signed_in("agency").await;
    let operator = server.signed_in("operator").await;
    let place = agency
        .done("/needs/new", &[("title", "수요"), ("description", "")])
        .await;
    let until = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
    let until = jiff::tz::Offset::constant(9).to_datetime(until);
    let closes = until.strftime("%Y-%m-%dT%H:%M").to_string();
    operator
        .done(&format!("{place}/open-call"), &[("closes", &closes)])
        .await;
    let secret = [
        ("title", "비밀스러운 제안"),
        ("summary", "남이 보면 안 됩니다"),
        ("solution", ""),
    ];
    let owner = server.signed_in("supplier1").await;
    owner.done(&format!("{place}/propose"), &secret).await;
    for (login, sees) in [
        ("supplier1", true),
        ("operator", true),
        ("agency", true),
        ("auditor", true),
        ("supplier2", false),
        ("agency2", false),
        ("evaluator1", false),
    ] {
        let page = server.signed_in(login).await.get(&place).await;
        assert_eq!(page.status, 200);
        for words in ["비밀스러운 제안", "남이 보면 안 됩니다"] {
            assert_eq!(page.body.contains(words), sees, "{login}: {words}");
        }
    }
    assert!(
        !server
            .browser()
            .get(&place)
            .await
            .body
            .contains("비밀스러운")
    );
    // A rival cannot take it back either.
    let proposal = {
        let kept = server.office.kept();
        let project = kept.programme().projects().values().next().unwrap();
        project.proposals.keys().next().unwrap().to_string()
    };
    let rival = server.signed_in("supplier2").await;
    let answer = rival
        .fill(&format!("{place}/withdraw"), &[("proposal", &proposal)])
        .await;
    assert_eq!(answer.status, 403);
}

/// Addresses that the tables above leave to tests of their own: who is asked
/// is not the point of them, or they need something that there is not yet.
const ELSEWHERE: [(&str, &str); 28] = [
    // `attackers`, `journey`: signing in and out, links, languages.
    ("GET", "/language/{}"),
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/sign-out"),
    // `provider`.
    ("GET", "/sign-in/openid/{}"),
    ("GET", "/sign-in/openid/{}/callback"),
    ("GET", "/welcome/{}/openid/{}"),
    // `account`: it takes the password until now.
    ("POST", "/account/password"),
    // `second_factor`.
    ("GET", "/sign-in/code"),
    ("POST", "/sign-in/code"),
    ("POST", "/second-factor/confirm"),
    ("POST", "/second-factor/codes"),
    ("POST", "/second-factor/end"),
    ("POST", "/people/second-factor"),
    ("GET", "/welcome/{}"),
    ("POST", "/welcome/{}"),
    // `journey` and the tests of proposals above.
    ("GET", "/projects/{}"),
    ("GET", "/projects/{}/results"),
    // `recorded`.
    ("GET", "/projects/{}/results.csv"),
    ("GET", "/projects/{}/results.xlsx"),
    ("GET", "/evidence/{}/tables/{}"),
    ("GET", "/shown/{}"),
    ("POST", "/projects/{}/{}"),
    ("GET", "/evidence/{}"),
    ("GET", "/evidence/{}/bundle"),
    ("GET", "/evidence/{}/released/{}"),
    ("GET", "/evidence/{}/released/{}/{}"),
    ("GET", "/engines/{}"),
];

#[test]
fn no_address_is_left_out() {
    let like = |pattern: &str, path: &str| {
        let (pattern, path): (Vec<_>, Vec<_>) =
            (pattern.split('/').collect(), path.split('/').collect());
        let mut parts = pattern.iter().zip(&path);
        pattern.len() == path.len() && parts.all(|(a, b)| a == b || *a == "{}")
    };
    for (method, pattern) in modu_console::addresses() {
        let tried = match method {
            "GET" => PAGES.iter().any(|(path, _)| like(pattern, path)),
            _ => FORMS.iter().any(|(path, ..)| like(pattern, path)),
        };
        let elsewhere = ELSEWHERE.contains(&(method, pattern));
        assert!(tried || elsewhere, "{method} {pattern}");
    }
}
