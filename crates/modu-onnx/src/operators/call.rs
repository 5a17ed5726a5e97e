//! How kernels read their inputs.

use crate::budget::Fault;
use crate::tensor::{Tensor, TensorData};

/// The input at a position, which the table of operators promises to be there.
pub(crate) fn required<'a>(
    inputs: &[Option<&'a Tensor>],
    position: usize,
) -> Result<&'a Tensor, Fault> {
    optional(inputs, position)
        .ok_or_else(|| Fault::malformed(format!("its input {position} is left out")))
}

/// The input at a position, if it was given.
pub(crate) fn optional<'a>(inputs: &[Option<&'a Tensor>], position: usize) -> Option<&'a Tensor> {
    inputs.get(position).copied().flatten()
}

/// The longest list of integers that a node takes; a list has an entry for
/// each dimension or for each output.
const LONGEST_LIST: usize = 4096;

/// An input that lists integers, such as axes or a shape.
pub(crate) fn integers(tensor: &Tensor) -> Result<Vec<i64>, Fault> {
    if tensor.shape().len() > 1 {
        return Err(Fault::malformed(format!(
            "a list of integers has the shape {:?}",
            tensor.shape()
        )));
    }
    if tensor.data().len() > LONGEST_LIST {
        return Err(Fault::Limit {
            what: "entries of a list of integers",
            found: tensor.data().len() as u64,
            limit: LONGEST_LIST as u64,
            remedy: "split the node",
        });
    }
    match tensor.data() {
        TensorData::Int64(values) => Ok(values.clone()),
        TensorData::Int32(values) => Ok(values.iter().map(|&value| i64::from(value)).collect()),
        _ => Err(unfit(tensor, "integers")),
    }
}

/// An axis counted from the front, or from the back where negative.
pub(crate) fn axis(axis: i64, rank: usize) -> Result<usize, Fault> {
    let outside = || {
        Fault::malformed(format!(
            "the axis {axis} is outside a tensor of {rank} dimensions"
        ))
    };
    let rank_signed = i64::try_from(rank).map_err(|_| outside())?;
    let counted = if axis < 0 {
        axis.checked_add(rank_signed).ok_or_else(outside)?
    } else {
        axis
    };
    usize::try_from(counted)
        .ok()
        .filter(|counted| *counted < rank)
        .ok_or_else(outside)
}

/// Several axes, in ascending order, each once.
pub(crate) fn axes(list: &[i64], rank: usize) -> Result<Vec<usize>, Fault> {
    if list.len() > rank {
        return Err(Fault::malformed(format!(
            "{} axes are named of a tensor of {rank} dimensions",
            list.len()
        )));
    }
    let mut counted = list
        .iter()
        .map(|&one| axis(one, rank))
        .collect::<Result<Vec<_>, _>>()?;
    counted.sort_unstable();
    if counted.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Fault::malformed(format!(
            "the axes {list:?} name one twice"
        )));
    }
    Ok(counted)
}

/// The error for an element type that an operator does not take.
pub(crate) fn unfit(tensor: &Tensor, wanted: &str) -> Fault {
    Fault::unsupported(
        format!("{} where {wanted} should be", tensor.element_type()),
        "cast the values in the model",
    )
}

/// A result of a shape that the kernel itself has filled.
pub(crate) fn made(shape: Vec<usize>, data: TensorData) -> Result<Tensor, Fault> {
    Tensor::new(shape, data).map_err(|error| Fault::malformed(error.to_string()))
}

/// The rows and columns of a `[rows, columns]` tensor; a flat one is one row,
/// as the documentation of `ai.onnx.ml` has it.
pub(crate) fn rows_and_columns(tensor: &Tensor) -> Result<(usize, usize), Fault> {
    match *tensor.shape() {
        [columns] => Ok((1, columns)),
        [rows, columns] => Ok((rows, columns)),
        _ => Err(Fault::malformed(format!(
            "rows and columns are needed, but the shape is {:?}",
            tensor.shape()
        ))),
    }
}

/// The elements as double precision: exact but for integers beyond 2^53.
#[allow(clippy::cast_precision_loss, reason = "stated above")]
pub(crate) fn as_doubles(tensor: &Tensor) -> Result<Vec<f64>, Fault> {
    match tensor.data() {
        TensorData::Float32(values) => Ok(values.iter().map(|&value| f64::from(value)).collect()),
        TensorData::Float64(values) => Ok(values.clone()),
        TensorData::Int64(values) => Ok(values.iter().map(|&value| value as f64).collect()),
        TensorData::Int32(values) => Ok(values.iter().map(|&value| f64::from(value)).collect()),
        TensorData::Bool(_) => Err(unfit(tensor, "numbers")),
    }
}
