//! How fetching from each source went: what is told of time, beside the index,
//! which says only what is held.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use modu_route::repository::Source;
use serde::{Deserialize, Serialize};

use super::Cache;
use super::replace::replace_file;
use crate::{Failure, NetError, limits};

/// How fetching from a source went. Times are seconds since 1970 (UTC).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceState {
    /// When it last worked.
    pub last_success: Option<i64>,
    /// When it was last asked.
    pub last_attempt: Option<i64>,
    /// Why the last attempt failed, where it did.
    pub failure: Option<Failure>,
    /// How many updates in a row it has failed in, while others worked.
    pub failures: u32,
}

impl SourceState {
    /// From when it is asked again: after `first`, doubled for each further
    /// failure in a row, `most` at most. At once where `first` is zero.
    #[must_use]
    pub fn asked_again(&self, first: Duration, most: Duration) -> Option<i64> {
        self.failure.as_ref()?;
        let doubled = self.failures.checked_sub(1)?.min(20);
        let wait = first.saturating_mul(1 << doubled).min(most).as_secs();
        let wait = i64::try_from(wait).ok().filter(|wait| *wait > 0)?;
        Some(self.last_attempt?.saturating_add(wait))
    }
}

/// The states of all sources that were asked.
pub type SourceStates = BTreeMap<Source, SourceState>;

const SOURCES: &str = "sources.json";

impl Cache {
    /// How fetching went. What cannot be read counts as nothing: then every
    /// source is asked.
    #[must_use]
    pub fn sources(&self) -> SourceStates {
        let path = self.folder.join(SOURCES);
        let read = || {
            if fs::metadata(&path).ok()?.len() > limits::INDEX_BYTES {
                return None;
            }
            let states: Vec<(Source, SourceState)> =
                serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
            Some(states.into_iter().collect())
        };
        read().unwrap_or_default()
    }

    /// Keeps how fetching went.
    ///
    /// # Errors
    /// What the disk says; what was kept before stands then.
    pub(crate) fn keep_sources(&self, states: &SourceStates) -> Result<(), NetError> {
        let path = self.folder.join(SOURCES);
        // Lists, because JSON's keys are texts.
        let states: Vec<_> = states.iter().collect();
        let bytes = serde_json::to_vec(&states);
        let bytes =
            bytes.map_err(|error| NetError::io("write", &path, std::io::Error::from(error)))?;
        replace_file(&path, &bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_fails_again_and_again_is_left_alone_for_longer_and_longer() {
        let state = |failures| SourceState {
            last_attempt: Some(1_000),
            failure: Some(Failure::new("fetch.status", "503")),
            failures,
            ..SourceState::default()
        };
        let (first, most) = (Duration::from_secs(300), Duration::from_secs(1_800));
        let again: Vec<_> = [0, 1, 2, 3, 4, 60]
            .map(|failures| state(failures).asked_again(first, most))
            .into();
        let after = |seconds: i64| Some(1_000 + seconds);
        assert_eq!(
            again,
            [
                None,
                after(300),
                after(600),
                after(1_200),
                after(1_800),
                after(1_800)
            ]
        );
        assert_eq!(state(3).asked_again(Duration::ZERO, most), None);
        let fine = SourceState {
            failure: None,
            ..state(3)
        };
        assert_eq!(fine.asked_again(first, most), None);
    }
}
