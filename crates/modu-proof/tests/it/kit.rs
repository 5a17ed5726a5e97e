//! The supplier's kit.

use std::io::Cursor;

use modu_proof::dataset::{Dataset, Limits};
use modu_proof::evaluate::{Evaluate, EvaluateError, FeatureBatch, ModelInterface, Scores};
use modu_proof::kit::{self, CheckOutcome};
use modu_proof::need::Need;
use modu_proof::preparation::Features;
use modu_proof::solution::Solution;
use proptest::prelude::*;

use crate::golden::assert_golden;
use crate::world::{self, ByIncome, Constant, NEED, SOLUTION};

#[test]
fn the_kit_is_what_a_supplier_expects() {
    let files = kit::files(&world::need(), NEED.as_bytes(), 1);
    let names: Vec<_> = files.iter().map(|file| file.name).collect();
    assert_eq!(
        names,
        [
            "README.md",
            "need.toml",
            "criteria.ko.md",
            "criteria.en.md",
            "schema.json",
            "sample.csv",
            "solution.toml"
        ]
    );
    for file in &files {
        if file.name == "need.toml" {
            assert_eq!(file.bytes, NEED.as_bytes());
        } else {
            assert_golden(&format!("kit/{}", file.name), &file.bytes);
        }
    }
}

#[test]
fn the_template_is_a_solution_for_the_need() {
    let demo = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/need.toml");
    let demo = Need::parse(&std::fs::read(demo).unwrap()).unwrap();
    for need in [world::need(), demo] {
        let files = kit::files(&need, b"", 1);
        let template = files
            .iter()
            .find(|file| file.name == "solution.toml")
            .unwrap();
        let solution = Solution::parse(&template.bytes).unwrap();
        Features::bind(&solution, &need).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_sample_fits_its_need(seed: u64) {
        let sample = kit::sample_csv(&world::need(), 50, seed);
        let dataset = Dataset::read(&mut Cursor::new(sample), &world::need(), &Limits::default());
        prop_assert_eq!(dataset.map(|dataset| dataset.rows()), Ok(50));
    }
}

/// Scores that depend on the other rows of the batch.
struct AcrossRows;

impl Evaluate for AcrossRows {
    fn evaluate(&mut self, batch: &FeatureBatch) -> Result<Scores, EvaluateError> {
        Constant(1.0 / batch.rows as f32).evaluate(batch)
    }
}

fn outcomes(
    solution: &str,
    make: impl Fn() -> Result<Box<dyn Evaluate>, EvaluateError>,
) -> (bool, Vec<(String, CheckOutcome)>) {
    let make = &mut |_: &[u8], _: &ModelInterface| make();
    let report = kit::check(&world::need(), solution.as_bytes(), b"model", make);
    let outcome = |item: kit::CheckItem| (item.id, item.outcome);
    (
        report.passed,
        report.items.into_iter().map(outcome).collect(),
    )
}

#[test]
fn a_good_submission_passes_every_check() {
    let (passed, items) = outcomes(SOLUTION, || Ok(Box::new(ByIncome)));
    assert!(passed, "{items:?}");
    let ids: Vec<_> = items.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "solution",
            "columns",
            "model",
            "shape",
            "scores",
            "probabilities",
            "batches"
        ]
    );
}

#[test]
fn each_fault_of_a_submission_is_found() {
    use CheckOutcome::{Failed, Warning};
    let last = |solution: &str, make: &dyn Fn() -> Result<Box<dyn Evaluate>, EvaluateError>| {
        let (passed, items) = outcomes(solution, make);
        let odd: Vec<_> = items
            .into_iter()
            .filter(|(_, outcome)| *outcome != CheckOutcome::Passed)
            .collect();
        (passed, odd)
    };
    let good = || Ok(Box::new(ByIncome) as Box<dyn Evaluate>);
    let item = |id: &str, outcome| vec![(id.to_owned(), outcome)];
    let other_schema = SOLUTION.replace("solution/1", "solution/2");
    let hidden_column = SOLUTION.replace("column = \"income\"", "column = \"truth\"");
    assert_eq!(
        last(&other_schema, &good),
        (false, item("solution", Failed))
    );
    assert_eq!(
        last(&hidden_column, &good),
        (false, item("columns", Failed))
    );
    let refused = || Err(EvaluateError::Refused("a forbidden operator".to_owned()));
    assert_eq!(last(SOLUTION, &refused), (false, item("model", Failed)));
    let nan = || Ok(Box::new(Constant(f32::NAN)) as Box<dyn Evaluate>);
    let (passed, odd) = last(SOLUTION, &nan);
    assert!(
        !passed && odd.contains(&("scores".to_owned(), Failed)),
        "{odd:?}"
    );
    let two = || Ok(Box::new(Constant(2.0)) as Box<dyn Evaluate>);
    assert_eq!(last(SOLUTION, &two), (true, item("probabilities", Warning)));
    let across = || Ok(Box::new(AcrossRows) as Box<dyn Evaluate>);
    assert_eq!(last(SOLUTION, &across), (false, item("batches", Failed)));
}

#[test]
fn the_models_of_the_demonstration_pass_their_check() {
    let demo = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo");
    let need = Need::parse(&std::fs::read(demo.join("need.toml")).unwrap()).unwrap();
    for id in ["linear", "network"] {
        let folder = demo.join("solutions").join(id);
        let solution = std::fs::read(folder.join("solution.toml")).unwrap();
        let model = std::fs::read(folder.join(format!("{id}.onnx"))).unwrap();
        let make = &mut modu_proof::evaluate::OnnxEvaluator::boxed;
        let report = kit::check(&need, &solution, &model, make);
        assert!(report.passed, "{report:?}");
        let broken = kit::check(&need, &solution, &model[..model.len() / 2], make);
        assert!(!broken.passed);
    }
}
