//! Products of matrices: `MatMul` and `Gemm`.

mod product;

use crate::budget::{Budget, Fault};
use crate::operators::call::{made, optional, required, unfit};
use crate::operators::number::Float;
use crate::operators::{Built, Definition, Operator, broadcast};
use crate::tensor::{Tensor, TensorData};

pub(crate) use product::{multiply, reserve};

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
            if c_shape == [columns] {
                for row in out.chunks_exact_mut(columns.max(1)) {
                    for (sum, &c) in row.iter_mut().zip(c) {
                        *sum = sum.plus(beta.times(c));
                    }
                }
                return out;
            }
            let shape = [rows, columns];
            out = broadcast::combine((&out, &shape), (c, c_shape), &shape, out.len(), |sum, c| {
                sum.plus(beta.times(c))
            });
        }
        out
    }
}
