//! Advisories: what is known to be wrong with which versions.

mod bundle;
pub mod osv;
mod record;

pub use bundle::Bundle;
pub use record::{Record, read};
