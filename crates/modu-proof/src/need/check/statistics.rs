//! The statistical settings.

use std::num::NonZeroU32;

use modu_statistics::{Replicates, Settings, Share, ShareInterval};

use crate::error::ProofError;
use crate::gate;
use crate::need::document::StatisticsTable;
use crate::need::{Statistics, Task};
use crate::score::MAX_SOLUTIONS;

pub(super) fn check_statistics(
    table: &StatisticsTable,
    task: Task,
    clustered: bool,
) -> Result<Statistics, ProofError> {
    if !(100..=100_000).contains(&table.replicates) {
        return Err(ProofError::key(
            "statistics.replicates",
            format!("{} is not between 100 and 100000", table.replicates),
            "2000 is a good choice",
        ));
    }
    let seed = table
        .seed
        .parse::<u64>()
        .ok()
        .filter(|seed| seed.to_string() == table.seed)
        .ok_or_else(|| {
            ProofError::key(
                "statistics.seed",
                "it is not a decimal number below 2^64",
                "write it as a string of digits, such as \"20261122\"",
            )
        })?;
    if !(table.confidence > 0.5 && table.confidence < 1.0) {
        return Err(ProofError::key(
            "statistics.confidence",
            "it is not between 0.5 and 1",
            "0.95 is a good choice",
        ));
    }
    let contenders = check_contenders(table)?;
    let carried = Share::new(table.confidence)
        .map(|confidence| gate::divided(confidence, contenders as usize))
        .and_then(|confidence| Replicates::rank_of_limit(table.replicates as usize, confidence));
    if carried.is_none() {
        return Err(ProofError::key(
            "statistics.replicates",
            format!(
                "fewer than five replicates lie beyond a limit at this confidence, even of {}",
                match contenders {
                    1 => "a single solution".to_owned(),
                    contenders => format!("the first of {contenders} contenders"),
                }
            ),
            "raise replicates (to more than five times the competing solutions divided by 1 - confidence) or lower confidence",
        ));
    }
    for (name, value) in [
        ("minimum_group", table.minimum_group),
        ("minimum_positives", table.minimum_positives),
    ] {
        if value == 0 || value > 1 << 53 {
            return Err(ProofError::key(
                format!("statistics.{name}"),
                "it must be at least 1",
                "state below which size a group is not judged",
            ));
        }
    }
    Ok(Statistics {
        replicates: table.replicates,
        seed,
        confidence: table.confidence,
        minimum_group: table.minimum_group,
        minimum_positives: table.minimum_positives,
        contenders: table.contenders,
        interval: table.interval.unwrap_or_default(),
        share_interval: check_share_interval(table.share_interval, task, clustered)?,
        quantile: check_quantile(table.quantile, task)?,
        cutoff: check_cutoff(table.cutoff, task)?,
    })
}

/// The contenders that the need names; one where it leaves that to each run.
fn check_contenders(table: &StatisticsTable) -> Result<u32, ProofError> {
    let contenders = table.contenders.unwrap_or(1);
    if (1..=MAX_SOLUTIONS).contains(&(contenders as usize)) {
        return Ok(contenders);
    }
    Err(ProofError::key(
        "statistics.contenders",
        format!("{contenders} is not between 1 and {MAX_SOLUTIONS}"),
        "write how many solutions may compete, in all runs together",
    ))
}

/// Intervals of counts take each row for a draw of its own.
fn check_share_interval(
    method: Option<ShareInterval>,
    task: Task,
    clustered: bool,
) -> Result<Option<ShareInterval>, ProofError> {
    let problem = match task {
        _ if method.is_none() => return Ok(None),
        Task::Regression | Task::Ranking => "this task has no shares of rows",
        Task::Binary | Task::Multiclass if clustered => {
            "rows that belong together are not counted one by one"
        }
        Task::Binary | Task::Multiclass => return Ok(method),
    };
    let key = "statistics.share_interval";
    Err(ProofError::key(key, problem, "remove it"))
}

/// The quantile that predictions are asked to be; the median unless said.
fn check_quantile(quantile: Option<f64>, task: Task) -> Result<Share, ProofError> {
    let key = "statistics.quantile";
    match (task, quantile) {
        (_, None) => Ok(Settings::default().quantile),
        (Task::Regression, Some(quantile)) => Share::new(quantile).ok_or_else(|| {
            ProofError::key(
                key,
                "it is not between 0 and 1",
                "write the quantile that solutions are asked to predict, such as 0.9",
            )
        }),
        (_, Some(_)) => Err(ProofError::key(
            key,
            "only a regression is about a quantile",
            "remove it",
        )),
    }
}

/// How many places of a ranking are looked at; ten unless said.
fn check_cutoff(cutoff: Option<u32>, task: Task) -> Result<NonZeroU32, ProofError> {
    let key = "statistics.cutoff";
    match (task, cutoff) {
        (_, None) => Ok(Settings::default().cutoff),
        (Task::Ranking, Some(cutoff)) => NonZeroU32::new(cutoff).ok_or_else(|| {
            ProofError::key(
                key,
                "a ranking of no places shows nothing",
                "write how many places are looked at, such as 10",
            )
        }),
        (_, Some(_)) => Err(ProofError::key(
            key,
            "only a ranking has a cutoff",
            "remove it",
        )),
    }
}
