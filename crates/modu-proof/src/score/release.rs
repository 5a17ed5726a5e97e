//! What may leave the owner's house.
//!
//! The released report is built from the owner's report by taking, never by
//! striking out: only what is named here goes in. It holds the need, verdicts,
//! and the numbers that criteria name, rounded to the digits that their
//! intervals support; no digest that a guessed data set could be tried
//! against, no count of rows of a group, no profile, no sentence with a
//! number in it. That holds for one run; `guard` sees to many.

use modu_kernel::Label;
use modu_statistics::Finite;

use super::{standings, words};
use crate::need::Direction;
use crate::report::{
    CriterionPart, CriterionResult, Interval, Measurement, NotMeasuredReason, OwnerReport,
    RELEASED_SCHEMA, ReleasedCriterion, ReleasedPart, ReleasedReport, ReleasedSolution, RowsNeeded,
    SolutionSection, Source, Verification,
};

/// The most digits after the point that are released.
const MAX_DIGITS: u8 = 4;
/// The exact scale of each number of digits: `powi` may differ by platform.
const POWERS_OF_TEN: [f64; MAX_DIGITS as usize + 1] = [1.0, 10.0, 100.0, 1_000.0, 10_000.0];
/// Digits of a number whose replicates are all the same.
const DIGITS_WITHOUT_SPREAD: u8 = 2;

pub(super) fn release(report: &OwnerReport) -> ReleasedReport {
    let named = |name: &str| name == "need" || name.starts_with("solution/");
    let ids: Vec<&str> = report.solutions.iter().map(|it| it.id.as_str()).collect();
    ReleasedReport {
        schema: RELEASED_SCHEMA.to_owned(),
        need: report.need.clone(),
        time: report.time.clone(),
        registration: report.registration.clone(),
        data: report.data.published,
        rows_about: one_digit(report.data.profile.rows),
        solutions: report
            .solutions
            .iter()
            .map(|solution| release_solution(solution, report))
            .collect(),
        standings: report
            .standings
            .iter()
            .map(|standing| standings::release(standing, &ids))
            .collect(),
        not_measured: words::standing(),
        budget: report.release.budget.clone(),
        step: report.release.step,
        verification: Verification {
            engine: report.verification.engine.clone(),
            version: report.verification.version.clone(),
            inputs: report
                .verification
                .inputs
                .iter()
                .filter(|input| named(&input.name))
                .cloned()
                .collect(),
            steps: words::released_steps(),
        },
    }
}

fn release_solution(solution: &SolutionSection, report: &OwnerReport) -> ReleasedSolution {
    let direction = |result: &CriterionResult| {
        let mut criteria = report.need.criteria.iter();
        criteria
            .find(|criterion| criterion.id == result.id)
            .map_or(Direction::AtLeast, |criterion| criterion.direction)
    };
    ReleasedSolution {
        id: solution.id.clone(),
        name: solution.name.clone(),
        supplier: solution.supplier.clone(),
        version: solution.version.clone(),
        solution_digest: solution.solution_digest,
        model_digest: solution.model_digest,
        criteria: solution
            .criteria
            .iter()
            .map(|result| ReleasedCriterion {
                id: result.id.clone(),
                verdict: result.verdict,
                parts: result
                    .parts
                    .iter()
                    .map(|part| release_part(part, direction(result)))
                    .collect(),
            })
            .collect(),
        decision: solution.decision.clone(),
        source: Source::ThisSubmission,
    }
}

fn release_part(part: &CriterionPart, direction: Direction) -> ReleasedPart {
    let digits = part.measurement.interval().map(digits_supported);
    let improvement = part.improvement.as_ref();
    let improvement_digits = improvement
        .and_then(Measurement::interval)
        .map(digits_supported);
    let limit_rounding = match direction {
        Direction::AtLeast => Rounding::Down,
        Direction::AtMost => Rounding::Up,
    };
    let rounded = |value: Option<Finite>, digits: Option<u8>, rounding: Rounding| {
        value
            .zip(digits)
            .and_then(|(value, digits)| round(value, digits, rounding))
    };
    ReleasedPart {
        member: part.member.clone(),
        name: part.name.clone(),
        verdict: part.verdict,
        estimate: rounded(part.measurement.value(), digits, Rounding::Nearest),
        limit: rounded(part.limit, digits, limit_rounding),
        improvement: rounded(
            improvement.and_then(Measurement::value),
            improvement_digits,
            Rounding::Nearest,
        ),
        improvement_limit: rounded(part.improvement_limit, improvement_digits, Rounding::Down),
        digits,
        reason: match (&part.measurement, improvement) {
            (Measurement::NotMeasured { reason }, _)
            | (_, Some(Measurement::NotMeasured { reason })) => Some(without_counts(*reason)),
            _ => part.needed.as_ref().and_then(times_the_data),
        },
        source: Source::ThisSubmission,
    }
}

