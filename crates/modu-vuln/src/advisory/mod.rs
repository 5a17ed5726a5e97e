//! Advisories: what is known to be wrong with which versions.

pub mod osv;
