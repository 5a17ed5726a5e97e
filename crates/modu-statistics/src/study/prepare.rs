//! Everything about a study that stays the same from replicate to replicate.
//!
//! The rows get an order of their own: by label (so that strata are ranges),
//! by subsets (a *region* is the rows of one label in the same subsets), by
//! decisions (a *cell* is the rows of a region on which every model decides
//! alike), then by scores. Counting metrics are sums over cells, losses are
//! sums over regions, and rows equal in all of this are interchangeable.

use std::ops::Range;

use rayon::prelude::*;

use super::{
    Model, Quantity, Study,
    lanes::LANES,
    logits::LogitTable,
    loss::{BinnedResiduals, Slot, Targets, binary_log_loss, log_loss, pinball_loss},
    order::{CanonicalOrder, Clusters, label_ranges, region_of_row},
    queries::{QueryValues, RankedRow},
    ranking::{Ranking, ScoredRow, ties},
    recalibration::SubsetRecalibration,
    review::ReviewOrder,
};
use crate::{Metric, StatisticsError, Task, Undefined, reliability::Edges, ties::TieGroup};

/// A study made ready for evaluation under any multiplicities of its rows.
pub(super) struct Prepared {
    pub(super) rows: usize,
    pub(super) classes: u16,
    pub(super) clusters: Option<Clusters>,
    pub(super) labels: Vec<Range<usize>>,
    pub(super) regions: Vec<Region>,
    pub(super) region_of_row: Vec<u32>,
    pub(super) cells: Vec<Cell>,
    /// The regions and cells of each subset.
    pub(super) subsets: Vec<Subset>,
    pub(super) models: Vec<PreparedModel>,
    /// In regression, what does not depend on a model.
    pub(super) targets: Option<Targets>,
    pub(super) pairs: Vec<Pair>,
    pub(super) budget: u64,
    /// Why a quantity is undefined whatever the multiplicities.
    pub(super) fixed: Vec<Option<Undefined>>,
}

/// Rows of one label in the same subsets.
pub(super) struct Region {
    pub(super) range: Range<usize>,
    pub(super) label: u16,
    pub(super) membership: u128,
}

/// Rows of a region on which every model decides alike.
pub(super) struct Cell {
    pub(super) range: Range<usize>,
    pub(super) label: u16,
    pub(super) decisions: Vec<u16>,
    pub(super) membership: u128,
}

/// What a subset consists of, by index.
pub(super) struct Subset {
    pub(super) regions: Vec<usize>,
    pub(super) cells: Vec<usize>,
    bit: usize,
}

impl Subset {
    pub(super) fn contains(&self, region: &Region) -> bool {
        region.membership >> self.bit & 1 == 1
    }
}

/// What of a model is needed; the rest stays empty.
#[derive(Default)]
pub(super) struct PreparedModel {
    /// By place.
    pub(super) losses: Vec<(RowLoss, Vec<f64>)>,
    pub(super) residuals: Option<BinnedResiduals>,
    pub(super) review: Option<ReviewOrder>,
    pub(super) logits: Option<LogitTable>,
}

/// A model in a subset, and what is asked of it.
pub(super) struct Pair {
    pub(super) model: usize,
    pub(super) subset: usize,
    pub(super) wanted: Vec<Wanted>,
    /// One ranking (binary), or one for each class against the rest.
    pub(super) rankings: Vec<Ranking>,
    pub(super) recalibration: Option<SubsetRecalibration>,
    pub(super) queries: Vec<(Metric, QueryValues)>,
}

/// What is asked of a pair.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Which quantity it answers.
    pub(super) quantity: usize,
    pub(super) metric: Metric,
    pub(super) class: Option<u16>,
}

/// A number of each row whose mean is a metric, or leads to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowLoss {
    Log,
    Brier,
    Absolute,
    Squared,
    Signed,
    Pinball,
}

