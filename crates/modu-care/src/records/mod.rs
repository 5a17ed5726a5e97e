//! Medical records as they are exchanged (HL7 FHIR R4), brought down to what a
//! cohort needs.
//!
//! A hospital exports more than anyone should carry on: names, addresses,
//! notes. The [`Intake`] reads resources one by one, keeps of each what the
//! definition asks for, and at the end brings it to its person by pseudonym.
//! Versions are resolved (the last counts; what was entered in error is out),
//! references are followed (what is about nobody, or hangs on another person's
//! encounter, is set apart), units are converted, and what became of every
//! record is counted ([`Fate`]). The [`Records`] that come out are an
//! artifact without ids, texts or codes.

mod bundle;
mod document;
mod draft;
mod fate;
mod intake;
mod moment;
mod plain;
mod reduce;
mod resource;
mod value;

pub use bundle::{BundleError, Entry, read_bundle};
pub use document::{Fact, FactValue, Person, RECORDS_SCHEMA, Records, RecordsHeader};
pub use fate::Fate;
pub use intake::Intake;
pub use moment::{DAY, Moment, Offset};
pub use plain::PlainTable;
pub use value::ValueProblem;

/// Bytes of one resource.
pub const MAX_RESOURCE_BYTES: usize = 16 << 20;
/// Resources of one intake.
pub const MAX_RESOURCES: usize = 20_000_000;
/// Lists and objects within one another.
pub const MAX_DEPTH: u32 = 128;
