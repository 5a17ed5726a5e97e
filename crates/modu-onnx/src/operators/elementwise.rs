//! Operators of one tensor, element by element: the activations of neural
//! networks and the common functions.

use crate::budget::{Budget, Fault};
use crate::operators::call::{as_doubles, made, optional, required, unfit};
use crate::operators::number::Float;
use crate::operators::rows::{RowCall, RowKernel};
use crate::operators::{Built, Definition, Operator};
use crate::tensor::{Tensor, TensorData};

/// A function of one number.
#[derive(Debug, Clone, Copy)]
enum Function {
    Relu,
    LeakyRelu { alpha: f64 },
    Elu { alpha: f64 },
    Selu { alpha: f64, gamma: f64 },
    Sigmoid,
    HardSigmoid { alpha: f64, beta: f64 },
    Tanh,
    Softplus,
    Gelu { by_tanh: bool },
    Erf,
    Exp,
    Log,
    Sqrt,
    Reciprocal,
    Abs,
    Neg,
    Sign,
    Floor,
    Ceil,
    Round,
}

#[derive(Debug, Clone, Copy)]
struct Elementwise(Function);

/// The functions of one number, on floats; `Relu`, `Abs`, `Neg` and `Sign` on
/// integers too. A NaN stays NaN.
pub(crate) fn build(definition: &Definition<'_>) -> Result<Built, Fault> {
    let attributes = definition.attributes;
    let float = |name: &str, default: f32| -> Result<f64, Fault> {
        Ok(f64::from(attributes.float(name)?.unwrap_or(default)))
    };
    let function = match definition.name {
        "Relu" => Function::Relu,
        "LeakyRelu" => Function::LeakyRelu {
            alpha: float("alpha", 0.01)?,
        },
        "Elu" => Function::Elu {
            alpha: float("alpha", 1.0)?,
        },
        // The defaults that the documentation prints.
        "Selu" => Function::Selu {
            alpha: float("alpha", 1.673_263_2)?,
            gamma: float("gamma", 1.050_701)?,
        },
        "Sigmoid" => Function::Sigmoid,
        "HardSigmoid" => Function::HardSigmoid {
            alpha: float("alpha", 0.2)?,
            beta: float("beta", 0.5)?,
        },
        "Tanh" => Function::Tanh,
        "Softplus" => Function::Softplus,
        "Gelu" => Function::Gelu {
            by_tanh: match attributes.string("approximate")? {
                None | Some("none") => false,
                Some("tanh") => true,
                Some(other) => {
                    return Err(Fault::malformed(format!(
                        "`{}` is no approximation of Gelu",
                        crate::place::Shown(other)
                    )));
                }
            },
        },
        "Erf" => Function::Erf,
        "Exp" => Function::Exp,
        "Log" => Function::Log,
        "Sqrt" => Function::Sqrt,
        "Reciprocal" => Function::Reciprocal,
        "Abs" => Function::Abs,
        "Neg" => Function::Neg,
        "Sign" => Function::Sign,
        "Floor" => Function::Floor,
        "Ceil" => Function::Ceil,
        "Round" => Function::Round,
        _ => return Err(Fault::unsupported("this operator", "use another")),
    };
    Ok(Built::Operator(Box::new(Elementwise(function))))
}

impl Operator for Elementwise {
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let tensor = required(inputs, 0)?;
        let count = budget.tensor(tensor.shape())?;
        // A function of libm takes about ten times as long as a product.
        budget.work(9 * count as u64)?;
        let data = match tensor.data() {
            TensorData::Float32(values) => TensorData::Float32(all_floats(self.0, values)),
            TensorData::Float64(values) => TensorData::Float64(all_floats(self.0, values)),
            TensorData::Int64(values) => TensorData::Int64(match self.0 {
                Function::Relu => map(values, |x| x.max(0)),
                Function::Abs => map(values, i64::wrapping_abs),
                Function::Neg => map(values, i64::wrapping_neg),
                Function::Sign => map(values, i64::signum),
                _ => return Err(unfit(tensor, "floats")),
            }),
            TensorData::Int32(values) => TensorData::Int32(match self.0 {
                Function::Relu => map(values, |x| x.max(0)),
                Function::Abs => map(values, i32::wrapping_abs),
                Function::Neg => map(values, i32::wrapping_neg),
                Function::Sign => map(values, i32::signum),
                _ => return Err(unfit(tensor, "floats")),
            }),
            TensorData::Bool(_) => return Err(unfit(tensor, "numbers")),
        };
        Ok(vec![tensor.with_data(data)])
    }

    fn by_rows(&self, _: &RowCall<'_>) -> Option<Box<dyn RowKernel>> {
        Some(Box::new(*self))
    }
}

