//! One folder: its objects, and what is remembered of it.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use modu_kernel::Artifact;
use modu_route::limits;
use modu_route::repository::PointPack;
use rustix::fs::{AtFlags, Stat};
use serde::{Deserialize, Serialize};

use super::shelf::Shelf;
use crate::NetError;

/// A folder that changed this short a time before it was read may have changed
/// again within the file system's tick: it is read again the next time.
const TICK: Duration = Duration::from_secs(2);

/// What tells whether a file or folder is as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark(i64, i64, u64, u64);

impl Mark {
    fn of(metadata: &Metadata) -> Self {
        Self(
            metadata.mtime(),
            metadata.mtime_nsec(),
            metadata.size(),
            metadata.ino(),
        )
    }

    fn at(found: &Stat) -> Self {
        Self(
            found.st_mtime,
            found.st_mtime_nsec.cast_signed(),
            found.st_size.cast_unsigned(),
            found.st_ino,
        )
    }
}

/// What is remembered of a folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Remembered {
    /// Its URI.
    pub(super) uri: String,
    mark: Mark,
    /// Its manifests.
    manifests: Vec<(String, Mark)>,
    /// The folders in it.
    pub(super) folders: Vec<String>,
    /// Its pack, if it holds any object.
    pub(super) pack: Option<Artifact>,
}

impl Remembered {
    /// Whether the folder, `path` below the module's, is as it was. There are
    /// tens of thousands of them: the kernel walks the short way only.
    pub(super) fn holds(&self, module: &OwnedFd, path: &Path) -> bool {
        let same = |path: &Path, mark: &Mark| {
            rustix::fs::statat(module, path, AtFlags::SYMLINK_NOFOLLOW)
                .is_ok_and(|found| Mark::at(&found) == *mark)
        };
        let here = match path.as_os_str().is_empty() {
            true => Path::new("."),
            false => path,
        };
        same(here, &self.mark)
            && (self.manifests.iter()).all(|(name, mark)| same(&path.join(name), mark))
    }
}

/// A folder that was read.
pub(super) struct Read {
    pub(super) remembered: Remembered,
    /// Whether it had been quiet for long enough to be remembered.
    pub(super) settled: bool,
    pub(super) notes: Vec<String>,
}

/// Reads a folder and keeps its pack.
pub(super) fn read(shelf: &dyn Shelf, uri: &str, path: &Path) -> Result<Read, NetError> {
    let failed = |error| NetError::io("read", path, error);
    let metadata = fs::symlink_metadata(path).map_err(failed)?;
    let mut notes = Vec::new();
    let mut remembered = Remembered {
        uri: uri.to_owned(),
        mark: Mark::of(&metadata),
        manifests: Vec::new(),
        folders: Vec::new(),
        pack: None,
    };
    let mut objects = BTreeMap::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let shown = entry.path();
        let shown = shown.display();
        let kind = entry.file_type().map_err(failed)?;
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            notes.push(format!("{shown}: passed over: its name is not UTF-8"));
            continue;
        };
        if kind.is_dir() {
            remembered.folders.push(name);
            continue;
        }
        if !kind.is_file() {
            notes.push(format!("{shown}: passed over: no plain file"));
            continue;
        }
        if objects.len() == limits::POINT_OBJECTS {
            notes.push(format!("{uri}: passed over: too many objects"));
            return Ok(Read {
                remembered,
                settled: false,
                notes,
            });
        }
        match read_object(&entry.path()) {
            Ok(bytes) => objects.insert(name.clone(), bytes),
            Err(error) => {
                notes.push(format!("{shown}: passed over: {error}"));
                continue;
            }
        };
        if name.ends_with(".mft") {
            let metadata = entry.metadata().map_err(failed)?;
            remembered.manifests.push((name, Mark::of(&metadata)));
        }
    }
    remembered.folders.sort_unstable();
    if !objects.is_empty() {
        match PointPack::new(objects) {
            Ok(pack) => remembered.pack = Some(shelf.put(&pack.to_bytes())?),
            Err(error) => notes.push(format!("{uri}: passed over: {error}")),
        }
    }
    let changed = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    let quiet = SystemTime::now()
        .duration_since(changed)
        .unwrap_or_default();
    Ok(Read {
        remembered,
        settled: quiet > TICK,
        notes,
    })
}

/// The bytes of a plain file; no link is followed, and no pipe waited for.
pub(super) fn read_object(path: &Path) -> io::Result<Bytes> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let mut options = File::options();
    options.read(true).custom_flags(flags.bits().cast_signed());
    let file = options.open(path)?;
    let mut bytes = Vec::new();
    file.take(limits::OBJECT_BYTES + 1)
        .read_to_end(&mut bytes)?;
    match bytes.len() as u64 <= limits::OBJECT_BYTES {
        true => Ok(bytes.into()),
        false => Err(io::Error::other("it is too long for an object")),
    }
}
