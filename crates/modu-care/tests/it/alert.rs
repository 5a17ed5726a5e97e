//! The queue of alerts from raising to closing, and what cannot have happened.

use modu_care::ALERT;
use modu_care::alert::{AlertReport, Ending, PAGE_OUTPUT, Standing, replay};
use modu_kernel::{EngineError, InputsInMemory, NoProgress, Outcome};
use serde_json::{Value, json};

const POLICY: &str = r#"
schema = "modu.care.alert-policy/1"
[[step]]
to = { ko = "3병동 간호사", en = "ward 3 nurse" }
within_minutes = 10
[[step]]
to = { ko = "당직 의사", en = "doctor on duty" }
within_minutes = 20
[[step]]
to = { ko = "과장", en = "head of department" }
within_minutes = 30
"#;

const RULE: &str = r#"{"schema":"modu.care.alarm-rule/1","threshold":0.3,"refractory_days":1,"horizon_days":30,"budget":20}"#;

fn risk(person: &str, at: &str, risk: f64) -> String {
    json!({
        "person": person, "at": at, "horizon_days": 30, "risk": risk, "interval": null,
        "contributions": [
            { "predictor": "age", "change": 0.1 },
            { "predictor": "sbp", "label": { "ko": "수축기혈압", "en": "systolic pressure" },
              "value": 88, "unit": "mmHg", "change": 0.7 },
            { "predictor": "visits", "change": 0.0 },
            { "predictor": "statin", "change": -0.4 },
        ],
    })
    .to_string()
}

/// A ledger and what is done with it.
#[derive(Default)]
struct Ward {
    ledger: Vec<u8>,
}

impl Ward {
    fn try_run(&self, at: &str, action: &Value, risks: &[String]) -> Result<Outcome, EngineError> {
        let inputs = InputsInMemory::new()
            .with("ledger", self.ledger.clone())
            .with("policy", POLICY)
            .with("rule", RULE)
            .with("risks", risks.join("\n"));
        (ALERT.run)(&json!({ "at": at, "action": action }), &inputs, &NoProgress)
    }

    fn run(&mut self, at: &str, action: &Value, risks: &[String]) -> AlertReport {
        let outcome = self.try_run(at, action, risks).unwrap();
        if let Some(page) = outcome.output(PAGE_OUTPUT) {
            self.ledger.extend_from_slice(&page.bytes);
            self.ledger.push(b'\n');
        }
        serde_json::from_value(outcome.report).unwrap()
    }
}

fn at(minutes: u32) -> String {
    format!("2026-03-01T{:02}:{:02}:00Z", 9 + minutes / 60, minutes % 60)
}

#[test]
fn an_alert_is_raised_with_its_reasons_acknowledged_and_closed() {
    let mut ward = Ward::default();
    let risks = [risk("pa", &at(0), 0.31), risk("pb", &at(0), 0.29)];
    let report = ward.run(&at(1), &json!("raise"), &risks);
    assert_eq!((report.counts.raised_now, report.counts.open), (1, 1));
    let queued = &report.queue[0];
    assert_eq!(
        queued.why[0].ko,
        "수축기혈압 88 mmHg: 위험을 기준의 2배로 높입니다."
    );
    assert_eq!(
        queued.why[1].en,
        "statin: lowers the hazard to 0.67 of the reference."
    );
    assert_eq!(queued.why.len(), 3, "what moved nothing is not told");
    let alert = queued.alert.to_string();
    let report = ward.run(
        &at(5),
        &json!({ "acknowledge": { "alert": &alert[..6], "by": "ward-3-nurse" } }),
        &[],
    );
    assert_eq!(report.queue[0].standing, Standing::Acknowledged);
    assert_eq!(report.queue[0].answer_by, None);
    let report = ward.run(
        &at(200),
        &json!({ "close": { "alert": alert, "by": "ward-3-nurse", "how": "treated" } }),
        &[],
    );
    assert!(report.queue.is_empty());
    assert_eq!((report.counts.closed, report.counts.escalated_now), (1, 0));
    let state = replay(&ward.ledger).unwrap();
    assert_eq!(state.pages, 3);
    assert_eq!(
        state.alerts.values().next().unwrap().standing,
        Standing::Closed(Ending::Treated)
    );
}

#[test]
fn an_alert_that_nobody_answers_goes_on_at_its_time_however_late_one_looks() {
    let risks = [risk("pa", &at(0), 0.9)];
    let mut ward = Ward::default();
    ward.run(&at(0), &json!("raise"), &risks);
    let early = ward.run(&at(9), &json!("look"), &[]);
    assert_eq!(
        (early.counts.escalated_now, early.queue[0].with.en.as_str()),
        (0, "ward 3 nurse")
    );
    let on_time = ward.run(&at(10), &json!("look"), &[]);
    assert_eq!(
        (
            on_time.counts.escalated_now,
            on_time.queue[0].with.en.as_str()
        ),
        (1, "doctor on duty")
    );
    assert_eq!(on_time.queue[0].answer_by.unwrap().to_string(), at(30));
    // Looked at only once, much later: the same steps at the same times.
    let mut late = Ward::default();
    late.run(&at(0), &json!("raise"), &risks);
    let report = late.run(&at(300), &json!("look"), &[]);
    assert_eq!(
        (report.counts.escalated_now, report.queue[0].answer_by),
        (2, None)
    );
    assert_eq!(report.queue[0].with.en, "head of department");
    ward.run(&at(300), &json!("look"), &[]);
    let standing = |ward: &Ward| replay(&ward.ledger).unwrap().alerts;
    assert_eq!(standing(&ward), standing(&late));
}

