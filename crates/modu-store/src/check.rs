//! Reading a whole store to find what time or hands have changed in it.

use modu_kernel::{Artifact, Progress};

use crate::{Backend, Entry, StoreError};

/// How many faults a report lists; it counts the rest.
pub const MAX_LISTED_FAULTS: usize = 1000;

/// What a check of a whole store found.
#[derive(Debug, Default)]
pub struct CheckReport {
    /// Artifacts whose bytes are right.
    pub sound: u64,
    /// Their bytes together.
    pub sound_bytes: u64,
    /// How many faults there are.
    pub faults: u64,
    /// The first [`MAX_LISTED_FAULTS`] of them.
    pub listed: Vec<Fault>,
}

impl CheckReport {
    /// Whether everything in the store is right.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults == 0
    }

    fn add(&mut self, fault: Fault) {
        self.faults += 1;
        if self.listed.len() < MAX_LISTED_FAULTS {
            self.listed.push(fault);
        }
    }
}

/// One thing that is wrong in a store.
#[derive(Debug)]
pub struct Fault {
    /// The artifact concerned; none for what only lies about.
    pub artifact: Option<Artifact>,
    /// What is wrong: [`StoreError::Corrupt`], [`StoreError::Stranger`], or a
    /// read that failed.
    pub error: StoreError,
}

pub(crate) fn check(
    store: &dyn Backend,
    progress: &dyn Progress,
) -> Result<CheckReport, StoreError> {
    let mut total = 0;
    for entry in store.entries()? {
        if let Entry::Artifact(artifact) = entry? {
            total += artifact.size;
        }
    }
    let mut report = CheckReport::default();
    let mut done = 0;
    for entry in store.entries()? {
        if progress.cancelled() {
            return Err(StoreError::Cancelled);
        }
        progress.report("check", done, total);
        match entry? {
            Entry::Stranger { place, what } => report.add(Fault {
                artifact: None,
                error: StoreError::Stranger { place, what },
            }),
            Entry::Artifact(artifact) => {
                match check_one(store, artifact) {
                    Ok(Some(sound)) => {
                        report.sound += 1;
                        report.sound_bytes += sound.size;
                    }
                    // Gone since it was listed: no fault of the bytes.
                    Ok(None) => {}
                    Err(error) => report.add(Fault {
                        artifact: Some(artifact),
                        error,
                    }),
                }
                done += artifact.size;
            }
        }
    }
    progress.report("check", done, total);
    Ok(report)
}

fn check_one(store: &dyn Backend, artifact: Artifact) -> Result<Option<Artifact>, StoreError> {
    store
        .open(artifact.digest)?
        .map(|reader| reader.verify())
        .transpose()
}
