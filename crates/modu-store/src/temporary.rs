//! Files that are being written and are not artifacts yet.
//!
//! They lie in a folder of their own beside the artifacts, on the same file
//! system, so that publishing one is a rename. A writer holds a lock (`flock`)
//! on its file; the system drops it when the writer dies, however it dies.

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, Dir, Mode, OFlags, openat, unlinkat};
use rustix::io::Errno;

use crate::StoreError;

/// The folder's name inside the store.
pub(crate) const FOLDER: &str = "tmp";

/// A leftover is swept when it is unlocked and was last written this long
/// ago. The age covers file systems that do not lock across machines, and the
/// moment between making a file and locking it.
const STALE: Duration = Duration::from_secs(3600);

/// A file under a name that nobody else uses, removed when dropped unless it
/// was published.
pub(crate) struct TemporaryFile {
    file: File,
    folder: OwnedFd,
    name: String,
    path: PathBuf,
    published: bool,
}

impl TemporaryFile {
    /// Makes and locks one in `folder`, which is at `path`. It is read-only
    /// (0444 less the umask) from the start: the open handle alone can write.
    pub(crate) fn create(folder: OwnedFd, path: &Path) -> Result<Self, StoreError> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        loop {
            let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            let name = format!(
                "{}-{}-{}",
                std::process::id(),
                since_epoch.map_or(0, |time| time.as_nanos()),
                COUNTER.fetch_add(1, Ordering::Relaxed)
            );
            let path = path.join(&name);
            match openat(&folder, &name, flags, Mode::from_raw_mode(0o444)) {
                Ok(descriptor) => {
                    let file = File::from(descriptor);
                    // Without locks (some network file systems) the age alone
                    // protects the file from being swept.
                    let _ = file.try_lock();
                    return Ok(Self {
                        file,
                        folder,
                        name,
                        path,
                        published: false,
                    });
                }
                Err(Errno::EXIST) => {}
                Err(error) => return Err(StoreError::io("create", path.display(), error)),
            }
        }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.file
            .write_all(bytes)
            .map_err(|error| StoreError::io("write", self.path.display(), error))
    }

    /// Brings the bytes to the disk, then gives them their name in `target`.
    /// Whatever has that name is replaced in one step.
    pub(crate) fn publish(mut self, target: BorrowedFd<'_>, name: &str) -> Result<(), StoreError> {
        self.file
            .sync_all()
            .map_err(|error| StoreError::io("write", self.path.display(), error))?;
        rustix::fs::renameat(&self.folder, &self.name, target, name)
            .map_err(|error| StoreError::io("publish", self.path.display(), error))?;
        self.published = true;
        Ok(())
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        if !self.published {
            // What cannot be removed now is swept later.
            let _ = unlinkat(&self.folder, &self.name, AtFlags::empty());
        }
    }
}

/// Removes what killed writers left in `folder`. Best effort: a store that
/// may only be read has nothing to sweep.
pub(crate) fn sweep(folder: BorrowedFd<'_>) {
    let Ok(entries) = Dir::read_from(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let Ok(descriptor) = openat(folder, name, flags, Mode::empty()) else {
            continue;
        };
        let file = File::from(descriptor);
        if is_stale(&file) && file.try_lock().is_ok() {
            let _ = unlinkat(folder.as_fd(), name, AtFlags::empty());
        }
    }
}

fn is_stale(file: &File) -> bool {
    file.metadata().is_ok_and(|metadata| {
        let age = metadata
            .modified()
            .ok()
            .and_then(|time| time.elapsed().ok());
        metadata.is_file() && age.is_some_and(|age| age >= STALE)
    })
}
