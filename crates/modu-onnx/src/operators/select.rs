//! Operators that put tensors together and pick parts of them.

use crate::budget::{Budget, Fault};
use crate::operators::call::{axis, integers, made, optional, required};
use crate::operators::number::same_type;
use crate::operators::{Built, Definition, Operator};
use crate::tensor::{Tensor, TensorData, element_count};

#[derive(Debug)]
struct Concat {
    axis: i64,
}

/// `Concat`: tensors one after another along an axis.
pub(crate) fn build_concat(definition: &Definition<'_>) -> Result<Built, Fault> {
    let axis = definition
        .attributes
        .int("axis")?
        .ok_or_else(|| Fault::malformed("the attribute `axis` is missing"))?;
    Ok(Built::Operator(Box::new(Concat { axis })))
}

impl Operator for Concat {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let parts = (0..inputs.len())
            .map(|position| required(inputs, position))
            .collect::<Result<Vec<_>, _>>()?;
        let first = required(inputs, 0)?;
        let axis = axis(self.axis, first.shape().len())?;
        let mut shape = first.shape().to_vec();
        shape[axis] = 0;
        for part in &parts {
            let fits = part.shape().len() == shape.len()
                && part.element_type() == first.element_type()
                && part
                    .shape()
                    .iter()
                    .zip(first.shape())
                    .enumerate()
                    .all(|(index, (a, b))| index == axis || a == b);
            if !fits {
                return Err(Fault::malformed(format!(
                    "{} {:?} and {} {:?} do not join along axis {axis}",
                    first.element_type(),
                    first.shape(),
                    part.element_type(),
                    part.shape()
                )));
            }
            shape[axis] = shape[axis].saturating_add(part.shape()[axis]);
        }
        let count = budget.tensor(&shape)?;
        let outer: usize = shape[..axis].iter().product();
        budget.work_product(&[outer, parts.len()])?;
        let data = match first.data() {
            TensorData::Float32(_) => {
                TensorData::Float32(joined(&parts, axis, outer, count, |data| match data {
                    TensorData::Float32(values) => values,
                    _ => &[],
                }))
            }
            TensorData::Float64(_) => {
                TensorData::Float64(joined(&parts, axis, outer, count, |data| match data {
                    TensorData::Float64(values) => values,
                    _ => &[],
                }))
            }
            TensorData::Int64(_) => {
                TensorData::Int64(joined(&parts, axis, outer, count, |data| match data {
                    TensorData::Int64(values) => values,
                    _ => &[],
                }))
            }
            TensorData::Int32(_) => {
                TensorData::Int32(joined(&parts, axis, outer, count, |data| match data {
                    TensorData::Int32(values) => values,
                    _ => &[],
                }))
            }
            TensorData::Bool(_) => {
                TensorData::Bool(joined(&parts, axis, outer, count, |data| match data {
                    TensorData::Bool(values) => values,
                    _ => &[],
                }))
            }
        };
        Ok(vec![made(shape, data)?])
    }
}

fn joined<T: Copy>(
    parts: &[&Tensor],
    axis: usize,
    outer: usize,
    count: usize,
    values: impl Fn(&TensorData) -> &[T],
) -> Vec<T> {
    let mut out = Vec::with_capacity(count);
    for block in 0..outer {
        for part in parts {
            let length: usize = part.shape()[axis..].iter().product();
            out.extend_from_slice(&values(part.data())[block * length..(block + 1) * length]);
        }
    }
    out
}

/// Picks positions along one axis.
fn pick<T: Copy>(
    values: &[T],
    outer: usize,
    length: usize,
    inner: usize,
    positions: &[usize],
    count: usize,
) -> Vec<T> {
    let mut out = Vec::with_capacity(count);
    for block in 0..outer {
        let start = block * length * inner;
        for position in positions {
            let at = start + position * inner;
            out.extend_from_slice(&values[at..at + inner]);
        }
    }
    out
}

/// A tensor with only some positions along an axis, whose dimension becomes
/// the dimensions `picked`.
fn picked(
    tensor: &Tensor,
    axis: usize,
    positions: &[usize],
    picked: &[usize],
    budget: &mut Budget<'_>,
) -> Result<Tensor, Fault> {
    let old = tensor.shape();
    let shape = [&old[..axis], picked, &old[axis + 1..]].concat();
    let count = budget.tensor(&shape)?;
    let outer = element_count(&old[..axis]).unwrap_or(0);
    let inner = element_count(&old[axis + 1..]).unwrap_or(0);
    budget.work_product(&[outer, positions.len()])?;
    let data = same_type!(tensor.data(), values => pick(values, outer, old[axis], inner, positions, count));
    made(shape, data)
}

