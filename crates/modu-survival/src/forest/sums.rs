//! Sums over the rows that came so far, up to any event time, in logarithmic
//! time: a binary indexed tree (Fenwick 1994).

/// Counts and `C`s of rows by the number of event times that they reached.
#[derive(Debug, Default)]
pub(super) struct Sums(Vec<Pair>);

/// How many rows, and the sum of their `C`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pair {
    pub(super) count: f64,
    pub(super) pair_variance: f64,
}

impl Sums {
    /// Forgets all rows; they will have reached 0 to `event_times`.
    pub(super) fn clear(&mut self, event_times: u32) {
        self.0.clear();
        self.0.resize(event_times as usize + 2, Pair::default());
    }

    /// The sums over the rows that reached at most so many event times.
    pub(super) fn up_to(&self, reached: u32) -> Pair {
        let mut sum = Pair::default();
        let mut index = reached as usize + 1;
        while index > 0 {
            let part = self.0[index];
            sum.count += part.count;
            sum.pair_variance += part.pair_variance;
            index &= index - 1;
        }
        sum
    }

    /// Adds rows that reached so many event times.
    pub(super) fn add(&mut self, reached: u32, rows: Pair) {
        let mut index = reached as usize + 1;
        while let Some(part) = self.0.get_mut(index) {
            part.count += rows.count;
            part.pair_variance += rows.pair_variance;
            index += index & index.wrapping_neg();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_all_rows_up_to_a_time() {
        let mut sums = Sums::default();
        for event_times in [0, 1, 6, 7, 8, 100] {
            sums.clear(event_times);
            for reached in 0..=event_times {
                let rows = Pair {
                    count: 1.0,
                    pair_variance: f64::from(reached),
                };
                sums.add(reached, rows);
            }
            for reached in 0..=event_times {
                let sum = sums.up_to(reached);
                assert_eq!(sum.count, f64::from(reached + 1));
                assert_eq!(sum.pair_variance, f64::from(reached * (reached + 1) / 2));
            }
        }
    }
}
