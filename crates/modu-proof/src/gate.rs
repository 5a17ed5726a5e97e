//! The gate: from limits to verdicts to a decision.
//!
//! A criterion such as "recall at least 0.55" is not met because the estimate
//! says 0.57: on other data of the same kind it might have said 0.53. So the
//! gate compares the *confidence limit on the unfavourable side* with the
//! threshold: the lower limit where more is better, the upper limit where less
//! is. A margin over the incumbent is compared with the lower limit of the
//! improvement, paired by row. A limit exactly at its bound meets it.
//!
//! **Three answers, not two.** A limit that misses its bound does not prove
//! that the solution is worse than asked: the data may be too few to tell. So
//! the limit on the *favourable* side is read too. Where even that one misses
//! the bound, the solution is proven to miss it ([`Verdict::NotMet`]); where
//! the bound lies between the two limits, the data cannot separate the
//! solution from it ([`Verdict::NotSeparable`]), and the report says how many
//! rows could. Only the first of the three adopts.
//!
//! **A limit must be earned.** A metric that is a share of rows (accuracy,
//! precision, recall, false-alarm rate, selection rate) is judged on the worse
//! of its bootstrap limit and the exact one of Clopper and Pearson: resampling
//! five right answers of five gives five of five every time, and would prove
//! 1.0. Where the replicates of another metric do not vary, they say nothing,
//! and it cannot be met. A limit is an order statistic on the cautious side
//! with at least five replicates at or beyond it; else there is none. Rows are
//! drawn within the classes for the metrics that are shares within a class,
//! and among all rows for those that move with the share of the classes
//! ([`modu_statistics::Metric::strata`]).
//!
//! The same holds for the favourable limit, in the other direction, because a
//! proven miss is a claim too. It is the outer one of the percentile limit and
//! the basic one, `2 * estimate - percentile limit of the other side`: noise
//! pushes some measures upward (a calibration error, a gap), in the estimate
//! and once more in its replicates, and the basic limit takes both off. For a
//! gap between groups the range of the members' errors is taken off the
//! estimate, which allows for every pair of members at once. A miss is proven
//! at the need's confidence for each criterion: where a criterion holds several
//! limits against bounds (the members of a group, a threshold and a margin),
//! each is taken at `1 - alpha / limits` (Bonferroni), so that a solution which
//! meets a criterion is found to miss it with probability at most `alpha`.
//!
//! **It fails closed.** What could not be measured, or is NaN, counts as not
//! met ([`Verdict::Missing`]); only a stated lack of rows, positives or replicates answers
//! [`Verdict::NotEnoughData`], and that never adopts either.
//!
//! **One solution, many criteria.** A solution is adopted if *all* criteria
//! are met, each at the full confidence. This is an intersection-union test
//! (Berger 1982): to adopt falsely, at least one criterion must be met falsely,
//! which happens with probability at most `alpha = 1 - confidence`, however
//! many criteria there are. No correction is needed, and none is made.
//!
//! **Many solutions, one need.** If `m` solutions compete, each has a chance
//! of false adoption, and the chances add up. So solutions are adopted by
//! Holm's step-down procedure over the `m` intersection-union tests
//! ([`step_down`]): first at confidence `1 - alpha / m`; each adoption then
//! lowers the divisor by one, until a round adopts nobody. The probability of
//! adopting *any* solution that does not meet the criteria is at most `alpha`,
//! whatever the dependence between the solutions (Holm 1979). The incumbent
//! does not compete; it is judged at the full confidence, for information.
//!
//! Everything here is a pure function over numbers.

use modu_statistics::Share;

use crate::need::Direction;
use crate::report::{DecisionAnswer, Verdict};

/// Why a limit is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// More rows, positives or negatives would be needed.
    Data,
    /// Anything else.
    Measure,
}

/// What a part of a criterion asks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Which side of the threshold is good.
    pub direction: Direction,
    /// The bound of the measure's limit.
    pub threshold: Option<f64>,
    /// The bound of the improvement's lower limit.
    pub margin: Option<f64>,
}

/// The one-sided confidence limits of a number on both sides of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sides {
    /// The limit on the unfavourable side: what is proven.
    pub unfavourable: Result<f64, Lack>,
    /// The limit on the favourable side: what is not excluded.
    pub favourable: Result<f64, Lack>,
}

/// The limits that are held against the bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Those of the measure.
    pub measure: Sides,
    /// Those of the improvement over the incumbent in the favourable
    /// direction, so that its lower limit is the unfavourable one; read only
    /// where a margin is asked.
    pub improvement: Sides,
}

