//! Models of every method: what they say beside R, at another hospital, and of
//! whom they cannot be made.

use modu_care::model::{FitReport, Method, Model, ModelDocument};
use modu_care::risk::RiskEstimate;
use modu_care::table::TableColumns;
use modu_care::validate::{ValidateReport, Verdict};
use modu_kernel::{Digest, InputsInMemory, NoProgress, Outcome};
use modu_statistics::Share;
use modu_survival::simulate::{Plan, simulate};
use serde_json::json;

use super::hospital::{
    FIRST, Hospital, fit, fit_request, table, validate, validate_request, visited,
};

/// Forty patients who never were: age, ward, days, and an event (1) or one
/// that competes with it (2).
const FORTY: &str = "age,ward,days,died\n\
59.7,1,160,0\n66.1,1,10,2\n63.0,1,30,1\n53.7,1,470,1\n61.9,0,20,2\n54.3,1,170,2\n67.4,0,200,2\n5\
1.8,1,480,0\n59.4,0,370,0\n73.8,0,90,1\n76.3,0,90,2\n62.5,0,90,2\n70.0,0,330,2\n70.9,0,320,1\n78\
.3,0,150,0\n71.0,0,840,0\n58.5,1,120,0\n63.9,1,30,1\n53.9,1,230,2\n63.5,0,830,0\n75.9,1,80,1\n78\
.7,1,20,2\n64.5,0,100,0\n62.6,1,250,1\n65.5,0,140,0\n77.0,0,570,1\n62.0,1,150,0\n52.0,1,90,2\n50\
.0,1,60,2\n76.2,0,40,2\n60.9,1,630,1\n64.5,1,30,2\n74.9,1,10,1\n54.4,0,20,1\n75.9,0,80,2\n73.2,0\
,390,0\n56.7,0,860,0\n74.2,0,300,0\n65.5,1,10,2\n57.8,0,500,0\n";

pub(crate) const EVERY_METHOD: [Method; 6] = [
    Method::Cox { ridge: 0.0 },
    Method::CauseSpecific { ridge: 0.0 },
    Method::FineGray {},
    Method::ElasticNet { mix: 0.5, folds: 0 },
    Method::Boosting {
        rounds: 40,
        learning_rate: 0.1,
        depth: 2,
    },
    Method::Forest {
        trees: 40,
        least_rows: 30,
    },
];

fn confidence() -> Share {
    Share::new(0.95).unwrap()
}

fn model_of(outcome: &Outcome) -> ModelDocument {
    ModelDocument::parse(&outcome.output("model.json").unwrap().bytes).unwrap()
}

fn small(method: Method) -> ModelDocument {
    let csv = match method.knows_competing_events() {
        true => FORTY.to_owned(),
        false => FORTY.replace(",2\n", ",1\n"),
    };
    let mut request = fit_request();
    request.method = method;
    request.horizons = vec![200.0, 400.0];
    request.resamples = 0;
    model_of(&fit(&request, &csv).unwrap())
}

fn near(found: f64, expected: f64, most: f64) {
    assert!((found - expected).abs() < most, "{found} {expected}");
}

/// R survival 3.5-3: `survfit(coxph(Surv(days, died > 0) ~ age + ward),
/// newdata, conf.type = "log-log")`.
#[test]
fn risks_and_their_intervals_are_those_of_r() {
    let model = small(Method::Cox { ridge: 0.0 });
    for (patient, horizon, risk, lower, upper) in [
        (
            [62.0, 0.0],
            0,
            0.213909139143844,
            0.0965633779857655,
            0.434725910872345,
        ),
        (
            [62.0, 0.0],
            1,
            0.321115081343188,
            0.1590850918041279,
            0.579264398125800,
        ),
        (
            [75.0, 1.0],
            0,
            0.960651906195689,
            0.703430912695645,
            0.999818022141424,
        ),
        (
            [75.0, 1.0],
            1,
            0.994517605889098,
            0.843521708293974,
            0.999999549519777,
        ),
    ] {
        near(model.risk(horizon, &patient), risk, 1e-9);
        let found = model.interval(horizon, &patient, confidence()).unwrap();
        near(found[0], lower, 1e-9);
        near(found[1], upper, 1e-9);
    }
}

