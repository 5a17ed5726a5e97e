//! Limits that look certain but are not: what resampling cannot see must not
//! adopt a solution.

use modu_kernel::{InputsInMemory, NoProgress, Outcome, Severity};
use modu_proof::evaluate::{Evaluate, EvaluateError, FeatureBatch, FeatureValues, Scores};
use modu_proof::need::Need;
use modu_proof::report::{
    CriterionPart, DecisionAnswer, Measurement, NotMeasuredReason, OwnerReport, Verdict,
};
use modu_proof::score::SCORE;
use modu_statistics::{Finite, Undefined};

use crate::world::{self, Constant, NEED};

/// Decides the rows of incomes below a bound positive, with the same score.
#[derive(Clone)]
struct Below {
    bound: f32,
    scores: [f32; 2],
}

impl Evaluate for Below {
    fn evaluate(&mut self, batch: &FeatureBatch) -> Result<Scores, EvaluateError> {
        let FeatureValues::Float32(values) = &batch.tensors[0].values else {
            panic!("the first input is float32");
        };
        let [positive, negative] = self.scores;
        let score = |row: &[f32]| {
            if row[1] < self.bound {
                positive
            } else {
                negative
            }
        };
        Ok(Scores {
            rows: batch.rows,
            width: 1,
            values: values
                .chunks_exact(batch.tensors[0].width)
                .map(score)
                .collect(),
        })
    }
}

fn below(bound: f32) -> Below {
    Below {
        bound,
        scores: [0.9, 0.1],
    }
}

/// 300 rows of incomes 0 to 299; those below 100 are the positives, and
/// today's decisions ask every other row.
fn data() -> String {
    let mut text = String::from("age,income,region,note,sex,today,truth,memo\n");
    for row in 0..300 {
        let truth = u8::from(row < 100);
        text.push_str(&format!(
            "{},{row},1,a,{},{},{truth},x\n",
            20 + row % 50,
            row % 2,
            row / 2 % 2
        ));
    }
    text
}

/// The need with this criterion alone.
fn need(criterion: &str) -> String {
    let head = NEED.split("[[criteria]]").next().unwrap();
    format!(
        "{head}[[criteria]]\nid = \"only\"\n{criterion}\nwhy = {{ ko = \"까닭\", en = \"Why\" }}\n"
    )
}

fn outcome<E: Evaluate + Clone + 'static>(need: &str, solutions: &[(&str, E)]) -> Outcome {
    let data = data();
    let mut inputs = InputsInMemory::new()
        .with("need", need)
        .with("dataset", data.as_bytes());
    for (id, evaluator) in solutions {
        inputs = inputs
            .with(format!("solution/{id}"), world::solution_named(id))
            .with(
                format!("predictions/{id}"),
                world::predictions(need, data.as_bytes(), id, evaluator.clone()),
            );
    }
    let ids: Vec<&str> = solutions.iter().map(|(id, _)| *id).collect();
    (SCORE.run)(&world::request(need, &ids), &inputs, &NoProgress).expect("the run")
}

/// The answer on the first solution and its only part.
fn judged<E: Evaluate + Clone + 'static>(
    need: &str,
    solutions: &[(&str, E)],
) -> (DecisionAnswer, CriterionPart) {
    let report: OwnerReport = serde_json::from_value(outcome(need, solutions).report).unwrap();
    let first = &report.solutions[0];
    (first.decision.answer, first.criteria[0].parts[0].clone())
}

const PRECISION: &str =
    "metric = \"precision\"\nover = \"all\"\ndirection = \"at_least\"\nthreshold = 0.999";

#[test]
fn five_right_of_five_do_not_prove_a_precision() {
    let few = need(PRECISION);
    let (answer, part) = judged(&few, &[("first", below(5.0))]);
    assert_eq!(answer, DecisionAnswer::NotEnoughData);
    let reason = NotMeasuredReason::FewSelected {
        selected: 5,
        minimum: 10,
    };
    assert_eq!(part.measurement, Measurement::NotMeasured { reason });
    // Where the need asks for no more than five, the exact limit judges:
    // 0.1 to the power of 1/5.
    let few = few.replace("minimum_positives = 10", "minimum_positives = 5");
    let (answer, part) = judged(&few, &[("first", below(5.0))]);
    assert_eq!(answer, DecisionAnswer::NotSeparable);
    assert_eq!(part.measurement.value().unwrap().get(), 1.0);
    assert!((part.limit.unwrap().get() - 0.630_957_344_480_193_2).abs() < 1e-9);
}

