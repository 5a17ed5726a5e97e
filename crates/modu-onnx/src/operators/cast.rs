//! `Cast`: another element type.

use crate::budget::{Budget, Fault};
use crate::operators::call::{made, required};
use crate::operators::{Built, Definition, Operator};
use crate::tensor::{ElementType, Tensor, TensorData};

#[derive(Debug)]
struct Cast(ElementType);

/// `Cast`. A float becomes an integer by cutting off its fraction; NaN becomes
/// 0, and what lies outside the integer's range its nearest end, where the
/// documentation leaves it open. What is not zero is true.
pub(crate) fn build(definition: &Definition<'_>) -> Result<Built, Fault> {
    let attributes = definition.attributes;
    // These two speak of 8-bit floats only.
    attributes.pass_over("saturate");
    attributes.pass_over("round_mode");
    let number = attributes
        .int("to")?
        .ok_or_else(|| Fault::malformed("the attribute `to` is missing"))?;
    match ElementType::from_number(number) {
        Some(element_type) => Ok(Built::Operator(Box::new(Cast(element_type)))),
        None => Err(Fault::unsupported(
            format!("a cast to data type number {number}"),
            "use float32, float64, int64, int32 or bool",
        )),
    }
}

impl Operator for Cast {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let tensor = required(inputs, 0)?;
        budget.tensor(tensor.shape())?;
        Ok(vec![convert(tensor, self.0)])
    }
}

/// The tensor in another element type.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a cast is what is asked for"
)]
pub(crate) fn convert(tensor: &Tensor, element_type: ElementType) -> Tensor {
    macro_rules! from_numbers {
        ($values:expr, $zero:expr) => {
            match element_type {
                ElementType::Float32 => {
                    TensorData::Float32($values.iter().map(|&v| v as f32).collect())
                }
                ElementType::Float64 => {
                    TensorData::Float64($values.iter().map(|&v| v as f64).collect())
                }
                ElementType::Int64 => {
                    TensorData::Int64($values.iter().map(|&v| v as i64).collect())
                }
                ElementType::Int32 => {
                    TensorData::Int32($values.iter().map(|&v| v as i32).collect())
                }
                ElementType::Bool => {
                    TensorData::Bool($values.iter().map(|&v| v != $zero).collect())
                }
            }
        };
    }
    tensor.with_data(match tensor.data() {
        TensorData::Float32(values) => from_numbers!(values, 0.0),
        TensorData::Float64(values) => from_numbers!(values, 0.0),
        TensorData::Int64(values) => from_numbers!(values, 0),
        TensorData::Int32(values) => from_numbers!(values, 0),
        TensorData::Bool(values) => {
            let bytes: Vec<u8> = values.iter().map(|&value| u8::from(value)).collect();
            from_numbers!(bytes, 0)
        }
    })
}

/// A constant of one number in an element type.
pub(crate) fn filled(shape: Vec<usize>, count: usize, value: &Tensor) -> Result<Tensor, Fault> {
    fn repeat<T: Copy>(values: &[T], count: usize) -> Result<Vec<T>, Fault> {
        match values {
            [value] => Ok(vec![*value; count]),
            _ => Err(Fault::malformed("the value to fill with is not one number")),
        }
    }
    let data = match value.data() {
        TensorData::Float32(values) => TensorData::Float32(repeat(values, count)?),
        TensorData::Float64(values) => TensorData::Float64(repeat(values, count)?),
        TensorData::Int64(values) => TensorData::Int64(repeat(values, count)?),
        TensorData::Int32(values) => TensorData::Int32(repeat(values, count)?),
        TensorData::Bool(values) => TensorData::Bool(repeat(values, count)?),
    };
    made(shape, data)
}
