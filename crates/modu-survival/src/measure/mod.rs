//! How good a prognosis is: measures of predicted risks against what happened.
//!
//! A model says of each patient how likely the event is within a year. Later
//! one knows of some that it happened, of some that it did not, and of the
//! rest only that they were last seen before. Three questions are asked:
//!
//! - *Does it tell patients apart?* [`harrell`] and [`uno`]: of two patients,
//!   does the one with the higher risk have the event first; [`auc`]: of one
//!   who had it by a horizon and one who had not, does the first have the
//!   higher risk.
//! - *Do the numbers hold?* [`calibration`]: of those told 20 %, does it
//!   happen to 20 %; [`brier`]: how far are the risks from what happened.
//! - *Is it of use?* [`net_benefit`]: what treating above a risk gains over
//!   treating all or none.
//!
//! Patients who were lost from sight are made up for by weighting those who
//! were not (inverse probability of censoring weights, [`Censoring`]), or by
//! estimating the share that had the event among all ([`ObservedRisk`]). Where
//! another event can come first, it is one of the outcome's codes: risks are
//! then those of the event with the other in the way (cumulative incidence).
//!
//! # Intervals
//! Except where a bootstrap is named, an interval is had from what each row
//! adds to the measure (its influence, or infinitesimal jackknife; Efron
//! 1982), the estimation of censoring and of observed risks included. Rows of
//! a cluster (a person, a hospital) are added before they are squared. Shares
//! have their intervals on the logit scale, ratios on the logarithmic one.
//!
//! # Conventions where packages differ
//! - Of two rows that end at one time, one with the event and one censored,
//!   the censored one has outlived the other: the pair counts in
//!   concordance (as in R `survival` and scikit-survival; not in some books).
//!   Two events at one time are no pair.
//! - Risks are tied where they are equal. scikit-survival ties risks within
//!   1e-8: [`PairRules::tied_within`].
//! - The chance of still being seen is taken just before a time, as theory
//!   asks. scikit-survival takes it at the time: [`Evaluated`].
//! - scikit-survival estimates censoring in the training rows:
//!   [`Censoring::of_others`]. The default here is the rows themselves, whose
//!   censoring it is.

mod auc;
mod bootstrap;
mod brier;
pub(crate) mod calibration;
mod censoring;
mod concordance;
mod decision;
mod estimate;
mod observed;
mod ranks;
mod scored;
mod tally;

pub use auc::{AucCurve, Controls, auc, auc_curve};
pub use bootstrap::{MAX_RESAMPLES, Resamples};
pub use brier::{BrierCurve, BrierScore, brier, brier_curve};
pub use calibration::{
    Calibration, CalibrationCurvePoint, CalibrationGroup, CalibrationSettings, calibration,
};
pub use censoring::{Censoring, Evaluated};
pub use concordance::{Competing, ConcordancePairs, PairRules, SameTime, harrell, pairs, uno};
pub use decision::{DecisionPoint, net_benefit};
pub use estimate::{Estimate, Estimated, Scale, Unmeasured};
pub use observed::ObservedRisk;
pub use scored::Scored;
