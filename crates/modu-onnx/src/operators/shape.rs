//! Operators that give the same elements another shape or order.

use crate::budget::{Budget, Fault};
use crate::operators::call::{axes, axis, integers, made, optional, required};
use crate::operators::number::same_type;
use crate::operators::{Built, Definition, Operator, broadcast};
use crate::tensor::{Tensor, TensorData, element_count};

/// A change of shape alone.
#[derive(Debug)]
enum Reshaping {
    Identity,
    Reshape { zero_is_zero: bool },
    Flatten { axis: i64 },
    Squeeze { axes: Option<Vec<i64>> },
    Unsqueeze { axes: Option<Vec<i64>> },
}

/// `Identity`, `Dropout` (which drops nothing outside training), `ZipMap`
/// (whose list of maps is left as the tensor that it was), `Reshape`,
/// `Flatten`, `Squeeze` and `Unsqueeze`.
pub(crate) fn build(definition: &Definition<'_>) -> Result<Built, Fault> {
    let attributes = definition.attributes;
    let axes_attribute = || -> Result<Option<Vec<i64>>, Fault> {
        if definition.version < 13 {
            Ok(attributes.ints("axes")?.map(<[i64]>::to_vec))
        } else {
            Ok(None)
        }
    };
    let reshaping = match definition.name {
        "Identity" => Reshaping::Identity,
        "ZipMap" => {
            attributes.pass_over("classlabels_int64s");
            attributes.pass_over("classlabels_strings");
            Reshaping::Identity
        }
        "Dropout" => {
            for name in ["ratio", "seed", "is_test"] {
                attributes.pass_over(name);
            }
            if definition.wants(1) {
                return Err(Fault::unsupported(
                    "the mask of Dropout",
                    "export the model for inference",
                ));
            }
            Reshaping::Identity
        }
        "Reshape" => Reshaping::Reshape {
            zero_is_zero: attributes.flag("allowzero")?.unwrap_or(false),
        },
        "Flatten" => Reshaping::Flatten {
            axis: attributes.int("axis")?.unwrap_or(1),
        },
        "Squeeze" => Reshaping::Squeeze {
            axes: axes_attribute()?,
        },
        "Unsqueeze" => Reshaping::Unsqueeze {
            axes: axes_attribute()?,
        },
        _ => return Err(Fault::unsupported("this operator", "use another")),
    };
    Ok(Built::Operator(Box::new(reshaping)))
}

impl Operator for Reshaping {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let tensor = required(inputs, 0)?;
        let shape = tensor.shape();
        let listed = |axes: &Option<Vec<i64>>| match (axes, optional(inputs, 1)) {
            (Some(axes), _) => Ok(Some(axes.clone())),
            (None, Some(tensor)) => integers(tensor).map(Some),
            (None, None) => Ok(None),
        };
        let shape = match self {
            Self::Identity => {
                // Dropout's second and third input are of training.
                if let Some(training) = optional(inputs, 2)
                    && training.data() != &TensorData::Bool(vec![false])
                {
                    return Err(Fault::unsupported(
                        "Dropout in training",
                        "export the model for inference",
                    ));
                }
                shape.to_vec()
            }
            Self::Reshape { zero_is_zero } => reshaped(
                shape,
                &integers(required(inputs, 1)?)?,
                *zero_is_zero,
                budget,
            )?,
            Self::Flatten { axis } => flattened(shape, *axis)?,
            Self::Squeeze { axes } => squeezed(shape, listed(axes)?)?,
            Self::Unsqueeze { axes } => unsqueezed(shape, listed(axes)?, budget)?,
        };
        budget.tensor(&shape)?;
        Ok(vec![made(shape, tensor.data().clone())?])
    }
}

/// A 0 copies the old dimension, a single -1 takes what is left.
fn reshaped(
    old: &[usize],
    wanted: &[i64],
    zero_is_zero: bool,
    budget: &Budget<'_>,
) -> Result<Vec<usize>, Fault> {
    let unfit = || Fault::malformed(format!("the shape {old:?} cannot become {wanted:?}"));
    if wanted.len() as u64 > budget.limits().rank {
        return Err(unfit());
    }
    let mut shape = Vec::with_capacity(wanted.len());
    let mut open = None;
    for (index, &length) in wanted.iter().enumerate() {
        shape.push(match length {
            -1 if open.is_none() => {
                open = Some(index);
                1
            }
            0 if !zero_is_zero => *old.get(index).ok_or_else(unfit)?,
            _ => usize::try_from(length).map_err(|_| unfit())?,
        });
    }
    let total = element_count(old).ok_or_else(unfit)?;
    let known = element_count(&shape).ok_or_else(unfit)?;
    if let Some(index) = open {
        if known == 0 || !total.is_multiple_of(known) {
            return Err(unfit());
        }
        shape[index] = total / known;
    } else if known != total {
        return Err(unfit());
    }
    Ok(shape)
}

fn flattened(shape: &[usize], at: i64) -> Result<Vec<usize>, Fault> {
    let at = if i64::try_from(shape.len()) == Ok(at) {
        shape.len()
    } else {
        axis(at, shape.len())?
    };
    Ok(vec![
        shape[..at].iter().product(),
        shape[at..].iter().product(),
    ])
}

