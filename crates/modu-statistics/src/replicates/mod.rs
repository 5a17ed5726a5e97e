//! The bootstrap values of one quantity, and what is read off them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Finite, Interval, IntervalMethod, Measure, Share, Undefined,
    bca::{Influence, Jackknife},
    expansion::Expansion,
};

mod p_values;
mod quantile;

use quantile::{quantile, quantile_among_ties};

/// The estimate of a quantity on the data, and its value in each replicate.
///
/// Values of different quantities of one bootstrap come from the same
/// resamples, replicate by replicate, so [`Self::difference`] and
/// [`Self::gap`] are paired.
///
/// A quantity may be undefined in a replicate (a resampled group without
/// positives). Such a replicate is never left out: it counts at the
/// unfavourable end of whatever is asked, so that missing values can only
/// make a limit more cautious.
#[derive(Debug, Clone, PartialEq)]
pub struct Replicates {
    estimate: Measure,
    /// NaN where the replicate is undefined; never shown outside.
    values: Vec<f64>,
    /// For BCa limits.
    influence: Influence,
}

/// One end of a range of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The lower end: what a criterion "at least" is held against.
    Lower,
    /// The upper end: what a criterion "at most" is held against.
    Upper,
}

impl Replicates {
    /// Replicates from values computed elsewhere; `None` is undefined.
    #[must_use]
    pub fn new(estimate: Measure, values: impl IntoIterator<Item = Option<Finite>>) -> Self {
        let values = values
            .into_iter()
            .map(|value| value.map_or(f64::NAN, Finite::get))
            .collect();
        Self::from_raw(estimate, values, Influence::Unknown)
    }

    /// The same with the quantity's value without each unit of the sample in
    /// turn, which BCa limits need; `None` is undefined.
    #[must_use]
    pub fn with_jackknife(self, left_out: impl IntoIterator<Item = Option<Finite>>) -> Self {
        let values = left_out.into_iter();
        let values = values.map(|value| value.map_or(f64::NAN, Finite::get));
        Self {
            influence: Influence::Known(Jackknife::of_units(values.collect())),
            ..self
        }
    }

    pub(crate) const fn from_raw(
        estimate: Measure,
        values: Vec<f64>,
        influence: Influence,
    ) -> Self {
        Self {
            estimate,
            values,
            influence,
        }
    }

    /// The quantity on the data as they are.
    #[must_use]
    pub const fn estimate(&self) -> Measure {
        self.estimate
    }

    /// The values, in the order of the replicates; `None` where undefined.
    pub fn values(&self) -> impl ExactSizeIterator<Item = Option<Finite>> {
        self.values.iter().map(|&value| Finite::new(value))
    }

    /// How many replicates are undefined.
    #[must_use]
    pub fn undefined(&self) -> usize {
        self.values.iter().filter(|value| value.is_nan()).count()
    }

