//! The ledger through the score engine: run after run on the same data.

use std::collections::HashMap;

use modu_kernel::{Digest, EngineError, InputsInMemory, NoProgress, Outcome};
use modu_proof::evaluate::{Evaluate, EvaluateError, FeatureBatch, FeatureValues, Scores};
use modu_proof::ledger::{Ledger, earlier_input};
use modu_proof::report::{DecisionAnswer, OwnerReport, ReleasedReport, Source};
use modu_proof::score::SCORE;

use crate::world::{self, ByIncome, NEED};

/// Scores that have nothing to do with the truth, and differ by seed.
#[derive(Clone)]
struct Chance(u64);

impl Evaluate for Chance {
    fn evaluate(&mut self, batch: &FeatureBatch) -> Result<Scores, EvaluateError> {
        let FeatureValues::Float32(values) = &batch.tensors[0].values else {
            return Err(EvaluateError::Failed("float32 first".to_owned()));
        };
        let rows = values.chunks_exact(batch.tensors[0].width);
        let score = |row: &[f32]| {
            let mixed = u64::from(row[1].to_bits()) ^ self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            world::Stream(mixed.wrapping_mul(0xD6E8_FEB8_6659_FD93)).below(1000) as f32 / 1000.0
        };
        Ok(Scores {
            rows: batch.rows,
            width: 1,
            values: rows.map(score).collect(),
        })
    }
}

/// A data set and its ledger.
struct Office {
    need: String,
    data: String,
    ledger: Option<Vec<u8>>,
    kept: HashMap<Digest, Vec<u8>>,
}

impl Office {
    fn new(release: &str) -> Self {
        Self {
            need: format!("{NEED}\n{release}"),
            data: world::data_csv(),
            ledger: None,
            kept: HashMap::new(),
        }
    }

    fn state(&self) -> Ledger {
        Ledger::parse(self.ledger.as_ref().unwrap()).unwrap()
    }

    /// One run with one solution, departing from the newest ledger.
    fn run(
        &mut self,
        id: &str,
        evaluator: impl Evaluate + Clone + 'static,
    ) -> Result<(OwnerReport, ReleasedReport), EngineError> {
        let outcome = self.outcome(id, evaluator)?;
        let ledger = outcome.output("ledger.json").unwrap().bytes.clone();
        self.ledger = Some(ledger);
        let released = &outcome.output("released.json").unwrap().bytes;
        Ok((
            serde_json::from_value(outcome.report.clone()).unwrap(),
            serde_json::from_slice(released).unwrap(),
        ))
    }

    fn outcome(
        &mut self,
        id: &str,
        evaluator: impl Evaluate + Clone + 'static,
    ) -> Result<Outcome, EngineError> {
        let predictions = world::predictions(&self.need, self.data.as_bytes(), id, evaluator);
        let digest = Digest::of(&predictions);
        self.kept.insert(digest, predictions.clone());
        let mut inputs = InputsInMemory::new()
            .with("need", self.need.as_str())
            .with("dataset", self.data.as_str())
            .with(format!("solution/{id}"), world::solution_named(id))
            .with(format!("predictions/{id}"), predictions);
        if let Some(bytes) = &self.ledger {
            inputs = inputs.with("ledger", bytes.clone());
            let ledger = self.state();
            let supplier = ledger.submissions[0].supplier.clone();
            let need = Digest::of(self.need.as_bytes());
            for digest in ledger.compared_with(&need, &[&supplier]) {
                inputs = inputs.with(earlier_input(&digest), self.kept[&digest].clone());
            }
        }
        (SCORE.run)(&world::request(&self.need, &[id]), &inputs, &NoProgress)
    }
}

fn own_parts(released: &ReleasedReport) -> usize {
    let criteria = released.solutions[0].criteria.iter();
    let parts = criteria.flat_map(|criterion| &criterion.parts);
    parts
        .filter(|part| part.source == Source::ThisSubmission)
        .count()
}

