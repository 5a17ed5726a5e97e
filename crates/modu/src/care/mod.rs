//! `modu care ...`: prognosis after treatment, from records to a decision.

mod alarm;
mod alert;
mod card;
mod cohort;
pub(crate) mod command_line;
mod fit;
mod key;
mod link;
mod measures;
mod page;
mod plan;
mod predict;
mod recur;
mod score;
mod states;
mod table;
mod table_file;
mod validate;

use self::command_line::Care;
use crate::command_line::Shared;
use crate::terminal::{Answer, Terminal};

/// Performs one of the commands.
pub(crate) fn run(terminal: Terminal, shared: &Shared, command: &Care) -> anyhow::Result<Answer> {
    match command {
        Care::Alarm(command) => alarm::run(terminal, shared, command),
        Care::Alert(command) => alert::run(terminal, shared, command),
        Care::Card(command) => card::run(terminal, shared, command),
        Care::Cohort(command) => cohort::run(terminal, shared, command),
        Care::Key(command) => key::run(terminal, command),
        Care::Link(command) => link::run(terminal, shared, command),
        Care::Page(command) => page::run(terminal, shared, command),
        Care::Plan(command) => plan::run(terminal, shared, command),
        Care::Predict(command) => predict::run(terminal, shared, command),
        Care::Score(command) => score::run(terminal, shared, command),
        Care::States(command) => states::run(terminal, shared, command),
        Care::Fit(command) => fit::run(terminal, shared, command),
        Care::Validate(command) => validate::run(terminal, shared, command),
    }
}
