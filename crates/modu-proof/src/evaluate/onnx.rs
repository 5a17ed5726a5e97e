//! Evaluation in the same process, by `modu-onnx`.

use modu_onnx::{ElementType, Limits, Model, OnnxError, Tensor};

use super::{Evaluate, EvaluateError, FeatureBatch, FeatureValues, ModelInterface, Scores};

/// A model that `modu-onnx` has read and vetted. It has no wall around it
/// beyond that crate's limits; where a stranger's model meets real data, run
/// it in a child process instead.
#[derive(Debug)]
pub struct OnnxEvaluator {
    model: Model,
    interface: ModelInterface,
}

impl OnnxEvaluator {
    /// Reads and vets a model, and checks that its inputs are those that its
    /// `solution.toml` declares, with the same element types.
    ///
    /// # Errors
    /// [`EvaluateError::Refused`] where the file is refused,
    /// [`EvaluateError::Mismatch`] where it asks for other inputs.
    pub fn new(
        bytes: &[u8],
        interface: &ModelInterface,
        limits: &Limits,
    ) -> Result<Self, EvaluateError> {
        let model = Model::read(bytes, &[&interface.output], limits).map_err(refusal)?;
        for port in model.inputs() {
            let declared = interface
                .inputs
                .iter()
                .find(|input| input.name == port.name);
            let expected = declared.map(|input| match input.integer {
                true => ElementType::Int64,
                false => ElementType::Float32,
            });
            if expected.is_none() || port.element_type != expected {
                return Err(EvaluateError::Mismatch(format!(
                    "the model asks for the input {port}, which solution.toml does not declare \
                     so; correct its [[inputs]]"
                )));
            }
        }
        for input in &interface.inputs {
            if !model.inputs().iter().any(|port| port.name == input.name) {
                return Err(EvaluateError::Mismatch(format!(
                    "the output `{}` needs no input `{}`; remove it from solution.toml",
                    interface.output, input.name
                )));
            }
        }
        Ok(Self {
            model,
            interface: interface.clone(),
        })
    }

    /// As [`Self::new`] with the default limits, ready to be handed to
    /// [`crate::predict::predict_with`].
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn boxed(
        bytes: &[u8],
        interface: &ModelInterface,
    ) -> Result<Box<dyn Evaluate>, EvaluateError> {
        Ok(Box::new(Self::new(bytes, interface, &Limits::default())?))
    }
}

impl Evaluate for OnnxEvaluator {
    fn evaluate(&mut self, batch: &FeatureBatch) -> Result<Scores, EvaluateError> {
        let tensors = batch
            .tensors
            .iter()
            .map(|tensor| {
                let shape = vec![batch.rows, tensor.width];
                match &tensor.values {
                    FeatureValues::Float32(values) => Tensor::float32(shape, values.clone()),
                    FeatureValues::Int64(values) => Tensor::int64(shape, values.clone()),
                }
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(refusal)?;
        let inputs: Vec<(&str, &Tensor)> = batch
            .tensors
            .iter()
            .map(|tensor| tensor.name.as_str())
            .zip(&tensors)
            .collect();
        let output = self
            .model
            .run(&inputs)
            .map_err(refusal)?
            .into_iter()
            .next()
            .map(|(_, tensor)| tensor)
            .ok_or_else(|| EvaluateError::Failed("it gave no output".to_owned()))?;
        let width = score_width(output.shape(), batch.rows, &self.interface)?;
        let values = output.as_float32().map_err(refusal)?.to_vec();
        Ok(Scores {
            rows: batch.rows,
            width,
            values,
        })
    }
}

/// The scores per row of an output's shape: `[n, k]` for `k` classes, or in a
/// binary task and for predictions `[n]` or `[n, 1]`.
///
/// # Errors
/// [`EvaluateError::Mismatch`] for any other shape.
pub fn score_width(
    shape: &[usize],
    rows: usize,
    interface: &ModelInterface,
) -> Result<usize, EvaluateError> {
    let classes = interface.classes;
    match shape {
        [n, k] if *n == rows && *k == classes => Ok(classes),
        [n] | [n, 1] if *n == rows && classes <= 2 => Ok(1),
        _ => Err(EvaluateError::Mismatch(format!(
            "the output `{}` has the shape {shape:?} for {rows} rows, but {} is expected",
            interface.output,
            match classes {
                1 => format!("[{rows}, 1] or [{rows}]"),
                2 => format!("[{rows}, 2], [{rows}, 1] or [{rows}]"),
                _ => format!("[{rows}, {classes}]"),
            }
        ))),
    }
}

fn refusal(error: OnnxError) -> EvaluateError {
    match &error {
        OnnxError::Encoding { .. }
        | OnnxError::Forbidden { .. }
        | OnnxError::Unsupported { .. } => EvaluateError::Refused(error.to_string()),
        OnnxError::Input { .. } | OnnxError::NoSuchOutput { .. } => {
            EvaluateError::Mismatch(error.to_string())
        }
        OnnxError::Malformed { .. }
        | OnnxError::Limit { .. }
        | OnnxError::Shape { .. }
        | OnnxError::ElementType { .. } => EvaluateError::Failed(error.to_string()),
    }
}