/// The part of the work that a metric belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Decisions,
    Review,
    Ranks,
    Loss(RowLoss),
    /// The squared loss against the variance of the targets.
    Explained,
    Calibration,
    Bins,
    Queries,
}

impl Family {
    pub(super) const fn of(metric: Metric) -> Self {
        match metric {
            Metric::RecallAtBudget
            | Metric::PrecisionAtBudget
            | Metric::FalseAlarmRateAtBudget
            | Metric::SelectionRateAtBudget => Self::Review,
            Metric::RocAuc | Metric::AveragePrecision => Self::Ranks,
            Metric::LogLoss => Self::Loss(RowLoss::Log),
            Metric::Brier => Self::Loss(RowLoss::Brier),
            Metric::MeanAbsoluteError => Self::Loss(RowLoss::Absolute),
            Metric::RootMeanSquaredError => Self::Loss(RowLoss::Squared),
            Metric::MeanError => Self::Loss(RowLoss::Signed),
            Metric::PinballLoss => Self::Loss(RowLoss::Pinball),
            Metric::RSquared => Self::Explained,
            Metric::Ndcg
            | Metric::MeanReciprocalRank
            | Metric::MeanAveragePrecision
            | Metric::PrecisionAtCutoff
            | Metric::RecallAtCutoff => Self::Queries,
            Metric::CalibrationIntercept
            | Metric::CalibrationSlope
            | Metric::CalibrationInTheLarge
            | Metric::CalibrationInterceptDeviation
            | Metric::CalibrationSlopeDeviation
            | Metric::CalibrationInTheLargeDeviation => Self::Calibration,
            Metric::ExpectedCalibrationError => Self::Bins,
            _ => Self::Decisions,
        }
    }
}

impl Pair {
    pub(super) fn wants(&self, family: Family) -> bool {
        let mut wanted = self.wanted.iter();
        wanted.any(|wanted| Family::of(wanted.metric) == family)
    }

    pub(super) fn wants_metric(&self, metric: Metric) -> bool {
        self.wanted.iter().any(|wanted| wanted.metric == metric)
    }

    fn wants_loss(&self, loss: RowLoss) -> bool {
        let for_variance = loss == RowLoss::Squared && self.wants(Family::Explained);
        for_variance || self.wants(Family::Loss(loss))
    }
}

impl Prepared {
    pub(super) fn new(study: &Study, quantities: &[Quantity]) -> Result<Self, StatisticsError> {
        let budget = study.settings.review_budget;
        let budget = budget.map_or(0, |share| share.of(study.rows() as u64));
        let mut fixed = Vec::with_capacity(quantities.len());
        let mut pairs: Vec<Pair> = Vec::new();
        for (index, quantity) in quantities.iter().enumerate() {
            study.check_quantity(quantity)?;
            let undefined = study.defect(study.model(quantity.model)?, quantity, budget);
            fixed.push(undefined);
            if undefined.is_none() {
                Pair::of(&mut pairs, quantity).wanted.push(Wanted {
                    quantity: index,
                    metric: quantity.metric,
                    class: quantity.class,
                });
            }
        }
        let CanonicalOrder {
            rows: order,
            clusters,
        } = study.canonical_order();
        let (regions, cells) = study.partition(&order);
        let mut prepared = Self {
            rows: order.len(),
            classes: study.classes,
            clusters,
            labels: label_ranges(&regions),
            region_of_row: region_of_row(&regions, order.len()),
            subsets: (0..study.subsets)
                .map(|bit| Subset::new(bit, &regions, &cells))
                .collect(),
            regions,
            cells,
            models: Vec::new(),
            targets: None,
            pairs: Vec::new(),
            budget,
            fixed,
        };
        if pairs.iter().any(|pair| pair.wants(Family::Explained)) {
            prepared.targets = Some(Targets::new(order.iter().map(|&row| study.numbers[row])));
        }
        let models = study.models.par_iter().enumerate();
        prepared.models = models
            .map(|(index, model)| {
                let asked: Vec<&Pair> = pairs.iter().filter(|pair| pair.model == index).collect();
                prepared.model(study, model, &order, &asked)
            })
            .collect();
        prepared.rank(study, &order, &mut pairs);
        prepared.rank_queries(study, &order, &mut pairs);
        prepared.pairs = pairs;
        Ok(prepared)
    }

