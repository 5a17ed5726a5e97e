//! The engine through its public door.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests"
)]

mod archives;
mod assets;
mod bad_input;
mod bundle;
mod by_name;
mod csaf;
mod cvss;
mod decide;
mod delta;
mod differences;
mod due;
mod facts;
mod inventory;
mod orders;
mod python_advisories;
mod rpm_database;
mod rpm_forms;
mod scan;
mod ssvc;
mod stated;
mod vendor_ranges;
mod vex;
