//! Keeping who somebody is out of everything that is written.
//!
//! Records say of whom they are, and a table of risks must not. Three things
//! see to that. People are called by a [`Pseudonym`], made with a secret key
//! that stays at the hospital: without the key, not even a list of all
//! resident registration numbers leads back. Texts that a person wrote are
//! never carried on, and where a text must be (a level of a column), it is
//! searched for numbers that identify ([`identifier_in`]). Counts of fewer
//! than [`SMALLEST_CELL`] people are not told, and a table that leaves the
//! house is first checked for rows that are too rare ([`anonymity`]).

pub mod anonymity;
mod cell;
mod identifier;
mod pseudonym;
mod registration;

pub use cell::{Count, SMALLEST_CELL, told_beside_their_sum};
pub(crate) use identifier::identifier_in_cell;
pub use identifier::{identifier_in, identifier_in_number, refuse_identifiers};
pub use pseudonym::{KEY_BYTES, KeyIdentity, Pseudonym, PseudonymKey};
pub use registration::{RegistrationNumber, find_registration_number};
