//! A network, read and evaluated by tract one row at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use modu_onnx::{Dimension, ElementType, Limits, Place, Port, Tensor, TensorData, VettedModel};
use tract_onnx::data_resolver::ModelDataResolver;
use tract_onnx::prelude::{
    DatumType, Framework as _, InferenceFact, InferenceModel, InferenceModelExt as _,
    IntoRunnable as _, TValue, TVec, Tensor as TractTensor, TractResult, TypedModel,
    TypedRunnableModel,
};

use crate::error::{TractError, words};
use crate::operators::{OPERATOR_SETS, operators};
use crate::processor::prepare;

/// A vetted network that tract has planned for batches of one row.
#[derive(Debug)]
pub struct TractModel {
    inputs: Vec<RowInput>,
    ports: Vec<Port>,
    output: Port,
    /// The output's shape for one row, without the row's dimension.
    row_shape: Vec<usize>,
    plan: Arc<TypedRunnableModel>,
    limits: Limits,
}

/// An input of `[rows, width]` numbers.
#[derive(Debug)]
struct RowInput {
    name: String,
    width: usize,
    element_type: ElementType,
}

impl TractModel {
    /// Has tract read and plan a vetted model with one wanted output.
    ///
    /// Inputs must be declared as `[rows, width]` of single precision or 64-bit
    /// integers with a fixed width, the output must be of single precision and
    /// keep the rows first.
    ///
    /// # Errors
    /// [`TractError`]: an operator outside of [`operators`], another shape, or
    /// what tract has to say against the network.
    pub fn read(vetted: &VettedModel, limits: &Limits) -> Result<Self, TractError> {
        prepare();
        check_operators(vetted)?;
        let [output] = vetted.outputs() else {
            return Err(TractError::Input("one output is to be wanted".to_owned()));
        };
        let inputs = vetted
            .inputs()
            .iter()
            .map(row_input)
            .collect::<Result<Vec<_>, _>>()?;
        let (plan, row_shape) = guarded("preparing the network", || {
            let typed = typed(vetted.bytes(), &inputs).map_err(|error| plan_error(&error))?;
            check_sizes(&typed, limits)?;
            let row_shape = row_shape(&typed, output)?;
            let plan = typed
                .into_optimized()
                .and_then(|model| model.into_runnable())
                .map_err(|error| plan_error(&error))?;
            Ok((plan, row_shape))
        })?;
        Ok(Self {
            inputs,
            ports: vetted.inputs().to_vec(),
            output: output.clone(),
            row_shape,
            plan,
            limits: limits.clone(),
        })
    }

    /// The inputs that [`Self::run`] needs.
    #[must_use]
    pub fn inputs(&self) -> &[Port] {
        &self.ports
    }

    /// The wanted output.
    #[must_use]
    pub const fn output(&self) -> &Port {
        &self.output
    }

    /// Evaluates rows, each alone: named tensors `[rows, width]` to one whose
    /// first dimension is the rows. Costs one evaluation of the network a row.
    /// Every NaN that comes out has the same bits.
    ///
    /// # Errors
    /// [`TractError::Input`] for a missing or unfitting input,
    /// [`TractError::Run`] and [`TractError::Panic`] where the evaluation fails.
    pub fn run(&self, given: &[(&str, &Tensor)]) -> Result<Tensor, TractError> {
        let tensors = self.given(given)?;
        let rows = tensors.first().map_or(0, |tensor| tensor.shape()[0]);
        let width: usize = self.row_shape.iter().product();
        let found = (rows as u64).saturating_mul(width as u64);
        if found > self.limits.tensor_elements {
            return Err(TractError::Input(format!(
                "{rows} rows of {width} scores are too many at once"
            )));
        }
        let values = guarded("evaluating the network", || {
            let mut values = Vec::with_capacity(rows * width);
            for row in 0..rows {
                self.row(&tensors, row, &mut values)?;
            }
            Ok(values)
        })?;
        let mut shape = vec![rows];
        shape.extend(&self.row_shape);
        Ok(Tensor::float32(shape, values)?)
    }