    /// The regions of a subset, and whether they are of positives.
    pub(super) fn labelled_regions(&self, subset: usize) -> impl Iterator<Item = (usize, bool)> {
        let regions = self.subsets[subset].regions.iter();
        regions.map(|&region| (region, self.regions[region].label == 1))
    }

    fn model(
        &self,
        study: &Study,
        model: &Model,
        order: &[usize],
        asked: &[&Pair],
    ) -> PreparedModel {
        let wants = |family| asked.iter().any(|pair| pair.wants(family));
        let losses = RowLoss::ALL.into_iter();
        let losses = losses.filter(|&loss| asked.iter().any(|pair| pair.wants_loss(loss)));
        PreparedModel {
            losses: losses
                .map(|loss| {
                    let of_row = |&row: &usize| study.loss(loss, model, row);
                    (loss, order.iter().map(of_row).collect())
                })
                .collect(),
            residuals: wants(Family::Bins).then(|| self.residuals(study, model, order)),
            logits: wants(Family::Calibration).then(|| {
                let rows = study.descending(model, order, 0);
                LogitTable::new(&rows, &self.region_of_row, &self.regions)
            }),
            review: wants(Family::Review).then(|| {
                let rows = study.descending(model, order, 0);
                let mut end = 0;
                let tie_ends = rows.chunk_by(|a, b| a.score == b.score).map(|tied| {
                    end += tied.len();
                    index(end)
                });
                ReviewOrder {
                    tie_ends: tie_ends.collect(),
                    rows: rows.iter().map(|row| row.row).collect(),
                }
            }),
        }
    }

    /// Bins over all rows of the study, and each row's label minus score.
    fn residuals(&self, study: &Study, model: &Model, order: &[usize]) -> BinnedResiduals {
        let mut groups: Vec<TieGroup> = ties(&study.descending(model, order, 0));
        groups.reverse();
        let edges = Edges::new(study.settings.binning, &groups);
        let rows = order.iter().zip(&self.region_of_row).enumerate();
        let rows = rows.map(|(place, (&row, &region))| {
            let score = study.score(model, row, 0);
            let bin = edges.bin(score);
            let residual = f64::from(study.labels[row]) - score;
            (Slot { region, bin }, index(place), residual)
        });
        BinnedResiduals::new(rows.collect())
    }

    /// Ranks the rows of every pair that asks for it: one sort per model and
    /// score column, from which each subset picks its rows.
    fn rank(&self, study: &Study, order: &[usize], pairs: &mut [Pair]) {
        let needs = |pair: &Pair| pair.wants(Family::Ranks) || pair.wants(Family::Calibration);
        for (index, model) in study.models.iter().enumerate() {
            let asking = |pair: &Pair| pair.model == index && needs(pair);
            if !pairs.iter().any(asking) {
                continue;
            }
            for column in 0..study.columns() {
                let descending = study.descending(model, order, column);
                let asking = pairs.par_iter_mut().filter(|pair| asking(pair));
                asking.for_each(|pair| pair.rank(self, &descending));
            }
        }
    }
}

