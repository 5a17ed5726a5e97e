//! Statements and trusted roots have one meaning each.

use jiff::Timestamp;
use modu_evidence::commitment::Opening;
use modu_evidence::statement::{
    Change, EntryReference, Predicate, RecordedBy, RecordedFile, RecordedMetric, RecordedParameter,
    RecordedRun, ReportedInput, Statement, Subject, TestOutcome, TestResult, Withdrawal,
};
use modu_evidence::trust::TrustedRoot;
use modu_kernel::{Artifact, Digest, Label};
use proptest::prelude::*;

use crate::common::{Seeded, after, criteria, passed, recorder, run, start};

fn reference(index: u64) -> EntryReference {
    EntryReference {
        log_index: index,
        leaf_hash: modu_evidence::log::Hash::of_leaf(&index.to_be_bytes()),
    }
}

/// Figures in every form that JSON has for them.
fn recorded(values: &[f64]) -> RecordedRun {
    let metrics = (values.iter().enumerate()).map(|(place, value)| RecordedMetric {
        name: format!("m{place}"),
        value: *value,
    });
    RecordedRun {
        name: "첫 실행".into(),
        by: RecordedBy {
            organisation: "가람".into(),
            organisation_number: 3,
            person_number: u64::MAX,
        },
        metrics: metrics.collect(),
        parameters: vec![RecordedParameter {
            name: "depth".into(),
            value: "6".into(),
        }],
        files: vec![RecordedFile {
            name: "model.onnx".into(),
            media_type: "application/octet-stream".into(),
            artifact: Artifact::of(b"model"),
            kept: true,
        }],
    }
}

fn all_kinds() -> Vec<Statement> {
    let opening = Opening::new(Artifact::of(b"small"), &mut Seeded(1)).unwrap();
    let mut report = run(b"need", Some(reference(3)));
    if let Predicate::EngineReport(report) = &mut report.predicate {
        let kept = ReportedInput::committed("dataset", opening.commitment());
        report.inputs.push(kept);
    }
    let tests = Statement {
        subject: vec![Subject::new("a", Digest::of(b"a"))],
        predicate: Predicate::TestResult(TestResult {
            result: TestOutcome::Failed,
            configuration: vec![Subject::new("need", Digest::of(b"n"))],
            passed_tests: vec!["정확도".into()],
            warned_tests: vec![],
            failed_tests: vec!["recall".into()],
        }),
    };
    let withdrawal = |change| Withdrawal {
        entry: reference(u64::MAX),
        change,
        reason: Label::new("오류", "An error"),
        at: start(),
    };
    vec![
        criteria(b"need"),
        report,
        passed(b"x"),
        Statement::recorded_run(recorded(&[0.0, 1.0, -2.5, 1e17, 1e22, 5e-324, f64::MAX])).unwrap(),
        Statement::withdrawal(withdrawal(Change::Withdrawn), &tests),
        Statement::withdrawal(withdrawal(Change::SupersededBy(reference(9))), &tests),
        tests,
    ]
}

#[test]
fn every_kind_of_statement_is_read_as_it_was_written() {
    for statement in all_kinds() {
        let bytes = statement.to_bytes().unwrap();
        assert_eq!(Statement::parse(&bytes).unwrap(), statement);
        let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(json["_type"], "https://in-toto.io/Statement/v1");
        let digest = json["subject"][0]["digest"]["sha256"].as_str().unwrap();
        assert_eq!(digest, statement.subject[0].digest.to_hex());
    }
}

#[test]
fn a_figure_that_is_no_number_is_never_recorded() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = Statement::recorded_run(recorded(&[1.0, value])).unwrap_err();
        assert!(error.to_string().contains("m1"), "{error}");
    }
}

#[test]
fn a_test_result_is_written_as_the_in_toto_document_has_it() {
    let statement = all_kinds().pop().unwrap();
    let bytes = statement.to_bytes().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(
        json["predicateType"],
        "https://in-toto.io/attestation/test-result/v0.1"
    );
    assert_eq!(json["predicate"]["result"], "FAILED");
    assert_eq!(json["predicate"]["failedTests"][0], "recall");
}

