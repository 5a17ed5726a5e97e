//! A measured value with its uncertainty, or the reason why there is none.

use modu_kernel::Label;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::number::Finite;

/// A two-sided confidence interval; its confidence is the need's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// Lower limit.
    pub lower: Finite,
    /// Upper limit.
    pub upper: Finite,
}

/// A value, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, tag = "state", rename_all = "snake_case")]
pub enum Measurement {
    /// It was measured.
    Measured {
        /// The estimate.
        value: Finite,
        /// Its interval.
        interval: Interval,
    },
    /// It was not.
    NotMeasured {
        /// Why.
        reason: NotMeasuredReason,
    },
}

impl Measurement {
    /// The estimate, where there is one.
    #[must_use]
    pub const fn value(&self) -> Option<Finite> {
        match self {
            Self::Measured { value, .. } => Some(*value),
            Self::NotMeasured { .. } => None,
        }
    }

    /// The interval, where there is one.
    #[must_use]
    pub const fn interval(&self) -> Option<Interval> {
        match self {
            Self::Measured { interval, .. } => Some(*interval),
            Self::NotMeasured { .. } => None,
        }
    }
}

/// Why a measure is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, tag = "code", rename_all = "snake_case")]
pub enum NotMeasuredReason {
    /// The group has too few rows to be judged.
    FewRows {
        /// Its rows.
        rows: u64,
        /// What the need asks for.
        minimum: u64,
    },
    /// It has too few positives.
    FewPositives {
        /// Its positives.
        positives: u64,
        /// What the need asks for.
        minimum: u64,
    },
    /// It has too few negatives.
    FewNegatives {
        /// Its negatives.
        negatives: u64,
        /// What the need asks for.
        minimum: u64,
    },
    /// A member of the gap's group could not be measured.
    MemberNotMeasured,
    /// Recorded decisions have no scores.
    NoScores,
    /// There are no predictions of this solution.
    NoPredictions,
    /// Some scores are NaN or infinite.
    ScoresNotFinite,
    /// Some scores are outside 0..=1, or rows do not sum to 1.
    NotProbabilities,
    /// The metric has no value on these rows: nothing was decided positive,
    /// say, or a fit did not converge.
    Undefined,
    /// Too many bootstrap replicates had no value for an interval.
    UnstableInterval,
    /// There is no incumbent to compare with.
    NoIncumbent,
}

impl NotMeasuredReason {
    /// Whether more data would help: then a criterion answers
    /// [`super::Verdict::NotEnoughData`], else [`super::Verdict::Missing`].
    #[must_use]
    pub const fn is_lack_of_data(self) -> bool {
        matches!(
            self,
            Self::FewRows { .. } | Self::FewPositives { .. } | Self::FewNegatives { .. }
        )
    }

    /// For people.
    #[must_use]
    pub fn label(self) -> Label {
        match self {
            Self::FewRows { rows, minimum } => Label::new(
                format!("행이 {rows}개로 최소 {minimum}개에 못 미칩니다"),
                format!("{rows} rows, fewer than the minimum of {minimum}"),
            ),
            Self::FewPositives { positives, minimum } => Label::new(
                format!("양성이 {positives}개로 최소 {minimum}개에 못 미칩니다"),
                format!("{positives} positives, fewer than the minimum of {minimum}"),
            ),
            Self::FewNegatives { negatives, minimum } => Label::new(
                format!("음성이 {negatives}개로 최소 {minimum}개에 못 미칩니다"),
                format!("{negatives} negatives, fewer than the minimum of {minimum}"),
            ),
            Self::MemberNotMeasured => Label::new(
                "집단의 한 구성원을 잴 수 없어 격차도 잴 수 없습니다",
                "a member of the group could not be measured, so neither can the gap",
            ),
            Self::NoScores => Label::new(
                "기록된 판정에는 점수가 없습니다",
                "recorded decisions have no scores",
            ),
            Self::NoPredictions => Label::new("예측이 없습니다", "there are no predictions"),
            Self::ScoresNotFinite => Label::new(
                "숫자가 아닌 점수(NaN, 무한대)가 있습니다",
                "some scores are not numbers (NaN, infinity)",
            ),
            Self::NotProbabilities => Label::new(
                "점수가 확률이 아닙니다(0과 1 사이가 아니거나 합이 1이 아님)",
                "the scores are not probabilities (outside 0 to 1, or not summing to 1)",
            ),
            Self::Undefined => Label::new(
                "이 행들에서는 값이 정의되지 않습니다",
                "it has no value on these rows",
            ),
            Self::UnstableInterval => Label::new(
                "재표집의 상당수에서 값이 정의되지 않아 신뢰구간이 없습니다",
                "too many resamples had no value for a confidence interval",
            ),
            Self::NoIncumbent => Label::new(
                "비교할 현행이 없습니다",
                "there is no incumbent to compare with",
            ),
        }
    }
}
