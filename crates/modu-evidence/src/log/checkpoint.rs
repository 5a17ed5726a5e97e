//! Checkpoints: what a log's owner signs.
//!
//! A checkpoint names the log (its *origin*), says how many entries it holds
//! and gives the root hash over them. It is the text of a signed note, C2SP
//! tlog-checkpoint (<https://c2sp.org/tlog-checkpoint>).

use std::fmt;

use super::MAX_TREE_SIZE;
use super::merkle::Hash;
use crate::EvidenceError;
use crate::note::{Note, Verified, VerifierKey, excerpt};

/// The longest origin, in bytes of UTF-8.
pub const MAX_ORIGIN_BYTES: usize = 255;
/// The most extension lines that are read.
const MAX_EXTENSION_LINES: usize = 16;

/// The name of a log, unique in the world: by custom the URL under which it is
/// served, without scheme. One line, not empty, at most [`MAX_ORIGIN_BYTES`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(String);

impl Origin {
    /// Checks an origin.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] where it is empty, too long or holds
    /// control characters.
    pub fn new(origin: impl Into<String>) -> Result<Self, EvidenceError> {
        let origin = origin.into();
        if origin.is_empty()
            || origin.len() > MAX_ORIGIN_BYTES
            || origin.chars().any(char::is_control)
        {
            return Err(EvidenceError::malformed(
                "log origin",
                excerpt(&origin),
                "an origin has 1 to 255 bytes and no control characters",
            ));
        }
        Ok(Self(origin))
    }

    /// The origin.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A log at one moment. Its `Display` is the text that is signed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Checkpoint {
    /// Which log.
    pub origin: Origin,
    /// How many entries it holds, at most [`MAX_TREE_SIZE`].
    pub size: u64,
    /// The root hash over them.
    pub root: Hash,
    /// Further lines, which Modu never writes and makes nothing of.
    pub extensions: Vec<String>,
}

impl Checkpoint {
    /// A checkpoint without extension lines.
    #[must_use]
    pub fn new(origin: Origin, size: u64, root: Hash) -> Self {
        Self {
            origin,
            size,
            root,
            extensions: Vec::new(),
        }
    }

    /// Reads a note's text. It says nothing about signatures:
    /// [`LogKeys::open`] does.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] for anything but the one spelling of a
    /// checkpoint, and for a tree over [`MAX_TREE_SIZE`].
    pub fn parse(text: &str) -> Result<Self, EvidenceError> {
        let wrong = |place: &str, problem: &str| {
            Err(EvidenceError::malformed("checkpoint", place, problem))
        };
        let Some(body) = text.strip_suffix('\n') else {
            return wrong("its end", "it must end in a newline");
        };
        let mut lines = body.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return wrong(
                "its lines",
                "it needs an origin, a size and a root hash, a line each",
            );
        };
        let origin = Origin::new(origin)?;
        let Some(size) = parse_decimal(size).filter(|size| *size <= MAX_TREE_SIZE) else {
            return wrong(
                "line 2",
                "the size must be a decimal number, at most 2^62, without leading zeros",
            );
        };
        let Some(root) = Hash::from_base64(root) else {
            return wrong("line 3", "the root hash must be base64 of 32 bytes");
        };
        if size == 0 && root != Hash::of_empty_tree() {
            return wrong("line 3", "this is not the root of an empty tree");
        }
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if extensions.len() > MAX_EXTENSION_LINES {
            return wrong("its lines", "it has more than 16 extension lines");
        }
        if extensions
            .iter()
            .any(|line| line.is_empty() || line.contains(char::is_control))
        {
            return wrong(
                "its lines",
                "an extension line must not be empty or hold control characters",
            );
        }
        Ok(Self {
            origin,
            size,
            root,
            extensions,
        })
    }
}

/// The note text, with its final newline.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, self.root)?;
        self.extensions
            .iter()
            .try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// ASCII decimal in its one spelling.
pub(crate) fn parse_decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let shortest = text == "0" || !text.starts_with('0');
    (plain && shortest).then(|| text.parse().ok()).flatten()
}

/// What a reader trusts of a log: its origin and the keys that sign for it.
/// After a rotation it holds the old keys and the new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogKeys {
    origin: Origin,
    keys: Vec<VerifierKey>,
}

/// A checkpoint whose signatures were checked.
#[derive(Debug, Clone)]
pub struct OpenCheckpoint<'k> {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The log's keys that signed it: one at least.
    pub signed_by: Vec<Verified<'k>>,
}

impl LogKeys {
    /// A log and its keys.
    ///
    /// # Errors
    /// [`EvidenceError::Signature`] where there is no key.
    pub fn new(origin: Origin, keys: Vec<VerifierKey>) -> Result<Self, EvidenceError> {
        if keys.is_empty() {
            return Err(EvidenceError::Signature(format!(
                "there is no key to trust for the log `{origin}`"
            )));
        }
        Ok(Self { origin, keys })
    }

    /// Which log.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Its keys.
    #[must_use]
    pub fn keys(&self) -> &[VerifierKey] {
        &self.keys
    }

    /// Verifies a note and reads its checkpoint: one trusted key at least
    /// signed, none of them wrongly, and it is this log's.
    ///
    /// # Errors
    /// As [`Note::verify`] and [`Checkpoint::parse`]; [`EvidenceError::Malformed`]
    /// where the origin is another log's.
    pub fn open(&self, note: &Note) -> Result<OpenCheckpoint<'_>, EvidenceError> {
        let signed_by = note.verify(&self.keys)?;
        let checkpoint = Checkpoint::parse(note.text())?;
        if checkpoint.origin != self.origin {
            return Err(EvidenceError::malformed(
                "checkpoint",
                "line 1",
                format!(
                    "it is of the log {}, not of `{}`",
                    excerpt(checkpoint.origin.as_str()),
                    self.origin
                ),
            ));
        }
        Ok(OpenCheckpoint {
            checkpoint,
            signed_by,
        })
    }
}
