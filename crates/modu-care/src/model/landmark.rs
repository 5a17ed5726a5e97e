//! Landmark super models: the risk from any visit on (van Houwelingen, "Dynamic
//! prediction by landmarking in event history analysis", Scandinavian Journal
//! of Statistics 34, 2007).
//!
//! A patient who comes on day `s` has come that far, and brings new values. The
//! risk of the event within the next `h` days is
//! `1 - exp(-exp(x b(s)) (H(s + h) - H(s)))`: one baseline `H` by the time since
//! the start for all visits, and coefficients that are a polynomial of the
//! visit's day. It is one Cox model of all visits, each row at risk from its day
//! to the event or the last horizon, with the products of the columns and the
//! day as further columns, and the variance by person.

use modu_survival::{Covariates, EventCode, Outcomes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::hazards::{Cause, FARTHEST};
use crate::CareError;
use crate::privacy::SMALLEST_CELL;

/// Even parts of the time that the baseline is known at, at most.
const PARTS: u32 = 120;
/// Parts of a day to which times are rounded, so that times which are equal stay
/// so when the visit's day is added.
const GRID: f64 = 1_048_576.0;

/// Hazards by the day of the visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LandmarkModel {
    /// The place of the term that tells the day of the visit.
    pub clock: usize,
    /// The degree of the polynomial that each coefficient is.
    pub degree: u32,
    /// The first and the last day of visits that at least five rows reach; a
    /// visit beyond is taken as on that day.
    pub days: [f64; 2],
    /// Where the steps of the baseline end, in days since the start, ascending;
    /// the first ends at the first day of visits.
    pub until: Vec<f64>,
    /// The effects, by term and power of the day, then those of the day and its
    /// square; and the baseline.
    pub cause: Cause,
}

/// The time since the start of rows that are counted from their visits.
pub(super) struct Visits {
    pub(super) outcomes: Outcomes,
    pub(super) covariates: Covariates,
}

impl Visits {
    /// Lays rows out by the time since the start, followed up to a horizon.
    pub(super) fn new(
        outcomes: &Outcomes,
        covariates: &Covariates,
        (clock, degree): (usize, u32),
        horizon: f64,
    ) -> Result<Self, CareError> {
        let rows = covariates.rows();
        let day = &covariates.columns()[clock];
        let rounded = |days: f64| libm::round(days * GRID) / GRID;
        let entry = |row: usize| outcomes.entry().map_or(0.0, |entry| entry[row].max(0.0));
        let time = |row: usize| outcomes.time()[row].min(horizon);
        let kept: Vec<usize> = (0..rows).filter(|row| entry(*row) < time(*row)).collect();
        let event = |row: usize| match outcomes.time()[row] <= horizon {
            true => outcomes.event()[row],
            false => EventCode::CENSORED,
        };
        let of = |value: &dyn Fn(usize) -> f64| kept.iter().map(|row| value(*row)).collect();
        let mut laid = Outcomes::new(
            of(&|row| rounded(day[row] + time(row))),
            kept.iter().map(|row| event(*row)).collect(),
        )?
        .with_entry(of(&|row| rounded(day[row] + entry(row))))?;
        if let Some(person) = outcomes.cluster() {
            laid = laid.with_clusters(kept.iter().map(|row| person[*row]).collect())?;
        }
        let mut columns = Vec::new();
        for (place, (name, column)) in (covariates.names().iter())
            .zip(covariates.columns())
            .enumerate()
        {
            if place != clock {
                for power in 0..=degree {
                    let value = |row: usize| column[row] * raised(day[row], power);
                    columns.push((format!("{name}{}", by_day(power)), of(&value)));
                }
            }
        }
        for power in 1..=2 {
            let name = by_day(power).trim_start_matches(':').to_owned();
            columns.push((name, of(&|row| raised(day[row], power))));
        }
        Ok(Self {
            covariates: Covariates::new(kept.len(), columns)?,
            outcomes: laid,
        })
    }

    /// Where steps of the baseline end: at the first day of visits, at the end
    /// of all, and between them where at least five events lie on both sides:
    /// at `first` where they can, then at even parts.
    pub(super) fn ends(&self, days: [f64; 2], horizon: f64, first: &[f64]) -> Vec<f64> {
        let times = super::make::times_of_events(&self.outcomes);
        let by = |end: f64| times.partition_point(|time| *time <= end) as u64;
        let last = days[1] + horizon;
        let part = |part| days[0] + (last - days[0]) * f64::from(part) / f64::from(PARTS);
        let mut ends = vec![days[0], last];
        for end in first.iter().copied().chain((1..PARTS).map(part)) {
            let place = ends.partition_point(|it| *it < end);
            let Some([before, after]) = place
                .checked_sub(1)
                .and_then(|before| Some([ends[before], *ends.get(place)?]))
            else {
                continue;
            };
            let apart =
                by(end) - by(before) >= SMALLEST_CELL && by(after) - by(end) >= SMALLEST_CELL;
            if end < after && apart {
                ends.insert(place, end);
            }
        }
        ends
    }
}

fn raised(day: f64, power: u32) -> f64 {
    (0..power).fold(1.0, |product, _| product * day)
}

fn by_day(power: u32) -> &'static str {
    match power {
        0 => "",
        1 => ":s",
        _ => ":s^2",
    }
}

