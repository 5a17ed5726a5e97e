//! A corpus of hostile solutions, each put before the child and, where it is
//! about the file alone, before the reader in this process: none escapes, none
//! brings the parent down, each is refused with a reason or evaluated.

use std::path::{Path, PathBuf};
use std::time::Duration;

use libtest_mimic::Trial;
use modu_onnx::Limits;
use modu_proof::evaluate::{
    Evaluate as _, FeatureBatch, FeatureTensor, FeatureValues, ModelInterface, OnnxEvaluator,
};
use modu_proof::need::Need;
use modu_proof::solution::Solution;
use modu_proof_run::{Options, RunError, SandboxedEvaluator};

use crate::models;
use crate::sandbox::{Outcome, batch, interface, options};

/// Every test, by the sentence that it proves.
pub(crate) fn tests() -> Vec<Trial> {
    vec![
        Trial::test(
            "every_hostile_model_is_refused_with_a_reason_and_the_next_one_still_runs",
            corpus,
        ),
        Trial::test(
            "a_model_of_denormal_numbers_costs_no_more_than_its_time",
            denormals,
        ),
        Trial::test(
            "a_model_cut_at_every_percent_is_refused_by_the_child_with_a_reason",
            truncations,
        ),
        Trial::test(
            "ten_thousand_random_mutations_of_real_models_are_refused_or_evaluated",
            mutations_here,
        ),
        Trial::test(
            "of_six_hundred_mutations_in_children_none_escapes_or_comes_to_another_end",
            mutations_in_children,
        ),
    ]
}

/// What a model came to: it scored, or why it did not. Anything else fails the
/// test: a reason that says nothing, or that could move a terminal's cursor.
fn come_to(result: Result<(), String>) -> bool {
    match result {
        Ok(()) => true,
        Err(reason) => {
            assert!(reason.len() > 10, "{reason:?}");
            assert!(!reason.chars().any(char::is_control), "{reason:?}");
            false
        }
    }
}

/// Puts a model before a child and scores one batch.
fn in_child(
    options: &Options,
    model: &[u8],
    interface: &ModelInterface,
    batch: &FeatureBatch,
) -> Result<(), RunError> {
    let mut evaluator = SandboxedEvaluator::start(options, model, interface)?;
    evaluator.score(batch).map(|_| ())
}

/// Limits small enough that an attempt to pass them costs little.
fn tight() -> Limits {
    Limits {
        decoded_bytes: 64 << 20,
        constant_elements: 1 << 20,
        tensor_elements: 1 << 20,
        live_elements: 1 << 21,
        operations: 1 << 24,
        ..Limits::default()
    }
}

fn corpus() -> Outcome {
    let [vast_constant, vast_input] = models::vast();
    let good = models::good();
    let hostile: Vec<(&str, Vec<u8>, &str)> = vec![
        ("data in a file outside", models::external(), "external"),
        ("a graph that waits for itself", models::cyclic(), "cycle"),
        ("a constant of 2^60 elements", vast_constant, ""),
        ("an input of 2^60 elements", vast_input, ""),
        ("an endless loop", models::nested("Loop", 1), "Loop"),
        ("an endless scan", models::nested("Scan", 1), "Scan"),
        ("graphs nested 3,000 deep", models::nested("If", 3000), ""),
        ("rows doubled 50 times", models::greedy(50, 0), ""),
        (
            "90,000 steps over many rows",
            models::greedy(16, 90_000),
            "",
        ),
        ("nothing", Vec::new(), ""),
        ("one byte", vec![0x0a], ""),
        ("a text", b"I am a model, trust me.\n".repeat(50), ""),
        ("a length without an end", [0xff; 4096].to_vec(), ""),
        ("zeros", vec![0; 1 << 20], ""),
        (
            "two models in one file",
            [good.clone(), good.clone()].concat(),
            "",
        ),
    ];
    for (what, model, part) in hostile {
        let mut options = options(&[]);
        options.limits = tight();
        match in_child(&options, &model, &interface(), &batch(8)) {
            Ok(()) => assert_eq!(what, "two models in one file", "{what} was evaluated"),
            Err(error) => {
                let reason = error.to_string();
                assert!(
                    matches!(error, RunError::Refused { .. }),
                    "{what}: {reason}"
                );
                assert!(reason.contains(part), "{what}: {reason}");
                come_to(Err(reason));
            }
        }
        in_child(&options, &good, &interface(), &batch(8))?;
    }
    Ok(())
}

fn denormals() -> Outcome {
    let mut options = options(&[]);
    options.limits.operations = u64::MAX;
    in_child(&options, &models::denormal(0, 10), &interface(), &batch(8))?;
    // More than any processor does in the time.
    let endless = models::denormal(18, 20_000);
    options.batch_time = Duration::from_secs(1);
    let error = in_child(&options, &endless, &interface(), &batch(8))
        .expect_err("a hundred thousand million steps");
    assert!(matches!(error, RunError::Late { .. }), "{error}");
    // With the budget of operations in force it does not come to that.
    options.limits = tight();
    let error = in_child(&options, &endless, &interface(), &batch(8)).expect_err("over budget");
    assert!(matches!(error, RunError::Refused { .. }), "{error}");
    Ok(())
}

