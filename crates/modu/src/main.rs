//! The `modu` program: wiring and nothing else. Each command's module calls
//! the rooms below and prints what they answer.

mod backup;
mod care;
mod command_line;
mod demo;
mod engine_run;
mod engines;
mod evidence;
mod exit;
mod home;
mod job;
mod node;
mod proof;
mod remote;
mod route;
mod run;
mod serve;
mod submitted;
mod terminal;
mod vuln;

use std::process::ExitCode;

use clap::Parser as _;
use modu_kernel::Language;

use crate::command_line::{Command, CommandLine, Shared};
use crate::terminal::{Answer, Terminal};

fn main() -> ExitCode {
    let line = CommandLine::parse();
    if matches!(line.command, Command::ProofChild) {
        return modu_proof_run::child_main().into();
    }
    silence_expected_panics();
    let terminal = Terminal {
        language: language(&line.shared),
        json: line.shared.json,
        quiet: line.shared.quiet,
    };
    let result = perform(terminal, &line);
    if let Err(error) = &result {
        exit::explain(terminal, error);
    }
    exit::code(&result)
}

fn perform(terminal: Terminal, line: &CommandLine) -> anyhow::Result<Answer> {
    if matches!(
        line.command,
        Command::Serve(_)
            | Command::Backup(_)
            | Command::Restore(_)
            | Command::Init(_)
            | Command::Proof(_)
    ) {
        remote::stay_here(&line.shared)?;
    }
    match &line.command {
        Command::Demo(arguments) => demo::run(terminal, arguments),
        Command::Serve(arguments) => serve::run(terminal, &line.shared, arguments),
        Command::Node(arguments) => node::run(terminal, &line.shared, arguments),
        Command::Backup(arguments) => backup::write(terminal, &line.shared, arguments),
        Command::Restore(arguments) => backup::restore(terminal, &line.shared, arguments),
        Command::Init(arguments) => home::init(terminal, &line.shared, arguments),
        Command::Engines(arguments) => engines::print(terminal, arguments),
        Command::Proof(command) => proof::run(terminal, &line.shared, command),
        Command::Route(command) => route::run(terminal, &line.shared, command),
        Command::Vuln(command) => vuln::run(terminal, &line.shared, command),
        Command::Care(command) => care::run(terminal, &line.shared, command),
        Command::Programme(command) => remote::programme(terminal, &line.shared, command),
        Command::Jobs(command) => remote::jobs(terminal, &line.shared, command),
        Command::Runs(command) => remote::runs(terminal, &line.shared, command),
        Command::Evidence(command) => evidence::run(terminal, &line.shared, command),
        Command::ProofChild => Ok(Answer::Yes),
    }
}

/// Prints nothing of a panic that is caught and made an error of: a decoder's
/// assertion over a damaged file is no fault that a user could report.
fn silence_expected_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !modu_kernel::contained::is_expected() {
            usual(panic);
        }
    }));
}

/// The language asked for, else that of the environment, else Korean.
fn language(shared: &Shared) -> Language {
    if let Some(tongue) = shared.lang {
        return tongue.into();
    }
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    match set {
        Some(locale) if locale.starts_with("en") => Language::En,
        _ => Language::Ko,
    }
}
