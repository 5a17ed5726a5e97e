//! Why a node cannot go on.

use std::path::PathBuf;

/// What keeps a node from its work.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The key file cannot be used.
    #[error("the key {}: {problem}", path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// What the caller set cannot be used.
    #[error("{what}: {problem}")]
    Setting {
        /// Which setting.
        what: &'static str,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// The server cannot be reached, or fails: it may be back later.
    #[error("the server at {place}: {problem}")]
    Away {
        /// Where.
        place: String,
        /// What happened.
        problem: String,
    },
    /// The server does not let the node in.
    #[error(
        "the server does not let this node in: {0}; see that token and key are those of one node that was not shut out, and that the clock is right"
    )]
    ShutOut(String),
    /// The job is another's by now, or is over.
    #[error("the job is another's by now, or is over")]
    LeaseLost,
    /// The job was called off.
    #[error("the job was called off")]
    CalledOff,
    /// The server refuses what was sent.
    #[error("the server refuses it: {0}")]
    Refused(String),
    /// The server's answer is not as it should be.
    #[error("the server's answer is not as described: {0}; use programs of one version")]
    Answer(String),
    /// The machine gives no random bytes.
    #[error("the machine gives no random bytes: {0}")]
    Random(String),
}