#[test]
fn a_solution_that_selects_nothing_is_missing_a_precision() {
    let (answer, part) = judged(&need(PRECISION), &[("first", below(-1.0))]);
    assert_eq!(answer, DecisionAnswer::Refuse);
    assert_eq!(part.verdict, Verdict::Missing);
}

#[test]
fn no_false_alarm_among_two_hundred_does_not_prove_that_there_are_none() {
    let criterion =
        "metric = \"false_alarm_rate\"\nover = \"all\"\ndirection = \"at_most\"\nthreshold = 0.001";
    let (answer, part) = judged(&need(criterion), &[("first", below(100.0))]);
    assert_eq!(answer, DecisionAnswer::NotSeparable);
    let exact = 1.0 - 0.1_f64.powf(1.0 / 200.0);
    assert!((part.limit.unwrap().get() - exact).abs() < 1e-9);
}

#[test]
fn a_metric_without_an_exact_limit_and_without_spread_is_not_enough_data() {
    let perfect = Below {
        bound: 100.0,
        scores: [1.0, 0.0],
    };
    let criterion = "metric = \"expected_calibration_error\"\nover = \"all\"\ndirection = \"at_most\"\nthreshold = 0.01";
    let (answer, part) = judged(&need(criterion), &[("first", perfect)]);
    assert_eq!(answer, DecisionAnswer::NotEnoughData);
    assert_eq!(part.limit, None);
    let why = Undefined::NoSpread;
    assert_eq!(part.reason, NotMeasuredReason::Undefined { why }.label());
}

#[test]
fn a_gap_that_is_zero_in_every_replicate_is_not_enough_data() {
    let criterion =
        "metric = \"recall\"\nover = \"gap:sex\"\ndirection = \"at_most\"\nthreshold = 0.01";
    let (answer, _) = judged(&need(criterion), &[("first", below(100.0))]);
    assert_eq!(answer, DecisionAnswer::NotEnoughData);
}

#[test]
fn an_improvement_by_a_share_without_spread_has_the_exact_limit() {
    // 12 of 12 against today's third: resampling sees no doubt about the 12.
    let criterion =
        "metric = \"precision\"\nover = \"all\"\ndirection = \"at_least\"\nmargin = 0.5";
    let (answer, part) = judged(&need(criterion), &[("first", below(12.0))]);
    assert_eq!(answer, DecisionAnswer::NotSeparable);
    let improvement = part.improvement.unwrap().value().unwrap().get();
    assert!(improvement > 0.6, "{improvement}");
    let limit = part.improvement_limit.unwrap().get();
    assert!(limit < 0.45, "{limit}");
}

#[test]
fn a_metric_that_moves_with_the_share_of_positives_is_judged_with_that_doubt() {
    // Within the classes a constant score has no spread at all: its Brier
    // score is 0.49 times the share of positives plus 0.09 times the rest.
    let estimate = (100.0 * 0.49 + 200.0 * 0.09) / 300.0;
    let criterion = format!(
        "metric = \"brier\"\nover = \"all\"\ndirection = \"at_most\"\nthreshold = {}",
        estimate + 0.002
    );
    let (answer, part) = judged(&need(&criterion), &[("first", Constant(0.3))]);
    assert_eq!(answer, DecisionAnswer::NotSeparable);
    let limit = part.limit.map(Finite::get).unwrap();
    // 1.2816 standard errors of the share of positives, times 0.4.
    let expected = estimate + 0.4 * 1.2816 * (2.0 / 9.0 / 300.0_f64).sqrt();
    assert!((limit - expected).abs() < 0.003, "{limit} {expected}");
}

#[test]
fn too_few_replicates_for_the_competitors_adopt_nobody() {
    let criterion =
        "metric = \"recall\"\nover = \"all\"\ndirection = \"at_least\"\nthreshold = 0.5";
    let need = need(criterion)
        .replace("replicates = 400", "replicates = 100")
        .replace("confidence = 0.9", "confidence = 0.94");
    let first = || ("first", below(100.0));
    let (answer, _) = judged(&need, &[first()]);
    assert_eq!(answer, DecisionAnswer::Adopt, "6 replicates beyond");
    let (answer, part) = judged(&need, &[first(), ("second", below(90.0))]);
    assert_eq!(answer, DecisionAnswer::NotEnoughData, "3 replicates beyond");
    let why = Undefined::FewReplicates;
    assert_eq!(part.reason, NotMeasuredReason::Undefined { why }.label());
}

