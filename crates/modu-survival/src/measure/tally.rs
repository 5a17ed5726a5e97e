//! Counting, among the rows entered so far, those of a lower risk.

/// Rows entered one by one by their place in the order of risk.
pub(crate) trait Tally {
    /// A tally over so many places.
    fn over(places: usize) -> Self;
    /// Enters a row at its place.
    fn enter(&mut self, place: u32, weight: f64);
    /// What is entered below a place.
    fn below(&self, place: u32) -> f64;
}

/// Children of a node.
const CHILDREN: usize = 16;

/// Rows that count once: a bit for each place, and above the words of bits a
/// tree of nodes that hold, for each of 16 children, how many lie in those
/// before it. Entering adds to one line of memory a level, without a branch;
/// asking reads one number a level.
pub(crate) struct Bits {
    words: Vec<u64>,
    levels: Vec<Vec<[u32; CHILDREN]>>,
}

impl Tally for Bits {
    fn over(places: usize) -> Self {
        // One place more, for what lies below the end.
        let words = places / 64 + 1;
        let (mut levels, mut nodes) = (Vec::new(), words);
        while nodes > 1 {
            nodes = nodes.div_ceil(CHILDREN);
            levels.push(vec![[0; CHILDREN]; nodes]);
        }
        Self {
            words: vec![0; words],
            levels,
        }
    }

    fn enter(&mut self, place: u32, _: f64) {
        let mut index = place as usize / 64;
        self.words[index] |= 1 << (place % 64);
        for level in &mut self.levels {
            let child = (index % CHILDREN) as u32;
            index /= CHILDREN;
            for (slot, count) in (0_u32..).zip(&mut level[index]) {
                *count += u32::from(slot > child);
            }
        }
    }

    fn below(&self, place: u32) -> f64 {
        let mut index = place as usize / 64;
        let mask = (1_u64 << (place % 64)) - 1;
        let mut count = (self.words[index] & mask).count_ones();
        for level in &self.levels {
            let child = index % CHILDREN;
            index /= CHILDREN;
            count += level[index][child];
        }
        f64::from(count)
    }
}

/// Rows with weights (Fenwick 1994).
pub(crate) struct Sums(Vec<f64>);

impl Tally for Sums {
    fn over(places: usize) -> Self {
        Self(vec![0.0; places + 1])
    }

    fn enter(&mut self, place: u32, weight: f64) {
        let mut index = place as usize + 1;
        while let Some(sum) = self.0.get_mut(index) {
            *sum += weight;
            index += index & index.wrapping_neg();
        }
    }

    fn below(&self, place: u32) -> f64 {
        let (mut index, mut sum) = (place as usize, 0.0);
        while index > 0 {
            sum += self.0[index];
            index &= index - 1;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_tallies_count_what_lies_below() {
        for places in [1, 63, 64, 65, 1000, 20_000] {
            let (mut bits, mut sums) = (Bits::over(places), Sums::over(places));
            let mut entered = vec![false; places];
            for step in 0..places.min(500) {
                let place = step * 7919 % places;
                if !std::mem::replace(&mut entered[place], true) {
                    bits.enter(place as u32, 1.0);
                    sums.enter(place as u32, 1.0);
                }
            }
            for asked in [0, places / 3, places - 1, places] {
                let expected = entered[..asked].iter().filter(|one| **one).count() as f64;
                assert_eq!(bits.below(asked as u32), expected);
                assert_eq!(sums.below(asked as u32), expected);
            }
        }
    }
}
