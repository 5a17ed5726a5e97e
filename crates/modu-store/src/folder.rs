//! A store in a local folder.
//!
//! ```text
//! artifacts/             0700 where we made it
//!   sha256/ab/ab12...    the bytes, read-only; 256 folders by the first two digits
//!   tmp/...              what is being written
//! ```
//!
//! A write goes to a temporary file, is brought to the disk (`fsync`), gets
//! its name by a rename, and the folder is brought to the disk too: at every
//! moment the name is absent or stands for all the bytes. Everything is
//! reached step by step from the open root without following links
//! (`openat`, `O_NOFOLLOW`).

use std::fs::{DirBuilder, File};
use std::io::{Read, Seek as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use modu_kernel::{Artifact, Digest};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, fsync, mkdirat, open, openat, statat};
use rustix::io::Errno;

use crate::temporary::{self, TemporaryFile};
use crate::{
    ArtifactReader, Backend, Entries, Entry, OBJECTS, StoreError, VerifiedFile, copy_and_name,
};

const FOLDER_FLAGS: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// What a pipe or a device planted in the store could do when opened is kept
/// from happening by `NONBLOCK`; the type is checked on the open handle.
const FILE_FLAGS: OFlags = OFlags::RDONLY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::CLOEXEC);

/// A store in a folder.
pub(crate) struct Folder {
    path: PathBuf,
    root: OwnedFd,
    objects: OwnedFd,
    /// Fan-out folders whose own entries this process has brought to the disk.
    durable: [AtomicBool; 256],
}

impl Folder {
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        make_root(path)?;
        let flags = FOLDER_FLAGS.difference(OFlags::NOFOLLOW);
        let root = open(path, flags, Mode::empty())
            .map_err(|error| StoreError::io("open", path.display(), error))?;
        let objects = match openat(&root, OBJECTS, FOLDER_FLAGS, Mode::empty()) {
            Err(Errno::NOENT) => {
                refuse_other_contents(&root, path)?;
                make_folder(&root, OBJECTS, &path.join(OBJECTS))?
            }
            opened => opened.map_err(|error| folder_error(&path.join(OBJECTS), error))?,
        };
        if let Ok(folder) = openat(&root, temporary::FOLDER, FOLDER_FLAGS, Mode::empty()) {
            temporary::sweep(folder.as_fd());
        }
        Ok(Self {
            path: path.to_owned(),
            root,
            objects,
            durable: std::array::from_fn(|_| AtomicBool::new(false)),
        })
    }

    fn temporary_file(&self) -> Result<TemporaryFile, StoreError> {
        let path = self.path.join(temporary::FOLDER);
        let folder = match openat(&self.root, temporary::FOLDER, FOLDER_FLAGS, Mode::empty()) {
            Err(Errno::NOENT) => make_folder(&self.root, temporary::FOLDER, &path)?,
            opened => opened.map_err(|error| folder_error(&path, error))?,
        };
        TemporaryFile::create(folder, &path)
    }

    /// The fan-out folder that a digest belongs to, if there is one.
    fn fan_out(&self, name: &Name) -> Result<Option<OwnedFd>, StoreError> {
        match openat(&self.objects, name.fan_out(), FOLDER_FLAGS, Mode::empty()) {
            Ok(folder) => Ok(Some(folder)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(folder_error(&self.fan_out_path(name.fan_out()), error)),
        }
    }

    /// As [`Self::fan_out`], made where it is missing. Its entry is brought to
    /// the disk once by every process, also where another has just made it.
    fn fan_out_for_writing(&self, name: &Name, first: u8) -> Result<OwnedFd, StoreError> {
        let folder = match self.fan_out(name)? {
            Some(folder) => folder,
            None => make_folder(
                &self.objects,
                name.fan_out(),
                &self.fan_out_path(name.fan_out()),
            )?,
        };
        let durable = &self.durable[usize::from(first)];
        if !durable.load(Ordering::Acquire) {
            fsync(&self.objects)
                .map_err(|error| StoreError::io("write", self.path.display(), error))?;
            durable.store(true, Ordering::Release);
        }
        Ok(folder)
    }

    fn fan_out_path(&self, name: &str) -> PathBuf {
        self.path.join(OBJECTS).join(name)
    }

    fn path_of(&self, name: &Name) -> PathBuf {
        self.fan_out_path(name.fan_out()).join(name.as_str())
    }

    /// Opens the file under a digest's name, made sure to be a plain file.
    fn open_file(&self, digest: Digest) -> Result<Option<(File, Artifact, PathBuf)>, StoreError> {
        let name = Name::of(digest);
        let path = self.path_of(&name);
        let Some(folder) = self.fan_out(&name)? else {
            return Ok(None);
        };
        let file = match openat(&folder, name.as_str(), FILE_FLAGS, Mode::empty()) {
            Ok(descriptor) => File::from(descriptor),
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => return Err(stranger(&path, "a symbolic link")),
            Err(Errno::NXIO) => return Err(stranger(&path, "a socket")),
            Err(error) => return Err(StoreError::io("open", path.display(), error)),
        };
        let metadata = file
            .metadata()
            .map_err(|error| StoreError::io("open", path.display(), error))?;
        if !metadata.is_file() {
            return Err(stranger(&path, "no plain file"));
        }
        let size = metadata.len();
        Ok(Some((file, Artifact { digest, size }, path)))
    }

    /// What lies in one fan-out folder, by ascending name.
    fn entries_in(&self, fan_out: &str) -> Result<Vec<Entry>, StoreError> {
        let path = self.fan_out_path(fan_out);
        if !is_fan_out(fan_out) {
            let (place, what) = (path.display().to_string(), "of a strange name");
            return Ok(vec![Entry::Stranger { place, what }]);
        }
        let folder = match openat(&self.objects, fan_out, FOLDER_FLAGS, Mode::empty()) {
            Ok(folder) => folder,
            Err(Errno::NOENT) => return Ok(Vec::new()),
            Err(Errno::LOOP | Errno::NOTDIR) => {
                let (place, what) = (path.display().to_string(), "no folder");
                return Ok(vec![Entry::Stranger { place, what }]);
            }
            Err(error) => return Err(StoreError::io("open", path.display(), error)),
        };
        let mut entries = Vec::new();
        for name in names_in(&folder, &path)? {
            entries.extend(entry(&folder, fan_out, &name, &path)?);
        }
        Ok(entries)
    }
}

