//! Who may have what stands in the log.

use jiff::Timestamp;
use modu_evidence::archive::Recorder;
use modu_evidence::statement::{EngineReport, EngineVersion, Statement};
use modu_kernel::Artifact;
use serde_json::json;

use crate::server::Server;

/// Puts a run of an engine into the log; where it stands.
fn record(server: &Server, engine: &str) -> u64 {
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    let statement = Statement::engine_report(EngineReport {
        engine: EngineVersion {
            name: engine.into(),
            version: "1".into(),
        },
        request: json!({ "person": "a pseudonym" }),
        inputs: vec![],
        result: Artifact::of(b"{}"),
        outputs: vec![],
        criteria: None,
        finished: now,
    });
    let folder = server.office.archive().unwrap().folder().to_owned();
    let mut recorder = Recorder::open(folder).unwrap();
    recorder.record(&statement, now).unwrap().log_index
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_was_asked_of_a_patient_is_for_operator_and_auditor() {
    let server = Server::start().await;
    let (closed, open) = (record(&server, "care.page"), record(&server, "route.plan"));
    for (who, expected) in [
        (None, 401),
        (Some("agency"), 404),
        (Some("supplier"), 404),
        (Some("evaluator"), 404),
        (Some("operator"), 200),
        (Some("auditor"), 200),
    ] {
        let key = who.map(|who| server.key(who));
        let get = |path: String| server.send(server.call("GET", &path, key));
        let answer = get(format!("/api/v1/evidence/{closed}/bundle")).await;
        assert_eq!(answer.status, expected, "{who:?}");
        let answer = get(format!("/api/v1/evidence/{open}/bundle")).await;
        assert_eq!(answer.status, 200, "{who:?}");
        // That it stands there is for everybody, and says nothing of it.
        let answer = get(format!("/api/v1/evidence/{closed}")).await;
        assert_eq!(answer.status, 200, "{who:?}");
        assert!(!answer.body.to_string().contains("pseudonym"), "{who:?}");
    }
}
