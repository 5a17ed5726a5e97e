//! Predicting a number.

use modu_proof::evaluate::ModelInterface;
use modu_proof::kit;
use modu_proof::need::{Metric, Need};
use modu_proof::report::{DecisionAnswer, Fit, IncumbentSection, Verdict};

use super::{By, Rule, assert_close, assert_section, run, solution, value};
use crate::world::Stream;

pub(super) const NEED: &str = r#"
schema = "modu.proof.need/1"
id = "length-of-stay"
task = "regression"
question = { ko = "입원 일수를 미리 알 수 있는가?", en = "Can the length of a stay be foreseen?" }
unit = { ko = "입원 한 건", en = "one stay" }

[label]
column = "days"

[incumbent]
column = "rule"

[[columns]]
name = "x"
type = "number"
role = "feature"

[[columns]]
name = "days"
type = "number"
role = "label"

[[columns]]
name = "rule"
type = "number"
role = "incumbent"

[[columns]]
name = "sex"
type = "code"
codes = 2
role = "group"

[[groups]]
id = "sex"
column = "sex"
name = { ko = "성별", en = "Sex" }
members = [ { id = "women", code = 0, ko = "여성", en = "Women" }, { id = "men", code = 1, ko = "남성", en = "Men" } ]

[statistics]
replicates = 400
seed = "7"
confidence = 0.9
minimum_group = 40
minimum_positives = 10
quantile = 0.5

[[criteria]]
id = "error"
metric = "mean_absolute_error"
over = "all"
direction = "at_most"
threshold = 3.0
margin = 1.0
why = { ko = "병상을 계획한다.", en = "Beds are planned by it." }

[[criteria]]
id = "bias"
metric = "mean_error"
over = "each:sex"
direction = "at_most"
threshold = 1.0
why = { ko = "누구의 일수도 부풀리지 않는다.", en = "Nobody's stay is overstated." }
"#;

/// 400 stays of about twice `x` days; today's rule says 20 days to everybody.
pub(super) fn data() -> String {
    let mut stream = Stream(5);
    let mut text = String::from("x,days,rule,sex\n");
    for _ in 0..400 {
        let x = stream.below(200) as f64 / 10.0;
        let noise = stream.below(81) as f64 / 10.0 - 4.0;
        let days = 2.0 * x + noise;
        text.push_str(&format!("{x},{days:.3},20,{}\n", stream.below(2)));
    }
    text
}

const TWICE: Rule = |x| vec![2.0 * x];
const HIGH: Rule = |x| vec![2.0 * x + 2.0];

/// Prediction and target of each row.
fn pairs(data: &str, rule: Rule) -> Vec<(f64, f64)> {
    data.lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
            #[expect(clippy::cast_possible_truncation, reason = "as a solution is given it")]
            let x = cells[0] as f32;
            (f64::from(rule(x)[0]), cells[1])
        })
        .collect()
}

#[test]
fn a_regression_is_measured_by_its_errors_and_judged_against_a_column_of_numbers() {
    let data = data();
    let report = run(NEED, &data, &[("twice", TWICE), ("high", HIGH)]);
    let measures = &report.solutions[0].measures;
    let pairs = pairs(&data, TWICE);
    let mean = |of: &dyn Fn(f64, f64) -> f64| {
        pairs.iter().map(|(p, y)| of(*p, *y)).sum::<f64>() / pairs.len() as f64
    };
    let target = mean(&|_, y| y);
    let squares = mean(&|p, y| (p - y).powi(2));
    let variance = mean(&|_, y| (y - target).powi(2));
    let overall = |metric| value(&measures.overall, metric);
    assert_close(
        overall(Metric::MeanAbsoluteError),
        mean(&|p, y| (p - y).abs()),
    );
    assert_close(overall(Metric::MeanError), mean(&|p, y| p - y));
    assert_close(overall(Metric::RootMeanSquaredError), squares.sqrt());
    assert_close(overall(Metric::RSquared), 1.0 - squares / variance);
    assert_close(
        overall(Metric::PinballLoss),
        overall(Metric::MeanAbsoluteError) / 2.0,
    );
    assert_eq!(measures.groups[0].members.len(), 2);

    let answers: Vec<_> = report.solutions.iter().map(|s| s.decision.answer).collect();
    assert_eq!(
        answers[0],
        DecisionAnswer::Adopt,
        "{:?}",
        report.solutions[0].criteria
    );
    assert_eq!(answers[1], DecisionAnswer::Refuse);
    assert_eq!(report.solutions[1].criteria[1].verdict, Verdict::NotMet);
    let improvement = report.solutions[0].criteria[0].parts[0]
        .improvement
        .as_ref();
    let Some(IncumbentSection::Recorded {
        measures: today, ..
    }) = &report.incumbent
    else {
        panic!("today's rule is a column");
    };
    assert_close(
        improvement.unwrap().value().unwrap().get(),
        value(&today.overall, Metric::MeanAbsoluteError) - overall(Metric::MeanAbsoluteError),
    );
}

#[test]
fn a_regression_shows_every_row_in_its_pictures() {
    let report = run(NEED, &data(), &[("twice", TWICE)]);
    let fit: &Fit = report.solutions[0].measures.fit.as_ref().unwrap();
    assert_eq!(fit.cells.iter().flatten().sum::<u64>(), 400);
    assert_eq!(fit.residuals.iter().sum::<u64>(), 400);
    assert!(report.solutions[0].measures.confusion.is_none());
    assert!(report.comparisons.iter().all(|pair| pair.mcnemar.is_none()));
    assert_section(&report, "fit");
}

#[test]
fn a_prediction_that_is_no_number_refuses() {
    let report = run(
        NEED,
        &data(),
        &[("broken", |x| vec![if x > 19.0 { f32::NAN } else { x }])],
    );
    assert_eq!(report.solutions[0].decision.answer, DecisionAnswer::Refuse);
    assert_eq!(report.solutions[0].criteria[0].verdict, Verdict::Missing);
    assert!(report.solutions[0].measures.fit.is_none());
}

#[test]
fn a_kit_of_a_regression_asks_for_one_number_a_row() {
    let need = Need::parse(NEED.as_bytes()).unwrap();
    let files = kit::files(&need, NEED.as_bytes(), 3);
    let text = |name: &str| {
        let file = files.iter().find(|file| file.name == name).unwrap();
        String::from_utf8(file.bytes.clone()).unwrap()
    };
    assert!(text("solution.toml").contains("f32 [n, 1]"));
    assert!(text("README.md").contains("one number in the unit of the truth"));
    let make = &mut |_: &[u8], interface: &ModelInterface| {
        assert_eq!(interface.classes, 1);
        Ok(Box::new(By(HIGH)) as Box<_>)
    };
    let report = kit::check(&need, solution("high").as_bytes(), b"a model", make);
    assert!(report.passed, "{:?}", report.items);
    assert!(report.items.iter().all(|item| item.id != "probabilities"));
}
