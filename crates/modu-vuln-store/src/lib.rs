//! Components of many assets kept by package, so that a new advisory finds
//! those it affects without scanning anything again; and what it found, on
//! disk before anybody is told.
//!
//! - [`ReverseIndex`]: one file, written once from lists of components;
//! - [`Journal`]: what each new advisory hit, a line each, only ever added to;
//! - [`hits`]: the question itself.

mod error;
mod hits;
mod journal;
mod reverse;

pub use error::StoreError;
pub use hits::{Hit, Hits, hits};
pub use journal::Journal;
pub use reverse::{ReverseIndex, ReverseIndexBuilder, Row};
