//! The data set.

mod profile;
pub use profile::{ColumnProfile, DatasetProfile};