impl Prepared {
    /// The value of every query, for the pairs of a ranking study.
    fn rank_queries(&self, study: &Study, order: &[usize], pairs: &mut [Pair]) {
        let Some(clusters) = &self.clusters else {
            return;
        };
        for (index, model) in study.models.iter().enumerate() {
            let asking = |pair: &Pair| pair.model == index && pair.wants(Family::Queries);
            if !pairs.iter().any(asking) {
                continue;
            }
            let places = order.iter().enumerate();
            let mut rows: Vec<RankedRow> = places
                .map(|(place, &row)| RankedRow {
                    query: clusters.of_row[place],
                    score: study.score(model, row, 0),
                    relevance: study.numbers[row],
                    region: self.region_of_row[place],
                })
                .collect();
            rows.sort_unstable_by(|a, b| {
                let scores = b.score.total_cmp(&a.score);
                let order = a.query.cmp(&b.query).then(scores);
                order.then(b.relevance.total_cmp(&a.relevance))
            });
            let asking = pairs.par_iter_mut().filter(|pair| asking(pair));
            asking.for_each(|pair| pair.rank_queries(self, study, &rows));
        }
    }
}

impl RowLoss {
    const ALL: [Self; 6] = [
        Self::Log,
        Self::Brier,
        Self::Absolute,
        Self::Squared,
        Self::Signed,
        Self::Pinball,
    ];
}

impl Pair {
    fn rank_queries(&mut self, prepared: &Prepared, study: &Study, rows: &[RankedRow]) {
        let subset = &prepared.subsets[self.subset];
        let inside = |row: &&RankedRow| subset.contains(&prepared.regions[row.region as usize]);
        let rows: Vec<RankedRow> = rows.iter().filter(inside).copied().collect();
        for wanted in &self.wanted {
            if !self.queries.iter().any(|known| known.0 == wanted.metric) {
                let values = QueryValues::new(wanted.metric, &rows, study.settings.cutoff);
                self.queries.push((wanted.metric, values));
            }
        }
    }

    fn of<'a>(pairs: &'a mut Vec<Self>, quantity: &Quantity) -> &'a mut Self {
        let (model, subset) = (quantity.model.0, quantity.subset.0);
        let found = pairs
            .iter()
            .position(|pair| pair.model == model && pair.subset == subset);
        let place = found.unwrap_or_else(|| {
            pairs.push(Self {
                model,
                subset,
                wanted: Vec::new(),
                rankings: Vec::new(),
                recalibration: None,
                queries: Vec::new(),
            });
            pairs.len() - 1
        });
        &mut pairs[place]
    }

    /// Adds the ranking of a score column.
    fn rank(&mut self, prepared: &Prepared, descending: &[ScoredRow]) {
        let subset = &prepared.subsets[self.subset];
        let inside: Vec<bool> = prepared
            .regions
            .iter()
            .map(|r| subset.contains(r))
            .collect();
        let region = |row: u32| prepared.region_of_row[row as usize] as usize;
        let rows = descending.iter().filter(|row| inside[region(row.row)]);
        let rows: Vec<ScoredRow> = rows.copied().collect();
        if let Some(logits) = &prepared.models[self.model].logits
            && self.wants(Family::Calibration)
        {
            let (mut sums, mut groups) = (Vec::new(), Vec::new());
            logits.sum(&vec![[1; LANES]; prepared.rows], &mut sums);
            let regions = prepared.labelled_regions(self.subset);
            logits.gather(&sums, regions, 0, &mut groups);
            self.recalibration = Some(SubsetRecalibration::new(&ties(&rows), &groups));
        }
        if self.wants(Family::Ranks) {
            self.rankings.push(Ranking::new(&rows));
        }
    }
}

impl Subset {
    fn new(bit: usize, regions: &[Region], cells: &[Cell]) -> Self {
        let inside = |membership: u128| membership >> bit & 1 == 1;
        Self {
            regions: (0..regions.len())
                .filter(|&region| inside(regions[region].membership))
                .collect(),
            cells: (0..cells.len())
                .filter(|&cell| inside(cells[cell].membership))
                .collect(),
            bit,
        }
    }
}

