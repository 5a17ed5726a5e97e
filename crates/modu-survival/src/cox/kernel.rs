//! The three loops that a fit spends its time in.
//!
//! Each sum is made in one fixed order, every product and sum is rounded, and
//! nothing is contracted, so the bits are the same on every processor; those
//! with AVX2 run the same code compiled for it.

/// Numbers that are worked on side by side; rows are padded to a multiple.
pub(crate) const LANES: usize = 4;

/// Numbers that are worked on side by side.
pub(crate) type Lanes = [f64; LANES];

/// Rows of so many groups of lanes.
pub(crate) fn grouped<const GROUPS: usize>(rows: &[f64]) -> &[[Lanes; GROUPS]] {
    let (lanes, _) = rows.as_chunks::<LANES>();
    lanes.as_chunks::<GROUPS>().0
}

/// `exp(row . coefficients)` for each row of `coefficients.len()` values.
///
/// The exponent is kept within -700..=700.
pub(crate) fn risks(rows: &[f64], coefficients: &[f64], out: &mut [f64]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, all that the function asks for
        // beyond what everything here is compiled for.
        unsafe { risks_by_avx2(rows, coefficients, out) };
        return;
    }
    risks_anywhere(rows, coefficients, out);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn risks_by_avx2(rows: &[f64], coefficients: &[f64], out: &mut [f64]) {
    risks_anywhere(rows, coefficients, out);
}

#[inline(always)]
fn risks_anywhere(rows: &[f64], coefficients: &[f64], out: &mut [f64]) {
    let (rows, _) = rows.as_chunks::<LANES>();
    let (coefficients, _) = coefficients.as_chunks::<LANES>();
    if coefficients.is_empty() {
        out.fill(1.0);
        return;
    }
    for (out, row) in out.iter_mut().zip(rows.chunks_exact(coefficients.len())) {
        let mut sums = [0.0; LANES];
        for (values, coefficients) in row.iter().zip(coefficients) {
            for lane in 0..LANES {
                sums[lane] += values[lane] * coefficients[lane];
            }
        }
        *out = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    }
    for value in out {
        *value = exponential(*value);
    }
}

/// `exp(x)` within two units in the last place, for x within -700..=700 and as
/// at the nearer end beyond.
///
/// `x = k ln 2 + r` with `|r| <= ln 2 / 2` (Cody & Waite), and Taylor's
/// polynomial of degree 13 in `r`, whose next term is below 5e-18.
#[inline(always)]
fn exponential(x: f64) -> f64 {
    /// Added to a small number, its integer part is left in the low bits.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    const FACTORIALS: [f64; 12] = [
        6_227_020_800.0,
        479_001_600.0,
        39_916_800.0,
        3_628_800.0,
        362_880.0,
        40_320.0,
        5_040.0,
        720.0,
        120.0,
        24.0,
        6.0,
        2.0,
    ];
    let x = x.clamp(-700.0, 700.0);
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    let mut sum = 0.0;
    for factorial in FACTORIALS {
        sum = sum * r + 1.0 / factorial;
    }
    let sum = (sum * r + 1.0) * r + 1.0;
    f64::from_bits(sum.to_bits().wrapping_add(shifted.to_bits() << 52))
}

/// The sum of `weight * row * row'` over rows, upper triangle in tiles.
pub(crate) struct Squares {
    /// Lanes of a row, in groups.
    groups: usize,
    tiles: Vec<[Lanes; LANES]>,
}

impl Squares {
    /// Zero, for rows of `stride` values.
    pub(crate) fn new(stride: usize) -> Self {
        let groups = stride / LANES;
        Self {
            groups,
            tiles: vec![[[0.0; LANES]; LANES]; groups * (groups + 1) / 2],
        }
    }

    /// Sets the sum back to zero.
    pub(crate) fn clear(&mut self) {
        self.tiles.fill([[0.0; LANES]; LANES]);
    }

