//! How uncertain a measure will be, and what follows for its chance.

use modu_statistics::{
    Share, Side, StatisticsError,
    power::{
        Claim, Errors, GapPlan, MAX_PLANNED, bounded_mean_variance, f1_variance,
        false_alarms_at_budget_variance, hanley_mcneil_variance, paired_difference_variance,
        precision_at_budget_variance, recall_at_budget_variance, rescaled, share_variance,
    },
};

/// What the uncertainty of a measure rests on. Shares are of all rows.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Spread {
    /// Right or wrong for each of these rows: exact.
    Share { carried: f64 },
    /// An area under the ROC curve.
    Area { positives: f64, negatives: f64 },
    /// A formula of the true value for the variance of one of these rows.
    Formula { formula: Formula, carried: f64 },
    /// A pilot's standard error at its number of rows.
    Pilot { standard_error: f64, rows: u64 },
    /// A gap, by the standard errors of its members at one row each.
    Gap { unit_errors: Vec<f64>, seed: u64 },
}

/// A variance that depends on the true value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Formula {
    /// Of one of all rows.
    F1 { prevalence: f64, selected: f64 },
    /// Of one of all rows, whatever the two recalls are.
    BalancedAccuracy { prevalence: f64 },
    /// A mean of numbers within 0..=1.
    BoundedMean,
    /// Of one of all rows.
    RecallAtBudget { prevalence: f64, budget: f64 },
    /// Of one of all rows.
    PrecisionAtBudget { budget: f64 },
    /// Of one of all rows.
    FalseAlarmsAtBudget { prevalence: f64, budget: f64 },
    /// A share with normal errors.
    NormalShare,
    /// A difference of shares on the same rows.
    Paired { discordant: f64 },
}

impl Formula {
    fn variance(self, truth: f64) -> Result<f64, StatisticsError> {
        match self {
            Self::F1 {
                prevalence,
                selected,
            } => f1_variance(truth, prevalence, selected),
            Self::BalancedAccuracy { prevalence } => {
                Ok(balanced_accuracy_variance(truth, prevalence))
            }
            Self::BoundedMean => bounded_mean_variance(truth),
            Self::RecallAtBudget { prevalence, budget } => {
                recall_at_budget_variance(truth, prevalence, budget)
            }
            Self::PrecisionAtBudget { budget } => precision_at_budget_variance(truth, budget),
            Self::FalseAlarmsAtBudget { prevalence, budget } => {
                false_alarms_at_budget_variance(truth, prevalence, budget)
            }
            Self::NormalShare => share_variance(truth),
            Self::Paired { discordant } => {
                // A difference so large takes more disagreement than assumed.
                let discordant = discordant.max(truth.abs()).min(1.0);
                paired_difference_variance(discordant, truth)
            }
        }
    }
}

/// The largest variance that a balanced accuracy of `v` can have, of one of
/// all rows: `(r (1-r) / π + s (1-s) / (1-π)) / 4` over all recalls with
/// `r + s = 2 v`, a parabola in `r`.
fn balanced_accuracy_variance(v: f64, prevalence: f64) -> f64 {
    let (p, n) = (1.0 / prevalence, 1.0 / (1.0 - prevalence));
    let best = (p - n + 4.0 * v * n) / (2.0 * (p + n));
    let recall = best.clamp((2.0 * v - 1.0).max(0.0), (2.0 * v).min(1.0));
    let other = 2.0 * v - recall;
    (recall * (1.0 - recall) * p + other * (1.0 - other) * n) / 4.0
}

impl Spread {
    /// Rows that carry the measure, of so many.
    pub(super) fn carried(&self, rows: u64) -> u64 {
        let share = match self {
            Self::Share { carried } | Self::Formula { carried, .. } => *carried,
            _ => 1.0,
        };
        of(share, rows)
    }

    fn standard_error(&self, truth: f64, rows: u64) -> Result<f64, StatisticsError> {
        let n = rows as f64;
        match self {
            Self::Share { carried } => Ok((share_variance(truth)? / (n * carried)).sqrt()),
            Self::Area {
                positives,
                negatives,
            } => {
                let (positives, negatives) = ((n * positives).max(1.0), (n * negatives).max(1.0));
                Ok(hanley_mcneil_variance(truth, positives, negatives)?.sqrt())
            }
            Self::Formula { formula, carried } => {
                Ok((formula.variance(truth)? / (n * carried)).sqrt())
            }
            Self::Pilot {
                standard_error,
                rows: pilot,
            } => Ok(rescaled(*standard_error, *pilot, rows)),
            Self::Gap { .. } => Ok(0.0),
        }
    }

    /// The errors that a plan reckons with. Where the gate's limit corrects for
    /// an error that is larger at the bound, it must reach farther; where it is
    /// smaller there, nothing is made of it.
    fn errors(&self, claim: &Claim, truth: f64, rows: u64) -> Result<Errors, StatisticsError> {
        let of_truth = self.standard_error(truth, rows)?;
        let at_bound = self.standard_error(claim.bound.get(), rows);
        Ok(Errors {
            of_truth,
            at_bound: at_bound.unwrap_or(of_truth).max(of_truth),
        })
    }