impl RowKernel for Elementwise {
    fn columns(&self, given: usize) -> Option<usize> {
        Some(given)
    }

    fn work(&self, given: usize) -> u64 {
        9 * given as u64
    }

    fn append(&self, values: &[f32], _: usize, out: &mut Vec<f32>) {
        floats(self.0, values, out);
    }
}

fn map<T: Copy>(values: &[T], f: impl Fn(T) -> T) -> Vec<T> {
    values.iter().map(|&value| f(value)).collect()
}

fn all_floats<T: Float>(function: Function, values: &[T]) -> Vec<T> {
    let mut out = Vec::with_capacity(values.len());
    floats(function, values, &mut out);
    out
}

/// Appends the function of each number.
fn floats<T: Float>(function: Function, values: &[T], out: &mut Vec<T>) {
    fn map<T: Copy>(values: &[T], out: &mut Vec<T>, f: impl Fn(T) -> T) {
        out.extend(values.iter().map(|&value| f(value)));
    }
    let start = out.len();
    let zero = T::ZERO;
    let constant = T::of;
    match function {
        Function::Relu => map(values, out, |x| if x < zero { zero } else { x }),
        Function::LeakyRelu { alpha } => {
            let alpha = constant(alpha);
            map(values, out, |x| if x < zero { alpha.times(x) } else { x })
        }
        Function::Elu { alpha } => {
            let alpha = constant(alpha);
            map(values, out, |x| {
                if x < zero { alpha.times(x.exp_m1()) } else { x }
            })
        }
        Function::Selu { alpha, gamma } => {
            let scaled = constant(alpha * gamma);
            let gamma = constant(gamma);
            map(values, out, |x| {
                if x > zero {
                    gamma.times(x)
                } else {
                    scaled.times(x.exp_m1())
                }
            })
        }
        Function::Sigmoid => {
            out.extend_from_slice(values);
            T::logistics(&mut out[start..]);
        }
        Function::HardSigmoid { alpha, beta } => {
            let (alpha, beta) = (constant(alpha), constant(beta));
            map(values, out, |x| {
                clip(alpha.times(x).plus(beta), zero, T::ONE)
            })
        }
        Function::Tanh => map(values, out, T::tanh),
        Function::Softplus => map(values, out, softplus),
        Function::Gelu { by_tanh: false } => map(values, out, gelu),
        Function::Gelu { by_tanh: true } => map(values, out, gelu_by_tanh),
        Function::Erf => map(values, out, T::erf),
        Function::Exp => {
            out.extend_from_slice(values);
            T::exponentials(&mut out[start..]);
        }
        Function::Log => map(values, out, T::ln),
        Function::Sqrt => map(values, out, T::square_root),
        Function::Reciprocal => map(values, out, |x| T::ONE.divided(x).unwrap_or(x)),
        Function::Abs => map(values, out, T::magnitude),
        Function::Neg => map(values, out, negative),
        Function::Sign => map(values, out, sign),
        Function::Floor => map(values, out, T::floor),
        Function::Ceil => map(values, out, T::ceil),
        Function::Round => map(values, out, T::round_even),
    }
}

/// Not `0 - x`, which would turn 0 into 0 instead of -0.
fn negative<T: Float>(x: T) -> T {
    x.times(T::of(-1.0))
}

fn sign<T: Float>(x: T) -> T {
    if x > T::ZERO {
        T::ONE
    } else if x < T::ZERO {
        T::of(-1.0)
    } else {
        x
    }
}

/// `1 / (1 + exp(-x))`, without overflow on either side.
pub(crate) fn logistic<T: Float>(x: T) -> T {
    let [lower, upper] = both_logistic(x.magnitude());
    if x < T::ZERO { lower } else { upper }
}

/// The logistic function of `-x` and of `x`, which share the exponential: a
/// class and its complement.
pub(crate) fn both_logistic<T: Float>(x: T) -> [T; 2] {
    let small = negative(x.magnitude()).exp();
    let upper = T::ONE.divided(T::ONE.plus(small)).unwrap_or(x);
    // Not 1 - upper, which would lose the small probabilities.
    let lower = small.times(upper);
    if x < T::ZERO {
        [upper, lower]
    } else {
        [lower, upper]
    }
}

