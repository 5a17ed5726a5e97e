//! Two reports with every kind of content: a solution adopted and one refused,
//! a measure that is missing, a group too small, names given by the test.

use modu_kernel::Digest;
use serde_json::{Value, json};

use crate::report::{OwnerReport, ReleasedReport};

/// A name that would be trouble if it were not escaped.
pub(super) const HOSTILE: &str =
    "\"><script>alert('x')</script><b>&amp; 이름</b><svg onload=\"1\">`code`";

fn text(text: &str) -> Value {
    json!({ "ko": text, "en": text })
}

fn digest(name: &str) -> Value {
    json!(Digest::of(name.as_bytes()))
}

fn measured(value: f64, lower: f64, upper: f64) -> Value {
    json!({ "state": "measured", "value": value, "interval": { "lower": lower, "upper": upper } })
}

fn missing() -> Value {
    json!({ "state": "not_measured", "reason": { "code": "few_positives", "positives": 3, "minimum": 30 } })
}

fn need(name: &str) -> Value {
    json!({
        "id": "income-check", "digest": digest("need"), "question": text(name), "unit": text(name),
        "task": "binary", "positive": 1, "threshold": 0.25, "review_budget": 0.1,
        "classes": [{ "code": 0, "name": text(name) }, { "code": 1, "name": text("Over") }],
        "statistics": {
            "replicates": 2000, "seed": "7", "confidence": 0.95, "strictest_confidence": 0.975,
            "minimum_group": 200, "minimum_positives": 30, "method": text(name)
        },
        "criteria": [
            criterion("recall", "recall_at_budget", "all", "at_least", json!(0.7), &Value::Null, name),
            criterion("alarms", "false_alarm_rate", "all", "at_most", json!(0.06), &json!(0.05), name),
            criterion("cause", "precision", "each:sex", "at_least", json!(0.3), &Value::Null, name),
        ]
    })
}

fn criterion(
    id: &str,
    metric: &str,
    over: &str,
    direction: &str,
    threshold: Value,
    margin: &Value,
    name: &str,
) -> Value {
    json!({
        "id": id, "metric": metric, "metric_name": text(name), "over": over, "over_name": text(name),
        "direction": direction, "threshold": threshold, "margin": margin, "why": text(name),
        "sentence": text(name)
    })
}

fn measures(name: &str, scores: bool) -> Value {
    let roc = json!({
        "points": [[0.0, 0.0], [0.1, 0.7], [1.0, 1.0]], "at_threshold": [0.035, 0.52],
        "at_budget": [0.06, 0.645]
    });
    let reliability = json!({ "binning": text(name), "bins": [{
        "rows": 50, "positives": 5, "mean_score": 0.1, "frequency": 0.1,
        "interval": { "lower": 0.04, "upper": 0.21 }
    }] });
    let only_with_scores = |value: &Value| if scores { value.clone() } else { Value::Null };
    let rate = json!([
        { "metric": "false_alarm_rate", "measurement": measured(0.035, 0.034, 0.037) },
        { "metric": "recall", "measurement": measured(0.52, 0.5, 0.54) },
        { "metric": "precision", "measurement": missing() },
    ]);
    json!({
        "overall": rate,
        "groups": [{
            "id": "sex", "name": text(name),
            "members": [
                { "id": "women", "name": text(name), "rows": 50, "metrics": rate },
                { "id": "men", "name": text("Men"), "rows": 40, "metrics": [
                    { "metric": "false_alarm_rate", "measurement": missing() }
                ] },
            ],
            "gaps": [{ "metric": "false_alarm_rate", "measurement": measured(0.01, 0.0, 0.02) }]
        }],
        "confusion": [[90_256, 3_320], [2_970, 3_216]],
        "roc": only_with_scores(&roc), "precision_recall": only_with_scores(&roc),
        "reliability": only_with_scores(&reliability)
    })
}

fn part(
    name: &str,
    member: Option<&str>,
    verdict: &str,
    measurement: &Value,
    margin: bool,
) -> Value {
    let improvement = measured(-0.130, -0.133, -0.127);
    json!({
        "member": member, "name": text(name), "verdict": verdict, "measurement": measurement,
        "limit": if measurement["value"] == json!(0.645) { json!(0.632) } else { json!(0.712) },
        "confidence": 0.975,
        "incumbent": margin.then(|| measured(0.142, 0.139, 0.144)),
        "improvement": margin.then_some(improvement),
        "improvement_limit": margin.then_some(-0.133),
        "favourable": { "measure": 0.66, "improvement": margin.then_some(-0.127), "confidence": 0.95 },
        "needed": (verdict == "not_separable").then(|| json!({ "rows": 99_762, "distance": -0.003, "needed": 410_000 })),
        "reason": text(name)
    })
}

fn solution(id: &str, name: &str, answer: &str, verdict: &str) -> Value {
    let estimate = if verdict == "met" {
        measured(0.725, 0.71, 0.74)
    } else {
        measured(0.645, 0.633, 0.657)
    };
    let result = |id: &str, parts: &Value| {
        json!({
            "id": id, "verdict": verdict, "reason": text(name), "parts": parts,
            "p_value": 0.01, "holm_p_value": null
        })
    };
    json!({
        "id": id, "name": text(name), "supplier": text(name), "version": name, "incumbent": false,
        "solution_digest": digest(id), "model_digest": digest("model"), "predictions_digest": null,
        "columns_used": [name], "measures": measures(name, true),
        "criteria": [
            result("recall", &json!([part(name, None, verdict, &estimate, false)])),
            result("alarms", &json!([part(name, None, verdict, &estimate, true)])),
            result("cause", &json!([
                part(name, Some("women"), verdict, &estimate, false),
                part("Men", Some("men"), "not_enough_data", &missing(), false)
            ])),
        ],
        "decision": { "answer": answer, "reason": text(name), "blocking": [] }
    })
}

