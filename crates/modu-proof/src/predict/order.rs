//! The order in which a model meets the rows.
//!
//! A file is often sorted, by the outcome even, and a model could score by a
//! row's place in it instead of by the row. So the rows are shuffled before
//! they reach a model, by an order that whoever lacks the data cannot foresee
//! and whoever has it can replay: Fisher and Yates' shuffle (Knuth, TAOCP
//! volume 2, algorithm 3.4.2 P) over `SplitMix64` (Steele, Lea and Flood 2014),
//! seeded by the SHA-256 of the digests of data set and need.

use modu_kernel::Digest;

/// A deterministic stream of shuffles, the same on every platform.
pub(super) struct RowOrder {
    state: u64,
}

impl RowOrder {
    pub(super) fn new(dataset: Digest, need: Digest) -> Self {
        let mut bytes = b"modu.proof.order/1".to_vec();
        bytes.extend_from_slice(dataset.as_bytes());
        bytes.extend_from_slice(need.as_bytes());
        let digest = Digest::of(&bytes);
        let mut first = [0; 8];
        first.copy_from_slice(&digest.as_bytes()[..8]);
        Self {
            state: u64::from_le_bytes(first),
        }
    }

    /// Rows `0..rows`, shuffled; another order with each call. Takes 8 bytes
    /// a row.
    pub(super) fn shuffled(&mut self, rows: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..rows).collect();
        for last in (1..rows).rev() {
            order.swap(last, self.up_to(last));
        }
        order
    }

    /// A number from 0 to `last`. Its bias is below 2^-39 for 2^25 rows.
    fn up_to(&mut self, last: usize) -> usize {
        let wide = u128::from(self.next()) * (last as u128 + 1);
        // The high half is at most `last`.
        usize::try_from(wide >> 64).unwrap_or(last)
    }

    const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_splitmix64() {
        // The first outputs for the seed 1234567, as Rosetta Code lists them
        // (task "Pseudo-random numbers/Splitmix64").
        let mut stream = RowOrder { state: 1_234_567 };
        assert_eq!(
            [stream.next(), stream.next(), stream.next()],
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn a_shuffle_holds_every_row_once_and_is_replayed_by_the_same_digests() {
        let digests = |text: &[u8]| (Digest::of(text), Digest::of(b"need"));
        let order = |(dataset, need)| RowOrder::new(dataset, need).shuffled(1000);
        let first = order(digests(b"data"));
        assert_eq!(first, order(digests(b"data")));
        assert_ne!(first, order(digests(b"other data")));
        let moved = first.iter().enumerate().filter(|(at, row)| at != *row);
        assert!(moved.count() > 900);
        let mut sorted = first;
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<_>>());
    }
}
