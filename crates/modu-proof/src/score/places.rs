//! The metrics of a ranking by how many of its places are looked at.

use std::num::NonZeroU32;

use modu_kernel::EngineError;
use modu_statistics::{Finite, Metric, Quantity, Settings, Study};

use super::bench::{Bench, Observed, Who, settings};
use super::of_statistics;
use crate::need::Task;
use crate::report::PlacesPoint;

/// Round cutoffs that a curve goes through, beside the need's own.
const CUTOFFS: [u32; 10] = [1, 2, 3, 5, 7, 10, 15, 20, 50, 100];

/// `None` but in a ranking, for scores that are all finite. Costs a sort of
/// the rows for each cutoff.
pub(super) fn of(bench: &Bench<'_>, who: Who) -> Result<Option<Vec<PlacesPoint>>, EngineError> {
    let (Task::Ranking, Observed::Numbers(relevance), Some(queries), Some(scores)) = (
        bench.need.task,
        &bench.truth,
        &bench.clusters,
        bench.finite_scores(who),
    ) else {
        return Ok(None);
    };
    let mut points = Vec::new();
    for cutoff in cutoffs(bench.need.statistics.cutoff) {
        let settings = Settings {
            cutoff,
            ..settings(bench.need)
        };
        let mut study = Study::ranking(relevance, queries, settings).map_err(of_statistics)?;
        let model = study.add_scores(scores).map_err(of_statistics)?;
        let quantities = [
            Metric::Ndcg,
            Metric::PrecisionAtCutoff,
            Metric::RecallAtCutoff,
        ]
        .map(|metric| Quantity::new(model, metric));
        let values = study.measure(&quantities).map_err(of_statistics)?;
        let values: Vec<Finite> = values
            .iter()
            .filter_map(|measure| measure.value().and_then(Finite::new))
            .collect();
        if let [ndcg, precision, recall] = values[..] {
            points.push(PlacesPoint {
                cutoff: cutoff.get(),
                ndcg,
                precision,
                recall,
            });
        }
    }
    Ok((!points.is_empty()).then_some(points))
}

/// Round numbers up to twice the need's cutoff, and the cutoff itself.
fn cutoffs(own: NonZeroU32) -> Vec<NonZeroU32> {
    let round = CUTOFFS.into_iter().filter_map(NonZeroU32::new);
    let mut cutoffs: Vec<NonZeroU32> = round
        .filter(|cutoff| cutoff.get() <= own.get().saturating_mul(2))
        .chain([own])
        .collect();
    cutoffs.sort_unstable();
    cutoffs.dedup();
    cutoffs
}
