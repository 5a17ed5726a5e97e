//! Those who do not play by the rules.

use std::time::Duration;

use modu_console::Limits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::server::{PHRASE, Server};

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_site_or_of_another_session_is_not_taken() {
    let server = Server::start().await;
    let agency = server.signed_in("agency").await;
    let need = [("title", "t"), ("description", "")];
    assert_eq!(agency.send("/needs/new", &need).await.status, 403);
    let other = server.signed_in("agency2").await.form_key().await;
    let mut planted = vec![("form_key", other.as_str())];
    planted.extend(need);
    assert_eq!(agency.send("/needs/new", &planted).await.status, 403);
    assert_eq!(agency.send("/sign-out", &[]).await.status, 403);
    assert!(server.office.kept().programme().projects().is_empty());
    agency.done("/needs/new", &need).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_write_is_shown_and_never_run() {
    let server = Server::start().await;
    let agency = server.signed_in("agency").await;
    let attack = "\"><script>alert('한글')</script><img src=x onerror=alert(1)>";
    let place = agency
        .done("/needs/new", &[("title", attack), ("description", attack)])
        .await;
    let login = format!("{attack}@");
    for page in [
        server.browser().get(&place).await,
        server.browser().get("/").await,
        server
            .browser()
            .get(&format!("/sign-in?to={}", "%22%3E%3Cscript%3E"))
            .await,
        server
            .browser()
            .send("/sign-in", &[("login", &login), ("password", "x")])
            .await,
        server
            .browser()
            .get("/%3Cscript%3Ealert(1)%3C/script%3E")
            .await,
    ] {
        assert!(!page.body.contains("<script"), "{}", page.body);
        assert!(!page.body.contains("<img"), "{}", page.body);
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(page.headers["x-content-type-options"], "nosniff");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_planted_is_worth_nothing() {
    let server = Server::start().await;
    let planted = "ab".repeat(32);
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .build()
        .unwrap();
    let sign_in = client
        .post(server.url("/sign-in"))
        .header("cookie", format!("modu_session={planted}"))
        .body(format!(
            "login=agency&password={}&to=/",
            PHRASE.replace(' ', "+")
        ))
        .send()
        .await
        .unwrap();
    let cookie = sign_in.headers()["set-cookie"].to_str().unwrap();
    assert!(!cookie.contains(&planted), "{cookie}");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    let page = client
        .get(server.url("/needs/new"))
        .header("cookie", format!("modu_session={planted}"))
        .send()
        .await
        .unwrap();
    assert_eq!(page.status().as_u16(), 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_suspended_is_out_at_once() {
    let server = Server::start().await;
    let agency = server.signed_in("agency").await;
    let operator = server.signed_in("operator").await;
    let id = {
        let kept = server.office.kept();
        let mut people = kept.programme().people().values();
        people
            .find(|person| person.name.as_str() == "agency")
            .unwrap()
            .id
    };
    assert_eq!(agency.get("/needs/new").await.status, 200);
    operator.done(&format!("/people/{id}/suspend"), &[]).await;
    assert_eq!(agency.get("/needs/new").await.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_passwords_is_slowed_down() {
    let server = Server::start().await;
    let browser = server.browser();
    let guess = [("login", "agency"), ("password", "guess"), ("to", "/")];
    for _ in 0..5 {
        assert_eq!(browser.send("/sign-in", &guess).await.status, 422);
    }
    // The first waits are of seconds, which hashing may take by itself.
    for _ in 0..10 {
        let answer = browser.send("/sign-in", &guess).await;
        if answer.status == 429 {
            assert!(answer.headers.contains_key("retry-after"));
            return;
        }
        assert_eq!(answer.status, 422);
    }
    panic!("fifteen guesses, and none had to wait");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_ours_leads_nobody_away() {
    let server = Server::start().await;
    for elsewhere in [
        "//evil.example/",
        "https://evil.example/",
        "/\\evil.example",
    ] {
        let answer = server
            .browser()
            .get(&format!("/language/en?to={elsewhere}"))
            .await;
        assert_eq!(answer.place(), "/", "{elsewhere}");
        let fields = [("login", "agency"), ("password", PHRASE), ("to", elsewhere)];
        let answer = server.browser().send("/sign-in", &fields).await;
        assert_eq!((answer.status, answer.place()), (303, "/"), "{elsewhere}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_or_too_many_is_refused() {
    let server = Server::start().await;
    let agency = server.signed_in("agency").await;
    let large = "가".repeat(60_000);
    let answer = agency
        .fill("/needs/new", &[("title", "t"), ("description", &large)])
        .await;
    assert_eq!(answer.status, 413);
    let long = "가".repeat(201);
    let answer = agency.fill("/needs/new", &[("title", &long)]).await;
    assert_eq!(answer.status, 422);
    assert!(server.office.kept().programme().projects().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_visitors_are_cut_off_and_keep_nobody_out() {
    let limits = Limits {
        connections: 4,
        requests: 4,
        head: Duration::from_millis(300),
        request: Duration::from_millis(1_500),
    };
    let server = Server::start_within(limits).await;
    let mut slow = Vec::new();
    for number in 0..4 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let begun: &[u8] = match number % 2 {
            // A head that does not end, and a body that does not come.
            0 => b"GET / HTTP/1.1\r\nHost: x\r\n",
            _ => b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nlogin=",
        };
        stream.write_all(begun).await.unwrap();
        slow.push(stream);
    }
    // All places are taken; this one is answered when they are cut off.
    server.browser().get_at_last("/health").await;
    for mut stream in slow {
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut rest));
        let _closed_or_reset = ended.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sheets_of_others_and_points_beyond_the_most_are_refused() {
    let server = Server::start().await;
    let agency = server.signed_in("agency").await;
    let place = agency
        .done("/needs/new", &[("title", "수요"), ("description", "")])
        .await;
    let evaluator = server.signed_in("evaluator1").await;
    let mut fields = vec![("proposal", "1"), ("comment", "")];
    fields.extend(["41", "0", "0", "0"].map(|points| ("points", points)));
    assert_eq!(
        evaluator
            .fill(&format!("{place}/score"), &fields)
            .await
            .status,
        422
    );
    fields[2].1 = "40";
    // There is no such proposal, and the project takes no sheets now.
    assert_eq!(
        evaluator
            .fill(&format!("{place}/score"), &fields)
            .await
            .status,
        409
    );
    assert_eq!(
        agency.fill(&format!("{place}/score"), &fields).await.status,
        403
    );
}
