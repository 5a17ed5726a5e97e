//! What must outlive the process: sessions, serial, and the table they name.
//!
//! A router that comes back says *I have serial 7 of session 4711*, and
//! believes that it then holds what the cache held. A cache that uses a session
//! again with another history feeds it a wrong table for good. So session,
//! serial and table are one file, written whole and brought to the disk before
//! any router hears of it. A file that is not exactly what was written last
//! (damaged, copied from a backup, moved to another machine) names no session:
//! the file holds its own inode number and time of birth, and a copy has others.
//! What cannot be seen from here is a whole disk image set back to an earlier
//! day.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use modu_kernel::Digest;
use modu_route::RouterTable;

use super::delta::Delta;
use crate::NetError;
use crate::cache::Held;

/// The first bytes of the file; the number is its form's version.
const MAGIC: &[u8; 16] = b"modu rtr state 1";
/// The most bytes that are read of it: about ten times the world's table.
const MAX_BYTES: u64 = 512 << 20;

/// Sessions for protocol versions 0, 1, 2: serials of different versions are
/// not commensurate (RFC 8210, section 5.1), so their sessions differ.
pub(crate) type Sessions = [u16; 3];

/// What is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) sessions: Sessions,
    pub(crate) serial: u32,
    /// When the table was published, in seconds since 1970 (UTC).
    pub(crate) time: i64,
    pub(crate) table: RouterTable,
    /// What changed since earlier serials, oldest first.
    pub(crate) earlier: Vec<(u32, Delta)>,
}

/// The folder, held by this process alone.
#[derive(Debug)]
pub(crate) struct StateFolder {
    folder: PathBuf,
    _lock: Held,
}

impl StateFolder {
    /// Takes the folder, making it where it is missing.
    pub(crate) fn take(folder: &Path) -> Result<Self, NetError> {
        let failed = |source| NetError::io("take", folder, source);
        fs::create_dir_all(folder).map_err(failed)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(folder.join("lock"))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                folder: folder.to_owned(),
                _lock: Held(lock),
            }),
            Err(fs::TryLockError::WouldBlock) => Err(NetError::Locked {
                place: folder.display().to_string(),
            }),
            Err(fs::TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.join("state")
    }

    /// What was written last; nothing where there is none, or where the file
    /// is not what this program left there.
    pub(crate) fn read(&self) -> Result<Option<State>, NetError> {
        let path = self.file();
        let failed = |source| NetError::io("read", &path, source);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mark = Mark::of(&file).map_err(failed)?;
        let mut bytes = Vec::new();
        (file.take(MAX_BYTES + 1).read_to_end(&mut bytes)).map_err(failed)?;
        Ok(State::parse(&bytes, mark))
    }

    /// Writes it: whole and on the disk, or not at all.
    pub(crate) fn write(&self, state: &State) -> Result<(), NetError> {
        let (path, fresh) = (self.file(), self.folder.join("state.new"));
        let write = || {
            match fs::remove_file(&fresh) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut file = OpenOptions::new()
                .create_new(true)
                .write(true)
                .mode(0o600)
                .open(&fresh)?;
            let mark = Mark::of(&file)?;
            file.write_all(&state.to_bytes(mark))?;
            file.sync_all()?;
            fs::rename(&fresh, &path)?;
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(|source| NetError::io("write", &path, source))
    }
}

/// What a copy of a file does not share with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    inode: u64,
    /// Nanoseconds since 1970; 0 where the file system does not tell.
    born: u64,
}

impl Mark {
    fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        let born = metadata.created().unwrap_or(SystemTime::UNIX_EPOCH);
        let born = born.duration_since(SystemTime::UNIX_EPOCH);
        Ok(Self {
            inode: metadata.ino(),
            born: born.map_or(0, |since| since.as_nanos() as u64),
        })
    }
}

impl State {
    fn to_bytes(&self, mark: Mark) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(mark.inode.to_be_bytes());
        bytes.extend(mark.born.to_be_bytes());
        for session in self.sessions {
            bytes.extend(session.to_be_bytes());
        }
        bytes.extend(self.time.to_be_bytes());
        bytes.extend(self.serial.to_be_bytes());
        write_table(&mut bytes, &self.table);
        for (serial, delta) in &self.earlier {
            let (gone, new) = delta.sides();
            bytes.extend(serial.to_be_bytes());
            write_table(&mut bytes, &gone);
            write_table(&mut bytes, &new);
        }
        let digest = Digest::of(&bytes);
        bytes.extend(digest.as_bytes());
        bytes
    }

    fn parse(bytes: &[u8], mark: Mark) -> Option<Self> {
        let (bytes, digest) = bytes.split_last_chunk::<32>()?;
        if Digest::of(bytes).as_bytes() != digest {
            return None;
        }
        let (magic, mut rest) = bytes.split_first_chunk::<16>()?;
        let inode = u64::from_be_bytes(take(&mut rest)?);
        let born = u64::from_be_bytes(take(&mut rest)?);
        if magic != MAGIC || (Mark { inode, born }) != mark {
            return None;
        }
        let mut sessions = Sessions::default();
        for session in &mut sessions {
            *session = u16::from_be_bytes(take(&mut rest)?);
        }
        let time = i64::from_be_bytes(take(&mut rest)?);
        let serial = u32::from_be_bytes(take(&mut rest)?);
        let table = read_table(&mut rest)?;
        let mut earlier = Vec::new();
        while !rest.is_empty() {
            let serial = u32::from_be_bytes(take(&mut rest)?);
            let (gone, new) = (read_table(&mut rest)?, read_table(&mut rest)?);
            earlier.push((serial, Delta::between(&gone, &new)));
        }
        Some(Self {
            sessions,
            serial,
            time,
            table,
            earlier,
        })
    }
}

fn write_table(bytes: &mut Vec<u8>, table: &RouterTable) {
    let table = table.to_bytes();
    bytes.extend((table.len() as u64).to_be_bytes());
    bytes.extend(table);
}

fn read_table(rest: &mut &[u8]) -> Option<RouterTable> {
    let length = u64::from_be_bytes(take(rest)?);
    let (table, left) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = left;
    RouterTable::parse(table).ok()
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*taken)
}