/// A solution of the demonstration.
struct Real {
    model: Vec<u8>,
    interface: ModelInterface,
    batch: FeatureBatch,
}

impl Real {
    fn read(id: &str) -> Self {
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo");
        let read = |path: PathBuf| std::fs::read(path).unwrap();
        let need = Need::parse(&read(demo.join("need.toml"))).unwrap();
        let folder = demo.join("solutions").join(id);
        let solution = Solution::parse(&read(folder.join("solution.toml"))).unwrap();
        let interface = solution.interface(&need);
        let rows = 4;
        let tensors = interface.inputs.iter().map(|input| {
            let count = rows * input.width;
            FeatureTensor {
                name: input.name.clone(),
                width: input.width,
                values: if input.integer {
                    FeatureValues::Int64((0..count as i64).map(|value| value % 3).collect())
                } else {
                    FeatureValues::Float32((0..count).map(|value| value as f32 * 0.1).collect())
                },
            }
        });
        Self {
            batch: FeatureBatch {
                rows,
                tensors: tensors.collect(),
            },
            model: read(folder.join(&solution.model)),
            interface,
        }
    }

    fn in_this_process(&self, model: &[u8]) -> Result<(), String> {
        let mut evaluator = OnnxEvaluator::new(model, &self.interface, &tight())
            .map_err(|error| error.to_string())?;
        let scores = evaluator.evaluate(&self.batch);
        scores.map(|_| ()).map_err(|error| error.to_string())
    }
}

fn truncations() -> Outcome {
    let real = Real::read("weighted");
    let mut options = options(&[]);
    options.limits = tight();
    in_child(&options, &real.model, &real.interface, &real.batch)?;
    for percent in 0..100 {
        let cut = &real.model[..real.model.len() * percent / 100];
        let error =
            in_child(&options, cut, &real.interface, &real.batch).expect_err("a model that is cut");
        assert!(
            matches!(error, RunError::Refused { .. } | RunError::Mismatch(_)),
            "{percent} %: {error}"
        );
        come_to(Err(error.to_string()));
    }
    Ok(())
}

/// Pseudo-random numbers (SplitMix64, Steele and others 2014).
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// A model with one to six changes: a bit, a byte, a number of many bits,
    /// a piece removed, doubled, or moved in from elsewhere.
    fn mutate(&mut self, model: &[u8]) -> Vec<u8> {
        let mut bytes = model.to_vec();
        for _ in 0..=self.below(6) {
            let at = self.below(bytes.len());
            let length = self.below(24).min(bytes.len() - at);
            let from = self.below(model.len().saturating_sub(24));
            match self.below(6) {
                0 if !bytes.is_empty() => bytes[at] ^= 1 << self.below(8),
                1 if !bytes.is_empty() => bytes[at] = self.next() as u8,
                2 => bytes[at..at + length].fill(0xff),
                3 => drop(bytes.drain(at..at + length)),
                4 => drop(bytes.splice(at..at, model[from..from + length].iter().copied())),
                _ => bytes[at..at + length].copy_from_slice(&model[from..from + length]),
            }
        }
        bytes
    }
}

fn mutations_here() -> Outcome {
    let count = 2500;
    let mut draws = Draws(20_261_122);
    let (mut scored, mut refused) = (0, 0);
    for id in ["linear", "weighted", "network", "forest"] {
        let real = Real::read(id);
        real.in_this_process(&real.model)?;
        for _ in 0..count {
            match come_to(real.in_this_process(&draws.mutate(&real.model))) {
                true => scored += 1,
                false => refused += 1,
            }
        }
    }
    // Both happen, so the mutations are neither all harmless nor all crude.
    assert!(scored > count / 20, "{scored} of {refused} were evaluated");
    assert!(refused > count, "{refused} were refused, {scored} not");
    Ok(())
}

fn mutations_in_children() -> Outcome {
    let count = 200;
    let mut options = options(&[]);
    options.limits = tight();
    let mut draws = Draws(22_112_026);
    for id in ["linear", "weighted", "network"] {
        let real = Real::read(id);
        for _ in 0..count {
            let model = draws.mutate(&real.model);
            let here = come_to(real.in_this_process(&model));
            let result = in_child(&options, &model, &real.interface, &real.batch);
            if let Err(error) = &result {
                assert!(
                    matches!(error, RunError::Refused { .. } | RunError::Mismatch(_)),
                    "{error}"
                );
            }
            let there = come_to(result.map_err(|error| error.to_string()));
            assert_eq!(here, there, "the child and this process disagree");
        }
        in_child(&options, &real.model, &real.interface, &real.batch)?;
    }
    Ok(())
}
