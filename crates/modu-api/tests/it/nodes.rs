//! Nodes: let in, listed, shut out, and told of in the history.

use serde_json::json;

use crate::server::Server;

const KEY: &str = "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_let_in_and_shut_out_and_the_history_tells_of_both() {
    let server = Server::start().await;
    let agency = {
        let person = server.person("agency");
        let kept = server.office.kept();
        kept.programme().people()[&person].organisation
    };
    let node = json!({ "organisation": agency, "name": "서울 센터", "key": KEY });
    let ask = || {
        let call = server.call("POST", "/api/v1/nodes", Some(server.key("operator")));
        server.send(call.header("idempotency-key", "a").json(&node))
    };
    let admitted = ask().await;
    assert_eq!(admitted.status, 201, "{admitted:?}");
    let token = admitted.body["token"].as_str().unwrap();
    assert!(
        token.starts_with("modu_node_") && token.len() == 74,
        "{token}"
    );
    // It is let in once, and its token told once.
    assert_eq!(ask().await.status, 409);
    let list = server.get("/api/v1/nodes", "agency").await.body;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["key"], KEY);
    assert!(!list.to_string().contains(token));
    let place = admitted.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(server.get(&place, "agency").await.body, list["items"][0]);
    let ended = format!("{place}/shut-out");
    let end = || server.send(server.call("POST", &ended, Some(server.key("operator"))));
    assert_eq!(end().await.status, 201);
    assert_eq!(end().await.status, 404);
    let node = server.get(&place, "auditor").await.body;
    assert!(node["shut_out"].is_string(), "{node}");
    let history = server
        .get("/api/v1/history?limit=200", "auditor")
        .await
        .body;
    let items = history["items"].as_array().unwrap();
    let told: Vec<_> = items.iter().rev().take(2).map(|it| &it["event"]).collect();
    assert_eq!(told[0], &json!({ "event": "node_shut_out", "node": 1 }));
    assert_eq!(
        told[1],
        &json!({ "event": "node_admitted", "node": 1, "organisation": agency,
            "name": "서울 센터", "key": KEY })
    );
    assert!(!history.to_string().contains(&token[10..]));
    let wrong = json!({ "organisation": agency, "name": "n", "key": KEY.to_uppercase() });
    let answer = server.post("/api/v1/nodes", "operator", &wrong).await;
    assert_eq!(answer.status, 422);
}
