//! The metrics a criterion may name.

use modu_kernel::Label;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Binary or multi-class classification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// Two classes, one of which is asked about.
    Binary,
    /// Three or more classes, one of which is true.
    Multiclass,
}

/// Which side of a threshold is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Larger is better.
    AtLeast,
    /// Smaller is better.
    AtMost,
}

impl Direction {
    /// `>=` or `<=`, as printed beside a threshold.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::AtLeast => "≥",
            Self::AtMost => "≤",
        }
    }
}

/// A measure of a classifier over some rows. `modu-statistics` states each
/// definition; the names are those of `need.toml`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Share of rows decided rightly.
    Accuracy,
    /// Mean over the classes of the share of each found.
    BalancedAccuracy,
    /// Share of those decided positive that are.
    Precision,
    /// Share of the positives that are decided positive.
    Recall,
    /// Share of the positives among the top-scored rows that fit the review budget.
    RecallAtBudget,
    /// Share of those rows that are positive.
    PrecisionAtBudget,
    /// Share of the negatives that are decided positive.
    FalseAlarmRate,
    /// Share of rows decided positive.
    SelectionRate,
    /// Mean of the F1 of each class.
    MacroF1,
    /// Area under the ROC curve.
    RocAuc,
    /// Average precision: the step-wise area under the precision-recall curve.
    AveragePrecision,
    /// Mean negative log-likelihood, natural logarithm.
    LogLoss,
    /// Mean squared error of the probabilities.
    Brier,
    /// Intercept of a logistic recalibration (0 is perfect).
    CalibrationIntercept,
    /// Slope of a logistic recalibration (1 is perfect).
    CalibrationSlope,
    /// |intercept|.
    CalibrationInterceptDeviation,
    /// |slope - 1|.
    CalibrationSlopeDeviation,
    /// Mean distance of score and frequency over bins, weighted by rows.
    ExpectedCalibrationError,
}

/// What a metric reads of a solution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// The decided class only.
    Decisions,
    /// The order of the scores.
    Ranking,
    /// Scores that are probabilities.
    Probabilities,
}

impl Metric {
    /// All metrics, in the order of reports.
    pub const ALL: [Self; 18] = [
        Self::Accuracy,
        Self::BalancedAccuracy,
        Self::Precision,
        Self::Recall,
        Self::RecallAtBudget,
        Self::PrecisionAtBudget,
        Self::FalseAlarmRate,
        Self::SelectionRate,
        Self::MacroF1,
        Self::RocAuc,
        Self::AveragePrecision,
        Self::LogLoss,
        Self::Brier,
        Self::CalibrationIntercept,
        Self::CalibrationSlope,
        Self::CalibrationInterceptDeviation,
        Self::CalibrationSlopeDeviation,
        Self::ExpectedCalibrationError,
    ];

    /// The name in `need.toml`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::BalancedAccuracy => "balanced_accuracy",
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::RecallAtBudget => "recall_at_budget",
            Self::PrecisionAtBudget => "precision_at_budget",
            Self::FalseAlarmRate => "false_alarm_rate",
            Self::SelectionRate => "selection_rate",
            Self::MacroF1 => "macro_f1",
            Self::RocAuc => "roc_auc",
            Self::AveragePrecision => "average_precision",
            Self::LogLoss => "log_loss",
            Self::Brier => "brier",
            Self::CalibrationIntercept => "calibration_intercept",
            Self::CalibrationSlope => "calibration_slope",
            Self::CalibrationInterceptDeviation => "calibration_intercept_deviation",
            Self::CalibrationSlopeDeviation => "calibration_slope_deviation",
            Self::ExpectedCalibrationError => "expected_calibration_error",
        }
    }

    /// The name for people.
    #[must_use]
    pub fn label(self) -> Label {
        let (ko, en) = match self {
            Self::Accuracy => ("정확도", "Accuracy"),
            Self::BalancedAccuracy => ("균형 정확도", "Balanced accuracy"),
            Self::Precision => ("정밀도", "Precision"),
            Self::Recall => ("재현율", "Recall"),
            Self::RecallAtBudget => ("검토 한도 안의 재현율", "Recall within the review budget"),
            Self::PrecisionAtBudget => (
                "검토 한도 안의 정밀도",
                "Precision within the review budget",
            ),
            Self::FalseAlarmRate => ("오경보율", "False-alarm rate"),
            Self::SelectionRate => ("선정 비율", "Selection rate"),
            Self::MacroF1 => ("매크로 F1", "Macro F1"),
            Self::RocAuc => ("ROC 곡선 아래 면적", "Area under the ROC curve"),
            Self::AveragePrecision => ("평균 정밀도", "Average precision"),
            Self::LogLoss => ("로그 손실", "Log loss"),
            Self::Brier => ("브라이어 점수", "Brier score"),
            Self::CalibrationIntercept => ("보정 절편", "Calibration intercept"),
            Self::CalibrationSlope => ("보정 기울기", "Calibration slope"),
            Self::CalibrationInterceptDeviation => (
                "보정 절편의 벗어남",
                "Deviation of the calibration intercept",
            ),
            Self::CalibrationSlopeDeviation => {
                ("보정 기울기의 벗어남", "Deviation of the calibration slope")
            }
            Self::ExpectedCalibrationError => ("기대 보정 오차", "Expected calibration error"),
        };
        Label::new(ko, en)
    }

    /// What it reads of a solution; a recorded column has decisions only.
    #[must_use]
    pub const fn needs(self) -> Needs {
        match self {
            Self::Accuracy
            | Self::BalancedAccuracy
            | Self::Precision
            | Self::Recall
            | Self::FalseAlarmRate
            | Self::SelectionRate
            | Self::MacroF1 => Needs::Decisions,
            Self::RecallAtBudget
            | Self::PrecisionAtBudget
            | Self::RocAuc
            | Self::AveragePrecision => Needs::Ranking,
            Self::LogLoss
            | Self::Brier
            | Self::CalibrationIntercept
            | Self::CalibrationSlope
            | Self::CalibrationInterceptDeviation
            | Self::CalibrationSlopeDeviation
            | Self::ExpectedCalibrationError => Needs::Probabilities,
        }
    }

    /// Whether it has a meaning for the task. Multi-class tasks have the
    /// metrics that need no positive class; their ROC-AUC and average
    /// precision are not offered, for there are several definitions.
    #[must_use]
    pub const fn fits(self, task: Task) -> bool {
        match task {
            Task::Binary => true,
            Task::Multiclass => matches!(
                self,
                Self::Accuracy
                    | Self::BalancedAccuracy
                    | Self::MacroF1
                    | Self::LogLoss
                    | Self::Brier
                    | Self::ExpectedCalibrationError
            ),
        }
    }

    /// The smallest and largest value it can take, where bounded.
    #[must_use]
    pub const fn range(self) -> (Option<f64>, Option<f64>) {
        match self {
            Self::LogLoss
            | Self::CalibrationInterceptDeviation
            | Self::CalibrationSlopeDeviation => (Some(0.0), None),
            Self::Brier => (Some(0.0), Some(2.0)),
            Self::CalibrationIntercept | Self::CalibrationSlope => (None, None),
            _ => (Some(0.0), Some(1.0)),
        }
    }
}
