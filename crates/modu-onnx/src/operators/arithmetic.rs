//! Operators of two tensors, element by element, with broadcasting: sums,
//! products, comparisons, truth values, and the choice between two tensors.

use crate::budget::{Budget, Fault};
use crate::operators::call::{made, required, unfit};
use crate::operators::number::{Float, Number, same_type};
use crate::operators::rows::{Meeting, RowCall, RowKernel};
use crate::operators::{Built, Definition, Operator, broadcast};
use crate::tensor::{ElementType, Tensor, TensorData};

#[derive(Debug, Clone, Copy)]
enum Function {
    Add,
    Sub,
    Mul,
    Div,
    Min,
    Max,
    Pow,
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
    Xor,
}

#[derive(Debug)]
struct Pairwise(Function);

/// `Add`, `Sub`, `Mul`, `Div`, `Min`, `Max`, `Sum`, `Pow`, the comparisons,
/// `And`, `Or` and `Xor`. `Min`, `Max` and `Sum` take any number of inputs and
/// fold them from the first. Integers wrap on overflow.
pub(crate) fn build(definition: &Definition<'_>) -> Result<Built, Fault> {
    let function = match definition.name {
        "Add" | "Sum" => Function::Add,
        "Sub" => Function::Sub,
        "Mul" => Function::Mul,
        "Div" => Function::Div,
        "Min" => Function::Min,
        "Max" => Function::Max,
        "Pow" => Function::Pow,
        "Equal" => Function::Equal,
        "Less" => Function::Less,
        "LessOrEqual" => Function::LessOrEqual,
        "Greater" => Function::Greater,
        "GreaterOrEqual" => Function::GreaterOrEqual,
        "And" => Function::And,
        "Or" => Function::Or,
        "Xor" => Function::Xor,
        _ => return Err(Fault::unsupported("this operator", "use another")),
    };
    Ok(Built::Operator(Box::new(Pairwise(function))))
}

impl Operator for Pairwise {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let first = required(inputs, 0)?;
        let Some(second) = inputs.get(1) else {
            budget.tensor(first.shape())?;
            return Ok(vec![first.clone()]);
        };
        let second = second.ok_or_else(|| Fault::malformed("its input 1 is left out"))?;
        let mut result = combine(self.0, first, second, budget)?;
        for position in 2..inputs.len() {
            result = combine(self.0, &result, required(inputs, position)?, budget)?;
        }
        Ok(vec![result])
    }

    fn by_rows(&self, call: &RowCall<'_>) -> Option<Box<dyn RowKernel>> {
        let &[first, second] = call.constants else {
            return None;
        };
        let arithmetic = matches!(
            self.0,
            Function::Add | Function::Sub | Function::Mul | Function::Div
        );
        if !arithmetic || first.is_some() == second.is_some() {
            return None;
        }
        let rows_first = call.rows_at == 0;
        let (values, shape) = call.singles(usize::from(rows_first))?;
        Some(Box::new(PairedRows {
            function: self.0,
            constant: Meeting::broadcast(values, shape)?,
            rows_first,
        }))
    }
}

/// [`Pairwise`] on rows and a constant.
#[derive(Debug)]
struct PairedRows {
    function: Function,
    constant: Meeting<f32>,
    rows_first: bool,
}

impl RowKernel for PairedRows {
    fn columns(&self, given: usize) -> Option<usize> {
        self.constant.fits(given).then_some(given)
    }

    fn work(&self, _: usize) -> u64 {
        0
    }

    fn append(&self, values: &[f32], _: usize, out: &mut Vec<f32>) {
        let constant = &self.constant;
        match (self.function, self.rows_first) {
            (Function::Sub, true) => constant.append(values, out, |x, c| x - c),
            (Function::Sub, false) => constant.append(values, out, |x, c| c - x),
            (Function::Mul, _) => constant.append(values, out, |x, c| x * c),
            (Function::Div, true) => constant.append(values, out, |x, c| x / c),
            (Function::Div, false) => constant.append(values, out, |x, c| c / x),
            _ => constant.append(values, out, |x, c| x + c),
        }
    }
}

