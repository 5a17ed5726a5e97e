//! One's own account: changing the password, and ending what is open elsewhere.

use jiff::Timestamp;
use modu_console::Limits;

use crate::server::{Browser, PHRASE, Server, Shown, still};

const NEW: &str = "말없이 지나가는 구름과 바람과 별";

async fn change(browser: &Browser, current: &str, new: &str) -> Shown {
    let fields = [("current", current), ("new", new)];
    browser.fill("/account/password", &fields).await
}

async fn enter(server: &Server, login: &str, password: &str) -> u16 {
    let fields = [("login", login), ("password", password), ("to", "/")];
    server.browser().send("/sign-in", &fields).await.status
}

/// The addresses of the forms that end single sessions.
fn ends(page: &Shown) -> Vec<String> {
    let actions = page.body.split("action=\"").skip(1);
    let actions = actions.filter_map(|rest| rest.split('"').next());
    let ends = actions.filter(|action| action.starts_with("/account/sessions/"));
    let single = ends.filter(|action| *action != "/account/sessions/end");
    single.map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_is_set_by_who_knows_the_old_one_and_ends_what_was_open_elsewhere() {
    let server = Server::start().await;
    let browser = server.signed_in("agency").await;
    let elsewhere = server.signed_in("agency").await;
    let key = browser.fill("/keys", &[("name", "프로그램")]).await;
    assert_eq!(key.status, 200);
    for (current, new, told) in [
        ("not the phrase at all", NEW, "지금 비밀번호가 다릅니다"),
        (PHRASE, "짧다", "15자 이상"),
        (PHRASE, PHRASE, "지금 비밀번호와 같습니다"),
    ] {
        let refused = change(&browser, current, new).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        assert!(refused.body.contains(told), "{told}: {}", refused.body);
        assert!(!refused.body.contains(NEW), "a password stands on a page");
    }
    assert_eq!(enter(&server, "agency", PHRASE).await, 303);
    let changed = change(&browser, PHRASE, NEW).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let cookie = changed.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("modu_session=") && cookie.contains("HttpOnly"));
    // One goes on here, in a new session; elsewhere one does not.
    assert_eq!(browser.get("/desk").await.status, 200);
    assert_eq!(elsewhere.get("/desk").await.status, 303);
    assert_eq!(ends(&browser.get("/account").await), [""; 0]);
    let person = {
        let kept = server.office.kept();
        let mut people = kept.programme().people().values();
        let found = people.find(|person| person.name.as_str() == "agency");
        found.unwrap().id
    };
    let keys = server.office.accounts().keys(person, Timestamp::now());
    assert_eq!(keys.unwrap(), []);
    assert_eq!(enter(&server, "agency", PHRASE).await, 422);
    assert_eq!(enter(&server, "agency", NEW).await, 303);
    // Nobody else's password changed.
    assert_eq!(enter(&server, "agency2", PHRASE).await, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_at_the_old_password_in_somebodys_session_is_slowed_down() {
    let server = Server::start_as(Limits::default(), still).await;
    let browser = server.signed_in("auditor").await;
    let mut statuses = Vec::new();
    for guess in 0..6 {
        let guess = format!("guess number {guess} of many");
        statuses.push(change(&browser, &guess, NEW).await.status);
    }
    assert_eq!(statuses[..5], [422; 5]);
    assert_eq!(statuses[5], 429);
    assert_eq!(browser.get("/desk").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_to_their_person_and_end_one_by_one_or_together() {
    let server = Server::start().await;
    let browser = server.signed_in("supplier1").await;
    let others = [
        server.signed_in("supplier1").await,
        server.signed_in("supplier1").await,
        server.signed_in("supplier1").await,
    ];
    let listed = ends(&browser.get("/account").await);
    assert_eq!(listed.len(), 3);
    let rival = server.signed_in("supplier2").await;
    assert_eq!(ends(&rival.get("/account").await), [""; 0]);
    assert_eq!(rival.fill(&listed[0], &[]).await.status, 404);
    assert_eq!(browser.done(&listed[0], &[]).await, "/account");
    assert_eq!(browser.fill(&listed[0], &[]).await.status, 404);
    let mut open = 0;
    for other in &others {
        open += usize::from(other.get("/desk").await.status == 200);
    }
    assert_eq!(open, 2);
    browser.done("/account/sessions/end", &[]).await;
    for other in &others {
        assert_eq!(other.get("/desk").await.status, 303);
    }
    assert_eq!(browser.get("/desk").await.status, 200);
    assert_eq!(rival.get("/desk").await.status, 200);
}
