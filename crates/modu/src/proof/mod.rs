//! `modu proof ...`: demonstrating AI solutions on data that its owner keeps.

pub(crate) mod demonstration;
mod kit;
pub(crate) mod ledger;
pub(crate) mod listener;
mod plan;

pub(crate) mod register;
pub(crate) mod summary;
mod watch;

use std::path::Path;

use modu_proof::ProofError;

use crate::command_line::{Proof, Shared};
use crate::exit::Wrong;
use crate::home::Home;
use crate::terminal::{Answer, Terminal};

/// The largest need.toml or solution.toml that is read.
pub(crate) const MAX_TOML_BYTES: u64 = 1 << 20;

/// Performs one of the commands.
pub(crate) fn run(terminal: Terminal, shared: &Shared, command: &Proof) -> anyhow::Result<Answer> {
    match command {
        Proof::Register(command) => register::run(terminal, &Home::open(shared)?, &command.need),
        Proof::Run(command) => demonstration::run(terminal, &Home::open(shared)?, command),
        Proof::Watch(command) => watch::run(terminal, &Home::open(shared)?, command),
        Proof::Budget(command) => ledger::show(terminal, &Home::open(shared)?, command),

        Proof::Plan(command) => plan::run(terminal, command),
        Proof::Kit(command) => kit::make(terminal, command),
        Proof::Check(command) => kit::check(terminal, command),
    }
}

/// An error in a file, with its path.
fn in_file(path: &Path, error: &ProofError) -> Wrong {
    Wrong(format!("{}: {error}", path.display()))
}
