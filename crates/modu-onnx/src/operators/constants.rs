//! Operators that make values out of attributes and shapes alone.

use crate::budget::{Budget, Fault};
use crate::constant;
use crate::operators::call::{integers, made, required};
use crate::operators::{Built, Definition, Operator, cast, shape};
use crate::tensor::{Tensor, TensorData};

/// `Constant`, in whichever of its spellings.
pub(crate) fn build(definition: &Definition<'_>) -> Result<Built, Fault> {
    let attributes = definition.attributes;
    let mut found = Vec::new();
    if let Some(message) = attributes.tensor("value")? {
        found.push(constant::decode(message, definition.limits)?);
    }
    if let Some(value) = attributes.float("value_float")? {
        found.push(made(Vec::new(), TensorData::Float32(vec![value]))?);
    }
    if let Some(values) = attributes.floats("value_floats")? {
        found.push(made(
            vec![values.len()],
            TensorData::Float32(values.to_vec()),
        )?);
    }
    if let Some(value) = attributes.int("value_int")? {
        found.push(made(Vec::new(), TensorData::Int64(vec![value]))?);
    }
    if let Some(values) = attributes.ints("value_ints")? {
        found.push(made(
            vec![values.len()],
            TensorData::Int64(values.to_vec()),
        )?);
    }
    match (found.pop(), found.pop()) {
        (Some(tensor), None) => Ok(Built::Constant(tensor)),
        (Some(_), Some(_)) => Err(Fault::malformed("a constant has two values")),
        (None, _) => Err(Fault::unsupported(
            "a constant of this kind",
            "use a tensor of float32, float64, int64, int32 or bool",
        )),
    }
}

#[derive(Debug)]
struct ConstantOfShape {
    value: Tensor,
}

/// `ConstantOfShape`: one number, repeated.
pub(crate) fn build_of_shape(definition: &Definition<'_>) -> Result<Built, Fault> {
    let value = match definition.attributes.tensor("value")? {
        Some(message) => constant::decode(message, definition.limits)?,
        None => made(vec![1], TensorData::Float32(vec![0.0]))?,
    };
    if value.data().len() != 1 {
        return Err(Fault::malformed("the value to fill with is not one number"));
    }
    Ok(Built::Operator(Box::new(ConstantOfShape { value })))
}

impl Operator for ConstantOfShape {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let shape = shape::lengths(&integers(required(inputs, 0)?)?)?;
        let count = budget.tensor(&shape)?;
        Ok(vec![cast::filled(shape, count, &self.value)?])
    }
}