#[test]
fn rows_outside_a_group_are_warned_of_with_their_share() {
    let need = NEED.replace("from = 40, ko", "from = 50, ko");
    assert!(Need::parse(need.as_bytes()).is_ok());
    let outcome = outcome(&need, &[("first", below(100.0))]);
    let finding = outcome
        .findings
        .iter()
        .find(|finding| finding.code == "group.outside")
        .unwrap();
    assert_eq!(finding.severity, Severity::Warning);
    assert!(finding.message.en.contains("20.0%"), "{finding:?}");
}

#[test]
fn a_bound_between_the_limits_is_told_with_the_rows_that_would_separate_it() {
    // 150 of 300 decided positive, against a bound of 0.48: 6 rows apart.
    let criterion =
        "metric = \"selection_rate\"\nover = \"all\"\ndirection = \"at_least\"\nthreshold = 0.48";
    let (answer, part) = judged(&need(criterion), &[("first", below(150.0))]);
    assert_eq!(answer, DecisionAnswer::NotSeparable);
    assert_eq!(part.verdict, Verdict::NotSeparable);
    let (low, high) = (part.limit.unwrap(), part.favourable.measure.unwrap());
    assert!(low.get() < 0.48 && high.get() > 0.5);
    let needed = part.needed.unwrap();
    assert_eq!(needed.rows, 300);
    assert!((needed.distance.get() - 0.02).abs() < 1e-12);
    // (1.2816 + 0.8416)^2 * 0.25 / 0.02^2 = 2,818 by the normal formula; the
    // exact limit asks for a little more.
    let rows = needed.needed.unwrap();
    assert!((2_500..3_500).contains(&rows), "{rows}");
    assert!(
        part.reason
            .en
            .contains("with n = 300 a difference of 2 points cannot be separated"),
        "{}",
        part.reason.en
    );
}

#[test]
fn what_even_the_favourable_limit_misses_is_refused_without_a_number_of_rows() {
    let criterion =
        "metric = \"selection_rate\"\nover = \"all\"\ndirection = \"at_least\"\nthreshold = 0.6";
    let (answer, part) = judged(&need(criterion), &[("first", below(150.0))]);
    assert_eq!(answer, DecisionAnswer::Refuse);
    assert_eq!(part.verdict, Verdict::NotMet);
    assert!(part.favourable.measure.unwrap().get() < 0.6);
    assert_eq!(part.needed, None);
    assert!(
        part.reason.en.starts_with("even the upper limit"),
        "{}",
        part.reason.en
    );
}

#[test]
fn a_miss_by_one_of_several_members_is_proven_over_them_all() {
    let criterion = "metric = \"selection_rate\"\nover = \"each:sex\"\ndirection = \"at_least\"\nthreshold = 0.6";
    let (_, part) = judged(&need(criterion), &[("first", below(150.0))]);
    let confidence = part.favourable.confidence.get();
    assert!(
        (confidence - 0.95).abs() < 1e-12,
        "two members at 0.9: {confidence}"
    );
    assert_eq!(part.confidence.unwrap().get(), 0.9);
}

#[test]
fn equal_members_are_not_proven_unequal_by_the_noise_of_their_gap() {
    // Every half of the rows has the same accuracy but for chance; a gap of
    // estimates is never below zero, and its replicates are wider still.
    let criterion =
        "metric = \"accuracy\"\nover = \"gap:sex\"\ndirection = \"at_most\"\nthreshold = 0.005";
    let (answer, part) = judged(&need(criterion), &[("first", below(140.0))]);
    assert_eq!(answer, DecisionAnswer::NotSeparable, "{}", part.reason.en);
    let (estimate, interval) = (
        part.measurement.value().unwrap().get(),
        part.measurement.interval().unwrap(),
    );
    let limit = part.favourable.measure.unwrap().get();
    assert!(limit < estimate && limit < interval.lower.get());
}
