//! `modu vuln ...`: which components are affected by what is known.

mod accept;
mod assets;
mod bundle;
pub(crate) mod command_line;
mod decide;
mod delta;
mod due;
mod except;
mod fix;
mod held_against;
mod host;
mod ledger;
mod list_file;
mod scan;
mod state;

use self::command_line::Vuln;
use crate::command_line::Shared;
use crate::terminal::{Answer, Terminal};

/// Performs one of the commands.
pub(crate) fn run(terminal: Terminal, shared: &Shared, command: &Vuln) -> anyhow::Result<Answer> {
    match command {
        Vuln::Accept(command) => accept::run(terminal, command),
        Vuln::Assets(command) => assets::run(terminal, shared, command),
        Vuln::Bundle(command) => bundle::run(terminal, shared, command),
        Vuln::Decide(command) => decide::run(terminal, shared, command),
        Vuln::Delta(command) => delta::delta(terminal, command),
        Vuln::Index(command) => delta::index(terminal, command),
        Vuln::Host(command) => host::run(terminal, shared, command),
        Vuln::Due(command) => due::run(terminal, shared, command),
        Vuln::Except(command) => except::run(terminal, shared, command),
        Vuln::Fix(command) => fix::run(terminal, shared, command),
        Vuln::Ledger(command) => ledger::run(terminal, command),
        Vuln::Scan(command) => scan::run(terminal, shared, command),
    }
}
