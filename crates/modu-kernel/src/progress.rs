//! How long work tells its watcher where it is.

/// Hears how far work has come, and may ask it to stop. Reporting never
/// changes a result: an engine gives the same bytes to every listener.
pub trait Progress: Sync {
    /// `done` of `total` units of `stage` are finished. Stages follow one
    /// another; `total` is 0 where it is unknown.
    fn report(&self, stage: &str, done: u64, total: u64);

    /// Whether the work should end with [`crate::EngineError::Cancelled`].
    fn cancelled(&self) -> bool {
        false
    }
}

/// Listens to nothing and never cancels.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn report(&self, _: &str, _: u64, _: u64) {}
}
