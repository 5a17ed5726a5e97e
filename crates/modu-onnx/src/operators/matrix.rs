//! Products of matrices: `MatMul` and `Gemm`.

use crate::budget::{Budget, Fault};
use crate::operators::call::{made, optional, required, unfit};
use crate::operators::number::Float;
use crate::operators::{Built, Definition, Operator, broadcast};
use crate::tensor::{Tensor, TensorData};

/// Columns of the result that are summed side by side in registers.
const TILE: usize = 16;

/// `a` `[rows, depth]` times `b` `[depth, columns]`, appended to `out`.
///
/// Each element is the sum, from +0 and in ascending order of depth, of
/// products that are each rounded. Rows that are mostly zero, as one-hot
/// columns make them, are quick: where `b` is finite, a product with zero is
/// left out, which changes no bit, because a sum that starts at +0 never
/// becomes -0.
pub(crate) fn multiply<A, B>(a: &[A], b: &[B], depth: usize, columns: usize, out: &mut Vec<B>)
where
    A: Float + Into<B>,
    B: Float,
{
    match columns {
        0 => {}
        1..=2 => multiply_narrow::<A, B, 2>(a, b, depth, columns, out),
        3..=4 => multiply_narrow::<A, B, 4>(a, b, depth, columns, out),
        5..=8 => multiply_narrow::<A, B, 8>(a, b, depth, columns, out),
        _ => multiply_wide(a, b, depth, columns, out),
    }
}

/// For a few columns, padded to `WIDTH`: four rows at once, every product.
fn multiply_narrow<A, B, const WIDTH: usize>(
    a: &[A],
    b: &[B],
    depth: usize,
    columns: usize,
    out: &mut Vec<B>,
) where
    A: Float + Into<B>,
    B: Float,
{
    const ROWS: usize = 4;
    let mut padded = vec![[B::ZERO; WIDTH]; depth];
    for (into, row) in padded.iter_mut().zip(b.chunks_exact(columns)) {
        into[..columns].copy_from_slice(row);
    }
    let depth = depth.max(1);
    let mut groups = a.chunks_exact(ROWS * depth);
    for group in &mut groups {
        let mut rows = [&group[..depth]; ROWS];
        for (row, part) in rows.iter_mut().zip(group.chunks_exact(depth)) {
            *row = part;
        }
        let mut sums = [[B::ZERO; WIDTH]; ROWS];
        for (index, factors) in padded.iter().enumerate() {
            for (row, sums) in rows.iter().zip(&mut sums) {
                let value: B = row[index].into();
                for (sum, &factor) in sums.iter_mut().zip(factors) {
                    *sum = sum.plus(value.times(factor));
                }
            }
        }
        for sums in &sums {
            out.extend_from_slice(&sums[..columns]);
        }
    }
    for row in groups.remainder().chunks_exact(depth) {
        let mut sums = [B::ZERO; WIDTH];
        for (&value, factors) in row.iter().zip(&padded) {
            let value: B = value.into();
            for (sum, &factor) in sums.iter_mut().zip(factors) {
                *sum = sum.plus(value.times(factor));
            }
        }
        out.extend_from_slice(&sums[..columns]);
    }
}

/// For many columns: the rows' zeros are left out.
fn multiply_wide<A, B>(a: &[A], b: &[B], depth: usize, columns: usize, out: &mut Vec<B>)
where
    A: Float + Into<B>,
    B: Float,
{
    let skip_zeros = b.iter().all(|value| value.finite());
    let mut terms: Vec<(usize, B)> = vec![(0, B::ZERO); depth];
    for row in a.chunks_exact(depth.max(1)) {
        let mut count = 0;
        for (index, &value) in row.iter().enumerate() {
            terms[count] = (index * columns, value.into());
            // NaN is not equal to zero and stays.
            count += usize::from(!(skip_zeros && value == A::ZERO));
        }
        sum_of_terms(&terms[..count], b, columns, out);
    }
}

/// One row of the result: the sum of the terms' rows of `b`, each times its
/// factor.
fn sum_of_terms<B: Float>(terms: &[(usize, B)], b: &[B], columns: usize, out: &mut Vec<B>) {
    let mut start = 0;
    while start + TILE <= columns {
        let mut sums = [B::ZERO; TILE];
        for &(offset, factor) in terms {
            let row = &b[offset + start..offset + start + TILE];
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum = sum.plus(factor.times(value));
            }
        }
        out.extend_from_slice(&sums);
        start += TILE;
    }
    if start < columns {
        let mut sums = [B::ZERO; TILE];
        let sums = &mut sums[..columns - start];
        for &(offset, factor) in terms {
            let row = &b[offset + start..offset + columns];
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum = sum.plus(factor.times(value));
            }
        }
        out.extend_from_slice(sums);
    }
}