impl Study {
    /// Why a metric of a model is undefined whatever the rows.
    fn defect(&self, model: &Model, quantity: &Quantity, budget: u64) -> Option<Undefined> {
        let metric = quantity.metric;
        let of_probabilities = matches!(
            Family::of(metric),
            Family::Loss(RowLoss::Log | RowLoss::Brier) | Family::Calibration | Family::Bins
        );
        if model.broken {
            Some(Undefined::ScoreNotFinite)
        } else if let Some(reason) = self.misplaced(metric, quantity.class) {
            Some(reason)
        } else if metric.needs_scores() && model.scores.is_none() {
            Some(Undefined::NeedsScores)
        } else if of_probabilities && !model.probabilities {
            Some(Undefined::NotProbabilities)
        } else if Family::of(metric) == Family::Review && budget == 0 {
            Some(Undefined::NoBudget)
        } else {
            None
        }
    }

    /// Why a metric, perhaps of a class, has no place in a study of this task.
    const fn misplaced(&self, metric: Metric, class: Option<u16>) -> Option<Undefined> {
        match (self.task, class) {
            (_, Some(_)) if metric.takes_class() => None,
            (_, Some(_)) => Some(Undefined::NotPerClass),
            (task, None) if metric.applies_to(task) => None,
            (Task::Multiclass, None) if metric.takes_class() => Some(Undefined::NeedsClass),
            (Task::Multiclass, None) if metric.applies_to(Task::Binary) => {
                Some(Undefined::BinaryOnly)
            }
            _ => Some(Undefined::OtherTask),
        }
    }

    /// How many scores a row has.
    pub(super) fn columns(&self) -> usize {
        match self.task {
            Task::Multiclass => usize::from(self.classes),
            Task::Binary | Task::Regression | Task::Ranking => 1,
        }
    }

    /// The scores of a row; empty where a model has none.
    pub(super) fn row_scores<'a>(&self, model: &'a Model, row: usize) -> &'a [f64] {
        let columns = self.columns();
        model
            .scores
            .as_ref()
            .map_or(&[], |scores| &scores[row * columns..(row + 1) * columns])
    }

    fn score(&self, model: &Model, row: usize, column: usize) -> f64 {
        self.row_scores(model, row)[column]
    }

    fn loss(&self, loss: RowLoss, model: &Model, row: usize) -> f64 {
        let error = || self.score(model, row, 0) - self.numbers[row];
        match loss {
            RowLoss::Log => self.log_loss(model, row),
            RowLoss::Brier => self.brier(model, row),
            RowLoss::Absolute => error().abs(),
            RowLoss::Squared => error() * error(),
            RowLoss::Signed => error(),
            RowLoss::Pinball => pinball_loss(self.settings.quantile.get(), error()),
        }
    }

    fn log_loss(&self, model: &Model, row: usize) -> f64 {
        let label = self.labels[row];
        match self.task {
            Task::Binary => binary_log_loss(label == 1, self.score(model, row, 0)),
            _ => log_loss(self.score(model, row, usize::from(label))),
        }
    }

    fn brier(&self, model: &Model, row: usize) -> f64 {
        let label = self.labels[row];
        let scores = self.row_scores(model, row);
        let difference = |(class, score): (u16, &f64)| {
            let truth = f64::from(u16::from(class == label));
            (truth - score) * (truth - score)
        };
        match self.task {
            Task::Binary => difference((1, &scores[0])),
            _ => (0..).zip(scores).map(difference).sum(),
        }
    }

    /// The rows, as places in the canonical order, by descending score; equal
    /// scores by place. Positive means of the column's class.
    fn descending(&self, model: &Model, order: &[usize], column: usize) -> Vec<ScoredRow> {
        let class = match self.task {
            Task::Multiclass => column,
            _ => 1,
        };
        let mut rows: Vec<ScoredRow> = order
            .iter()
            .enumerate()
            .map(|(place, &row)| ScoredRow {
                row: index(place),
                score: self.score(model, row, column),
                positive: usize::from(self.labels[row]) == class,
            })
            .collect();
        rows.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.row.cmp(&b.row)));
        rows
    }
}

const fn index(place: usize) -> u32 {
    place as u32
}
