//! Versions and ranges of industrial products as their vendors write them:
//! `< V15.0 SP1`, `vers:all/<V3.0.3`, `All versions prior to 2.4`.
//!
//! Advisories on operational technology name no package and follow no scheme.
//! Reading them is worth it only if a reading can be trusted: so this grammar
//! is tolerant in spelling and strict in meaning. What it takes, it turns into
//! intervals; a range with a condition in words, a serial number or a date is
//! *undecidable*, with the reason, and so is the comparison of a service pack
//! with an update. Undecidable is an answer: a person has to look.

mod range;
mod version;

pub use range::{Bound, Interval, Undecidable, VendorRange};
pub use version::VendorVersion;