impl Backend for Folder {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn put(&self, reader: &mut dyn Read) -> Result<Artifact, StoreError> {
        let mut temporary = self.temporary_file()?;
        let artifact = copy_and_name(reader, |bytes| temporary.write(bytes))?;
        let name = Name::of(artifact.digest);
        let folder = self.fan_out_for_writing(&name, artifact.digest.as_bytes()[0])?;
        temporary.publish(folder.as_fd(), name.as_str())?;
        fsync(&folder)
            .map_err(|error| StoreError::io("write", self.path_of(&name).display(), error))?;
        Ok(artifact)
    }

    fn size(&self, digest: Digest) -> Result<Option<u64>, StoreError> {
        let name = Name::of(digest);
        let Some(folder) = self.fan_out(&name)? else {
            return Ok(None);
        };
        match entry(
            &folder,
            name.fan_out(),
            name.as_str(),
            &self.fan_out_path(name.fan_out()),
        )? {
            Some(Entry::Artifact(artifact)) => Ok(Some(artifact.size)),
            Some(Entry::Stranger { place, what }) => Err(StoreError::Stranger { place, what }),
            None => Ok(None),
        }
    }

    fn open(&self, digest: Digest) -> Result<Option<ArtifactReader>, StoreError> {
        Ok(self.open_file(digest)?.map(|(file, artifact, path)| {
            ArtifactReader::new(file, artifact, path.display().to_string())
        }))
    }

    fn open_verified(&self, digest: Digest) -> Result<Option<VerifiedFile>, StoreError> {
        let Some((mut file, artifact, path)) = self.open_file(digest)? else {
            return Ok(None);
        };
        let place = path.display().to_string();
        let again = |error| StoreError::io("read", &place, error);
        let copy = file.try_clone().map_err(again)?;
        ArtifactReader::new(copy, artifact, place.clone()).verify()?;
        file.rewind().map_err(again)?;
        Ok(Some(VerifiedFile::new(file, artifact)))
    }

