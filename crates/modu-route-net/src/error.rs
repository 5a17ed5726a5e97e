//! What keeps the effects of the route engine from being done.

use std::io;
use std::path::Path;

use modu_route::RouteError;

/// Why something could not be done. What a stranger's server does wrong is no
/// such error: it is told in the report, and the last good state stands.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The machine said no.
    #[error("could not {action} {place}: {source}")]
    Io {
        /// What was tried, such as `write`.
        action: &'static str,
        /// On what.
        place: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another process works with the same folder.
    #[error(
        "{place} is in use by another `modu`: wait until it has ended, or name another folder with --state"
    )]
    Locked {
        /// The folder.
        place: String,
    },
    /// A file of ours is not what was written.
    #[error("{place}: {problem}")]
    Damaged {
        /// Which.
        place: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A setting cannot be used.
    #[error("{what}: {problem}")]
    Setting {
        /// Which.
        what: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// Data that is ours to make or to read is not as it should be.
    #[error("{place}: {source}")]
    Route {
        /// Which data.
        place: String,
        /// What is wrong.
        #[source]
        source: RouteError,
    },
}

impl NetError {
    /// What the system said of a path.
    pub(crate) fn io(action: &'static str, path: &Path, source: impl Into<io::Error>) -> Self {
        Self::Io {
            action,
            place: path.display().to_string(),
            source: source.into(),
        }
    }
}
