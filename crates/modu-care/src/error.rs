//! What prevents the work. What is wrong with single records is a finding.

use modu_survival::SurvivalError;

/// Why a run of this engine could not be done.
#[derive(Debug, thiserror::Error)]
pub enum CareError {
    /// Nothing could be estimated from the table.
    #[error(transparent)]
    Survival(#[from] SurvivalError),
}
