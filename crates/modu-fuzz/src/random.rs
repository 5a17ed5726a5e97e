//! Numbers that a seed determines: fuzzers must be able to repeat a change.

/// Steele, Lea and Flood's SplitMix64 (2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// Below a bound; 0 where the bound is 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % (bound.max(1) as u64)) as usize
    }

    /// Changes bytes a little: one flipped, put in, taken out or overwritten.
    pub(crate) fn touch(&mut self, bytes: &mut Vec<u8>) {
        let place = self.below(bytes.len());
        match self.below(4) {
            0 if !bytes.is_empty() => bytes[place] ^= 1 << self.below(8),
            1 if !bytes.is_empty() => {
                bytes.remove(place);
            }
            2 if !bytes.is_empty() => bytes[place] = self.next() as u8,
            _ => bytes.insert(place, self.next() as u8),
        }
    }
}
