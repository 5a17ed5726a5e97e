//! Exponentials of many numbers at once, with the bits of `libm`.
//!
//! A logistic model spends most of its time in `exp`, because a call for each
//! number leaves the processor's wide registers empty. Here the algorithm of
//! `libm::expf` (FreeBSD's `e_expf.c`) stands without jumps: each way through
//! it is computed, and the one that counts is chosen. It takes nothing but
//! additions, products, quotients and choices, which IEEE 754 fixes to the bit,
//! so the compiler may take many numbers side by side; a test holds the result
//! against `libm`.

/// Half of the natural logarithm of 2, and three halves: the bounds between
/// the ways to reduce an argument.
const HALF_LN2: f32 = f32::from_bits(0x3eb1_7218);
const THREE_HALVES_LN2: f32 = f32::from_bits(0x3f85_1592);
/// Up to 2^-14, the exponential is 1 + x.
const TINY: f32 = f32::from_bits(0x3900_0000);
/// From here on the result is infinite.
const OVERFLOWS: f32 = f32::from_bits(0x42b1_7218);
/// From here downwards it is zero.
const UNDERFLOWS: f32 = f32::from_bits(0xc2cf_f1b5);
/// The logarithm of 2 in two parts, so that a multiple of the first is exact.
const LN2_HIGH: f32 = f32::from_bits(0x3f31_7200);
const LN2_LOW: f32 = f32::from_bits(0x35bf_be8e);
const INVERSE_LN2: f32 = f32::from_bits(0x3fb8_aa3b);
/// The coefficients of the polynomial.
const P1: f32 = f32::from_bits(0x3e2a_aa8f);
const P2: f32 = f32::from_bits(0xbb35_5215);

/// `exp(x)`, of which many are computed side by side.
#[inline(always)]
fn exponential(x: f32) -> f32 {
    let magnitude = x.abs();
    let nearest = (INVERSE_LN2 * x + 0.5_f32.copysign(x)).trunc();
    let one = 1.0_f32.copysign(x);
    let reduced = if magnitude > THREE_HALVES_LN2 {
        nearest
    } else {
        one
    };
    let doublings = if magnitude > HALF_LN2 { reduced } else { 0.0 };
    let high = x - doublings * LN2_HIGH;
    let low = doublings * LN2_LOW;
    let rest = high - low;
    let square = rest * rest;
    let c = rest - square * (P1 + square * P2);
    let y = 1.0 + (rest * c / (2.0 - c) - low + high);
    // In two steps, because 2^-150 and 2^128 are no numbers; only the second
    // can round.
    let doublings = integer(doublings);
    let first = doublings >> 1;
    let scaled = y * power_of_two(first) * power_of_two(doublings.wrapping_sub(first));
    let finite = if magnitude > TINY { scaled } else { 1.0 + x };
    let large = if x >= OVERFLOWS {
        f32::INFINITY
    } else {
        finite
    };
    let small = if x <= UNDERFLOWS { 0.0 } else { large };
    // Only NaN is unequal to itself.
    #[allow(clippy::eq_op, reason = "stated above")]
    let nan = x != x;
    if nan { x } else { small }
}

/// A whole number below 2^22 in magnitude, by the bits that are left of it when
/// 1.5 x 2^23 is added; a conversion would look after numbers out of range, one
/// by one.
#[inline(always)]
const fn integer(whole: f32) -> i32 {
    const SHIFT: f32 = 12_582_912.0;
    (whole + SHIFT).to_bits().wrapping_sub(SHIFT.to_bits()) as i32
}

/// For exponents from -126 to 127.
#[inline(always)]
const fn power_of_two(exponent: i32) -> f32 {
    f32::from_bits((exponent.wrapping_add(127) as u32) << 23)
}

/// `1 / (1 + exp(-x))`, without overflow on either side.
#[inline(always)]
fn logistic(x: f32) -> f32 {
    let small = exponential(-x.abs());
    let upper = 1.0 / (1.0 + small);
    // Not 1 - upper, which would lose the small probabilities.
    let lower = small * upper;
    if x < 0.0 { lower } else { upper }
}

/// Replaces numbers by their exponentials.
pub(crate) fn exponentials(values: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, the only thing that the function asks
        // for beyond what everything here is compiled for.
        unsafe { exponentials_by_avx2(values) };
        return;
    }
    exponentials_anywhere(values);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn exponentials_by_avx2(values: &mut [f32]) {
    exponentials_anywhere(values);
}

#[inline(always)]
fn exponentials_anywhere(values: &mut [f32]) {
    for value in values {
        *value = exponential(*value);
    }
}

/// Replaces numbers by the logistic function of them.
pub(crate) fn logistics(values: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: as in `exponentials`.
        unsafe { logistics_by_avx2(values) };
        return;
    }
    logistics_anywhere(values);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn logistics_by_avx2(values: &mut [f32]) {
    logistics_anywhere(values);
}

#[inline(always)]
fn logistics_anywhere(values: &mut [f32]) {
    for value in values {
        *value = logistic(*value);
    }
}

#[cfg(test)]
mod tests {
    use super::{exponentials, exponentials_anywhere, logistics, logistics_anywhere};

    /// Every 1,021st of all numbers, and the neighbourhood of every place where
    /// the algorithm turns.
    fn numbers() -> Vec<f32> {
        let turns = [
            0x3eb1_7218_u32,
            0x3f85_1592,
            0x3900_0000,
            0x42b1_7218,
            0x42cf_f1b5,
            0x42ae_ac50,
            0x7f80_0000,
            0x0080_0000,
            0x0000_0010,
        ];
        let around = turns
            .into_iter()
            .flat_map(|turn| (turn - 16..=turn + 16).flat_map(|bits| [bits, bits | 1 << 31]));
        let spread = (0..=u32::MAX).step_by(1021);
        spread.chain(around).map(f32::from_bits).collect()
    }

    #[test]
    fn exponentials_are_those_of_libm_on_every_processor() {
        let values = numbers();
        let (mut found, mut elsewhere) = (values.clone(), values.clone());
        exponentials(&mut found);
        exponentials_anywhere(&mut elsewhere);
        for ((x, found), elsewhere) in values.iter().zip(found).zip(elsewhere) {
            assert_eq!(found.to_bits(), libm::expf(*x).to_bits(), "exp({x:e})");
            assert_eq!(found.to_bits(), elsewhere.to_bits(), "exp({x:e})");
        }
    }

    #[test]
    fn logistics_are_those_of_one_number_on_every_processor() {
        let values = numbers();
        let (mut found, mut elsewhere) = (values.clone(), values.clone());
        logistics(&mut found);
        logistics_anywhere(&mut elsewhere);
        for ((x, found), elsewhere) in values.iter().zip(found).zip(elsewhere) {
            let expected = crate::operators::elementwise::logistic(*x);
            assert!(
                found.to_bits() == expected.to_bits() || (found.is_nan() && expected.is_nan()),
                "logistic({x:e}) is {found:e}, not {expected:e}"
            );
            assert!(found.to_bits() == elsewhere.to_bits() || found.is_nan());
        }
    }
}
