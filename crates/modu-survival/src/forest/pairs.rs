//! Harrell's concordance of many forecasts of the same rows.

use crate::{EventCode, Outcomes};

/// Rows in the order in which pairs are counted.
pub(super) struct Pairs {
    /// Positions in the list of rows, latest time first.
    groups: Vec<Group>,
    /// Entry and position of those who enter late, latest first.
    entries: Vec<(f64, u32)>,
    /// How often each row counts; empty: once.
    weight: Vec<u64>,
}

/// Rows of one time.
struct Group {
    time: f64,
    censored: Vec<u32>,
    events: Vec<u32>,
}

impl Pairs {
    pub(super) fn new(outcomes: &Outcomes, rows: &[u32]) -> Self {
        let of = |column: &[f64], position: u32| column[rows[position as usize] as usize];
        let time = |position: &u32| of(outcomes.time(), *position);
        let mut order: Vec<u32> = (0..rows.len() as u32).collect();
        order.sort_by(|a, b| time(b).total_cmp(&time(a)));
        let entries = outcomes.entry().map(|entry| {
            let positions = order
                .iter()
                .map(|position| (of(entry, *position), *position));
            let mut entries: Vec<(f64, u32)> = positions.collect();
            entries.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            entries
        });
        let weight = outcomes.weight().map(|weight| {
            let positions = 0..rows.len() as u32;
            positions
                .map(|position| of(weight, position) as u64)
                .collect()
        });
        let groups = order.chunk_by(|a, b| time(a) == time(b)).map(|group| {
            let (events, censored) = group.iter().partition(|position| {
                outcomes.event()[rows[**position as usize] as usize] == EventCode::EVENT
            });
            Group {
                time: time(&group[0]),
                censored,
                events,
            }
        });
        Self {
            groups: groups.collect(),
            entries: entries.unwrap_or_default(),
            weight: weight.unwrap_or_default(),
        }
    }

    /// The share of pairs in which the row with the earlier event has the
    /// higher risk, equal risks counting half. A pair is a row with an event
    /// and one that was then watched and is longer, or as long without an
    /// event. `None` where there is no pair.
    pub(super) fn concordance(&self, risks: &[f64]) -> Option<f64> {
        let mut distinct = risks.to_vec();
        distinct.sort_unstable_by(f64::total_cmp);
        distinct.dedup();
        let rank = |position: u32| {
            let risk = risks[position as usize];
            distinct.partition_point(|lower| *lower < risk)
        };
        let weight = |position: u32| self.weight.get(position as usize).map_or(1, |it| *it);
        let mut later = Counts::new(distinct.len());
        let mut entries = self.entries.iter().peekable();
        // Twice the pairs won, so that equal risks count one.
        let (mut won, mut pairs) = (0_u128, 0_u128);
        for group in &self.groups {
            for position in &group.censored {
                later.add(rank(*position), weight(*position));
            }
            // Whoever entered at this time or later was not yet watched; a row
            // comes before it goes, for it enters before its time.
            while let Some((_, position)) = entries.next_if(|it| it.0 >= group.time) {
                later.take(rank(*position), weight(*position));
            }
            for position in &group.events {
                let (rank, weight) = (rank(*position), u128::from(weight(*position)));
                won += weight * u128::from(later.below(rank) + later.below(rank + 1));
                pairs += weight * u128::from(later.number);
            }
            for position in &group.events {
                later.add(rank(*position), weight(*position));
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

    fn add(&mut self, rank: usize, rows: u64) {
        self.number += rows;
        let mut index = rank + 1;
        while let Some(part) = self.parts.get_mut(index) {
            *part += rows;
            index += index & index.wrapping_neg();
        }
    }

    fn take(&mut self, rank: usize, rows: u64) {
        self.number -= rows;
        let mut index = rank + 1;
        while let Some(part) = self.parts.get_mut(index) {
            *part -= rows;
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
        for seed in 0..100 {
            let mut stream = Stream::new(seed, 0);
            let rows = 2 + stream.below(30) as usize;
            let mut some =
                |limit| -> Vec<f64> { (0..rows).map(|_| stream.below(limit) as f64).collect() };
            let (time, risk, before) = (some(9), some(6), some(9));
            let event: Vec<bool> = some(2).iter().map(|event| *event > 0.0).collect();
            let weight: Vec<f64> = some(3).iter().map(|weight| weight + 1.0).collect();
            let late = time.iter().zip(&before);
            let entry: Vec<f64> = late.map(|(time, before)| time - 1.0 - before).collect();
            let outcomes = Outcomes::single(time.clone(), &event).unwrap();
            let outcomes = match seed % 2 {
                0 => outcomes,
                _ => outcomes
                    .with_entry(entry.clone())
                    .unwrap()
                    .with_weights(weight.clone())
                    .unwrap(),
            };
            let (mut won, mut pairs) = (0.0, 0.0);
            for first in (0..rows).filter(|row| event[*row]) {
                for other in 0..rows {
                    let as_long = time[other] == time[first] && !event[other];
                    let watched = seed % 2 == 0 || entry[other] < time[first];
                    if watched && (time[other] > time[first] || as_long) {
                        let both = match seed % 2 {
                            0 => 1.0,
                            _ => weight[first] * weight[other],
                        };
                        pairs += both;
                        won += both
                            * match risk[first].total_cmp(&risk[other]) {
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