fn combine(
    function: Function,
    a: &Tensor,
    b: &Tensor,
    budget: &mut Budget<'_>,
) -> Result<Tensor, Fault> {
    let shape = broadcast::shape_of(a.shape(), b.shape())?;
    let count = budget.tensor(&shape)?;
    let cast;
    let b = if matches!(function, Function::Pow) && a.element_type() != b.element_type() {
        cast = crate::operators::cast::convert(b, a.element_type());
        &cast
    } else {
        b
    };
    let shapes = (a.shape(), b.shape(), shape.as_slice(), count);
    use TensorData::{Bool, Float32, Float64, Int32, Int64};
    let data = match (a.data(), b.data()) {
        (Float32(a), Float32(b)) => floats(function, a, b, shapes),
        (Float64(a), Float64(b)) => floats(function, a, b, shapes),
        (Int64(a), Int64(b)) => integers(function, a, b, shapes)?,
        (Int32(a), Int32(b)) => integers(function, a, b, shapes)?,
        (Bool(a), Bool(b)) => truths(function, a, b, shapes)?,
        _ => {
            return Err(Fault::malformed(format!(
                "{} meets {}",
                a.element_type(),
                b.element_type()
            )));
        }
    };
    made(shape, data)
}

/// The shapes of both inputs and of the result, and its element count.
type Shapes<'a> = (&'a [usize], &'a [usize], &'a [usize], usize);

fn pairs<T: Copy, R>(
    a: &[T],
    b: &[T],
    (a_shape, b_shape, shape, count): Shapes<'_>,
    f: impl Fn(T, T) -> R,
) -> Vec<R> {
    broadcast::combine((a, a_shape), (b, b_shape), shape, count, f)
}

/// The comparisons, which all numbers share.
fn comparison<T: Number>(
    function: Function,
    a: &[T],
    b: &[T],
    shapes: Shapes<'_>,
) -> Option<TensorData> {
    Some(TensorData::Bool(match function {
        Function::Equal => pairs(a, b, shapes, |a, b| a == b),
        Function::Less => pairs(a, b, shapes, |a, b| a < b),
        Function::LessOrEqual => pairs(a, b, shapes, |a, b| a <= b),
        Function::Greater => pairs(a, b, shapes, |a, b| a > b),
        Function::GreaterOrEqual => pairs(a, b, shapes, |a, b| a >= b),
        _ => return None,
    }))
}

/// A NaN among two floats is their minimum and their maximum.
fn floats<T: Float>(function: Function, a: &[T], b: &[T], shapes: Shapes<'_>) -> TensorData {
    T::pack(match function {
        Function::Add => pairs(a, b, shapes, T::plus),
        Function::Sub => pairs(a, b, shapes, T::minus),
        Function::Mul => pairs(a, b, shapes, T::times),
        Function::Div => pairs(a, b, shapes, |a, b| a.divided(b).unwrap_or(a)),
        Function::Pow => pairs(a, b, shapes, T::power),
        Function::Min => pairs(a, b, shapes, |a, b| if a < b || a.nan() { a } else { b }),
        Function::Max => pairs(a, b, shapes, |a, b| if a > b || a.nan() { a } else { b }),
        _ => {
            return comparison(function, a, b, shapes).unwrap_or(TensorData::Bool(Vec::new()));
        }
    })
}

fn integers<T: Number>(
    function: Function,
    a: &[T],
    b: &[T],
    shapes: Shapes<'_>,
) -> Result<TensorData, Fault>
where
    Vec<T>: Into<TensorData>,
{
    let values = match function {
        Function::Add => pairs(a, b, shapes, T::plus),
        Function::Sub => pairs(a, b, shapes, T::minus),
        Function::Mul => pairs(a, b, shapes, T::times),
        Function::Div => pairs(a, b, shapes, T::divided)
            .into_iter()
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| Fault::malformed("an integer is divided by zero"))?,
        Function::Min => pairs(a, b, shapes, |a, b| if a < b { a } else { b }),
        Function::Max => pairs(a, b, shapes, |a, b| if a > b { a } else { b }),
        _ => {
            return comparison(function, a, b, shapes).ok_or_else(|| {
                Fault::unsupported("this operator on integers", "cast the values in the model")
            });
        }
    };
    Ok(values.into())
}

