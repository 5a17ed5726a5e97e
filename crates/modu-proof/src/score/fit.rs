//! How predictions lie about their targets, for the pictures of a regression.

use modu_statistics::Finite;

use super::bench::{Bench, Observed, Who};
use crate::need::Task;
use crate::report::{Fit, Interval};

/// The share of the values at either end that a picture does not reach out to.
const TAIL: f64 = 0.005;

/// `None` but in a regression, for predictions that are all finite.
pub(super) fn of(bench: &Bench<'_>, who: Who) -> Option<Fit> {
    let (Task::Regression, Observed::Numbers(targets)) = (bench.need.task, &bench.truth) else {
        return None;
    };
    let predictions = bench.finite_scores(who)?;
    let pairs = || predictions.iter().copied().zip(targets.iter().copied());
    let range = inner_range(pairs().flat_map(|(prediction, target)| [prediction, target]))?;
    let residual_range = inner_range(pairs().map(|(prediction, target)| prediction - target))?;
    let mut cells = vec![vec![0; Fit::CELLS]; Fit::CELLS];
    let mut residuals = vec![0; Fit::CELLS];
    for (prediction, target) in pairs() {
        let column = cells.get_mut(step(range, prediction));
        if let Some(cell) = column.and_then(|column| column.get_mut(step(range, target))) {
            *cell += 1;
        }
        if let Some(count) = residuals.get_mut(step(residual_range, prediction - target)) {
            *count += 1;
        }
    }
    Some(Fit {
        range: interval(range)?,
        cells,
        residual_range: interval(residual_range)?,
        residuals,
    })
}

/// The values without the outermost ones at either end. Values that are all
/// alike get some width; ones too far apart for a double have no picture.
fn inner_range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a length"
    )]
    let beyond = (values.len() as f64 * TAIL) as usize;
    let low = *values.get(beyond)?;
    let high = *values.get(values.len().checked_sub(beyond + 1)?)?;
    if high > low {
        return (high - low).is_finite().then_some((low, high));
    }
    let reach = (low.abs() * 0.1).max(0.5);
    (low.is_finite()).then_some((low - reach, low + reach))
}

/// Which of the equal steps of a range a value falls in; the outermost where
/// it lies beyond.
fn step((low, high): (f64, f64), value: f64) -> usize {
    let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a small number"
    )]
    let step = (share * Fit::CELLS as f64) as usize;
    step.min(Fit::CELLS - 1)
}

fn interval((lower, upper): (f64, f64)) -> Option<Interval> {
    Some(Interval {
        lower: Finite::new(lower)?,
        upper: Finite::new(upper)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_beyond_a_range_counts_in_its_outermost_steps() {
        let range = (0.0, 24.0);
        assert_eq!(
            [-1e300, 0.0, 0.99, 1.0].map(|v| step(range, v)),
            [0, 0, 0, 1]
        );
        assert_eq!([23.0, 24.0, 1e300].map(|v| step(range, v)), [23; 3]);
    }

    #[test]
    fn a_few_strays_do_not_stretch_the_range_and_equal_values_have_one() {
        let values = (0..1000).map(f64::from).chain([1e12, -1e12]);
        assert_eq!(inner_range(values), Some((4.0, 995.0)));
        assert_eq!(inner_range([7.0; 5].into_iter()), Some((6.3, 7.7)));
        assert_eq!(inner_range(std::iter::empty()), None);
        assert_eq!(inner_range([-f64::MAX, f64::MAX].into_iter()), None);
    }
}
