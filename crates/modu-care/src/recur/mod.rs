//! Events that come again (`care.recur`): readmissions, infections, relapses.
//!
//! A model of the first event throws away what the second and third tell. Here
//! every stretch between a person's events counts: in the model of Andersen and
//! Gill all stretches at one time since the start are compared, in those of
//! Prentice, Williams and Peterson those that wait for an event of the same
//! number, by the time since the start or since the last event. The variance is
//! by person. Beside the model stands how many events a person has had by some
//! days, on average, which needs no model and counts the dead as having no
//! more.
//!
//! The input is an analysis table whose rows follow people as time runs: a row
//! is at risk in (entry, time] and ends in the event (1), in something that ends
//! the watching for good (2 and up, a death), or in neither (0). Where rows
//! count from visits, as those of a cohort with every index event do, the column
//! that tells the visit's day puts them in order.

mod engine;
mod number;
mod page;
mod report;
mod rows;

pub use engine::RECUR;
pub use report::{MeanNumber, RecurReport, RecurRequest};