impl From<Vec<i64>> for TensorData {
    fn from(values: Vec<i64>) -> Self {
        Self::Int64(values)
    }
}

impl From<Vec<i32>> for TensorData {
    fn from(values: Vec<i32>) -> Self {
        Self::Int32(values)
    }
}

fn truths(
    function: Function,
    a: &[bool],
    b: &[bool],
    shapes: Shapes<'_>,
) -> Result<TensorData, Fault> {
    Ok(TensorData::Bool(match function {
        Function::And => pairs(a, b, shapes, |a, b| a & b),
        Function::Or => pairs(a, b, shapes, |a, b| a | b),
        Function::Xor => pairs(a, b, shapes, |a, b| a ^ b),
        Function::Equal => pairs(a, b, shapes, |a, b| a == b),
        _ => {
            return Err(Fault::unsupported(
                "this operator on truth values",
                "cast the values in the model",
            ));
        }
    }))
}

#[derive(Debug)]
struct Where;

/// `Where`: the first tensor's elements choose between the other two.
pub(crate) fn build_where(_: &Definition<'_>) -> Result<Built, Fault> {
    Ok(Built::Operator(Box::new(Where)))
}

impl Operator for Where {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let (condition, a, b) = (
            required(inputs, 0)?,
            required(inputs, 1)?,
            required(inputs, 2)?,
        );
        let TensorData::Bool(choices) = condition.data() else {
            return Err(unfit(condition, "truth values"));
        };
        let shape = broadcast::shape_of(
            &broadcast::shape_of(condition.shape(), a.shape())?,
            b.shape(),
        )?;
        let count = budget.tensor(&shape)?;
        budget.memory(3 * count as u64)?;
        let choices = broadcast::expand(choices, condition.shape(), &shape, count);
        let a = same_type!(a.data(), values => broadcast::expand(values, a.shape(), &shape, count));
        let b = same_type!(b.data(), values => broadcast::expand(values, b.shape(), &shape, count));
        use TensorData::{Bool, Float32, Float64, Int32, Int64};
        let data = match (a, b) {
            (Float32(a), Float32(b)) => Float32(choose(&choices, a, b)),
            (Float64(a), Float64(b)) => Float64(choose(&choices, a, b)),
            (Int64(a), Int64(b)) => Int64(choose(&choices, a, b)),
            (Int32(a), Int32(b)) => Int32(choose(&choices, a, b)),
            (Bool(a), Bool(b)) => Bool(choose(&choices, a, b)),
            _ => return Err(Fault::malformed("the two tensors differ in element type")),
        };
        Ok(vec![made(shape, data)?])
    }
}

fn choose<T>(choices: &[bool], a: Vec<T>, b: Vec<T>) -> Vec<T> {
    choices
        .iter()
        .zip(a.into_iter().zip(b))
        .map(|(&choice, (a, b))| if choice { a } else { b })
        .collect()
}

#[derive(Debug)]
struct Not;

/// `Not`.
pub(crate) fn build_not(_: &Definition<'_>) -> Result<Built, Fault> {
    Ok(Built::Operator(Box::new(Not)))
}

impl Operator for Not {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let tensor = required(inputs, 0)?;
        let TensorData::Bool(values) = tensor.data() else {
            return Err(unfit(tensor, &ElementType::Bool.to_string()));
        };
        budget.tensor(tensor.shape())?;
        let values = values.iter().map(|value| !value).collect();
        Ok(vec![made(
            tensor.shape().to_vec(),
            TensorData::Bool(values),
        )?])
    }
}
