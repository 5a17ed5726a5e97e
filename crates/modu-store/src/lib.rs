//! Artifacts by digest: bytes go in, their SHA-256 comes out, and whoever
//! holds the digest gets the same bytes back or an error, never other bytes.
//!
//! Everything that Modu reads or makes (data, models, criteria, reports) is
//! kept here, and everything else names it by its [`Digest`]. A store is a
//! local folder by default, or a bucket of an S3-compatible object store by
//! URL; both hold the same names (`sha256/ab/ab12...`), so one can be copied
//! into the other with any tool.
//!
//! ```
//! use modu_store::{Location, Store};
//! # let folder = tempfile::tempdir()?;
//! # let place = folder.path().join("artifacts").display().to_string();
//! let store = Store::open(&place.parse()?)?;
//! let artifact = store.put_bytes("모두".as_bytes())?;
//! assert_eq!(store.read(artifact.digest, 1024)?, "모두".as_bytes());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Invariants:
//! - An artifact is there whole or not at all, whenever a writer is killed and
//!   whoever else writes at the same time. Once `put` has returned, it is on
//!   the disk (or acknowledged by the server).
//! - Bytes are checked when they are read ([`ArtifactReader`],
//!   [`VerifiedFile`]); [`Store::check`] checks all of them.
//! - Memory does not grow with an artifact's length.
//! - A name in the store is made from a [`Digest`] alone, so no input can
//!   point outside of it; what the store did not write (a symbolic link, a
//!   pipe) is refused, not followed.
//!
//! Calls block. A store may be shared by threads, and cloning it is cheap.
//! Artifacts are never removed: deleting data is its owner's decision.
//!
//! Start reading at [`Store`], then `folder.rs` (the local one) and `s3.rs`.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;

use modu_kernel::{Artifact, Digest, Progress};

mod check;
mod error;
mod folder;
mod inputs;
mod location;
mod reader;
mod s3;
mod temporary;

pub use check::{CheckReport, Fault, MAX_LISTED_FAULTS};
pub use error::StoreError;
pub use inputs::StoredInputs;
pub use location::{Location, S3Location};
pub use reader::{ArtifactReader, VerifiedFile};

/// Bytes that move at once between a file and its digest.
pub(crate) const BLOCK: usize = 256 * 1024;

/// The folder, or the part of a bucket, that holds the artifacts.
pub(crate) const OBJECTS: &str = "sha256";

/// A place that keeps artifacts.
#[derive(Clone)]
pub struct Store {
    kind: Arc<dyn Backend>,
}

/// What a kind of store does; [`Store`] adds the checks that all share.
pub(crate) trait Backend: Send + Sync {
    /// Where it is, for people.
    fn place(&self) -> String;
    /// Stores a stream.
    fn put(&self, reader: &mut dyn Read) -> Result<Artifact, StoreError>;
    /// The length of what lies under a digest's name, if anything does.
    fn size(&self, digest: Digest) -> Result<Option<u64>, StoreError>;
    /// Opens what lies under a digest's name, if anything does.
    fn open(&self, digest: Digest) -> Result<Option<ArtifactReader>, StoreError>;
    /// As `open`, with all bytes checked.
    fn open_verified(&self, digest: Digest) -> Result<Option<VerifiedFile>, StoreError>;
    /// Everything that lies there, by ascending name.
    fn entries(&self) -> Result<Entries<'_>, StoreError>;
}

/// What a store holds under its names, one after the other.
pub(crate) type Entries<'a> = Box<dyn Iterator<Item = Result<Entry, StoreError>> + 'a>;

/// One thing that lies in a store.
pub(crate) enum Entry {
    /// A name and a length that an artifact can have; its bytes are unchecked.
    Artifact(Artifact),
    /// Something the store did not write.
    Stranger { place: String, what: &'static str },
}

impl Store {
    /// Opens the store at a location. A folder is made where there is none
    /// (mode 0700), and leftovers of killed writers are swept out of it.
    ///
    /// Credentials for S3 are read here, and only from the environment
    /// variables `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and
    /// `AWS_SESSION_TOKEN`; the region from the location, `AWS_REGION` or
    /// `AWS_DEFAULT_REGION`. No request is made yet.
    ///
    /// # Errors
    /// [`StoreError::Location`] where a folder holds other things than a
    /// store, [`StoreError::Credentials`], or what the system says.
    pub fn open(location: &Location) -> Result<Self, StoreError> {
        Self::open_in(location, &|name| std::env::var(name).ok())
    }

