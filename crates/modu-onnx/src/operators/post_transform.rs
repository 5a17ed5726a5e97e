//! What the classifiers and regressors of `ai.onnx.ml` do to a row of scores
//! at the end.

use crate::attributes::Attributes;
use crate::budget::Fault;
use crate::operators::exponential::logistics;

/// The attribute `post_transform`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PostTransform {
    None,
    Logistic,
    Softmax,
    /// Softmax that leaves scores of zero at zero.
    SoftmaxZero,
    Probit,
}

impl PostTransform {
    /// From the attribute's text.
    pub(crate) fn read(attributes: &Attributes) -> Result<Self, Fault> {
        match attributes.string("post_transform")? {
            None | Some("NONE") => Ok(Self::None),
            Some("LOGISTIC") => Ok(Self::Logistic),
            Some("SOFTMAX") => Ok(Self::Softmax),
            Some("SOFTMAX_ZERO") => Ok(Self::SoftmaxZero),
            Some("PROBIT") => Ok(Self::Probit),
            Some(other) => Err(unknown(crate::place::Shown(other))),
        }
    }

    /// From the number that `TreeEnsemble` uses. The documentation calls 1
    /// SOFTMAX and 2 LOGISTIC; ONNX Runtime 1.31 takes them the other way
    /// round, so neither is read.
    pub(crate) fn of_number(number: i64) -> Result<Self, Fault> {
        match number {
            0 => Ok(Self::None),
            1 | 2 => Err(Fault::unsupported(
                format!("the post_transform {number}, on which runtimes disagree,"),
                "export it with 0 and add a Sigmoid or Softmax node",
            )),
            3 => Ok(Self::SoftmaxZero),
            4 => Ok(Self::Probit),
            other => Err(unknown(other)),
        }
    }

    /// Refuses what runtimes do not agree on: ONNX Runtime leaves a single
    /// target as it is where the documentation transforms it.
    pub(crate) fn check_single_target(self, targets: usize) -> Result<Self, Fault> {
        if targets == 1 && !matches!(self, Self::None | Self::Probit) {
            return Err(Fault::unsupported(
                "a post_transform of a single target, on which runtimes disagree,",
                "export it with NONE and add a Sigmoid node",
            ));
        }
        Ok(self)
    }

    /// Transforms rows of scores in place, each so long.
    pub(crate) fn apply_to_rows(self, scores: &mut [f32], length: usize) {
        match self {
            Self::None => {}
            Self::Logistic => logistics(scores),
            _ => {
                for row in scores.chunks_exact_mut(length.max(1)) {
                    self.apply(row);
                }
            }
        }
    }

    /// Transforms one row of scores in place.
    pub(crate) fn apply(self, scores: &mut [f32]) {
        match self {
            Self::None => {}
            Self::Logistic => logistics(scores),
            Self::Softmax => softmax(scores, |_| true),
            Self::SoftmaxZero => softmax(scores, |score| score.abs() > NEARLY_ZERO),
            Self::Probit => {
                for score in scores {
                    *score = probit(*score);
                }
            }
        }
    }
}

/// Scores up to here count as zero for SOFTMAX_ZERO, as in ONNX Runtime.
const NEARLY_ZERO: f32 = 1e-7;

fn unknown(which: impl std::fmt::Display) -> Fault {
    Fault::malformed(format!("the post_transform `{which}` does not exist"))
}

/// The exponentials are added in double precision, from the first to the last.
fn softmax(scores: &mut [f32], takes_part: impl Fn(f32) -> bool) {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0_f64;
    for score in scores.iter_mut() {
        if takes_part(*score) {
            *score = libm::expf(*score - largest);
            sum += f64::from(*score);
        } else {
            *score *= libm::expf(-largest);
        }
    }
    for score in scores {
        *score = narrow(f64::from(*score) / sum);
    }
}

/// The inverse of the normal distribution, by Winitzki's approximation of the
/// inverse error function with a = 0.147 (2008), which ONNX Runtime uses too.
fn probit(probability: f32) -> f32 {
    const A: f64 = 0.147;
    let x = 2.0 * f64::from(probability) - 1.0;
    let logarithm = libm::log((1.0 - x) * (1.0 + x));
    let half = 2.0 / (std::f64::consts::PI * A) + 0.5 * logarithm;
    let root = (half * half - logarithm / A).sqrt();
    let inverse = (root - half).sqrt();
    narrow(std::f64::consts::SQRT_2 * if x < 0.0 { -inverse } else { inverse })
}

/// Rounds once to single precision.
#[allow(clippy::cast_possible_truncation, reason = "rounding is what is meant")]
pub(crate) fn narrow(value: f64) -> f32 {
    value as f32
}
