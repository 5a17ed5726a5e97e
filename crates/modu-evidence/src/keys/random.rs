//! Where random bytes come from.

use crate::EvidenceError;

/// A source of random bytes, fit for keys. It is passed to whatever needs one.
pub trait Random {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// [`EvidenceError::Random`].
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EvidenceError>;
}

/// The operating system's source.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EvidenceError> {
        getrandom::fill(bytes).map_err(|error| EvidenceError::Random(error.to_string()))
    }
}
