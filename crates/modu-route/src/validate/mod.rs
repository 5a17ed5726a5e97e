//! `route.validate`: from what was fetched to what routers may believe.
//!
//! A relying party starts at the trust anchors' certificates and walks down:
//! each authority's manifest lists its objects with their hashes (RFC 9286),
//! its revocation list withdraws, its certificates give parts of its addresses
//! to other authorities, its ROAs and ASPAs say what routers are to be told.
//! What a hostile authority publishes changes its own subtree only.
//!
//! The result is a [`ValidatedTree`]: every authority with every object and
//! what was decided of it, and why. Handed to the next run it is also that
//! run's memory, so that an unchanged authority is not verified again.

mod anchor;
mod aspa;
mod behind;
mod certificate;
mod codec;
mod engine;
mod issuer;
mod locator;
mod memory;
mod object;
mod point;
mod reason;
mod report;
mod roa;
mod run;
mod signed;
mod table;
mod tree;
mod wanted;
mod window;

pub use engine::{LOCATOR_PREFIX, VALIDATE, Validate, outcome};
pub use locator::Locator;
pub use report::{AnchorReport, ObjectCounts, PointCounts, ValidateReport, report_of};
pub(crate) use roa::claimed_vrps;
pub use run::{ValidateRequest, run};
pub use tree::{
    Anchor, Authority, Decision, Fallback, Kind, Manifest, Object, ObjectOutcome, Reason,
    ValidatedTree, Validity,
};
pub use wanted::Wanted;
