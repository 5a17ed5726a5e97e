//! `Softmax` and `LogSoftmax`.

use crate::budget::{Budget, Fault};
use crate::operators::call::{axis, required, unfit};
use crate::operators::number::Float;
use crate::operators::rows::{RowCall, RowKernel};
use crate::operators::{Built, Definition, Operator};
use crate::tensor::{Tensor, TensorData};

#[derive(Debug, Clone, Copy)]
struct Softmax {
    axis: i64,
    logarithm: bool,
    /// Before version 13 everything from the axis on is one distribution.
    flatten: bool,
}

/// `Softmax` and `LogSoftmax`, along one axis. The exponentials are added in
/// double precision, from the first to the last.
pub(crate) fn build(definition: &Definition<'_>) -> Result<Built, Fault> {
    let flatten = definition.version < 13;
    let default = if flatten { 1 } else { -1 };
    Ok(Built::Operator(Box::new(Softmax {
        axis: definition.attributes.int("axis")?.unwrap_or(default),
        logarithm: definition.name == "LogSoftmax",
        flatten,
    })))
}

impl Operator for Softmax {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let tensor = required(inputs, 0)?;
        let shape = tensor.shape();
        let count = budget.tensor(shape)?;
        budget.work(19 * count as u64)?;
        // The documentation lets the old operator's axis lie past the end.
        let past_end = self.flatten && i64::try_from(shape.len()) == Ok(self.axis);
        let axis = if past_end {
            shape.len()
        } else {
            axis(self.axis, shape.len())?
        };
        let (length, inner) = if self.flatten {
            (shape[axis..].iter().product(), 1)
        } else {
            (shape[axis], shape[axis + 1..].iter().product())
        };
        let data = match tensor.data() {
            TensorData::Float32(values) => {
                TensorData::Float32(distributions(values, length, inner, self.logarithm))
            }
            TensorData::Float64(values) => {
                TensorData::Float64(distributions(values, length, inner, self.logarithm))
            }
            _ => return Err(unfit(tensor, "floats")),
        };
        Ok(vec![tensor.with_data(data)])
    }

    fn by_rows(&self, _: &RowCall<'_>) -> Option<Box<dyn RowKernel>> {
        // The last axis of a matrix.
        matches!(self.axis, -1 | 1).then(|| Box::new(*self) as Box<dyn RowKernel>)
    }
}

impl RowKernel for Softmax {
    fn columns(&self, given: usize) -> Option<usize> {
        Some(given)
    }

    fn work(&self, given: usize) -> u64 {
        19 * given as u64
    }

    fn append(&self, values: &[f32], given: usize, out: &mut Vec<f32>) {
        let start = out.len();
        out.extend_from_slice(values);
        distribute(&mut out[start..], given, 1, self.logarithm);
    }
}

fn distributions<T: Float>(values: &[T], length: usize, inner: usize, logarithm: bool) -> Vec<T> {
    let mut out = values.to_vec();
    if !out.is_empty() {
        distribute(&mut out, length, inner, logarithm);
    }
    out
}

/// Each distribution is `length` elements, `inner` apart; there is one at
/// least.
fn distribute<T: Float>(values: &mut [T], length: usize, inner: usize, logarithm: bool) {
    for block in values.chunks_exact_mut(length * inner) {
        for start in 0..inner {
            let positions = || (0..length).map(|index| start + index * inner);
            let largest = positions().fold(block[start], |largest, position| {
                if block[position] > largest {
                    block[position]
                } else {
                    largest
                }
            });
            let mut sum = 0.0_f64;
            for position in positions() {
                let shifted = block[position].minus(largest);
                let exponential = shifted.exp();
                sum += exponential.into();
                block[position] = if logarithm { shifted } else { exponential };
            }
            let logarithm_of_sum = libm::log(sum);
            for position in positions() {
                let value: f64 = block[position].into();
                block[position] = T::of(if logarithm {
                    value - logarithm_of_sum
                } else {
                    value / sum
                });
            }
        }
    }
}
