//! Advisories: what is known to be wrong with which versions.

mod bundle;
pub mod osv;

pub use bundle::Bundle;
