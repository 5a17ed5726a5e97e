//! A measured value with its uncertainty, or the reason why there is none.

use modu_kernel::Label;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use modu_statistics::{Finite, Undefined};

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
    /// Its rows belong to too few persons, or queries.
    FewClusters {
        /// How many.
        clusters: u64,
        /// What the need asks for.
        minimum: u64,
    },
    /// It has too few positives; where rows belong together, too few clusters
    /// with a positive.
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
    /// It decides too few rows positive for a precision.
    FewSelected {
        /// The rows decided positive.
        selected: u64,
        /// What the need asks for.
        minimum: u64,
    },
    /// A class has too few rows.
    FewOfClass {
        /// Rows of the smallest class.
        rows: u64,
        /// What the need asks for.
        minimum: u64,
    },
    /// There are no predictions of this solution.
    NoPredictions,
    /// The metric has no value, or its interval has none.
    Undefined {
        /// Why.
        why: Undefined,
    },
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
            Self::FewRows { .. }
                | Self::FewClusters { .. }
                | Self::FewPositives { .. }
                | Self::FewNegatives { .. }
                | Self::FewSelected { .. }
                | Self::FewOfClass { .. }
                | Self::Undefined {
                    why: Undefined::FewReplicates | Undefined::NoSpread
                }
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
            Self::FewClusters { clusters, minimum } => Label::new(
                format!("행들이 속한 단위가 {clusters}개로 최소 {minimum}개에 못 미칩니다"),
                format!("the rows belong to {clusters} units, fewer than the minimum of {minimum}"),
            ),
            Self::FewPositives { positives, minimum } => Label::new(
                format!("양성이 {positives}개로 최소 {minimum}개에 못 미칩니다"),
                format!("{positives} positives, fewer than the minimum of {minimum}"),
            ),
            Self::FewNegatives { negatives, minimum } => Label::new(
                format!("음성이 {negatives}개로 최소 {minimum}개에 못 미칩니다"),
                format!("{negatives} negatives, fewer than the minimum of {minimum}"),
            ),
            Self::FewSelected { selected, minimum } => Label::new(
                format!("양성으로 판정된 행이 {selected}개로 최소 {minimum}개에 못 미칩니다"),
                format!("{selected} rows decided positive, fewer than the minimum of {minimum}"),
            ),
            Self::FewOfClass { rows, minimum } => Label::new(
                format!("가장 작은 부류의 행이 {rows}개로 최소 {minimum}개에 못 미칩니다"),
                format!("{rows} rows in the smallest class, fewer than the minimum of {minimum}"),
            ),
            Self::NoPredictions => Label::new("예측이 없습니다", "there are no predictions"),
            Self::Undefined { why } => Label::new(undefined_ko(why), why.to_string()),
            Self::NoIncumbent => Label::new(
                "비교할 현행이 없습니다",
                "there is no incumbent to compare with",
            ),
        }
    }
}

const fn undefined_ko(why: Undefined) -> &'static str {
    match why {
        Undefined::Empty => "행이 없습니다",
        Undefined::NoPositives => "양성인 행이 없습니다",
        Undefined::NoNegatives => "음성인 행이 없습니다",
        Undefined::ClassAbsent => "행이 하나도 없는 부류가 있습니다",
        Undefined::NothingSelected => "양성으로 판정된 것이 없습니다",
        Undefined::NoVariation => "참값이나 판정이 모두 같습니다",
        Undefined::NeedsScores => "점수 없이 판정만 있습니다",
        Undefined::NotProbabilities => "점수가 확률이 아닙니다",
        Undefined::ScoreNotFinite => "숫자가 아닌 점수(NaN, 무한대)가 있습니다",
        Undefined::NoBudget => "한 건 이상의 검토 한도가 없습니다",
        Undefined::BinaryOnly => "두 부류에만 쓰는 지표입니다",
        Undefined::NeedsClass => "어느 부류에 대한 지표인지 정해지지 않았습니다",
        Undefined::NotPerClass => "한 부류와 나머지를 견주는 지표가 아닙니다",
        Undefined::OtherTask => "다른 종류의 과제에 쓰는 지표입니다",
        Undefined::ConstantTargets => "참값이 모두 같습니다",
        Undefined::NoRelevant => "관련 있는 행을 가진 질의가 없습니다",
        Undefined::NoAcceleration => "BCa 한계의 가속 계수가 정의되지 않습니다",
        Undefined::NoBiasCorrection => {
            "재표집 값이 모두 추정값의 한쪽에 있어 BCa 한계를 정할 수 없습니다"
        }
        Undefined::ConstantScores => "점수가 모두 같습니다",
        Undefined::Separated => "점수가 두 부류를 완전히 갈라 기울기가 정해지지 않습니다",
        Undefined::NotConverged => "적합이 수렴하지 않았습니다",
        Undefined::UndefinedReplicates => "재표집의 상당수에서 값이 정의되지 않습니다",
        Undefined::FewReplicates => "이 신뢰수준의 한계를 정하기에 재표집 횟수가 모자랍니다",
        Undefined::NoSpread => "재표집 값이 모두 같아 불확실성을 알 수 없습니다",
        Undefined::NoVariance => "분산이 0입니다",
        Undefined::NoDisagreement => "두 판정이 한 번도 갈리지 않습니다",
        Undefined::Overflow => "값이 수로 나타내기에 너무 큽니다",
    }
}
