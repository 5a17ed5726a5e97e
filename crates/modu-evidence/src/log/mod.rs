//! The log: entries in the order in which they came, in a folder of files.
//!
//! A transparency log is a list to which entries are only ever added, with a
//! signed checkpoint that commits its owner to every entry so far. Whoever
//! holds one checkpoint can later prove that an entry was in the log, or that
//! the log was rewritten.
//!
//! The folder follows C2SP tlog-tiles (<https://c2sp.org/tlog-tiles>) and may
//! be served as static files:
//!
//! ```text
//! checkpoint                    the signed note: origin, size, root hash
//! tile/entries/x001/234[.p/5]   entries, 256 a file (or the first 5)
//! tile/0/x001/234[.p/5]         their hashes
//! tile/1/004, tile/2/000.p/1    hashes of full tiles, level by level
//! staging/                      what is being written; never served
//! lock                          held by the one writer
//! ```
//!
//! [`Log`] writes: a batch of entries becomes durable with one checkpoint, and
//! a process that is killed at any moment leaves the log at its last
//! checkpoint or at the one it was writing. [`LogReader`] reads, and believes
//! no byte that does not lead to the checkpoint's root. [`LogKeys`] is what a
//! reader trusts. The proofs verify without any log at hand.
//!
//! Entry bytes are opaque here.
//!
//! The invariants, in the order in which a commit establishes them: tiles are
//! durable before a checkpoint names them; a checkpoint is durable under
//! `staging/` before anybody can read it; it is renamed to `checkpoint` before
//! it is acknowledged.

mod bundle;
mod checkpoint;
mod edge;
mod folder;
mod merkle;
mod prove;
mod reader;
mod recovery;
mod tile;
mod writer;

pub use bundle::MAX_ENTRY_BYTES;
pub use checkpoint::{Checkpoint, LogKeys, MAX_ORIGIN_BYTES, OpenCheckpoint, Origin};
pub use merkle::{ConsistencyProof, Hash, InclusionProof, MAX_PROOF_HASHES};
pub use reader::{Entries, LogReader};
pub use tile::{TILE_WIDTH, Tile, TileKind};
pub use writer::{Appended, Log, MAX_BATCH_BYTES, MAX_BATCH_ENTRIES};

pub(crate) use checkpoint::parse_decimal;
pub(crate) use folder::{Folder, Lock};

/// The most entries of a log: 2^62, so that no arithmetic on sizes overflows.
pub const MAX_TREE_SIZE: u64 = 1 << 62;

#[cfg(test)]
mod fault_tests;
