//! Whether a file is another one than was read last.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// How a file looks from outside: changed where any of these did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Looks(u64, u64, i64, i64);

impl Looks {
    pub(crate) fn of(metadata: &fs::Metadata) -> Self {
        Self(
            metadata.ino(),
            metadata.len(),
            metadata.mtime(),
            metadata.mtime_nsec(),
        )
    }

    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|metadata| Self::of(&metadata))
    }
}
