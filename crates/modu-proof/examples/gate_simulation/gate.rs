//! One made-up demonstration through the engine.

use std::error::Error;
use std::fmt::Write as _;

use modu_kernel::{Digest, InputsInMemory, NoProgress};
use modu_proof::predictions::{PREDICTIONS_SCHEMA, Predictions, PredictionsHeader};
use modu_proof::report::{DecisionAnswer, OwnerReport};
use modu_proof::score::SCORE;
use rand_xoshiro::{Xoshiro256PlusPlus, rand_core::SeedableRng};
use serde_json::json;

use super::law::{Law, PREVALENCE, standard, unit};
use super::scenario::{CONTENDERS, ROWS, Scenario, TODAY};

/// A need, a table and the scores of every solution.
pub(crate) struct Gate {
    need: String,
    table: String,
    scores: [Vec<f32>; CONTENDERS],
}

impl Gate {
    /// Draws rows, and for each solution scores that are independent of the
    /// others' given the row: that is the hardest case for the family.
    pub(crate) fn new(scenario: &Scenario, laws: [Law; CONTENDERS], seed: u64) -> Self {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut table = String::from("x,g,today,y\n");
        let mut scores = [const { Vec::new() }; CONTENDERS];
        for _ in 0..ROWS {
            let is_positive = unit(&mut random) < PREVALENCE;
            let group = usize::from(unit(&mut random) < 0.5);
            let is_right = unit(&mut random) < TODAY;
            let today = u8::from(is_positive == is_right);
            // Writing to a string does not fail.
            let _ = writeln!(table, "0,{group},{today},{}", u8::from(is_positive));
            for (law, scores) in laws.iter().zip(&mut scores) {
                let centre = if is_positive {
                    law.positive
                } else {
                    -law.negative[group]
                };
                scores.push((centre + standard(&mut random)) as f32);
            }
        }
        Self {
            need: scenario.need(seed),
            table,
            scores,
        }
    }

    /// Which solutions the gate adopts.
    pub(crate) fn adopted(self) -> Result<[bool; CONTENDERS], Box<dyn Error + Send + Sync>> {
        let ids = ["s0", "s1", "s2"];
        let mut inputs = InputsInMemory::new()
            .with("need", self.need.as_str())
            .with("dataset", self.table.as_bytes());
        for (id, scores) in ids.iter().zip(self.scores) {
            let document = solution(id);
            let predictions = Predictions {
                header: PredictionsHeader {
                    schema: PREDICTIONS_SCHEMA.to_owned(),
                    back_end: None,
                    blind: None,
                    dataset: Digest::of(self.table.as_bytes()),
                    model: Digest::of(id.as_bytes()),
                    need: Digest::of(self.need.as_bytes()),
                    rows: ROWS as u64,
                    solution: (*id).to_owned(),
                    solution_toml: Digest::of(document.as_bytes()),
                    width: 1,
                },
                scores,
            };
            inputs = inputs
                .with(format!("solution/{id}"), document.as_str())
                .with(format!("predictions/{id}"), predictions.to_bytes()?);
        }
        let request = json!({
            "need": Digest::of(self.need.as_bytes()),
            "solutions": ids,
            "publish": "digest",
        });
        let outcome = (SCORE.run)(&request, &inputs, &NoProgress)?;
        let report: OwnerReport = serde_json::from_value(outcome.report)?;
        let answers: Vec<bool> = report
            .solutions
            .iter()
            .map(|section| section.decision.answer == DecisionAnswer::Adopt)
            .collect();
        Ok(answers
            .try_into()
            .map_err(|_| "another number of answers")?)
    }
}

fn solution(id: &str) -> String {
    format!(
        r#"
schema = "modu.proof.solution/1"
id = "{id}"
name = {{ ko = "모의", en = "Simulated" }}
supplier = {{ ko = "모의", en = "Simulated" }}
version = "1"
model = "{id}.onnx"
output = {{ scores = "s" }}
[[inputs]]
name = "x"
type = "float32"
columns = [ {{ column = "x", prepare = "pass" }} ]
"#
    )
}
