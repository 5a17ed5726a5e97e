//! A folder of files that are written durably and whole.
//!
//! Everything that touches the disk on behalf of a log or a witness goes
//! through here, so that one place answers for the order of writes, and tests
//! can make each of them fail.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::EvidenceError;

/// The folder's root and, in tests, a plan of failures.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    #[cfg(test)]
    pub(crate) faults: faults::Faults,
}

/// Held while its holder is the folder's only writer.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "dropping it unlocks")] File);

impl Folder {
    /// A folder that may or may not exist yet.
    pub(crate) fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            #[cfg(test)]
            faults: faults::Faults::default(),
        }
    }

    /// The folder itself.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A file below it.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// Makes the folder and those above it.
    pub(crate) fn create(&self) -> Result<(), EvidenceError> {
        let absolute =
            std::path::absolute(&self.root).map_err(EvidenceError::io("resolve", &self.root))?;
        let mut changed = BTreeSet::new();
        self.create_folder(&absolute, &mut changed)?;
        self.sync_folders(&changed)
    }

    /// Takes the lock file, an advisory lock of the operating system (flock)
    /// that ends with the process.
    pub(crate) fn lock(&self) -> Result<Lock, EvidenceError> {
        let path = self.path("lock");
        self.step().map_err(EvidenceError::io("lock", &path))?;
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(EvidenceError::io("open for writing", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock(file)),
            Err(TryLockError::WouldBlock) => Err(EvidenceError::InUse {
                path: self.root.clone(),
            }),
            Err(TryLockError::Error(source)) => Err(EvidenceError::io("lock", &path)(source)),
        }
    }

    /// A file's bytes, `None` where there is no such file. More than `limit`
    /// bytes are refused.
    pub(crate) fn read(
        &self,
        relative: impl AsRef<Path>,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, EvidenceError> {
        let path = self.path(relative);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(EvidenceError::io("open", &path)(error)),
        };
        let mut bytes = Vec::new();
        file.take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(EvidenceError::io("read", &path))?;
        if bytes.len() as u64 > limit {
            return Err(EvidenceError::malformed(
                path.display().to_string(),
                "its length",
                format!("it is over the limit of {limit} bytes"),
            ));
        }
        Ok(Some(bytes))
    }

    /// Writes a file, not yet durably.
    pub(crate) fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), EvidenceError> {
        let error = |source| EvidenceError::io("write", path)(source);
        let mut file = File::create(path).map_err(error)?;
        if let Err(fault) = self.step() {
            // As a full disk does: a part is written, then no more.
            file.write_all(&bytes[..bytes.len() / 2]).map_err(error)?;
            return Err(error(fault));
        }
        file.write_all(bytes).map_err(error)
    }

    /// Makes a written file durable.
    pub(crate) fn sync_file(&self, path: &Path) -> Result<(), EvidenceError> {
        self.step()
            .and_then(|()| File::open(path)?.sync_all())
            .map_err(EvidenceError::io("sync", path))
    }

    /// Makes the names in a folder durable.
    pub(crate) fn sync_folder(&self, path: &Path) -> Result<(), EvidenceError> {
        self.step()
            .and_then(|()| File::open(path)?.sync_all())
            .map_err(EvidenceError::io("sync", path))
    }

    pub(crate) fn sync_folders<'p>(
        &self,
        paths: impl IntoIterator<Item = &'p PathBuf>,
    ) -> Result<(), EvidenceError> {
        paths
            .into_iter()
            .try_for_each(|path| self.sync_folder(path))
    }

    /// Renames a file, replacing what had the new name, and makes the folder
    /// for it where there is none. `changed` collects the folders whose names
    /// are then to be made durable.
    pub(crate) fn rename(
        &self,
        from: &Path,
        to: &Path,
        changed: &mut BTreeSet<PathBuf>,
    ) -> Result<(), EvidenceError> {
        let error = |source| EvidenceError::io("write", to)(source);
        self.step().map_err(error)?;
        let Some(parent) = to.parent() else {
            return Err(error(io::ErrorKind::InvalidInput.into()));
        };
        if let Err(first) = fs::rename(from, to) {
            if first.kind() != io::ErrorKind::NotFound || parent.exists() {
                return Err(error(first));
            }
            self.create_folder(parent, changed)?;
            fs::rename(from, to).map_err(error)?;
        }
        changed.insert(parent.to_owned());
        Ok(())
    }

    /// Makes a folder and those above it.
    pub(crate) fn create_folder(
        &self,
        path: &Path,
        changed: &mut BTreeSet<PathBuf>,
    ) -> Result<(), EvidenceError> {
        if path.is_dir() {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            self.create_folder(parent, changed)?;
            changed.insert(parent.to_owned());
        }
        match self.step().and_then(|()| fs::create_dir(path)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                Err(EvidenceError::io("make the folder", path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Removes a file, if it is there.
    pub(crate) fn remove(&self, path: &Path) -> Result<(), EvidenceError> {
        match path.symlink_metadata() {
            Ok(_) => self
                .step()
                .and_then(|()| fs::remove_file(path))
                .map_err(EvidenceError::io("remove", path)),
            Err(_) => Ok(()),
        }
    }

    /// Removes a folder and all in it, if it is there.
    pub(crate) fn remove_folder(&self, path: &Path) -> Result<(), EvidenceError> {
        match path.symlink_metadata() {
            Ok(_) => self
                .step()
                .and_then(|()| fs::remove_dir_all(path))
                .map_err(EvidenceError::io("remove", path)),
            Err(_) => Ok(()),
        }
    }

    /// Replaces one file durably: whole under another name, then renamed.
    pub(crate) fn replace(&self, relative: &str, bytes: &[u8]) -> Result<(), EvidenceError> {
        let (path, fresh) = (self.path(relative), self.path(format!("{relative}.new")));
        let mut changed = BTreeSet::new();
        self.write(&fresh, bytes)?;
        self.sync_file(&fresh)?;
        self.rename(&fresh, &path, &mut changed)?;
        self.sync_folders(&changed)
    }

    /// Called before each effect on the disk; fails where a test wants it to.
    #[cfg(test)]
    fn step(&self) -> io::Result<()> {
        self.faults.step()
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "tests make it fail")]
    #[expect(clippy::unnecessary_wraps, reason = "tests make it fail")]
    fn step(&self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod faults {
    use std::io;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Fails the effects on a disk from the n-th on, as a full or dying disk
    /// does; none by default.
    #[derive(Debug)]
    pub(crate) struct Faults {
        remaining: AtomicU64,
        once: std::sync::atomic::AtomicBool,
    }

    impl Default for Faults {
        fn default() -> Self {
            Self {
                remaining: AtomicU64::new(u64::MAX),
                once: false.into(),
            }
        }
    }

    impl Faults {
        /// Lets `count` effects happen, then fails; only once, or from then on.
        pub(crate) fn after(&self, count: u64, once: bool) {
            self.once.store(once, Ordering::SeqCst);
            self.remaining.store(count, Ordering::SeqCst);
        }

        /// No failures any more.
        pub(crate) fn clear(&self) {
            self.remaining.store(u64::MAX, Ordering::SeqCst);
        }

        pub(super) fn step(&self) -> io::Result<()> {
            let before = self.remaining.load(Ordering::SeqCst);
            if before == u64::MAX {
                return Ok(());
            }
            if before == 0 {
                let next = if self.once.load(Ordering::SeqCst) {
                    u64::MAX
                } else {
                    0
                };
                self.remaining.store(next, Ordering::SeqCst);
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.remaining.store(before - 1, Ordering::SeqCst);
            Ok(())
        }
    }
}
