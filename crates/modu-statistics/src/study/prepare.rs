//! Everything about a study that stays the same from replicate to replicate.
//!
//! The rows get an order of their own: by label (so that strata are ranges),
//! by subsets (a *region* is the rows of one label in the same subsets), by
//! decisions (a *cell* is the rows of a region on which every model decides
//! alike), then by scores. Counting metrics are sums over cells, losses are
//! sums over regions, and rows equal in all of this are interchangeable.

use std::{cmp::Ordering, ops::Range};

use rayon::prelude::*;

use super::{
    Model, Quantity, Strata, Study,
    logits::LogitTable,
    loss::{BinnedResiduals, Slot, binary_log_loss, log_loss},
    ranking::{Ranking, ScoredRow, ties},
    recalibration::SubsetRecalibration,
    review::ReviewOrder,
};
use crate::{Metric, StatisticsError, Task, Undefined, reliability::Edges, ties::TieGroup};

/// A study made ready for evaluation under any multiplicities of its rows.
pub(super) struct Prepared {
    pub(super) rows: usize,
    pub(super) classes: u16,
    pub(super) labels: Vec<Range<usize>>,
    pub(super) regions: Vec<Region>,
    pub(super) region_of_row: Vec<u32>,
    pub(super) cells: Vec<Cell>,
    /// The regions and cells of each subset.
    pub(super) subsets: Vec<Subset>,
    pub(super) models: Vec<PreparedModel>,
    pub(super) pairs: Vec<Pair>,
    pub(super) budget: u64,
    /// Why a quantity is undefined whatever the multiplicities.
    pub(super) fixed: Vec<Option<Undefined>>,
}

/// Rows of one label in the same subsets.
pub(super) struct Region {
    pub(super) range: Range<usize>,
    pub(super) label: u16,
    membership: u128,
}

/// Rows of a region on which every model decides alike.
pub(super) struct Cell {
    pub(super) range: Range<usize>,
    pub(super) label: u16,
    pub(super) decisions: Vec<u16>,
    membership: u128,
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
    pub(super) log_loss: Option<Vec<f64>>,
    pub(super) brier: Option<Vec<f64>>,
    pub(super) residuals: Option<BinnedResiduals>,
    pub(super) review: Option<ReviewOrder>,
    pub(super) logits: Option<LogitTable>,
}

/// A model in a subset, and what is asked of it.
pub(super) struct Pair {
    pub(super) model: usize,
    pub(super) subset: usize,
    /// Which quantity each metric answers.
    pub(super) wanted: Vec<(usize, Metric)>,
    /// One ranking (binary), or one for each class against the rest.
    pub(super) rankings: Vec<Ranking>,
    pub(super) recalibration: Option<SubsetRecalibration>,
}

/// The part of the work that a metric belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Decisions,
    Review,
    Ranks,
    LogLoss,
    Brier,
    Calibration,
    Bins,
}

impl Family {
    pub(super) const fn of(metric: Metric) -> Self {
        match metric {
            Metric::RecallAtBudget
            | Metric::PrecisionAtBudget
            | Metric::FalseAlarmRateAtBudget
            | Metric::SelectionRateAtBudget => Self::Review,
            Metric::RocAuc | Metric::AveragePrecision => Self::Ranks,
            Metric::LogLoss => Self::LogLoss,
            Metric::Brier => Self::Brier,
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
        let mut metrics = self.wanted.iter();
        metrics.any(|(_, metric)| Family::of(*metric) == family)
    }
}

impl Prepared {
    pub(super) fn new(study: &Study, quantities: &[Quantity]) -> Result<Self, StatisticsError> {
        let budget = study.settings.review_budget;
        let budget = budget.map_or(0, |share| share.of(study.rows() as u64));
        let mut fixed = Vec::with_capacity(quantities.len());
        let mut pairs: Vec<Pair> = Vec::new();
        for (index, quantity) in quantities.iter().enumerate() {
            study.check_subset(quantity.subset)?;
            let undefined = study.defect(study.model(quantity.model)?, quantity.metric, budget);
            fixed.push(undefined);
            if undefined.is_none() {
                Pair::of(&mut pairs, quantity)
                    .wanted
                    .push((index, quantity.metric));
            }
        }
        let order = study.canonical_order();
        let (regions, cells) = study.partition(&order);
        let mut prepared = Self {
            rows: order.len(),
            classes: study.classes,
            labels: label_ranges(&regions),
            region_of_row: region_of_row(&regions, order.len()),
            subsets: (0..study.subsets)
                .map(|bit| Subset::new(bit, &regions, &cells))
                .collect(),
            regions,
            cells,
            models: Vec::new(),
            pairs: Vec::new(),
            budget,
            fixed,
        };
        let models = study.models.par_iter().enumerate();
        prepared.models = models
            .map(|(index, model)| {
                let asked: Vec<&Pair> = pairs.iter().filter(|pair| pair.model == index).collect();
                prepared.model(study, model, &order, &asked)
            })
            .collect();
        prepared.rank(study, &order, &mut pairs);
        prepared.pairs = pairs;
        Ok(prepared)
    }