/// The verdict on one part: the worse of threshold and margin.
#[must_use]
pub fn judge(bounds: &Bounds, limits: &Limits) -> Verdict {
    let threshold = bounds.threshold.map(|threshold| {
        verdict(limits.measure, |limit| {
            meets(bounds.direction, limit, threshold)
        })
    });
    let margin = bounds
        .margin
        .map(|margin| verdict(limits.improvement, |limit| limit >= margin));
    worst(threshold.into_iter().chain(margin))
}

/// Whether a limit reaches a threshold; one exactly at it does.
#[must_use]
pub fn meets(direction: Direction, limit: f64, threshold: f64) -> bool {
    match direction {
        Direction::AtLeast => limit >= threshold,
        Direction::AtMost => limit <= threshold,
    }
}

/// The verdict on one bound. A limit that is not a finite number leaves
/// nothing to rely on, on whichever side it stands.
fn verdict(sides: Sides, meets: impl Fn(f64) -> bool) -> Verdict {
    let broken = |limit: Result<f64, Lack>| match limit {
        Ok(limit) => !limit.is_finite(),
        Err(lack) => lack == Lack::Measure,
    };
    if broken(sides.unfavourable) || broken(sides.favourable) {
        return Verdict::Missing;
    }
    match (sides.unfavourable.map(&meets), sides.favourable.map(&meets)) {
        (_, Ok(false)) => Verdict::NotMet,
        (Ok(true), _) => Verdict::Met,
        (Ok(false), Ok(true)) => Verdict::NotSeparable,
        (Err(_), _) | (_, Err(_)) => Verdict::NotEnoughData,
    }
}

/// The worst of several verdicts: missing, then not met, then not enough
/// data, then not separable, then met. Of none at all: missing.
#[must_use]
pub fn worst(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    let badness = |verdict: &Verdict| match verdict {
        Verdict::Met => 0,
        Verdict::NotSeparable => 1,
        Verdict::NotEnoughData => 2,
        Verdict::NotMet => 3,
        Verdict::Missing => 4,
    };
    verdicts
        .into_iter()
        .max_by_key(badness)
        .unwrap_or(Verdict::Missing)
}

/// The decision on a solution from the verdicts on its criteria.
#[must_use]
pub fn decide(verdicts: impl IntoIterator<Item = Verdict>) -> DecisionAnswer {
    match worst(verdicts) {
        Verdict::Met => DecisionAnswer::Adopt,
        Verdict::NotSeparable => DecisionAnswer::NotSeparable,
        Verdict::NotEnoughData => DecisionAnswer::NotEnoughData,
        Verdict::NotMet | Verdict::Missing => DecisionAnswer::Refuse,
    }
}

/// The confidence at which each of `competitors` solutions is judged, by
/// Holm's step-down procedure.
///
/// `adopts(solution, confidence)` says whether a solution meets all criteria
/// at a confidence; it must not turn from true to false as the confidence
/// falls, which limits of one set of replicates do not. A solution that is
/// adopted keeps the confidence of its round; the others have that of the
/// last round.
#[must_use]
pub fn step_down(
    competitors: usize,
    confidence: Share,
    adopts: impl Fn(usize, Share) -> bool,
) -> Vec<Share> {
    let mut adopted = vec![None; competitors];
    loop {
        let left = adopted.iter().filter(|round| round.is_none()).count();
        let level = divided(confidence, left);
        let mut progress = false;
        for (solution, round) in adopted.iter_mut().enumerate() {
            if round.is_none() && adopts(solution, level) {
                *round = Some(level);
                progress = true;
            }
        }
        if !progress {
            return adopted
                .into_iter()
                .map(|round| round.unwrap_or(level))
                .collect();
        }
    }
}

