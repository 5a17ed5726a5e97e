//! Rows in the order of their times, by a radix sort of the numbers' bits.

/// Bits that one pass of the radix sort looks at.
const DIGIT: u32 = 11;

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
    let mut rows: Vec<u32> = (0..values.len() as u32).collect();
    if values.len() < FEW {
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
    for (row, packed) in rows.iter_mut().zip(&packed) {
        *row = (packed & mask) as u32;
    }
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

/// Sorts by the bits from `from` up to `to`, stably.
fn sorted(mut keys: Vec<u64>, from: u32, to: u32) -> Vec<u64> {
    let mut other = vec![0; keys.len()];
    let mut shift = from;
    while shift < to {
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
        shift += DIGIT;
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
    }
}
