//! The metrics a criterion may name, in words, and which way is good.
//!
//! What each metric means is stated in [`modu_statistics::Metric`], whose
//! names are those of `need.toml`.

use modu_kernel::Label;
pub use modu_statistics::{Metric, Task};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// `≥` or `≤`, as printed before a threshold.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::AtLeast => "≥",
            Self::AtMost => "≤",
        }
    }
}

/// The name of a metric for people.
#[must_use]
pub fn metric_label(metric: Metric) -> Label {
    let (ko, en) = match metric {
        Metric::Accuracy => ("정확도", "Accuracy"),
        Metric::BalancedAccuracy => ("균형 정확도", "Balanced accuracy"),
        Metric::Precision => ("정밀도", "Precision"),
        Metric::Recall => ("재현율", "Recall"),
        Metric::F1 => ("F1", "F1"),
        Metric::FalseAlarmRate => ("오경보율", "False-alarm rate"),
        Metric::SelectionRate => ("선정 비율", "Selection rate"),
        Metric::MacroF1 => ("매크로 F1", "Macro F1"),
        Metric::MatthewsCorrelation => ("매슈스 상관계수", "Matthews correlation"),
        Metric::CohenKappa => ("코헨 카파", "Cohen's kappa"),
        Metric::RecallAtBudget => ("검토 한도 안의 재현율", "Recall within the review budget"),
        Metric::PrecisionAtBudget => (
            "검토 한도 안의 정밀도",
            "Precision within the review budget",
        ),
        Metric::FalseAlarmRateAtBudget => (
            "검토 한도 안의 오경보율",
            "False-alarm rate within the review budget",
        ),
        Metric::SelectionRateAtBudget => (
            "검토 한도 안의 선정 비율",
            "Selection rate within the review budget",
        ),
        Metric::RocAuc => ("ROC 곡선 아래 면적", "Area under the ROC curve"),
        Metric::AveragePrecision => ("평균 정밀도", "Average precision"),
        Metric::LogLoss => ("로그 손실", "Log loss"),
        Metric::Brier => ("브라이어 점수", "Brier score"),
        Metric::CalibrationIntercept => ("보정 절편", "Calibration intercept"),
        Metric::CalibrationSlope => ("보정 기울기", "Calibration slope"),
        Metric::CalibrationInTheLarge => ("전체 보정", "Calibration in the large"),
        Metric::CalibrationInterceptDeviation => (
            "보정 절편이 0에서 벗어난 정도",
            "Deviation of the calibration intercept from 0",
        ),
        Metric::CalibrationSlopeDeviation => (
            "보정 기울기가 1에서 벗어난 정도",
            "Deviation of the calibration slope from 1",
        ),
        Metric::CalibrationInTheLargeDeviation => (
            "전체 보정이 0에서 벗어난 정도",
            "Deviation of the calibration in the large from 0",
        ),
        Metric::ExpectedCalibrationError => ("기대 보정 오차", "Expected calibration error"),
        Metric::MeanAbsoluteError => ("평균 절대 오차", "Mean absolute error"),
        Metric::RootMeanSquaredError => ("평균 제곱근 오차", "Root mean squared error"),
        Metric::MeanError => ("평균 오차(치우침)", "Mean error (bias)"),
        Metric::RSquared => ("결정 계수", "Coefficient of determination (R²)"),
        Metric::PinballLoss => ("분위수 손실", "Pinball (quantile) loss"),
        Metric::Ndcg => (
            "정규화 할인 누적 이득",
            "Normalised discounted cumulative gain",
        ),
        Metric::MeanReciprocalRank => ("평균 역순위", "Mean reciprocal rank"),
        Metric::MeanAveragePrecision => ("평균 정밀도의 평균", "Mean average precision"),
        Metric::PrecisionAtCutoff => ("상위 k개의 정밀도", "Precision among the first k"),
        Metric::RecallAtCutoff => ("상위 k개의 재현율", "Recall among the first k"),
    };
    Label::new(ko, en)
}

/// The name of a metric in `need.toml`.
#[must_use]
pub fn metric_name(metric: Metric) -> String {
    match serde_json::to_value(metric) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// The smallest and the largest value of a metric, where it is bounded.
#[must_use]
pub const fn metric_range(metric: Metric) -> (f64, f64) {
    match metric {
        Metric::MatthewsCorrelation | Metric::CohenKappa => (-1.0, 1.0),
        Metric::Brier => (0.0, 2.0),
        Metric::LogLoss
        | Metric::MeanAbsoluteError
        | Metric::RootMeanSquaredError
        | Metric::PinballLoss
        | Metric::CalibrationInterceptDeviation
        | Metric::CalibrationSlopeDeviation
        | Metric::CalibrationInTheLargeDeviation => (0.0, f64::INFINITY),
        Metric::RSquared => (f64::NEG_INFINITY, 1.0),
        Metric::CalibrationIntercept
        | Metric::CalibrationSlope
        | Metric::CalibrationInTheLarge
        | Metric::MeanError => (f64::NEG_INFINITY, f64::INFINITY),
        _ => (0.0, 1.0),
    }
}
