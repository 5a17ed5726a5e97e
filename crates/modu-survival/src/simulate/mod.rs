//! Made-up studies with a known truth, for tests, examples and measurements.
//!
//! One says how large the hazard of each event is for somebody of ordinary
//! covariates ([`Baseline`]), by how much each covariate multiplies it
//! (coefficients, as a Cox model has them), and how long people are watched
//! ([`Censoring`]). Every row is then drawn from these laws: a time for each
//! event, of which the earliest is seen unless the watching ends before. The
//! same plan gives the same table bit for bit on any machine.
//!
//! [`Plan::usual`] and [`Plan::competing`] are good starts; [`visits`] makes
//! people whose covariate changes from visit to visit.

mod baseline;
mod visits;

pub use baseline::Baseline;
pub use visits::{VisitPlan, Visits, visits};

use crate::random::Stream;
use crate::{Covariates, EventCode, Outcomes, SurvivalError};

/// How often a row is drawn again because it had its event before it entered.
const ATTEMPTS: usize = 1_000;

/// How the values of a column are distributed, independently of the others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Column {
    /// Mean 0, variance 1.
    Normal,
    /// 1 with this probability, otherwise 0.
    Binary(f64),
    /// One of 0, 1, ... below this number, equally likely.
    Levels(u32),
}

/// One kind of event, and what makes it more likely.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    /// Its hazard where all covariates are 0.
    pub baseline: Baseline,
    /// The logarithm of the factor by which one unit of each column multiplies
    /// that hazard; columns beyond the list have no effect.
    pub coefficients: Vec<f64>,
}

/// When the watching of a row ends without an event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Censoring {
    /// People leave at a constant rate, after this time on average; `None`:
    /// nobody leaves.
    pub mean: Option<f64>,
    /// The end of the study, at which everyone is censored.
    pub end: f64,
}

/// What a made-up study is like.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Number of rows.
    pub rows: usize,
    /// What all draws derive from.
    pub seed: u64,
    /// The covariates, named `x1`, `x2`, ...
    pub columns: Vec<Column>,
    /// The events: the first has code 1, the next 2, ...
    pub causes: Vec<Cause>,
    /// When watching ends.
    pub censoring: Censoring,
    /// Rows enter at a time uniform from 0 to this, and are in the study only
    /// if they had no event until then (left truncation).
    pub delayed_entry: Option<f64>,
    /// Times are rounded up, and entries down, to multiples of this, which
    /// makes ties.
    pub rounding: Option<f64>,
}

/// A made-up study.
#[derive(Debug, Clone, PartialEq)]
pub struct Simulated {
    /// Who was watched from when to when, and what happened.
    pub outcomes: Outcomes,
    /// What was known of each row.
    pub covariates: Covariates,
}

impl Plan {
    /// So many rows of normal columns, of which the first ten act on one event
    /// with coefficients 0.5, -0.45, 0.4, ...; a Weibull baseline of shape 1.3
    /// and scale 1,000 (days, say), the study's end at 2,000, and people who
    /// leave: about half of the rows have the event. All times differ.
    #[must_use]
    pub fn usual(rows: usize, columns: usize, seed: u64) -> Self {
        Self {
            rows,
            seed,
            columns: vec![Column::Normal; columns],
            causes: vec![Cause {
                baseline: Baseline::Weibull {
                    shape: 1.3,
                    scale: 1_000.0,
                },
                coefficients: falling(columns),
            }],
            censoring: Censoring {
                mean: Some(2_000.0),
                end: 2_000.0,
            },
            delayed_entry: None,
            rounding: None,
        }
    }

    /// As [`Self::usual`], with a competing event of a Gompertz baseline on
    /// which the columns act in the opposite order.
    #[must_use]
    pub fn competing(rows: usize, columns: usize, seed: u64) -> Self {
        let mut plan = Self::usual(rows, columns, seed);
        let mut coefficients = falling(columns);
        coefficients.reverse();
        plan.causes.push(Cause {
            baseline: Baseline::Gompertz {
                rate: 3e-4,
                growth: 1e-3,
            },
            coefficients,
        });
        plan
    }

