//! The queue of alerts (`care.alert`): who is to be seen to, since when, and
//! who has taken it on.
//!
//! An alert that nobody answers is worse than none, for everybody thinks that
//! somebody did. So an alert stands in a ledger that is only ever added to:
//! it was *raised*, with what moved the score in words; somebody on duty
//! *acknowledged* it, or it was *escalated* to the next one when the stated
//! time was over; and it was *closed*, with how it ended. Each page of the
//! ledger names the one before it by digest, so the last one stands for all.
//! Time is an input: the same ledger at the same moment gives the same queue.
//!
//! People stand in it by pseudonym, and those who answer by their duty ("ward 3
//! nurse"), not by name.

mod engine;
mod ledger;
mod policy;
mod queue;
mod state;

pub use engine::{ALERT, Action, Alert, AlertReport, AlertRequest, Counts, Queued};
pub use ledger::{AlertId, Ending, Event, Mover, PAGE_OUTPUT, Page};
pub use policy::{AlertPolicy, Step};
pub use state::{Standing, State, Tracked, replay};

/// The inputs of the engine.
pub mod input {
    /// The ledger: its pages, a line each; empty at first.
    pub const LEDGER: &str = "ledger";
    /// When an alert goes to whom: TOML.
    pub const POLICY: &str = "policy";
    /// The alarm rule that came out of the budget.
    pub const RULE: &str = "rule";
}
