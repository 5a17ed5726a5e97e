//! Systems without the walls that this crate builds.

use std::convert::Infallible;

use modu_proof::evaluate::{Evaluate, EvaluateError, FeatureBatch, ModelInterface, Scores};

use crate::{Confinement, Options, RunError};

/// A model in a child process; there is none on this system.
#[derive(Debug)]
pub struct SandboxedEvaluator(Infallible);

impl SandboxedEvaluator {
    /// Refuses.
    ///
    /// # Errors
    /// [`RunError::System`], always.
    pub fn start(_: &Options, _: &[u8], _: &ModelInterface) -> Result<Self, RunError> {
        Err(RunError::System)
    }

    /// Which layers are in force.
    #[must_use]
    pub const fn confinement(&self) -> &Confinement {
        match self.0 {}
    }
}

/// Refuses.
///
/// # Errors
/// [`RunError::System`], always.
pub fn probe(_: &Options) -> Result<Confinement, RunError> {
    Err(RunError::System)
}

impl Evaluate for SandboxedEvaluator {
    fn evaluate(&mut self, _: &FeatureBatch) -> Result<Scores, EvaluateError> {
        match self.0 {}
    }
}

/// Refuses with exit status 3.
#[must_use]
pub fn child_main() -> u8 {
    3
}

/// Refuses with exit status 3.
#[doc(hidden)]
#[must_use]
pub fn child_main_with(_: fn()) -> u8 {
    3
}
