//! Replacing a file as a whole.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use crate::NetError;

/// Replaces a file: afterwards, and at every moment in between, its name
/// stands for all of the old bytes or all of the new ones, also after a crash.
pub(crate) fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), NetError> {
    let fresh = path.with_extension("new");
    let written = File::create(&fresh)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&fresh, path));
    if let Err(error) = written {
        let _ = fs::remove_file(&fresh);
        return Err(NetError::io("write", path, error));
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| NetError::io("write", path, error))
}

/// As [`replace_file`], but after a crash of the machine the file may be
/// broken: for what can be lost.
pub(crate) fn replace_hint(path: &Path, bytes: &[u8]) -> Result<(), NetError> {
    let fresh = path.with_extension("new");
    let written = fs::write(&fresh, bytes).and_then(|()| fs::rename(&fresh, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&fresh);
        NetError::io("write", path, error)
    })
}
