//! Advisories: what is known to be wrong with which versions.

mod bundle;
pub mod csaf;
pub mod cve;
pub mod epss;
pub mod facts;
pub mod kev;
mod names;
pub mod osv;
mod record;
pub mod vex;

pub use bundle::{
    Accepted, Bundle, Explanations, Freshness, Header, Policy, Refusal, Source, accept, pack,
};
pub use record::{Record, read};
