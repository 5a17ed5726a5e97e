//! The value of every quantity under given multiplicities of the rows.

use super::{
    grouped::GroupedRecalibration,
    loss::{weight_of, weighted_sum},
    prepare::{Family, Pair, Prepared},
    ranking::{SegmentWeight, average_precision, roc_auc},
    resample::Multiplicity,
    review::{ReviewList, Reviewed},
};
use crate::{ConfusionMatrix, Measure, Metric, Undefined, calibration::LogitGroup};

/// Scratch space of one thread.
pub(super) struct Workspace {
    pub(super) weights: Vec<Multiplicity>,
    cells: Vec<u32>,
    regions: Vec<u32>,
    models: Vec<ModelSums>,
    matrix: ConfusionMatrix,
    running: Vec<u32>,
    segments: Vec<SegmentWeight>,
    groups: Vec<LogitGroup>,
}

/// What all subsets share of a model in one replicate.
#[derive(Default)]
struct ModelSums {
    /// By region.
    log_loss: Vec<f64>,
    /// By region.
    brier: Vec<f64>,
    /// By slot.
    residuals: Vec<f64>,
    review: ReviewList,
}

/// Which fit a calibration metric is read from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// The exact one of all rows.
    Exact,
    /// The grouped one of the multiplicities.
    Grouped,
}

impl Workspace {
    pub(super) fn new(prepared: &Prepared) -> Self {
        Self {
            weights: vec![1; prepared.rows],
            cells: Vec::new(),
            regions: Vec::new(),
            models: prepared
                .models
                .iter()
                .map(|_| ModelSums::default())
                .collect(),
            matrix: ConfusionMatrix::zero(prepared.classes),
            running: Vec::new(),
            segments: Vec::new(),
            groups: Vec::new(),
        }
    }
}

impl Prepared {
    /// The quantities with every row counted once.
    pub(super) fn estimates(&self) -> Vec<Measure> {
        let reasons = self
            .fixed
            .iter()
            .map(|fixed| fixed.unwrap_or(Undefined::Empty));
        let mut measures: Vec<Measure> = reasons.map(Measure::Undefined).collect();
        let mut space = Workspace::new(self);
        self.evaluate(&mut space, Fit::Exact, |quantity, value| {
            measures[quantity] = value.into();
        });
        measures
    }

    /// Hands each quantity that is not undefined from the start to `sink`,
    /// under the multiplicities `space.weights`.
    pub(super) fn evaluate(
        &self,
        space: &mut Workspace,
        fit: Fit,
        mut sink: impl FnMut(usize, Result<f64, Undefined>),
    ) {
        self.count(space);
        self.sum_models(space);
        for pair in &self.pairs {
            self.fill_matrix(pair, space);
            let ranks = self.ranks(pair, space);
            for &(quantity, metric) in &pair.wanted {
                let value = match Family::of(metric) {
                    Family::Decisions => space.matrix.metric(metric),
                    Family::Ranks if metric == Metric::RocAuc => ranks.area,
                    Family::Ranks => ranks.precision,
                    Family::Review => self.reviewed(pair, space).metric(metric),
                    Family::LogLoss => self.mean(pair, space, |sums, region| sums.log_loss[region]),
                    Family::Brier => self.mean(pair, space, |sums, region| sums.brier[region]),
                    Family::Bins => self.calibration_error(pair, space),
                    Family::Calibration => continue,
                };
                sink(quantity, value);
            }
            if let Some(calibration) = &pair.calibration {
                calibrate(pair, calibration, space, fit, &mut sink);
            }
        }
    }

    fn count(&self, space: &mut Workspace) {
        let weights = &space.weights;
        space.cells.clear();
        let cells = self.cells.iter();
        space
            .cells
            .extend(cells.map(|cell| weight_of(weights, cell.range.clone())));
        space.regions.clear();
        let regions = self.regions.iter();
        space
            .regions
            .extend(regions.map(|region| weight_of(weights, region.range.clone())));
    }

    fn sum_models(&self, space: &mut Workspace) {
        let weights = &space.weights;
        for (model, sums) in self.models.iter().zip(&mut space.models) {
            let by_region = |values: &[f64], sums: &mut Vec<f64>| {
                let sum = |range| weighted_sum(weights, values, range);
                sums.clear();
                sums.extend(self.regions.iter().map(|region| sum(region.range.clone())));
            };
            if let Some(values) = &model.log_loss {
                by_region(values, &mut sums.log_loss);
            }
            if let Some(values) = &model.brier {
                by_region(values, &mut sums.brier);
            }
            if let Some(residuals) = &model.residuals {
                residuals.sum(weights, &mut sums.residuals);
            }
            if let Some(order) = &model.review {
                let regions = self.regions.len();
                let list = &mut sums.review;
                order.fill(weights, &self.region_of_row, regions, self.budget, list);
            }
        }
    }