#[test]
fn after_the_first_submission_only_a_clear_improvement_is_told() {
    let mut office = Office::new("");
    let (_, first) = office.run("gana-first", Chance(1)).unwrap();
    assert_eq!((own_parts(&first), first.budget.spent), (4, 1));
    let told = first.solutions[0].criteria[0].parts[0].clone();
    for seed in 2..6 {
        let (owner, released) = office
            .run(&format!("gana-chance-{seed}"), Chance(seed))
            .unwrap();
        let repeated = &released.solutions[0].criteria[0].parts[0];
        assert_eq!(repeated.estimate, told.estimate, "seed {seed}");
        assert_eq!(repeated.source, Source::EarlierSubmission);
        let solution = &released.solutions[0];
        assert_eq!(
            (solution.source, solution.decision.answer),
            (Source::EarlierSubmission, DecisionAnswer::Refuse)
        );
        // The owner sees the submission's own numbers and what was held back.
        let own = owner.solutions[0].criteria[0].parts[0].measurement.value();
        assert_ne!(own, told.estimate);
        assert_eq!(
            owner.release.solutions[0].decision,
            Source::EarlierSubmission
        );
        assert_eq!(released.budget.spent, seed);
    }
    let (_, better) = office.run("gana-better", ByIncome).unwrap();
    assert_eq!(better.solutions[0].decision.answer, DecisionAnswer::Adopt);
    assert_eq!(own_parts(&better), 4, "an adoption takes its numbers along");
    let state = office.state();
    assert_eq!(state.submissions.len(), 6);
    assert!(state.submissions[1].measures.is_empty());
    assert_eq!(state.submissions[5].decision, Some(DecisionAnswer::Adopt));
    assert_eq!(state.submissions[5].spent, 6);
}

#[test]
fn the_very_same_solution_again_costs_nothing_and_is_told_the_same() {
    let mut office = Office::new("");
    let (_, first) = office.run("gana-first", ByIncome).unwrap();
    let before = office.state();
    let (owner, again) = office.run("gana-first", ByIncome).unwrap();
    assert_eq!(again.solutions, first.solutions);
    assert_eq!(office.state(), before);
    assert!(!owner.release.solutions[0].counted);
}

#[test]
fn a_spent_budget_refuses_with_the_supplier_and_the_numbers() {
    let mut office = Office::new("[release]\nsubmissions = 2\n");
    office.run("gana-first", Chance(1)).unwrap();
    office.run("gana-second", Chance(2)).unwrap();
    // What is known already may be asked again.
    office.run("gana-first", Chance(1)).unwrap();
    let error = office.run("gana-third", Chance(3)).unwrap_err().to_string();
    assert!(
        error.contains("gana company")
            && error.contains("2 of 2")
            && error.contains("newly collected"),
        "{error}"
    );
    assert_eq!(office.state().submissions.len(), 2);

    let mut office = Office::new("[release]\nsubmissions = 1\ntotal = 1\n");
    office.run("gana-first", Chance(1)).unwrap();
    assert!(office.run("gana-second", Chance(2)).is_err());
}

#[test]
fn a_least_step_of_the_need_holds_back_smaller_gains() {
    // From chance to what income tells is a gain of less than 0.9.
    let mut office = Office::new("[release]\nstep = 0.9\n");
    office.run("gana-first", ByIncome).unwrap();
    let mut unlimited = Office::new("");
    unlimited.run("gana-first", Chance(1)).unwrap();
    let (_, told) = unlimited.run("gana-better", ByIncome).unwrap();
    assert_eq!(told.step.least.get(), 0.0);
    let (_, held) = office.run("gana-second", Chance(2)).unwrap();
    assert_eq!((held.step.least.get(), own_parts(&held)), (0.9, 0));
}

#[test]
fn a_ledger_is_refused_unless_it_is_this_data_sets_own_and_whole() {
    let mut office = Office::new("");
    office.run("gana-first", Chance(1)).unwrap();
    let good = office.ledger.clone().unwrap();
    let mut refused = |bytes: Vec<u8>, expected: &str| {
        office.ledger = Some(bytes);
        let error = (SCORE.run)(
            &world::request(&office.need, &["gana-second"]),
            &InputsInMemory::new()
                .with("need", office.need.as_str())
                .with("dataset", office.data.as_str())
                .with("solution/gana-second", world::solution_named("gana-second"))
                .with("ledger", office.ledger.clone().unwrap()),
            &NoProgress,
        );
        let error = error.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    let text = String::from_utf8(good.clone()).unwrap();
    let other = Digest::of(b"other").to_string();
    let of_data = Digest::of(world::data_csv().as_bytes()).to_string();
    refused(text.replace(&of_data, &other).into(), "another data set");
    refused(format!("{text} ").into(), "canonical");
    refused(
        text.replace("ledger/1", "ledger/2").into(),
        "modu.proof.ledger/1",
    );
    refused(
        text.replace("\"decision_of\":0", "\"decision_of\":7")
            .into(),
        "of no submission",
    );
    refused(b"{}".to_vec(), "ledger");
    // Without the predictions that it is compared with, nothing is told.
    refused(good, "earlier/");
}

#[test]
fn two_runs_from_the_same_ledger_give_the_same_bytes() {
    let mut office = Office::new("");
    office.run("gana-first", Chance(1)).unwrap();
    let once = office.outcome("gana-second", Chance(2)).unwrap();
    let again = office.outcome("gana-second", Chance(2)).unwrap();
    assert_eq!(once.to_canonical().unwrap(), again.to_canonical().unwrap());
}
