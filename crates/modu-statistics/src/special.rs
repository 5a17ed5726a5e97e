//! The few special functions that the intervals and tests need.
//!
//! They use `libm` (pure Rust), never the platform's `exp` or `ln`, whose last
//! bits differ between systems.

use std::f64::consts::{PI, SQRT_2};

/// Probability that a standard normal variable exceeds `z`.
pub(crate) fn normal_upper_tail(z: f64) -> f64 {
    0.5 * libm::erfc(z / SQRT_2)
}

/// The point that a standard normal variable exceeds with probability `p`,
/// `0 < p < 1`.
///
/// Starts from Hastings' approximation (Abramowitz & Stegun 26.2.23, error
/// below 4.5e-4) and takes three cubically converging Halley steps.
pub(crate) fn normal_upper_quantile(p: f64) -> f64 {
    if p > 0.5 {
        return -normal_upper_quantile(1.0 - p);
    }
    let t = (-2.0 * libm::log(p)).sqrt();
    let numerator = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let denominator = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    let mut z = t - numerator / denominator;
    for _ in 0..3 {
        let error = p - normal_upper_tail(z);
        let step = error * (2.0 * PI).sqrt() * libm::exp(z * z / 2.0);
        z -= step / (1.0 + z * step / 2.0);
    }
    z
}

/// Probability that Student's variable of `degrees > 0` degrees of freedom
/// exceeds `t`.
pub(crate) fn student_upper_tail(degrees: f64, t: f64) -> f64 {
    let square = t * t;
    let both = incomplete_beta(degrees / 2.0, 0.5, degrees / (degrees + square));
    if t < 0.0 {
        1.0 - both / 2.0
    } else {
        both / 2.0
    }
}

/// The point that Student's variable exceeds with probability `p`,
/// `0 < p < 1`: by the incomplete beta function, and above 1,000 degrees by
/// the expansion of Abramowitz & Stegun 26.7.5, whose next term is then below
/// 1e-9 for tails down to 1e-5.
pub(crate) fn student_upper_quantile(degrees: f64, p: f64) -> f64 {
    if p > 0.5 {
        return -student_upper_quantile(degrees, 1.0 - p);
    }
    if degrees <= 1000.0 {
        let part = incomplete_beta_inverse(0.5, degrees / 2.0, 1.0 - 2.0 * p);
        return (degrees * part / (1.0 - part)).sqrt();
    }
    let z = normal_upper_quantile(p);
    let square = z * z;
    let terms = [
        (square + 1.0) / 4.0,
        ((5.0 * square + 16.0) * square + 3.0) / 96.0,
        (((3.0 * square + 19.0) * square + 17.0) * square - 15.0) / 384.0,
    ];
    let sum = terms
        .iter()
        .rev()
        .fold(0.0, |sum, term| (sum + term) / degrees);
    z * (1.0 + sum)
}

/// Probability that a chi-square variable of one degree of freedom exceeds
/// `x >= 0`.
pub(crate) fn chi_square_one_upper_tail(x: f64) -> f64 {
    libm::erfc((x / 2.0).sqrt())
}

/// The regularised incomplete beta function `I_x(a, b)`, for `a, b > 0` and
/// `0 <= x <= 1`: the continued fraction of DLMF 8.17.22 by the modified
/// Lentz method, its prefactor by Loader's saddle-point form, which keeps
/// full precision for large `a` and `b`.
pub(crate) fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        0.0
    } else if x >= 1.0 {
        1.0
    } else if x <= (a + 1.0) / (a + b + 2.0) {
        beta_prefactor(a, b, x) / a * beta_fraction(a, b, x)
    } else {
        1.0 - beta_prefactor(b, a, 1.0 - x) / b * beta_fraction(b, a, 1.0 - x)
    }
}

/// The `x` where `I_x(a, b) = p`, by bisection down to neighbouring numbers.
pub(crate) fn incomplete_beta_inverse(a: f64, b: f64, p: f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return middle;
        }
        if incomplete_beta(a, b, middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
}

/// `x^a (1-x)^b / B(a, b)`, as `ab/(a+b)` times the binomial density of `a`
/// in `a + b` (Loader, "Fast and accurate computation of binomial
/// probabilities", 2000, equation 5).
fn beta_prefactor(a: f64, b: f64, x: f64) -> f64 {
    let n = a + b;
    let exponent = stirling_error(n)
        - stirling_error(a)
        - stirling_error(b)
        - deviance_part(a, n * x)
        - deviance_part(b, n * (1.0 - x));
    libm::exp(exponent) * (a * b / (2.0 * PI * n)).sqrt()
}

