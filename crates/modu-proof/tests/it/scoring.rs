//! The score engine on a small world.

use modu_kernel::{EngineError, InputsInMemory, NoProgress, Outcome, Progress, canonical};
use modu_proof::report::{
    DecisionAnswer, Measurement, NotMeasuredReason, OwnerReport, ReleasedReport, SolutionSection,
    Verdict,
};
use modu_proof::score::SCORE;

use crate::golden::assert_golden;
use crate::world::{self, ByIncome, Constant, NEED, need_with};

mod cautious;
mod contenders;
mod proven_misses;
mod scan;
mod slices;
mod standings;

fn run(need: &str, inputs: &InputsInMemory, ids: &[&str]) -> Outcome {
    (SCORE.run)(&world::request(need, ids), inputs, &NoProgress).expect("the run")
}

fn report(outcome: &Outcome) -> OwnerReport {
    serde_json::from_value(outcome.report.clone()).unwrap()
}

fn solution<'a>(report: &'a OwnerReport, id: &str) -> &'a SolutionSection {
    report
        .solutions
        .iter()
        .find(|solution| solution.id == id)
        .unwrap()
}

fn world_outcome() -> Outcome {
    let data = world::data_csv();
    run(
        NEED,
        &world::inputs(NEED, data.as_bytes()),
        &["first", "second"],
    )
}

#[test]
fn the_better_solution_is_adopted_and_the_constant_one_refused() {
    let report = report(&world_outcome());
    let first = solution(&report, "first");
    assert_eq!(
        first.decision.answer,
        DecisionAnswer::Adopt,
        "{:?}",
        first.criteria
    );
    let second = solution(&report, "second");
    assert_eq!(second.decision.answer, DecisionAnswer::Refuse);
    // Its gap is zero in every replicate, which proves nothing.
    assert_eq!(second.decision.blocking, ["recall", "false-alarms", "gap"]);
    assert_eq!(
        report.comparisons.len(),
        3,
        "first, second and the incumbent"
    );
}

#[test]
fn one_thread_and_many_give_the_same_bytes() {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let outcome = pool.build().unwrap().install(world_outcome);
        outcome.to_canonical().unwrap()
    };
    let one = on(1);
    assert_eq!(one, on(1));
    assert_eq!(one, on(3));
}

#[test]
fn the_released_report_is_what_a_reader_expects() {
    let outcome = world_outcome();
    let released: ReleasedReport =
        serde_json::from_slice(&outcome.output("released.json").unwrap().bytes).unwrap();
    let pretty = serde_json::to_string_pretty(&released).unwrap() + "\n";
    assert_golden("released.json", pretty.as_bytes());
    let canonical = canonical::to_vec(&released).unwrap();
    assert_eq!(outcome.output("released.json").unwrap().bytes, canonical);
}

#[test]
fn reports_are_read_back_as_they_were_written_and_hold_no_silent_null() {
    let outcome = world_outcome();
    let report = report(&outcome);
    assert_eq!(serde_json::to_value(&report).unwrap(), outcome.report);
    for solution in &report.solutions {
        for measure in &solution.measures.overall {
            let text = serde_json::to_string(&measure.measurement).unwrap();
            assert!(!text.contains("null"), "{text}");
        }
    }
}

#[test]
fn one_nan_score_refuses_a_solution_with_every_measure_missing() {
    let data = world::data_csv();
    let inputs = InputsInMemory::new()
        .with("need", NEED)
        .with("dataset", data.as_bytes())
        .with("solution/first", world::solution_named("first"))
        .with(
            "predictions/first",
            world::predictions(NEED, data.as_bytes(), "first", Constant(f32::NAN)),
        );
    let report = report(&run(NEED, &inputs, &["first"]));
    let first = solution(&report, "first");
    assert_eq!(first.decision.answer, DecisionAnswer::Refuse);
    assert!(
        first
            .criteria
            .iter()
            .all(|criterion| criterion.verdict == Verdict::Missing)
    );
    assert!(
        first
            .measures
            .overall
            .iter()
            .all(|measure| measure.measurement.value().is_none())
    );
    assert!(first.measures.confusion.is_none() && first.measures.roc.is_none());
}

#[test]
fn a_solution_without_predictions_is_refused() {
    let data = world::data_csv();
    let inputs = InputsInMemory::new()
        .with("need", NEED)
        .with("dataset", data.as_bytes())
        .with("solution/first", world::solution_named("first"));
    let report = report(&run(NEED, &inputs, &["first"]));
    let first = solution(&report, "first");
    assert_eq!(first.decision.answer, DecisionAnswer::Refuse);
    let reason = NotMeasuredReason::NoPredictions;
    assert_eq!(
        first.criteria[0].parts[0].measurement,
        Measurement::NotMeasured { reason }
    );
}

