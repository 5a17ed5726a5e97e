//! Metrics of the order of each query's rows.
//!
//! A query's value depends on nothing but its own rows, and queries are drawn
//! whole: so each value is computed once, and a replicate is a weighted mean
//! of them. Tied rows count as in random order, and their metrics are the
//! expected values of McSherry & Najork (2008).

use std::num::NonZeroU32;

use crate::{Metric, Undefined};

/// A row of a query.
#[derive(Debug, Clone, Copy)]
pub(super) struct RankedRow {
    /// Its query, as a cluster of the study.
    pub(super) query: u32,
    pub(super) score: f64,
    pub(super) relevance: f64,
    pub(super) region: u32,
}

/// A metric of each query that has a relevant row.
#[derive(Debug)]
pub(super) struct QueryValues(Vec<(u32, f64)>);

impl QueryValues {
    /// The values of the queries of rows that come by query and descending
    /// score, those of equal score by descending relevance.
    pub(super) fn new(metric: Metric, rows: &[RankedRow], cutoff: NonZeroU32) -> Self {
        let places = usize::try_from(cutoff.get()).unwrap_or(usize::MAX);
        let queries = rows.chunk_by(|a, b| a.query == b.query);
        let relevant = queries.filter(|rows| rows.iter().any(|row| row.relevance > 0.0));
        let values = relevant.map(|rows| {
            let value = match metric {
                Metric::Ndcg => ndcg(rows, places),
                Metric::MeanReciprocalRank => reciprocal_rank(rows),
                Metric::MeanAveragePrecision => average_precision(rows),
                Metric::PrecisionAtCutoff => found(rows, places) / places as f64,
                _ => found(rows, places) / relevant_rows(rows) as f64,
            };
            (rows[0].query, value)
        });
        Self(values.collect())
    }

    /// The mean of the values, each query counted with its weight.
    pub(super) fn mean(&self, weight: impl Fn(u32) -> u32) -> Result<f64, Undefined> {
        let (mut sum, mut queries) = (0.0, 0_u64);
        for &(query, value) in &self.0 {
            let weight = weight(query);
            sum += f64::from(weight) * value;
            queries += u64::from(weight);
        }
        if queries == 0 {
            Err(Undefined::NoRelevant)
        } else {
            Ok(sum / queries as f64)
        }
    }
}

fn relevant_rows(rows: &[RankedRow]) -> usize {
    rows.iter().filter(|row| row.relevance > 0.0).count()
}

/// The tied groups of a query from the top, each with the rows before it.
fn tied_groups(rows: &[RankedRow]) -> impl Iterator<Item = (usize, &[RankedRow])> {
    let mut before = 0;
    rows.chunk_by(|a, b| a.score == b.score).map(move |tied| {
        let start = before;
        before += tied.len();
        (start, tied)
    })
}

/// The discount of a place, from 0.
fn discount(place: usize) -> f64 {
    1.0 / libm::log2(place as f64 + 2.0)
}

/// Discounted gain of the first places over that of the best order.
fn ndcg(rows: &[RankedRow], places: usize) -> f64 {
    let mut gain = 0.0;
    for (before, tied) in tied_groups(rows).take_while(|(before, _)| *before < places) {
        let sum: f64 = tied.iter().map(|row| row.relevance).sum();
        let until = places.min(before + tied.len());
        let discounts: f64 = (before..until).map(discount).sum();
        gain += sum / tied.len() as f64 * discounts;
    }
    let mut relevances: Vec<f64> = rows.iter().map(|row| row.relevance).collect();
    relevances.sort_unstable_by(|a, b| b.total_cmp(a));
    let best = relevances.iter().take(places).enumerate();
    let best: f64 = best.map(|(place, gain)| gain * discount(place)).sum();
    gain / best
}

/// Expected reciprocal of the place of the first relevant row. In the first
/// tied group with relevant rows, `r` of `n`, place `j` is the first relevant
/// one if the places before it are not and it is: each factor is a share of
/// what is left.
fn reciprocal_rank(rows: &[RankedRow]) -> f64 {
    for (before, tied) in tied_groups(rows) {
        let relevant = relevant_rows(tied);
        if relevant == 0 {
            continue;
        }
        let (mut none_yet, mut expected) = (1.0, 0.0);
        for place in 0..=tied.len() - relevant {
            let left = (tied.len() - place) as f64;
            expected += none_yet * (relevant as f64 / left) / (before + place + 1) as f64;
            none_yet *= (left - relevant as f64) / left;
        }
        return expected;
    }
    0.0
}

/// Expected mean over the relevant rows of the precision at their place. A
/// place in a tied group holds a relevant row with probability `r / n`, and
/// then each earlier place of the group does with `(r - 1) / (n - 1)`.
fn average_precision(rows: &[RankedRow]) -> f64 {
    let (mut found, mut sum) = (0.0, 0.0);
    for (before, tied) in tied_groups(rows) {
        let (relevant, size) = (relevant_rows(tied) as f64, tied.len() as f64);
        if relevant == 0.0 {
            continue;
        }
        let others = if tied.len() == 1 {
            0.0
        } else {
            (relevant - 1.0) / (size - 1.0)
        };
        for place in 0..tied.len() {
            let relevant_until = found + 1.0 + place as f64 * others;
            sum += relevant / size * relevant_until / (before + place + 1) as f64;
        }
        found += relevant;
    }
    sum / found
}

/// Expected relevant rows among the first places.
fn found(rows: &[RankedRow], places: usize) -> f64 {
    let mut found = 0.0;
    for (before, tied) in tied_groups(rows).take_while(|(before, _)| *before < places) {
        let inside = (places - before).min(tied.len());
        found += relevant_rows(tied) as f64 * (inside as f64 / tied.len() as f64);
    }
    found
}
