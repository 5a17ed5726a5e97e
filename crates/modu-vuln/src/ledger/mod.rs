//! The ledger of deadlines: what was found when, by when it must be fixed, who
//! answers for what is not, and what shows that it was.
//!
//! It is only ever added to. Each run that changes something adds a [`Page`]
//! that names the one before it by digest, so the last page's digest, the
//! *head*, stands for all of them; a run that changes nothing adds nothing.
//! What is open today is no record of its own but what the pages come to when
//! they are read from the first ([`replay`]).
//!
//! Whoever holds the folder could write all of it anew. That is seen where a
//! head was kept elsewhere: in the evidence log, where runs are recorded, or
//! on paper.

mod chain;
mod clock;
mod offset;
mod page;
mod state;

pub use chain::{INPUT, PAGE_OUTPUT, follow, replay};
pub(crate) use chain::{Writing, page_output, read, write};
pub(crate) use clock::{clock, went_back};
pub use offset::UtcOffset;
pub use page::{Because, Ending, Event, ItemId, Page, Proof, SCHEMA};
pub use state::{Deadline, Exception, Fixed, Item, Standing, State, Step};
