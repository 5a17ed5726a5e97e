//! `modu route keep`, `at`, `why`, `prove` and `history`: what earlier runs
//! gave, and what became of it.

pub(crate) mod arguments;
mod list;
mod prove;
mod why;

use std::path::PathBuf;

use jiff::Timestamp;
use modu_evidence::statement::{EngineReport, EntryReference, ReportedInput, Statement};
use modu_kernel::{InputsInMemory, Language};
use modu_route::history::{Effect, HISTORY};
use modu_route::validate::ValidatedTree;
use modu_route_net::runs::{Kept, RunName, Runs};
use serde_json::json;

pub(super) use list::run as history;
pub(super) use prove::run as prove;
pub(super) use why::run as why;

use self::arguments::{Moment, Restored, RouteAt, RouteKeep, StateFolder};
use crate::command_line::Shared;
use crate::evidence::write_file;
use crate::exit::Wrong;
use crate::home::{Home, read_limited};
use crate::terminal::{Answer, Terminal};

impl StateFolder {
    /// The folder asked for, else `route/` in the home folder.
    pub(crate) fn path(&self, shared: &Shared) -> anyhow::Result<PathBuf> {
        match &self.state {
            Some(folder) => Ok(folder.clone()),
            None => Ok(Home::place(shared)?.join("route")),
        }
    }

    fn runs(&self, shared: &Shared) -> anyhow::Result<Runs> {
        Ok(Runs::in_folder(self.path(shared)?.join("runs")))
    }
}

impl Moment {
    /// The run of this moment.
    fn run(self, runs: &Runs) -> anyhow::Result<RunName> {
        let found = match self {
            Self::Last => runs.last()?,
            Self::At(time) => runs.at(time.as_second())?,
        };
        found.ok_or_else(|| {
            let folder = runs.folder().display();
            Wrong(format!(
                "{folder} holds no run of that time: see `modu route history`"
            ))
            .into()
        })
    }
}

/// A run's time, for people and programs.
fn time_of(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

/// Keeps a run in the state folder and states it in the evidence of a home,
/// where there is one. The one way in which runs are kept.
pub(super) fn keep_run(
    home: Option<&Home>,
    runs: &Runs,
    tree: &ValidatedTree,
    terminal: Terminal,
) -> anyhow::Result<(Kept, Option<EntryReference>)> {
    let before = runs.last()?;
    let kept = runs.keep(tree)?;
    let entry = match home {
        None => None,
        Some(home) => {
            let earlier = kept.difference.earlier.and(before);
            Some(state(terminal, home, runs, earlier, &kept)?)
        }
    };
    Ok((kept, entry))
}

/// States a run in the evidence: what it gave and what changed. The trees stay
/// in the state folder; the store gets the short report and the changes.
fn state(
    terminal: Terminal,
    home: &Home,
    runs: &Runs,
    earlier: Option<RunName>,
    kept: &Kept,
) -> anyhow::Result<EntryReference> {
    let mut inputs = InputsInMemory::new().with("later", runs.tree_bytes(kept.run)?);
    if let Some(earlier) = earlier {
        inputs = inputs.with("earlier", runs.tree_bytes(earlier)?);
    }
    let bar = terminal.progress(HISTORY.name);
    let request = json!({});
    let outcome = (HISTORY.run)(&request, &inputs, &bar)?;
    bar.finish();
    for output in &outcome.outputs {
        home.store.put_bytes(&output.bytes)?;
    }
    home.store.put_bytes(&outcome.to_canonical()?)?;
    let reported = (modu_kernel::Inputs::list(&inputs).iter())
        .map(|input| ReportedInput::public(&input.name, input.artifact))
        .collect();
    let now = Timestamp::now();
    let report = EngineReport::new(&HISTORY, request, reported, &outcome, None, now)?;
    let mut recorder = home.recorder()?;
    Ok(recorder.record(&Statement::engine_report(report), now)?)
}

/// `modu route keep`
pub(super) fn keep(
    terminal: Terminal,
    shared: &Shared,
    command: &RouteKeep,
) -> anyhow::Result<Answer> {
    let runs = command.folder.runs(shared)?;
    let bytes = read_limited(&command.tree, modu_route_net::limits::TREE_BYTES)?;
    let tree = ValidatedTree::parse(&bytes)
        .map_err(|error| Wrong(format!("{}: {error}", command.tree.display())))?;
    // A home that is missing is found before anything is kept.
    if command.record {
        crate::remote::stay_here(shared)?;
    }
    let home = command.record.then(|| Home::open(shared)).transpose()?;
    let (kept, entry) = keep_run(home.as_ref(), &runs, &tree, terminal)?;
    let count = |effect| {
        let changes = kept.difference.changes.iter();
        changes.filter(|change| change.effect() == effect).count()
    };
    let (appeared, vanished) = (count(Effect::Appeared), count(Effect::Vanished));
    terminal.document(&json!({
        "run": kept.run.number,
        "time": time_of(kept.run.time),
        "file": kept.path,
        "bytes": kept.stored,
        "appeared": appeared,
        "vanished": vanished,
        "log_index": entry.map(|entry| entry.log_index.to_string()),
    }))?;
    let (sign, number) = (terminal.sign(Answer::Yes), kept.run.number);
    terminal.line(match terminal.language {
        Language::Ko => {
            format!("{sign} {number}번 실행을 보관했습니다: +{appeared} −{vanished}")
        }
        Language::En => format!("{sign} Kept run {number}: +{appeared} −{vanished}"),
    })?;
    terminal.line(format!("  → {}", kept.path.display()))?;
    if let Some(entry) = entry {
        let name = terminal.say("로그 항목", "log entry");
        terminal.line(format!("  {name} {}", entry.log_index))?;
    }
    Ok(Answer::Yes)
}

/// `modu route at`
pub(super) fn at(terminal: Terminal, shared: &Shared, command: &RouteAt) -> anyhow::Result<Answer> {
    let runs = command.folder.runs(shared)?;
    let run = command.time.run(&runs)?;
    let bytes = match command.what {
        Restored::Tree => runs.tree_bytes(run)?,
        Restored::Vrps => runs.table(run)?.csv(),
    };
    let (number, time) = (run.number, time_of(run.time));
    terminal.document(&json!({
        "run": number,
        "time": time,
        "vrps": match command.what {
            Restored::Vrps if command.out.is_none() => json!(String::from_utf8_lossy(&bytes)),
            _ => json!(null),
        },
        "written": command.out,
    }))?;
    match (&command.out, command.what) {
        (Some(path), _) => {
            write_file(path, &bytes)?;
            let sign = terminal.sign(Answer::Yes);
            terminal.line(match terminal.language {
                Language::Ko => format!("{sign} {time}의 {number}번 실행 → {}", path.display()),
                Language::En => format!("{sign} Run {number} of {time} → {}", path.display()),
            })?;
        }
        (None, Restored::Vrps) => terminal.line(String::from_utf8_lossy(&bytes).trim_end())?,
        (None, Restored::Tree) => {
            return Err(Wrong("a tree is no text: name a file with --out".into()).into());
        }
    }
    Ok(Answer::Yes)
}