/// `ln(n!) - ln(sqrt(2 pi n) (n/e)^n)` for `n > 0`; from 15 upwards its
/// asymptotic series.
fn stirling_error(n: f64) -> f64 {
    if n < 15.0 {
        return libm::lgamma(n + 1.0) - (n + 0.5) * libm::log(n) + n - 0.5 * libm::log(2.0 * PI);
    }
    let square = n * n;
    let series = 1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / (1188.0 * square)) / square;
    (1.0 / 12.0 - (1.0 / 360.0 - series / square) / square) / n
}

/// `k ln(k / mean) + mean - k`, without cancellation where the two are close.
fn deviance_part(k: f64, mean: f64) -> f64 {
    if (k - mean).abs() >= 0.1 * (k + mean) {
        return k * libm::log(k / mean) + mean - k;
    }
    let v = (k - mean) / (k + mean);
    let mut sum = (k - mean) * v;
    let mut term = 2.0 * k * v;
    for j in 1..1000 {
        term *= v * v;
        let next = sum + term / f64::from(2 * j + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// The continued fraction; it needs about `sqrt(max(a, b))` steps.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    const STEPS: u32 = 200_000;
    let guard = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / guard(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for step in 1..STEPS {
        let m = f64::from(step);
        let twice = a + 2.0 * m;
        let even = m * (b - m) * x / ((twice - 1.0) * twice);
        d = 1.0 / guard(1.0 + even * d);
        c = guard(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / (twice * (twice + 1.0));
        d = 1.0 / guard(1.0 + odd * d);
        c = guard(1.0 + odd / c);
        let change = d * c;
        fraction *= change;
        if (change - 1.0).abs() < 1e-16 {
            break;
        }
    }
    fraction
}

/// Probability that a chi-square variable of `degrees` degrees of freedom
/// exceeds `x >= 0`: the regularised upper incomplete gamma function
/// `Q(degrees / 2, x / 2)`, below its mean by the power series (DLMF 8.11.4),
/// above it by the continued fraction (DLMF 8.9.2, modified Lentz method).
pub(crate) fn chi_square_upper_tail(degrees: u64, x: f64) -> f64 {
    let (a, x) = (degrees as f64 / 2.0, x / 2.0);
    if x <= 0.0 {
        return 1.0;
    }
    // x^a e^-x / Gamma(a + 1), by Loader's form of the Poisson density.
    let density = libm::exp(-stirling_error(a) - deviance_part(a, x)) / (2.0 * PI * a).sqrt();
    if x < a + 1.0 {
        1.0 - density * gamma_series(a, x)
    } else {
        density * a * gamma_fraction(a, x)
    }
}

/// The point that a chi-square variable exceeds with probability `p`,
/// `0 < p < 1`, by bisection down to neighbouring numbers.
pub(crate) fn chi_square_upper_quantile(degrees: u64, p: f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, degrees as f64 + 1.0);
    while chi_square_upper_tail(degrees, high) > p {
        high *= 2.0;
    }
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return high;
        }
        if chi_square_upper_tail(degrees, middle) > p {
            low = middle;
        } else {
            high = middle;
        }
    }
}

fn gamma_series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut above) = (1.0, 1.0, a);
    loop {
        above += 1.0;
        term *= x / above;
        let next = sum + term;
        if next == sum {
            return sum;
        }
        sum = next;
    }
}

