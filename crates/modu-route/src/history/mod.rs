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
//!
//! One VRP may be said by several objects; it is lost only when the last one
//! of them goes.

mod cause;
mod compare;
mod difference;
mod payloads;

pub use cause::{Cause, CauseKind, ManifestName};
pub use difference::{Change, Difference, Direction, Effect, Link, Saying};

#[cfg(test)]
mod generated;
#[cfg(test)]
mod tests;