/// `ln(1 + exp(x))`, as `max(x, 0) + ln(1 + exp(-|x|))`.
fn softplus<T: Float>(x: T) -> T {
    let tail: f64 = negative(x.magnitude()).exp().into();
    let above = if x < T::ZERO { T::ZERO } else { x };
    above.plus(T::of(libm::log1p(tail)))
}

/// `x / 2 (1 + erf(x / sqrt 2))`.
fn gelu<T: Float>(x: T) -> T {
    let inner = x.times(T::of(std::f64::consts::FRAC_1_SQRT_2)).erf();
    T::of(0.5).times(x).times(T::ONE.plus(inner))
}

/// `x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))`.
fn gelu_by_tanh<T: Float>(x: T) -> T {
    let root = T::of((2.0 / std::f64::consts::PI).sqrt());
    let cube = T::of(0.044_715).times(x).times(x).times(x);
    let inner = root.times(x.plus(cube)).tanh();
    T::of(0.5).times(x).times(T::ONE.plus(inner))
}

/// The value kept between two bounds; a NaN stays NaN.
fn clip<T: PartialOrd>(x: T, low: T, high: T) -> T {
    if x < low {
        if low > high { high } else { low }
    } else if x > high {
        high
    } else {
        x
    }
}

/// `Clip`, with bounds as attributes (before version 11) or inputs.
#[derive(Debug)]
struct Clip {
    low: Option<f64>,
    high: Option<f64>,
}

/// `Clip`.
pub(crate) fn build_clip(definition: &Definition<'_>) -> Result<Built, Fault> {
    let bounds = if definition.version < 11 {
        Clip {
            low: definition.attributes.float("min")?.map(f64::from),
            high: definition.attributes.float("max")?.map(f64::from),
        }
    } else {
        Clip {
            low: None,
            high: None,
        }
    };
    Ok(Built::Operator(Box::new(bounds)))
}

fn bound(inputs: &[Option<&Tensor>], position: usize) -> Result<Option<f64>, Fault> {
    let Some(tensor) = optional(inputs, position) else {
        return Ok(None);
    };
    match as_doubles(tensor)?.as_slice() {
        [] => Ok(None),
        [bound] => Ok(Some(*bound)),
        _ => Err(Fault::malformed("a bound of Clip is not one number")),
    }
}

impl Operator for Clip {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "bounds outside the type's range saturate"
    )]
    fn run(
        &self,
        inputs: &[Option<&Tensor>],
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Tensor>, Fault> {
        let tensor = required(inputs, 0)?;
        budget.tensor(tensor.shape())?;
        let low = bound(inputs, 1)?.or(self.low).unwrap_or(f64::NEG_INFINITY);
        let high = bound(inputs, 2)?.or(self.high).unwrap_or(f64::INFINITY);
        let data = match tensor.data() {
            TensorData::Float32(values) => {
                let bounds = ClippedRows {
                    low: low as f32,
                    high: high as f32,
                };
                let mut out = Vec::with_capacity(values.len());
                bounds.append(values, 0, &mut out);
                TensorData::Float32(out)
            }
            TensorData::Float64(values) => TensorData::Float64(map(values, |x| clip(x, low, high))),
            TensorData::Int64(values) => {
                TensorData::Int64(map(values, |x| clip(x, low as i64, high as i64)))
            }
            TensorData::Int32(values) => {
                TensorData::Int32(map(values, |x| clip(x, low as i32, high as i32)))
            }
            TensorData::Bool(_) => return Err(unfit(tensor, "numbers")),
        };
        Ok(vec![made(tensor.shape().to_vec(), data)?])
    }

    #[allow(
        clippy::cast_possible_truncation,
        reason = "bounds outside the type's range saturate"
    )]
    fn by_rows(&self, call: &RowCall<'_>) -> Option<Box<dyn RowKernel>> {
        if call.rows_at != 0 {
            return None;
        }
        let low = bound(call.constants, 1).ok()?.or(self.low);
        let high = bound(call.constants, 2).ok()?.or(self.high);
        Some(Box::new(ClippedRows {
            low: low.unwrap_or(f64::NEG_INFINITY) as f32,
            high: high.unwrap_or(f64::INFINITY) as f32,
        }))
    }
}

/// [`Clip`] with both bounds.
#[derive(Debug)]
struct ClippedRows {
    low: f32,
    high: f32,
}

impl RowKernel for ClippedRows {
    fn columns(&self, given: usize) -> Option<usize> {
        Some(given)
    }

    fn work(&self, _: usize) -> u64 {
        0
    }

    fn append(&self, values: &[f32], _: usize, out: &mut Vec<f32>) {
        out.extend(values.iter().map(|&x| clip(x, self.low, self.high)));
    }
}
