//! Every two contenders on the same rows.

use modu_kernel::EngineError;
use modu_statistics::{
    Finite, Interval as StatisticsInterval, StatisticsError, Undefined, delong, mcnemar,
};

use super::bench::{Bench, Rows, Who};
use super::of_statistics;
use crate::need::Task;
use crate::report::{Comparison, DeLongResult, Interval, McNemarResult, MetricMeasure};

/// Pairs in order: each contender against those after it, the recorded
/// incumbent last.
pub(super) fn of(bench: &Bench<'_>) -> Result<Vec<Comparison>, EngineError> {
    let everybody = bench.everybody();
    let mut comparisons = Vec::new();
    for (index, first) in everybody.iter().enumerate() {
        for second in everybody.iter().skip(index + 1) {
            if bench.model(*first).is_some() && bench.model(*second).is_some() {
                comparisons.push(compare(bench, *first, *second)?);
            }
        }
    }
    Ok(comparisons)
}

fn compare(bench: &Bench<'_>, first: Who, second: Who) -> Result<Comparison, EngineError> {
    let differences = bench
        .metrics()
        .into_iter()
        .map(|metric| {
            let ours = bench.sample(first, Rows::All, metric);
            let theirs = bench.sample(second, Rows::All, metric);
            let difference = ours.and_then(|ours| Ok(ours.difference(&theirs?)));
            MetricMeasure {
                metric,
                measurement: bench.measurement(&difference),
            }
        })
        .collect();
    Ok(Comparison {
        first: name(bench, first),
        second: name(bench, second),
        differences,
        mcnemar: mcnemar_of(bench, first, second)?,
        delong: delong_of(bench, first, second)?,
    })
}

pub(super) fn name(bench: &Bench<'_>, who: Who) -> String {
    match who {
        Who::Recorded => "incumbent".to_owned(),
        Who::Solution(index) => bench
            .contenders
            .solutions
            .get(index)
            .map_or_else(String::new, |entry| entry.solution.id.clone()),
    }
}

/// `None` where there is nothing to test.
pub(super) fn defined<T>(result: Result<T, StatisticsError>) -> Result<Option<T>, EngineError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(StatisticsError::Undefined(_)) => Ok(None),
        Err(other) => Err(of_statistics(other)),
    }
}

fn mcnemar_of(
    bench: &Bench<'_>,
    first: Who,
    second: Who,
) -> Result<Option<McNemarResult>, EngineError> {
    let (Some(labels), Some(first), Some(second)) = (
        bench.labels().filter(|_| bench.clusters.is_none()),
        bench.decisions(first),
        bench.decisions(second),
    ) else {
        return Ok(None);
    };
    let test = defined(mcnemar(labels, &first, &second))?;
    Ok(test.map(|test| McNemarResult {
        first_only: test.first_only,
        second_only: test.second_only,
        uncorrected: test.chi_square,
        uncorrected_p: test.p_value,
        corrected: test.corrected_chi_square,
        corrected_p: test.corrected_p_value,
        exact_p: test.exact_p_value,
    }))
}

fn delong_of(
    bench: &Bench<'_>,
    first: Who,
    second: Who,
) -> Result<Option<DeLongResult>, EngineError> {
    // The test takes each row for a draw of its own.
    if bench.need.task != Task::Binary || bench.clusters.is_some() {
        return Ok(None);
    }
    let (Some(first), Some(second)) = (bench.finite_scores(first), bench.finite_scores(second))
    else {
        return Ok(None);
    };
    let Some(test) = defined(delong(&bench.is_positive(), first, second))? else {
        return Ok(None);
    };
    let difference = test.first.area.get() - test.second.area.get();
    let interval: Result<_, Undefined> =
        StatisticsInterval::wald(difference, test.standard_error.get(), bench.confidence);
    Ok(Finite::new(difference).map(|difference| DeLongResult {
        first: test.first.area,
        second: test.second.area,
        difference,
        interval: interval.ok().map(|interval| Interval {
            lower: interval.lower,
            upper: interval.upper,
        }),
        z: test.z,
        p_value: test.p_value,
    }))
}
