//! From visits to alarms: a model made of some patients, a threshold set on
//! others, and tried on yet others.

use std::fmt::Write as _;

use modu_care::alarm::{AlarmReport, AlarmRule};
use modu_care::model::{FitRequest, Method, ModelDocument};
use modu_care::table::TableColumns;
use modu_care::{ALARM, FIT};
use modu_kernel::{Digest, EngineError, InputsInMemory, NoProgress, Outcome};
use modu_statistics::Share;
use modu_survival::simulate::{Censoring, Plan, VisitPlan, visits};
use serde_json::{Value, json};

/// Days from visit to visit, and how far ahead the model looks.
const INTERVAL: f64 = 60.0;
const AHEAD: f64 = 90.0;

/// Patients who come every 60 days, with a marker that moves, and vital signs
/// that follow it badly.
struct Patients {
    csv: String,
    /// Days watched.
    days: f64,
    /// By visit: person, day, the model's columns.
    visits: Vec<(u32, f64, [f64; 3])>,
}

fn patients(people: usize, seed: u64) -> Patients {
    let plan = VisitPlan {
        plan: Plan {
            censoring: Censoring {
                mean: Some(2_000.0),
                end: 720.0,
            },
            ..Plan::usual(people, 2, seed)
        },
        interval: INTERVAL,
        trend: 0.1,
        noise: 0.3,
        effect: 0.9,
    };
    let drawn = visits(&plan).unwrap();
    let (outcomes, columns) = (&drawn.outcomes, drawn.covariates.columns());
    let (time, event) = (outcomes.time(), outcomes.event());
    let (entry, person) = (outcomes.entry().unwrap(), outcomes.cluster().unwrap());
    let mut told = Patients {
        csv: "person,day,time,event,x1,x2,marker,pulse,respiratory_rate\n".to_owned(),
        days: 0.0,
        visits: Vec::new(),
    };
    for row in 0..outcomes.len() {
        let last = (row..outcomes.len())
            .take_while(|it| person[*it] == person[row])
            .last()
            .unwrap();
        let until = time[last] - entry[row];
        let happens = !event[last].is_censored() && until <= AHEAD;
        let values = [columns[0][row], columns[1][row], columns[2][row]];
        let wrong = columns[0][row] - columns[1][row];
        writeln!(
            told.csv,
            "v{},{},{},{},{},{},{},{:.0},{:.0}",
            person[row],
            entry[row],
            until.min(AHEAD),
            u8::from(happens),
            values[0],
            values[1],
            values[2],
            85.0 + 15.0 * values[2] + 10.0 * wrong,
            17.0 + 3.0 * values[2] - 3.0 * wrong,
        )
        .unwrap();
        told.days += time[row] - entry[row];
        told.visits.push((person[row], entry[row], values));
    }
    told
}

fn model(patients: &Patients) -> Vec<u8> {
    let request = FitRequest {
        columns: Some(TableColumns {
            time: "time".to_owned(),
            event: "event".to_owned(),
            entry: None,
            person: Some("person".to_owned()),
            cluster: None,
            predictors: vec![],
            categorical: vec![],
        }),
        method: Method::Cox { ridge: 0.0 },
        horizons: vec![AHEAD],
        predictors: ["x1", "x2", "marker"].map(str::to_owned).into(),
        transforms: [].into(),
        clock: None,
        landmarks: vec![],
        resamples: 0,
        seed: 1,
        confidence: Share::new(0.95).unwrap(),
    };
    let inputs = InputsInMemory::new().with("table", patients.csv.as_str());
    let request = serde_json::to_value(request).unwrap();
    let outcome = (FIT.run)(&request, &inputs, &NoProgress).unwrap();
    outcome.output("model.json").unwrap().bytes.clone()
}

fn request() -> Value {
    json!({
        "budget": 3.0, "refractory_days": 60.0, "horizon_days": AHEAD, "replicates": 200,
        "risk_horizon_days": AHEAD, "visits": { "day": "day" },
    })
}

fn alarm(
    patients: &Patients,
    model: &[u8],
    rule: Option<&[u8]>,
    request: &Value,
) -> Result<Outcome, EngineError> {
    let mut inputs = InputsInMemory::new()
        .with("observations", patients.csv.as_str())
        .with("model", model);
    if let Some(rule) = rule {
        inputs = inputs.with("rule", rule);
    }
    (ALARM.run)(request, &inputs, &NoProgress)
}

fn report(outcome: &Outcome) -> AlarmReport {
    serde_json::from_value(outcome.report.clone()).unwrap()
}