fn verification(name: &str) -> Value {
    json!({
        "engine": "proof.score", "version": "1", "steps": [text(name), text("`modu evidence replay`")],
        "inputs": [{ "name": name, "digest": digest("need") }]
    })
}

fn budget(name: &str) -> Value {
    json!({
        "suppliers": [{ "supplier": text(name), "spent": 3, "limit": 50 }], "spent": 7, "limit": 200
    })
}

fn step() -> Value {
    json!({ "standard_errors": 3.09, "least": 0.01 })
}

/// An owner's report whose names are all `name`.
pub(super) fn owner(name: &str) -> OwnerReport {
    let column = json!({
        "name": name, "label": text(name), "type": "integer", "role": "feature", "missing": 0,
        "distinct": 91, "minimum": 0, "maximum": 90, "mean": 34.5
    });
    let report = json!({
        "schema": crate::report::OWNER_SCHEMA, "need": need(name), "time": "2026-11-22T09:00:00Z",
        "registration": { "log_index": "1", "entry": digest("entry") },
        "data": {
            "digest": digest("data"), "published": { "commitment": digest("salt") }, "size": 611_529,
            "profile": { "rows": 99_762, "repeated_rows": 12, "columns": [column] },
            "classes": [{ "class": { "code": 1, "name": text("Over") }, "rows": 6_186 }],
            "groups": [{ "id": "sex", "name": text(name), "outside": 3, "members": [
                { "id": "women", "name": text(name), "rows": 50, "positives": 5, "enough": false }
            ] }]
        },
        "incumbent": { "kind": "recorded", "column": name, "measures": measures(name, false) },
        "solutions": [
            solution("linear", name, "refuse", "not_met"),
            solution("forest", "Trees", "adopt", "met"),
        ],
        "comparisons": [{
            "first": "linear", "second": "incumbent", "differences": [], "delong": null,
            "mcnemar": {
                "first_only": 1_510, "second_only": 1_320, "uncorrected": 12.1, "uncorrected_p": 0.0005,
                "corrected": 11.9, "corrected_p": 0.0006, "exact_p": 0.0006
            }
        }],
        "scan": {
            "slices": 35, "left_out": 1, "small": [{ "name": text(name), "rows": 7 }], "method": text(name),
            "solutions": [
                { "id": "linear", "tests": 80, "untested": 3, "worse": [{
                    "name": text(name), "rows": 410, "metric": "false_alarm_rate", "metric_name": text(name),
                    "value": 0.081, "whole": 0.035, "p_value": 0.000_01, "holm_p_value": 0.0008
                }] },
                { "id": "forest", "tests": 80, "untested": 0, "worse": [] }
            ]
        },
        "standings": [{
            "metric": "false_alarm_rate", "name": text(name), "direction": "at_most", "test": "bootstrap", "pairs": 3,
            "places": [
                { "id": "forest", "name": text("Trees"), "measurement": measured(0.035, 0.034, 0.037) },
                { "id": "linear", "name": text(name), "measurement": measured(0.036, 0.034, 0.038) },
                { "id": "incumbent", "name": text("Today"), "measurement": measured(0.142, 0.139, 0.144) },
            ],
            "groups": [[0, 1], [2]], "letters": ["a", "b"], "sentence": text(name)
        }],
        "not_measured": [{ "what": text(name), "reason": text(name) }],
        "release": {
            "prior": digest("ledger"), "budget": budget(name), "step": step(),
            "solutions": [
                { "id": "linear", "counted": true, "decision": "earlier_submission", "told": 1, "parts": 4 },
                { "id": "forest", "counted": true, "decision": "this_submission", "told": 4, "parts": 4 }
            ]
        },
        "verification": verification(name)
    });
    serde_json::from_value(report).expect("the fixture is an owner's report")
}

/// A released report whose names are all `name`.
pub(super) fn released(name: &str) -> ReleasedReport {
    let part = json!({
        "member": null, "name": text(name), "verdict": "not_met", "estimate": 0.65, "limit": 0.63,
        "improvement": null, "improvement_limit": null, "digits": 2, "reason": text(name)
    });
    let criterion = |id: &str| json!({ "id": id, "verdict": "not_met", "parts": [part] });
    let solution = json!({
        "id": "linear", "name": text(name), "supplier": text(name), "version": name,
        "solution_digest": digest("linear"), "model_digest": null,
        "criteria": [criterion("recall"), criterion("alarms"), criterion("cause")],
        "decision": { "answer": "refuse", "reason": text(name), "blocking": ["recall"] }
    });
    let report = json!({
        "schema": crate::report::RELEASED_SCHEMA, "need": need(name), "time": null,
        "registration": null, "data": { "commitment": digest("salt") }, "rows_about": 100_000,
        "solutions": [solution], "standings": [{
            "metric": "false_alarm_rate", "name": text(name), "test": "bootstrap", "groups": [[0]], "letters": ["a"],
            "places": [{ "id": "linear", "name": text(name) }], "sentence": text(name)
        }], "not_measured": [], "budget": budget(name), "step": step(),
        "verification": verification(name)
    });
    serde_json::from_value(report).expect("the fixture is a released report")
}
