//! Rows in the order of their times, by a radix sort of the numbers' bits.

/// Bits that one pass of the radix sort looks at.
const DIGIT: u32 = 11;

/// Passes of the radix sort. Few of a million times agree in so many leading
/// bits; those are put in order by comparing them.
const PASSES: u32 = 3;

/// Below so many rows a comparison sort is quicker.
const FEW: usize = 2_048;

/// A row with an integer that has the order of its value.
pub(crate) type Keyed = (u64, u32);

/// All rows ascending by value, with the integer that [`key`] gives: equal
/// values have equal ones.
pub(crate) fn ascending(values: &[f64]) -> Vec<Keyed> {
    let rows = descending(values);
    let keyed = |row: &u32| (key(values[*row as usize]), *row);
    rows.iter().rev().map(keyed).collect()
}

/// Row numbers by descending value, rows of equal value in their own order.
///
/// The values are finite, and there are fewer than 2^32. Linear in the number
/// of rows, but for values that differ in their last bits only.
pub(crate) fn descending(values: &[f64]) -> Vec<u32> {
    if values.len() < FEW {
        let mut rows: Vec<u32> = (0..values.len() as u32).collect();
        rows.sort_by_key(|row| !key(values[*row as usize]));
        return rows;
    }
    let (mut least, mut greatest) = (u64::MAX, 0);
    for value in values {
        let bits = key(*value);
        least = least.min(bits);
        greatest = greatest.max(bits);
    }
    let row_bits = usize::BITS - (values.len() - 1).leading_zeros();
    let span_bits = u64::BITS - (greatest - least).leading_zeros();
    let dropped = (span_bits + row_bits).saturating_sub(u64::BITS);
    let packed = values.iter().zip(0_u64..).map(|(value, row)| {
        let distance = greatest - key(*value);
        (distance >> dropped) << row_bits | row
    });
    let packed = sorted(packed.collect(), row_bits, row_bits + span_bits - dropped);
    let mask = (1_u64 << row_bits) - 1;
    let mut rows: Vec<u32> = packed.iter().map(|packed| (packed & mask) as u32).collect();
    if dropped > 0 {
        settle(values, &mut rows, &packed, row_bits);
    }
    rows
}

/// Rows sorted stably by a small whole number, such as a stratum's.
pub(crate) fn by_key(rows: &mut [u32], key: &[u32]) {
    rows.sort_by_key(|row| key[*row as usize]);
}

/// Bits that grow with the number; both zeros are one.
pub(crate) fn key(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 1 {
        !bits
    } else {
        bits | 1 << 63
    }
}

/// Whole numbers in ascending order. Linear in how many there are, unless most
/// differ in their last bits only.
pub(crate) fn ascending_numbers(mut numbers: Vec<u64>) -> Vec<u64> {
    if numbers.len() < FEW {
        numbers.sort_unstable();
        return numbers;
    }
    let (mut least, mut greatest) = (u64::MAX, 0);
    for number in &numbers {
        least = least.min(*number);
        greatest = greatest.max(*number);
    }
    for number in &mut numbers {
        *number -= least;
    }
    let mut numbers = sorted(numbers, 0, u64::BITS - (greatest - least).leading_zeros());
    for number in &mut numbers {
        *number += least;
    }
    numbers
}

/// Sorts keys whose bits below `from` rise already, and whose bits from `to`
/// on are all the same: by the leading digits one by one from the last of
/// them, then those that agree in them.
fn sorted(mut keys: Vec<u64>, from: u32, to: u32) -> Vec<u64> {
    let first = to.saturating_sub(PASSES * DIGIT).max(from);
    let mut other = vec![0; keys.len()];
    for shift in (first..to).step_by(DIGIT as usize) {
        let digit = |key: u64| (key >> shift) as usize & ((1 << DIGIT) - 1);
        let mut places = [0_usize; 1 << DIGIT];
        for key in &keys {
            places[digit(*key)] += 1;
        }
        let mut start = 0;
        for place in &mut places {
            start += std::mem::replace(place, start);
        }
        for key in &keys {
            let place = &mut places[digit(*key)];
            other[*place] = *key;
            *place += 1;
        }
        std::mem::swap(&mut keys, &mut other);
    }
    if first > from {
        for alike in keys.chunk_by_mut(|a, b| a >> first == b >> first) {
            if alike.len() > 1 {
                alike.sort_unstable();
            }
        }
    }
    keys
}

/// Puts rows in order whose values differ in the dropped bits only.
fn settle(values: &[f64], rows: &mut [u32], packed: &[u64], row_bits: u32) {
    let mut start = 0;
    for run in packed.chunk_by(|a, b| a >> row_bits == b >> row_bits) {
        let rows = &mut rows[start..start + run.len()];
        if rows.len() > 1 {
            rows.sort_by_key(|row| !key(values[*row as usize]));
        }
        start += run.len();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_come_by_descending_value_and_ties_in_their_own_order(
            few in proptest::collection::vec(-3.0..3.0_f64, 1..8),
            picks in proptest::collection::vec((0_usize..8, 0_u8..3), 1..5000),
        ) {
            // Few distinct values, some neighbours in the last bit, both zeros.
            let values: Vec<f64> = picks
                .iter()
                .map(|(pick, change)| match change {
                    0 => few[pick % few.len()],
                    1 => few[pick % few.len()].next_up(),
                    _ => if pick % 2 == 0 { 0.0 } else { -0.0 },
                })
                .collect();
            let mut expected: Vec<u32> = (0..values.len() as u32).collect();
            expected.sort_by(|a, b| {
                (values[*b as usize] + 0.0).total_cmp(&(values[*a as usize] + 0.0))
            });
            prop_assert_eq!(descending(&values), expected);
        }

        #[test]
        fn numbers_come_ascending_whatever_bits_they_differ_in(
            few in proptest::collection::vec(0_u64.., 1..4),
            picks in proptest::collection::vec((0_usize..4, 0_u64..9, 0_u32..64), 1..5000),
        ) {
            let numbers: Vec<u64> = picks
                .iter()
                .map(|(pick, change, shift)| few[pick % few.len()] ^ (change << shift))
                .collect();
            let mut expected = numbers.clone();
            expected.sort_unstable();
            prop_assert_eq!(ascending_numbers(numbers), expected);
        }
    }
}
