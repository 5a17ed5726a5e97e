//! Counts of labels against hard decisions, and the metrics that need no more.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Measure, Metric, StatisticsError, Undefined, error::check_length};

/// The largest number of classes of a study.
pub const MAX_CLASSES: u16 = 256;

/// How many rows of each class were decided as each class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfusionMatrix {
    classes: u16,
    /// Row-major: `counts[label * classes + decision]`.
    counts: Vec<u64>,
}

/// The four counts of a binary confusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Confusion {
    /// Positive rows decided positive.
    pub true_positives: u64,
    /// Negative rows decided positive.
    pub false_positives: u64,
    /// Positive rows decided negative.
    pub false_negatives: u64,
    /// Negative rows decided negative.
    pub true_negatives: u64,
}

/// What a confusion matrix says of one class.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClassMeasures {
    /// Rows of the class.
    pub rows: u64,
    /// Share of the rows decided as this class that are of it.
    pub precision: Measure,
    /// Share of the rows of this class that were decided as it.
    pub recall: Measure,
    /// Harmonic mean of the two.
    pub f1: Measure,
}

impl ConfusionMatrix {
    /// Counts class codes `0..classes`. For a binary question class 1 is the
    /// positive one.
    ///
    /// # Errors
    /// Where the lengths differ, there are no or too many classes, or a code
    /// is not one of them.
    pub fn of(labels: &[u16], decisions: &[u16], classes: u16) -> Result<Self, StatisticsError> {
        check_classes(classes)?;
        check_length("the decisions", labels.len(), decisions.len())?;
        check_codes("the labels", labels, classes)?;
        check_codes("the decisions", decisions, classes)?;
        let mut matrix = Self::zero(classes);
        for (&label, &decision) in labels.iter().zip(decisions) {
            matrix.add(label, decision, 1);
        }
        Ok(matrix)
    }

    pub(crate) fn zero(classes: u16) -> Self {
        let counts = vec![0; usize::from(classes) * usize::from(classes)];
        Self { classes, counts }
    }

    pub(crate) fn clear(&mut self) {
        self.counts.fill(0);
    }

    pub(crate) fn add(&mut self, label: u16, decision: u16, rows: u64) {
        self.counts[usize::from(label) * usize::from(self.classes) + usize::from(decision)] += rows;
    }

    /// Number of classes.
    #[must_use]
    pub const fn classes(&self) -> u16 {
        self.classes
    }

    /// Rows of class `label` decided as `decision`; 0 for unknown classes.
    #[must_use]
    pub fn count(&self, label: u16, decision: u16) -> u64 {
        if label >= self.classes || decision >= self.classes {
            return 0;
        }
        self.counts[usize::from(label) * usize::from(self.classes) + usize::from(decision)]
    }

    /// The four counts, where there are two classes.
    #[must_use]
    pub fn binary(&self) -> Option<Confusion> {
        (self.classes == 2).then(|| Confusion {
            true_negatives: self.counts[0],
            false_positives: self.counts[1],
            false_negatives: self.counts[2],
            true_positives: self.counts[3],
        })
    }

    /// The four counts of one class against the rest, the class being the
    /// positive one; zeros for an unknown class.
    #[must_use]
    pub fn against_the_rest(&self, class: u16) -> Confusion {
        let right = self.count(class, class);
        let (rows, decided) = (self.rows_of(class), self.decided_as(class));
        Confusion {
            true_positives: right,
            false_positives: decided - right,
            false_negatives: rows - right,
            true_negatives: self.total() + right - rows - decided,
        }
    }

    /// Precision, recall and F1 of one class.
    #[must_use]
    pub fn class(&self, class: u16) -> ClassMeasures {
        let right = self.count(class, class);
        let (rows, decided) = (self.rows_of(class), self.decided_as(class));
        ClassMeasures {
            rows,
            precision: ratio(right, decided, Undefined::NothingSelected).into(),
            recall: ratio(right, rows, Undefined::NoPositives).into(),
            f1: ratio(2 * right, rows + decided, Undefined::NoPositives).into(),
        }
    }

    /// A metric that needs hard decisions only; for another one
    /// [`Undefined::NeedsScores`].
    #[must_use]
    pub fn measure(&self, metric: Metric) -> Measure {
        self.metric(metric).into()
    }

    pub(crate) fn metric(&self, metric: Metric) -> Result<f64, Undefined> {
        match metric {
            Metric::Accuracy => ratio(self.right(), self.total(), Undefined::Empty),
            Metric::BalancedAccuracy => self.class_mean(|matrix, class| {
                ratio(
                    matrix.count(class, class),
                    matrix.rows_of(class),
                    matrix.absent(class),
                )
            }),
            Metric::MacroF1 => self.class_mean(|matrix, class| {
                let rows = matrix.rows_of(class);
                if rows == 0 {
                    return Err(matrix.absent(class));
                }
                let sum = rows + matrix.decided_as(class);
                ratio(2 * matrix.count(class, class), sum, Undefined::Empty)
            }),
            Metric::MatthewsCorrelation => self.matthews_correlation(),
            Metric::CohenKappa => self.cohen_kappa(),
            _ => self.binary().ok_or(Undefined::BinaryOnly)?.metric(metric),
        }
    }

    fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    fn right(&self) -> u64 {
        (0..self.classes)
            .map(|class| self.count(class, class))
            .sum()
    }

    fn rows_of(&self, label: u16) -> u64 {
        (0..self.classes)
            .map(|decision| self.count(label, decision))
            .sum()
    }

    fn decided_as(&self, decision: u16) -> u64 {
        (0..self.classes)
            .map(|label| self.count(label, decision))
            .sum()
    }

    /// Why a class average is undefined where `class` has no rows.
    fn absent(&self, class: u16) -> Undefined {
        match (self.classes, class) {
            _ if self.total() == 0 => Undefined::Empty,
            (2, 0) => Undefined::NoNegatives,
            (2, _) => Undefined::NoPositives,
            _ => Undefined::ClassAbsent,
        }
    }

    fn class_mean(
        &self,
        value: impl Fn(&Self, u16) -> Result<f64, Undefined>,
    ) -> Result<f64, Undefined> {
        let mut sum = 0.0;
        for class in 0..self.classes {
            sum += value(self, class)?;
        }
        Ok(sum / f64::from(self.classes))
    }

    /// Gorodkin, "Comparing two K-category assignments by a K-category
    /// correlation coefficient" (2004), equation 8; for two classes it is
    /// the usual formula. All products are exact integers.
    fn matthews_correlation(&self) -> Result<f64, Undefined> {
        let (rows, agreement) = self.agreement()?;
        let squares = |count: fn(&Self, u16) -> u64| -> i128 {
            (0..self.classes)
                .map(|class| i128::from(count(self, class)).pow(2))
                .sum()
        };
        let labels = rows * rows - squares(Self::rows_of);
        let decisions = rows * rows - squares(Self::decided_as);
        if labels == 0 || decisions == 0 {
            return Err(Undefined::NoVariation);
        }
        Ok(agreement as f64 / ((labels as f64).sqrt() * (decisions as f64).sqrt()))
    }

    fn cohen_kappa(&self) -> Result<f64, Undefined> {
        let (rows, agreement) = self.agreement()?;
        let by_chance: i128 = (0..self.classes)
            .map(|class| i128::from(self.rows_of(class)) * i128::from(self.decided_as(class)))
            .sum();
        let beyond_chance = rows * rows - by_chance;
        if beyond_chance == 0 {
            return Err(Undefined::NoVariation);
        }
        Ok(agreement as f64 / beyond_chance as f64)
    }

    /// Rows, and rows squared times the agreement beyond chance.
    fn agreement(&self) -> Result<(i128, i128), Undefined> {
        let rows = i128::from(self.total());
        if rows == 0 {
            return Err(Undefined::Empty);
        }
        let by_chance: i128 = (0..self.classes)
            .map(|class| i128::from(self.rows_of(class)) * i128::from(self.decided_as(class)))
            .sum();
        Ok((rows, rows * i128::from(self.right()) - by_chance))
    }
}

impl Confusion {
    pub(crate) fn metric(self, metric: Metric) -> Result<f64, Undefined> {
        let positives = self.true_positives + self.false_negatives;
        let negatives = self.false_positives + self.true_negatives;
        let selected = self.true_positives + self.false_positives;
        if positives + negatives == 0 {
            return Err(Undefined::Empty);
        }
        match metric {
            Metric::Precision => ratio(self.true_positives, selected, Undefined::NothingSelected),
            Metric::Recall => ratio(self.true_positives, positives, Undefined::NoPositives),
            Metric::F1 => {
                let sum = positives + selected;
                ratio(2 * self.true_positives, sum, Undefined::NoPositives)
            }
            Metric::FalseAlarmRate => {
                ratio(self.false_positives, negatives, Undefined::NoNegatives)
            }
            Metric::SelectionRate => ratio(selected, positives + negatives, Undefined::Empty),
            _ => Err(Undefined::NeedsScores),
        }
    }
}

fn ratio(part: u64, whole: u64, otherwise: Undefined) -> Result<f64, Undefined> {
    if whole == 0 {
        Err(otherwise)
    } else {
        Ok(part as f64 / whole as f64)
    }
}

pub(crate) fn check_classes(classes: u16) -> Result<(), StatisticsError> {
    if classes < 2 {
        return Err(StatisticsError::range(
            "the number of classes",
            classes,
            "at least 2",
        ));
    }
    if classes > MAX_CLASSES {
        return Err(StatisticsError::TooMany {
            what: "classes",
            found: usize::from(classes),
            limit: usize::from(MAX_CLASSES),
        });
    }
    Ok(())
}

pub(crate) fn check_codes(
    what: &'static str,
    codes: &[u16],
    classes: u16,
) -> Result<(), StatisticsError> {
    match codes.iter().position(|&code| code >= classes) {
        None => Ok(()),
        Some(row) => Err(StatisticsError::Class {
            what,
            row,
            found: codes[row],
            classes,
        }),
    }
}