/// Asks for the memory that [`multiply`] needs beside its arguments: a padded
/// copy of `b`, or a row's terms.
pub(crate) fn reserve(depth: usize, columns: usize, budget: &mut Budget<'_>) -> Result<(), Fault> {
    let copied = (depth as u64)
        .saturating_mul(columns as u64)
        .saturating_mul(2);
    budget.memory(copied.saturating_add(4 * depth as u64))
}

/// A matrix with rows and columns exchanged.
pub(crate) fn transposed<T: Copy>(values: &[T], rows: usize, columns: usize) -> Vec<T> {
    let mut out = Vec::with_capacity(values.len());
    for column in 0..columns {
        out.extend((0..rows).map(|row| values[row * columns + column]));
    }
    out
}

#[derive(Debug)]
struct MatMul;

/// `MatMul`, with the broadcasting of `numpy.matmul`.
pub(crate) fn build_matmul(_: &Definition<'_>) -> Result<Built, Fault> {
    Ok(Built::Operator(Box::new(MatMul)))
}

/// How two tensors are cut into matrices.
struct Stack {
    rows: usize,
    depth: usize,
    columns: usize,
    /// The dimensions before the last two, of both tensors and broadcast.
    a_outer: Vec<usize>,
    b_outer: Vec<usize>,
    outer: Vec<usize>,
    shape: Vec<usize>,
}

impl Stack {
    fn of(a: &[usize], b: &[usize]) -> Result<Self, Fault> {
        let unfit =
            || Fault::malformed(format!("the shapes {a:?} and {b:?} have no matrix product"));
        // A vector is a row on the left and a column on the right.
        let (a_outer, rows, a_depth) = match a {
            [] => return Err(unfit()),
            [depth] => (&[][..], 1, *depth),
            [outer @ .., rows, depth] => (outer, *rows, *depth),
        };
        let (b_outer, depth, columns) = match b {
            [] => return Err(unfit()),
            [depth] => (&[][..], *depth, 1),
            [outer @ .., depth, columns] => (outer, *depth, *columns),
        };
        if a_depth != depth {
            return Err(unfit());
        }
        let outer = broadcast::shape_of(a_outer, b_outer)?;
        let mut shape = outer.clone();
        if a.len() > 1 {
            shape.push(rows);
        }
        if b.len() > 1 {
            shape.push(columns);
        }
        Ok(Self {
            rows,
            depth,
            columns,
            a_outer: a_outer.to_vec(),
            b_outer: b_outer.to_vec(),
            outer,
            shape,
        })
    }

    fn multiply<T: Float>(&self, a: &[T], b: &[T], count: usize) -> Vec<T> {
        if self.depth == 0 || count == 0 {
            return vec![T::ZERO; count];
        }
        let mut out = Vec::with_capacity(count);
        let one = self.rows * self.depth;
        let other = self.depth * self.columns;
        broadcast::each_run(
            &self.outer,
            [
                &broadcast::strides(&self.a_outer, &self.outer),
                &broadcast::strides(&self.b_outer, &self.outer),
            ],
            |[a_start, b_start], length, [a_step, b_step]| {
                for index in 0..length {
                    let a_at = (a_start + index * a_step) * one;
                    let b_at = (b_start + index * b_step) * other;
                    let (left, right) = (&a[a_at..a_at + one], &b[b_at..b_at + other]);
                    multiply::<T, T>(left, right, self.depth, self.columns, &mut out);
                }
            },
        );
        out
    }
}

impl Operator for MatMul {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let (a, b) = (required(inputs, 0)?, required(inputs, 1)?);
        let stack = Stack::of(a.shape(), b.shape())?;
        let count = budget.tensor(&stack.shape)?;
        reserve(stack.depth, stack.columns, budget)?;
        budget.work_product(&[count, stack.depth])?;
        budget.work_product(&[count / stack.columns.max(1), stack.depth])?;
        let data = match (a.data(), b.data()) {
            (TensorData::Float32(a), TensorData::Float32(b)) => {
                TensorData::Float32(stack.multiply(a, b, count))
            }
            (TensorData::Float64(a), TensorData::Float64(b)) => {
                TensorData::Float64(stack.multiply(a, b, count))
            }
            _ => return Err(unfit(a, "two float tensors of one type")),
        };
        Ok(vec![made(stack.shape, data)?])
    }
}