    /// The strata of a plan, as ranges of rows.
    pub(super) fn strata(&self, strata: Strata) -> Vec<Range<usize>> {
        match strata {
            Strata::LabelClasses => self.labels.clone(),
            Strata::Whole => std::iter::once(0..self.rows).collect(),
        }
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
        let each = |value: &dyn Fn(usize) -> f64| order.iter().map(|&row| value(row)).collect();
        PreparedModel {
            log_loss: wants(Family::LogLoss).then(|| each(&|row| study.log_loss(model, row))),
            brier: wants(Family::Brier).then(|| each(&|row| study.brier(model, row))),
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

impl Pair {
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
            logits.sum(&vec![1; prepared.rows], &mut sums);
            logits.gather(&sums, prepared.labelled_regions(self.subset), &mut groups);
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
    fn defect(&self, model: &Model, metric: Metric, budget: u64) -> Option<Undefined> {
        let of_probabilities = matches!(
            Family::of(metric),
            Family::LogLoss | Family::Brier | Family::Calibration | Family::Bins
        );
        if model.broken {
            Some(Undefined::ScoreNotFinite)
        } else if !metric.applies_to(self.task) {
            Some(Undefined::BinaryOnly)
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

    fn columns(&self) -> usize {
        match self.task {
            Task::Binary => 1,
            Task::Multiclass => usize::from(self.classes),
        }
    }

    /// The scores of a row; empty where a model has none.
    fn row_scores<'a>(&self, model: &'a Model, row: usize) -> &'a [f64] {
        let columns = self.columns();
        model
            .scores
            .as_ref()
            .map_or(&[], |scores| &scores[row * columns..(row + 1) * columns])
    }

    fn score(&self, model: &Model, row: usize, column: usize) -> f64 {
        self.row_scores(model, row)[column]
    }

    fn log_loss(&self, model: &Model, row: usize) -> f64 {
        let label = self.labels[row];
        match self.task {
            Task::Binary => binary_log_loss(label == 1, self.score(model, row, 0)),
            Task::Multiclass => log_loss(self.score(model, row, usize::from(label))),
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
            Task::Multiclass => (0..).zip(scores).map(difference).sum(),
        }
    }

    /// The rows, as places in the canonical order, by descending score; equal
    /// scores by place. Positive means of the column's class.
    fn descending(&self, model: &Model, order: &[usize], column: usize) -> Vec<ScoredRow> {
        let class = match self.task {
            Task::Binary => 1,
            Task::Multiclass => column,
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

    /// The rows by label, subsets, decisions and scores.
    pub(super) fn canonical_order(&self) -> Vec<usize> {
        let scores = |a: usize, b: usize| {
            let models = self.models.iter();
            let pairs =
                models.flat_map(|m| self.row_scores(m, a).iter().zip(self.row_scores(m, b)));
            first_difference(pairs.map(|(a, b)| a.total_cmp(b)))
        };
        let mut order: Vec<usize> = (0..self.rows()).collect();
        order.par_sort_unstable_by(|&a, &b| self.compare_cells(a, b).then_with(|| scores(a, b)));
        order
    }

    fn compare_cells(&self, a: usize, b: usize) -> Ordering {
        let decisions = self
            .models
            .iter()
            .map(|m| m.decisions[a].cmp(&m.decisions[b]));
        self.compare_regions(a, b)
            .then_with(|| first_difference(decisions))
    }

    fn compare_regions(&self, a: usize, b: usize) -> Ordering {
        let labels = self.labels[a].cmp(&self.labels[b]);
        labels.then(self.memberships[a].cmp(&self.memberships[b]))
    }

    fn partition(&self, order: &[usize]) -> (Vec<Region>, Vec<Cell>) {
        let mut regions = Vec::new();
        let mut start = 0;
        for rows in order.chunk_by(|&a, &b| self.compare_regions(a, b).is_eq()) {
            regions.push(Region {
                range: start..start + rows.len(),
                label: self.labels[rows[0]],
                membership: self.memberships[rows[0]],
            });
            start += rows.len();
        }
        let mut cells = Vec::new();
        let mut start = 0;
        for rows in order.chunk_by(|&a, &b| self.compare_cells(a, b).is_eq()) {
            cells.push(Cell {
                range: start..start + rows.len(),
                label: self.labels[rows[0]],
                decisions: self.models.iter().map(|m| m.decisions[rows[0]]).collect(),
                membership: self.memberships[rows[0]],
            });
            start += rows.len();
        }
        (regions, cells)
    }
}

fn first_difference(mut orderings: impl Iterator<Item = Ordering>) -> Ordering {
    orderings
        .find(|ordering| ordering.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// The rows of each label.
fn label_ranges(regions: &[Region]) -> Vec<Range<usize>> {
    regions
        .chunk_by(|a, b| a.label == b.label)
        .map(|same| same[0].range.start..same[same.len() - 1].range.end)
        .collect()
}

fn region_of_row(regions: &[Region], rows: usize) -> Vec<u32> {
    let mut of_row = vec![0; rows];
    for (region, place) in regions.iter().enumerate() {
        of_row[place.range.clone()].fill(index(region));
    }
    of_row
}

const fn index(place: usize) -> u32 {
    place as u32
}