    fn check(&self) -> Result<(), SurvivalError> {
        let positive = |value: f64| value.is_finite() && value > 0.0;
        let setting = |holds: bool, what, found: String, range| match holds {
            true => Ok(()),
            false => Err(SurvivalError::Setting { what, found, range }),
        };
        const POSITIVE: &str = "finite and above 0";
        let end = self.censoring.end;
        setting(positive(end), "the study's end", end.to_string(), POSITIVE)?;
        for (what, value) in [
            ("the mean time until people leave", self.censoring.mean),
            ("the latest entry", self.delayed_entry),
            ("the rounding", self.rounding),
        ] {
            let value = value.unwrap_or(1.0);
            setting(positive(value), what, value.to_string(), POSITIVE)?;
        }
        for column in &self.columns {
            let (holds, range) = match column {
                Column::Normal => (true, ""),
                Column::Binary(share) => ((0.0..=1.0).contains(share), "a share of 0 to 1"),
                Column::Levels(levels) => (*levels > 0, "at least one level"),
            };
            setting(holds, "a column", format!("{column:?}"), range)?;
        }
        let causes = self.causes.len();
        let range = "1 to 65535";
        let holds = (1..=usize::from(u16::MAX)).contains(&causes);
        setting(holds, "the number of causes", causes.to_string(), range)?;
        for cause in &self.causes {
            cause.baseline.check()?;
            let wrong = cause.coefficients.iter().find(|value| !value.is_finite());
            let found = wrong.map(ToString::to_string).unwrap_or_default();
            setting(wrong.is_none(), "a coefficient", found, "finite")?;
        }
        Ok(())
    }

    /// The values of one row.
    fn values(&self, stream: &mut Stream) -> Vec<f64> {
        let columns = self.columns.iter().map(|column| match *column {
            Column::Normal => stream.normal(),
            Column::Binary(share) => f64::from(u8::from(stream.share() < share)),
            Column::Levels(levels) => stream.below(u64::from(levels)) as f64,
        });
        columns.collect()
    }

    /// When watching would end without an event.
    fn censored_at(&self, stream: &mut Stream) -> f64 {
        let mean = self.censoring.mean;
        let left = mean.map_or(f64::INFINITY, |mean| mean * stream.exponential());
        left.min(self.censoring.end)
    }

    /// When and how the watching of a row of these values ends.
    fn outcome(&self, values: &[f64], stream: &mut Stream) -> (f64, EventCode) {
        let mut first = (self.censored_at(stream), EventCode::CENSORED);
        for (code, cause) in (1..).zip(&self.causes) {
            let factor = libm::exp(cause.predictor(values));
            let time = cause.baseline.time_at(stream.exponential() / factor);
            if time < first.0 {
                first = (time, EventCode(code));
            }
        }
        (self.rounded_up(first.0), first.1)
    }

    fn rounded_up(&self, time: f64) -> f64 {
        self.rounding
            .map_or(time, |step| (time / step).ceil() * step)
    }

    fn entry(&self, latest: f64, stream: &mut Stream) -> f64 {
        let entry = latest * stream.share();
        self.rounding
            .map_or(entry, |step| (entry / step).floor() * step)
    }
}

impl Cause {
    /// The linear predictor of a row of these values.
    #[must_use]
    pub fn predictor(&self, values: &[f64]) -> f64 {
        let products = self.coefficients.iter().zip(values);
        products
            .map(|(coefficient, value)| coefficient * value)
            .sum()
    }
}

/// 0.5, -0.45, 0.4, ... for the first ten of the columns.
fn falling(columns: usize) -> Vec<f64> {
    let coefficient = |column: usize| {
        let size = 0.05 * (10 - column) as f64;
        if column.is_multiple_of(2) {
            size
        } else {
            -size
        }
    };
    (0..columns.min(10)).map(coefficient).collect()
}

/// Draws a study. Row by row from a stream of its own, so that a study of
/// fewer rows is the beginning of one of more.
///
/// # Errors
/// A setting out of its range, what [`Outcomes`] and [`Covariates`] refuse,
/// and entries so late that a row is not drawn in 1,000 attempts.
pub fn simulate(plan: &Plan) -> Result<Simulated, SurvivalError> {
    plan.check()?;
    let mut columns = vec![Vec::with_capacity(plan.rows); plan.columns.len()];
    let (mut time, mut event) = (Vec::with_capacity(plan.rows), Vec::new());
    let mut entries = Vec::new();
    for row in 0..plan.rows {
        let mut stream = Stream::new(plan.seed, row as u64);
        let (values, entry, outcome) = draw(plan, &mut stream)?;
        for (column, value) in columns.iter_mut().zip(values) {
            column.push(value);
        }
        entries.extend(entry);
        time.push(outcome.0);
        event.push(outcome.1);
    }
    let mut outcomes = Outcomes::new(time, event)?;
    if plan.delayed_entry.is_some() {
        outcomes = outcomes.with_entry(entries)?;
    }
    let named = (1..).zip(columns);
    let named = named.map(|(number, column)| (format!("x{number}"), column));
    let covariates = Covariates::new(plan.rows, named.collect())?;
    Ok(Simulated {
        outcomes,
        covariates,
    })
}

