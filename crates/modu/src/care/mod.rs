//! `modu care ...`: prognosis after treatment, from records to a decision.

pub(crate) mod command_line;
mod key;

use self::command_line::Care;
use crate::command_line::Shared;
use crate::terminal::{Answer, Terminal};

/// Performs one of the commands.
pub(crate) fn run(terminal: Terminal, _shared: &Shared, command: &Care) -> anyhow::Result<Answer> {
    match command {
        Care::Key(command) => key::run(terminal, command),
    }
}
