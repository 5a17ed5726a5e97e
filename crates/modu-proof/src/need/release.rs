//! How often a data set may answer, and by how much an answer must be better
//! before it is told: the table `[release]` of `need.toml`.

use serde::Deserialize;

use super::ReleaseRule;
use crate::error::ProofError;

/// The largest budget that can be written.
pub(super) const MOST_SUBMISSIONS: u32 = 10_000;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReleaseTable {
    pub(super) submissions: Option<u32>,
    pub(super) total: Option<u32>,
    pub(super) step: Option<f64>,
}

impl Default for ReleaseRule {
    fn default() -> Self {
        Self {
            submissions: 50,
            total: 200,
            step: 0.0,
        }
    }
}

pub(super) fn check_release(table: Option<ReleaseTable>) -> Result<ReleaseRule, ProofError> {
    let table = table.unwrap_or_default();
    let usual = ReleaseRule::default();
    let submissions = table.submissions.unwrap_or(usual.submissions);
    let rule = ReleaseRule {
        submissions,
        total: table.total.unwrap_or_else(|| usual.total.max(submissions)),
        step: table.step.unwrap_or(usual.step),
    };
    for (name, budget) in [("submissions", rule.submissions), ("total", rule.total)] {
        if !(1..=MOST_SUBMISSIONS).contains(&budget) {
            return Err(ProofError::key(
                format!("release.{name}"),
                "it is no budget",
                format!("write a number from 1 to {MOST_SUBMISSIONS}"),
            ));
        }
    }
    if rule.total < rule.submissions {
        return Err(ProofError::key(
            "release.total",
            "it is below the budget of one supplier",
            "raise it, or lower release.submissions",
        ));
    }
    if !rule.step.is_finite() || rule.step < 0.0 {
        return Err(ProofError::key(
            "release.step",
            "it is not a number from 0 up",
            "write the smallest improvement that is worth telling, such as 0.01",
        ));
    }
    Ok(rule)
}
