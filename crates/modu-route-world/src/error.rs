//! Why a world could not be made.

use std::io;
use std::path::PathBuf;

/// Why a world could not be made or given out.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// The shape asks for what does not exist.
    #[error("this world cannot be made: {0}")]
    Shape(String),
    /// The library that signs said no.
    #[error("{what} could not be signed: {problem}")]
    Sign {
        /// Which object.
        what: String,
        /// What it said.
        problem: String,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the machine said.
        source: io::Error,
    },
    /// The key file is not one.
    #[error("{}: byte {at} is not the beginning of an RSA key of 2048 bits: remove the file, and keys are made again", path.display())]
    Keys {
        /// Which.
        path: PathBuf,
        /// Where.
        at: usize,
    },
    /// DER that was to be edited is not what the edit expects.
    #[error("the edit does not fit: {0}")]
    Spoil(String),
    /// Packs or index past a limit.
    #[error(transparent)]
    Route(#[from] modu_route::RouteError),
}

impl WorldError {
    pub(crate) fn sign(what: impl Into<String>, problem: impl std::fmt::Display) -> Self {
        Self::Sign {
            what: what.into(),
            problem: problem.to_string(),
        }
    }

    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
