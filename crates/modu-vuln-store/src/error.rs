//! What can go wrong with what is kept.

use std::io;
use std::path::{Path, PathBuf};

/// Why components or hits could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The machine failed.
    #[error("could not {action} {path}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is not what was written.
    #[error("{path}: {problem}: make it again with `modu vuln index`")]
    Corrupt {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        problem: &'static str,
    },
    /// There is more than fits.
    #[error("more than {0} components: split them into several indexes")]
    TooMany(u64),
}

impl StoreError {
    pub(crate) fn io<'a>(action: &'static str, path: &'a Path) -> impl Fn(io::Error) -> Self + 'a {
        move |source| Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }
}
