//! The value of every quantity under given multiplicities of the rows.

use super::{
    logits::SlotSum,
    loss::{Explained, weight_of, weighted_sum},
    prepare::{Family, Pair, Prepared, RowLoss, Wanted},
    ranking::{SegmentWeight, average_precision, roc_auc},
    resample::Multiplicity,
    review::{ReviewList, Reviewed},
};
use crate::{ConfusionMatrix, Measure, Metric, Undefined, calibration::LogitGroup};

/// Scratch space of one thread.
pub(super) struct Workspace {
    pub(super) weights: Vec<Multiplicity>,
    /// Of the clusters, where the study has any.
    pub(super) clusters: Vec<Multiplicity>,
    cells: Vec<u32>,
    regions: Vec<u32>,
    models: Vec<ModelSums>,
    /// Centred targets and their squares, by region.
    targets: [Vec<f64>; 2],
    matrix: ConfusionMatrix,
    running: Vec<u32>,
    segments: Vec<SegmentWeight>,
    groups: Vec<LogitGroup>,
}

/// What all subsets share of a model in one replicate.
#[derive(Default)]
struct ModelSums {
    /// By region, for each loss of the model.
    losses: Vec<Vec<f64>>,
    /// By slot.
    residuals: Vec<f64>,
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
        Self {
            weights: vec![1; prepared.rows],
            clusters: vec![1; prepared.clusters.as_ref().map_or(0, |of| of.count)],
            targets: [Vec::new(), Vec::new()],
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

    /// The multiplicities of what is drawn: clusters, or else rows.
    pub(super) fn units(&mut self) -> &mut [Multiplicity] {
        if self.clusters.is_empty() {
            &mut self.weights
        } else {
            &mut self.clusters
        }
    }

    /// Gives every row the multiplicity of its cluster, where there are any.
    pub(super) fn spread(&mut self, prepared: &Prepared) {
        if let Some(clusters) = &prepared.clusters {
            for (weight, &cluster) in self.weights.iter_mut().zip(&clusters.of_row) {
                *weight = self.clusters[cluster as usize];
            }
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
            for wanted in &pair.wanted {
                let metric = wanted.metric;
                let value = match Family::of(metric) {
                    Family::Decisions => match wanted.class {
                        None => space.matrix.metric(metric),
                        Some(class) => space.matrix.against_the_rest(class).metric(metric),
                    },
                    Family::Ranks => self.rank_metric(wanted, &ranks),
                    Family::Review => self.reviewed(pair, space).metric(metric),
                    Family::Loss(loss) => {
                        self.mean_loss(pair, space, loss).map(|mean| match loss {
                            RowLoss::Squared => mean.sqrt(),
                            _ => mean,
                        })
                    }
                    Family::Explained => self.explained(pair, space),
                    Family::Bins => self.calibration_error(pair, space),
                    Family::Queries => self.query_mean(pair, space, metric),
                    Family::Calibration => continue,
                };
                sink(wanted.quantity, value);
            }
            self.recalibrate(pair, space, fit, &mut sink);
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
        let by_region = |values: &[f64], sums: &mut Vec<f64>| {
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

    /// The metrics of each ranking of a pair; only what is wanted is computed.
    fn ranks(&self, pair: &Pair, space: &mut Workspace) -> Vec<Ranks> {
        let wants = |metric| pair.wanted.iter().any(|wanted| wanted.metric == metric);
        let (wants_area, wants_precision) =
            (wants(Metric::RocAuc), wants(Metric::AveragePrecision));
        let mut ranks = Vec::with_capacity(pair.rankings.len());
        for ranking in &pair.rankings {
            ranking.weigh(&space.weights, &mut space.running, &mut space.segments);
            let unasked = Err(Undefined::Empty);
            ranks.push(Ranks {
                area: if wants_area {
                    roc_auc(&space.segments)
                } else {
                    unasked
                },
                precision: if wants_precision {
                    average_precision(&space.segments)
                } else {
                    unasked
                },
            });
        }
        ranks
    }

    /// A metric of ranks: of the only ranking, of a class, or the mean of the
    /// classes' areas.
    fn rank_metric(&self, wanted: &Wanted, ranks: &[Ranks]) -> Result<f64, Undefined> {
        let of = |ranks: &Ranks| match wanted.metric {
            Metric::RocAuc => ranks.area,
            _ => ranks.precision,
        };
        if let Some(class) = wanted.class {
            return ranks
                .get(usize::from(class))
                .map_or(Err(Undefined::Empty), of);
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
            Undefined::NoPositives | Undefined::NoNegatives if self.classes > 2 => {
                Undefined::ClassAbsent
            }
            _ => reason,
        }
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

    fn mean_loss(&self, pair: &Pair, space: &Workspace, loss: RowLoss) -> Result<f64, Undefined> {
        Ok(self.loss_sum(pair, space, loss)? / self.weight(pair, space)?)
    }

    fn loss_sum(&self, pair: &Pair, space: &Workspace, loss: RowLoss) -> Result<f64, Undefined> {
        let mut losses = self.models[pair.model].losses.iter();
        let place = losses.position(|(known, _)| *known == loss);
        let place = place.ok_or(Undefined::NeedsScores)?;
        Ok(self.sum_regions(pair, &space.models[pair.model].losses[place]))
    }

    fn sum_regions(&self, pair: &Pair, sums: &[f64]) -> f64 {
        let regions = &self.subsets[pair.subset].regions;
        regions.iter().map(|&region| sums[region]).sum()
    }

    fn explained(&self, pair: &Pair, space: &Workspace) -> Result<f64, Undefined> {
        let [targets, squares] = &space.targets;
        Explained {
            rows: self.weight(pair, space)?,
            targets: self.sum_regions(pair, targets),
            squares: self.sum_regions(pair, squares),
            errors: self.loss_sum(pair, space, RowLoss::Squared)?,
        }
        .r_squared()
    }

    fn query_mean(&self, pair: &Pair, space: &Workspace, metric: Metric) -> Result<f64, Undefined> {
        self.weight(pair, space)?;
        let values = pair.queries.iter().find(|known| known.0 == metric);
        let (_, values) = values.ok_or(Undefined::NoRelevant)?;
        values.mean(|query| u32::from(space.clusters[query as usize]))
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

    /// Hands the calibration metrics of a pair to `sink`.
    fn recalibrate(
        &self,
        pair: &Pair,
        space: &mut Workspace,
        fit: Fit,
        sink: &mut impl FnMut(usize, Result<f64, Undefined>),
    ) {
        let (Some(recalibration), Some(logits)) =
            (&pair.recalibration, &self.models[pair.model].logits)
        else {
            return;
        };
        if fit == Fit::Grouped {
            let sums = &space.models[pair.model].logits;
            logits.gather(sums, self.labelled_regions(pair.subset), &mut space.groups);
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
                sink(quantity, value);
            }
        }
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::{
        Finite, ModelId, Quantity, Settings, Share, Study, SubsetId, Task,
        study::{Strata, resample::Stream},
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
        Stream::new(4, replicate).draw(&prepared.strata(Strata::LabelClasses), &mut space.weights);
        let mut values = vec![f64::NAN; quantities.len()];
        prepared.evaluate(&mut space, Fit::Grouped, |quantity, value| {
            values[quantity] = value.unwrap();
        });
        let mut drawn = Vec::new();
        for (row, &times) in study_of_all
            .canonical_order()
            .rows
            .into_iter()
            .zip(&space.weights)
        {
            drawn.extend(std::iter::repeat_n(row, usize::from(times)));
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
        assert!(worst < 0.006, "{worst}");
    }

    #[test]
    fn every_row_counted_once_gives_the_estimates() {
        let (study, quantities) = study(&rows(900, 1e9));
        let prepared = Prepared::new(&study, &quantities).unwrap();
        let mut space = Workspace::new(&prepared);
        let estimates = prepared.estimates();
        prepared.evaluate(&mut space, Fit::Grouped, |quantity, value| {
            let (found, expected) = (value.unwrap(), estimates[quantity].value().unwrap());
            if Family::of(quantities[quantity].metric) == Family::Calibration {
                assert!((found - expected).abs() < 1e-9);
            } else {
                assert_eq!(found.to_bits(), expected.to_bits());
            }
        });
    }
}