/// Indices along a dimension, each inside it; negative ones from its end.
fn indices(list: &[i64], length: usize) -> Result<Vec<usize>, Fault> {
    list.iter()
        .map(|&index| {
            let back = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
            let position = if index < 0 {
                length.checked_sub(back)
            } else {
                Some(back)
            };
            position
                .filter(|position| *position < length)
                .ok_or_else(|| {
                    Fault::malformed(format!(
                        "the index {index} is outside a dimension of {length}"
                    ))
                })
        })
        .collect()
}

#[derive(Debug)]
struct Gather {
    axis: i64,
}

/// `Gather`: rows of a table by their number, as in an embedding.
pub(crate) fn build_gather(definition: &Definition<'_>) -> Result<Built, Fault> {
    let axis = definition.attributes.int("axis")?.unwrap_or(0);
    Ok(Built::Operator(Box::new(Gather { axis })))
}

/// `ArrayFeatureExtractor`: columns by their number, along the last axis.
pub(crate) fn build_feature_extractor(_: &Definition<'_>) -> Result<Built, Fault> {
    Ok(Built::Operator(Box::new(FeatureExtractor)))
}

/// The integers of a tensor of any shape.
fn flat_integers(tensor: &Tensor) -> Result<Vec<i64>, Fault> {
    match tensor.data() {
        TensorData::Int64(values) => Ok(values.clone()),
        TensorData::Int32(values) => Ok(values.iter().map(|&value| i64::from(value)).collect()),
        _ => Err(crate::operators::call::unfit(tensor, "integers")),
    }
}

impl Operator for Gather {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let (table, wanted) = (required(inputs, 0)?, required(inputs, 1)?);
        let axis = axis(self.axis, table.shape().len())?;
        budget.memory(2 * wanted.data().len() as u64)?;
        let positions = indices(&flat_integers(wanted)?, table.shape()[axis])?;
        Ok(vec![picked(
            table,
            axis,
            &positions,
            wanted.shape(),
            budget,
        )?])
    }
}

#[derive(Debug)]
struct FeatureExtractor;

impl Operator for FeatureExtractor {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let (tensor, wanted) = (required(inputs, 0)?, required(inputs, 1)?);
        let Some(last) = tensor.shape().len().checked_sub(1) else {
            return Err(Fault::malformed("a single number has no columns"));
        };
        let positions = indices(&flat_integers(wanted)?, tensor.shape()[last])?;
        let result = picked(tensor, last, &positions, &[positions.len()], budget)?;
        if last == 0 {
            // A flat tensor is one row.
            let shape = vec![1, positions.len()];
            return Ok(vec![made(shape, result.into_data())?]);
        }
        Ok(vec![result])
    }
}

/// What `Slice` is told: starts, ends, axes.
type Bounds = (Vec<i64>, Vec<i64>, Option<Vec<i64>>);

#[derive(Debug)]
struct Slice {
    /// The bounds as attributes, before version 10.
    attributes: Option<Bounds>,
}

/// `Slice`: every so-manieth position from a start to an end.
pub(crate) fn build_slice(definition: &Definition<'_>) -> Result<Built, Fault> {
    let attributes = if definition.version < 10 {
        let list = |name: &str| -> Result<Option<Vec<i64>>, Fault> {
            Ok(definition.attributes.ints(name)?.map(<[i64]>::to_vec))
        };
        let missing = || Fault::malformed("the starts or ends are missing");
        Some((
            list("starts")?.ok_or_else(missing)?,
            list("ends")?.ok_or_else(missing)?,
            list("axes")?,
        ))
    } else {
        None
    };
    Ok(Built::Operator(Box::new(Slice { attributes })))
}