#[test]
fn a_statement_that_says_more_than_is_known_is_refused() {
    let text = String::from_utf8(passed(b"x").to_bytes().unwrap()).unwrap();
    let wrong = [
        text.replace("svr/v0.1", "svr/v9"),
        text.replace("Statement/v1", "Statement/v2"),
        text.replace("\"name\":", "\"extra\":1,\"name\":"),
        text.replace("\"sha256\":", "\"sha512\":"),
        text.replace(
            "\"subject\":[{",
            "\"subject\":[{\"name\":\"x\",\"digest\":{}},{",
        ),
        text.replace(":00Z", ":00.0Z"),
        text.replace("2026-11-22T09", "2026-11-22T10+01"),
        format!("{text} "),
        text[..text.len() - 1].to_owned(),
    ];
    for wrong in wrong {
        assert_ne!(wrong, text);
        assert!(Statement::parse(wrong.as_bytes()).is_err(), "{wrong}");
    }
    let nested = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let deep = text.replace("[\"MODU_GATE_PASSED\"]", &nested);
    assert!(Statement::parse(deep.as_bytes()).is_err());
    let mut huge = passed(b"x");
    huge.subject[0].name = "x".repeat(2 << 20);
    assert!(huge.to_bytes().is_err());
}

#[test]
fn a_trusted_root_is_read_as_it_was_written_and_holds_every_generation() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = recorder(folder.path());
    let recorder = recorder.rotate(&mut Seeded(50), after(60)).unwrap();
    let root = recorder.trusted_root();
    let json = root.to_json().unwrap();
    assert_eq!(TrustedRoot::parse(&json).unwrap(), *root);
    assert_eq!(root.authorities().len(), 2);
    assert_eq!(root.log_keys().len(), 4);
    let ends: Vec<_> = root.authorities().iter().map(|it| it.period.end).collect();
    assert_eq!(ends, [Some(after(60)), None]);

    let text = String::from_utf8(json).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    assert_eq!(TrustedRoot::parse(pretty.as_bytes()).unwrap(), *root);
    // An id that is not the key's would let one key pass as another.
    let ids = |name: &str| {
        value[name][0]["logId"]["keyId"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let wrong = [
        text.replacen(&ids("tlogs"), &ids("ctlogs"), 1),
        text.replacen("PKIX_ED25519", "PKIX_RSA", 1),
        text.replacen("\"baseUrl\":\"https", "\"baseUrl\":\"http", 4),
        text.replacen("SHA2_256", "SHA2_512", 1),
        text.replacen("\"tlogs\":", "\"more\":1,\"tlogs\":", 1),
        text.replacen("version=0.1", "version=0.2", 1),
    ];
    for wrong in wrong {
        assert_ne!(wrong, text);
        assert!(TrustedRoot::parse(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn any_subject_and_time_survive_the_round_trip(
        names in proptest::collection::vec(".{0,40}", 1..5),
        seconds in 0i64..253_000_000_000,
        properties in proptest::collection::vec("[A-Z_]{1,12}", 0..4),
    ) {
        let mut statement = passed(b"x");
        statement.subject = names.iter().map(|name| Subject::new(name, Digest::of(name.as_bytes()))).collect();
        if let Predicate::SimpleVerificationResult(svr) = &mut statement.predicate {
            svr.time_created = Timestamp::from_second(seconds).unwrap();
            svr.properties = properties;
        }
        let bytes = statement.to_bytes().unwrap();
        prop_assert_eq!(Statement::parse(&bytes).unwrap(), statement);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Statement::parse(&bytes);
        let _ = TrustedRoot::parse(&bytes);
        let _ = modu_evidence::bundle::Bundle::parse(&bytes);
        let _ = modu_evidence::authority::AuthorityCertificate::parse(&bytes);
    }
}
