//! The best cut of a node: the one whose two sides differ most in their
//! survival, by the exact log-rank statistic.

use super::node::Node;
use super::study::Study;
use super::sums::{Pair, Sums};

/// Variances below this share of a node's scale are rounding.
const SMALL: f64 = 1e-12;

/// A cut of a node: rows whose rank in the column is at most `rank` go left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cut {
    /// Which of the study's columns.
    pub(super) column: usize,
    pub(super) rank: u32,
    /// The least rank that goes right.
    pub(super) next: u32,
    /// Observed less expected events on the left.
    pub(super) numerator: f64,
    /// Its variance where the sides do not differ, above 0.
    pub(super) variance: f64,
}

/// Memory of the search, used again from node to node.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// Rank and member, in the order of the rank.
    keys: Vec<u64>,
    sums: Sums,
}

impl Search {
    /// Whether a column varies within a node; prepares [`Self::best`] for it.
    pub(super) fn order(&mut self, study: &Study, column: usize, places: &[u32]) -> bool {
        let rank = &study.columns[column].1.rank;
        self.keys.clear();
        let members = places.iter().zip(0_u64..);
        self.keys
            .extend(members.map(|(place, member)| u64::from(rank[*place as usize]) << 32 | member));
        let first = self.keys[0] >> 32;
        if self.keys.iter().all(|key| key >> 32 == first) {
            return false;
        }
        self.keys.sort_unstable();
        true
    }

    /// The best cut of the column that was ordered last, or what was the best
    /// before. `least` rows must be on either side. Of equal cuts the first is
    /// taken.
    pub(super) fn best(
        &mut self,
        node: &Node,
        column: usize,
        least: u64,
        before: Option<Cut>,
    ) -> Option<Cut> {
        self.sums.clear(node.event_times);
        let mut best = before;
        let (mut numerator, mut variance, mut count) = (0.0, 0.0, 0.0);
        let (total, least) = (node.count as f64, least as f64);
        let negligible = SMALL * node.variance_scale;
        for pair in self.keys.windows(2) {
            let place = (pair[0] & 0xffff_ffff) as usize;
            let member = &node.members[place];
            let entry = node.entries.get(place);
            let shared = match entry {
                None => self.shared(member.reached, member.pair_variance, count),
                // As many have left at their entries as will at their ends.
                Some(entry) => {
                    self.shared(member.reached, member.pair_variance, 0.0)
                        - self.shared(entry.reached, entry.pair_variance, 0.0)
                }
            };
            numerator += member.score;
            variance += member.own_variance - 2.0 * member.count * shared;
            count += member.count;
            if total - count < least {
                break;
            }
            let of_member = Pair {
                count: member.count,
                pair_variance: member.count * member.pair_variance,
            };
            self.sums.add(member.reached, of_member);
            if let Some(entry) = entry {
                let of_entry = Pair {
                    count: -member.count,
                    pair_variance: -member.count * entry.pair_variance,
                };
                self.sums.add(entry.reached, of_entry);
            }
            let (rank, next) = (pair[0] >> 32, pair[1] >> 32);
            if rank == next || count < least || variance <= negligible {
                continue;
            }
            let is_better = best.is_none_or(|best: Cut| {
                numerator * numerator * best.variance > best.numerator * best.numerator * variance
            });
            if is_better && numerator != 0.0 {
                best = Some(Cut {
                    column,
                    rank: rank as u32,
                    next: next as u32,
                    numerator,
                    variance,
                });
            }
        }
        best
    }

    /// `C(min(T, T'))` summed over the rows that came so far, of which there
    /// are `count`, for one that reached so many event times.
    fn shared(&self, reached: u32, pair_variance: f64, count: f64) -> f64 {
        let earlier = self.sums.up_to(reached);
        earlier.pair_variance + pair_variance * (count - earlier.count)
    }
}