    /// The given tensors in the order of the inputs, with the same rows.
    fn given<'a>(&self, given: &[(&str, &'a Tensor)]) -> Result<Vec<&'a Tensor>, TractError> {
        let mut tensors: Vec<&Tensor> = Vec::with_capacity(self.inputs.len());
        for input in &self.inputs {
            let tensor = given
                .iter()
                .find(|(name, _)| *name == input.name)
                .map(|(_, tensor)| *tensor)
                .ok_or_else(|| {
                    TractError::Input(format!("the input `{}` was not given", input.shown()))
                })?;
            let rows = tensors.first().map(|first| first.shape()[0]);
            let fits = tensor.element_type() == input.element_type
                && matches!(tensor.shape(), [count, width]
                    if *width == input.width && rows.is_none_or(|rows| rows == *count));
            if !fits {
                return Err(TractError::Input(format!(
                    "the input `{}` was given as {} {:?}, but [rows, {}] of {} is expected",
                    input.shown(),
                    tensor.element_type(),
                    tensor.shape(),
                    input.width,
                    input.element_type
                )));
            }
            tensors.push(tensor);
        }
        Ok(tensors)
    }

    /// Appends one row's scores.
    fn row(
        &self,
        tensors: &[&Tensor],
        row: usize,
        values: &mut Vec<f32>,
    ) -> Result<(), TractError> {
        let mut inputs: TVec<TValue> = TVec::new();
        for (input, tensor) in self.inputs.iter().zip(tensors) {
            let part = row * input.width..(row + 1) * input.width;
            let shape = [1, input.width];
            let tensor = match tensor.data() {
                TensorData::Float32(all) => TractTensor::from_shape(&shape, &all[part]),
                TensorData::Int64(all) => TractTensor::from_shape(&shape, &all[part]),
                _ => return Err(TractError::Input("an input of another type".to_owned())),
            };
            inputs.push(tensor.map_err(|error| run_error(&error))?.into());
        }
        let outputs = self.plan.run(inputs).map_err(|error| run_error(&error))?;
        let scores = outputs
            .first()
            .ok_or_else(|| TractError::Run {
                problem: "it gave no output".to_owned(),
            })?
            .try_as_plain_ram()
            .and_then(|view| view.as_slice::<f32>())
            .map_err(|error| run_error(&error))?;
        if scores.len() != self.row_shape.iter().product::<usize>() {
            return Err(TractError::Run {
                problem: "a row came back in another shape".to_owned(),
            });
        }
        values.extend(scores.iter().map(|score| match score.is_nan() {
            true => f32::NAN,
            false => *score,
        }));
        Ok(())
    }
}

impl RowInput {
    fn shown(&self) -> String {
        words(&self.name)
    }
}

/// Runs something of tract's and turns a panic into an error.
fn guarded<T>(
    doing: &'static str,
    work: impl FnOnce() -> Result<T, TractError>,
) -> Result<T, TractError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        Err(TractError::Panic {
            doing,
            problem: words(said.unwrap_or("it did not say why")),
        })
    })
}

fn plan_error(error: &tract_onnx::prelude::TractError) -> TractError {
    TractError::Plan {
        problem: words(&format!("{error:#}")),
    }
}

fn run_error(error: &tract_onnx::prelude::TractError) -> TractError {
    TractError::Run {
        problem: words(&format!("{error:#}")),
    }
}

fn check_operators(vetted: &VettedModel) -> Result<(), TractError> {
    if let Some(found) = vetted.description().operator_set
        && !OPERATOR_SETS.contains(&found)
    {
        return Err(TractError::OperatorSet {
            found,
            fewest: *OPERATOR_SETS.start(),
            most: *OPERATOR_SETS.end(),
        });
    }
    for (place, used) in vetted.operators() {
        if !used.domain.is_empty() {
            return Err(TractError::Mixed {
                place: place.clone(),
            });
        }
        if operators().binary_search(&used.name.as_str()).is_err() {
            return Err(TractError::Operator {
                place: place.clone(),
            });
        }
    }
    Ok(())
}

