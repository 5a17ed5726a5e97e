//! Why a folder of records could not be opened.

use std::io;
use std::path::{Path, PathBuf};

/// What, where and what to do. Files inside a folder of records are named by
/// their place in it: a file's name may be a patient's.
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

    /// Whether the caller can mend it: another file, another permission.
    #[must_use]
    pub const fn is_wrong_input(&self) -> bool {
        match self {
            Self::Key { .. } => true,
            Self::Read { .. } | Self::Write { .. } => false,
        }
    }
}