#[test]
fn within_the_refractory_time_a_person_has_one_alert_and_the_same_risks_raise_nothing_again() {
    let mut ward = Ward::default();
    let risks = [
        risk("pa", &at(0), 0.9),
        risk("pa", &at(30), 0.9),
        risk("pb", &at(30), 0.9),
    ];
    let report = ward.run(&at(60), &json!("raise"), &risks);
    assert_eq!((report.counts.raised_now, report.counts.held_back), (2, 1));
    let again = ward.run(&at(61), &json!("raise"), &risks);
    assert_eq!((again.counts.raised_now, again.counts.held_back), (0, 3));
    let next_day = [risk("pa", "2026-03-02T09:00:00Z", 0.9)];
    let report = ward.run("2026-03-02T09:00:00Z", &json!("raise"), &next_day);
    assert_eq!(report.counts.raised_now, 1);
}

#[test]
fn looking_when_nothing_is_over_adds_no_page() {
    let ward = Ward::default();
    let outcome = ward.try_run(&at(0), &json!("look"), &[]).unwrap();
    assert!(outcome.output(PAGE_OUTPUT).is_none());
    assert!(outcome.output("queue.ko.html").is_some());
}

#[test]
fn an_observation_from_the_future_is_left_out_and_said() {
    let ward = Ward::default();
    let outcome = ward
        .try_run(&at(0), &json!("raise"), &[risk("pa", &at(1), 0.9)])
        .unwrap();
    assert_eq!(outcome.findings[0].code, "alert.future");
    assert!(outcome.output(PAGE_OUTPUT).is_none());
}

#[test]
fn a_ledger_that_was_changed_is_refused_with_its_page() {
    let mut ward = Ward::default();
    ward.run(&at(0), &json!("raise"), &[risk("pa", &at(0), 0.9)]);
    ward.run(&at(15), &json!("look"), &[]);
    let lines: Vec<_> = ward
        .ledger
        .split(|byte| *byte == b'\n')
        .filter(|it| !it.is_empty())
        .collect();
    let changed = String::from_utf8(ward.ledger.clone())
        .unwrap()
        .replace("0.9", "0.8");
    for (ledger, place) in [
        (changed.into_bytes(), "page 2"),
        (lines[1].to_vec(), "page 1"),
        ([lines[0], b"\n", lines[0]].concat(), "page 2"),
        (lines[0][..50].to_vec(), "ends too early"),
    ] {
        let error = Ward { ledger }
            .try_run(&at(60), &json!("look"), &[])
            .unwrap_err()
            .to_string();
        assert!(error.contains("ledger") && error.contains(place), "{error}");
    }
}

#[test]
fn what_cannot_be_done_is_refused() {
    let mut ward = Ward::default();
    let report = ward.run(&at(5), &json!("raise"), &[risk("pa", &at(0), 0.9)]);
    let alert = report.queue[0].alert.to_string();
    let close = |by: &str| json!({ "close": { "alert": alert, "by": by, "how": "observed" } });
    for (when, action, problem) in [
        (at(4), json!("look"), "before the ledger's last page"),
        (
            at(6),
            json!({ "acknowledge": { "alert": "000000", "by": "nurse" } }),
            "names no alert",
        ),
        (
            at(6),
            json!({ "acknowledge": { "alert": &alert[..5], "by": "nurse" } }),
            "names no alert",
        ),
        (at(6), close(" "), "a duty"),
        (at(6), close("010-1234-5678"), "telephone"),
        (at(6), json!("dance"), "request"),
    ] {
        let error = ward.try_run(&when, &action, &[]).unwrap_err();
        assert!(matches!(error, EngineError::Request(_)), "{error}");
        assert!(error.to_string().contains(problem), "{problem}: {error}");
    }
    ward.run(&at(6), &close("nurse"), &[]);
    let error = ward.try_run(&at(7), &close("nurse"), &[]).unwrap_err();
    assert!(error.to_string().contains("does not stand"), "{error}");
}

#[test]
fn bad_risks_and_policies_are_refused_with_their_place() {
    let ward = Ward::default();
    for (line, problem) in [
        ("{".to_owned(), "line 1"),
        (risk("pa", &at(0), 1.2), "no probability"),
        (risk("900101-1234568", &at(0), 0.2), "pseudonym"),
        (risk("", &at(0), 0.2), "pseudonym"),
        (risk("pa", "yesterday", 0.2), "line 1"),
        (String::new(), "there are no risks"),
    ] {
        let error = ward
            .try_run(&at(0), &json!("raise"), &[line])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("risks") && error.contains(problem),
            "{problem}: {error}"
        );
        assert!(!error.contains("900101"), "{error}");
    }
    for policy in [
        "",
        "schema = \"x\"\nstep = []",
        &POLICY.replace("= 10", "= 0"),
        &POLICY.replace("당직 의사", "010-1234-5678"),
    ] {
        let inputs = InputsInMemory::new()
            .with("ledger", "")
            .with("policy", policy);
        let error = (ALERT.run)(
            &json!({ "at": at(0), "action": "look" }),
            &inputs,
            &NoProgress,
        );
        assert!(matches!(error, Err(EngineError::Input { .. })), "{policy}");
    }
}
