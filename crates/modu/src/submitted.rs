//! Files of a folder that a stranger sent.
//!
//! An archive can carry links. A model that is a link to the owner's own data
//! would be put into the store as a model, and its digest published with the
//! evidence. So only a plain file that has this one name is read.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use anyhow::Context as _;

use crate::exit::Wrong;

/// Reads a submitted file of at most so many bytes.
pub(crate) fn read(path: &Path, limit: u64) -> anyhow::Result<Vec<u8>> {
    let refuse = |what: &str| Err(Wrong(format!("{} {what}", path.display())).into());
    let could_not = |doing: &str| format!("could not {doing} {}", path.display());
    let named = fs::symlink_metadata(path).with_context(|| could_not("open"))?;
    if named.is_symlink() {
        return refuse("is a symbolic link: put the file itself there");
    }
    if !named.is_file() {
        return refuse("is no plain file: put the file itself there");
    }
    if named.nlink() > 1 {
        return refuse(
            "is a file with another name elsewhere (a hard link): put a copy of its own there",
        );
    }
    let file = fs::File::open(path).with_context(|| could_not("open"))?;
    let opened = file.metadata().with_context(|| could_not("open"))?;
    if (opened.dev(), opened.ino()) != (named.dev(), named.ino()) {
        return refuse("was exchanged while it was opened: try again");
    }
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .with_context(|| could_not("read"))?;
    if bytes.len() as u64 > limit {
        return refuse(&format!("is larger than the limit of {limit} bytes"));
    }
    Ok(bytes)
}