    /// This minus another quantity, paired by replicate.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self::combine(&[self, other], |values| values[0] - values[1])
    }

    /// The largest minus the smallest of several quantities (a metric in
    /// each member of a group), paired by replicate; undefined wherever one
    /// of them is. A gap is never negative, and resampling noise widens it:
    /// where the true gap is near zero, its limits lie above the truth, so a
    /// criterion "at most" is judged cautiously. By any method they are
    /// percentiles: BCa would take that noise off, and more than it where the
    /// gap is of the size of its error, so that its upper limits would lie
    /// below the truth too often.
    #[must_use]
    pub fn gap(members: &[&Self]) -> Self {
        let gap = Self::combine(members, |values| {
            let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
            largest - smallest
        });
        gap.folded()
    }

    /// The absolute difference from a fixed value (a slope from 1); its
    /// limits, as those of a gap, are percentiles by any method.
    #[must_use]
    pub fn deviation_from(&self, reference: f64) -> Self {
        let deviation = Self::combine(&[self], |values| (values[0] - reference).abs());
        deviation.folded()
    }

    pub(crate) fn folded(self) -> Self {
        let influence = Influence::Folded;
        Self { influence, ..self }
    }

    /// A function of several quantities, replicate by replicate; undefined
    /// wherever one of them is. No quantities give no replicates.
    #[must_use]
    pub fn combine(parts: &[&Self], function: impl Fn(&[f64]) -> f64) -> Self {
        let estimates: Result<Vec<f64>, Undefined> =
            parts.iter().map(|part| part.estimate.get()).collect();
        let estimate = match estimates {
            Ok(values) if values.is_empty() => Err(Undefined::Empty),
            Ok(values) => Ok(function(&values)),
            Err(reason) => Err(reason),
        };
        let count = parts
            .iter()
            .map(|part| part.values.len())
            .min()
            .unwrap_or(0);
        let mut row = vec![0.0; parts.len()];
        let values = (0..count).map(|replicate| {
            for (slot, part) in row.iter_mut().zip(parts) {
                *slot = part.values[replicate];
            }
            if row.iter().any(|value| value.is_nan()) {
                return f64::NAN;
            }
            let value = function(&row);
            if value.is_finite() { value } else { f64::NAN }
        });
        let influences: Vec<&Influence> = parts.iter().map(|part| &part.influence).collect();
        let values = values.collect();
        let influence = Influence::combine(&influences, &function);
        Self::from_raw(estimate.into(), values, influence)
    }

    /// The two-sided interval by a method; by BCa and expanded, each end at
    /// its own adjusted level ([`IntervalMethod`]), the quantile otherwise
    /// taken as in [`Self::interval`].
    ///
    /// # Errors
    /// As [`Self::interval`]; by BCa also [`Undefined::NoBiasCorrection`] and
    /// [`Undefined::NoAcceleration`].
    pub fn interval_by(
        &self,
        method: IntervalMethod,
        confidence: Share,
    ) -> Result<Interval, Undefined> {
        self.estimate.get()?;
        let tail = (1.0 - confidence.get()) / 2.0;
        let quantile = match (method, self.jackknife(method)?) {
            (IntervalMethod::Expanded, Some(_)) => quantile_among_ties,
            _ => quantile,
        };
        let limit = |side| {
            let tail = self.tail_by(method, side, tail)?;
            self.tail_quantile(side, tail, quantile)
        };
        Ok(Interval {
            lower: limit(Side::Lower)?,
            upper: limit(Side::Upper)?,
            confidence,
        })
    }

    /// The one-sided limit by a method; by BCa and expanded, the order
    /// statistic that cuts off the adjusted tail ([`IntervalMethod`]), on the
    /// cautious side as in [`Self::limit`], and undefined as there or where
    /// BCa is.
    #[must_use]
    pub fn limit_by(&self, method: IntervalMethod, side: Side, confidence: Share) -> Measure {
        let limit = self.estimate.get().and_then(|_| {
            let tail = self.tail_by(method, side, 1.0 - confidence.get())?;
            self.order_statistic(side, tail)
        });
        limit.map(Finite::get).into()
    }

    /// The tail to cut off at a side so that `tail` is left out.
    fn tail_by(&self, method: IntervalMethod, side: Side, tail: f64) -> Result<f64, Undefined> {
        let Some(jackknife) = self.jackknife(method)? else {
            return Ok(tail);
        };
        let corrected = |tail| jackknife.tail(self.below(side)?, tail, side == Side::Upper);
        if method == IntervalMethod::BiasCorrectedAccelerated {
            return corrected(tail);
        }
        let tail = Expansion::of(jackknife).map_or(tail, |expansion| expansion.tail(tail));
        Ok(corrected(tail).unwrap_or(tail))
    }

    /// What a method corrects by; none where limits are percentiles.
    fn jackknife(&self, method: IntervalMethod) -> Result<Option<&Jackknife>, Undefined> {
        match (method, &self.influence) {
            (IntervalMethod::Percentile, _) | (_, Influence::Folded) => Ok(None),
            (IntervalMethod::Expanded, Influence::Unknown) => Ok(None),
            (_, Influence::Unknown) => Err(Undefined::NoAcceleration),
            (_, Influence::Known(jackknife)) => Ok(Some(jackknife)),
        }
    }

    /// The share of the replicates below the estimate, those equal to it up
    /// to rounding counted half. Undefined ones count where they move the
    /// limit of a side outwards.
    fn below(&self, side: Side) -> Result<f64, Undefined> {
        let estimate = self.estimate.get()?;
        let rounding = 1e-12 * estimate.abs().max(1e-3);
        let twice: u64 = self
            .values
            .iter()
            .map(|value| match value - estimate {
                away if away.is_nan() => 2 * u64::from(side == Side::Upper),
                away if away < -rounding => 2,
                away if away > rounding => 0,
                _ => 1,
            })
            .sum();
        Ok(twice as f64 / (2 * self.values.len()) as f64)
    }

    /// The two-sided percentile interval: the quantiles of the replicates at
    /// `(1 - confidence) / 2` and `1 - (1 - confidence) / 2`, interpolated
    /// linearly between order statistics (Hyndman & Fan 1996, definition 7:
    /// the default of numpy and R).
    ///
    /// # Errors
    /// The reason why the estimate is undefined, or
    /// [`Undefined::UndefinedReplicates`].
    pub fn interval(&self, confidence: Share) -> Result<Interval, Undefined> {
        self.interval_by(IntervalMethod::Percentile, confidence)
    }

    /// The one-sided percentile limit: the order statistic of rank
    /// `floor((1 - confidence) * (replicates + 1))` from the limit's side
    /// (Davison & Hinkley 1997, 5.2.1), which lies on the cautious side of an
    /// interpolated quantile. Undefined replicates come first from that side.
    ///
    /// Undefined where that rank is below [`Self::FEWEST_BEYOND`]
    /// ([`Undefined::FewReplicates`]), where it falls among undefined
    /// replicates, and where the estimate is undefined.
    #[must_use]
    pub fn limit(&self, side: Side, confidence: Share) -> Measure {
        self.limit_by(IntervalMethod::Percentile, side, confidence)
    }

    /// The fewest replicates at or beyond a limit on which it may rest.
    pub const FEWEST_BEYOND: usize = 5;

    /// The rank of a one-sided limit at a confidence among so many
    /// replicates; `None` where too few carry it.
    #[must_use]
    pub fn rank_of_limit(replicates: usize, confidence: Share) -> Option<usize> {
        Self::rank_of_tail(replicates, 1.0 - confidence.get())
    }

    fn rank_of_tail(replicates: usize, tail: f64) -> Option<usize> {
        // 1 - 0.95 is not exactly 0.05: a whole rank must not be missed by a
        // rounding of the subtraction.
        let rank = tail * (replicates + 1) as f64 + 1e-9;
        let rank = rank as usize;
        (Self::FEWEST_BEYOND..=replicates)
            .contains(&rank)
            .then_some(rank)
    }

    /// Whether the defined replicates differ from each other by more than
    /// rounding. Where they do not, resampling has nothing to say about the
    /// uncertainty: five right answers of five are five in every replicate.
    #[must_use]
    pub fn varies(&self) -> bool {
        let defined = || self.values.iter().copied().filter(|value| !value.is_nan());
        let smallest = defined().fold(f64::INFINITY, f64::min);
        let largest = defined().fold(f64::NEG_INFINITY, f64::max);
        largest - smallest > 1e-12 * largest.abs().max(smallest.abs()).max(1e-3)
    }

    /// The standard deviation of the defined replicates (divisor count - 1):
    /// the bootstrap standard error.
    #[must_use]
    pub fn standard_error(&self) -> Measure {
        let defined: Vec<f64> = self
            .values
            .iter()
            .copied()
            .filter(|v| !v.is_nan())
            .collect();
        if defined.len() < 2 {
            return Measure::Undefined(Undefined::UndefinedReplicates);
        }
        let count = defined.len() as f64;
        let mean = defined.iter().sum::<f64>() / count;
        let squares: f64 = defined
            .iter()
            .map(|value| (value - mean) * (value - mean))
            .sum();
        Ok((squares / (count - 1.0)).sqrt()).into()
    }

    fn order_statistic(&self, side: Side, tail: f64) -> Result<Finite, Undefined> {
        let count = self.values.len();
        let rank = Self::rank_of_tail(count, tail).ok_or(Undefined::FewReplicates)?;
        let mut values = self.with_undefined_beyond(side);
        let place = match side {
            Side::Lower => rank - 1,
            Side::Upper => count - rank,
        };
        let (_, &mut value, _) = values.select_nth_unstable_by(place, f64::total_cmp);
        Finite::new(value).ok_or(Undefined::UndefinedReplicates)
    }

    /// The quantile that cuts off `tail` at one side, undefined replicates
    /// placed beyond the end of that side.
    fn tail_quantile(
        &self,
        side: Side,
        tail: f64,
        quantile: fn(&mut [f64], f64) -> f64,
    ) -> Result<Finite, Undefined> {
        let mut values = self.with_undefined_beyond(side);
        let level = match side {
            Side::Lower => tail,
            Side::Upper => 1.0 - tail,
        };
        Finite::new(quantile(&mut values, level)).ok_or(Undefined::UndefinedReplicates)
    }

    fn with_undefined_beyond(&self, side: Side) -> Vec<f64> {
        let beyond = match side {
            Side::Lower => f64::NEG_INFINITY,
            Side::Upper => f64::INFINITY,
        };
        let values = self.values.iter().copied();
        values
            .map(|value| if value.is_nan() { beyond } else { value })
            .collect()
    }
}