fn gamma_fraction(a: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    const STEPS: u32 = 1_000_000;
    let guard = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / guard(b);
    let mut fraction = d;
    for step in 1..STEPS {
        let i = f64::from(step);
        let numerator = -i * (i - a);
        b += 2.0;
        d = 1.0 / guard(numerator * d + b);
        c = guard(b + numerator / c);
        let change = d * c;
        fraction *= change;
        if (change - 1.0).abs() < 1e-16 {
            break;
        }
    }
    fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        let error = (found - expected).abs();
        assert!(
            error <= 1e-12 * expected.abs(),
            "found {found}, expected {expected}"
        );
    }

    #[test]
    fn the_normal_quantile_inverts_its_tail() {
        for p in [1e-300, 1e-20, 1e-9, 0.001, 0.025, 0.3, 0.5, 0.8, 0.975] {
            close(normal_upper_tail(normal_upper_quantile(p)), p);
        }
        close(normal_upper_quantile(0.025), 1.959_963_984_540_054);
    }

    #[test]
    fn the_incomplete_beta_has_its_closed_forms() {
        // I_x(1, b) = 1 - (1-x)^b, I_x(a, 1) = x^a, I_x(a, a) = 1/2 at 1/2.
        close(incomplete_beta(1.0, 3.0, 0.2), 1.0 - 0.8_f64 * 0.8 * 0.8);
        close(incomplete_beta(2.0, 1.0, 0.3), 0.09);
        for a in [0.5, 2.0, 17.0, 1e3, 1e6] {
            close(incomplete_beta(a, a, 0.5), 0.5);
        }
    }

    #[test]
    fn the_inverse_inverts() {
        for (a, b) in [(1.0, 1.0), (3.0, 8.0), (400.0, 10.0), (5e4, 4e3)] {
            for p in [0.025, 0.5, 0.975] {
                let x = incomplete_beta_inverse(a, b, p);
                assert!((incomplete_beta(a, b, x) - p).abs() < 1e-10);
            }
        }
    }

    #[test]
    fn the_chi_square_tail_is_that_of_scipy() {
        // scipy 1.17.1, scipy.stats.chi2.sf.
        for (degrees, x, tail) in [
            (3, 0.30000000000000004, 0.9600284803068776),
            (3, 3.0, 0.3916251762710877),
            (3, 9.0, 0.02929088653488826),
            (9, 6.3, 0.709557963164526),
            (9, 10.799999999999999, 0.28966749038847894),
            (63, 6.300000000000001, 1.0),
            (63, 63.0, 0.47630238333813013),
            (63, 189.0, 1.6159158327025747e-14),
            (255, 178.5, 0.9999187840510562),
            (255, 306.0, 0.01568811247185046),
            (10000, 1000.0, 1.0),
            (10000, 10000.0, 0.49811936596618267),
        ] {
            let found = chi_square_upper_tail(degrees, x);
            assert!((found - tail).abs() <= 1e-11 * tail, "{found} {tail}");
        }
    }

    #[test]
    fn students_quantile_is_that_of_scipy() {
        // scipy 1.17.1, scipy.stats.t.isf(p, degrees).
        for (degrees, p, quantile) in [
            (1.5, 0.0001, 242.2640988465063),
            (1.5, 0.025, 6.016663104427933),
            (1.5, 0.4, 0.30074539256979543),
            (1.5, 0.975, -6.016663104427929),
            (4.0, 0.0001, 13.033671720896455),
            (4.0, 0.025, 2.7764451051977943),
            (4.0, 0.4, 0.2707222947075976),
            (4.0, 0.975, -2.7764451051977934),
            (19.7, 0.0001, 4.553281287543382),
            (19.7, 0.025, 2.08800174961098),
            (19.7, 0.4, 0.25679484097656247),
            (19.7, 0.975, -2.0880017496109797),
            (49.0, 0.0001, 4.020490058782604),
            (49.0, 0.025, 2.0095752371292397),
            (49.0, 0.4, 0.2547270255991911),
            (49.0, 0.975, -2.0095752371292392),
            (400.0, 0.0001, 3.7537773283767537),
            (400.0, 0.025, 1.965912343229463),
            (400.0, 0.4, 0.2535156748312869),
            (400.0, 0.975, -1.9659123432294627),
            (999.5, 0.0001, 3.732858548604785),
            (999.5, 0.025, 1.962340270383846),
            (999.5, 0.4, 0.2534145495680494),
            (999.5, 0.975, -1.9623402703838457),
            (1000.5, 0.0001, 3.732844667509542),
            (1000.5, 0.025, 1.962337892459348),
            (1000.5, 0.4, 0.25341448214466544),
            (1000.5, 0.975, -1.962337892459348),
            (25000.0, 0.0001, 3.7195681290974867),
            (25000.0, 0.025, 1.9600588799054275),
            (25000.0, 0.4, 0.25334979923413775),
            (25000.0, 0.975, -1.9600588799054273),
            (10000000.0, 0.0001, 3.71901786438225),
            (10000000.0, 0.025, 1.9599642217672055),
            (10000000.0, 0.4, 0.25334710987600284),
            (10000000.0, 0.975, -1.959964221767205),
        ] {
            let found = student_upper_quantile(degrees, p);
            let error = (found / quantile - 1.0_f64).abs();
            assert!(error < 1e-9, "{degrees} {p}: {found} {quantile}");
            assert!((student_upper_tail(degrees, found) / p - 1.0).abs() < 1e-8);
        }
    }

    #[test]
    fn the_chi_square_tail_has_its_closed_forms() {
        // One degree is the squared normal, two are the exponential.
        for x in [1e-3, 0.5, 1.0, 3.84, 10.0, 80.0] {
            close(chi_square_upper_tail(1, x), chi_square_one_upper_tail(x));
            close(chi_square_upper_tail(2, x), libm::exp(-x / 2.0));
        }
        for degrees in [1, 9, 200] {
            for p in [1e-9, 0.05, 0.5, 0.99] {
                let x = chi_square_upper_quantile(degrees, p);
                assert!((chi_square_upper_tail(degrees, x) - p).abs() < 1e-12);
            }
        }
    }
}
