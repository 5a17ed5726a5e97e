//! Texts that are meant to be more than text, in every field that takes any.

use crate::server::{Browser, Server};

/// Breaks out of attributes and elements, in Korean too.
const MARKUP: &str = "\"'><script>alert('한글')</script><img src=x onerror=alert(1)>";
/// Breaks out of a statement of SQL.
const STATEMENT: &str = "'); DROP TABLE entry; DROP TABLE session; -- 한글";

/// Writes a text into every field that takes one, and gives the pages on which
/// it then stands, with who sees most of them.
async fn written_everywhere(server: &Server, text: &str) -> Vec<(Browser, Vec<String>)> {
    let operator = server.signed_in("operator").await;
    operator
        .done(
            "/people/organisation",
            &[("name", text), ("kind", "Supplier")],
        )
        .await;
    let organisation = {
        let kept = server.office.kept();
        kept.programme().last().to_string()
    };
    let enrolment = [
        ("organisation", organisation.as_str()),
        ("name", text),
        ("role", "Supplier"),
    ];
    let answer = operator.fill("/people/enrol", &enrolment).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(operator.fill("/keys", &[("name", text)]).await.status, 200);
    let agency = server.signed_in("agency").await;
    let place = agency
        .done("/needs/new", &[("title", text), ("description", text)])
        .await;
    let until = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
    let until = jiff::tz::Offset::constant(9).to_datetime(until);
    let closes = until.strftime("%Y-%m-%dT%H:%M").to_string();
    operator
        .done(&format!("{place}/open-call"), &[("closes", &closes)])
        .await;
    let supplier = server.signed_in("supplier1").await;
    let proposal = [("title", text), ("summary", text), ("solution", "")];
    supplier.done(&format!("{place}/propose"), &proposal).await;
    operator
        .done(&format!("{place}/close"), &[("reason", text)])
        .await;
    let pages = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect();
    vec![
        (
            operator,
            pages(&["/", "/people", "/history", "/keys", &place]),
        ),
        (agency, pages(&["/", &place])),
        (supplier, pages(&[&place])),
        (server.browser(), pages(&["/", &place])),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_in_any_field_is_shown_and_never_run() {
    let server = Server::start().await;
    for (browser, pages) in written_everywhere(&server, MARKUP).await {
        for path in pages {
            let page = browser.get(&path).await;
            assert_eq!(page.status, 200, "{path}");
            assert!(
                page.body.contains("&lt;script&gt;"),
                "{path} does not show it"
            );
            for raw in ["<script", "<img src=x", "\"'>"] {
                assert!(!page.body.contains(raw), "{path} has {raw}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_of_sql_in_any_field_is_a_text_as_any_other() {
    let server = Server::start().await;
    let browsers = written_everywhere(&server, STATEMENT).await;
    for (browser, pages) in &browsers {
        for path in pages {
            let page = browser.get(path).await;
            assert_eq!(page.status, 200, "{path}");
            assert!(page.body.contains("DROP TABLE entry"), "{path}");
        }
    }
    // Names and passwords are looked up with them too, and links and numbers.
    let nobody = server.browser();
    for login in ["' OR '1'='1", "operator' --", STATEMENT] {
        let fields = [("login", login), ("password", login), ("to", "/")];
        assert_eq!(
            nobody.send("/sign-in", &fields).await.status,
            422,
            "{login}"
        );
    }
    for path in [
        "/projects/1%20OR%201=1",
        "/welcome/%27%20OR%201=1",
        "/evidence/0;--",
    ] {
        assert_eq!(nobody.get(path).await.status, 404, "{path}");
    }
    // Everything is still there, and the chain holds.
    let mut kept = server.office.kept();
    let last = kept.programme().last();
    kept.catch_up().unwrap();
    assert_eq!(kept.programme().last(), last);
    assert_eq!(kept.programme().projects().len(), 1);
}
