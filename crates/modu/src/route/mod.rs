//! `modu route ...`: internet routes, before a change is made.

pub(crate) mod command_line;
mod coverage;
mod fetching;
mod guarded;
pub(crate) mod history;
mod holds;
mod plan;
mod serve;
mod update;
mod validate;
mod watch;
mod whatif;

use modu_route::hold::Answer as HoldAnswer;

use self::command_line::Route;
use crate::command_line::Shared;
use crate::terminal::{Answer, Terminal};

/// Performs one of the commands.
pub(crate) fn run(terminal: Terminal, shared: &Shared, command: &Route) -> anyhow::Result<Answer> {
    match command {
        Route::Whatif(command) => whatif::run(terminal, shared, command),
        Route::Validate(command) => validate::run(terminal, shared, command),
        Route::Update(command) => update::run(terminal, shared, command),
        Route::Keep(command) => history::keep(terminal, shared, command),
        Route::At(command) => history::at(terminal, shared, command),
        Route::Why(command) => history::why(terminal, shared, command),
        Route::Prove(command) => history::prove(terminal, shared, command),
        Route::History(command) => history::history(terminal, shared, command),
        Route::Plan(command) => plan::run(terminal, shared, command),
        Route::Serve(command) => serve::run(terminal, shared, command),
        Route::Holds(command) => holds::list(terminal, shared, command),
        Route::Release(command) => holds::give(terminal, shared, command, HoldAnswer::Release),
        Route::Reject(command) => holds::give(terminal, shared, command, HoldAnswer::Reject),
        Route::Coverage(command) => coverage::run(terminal, shared, command),
        Route::Watch(command) => watch::run(terminal, shared, command),
    }
}
