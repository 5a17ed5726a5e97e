//! What can go wrong with evidence, in one place.

use std::io;
use std::path::{Path, PathBuf};

use crate::verify::Check;
use crate::witness::Refusal;

/// Why something in this crate could not be done, or was refused.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// Bytes that are not what their format says.
    #[error("{document}, {place}: {problem}")]
    Malformed {
        /// Which document: a format's name or a path.
        document: String,
        /// Where in it: a line, a byte offset, a field.
        place: String,
        /// What is wrong and what is expected.
        problem: String,
    },
    /// A note that no trusted key signed, or that one of them signed wrongly.
    #[error("the signatures under the note are not acceptable: {0}")]
    Signature(String),
    /// A Merkle proof that does not lead to the root.
    #[error("the {proof} proof does not hold: {problem}")]
    Proof {
        /// `inclusion` or `consistency`.
        proof: &'static str,
        /// In what way.
        problem: String,
    },
    /// The files of a log do not agree with its signed checkpoint.
    #[error(
        "`{}` does not agree with the log's checkpoint: {problem}; restore the file from a copy of the log", path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The operating system could not do it.
    #[error("could not {action} `{}`: {source}", path.display())]
    Io {
        /// A verb, such as `write`.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody else writes to the folder.
    #[error(
        "`{}` is in use by another process: wait for it to end, or stop it, and try again", path.display()
    )]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds something already where a new log was asked for.
    #[error("`{}` already holds a log: open it instead, or choose another folder", path.display())]
    AlreadyExists {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds no log where one was to be opened.
    #[error("`{}` holds no log: it has no file `checkpoint`", path.display())]
    NoLog {
        /// The folder.
        path: PathBuf,
    },
    /// An entry or a batch is over its limit; nothing of the batch is kept.
    #[error("{what} is {size}, over the limit of {limit}: nothing of the batch was appended")]
    TooLarge {
        /// What is too large, with its place in the batch.
        what: String,
        /// How large it is.
        size: u64,
        /// The limit, in the same unit.
        limit: u64,
    },
    /// An index or a size that the tree does not have.
    #[error("{what} {asked} is outside the log, which holds {size} entries")]
    OutOfRange {
        /// `entry`, `tree size`, ...
        what: &'static str,
        /// What was asked for.
        asked: u64,
        /// How many entries there are.
        size: u64,
    },
    /// An earlier failure left it unknown whether the last checkpoint is
    /// durable; opening the log again finds out.
    #[error(
        "an earlier write to `{}` failed at a moment where it may or may not have lasted: open the log again", path.display()
    )]
    Reopen {
        /// The log's folder.
        path: PathBuf,
    },
    /// A log that does not continue from a checkpoint seen before: somebody
    /// was, or is being, shown another log.
    #[error(
        "the log `{origin}` was rewritten: {problem}; keep both checkpoints, they are the proof"
    )]
    Fork {
        /// The log's origin.
        origin: String,
        /// How the two disagree.
        problem: String,
    },
    /// A bundle that does not verify.
    #[error("{check} does not hold: {problem}")]
    Unverified {
        /// What was checked.
        check: Check,
        /// Why it does not hold.
        problem: String,
    },
    /// A private key's file or folder is not fit for use.
    #[error("the key in `{}` is not used: {problem}", path.display())]
    Key {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong and what to do; never a part of the key.
        problem: String,
    },
    /// The random source failed.
    #[error("no random bytes could be had: {0}")]
    Random(String),
    /// The clock shows a time that is too early for what the archive holds.
    #[error("the clock shows {now}, and {what} at {since}: set the clock, or wait a second")]
    Clock {
        /// The time that was passed in.
        now: jiff::Timestamp,
        /// What happened too late for it.
        what: &'static str,
        /// When that was.
        since: jiff::Timestamp,
    },
    /// A run that cannot be replayed, whatever its result would be.
    #[error("the run cannot be replayed: {0}")]
    Replay(String),
    /// The engine failed at a replay.
    #[error("the engine failed at the replay: {0}")]
    Engine(#[from] modu_kernel::EngineError),
    /// A witness refused to cosign.
    #[error("the witness refuses to cosign: {0}")]
    Refused(#[from] Box<Refusal>),
}

impl EvidenceError {
    pub(crate) fn malformed(
        document: impl Into<String>,
        place: impl Into<String>,
        problem: impl Into<String>,
    ) -> Self {
        Self::Malformed {
            document: document.into(),
            place: place.into(),
            problem: problem.into(),
        }
    }

    /// For `map_err` on calls of the operating system.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