    fn entries(&self) -> Result<Entries<'_>, StoreError> {
        let fan_outs = names_in(&self.objects, &self.path.join(OBJECTS))?;
        Ok(Box::new(fan_outs.into_iter().flat_map(|fan_out| {
            let (entries, error) = match self.entries_in(&fan_out) {
                Ok(entries) => (entries, None),
                Err(error) => (Vec::new(), Some(Err(error))),
            };
            entries.into_iter().map(Ok).chain(error)
        })))
    }
}

/// An artifact's file name: the 64 digits. It can only be made of a digest,
/// so that no input becomes a path.
struct Name(String);

impl Name {
    fn of(digest: Digest) -> Self {
        Self(digest.to_hex())
    }

    fn as_str(&self) -> &str {
        &self.0
    }

    fn fan_out(&self) -> &str {
        &self.0[..2]
    }
}

fn is_fan_out(name: &str) -> bool {
    name.len() == 2 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Judges one name in a fan-out folder; `None` where it is gone.
fn entry(
    folder: &OwnedFd,
    fan_out: &str,
    name: &str,
    path: &Path,
) -> Result<Option<Entry>, StoreError> {
    let place = path.join(name).display().to_string();
    let digest = Digest::from_hex(name).ok();
    let Some(digest) = digest.filter(|_| name.starts_with(fan_out)) else {
        let what = "of a strange name";
        return Ok(Some(Entry::Stranger { place, what }));
    };
    let status = match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(status) => status,
        Err(Errno::NOENT) => return Ok(None),
        Err(error) => return Err(StoreError::io("open", place, error)),
    };
    let what = match FileType::from_raw_mode(status.st_mode) {
        FileType::RegularFile => {
            let size = u64::try_from(status.st_size).unwrap_or_default();
            return Ok(Some(Entry::Artifact(Artifact { digest, size })));
        }
        FileType::Symlink => "a symbolic link",
        _ => "no plain file",
    };
    Ok(Some(Entry::Stranger { place, what }))
}

/// The names in a folder, ascending. A name that is not UTF-8 is shown with
/// its bytes replaced: it is a stranger's in any case.
fn names_in(folder: &OwnedFd, path: &Path) -> Result<Vec<String>, StoreError> {
    let failed = |error: Errno| StoreError::io("list", path.display(), error);
    let mut names = Vec::new();
    for entry in Dir::read_from(folder).map_err(failed)? {
        let name = entry
            .map_err(failed)?
            .file_name()
            .to_string_lossy()
            .into_owned();
        if name != "." && name != ".." {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Makes the store's folder, readable to its owner alone: what is stored may
/// not leave the house.
fn make_root(path: &Path) -> Result<(), StoreError> {
    if path.is_dir() {
        return Ok(());
    }
    let failed = |error| StoreError::io("create", path.display(), error);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(failed)?;
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(parent)
        .and_then(|parent| parent.sync_all())
        .map_err(failed)
}

fn make_folder(parent: &OwnedFd, name: &str, path: &Path) -> Result<OwnedFd, StoreError> {
    let failed = |error: Errno| StoreError::io("create", path.display(), error);
    match mkdirat(parent, name, Mode::from_raw_mode(0o777)) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(error) => return Err(failed(error)),
    }
    fsync(parent).map_err(failed)?;
    openat(parent, name, FOLDER_FLAGS, Mode::empty()).map_err(|error| folder_error(path, error))
}

/// A mistyped path must not litter somebody's folder.
fn refuse_other_contents(root: &OwnedFd, path: &Path) -> Result<(), StoreError> {
    let ours = [OBJECTS, temporary::FOLDER, "lost+found"];
    match names_in(root, path)?
        .iter()
        .find(|name| !ours.contains(&name.as_str()))
    {
        None => Ok(()),
        Some(other) => Err(StoreError::Location {
            text: path.display().to_string(),
            problem: format!("it holds `{other}` and no store; name an empty or new folder"),
        }),
    }
}

fn folder_error(path: &Path, error: Errno) -> StoreError {
    match error {
        Errno::LOOP | Errno::NOTDIR => stranger(path, "no folder"),
        error => StoreError::io("open", path.display(), error),
    }
}

fn stranger(path: &Path, what: &'static str) -> StoreError {
    StoreError::Stranger {
        place: path.display().to_string(),
        what,
    }
}
