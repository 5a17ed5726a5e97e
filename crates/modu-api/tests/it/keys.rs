//! Keys: who shows one, and which hold.

use modu_programme::{Actor, Event, Title};
use serde_json::json;

use crate::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_does_not_hold_is_told_so_everywhere() {
    let server = Server::start().await;
    let unknown = format!("modu_{}", "ab".repeat(32));
    for key in [
        "",
        "modu_",
        "x",
        unknown.as_str(),
        &server.key("agency")[5..],
    ] {
        let answer = server
            .send(server.call("GET", "/api/v1/projects", Some(key)))
            .await;
        assert_eq!(answer.status, 401, "{key}");
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
    }
    let basic = server
        .call("GET", "/api/v1/me", None)
        .basic_auth("a", Some("b"));
    assert_eq!(server.send(basic).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_ends_when_its_owner_says_so_and_nobody_else() {
    let server = Server::start().await;
    let own = server.get("/api/v1/keys", "agency").await.body;
    let number = own["items"][0]["key"].as_u64().unwrap();
    let place = format!("/api/v1/keys/{number}");
    let by = |name: &str| server.call("DELETE", &place, Some(server.key(name)));
    assert_eq!(server.send(by("rival")).await.status, 404);
    assert_eq!(server.get("/api/v1/me", "agency").await.status, 200);
    assert_eq!(server.send(by("agency")).await.status, 204);
    assert_eq!(server.get("/api/v1/me", "agency").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_a_suspended_person_opens_nothing() {
    let server = Server::start().await;
    let person = server.person("agency");
    let place = format!("/api/v1/people/{person}/suspend");
    let answer = server
        .send(server.call("POST", &place, Some(server.key("operator"))))
        .await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(server.get("/api/v1/me", "agency").await.status, 401);
    // Not after they are reinstated either: a new key is made.
    let event = Event::PersonReinstated { person };
    let now = server.office.now();
    server.office.kept().act(Actor::System, event, now).unwrap();
    assert_eq!(server.get("/api/v1/me", "agency").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_has_twenty_keys_at_most() {
    let server = Server::start().await;
    let person = server.person("agency");
    let name = Title::new("k").unwrap();
    let now = server.office.now();
    let made = (0..25).filter(|_| {
        let mut accounts = server.office.accounts();
        accounts.make_key(person, &name, now).is_ok()
    });
    assert_eq!(made.count(), 19);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_again_with_its_key_is_done_once() {
    let server = Server::start().await;
    let need = json!({ "title": "수요", "description": "" });
    let ask = |body: &serde_json::Value, key: &str| {
        let call = server.call("POST", "/api/v1/projects", Some(server.key("agency")));
        call.header("idempotency-key", key).json(body)
    };
    let first = server.send(ask(&need, "a")).await;
    assert_eq!(first.status, 201, "{first:?}");
    let again = server.send(ask(&need, "a")).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    let other = json!({ "title": "다른 수요", "description": "" });
    assert_eq!(server.send(ask(&other, "a")).await.status, 409);
    let second = server.send(ask(&need, "b")).await;
    assert_ne!(second.body, first.body);
    assert_eq!(server.send(ask(&need, "")).await.status, 400);
    assert_eq!(server.office.kept().programme().projects().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_may_be_asked_for_again_with_its_key() {
    let server = Server::start().await;
    let place = format!("/api/v1/people/{}/suspend", server.person("operator"));
    let ask = || server.send(server.call("POST", &place, Some(server.key("operator"))));
    assert_eq!(ask().await.status, 409);
    let need = json!({ "title": "수요", "description": "" });
    for _ in 0..2 {
        let call = server.call("POST", "/api/v1/projects", Some(server.key("rival")));
        let answer = server
            .send(call.header("idempotency-key", "k").json(&need))
            .await;
        assert_eq!(answer.status, 403);
    }
}
