//! Telling workers of the same process at once that there is work.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Rung when a job is asked for. Workers of other processes look by
/// themselves, every now and then.
#[derive(Debug, Clone, Default)]
pub struct Bell {
    inner: Arc<(Mutex<u64>, Condvar)>,
}

impl Bell {
    /// Wakes whoever waits.
    pub fn ring(&self) {
        let (rung, waiting) = &*self.inner;
        *rung.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        waiting.notify_all();
    }

    /// How often it was rung so far: to be asked before one looks for work, so
    /// that no ring is missed between the look and the wait.
    #[must_use]
    pub fn heard(&self) -> u64 {
        *self.inner.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it was rung more often than that, or for so long.
    pub fn wait(&self, heard: u64, longest: Duration) {
        let (rung, waiting) = &*self.inner;
        let rung = rung.lock().unwrap_or_else(PoisonError::into_inner);
        let _woken = waiting
            .wait_timeout_while(rung, longest, |rung| *rung == heard)
            .unwrap_or_else(PoisonError::into_inner);
    }
}
