//! Operators that fold a tensor along some of its axes.

use crate::budget::{Budget, Fault};
use crate::operators::call::{axes, axis, integers, made, optional, required, unfit};
use crate::operators::number::{Float, Number};
use crate::operators::{Built, Definition, Operator, broadcast};
use crate::tensor::{Tensor, TensorData, element_count};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fold {
    Sum,
    Mean,
    Max,
    Min,
}

#[derive(Debug)]
struct Reduce {
    fold: Fold,
    axes: Option<Vec<i64>>,
    keep_dimensions: bool,
    /// No axes: nothing is folded, instead of everything.
    nothing_without_axes: bool,
}

/// `ReduceSum`, `ReduceMean`, `ReduceMax` and `ReduceMin`. Elements are folded
/// in their order in memory; sums and means of floats in double precision,
/// rounded once at the end.
pub(crate) fn build(definition: &Definition<'_>) -> Result<Built, Fault> {
    let attributes = definition.attributes;
    let (fold, axes_are_input_since) = match definition.name {
        "ReduceSum" => (Fold::Sum, 13),
        "ReduceMean" => (Fold::Mean, 18),
        "ReduceMax" => (Fold::Max, 18),
        _ => (Fold::Min, 18),
    };
    let axes = if definition.version < axes_are_input_since {
        attributes.ints("axes")?.map(<[i64]>::to_vec)
    } else {
        None
    };
    Ok(Built::Operator(Box::new(Reduce {
        fold,
        axes,
        keep_dimensions: attributes.flag("keepdims")?.unwrap_or(true),
        nothing_without_axes: attributes.flag("noop_with_empty_axes")?.unwrap_or(false),
    })))
}

/// The shape with folded dimensions set to one, and with them left out.
fn folded_shapes(shape: &[usize], folded: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let kept = (0..shape.len())
        .map(|index| {
            if folded.contains(&index) {
                1
            } else {
                shape[index]
            }
        })
        .collect();
    let dropped = (0..shape.len())
        .filter(|index| !folded.contains(index))
        .map(|index| shape[index])
        .collect();
    (kept, dropped)
}

impl Operator for Reduce {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let tensor = required(inputs, 0)?;
        let shape = tensor.shape();
        let list = match (&self.axes, optional(inputs, 1)) {
            (Some(list), _) => list.clone(),
            (None, Some(list)) => integers(list)?,
            (None, None) => Vec::new(),
        };
        let folded = if !list.is_empty() {
            axes(&list, shape.len())?
        } else if self.nothing_without_axes {
            Vec::new()
        } else {
            (0..shape.len()).collect()
        };
        let (kept, dropped) = folded_shapes(shape, &folded);
        let count = budget.tensor(&kept)?;
        budget.memory(count as u64)?;
        budget.work(tensor.data().len() as u64)?;
        let folded_count =
            element_count(&folded.iter().map(|&index| shape[index]).collect::<Vec<_>>())
                .unwrap_or(0);
        if folded_count == 0 && count > 0 && self.fold != Fold::Sum {
            return Err(Fault::malformed(
                "an empty dimension has no mean, maximum or minimum",
            ));
        }
        let geometry = Geometry {
            shape,
            kept: &kept,
            count,
            folded_count,
        };
        let data = match tensor.data() {
            TensorData::Float32(values) => TensorData::Float32(geometry.floats(self.fold, values)),
            TensorData::Float64(values) => TensorData::Float64(geometry.floats(self.fold, values)),
            TensorData::Int64(values) => {
                TensorData::Int64(geometry.integers(self.fold, values, |sum, n| sum / n as i64))
            }
            TensorData::Int32(values) => {
                TensorData::Int32(geometry.integers(self.fold, values, |sum, n| {
                    (i64::from(sum) / n as i64) as i32
                }))
            }
            TensorData::Bool(_) => return Err(unfit(tensor, "numbers")),
        };
        Ok(vec![made(
            if self.keep_dimensions { kept } else { dropped },
            data,
        )?])
    }
}

struct Geometry<'a> {
    shape: &'a [usize],
    kept: &'a [usize],
    count: usize,
    /// How many elements are folded into each result.
    folded_count: usize,
}