    /// The chance that the claim is proven if `truth` is the true value.
    pub(super) fn power(
        &self,
        claim: &Claim,
        truth: f64,
        rows: u64,
    ) -> Result<f64, StatisticsError> {
        match self {
            Self::Share { .. } => match self.carried(rows) {
                0 => Ok(0.0),
                trials => claim.share_power(truth, trials).map(f64::from),
            },
            Self::Gap { unit_errors, seed } => {
                let plan = GapPlan::new(*claim, unit_errors.len(), *seed)?;
                gap_power(&plan, unit_errors, truth, rows)
            }
            _ => claim
                .power(truth, self.errors(claim, truth, rows)?)
                .map(f64::from),
        }
    }

    /// The value nearest to the bound that is proven with this power.
    pub(super) fn detectable(
        &self,
        claim: &Claim,
        power: Share,
        rows: u64,
        farthest: f64,
    ) -> Result<Option<f64>, StatisticsError> {
        match self {
            Self::Share { .. } => match self.carried(rows) {
                0 => Ok(None),
                trials => Ok(claim.share_detectable(trials, power)?.map(f64::from)),
            },
            Self::Gap { unit_errors, seed } => {
                let plan = GapPlan::new(*claim, unit_errors.len(), *seed)?;
                let proven = |gap: f64| {
                    let chance = gap_power(&plan, unit_errors, gap, rows)?;
                    Ok(chance >= power.get())
                };
                nearest(claim.bound.get(), farthest, proven)
            }
            _ => {
                // A truth that the formula refuses is proven by nothing.
                let none = || Errors::from(f64::MAX);
                let errors = |truth| self.errors(claim, truth, rows).unwrap_or_else(|_| none());
                let found = claim.detectable(power, farthest, errors)?;
                Ok(found.map(f64::from))
            }
        }
    }

    /// The rows that a true value needs for this power.
    pub(super) fn rows(
        &self,
        claim: &Claim,
        truth: f64,
        power: Share,
    ) -> Result<Option<u64>, StatisticsError> {
        match self {
            Self::Share { carried } => {
                let trials = claim.share_trials(truth, power)?;
                Ok(trials.and_then(|trials| rows_of(trials, *carried)))
            }
            Self::Gap { unit_errors, seed } => {
                let plan = GapPlan::new(*claim, unit_errors.len(), *seed)?;
                let enough = |rows: u64| {
                    let chance = gap_power(&plan, unit_errors, truth, rows)?;
                    Ok(chance >= power.get())
                };
                fewest(enough)
            }
            _ => {
                self.standard_error(truth, 1)?;
                claim.rows(truth, power, |rows| {
                    self.errors(claim, truth, rows)
                        .unwrap_or_else(|_| Errors::from(f64::MAX))
                })
            }
        }
    }
}

/// `share * rows` in whole rows; a share that is short of a whole row by
/// rounding alone counts.
pub(super) fn of(share: f64, rows: u64) -> u64 {
    (share * rows as f64 + 1e-9) as u64
}

/// The fewest rows that hold so many of a share.
pub(super) fn rows_of(wanted: u64, share: f64) -> Option<u64> {
    let rows = (wanted as f64 / share - 1e-9).ceil();
    (rows <= MAX_PLANNED as f64).then_some(rows as u64)
}

fn gap_power(
    plan: &GapPlan,
    unit_errors: &[f64],
    gap: f64,
    rows: u64,
) -> Result<f64, StatisticsError> {
    let errors: Vec<f64> = unit_errors
        .iter()
        .map(|error| rescaled(*error, 1, rows))
        .collect();
    plan.power(gap, &errors).map(f64::from)
}

/// The value nearest to `near` for which `holds`, between it and `far`, to
/// one part in a million of their distance.
fn nearest(
    near: f64,
    far: f64,
    holds: impl Fn(f64) -> Result<bool, StatisticsError>,
) -> Result<Option<f64>, StatisticsError> {
    if !holds(far)? {
        return Ok(None);
    }
    let (mut near, mut far) = (near, far);
    for _ in 0..20 {
        let middle = f64::midpoint(near, far);
        if holds(middle)? {
            far = middle;
        } else {
            near = middle;
        }
    }
    Ok(Some(far))
}

fn fewest(
    enough: impl Fn(u64) -> Result<bool, StatisticsError>,
) -> Result<Option<u64>, StatisticsError> {
    if !enough(MAX_PLANNED)? {
        return Ok(None);
    }
    let (mut low, mut high) = (1, MAX_PLANNED);
    while low < high {
        let middle = low + (high - low) / 2;
        if enough(middle)? {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(Some(low))
}

/// The unfavourable side of a criterion's direction.
pub(super) const fn side(direction: crate::need::Direction) -> Side {
    match direction {
        crate::need::Direction::AtLeast => Side::Lower,
        crate::need::Direction::AtMost => Side::Upper,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_pair_of_recalls_has_a_larger_variance_than_the_balanced_accuracy_assumes() {
        for prevalence in [0.06, 0.3, 0.5, 0.9] {
            for v in [0.5, 0.7, 0.9, 0.99] {
                let largest = balanced_accuracy_variance(v, prevalence);
                for step in 0..=1000 {
                    let (r, s) = (f64::from(step) / 1000.0, 2.0 * v - f64::from(step) / 1000.0);
                    if (0.0..=1.0).contains(&s) {
                        let found =
                            (r * (1.0 - r) / prevalence + s * (1.0 - s) / (1.0 - prevalence)) / 4.0;
                        assert!(found <= largest + 1e-12, "{prevalence} {v} {r}");
                    }
                }
            }
        }
    }
}