impl LandmarkModel {
    /// Whether its parts fit one another, the terms and the horizons.
    pub(super) fn check(&self, terms: usize, horizons: &[f64]) -> Result<(), CareError> {
        let wrong = |problem: &str| Err(CareError::at("the landmark model", problem));
        let effects = terms.saturating_sub(1) * (self.degree as usize + 1) + 2;
        if self.clock >= terms || self.degree > 2 || self.cause.event != 1 {
            return wrong("its terms do not fit: make the model again");
        }
        let ascend = self.until.is_sorted_by(|before, after| before < after);
        let [first, last] = self.days;
        let ends = self.until.first() == Some(&first)
            && horizons
                .last()
                .is_some_and(|horizon| self.until.last().is_some_and(|end| *end >= last + horizon));
        let lie_after_the_start = 0.0 <= first && first <= last;
        if !(ascend && ends && lie_after_the_start) {
            return wrong("its days or steps do not ascend: make the model again");
        }
        let steps = &self.cause.steps;
        let happens = steps.iter().skip(1).map(|step| step.hazard).sum::<f64>() > 0.0;
        match self.cause.is_sound(effects, self.until.len()) && happens {
            true => Ok(()),
            false => wrong("its parts do not fit one another: make the model again"),
        }
    }

    fn day(&self, row: &[f64]) -> f64 {
        let day = row.get(self.clock).copied().unwrap_or(self.days[0]);
        day.clamp(self.days[0], self.days[1])
    }

    /// What the effects multiply, of a patient's columns.
    fn entered(&self, row: &[f64]) -> Vec<f64> {
        let day = self.day(row);
        let columns = row.iter().enumerate();
        let columns = columns.filter(|(place, _)| *place != self.clock);
        let own = columns
            .flat_map(|(_, value)| (0..=self.degree).map(move |power| value * raised(day, power)));
        own.chain([day, day * day]).collect()
    }

    /// The steps that lie after a visit and within a horizon: their places, and
    /// which share of each.
    fn met(&self, row: &[f64], horizon: f64) -> impl Iterator<Item = (usize, f64)> + '_ {
        let from = self.day(row);
        let to = from + horizon;
        let steps = self.until.windows(2).enumerate();
        steps.filter_map(move |(place, ends)| {
            let within = ends[1].min(to) - ends[0].max(from);
            (within > 0.0).then(|| (place + 1, (within / (ends[1] - ends[0])).min(1.0)))
        })
    }

    fn ratio(&self, entered: &[f64]) -> f64 {
        libm::exp(self.cause.linear(entered).clamp(-FARTHEST, FARTHEST))
    }

    /// The risk within a horizon, in days from the visit.
    #[must_use]
    pub fn risk(&self, horizon: f64, row: &[f64]) -> f64 {
        let steps = &self.cause.steps;
        let hazards = self.met(row, horizon);
        let hazard: f64 = hazards
            .map(|(place, share)| share * steps[place].hazard)
            .sum();
        -libm::expm1(-hazard * self.ratio(&self.entered(row)))
    }

    /// The standard error of that risk; none where the model does not know it.
    /// A part of a step is as unsure as its share of the step's variance.
    #[must_use]
    pub fn standard_error(&self, horizon: f64, row: &[f64]) -> Option<f64> {
        let covariance = self.cause.covariance.as_ref()?;
        let entered = self.entered(row);
        let ratio = self.ratio(&entered);
        let mut gradient = vec![0.0; entered.len()];
        let (mut variance, mut hazard) = (0.0, 0.0);
        for (place, share) in self.met(row, horizon) {
            let step = &self.cause.steps[place];
            hazard += share * step.hazard;
            variance += share * step.variance;
            let columns = entered.iter().zip(&self.cause.effects).zip(&step.met);
            for (sum, ((value, effect), met)) in gradient.iter_mut().zip(columns) {
                *sum += share * (step.hazard * (value - effect.centre) - met);
            }
        }
        variance += quadratic(covariance, &gradient);
        Some(libm::exp(-hazard * ratio) * ratio * variance.max(0.0).sqrt())
    }

    /// The coefficient of a term at a visit on a day, and its standard error;
    /// none of the term that tells the day.
    pub(super) fn effect(&self, term: usize, day: f64) -> Option<(f64, Option<f64>)> {
        if term == self.clock {
            return None;
        }
        let powers = self.degree as usize + 1;
        let first = (term - usize::from(term > self.clock)) * powers;
        let effects = self.cause.effects.get(first..first + powers)?;
        let weights: Vec<f64> = (0..=self.degree).map(|power| raised(day, power)).collect();
        let sum = effects
            .iter()
            .zip(&weights)
            .map(|(effect, weight)| effect.coefficient * weight);
        let error = self.cause.covariance.as_ref().and_then(|rows| {
            let rows = rows.get(first..first + powers)?.iter();
            let part: Option<Vec<Vec<f64>>> = rows
                .map(|row| Some(row.get(first..first + powers)?.to_vec()))
                .collect();
            Some(quadratic(&part?, &weights).max(0.0).sqrt())
        });
        Some((sum.sum(), error))
    }
}

fn quadratic(matrix: &[Vec<f64>], vector: &[f64]) -> f64 {
    let row = |row: &Vec<f64>| row.iter().zip(vector).map(|(a, b)| a * b).sum::<f64>();
    matrix
        .iter()
        .zip(vector)
        .map(|(it, value)| value * row(it))
        .sum()
}