impl Geometry<'_> {
    /// Calls `visit` with the position of each element's result and the
    /// element, in order.
    fn each<T: Copy>(&self, values: &[T], mut visit: impl FnMut(usize, T)) {
        let strides = broadcast::strides(self.kept, self.shape);
        let mut source = values.iter();
        broadcast::each_run(self.shape, [&strides], |[start], length, [step]| {
            for (index, &value) in source.by_ref().take(length).enumerate() {
                visit(start + index * step, value);
            }
        });
    }

    #[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    fn floats<T: Float>(&self, fold: Fold, values: &[T]) -> Vec<T> {
        match fold {
            Fold::Max | Fold::Min => self.extremes(fold, values),
            Fold::Sum | Fold::Mean => {
                let mut sums = vec![0.0_f64; self.count];
                self.each(values, |at, value| sums[at] += value.into());
                let divisor = if fold == Fold::Mean {
                    self.folded_count as f64
                } else {
                    1.0
                };
                sums.into_iter().map(|sum| T::of(sum / divisor)).collect()
            }
        }
    }

    fn integers<T: Number>(
        &self,
        fold: Fold,
        values: &[T],
        mean: impl Fn(T, usize) -> T,
    ) -> Vec<T> {
        match fold {
            Fold::Max | Fold::Min => self.extremes(fold, values),
            Fold::Sum | Fold::Mean => {
                let mut sums = vec![T::ZERO; self.count];
                self.each(values, |at, value| sums[at] = sums[at].plus(value));
                if fold == Fold::Mean {
                    for sum in &mut sums {
                        *sum = mean(*sum, self.folded_count);
                    }
                }
                sums
            }
        }
    }

    /// A NaN that comes first stays; a later one is passed over.
    fn extremes<T: Number>(&self, fold: Fold, values: &[T]) -> Vec<T> {
        let mut found: Vec<Option<T>> = vec![None; self.count];
        self.each(values, |at, value| {
            let better = found[at].is_none_or(|best| match fold {
                Fold::Max => value > best,
                _ => value < best,
            });
            if better {
                found[at] = Some(value);
            }
        });
        found
            .into_iter()
            .map(|best| best.unwrap_or(T::ZERO))
            .collect()
    }
}

#[derive(Debug)]
struct ArgExtreme {
    largest: bool,
    axis: i64,
    keep_dimensions: bool,
    last: bool,
}

/// `ArgMax` and `ArgMin`: the position of the extreme element along an axis,
/// the first of equals unless the model asks for the last.
pub(crate) fn build_arg(definition: &Definition<'_>) -> Result<Built, Fault> {
    let attributes = definition.attributes;
    Ok(Built::Operator(Box::new(ArgExtreme {
        largest: definition.name == "ArgMax",
        axis: attributes.int("axis")?.unwrap_or(0),
        keep_dimensions: attributes.flag("keepdims")?.unwrap_or(true),
        last: attributes.flag("select_last_index")?.unwrap_or(false),
    })))
}

impl Operator for ArgExtreme {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let tensor = required(inputs, 0)?;
        let shape = tensor.shape();
        let axis = axis(self.axis, shape.len())?;
        let (kept, dropped) = folded_shapes(shape, &[axis]);
        let count = budget.tensor(&kept)?;
        budget.work(tensor.data().len() as u64)?;
        let length = shape[axis];
        if length == 0 && count > 0 {
            return Err(Fault::malformed(
                "an empty dimension has no extreme element",
            ));
        }
        let inner = element_count(&shape[axis + 1..]).unwrap_or(0);
        let positions = match tensor.data() {
            TensorData::Float32(values) => self.positions(values, length, inner),
            TensorData::Float64(values) => self.positions(values, length, inner),
            TensorData::Int64(values) => self.positions(values, length, inner),
            TensorData::Int32(values) => self.positions(values, length, inner),
            TensorData::Bool(_) => return Err(unfit(tensor, "numbers")),
        };
        let shape = if self.keep_dimensions { kept } else { dropped };
        Ok(vec![made(shape, TensorData::Int64(positions))?])
    }
}

impl ArgExtreme {
    fn positions<T: Number>(&self, values: &[T], length: usize, inner: usize) -> Vec<i64> {
        let mut out = Vec::new();
        for block in values.chunks_exact((length * inner).max(1)) {
            for start in 0..inner {
                let mut best = (0, block[start]);
                for index in 1..length {
                    let value = block[start + index * inner];
                    let better = if self.largest {
                        value > best.1
                    } else {
                        value < best.1
                    };
                    if better || (self.last && value == best.1) {
                        best = (index, value);
                    }
                }
                out.push(i64::try_from(best.0).unwrap_or(i64::MAX));
            }
        }
        out
    }
}
