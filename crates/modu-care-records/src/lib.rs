//! Opening folders of records and tables for the prognosis engine, without
//! changing anything.
//!
//! A hospital's bulk export is a folder of NDJSON files, large and sometimes
//! cut off in the middle. What comes out of here are the inputs of a run of
//! `modu-care`; this crate judges nothing.

mod error;
mod folder;
pub mod key;
mod open;
mod plain;
mod table;

pub use error::RecordsError;
pub use open::{Opened, open};
pub use table::{csv_of, read_table};