    /// As [`Self::open`], with the environment passed in: `variable` answers
    /// with the value of a name.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_in(
        location: &Location,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, StoreError> {
        let kind: Arc<dyn Backend> = match location {
            Location::Folder(path) => Arc::new(folder::Folder::open(path)?),
            Location::S3(location) => Arc::new(s3::Bucket::open(location, variable)?),
        };
        Ok(Self { kind })
    }

    /// Where the store is, for people.
    #[must_use]
    pub fn place(&self) -> String {
        self.kind.place()
    }

    /// Stores a stream of any length and names it. Putting what is already
    /// there is no error, and mends it where it had been corrupted. Memory:
    /// a block (folder), or 32 MiB (S3, up to 80 GB; see `s3.rs`).
    ///
    /// # Errors
    /// [`StoreError::Source`] where the reader fails, [`StoreError::Full`],
    /// [`StoreError::Denied`] and others; nothing is stored then.
    pub fn put(&self, mut reader: impl Read) -> Result<Artifact, StoreError> {
        self.kind.put(&mut reader)
    }

    /// Stores bytes that are in memory.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub fn put_bytes(&self, bytes: &[u8]) -> Result<Artifact, StoreError> {
        self.put(bytes)
    }

    /// Whether something lies under the digest's name. It is not read.
    ///
    /// # Errors
    /// What the system says.
    pub fn contains(&self, digest: Digest) -> Result<bool, StoreError> {
        Ok(self.kind.size(digest)?.is_some())
    }

    /// The length in bytes of an artifact. It is not read.
    ///
    /// # Errors
    /// [`StoreError::Absent`], or what the system says.
    pub fn size(&self, digest: Digest) -> Result<u64, StoreError> {
        self.kind.size(digest)?.ok_or_else(|| self.absent(digest))
    }

    /// Opens an artifact as a stream that is checked while it is read.
    ///
    /// # Errors
    /// [`StoreError::Absent`], [`StoreError::Stranger`], or what the system
    /// says; [`StoreError::Corrupt`] comes from the reader, at its end.
    pub fn get(&self, digest: Digest) -> Result<ArtifactReader, StoreError> {
        self.kind.open(digest)?.ok_or_else(|| self.absent(digest))
    }

    /// Opens an artifact for reading and seeking, after reading it once to
    /// check it. A remote artifact is copied to an unnamed temporary file.
    ///
    /// # Errors
    /// As [`Self::get`], and [`StoreError::Corrupt`].
    pub fn open_verified(&self, digest: Digest) -> Result<VerifiedFile, StoreError> {
        self.kind
            .open_verified(digest)?
            .ok_or_else(|| self.absent(digest))
    }

    /// Reads an artifact of at most `limit` bytes into memory.
    ///
    /// # Errors
    /// As [`Self::open_verified`], and [`StoreError::TooLarge`].
    pub fn read(&self, digest: Digest, limit: u64) -> Result<Vec<u8>, StoreError> {
        self.get(digest)?.read_all(limit)
    }

    /// The artifacts by ascending digest, lazily; their bytes are not read.
    /// What the store did not write is passed over ([`Self::check`] tells).
    ///
    /// # Errors
    /// What the system says, at once or from the iterator.
    pub fn list(
        &self,
    ) -> Result<impl Iterator<Item = Result<Artifact, StoreError>> + '_, StoreError> {
        Ok(self.kind.entries()?.filter_map(|entry| match entry {
            Ok(Entry::Artifact(artifact)) => Some(Ok(artifact)),
            Ok(Entry::Stranger { .. }) => None,
            Err(error) => Some(Err(error)),
        }))
    }

    /// Reads everything and compares it with its names. Progress is in bytes,
    /// in the stage `check`. Costs a full read of the store.
    ///
    /// # Errors
    /// [`StoreError::Cancelled`], or what prevents the reading as such; what
    /// is wrong with single artifacts is in the report.
    pub fn check(&self, progress: &dyn Progress) -> Result<CheckReport, StoreError> {
        check::check(self.kind.as_ref(), progress)
    }

    fn absent(&self, digest: Digest) -> StoreError {
        StoreError::Absent {
            digest,
            store: self.place(),
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({})", self.place())
    }
}

/// Moves a stream into `write`, block by block, and names it.
pub(crate) fn copy_and_name(
    reader: &mut dyn Read,
    mut write: impl FnMut(&[u8]) -> Result<(), StoreError>,
) -> Result<Artifact, StoreError> {
    use io::Write as _;
    let mut digest = modu_kernel::DigestWriter::new(io::sink());
    let mut block = vec![0; BLOCK];
    loop {
        let length = match reader.read(&mut block) {
            Ok(0) => return Ok(digest.finish().1),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(StoreError::Source(error)),
        };
        let bytes = &block[..length];
        digest.write_all(bytes).map_err(StoreError::Source)?;
        write(bytes)?;
    }
}
