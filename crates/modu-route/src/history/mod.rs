//! What became of every authorisation from one run to the next, and why.
//!
//! Routers are told a table; when a line of it is gone, its holder asks where
//! it went. A validated tree knows more than its table: which object said a
//! line, under which chain of certificates, and why another object was not
//! believed. So two trees can be compared to the last line:
//!
//! - [`Difference`]: everything that appeared or vanished, with the object
//!   that says it (name and digest), its chain up to the trust anchor, and the
//!   [`Cause`]: withdrawn, replaced, expired, the publication point was not
//!   usable, ... Applied to the earlier payloads it gives the later ones.
//! - [`Explanation`]: why a route is valid, invalid or unknown by one tree, and
//!   [`unbelieved`]: which objects would have said otherwise.
//! - [`MerkleTree`]: one hash for a whole table, and short proofs that one
//!   line is in it.
//! - [`HISTORY`] (`route.history`): the engine whose evidence states both.
//! - [`picture()`]: the number of VRPs by trust anchor over time, and what is held back;
//!
//! One VRP may be said by several objects; it is lost only when the last one
//! of them goes.

mod cause;
mod compare;
mod difference;
mod engine;
mod explain;
mod inclusion;
mod picture;
mod tally;

pub use cause::{Cause, CauseKind, ManifestName};
pub use difference::{Change, Difference, Direction, Effect, Link, Saying};
pub use engine::{HISTORY, History, HistoryReport, HistoryRequest, Tables};
pub use explain::{Covering, Explanation, Sayer, Unbelieved, authorises, covers, unbelieved};
pub use inclusion::{MerkleTree, TableRoot, aspa_line, aspa_tree, vrp_line, vrp_tree};
pub use picture::{HeldBack, Snapshot, picture};
pub use tally::{AnchorTally, Tally};

#[cfg(test)]
pub(crate) mod generated;
#[cfg(test)]
mod tests;
