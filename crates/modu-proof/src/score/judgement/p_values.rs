//! The p-values that stand beside the verdicts.

use modu_statistics::{Finite, IntervalMethod, Replicates, Side, binomial_p_value, holm};

use super::evidence::{Evidence, counted};
use crate::need::Criterion;
use crate::score::bench::{Bench, Counts, Sample};

/// The largest of the p-values of a criterion's parts, `None` where one of
/// them cannot be had. As with limits, that of a share of rows is the worse of
/// the bootstrap's and the exact one, and replicates that do not vary give
/// none.
pub(super) fn p_value(criterion: &Criterion, parts: &[Evidence]) -> Option<Finite> {
    let of = |sample: &Sample,
              method: IntervalMethod,
              counts: Option<Counts>,
              side: Side,
              reference: f64| {
        let replicates: &Replicates = sample.as_ref().ok()?;
        let p = replicates.p_value_by(method, side, reference).ok()?;
        match counts {
            Some(counts) => {
                let (successes, trials) = (counts.successes, counts.trials);
                let exact = binomial_p_value(side, successes, trials, reference).ok()?;
                Some(if exact > p { exact } else { p })
            }
            None => replicates.varies().then_some(p),
        }
    };
    let mut largest: Option<Finite> = None;
    for part in counted(parts) {
        let threshold = criterion.threshold.map(|threshold| {
            let side = Bench::unfavourable(criterion.direction);
            of(&part.measure, part.method, part.counts, side, threshold)
        });
        let margin = criterion.margin.map(|margin| {
            let improvement = part.improvement.as_ref()?;
            of(improvement, part.method, None, Side::Lower, margin)
        });
        for p in threshold.into_iter().chain(margin) {
            let p = p?;
            largest = Some(match largest {
                Some(before) if before >= p => before,
                _ => p,
            });
        }
    }
    largest
}

/// Holm's adjustment over all criteria of all contenders; one that could not
/// be tested, or is not in this run, counts as p = 1.
pub(super) fn adjust(
    p_values: &[Vec<Option<Finite>>],
    competing: &[usize],
    contenders: usize,
) -> Vec<Vec<Option<Finite>>> {
    let criteria = p_values.first().map_or(0, Vec::len);
    let mut family: Vec<f64> = competing
        .iter()
        .filter_map(|index| p_values.get(*index))
        .flatten()
        .map(|p| p.map_or(1.0, Finite::get))
        .collect();
    family.resize(family.len().max(contenders * criteria), 1.0);
    let mut adjusted = holm(&family).unwrap_or_default().into_iter();
    p_values
        .iter()
        .enumerate()
        .map(|(index, criteria)| {
            let competes = competing.contains(&index);
            criteria
                .iter()
                .map(|p| {
                    let adjusted = if competes { adjusted.next() } else { None };
                    p.and(adjusted).and_then(Finite::new)
                })
                .collect()
        })
        .collect()
}
