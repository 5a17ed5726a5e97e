//! How often a chi-square statistic is exceeded by chance.

/// The probability that a chi-square variable of `degrees` exceeds `x`: 1 for
/// no degrees.
///
/// The finite sums of Abramowitz & Stegun 26.4.4 and 26.4.5.
pub(crate) fn upper_tail(x: f64, degrees: u32) -> f64 {
    if degrees == 0 || x <= 0.0 {
        return 1.0;
    }
    let half = x / 2.0;
    let (mut tail, mut log_term, mut step) = if degrees.is_multiple_of(2) {
        (0.0, -half, 1.0)
    } else {
        let log_term = 0.5 * libm::log(half) - half - libm::lgamma(1.5);
        (libm::erfc(half.sqrt()), log_term, 1.5)
    };
    for _ in 0..degrees / 2 {
        tail += libm::exp(log_term);
        log_term += libm::log(half / step);
        step += 1.0;
    }
    tail.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_are_those_of_r() {
        // pchisq(x, degrees, lower.tail = FALSE) of R 4.2.2.
        for (x, degrees, expected) in [
            (3.84, 1, 0.0500435212487052),
            (0.1, 2, 0.951229424500714),
            (7.5, 3, 0.057558451972636406),
            (25.0, 10, 0.005345505487134064),
            (150.0, 101, 0.0011287104830543),
        ] {
            let found = upper_tail(x, degrees);
            assert!((found - expected).abs() <= 1e-12, "{x}, {degrees}: {found}");
        }
        assert_eq!(upper_tail(1.0, 0), 1.0);
    }
}