/// How much more data would tell, as a multiple with one digit: not a count.
fn times_the_data(needed: &RowsNeeded) -> Option<Label> {
    let times = needed.needed?.div_ceil(needed.rows.max(1)).max(2);
    let unit = 10_u64.pow(times.ilog10());
    let times = times.div_ceil(unit) * unit;
    Some(Label::new(
        format!("가리려면 이 자료의 약 {times}배가 필요합니다"),
        format!("about {times} times these data would be needed to tell"),
    ))
}

/// A reason that does not tell the size of a group.
fn without_counts(reason: NotMeasuredReason) -> Label {
    match reason {
        NotMeasuredReason::FewRows { .. }
        | NotMeasuredReason::FewClusters { .. }
        | NotMeasuredReason::FewPositives { .. }
        | NotMeasuredReason::FewNegatives { .. }
        | NotMeasuredReason::FewSelected { .. }
        | NotMeasuredReason::FewOfClass { .. } => Label::new(
            "판정하기에 자료가 모자랍니다",
            "there are too few data to judge",
        ),
        NotMeasuredReason::NoPredictions
        | NotMeasuredReason::Undefined { .. }
        | NotMeasuredReason::NoIncumbent => reason.label(),
    }
}

#[derive(Clone, Copy)]
enum Rounding {
    Nearest,
    Down,
    Up,
}

/// Rounds to digits after the point. What lies within 1e-9 of a step counts
/// as on it, so that 0.29 is not rounded down to 0.28.
fn round(value: Finite, digits: u8, rounding: Rounding) -> Option<Finite> {
    let scale = POWERS_OF_TEN.get(usize::from(digits))?;
    let scaled = value.get() * scale;
    let whole = match rounding {
        Rounding::Nearest => scaled.round(),
        Rounding::Down => (scaled + 1e-9).floor(),
        Rounding::Up => (scaled - 1e-9).ceil(),
    };
    Finite::new(whole / scale)
}

/// The fewest digits whose unit is not larger than half the interval's width:
/// the first digit that is uncertain is the last that is shown.
fn digits_supported(interval: Interval) -> u8 {
    let half = (interval.upper.get() - interval.lower.get()) / 2.0;
    if half <= 0.0 {
        return DIGITS_WITHOUT_SPREAD;
    }
    let mut unit = 1.0;
    for digits in 0..MAX_DIGITS {
        if unit <= half {
            return digits;
        }
        unit /= 10.0;
    }
    MAX_DIGITS
}

/// A count rounded to one significant digit; below ten, where one digit would
/// be the count itself, ten (and none at all stays 0).
fn one_digit(count: u64) -> u64 {
    if count < 10 {
        return if count == 0 { 0 } else { 10 };
    }
    let mut unit = 1_u64;
    while count / unit >= 10 {
        unit *= 10;
    }
    (count + unit / 2) / unit * unit
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn interval(lower: f64, upper: f64) -> Interval {
        Interval {
            lower: Finite::new(lower).unwrap(),
            upper: Finite::new(upper).unwrap(),
        }
    }

    #[test]
    fn as_many_digits_are_shown_as_the_interval_supports() {
        assert_eq!(digits_supported(interval(0.70, 0.76)), 2);
        assert_eq!(digits_supported(interval(0.731, 0.735)), 3);
        assert_eq!(digits_supported(interval(0.7311, 0.7312)), 4);
        assert_eq!(digits_supported(interval(0.1, 0.9)), 1);
        assert_eq!(digits_supported(interval(-3.0, 3.0)), 0);
        assert_eq!(digits_supported(interval(1.0, 1.0)), 2);
    }

    #[test]
    fn limits_are_rounded_to_the_unfavourable_side_and_steps_stay() {
        let rounded = |value: f64, rounding| {
            round(Finite::new(value).unwrap(), 2, rounding)
                .unwrap()
                .get()
        };
        assert_eq!(rounded(0.5599, Rounding::Down), 0.55);
        assert_eq!(rounded(0.5501, Rounding::Up), 0.56);
        assert_eq!(rounded(0.29, Rounding::Down), 0.29);
        assert_eq!(rounded(0.57, Rounding::Up), 0.57);
        assert_eq!(rounded(-0.005, Rounding::Down), -0.01);
        assert_eq!(rounded(0.5551, Rounding::Nearest), 0.56);
    }

    #[test]
    fn what_would_tell_is_released_as_a_multiple() {
        let told = |rows, needed| {
            let distance = Finite::ZERO;
            let needed = RowsNeeded {
                rows,
                distance,
                needed,
            };
            times_the_data(&needed).map(|label| label.en)
        };
        let times = |times| {
            Some(format!(
                "about {times} times these data would be needed to tell"
            ))
        };
        assert_eq!(told(99_762, Some(410_000)), times(5));
        assert_eq!(told(100, Some(2_300)), times(30));
        assert_eq!(told(100, Some(101)), times(2));
        assert_eq!(told(100, None), None);
    }

    #[test]
    fn row_counts_are_released_with_one_digit() {
        let cases = [
            (0, 0),
            (1, 10),
            (9, 10),
            (10, 10),
            (14, 10),
            (15, 20),
            (99_762, 100_000),
            (1_234, 1_000),
        ];
        for (count, expected) in cases {
            assert_eq!(one_digit(count), expected);
        }
    }
}
