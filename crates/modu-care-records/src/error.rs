//! Why a folder of records could not be opened.

use std::io;
use std::path::{Path, PathBuf};

use modu_care::CareError;

/// What, where and what to do. Files inside a folder of records are named by
/// their place in it where their own name may be a patient's.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// The machine failed to read.
    #[error("cannot read {}: {source}; check that it is there and may be read", path.display())]
    Read {
        /// The file or folder that was asked for.
        path: PathBuf,
        /// What the machine says.
        source: io::Error,
    },
    /// The machine failed to read a file of a folder.
    #[error("cannot read {file} in {}: {source}", folder.display())]
    ReadPart {
        /// The folder that was asked for.
        folder: PathBuf,
        /// Which of its files.
        file: String,
        /// What the machine says.
        source: io::Error,
    },
    /// The machine failed to write.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the machine says.
        source: io::Error,
    },
    /// The file of a key cannot be used.
    #[error("the key {}: {problem}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: &'static str,
    },
    /// There is nothing to open.
    #[error("{}: {problem}", path.display())]
    Folder {
        /// The file or folder that was asked for.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
    /// What is read breaks a limit.
    #[error(transparent)]
    Care(#[from] CareError),
    /// Whoever listens asked to stop.
    #[error("the work was cancelled")]
    Cancelled,
}

impl RecordsError {
    pub(crate) fn read(path: &Path, source: io::Error) -> Self {
        Self::Read {
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn write(path: &Path, source: io::Error) -> Self {
        Self::Write {
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn folder(path: &Path, problem: impl Into<String>) -> Self {
        Self::Folder {
            path: path.to_owned(),
            problem: problem.into(),
        }
    }

    /// Whether the caller can mend it: another file, another permission.
    #[must_use]
    pub const fn is_wrong_input(&self) -> bool {
        match self {
            Self::Key { .. } | Self::Folder { .. } | Self::Care(_) => true,
            Self::Read { .. } | Self::ReadPart { .. } | Self::Write { .. } | Self::Cancelled => {
                false
            }
        }
    }
}
