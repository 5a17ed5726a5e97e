//! The names of the metrics, and what each of them means.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Strata;

/// What a study has classes of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Two classes, one of which (the positive) is asked about.
    Binary,
    /// Any number of classes, none of them special.
    Multiclass,
}

/// A metric of one model on one set of rows. Its `serde` name is its name in
/// a need. `TP`, `FP`, `FN`, `TN` are the counts of the confusion at the
/// study's threshold (a score at or above it decides positive), `y` is 1 for
/// a positive row and 0 for a negative one, `s` its score.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Share of rows decided correctly. Binary and multi-class.
    Accuracy,
    /// Mean of the classes' recalls. Undefined where a class has no rows.
    /// Binary and multi-class.
    BalancedAccuracy,
    /// `TP / (TP + FP)`. Binary.
    Precision,
    /// `TP / (TP + FN)`. Binary.
    Recall,
    /// `2 TP / (2 TP + FP + FN)`. Binary.
    F1,
    /// `FP / (FP + TN)`. Binary.
    FalseAlarmRate,
    /// `(TP + FP) / rows`. Binary.
    SelectionRate,
    /// Mean of the classes' F1. Undefined where a class has no rows. Binary
    /// and multi-class.
    MacroF1,
    /// Matthews correlation (phi; for more classes, Gorodkin 2004). Binary
    /// and multi-class.
    MatthewsCorrelation,
    /// Cohen's kappa of labels and decisions. Binary and multi-class.
    CohenKappa,
    /// Recall when the units with the highest scores are reviewed, as many
    /// as the study's budget allows. There is *one* review list, over all
    /// rows of the study; in a subset it is the share of the subset's
    /// positives that are on that list. Where the cut falls among tied
    /// scores, the places left are drawn by lot among them, and the metric
    /// is the expected value over that lot: the order of rows plays no part.
    /// Binary.
    RecallAtBudget,
    /// Precision of that review list (in a subset, of the subset's units on
    /// it). With a lot among ties: expected positives over expected units.
    /// Binary.
    PrecisionAtBudget,
    /// Share of the negatives on that review list. Binary.
    FalseAlarmRateAtBudget,
    /// Share of the units on that review list (over all rows, the budget
    /// itself). Binary.
    SelectionRateAtBudget,
    /// Area under the ROC curve, ties by midrank. Multi-class: the mean over
    /// the classes of each class against the rest.
    RocAuc,
    /// Sum over the distinct thresholds, descending, of the gain in recall
    /// times the precision there (scikit-learn's definition, no
    /// interpolation). Binary.
    AveragePrecision,
    /// Mean of `-ln` of the probability given to the true class, clipped to
    /// `[1e-15, 1 - 1e-15]`. Binary and multi-class.
    LogLoss,
    /// Binary: mean of `(y - s)^2`. Multi-class: mean over the rows of the
    /// sum over the classes of the squared differences (0..=2).
    Brier,
    /// Intercept `a` of the logistic recalibration
    /// `logit P(y = 1) = a + b logit(s)`, both fitted. See
    /// [`crate::recalibrate`]. Binary.
    CalibrationIntercept,
    /// Slope `b` of that recalibration; 1 is ideal, less is overconfident.
    /// Binary.
    CalibrationSlope,
    /// Intercept where the slope is held at 1 ("calibration in the large"):
    /// 0 is ideal, above 0 the scores are too low on the whole. Binary.
    CalibrationInTheLarge,
    /// Absolute value of the intercept. Binary.
    CalibrationInterceptDeviation,
    /// Absolute difference of the slope from 1. Binary.
    CalibrationSlopeDeviation,
    /// Absolute value of the calibration in the large. Binary.
    CalibrationInTheLargeDeviation,
    /// Sum over the study's score bins of the bin's share of rows times the
    /// absolute difference of its mean score and its share of positives.
    /// Bin edges come from all rows of the study and stay the same in
    /// subsets and replicates. Binary.
    ExpectedCalibrationError,
}

impl Metric {
    /// Within what rows are to be drawn to judge it. Recalls, false-alarm
    /// rates and the area under the ROC curve are shares *within* a class, and
    /// the class counts carry no information on them. Every other metric moves
    /// with the share of the classes, which is itself uncertain: held fixed, it
    /// would leave their limits too narrow.
    #[must_use]
    pub const fn strata(self) -> Strata {
        match self {
            Self::Recall | Self::FalseAlarmRate | Self::BalancedAccuracy | Self::RocAuc => {
                Strata::LabelClasses
            }
            _ => Strata::Whole,
        }
    }

    /// All metrics, in the order of their declaration.
    pub const ALL: [Self; 25] = [
        Self::Accuracy,
        Self::BalancedAccuracy,
        Self::Precision,
        Self::Recall,
        Self::F1,
        Self::FalseAlarmRate,
        Self::SelectionRate,
        Self::MacroF1,
        Self::MatthewsCorrelation,
        Self::CohenKappa,
        Self::RecallAtBudget,
        Self::PrecisionAtBudget,
        Self::FalseAlarmRateAtBudget,
        Self::SelectionRateAtBudget,
        Self::RocAuc,
        Self::AveragePrecision,
        Self::LogLoss,
        Self::Brier,
        Self::CalibrationIntercept,
        Self::CalibrationSlope,
        Self::CalibrationInTheLarge,
        Self::CalibrationInterceptDeviation,
        Self::CalibrationSlopeDeviation,
        Self::CalibrationInTheLargeDeviation,
        Self::ExpectedCalibrationError,
    ];

    /// Whether the metric exists for a task at all.
    #[must_use]
    pub const fn applies_to(self, task: Task) -> bool {
        match task {
            Task::Binary => true,
            Task::Multiclass => matches!(
                self,
                Self::Accuracy
                    | Self::BalancedAccuracy
                    | Self::MacroF1
                    | Self::MatthewsCorrelation
                    | Self::CohenKappa
                    | Self::RocAuc
                    | Self::LogLoss
                    | Self::Brier
            ),
        }
    }

    /// Whether hard decisions do not suffice.
    #[must_use]
    pub const fn needs_scores(self) -> bool {
        !matches!(
            self,
            Self::Accuracy
                | Self::BalancedAccuracy
                | Self::Precision
                | Self::Recall
                | Self::F1
                | Self::FalseAlarmRate
                | Self::SelectionRate
                | Self::MacroF1
                | Self::MatthewsCorrelation
                | Self::CohenKappa
        )
    }

    /// Whether a larger value is better; `None` where that depends on the
    /// question (a selection rate) or the ideal lies inside (a slope of 1).
    #[must_use]
    pub const fn larger_is_better(self) -> Option<bool> {
        match self {
            Self::Accuracy
            | Self::BalancedAccuracy
            | Self::Precision
            | Self::Recall
            | Self::F1
            | Self::MacroF1
            | Self::MatthewsCorrelation
            | Self::CohenKappa
            | Self::RecallAtBudget
            | Self::PrecisionAtBudget
            | Self::RocAuc
            | Self::AveragePrecision => Some(true),
            Self::FalseAlarmRate
            | Self::FalseAlarmRateAtBudget
            | Self::LogLoss
            | Self::Brier
            | Self::CalibrationInterceptDeviation
            | Self::CalibrationSlopeDeviation
            | Self::CalibrationInTheLargeDeviation
            | Self::ExpectedCalibrationError => Some(false),
            Self::SelectionRate
            | Self::SelectionRateAtBudget
            | Self::CalibrationIntercept
            | Self::CalibrationSlope
            | Self::CalibrationInTheLarge => None,
        }
    }
}
