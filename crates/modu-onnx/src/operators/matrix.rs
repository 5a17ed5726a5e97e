//! Products of matrices: `MatMul` and `Gemm`.

use crate::budget::{Budget, Fault};
use crate::operators::call::{made, optional, required, unfit};
use crate::operators::number::Float;
use crate::operators::{Built, Definition, Operator, broadcast};
use crate::tensor::{Tensor, TensorData};

/// Columns of the result that are summed side by side in registers.
const TILE: usize = 16;
/// The most columns that are each summed by themselves.
const NARROW: usize = 8;
/// Sums that one narrow element is made of.
const LANES: usize = 8;

/// `a` `[rows, depth]` times `b` `[depth, columns]`, appended to `out`.
///
/// Every product is rounded, and so is every sum. Up to [`NARROW`] columns, an
/// element is eight sums from +0, the first of the products at the depths 0, 8,
/// 16 and so on, which are then added in pairs ([`together`]): so a row streams
/// through the processor at the speed of memory. With more columns, an element
/// is one sum from +0 in ascending order of depth. Rows that are mostly zero, as
/// one-hot columns make them, are quick then: where `b` is finite, a product
/// with zero is left out, which changes no bit, because a sum that starts at +0
/// never becomes -0.
pub(crate) fn multiply<A, B>(a: &[A], b: &[B], depth: usize, columns: usize, out: &mut Vec<B>)
where
    A: Float + Into<B>,
    B: Float,
{
    match columns {
        0 => {}
        1..=NARROW => multiply_narrow(a, b, depth, columns, out),
        _ => multiply_wide(a, b, depth, columns, out),
    }
}

/// For a few columns. Processors with AVX2 do the same operations in the same
/// order, four at a time.
fn multiply_narrow<A, B>(a: &[A], b: &[B], depth: usize, columns: usize, out: &mut Vec<B>)
where
    A: Float + Into<B>,
    B: Float,
{
    let turned = transposed(b, depth, columns);
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, the only thing that the function asks
        // for beyond what everything here is compiled for.
        unsafe { narrow_by_avx2(a, &turned, depth, out) };
        return;
    }
    narrow_anywhere(a, &turned, depth, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn narrow_by_avx2<A, B>(a: &[A], turned: &[B], depth: usize, out: &mut Vec<B>)
where
    A: Float + Into<B>,
    B: Float,
{
    rows_times_columns(a, turned, depth, out);
}

/// Widens a row before it is multiplied, which narrower units do better.
fn narrow_anywhere<A, B>(a: &[A], turned: &[B], depth: usize, out: &mut Vec<B>)
where
    A: Float + Into<B>,
    B: Float,
{
    let mut wide = vec![B::ZERO; depth];
    for row in a.chunks_exact(depth.max(1)) {
        for (into, &value) in wide.iter_mut().zip(row) {
            *into = value.into();
        }
        rows_times_columns::<B, B>(&wide, turned, depth, out);
    }
}

/// Every row of `a` with every column, which `turned` holds one after another.
#[inline(always)]
fn rows_times_columns<A, B>(a: &[A], turned: &[B], depth: usize, out: &mut Vec<B>)
where
    A: Float + Into<B>,
    B: Float,
{
    for row in a.chunks_exact(depth.max(1)) {
        for column in turned.chunks_exact(depth.max(1)) {
            let mut sums = [B::ZERO; LANES];
            let (values, last_values) = row.as_chunks::<LANES>();
            let (factors, last_factors) = column.as_chunks::<LANES>();
            for (values, factors) in values.iter().zip(factors) {
                let values: [B; LANES] = std::array::from_fn(|lane| values[lane].into());
                for lane in 0..LANES {
                    sums[lane] = sums[lane].plus(values[lane].times(factors[lane]));
                }
            }
            let last = last_values.iter().zip(last_factors);
            for (sum, (&value, &factor)) in sums.iter_mut().zip(last) {
                let value: B = value.into();
                *sum = sum.plus(value.times(factor));
            }
            out.push(together(sums));
        }
    }
}

/// The sums of an element, added in pairs.
#[inline(always)]
fn together<B: Float>(sums: [B; LANES]) -> B {
    let [a, b, c, d, e, f, g, h] = sums;
    let even = a.plus(e).plus(c.plus(g));
    let odd = b.plus(f).plus(d.plus(h));
    even.plus(odd)
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

/// Asks for the memory that [`multiply`] needs beside its arguments: a copy of
/// `b` and a widened row, or a row's terms.
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

#[cfg(test)]
mod tests {
    use super::{NARROW, multiply, narrow_anywhere, transposed};

    /// Numbers of many sizes and both signs.
    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        (0..count)
            .map(|_| (next() as f32 - 8_388_608.0) * 2.0_f32.powi(next() as i32 % 40 - 30))
            .collect()
    }

    #[test]
    fn every_processor_gives_the_same_bits_for_narrow_products() {
        for depth in [1, 7, 8, 9, 64, 101] {
            for columns in 1..=NARROW {
                let a = numbers(5 * depth, 1);
                let b = numbers(depth * columns, 2);
                let wide: Vec<f64> = b.iter().map(|&value| f64::from(value)).collect();
                let (mut single, mut single_anywhere) = (Vec::new(), Vec::new());
                multiply(&a, &b, depth, columns, &mut single);
                let turned = transposed(&b, depth, columns);
                narrow_anywhere(&a, &turned, depth, &mut single_anywhere);
                let bits = |values: &[f32]| -> Vec<u32> {
                    values.iter().map(|value| value.to_bits()).collect()
                };
                assert_eq!(bits(&single), bits(&single_anywhere));
                let (mut double, mut double_anywhere) = (Vec::new(), Vec::new());
                multiply(&a, &wide, depth, columns, &mut double);
                let turned = transposed(&wide, depth, columns);
                narrow_anywhere(&a, &turned, depth, &mut double_anywhere);
                let bits = |values: &[f64]| -> Vec<u64> {
                    values.iter().map(|value| value.to_bits()).collect()
                };
                assert_eq!(bits(&double), bits(&double_anywhere));
                // And the order is the one that is stated.
                let lane = |row: usize, column: usize, lane: usize| -> f64 {
                    (lane..depth).step_by(8).fold(0.0, |sum, at| {
                        sum + f64::from(a[row * depth + at]) * wide[at * columns + column]
                    })
                };
                for row in 0..5 {
                    for column in 0..columns {
                        let sums: [f64; 8] = std::array::from_fn(|at| lane(row, column, at));
                        let even = (sums[0] + sums[4]) + (sums[2] + sums[6]);
                        let odd = (sums[1] + sums[5]) + (sums[3] + sums[7]);
                        let found = double[row * columns + column];
                        assert_eq!(found.to_bits(), (even + odd).to_bits());
                    }
                }
            }
        }
    }
}
