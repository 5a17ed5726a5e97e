//! What is compared: labels, models and subsets of the rows.
//!
//! A [`Study`] holds what is true of `n` rows (their class, their number, or
//! their relevance to a query), the scores or hard decisions of any number of
//! models on the same rows, and subsets of the rows (the members of protected
//! groups). One asks it for quantities, each a metric of a model in a subset:
//! once for the data as they are ([`Study::measure`]), or with bootstrap
//! replicates of them all in one pass ([`Study::bootstrap`]).
//!
//! Inside, the rows are put in an order of their own (by label, subsets,
//! decisions, scores, clusters): rows that cannot be told apart are
//! interchangeable, so the order in which a file lists them changes no bit of
//! any result.

mod bootstrap;
mod evaluate;
mod jackknife;
mod lanes;
mod logits;
mod loss;
mod order;
mod prepare;
mod queries;
mod ranking;
mod recalibration;
mod resample;
mod review;
mod settings;

pub use bootstrap::{BootstrapPlan, MAX_REPLICATES, Strata};
pub use settings::Settings;

use crate::{
    Confusion, ConfusionMatrix, Measure, Metric, StatisticsError, Task, Undefined,
    confusion::{check_classes, check_codes},
    error::check_length,
};

/// The largest number of rows of a study.
pub const MAX_ROWS: usize = (1 << 31) - 1;
/// The largest number of rows of a study with clusters: a replicate may then
/// have more rows than the data, and its counts must stay exact.
pub const MAX_CLUSTERED_ROWS: usize = 1 << 24;
/// The largest number of models of a study.
pub const MAX_MODELS: usize = 64;
/// The largest number of subsets of a study, the whole not counted.
pub const MAX_SUBSETS: usize = 127;

/// How far from one the probabilities of a row may sum.
const SUM_TOLERANCE: f64 = 1e-3;

/// A model of a study.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelId(usize);

/// A subset of a study's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubsetId(usize);

impl SubsetId {
    /// All rows; every study has it.
    pub const ALL: Self = Self(0);
}

/// A metric of a model in a subset of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity {
    /// Which model.
    pub model: ModelId,
    /// Which metric.
    pub metric: Metric,
    /// Which rows.
    pub subset: SubsetId,
    /// In a multi-class study, a class to be asked about against the rest of
    /// them, for metrics that [take one](Metric::takes_class); else none.
    pub class: Option<u16>,
}

impl Quantity {
    /// A metric of a model over all rows, of no class in particular.
    #[must_use]
    pub const fn new(model: ModelId, metric: Metric) -> Self {
        Self {
            model,
            metric,
            subset: SubsetId::ALL,
            class: None,
        }
    }
}

/// Labels, models and subsets. See the module's text.
#[derive(Debug, Clone)]
pub struct Study {
    task: Task,
    classes: u16,
    settings: Settings,
    /// Class codes; zeros where the truth is a number.
    labels: Vec<u16>,
    /// Targets or relevances; empty where the truth is a class.
    numbers: Vec<f64>,
    /// The cluster of each row (in ranking, its query); empty without.
    clusters: Vec<u32>,
    models: Vec<Model>,
    /// Bit `i` of a row: it belongs to subset `i`. Bit 0 is always set.
    memberships: Vec<u128>,
    subsets: usize,
}

/// One model's answers.
#[derive(Debug, Clone)]
struct Model {
    /// Decided class per row; zeros where the scores are broken.
    decisions: Vec<u16>,
    /// Row-major scores: one column, one per class (multi-class), or none.
    scores: Option<Vec<f64>>,
    /// A score is NaN or infinite: every metric is undefined.
    broken: bool,
    /// Whether all scores are probabilities.
    probabilities: bool,
}

impl Study {
    /// A binary study of the rows with these labels.
    ///
    /// # Errors
    /// More than [`MAX_ROWS`] rows. No rows is no error: every metric is
    /// then undefined.
    pub fn binary(labels: &[bool], settings: Settings) -> Result<Self, StatisticsError> {
        let labels = labels.iter().map(|&label| u16::from(label)).collect();
        Self::new(Task::Binary, 2, labels, settings)
    }

