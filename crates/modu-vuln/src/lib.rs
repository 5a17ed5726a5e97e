//! High-risk vulnerability management: which asset is exposed to what, by when
//! it must be fixed, and the proof that it was.
//!
//! Scanners say what they found and are silent about what they could not
//! read, so a malformed version looks clean. Here every component ends as
//! affected, not affected, or undecidable with a reason, and the three add up
//! to the whole.
//!
//! - [`advisory`]: what is known to be wrong with which versions;
//! - [`version`]: versions and their order, as each ecosystem defines it.
//! - [`vendor`]: versions and ranges of industrial products as their vendors
//!   write them.

pub mod advisory;
pub mod vendor;
pub mod version;

pub use version::{Scheme, Version, VersionError};

/// Limits of what is read; past one, the error says which.
pub mod limits {
    /// Bytes of one version.
    pub const VERSION_BYTES: usize = 255;
}
