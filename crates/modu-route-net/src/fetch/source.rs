//! Fetching one source, whichever way it is reached.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use modu_route::repository::Source;

use super::UpdateSettings;
use super::plan::Job;
use crate::cache::Cache;
use crate::http_client::HttpClient;
use crate::rrdp::{Fetched, Rrdp};
use crate::rsync::Rsync;
use crate::{Failure, NetError};

/// What all fetches of an update share.
pub(super) struct Fetcher<'a> {
    pub(super) cache: &'a Cache,
    pub(super) settings: &'a UpdateSettings,
    /// Made when it is first needed: reading the system's certificates takes
    /// milliseconds.
    http: OnceLock<Result<HttpClient, Failure>>,
    stop: AtomicBool,
}

/// A fetch that came to its end.
pub(super) struct Finished {
    pub(super) job: Job,
    pub(super) took: Duration,
    pub(super) result: Result<Fetched, Failure>,
}

impl<'a> Fetcher<'a> {
    pub(super) fn new(cache: &'a Cache, settings: &'a UpdateSettings) -> Result<Self, NetError> {
        let fetcher = Self {
            cache,
            settings,
            http: OnceLock::new(),
            stop: AtomicBool::new(false),
        };
        // A certificate that cannot be read is told at once.
        if let Some(http) = &settings.rrdp
            && !http.root_certificates.is_empty()
        {
            let client = HttpClient::new(http)?;
            fetcher.http.get_or_init(|| Ok(client));
        }
        Ok(fetcher)
    }

    /// The client for https; a failure where it is not to be spoken.
    pub(super) fn http(&self) -> Result<&HttpClient, Failure> {
        let Some(settings) = &self.settings.rrdp else {
            return Err(Failure::new("fetch.off", "RRDP is switched off"));
        };
        let client = self
            .http
            .get_or_init(|| HttpClient::new(settings).map_err(Failure::machine));
        client.as_ref().map_err(Clone::clone)
    }

    /// The way to speak rsync until a deadline; a failure where it is not to
    /// be spoken.
    pub(super) fn rsync(&self, deadline: Instant) -> Result<Rsync<'_>, Failure> {
        let Some(settings) = &self.settings.rsync else {
            return Err(Failure::new("fetch.off", "rsync is switched off"));
        };
        Ok(Rsync {
            settings,
            cache: self.cache,
            budgets: &self.settings.budgets,
            deadline,
            stop: &self.stop,
        })
    }

    /// Ends all fetches.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(Ok(http)) = self.http.get() {
            http.stop();
        }
    }

    pub(super) fn fetch(&self, job: Job) -> Finished {
        let started = Instant::now();
        let result = match &job.source {
            Source::Rrdp(notify) => self.http().and_then(|http| {
                let rrdp = Rrdp {
                    http,
                    cache: self.cache,
                    budgets: &self.settings.budgets,
                    notify,
                    deadline: job.deadline,
                    bytes: self.settings.budgets.source_bytes,
                };
                rrdp.fetch()
            }),
            Source::Rsync(module) => (self.rsync(job.deadline)).and_then(|it| it.fetch(module)),
        };
        Finished {
            job,
            took: started.elapsed(),
            result,
        }
    }
}
