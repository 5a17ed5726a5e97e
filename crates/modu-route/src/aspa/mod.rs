//! Path verification by ASPA: did this route go where a leak or a forged path
//! would go?
//!
//! Traffic between networks should climb from customer to provider, cross at
//! most once between equals, and then only descend. A route that was climbed
//! with, handed down, and climbs again was leaked: a customer carries traffic
//! between two of its providers, and usually drowns in it. With an *ASPA* a
//! network signs who its providers are, so that a path that says otherwise can
//! be told.
//!
//! [`AspaTable`] holds the providers; [`Path`] is a route's path without its
//! repetitions; [`Direction::Upstream`] and [`Direction::Downstream`] are the
//! two procedures of draft-ietf-sidrops-aspa-verification, section 5. Where it
//! is a draft that speaks, this module is the one place that follows it.

mod path;
mod proposal;
mod table;
mod verify;

pub use path::{AsPath, Path, PathFlaw, PathTable};
pub use proposal::AspaProposal;
pub use table::{AspaTable, Hop};
pub use verify::{Direction, PathFault, PathValidity};

pub(crate) use path::{Interner, of_message};

#[cfg(test)]
mod tests;
