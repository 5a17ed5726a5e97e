//! How many rows would separate a solution from a bound.
//!
//! "Not separable" alone leaves its reader with nothing to do. What helps is
//! the number of rows that would tell. A confidence limit lies at some reach
//! from its estimate, and with `k` times the rows of the same kind that reach
//! shrinks by the square root of `k`: the standard error of every measure here
//! does. So the limit comes to the bound at a distance `d` from the estimate
//! with `rows * (reach / d)^2` rows, and does so in four runs of five, not
//! only in every second one, where 0.84 standard errors are added to the reach
//! (the 0.8 quantile of the normal distribution).
//!
//! The reach is the one that was judged, be it of a bootstrap or of an exact
//! limit, so nothing is assumed of the measure but that scaling. The number is
//! a guide for the next collection of data, not a promise: it takes the
//! estimate for the truth.

use modu_statistics::Finite;

use crate::gate;
use crate::need::Direction;
use crate::report::RowsNeeded;

/// The 0.8 quantile of the standard normal distribution: the power with which
/// the stated number of rows would tell.
const POWER: f64 = 0.841_621_233_572_914_2;

/// More rows than anybody will have: no number is stated.
const BEYOND_REACH: f64 = 1e12;

/// A measure, its limits and the bound it is held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Distance {
    pub(super) rows: u64,
    pub(super) estimate: f64,
    pub(super) standard_error: f64,
    pub(super) unfavourable: f64,
    pub(super) favourable: f64,
    pub(super) bound: f64,
    pub(super) direction: Direction,
}

impl Distance {
    /// Whether the bound lies between the two limits.
    pub(super) fn straddles(&self) -> bool {
        !gate::meets(self.direction, self.unfavourable, self.bound)
            && gate::meets(self.direction, self.favourable, self.bound)
    }

    /// Positive where the estimate is on the good side of the bound.
    fn signed(&self) -> f64 {
        match self.direction {
            Direction::AtLeast => self.estimate - self.bound,
            Direction::AtMost => self.bound - self.estimate,
        }
    }
}

/// The rows that would tell, with two significant digits, rounded up. `None`
/// where a number is not finite.
pub(super) fn rows_needed(at: &Distance) -> Option<RowsNeeded> {
    let signed = at.signed();
    // What is to be proven is what the estimate says: that the bound is met,
    // or that it is missed.
    let judged = if signed >= 0.0 {
        at.unfavourable
    } else {
        at.favourable
    };
    let reach = (at.estimate - judged).abs() + POWER * at.standard_error;
    let times = (reach / signed).powi(2);
    let needed = at.rows as f64 * times;
    let within_reach = needed.is_finite() && needed < BEYOND_REACH;
    Some(RowsNeeded {
        rows: at.rows,
        distance: Finite::new(signed)?,
        needed: within_reach.then(|| two_digits_up(needed)),
    })
}

/// A number of rows rounded up to two significant digits.
fn two_digits_up(rows: f64) -> u64 {
    let whole = rows.ceil() as u64;
    let mut unit = 1;
    while whole / unit >= 100 {
        unit *= 10;
    }
    whole.div_ceil(unit) * unit
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn distance(estimate: f64, reach: f64, bound: f64, direction: Direction) -> Distance {
        let sign = match direction {
            Direction::AtLeast => 1.0,
            Direction::AtMost => -1.0,
        };
        Distance {
            rows: 1_000,
            estimate,
            standard_error: reach / 1.644_853_626_951_472_7,
            unfavourable: estimate - sign * reach,
            favourable: estimate + sign * reach,
            bound,
            direction,
        }
    }

    #[test]
    fn the_number_is_that_of_the_normal_formula() {
        // n (z_0.95 + z_0.80)^2 (standard error / distance)^2, as in
        // statsmodels 0.14 `NormalIndPower` for one sample, one-sided.
        for direction in [Direction::AtLeast, Direction::AtMost] {
            for estimate in [0.49, 0.51] {
                let found = rows_needed(&distance(estimate, 0.03, 0.5, direction)).unwrap();
                let sigmas = (1.644_853_626_951_472_7_f64 + POWER).powi(2);
                let exact = 1_000.0 * sigmas * (0.03 / 1.644_853_626_951_472_7 / 0.01_f64).powi(2);
                let needed = found.needed.unwrap() as f64;
                assert!(
                    needed >= exact && needed < exact * 1.1,
                    "{needed} for {exact}"
                );
            }
        }
    }

    #[test]
    fn half_the_distance_needs_four_times_the_rows() {
        let at = |estimate| {
            let at = distance(estimate, 0.05, 0.5, Direction::AtLeast);
            rows_needed(&at).unwrap().needed.unwrap() as f64
        };
        let times = at(0.51) / at(0.52);
        assert!((3.7..4.3).contains(&times), "{times}");
    }

    #[test]
    fn an_estimate_on_its_bound_has_no_number() {
        let found = rows_needed(&distance(0.5, 0.03, 0.5, Direction::AtMost)).unwrap();
        assert_eq!(found.needed, None);
        let found = rows_needed(&distance(0.5 + 1e-9, 0.03, 0.5, Direction::AtMost)).unwrap();
        assert_eq!(found.needed, None, "more rows than anybody has");
    }

    #[test]
    fn the_distance_is_positive_on_the_good_side() {
        for (direction, estimate, good) in [
            (Direction::AtLeast, 0.6, true),
            (Direction::AtLeast, 0.4, false),
            (Direction::AtMost, 0.4, true),
            (Direction::AtMost, 0.6, false),
        ] {
            let found = rows_needed(&distance(estimate, 0.3, 0.5, direction)).unwrap();
            assert_eq!(found.distance.get() > 0.0, good);
        }
    }

    #[test]
    fn rows_are_rounded_up_to_two_digits() {
        let cases = [
            (7.2, 8),
            (99.0, 99),
            (100.5, 110),
            (12_345.0, 13_000),
            (410_000.0, 410_000),
        ];
        for (rows, expected) in cases {
            assert_eq!(two_digits_up(rows), expected, "{rows}");
        }
    }

    #[test]
    fn only_a_bound_between_the_limits_is_straddled() {
        let bounds = [
            (0.5, true),
            (0.56, false),
            (0.53, true),
            (0.47, false),
            (0.44, false),
        ];
        for (bound, expected) in bounds {
            let at = distance(0.5, 0.03, bound, Direction::AtLeast);
            // A limit exactly at its bound meets it.
            assert_eq!(
                at.straddles(),
                expected,
                "{bound}: {} to {}",
                at.unfavourable,
                at.favourable
            );
        }
    }
}
