//! Where the packs of a local folder go, and what is remembered of it there.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use modu_kernel::{Artifact, Digest};
use modu_route::repository::{Packs, RepositoryIndex};

use super::folder::Remembered;
use crate::NetError;
use crate::cache::Cache;

/// A place for packs.
pub(super) trait Shelf: Sync {
    /// Keeps a pack.
    fn put(&self, bytes: &[u8]) -> Result<Artifact, NetError>;

    /// What is on it already.
    fn index(&self) -> Arc<RepositoryIndex> {
        Arc::default()
    }

    /// What was remembered under a name.
    fn recall(&self, _name: &str) -> Vec<Remembered> {
        Vec::new()
    }

    /// Remembers folders under a name.
    fn remember(&self, _name: &str, _folders: &[&Remembered]) -> Result<(), NetError> {
        Ok(())
    }
}

impl Shelf for Cache {
    fn put(&self, bytes: &[u8]) -> Result<Artifact, NetError> {
        Self::put(self, bytes)
    }

    fn index(&self) -> Arc<RepositoryIndex> {
        Self::index(self)
    }

    fn recall(&self, name: &str) -> Vec<Remembered> {
        self.hint(name).unwrap_or_default()
    }

    fn remember(&self, name: &str, folders: &[&Remembered]) -> Result<(), NetError> {
        self.keep_hint(name, &folders)
    }
}

/// Packs in memory, by digest.
#[derive(Debug, Default)]
pub struct HeldPacks(Mutex<HashMap<Digest, Bytes>>);

impl HeldPacks {
    /// What one thread left when it panicked is still a map of packs.
    fn held(&self) -> MutexGuard<'_, HashMap<Digest, Bytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf for HeldPacks {
    fn put(&self, bytes: &[u8]) -> Result<Artifact, NetError> {
        let artifact = Artifact::of(bytes);
        let bytes = Bytes::copy_from_slice(bytes);
        self.held().insert(artifact.digest, bytes);
        Ok(artifact)
    }
}

impl Packs for HeldPacks {
    fn pack(&self, digest: &Digest) -> io::Result<Bytes> {
        let held = self.held().get(digest).cloned();
        held.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, digest.to_string()))
    }
}