/// Alarms a day for 1,000 patients, counted visit by visit.
fn counted(patients: &Patients, model: &[u8], threshold: f64) -> f64 {
    let model = ModelDocument::parse(model).unwrap();
    let (mut alarms, mut last) = (0_u32, None);
    for (person, day, values) in &patients.visits {
        let free = last.is_none_or(|(who, at)| who != person || day - at >= 60.0);
        if model.risk(0, values) >= threshold && free {
            alarms += 1;
            last = Some((person, *day));
        }
    }
    f64::from(alarms) / patients.days * 1_000.0
}

/// Made on 800 patients, set on 3,000 others, tried on 3,000 others again.
#[test]
fn a_models_own_risks_keep_a_budget_within_a_tenth_with_other_patients() {
    let model = model(&patients(800, 1));
    let here = patients(3_000, 2);
    let outcome = alarm(&here, &model, None, &request()).unwrap();
    let set = report(&outcome);
    assert!(set.holds_within_a_tenth, "{:?}", set.chosen.alarms_a_day);
    assert_eq!(set.model, Some(Digest::of(&model)));
    let rule = &outcome.output("rule.json").unwrap().bytes;
    let written = AlarmRule::parse(rule).unwrap();
    assert_eq!(written.model, set.model);
    assert_eq!(written.risk_horizon_days.unwrap().get(), AHEAD);
    let threshold = set.chosen.threshold.get();
    let at_home = set.chosen.alarms_a_day.value.value().unwrap();
    assert!((counted(&here, &model, threshold) - at_home).abs() < 1e-9);

    let there = patients(3_000, 3);
    let tried = report(&alarm(&there, &model, Some(rule), &request()).unwrap());
    let elsewhere = tried.chosen.alarms_a_day.value.value().unwrap();
    println!("threshold {threshold:.4}: {elsewhere:.3} alarms a day elsewhere, of 3");
    assert!((counted(&there, &model, threshold) - elsewhere).abs() < 1e-9);
    assert!((elsewhere / 3.0 - 1.0).abs() <= 0.1, "{elsewhere}");
    assert!(tried.holds_within_a_tenth && tried.tried == Some(Digest::of(rule)));

    // NEWS2 is counted from the vital signs, and finds fewer.
    assert!(!tried.comparison.is_empty());
    for pair in &tried.comparison {
        let difference = pair.difference.unwrap().value.value().unwrap();
        println!("NEWS2 >= {}: {difference:+.3}", pair.news2.threshold);
        assert!(difference >= 0.0, "{difference}");
    }
}

#[test]
fn a_rule_is_tried_only_as_it_was_made() {
    let here = patients(300, 2);
    let model = model(&patients(800, 1));
    let outcome = alarm(&here, &model, None, &request()).unwrap();
    let rule = &outcome.output("rule.json").unwrap().bytes;
    for (member, value) in [("budget", json!(4.0)), ("refractory_days", json!(1.0))] {
        let mut other = request();
        other[member] = value;
        let error = alarm(&here, &model, Some(rule), &other).unwrap_err();
        assert!(error.to_string().contains("as it was made"), "{error}");
    }
    let few = report(&alarm(&patients(60, 9), &model, Some(rule), &request()).unwrap());
    assert!(few.tried.is_some() && few.chosen.threshold == report(&outcome).chosen.threshold);
}

#[test]
fn what_a_model_cannot_be_asked_is_refused_with_place_and_remedy() {
    let model = model(&patients(800, 1));
    let here = patients(50, 2);
    let mut horizon = request();
    horizon["risk_horizon_days"] = json!(30.0);
    let error = alarm(&here, &model, None, &horizon).unwrap_err();
    assert!(
        error.to_string().contains("one of the model's: 90"),
        "{error}"
    );
    let with = |from: &str, to: &str| Patients {
        csv: here.csv.replacen(from, to, 1),
        ..patients(1, 1)
    };
    for (from, to, said) in [
        ("marker", "other", "no column `marker`"),
        ("day", "when", "no column `day`"),
        ("v0,0,", "900101-1234568,0,", "use a pseudonym"),
        ("v0,0,", "v0,soon,", "line 2, column `day`"),
    ] {
        let error = alarm(&with(from, to), &model, None, &request()).unwrap_err();
        assert!(error.to_string().contains(said), "{said}: {error}");
    }
    let without = InputsInMemory::new().with("observations", here.csv.as_str());
    let error = (ALARM.run)(&request(), &without, &NoProgress).unwrap_err();
    assert!(error.to_string().contains("or give a model"), "{error}");
}
