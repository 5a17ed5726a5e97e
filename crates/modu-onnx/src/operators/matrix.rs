//! Products of matrices: `MatMul` and `Gemm`.

mod product;

use crate::budget::{Budget, Fault};
use crate::operators::call::{made, optional, required, unfit};
use crate::operators::number::Float;
use crate::operators::rows::{Meeting, RowCall, RowKernel};
use crate::operators::{Built, Definition, Operator, broadcast};
use crate::tensor::{Tensor, TensorData};

pub(crate) use product::{Factor, multiply, reserve};

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

    fn by_rows(&self, call: &RowCall<'_>) -> Option<Box<dyn RowKernel>> {
        let (values, &[depth, columns]) = call.singles(1)? else {
            return None;
        };
        Dense::of(values, (depth, columns), 1.0, None)
    }
}

/// A product with a constant matrix, scaled, plus a constant row.
#[derive(Debug)]
struct Dense {
    factor: Factor<f32>,
    alpha: f32,
    bias: Option<Meeting<f32>>,
}

impl Dense {
    fn of(
        values: &[f32],
        (depth, columns): (usize, usize),
        alpha: f32,
        bias: Option<Meeting<f32>>,
    ) -> Option<Box<dyn RowKernel>> {
        let fits = bias.as_ref().is_none_or(|bias| bias.fits(columns));
        (fits && depth > 0 && columns > 0).then(|| {
            Box::new(Self {
                factor: Factor::of(values, depth, columns),
                alpha,
                bias,
            }) as Box<dyn RowKernel>
        })
    }
}

impl RowKernel for Dense {
    fn columns(&self, given: usize) -> Option<usize> {
        (given == self.factor.depth()).then_some(self.factor.columns())
    }

    fn work(&self, given: usize) -> u64 {
        (given as u64).saturating_mul(self.factor.columns() as u64 + 1)
    }

    fn append(&self, values: &[f32], _: usize, out: &mut Vec<f32>) {
        let start = out.len();
        self.factor.multiply(values, out);
        scale(self.alpha, &mut out[start..]);
        if let Some(bias) = &self.bias {
            bias.add_to(&mut out[start..]);
        }
    }
}

/// Multiplies all values by alpha, unless it is one.
fn scale<T: Float>(alpha: f32, values: &mut [T]) {
    if alpha != 1.0 {
        let alpha = T::of(f64::from(alpha));
        for value in values {
            *value = alpha.times(*value);
        }
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

    fn by_rows(&self, call: &RowCall<'_>) -> Option<Box<dyn RowKernel>> {
        if call.rows_at != 0 || self.transpose_a {
            return None;
        }
        let (values, &[rows, columns]) = call.singles(1)? else {
            return None;
        };
        let bias = match call.constants.get(2).copied().flatten() {
            None => None,
            Some(_) => {
                let (bias, shape) = call.singles(2)?;
                let bias: Vec<f32> = bias.iter().map(|c| self.beta * c).collect();
                Some(Meeting::broadcast(&bias, shape)?)
            }
        };
        if self.transpose_b {
            let turned = transposed(values, rows, columns);
            Dense::of(&turned, (columns, rows), self.alpha, bias)
        } else {
            Dense::of(values, (rows, columns), self.alpha, bias)
        }
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
        scale(self.alpha, &mut out);
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
