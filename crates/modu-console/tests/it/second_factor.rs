//! The code beside the password, as browsers meet it, and who tries to get by
//! without one.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use modu_console::Limits;
use modu_programme::PersonId;

use crate::server::{Browser, PHRASE, Server, Shown, still};

fn person(server: &Server, login: &str) -> PersonId {
    let kept = server.office.kept();
    let mut people = kept.programme().people().values();
    people
        .find(|person| person.name.as_str() == login)
        .unwrap()
        .id
}

/// The form key that a page carries.
fn key_on(page: &Shown) -> String {
    let (_, rest) = page.body.split_once("name=\"form_key\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// Somebody with a second factor, and the code of the next half minute, which
/// is good already and was not used.
async fn with_factor(server: &Server, login: &str) -> (Browser, String) {
    let browser = server.signed_in(login).await;
    let page = browser.fill("/second-factor/begin", &[]).await;
    assert_eq!(page.status, 200);
    let secret = server
        .office
        .accounts()
        .factor_to_confirm(person(server, login))
        .unwrap();
    let spaced: String = page
        .body
        .split("<code class=\"block\">")
        .nth(1)
        .unwrap()
        .into();
    let shown = spaced.split('<').next().unwrap().replace(' ', "");
    assert_eq!(shown, secret.base32());
    assert!(
        page.body.contains("<svg role=\"img\""),
        "a QR code is drawn"
    );
    let key = key_on(&page);
    let confirm = |code: String| {
        let key = key.clone();
        let browser = &browser;
        async move {
            let fields = [("form_key", key.as_str()), ("code", code.as_str())];
            browser.send("/second-factor/confirm", &fields).await
        }
    };
    let wrong = confirm("12345".to_owned()).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains(&spaced[..39]), "the same secret again");
    let done = confirm(secret.code_at(server.office.now())).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let next = server.office.now() + SignedDuration::from_secs(30);
    (browser, secret.code_at(next))
}

async fn password(browser: &Browser, login: &str, to: &str) -> Shown {
    let fields = [("login", login), ("password", PHRASE), ("to", to)];
    browser.send("/sign-in", &fields).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_second_factor_comes_in_with_password_and_code() {
    let server = Server::start_as(Limits::default(), still).await;
    let (first, code) = with_factor(&server, "agency").await;
    // The session in which it began goes on, as a new one.
    assert_eq!(first.get("/needs/new").await.status, 200);
    let browser = server.browser();
    let answer = password(&browser, "agency", "/needs/new").await;
    assert_eq!(
        (answer.status, answer.place()),
        (303, "/sign-in/code?to=/needs/new")
    );
    let cookies = answer.headers.get_all("set-cookie");
    for cookie in cookies {
        let cookie = cookie.to_str().unwrap();
        assert!(!cookie.starts_with("modu_session"), "{cookie}");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"));
    }
    // The password alone opens nothing.
    let turned_away = browser.get("/needs/new").await;
    assert!(turned_away.place().starts_with("/sign-in?to="));
    let page = browser.get("/sign-in/code?to=/needs/new").await;
    let key = key_on(&page);
    let fields = [
        ("form_key", key.as_str()),
        ("code", &code),
        ("to", "/needs/new"),
    ];
    let answer = browser.send("/sign-in/code", &fields).await;
    assert_eq!(
        (answer.status, answer.place()),
        (303, "/needs/new"),
        "{}",
        answer.body
    );
    assert_eq!(browser.get("/needs/new").await.status, 200);
    // The ticket is used up, and so is the code.
    assert_eq!(browser.get("/sign-in/code").await.place(), "/sign-in");
    let other = server.browser();
    password(&other, "agency", "/").await;
    let key = key_on(&other.get("/sign-in/code").await);
    let replay = [("form_key", key.as_str()), ("code", &code)];
    assert_eq!(other.send("/sign-in/code", &replay).await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_lets_in_once_and_the_page_counts_them() {
    let server = Server::start_as(Limits::default(), still).await;
    for expected in [303, 422] {
        let browser = server.browser();
        password(&browser, "guest", "/").await;
        let key = key_on(&browser.get("/sign-in/code").await);
        let fields = [("form_key", key.as_str()), ("code", &server.codes[0])];
        assert_eq!(
            browser.send("/sign-in/code", &fields).await.status,
            expected
        );
        if expected == 303 {
            browser.get("/language/en?to=/").await;
            let page = browser.get("/second-factor").await.body;
            assert!(page.contains("9 recovery codes"), "{page}");
            // New ones, and then none, each for a code.
            let renewed = browser
                .fill("/second-factor/codes", &[("code", &server.codes[1])])
                .await;
            assert_eq!(renewed.status, 200);
            let old = [("code", server.codes[2].as_str())];
            assert_eq!(browser.fill("/second-factor/end", &old).await.status, 422);
            let fresh = renewed.body.split("<li><code>").nth(1).unwrap();
            let fresh = fresh.split('<').next().unwrap();
            let kept = browser
                .fill("/second-factor/codes", &[("code", fresh)])
                .await;
            assert_eq!(kept.status, 200);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_whom_it_is_required_does_nothing_else_before() {
    let server = Server::start_as(Limits::default(), still).await;
    let operator = server.signed_in("operator").await;
    let before = server.signed_in("supplier1").await;
    let title = modu_programme::Title::new("program").unwrap();
    let supplier = person(&server, "supplier1");
    let now = server.office.now();
    server
        .office
        .accounts()
        .make_key(supplier, &title, now)
        .unwrap();
    assert_eq!(before.get("/keys").await.status, 200);
    let key = before.form_key().await;
    operator
        .done(
            "/people/second-factor",
            &[("role", "Supplier"), ("role", "Evaluator")],
        )
        .await;
    for browser in [before, server.signed_in("supplier1").await] {
        for path in ["/", "/keys", "/evidence"] {
            let page = browser.get(path).await;
            assert_eq!(
                (page.status, page.place()),
                (303, "/second-factor"),
                "{path}"
            );
        }
        let form = [("form_key", key.as_str()), ("name", "k")];
        assert_eq!(browser.send("/keys", &form).await.place(), "/second-factor");
        assert_eq!(browser.get("/second-factor").await.status, 200);
        assert_eq!(browser.get("/style.css").await.status, 200);
    }
    assert_eq!(server.signed_in("agency").await.get("/").await.status, 200);
    // With one, everything is as before.
    let page = server.signed_in("supplier1").await;
    let begun = key_on(&page.get("/second-factor").await);
    page.send("/second-factor/begin", &[("form_key", &begun)])
        .await;
    let secret = server
        .office
        .accounts()
        .factor_to_confirm(supplier)
        .unwrap();
    let code = secret.code_at(server.office.now());
    let confirm = [("form_key", begun.as_str()), ("code", &code)];
    assert_eq!(
        page.send("/second-factor/confirm", &confirm).await.status,
        200
    );
    assert_eq!(page.get("/").await.status, 200);
    // Said twice it is refused; said of nobody it ends.
    let again = [("role", "Evaluator"), ("role", "Supplier")];
    assert_eq!(
        operator.fill("/people/second-factor", &again).await.status,
        409
    );
    let public = [("role", "Public")];
    assert_eq!(
        operator.fill("/people/second-factor", &public).await.status,
        422
    );
    operator.done("/people/second-factor", &[]).await;
    let agency = server.signed_in("agency").await;
    assert_eq!(
        agency.fill("/people/second-factor", &again).await.status,
        403
    );
    let history = operator.get("/history").await.body;
    assert!(history.contains("2단계 인증이 필수"), "{history}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_of_signing_in_is_taken_from_another_site() {
    let server = Server::start_as(Limits::default(), still).await;
    let (browser, code) = with_factor(&server, "agency").await;
    for path in [
        "/second-factor/begin",
        "/second-factor/confirm",
        "/second-factor/codes",
        "/second-factor/end",
        "/people/second-factor",
        "/people/15/link",
        "/people/15/factor",
    ] {
        let planted = [("form_key", ""), ("code", &code)];
        assert_eq!(browser.send(path, &planted).await.status, 403, "{path}");
    }
    let half = server.browser();
    password(&half, "agency", "/").await;
    for key in ["", "0", &browser.form_key().await] {
        let fields = [("form_key", key), ("code", &code)];
        assert_eq!(half.send("/sign-in/code", &fields).await.status, 403);
    }
    // Without a ticket there is nothing to send.
    let nobody = server.browser();
    let fields = [("form_key", ""), ("code", code.as_str())];
    assert_eq!(
        nobody.send("/sign-in/code", &fields).await.place(),
        "/sign-in"
    );
}

/// Seconds by which the clock of one test is ahead of when it began.
static TURNED: AtomicI64 = AtomicI64::new(0);

fn turned() -> Timestamp {
    static BEGUN: OnceLock<Timestamp> = OnceLock::new();
    let begun = *BEGUN.get_or_init(Timestamp::now);
    begun + SignedDuration::from_secs(TURNED.load(Ordering::SeqCst))
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_codes_is_slowed_down_and_leads_nobody_away() {
    let server = Server::start_as(Limits::default(), turned).await;
    let browser = server.browser();
    let answer = password(&browser, "guest", "//evil.example").await;
    assert_eq!(answer.place(), "/sign-in/code?to=/");
    let page = browser.get("/sign-in/code?to=https://evil.example").await;
    assert!(!page.body.contains("evil"), "{}", page.body);
    let key = key_on(&page);
    let mut fields = [
        ("form_key", key.as_str()),
        ("code", "not a code"),
        ("to", "//evil.example/"),
    ];
    for _ in 0..5 {
        let answer = browser.send("/sign-in/code", &fields).await;
        assert_eq!(answer.status, 422);
        assert!(!answer.body.contains("evil"));
    }
    fields[1].1 = &server.codes[0];
    let answer = browser.send("/sign-in/code", &fields).await;
    assert_eq!(answer.status, 429);
    assert!(answer.headers.contains_key("retry-after"));
    // A second password, right again, changes nothing of it.
    let other = server.browser();
    password(&other, "guest", "/").await;
    let key = key_on(&other.get("/sign-in/code").await);
    fields[0].1 = &key;
    assert_eq!(other.send("/sign-in/code", &fields).await.status, 429);
    TURNED.store(2, Ordering::SeqCst);
    let answer = other.send("/sign-in/code", &fields).await;
    assert_eq!((answer.status, answer.place()), (303, "/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_by_the_operator_ends_what_there_was_and_is_told_in_the_history() {
    let server = Server::start().await;
    let operator = server.signed_in("operator").await;
    let lost = server.signed_in("agency2").await;
    let id = person(&server, "agency2");
    let path = format!("/people/{id}/link");
    assert_eq!(lost.fill(&path, &[]).await.status, 403);
    assert_eq!(operator.fill("/people/999/link", &[]).await.status, 404);
    let page = operator.fill(&path, &[]).await;
    assert_eq!(page.status, 200);
    let link = page.body.split("/welcome/").nth(1).unwrap();
    let link = format!("/welcome/{}", &link[..64]);
    // Out at once, and the old password is none any more.
    assert_eq!(lost.get("/needs/new").await.status, 303);
    assert_eq!(password(&lost, "agency2", "/").await.status, 422);
    // The page knows the name, and the link is good once.
    assert!(lost.get(&link).await.body.contains("value=\"agency2\""));
    let fields = [("login", "agency2"), ("password", "one more long phrase")];
    assert_eq!(lost.send(&link, &fields).await.place(), "/sign-in");
    assert_eq!(lost.send(&link, &fields).await.status, 422);
    let fields = [("login", "agency2"), ("password", "one more long phrase")];
    assert_eq!(lost.send("/sign-in", &fields).await.status, 303);
    assert_eq!(lost.get("/needs/new").await.status, 200);
    let history = operator.get("/history").await.body;
    assert!(
        history.contains("agency2 님이 들어오는 길을 모두 거두고"),
        "{history}"
    );
    // A lost phone: the password is enough again, and the history tells it.
    operator.done("/people/15/factor", &[]).await;
    let guest = server.browser();
    let entered = password(&guest, "guest", "/").await;
    assert_eq!((entered.status, entered.place()), (303, "/"));
    let again = operator.fill("/people/15/factor", &[]).await;
    assert_eq!(again.status, 422);
    assert!(
        operator
            .get("/history")
            .await
            .body
            .contains("2단계 인증을 거두었습니다")
    );
}