/// An input as solutions declare it: rows first, then a fixed width.
fn row_input(port: &Port) -> Result<RowInput, TractError> {
    let error = |problem: &str, remedy| TractError::Port {
        place: Place::Input(port.name.clone()),
        problem: problem.to_owned(),
        remedy,
    };
    let element_type = match port.element_type {
        Some(found @ (ElementType::Float32 | ElementType::Int64)) => found,
        _ => {
            return Err(error(
                "tract is given float32 or int64 here",
                "export the input as one of these and cast it inside",
            ));
        }
    };
    match port.shape.as_deref() {
        Some(
            [
                Dimension::Open(_) | Dimension::Fixed(1),
                Dimension::Fixed(width),
            ],
        ) => Ok(RowInput {
            name: port.name.clone(),
            width: *width,
            element_type,
        }),
        _ => Err(error(
            "its shape is not an open number of rows by a fixed width",
            "declare it as [rows, width], and reshape it inside the network",
        )),
    }
}

/// Files beside the model are forbidden, and vetting has found none.
struct NoFiles;

impl ModelDataResolver for NoFiles {
    fn read_bytes_from_path(
        &self,
        _: &mut Vec<u8>,
        _: &Path,
        _: usize,
        _: Option<usize>,
    ) -> TractResult<()> {
        Err(std::io::Error::from(std::io::ErrorKind::PermissionDenied).into())
    }
}

/// The network with the shapes of one row.
fn typed(bytes: &[u8], inputs: &[RowInput]) -> TractResult<TypedModel> {
    let mut framework = tract_onnx::onnx();
    framework.provider = Arc::new(NoFiles);
    let mut bytes = bytes;
    let mut model: InferenceModel = framework.model_for_read(&mut bytes)?;
    for (index, input) in inputs.iter().enumerate() {
        let datum_type = match input.element_type {
            ElementType::Int64 => DatumType::I64,
            _ => DatumType::F32,
        };
        let fact = InferenceFact::dt_shape(datum_type, [1, input.width]);
        model = model.with_input_fact(index, fact)?;
    }
    model.into_typed()
}

/// Every tensor of one row, before any is computed.
fn check_sizes(model: &TypedModel, limits: &Limits) -> Result<(), TractError> {
    for node in &model.nodes {
        for output in &node.outputs {
            let found = output
                .fact
                .shape
                .iter()
                .try_fold(1_u64, |product, dimension| {
                    let length = u64::try_from(dimension.to_i64().ok()?).ok()?;
                    Some(product.saturating_mul(length.max(1)))
                });
            let found = found.ok_or_else(|| TractError::Plan {
                problem: words(&format!("the shape of `{}` depends on the data", node.name)),
            })?;
            if found > limits.tensor_elements {
                return Err(TractError::Limit {
                    place: words(&node.name),
                    found,
                    limit: limits.tensor_elements,
                });
            }
        }
    }
    Ok(())
}

/// The output's shape for one row, without the row's dimension.
fn row_shape(model: &TypedModel, port: &Port) -> Result<Vec<usize>, TractError> {
    let error = |problem: String| TractError::Port {
        place: Place::Output(port.name.clone()),
        problem,
        remedy: "give scores of single precision, rows first",
    };
    let fact = model.output_fact(0).map_err(|error| plan_error(&error))?;
    if fact.datum_type != DatumType::F32 {
        return Err(error(format!("it is of type {:?}", fact.datum_type)));
    }
    let shape = fact
        .shape
        .as_concrete()
        .ok_or_else(|| error("its shape depends on the data".to_owned()))?;
    match shape {
        [1, rest @ ..] => Ok(rest.to_vec()),
        other => Err(error(format!("it has the shape {other:?} for one row"))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "a test may fail by panic")]

    use super::{TractError, guarded};

    #[test]
    fn a_panic_becomes_an_error_with_its_words_on_one_line() {
        let result: Result<(), TractError> =
            guarded("counting", || panic!("an index\nof {} is out of bounds", 7));
        assert_eq!(
            result,
            Err(TractError::Panic {
                doing: "counting",
                problem: "an index of 7 is out of bounds".to_owned(),
            })
        );
    }
}
