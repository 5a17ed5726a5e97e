//! Quantiles of replicates, with and without regard to ties.

/// The quantile of definition 7 (Hyndman & Fan 1996): linear between order
/// statistics. NaN where there are no values. Reorders.
pub(super) fn quantile(values: &mut [f64], level: f64) -> f64 {
    let Some(last) = values.len().checked_sub(1) else {
        return f64::NAN;
    };
    let position = level.clamp(0.0, 1.0) * last as f64;
    let below = position as usize;
    let fraction = position - below as f64;
    let (_, &mut low, above) = values.select_nth_unstable_by(below, f64::total_cmp);
    let high = above.iter().copied().min_by(f64::total_cmp);
    match high {
        Some(high) if fraction > 0.0 => low + (high - low) * fraction,
        _ => low,
    }
}

/// The quantile of the mid-distribution (Ma, Genton & Parzen, "Asymptotic
/// properties of sample quantiles of discrete distributions", 2011): values
/// that are equal stand together in the middle of their places, and between
/// such groups it is linear. Without ties that is [`quantile`].
///
/// A share of two hundred rows moves in steps of half a percent, so that many
/// replicates are equal. An order statistic of them is the whole step, and an
/// interval from step to step holds the truth too often; by the middles the
/// excess and the lack of the steps make each other good. No neighbour that is
/// infinite is approached from a finite value.
pub(super) fn quantile_among_ties(values: &mut [f64], level: f64) -> f64 {
    let Some(last) = values.len().checked_sub(1) else {
        return f64::NAN;
    };
    let position = level.clamp(0.0, 1.0) * last as f64;
    let (_, &mut value, _) = values.select_nth_unstable_by(position as usize, f64::total_cmp);
    let here = Group::of(values, value);
    let neighbours = values.iter().copied();
    let next = if position >= here.middle() {
        neighbours.filter(|it| *it > value).min_by(f64::total_cmp)
    } else {
        neighbours.filter(|it| *it < value).max_by(f64::total_cmp)
    };
    match next {
        Some(next) if next.is_finite() || value.is_infinite() => {
            let there = Group::of(values, next);
            let part = (position - here.middle()) / (there.middle() - here.middle());
            if part > 0.0 {
                value + (next - value) * part
            } else {
                value
            }
        }
        _ => value,
    }
}

/// Equal values among all.
struct Group {
    smaller: usize,
    equal: usize,
}

impl Group {
    fn of(values: &[f64], value: f64) -> Self {
        Self {
            smaller: values.iter().filter(|it| **it < value).count(),
            equal: values.iter().filter(|it| **it == value).count(),
        }
    }

    /// The middle of its places in ascending order.
    fn middle(&self) -> f64 {
        self.smaller as f64 + (self.equal as f64 - 1.0) / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::{quantile, quantile_among_ties};

    #[test]
    fn without_ties_it_is_the_quantile_of_definition_7() {
        let values: Vec<f64> = (0..19)
            .map(|place| f64::from(place * place % 101))
            .collect();
        for level in [0.0, 0.01, 0.025, 0.3, 0.5, 0.77, 0.975, 1.0] {
            let plain = quantile(&mut values.clone(), level);
            let among_ties = quantile_among_ties(&mut values.clone(), level);
            assert!(
                (plain - among_ties).abs() < 1e-12,
                "{level}: {plain} {among_ties}"
            );
        }
    }

    #[test]
    fn among_ties_it_is_linear_between_the_middles_of_equal_values() {
        // Middles at 1.5, 4.5 and 6.
        let values = [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 4.0];
        for (level, expected) in [
            (0.0, 1.0),
            (0.25, 1.0),
            (0.5, 1.5),
            (0.75, 2.0),
            (5.0 / 6.0, 2.0 + 2.0 / 3.0),
            (1.0, 4.0),
        ] {
            let found = quantile_among_ties(&mut values.clone(), level);
            assert!((found - expected).abs() < 1e-12, "{level}: {found}");
        }
    }

    #[test]
    fn what_is_infinite_is_reached_by_its_own_places_only() {
        let values = [f64::NEG_INFINITY, 1.0, 1.0, 1.0, 2.0];
        assert_eq!(quantile_among_ties(&mut values.clone(), 0.3), 1.0);
        assert_eq!(
            quantile_among_ties(&mut values.clone(), 0.0),
            f64::NEG_INFINITY
        );
    }
}
