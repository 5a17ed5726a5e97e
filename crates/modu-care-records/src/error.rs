//! Why a folder of records could not be opened.

use std::path::PathBuf;

/// What, where and what to do.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// The machine failed to read.
    #[error("cannot read {}: {source}; check that it is there and may be read", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the machine says.
        source: std::io::Error,
    },
}