    /// A multi-class study of the rows with these class codes `0..classes`.
    ///
    /// # Errors
    /// Too many rows, fewer than 2 or more than 256 classes, or a code
    /// outside them.
    pub fn multiclass(labels: &[u16], classes: u16) -> Result<Self, StatisticsError> {
        check_classes(classes)?;
        check_codes("the labels", labels, classes)?;
        let unused = Settings::default();
        Self::new(Task::Multiclass, classes, labels.to_vec(), unused)
    }

    /// A study of the rows with these targets, which models predict as
    /// numbers of the same unit.
    ///
    /// # Errors
    /// Too many rows, or a target that is NaN or infinite.
    pub fn regression(targets: &[f64], settings: Settings) -> Result<Self, StatisticsError> {
        check_numbers("the targets", targets, f64::MIN, "finite")?;
        let mut study = Self::new(Task::Regression, 1, vec![0; targets.len()], settings)?;
        study.numbers = targets.iter().map(|target| target + 0.0).collect();
        Ok(study)
    }

    /// A study of rows that models order within each query, given the
    /// relevance of each row (graded; above 0 is relevant) and its query.
    /// Only whether queries are equal counts. The query is the cluster:
    /// whole queries are drawn. In a subset, a query is its rows in the
    /// subset.
    ///
    /// # Errors
    /// The lengths differ, there are more than [`MAX_CLUSTERED_ROWS`] rows,
    /// or a relevance is negative, NaN or infinite.
    pub fn ranking(
        relevance: &[f64],
        queries: &[u32],
        settings: Settings,
    ) -> Result<Self, StatisticsError> {
        check_length("the queries", relevance.len(), queries.len())?;
        check_count("rows with clusters", relevance.len(), MAX_CLUSTERED_ROWS)?;
        check_numbers("the relevances", relevance, 0.0, "finite and 0 or more")?;
        let mut study = Self::new(Task::Ranking, 1, vec![0; relevance.len()], settings)?;
        study.numbers = relevance.iter().map(|relevance| relevance + 0.0).collect();
        study.clusters = queries.to_vec();
        Ok(study)
    }

    fn new(
        task: Task,
        classes: u16,
        labels: Vec<u16>,
        settings: Settings,
    ) -> Result<Self, StatisticsError> {
        check_count("rows", labels.len(), MAX_ROWS)?;
        Ok(Self {
            task,
            classes,
            settings,
            memberships: vec![1; labels.len()],
            labels,
            numbers: Vec::new(),
            clusters: Vec::new(),
            models: Vec::new(),
            subsets: 1,
        })
    }

    /// Says which rows belong together (several visits of one person). Only
    /// whether codes are equal counts. Every bootstrap of the study then draws
    /// whole clusters with replacement, as many as there are, among all of
    /// them: a plan's [`Strata`] no longer apply, for a cluster may hold rows
    /// of several classes. Estimates are the same as without clusters.
    ///
    /// # Errors
    /// The length is wrong, there are more than [`MAX_CLUSTERED_ROWS`] rows,
    /// or the study is one of ranking, whose clusters are its queries.
    pub fn set_clusters(&mut self, clusters: &[u32]) -> Result<(), StatisticsError> {
        if self.task == Task::Ranking {
            return Err(self.other_task("clusters other than its queries"));
        }
        check_length("the clusters", self.rows(), clusters.len())?;
        check_count("rows with clusters", clusters.len(), MAX_CLUSTERED_ROWS)?;
        self.clusters = clusters.to_vec();
        Ok(())
    }

    /// What the study's models answer.
    #[must_use]
    pub const fn task(&self) -> Task {
        self.task
    }