    fn fill_matrix(&self, pair: &Pair, space: &mut Workspace) {
        if !pair.wants(Family::Decisions) {
            return;
        }
        space.matrix.clear();
        for &index in &self.subsets[pair.subset].cells {
            let cell = &self.cells[index];
            let rows = u64::from(space.cells[index]);
            space
                .matrix
                .add(cell.label, cell.decisions[pair.model], rows);
        }
    }

    fn ranks(&self, pair: &Pair, space: &mut Workspace) -> Ranks {
        let mut areas = 0.0;
        let mut ranks = Ranks {
            area: Err(Undefined::Empty),
            precision: Err(Undefined::Empty),
        };
        for ranking in &pair.rankings {
            ranking.weigh(&space.weights, &mut space.running, &mut space.segments);
            ranks.precision = average_precision(&space.segments);
            ranks.area = roc_auc(&space.segments);
            match ranks.area {
                Ok(area) => areas += area,
                Err(reason) if self.classes == 2 => return ranks.undefined(reason),
                Err(Undefined::Empty) => return ranks.undefined(Undefined::Empty),
                Err(_) => return ranks.undefined(Undefined::ClassAbsent),
            }
        }
        let count = pair.rankings.len() as f64;
        ranks.area = ranks.area.map(|_| areas / count);
        ranks
    }

    fn reviewed(&self, pair: &Pair, space: &Workspace) -> Reviewed {
        let list = &space.models[pair.model].review;
        let regions = &self.subsets[pair.subset].regions;
        let of_class = |label: u16| {
            let regions = regions.iter().copied();
            regions.filter(move |&region| self.regions[region].label == label)
        };
        let rows = |label| -> u32 { of_class(label).map(|region| space.regions[region]).sum() };
        Reviewed {
            listed_positives: list.expected(of_class(1)),
            listed_negatives: list.expected(of_class(0)),
            positives: f64::from(rows(1)),
            negatives: f64::from(rows(0)),
        }
    }

    fn mean(
        &self,
        pair: &Pair,
        space: &Workspace,
        sum: impl Fn(&ModelSums, usize) -> f64,
    ) -> Result<f64, Undefined> {
        let sums = &space.models[pair.model];
        let regions = &self.subsets[pair.subset].regions;
        let total: f64 = regions.iter().map(|&region| sum(sums, region)).sum();
        Ok(total / self.weight(pair, space)?)
    }

    fn calibration_error(&self, pair: &Pair, space: &Workspace) -> Result<f64, Undefined> {
        let weight = self.weight(pair, space)?;
        let Some(residuals) = &self.models[pair.model].residuals else {
            return Err(Undefined::NeedsScores);
        };
        let sums = &space.models[pair.model].residuals;
        let subset = &self.subsets[pair.subset];
        let inside = |region: usize| subset.contains(&self.regions[region]);
        Ok(residuals.absolute(sums, inside) / weight)
    }

    /// The rows of a subset, which must not be none.
    fn weight(&self, pair: &Pair, space: &Workspace) -> Result<f64, Undefined> {
        let regions = &self.subsets[pair.subset].regions;
        let rows: u32 = regions.iter().map(|&region| space.regions[region]).sum();
        if rows == 0 {
            Err(Undefined::Empty)
        } else {
            Ok(f64::from(rows))
        }
    }
}

/// The metrics of ranks.
struct Ranks {
    area: Result<f64, Undefined>,
    precision: Result<f64, Undefined>,
}

impl Ranks {
    fn undefined(self, area: Undefined) -> Self {
        Self {
            area: Err(area),
            ..self
        }
    }
}

/// The calibration metrics of a pair, whose segments were weighed last.
fn calibrate(
    pair: &Pair,
    calibration: &GroupedRecalibration,
    space: &mut Workspace,
    fit: Fit,
    sink: &mut impl FnMut(usize, Result<f64, Undefined>),
) {
    let replicate =
        (fit == Fit::Grouped).then(|| calibration.replicate(&space.segments, &mut space.groups));
    for &(quantity, metric) in &pair.wanted {
        if Family::of(metric) == Family::Calibration {
            let value = replicate.as_ref().map_or_else(
                || calibration.exact(metric),
                |replicate| replicate.metric(metric),
            );
            sink(quantity, value);
        }
    }
}