/// The positions of one slice, as numpy takes them.
fn slice_positions(start: i64, end: i64, step: i64, length: usize) -> Result<Vec<usize>, Fault> {
    let length = i128::try_from(length).unwrap_or(i128::MAX);
    let (start, end, step) = (i128::from(start), i128::from(end), i128::from(step));
    if step == 0 {
        return Err(Fault::malformed("a slice has a step of 0"));
    }
    let from_end = |at: i128| if at < 0 { at + length } else { at };
    let (first, last) = if step > 0 {
        (0, length)
    } else {
        (-1, length - 1)
    };
    let (mut at, end) = (
        from_end(start).clamp(first, last),
        from_end(end).clamp(first, last),
    );
    // Nothing lies before the first element: an end far below means "all".
    let mut positions = Vec::new();
    while (step > 0 && at < end) || (step < 0 && at > end) {
        if let Ok(position) = usize::try_from(at) {
            positions.push(position);
        }
        at += step;
    }
    Ok(positions)
}

impl Operator for Slice {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let tensor = required(inputs, 0)?;
        let (starts, ends, list, steps) = match &self.attributes {
            Some((starts, ends, axes)) => (starts.clone(), ends.clone(), axes.clone(), None),
            None => (
                integers(required(inputs, 1)?)?,
                integers(required(inputs, 2)?)?,
                optional(inputs, 3).map(integers).transpose()?,
                optional(inputs, 4).map(integers).transpose()?,
            ),
        };
        let rank = tensor.shape().len();
        let axes = match &list {
            Some(list) => list
                .iter()
                .map(|&one| axis(one, rank))
                .collect::<Result<Vec<_>, _>>()?,
            None => (0..starts.len()).collect(),
        };
        let steps = steps.unwrap_or_else(|| vec![1; starts.len()]);
        let unequal =
            ends.len() != starts.len() || axes.len() != starts.len() || steps.len() != starts.len();
        if unequal || axes.iter().any(|&axis| axis >= rank) || starts.len() > rank {
            return Err(Fault::malformed(
                "the starts, ends, axes and steps of a slice do not match",
            ));
        }
        let mut result = tensor.clone();
        budget.tensor(tensor.shape())?;
        for (index, &axis) in axes.iter().enumerate() {
            let length = result.shape()[axis];
            budget.memory(length as u64)?;
            let positions = slice_positions(starts[index], ends[index], steps[index], length)?;
            result = picked(&result, axis, &positions, &[positions.len()], budget)?;
        }
        Ok(vec![result])
    }
}

#[derive(Debug)]
struct Split {
    axis: i64,
    /// The lengths as an attribute, before version 13.
    lengths: Option<Vec<i64>>,
    outputs: usize,
}

/// `Split`: a tensor cut into parts along an axis.
pub(crate) fn build_split(definition: &Definition<'_>) -> Result<Built, Fault> {
    let attributes = definition.attributes;
    let lengths = if definition.version < 13 {
        attributes.ints("split")?.map(<[i64]>::to_vec)
    } else {
        None
    };
    let outputs = definition.wanted.len();
    if attributes
        .int("num_outputs")?
        .is_some_and(|count| usize::try_from(count) != Ok(outputs))
    {
        return Err(Fault::malformed(
            "`num_outputs` is not the number of outputs",
        ));
    }
    Ok(Built::Operator(Box::new(Split {
        axis: attributes.int("axis")?.unwrap_or(0),
        lengths,
        outputs,
    })))
}

impl Operator for Split {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let tensor = required(inputs, 0)?;
        let axis = axis(self.axis, tensor.shape().len())?;
        let length = tensor.shape()[axis];
        let lengths = match (&self.lengths, optional(inputs, 1)) {
            (Some(lengths), _) => super::shape::lengths(lengths)?,
            (None, Some(lengths)) => super::shape::lengths(&integers(lengths)?)?,
            (None, None) => {
                // Equal parts, the last one shorter.
                let part = length.div_ceil(self.outputs.max(1));
                (0..self.outputs)
                    .map(|index| part.min(length.saturating_sub(index * part)))
                    .collect()
            }
        };
        let total = lengths
            .iter()
            .try_fold(0_usize, |sum, &part| sum.checked_add(part));
        if lengths.len() != self.outputs || total != Some(length) {
            return Err(Fault::malformed(format!(
                "a dimension of {length} cannot be split into {} parts of {lengths:?}",
                self.outputs
            )));
        }
        let mut start = 0;
        let mut parts = Vec::with_capacity(lengths.len());
        for part in lengths {
            let positions: Vec<usize> = (start..start + part).collect();
            parts.push(picked(tensor, axis, &positions, &[part], budget)?);
            start += part;
        }
        Ok(parts)
    }
}
