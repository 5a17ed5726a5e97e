//! Runs on record: what is read back is what was told, and it is evidence.

use modu_evidence::statement::{Predicate, Statement};
use modu_evidence::verify::{Expectations, verify};
use modu_kernel::Digest;
use serde_json::{Value, json};

use crate::server::Server;

fn run(name: &str) -> Value {
    let metrics: Vec<_> = (0..20)
        .map(|number| json!({ "name": format!("m{number}"), "value": f64::from(number) / 7.0 }))
        .collect();
    json!({
        "name": name,
        "metrics": metrics,
        "parameters": [{ "name": "depth", "value": "6" }],
        "files": [{ "name": "모델.json", "media_type": "application/json", "content": "eyJhIjoxfQ==" }],
        "named": [{ "name": "data.csv", "media_type": "text/csv",
            "digest": Digest::of(b"rows"), "size": 4 }],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_back_is_what_was_told() {
    let server = Server::start().await;
    let told = run("첫 실행");
    let made = server.post("/api/v1/runs", "supplier", &told).await;
    assert_eq!(made.status, 201, "{made:?}");
    let place = made.headers["location"].to_str().unwrap().to_owned();
    let back = server.get(&place, "rival").await.body;
    for part in ["name", "metrics", "parameters"] {
        assert_eq!(back[part], told[part], "{part}");
    }
    assert_eq!(back["by"]["organisation_name"], "supplier");
    assert_eq!(back["files"][0]["name"], "모델.json");
    assert_eq!(back["files"][0]["kept"], true);
    assert_eq!(back["files"][1]["digest"], told["named"][0]["digest"]);
    let listed = server.get("/api/v1/runs?limit=1", "rival").await.body;
    assert_eq!(listed["items"][0], back);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_on_record_is_signed_evidence_in_the_log() {
    let server = Server::start().await;
    let made = server.post("/api/v1/runs", "agency", &run("증거")).await;
    let number = made.body["run"].as_u64().unwrap();
    let archive = server.office.archive().unwrap();
    let entry = archive.get(number).unwrap();
    let Predicate::RecordedRun(recorded) = &entry.statement.predicate else {
        panic!("{:?}", entry.statement);
    };
    assert_eq!(recorded.metrics.len(), 20);
    assert_eq!(
        made.body["leaf_hash"],
        Digest::from_bytes(*entry.leaf_hash.as_bytes()).to_string()
    );
    let bundle = archive.export(number).unwrap();
    let file = Digest::of(br#"{"a":1}"#);
    let verified = verify(
        &bundle,
        archive.trusted_root(),
        &file,
        &Expectations::default(),
    );
    let again = Statement::recorded_run(recorded.clone()).unwrap();
    assert_eq!(verified.unwrap().statement, again);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_for_its_organisation_operator_and_auditor_and_what_was_only_named_for_nobody() {
    let server = Server::start().await;
    // Somebody's bytes lie in the store; naming them does not open them.
    let secret = server.office.store().put_bytes(b"rows").unwrap();
    assert_eq!(secret.digest, Digest::of(b"rows"));
    let made = server.post("/api/v1/runs", "supplier", &run("파일")).await;
    let place = format!("/api/v1/runs/{}/files", made.body["run"]);
    for (who, handed) in [
        ("supplier", 200),
        ("operator", 200),
        ("auditor", 200),
        ("rival", 404),
        ("agency", 404),
        ("evaluator", 404),
    ] {
        let answer = server.get(&format!("{place}/0"), who).await;
        assert_eq!(answer.status, handed, "{who}");
        if handed == 200 {
            assert_eq!(answer.body, json!({ "a": 1 }), "{who}");
            assert_eq!(answer.kind, "application/octet-stream");
        }
        assert_eq!(server.get(&format!("{place}/1"), who).await.status, 404);
        assert_eq!(server.get(&format!("{place}/2"), who).await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_each_in_the_log_once() {
    let server = std::sync::Arc::new(Server::start().await);
    let before = server.office.archive().unwrap().size();
    let tasks: Vec<_> = (0..40)
        .map(|number| {
            let server = std::sync::Arc::clone(&server);
            tokio::spawn(async move {
                let told = run(&format!("실행 {number}"));
                let made = server.post("/api/v1/runs", "supplier", &told).await;
                assert_eq!(made.status, 201, "{made:?}");
                (made.body["run"].as_u64().unwrap(), told["name"].clone())
            })
        })
        .collect();
    let mut places = std::collections::BTreeMap::new();
    for task in tasks {
        let (place, name) = task.await.unwrap();
        assert!(places.insert(place, name).is_none());
    }
    assert_eq!(
        places.keys().copied().collect::<Vec<_>>(),
        (before..before + 40).collect::<Vec<_>>()
    );
    let (mut seen, mut after) = (0, String::new());
    loop {
        let page = server
            .get(&format!("/api/v1/runs?limit=7{after}"), "agency")
            .await;
        for item in page.body["items"].as_array().unwrap() {
            assert_eq!(item["name"], places[&item["run"].as_u64().unwrap()]);
            seen += 1;
        }
        match &page.body["next"] {
            Value::Null => break,
            next => after = format!("&after={next}"),
        }
    }
    assert_eq!(seen, 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_told_again_with_its_key_is_in_the_log_once() {
    let server = Server::start().await;
    let ask = |told: Value, key: &'static str| {
        let call = server.call("POST", "/api/v1/runs", Some(server.key("supplier")));
        server.send(call.header("idempotency-key", key).json(&told))
    };
    let first = ask(run("하나"), "k").await;
    assert_eq!(first.status, 201, "{first:?}");
    let again = ask(run("하나"), "k").await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(ask(run("둘"), "k").await.status, 409);
    let other = ask(run("하나"), "l").await;
    assert_ne!(other.body["run"], first.body["run"]);
}

/// A run whose file takes half an hour to come back, so that no machine is
/// slow enough to let it in.
fn large(name: &str) -> Value {
    let mut large = run(name);
    large["files"][0]["content"] = Value::from("eHh4".repeat(500_000));
    large
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_that_brought_a_days_worth_waits_and_others_do_not() {
    let server = Server::start().await;
    let day: u64 = 64 << 20;
    server.office.allow_runs(day);
    let ask = |name: &'static str, key: &'static str| {
        let call = server.call("POST", "/api/v1/runs", Some(server.key("supplier")));
        server.send(call.header("idempotency-key", key).json(&large(name)))
    };
    let first = ask("하나", "one").await;
    assert_eq!(first.status, 201, "{first:?}");
    let supplier = server.person("supplier");
    let supplier = server.office.kept().programme().people()[&supplier].organisation;
    while server.office.take_allowance(supplier, 100 << 10).is_ok() {}
    let before = server.office.archive().unwrap().size();
    let refused = ask("둘", "two").await;
    assert_eq!(refused.status, 429, "{refused:?}");
    let wait: u64 = (refused.headers["retry-after"].to_str().unwrap())
        .parse()
        .unwrap();
    assert!((60..86_400).contains(&wait), "{wait}");
    let kind = refused.body["type"].as_str().unwrap();
    assert!(kind.ends_with("/allowance"), "{kind}");
    // What is on record already is told, and takes nothing.
    let again = ask("하나", "one").await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(server.office.archive().unwrap().size(), before);
    let other = server
        .post("/api/v1/runs", "rival", &large("다른 곳"))
        .await;
    assert_eq!(other.status, 201, "{other:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_twice_or_is_too_much_is_refused_and_leaves_no_evidence() {
    let server = Server::start().await;
    let before = server.office.archive().unwrap().size();
    let mut twice = run("t");
    twice["metrics"][1] = twice["metrics"][0].clone();
    let mut same_file = run("t");
    same_file["named"][0]["name"] = same_file["files"][0]["name"].clone();
    let mut many = run("t");
    many["metrics"] = (0..1_001)
        .map(|number| json!({ "name": number.to_string(), "value": 1 }))
        .collect();
    let mut not_a_number = run("t");
    not_a_number["metrics"][0]["value"] = Value::Null;
    for (told, status) in [
        (twice, 409),
        (same_file, 409),
        (many, 422),
        (not_a_number, 422),
    ] {
        assert_eq!(
            server.post("/api/v1/runs", "agency", &told).await.status,
            status
        );
    }
    let mut large = run("t");
    large["files"][0]["content"] = "AAAA".repeat(1 << 20).into();
    assert_eq!(
        server.post("/api/v1/runs", "agency", &large).await.status,
        413
    );
    assert_eq!(server.office.archive().unwrap().size(), before);
}
