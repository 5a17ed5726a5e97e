//! People who come to visits, at each of which something is measured that
//! makes the event more or less likely until the next.

use super::{Plan, Simulated};
use crate::random::Stream;
use crate::{Covariates, EventCode, Outcomes, SurvivalError};

/// A study with visits. The columns of `plan` stay as they are; a column
/// `marker` comes after them, whose value is measured at each visit:
/// a level of its own for each person (variance 1), a trend, and noise.
#[derive(Debug, Clone, PartialEq)]
pub struct VisitPlan {
    /// The people. Its rows are persons; it may have no delayed entry.
    pub plan: Plan,
    /// Time from one visit to the next; the first is at 0.
    pub interval: f64,
    /// Standard deviation of the change of a person's marker from visit to
    /// visit.
    pub trend: f64,
    /// Standard deviation of what the marker differs at each visit by chance.
    pub noise: f64,
    /// The logarithm of the factor by which one unit of the marker multiplies
    /// the hazard of the first event.
    pub effect: f64,
}

/// One row for each person and visit: (entry, time] is from a visit to the
/// next, to the event, or to the end of watching. The cluster is the person.
pub type Visits = Simulated;

/// Draws a study with visits.
///
/// # Errors
/// As [`super::simulate`]; a setting that is not finite, an interval that is
/// not above 0 or has more than 10,000 visits until the study's end, and a
/// plan with delayed entry or more persons than 2^32.
pub fn visits(plan: &VisitPlan) -> Result<Visits, SurvivalError> {
    plan.plan.check()?;
    plan.check()?;
    let mut rows = Rows {
        columns: vec![Vec::new(); plan.plan.columns.len() + 1],
        ..Rows::default()
    };
    for person in 0..plan.plan.rows as u64 {
        let mut stream = Stream::new(plan.plan.seed, person);
        plan.follow(person as u32, &mut stream, &mut rows);
    }
    rows.table(plan)
}

/// The columns of the table in the making.
#[derive(Default)]
struct Rows {
    columns: Vec<Vec<f64>>,
    entry: Vec<f64>,
    time: Vec<f64>,
    event: Vec<EventCode>,
    person: Vec<u32>,
}

impl VisitPlan {
    fn check(&self) -> Result<(), SurvivalError> {
        let visits = self.plan.censoring.end / self.interval;
        let finite = [self.trend, self.noise, self.effect];
        let persons = u32::try_from(self.plan.rows).is_ok();
        let holds = self.interval > 0.0
            && visits <= 10_000.0
            && finite.iter().all(|value| value.is_finite())
            && self.plan.delayed_entry.is_none()
            && persons;
        match holds {
            true => Ok(()),
            false => Err(SurvivalError::Setting {
                what: "the plan of visits",
                found: format!("{:?}", (self.interval, finite, self.plan.delayed_entry)),
                range: "of finite numbers, at most 10,000 visits, without delayed entry",
            }),
        }
    }

    /// Follows a person from visit to visit until an event or the end.
    fn follow(&self, person: u32, stream: &mut Stream, rows: &mut Rows) {
        let mut values = self.plan.values(stream);
        let end = self.plan.rounded_up(self.plan.censored_at(stream));
        let (level, trend) = (stream.normal(), self.trend * stream.normal());
        // What is left of each cause's cumulative hazard until its event.
        let mut left: Vec<f64> = self
            .plan
            .causes
            .iter()
            .map(|_| stream.exponential())
            .collect();
        values.push(0.0);
        for visit in 0.. {
            let from = f64::from(visit) * self.interval;
            let to = (from + self.interval).min(end);
            values[self.plan.columns.len()] =
                level + trend * f64::from(visit) + self.noise * stream.normal();
            let event = self.event_between(from, to, &values, &mut left);
            let (time, code) = event.unwrap_or((to, EventCode::CENSORED));
            rows.push(
                person,
                &values,
                from,
                self.plan.rounded_up(time).min(to),
                code,
            );
            if event.is_some() || to >= end {
                return;
            }
        }
    }

