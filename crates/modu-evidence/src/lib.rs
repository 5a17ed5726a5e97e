//! Evidence: signed statements in a log that cannot be rewritten unseen.
//!
//! An engine's run becomes evidence in three steps. What was run, on which
//! inputs and with what result is written as a statement and signed; the
//! signed statement is appended to a *log*; and the log's owner signs a
//! *checkpoint*, one hash that stands for everything in the log so far. From
//! then on, taking an entry out or changing it would change that hash, and
//! whoever holds an earlier checkpoint can see it.
//!
//! The owner of a log can still show two different logs to two readers, so
//! another organisation, the *witness*, cosigns checkpoints after checking that
//! each one continues the one before. Without a witness that the reader trusts,
//! the owner could have rewritten the log, and Modu says so.
//!
//! - [`note`]: text with signatures under it (C2SP signed-note);
//! - [`log`]: the log in a folder, its checkpoints, tiles and proofs (C2SP
//!   tlog-tiles, RFC 9162);
//! - [`witness`]: what the other organisation keeps and checks (C2SP
//!   tlog-cosignature).

mod error;
pub mod log;
pub mod note;
pub mod witness;

pub use error::EvidenceError;