/// `1 - (1 - confidence) / parts`.
#[must_use]
pub fn divided(confidence: Share, parts: usize) -> Share {
    if parts <= 1 {
        return confidence;
    }
    let alpha = (1.0 - confidence.get()) / parts as f64;
    Share::new(1.0 - alpha).unwrap_or(confidence)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn threshold(direction: Direction, threshold: f64) -> Bounds {
        Bounds {
            direction,
            threshold: Some(threshold),
            margin: None,
        }
    }

    const fn sides(unfavourable: Result<f64, Lack>, favourable: Result<f64, Lack>) -> Sides {
        Sides {
            unfavourable,
            favourable,
        }
    }

    const NONE: Sides = sides(Err(Lack::Measure), Err(Lack::Measure));
    const FEW: Sides = sides(Err(Lack::Data), Err(Lack::Data));

    fn limits(measure: Sides, improvement: Sides) -> Limits {
        Limits {
            measure,
            improvement,
        }
    }

    #[test]
    fn a_limit_exactly_at_its_threshold_meets_it_and_the_next_double_does_not() {
        let at_least = threshold(Direction::AtLeast, 0.55);
        let at_most = threshold(Direction::AtMost, 0.55);
        for (bounds, limit, far, expected) in [
            (at_least, 0.55, 1.0, Verdict::Met),
            (at_least, 0.55_f64.next_down(), 1.0, Verdict::NotSeparable),
            (at_least, 0.55_f64.next_up(), 1.0, Verdict::Met),
            (at_most, 0.55, 0.0, Verdict::Met),
            (at_most, 0.55_f64.next_up(), 0.0, Verdict::NotSeparable),
            (at_most, 0.55_f64.next_down(), 0.0, Verdict::Met),
        ] {
            assert_eq!(
                judge(&bounds, &limits(sides(Ok(limit), Ok(far)), NONE)),
                expected,
                "{bounds:?} {limit}"
            );
        }
    }

    #[test]
    fn a_miss_is_proven_only_where_the_favourable_limit_misses_too() {
        let at_least = threshold(Direction::AtLeast, 0.55);
        let at_most = threshold(Direction::AtMost, 0.55);
        for (bounds, limit, favourable, expected) in [
            (at_least, 0.4, 0.55_f64.next_down(), Verdict::NotMet),
            (at_least, 0.4, 0.55, Verdict::NotSeparable),
            (at_least, 0.4, 0.7, Verdict::NotSeparable),
            (at_most, 0.7, 0.55_f64.next_up(), Verdict::NotMet),
            (at_most, 0.7, 0.55, Verdict::NotSeparable),
            (at_most, 0.7, 0.4, Verdict::NotSeparable),
        ] {
            assert_eq!(
                judge(&bounds, &limits(sides(Ok(limit), Ok(favourable)), NONE)),
                expected,
                "{bounds:?} {limit} {favourable}"
            );
        }
    }

    #[test]
    fn the_margin_is_a_lower_limit_in_either_direction() {
        for direction in [Direction::AtLeast, Direction::AtMost] {
            let bounds = Bounds {
                direction,
                threshold: None,
                margin: Some(0.02),
            };
            for (limit, favourable, expected) in [
                (Ok(0.02), Ok(0.1), Verdict::Met),
                (Ok(0.02_f64.next_down()), Ok(0.02), Verdict::NotSeparable),
                (Ok(-0.5), Ok(0.02_f64.next_down()), Verdict::NotMet),
                (Ok(f64::NAN), Ok(0.1), Verdict::Missing),
                (Err(Lack::Measure), Ok(0.1), Verdict::Missing),
                (Err(Lack::Data), Ok(0.1), Verdict::NotEnoughData),
            ] {
                assert_eq!(
                    judge(
                        &bounds,
                        &limits(sides(Ok(0.9), Ok(0.9)), sides(limit, favourable))
                    ),
                    expected
                );
            }
        }
    }

    #[test]
    fn not_a_number_and_infinities_are_missing_and_never_met() {
        for (direction, good) in [(Direction::AtLeast, 1.0), (Direction::AtMost, -1.0)] {
            for limit in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                let bounds = threshold(direction, 0.0);
                for sides in [sides(Ok(limit), Ok(good)), sides(Ok(good), Ok(limit))] {
                    assert_eq!(judge(&bounds, &limits(sides, NONE)), Verdict::Missing);
                }
            }
        }
    }

    #[test]
    fn what_lacks_data_is_still_refused_where_a_miss_is_proven() {
        let bounds = threshold(Direction::AtLeast, 0.5);
        for (unfavourable, favourable, expected) in [
            (Err(Lack::Data), Ok(0.4), Verdict::NotMet),
            (Err(Lack::Data), Ok(0.6), Verdict::NotEnoughData),
            (Ok(0.4), Err(Lack::Data), Verdict::NotEnoughData),
            (Ok(0.6), Err(Lack::Data), Verdict::Met),
            (Err(Lack::Data), Err(Lack::Data), Verdict::NotEnoughData),
            (Ok(0.6), Err(Lack::Measure), Verdict::Missing),
            // Limits that have crossed: nothing to adopt on.
            (Ok(0.6), Ok(0.4), Verdict::NotMet),
        ] {
            let limits = limits(sides(unfavourable, favourable), NONE);
            assert_eq!(judge(&bounds, &limits), expected, "{limits:?}");
        }
    }

    #[test]
    fn threshold_and_margin_must_both_hold() {
        let bounds = Bounds {
            direction: Direction::AtLeast,
            threshold: Some(0.5),
            margin: Some(0.1),
        };
        let proven = |limit: f64| sides(Ok(limit), Ok(0.9));
        let missed = |limit: f64| sides(Ok(limit), Ok(limit));
        let cases = [
            (proven(0.6), proven(0.2), Verdict::Met),
            (proven(0.6), missed(0.0), Verdict::NotMet),
            (proven(0.6), proven(0.0), Verdict::NotSeparable),
            (missed(0.4), proven(0.2), Verdict::NotMet),
            (proven(0.4), missed(0.0), Verdict::NotMet),
            (proven(0.6), NONE, Verdict::Missing),
            (NONE, proven(0.2), Verdict::Missing),
            (FEW, missed(0.0), Verdict::NotMet),
            (FEW, proven(0.0), Verdict::NotEnoughData),
            (FEW, proven(0.2), Verdict::NotEnoughData),
        ];
        for (measure, improvement, expected) in cases {
            assert_eq!(judge(&bounds, &limits(measure, improvement)), expected);
        }
    }

    #[test]
    fn a_criterion_that_asks_nothing_is_missing() {
        let bounds = Bounds {
            direction: Direction::AtLeast,
            threshold: None,
            margin: None,
        };
        let all = sides(Ok(1.0), Ok(1.0));
        assert_eq!(judge(&bounds, &limits(all, all)), Verdict::Missing);
    }

    #[test]
    fn only_criteria_that_are_all_met_adopt() {
        use Verdict::{Met, Missing, NotEnoughData, NotMet, NotSeparable};
        for (verdicts, expected) in [
            (vec![Met, Met], DecisionAnswer::Adopt),
            (vec![Met, NotSeparable], DecisionAnswer::NotSeparable),
            (vec![NotSeparable, NotMet], DecisionAnswer::Refuse),
            (
                vec![NotSeparable, NotEnoughData],
                DecisionAnswer::NotEnoughData,
            ),
            (vec![Met, NotEnoughData], DecisionAnswer::NotEnoughData),
            (vec![NotEnoughData, NotMet], DecisionAnswer::Refuse),
            (vec![Met, Missing], DecisionAnswer::Refuse),
            (vec![NotEnoughData, Missing], DecisionAnswer::Refuse),
            (vec![NotSeparable, Missing], DecisionAnswer::Refuse),
            (vec![], DecisionAnswer::Refuse),
        ] {
            assert_eq!(decide(verdicts.clone()), expected, "{verdicts:?}");
            let reversed = verdicts.iter().rev().copied();
            assert_eq!(decide(reversed), expected, "{verdicts:?} in reverse");
        }
    }

    #[test]
    fn the_step_down_is_holms_procedure_on_p_values() {
        // A solution of p-value p meets everything at confidence 1 - p and
        // below; Holm's adjustment then decides at 1 - confidence.
        let confidence = Share::new(0.95).unwrap();
        let sets = [
            vec![0.001],
            vec![0.04],
            vec![0.04, 0.001],
            vec![0.04, 0.03],
            vec![0.012, 0.02, 0.06, 0.01],
            vec![0.0124, 0.016, 0.024, 0.049],
            vec![0.5, 0.6, 0.7],
            vec![],
        ];
        for p_values in sets {
            let levels = step_down(p_values.len(), confidence, |solution, level| {
                p_values[solution] <= 1.0 - level.get()
            });
            let adjusted = modu_statistics::holm(&p_values).unwrap();
            for ((p, level), adjusted) in p_values.iter().zip(&levels).zip(&adjusted) {
                assert_eq!(
                    *p <= 1.0 - level.get(),
                    *adjusted <= 0.05,
                    "{p_values:?}: {p} at {level:?}"
                );
            }
        }
    }

    #[test]
    fn a_lone_solution_is_judged_at_the_full_confidence() {
        let confidence = Share::new(0.95).unwrap();
        assert_eq!(step_down(1, confidence, |_, _| false), vec![confidence]);
        assert_eq!(step_down(1, confidence, |_, _| true), vec![confidence]);
    }
}
