//! `modu route serve`: routers over RTR, people and programs over HTTP.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use modu_kernel::Language;
use modu_route_net::feed::Feed;
use modu_route_net::guard::Guard;
use modu_route_net::http::{Fetching, Status};
use modu_route_net::local_exceptions::ExceptionFiles;
use modu_route_net::service::{Listening, Settings, run as run_service};
use modu_route_net::vrp_file::VrpFile;
use serde_json::json;

use super::command_line::RouteServe;
use super::fetching::Updates;
use super::guarded::{GuardedWork, Sight};
use crate::command_line::Shared;
use crate::exit::Wrong;
use crate::home::Home;
use crate::terminal::{Answer, Terminal};

/// How long an update under way may take to end.
const FAREWELL: Duration = Duration::from_secs(10);

/// Serves until a signal ends it.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &RouteServe,
) -> anyhow::Result<Answer> {
    let state = command.folder.path(shared)?;
    let hold_above = per_mille(command.hold_above)?;
    let exceptions = ExceptionFiles::open(command.exceptions.clone())
        .map_err(|problem| Wrong(format!("--slurm: {problem}")))?;
    let settings = Settings {
        state: state.join("rtr"),
        rtr: address("--rtr", &command.rtr)?,
        http: address("--http", &command.http)?,
        rtr_limits: modu_route_net::rtr::Limits::default(),
        http_limits: modu_route_net::http::Limits::default(),
        status: Status {
            software: format!("modu {}", env!("CARGO_PKG_VERSION")),
            source: source(command),
            interval: command.interval,
            fetching: command.vrps.is_none().then(Fetching::default),
            ..Status::default()
        },
    };
    let home = match Home::open(shared) {
        Ok(home) => Some(home),
        Err(error) if shared.home.is_some() || command.record => return Err(error),
        Err(_) => None,
    };
    let guard = Guard::open(&state.join("hold"), hold_above)?;
    let (sight, feed) = match &command.vrps {
        Some(vrps) => (Sight::File(VrpFile::new(vrps.clone())), None),
        None => {
            let (sight, feed) = feed(terminal, shared, command, &state)?;
            (sight, Some(feed))
        }
    };
    let work = GuardedWork::new(sight, guard, exceptions, home, terminal);
    let served = run_service(settings, work, |listening| ready(terminal, listening));
    if let Some(feed) = feed {
        feed.end(FAREWELL);
    }
    served?;
    terminal.line(terminal.say("끝냈습니다.", "Ended."))?;
    Ok(Answer::Yes)
}

/// The thread that fetches.
fn feed(
    terminal: Terminal,
    shared: &Shared,
    command: &RouteServe,
    state: &Path,
) -> anyhow::Result<(Sight, Feed)> {
    let interval = Duration::from_secs(command.interval);
    // A server that failed once is asked at the next run, whatever the jitter.
    let origin = command.origin.origin(interval / 2);
    if command.record {
        crate::remote::stay_here(shared)?;
    }
    let home = command.record.then(|| Home::open(shared)).transpose()?;
    let mut updates = Updates::open(state, &command.tals, origin, home, terminal)?;
    let (feed, fed) = Feed::start(interval, move |progress, give| {
        let updated = updates.update(progress, give);
        updated.map_err(|error| format!("{error:#}"))
    });
    Ok((Sight::Fed(fed), feed))
}

/// Where tables come from, for people.
fn source(command: &RouteServe) -> String {
    let shown = |path: &Path| path.display().to_string();
    match (&command.vrps, &command.origin.repository) {
        (Some(file), _) => shown(file),
        (None, Some(folder)) => shown(folder),
        (None, None) => {
            let names = command.tals.iter().filter_map(|tal| tal.file_stem());
            let names: Vec<_> = names.map(|name| name.to_string_lossy()).collect();
            names.join(", ")
        }
    }
}

fn per_mille(percent: f64) -> Result<u32, Wrong> {
    match (0.0..=100.0).contains(&percent) {
        true => Ok((percent * 10.0).round() as u32),
        false => Err(Wrong(format!("--hold-above {percent}: write 0 to 100"))),
    }
}

fn address(option: &str, text: &str) -> anyhow::Result<Option<SocketAddr>> {
    if text == "off" {
        return Ok(None);
    }
    let address = text.parse().map_err(|_| {
        Wrong(format!(
            "{option} {text}: write an address and a port, such as 127.0.0.1:3323, or `off`"
        ))
    })?;
    Ok(Some(address))
}

/// Says where it listens. Nobody listening to that is no reason to end.
fn ready(terminal: Terminal, listening: &Listening) {
    let _ = terminal.document(&json!({
        "rtr": listening.rtr.map(|address| address.to_string()),
        "http": listening.http.map(|address| address.to_string()),
    }));
    if let Some(rtr) = listening.rtr {
        let _ = terminal.line(match terminal.language {
            Language::Ko => format!("라우터: {rtr} (RTR 0, 1, 2)"),
            Language::En => format!("Routers: {rtr} (RTR 0, 1, 2)"),
        });
    }
    if let Some(http) = listening.http {
        let _ = terminal.line(match terminal.language {
            Language::Ko => format!("사람과 프로그램: http://{http}/"),
            Language::En => format!("People and programs: http://{http}/"),
        });
    }
}