/// R survival 3.5-3: `coxph` and `survfit` on the rows of `finegray`, and of
/// all causes at once (`pstate`). R loses `dH` of those who are left at each
/// event; the model loses `1 - exp(-H)` in steps that hold five of these forty
/// people, so the latter agree only roughly.
#[test]
fn risks_beside_a_competing_event_are_those_of_r() {
    let fine_gray = small(Method::FineGray {});
    let causes = small(Method::CauseSpecific { ridge: 0.0 });
    for (patient, horizon, incidence, state) in [
        ([62.0, 0.0], 0, 0.0634551946401360, 0.0281022105094198),
        ([62.0, 0.0], 1, 0.0992076563522538, 0.0639439023195839),
        ([75.0, 1.0], 0, 0.368517132822976, 0.530629048080166),
        ([75.0, 1.0], 1, 0.519344870652668, 0.591624161199414),
    ] {
        near(fine_gray.risk(horizon, &patient), incidence, 1e-9);
        let risk = causes.risk(horizon, &patient);
        near(risk, state, 0.05);
        let [lower, upper] = causes.interval(horizon, &patient, confidence()).unwrap();
        assert!(0.0 < lower && lower < risk && risk < upper && upper < 1.0);
    }
}

#[test]
fn every_method_makes_a_model_that_is_read_back_and_tells_patients_apart_elsewhere() {
    let elsewhere = table(Hospital {
        seed: 44,
        rows: 2000,
        ..FIRST
    });
    for method in EVERY_METHOD {
        let mut request = fit_request();
        request.method = method;
        request.resamples = 0;
        let outcome = fit(&request, &table(FIRST)).unwrap();
        let bytes = &outcome.output("model.json").unwrap().bytes;
        let model = model_of(&outcome);
        assert_eq!(modu_kernel::canonical::to_vec(&model).unwrap(), *bytes);
        let report: FitReport = serde_json::from_value(outcome.report.clone()).unwrap();
        assert_eq!(report.model, Digest::of(bytes));
        let knows = matches!(model.model, Model::Hazards(_))
            && !matches!(method, Method::ElasticNet { .. });
        assert_eq!(report.tells_intervals, knows, "{method:?}");
        let tried = validate(&validate_request(), bytes, &elsewhere).unwrap();
        let tried: ValidateReport = serde_json::from_value(tried.report).unwrap();
        let concordance = tried.performance.harrell.value().unwrap();
        assert!(concordance > 0.62, "{method:?}: {concordance}");
        assert_ne!(tried.verdict, Verdict::DoesNotHold);
        let ratio = tried.performance.horizons[1].ratio.value().unwrap();
        assert!((0.8..1.25).contains(&ratio), "{method:?}: {ratio}");
    }
}

#[test]
fn every_model_tells_risks_with_what_moved_them_and_says_where_it_knows_no_interval() {
    let patients = "person,at,age,ward,noise\n\
                    a,2026-03-01T00:00:00Z,73,east,0.5\nb,2026-03-01T00:00:00Z,49,west,0.5\n";
    for method in EVERY_METHOD {
        let mut request = fit_request();
        request.method = method;
        request.resamples = 0;
        let made = fit(&request, &table(FIRST)).unwrap();
        let inputs = InputsInMemory::new()
            .with("model", made.output("model.json").unwrap().bytes.clone())
            .with("patients", patients);
        let told = (modu_care::PREDICT.run)(&json!({}), &inputs, &NoProgress).unwrap();
        let lines = String::from_utf8(told.output("risks.ndjson").unwrap().bytes.clone()).unwrap();
        let risks: Vec<RiskEstimate> = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert!(risks[0].risk > risks[1].risk, "{method:?}");
        let moved = |risk: &RiskEstimate| risk.contributions[0].change.get();
        assert!(
            moved(&risks[0]) > 0.0 && moved(&risks[1]) < 0.0,
            "{method:?}"
        );
        let known = model_of(&made).tells_intervals();
        assert_eq!(risks[0].interval.is_some(), known);
        let said = told
            .findings
            .iter()
            .any(|it| it.code == "predict.no_interval");
        assert_eq!(said, !known, "{method:?}");
    }
}

#[test]
fn the_same_trees_grow_on_one_thread_and_on_three() {
    let mut request = fit_request();
    request.method = EVERY_METHOD[5];
    request.resamples = 4;
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let outcome =
            pool.install(|| fit(&request, &table(Hospital { rows: 400, ..FIRST })).unwrap());
        Digest::of(&outcome.to_canonical().unwrap())
    };
    assert_eq!(run(1), run(3));
}

/// A study with a competing event or with late entries, as CSV.
fn study(plan: &Plan) -> String {
    let study = simulate(plan).unwrap();
    let columns = study.covariates.columns();
    let mut csv = "x0,x1,x2,days,died".to_owned();
    let entry = study.outcomes.entry();
    csv.push_str(if entry.is_some() { ",entry\n" } else { "\n" });
    for row in 0..study.outcomes.len() {
        let values: Vec<String> = columns.iter().map(|it| format!("{:.4}", it[row])).collect();
        let (time, event) = (study.outcomes.time()[row], study.outcomes.event()[row].0);
        csv.push_str(&format!("{},{time},{event}", values.join(",")));
        csv.push_str(&entry.map_or("\n".to_owned(), |it| format!(",{}\n", it[row])));
    }
    csv
}

