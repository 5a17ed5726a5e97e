//! What is read and what is refused.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn a_project_goes_from_need_to_proposal_by_calls() {
    let server = Server::start().await;
    let need = json!({ "title": "민원 분류", "description": "줄\n둘" });
    let made = server.post("/api/v1/projects", "agency", &need).await;
    assert_eq!(made.status, 201, "{made:?}");
    let place = made.headers["location"].to_str().unwrap().to_owned();
    let steps = format!("{place}/steps");
    let closes = Timestamp::now() + SignedDuration::from_hours(1);
    let open = json!({ "step": "open_call", "closes": closes });
    assert_eq!(server.post(&steps, "operator", &open).await.status, 201);
    assert_eq!(server.post(&steps, "operator", &open).await.status, 409);
    let propose = json!({ "step": "propose", "title": "가람 분류기", "summary": "" });
    assert_eq!(server.post(&steps, "supplier", &propose).await.status, 201);
    assert_eq!(server.post(&steps, "agency", &propose).await.status, 403);
    let project = server.get(&place, "rival").await.body;
    assert_eq!(project["phase"], "call");
    assert_eq!(project["title"], "민원 분류");
    assert_eq!(project["results"], json!([]));
    let proposals = format!("{place}/proposals");
    let seen = server.get(&proposals, "operator").await.body;
    assert_eq!(seen["items"][0]["title"], "가람 분류기");
    assert_eq!(server.get(&proposals, "rival").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn evaluators_are_appointed_and_released_by_calls() {
    // The call is over by this clock.
    let server = Server::start_by(|| Timestamp::now() + SignedDuration::from_hours(2)).await;
    let steps = format!("/api/v1/projects/{}/steps", server.project);
    let proposals = format!("/api/v1/projects/{}/proposals", server.project);
    let evaluator = server.person("evaluator");
    let organisation = {
        let kept = server.office.kept();
        kept.programme().people()[&evaluator].organisation
    };
    let enrol = json!({ "organisation": organisation, "name": "이위원", "role": "evaluator" });
    let other = server.post("/api/v1/people", "operator", &enrol).await;
    assert_eq!(other.status, 201, "{other:?}");
    let other = other.body["sequence"].clone();
    let close = json!({ "step": "close_call", "evaluators": [other] });
    assert_eq!(server.post(&steps, "operator", &close).await.status, 201);
    assert_eq!(server.get(&proposals, "evaluator").await.status, 404);
    let release = json!({ "step": "release_evaluator", "evaluator": other, "reason": "해외 출장" });
    assert_eq!(server.post(&steps, "operator", &release).await.status, 409);
    let appoint = json!({ "step": "appoint_evaluator", "evaluator": evaluator });
    assert_eq!(server.post(&steps, "agency", &appoint).await.status, 403);
    assert_eq!(server.post(&steps, "operator", &appoint).await.status, 201);
    assert_eq!(server.post(&steps, "operator", &appoint).await.status, 409);
    assert_eq!(server.post(&steps, "operator", &release).await.status, 201);
    let seen = server.get(&proposals, "evaluator").await;
    assert_eq!(seen.status, 200);
    let score = json!({ "step": "score", "proposal": seen.body["items"][0]["proposal"],
        "points": { "fit": 30, "technique": 20, "safety": 9, "delivery": 9 }, "comment": "" });
    assert_eq!(server.post(&steps, "evaluator", &score).await.status, 201);
    let open = json!({ "step": "open_scores" });
    assert_eq!(server.post(&steps, "operator", &open).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_as_described_is_refused_with_its_place() {
    let server = Server::start().await;
    let send = |kind: &'static str, body: String| {
        let call = server.call("POST", "/api/v1/projects", Some(server.key("agency")));
        server.send(call.header("content-type", kind).body(body))
    };
    let json = "application/json";
    assert_eq!(send("text/plain", "{}".to_owned()).await.status, 415);
    assert_eq!(send(json, "{".to_owned()).await.status, 400);
    assert_eq!(send(json, "{}".to_owned()).await.status, 422);
    let unknown = r#"{"title":"t","description":"","nonsense":1}"#;
    let answer = send(json, unknown.to_owned()).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body["detail"].as_str().unwrap().contains("nonsense"));
    let large = format!("{{\"title\":\"{}\"}}", "x".repeat(200 << 10));
    assert_eq!(send(json, large).await.status, 413);
    assert_eq!(server.office.kept().programme().projects().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_key_that_holds_is_told_so_before_a_body_is_read() {
    let server = Server::start().await;
    let nobodys = format!("Authorization: Bearer modu_{}\r\n", "ab".repeat(32));
    for key in ["", "Authorization: Bearer nonsense\r\n", &nobodys] {
        for path in ["projects", "runs"] {
            let mut stream = TcpStream::connect(server.address()).await.unwrap();
            // The body is said to be large, and never comes.
            let head = format!(
                "POST /api/v1/{path} HTTP/1.1\r\nHost: x\r\n{key}\
                 Content-Type: application/json\r\nContent-Length: 4000000\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            let mut said = [0; 12];
            let answer = stream.read_exact(&mut said);
            let answer = tokio::time::timeout(Duration::from_secs(60), answer).await;
            answer.expect("it is answered").unwrap();
            assert_eq!(&said, b"HTTP/1.1 401", "{path} {key}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_a_problem_in_json_too() {
    let server = Server::start().await;
    for (method, path, expected) in [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/projects/x", 404),
        ("GET", "/api/v1/projects/99999", 404),
        ("GET", "/api/v1/evidence/18446744073709551615", 404),
        ("PUT", "/api/v1/projects", 405),
        ("GET", "/api/v1/projects?limit=0", 400),
        ("GET", "/api/v1/projects?after=-1", 400),
    ] {
        let answer = server.send(server.call(method, path, None)).await;
        assert_eq!(answer.status, expected, "{method} {path}");
        assert_eq!(answer.kind, "application/problem+json", "{method} {path}");
        assert_eq!(answer.body["status"], expected);
        assert_eq!(answer.headers.contains_key("allow"), expected == 405);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_comes_in_pages_that_join() {
    let server = Server::start().await;
    let (mut after, mut seen) = (String::new(), Vec::new());
    loop {
        let path = format!("/api/v1/history?limit=4{after}");
        let page = server.get(&path, "auditor").await.body;
        for item in page["items"].as_array().unwrap() {
            seen.push(item["sequence"].as_u64().unwrap());
        }
        match &page["next"] {
            Value::Null => break,
            next => after = format!("&after={next}"),
        }
    }
    let last = server.office.kept().programme().last().0;
    assert_eq!(seen, (1..=last).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_is_of_openapi_3_1_and_names_every_problem() {
    let server = Server::start().await;
    let answer = server
        .send(server.call("GET", "/api/v1/openapi.json", None))
        .await;
    assert_eq!(answer.body["openapi"], "3.1.0");
    let mut names = std::collections::BTreeSet::new();
    for methods in answer.body["paths"].as_object().unwrap().values() {
        for operation in methods.as_object().unwrap().values() {
            assert!(names.insert(operation["operationId"].to_string()));
            let answers = operation["responses"].as_object().unwrap();
            assert!(answers.contains_key("401") && answers.contains_key("404"));
        }
    }
}