    /// Adds `weight * row * row'` for each row.
    pub(crate) fn add(&mut self, rows: &[f64], weights: &[f64]) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2, all that the function asks for
            // beyond what everything here is compiled for.
            unsafe { squares_by_avx2(self, rows, weights) };
            return;
        }
        squares_anywhere(self, rows, weights);
    }

    /// The element of two columns.
    pub(crate) fn get(&self, a: usize, b: usize) -> f64 {
        let (a, b) = (a.min(b), a.max(b));
        let (row, column) = (a / LANES, b / LANES);
        let before = row * self.groups - row * row.saturating_sub(1) / 2;
        self.tiles[before + column - row][a % LANES][b % LANES]
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn squares_by_avx2(squares: &mut Squares, rows: &[f64], weights: &[f64]) {
    squares_anywhere(squares, rows, weights);
}

#[inline(always)]
fn squares_anywhere(squares: &mut Squares, rows: &[f64], weights: &[f64]) {
    /// Rows that stay in the nearest cache while every tile passes over them.
    const NEAR: usize = 128;
    let groups = squares.groups;
    if groups == 0 {
        return;
    }
    let near = NEAR * groups * LANES;
    for (rows, weights) in rows.chunks(near).zip(weights.chunks(NEAR)) {
        match groups {
            1 => tiles_of::<1>(&mut squares.tiles, rows, weights),
            2 => tiles_of::<2>(&mut squares.tiles, rows, weights),
            3 => tiles_of::<3>(&mut squares.tiles, rows, weights),
            4 => tiles_of::<4>(&mut squares.tiles, rows, weights),
            _ => tiles_of_any(squares, rows, weights),
        }
    }
}

/// Rows of a width that is known: the same sums as [`tiles_of_any`] makes.
#[inline(always)]
fn tiles_of<const GROUPS: usize>(tiles: &mut [[Lanes; LANES]], rows: &[f64], weights: &[f64]) {
    let mut tiles = tiles.iter_mut();
    for a in 0..GROUPS {
        for (b, tile) in (a..GROUPS).zip(&mut tiles) {
            let mut sums = *tile;
            for (row, weight) in grouped::<GROUPS>(rows).iter().zip(weights) {
                add_product(&mut sums, &row[a], &row[b], *weight);
            }
            *tile = sums;
        }
    }
}

#[inline(always)]
fn tiles_of_any(squares: &mut Squares, rows: &[f64], weights: &[f64]) {
    let groups = squares.groups;
    let (rows, _) = rows.as_chunks::<LANES>();
    let mut tiles = squares.tiles.iter_mut();
    for a in 0..groups {
        for (b, tile) in (a..groups).zip(&mut tiles) {
            let mut sums = *tile;
            for (row, weight) in rows.chunks_exact(groups).zip(weights) {
                add_product(&mut sums, &row[a], &row[b], *weight);
            }
            *tile = sums;
        }
    }
}

#[inline(always)]
fn add_product(sums: &mut [Lanes; LANES], left: &Lanes, right: &Lanes, weight: f64) {
    for i in 0..LANES {
        let scaled = weight * left[i];
        for j in 0..LANES {
            sums[i][j] += scaled * right[j];
        }
    }
}

/// The logarithm of a product of many positive numbers, one logarithm for
/// hundreds of them.
///
/// Exponents are added as whole numbers and the mantissas are multiplied, so
/// the error grows as that of a sum of as many terms near 1e-16.
#[derive(Debug, Clone)]
pub(crate) struct LogProduct {
    mantissa: f64,
    exponent: i64,
    pending: u32,
}

impl LogProduct {
    pub(crate) const ONE: Self = Self {
        mantissa: 1.0,
        exponent: 0,
        pending: 0,
    };

    /// Multiplies by a number; false where it is not positive and normal.
    #[inline]
    #[must_use]
    pub(crate) fn multiply(&mut self, value: f64) -> bool {
        let (mantissa, exponent) = split(value);
        self.mantissa *= mantissa;
        self.exponent += exponent;
        self.pending += 1;
        if self.pending == 512 {
            let (mantissa, exponent) = split(self.mantissa);
            *self = Self {
                mantissa,
                exponent: self.exponent + exponent,
                pending: 0,
            };
        }
        value.is_normal() && value > 0.0
    }

    /// The logarithm.
    pub(crate) fn log(&self) -> f64 {
        libm::log(self.mantissa) + self.exponent as f64 * std::f64::consts::LN_2
    }
}

/// A positive normal number as a mantissa in 1..2 and an exponent of two.
fn split(value: f64) -> (f64, i64) {
    const ONE: u64 = 1023 << 52;
    let bits = value.to_bits();
    let mantissa = f64::from_bits(bits & !(0xfff << 52) | ONE);
    (mantissa, (bits >> 52 & 0x7ff) as i64 - 1023)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_that_of_libm_within_two_units_in_the_last_place() {
        for step in -70_000..=70_000 {
            let x = f64::from(step) * 0.01 + 1.0 / 700.0;
            let x = x.clamp(-700.0, 700.0);
            let (found, expected) = (exponential(x), libm::exp(x));
            let apart = found.to_bits().abs_diff(expected.to_bits());
            assert!(apart <= 2, "exp({x}) is {found}, not {expected}");
        }
        assert_eq!(exponential(0.0), 1.0);
        assert_eq!(exponential(1e9), exponential(700.0));
    }

    #[test]
    fn every_processor_gives_the_same_bits() {
        let stride = 3 * LANES;
        let rows: Vec<f64> = (0..stride * 300)
            .map(|place| libm::sin(place as f64))
            .collect();
        let coefficients: Vec<f64> = (0..stride).map(|place| 0.1 * place as f64).collect();
        let (mut here, mut anywhere) = (vec![0.0; 300], vec![0.0; 300]);
        risks(&rows, &coefficients, &mut here);
        risks_anywhere(&rows, &coefficients, &mut anywhere);
        assert_eq!(here, anywhere);
        let (mut wide, mut plain) = (Squares::new(stride), Squares::new(stride));
        wide.add(&rows, &here);
        squares_anywhere(&mut plain, &rows, &here);
        assert_eq!(wide.tiles, plain.tiles);
        for (a, b) in [(0, 0), (3, 9), (9, 3), (11, 11), (5, 8)] {
            let sum: f64 = (0..300)
                .map(|row| here[row] * rows[row * stride + a] * rows[row * stride + b])
                .sum();
            assert!((wide.get(a, b) - sum).abs() <= 1e-10 * sum.abs().max(1.0));
        }
    }

    #[test]
    fn the_logarithm_of_a_product_is_the_sum_of_logarithms() {
        let mut product = LogProduct::ONE;
        let mut sum = 0.0;
        for place in 1..20_000 {
            let value = libm::exp(300.0 * libm::sin(f64::from(place)));
            assert!(product.multiply(value));
            sum += libm::log(value);
        }
        assert!(
            (product.log() - sum).abs() < 1e-8,
            "{} {sum}",
            product.log()
        );
        for value in [0.0, -1.0, f64::INFINITY, f64::NAN] {
            assert!(!product.multiply(value));
        }
    }
}
