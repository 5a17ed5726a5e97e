//! What keeps a host from being looked at.

use std::io;
use std::path::{Path, PathBuf};

/// Why no snapshot could be taken. A file that cannot be read is no such
/// error: the snapshot says so, and no check calls it good.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The folder of files, commands or states cannot be used.
    #[error("could not read {}: {source}; name a folder with --root, --commands and a file with --states that exist", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A line of the file of states is none.
    #[error("{}:{line}: expected `MODE UID GID PATH`, as `find / -xdev -printf '%m %U %G %p\\n'` prints it", path.display())]
    States {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}

impl HostError {
    pub(crate) fn read(path: &Path, source: io::Error) -> Self {
        Self::Read {
            path: path.to_owned(),
            source,
        }
    }
}
