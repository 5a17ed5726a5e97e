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
//! - [`archive`]: the folder that holds evidence, where all below comes
//!   together: start here;
//! - [`statement`], [`dsse`], [`authority`]: what is said, signed, by whom
//!   (in-toto, DSSE, X.509); [`commitment`]: naming data without showing it;
//! - [`bundle`], [`trust`], [`verify`]: what leaves the house, what its reader
//!   trusts, and how it is checked without a server (Sigstore bundle v0.3);
//! - [`precedence`]: whether criteria were fixed before the run they judge;
//! - [`replay`]: running a reported run again;
//! - [`keys`]: private keys in files;
//! - [`note`]: text with signatures under it (C2SP signed-note);
//! - [`log`]: the log in a folder, its checkpoints, tiles and proofs (C2SP
//!   tlog-tiles, RFC 9162);
//! - [`witness`]: what the other organisation keeps and checks (C2SP
//!   tlog-cosignature).

pub mod archive;
pub mod authority;
pub mod bundle;
pub mod commitment;
pub mod dsse;
mod encoding;
mod error;
pub mod keys;
pub mod log;
pub mod note;
pub mod precedence;
pub mod replay;
pub mod statement;
pub mod trust;
pub mod verify;
pub mod witness;

pub use error::EvidenceError;
