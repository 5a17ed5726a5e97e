//! Kernels that take the rows of a table apart.
//!
//! Most of a network's operators do the same to every row: with constants, and
//! without a look at the rows beside it. Where one such operator follows
//! another ([`crate::chain`]), a few hundred rows can go through all of them
//! while they are in the nearest cache, instead of all rows through each with a
//! fresh tensor in between. A [`RowKernel`] is what an operator becomes then.
//! It gives the bits that the operator gives.

use std::fmt;

use crate::operators::number::Float;
use crate::tensor::Tensor;

/// An operator whose other inputs are known, on rows of single precision.
pub(crate) trait RowKernel: fmt::Debug + Send + Sync {
    /// How long its rows are for rows so long, or none where they do not fit
    /// it.
    fn columns(&self, given: usize) -> Option<usize>;

    /// Elementary operations for a row so long, filling the result aside.
    fn work(&self, given: usize) -> u64;

    /// Appends the results for whole rows so long, `columns` of which is some.
    fn append(&self, values: &[f32], given: usize, out: &mut Vec<f32>);
}

/// What an operator stands between.
pub(crate) struct RowCall<'a> {
    /// Its inputs, of which those that are given are constants.
    pub(crate) constants: &'a [Option<&'a Tensor>],
    /// Which input the rows are.
    pub(crate) rows_at: usize,
    /// The only one of its outputs that is wanted.
    pub(crate) output: usize,
}

impl RowCall<'_> {
    /// A constant of single precision, with its shape.
    pub(crate) fn singles(&self, position: usize) -> Option<(&[f32], &[usize])> {
        let tensor = self.constants.get(position).copied().flatten()?;
        Some((tensor.as_float32().ok()?, tensor.shape()))
    }
}

/// A row of numbers that every row of a matrix meets.
///
/// It is held several times over, so that short rows fill wide registers too.
#[derive(Debug, Clone)]
pub(crate) struct Meeting<T> {
    length: usize,
    repeated: Vec<T>,
}

/// Numbers that a short row is repeated to.
const REPEATED: usize = 64;

impl<T: Copy> Meeting<T> {
    pub(crate) fn of(row: &[T]) -> Self {
        Self {
            length: row.len(),
            repeated: row.repeat((REPEATED / row.len().max(1)).max(1)),
        }
    }

    /// From a constant that broadcasts to rows without adding any: a single
    /// number, a row, or a matrix of one row.
    pub(crate) fn broadcast(values: &[T], shape: &[usize]) -> Option<Self> {
        match shape {
            [] | [_] | [1, _] if !values.is_empty() => Some(Self::of(values)),
            _ => None,
        }
    }

    /// Whether rows so long meet it number by number, or each of their numbers
    /// meets its only one.
    pub(crate) const fn fits(&self, columns: usize) -> bool {
        self.length == 1 || self.length == columns
    }

    /// Appends what becomes of each number and the one that it meets.
    #[inline(always)]
    pub(crate) fn append<A: Copy, R>(&self, values: &[A], out: &mut Vec<R>, f: impl Fn(A, T) -> R) {
        out.reserve(values.len());
        for values in values.chunks(self.repeated.len().max(1)) {
            out.extend(
                values
                    .iter()
                    .zip(&self.repeated)
                    .map(|(&value, &met)| f(value, met)),
            );
        }
    }
}

impl<T: Float> Meeting<T> {
    /// Adds to each number the one that it meets.
    pub(crate) fn add_to(&self, values: &mut [T]) {
        for values in values.chunks_mut(self.repeated.len().max(1)) {
            for (value, &met) in values.iter_mut().zip(&self.repeated) {
                *value = value.plus(met);
            }
        }
    }
}
