//! Whether it is enough.

use modu_survival::measure::Estimated;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::request::Criteria;
use crate::model::Performance;

/// What becomes of a model at another hospital.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It may be used as it is.
    Holds,
    /// The recalibrated one may be used; as it is, it is not shown to be right.
    HoldsRecalibrated,
    /// Not enough is known: some criterion is not shown to be met.
    NotShown,
    /// It does not tell patients apart here as it should.
    DoesNotHold,
    /// There are too few events to say anything.
    TooFewEvents,
}

/// A criterion by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// Harrell's concordance.
    Concordance,
    /// Observed over expected.
    Ratio,
    /// The calibration slope.
    Slope,
}

/// What a criterion says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JudgedAnswer {
    /// The whole interval meets it.
    Met,
    /// Part of the interval does, or there is none.
    NotShown,
    /// None of the interval does.
    Broken,
}

/// A criterion held against a measure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Judged {
    /// Which.
    pub criterion: Criterion,
    /// At which horizon, in days.
    pub horizon: Option<f64>,
    /// What it asks: from.
    pub low: f64,
    /// To.
    pub high: f64,
    /// The measure.
    pub measure: Estimated,
    /// What it says.
    pub answer: JudgedAnswer,
}

impl Judged {
    fn new(
        criterion: Criterion,
        horizon: Option<f64>,
        [low, high]: [f64; 2],
        measure: Estimated,
    ) -> Self {
        let answer = match measure.interval() {
            None => JudgedAnswer::NotShown,
            Some(interval) => match (interval.lower.get(), interval.upper.get()) {
                (lower, upper) if lower >= low && upper <= high => JudgedAnswer::Met,
                (lower, upper) if upper < low || lower > high => JudgedAnswer::Broken,
                _ => JudgedAnswer::NotShown,
            },
        };
        Self {
            criterion,
            horizon,
            low,
            high,
            measure,
            answer,
        }
    }
}

/// All criteria, concordance first.
pub(super) fn judge(criteria: &Criteria, performance: &Performance) -> Vec<Judged> {
    let concordance = [criteria.least_concordance, 1.0];
    let mut judged = vec![Judged::new(
        Criterion::Concordance,
        None,
        concordance,
        performance.harrell,
    )];
    for at in &performance.horizons {
        let horizon = Some(at.horizon);
        judged.push(Judged::new(
            Criterion::Ratio,
            horizon,
            criteria.ratio,
            at.ratio,
        ));
        judged.push(Judged::new(
            Criterion::Slope,
            horizon,
            criteria.slope,
            at.slope,
        ));
    }
    judged
}

/// What follows from criteria on the model as it is and recalibrated.
pub(super) fn verdict(
    criteria: &Criteria,
    events: u64,
    as_it_is: &[Judged],
    recalibrated: Option<&[Judged]>,
) -> Verdict {
    let all_met = |judged: &[Judged]| judged.iter().all(|it| it.answer == JudgedAnswer::Met);
    let concordance = as_it_is.first().map(|it| it.answer);
    if events < criteria.least_events {
        Verdict::TooFewEvents
    } else if concordance == Some(JudgedAnswer::Broken) {
        Verdict::DoesNotHold
    } else if all_met(as_it_is) {
        Verdict::Holds
    } else if recalibrated.is_some_and(all_met) {
        Verdict::HoldsRecalibrated
    } else {
        Verdict::NotShown
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use modu_statistics::Share;
    use modu_survival::measure::{Estimate, Scale, Unmeasured};

    use super::*;

    fn estimate(value: f64, error: f64) -> Estimated {
        let confidence = Share::new(0.95).unwrap();
        Estimate::new(value, error, Scale::Plain, confidence).into()
    }

    fn answer(measure: Estimated) -> JudgedAnswer {
        Judged::new(Criterion::Slope, None, [0.7, 1.3], measure).answer
    }

    #[test]
    fn only_a_whole_interval_meets_or_breaks_a_criterion() {
        assert_eq!(answer(estimate(1.0, 0.1)), JudgedAnswer::Met);
        assert_eq!(answer(estimate(1.0, 0.3)), JudgedAnswer::NotShown);
        assert_eq!(answer(estimate(0.4, 0.1)), JudgedAnswer::Broken);
        assert_eq!(answer(estimate(1.0, 0.0)), JudgedAnswer::NotShown);
        assert_eq!(
            answer(Estimated::Undefined(Unmeasured::NoCases)),
            JudgedAnswer::NotShown
        );
    }

    #[test]
    fn a_model_holds_only_where_every_criterion_is_met_with_events_enough() {
        let judged = |value, error| {
            let concordance = Judged::new(
                Criterion::Concordance,
                None,
                [0.6, 1.0],
                estimate(0.7, 0.01),
            );
            vec![
                concordance,
                Judged::new(Criterion::Slope, None, [0.7, 1.3], estimate(value, error)),
            ]
        };
        let criteria = Criteria::default();
        let (good, bad) = (judged(1.0, 0.05), judged(0.5, 0.01));
        assert_eq!(verdict(&criteria, 200, &good, None), Verdict::Holds);
        assert_eq!(verdict(&criteria, 99, &good, None), Verdict::TooFewEvents);
        assert_eq!(verdict(&criteria, 200, &bad, None), Verdict::NotShown);
        assert_eq!(
            verdict(&criteria, 200, &bad, Some(&good)),
            Verdict::HoldsRecalibrated
        );
        let low = vec![Judged::new(
            Criterion::Concordance,
            None,
            [0.6, 1.0],
            estimate(0.5, 0.01),
        )];
        assert_eq!(
            verdict(&criteria, 200, &low, Some(&good)),
            Verdict::DoesNotHold
        );
    }
}
