//! Harrell's concordance of many forecasts of the same rows.

use crate::{EventCode, Outcomes};

/// Rows in the order in which pairs are counted.
pub(super) struct Pairs {
    /// Positions in the list of rows, latest time first.
    groups: Vec<Group>,
}

/// Rows of one time.
struct Group {
    censored: Vec<u32>,
    events: Vec<u32>,
}

impl Pairs {
    pub(super) fn new(outcomes: &Outcomes, rows: &[u32]) -> Self {
        let time = |position: &u32| outcomes.time()[rows[*position as usize] as usize];
        let mut order: Vec<u32> = (0..rows.len() as u32).collect();
        order.sort_by(|a, b| time(b).total_cmp(&time(a)));
        let groups = order.chunk_by(|a, b| time(a) == time(b)).map(|group| {
            let (events, censored) = group.iter().partition(|position| {
                outcomes.event()[rows[**position as usize] as usize] == EventCode::EVENT
            });
            Group { censored, events }
        });
        Self {
            groups: groups.collect(),
        }
    }

    /// The share of pairs in which the row with the earlier event has the
    /// higher risk, equal risks counting half. A pair is a row with an event
    /// and one that was watched longer, or as long without an event. `None`
    /// where there is no pair.
    pub(super) fn concordance(&self, risks: &[f64]) -> Option<f64> {
        let mut distinct = risks.to_vec();
        distinct.sort_unstable_by(f64::total_cmp);
        distinct.dedup();
        let rank = |position: u32| {
            let risk = risks[position as usize];
            distinct.partition_point(|lower| *lower < risk)
        };
        let mut later = Counts::new(distinct.len());
        // Twice the pairs won, so that equal risks count one.
        let (mut won, mut pairs) = (0_u64, 0_u64);
        for group in &self.groups {
            for position in &group.censored {
                later.add(rank(*position));
            }
            for position in &group.events {
                let rank = rank(*position);
                won += later.below(rank) + later.below(rank + 1);
                pairs += later.number;
            }
            for position in &group.events {
                later.add(rank(*position));
            }
        }
        (pairs > 0).then(|| won as f64 / (2 * pairs) as f64)
    }
}

/// How many rows came so far, by rank (Fenwick 1994).
struct Counts {
    parts: Vec<u64>,
    number: u64,
}

impl Counts {
    fn new(ranks: usize) -> Self {
        Self {
            parts: vec![0; ranks + 1],
            number: 0,
        }
    }

    fn add(&mut self, rank: usize) {
        self.number += 1;
        let mut index = rank + 1;
        while let Some(part) = self.parts.get_mut(index) {
            *part += 1;
            index += index & index.wrapping_neg();
        }
    }

    /// How many ranks below this came.
    fn below(&self, rank: usize) -> u64 {
        let (mut index, mut sum) = (rank, 0);
        while index > 0 {
            sum += self.parts[index];
            index &= index - 1;
        }
        sum
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn the_concordance_is_the_share_of_pairs_won() {
        for seed in 0..50 {
            let mut stream = Stream::new(seed, 0);
            let rows = 2 + stream.below(30) as usize;
            let mut some =
                |limit| -> Vec<f64> { (0..rows).map(|_| stream.below(limit) as f64).collect() };
            let (time, risk) = (some(9), some(6));
            let event: Vec<bool> = some(2).iter().map(|event| *event > 0.0).collect();
            let outcomes = Outcomes::single(time.clone(), &event).unwrap();
            let (mut won, mut pairs) = (0.0, 0.0);
            for first in (0..rows).filter(|row| event[*row]) {
                for other in 0..rows {
                    let as_long = time[other] == time[first] && !event[other];
                    if time[other] > time[first] || as_long {
                        pairs += 1.0;
                        won += match risk[first].total_cmp(&risk[other]) {
                            std::cmp::Ordering::Greater => 1.0,
                            std::cmp::Ordering::Equal => 0.5,
                            std::cmp::Ordering::Less => 0.0,
                        };
                    }
                }
            }
            let all: Vec<u32> = (0..rows as u32).collect();
            let expected = (pairs > 0.0).then(|| won / pairs);
            assert_eq!(Pairs::new(&outcomes, &all).concordance(&risk), expected);
        }
    }
}
