//! `modu route serve`: routers over RTR, people and programs over HTTP.

use std::net::SocketAddr;

use modu_kernel::Language;
use modu_route_net::guard::Guard;
use modu_route_net::http::Status;
use modu_route_net::service::{Listening, Settings, run as run_service};
use modu_route_net::vrp_file::VrpFile;
use serde_json::json;

use super::command_line::RouteServe;
use super::guarded::{GuardedWork, Repository, Sight};
use crate::command_line::Shared;
use crate::exit::Wrong;
use crate::home::Home;
use crate::terminal::{Answer, Terminal};

/// Serves until a signal ends it.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &RouteServe,
) -> anyhow::Result<Answer> {
    let (sight, source) = sight(command)?;
    let settings = Settings {
        state: command.state.join("rtr"),
        rtr: address("--rtr", &command.rtr)?,
        http: address("--http", &command.http)?,
        rtr_limits: modu_route_net::rtr::Limits::default(),
        http_limits: modu_route_net::http::Limits::default(),
        status: Status {
            software: format!("modu {}", env!("CARGO_PKG_VERSION")),
            source,
            interval: command.interval,
            ..Status::default()
        },
    };
    let home = match Home::open(shared) {
        Ok(home) => Some(home),
        Err(error) if shared.home.is_some() => return Err(error),
        Err(_) => None,
    };
    let work = GuardedWork {
        sight,
        guard: Guard::open(&command.state.join("hold"), per_mille(command.hold_above)?)?,
        waiting: None,
        home,
        terminal,
    };
    run_service(settings, work, |listening| ready(terminal, listening))?;
    terminal.line(terminal.say("끝냈습니다.", "Ended."))?;
    Ok(Answer::Yes)
}

fn sight(command: &RouteServe) -> anyhow::Result<(Sight, String)> {
    if let Some(vrps) = &command.vrps {
        let source = vrps.display().to_string();
        return Ok((Sight::File(VrpFile::new(vrps.clone())), source));
    }
    let Some(folder) = &command.repository else {
        return Err(Wrong("give --vrps FILE, or --tal FILE and --repository DIR".into()).into());
    };
    let repository = Repository {
        tals: command.tals.clone(),
        folder: folder.clone(),
        memory: command.state.join("validated"),
        interval: i64::try_from(command.interval.max(1)).unwrap_or(i64::MAX),
        due: 0,
    };
    Ok((Sight::Repository(repository), folder.display().to_string()))
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