fn squeezed(shape: &[usize], list: Option<Vec<i64>>) -> Result<Vec<usize>, Fault> {
    let dropped = match list {
        None => (0..shape.len())
            .filter(|&index| shape[index] == 1)
            .collect(),
        Some(list) => axes(&list, shape.len())?,
    };
    if let Some(index) = dropped.iter().find(|&&index| shape[index] != 1) {
        return Err(Fault::malformed(format!(
            "the axis {index} of the shape {shape:?} cannot be squeezed away"
        )));
    }
    Ok((0..shape.len())
        .filter(|index| !dropped.contains(index))
        .map(|index| shape[index])
        .collect())
}

fn unsqueezed(
    shape: &[usize],
    list: Option<Vec<i64>>,
    budget: &Budget<'_>,
) -> Result<Vec<usize>, Fault> {
    let list = list.ok_or_else(|| Fault::malformed("the axes of Unsqueeze are missing"))?;
    if list.len() as u64 > budget.limits().rank {
        return Err(Fault::malformed(format!(
            "{} axes are to be added",
            list.len()
        )));
    }
    let rank = shape.len() + list.len();
    let added = axes(&list, rank)?;
    let mut old = shape.iter();
    Ok((0..rank)
        .map(|index| {
            if added.binary_search(&index).is_ok() {
                1
            } else {
                old.next().copied().unwrap_or(1)
            }
        })
        .collect())
}

#[derive(Debug)]
struct Transpose {
    order: Option<Vec<i64>>,
}

/// `Transpose`; without an order, the dimensions are reversed.
pub(crate) fn build_transpose(definition: &Definition<'_>) -> Result<Built, Fault> {
    let order = definition.attributes.ints("perm")?.map(<[i64]>::to_vec);
    Ok(Built::Operator(Box::new(Transpose { order })))
}

impl Operator for Transpose {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let tensor = required(inputs, 0)?;
        let old = tensor.shape();
        let order: Vec<usize> = match &self.order {
            None => (0..old.len()).rev().collect(),
            Some(order) => order
                .iter()
                .map(|&one| axis(one, old.len()))
                .collect::<Result<_, _>>()?,
        };
        let mut sorted = order.clone();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(0..old.len()) {
            return Err(Fault::malformed(format!(
                "{order:?} is not an order of the dimensions of {old:?}"
            )));
        }
        let shape: Vec<usize> = order.iter().map(|&from| old[from]).collect();
        let count = budget.tensor(&shape)?;
        let strides = broadcast::strides(old, old);
        let strides: Vec<usize> = order.iter().map(|&from| strides[from]).collect();
        let data = same_type!(tensor.data(), values => gathered(values, &shape, &strides, count));
        Ok(vec![made(shape, data)?])
    }
}

/// The elements that the strides visit, in the order of the shape.
fn gathered<T: Copy>(values: &[T], shape: &[usize], strides: &[usize], count: usize) -> Vec<T> {
    let mut out = Vec::with_capacity(count);
    broadcast::each_run(shape, [strides], |[start], length, [step]| {
        out.extend((0..length).map(|index| values[start + index * step]));
    });
    out
}

#[derive(Debug)]
struct Expand;

/// `Expand`: repeats a tensor to a shape by broadcasting.
pub(crate) fn build_expand(_: &Definition<'_>) -> Result<Built, Fault> {
    Ok(Built::Operator(Box::new(Expand)))
}

impl Operator for Expand {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let tensor = required(inputs, 0)?;
        let wanted = lengths(&integers(required(inputs, 1)?)?)?;
        let shape = broadcast::shape_of(tensor.shape(), &wanted)?;
        let count = budget.tensor(&shape)?;
        let data = same_type!(tensor.data(), values => broadcast::expand(values, tensor.shape(), &shape, count));
        Ok(vec![made(shape, data)?])
    }
}

/// A list of integers as a shape.
pub(crate) fn lengths(list: &[i64]) -> Result<Vec<usize>, Fault> {
    list.iter()
        .map(|&length| {
            usize::try_from(length)
                .map_err(|_| Fault::malformed(format!("a dimension of {length} is not a length")))
        })
        .collect()
}

#[derive(Debug)]
struct Shape {
    start: i64,
    end: Option<i64>,
}

/// `Shape`: the dimensions of a tensor, as integers.
pub(crate) fn build_shape(definition: &Definition<'_>) -> Result<Built, Fault> {
    Ok(Built::Operator(Box::new(Shape {
        start: definition.attributes.int("start")?.unwrap_or(0),
        end: definition.attributes.int("end")?,
    })))
}

impl Operator for Shape {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let shape = required(inputs, 0)?.shape();
        let clamped = |at: i64| {
            let back = usize::try_from(at.unsigned_abs()).unwrap_or(usize::MAX);
            if at < 0 {
                shape.len().saturating_sub(back)
            } else {
                back.min(shape.len())
            }
        };
        let start = clamped(self.start);
        let end = self.end.map_or(shape.len(), clamped).max(start);
        budget.tensor(&[end - start])?;
        let values = shape[start..end]
            .iter()
            .map(|&length| i64::try_from(length).unwrap_or(i64::MAX))
            .collect();
        Ok(vec![made(vec![end - start], TensorData::Int64(values))?])
    }
}
