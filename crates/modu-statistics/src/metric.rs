//! The names of the metrics, and what each of them means.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Strata;

/// What kind of answer a study is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Two classes, one of which (the positive) is asked about.
    Binary,
    /// Any number of classes, none of them special.
    Multiclass,
    /// A number for each row.
    Regression,
    /// An order of the rows of each query, the most relevant first.
    Ranking,
}

impl Task {
    /// All tasks, in the order of their declaration.
    pub const ALL: [Self; 4] = [
        Self::Binary,
        Self::Multiclass,
        Self::Regression,
        Self::Ranking,
    ];
}

/// A metric of one model on one set of rows. Its `serde` name is its name in
/// a need.
///
/// Symbols. In studies of classes `TP`, `FP`, `FN`, `TN` are the counts of
/// the confusion at the study's threshold (a score at or above it decides
/// positive), `y` is 1 for a positive row and 0 for a negative one, and `s`
/// is its score. In a multi-class study the metrics that say "one class
/// against the rest" can be asked of a class ([`crate::Quantity::class`]): it
/// is then the positive one, and all others together are the negative one. In
/// regression `y` is the target and `p` the prediction. In ranking a row is
/// relevant if its relevance is above 0, `k` is the study's cutoff, and a
/// metric is the mean over the queries that have a relevant row: on the
/// others no order does well, so they are left out.
///
/// Ties never fall to the order of rows: a metric of an order is its expected
/// value where tied rows are put in random order.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Share of rows decided correctly.
    ///
    /// - Formula: `(TP + TN) / rows`; with more classes, rows whose decided
    ///   class is their own, over rows.
    /// - Tasks: binary, multi-class. Range: 0 to 1, larger is better.
    /// - Undefined: no rows.
    /// - Source: Sokolova & Lapalme, "A systematic analysis of performance
    ///   measures for classification tasks", 2009, table 2.
    Accuracy,
    /// Mean of the classes' recalls.
    ///
    /// - Formula: the sum over the classes of recall, over the number of
    ///   classes.
    /// - Tasks: binary, multi-class. Range: 0 to 1, larger is better.
    /// - Undefined: a class has no rows.
    /// - Source: Brodersen et al., "The balanced accuracy and its posterior
    ///   distribution", 2010.
    BalancedAccuracy,
    /// Share of the rows decided positive that are positive.
    ///
    /// - Formula: `TP / (TP + FP)`.
    /// - Tasks: binary; multi-class, one class against the rest. Range: 0 to
    ///   1, larger is better.
    /// - Undefined: nothing is decided positive.
    /// - Source: van Rijsbergen, "Information Retrieval", 2nd edition 1979,
    ///   chapter 7.
    Precision,
    /// Share of the positive rows that are decided positive (sensitivity).
    ///
    /// - Formula: `TP / (TP + FN)`.
    /// - Tasks: binary; multi-class, one class against the rest. Range: 0 to
    ///   1, larger is better.
    /// - Undefined: no row is positive.
    /// - Source: van Rijsbergen 1979, chapter 7.
    Recall,
    /// Harmonic mean of precision and recall.
    ///
    /// - Formula: `2 TP / (2 TP + FP + FN)`.
    /// - Tasks: binary; multi-class, one class against the rest. Range: 0 to
    ///   1, larger is better.
    /// - Undefined: no row is positive and none is decided positive.
    /// - Source: van Rijsbergen 1979, chapter 7 (his `E` with equal weights
    ///   is one minus this).
    F1,
    /// Share of the negative rows that are decided positive (one minus the
    /// specificity).
    ///
    /// - Formula: `FP / (FP + TN)`.
    /// - Tasks: binary; multi-class, one class against the rest. Range: 0 to
    ///   1, smaller is better.
    /// - Undefined: no row is negative.
    /// - Source: Fawcett, "An introduction to ROC analysis", 2006, section 2.
    FalseAlarmRate,
    /// Share of the rows that are decided positive.
    ///
    /// - Formula: `(TP + FP) / rows`.
    /// - Tasks: binary; multi-class, one class against the rest. Range: 0 to
    ///   1; which direction is better depends on the question.
    /// - Undefined: no rows.
    /// - Source: the rate compared by the "four fifths" rule, 29 CFR
    ///   1607.4 D (1978).
    SelectionRate,
    /// Mean of the classes' F1.
    ///
    /// - Formula: the sum over the classes of F1, each class against the
    ///   rest, over the number of classes.
    /// - Tasks: binary, multi-class. Range: 0 to 1, larger is better.
    /// - Undefined: a class has no rows.
    /// - Source: Opitz & Burst, "Macro F1 and Macro F1", 2019, equation 3
    ///   ("averaged F1").
    MacroF1,
    /// Correlation of labels and decisions (phi).
    ///
    /// - Formula: `(TP TN - FP FN) / sqrt((TP + FP) (TP + FN) (TN + FP)
    ///   (TN + FN))`; with more classes, `(rows * right - sum of labels_c
    ///   decided_c) / sqrt((rows^2 - sum of labels_c^2) (rows^2 - sum of
    ///   decided_c^2))`.
    /// - Tasks: binary, multi-class. Range: -1 to 1, larger is better; 0 is
    ///   chance.
    /// - Undefined: no rows, or all labels or all decisions are the same.
    /// - Source: Matthews 1975; Gorodkin, "Comparing two K-category
    ///   assignments by a K-category correlation coefficient", 2004,
    ///   equation 8.
    MatthewsCorrelation,
    /// Agreement of labels and decisions beyond chance.
    ///
    /// - Formula: `(o - e) / (1 - e)`, with `o` the accuracy and `e` the sum
    ///   over the classes of the share of labels times the share of
    ///   decisions.
    /// - Tasks: binary, multi-class. Range: -1 to 1, larger is better; 0 is
    ///   chance.
    /// - Undefined: no rows, or all labels and decisions are one class.
    /// - Source: Cohen, "A coefficient of agreement for nominal scales",
    ///   1960.
    CohenKappa,
    /// Recall when the units with the highest scores are reviewed, as many
    /// as the study's budget allows.
    ///
    /// There is *one* review list, over all rows of the study; in a subset
    /// it is the share of the subset's positives that are on that list.
    /// Where the cut falls among tied scores, the places left are drawn by
    /// lot among them, and the metric is the expected value over that lot:
    /// the order of rows plays no part.
    ///
    /// - Formula: positives on the list / positives.
    /// - Tasks: binary. Range: 0 to 1, larger is better.
    /// - Undefined: no row is positive, or the budget is less than a unit.
    /// - Source: recall at a cutoff (Manning, Raghavan & Schütze,
    ///   "Introduction to Information Retrieval", 2008, section 8.4), with
    ///   the expectation over ties of McSherry & Najork 2008.
    RecallAtBudget,
    /// Precision of that review list (see recall at budget); in a subset, of
    /// the subset's units on it.
    ///
    /// - Formula: positives on the list / units on the list; with a lot among
    ///   ties, expected positives over expected units.
    /// - Tasks: binary. Range: 0 to 1, larger is better.
    /// - Undefined: no unit is on the list, or the budget is less than a
    ///   unit.
    /// - Source: as recall at budget.
    PrecisionAtBudget,
    /// Share of the negatives on that review list (see recall at budget).
    ///
    /// - Formula: negatives on the list / negatives.
    /// - Tasks: binary. Range: 0 to 1, smaller is better.
    /// - Undefined: no row is negative, or the budget is less than a unit.
    /// - Source: as recall at budget.
    FalseAlarmRateAtBudget,
    /// Share of the units on that review list (see recall at budget); over
    /// all rows, the budget itself.
    ///
    /// - Formula: units on the list / units.
    /// - Tasks: binary. Range: 0 to 1; which direction is better depends on
    ///   the question.
    /// - Undefined: no rows, or the budget is less than a unit.
    /// - Source: as recall at budget.
    SelectionRateAtBudget,
    /// Area under the ROC curve: the probability that a positive row has a
    /// higher score than a negative one.
    ///
    /// - Formula: over all (positive, negative) pairs, the share in which the
    ///   positive has the higher score, a tie counting one half. Multi-class:
    ///   the mean over the classes of each class against the rest by its own
    ///   score column, or that of one class.
    /// - Tasks: binary, multi-class, also one class against the rest. Range:
    ///   0 to 1, larger is better; 0.5 is chance.
    /// - Undefined: no row is positive, or none negative (multi-class: a
    ///   class has no rows).
    /// - Source: Hanley & McNeil, "The meaning and use of the area under a
    ///   receiver operating characteristic (ROC) curve", 1982; Provost &
    ///   Domingos, "Well-trained PETs", 2000, for more classes (here without
    ///   their weights).
    RocAuc,
    /// Average precision: the area under the precision-recall steps.
    ///
    /// - Formula: the sum over the distinct scores, descending, of the gain
    ///   in recall times the precision there, without interpolation.
    /// - Tasks: binary; multi-class, one class against the rest by its own
    ///   score column. Range: 0 to 1, larger is better.
    /// - Undefined: no row is positive.
    /// - Source: scikit-learn, `average_precision_score`; Davis & Goadrich,
    ///   "The relationship between Precision-Recall and ROC curves", 2006,
    ///   for why it is not interpolated.
    AveragePrecision,
    /// Mean of minus the logarithm of the probability given to the true
    /// class (cross-entropy), natural logarithm.
    ///
    /// - Formula: mean of `-ln p`, `p` clipped to `[1e-15, 1 - 1e-15]`.
    /// - Tasks: binary, multi-class. Range: 0 to 34.54, smaller is better.
    /// - Undefined: no rows; scores that are not probabilities.
    /// - Source: Good, "Rational decisions", 1952.
    LogLoss,
    /// Mean squared difference of probability and truth.
    ///
    /// - Formula: binary, mean of `(y - s)^2`; multi-class, mean over the
    ///   rows of the sum over the classes of the squared differences.
    /// - Tasks: binary (range 0 to 1), multi-class (range 0 to 2); smaller is
    ///   better.
    /// - Undefined: no rows; scores that are not probabilities.
    /// - Source: Brier, "Verification of forecasts expressed in terms of
    ///   probability", 1950 (his form is the multi-class one).
    Brier,
    /// Intercept of the logistic recalibration: what must be added to the
    /// scores' logits beside their stretching.
    ///
    /// - Formula: `a` of `logit P(y = 1) = a + b logit(s)`, both fitted by
    ///   maximum likelihood, scores clipped to `[1e-7, 1 - 1e-7]`
    ///   ([`crate::recalibrate`]).
    /// - Tasks: binary. Range: unbounded; 0 is ideal.
    /// - Undefined: a class has no rows, scores that are equal, that separate
    ///   the classes completely or that are not probabilities.
    /// - Source: Cox, "Two further applications of a model for binary
    ///   regression", 1958.
    CalibrationIntercept,
    /// Slope of that recalibration: 1 is ideal, less is overconfident.
    ///
    /// - Formula: `b` of `logit P(y = 1) = a + b logit(s)`, both fitted.
    /// - Tasks: binary. Range: unbounded; 1 is ideal.
    /// - Undefined: as the calibration intercept.
    /// - Source: Cox 1958; Van Calster et al., "Calibration: the Achilles
    ///   heel of predictive analytics", 2019.
    CalibrationSlope,
    /// Intercept where the slope is held at 1 ("calibration in the large"):
    /// 0 is ideal, above 0 the scores are too low on the whole.
    ///
    /// - Formula: `a` of `logit P(y = 1) = a + logit(s)`, fitted.
    /// - Tasks: binary. Range: unbounded; 0 is ideal.
    /// - Undefined: a class has no rows; scores that are not probabilities.
    /// - Source: Van Calster et al. 2019.
    CalibrationInTheLarge,
    /// Absolute value of the calibration intercept.
    ///
    /// - Formula: `|a|`.
    /// - Tasks: binary. Range: 0 and above, smaller is better.
    /// - Undefined: as the calibration intercept.
    /// - Source: as the calibration intercept.
    CalibrationInterceptDeviation,
    /// Absolute difference of the calibration slope from 1.
    ///
    /// - Formula: `|b - 1|`.
    /// - Tasks: binary. Range: 0 and above, smaller is better.
    /// - Undefined: as the calibration slope.
    /// - Source: as the calibration slope.
    CalibrationSlopeDeviation,
    /// Absolute value of the calibration in the large.
    ///
    /// - Formula: its absolute value.
    /// - Tasks: binary. Range: 0 and above, smaller is better.
    /// - Undefined: as the calibration in the large.
    /// - Source: as the calibration in the large.
    CalibrationInTheLargeDeviation,
    /// Mean over the study's score bins of how far the share of positives is
    /// from the mean score, weighted by rows.
    ///
    /// - Formula: the sum over the bins of the bin's share of rows times the
    ///   absolute difference of its mean score and its share of positives.
    ///   Bin edges come from all rows of the study and stay the same in
    ///   subsets and replicates.
    /// - Tasks: binary. Range: 0 to 1, smaller is better. It is biased
    ///   upwards where bins have few rows.
    /// - Undefined: no rows; scores that are not probabilities.
    /// - Source: Naeini, Cooper & Hauskrecht, "Obtaining well calibrated
    ///   probabilities using Bayesian binning", 2015.
    ExpectedCalibrationError,
    /// Mean absolute error of predictions, in the target's unit.
    ///
    /// - Formula: mean of `|p - y|`.
    /// - Tasks: regression. Range: 0 and above, smaller is better.
    /// - Undefined: no rows.
    /// - Source: Willmott & Matsuura, "Advantages of the mean absolute error
    ///   (MAE) over the root mean square error (RMSE)", 2005.
    MeanAbsoluteError,
    /// Root of the mean squared error, in the target's unit; large errors
    /// weigh more than in the mean absolute error.
    ///
    /// - Formula: `sqrt(mean of (p - y)^2)`.
    /// - Tasks: regression. Range: 0 and above, smaller is better.
    /// - Undefined: no rows.
    /// - Source: Hyndman & Koehler, "Another look at measures of forecast
    ///   accuracy", 2006, section 2.1.
    RootMeanSquaredError,
    /// Mean error (bias), in the target's unit: above 0 the predictions are
    /// too high on the whole.
    ///
    /// - Formula: mean of `p - y`.
    /// - Tasks: regression. Range: unbounded; 0 is ideal.
    /// - Undefined: no rows.
    /// - Source: Jolliffe & Stephenson, "Forecast Verification", 2nd edition
    ///   2012, section 5.2.
    MeanError,
    /// Share of the targets' variance that the predictions explain
    /// (coefficient of determination); below 0 they are worse than the mean
    /// of the targets.
    ///
    /// - Formula: `1 - sum of (y - p)^2 / sum of (y - mean y)^2`.
    /// - Tasks: regression. Range: up to 1, larger is better.
    /// - Undefined: no rows, or all targets are the same.
    /// - Source: Kvålseth, "Cautionary note about R2", 1985, his `R2_1`.
    RSquared,
    /// Pinball (quantile) loss at the study's quantile `q`: what predictions
    /// of that quantile are to be small in. At 0.5 it is half of the mean
    /// absolute error.
    ///
    /// - Formula: mean of `q max(y - p, 0) + (1 - q) max(p - y, 0)`.
    /// - Tasks: regression. Range: 0 and above, smaller is better.
    /// - Undefined: no rows.
    /// - Source: Koenker & Bassett, "Regression quantiles", 1978.
    PinballLoss,
    /// Normalised discounted cumulative gain of the first `k` places.
    ///
    /// - Formula: per query, `DCG / ideal DCG` with `DCG` the sum over the
    ///   places `i <= k` of `relevance / log2(i + 1)`: the gain is the
    ///   relevance itself (linear), not `2^relevance - 1`. A tied group has
    ///   its mean relevance at each of its places.
    /// - Tasks: ranking. Range: 0 to 1, larger is better.
    /// - Undefined: no query has a relevant row.
    /// - Source: Järvelin & Kekäläinen, "Cumulated gain-based evaluation of
    ///   IR techniques", 2002; McSherry & Najork, "Computing information
    ///   retrieval performance measures efficiently in the presence of tied
    ///   scores", 2008, for ties; scikit-learn, `ndcg_score`.
    Ndcg,
    /// Mean reciprocal rank of the first relevant row, without a cutoff.
    ///
    /// - Formula: per query, 1 / place of the first relevant row; its
    ///   expected value over the orders of tied rows.
    /// - Tasks: ranking. Range: 0 to 1, larger is better.
    /// - Undefined: no query has a relevant row.
    /// - Source: Voorhees, "The TREC-8 question answering track report",
    ///   1999; McSherry & Najork 2008 for ties.
    MeanReciprocalRank,
    /// Mean over the queries of the average precision, without a cutoff.
    ///
    /// - Formula: per query, the mean over its relevant rows of the precision
    ///   at the place of each; its expected value over the orders of tied
    ///   rows. (The average precision of a binary study treats ties as one
    ///   threshold and so differs where there are any.)
    /// - Tasks: ranking. Range: 0 to 1, larger is better.
    /// - Undefined: no query has a relevant row.
    /// - Source: Manning, Raghavan & Schütze 2008, section 8.4; McSherry &
    ///   Najork 2008 for ties.
    MeanAveragePrecision,
    /// Share of relevant rows among the first `k` places.
    ///
    /// - Formula: per query, relevant rows in the first `k` places / `k`,
    ///   also where the query has fewer than `k` rows; expected over ties.
    /// - Tasks: ranking. Range: 0 to 1, larger is better.
    /// - Undefined: no query has a relevant row.
    /// - Source: Manning, Raghavan & Schütze 2008, section 8.4; McSherry &
    ///   Najork 2008 for ties.
    PrecisionAtCutoff,
    /// Share of a query's relevant rows that are among the first `k` places.
    ///
    /// - Formula: per query, relevant rows in the first `k` places / relevant
    ///   rows; expected over ties.
    /// - Tasks: ranking. Range: 0 to 1, larger is better.
    /// - Undefined: no query has a relevant row.
    /// - Source: Manning, Raghavan & Schütze 2008, section 8.4; McSherry &
    ///   Najork 2008 for ties.
    RecallAtCutoff,
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
    pub const ALL: [Self; 35] = [
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
        Self::MeanAbsoluteError,
        Self::RootMeanSquaredError,
        Self::MeanError,
        Self::RSquared,
        Self::PinballLoss,
        Self::Ndcg,
        Self::MeanReciprocalRank,
        Self::MeanAveragePrecision,
        Self::PrecisionAtCutoff,
        Self::RecallAtCutoff,
    ];

    /// Whether the metric exists for a task at all. In a multi-class study
    /// some exist only for one class against the rest
    /// ([`Self::takes_class`]), and these are not counted here.
    #[must_use]
    pub const fn applies_to(self, task: Task) -> bool {
        match task {
            Task::Binary => !Self::applies_to(self, Task::Regression) && !self.is_of_queries(),
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
            Task::Regression => matches!(
                self,
                Self::MeanAbsoluteError
                    | Self::RootMeanSquaredError
                    | Self::MeanError
                    | Self::RSquared
                    | Self::PinballLoss
            ),
            Task::Ranking => self.is_of_queries(),
        }
    }

    const fn is_of_queries(self) -> bool {
        matches!(
            self,
            Self::Ndcg
                | Self::MeanReciprocalRank
                | Self::MeanAveragePrecision
                | Self::PrecisionAtCutoff
                | Self::RecallAtCutoff
        )
    }

    /// Whether the metric can be asked of one class against the rest in a
    /// multi-class study ([`crate::Quantity::class`]).
    #[must_use]
    pub const fn takes_class(self) -> bool {
        matches!(
            self,
            Self::Precision
                | Self::Recall
                | Self::F1
                | Self::FalseAlarmRate
                | Self::SelectionRate
                | Self::RocAuc
                | Self::AveragePrecision
        )
    }

    /// Whether the metric is an absolute value, or a sum of them, which noise
    /// pushes upwards where it is near zero.
    pub(crate) const fn is_folded(self) -> bool {
        matches!(
            self,
            Self::CalibrationInterceptDeviation
                | Self::CalibrationSlopeDeviation
                | Self::CalibrationInTheLargeDeviation
                | Self::ExpectedCalibrationError
        )
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
            | Self::AveragePrecision
            | Self::RSquared
            | Self::Ndcg
            | Self::MeanReciprocalRank
            | Self::MeanAveragePrecision
            | Self::PrecisionAtCutoff
            | Self::RecallAtCutoff => Some(true),
            Self::FalseAlarmRate
            | Self::FalseAlarmRateAtBudget
            | Self::LogLoss
            | Self::Brier
            | Self::CalibrationInterceptDeviation
            | Self::CalibrationSlopeDeviation
            | Self::CalibrationInTheLargeDeviation
            | Self::ExpectedCalibrationError
            | Self::MeanAbsoluteError
            | Self::RootMeanSquaredError
            | Self::PinballLoss => Some(false),
            Self::SelectionRate
            | Self::SelectionRateAtBudget
            | Self::CalibrationIntercept
            | Self::CalibrationSlope
            | Self::CalibrationInTheLarge
            | Self::MeanError => None,
        }
    }
}
