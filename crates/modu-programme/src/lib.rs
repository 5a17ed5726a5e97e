//! The programme: who takes part, and how a need becomes something in use.
//!
//! A ministry brings a need, companies propose, evaluators select, the chosen
//! demonstrate on the ministry's data, and what is proven is adopted. Each of
//! these steps is an [`Event`] in one append-only [`history`](store): nothing
//! is overwritten, and where things stand is a function of what happened
//! ([`Programme`]). Whether somebody may do or see a thing is decided in one
//! table ([`access`]), and whether a step may follow on what has happened in
//! one place ([`project`]).
//!
//! The history is a chain: each entry names the digest of the one before it,
//! so that a changed entry is seen by whoever reads on from it.

pub mod access;
pub mod account;
mod allowance;
pub mod copy;
pub mod database;
mod error;
mod event;
mod identity;
pub mod job;
mod links;
pub mod notice;
mod office;
mod organisation;
mod programme;
pub mod project;
mod room;
mod scribe;
mod shelf;
mod shown;
mod step;
pub mod store;
mod tally;
mod text;
mod waiting;

pub use error::{HistoryError, Refusal};
pub use event::{Access, Actor, Entry, Event};
pub use identity::{OrganisationId, PersonId, ProjectId, ProposalId, Sequence};
pub use links::{Link, LinkId, Links, MAX_LINKS};
pub use office::Office;
pub use organisation::{Organisation, OrganisationKind, Person};
pub use programme::Programme;
pub use room::Room;
pub use scribe::{Scribe, ScribeError};
pub use shelf::{LoggedRun, LoggedRuns};
pub use shown::{SHOWN_KEY, Shown, shown_key};
pub use step::{Step, StepError};
pub use tally::Tally;
pub use text::{MAX_TEXT_BYTES, MAX_TITLE_CHARS, Text, Title};
pub use waiting::{Task, Waiting};