/// One row: its values, its entry where there are entries, and its outcome.
#[expect(clippy::type_complexity, reason = "the three parts of a row")]
fn draw(
    plan: &Plan,
    stream: &mut Stream,
) -> Result<(Vec<f64>, Option<f64>, (f64, EventCode)), SurvivalError> {
    for _ in 0..ATTEMPTS {
        let values = plan.values(stream);
        let outcome = plan.outcome(&values, stream);
        let Some(latest) = plan.delayed_entry else {
            return Ok((values, None, outcome));
        };
        let entry = plan.entry(latest, stream);
        if entry < outcome.0 {
            return Ok((values, Some(entry), outcome));
        }
    }
    Err(SurvivalError::Setting {
        what: "the latest entry",
        found: format!("{:?}", plan.delayed_entry),
        range: "early enough that some are still without their event",
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_longer_study_begins_with_the_shorter_one() {
        let short = simulate(&Plan::usual(50, 3, 7)).unwrap();
        let long = simulate(&Plan::usual(80, 3, 7)).unwrap();
        assert_eq!(short.outcomes.time(), &long.outcomes.time()[..50]);
        assert_ne!(short, simulate(&Plan::usual(50, 3, 8)).unwrap());
    }

    #[test]
    fn the_observed_rate_is_that_of_the_plan() {
        let mut plan = Plan::usual(40_000, 0, 1);
        plan.causes[0].baseline = Baseline::Weibull {
            shape: 1.0,
            scale: 500.0,
        };
        let outcomes = simulate(&plan).unwrap().outcomes;
        let events = outcomes.event().iter().filter(|code| !code.is_censored());
        let events = events.count() as f64;
        let rate = events / outcomes.time().iter().sum::<f64>();
        // The logarithm of a rate has the standard error 1 / sqrt(events).
        assert!((rate * 500.0).ln().abs() < 5.0 / events.sqrt(), "{rate}");
    }

    #[test]
    fn rounding_makes_ties_and_times_above_zero() {
        let mut plan = Plan::competing(500, 4, 3);
        plan.rounding = Some(100.0);
        let outcomes = simulate(&plan).unwrap().outcomes;
        assert!(outcomes.time().iter().all(|time| time % 100.0 == 0.0));
        assert!(outcomes.time().iter().all(|time| *time >= 100.0));
        for code in 0..=2 {
            assert!(outcomes.event().contains(&EventCode(code)));
        }
    }

    #[test]
    fn delayed_entries_come_before_their_times() {
        let mut plan = Plan::usual(500, 2, 3);
        plan.delayed_entry = Some(800.0);
        plan.rounding = Some(7.0);
        let outcomes = simulate(&plan).unwrap().outcomes;
        assert!(outcomes.entry().unwrap().iter().any(|entry| *entry > 0.0));
        plan.delayed_entry = Some(f64::MAX);
        assert!(matches!(
            simulate(&plan),
            Err(SurvivalError::Setting { .. })
        ));
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let spoils: [fn(&mut Plan); 7] = [
            |plan| plan.censoring.end = f64::INFINITY,
            |plan| plan.censoring.mean = Some(0.0),
            |plan| plan.rounding = Some(-1.0),
            |plan| plan.columns[0] = Column::Binary(1.5),
            |plan| plan.columns[0] = Column::Levels(0),
            |plan| plan.causes.clear(),
            |plan| plan.causes[0].coefficients[0] = f64::NAN,
        ];
        for spoil in spoils {
            let mut plan = Plan::usual(5, 2, 1);
            spoil(&mut plan);
            let error = simulate(&plan).unwrap_err();
            assert!(matches!(error, SurvivalError::Setting { .. }), "{error}");
        }
        assert_eq!(simulate(&Plan::usual(0, 2, 1)), Err(SurvivalError::Empty));
    }
}
