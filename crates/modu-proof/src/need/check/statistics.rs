//! The statistical settings.

use modu_statistics::{Replicates, Share};

use crate::error::ProofError;
use crate::need::Statistics;
use crate::need::document::StatisticsTable;

pub(super) fn check_statistics(table: &StatisticsTable) -> Result<Statistics, ProofError> {
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
    let carried = Share::new(table.confidence)
        .and_then(|confidence| Replicates::rank_of_limit(table.replicates as usize, confidence));
    if carried.is_none() {
        return Err(ProofError::key(
            "statistics.replicates",
            "fewer than five replicates lie beyond a limit at this confidence, even of a single solution",
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
    })
}
