//! The value of every quantity under given multiplicities of the rows.

use super::{
    lanes::{LANES, Lanes, Multiplicity, weight_of, weighted_sum},
    logits::SlotSum,
    loss::Explained,
    prepare::{Family, Pair, Prepared, RowLoss, Wanted},
    ranking::RankSums,
    review::{ReviewList, Reviewed},
};
use crate::{ConfusionMatrix, Measure, Metric, Undefined, calibration::LogitGroup};

/// Scratch space of one thread.
pub(super) struct Workspace {
    weights: Vec<Lanes<Multiplicity>>,
    /// Of the clusters, where the study has any.
    clusters: Vec<Lanes<Multiplicity>>,
    cells: Vec<Lanes<u32>>,
    regions: Vec<Lanes<u32>>,
    models: Vec<ModelSums>,
    /// Centred targets and their squares, by region.
    targets: [Vec<Lanes<f64>>; 2],
    ranks: Vec<RankSums>,
    matrix: ConfusionMatrix,
    groups: Vec<LogitGroup>,
}

/// What all subsets share of a model.
#[derive(Default)]
struct ModelSums {
    /// By region, for each loss of the model.
    losses: Vec<Vec<Lanes<f64>>>,
    /// By slot.
    residuals: Vec<Lanes<f64>>,
    review: ReviewList,
    /// By slot.
    logits: Vec<SlotSum>,
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
        let models = prepared.models.iter();
        let clusters = prepared.clusters.as_ref().map_or(0, |of| of.count);
        Self {
            weights: vec![[1; LANES]; prepared.rows],
            clusters: vec![[1; LANES]; clusters],
            cells: Vec::new(),
            regions: Vec::new(),
            models: models.map(|_| ModelSums::default()).collect(),
            targets: [Vec::new(), Vec::new()],
            ranks: Vec::new(),
            matrix: ConfusionMatrix::zero(prepared.classes),
            groups: Vec::new(),
        }
    }

    /// Has the multiplicities of what is drawn (clusters, or else rows)
    /// written, and gives every row that of its cluster.
    pub(super) fn weigh(
        &mut self,
        prepared: &Prepared,
        write: impl FnOnce(&mut [Lanes<Multiplicity>]),
    ) {
        let Some(clusters) = &prepared.clusters else {
            return write(&mut self.weights);
        };
        write(&mut self.clusters);
        for (weights, &cluster) in self.weights.iter_mut().zip(&clusters.of_row) {
            *weights = self.clusters[cluster as usize];
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
        self.evaluate(&mut space, Fit::Exact, 1, |_, quantity, value| {
            measures[quantity] = value.into();
        });
        measures
    }

    /// Hands each quantity that is not undefined from the start to `sink`, for
    /// each of the first `lanes` lanes, under the multiplicities that `space`
    /// holds.
    pub(super) fn evaluate(
        &self,
        space: &mut Workspace,
        fit: Fit,
        lanes: usize,
        mut sink: impl FnMut(usize, usize, Result<f64, Undefined>),
    ) {
        self.count(space);
        self.sum_models(space);
        for pair in &self.pairs {
            self.sum_ranks(pair, space);
            let errors = self.binned_errors(pair, space);
            for lane in 0..lanes {
                self.fill_matrix(pair, space, lane);
                let view = View {
                    prepared: self,
                    pair,
                    space,
                    lane,
                };
                for wanted in &pair.wanted {
                    if let Some(value) = view.value(wanted, &errors) {
                        sink(lane, wanted.quantity, value);
                    }
                }
                self.recalibrate(pair, space, fit, lane, &mut sink);
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
        let by_region = |values: &[f64], sums: &mut Vec<Lanes<f64>>| {
            let sum = |range| weighted_sum(weights, values, range);
            sums.clear();
            sums.extend(self.regions.iter().map(|region| sum(region.range.clone())));
        };
        if let Some(targets) = &self.targets {
            by_region(&targets.centred, &mut space.targets[0]);
            by_region(&targets.squares, &mut space.targets[1]);
        }
        for (model, sums) in self.models.iter().zip(&mut space.models) {
            sums.losses.resize_with(model.losses.len(), Vec::new);
            for ((_, values), sums) in model.losses.iter().zip(&mut sums.losses) {
                by_region(values, sums);
            }
            if let Some(residuals) = &model.residuals {
                residuals.sum(weights, &mut sums.residuals);
            }
            if let Some(logits) = &model.logits {
                logits.sum(weights, &mut sums.logits);
            }
            if let Some(order) = &model.review {
                let regions = self.regions.len();
                let list = &mut sums.review;
                order.fill(weights, &self.region_of_row, regions, self.budget, list);
            }
        }
    }

    fn fill_matrix(&self, pair: &Pair, space: &mut Workspace, lane: usize) {
        if !pair.wants(Family::Decisions) {
            return;
        }
        space.matrix.clear();
        for &index in &self.subsets[pair.subset].cells {
            let cell = &self.cells[index];
            let rows = u64::from(space.cells[index][lane]);
            space
                .matrix
                .add(cell.label, cell.decisions[pair.model], rows);
        }
    }

    /// Sums up each ranking of a pair.
    fn sum_ranks(&self, pair: &Pair, space: &mut Workspace) {
        let precision = pair.wants_metric(Metric::AveragePrecision);
        let weights = &space.weights;
        let sums = pair.rankings.iter().map(|ranking| match precision {
            true => ranking.sums::<true>(weights),
            false => ranking.sums::<false>(weights),
        });
        space.ranks.clear();
        space.ranks.extend(sums);
    }

    /// The sum of the bins' absolute residuals, where it is wanted.
    fn binned_errors(&self, pair: &Pair, space: &Workspace) -> Lanes<f64> {
        match &self.models[pair.model].residuals {
            Some(residuals) if pair.wants(Family::Bins) => {
                let sums = &space.models[pair.model].residuals;
                let subset = &self.subsets[pair.subset];
                residuals.absolute(sums, |region| subset.contains(&self.regions[region]))
            }
            _ => [0.0; LANES],
        }
    }

    /// Hands the calibration metrics of a pair to `sink`.
    fn recalibrate(
        &self,
        pair: &Pair,
        space: &mut Workspace,
        fit: Fit,
        lane: usize,
        sink: &mut impl FnMut(usize, usize, Result<f64, Undefined>),
    ) {
        let (Some(recalibration), Some(logits)) =
            (&pair.recalibration, &self.models[pair.model].logits)
        else {
            return;
        };
        if fit == Fit::Grouped {
            let sums = &space.models[pair.model].logits;
            let regions = self.labelled_regions(pair.subset);
            logits.gather(sums, regions, lane, &mut space.groups);
        }
        let replicate = recalibration.replicate(&space.groups);
        for &Wanted {
            quantity, metric, ..
        } in &pair.wanted
        {
            if Family::of(metric) == Family::Calibration {
                let value = match fit {
                    Fit::Exact => recalibration.exact(metric),
                    Fit::Grouped => replicate.metric(metric),
                };
                sink(lane, quantity, value);
            }
        }
    }
}

/// One pair in one lane, all sums at hand.
struct View<'a> {
    prepared: &'a Prepared,
    pair: &'a Pair,
    space: &'a Workspace,
    lane: usize,
}

impl View<'_> {
    /// The value of what is wanted; none for the metrics of calibration,
    /// which need a fit.
    fn value(&self, wanted: &Wanted, errors: &Lanes<f64>) -> Option<Result<f64, Undefined>> {
        let metric = wanted.metric;
        let matrix = &self.space.matrix;
        Some(match Family::of(metric) {
            Family::Decisions => match wanted.class {
                None => matrix.metric(metric),
                Some(class) => matrix.against_the_rest(class).metric(metric),
            },
            Family::Ranks => self.of_ranks(wanted),
            Family::Review => self.reviewed().metric(metric),
            Family::Loss(RowLoss::Squared) => self.mean_loss(RowLoss::Squared).map(f64::sqrt),
            Family::Loss(loss) => self.mean_loss(loss),
            Family::Explained => self.explained(),
            Family::Bins => self.weight().map(|rows| errors[self.lane] / rows),
            Family::Queries => self.query_mean(metric),
            Family::Calibration => return None,
        })
    }

    /// A metric of ranks: of the only ranking, of a class, or the mean of the
    /// classes' areas.
    fn of_ranks(&self, wanted: &Wanted) -> Result<f64, Undefined> {
        let of = |ranks: &RankSums| match wanted.metric {
            Metric::RocAuc => ranks.roc_auc(self.lane),
            _ => ranks.average_precision(self.lane),
        };
        let ranks = &self.space.ranks;
        if let Some(class) = wanted.class {
            let ranks = ranks.get(usize::from(class));
            return ranks.map_or(Err(Undefined::Empty), of);
        }
        let mut sum = 0.0;
        for ranks in ranks {
            sum += of(ranks).map_err(|reason| self.hole(reason))?;
        }
        Ok(sum / ranks.len() as f64)
    }

    /// With more than two classes, a missing "positive" is a missing class.
    fn hole(&self, reason: Undefined) -> Undefined {
        match reason {
            Undefined::NoPositives | Undefined::NoNegatives if self.prepared.classes > 2 => {
                Undefined::ClassAbsent
            }
            _ => reason,
        }
    }

    fn reviewed(&self) -> Reviewed {
        let list = &self.space.models[self.pair.model].review;
        let of_class = |label: u16| {
            let regions = self.regions().iter().copied();
            regions.filter(move |&region| self.prepared.regions[region].label == label)
        };
        let rows = |label| -> u32 { of_class(label).map(|region| self.rows(region)).sum() };
        Reviewed {
            listed_positives: list.expected(of_class(1), self.lane),
            listed_negatives: list.expected(of_class(0), self.lane),
            positives: f64::from(rows(1)),
            negatives: f64::from(rows(0)),
        }
    }

    fn mean_loss(&self, loss: RowLoss) -> Result<f64, Undefined> {
        Ok(self.loss_sum(loss)? / self.weight()?)
    }

    fn loss_sum(&self, loss: RowLoss) -> Result<f64, Undefined> {
        let mut losses = self.prepared.models[self.pair.model].losses.iter();
        let place = losses.position(|(known, _)| *known == loss);
        let place = place.ok_or(Undefined::NeedsScores)?;
        Ok(self.sum(&self.space.models[self.pair.model].losses[place]))
    }

    fn explained(&self) -> Result<f64, Undefined> {
        let [targets, squares] = &self.space.targets;
        Explained {
            rows: self.weight()?,
            targets: self.sum(targets),
            squares: self.sum(squares),
            errors: self.loss_sum(RowLoss::Squared)?,
        }
        .r_squared()
    }

    fn query_mean(&self, metric: Metric) -> Result<f64, Undefined> {
        self.weight()?;
        let mut queries = self.pair.queries.iter();
        let (_, values) = queries
            .find(|known| known.0 == metric)
            .ok_or(Undefined::NoRelevant)?;
        values.mean(|query| u32::from(self.space.clusters[query as usize][self.lane]))
    }

    /// The sum over the subset of a number by region.
    fn sum(&self, by_region: &[Lanes<f64>]) -> f64 {
        let regions = self.regions().iter();
        regions.map(|&region| by_region[region][self.lane]).sum()
    }

    /// The rows of the subset, which must not be none.
    fn weight(&self) -> Result<f64, Undefined> {
        let rows: u32 = self.regions().iter().map(|&region| self.rows(region)).sum();
        if rows == 0 {
            Err(Undefined::Empty)
        } else {
            Ok(f64::from(rows))
        }
    }

    fn rows(&self, region: usize) -> u32 {
        self.space.regions[region][self.lane]
    }

    /// The regions of the subset.
    fn regions(&self) -> &[usize] {
        &self.prepared.subsets[self.pair.subset].regions
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::{
        Finite, ModelId, Quantity, Settings, Share, Study, SubsetId, Task,
        study::{
            Strata,
            resample::{Draws, Stream, draw},
        },
    };

    struct Rows {
        labels: Vec<bool>,
        scores: [Vec<f64>; 2],
        subset: Vec<bool>,
    }

    /// Rows whose scores are multiples of `1 / steps`.
    fn rows(count: usize, steps: f64) -> Rows {
        let mut stream = 1_u64;
        let mut uniform = || {
            stream = stream
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(99);
            (stream >> 11) as f64 / (1_u64 << 53) as f64
        };
        let mut rows = Rows {
            labels: Vec::new(),
            scores: [Vec::new(), Vec::new()],
            subset: Vec::new(),
        };
        for _ in 0..count {
            let label = uniform() < 0.25;
            for scores in &mut rows.scores {
                let shift = if label { 1.5 } else { 0.0 };
                let logit = 4.0 * (uniform() + uniform()) - 6.0 + shift;
                let score = 1.0 / (1.0 + libm::exp(-logit));
                scores.push((score * steps).round() / steps);
            }
            rows.labels.push(label);
            rows.subset.push(uniform() < 0.4);
        }
        rows
    }

    fn study(rows: &Rows) -> (Study, Vec<Quantity>) {
        let settings = Settings {
            threshold: Finite::new(0.4).unwrap(),
            review_budget: Share::new(0.13),
            ..Settings::default()
        };
        let mut study = Study::binary(&rows.labels, settings).unwrap();
        let models: Vec<ModelId> = rows
            .scores
            .iter()
            .map(|s| study.add_scores(s).unwrap())
            .collect();
        let subsets = [SubsetId::ALL, study.add_subset(&rows.subset).unwrap()];
        let mut quantities = Vec::new();
        for model in models {
            for subset in subsets {
                let quantity = |metric| Quantity {
                    model,
                    metric,
                    subset,
                    class: None,
                };
                let binary = Metric::ALL.into_iter();
                let binary = binary.filter(|metric| metric.applies_to(Task::Binary));
                quantities.extend(binary.map(quantity));
            }
        }
        (study, quantities)
    }

    /// A replicate's values, and those of a study of its drawn rows.
    fn replicate_and_drawn(rows: &Rows, replicate: u32) -> Vec<(Metric, f64, f64)> {
        let (study_of_all, quantities) = study(rows);
        let prepared = Prepared::new(&study_of_all, &quantities).unwrap();
        let mut space = Workspace::new(&prepared);
        let draws = Draws::new(prepared.strata(Strata::LabelClasses));
        let lane = replicate as usize % LANES;
        let first = replicate - lane as u32;
        let mut streams = std::array::from_fn(|lane| Stream::new(4, first + lane as u32));
        space.weigh(&prepared, |units| draw(&draws, &mut streams, units));
        let mut values = vec![f64::NAN; quantities.len()];
        prepared.evaluate(&mut space, Fit::Grouped, LANES, |of, quantity, value| {
            if of == lane {
                values[quantity] = value.unwrap();
            }
        });
        let mut drawn = Vec::new();
        for (row, &times) in study_of_all
            .canonical_order()
            .rows
            .into_iter()
            .zip(&space.weights)
        {
            drawn.extend(std::iter::repeat_n(row, usize::from(times[lane])));
        }
        let pick = |scores: &Vec<f64>| drawn.iter().map(|&row| scores[row]).collect();
        let rows = Rows {
            labels: drawn.iter().map(|&row| rows.labels[row]).collect(),
            scores: [pick(&rows.scores[0]), pick(&rows.scores[1])],
            subset: drawn.iter().map(|&row| rows.subset[row]).collect(),
        };
        let (study_of_drawn, quantities) = study(&rows);
        let expected = study_of_drawn.measure(&quantities).unwrap();
        let metrics = quantities.iter().map(|quantity| quantity.metric);
        let expected = expected.iter().map(|measure| measure.value().unwrap());
        metrics
            .zip(values)
            .zip(expected)
            .map(|((m, v), e)| (m, v, e))
            .collect()
    }

    #[test]
    fn a_replicate_has_the_values_of_a_study_of_its_drawn_rows() {
        // Few distinct scores: the recalibration is exact too.
        let rows = rows(900, 100.0);
        for replicate in 0..20 {
            for (metric, found, expected) in replicate_and_drawn(&rows, replicate) {
                assert!(
                    (found - expected).abs() < 1e-9,
                    "{metric:?}: {found}, {expected}"
                );
            }
        }
    }

    /// The largest error of a recalibration in some replicates, over the
    /// standard error of the same parameter.
    fn worst_grouping(rows: &Rows, replicates: std::ops::Range<u32>) -> f64 {
        let (labels, [scores, _]) = (&rows.labels, &rows.scores);
        let fit = crate::recalibrate(labels, scores).unwrap();
        let error_of = |metric| match metric {
            Metric::CalibrationIntercept => Some(fit.intercept_standard_error.get()),
            Metric::CalibrationSlope => Some(fit.slope_standard_error.get()),
            Metric::CalibrationInTheLarge => Some(fit.in_the_large_standard_error.get()),
            _ => None,
        };
        let mut worst: f64 = 0.0;
        for replicate in replicates {
            let values = replicate_and_drawn(rows, replicate);
            // The first model over all rows comes first.
            for (metric, found, expected) in values.into_iter().take(25) {
                let error = (found - expected).abs();
                match error_of(metric) {
                    Some(standard) => worst = worst.max(error / standard),
                    None if Family::of(metric) == Family::Calibration => {}
                    None => assert!(error < 1e-9, "{metric:?}: {found}, {expected}"),
                }
            }
        }
        worst
    }

    #[test]
    fn grouping_moves_a_recalibration_far_less_than_resampling_does() {
        // More than 128 distinct scores: the recalibration is grouped.
        let worst = worst_grouping(&rows(6000, 1e9), 0..10);
        assert!(worst < 0.002, "{worst}");
        assert!(worst > 1e-9, "the fits were not grouped");
    }

    #[test]
    fn grouping_moves_the_recalibration_of_the_census_by_little_too() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        let bytes = |name| std::fs::read(folder.join(name)).unwrap();
        let scores = bytes("lr.prob.f32");
        let scores = scores.as_chunks::<4>().0.iter();
        let scores: Vec<f64> = scores
            .map(|&word| f32::from_le_bytes(word).into())
            .collect();
        let labels: Vec<bool> = bytes("y.u8").iter().map(|&label| label == 1).collect();
        let rows = Rows {
            subset: (0..labels.len()).map(|row| row % 7 == 1).collect(),
            scores: [scores.clone(), scores],
            labels,
        };
        let worst = worst_grouping(&rows, 0..3);
        assert!(worst < 0.01, "{worst}");
    }

    #[test]
    fn every_row_counted_once_gives_the_estimates() {
        let (study, quantities) = study(&rows(900, 1e9));
        let prepared = Prepared::new(&study, &quantities).unwrap();
        let mut space = Workspace::new(&prepared);
        let estimates = prepared.estimates();
        prepared.evaluate(&mut space, Fit::Grouped, LANES, |_, quantity, value| {
            let (found, expected) = (value.unwrap(), estimates[quantity].value().unwrap());
            if Family::of(quantities[quantity].metric) == Family::Calibration {
                assert!((found - expected).abs() < 1e-9);
            } else {
                assert_eq!(found.to_bits(), expected.to_bits());
            }
        });
    }
}
