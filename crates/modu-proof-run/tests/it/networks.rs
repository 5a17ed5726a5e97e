//! Networks with operators that our kernels lack: scored by tract inside the
//! same walls where it is built in, and else refused by the operator's name.

use libtest_mimic::Trial;
use modu_proof::evaluate::{ExpectedInput, ModelInterface};
#[cfg(feature = "tract")]
use modu_proof::evaluate::{FeatureBatch, FeatureTensor, FeatureValues};
use modu_proof_run::{BackEnd, RunError, SandboxedEvaluator};

use crate::models;
use crate::sandbox::{Outcome, Test, options};

/// A network of `modu-onnx-tract`'s tests, with its input.
struct Network {
    bytes: &'static [u8],
    operator: &'static str,
    input: &'static str,
    width: usize,
    integer: bool,
    classes: usize,
}

const NETWORKS: [Network; 3] = [
    Network {
        bytes: include_bytes!("../../../modu-onnx-tract/tests/reference/convolution.onnx"),
        operator: "Conv",
        input: "pixels",
        width: 144,
        integer: false,
        classes: 3,
    },
    Network {
        bytes: include_bytes!("../../../modu-onnx-tract/tests/reference/text_convolution.onnx"),
        operator: "Conv",
        input: "codes",
        width: 20,
        integer: true,
        classes: 2,
    },
    Network {
        bytes: include_bytes!("../../../modu-onnx-tract/tests/reference/lstm.onnx"),
        operator: "LSTM",
        input: "series",
        width: 40,
        integer: false,
        classes: 2,
    },
];

pub(crate) fn tests() -> Vec<Trial> {
    let mut tests: Vec<Test> = vec![(
        "our_own_kernels_score_whatever_they_can",
        kernels_come_first,
    )];
    #[cfg(not(feature = "tract"))]
    tests.push((
        "a_network_without_kernels_is_refused_by_the_operators_name_and_with_what_could_run_it",
        refused,
    ));
    #[cfg(feature = "tract")]
    tests.extend([
        (
            "a_network_without_kernels_gives_byte_equal_scores_in_the_child_and_outside",
            in_the_child as fn() -> Outcome,
        ),
        (
            "a_network_that_tract_refuses_gives_its_reason_and_leaves_the_parent_alive",
            refused_by_tract,
        ),
    ]);
    let trials = tests.into_iter();
    trials.map(|(name, test)| Trial::test(name, test)).collect()
}

impl Network {
    fn interface(&self) -> ModelInterface {
        ModelInterface {
            inputs: vec![ExpectedInput {
                name: self.input.into(),
                width: self.width,
                integer: self.integer,
            }],
            output: "probabilities".into(),
            classes: self.classes,
        }
    }

    fn start(&self, bytes: &[u8]) -> Result<SandboxedEvaluator, RunError> {
        SandboxedEvaluator::start(&options(&[]), bytes, &self.interface())
    }
}

fn kernels_come_first() -> Outcome {
    let interface = ModelInterface {
        inputs: vec![ExpectedInput {
            name: "features".into(),
            width: 3,
            integer: false,
        }],
        output: "probabilities".into(),
        classes: 2,
    };
    let evaluator = SandboxedEvaluator::start(&options(&[]), &models::good(), &interface)?;
    assert_eq!(evaluator.back_end(), BackEnd::Kernels);
    assert_eq!(evaluator.back_end().foreign(), None);
    Ok(())
}

#[cfg(not(feature = "tract"))]
fn refused() -> Outcome {
    for network in NETWORKS {
        let error = network.start(network.bytes).expect_err("should be refused");
        let text = error.to_string();
        assert!(text.contains(&format!("({})", network.operator)), "{text}");
        assert!(text.contains("--features tract"), "{text}");
    }
    Ok(())
}

#[cfg(feature = "tract")]
impl Network {
    fn batch(&self, rows: usize) -> FeatureBatch {
        let count = rows * self.width;
        let values = if self.integer {
            FeatureValues::Int64((0..count).map(|index| (index * 7 % 61) as i64).collect())
        } else {
            let values = (0..count).map(|index| (index as f32 * 0.37).sin());
            FeatureValues::Float32(values.collect())
        };
        FeatureBatch {
            rows,
            tensors: vec![FeatureTensor {
                name: self.input.into(),
                width: self.width,
                values,
            }],
        }
    }
}

#[cfg(feature = "tract")]
fn in_the_child() -> Outcome {
    use modu_onnx::{Limits, Tensor, vet};
    use modu_onnx_tract::TractModel;

    let limits = Limits::default();
    for network in NETWORKS {
        let mut evaluator = network.start(network.bytes)?;
        assert_eq!(evaluator.back_end(), BackEnd::Tract);
        assert_eq!(evaluator.back_end().foreign(), Some("tract 0.23.9"));
        let model = TractModel::read(&vet(network.bytes, &["probabilities"], &limits)?, &limits)?;
        for rows in [200, 1, 0] {
            let batch = network.batch(rows);
            let shape = vec![rows, network.width];
            let tensor = match &batch.tensors[0].values {
                FeatureValues::Float32(values) => Tensor::float32(shape, values.clone())?,
                FeatureValues::Int64(values) => Tensor::int64(shape, values.clone())?,
            };
            let expected = model.run(&[(network.input, &tensor)])?;
            let scores = evaluator.score(&batch)?;
            let bits = |values: &[f32]| -> Vec<u32> {
                values.iter().map(|value| value.to_bits()).collect()
            };
            assert_eq!(bits(&scores.values), bits(expected.as_float32()?));
            assert_eq!((scores.rows, scores.width), (rows, network.classes));
        }
    }
    Ok(())
}

#[cfg(feature = "tract")]
fn refused_by_tract() -> Outcome {
    // An operator that nobody has, as long as the one that it stands for.
    for network in NETWORKS {
        let name = "Fly!".chars().take(network.operator.len());
        let name: String = name.collect();
        let mut bytes = network.bytes.to_vec();
        let operator = [&[network.operator.len() as u8], network.operator.as_bytes()].concat();
        let places: Vec<usize> = (0..bytes.len() - operator.len())
            .filter(|&place| bytes[place..].starts_with(&operator))
            .collect();
        for place in places {
            bytes[place + 1..=place + name.len()].copy_from_slice(name.as_bytes());
        }
        let error = network.start(&bytes).expect_err("should be refused");
        let text = error.to_string();
        assert!(text.contains(&format!("({name})")), "{text}");
        assert!(network.start(network.bytes).is_ok());
    }
    Ok(())
}
