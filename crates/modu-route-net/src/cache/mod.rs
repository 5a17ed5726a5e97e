//! What was fetched, kept on the disk.
//!
//! ```text
//! lock             one process at a time
//! index.json       the RepositoryIndex: which pack stands for which point
//! sources.json     when each source last worked, and how often it failed since
//! packs/ab/ab12..  packs and trust anchors' certificates, by digest
//! hints/           what fetching remembers to ask for less; may be lost
//! tmp/             what is being fetched; emptied when the cache is opened
//! rsync/           working copies of rsync modules
//! ```
//!
//! The index is replaced as a whole, after every pack that it names is on the
//! disk: killed at any moment, and on a full disk, the cache is what it was
//! before. A pack is checked against its name when it is first read, and one
//! that is broken is as if it were absent, so that it is fetched again.

mod hints;
mod packs;
pub(crate) mod replace;
mod sources;
mod sweep;

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use modu_kernel::{Artifact, Digest};
use modu_route::repository::{Packs, RepositoryIndex};

use self::packs::PackFolder;
pub(crate) use self::replace::replace_file;
use crate::{NetError, limits};

pub use sources::{SourceState, SourceStates};
pub use sweep::Swept;

const INDEX: &str = "index.json";

/// The cache of one state folder, held by this process alone.
pub struct Cache {
    folder: PathBuf,
    packs: PackFolder,
    index: Mutex<Arc<RepositoryIndex>>,
    /// What was wrong with what was found, if anything.
    damage: Option<String>,
    /// Held until the cache is dropped.
    _lock: Held,
}

impl Cache {
    /// Opens the cache in a folder, which is made where it is missing. An
    /// index that cannot be read counts as none: what it named is fetched
    /// again, and [`Self::damage`] says so.
    ///
    /// # Errors
    /// [`NetError::Locked`] where another process holds it, and what the disk
    /// says.
    pub fn open(folder: &Path) -> Result<Self, NetError> {
        make_private(folder)?;
        let lock = lock(folder)?;
        let tmp = folder.join("tmp");
        if tmp.exists() {
            fs::remove_dir_all(&tmp).map_err(|error| NetError::io("empty", &tmp, error))?;
        }
        make_private(&tmp)?;
        let (index, damage) = read_index(&folder.join(INDEX))?;
        let packs = PackFolder::open(folder.join("packs"), index.digests())?;
        Ok(Self {
            folder: folder.to_owned(),
            packs,
            index: Mutex::new(Arc::new(index)),
            damage,
            _lock: lock,
        })
    }

    /// What the last commit named.
    #[must_use]
    pub fn index(&self) -> Arc<RepositoryIndex> {
        self.standing().clone()
    }

    /// An index is replaced as a whole: also a panic leaves one that is.
    fn standing(&self) -> MutexGuard<'_, Arc<RepositoryIndex>> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was found broken when the cache was opened, for the reader.
    #[must_use]
    pub fn damage(&self) -> Option<&str> {
        self.damage.as_deref()
    }

    /// Where it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A folder for what is being fetched; emptied when the cache is opened.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.folder.join("tmp")
    }

    /// Keeps a pack's bytes. They are on the disk for good after the next
    /// [`Self::commit`].
    ///
    /// # Errors
    /// What the disk says; nothing is lost then.
    pub fn put(&self, bytes: &[u8]) -> Result<Artifact, NetError> {
        self.packs.put(bytes)
    }

    /// Makes an index the one that stands: brings every pack to the disk, then
    /// replaces the index file. Costs one `syncfs` where there are new packs,
    /// and nothing where nothing changed.
    ///
    /// # Errors
    /// What the disk says; the index that stood before stands then.
    pub fn commit(&self, index: impl Into<Arc<RepositoryIndex>>) -> Result<(), NetError> {
        let index = index.into();
        let mut standing = self.standing();
        if *index == **standing {
            return Ok(());
        }
        self.packs.sync()?;
        let path = self.folder.join(INDEX);
        let bytes = index.to_bytes();
        let bytes = bytes.map_err(|error| NetError::io("write", &path, io::Error::from(error)))?;
        replace_file(&path, &bytes)?;
        *standing = index;
        Ok(())
    }

    /// As [`Self::commit`], and does other work while the disk is waited for:
    /// work that may read packs, and does not rely on the index to stand. The
    /// index stands afterwards whatever came of the work.
    ///
    /// # Errors
    /// As [`Self::commit`].
    pub fn commit_during<T>(
        &self,
        index: Arc<RepositoryIndex>,
        work: impl FnOnce() -> T,
    ) -> Result<T, NetError> {
        std::thread::scope(|scope| {
            let committing = scope.spawn(|| self.commit(index));
            let done = work();
            match committing.join() {
                Ok(committed) => committed.map(|()| done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }

    /// The packs that were asked for and were missing or broken, since this
    /// was last asked.
    pub(crate) fn take_missing(&self) -> Vec<Digest> {
        self.packs.take_missing()
    }
}

impl Packs for Cache {
    fn pack(&self, digest: &Digest) -> io::Result<Bytes> {
        self.packs.read(digest)
    }
}

/// Makes a folder that only its owner can enter.
pub(crate) fn make_private(folder: &Path) -> Result<(), NetError> {
    let mut builder = DirBuilder::new();
    let made = builder.recursive(true).mode(0o700).create(folder);
    made.map_err(|error| NetError::io("make", folder, error))
}

/// A locked file. Unlocked by name: where another thread starts a process at
/// this moment, that one has the file open, too.
#[derive(Debug)]
pub(crate) struct Held(pub(crate) File);

impl Drop for Held {
    fn drop(&mut self) {
        // What is not unlocked here is when the file is closed.
        let _ = self.0.unlock();
    }
}

/// Holds a folder for this process alone, until what it gives is dropped.
pub(crate) fn lock(folder: &Path) -> Result<Held, NetError> {
    let path = folder.join("lock");
    let failed = |error| NetError::io("lock", &path, error);
    let mut options = File::options();
    let file = options.create(true).truncate(false).write(true);
    let file = file.open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Held(file)),
        Err(TryLockError::WouldBlock) => Err(NetError::Locked {
            place: folder.display().to_string(),
        }),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// The index and, where the file is broken, what is wrong with it.
fn read_index(path: &Path) -> Result<(RepositoryIndex, Option<String>), NetError> {
    let bytes = match fs::metadata(path) {
        Ok(metadata) if metadata.len() <= limits::INDEX_BYTES => {
            fs::read(path).map_err(|error| NetError::io("read", path, error))?
        }
        Ok(_) => {
            let damage = format!(
                "{}: longer than {} bytes; everything is fetched again",
                path.display(),
                limits::INDEX_BYTES
            );
            return Ok((RepositoryIndex::default(), Some(damage)));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Default::default()),
        Err(error) => return Err(NetError::io("read", path, error)),
    };
    Ok(match RepositoryIndex::parse(&bytes) {
        Ok(index) => (index, None),
        Err(error) => {
            let damage = format!("{}: {error}; everything is fetched again", path.display());
            (RepositoryIndex::default(), Some(damage))
        }
    })
}
