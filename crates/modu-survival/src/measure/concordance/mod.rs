//! Concordance: of two rows, does the one of higher risk have the event first?

mod sweep;

use modu_statistics::Share;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::sweep::{Case, Kind, RowShare, Shares, Study};
use super::estimate::standard_error;
use super::{Censoring, Estimate, Estimated, Scale, Scored, Unmeasured};
use crate::SurvivalError;

/// Two rows that end at one time, one with the event and one without.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SameTime {
    /// The one without has outlived the other: the pair counts.
    #[default]
    EventFirst,
    /// It is not known which was first: the pair is left out.
    LeftOut,
}

/// A row on which another event came first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Competing {
    /// It was seen until then, like a censored one (for the hazard of the
    /// event, as a cause-specific model predicts).
    #[default]
    Censored,
    /// It will never have the event, so it outlives everyone (for the risk
    /// of the event; Wolbers et al. 2009).
    NeverEvent,
}

/// Which pairs count, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PairRules {
    /// Event and censoring at one time.
    pub same_time: SameTime,
    /// Competing events. [`uno`] takes `Censored` only.
    pub competing: Competing,
    /// Risks at most so far apart tie, and count half. scikit-survival takes
    /// 1e-8.
    pub tied_within: f64,
}

/// The pairs that can be compared; sums of products of weights where rows
/// have weights.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ConcordancePairs {
    /// The one of higher risk had the event first.
    pub concordant: f64,
    /// The one of lower risk had it first.
    pub discordant: f64,
    /// Their risks tie.
    pub tied_risk: f64,
}

impl ConcordancePairs {
    /// The share of concordant pairs, ties counted half; none without pairs.
    #[must_use]
    pub fn index(&self) -> Option<f64> {
        let all = self.concordant + self.discordant + self.tied_risk;
        (all > 0.0).then(|| (self.concordant + self.tied_risk / 2.0) / all)
    }
}

/// The pairs of Harrell's index (1982). Rows are compared within their
/// stratum, where there are strata. Cost: two sorts and one walk, O(n log n).
///
/// # Errors
/// A `tied_within` that is negative or infinite.
pub fn pairs(scored: &Scored<'_>, rules: &PairRules) -> Result<ConcordancePairs, SurvivalError> {
    let study = Study::new(scored, rules, |row| kind(scored, rules, row))?;
    Ok(study.pairs(rules.same_time))
}

/// Harrell's concordance index (1982): the share of comparable pairs in which
/// the row of higher risk has the event first. A row with the event can be
/// compared with all that outlive it.
///
/// # Errors
/// As [`pairs`].
pub fn harrell(
    scored: &Scored<'_>,
    rules: &PairRules,
    confidence: Share,
) -> Result<Estimated, SurvivalError> {
    let study = Study::new(scored, rules, |row| kind(scored, rules, row))?;
    let shares = study.shares(rules.same_time);
    Ok(index(&shares, scored, None, confidence).into())
}

/// Uno's concordance index (2011): pairs whose event is before `until` (all
/// times where there is none), each weighted by one over the square of the
/// chance of still being seen then. It tends to the same number whatever the
/// censoring, which Harrell's does not. Competing events count as censored.
///
/// # Errors
/// As [`pairs`]; competing events that are not to count as censored.
pub fn uno(
    scored: &Scored<'_>,
    rules: &PairRules,
    censoring: &Censoring,
    until: Option<f64>,
    confidence: Share,
) -> Result<Estimated, SurvivalError> {
    if rules.competing != Competing::Censored {
        return Err(SurvivalError::Setting {
            what: "the place of competing events in Uno's index",
            found: "never_event".to_owned(),
            range: "censored; ask for the area under the curve at a horizon instead",
        });
    }
    let time = scored.outcomes.time();
    let mut unseen = false;
    let study = Study::new(scored, rules, |row| {
        if !scored.is_cause(row) || until.is_some_and(|until| time[row] >= until) {
            return Kind::Other;
        }
        let seen = censoring.seen(time[row]);
        unseen |= seen <= 0.0;
        Kind::Case(Case(1.0 / (seen * seen)))
    })?;
    if unseen {
        return Ok(Estimated::Undefined(Unmeasured::NoneStillSeen));
    }
    let shares = study.shares(rules.same_time);
    Ok(index(&shares, scored, Some(censoring), confidence).into())
}

fn kind(scored: &Scored<'_>, rules: &PairRules, row: usize) -> Kind {
    if scored.is_cause(row) {
        Kind::Case(Case(1.0))
    } else if rules.competing == Competing::NeverEvent
        && !scored.outcomes.event()[row].is_censored()
    {
        Kind::Never
    } else {
        Kind::Other
    }
}

/// The index with the interval that its rows' influences give.
fn index(
    shares: &[Shares],
    scored: &Scored<'_>,
    censoring: Option<&Censoring>,
    confidence: Share,
) -> Result<Estimate, Unmeasured> {
    let all: f64 = shares.iter().map(|share| share.as_case.all).sum();
    if all <= 0.0 {
        return Err(Unmeasured::NoPairs);
    }
    let won: f64 = shares.iter().map(|share| share.as_case.won).sum();
    let value = won / all;
    let beyond = |share: &RowShare| (share.won - value * share.all) / all;
    let mut influences = vec![0.0; scored.len()];
    for share in shares {
        influences[share.row as usize] = beyond(&share.as_case) + beyond(&share.as_other);
    }
    if let Some(censoring) = censoring {
        // A weight is the chance to the power of -2.
        let time = scored.outcomes.time();
        let slopes = shares
            .iter()
            .map(|share| (time[share.row as usize], -2.0 * beyond(&share.as_case)));
        censoring.add_influence(scored.outcomes, slopes, &mut influences);
    }
    let error = standard_error(&influences, scored.outcomes.cluster());
    Estimate::new(value, error, Scale::Logit, confidence)
}
