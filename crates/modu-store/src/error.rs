//! What can go wrong between a caller and the stored bytes.

use std::io;

use modu_kernel::{Artifact, Digest};

/// Why the store could not do what was asked. The binary turns
/// [`Self::Location`], [`Self::Absent`] and [`Self::TooLarge`] into exit code
/// 2, [`Self::Corrupt`] and [`Self::Stranger`] into 1, and the rest into 3.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The text that should say where a store is does not.
    #[error("`{text}` is not the place of a store: {problem}")]
    Location {
        /// What was given; a password in it is not repeated.
        text: String,
        /// What is wrong and what to write instead.
        problem: String,
    },
    /// The store does not hold this artifact.
    #[error("{store} holds no artifact {digest}: put it there first, or name another store")]
    Absent {
        /// What was asked for.
        digest: Digest,
        /// The store that was asked.
        store: String,
    },
    /// The stored bytes are not the ones that their name promises.
    #[error(
        "{place} should hold {expected} but holds {} bytes with {}: \
         restore it by putting the original again",
        found.size,
        found.digest
    )]
    Corrupt {
        /// The file or object.
        place: String,
        /// The digest it is named by.
        expected: Digest,
        /// What is there; of a file cut short, the part that is left.
        found: Artifact,
    },
    /// Something that the store did not write stands in an artifact's place.
    #[error("{place} is {what}, not a file that this store wrote: remove it")]
    Stranger {
        /// The file or object.
        place: String,
        /// What it is, such as "a symbolic link".
        what: &'static str,
    },
    /// The artifact is larger than the caller or the store can take.
    #[error("the artifact at {place} is larger than the limit of {limit} bytes")]
    TooLarge {
        /// The file, object or store.
        place: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// The reader that the bytes should come from failed; nothing was stored.
    #[error("the bytes to store could not be read, and nothing was stored: {0}")]
    Source(#[source] io::Error),
    /// The disk, the quota or the file-size limit is used up.
    #[error("{place} is full, and nothing was stored: free some space and try again ({source})")]
    Full {
        /// The file or folder.
        place: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file system or its owner does not let us.
    #[error("cannot {action} {place}: make it accessible to this user ({source})")]
    Denied {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        place: String,
        /// What the system said.
        source: io::Error,
    },
    /// Any other failure of the file system.
    #[error("cannot {action} {place}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        place: String,
        /// What the system said.
        source: io::Error,
    },
    /// The object store refused or could not be reached.
    #[error("cannot {action} {place}: {problem}")]
    Remote {
        /// What was tried.
        action: &'static str,
        /// The object or bucket.
        place: String,
        /// What the server or the connection said. Credentials are not in it.
        problem: String,
    },
    /// A credential for the object store is missing.
    #[error(
        "no credentials for {store}: set {variable} in the environment, \
         or add `anonymous=true` to the URL of a public bucket"
    )]
    Credentials {
        /// The environment variable that is not set.
        variable: &'static str,
        /// The store that wants it.
        store: String,
    },
    /// A remote store was used from within a runtime of one thread, which would
    /// stop every other task of it.
    #[error("a remote store must not be used inside an asynchronous task: use a blocking thread")]
    InsideRuntime,
    /// The listener asked the work to stop.
    #[error("the work was cancelled")]
    Cancelled,
}

impl StoreError {
    /// Sorts a failure of the file system by what its user can do about it.
    pub(crate) fn io(
        action: &'static str,
        place: impl ToString,
        source: impl Into<io::Error>,
    ) -> Self {
        use io::ErrorKind as Kind;
        let (place, source) = (place.to_string(), source.into());
        match source.kind() {
            Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge => {
                Self::Full { place, source }
            }
            Kind::PermissionDenied | Kind::ReadOnlyFilesystem => Self::Denied {
                action,
                place,
                source,
            },
            _ => Self::Io {
                action,
                place,
                source,
            },
        }
    }
}

/// For readers, whose contract knows only [`io::Error`]. The [`StoreError`]
/// is kept inside, and its kind is one that callers may match on.
impl From<StoreError> for io::Error {
    fn from(error: StoreError) -> Self {
        let kind = match &error {
            StoreError::Absent { .. } => io::ErrorKind::NotFound,
            StoreError::Corrupt { .. } | StoreError::Stranger { .. } => io::ErrorKind::InvalidData,
            StoreError::Location { .. } | StoreError::TooLarge { .. } => {
                io::ErrorKind::InvalidInput
            }
            StoreError::Source(source)
            | StoreError::Full { source, .. }
            | StoreError::Denied { source, .. }
            | StoreError::Io { source, .. } => source.kind(),
            StoreError::Credentials { .. } => io::ErrorKind::PermissionDenied,
            StoreError::Remote { .. } | StoreError::InsideRuntime | StoreError::Cancelled => {
                io::ErrorKind::Other
            }
        };
        Self::new(kind, error)
    }
}
