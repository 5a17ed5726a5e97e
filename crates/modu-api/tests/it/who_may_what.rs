//! Every address as everybody.

use serde_json::{Value, json};

use crate::server::{PEOPLE, Server};

/// What each gets: nobody in particular, then in the order of `PEOPLE`.
type Row = (&'static str, &'static str, fn() -> Value, [u16; 7]);

fn nothing() -> Value {
    Value::Null
}

fn need() -> Value {
    json!({ "title": "t", "description": "" })
}

fn supplier() -> Value {
    json!({ "name": "새 기관", "kind": "supplier" })
}

fn enrolment() -> Value {
    json!({ "organisation": 1, "name": "새 사람", "role": "evaluator" })
}

fn run() -> Value {
    json!({ "name": "시험", "metrics": [{ "name": "auc", "value": 0.93 }] })
}

/// Of the project of the scene, which is not that far.
fn demonstration() -> Value {
    json!({ "project": 13, "proposals": [15], "dataset": 1 })
}

/// For the agency of the scene.
fn node() -> Value {
    json!({ "organisation": 5, "name": "노드",
        "key": "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a" })
}

fn closing() -> Value {
    json!({ "step": "close", "reason": "끝" })
}

/// Every address. Columns: nobody, operator, evaluator, agency, supplier,
/// rival, auditor. Rows that change something come last, what ends it at the
/// very end.
const TABLE: [Row; 33] = [
    ("get", "/me", nothing, [200; 7]),
    ("get", "/projects", nothing, [200; 7]),
    ("get", "/projects/{project}", nothing, [200; 7]),
    // Evaluators are named when the call closes; the rival is no party.
    (
        "get",
        "/projects/{project}/proposals",
        nothing,
        [401, 200, 404, 200, 200, 404, 200],
    ),
    (
        "get",
        "/organisations",
        nothing,
        [401, 200, 404, 404, 404, 404, 200],
    ),
    (
        "get",
        "/people",
        nothing,
        [401, 200, 404, 404, 404, 404, 200],
    ),
    (
        "get",
        "/history",
        nothing,
        [401, 200, 404, 404, 404, 404, 200],
    ),
    ("get", "/evidence", nothing, [200; 7]),
    ("get", "/evidence/{evidence}", nothing, [200; 7]),
    ("get", "/evidence/{evidence}/bundle", nothing, [200; 7]),
    ("get", "/trusted-root", nothing, [200; 7]),
    ("get", "/runs", nothing, [200; 7]),
    // The first that is put on record below stands at 1: not yet.
    ("get", "/runs/{run}", nothing, [404; 7]),
    (
        "get",
        "/runs/{run}/files/{file}",
        nothing,
        [401, 404, 404, 404, 404, 404, 404],
    ),
    ("post", "/runs", run, [401, 201, 403, 201, 201, 201, 403]),
    (
        "get",
        "/datasets",
        nothing,
        [401, 200, 404, 200, 404, 404, 200],
    ),
    ("get", "/jobs", nothing, [401, 200, 200, 200, 200, 200, 200]),
    // Nobody has asked for one.
    (
        "get",
        "/jobs/{job}",
        nothing,
        [401, 404, 404, 404, 404, 404, 404],
    ),
    (
        "get",
        "/jobs/{job}/log",
        nothing,
        [401, 404, 404, 404, 404, 404, 404],
    ),
    (
        "post",
        "/jobs/{job}/cancel",
        nothing,
        [401, 404, 404, 404, 404, 404, 404],
    ),
    (
        "post",
        "/jobs",
        demonstration,
        [401, 403, 403, 409, 403, 403, 403],
    ),
    ("post", "/nodes", node, [401, 201, 403, 403, 403, 403, 403]),
    (
        "get",
        "/nodes",
        nothing,
        [401, 200, 404, 200, 404, 404, 200],
    ),
    (
        "get",
        "/nodes/{node}",
        nothing,
        [401, 200, 404, 200, 404, 404, 200],
    ),
    (
        "post",
        "/nodes/{node}/shut-out",
        nothing,
        [401, 201, 403, 403, 403, 403, 403],
    ),
    ("get", "/keys", nothing, [401, 200, 200, 200, 200, 200, 200]),
    (
        "post",
        "/projects",
        need,
        [401, 403, 403, 201, 403, 403, 403],
    ),
    (
        "post",
        "/organisations",
        supplier,
        [401, 201, 403, 403, 403, 403, 403],
    ),
    (
        "post",
        "/people",
        enrolment,
        [401, 201, 403, 403, 403, 403, 403],
    ),
    // Of a person who was never suspended: allowed, and not now.
    (
        "post",
        "/people/{person}/reinstate",
        nothing,
        [401, 409, 403, 403, 403, 403, 403],
    ),
    // The last operator stays.
    (
        "post",
        "/people/{person}/suspend",
        nothing,
        [401, 409, 403, 403, 403, 403, 403],
    ),
    (
        "post",
        "/projects/{project}/steps",
        closing,
        [401, 201, 403, 403, 403, 403, 403],
    ),
    // Nobody has this one.
    (
        "delete",
        "/keys/{key}",
        nothing,
        [401, 404, 404, 404, 404, 404, 404],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_address_answers_everybody_as_the_table_says() {
    let server = Server::start().await;
    let operator = server.person("operator").to_string();
    let project = server.project.to_string();
    for (method, path, body, expected) in TABLE {
        let path = path
            .replace("{project}", &project)
            .replace("{person}", &operator)
            .replace("{evidence}", "0")
            .replace("{run}", "1")
            .replace("{file}", "0")
            .replace("{job}", "1")
            .replace("{node}", "1")
            .replace("{key}", "9999");
        let path = format!("{}{path}", modu_api::ROOT);
        let names = std::iter::once(None).chain(PEOPLE.map(|(name, ..)| Some(name)));
        for (name, expected) in names.zip(expected) {
            // Closing comes last of its row's roles: who may not is asked first.
            let call = server.call(method, &path, name.map(|name| server.key(name)));
            let call = match body() {
                Value::Null => call,
                body => call.json(&body),
            };
            let answer = server.send(call).await;
            let who = name.unwrap_or("nobody");
            assert_eq!(
                answer.status, expected,
                "{method} {path} as {who}: {answer:?}"
            );
            if answer.status >= 400 {
                assert_eq!(answer.kind, "application/problem+json", "{path} as {who}");
            }
        }
    }
}

#[test]
fn the_table_holds_every_address_that_there_is() {
    let document = serde_json::to_value(modu_api::document()).unwrap();
    let mut described: Vec<(String, String)> = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let path = path.strip_prefix(modu_api::ROOT).unwrap();
            described.push((method.clone(), path.to_owned()));
        }
    }
    let mut tried: Vec<_> = TABLE
        .iter()
        .map(|(method, path, ..)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    described.sort();
    tried.sort();
    assert_eq!(described, tried);
}
