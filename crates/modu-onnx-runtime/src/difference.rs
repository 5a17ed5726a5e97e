//! How far two outputs are apart.

use modu_onnx::{Tensor, TensorData};

/// How far the scores of two runtimes are apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// Rows of which the largest score stands in another column, or, with a
    /// single column, on the other side of one half.
    pub decisions: usize,
    /// The largest difference of two scores in units in the last place. None
    /// where one is NaN and the other is not.
    pub ulps: Option<u32>,
}

/// Compares scores `[rows, classes]`, or `[rows]`, of single precision; none
/// for other types or different shapes.
#[must_use]
pub fn difference(left: &Tensor, right: &Tensor) -> Option<Difference> {
    if left.shape() != right.shape() {
        return None;
    }
    let (TensorData::Float32(a), TensorData::Float32(b)) = (left.data(), right.data()) else {
        return None;
    };
    let rows = left.shape().first().copied().unwrap_or(1).max(1);
    let width = (a.len() / rows).max(1);
    let decisions = a
        .chunks(width)
        .zip(b.chunks(width))
        .filter(|(a, b)| decision(a) != decision(b))
        .count();
    let ulps = a
        .iter()
        .zip(b)
        .try_fold(0, |most: u32, (a, b)| Some(most.max(ulps(*a, *b)?)));
    Some(Difference { decisions, ulps })
}

/// The column of the largest score, the first of equals.
fn decision(scores: &[f32]) -> usize {
    match scores {
        [score] => usize::from(*score > 0.5),
        scores => {
            let mut best = 0;
            for (index, score) in scores.iter().enumerate() {
                if *score > scores[best] {
                    best = index;
                }
            }
            best
        }
    }
}

/// How many single-precision numbers lie between two; none for a NaN beside a
/// number.
fn ulps(left: f32, right: f32) -> Option<u32> {
    match (left.is_nan(), right.is_nan()) {
        (true, true) => Some(0),
        (false, false) => Some(ordered(left).abs_diff(ordered(right))),
        _ => None,
    }
}

/// The bits as an integer that grows with the number; both zeros are 0.
const fn ordered(value: f32) -> i32 {
    let magnitude = (value.to_bits() & 0x7fff_ffff).cast_signed();
    if value.is_sign_negative() {
        -magnitude
    } else {
        magnitude
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

    use modu_onnx::Tensor;

    use super::{Difference, difference};

    fn scores(values: &[f32]) -> Tensor {
        Tensor::float32(vec![values.len() / 2, 2], values.to_vec()).unwrap()
    }

    #[test]
    fn differences_are_counted_in_units_in_the_last_place_and_decisions_in_rows() {
        let next = f32::from_bits(0.25_f32.to_bits() + 3);
        for (left, right, decisions, ulps) in [
            ([0.25, 0.75], [next, 0.75], 0, Some(3)),
            ([-0.0, 0.75], [0.0, 0.75], 0, Some(0)),
            ([f32::NAN, 0.75], [f32::NAN, 0.75], 0, Some(0)),
            ([f32::NAN, 0.75], [0.5, 0.75], 1, None),
            ([1.0, next], [0.25, next], 1, Some(0x0100_0000)),
        ] {
            let found = difference(&scores(&left), &scores(&right)).unwrap();
            assert_eq!(found, Difference { decisions, ulps }, "{left:?} {right:?}");
        }
        let other = Tensor::float32(vec![2], vec![0.0; 2]).unwrap();
        assert_eq!(difference(&scores(&[0.0; 2]), &other), None);
    }
}
