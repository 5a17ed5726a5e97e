//! Packs on the disk, by their digest.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use bytes::Bytes;
use modu_kernel::{Artifact, Digest};
use rustix::fs::syncfs;

use super::make_private;
use crate::{NetError, limits};

/// The folder of packs.
pub(super) struct PackFolder {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Files that are surely whole: named by an index, which is written after
    /// its packs, or written by this process. Any other file may be what a
    /// crash left of one.
    whole: HashSet<Digest>,
    /// Packs whose bytes this process has hashed.
    checked: HashSet<Digest>,
    /// Packs that were asked for and not there, or broken.
    missing: HashSet<Digest>,
    /// Whether there are packs that are not on the disk yet.
    unsynced: bool,
}

impl PackFolder {
    pub(super) fn open(
        folder: PathBuf,
        named: impl Iterator<Item = Digest>,
    ) -> Result<Self, NetError> {
        make_private(&folder)?;
        let state = State {
            whole: named.collect(),
            ..State::default()
        };
        Ok(Self {
            folder,
            state: Mutex::new(state),
        })
    }

    /// What one thread left when it panicked is still a set of digests.
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        let name = digest.to_hex();
        self.folder.join(&name[..2]).join(name)
    }

    /// Writes a pack where there is none. It gets its name at once: until an
    /// index names it, nobody relies on it.
    pub(super) fn put(&self, bytes: &[u8]) -> Result<Artifact, NetError> {
        let artifact = Artifact::of(bytes);
        if self.state().whole.contains(&artifact.digest) {
            return Ok(artifact);
        }
        let path = self.path(&artifact.digest);
        // What an earlier run's tree names is not written over: a crash in
        // the middle would break it.
        if !fs::read(&path).is_ok_and(|kept| kept == bytes) {
            self.write(&path, bytes)?;
        }
        let mut state = self.state();
        state.unsynced = true;
        state.whole.insert(artifact.digest);
        state.checked.insert(artifact.digest);
        Ok(artifact)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), NetError> {
        let written = match fs::write(path, bytes) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_private(path.parent().unwrap_or(&self.folder))?;
                fs::write(path, bytes)
            }
            written => written,
        };
        written.map_err(|error| {
            let _ = fs::remove_file(path);
            NetError::io("write", path, error)
        })
    }

    /// Brings all packs to the disk: one call for the whole file system,
    /// instead of one for each of thousands of files.
    pub(super) fn sync(&self) -> Result<(), NetError> {
        // Said first: what is put while the disk is waited for is not on it.
        if !std::mem::take(&mut self.state().unsynced) {
            return Ok(());
        }
        let synced = File::open(&self.folder).and_then(|folder| Ok(syncfs(&folder)?));
        synced.map_err(|error| {
            self.state().unsynced = true;
            NetError::io("write", &self.folder, error)
        })
    }

    pub(super) fn read(&self, digest: &Digest) -> io::Result<Bytes> {
        let path = self.path(digest);
        let found = self.read_file(digest, &path);
        let gone = [io::ErrorKind::NotFound, io::ErrorKind::InvalidData];
        if let Err(error) = &found
            && gone.contains(&error.kind())
        {
            let mut state = self.state();
            state.whole.remove(digest);
            state.checked.remove(digest);
            state.missing.insert(*digest);
        }
        found
    }

    fn read_file(&self, digest: &Digest, path: &Path) -> io::Result<Bytes> {
        if fs::metadata(path)?.len() > limits::PACK_BYTES {
            return Err(broken(path));
        }
        let bytes = fs::read(path)?;
        let checked = self.state().checked.contains(digest);
        if !checked && Digest::of(&bytes) != *digest {
            return Err(broken(path));
        }
        if !checked {
            self.state().checked.insert(*digest);
        }
        Ok(bytes.into())
    }

    pub(super) fn take_missing(&self) -> Vec<Digest> {
        self.state().missing.drain().collect()
    }

    /// Removes a pack.
    pub(super) fn remove(&self, digest: &Digest) -> io::Result<()> {
        let mut state = self.state();
        state.whole.remove(digest);
        state.checked.remove(digest);
        fs::remove_file(self.path(digest))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}

fn broken(path: &Path) -> io::Error {
    let text = format!("{} is broken; it is fetched again", path.display());
    io::Error::new(io::ErrorKind::InvalidData, text)
}