    /// Number of rows.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.labels.len()
    }

    /// Adds a model by its scores. In a binary study one a row, the score of
    /// the positive class, which decides positive at or above the threshold.
    /// In a multi-class study `classes` a row (row-major), of which the largest
    /// decides, the lowest class code among equal ones. In regression one
    /// prediction a row; in ranking one score a row, the highest first. Scores
    /// of any finite size can be ranked; metrics of probabilities need 0..=1.
    ///
    /// A NaN or infinite score is accepted and leaves every metric of the
    /// model [`Undefined::ScoreNotFinite`].
    ///
    /// # Errors
    /// The length is wrong, or there are more than [`MAX_MODELS`] models.
    pub fn add_scores(&mut self, scores: &[f64]) -> Result<ModelId, StatisticsError> {
        let columns = self.columns();
        check_length(
            "the scores (per score column)",
            self.rows() * columns,
            scores.len(),
        )?;
        let broken = scores.iter().any(|score| !score.is_finite());
        let decide = |row: &[f64]| match self.task {
            Task::Binary => u16::from(row[0] >= self.settings.threshold.get()),
            Task::Multiclass => largest(row),
            Task::Regression | Task::Ranking => 0,
        };
        let is_probability = |row: &[f64]| {
            row.iter().all(|score| (0.0..=1.0).contains(score))
                && (columns == 1 || (row.iter().sum::<f64>() - 1.0).abs() <= SUM_TOLERANCE)
        };
        self.add_model(Model {
            decisions: if broken {
                vec![0; self.rows()]
            } else {
                scores.chunks_exact(columns).map(decide).collect()
            },
            broken,
            probabilities: scores.chunks_exact(columns).all(is_probability),
            // Adding zero makes a negative zero positive, so that equal scores
            // are equal in the total order too.
            scores: Some(scores.iter().map(|score| score + 0.0).collect()),
        })
    }

    /// Adds a model by its hard decisions, one class code a row (binary: 1 is
    /// positive); metrics of scores are then [`Undefined::NeedsScores`].
    ///
    /// # Errors
    /// The length or a code is wrong, there are more than [`MAX_MODELS`]
    /// models, or the study has no classes.
    pub fn add_decisions(&mut self, decisions: &[u16]) -> Result<ModelId, StatisticsError> {
        if !self.has_classes() {
            return Err(self.other_task("decisions"));
        }
        check_length("the decisions", self.rows(), decisions.len())?;
        check_codes("the decisions", decisions, self.classes)?;
        self.add_model(Model {
            decisions: decisions.to_vec(),
            scores: None,
            broken: false,
            probabilities: false,
        })
    }

    fn add_model(&mut self, model: Model) -> Result<ModelId, StatisticsError> {
        check_count("models", self.models.len() + 1, MAX_MODELS)?;
        self.models.push(model);
        Ok(ModelId(self.models.len() - 1))
    }

    /// Adds a subset: the rows marked true. Subsets may overlap.
    ///
    /// # Errors
    /// The length is wrong, or there are more than [`MAX_SUBSETS`] subsets.
    pub fn add_subset(&mut self, rows: &[bool]) -> Result<SubsetId, StatisticsError> {
        check_length("the subset", self.rows(), rows.len())?;
        check_count("subsets", self.subsets, MAX_SUBSETS)?;
        for (membership, &inside) in self.memberships.iter_mut().zip(rows) {
            *membership |= u128::from(inside) << self.subsets;
        }
        self.subsets += 1;
        Ok(SubsetId(self.subsets - 1))
    }

    /// The same labels, models and clusters without any subset, so that others
    /// can be looked at than the [`MAX_SUBSETS`] that fit at once.
    #[must_use]
    pub fn without_subsets(&self) -> Self {
        Self {
            memberships: vec![1; self.memberships.len()],
            subsets: 1,
            ..self.clone()
        }
    }

    /// Rows of a subset, by class code (binary: negatives, positives); in a
    /// study without classes one number, all its rows.
    ///
    /// # Errors
    /// An unknown subset.
    pub fn class_counts(&self, subset: SubsetId) -> Result<Vec<u64>, StatisticsError> {
        self.check_subset(subset)?;
        let mut counts = vec![0; usize::from(self.classes)];
        for (&label, membership) in self.labels.iter().zip(&self.memberships) {
            counts[usize::from(label)] += u64::from(membership >> subset.0 & 1 == 1);
        }
        Ok(counts)
    }

    /// The confusion of a model in a subset.
    ///
    /// # Errors
    /// An unknown model or subset, [`Undefined::ScoreNotFinite`], or
    /// [`Undefined::OtherTask`] in a study without classes.
    pub fn confusion_matrix(
        &self,
        model: ModelId,
        subset: SubsetId,
    ) -> Result<ConfusionMatrix, StatisticsError> {
        self.check_subset(subset)?;
        let model = self.model(model)?;
        if !self.has_classes() {
            return Err(Undefined::OtherTask.into());
        }
        if model.broken {
            return Err(Undefined::ScoreNotFinite.into());
        }
        let mut matrix = ConfusionMatrix::zero(self.classes);
        for (row, membership) in self.memberships.iter().enumerate() {
            if membership >> subset.0 & 1 == 1 {
                matrix.add(self.labels[row], model.decisions[row], 1);
            }
        }
        Ok(matrix)
    }

    /// The four counts of a model in a subset, in a binary study.
    ///
    /// # Errors
    /// An unknown model or subset, [`Undefined::ScoreNotFinite`] or
    /// [`Undefined::BinaryOnly`].
    pub fn confusion(
        &self,
        model: ModelId,
        subset: SubsetId,
    ) -> Result<Confusion, StatisticsError> {
        let matrix = self.confusion_matrix(model, subset)?;
        Ok(matrix.binary().ok_or(Undefined::BinaryOnly)?)
    }

    /// The quantities on the data as they are, in the order asked. Cost: one
    /// sort of the rows, one for each (model, subset) with metrics of ranks,
    /// and a few tens of passes where a recalibration is fitted.
    ///
    /// # Errors
    /// An unknown model, subset or class.
    pub fn measure(&self, quantities: &[Quantity]) -> Result<Vec<Measure>, StatisticsError> {
        Ok(prepare::Prepared::new(self, quantities)?.estimates())
    }

    fn model(&self, id: ModelId) -> Result<&Model, StatisticsError> {
        let unknown = StatisticsError::Unknown { what: "model" };
        self.models.get(id.0).ok_or(unknown)
    }

    const fn has_classes(&self) -> bool {
        matches!(self.task, Task::Binary | Task::Multiclass)
    }

    const fn other_task(&self, what: &'static str) -> StatisticsError {
        StatisticsError::OtherTask {
            what,
            task: self.task,
        }
    }

    fn check_quantity(&self, quantity: &Quantity) -> Result<(), StatisticsError> {
        self.check_subset(quantity.subset)?;
        self.model(quantity.model)?;
        match quantity.class {
            Some(_) if self.task != Task::Multiclass => Err(self.other_task("a class of its own")),
            Some(class) if class >= self.classes => Err(StatisticsError::Unknown { what: "class" }),
            _ => Ok(()),
        }
    }

    fn check_subset(&self, id: SubsetId) -> Result<(), StatisticsError> {
        if id.0 < self.subsets {
            Ok(())
        } else {
            Err(StatisticsError::Unknown { what: "subset" })
        }
    }
}

/// Index of the largest score, the first among equal ones.
fn largest(scores: &[f64]) -> u16 {
    let mut best = (0_u16, f64::NEG_INFINITY);
    for (class, &score) in (0..).zip(scores) {
        if score > best.1 {
            best = (class, score);
        }
    }
    best.0
}

fn check_count(what: &'static str, found: usize, limit: usize) -> Result<(), StatisticsError> {
    if found <= limit {
        Ok(())
    } else {
        Err(StatisticsError::TooMany { what, found, limit })
    }
}

fn check_numbers(
    what: &'static str,
    numbers: &[f64],
    least: f64,
    range: &'static str,
) -> Result<(), StatisticsError> {
    let wrong = |number: &&f64| !(number.is_finite() && **number >= least);
    match numbers.iter().find(wrong) {
        Some(number) => Err(StatisticsError::range(what, number, range)),
        None => Ok(()),
    }
}