    /// The first event between two times, and when; takes off what each cause
    /// has used of its cumulative hazard.
    fn event_between(
        &self,
        from: f64,
        to: f64,
        values: &[f64],
        left: &mut [f64],
    ) -> Option<(f64, EventCode)> {
        let (fixed, marker) = values.split_at(self.plan.columns.len());
        let mut first: Option<(f64, EventCode)> = None;
        for ((code, cause), left) in (1..).zip(&self.plan.causes).zip(left) {
            let effect = if code == 1 {
                self.effect * marker[0]
            } else {
                0.0
            };
            let factor = libm::exp(cause.predictor(fixed) + effect);
            let before = cause.baseline.cumulative_hazard(from);
            let until = cause.baseline.cumulative_hazard(to);
            let time = cause.baseline.time_at(before + *left / factor);
            // Rounding may put it just outside.
            let time = if time > from { time.min(to) } else { to };
            *left -= factor * (until - before);
            let is_first = first.is_none_or(|(earliest, _)| time < earliest);
            if *left <= 0.0 && is_first {
                first = Some((time, EventCode(code)));
            }
        }
        first
    }
}

impl Rows {
    fn push(&mut self, person: u32, values: &[f64], entry: f64, time: f64, event: EventCode) {
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.push(*value);
        }
        self.entry.push(entry);
        self.time.push(time);
        self.event.push(event);
        self.person.push(person);
    }

    fn table(self, plan: &VisitPlan) -> Result<Visits, SurvivalError> {
        let fixed = plan.plan.columns.len();
        let named = self.columns.into_iter().enumerate().map(|(index, column)| {
            let is_marker = index == fixed;
            let name = if is_marker {
                "marker".to_owned()
            } else {
                format!("x{}", index + 1)
            };
            (name, column)
        });
        let rows = self.time.len();
        let outcomes = Outcomes::new(self.time, self.event)?
            .with_entry(self.entry)?
            .with_clusters(self.person)?;
        Ok(Simulated {
            outcomes,
            covariates: Covariates::new(rows, named.collect())?,
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn plan(persons: usize) -> VisitPlan {
        VisitPlan {
            plan: Plan::competing(persons, 2, 5),
            interval: 180.0,
            trend: 0.1,
            noise: 0.3,
            effect: 0.7,
        }
    }

    #[test]
    fn the_rows_of_a_person_follow_each_other_and_only_the_last_has_an_event() {
        let visits = visits(&plan(400)).unwrap().outcomes;
        let person = visits.cluster().unwrap();
        for row in 1..visits.len() {
            if person[row] == person[row - 1] {
                assert_eq!(visits.entry().unwrap()[row], visits.time()[row - 1]);
                assert!(visits.event()[row - 1].is_censored());
            } else {
                assert_eq!(visits.entry().unwrap()[row], 0.0);
            }
        }
        for code in 0..=2 {
            assert!(visits.event().contains(&EventCode(code)));
        }
    }

    #[test]
    fn without_an_effect_of_the_marker_the_rate_is_that_of_the_baseline() {
        let mut plan = plan(5_000);
        plan.effect = 0.0;
        plan.plan.causes.truncate(1);
        plan.plan.causes[0].coefficients.clear();
        let baseline = plan.plan.causes[0].baseline;
        let outcomes = visits(&plan).unwrap().outcomes;
        let rows = outcomes.entry().unwrap().iter().zip(outcomes.time());
        let hazard = |time| baseline.cumulative_hazard(time);
        let expected: f64 = rows.map(|(from, to)| hazard(*to) - hazard(*from)).sum();
        let observed = outcomes.event().iter().filter(|code| !code.is_censored());
        let observed = observed.count() as f64;
        // Observed less expected is a martingale of this variance.
        assert!((observed - expected).abs() < 5.0 * expected.sqrt());
    }

    #[test]
    fn a_plan_of_visits_out_of_range_is_refused() {
        let mut never = plan(5);
        never.interval = 0.0;
        let mut late = plan(5);
        late.plan.delayed_entry = Some(5.0);
        for plan in [never, late] {
            assert!(matches!(visits(&plan), Err(SurvivalError::Setting { .. })));
        }
    }
}
