//! The order of rows and clusters inside a study, which owes nothing to the
//! order or the codes in which they came.
//!
//! Rows are ordered by what is known of them; rows of which the same is known
//! are alike. Clusters are ordered by the rows they hold; clusters of alike
//! rows are alike. Among alike rows that of the earlier cluster comes first.
//! What is left open is only which of two interchangeable things has which
//! place, and that changes no result.

use std::{cmp::Ordering, collections::BTreeMap, ops::Range};

use rayon::prelude::*;

use super::{
    MAX_MODELS, Study,
    prepare::{Cell, Region},
};

/// The canonical order of a study.
pub(super) struct CanonicalOrder {
    /// The row at each place.
    pub(super) rows: Vec<usize>,
    pub(super) clusters: Option<Clusters>,
}

/// Which rows are drawn together.
#[derive(Debug, Clone)]
pub(super) struct Clusters {
    pub(super) count: usize,
    /// By place in the canonical order.
    pub(super) of_row: Vec<u32>,
}

/// A row with what it is sorted by first.
struct SortKey {
    score: i64,
    cell: u32,
    row: u32,
}

/// A number that is ordered as [`f64::total_cmp`] orders.
const fn in_total_order(score: f64) -> i64 {
    let bits = score.to_bits().cast_signed();
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

impl Study {
    /// The rows by label, subsets, decisions, scores, numbers and clusters.
    pub(super) fn canonical_order(&self) -> CanonicalOrder {
        let rows = self.canonical_rows();
        if self.clusters.is_empty() {
            let clusters = None;
            return CanonicalOrder { rows, clusters };
        }
        let likeness = self.likeness(&rows);
        let (count, clusters) = self.canonical_clusters(&rows, &likeness);
        let mut places: Vec<usize> = (0..rows.len()).collect();
        places.sort_unstable_by_key(|&place| (likeness[place], clusters[place]));
        CanonicalOrder {
            rows: places.iter().map(|&place| rows[place]).collect(),
            clusters: Some(Clusters {
                count,
                of_row: places.iter().map(|&place| clusters[place]).collect(),
            }),
        }
    }

    /// The rows in order, but for clusters. What decides nearly every
    /// comparison (the cell and the first score) is put beside the row's
    /// number, for a sort of row numbers alone would be one of cache misses.
    fn canonical_rows(&self) -> Vec<usize> {
        let scored = self.models.iter().find(|model| model.scores.is_some());
        let first_score = |row| scored.map_or(0.0, |model| self.row_scores(model, row)[0]);
        let mut keys: Vec<SortKey> = (0..)
            .zip(self.cells_of_rows())
            .map(|(row, cell)| SortKey {
                score: in_total_order(first_score(row as usize)),
                cell,
                row,
            })
            .collect();
        keys.par_sort_unstable_by(|a, b| {
            let known = (a.cell, a.score).cmp(&(b.cell, b.score));
            known.then_with(|| self.compare_rows(a.row as usize, b.row as usize))
        });
        keys.into_iter().map(|key| key.row as usize).collect()
    }

    /// The place of each row's cell among all cells.
    fn cells_of_rows(&self) -> Vec<u32> {
        let mut cells = BTreeMap::new();
        for row in 0..self.rows() {
            cells.insert(self.cell_key(row), 0);
        }
        for (place, cell) in (0..).zip(cells.values_mut()) {
            *cell = place;
        }
        let rows = 0..self.rows();
        rows.map(|row| cells.get(&self.cell_key(row)).copied().unwrap_or(0))
            .collect()
    }

    /// Label, subsets and decisions, in the order of [`Self::compare_cells`].
    fn cell_key(&self, row: usize) -> (u16, u128, [u8; MAX_MODELS]) {
        let mut decisions = [0; MAX_MODELS];
        for (decision, model) in decisions.iter_mut().zip(&self.models) {
            // Of at most 256 classes.
            *decision = model.decisions[row] as u8;
        }
        (self.labels[row], self.memberships[row], decisions)
    }

    /// A number for each place that alike rows share.
    fn likeness(&self, rows: &[usize]) -> Vec<u32> {
        let mut likeness = Vec::with_capacity(rows.len());
        let groups = rows.chunk_by(|&a, &b| self.compare_rows(a, b).is_eq());
        for (group, alike) in (0..).zip(groups) {
            likeness.extend(std::iter::repeat_n(group, alike.len()));
        }
        likeness
    }

    /// How many clusters there are, and that of each place, in the order of
    /// what they hold.
    fn canonical_clusters(&self, rows: &[usize], likeness: &[u32]) -> (usize, Vec<u32>) {
        let mut places: Vec<usize> = (0..rows.len()).collect();
        places.sort_unstable_by_key(|&place| (self.clusters[rows[place]], place));
        let code = |place: usize| self.clusters[rows[place]];
        let held: Vec<u32> = places.iter().map(|&place| likeness[place]).collect();
        let mut end = 0;
        let mut clusters: Vec<Range<usize>> = places
            .chunk_by(|&a, &b| code(a) == code(b))
            .map(|cluster| {
                end += cluster.len();
                end - cluster.len()..end
            })
            .collect();
        clusters.par_sort_unstable_by(|a, b| held[a.clone()].cmp(&held[b.clone()]));
        let mut of_place = vec![0; rows.len()];
        for (number, cluster) in (0..).zip(&clusters) {
            for &place in &places[cluster.clone()] {
                of_place[place] = number;
            }
        }
        (clusters.len(), of_place)
    }

    fn compare_rows(&self, a: usize, b: usize) -> Ordering {
        let models = self.models.iter();
        let scores = models.flat_map(|m| self.row_scores(m, a).iter().zip(self.row_scores(m, b)));
        let numbers = || match (self.numbers.get(a), self.numbers.get(b)) {
            (Some(a), Some(b)) => a.total_cmp(b),
            _ => Ordering::Equal,
        };
        self.compare_cells(a, b)
            .then_with(|| first_difference(scores.map(|(a, b)| a.total_cmp(b))))
            .then_with(numbers)
    }

    fn compare_cells(&self, a: usize, b: usize) -> Ordering {
        let decisions = self
            .models
            .iter()
            .map(|m| m.decisions[a].cmp(&m.decisions[b]));
        self.compare_regions(a, b)
            .then_with(|| first_difference(decisions))
    }

    fn compare_regions(&self, a: usize, b: usize) -> Ordering {
        let labels = self.labels[a].cmp(&self.labels[b]);
        labels.then(self.memberships[a].cmp(&self.memberships[b]))
    }

    /// The regions and cells of the rows in canonical order.
    pub(super) fn partition(&self, order: &[usize]) -> (Vec<Region>, Vec<Cell>) {
        let mut regions = Vec::new();
        let mut start = 0;
        for rows in order.chunk_by(|&a, &b| self.compare_regions(a, b).is_eq()) {
            regions.push(Region {
                range: start..start + rows.len(),
                label: self.labels[rows[0]],
                membership: self.memberships[rows[0]],
            });
            start += rows.len();
        }
        let mut cells = Vec::new();
        let mut start = 0;
        for rows in order.chunk_by(|&a, &b| self.compare_cells(a, b).is_eq()) {
            cells.push(Cell {
                range: start..start + rows.len(),
                label: self.labels[rows[0]],
                decisions: self.models.iter().map(|m| m.decisions[rows[0]]).collect(),
                membership: self.memberships[rows[0]],
            });
            start += rows.len();
        }
        (regions, cells)
    }
}

fn first_difference(mut orderings: impl Iterator<Item = Ordering>) -> Ordering {
    orderings
        .find(|ordering| ordering.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// The rows of each label.
pub(super) fn label_ranges(regions: &[Region]) -> Vec<Range<usize>> {
    regions
        .chunk_by(|a, b| a.label == b.label)
        .map(|same| same[0].range.start..same[same.len() - 1].range.end)
        .collect()
}

/// The region of each row.
pub(super) fn region_of_row(regions: &[Region], rows: usize) -> Vec<u32> {
    let mut of_row = vec![0; rows];
    for (region, place) in (0..).zip(regions) {
        of_row[place.range.clone()].fill(region);
    }
    of_row
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::Settings;

    #[test]
    fn numbers_in_total_order_are_ordered_as_total_cmp_orders() {
        let numbers = [
            f64::NEG_INFINITY,
            -1e300,
            -1.0,
            -f64::MIN_POSITIVE,
            -0.0,
            0.0,
            5e-324,
            0.3,
            1.0,
            f64::MAX,
            f64::INFINITY,
            f64::NAN,
            -f64::NAN,
        ];
        for a in numbers {
            for b in numbers {
                assert_eq!(in_total_order(a).cmp(&in_total_order(b)), a.total_cmp(&b));
            }
        }
    }

    #[test]
    fn rows_are_sorted_as_they_compare() {
        let labels: Vec<u16> = (0..500).map(|row| row * 7 % 3).collect();
        let mut study = Study::multiclass(&labels, 3).unwrap();
        let decisions: Vec<u16> = (0..500).map(|row| row * 11 % 5 % 3).collect();
        study.add_decisions(&decisions).unwrap();
        let scores: Vec<f64> = (0..1500).map(|n| f64::from(n * 13 % 17)).collect();
        study.add_scores(&scores).unwrap();
        let inside: Vec<bool> = (0..500).map(|row| row % 4 == 1).collect();
        study.add_subset(&inside).unwrap();
        let rows = study.canonical_rows();
        assert_eq!(rows.len(), 500);
        for pair in rows.windows(2) {
            assert!(study.compare_rows(pair[0], pair[1]).is_le());
        }
        let numbers = [3.0, -1.0, 2.0, -1.0];
        let mut study = Study::regression(&numbers, Settings::default()).unwrap();
        study.add_scores(&[1.0, 0.0, 1.0, -2.0]).unwrap();
        assert_eq!(study.canonical_rows(), [3, 1, 2, 0]);
    }
}
