//! A number, or the reason why there is none.
//!
//! A metric of real data is sometimes undefined: a group without positives
//! has no recall. A NaN would then travel silently into a report and a
//! decision. Here every number is [`Finite`], and a missing one says why
//! ([`Undefined`]), so that a gate can refuse with a reason.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An `f64` that is neither NaN nor infinite.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
pub struct Finite(f64);

impl Finite {
    /// Zero.
    pub const ZERO: Self = Self(0.0);
    /// One half.
    pub const HALF: Self = Self(0.5);

    /// The number, unless it is NaN or infinite. A negative zero becomes zero.
    #[must_use]
    pub fn new(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self(value + 0.0))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl From<Finite> for f64 {
    fn from(value: Finite) -> Self {
        value.0
    }
}

impl TryFrom<f64> for Finite {
    type Error = &'static str;

    fn try_from(value: f64) -> Result<Self, Self::Error> {
        Self::new(value).ok_or("the number must be finite")
    }
}

impl fmt::Display for Finite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a number is undefined.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    thiserror::Error,
)]
#[serde(rename_all = "snake_case")]
pub enum Undefined {
    /// There are no rows.
    #[error("there are no rows")]
    Empty,
    /// No row is positive.
    #[error("no row is positive")]
    NoPositives,
    /// No row is negative.
    #[error("no row is negative")]
    NoNegatives,
    /// A class has no rows, so an average over classes has a hole.
    #[error("a class has no rows")]
    ClassAbsent,
    /// Nothing was decided positive, so precision has no denominator.
    #[error("nothing was decided positive")]
    NothingSelected,
    /// All labels or all decisions are the same, so agreement beyond chance
    /// (kappa, Matthews correlation) has no denominator.
    #[error("all labels or all decisions are the same")]
    NoVariation,
    /// The metric needs scores, and the model has hard decisions only.
    #[error("the model gives decisions without scores")]
    NeedsScores,
    /// The metric needs probabilities, and a score lies outside 0..=1 (or a
    /// row of class probabilities does not sum to one within 0.001).
    #[error("the scores are not probabilities")]
    NotProbabilities,
    /// A score is NaN or infinite: nothing about the model can be trusted.
    #[error("a score is NaN or infinite")]
    ScoreNotFinite,
    /// The study states no review budget, or the budget is less than one unit.
    #[error("there is no review budget of at least one unit")]
    NoBudget,
    /// The metric is for two classes, and the study has more.
    #[error("the metric is for two classes only")]
    BinaryOnly,
    /// The metric is for one class against the rest, and none was named.
    #[error("the metric asks about one class, and none is named")]
    NeedsClass,
    /// The metric cannot be asked of one class against the rest.
    #[error("the metric is not for one class against the rest")]
    NotPerClass,
    /// The metric is for another kind of task.
    #[error("the metric is for another kind of task")]
    OtherTask,
    /// All targets are the same, so there is no variance to explain.
    #[error("all targets are the same")]
    ConstantTargets,
    /// No query has a relevant row, so no order is better than another.
    #[error("no query has a relevant row")]
    NoRelevant,
    /// All scores are equal, so a slope cannot be fitted.
    #[error("all scores are equal")]
    ConstantScores,
    /// The scores separate the classes completely: a recalibration slope
    /// grows without bound (Albert & Anderson 1984).
    #[error("the scores separate the classes completely")]
    Separated,
    /// The fit did not converge in the stated number of steps.
    #[error("the fit did not converge")]
    NotConverged,
    /// So many replicates are undefined that the limit falls among them. An
    /// undefined replicate counts at the unfavourable end.
    #[error("too many bootstrap replicates are undefined")]
    UndefinedReplicates,
    /// There are too few replicates for a limit at so high a confidence.
    #[error("there are too few bootstrap replicates for a limit at this confidence")]
    FewReplicates,
    /// All replicates are the same, so resampling tells nothing about the
    /// uncertainty, and the metric has no exact limit.
    #[error("all bootstrap replicates are the same, so the uncertainty is unknown")]
    NoSpread,
    /// The replicates carry no jackknife, or the quantity is undefined in a
    /// part of it, so that a BCa limit has no acceleration.
    #[error("the acceleration of a BCa limit is undefined")]
    NoAcceleration,
    /// All replicates lie on one side of the estimate, so that a BCa limit
    /// has no bias correction.
    #[error("all bootstrap replicates lie on one side of the estimate")]
    NoBiasCorrection,
    /// A variance is zero, so a test statistic has no denominator.
    #[error("the variance is zero")]
    NoVariance,
    /// The two models never disagree, so there is nothing to test.
    #[error("the two models never disagree")]
    NoDisagreement,
    /// The result is too large for a number.
    #[error("the result is too large for a number")]
    Overflow,
}

/// A number, or the reason why there is none.
///
/// As JSON: `{"value": 0.94}` or `{"undefined": "no_positives"}`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The number.
    Value(Finite),
    /// The reason why there is none.
    Undefined(Undefined),
}

impl Measure {
    /// The number, if there is one.
    #[must_use]
    pub const fn value(self) -> Option<f64> {
        match self {
            Self::Value(value) => Some(value.get()),
            Self::Undefined(_) => None,
        }
    }

    /// The number, or the reason as an error, for use with `?`.
    ///
    /// # Errors
    /// The reason why there is no number.
    pub const fn get(self) -> Result<f64, Undefined> {
        match self {
            Self::Value(value) => Ok(value.get()),
            Self::Undefined(reason) => Err(reason),
        }
    }
}

impl From<Result<f64, Undefined>> for Measure {
    fn from(result: Result<f64, Undefined>) -> Self {
        match result.map(Finite::new) {
            Ok(Some(value)) => Self::Value(value),
            Ok(None) => Self::Undefined(Undefined::Overflow),
            Err(reason) => Self::Undefined(reason),
        }
    }
}

/// A share strictly between 0 and 1: a confidence level, a review budget.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
pub struct Share(f64);

impl Share {
    /// One half.
    pub const HALF: Self = Self(0.5);

    /// The share, if it lies strictly between 0 and 1.
    #[must_use]
    pub fn new(value: f64) -> Option<Self> {
        (value > 0.0 && value < 1.0).then_some(Self(value))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }

    /// The largest whole number of units within this share of `units`:
    /// `floor(share * units + 1e-9)`. The small addition keeps a decimal
    /// share whole where binary rounding falls just below
    /// (0.29 of 100 is 29, though `0.29 * 100.0` is 28.999999999999996).
    #[must_use]
    pub fn of(self, units: u64) -> u64 {
        (self.0 * units as f64 + 1e-9) as u64
    }
}

impl From<Share> for f64 {
    fn from(value: Share) -> Self {
        value.0
    }
}

impl TryFrom<f64> for Share {
    type Error = &'static str;

    fn try_from(value: f64) -> Result<Self, Self::Error> {
        Self::new(value).ok_or("the share must lie strictly between 0 and 1")
    }
}
