//! Key files and their folder.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;
use zeroize::Zeroizing;

use crate::EvidenceError;

/// A PEM key file has a few hundred bytes.
const MAX_KEY_FILE_BYTES: u64 = 4096;

/// Makes a folder that only its owner enters. It may be there already.
pub(crate) fn create_folder(folder: &Path) -> Result<(), EvidenceError> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => check_folder(folder),
        result => result.map_err(EvidenceError::io("create", folder)),
    }
}

pub(super) fn check_folder(folder: &Path) -> Result<(), EvidenceError> {
    let metadata =
        std::fs::symlink_metadata(folder).map_err(EvidenceError::io("look at", folder))?;
    if !metadata.is_dir() {
        return Err(wrong(folder, "it is not a folder"));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        let problem = "others than its owner can enter it: `chmod 700` it, and change the keys if somebody may have read them";
        return Err(wrong(folder, problem));
    }
    Ok(())
}

pub(super) fn sync_folder(folder: &Path) -> Result<(), EvidenceError> {
    (File::open(folder).and_then(|folder| folder.sync_all()))
        .map_err(EvidenceError::io("sync", folder))
}

/// Writes a new file, never readable by others and never over another.
pub(super) fn create(path: &Path, pem: &str) -> Result<(), EvidenceError> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(EvidenceError::io("create", path))?;
    (file.write_all(pem.as_bytes()))
        .and_then(|()| file.sync_all())
        .map_err(EvidenceError::io("write", path))
}

/// Reads a file that nobody but its owner can read.
pub(super) fn read(path: &Path) -> Result<Zeroizing<String>, EvidenceError> {
    // Without NOFOLLOW a link could lead to another file than the one checked.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(OFlags::NOFOLLOW.bits() as i32)
        .open(path)
        .map_err(EvidenceError::io("open", path))?;
    let metadata = file
        .metadata()
        .map_err(EvidenceError::io("look at", path))?;
    if !metadata.is_file() {
        return Err(wrong(path, "it is not a file"));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        let problem = "others than its owner can read it: `chmod 600` it, and change the key if somebody may have read it";
        return Err(wrong(path, problem));
    }
    // With room from the start, no copy of the key is left behind by growth.
    let mut text = Zeroizing::new(String::with_capacity(MAX_KEY_FILE_BYTES as usize + 1));
    (file.take(MAX_KEY_FILE_BYTES + 1).read_to_string(&mut text))
        .map_err(EvidenceError::io("read", path))?;
    if text.len() as u64 > MAX_KEY_FILE_BYTES {
        return Err(wrong(path, "it is over the limit of 4096 bytes"));
    }
    Ok(text)
}

pub(super) fn wrong(path: &Path, problem: &str) -> EvidenceError {
    EvidenceError::Key {
        path: path.to_owned(),
        problem: problem.into(),
    }
}