#[test]
fn scores_that_are_not_probabilities_can_be_ranked_but_not_calibrated() {
    let need = need_with(
        "metric = \"false_alarm_rate\"\nover = \"each:sex\"",
        "metric = \"brier\"\nover = \"all\"",
    );
    let data = world::data_csv();
    let inputs = InputsInMemory::new()
        .with("need", need.as_str())
        .with("dataset", data.as_bytes())
        .with("solution/first", world::solution_named("first"))
        .with(
            "predictions/first",
            world::predictions(&need, data.as_bytes(), "first", Constant(3.0)),
        );
    let report = report(&run(&need, &inputs, &["first"]));
    let first = solution(&report, "first");
    assert_eq!(first.criteria[1].verdict, Verdict::Missing);
    assert_ne!(first.criteria[2].verdict, Verdict::Missing);
    assert_eq!(first.decision.answer, DecisionAnswer::Refuse);
}

#[test]
fn a_small_group_is_not_enough_data_and_its_size_is_not_released() {
    let need = need_with("minimum_group = 40", "minimum_group = 399");
    let data = world::data_csv();
    let outcome = run(&need, &world::inputs(&need, data.as_bytes()), &["first"]);
    let report = report(&outcome);
    let first = solution(&report, "first");
    assert_eq!(first.criteria[0].verdict, Verdict::Met);
    assert_eq!(first.criteria[1].verdict, Verdict::NotEnoughData);
    assert_eq!(first.criteria[2].verdict, Verdict::NotEnoughData);
    assert_eq!(first.decision.answer, DecisionAnswer::NotEnoughData);
    assert!(
        outcome
            .findings
            .iter()
            .any(|finding| finding.code == "group.small")
    );
    let women = report.data.groups[0].members[0].rows.to_string();
    for output in outcome
        .outputs
        .iter()
        .filter(|output| output.name.starts_with("released"))
    {
        let text = String::from_utf8_lossy(&output.bytes);
        assert!(!text.contains(&format!("{women} rows")), "{}", output.name);
        assert!(!text.contains(&format!("행이 {women}")), "{}", output.name);
    }
}

#[test]
fn more_competitors_are_judged_at_a_higher_confidence() {
    let data = world::data_csv();
    let inputs = world::inputs(NEED, data.as_bytes());
    let alone = report(&run(NEED, &inputs, &["first"]));
    let both = report(&run(NEED, &inputs, &["first", "second"]));
    let confidence = |report: &OwnerReport, id: &str| {
        let part = &solution(report, id).criteria[0].parts[0];
        part.confidence.unwrap().get()
    };
    assert_eq!(confidence(&alone, "first"), 0.9);
    assert_eq!(
        confidence(&both, "first"),
        0.95,
        "adopted in the first of Holm's rounds"
    );
    assert_eq!(confidence(&both, "second"), 0.9, "judged in the last one");
    assert_eq!(both.need.statistics.strictest_confidence.get(), 0.95);
    let limit = |report: &OwnerReport| {
        let part = &solution(report, "first").criteria[0].parts[0];
        part.limit.unwrap().get()
    };
    assert!(limit(&both) <= limit(&alone));
}

#[test]
fn the_incumbent_may_be_a_solution_and_does_not_compete() {
    let need = need_with(
        "[incumbent]\ncolumn = \"today\"",
        "[incumbent]\nsolution = \"second\"",
    );
    let data = world::data_csv();
    let inputs = world::inputs(&need, data.as_bytes());
    let report = report(&run(&need, &inputs, &["first", "second"]));
    assert!(solution(&report, "second").incumbent);
    let part = &solution(&report, "first").criteria[0].parts[0];
    assert_eq!(part.confidence.unwrap().get(), 0.9);
    let improvement = part.improvement.as_ref().unwrap().value().unwrap().get();
    let values = (
        part.measurement.value().unwrap(),
        part.incumbent.as_ref().unwrap().value().unwrap(),
    );
    assert!((improvement - (values.0.get() - values.1.get())).abs() < 1e-12);
    let error = (SCORE.run)(&world::request(&need, &["first"]), &inputs, &NoProgress);
    assert!(matches!(error, Err(EngineError::Request(_))));
}

/// Three classes of about 100 rows each, judged by macro F1 and accuracy.
fn multi_class_report(minimum_positives: u32) -> OwnerReport {
    let minimum = format!("minimum_positives = {minimum_positives}");
    let need = need_with("task = \"binary\"", "task = \"multiclass\"")
        .replace("positive = 1\n", "")
        .replace(
            "{ code = 1, ko = \"예\"",
            "{ code = 2, ko = \"보류\", en = \"Later\" }, { code = 1, ko = \"예\"",
        )
        .replace("[decision]\nthreshold = 0.5\nreview_budget = 0.25\n", "")
        .replace("minimum_positives = 10", &minimum)
        .replace("recall_at_budget", "macro_f1")
        .replace("false_alarm_rate", "accuracy")
        .replace(
            "at_most\"\nthreshold = 0.3\nwhy = { ko = \"괜한",
            "at_least\"\nthreshold = 0.3\nwhy = { ko = \"괜한",
        );
    let mut stream = world::Stream(5);
    let mut data = String::from("age,income,region,note,sex,today,truth,memo\n");
    for _ in 0..300 {
        let truth = stream.below(3);
        data.push_str(&format!(
            "{},{},1,a,{},{},{truth},x\n",
            20 + stream.below(50),
            truth * 100 + stream.below(120),
            stream.below(2),
            stream.below(3),
        ));
    }
    let inputs = InputsInMemory::new()
        .with("need", need.as_str())
        .with("dataset", data.as_bytes())
        .with("solution/first", world::solution_named("first"))
        .with(
            "predictions/first",
            world::predictions(&need, data.as_bytes(), "first", ThreeByIncome),
        );
    report(&run(&need, &inputs, &["first"]))
}

