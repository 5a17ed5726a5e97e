//! What `ai.onnx.ml` does to features and scores row by row: `Scaler` and
//! `Normalizer`.

use std::borrow::Cow;

use crate::budget::{Budget, Fault};
use crate::operators::call::{as_doubles, made, required, rows_and_columns};
use crate::operators::post_transform::narrow;
use crate::operators::rows::{Meeting, RowCall, RowKernel};
use crate::operators::{Built, Definition, Operator};
use crate::tensor::{Tensor, TensorData};

#[derive(Debug)]
struct Scaler {
    offset: Vec<f64>,
    scale: Vec<f64>,
}

/// `Scaler`: `(x - offset) * scale`, in double precision, rounded once.
pub(crate) fn build_scaler(definition: &Definition<'_>) -> Result<Built, Fault> {
    let wide = |name: &str, default: f64| -> Result<Vec<f64>, Fault> {
        Ok(match definition.attributes.floats(name)? {
            None | Some([]) => vec![default],
            Some(list) => list.iter().map(|&value| f64::from(value)).collect(),
        })
    };
    Ok(Built::Operator(Box::new(Scaler {
        offset: wide("offset", 0.0)?,
        scale: wide("scale", 1.0)?,
    })))
}

/// The float32 values of a tensor, or the double-precision ones rounded later.
fn wide_values(tensor: &Tensor) -> Result<Cow<'_, [f64]>, Fault> {
    match tensor.data() {
        TensorData::Float64(values) => Ok(Cow::Borrowed(values)),
        _ => as_doubles(tensor).map(Cow::Owned),
    }
}

impl Operator for Scaler {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let tensor = required(inputs, 0)?;
        let (_, columns) = rows_and_columns(tensor)?;
        let count = budget.tensor(tensor.shape())?;
        budget.memory(2 * count as u64)?;
        for (name, list) in [("offset", &self.offset), ("scale", &self.scale)] {
            if list.len() != 1 && list.len() != columns {
                return Err(Fault::malformed(format!(
                    "`{name}` has {} numbers for {columns} columns",
                    list.len()
                )));
            }
        }
        let at = |list: &[f64], column: usize| {
            if list.len() == 1 {
                list[0]
            } else {
                list[column]
            }
        };
        let values = wide_values(tensor)?
            .iter()
            .enumerate()
            .map(|(index, value)| {
                let column = index % columns;
                narrow((value - at(&self.offset, column)) * at(&self.scale, column))
            })
            .collect();
        Ok(vec![made(
            tensor.shape().to_vec(),
            TensorData::Float32(values),
        )?])
    }

    fn by_rows(&self, _: &RowCall<'_>) -> Option<Box<dyn RowKernel>> {
        Some(Box::new(ScaledRows {
            offset: Meeting::of(&self.offset),
            scale: Meeting::of(&self.scale),
        }))
    }
}

/// A [`Scaler`] beside rows.
#[derive(Debug)]
struct ScaledRows {
    offset: Meeting<f64>,
    scale: Meeting<f64>,
}

impl RowKernel for ScaledRows {
    fn columns(&self, given: usize) -> Option<usize> {
        (self.offset.fits(given) && self.scale.fits(given)).then_some(given)
    }

    fn work(&self, _: usize) -> u64 {
        0
    }

    fn append(&self, values: &[f32], _: usize, out: &mut Vec<f32>) {
        let mut moved = Vec::new();
        self.offset.append(values, &mut moved, |value, offset| {
            f64::from(value) - offset
        });
        self.scale
            .append(&moved, out, |value, scale| narrow(value * scale));
    }
}

#[derive(Debug, Clone, Copy)]
enum Normalizer {
    Largest,
    Absolute,
    Euclidean,
}

/// `Normalizer`: each row divided by its largest value, the sum of its
/// magnitudes or its length, computed in double precision. A row whose divisor
/// is zero stays as it is.
pub(crate) fn build_normalizer(definition: &Definition<'_>) -> Result<Built, Fault> {
    let norm = match definition.attributes.string("norm")? {
        None | Some("MAX") => Normalizer::Largest,
        Some("L1") => Normalizer::Absolute,
        Some("L2") => Normalizer::Euclidean,
        Some(other) => {
            return Err(Fault::malformed(format!(
                "the norm `{}` does not exist",
                crate::place::Shown(other)
            )));
        }
    };
    Ok(Built::Operator(Box::new(norm)))
}

impl Operator for Normalizer {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let tensor = required(inputs, 0)?;
        let (_, columns) = rows_and_columns(tensor)?;
        let count = budget.tensor(tensor.shape())?;
        budget.memory(2 * count as u64)?;
        let values = wide_values(tensor)?;
        let mut out = Vec::with_capacity(count);
        for row in values.chunks_exact(columns.max(1)) {
            let divisor = self.divisor(row.iter().copied());
            out.extend(row.iter().map(|value| narrow(value / divisor)));
        }
        Ok(vec![made(
            tensor.shape().to_vec(),
            TensorData::Float32(out),
        )?])
    }

    fn by_rows(&self, _: &RowCall<'_>) -> Option<Box<dyn RowKernel>> {
        Some(Box::new(*self))
    }
}

impl Normalizer {
    /// What a row is divided by.
    fn divisor(self, row: impl Iterator<Item = f64>) -> f64 {
        let divisor = match self {
            Self::Largest => row.fold(f64::NEG_INFINITY, f64::max),
            Self::Absolute => row.map(f64::abs).sum(),
            Self::Euclidean => row.map(|value| value * value).sum::<f64>().sqrt(),
        };
        if divisor == 0.0 { 1.0 } else { divisor }
    }
}

impl RowKernel for Normalizer {
    fn columns(&self, given: usize) -> Option<usize> {
        Some(given)
    }

    fn work(&self, _: usize) -> u64 {
        0
    }

    fn append(&self, values: &[f32], given: usize, out: &mut Vec<f32>) {
        out.reserve(values.len());
        for row in values.chunks_exact(given.max(1)) {
            let divisor = self.divisor(row.iter().map(|&value| f64::from(value)));
            out.extend(row.iter().map(|&value| narrow(f64::from(value) / divisor)));
        }
    }
}