#[test]
fn beside_a_competing_event_risks_are_calibrated_where_the_method_knows_of_it_else_refused() {
    let csv = study(&Plan::competing(3000, 3, 8));
    let median = {
        let mut times: Vec<f64> = simulate(&Plan::competing(3000, 3, 8))
            .unwrap()
            .outcomes
            .time()
            .to_vec();
        times.sort_unstable_by(f64::total_cmp);
        times[times.len() / 2]
    };
    for method in EVERY_METHOD {
        let mut request = fit_request();
        request.method = method;
        request.horizons = vec![median];
        request.resamples = 0;
        let made = fit(&request, &csv);
        if !method.knows_competing_events() {
            let said = made.unwrap_err().to_string();
            assert!(said.contains("`cause-specific` or `fine-gray`"), "{said}");
            continue;
        }
        let report: FitReport = serde_json::from_value(made.unwrap().report).unwrap();
        let at = &report.apparent.horizons[0];
        let ratio = at.ratio.value().unwrap();
        assert!((ratio - 1.0).abs() < 0.03, "{method:?}: {ratio}");
    }
}

#[test]
fn rows_that_enter_late_are_counted_from_then_on_or_refused_by_the_methods_name() {
    let mut plan = Plan::usual(2000, 3, 9);
    plan.delayed_entry = Some(400.0);
    plan.rounding = Some(100.0);
    let csv = study(&plan);
    for method in EVERY_METHOD {
        let mut request = fit_request();
        request.columns = Some(TableColumns {
            entry: Some("entry".to_owned()),
            ..request.columns.unwrap()
        });
        request.method = method;
        request.horizons = vec![700.0];
        request.resamples = 3;
        match fit(&request, &csv) {
            Err(error) => {
                let said = error.to_string();
                assert!(said.contains("column `entry`"), "{method:?}: {said}");
            }
            Ok(outcome) => {
                assert!(method.knows_late_entry());
                let report: FitReport = serde_json::from_value(outcome.report).unwrap();
                assert!(report.measured < report.made_of.rows);
            }
        }
    }
}

#[test]
fn a_cross_validated_penalty_keeps_people_together_and_is_the_same_again() {
    let net = |folds, csv: &str, person: Option<&str>| {
        let mut request = fit_request();
        request.method = Method::ElasticNet { mix: 1.0, folds };
        request.resamples = 0;
        let columns = request.columns.as_mut().unwrap();
        columns.person = person.map(str::to_owned);
        columns.predictors = ["age", "ward", "noise"].map(str::to_owned).into();
        let outcome = fit(&request, csv).unwrap();
        let said = outcome.findings.iter().find(|it| it.code == "fit.penalty");
        (said.unwrap().message.en.clone(), model_of(&outcome))
    };
    let (said, model) = net(5, &table(FIRST), None);
    assert!(
        said.contains("by cross-validation over 5 folds of people"),
        "{said}"
    );
    assert_eq!((said.clone(), model), net(5, &table(FIRST), None));
    assert!(net(0, &table(FIRST), None).0.contains("Akaike"));
    // Copies of patients in other folds would tell a model what it has seen.
    let twice = visited(FIRST, 2);
    assert_ne!(net(5, &twice, Some("person")).0, net(5, &twice, None).0);
    let mut request = fit_request();
    request.method = Method::ElasticNet { mix: 1.0, folds: 1 };
    let error = fit(&request, &table(FIRST)).unwrap_err().to_string();
    assert!(error.contains("the number of folds"), "{error}");
}

#[test]
fn a_forest_tells_no_leaf_of_fewer_than_five_and_no_value_of_fewer() {
    let mut request = fit_request();
    request.method = Method::Forest {
        trees: 5,
        least_rows: 4,
    };
    let said = fit(&request, &table(FIRST)).unwrap_err().to_string();
    assert!(said.contains("fewer than 5 people"), "{said}");
    // One patient far older than all others, whose time is like no other's.
    let csv = table(FIRST) + "117.25,east,0.5,900.0625,1\n";
    for method in [EVERY_METHOD[4], EVERY_METHOD[5]] {
        request.method = method;
        request.resamples = 0;
        let outcome = fit(&request, &csv).unwrap();
        let text =
            String::from_utf8_lossy(&outcome.output("model.json").unwrap().bytes).into_owned();
        assert!(
            !text.contains("117.25") && !text.contains("900.0625"),
            "{method:?}"
        );
    }
}