#[test]
fn a_multi_class_metric_of_every_class_needs_enough_rows_of_each() {
    let report = multi_class_report(150);
    let first = solution(&report, "first");
    assert_eq!(first.decision.answer, DecisionAnswer::NotEnoughData);
    assert_eq!(
        first.decision.blocking,
        ["recall"],
        "macro F1, not accuracy"
    );
    assert!(matches!(
        first.criteria[0].parts[0].measurement,
        Measurement::NotMeasured {
            reason: NotMeasuredReason::FewOfClass { minimum: 150, .. }
        }
    ));
}

#[test]
fn multi_class_tasks_are_measured_and_judged() {
    let report = multi_class_report(10);
    let first = solution(&report, "first");
    assert_eq!(
        first.decision.answer,
        DecisionAnswer::Adopt,
        "{:?}",
        first.criteria
    );
    let confusion = first.measures.confusion.as_ref().unwrap();
    assert_eq!(confusion.len(), 3);
    assert_eq!(confusion.iter().flatten().sum::<u64>(), 300);
    assert!(first.measures.roc.is_none());
}

/// Classes in the need's order 0, 2, 1 by rising income of 0, 200, 100.
#[derive(Clone)]
struct ThreeByIncome;

impl modu_proof::evaluate::Evaluate for ThreeByIncome {
    fn evaluate(
        &mut self,
        batch: &modu_proof::evaluate::FeatureBatch,
    ) -> Result<modu_proof::evaluate::Scores, modu_proof::evaluate::EvaluateError> {
        let modu_proof::evaluate::FeatureValues::Float32(values) = &batch.tensors[0].values else {
            panic!("the first input is float32");
        };
        let scores = values
            .chunks_exact(batch.tensors[0].width)
            .flat_map(|row| match row[1] {
                income if income < 105.0 => [0.8, 0.1, 0.1],
                income if income < 205.0 => [0.1, 0.1, 0.8],
                _ => [0.1, 0.8, 0.1],
            })
            .collect();
        Ok(modu_proof::evaluate::Scores {
            rows: batch.rows,
            width: 3,
            values: scores,
        })
    }
}

#[test]
fn predictions_count_only_for_the_inputs_they_were_made_from() {
    let data = world::data_csv();
    let data = data.as_bytes();
    let other_data = [data, b"30,1,1,a,0,0,1,x\n"].concat();
    let other_need = need_with("seed = \"7\"", "seed = \"8\"");
    let base = || {
        InputsInMemory::new()
            .with("need", NEED)
            .with("dataset", data)
            .with("solution/first", world::solution_named("first"))
    };
    for (predictions, expected) in [
        (
            world::predictions(NEED, &other_data, "first", ByIncome),
            "another data set",
        ),
        (
            world::predictions(&other_need, data, "first", ByIncome),
            "another need",
        ),
        (
            world::predictions(NEED, data, "second", ByIncome),
            "another solution.toml",
        ),
        (b"junk".to_vec(), "no header line"),
    ] {
        let inputs = base().with("predictions/first", predictions);
        let error =
            (SCORE.run)(&world::request(NEED, &["first"]), &inputs, &NoProgress).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("input `predictions/first`"), "{text}");
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn a_wrong_request_is_refused() {
    let data = world::data_csv();
    let inputs = world::inputs(NEED, data.as_bytes());
    let good = world::request(NEED, &["first"]);
    let with = |key: &str, value: serde_json::Value| {
        let mut request = good.clone();
        request[key] = value;
        request
    };
    for request in [
        with(
            "need",
            serde_json::json!(modu_kernel::Digest::of(b"another")),
        ),
        with("solutions", serde_json::json!([])),
        with("solutions", serde_json::json!(["first", "first"])),
        with("time", serde_json::json!("a\nb")),
        with("more", serde_json::json!(1)),
    ] {
        let error = (SCORE.run)(&request, &inputs, &NoProgress).unwrap_err();
        assert!(
            matches!(error, EngineError::Request(_)),
            "{request}: {error}"
        );
    }
}

#[test]
fn a_run_can_be_cancelled() {
    struct Stop;
    impl Progress for Stop {
        fn report(&self, _: &str, _: u64, _: u64) {}
        fn cancelled(&self) -> bool {
            true
        }
    }
    let data = world::data_csv();
    let inputs = world::inputs(NEED, data.as_bytes());
    let error = (SCORE.run)(&world::request(NEED, &["first"]), &inputs, &Stop).unwrap_err();
    assert!(matches!(error, EngineError::Cancelled), "{error}");
}
