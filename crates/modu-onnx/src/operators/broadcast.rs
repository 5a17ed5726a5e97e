//! Numpy's broadcasting: shapes are aligned at their last dimension, and a
//! dimension of one is repeated.

use crate::budget::Fault;

/// The shape that two shapes broadcast to.
pub(crate) fn shape_of(a: &[usize], b: &[usize]) -> Result<Vec<usize>, Fault> {
    let rank = a.len().max(b.len());
    let at = |shape: &[usize], position: usize| {
        (position + shape.len())
            .checked_sub(rank)
            .map_or(1, |index| shape[index])
    };
    (0..rank)
        .map(|position| match (at(a, position), at(b, position)) {
            (left, right) if left == right => Ok(left),
            (1, length) | (length, 1) => Ok(length),
            _ => Err(Fault::malformed(format!(
                "the shapes {a:?} and {b:?} do not broadcast"
            ))),
        })
        .collect()
}

/// How far the data moves on for one step along each dimension of `shape`:
/// nothing along a dimension that is repeated.
pub(crate) fn strides(from: &[usize], shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![0; shape.len()];
    let mut step = 1;
    for (index, &length) in from.iter().enumerate().rev() {
        if length != 1 {
            strides[index + shape.len() - from.len()] = step;
        }
        step *= length;
    }
    strides
}

/// Visits every element of a shape in order: calls `visit` with the offsets
/// that the strides of `N` sources give, once per run along the last
/// dimension, with the length and the strides of that run.
pub(crate) fn each_run<const N: usize>(
    shape: &[usize],
    strides: [&[usize]; N],
    mut visit: impl FnMut([usize; N], usize, [usize; N]),
) {
    if shape.contains(&0) {
        return;
    }
    let Some((&length, outer)) = shape.split_last() else {
        visit([0; N], 1, [0; N]);
        return;
    };
    let last = strides.map(|list| list[outer.len()]);
    let mut position = vec![0; outer.len()];
    let mut offsets = [0; N];
    loop {
        visit(offsets, length, last);
        let mut dimension = outer.len();
        loop {
            if dimension == 0 {
                return;
            }
            dimension -= 1;
            position[dimension] += 1;
            for (offset, list) in offsets.iter_mut().zip(strides) {
                *offset += list[dimension];
            }
            if position[dimension] < outer[dimension] {
                break;
            }
            for (offset, list) in offsets.iter_mut().zip(strides) {
                *offset -= list[dimension] * outer[dimension];
            }
            position[dimension] = 0;
        }
    }
}

/// `f` of each pair of elements of two tensors that broadcast to `shape`.
pub(crate) fn combine<A: Copy, B: Copy, R>(
    (a, a_shape): (&[A], &[usize]),
    (b, b_shape): (&[B], &[usize]),
    shape: &[usize],
    count: usize,
    f: impl Fn(A, B) -> R,
) -> Vec<R> {
    if a_shape == b_shape {
        return a.iter().zip(b).map(|(&a, &b)| f(a, b)).collect();
    }
    let mut out = Vec::with_capacity(count);
    if let ([b], true) = (b, a_shape == shape) {
        out.extend(a.iter().map(|&a| f(a, *b)));
    } else if a_shape == shape && !b.is_empty() && a_shape.ends_with(b_shape) {
        for row in a.chunks_exact(b.len()) {
            out.extend(row.iter().zip(b).map(|(&a, &b)| f(a, b)));
        }
    } else {
        let a_strides = strides(a_shape, shape);
        let b_strides = strides(b_shape, shape);
        each_run(
            shape,
            [&a_strides, &b_strides],
            |[a_start, b_start], length, [a_step, b_step]| {
                out.extend(
                    (0..length)
                        .map(|index| f(a[a_start + index * a_step], b[b_start + index * b_step])),
                );
            },
        );
    }
    out
}

/// A tensor's elements repeated to a shape that it broadcasts to.
pub(crate) fn expand<T: Copy>(
    values: &[T],
    from: &[usize],
    shape: &[usize],
    count: usize,
) -> Vec<T> {
    if from == shape {
        return values.to_vec();
    }
    let mut out = Vec::with_capacity(count);
    let steps = strides(from, shape);
    each_run(shape, [&steps], |[start], length, [step]| {
        out.extend((0..length).map(|index| values[start + index * step]));
    });
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panic")]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shapes_broadcast_as_in_numpys_documentation() {
        assert_eq!(shape_of(&[8, 1, 6, 1], &[7, 1, 5]).unwrap(), [8, 7, 6, 5]);
        assert_eq!(shape_of(&[5, 4], &[]).unwrap(), [5, 4]);
        assert_eq!(shape_of(&[0, 1], &[1, 3]).unwrap(), [0, 3]);
        assert!(shape_of(&[2, 1], &[8, 4, 3]).is_err());
    }

    proptest! {
        #[test]
        fn every_path_agrees_with_looking_up_each_element(
            dimensions in proptest::collection::vec((1_usize..4, 0_u8..3), 0..4),
            cut in 0_usize..4,
        ) {
            let shape: Vec<usize> = dimensions.iter().map(|(length, _)| *length).collect();
            let a_shape: Vec<usize> = dimensions.iter().map(|&(length, ones)| if ones == 1 { 1 } else { length }).collect();
            let b_full: Vec<usize> = dimensions.iter().map(|&(length, ones)| if ones == 2 { 1 } else { length }).collect();
            // Leading ones may be left off.
            let leading = b_full.iter().take(cut).take_while(|&&length| length == 1).count();
            let b_shape = &b_full[leading..];
            let broadcast = shape_of(&a_shape, b_shape).unwrap();
            prop_assert_eq!(&broadcast, &shape);
            let a: Vec<i64> = (0..a_shape.iter().product::<usize>() as i64).collect();
            let b: Vec<i64> = (0..b_shape.iter().product::<usize>() as i64).map(|v| v * 1000).collect();
            let count = shape.iter().product();
            let got = combine((&a, &a_shape), (&b, b_shape), &shape, count, |x, y| x + y);
            let look = |values: &[i64], from: &[usize], mut flat: usize| {
                let mut offset = 0;
                let mut step = 1;
                for (index, &length) in shape.iter().enumerate().rev() {
                    let position = flat % length;
                    flat /= length;
                    if let Some(own) = (index + from.len()).checked_sub(shape.len()) {
                        if from[own] != 1 { offset += position * step; }
                        step *= from[own];
                    }
                }
                values[offset]
            };
            let expected: Vec<i64> = (0..count).map(|flat| look(&a, &a_shape, flat) + look(&b, b_shape, flat)).collect();
            prop_assert_eq!(got, expected);
        }
    }
}
