//! What the kernels ask of an element type, and how they choose by it.
//!
//! Functions beyond the four arithmetic operations and the square root, which
//! IEEE 754 fixes to the bit, come from `libm`, which is plain Rust and so the
//! same on every processor.

/// A type that tensors of numbers have.
pub(crate) trait Number: Copy + PartialOrd + Send + Sync + 'static {
    const ZERO: Self;
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    /// None for an integer divided by zero.
    fn divided(self, other: Self) -> Option<Self>;
}

macro_rules! float_number {
    ($type:ty) => {
        impl Number for $type {
            const ZERO: Self = 0.0;
            fn plus(self, other: Self) -> Self {
                self + other
            }
            fn minus(self, other: Self) -> Self {
                self - other
            }
            fn times(self, other: Self) -> Self {
                self * other
            }
            fn divided(self, other: Self) -> Option<Self> {
                Some(self / other)
            }
        }
    };
}

macro_rules! integer_number {
    ($type:ty) => {
        /// Integers wrap on overflow, as two's complement does everywhere.
        impl Number for $type {
            const ZERO: Self = 0;
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            fn minus(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }
            fn times(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }
            fn divided(self, other: Self) -> Option<Self> {
                if other == 0 {
                    None
                } else {
                    Some(self.wrapping_div(other))
                }
            }
        }
    };
}

float_number!(f32);
float_number!(f64);
integer_number!(i32);
integer_number!(i64);

/// Single or double precision.
pub(crate) trait Float: Number + Into<f64> {
    const ONE: Self;
    fn of(value: f64) -> Self;
    fn exp(self) -> Self;
    fn exp_m1(self) -> Self;
    fn ln(self) -> Self;
    fn tanh(self) -> Self;
    fn erf(self) -> Self;
    fn power(self, exponent: Self) -> Self;
    fn square_root(self) -> Self;
    fn floor(self) -> Self;
    fn ceil(self) -> Self;
    /// To the nearest integer, halves to the even one.
    fn round_even(self) -> Self;
    fn magnitude(self) -> Self;
    fn finite(self) -> bool;
    fn nan(self) -> bool;
    fn pack(values: Vec<Self>) -> TensorData;
    /// Replaces numbers by their exponentials, as [`Self::exp`].
    fn exponentials(values: &mut [Self]);
    /// Replaces numbers by the logistic function of them.
    fn logistics(values: &mut [Self]);
}

macro_rules! float {
    ($type:ty, $variant:ident, $exp:ident, $expm1:ident, $ln:ident, $tanh:ident, $erf:ident, $pow:ident, $exponentials:path, $logistics:path) => {
        impl Float for $type {
            const ONE: Self = 1.0;
            #[allow(clippy::cast_possible_truncation, reason = "rounding is what is meant")]
            fn of(value: f64) -> Self {
                value as $type
            }
            fn exp(self) -> Self {
                libm::$exp(self)
            }
            fn exp_m1(self) -> Self {
                libm::$expm1(self)
            }
            fn ln(self) -> Self {
                libm::$ln(self)
            }
            fn tanh(self) -> Self {
                libm::$tanh(self)
            }
            fn erf(self) -> Self {
                libm::$erf(self)
            }
            fn power(self, exponent: Self) -> Self {
                libm::$pow(self, exponent)
            }
            fn square_root(self) -> Self {
                self.sqrt()
            }
            fn floor(self) -> Self {
                <$type>::floor(self)
            }
            fn ceil(self) -> Self {
                <$type>::ceil(self)
            }
            fn round_even(self) -> Self {
                self.round_ties_even()
            }
            fn magnitude(self) -> Self {
                self.abs()
            }
            fn finite(self) -> bool {
                self.is_finite()
            }
            fn nan(self) -> bool {
                self.is_nan()
            }
            fn pack(values: Vec<Self>) -> TensorData {
                TensorData::$variant(values)
            }
            fn exponentials(values: &mut [Self]) {
                $exponentials(values);
            }
            fn logistics(values: &mut [Self]) {
                $logistics(values);
            }
        }
    };
}

use crate::operators::exponential;
use crate::tensor::TensorData;

float!(
    f32,
    Float32,
    expf,
    expm1f,
    logf,
    tanhf,
    erff,
    powf,
    exponential::exponentials,
    exponential::logistics
);
float!(
    f64,
    Float64,
    exp,
    expm1,
    log,
    tanh,
    erf,
    pow,
    one_by_one::exponentials,
    one_by_one::logistics
);

/// Where a function has no way to take many numbers at once.
mod one_by_one {
    use super::Float;
    use crate::operators::elementwise::logistic;

    pub(super) fn exponentials<T: Float>(values: &mut [T]) {
        for value in values {
            *value = value.exp();
        }
    }

    pub(super) fn logistics<T: Float>(values: &mut [T]) {
        for value in values {
            *value = logistic(*value);
        }
    }
}

/// Runs the same code on the elements of whichever type; the code gives a
/// vector of the same element type, which is packed again.
macro_rules! same_type {
    ($data:expr, $values:ident => $body:expr) => {
        match $data {
            $crate::tensor::TensorData::Float32($values) => {
                $crate::tensor::TensorData::Float32($body)
            }
            $crate::tensor::TensorData::Float64($values) => {
                $crate::tensor::TensorData::Float64($body)
            }
            $crate::tensor::TensorData::Int64($values) => $crate::tensor::TensorData::Int64($body),
            $crate::tensor::TensorData::Int32($values) => $crate::tensor::TensorData::Int32($body),
            $crate::tensor::TensorData::Bool($values) => $crate::tensor::TensorData::Bool($body),
        }
    };
}
pub(crate) use same_type;