/// `alpha A' B' + beta C`.
#[derive(Debug)]
struct Gemm {
    alpha: f32,
    beta: f32,
    transpose_a: bool,
    transpose_b: bool,
}

/// `Gemm`. The product is summed first, then scaled by alpha, and beta times C
/// is added last.
pub(crate) fn build_gemm(definition: &Definition<'_>) -> Result<Built, Fault> {
    let attributes = definition.attributes;
    Ok(Built::Operator(Box::new(Gemm {
        alpha: attributes.float("alpha")?.unwrap_or(1.0),
        beta: attributes.float("beta")?.unwrap_or(1.0),
        transpose_a: attributes.flag("transA")?.unwrap_or(false),
        transpose_b: attributes.flag("transB")?.unwrap_or(false),
    })))
}

impl Operator for Gemm {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let (a, b) = (required(inputs, 0)?, required(inputs, 1)?);
        let c = optional(inputs, 2);
        let (&[a_rows, a_columns], &[b_rows, b_columns]) = (a.shape(), b.shape()) else {
            return Err(Fault::malformed("Gemm needs two matrices"));
        };
        let (rows, depth) = if self.transpose_a {
            (a_columns, a_rows)
        } else {
            (a_rows, a_columns)
        };
        let (b_depth, columns) = if self.transpose_b {
            (b_columns, b_rows)
        } else {
            (b_rows, b_columns)
        };
        let c_shape = c.map_or(&[][..], Tensor::shape);
        let shape = vec![rows, columns];
        if depth != b_depth || broadcast::shape_of(&shape, c_shape)? != shape {
            return Err(Fault::malformed(format!(
                "Gemm cannot combine the shapes {:?}, {:?} and {c_shape:?}",
                a.shape(),
                b.shape()
            )));
        }
        let count = budget.tensor(&shape)?;
        reserve(depth, columns, budget)?;
        budget.work_product(&[rows, depth, columns.max(1)])?;
        budget.memory((a.data().len() + b.data().len() + count) as u64)?;
        let data = match (a.data(), b.data(), c.map(Tensor::data)) {
            (TensorData::Float32(a), TensorData::Float32(b), None) => {
                TensorData::Float32(self.product(a, b, None, (rows, depth, columns)))
            }
            (TensorData::Float32(a), TensorData::Float32(b), Some(TensorData::Float32(c))) => {
                TensorData::Float32(self.product(a, b, Some((c, c_shape)), (rows, depth, columns)))
            }
            (TensorData::Float64(a), TensorData::Float64(b), None) => {
                TensorData::Float64(self.product(a, b, None, (rows, depth, columns)))
            }
            (TensorData::Float64(a), TensorData::Float64(b), Some(TensorData::Float64(c))) => {
                TensorData::Float64(self.product(a, b, Some((c, c_shape)), (rows, depth, columns)))
            }
            _ => return Err(unfit(a, "float tensors of one type")),
        };
        Ok(vec![made(shape, data)?])
    }
}

impl Gemm {
    fn product<T: Float>(
        &self,
        a: &[T],
        b: &[T],
        c: Option<(&[T], &[usize])>,
        (rows, depth, columns): (usize, usize, usize),
    ) -> Vec<T> {
        let (a_turned, b_turned);
        let a = if self.transpose_a {
            a_turned = transposed(a, depth, rows);
            &a_turned
        } else {
            a
        };
        let b = if self.transpose_b {
            b_turned = transposed(b, columns, depth);
            &b_turned
        } else {
            b
        };
        let mut out = Vec::with_capacity(rows * columns);
        if depth == 0 || rows * columns == 0 {
            out.resize(rows * columns, T::ZERO);
        } else {
            multiply::<T, T>(a, b, depth, columns, &mut out);
        }
        if self.alpha != 1.0 {
            let alpha = T::of(f64::from(self.alpha));
            for value in &mut out {
                *value = alpha.times(*value);
            }
        }
        if let Some((c, c_shape)) = c {
            let beta = T::of(f64::from(self.beta));
            let shape = [rows, columns];
            out = broadcast::combine((&out, &shape), (c, c_shape), &shape, out.len(), |sum, c| {
                sum.plus(beta.times(c))
            });
        }
        out
    }
}
