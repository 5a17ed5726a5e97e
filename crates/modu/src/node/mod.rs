//! `modu node`: runs beside an agency's data, which nobody else sees.
//!
//! The node has a home of its own, with its own keys, log and artifacts. It
//! asks the server for jobs on its data, runs them as `modu proof run` does,
//! keeps the run and the owner's report here, and sends back signed evidence
//! and what was released.

mod data;
mod errand;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use modu_node::message::Hello;
use modu_node::{Key, NodeError, Server, Settings};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use self::data::Data;
use self::errand::Errand;
use crate::command_line::{Node, Sandbox, Shared};
use crate::exit::Wrong;
use crate::home::{Home, read_limited};
use crate::terminal::{Answer, Terminal};

/// The file of the home that holds the node's key.
const KEY: &str = "node.pem";
/// The largest token file that is read.
const MAX_TOKEN_BYTES: u64 = 4096;
/// How long one waits for a server that is away, at first and at most.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Asks for jobs and does them until it is told to stop.
pub(crate) fn run(terminal: Terminal, shared: &Shared, command: &Node) -> anyhow::Result<Answer> {
    let home = Home::open(shared)?;
    let key = Key::at(&home.folder().join(KEY))?;
    let public = key.public().to_string();
    if command.show_key {
        terminal.document(&json!({ "key": public }))?;
        terminal.line(&public)?;
        return Ok(Answer::Yes);
    }
    let needed = |name: &str| Wrong(format!("--{name} is needed"));
    let settings = Settings {
        server: command.server.clone().ok_or_else(|| needed("server"))?,
        ca: command.ca.clone(),
    };
    let folder = command.data.as_deref().ok_or_else(|| needed("data"))?;
    let token = command.token_file.as_deref();
    let token = token_in(token.ok_or_else(|| needed("token-file"))?)?;
    let server = Arc::new(Server::new(&settings, key, &token)?);
    let data = Data::read(&home, folder)?;
    terminal.document(&json!({
        "server": server.place(),
        "key": public,
        "data": data.offered(),
    }))?;
    terminal.line(format!(
        "{}  {}\n{}  {public}",
        terminal.say("서버", "Server"),
        server.place(),
        terminal.say("열쇠", "Key"),
    ))?;
    for offered in data.offered() {
        terminal.line(format!("• {}", offered.name.as_str()))?;
    }
    let stop = until_told(&server)?;
    let worker = Worker {
        terminal,
        home,
        server,
        sandbox: command.sandbox,
        stop,
    };
    worker.run(data)
}

fn token_in(path: &Path) -> anyhow::Result<String> {
    let bytes = read_limited(path, MAX_TOKEN_BYTES)?;
    // What stands in the file is not told.
    let text = String::from_utf8(bytes);
    text.map_err(|_| Wrong(format!("{} holds no token", path.display())).into())
}

/// Set once the program is to stop; an open question to the server then ends.
fn until_told(server: &Arc<Server>) -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let (told, server) = (Arc::clone(&stop), Arc::clone(server));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("could not listen for signals")?;
    let (mut interrupted, mut terminated) = {
        let _within = runtime.enter();
        (
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
        )
    };
    thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = interrupted.recv() => {}
                _ = terminated.recv() => {}
            }
        });
        told.store(true, Ordering::SeqCst);
        server.stop();
    });
    Ok(stop)
}

struct Worker {
    terminal: Terminal,
    home: Home,
    server: Arc<Server>,
    sandbox: Sandbox,
    stop: Arc<AtomicBool>,
}

impl Worker {
    fn run(&self, mut data: Data) -> anyhow::Result<Answer> {
        let mut greeted = false;
        let mut wait = FIRST_WAIT;
        while !self.is_stopping() {
            match self.turn(&mut data, &mut greeted) {
                Ok(()) => wait = FIRST_WAIT,
                Err(error) if may_pass(&error) => {
                    self.tell(&error)?;
                    greeted = false;
                    self.rest(wait);
                    wait = (wait * 2).min(LONGEST_WAIT);
                }
                Err(error) => return Err(error),
            }
        }
        self.terminal
            .line(self.terminal.say("멈췄습니다.", "Stopped."))?;
        Ok(Answer::Yes)
    }

    /// Says what there is where that is new, asks for a job, and does it.
    fn turn(&self, data: &mut Data, greeted: &mut bool) -> anyhow::Result<()> {
        let changed = data.refresh(&self.home)?;
        if changed || !*greeted {
            let root = self.home.archive()?.trusted_root().to_json()?;
            self.server.hello(&Hello {
                trusted_root: String::from_utf8(root).context("the trusted root")?,
                offered: data.offered(),
            })?;
            *greeted = true;
        }
        let Some(task) = self.server.take()? else {
            return Ok(());
        };
        let (job, dataset) = (task.job(), task.dataset.as_str().to_owned());
        self.terminal.line(format!(
            "{} {job}: {dataset}",
            self.terminal.say("작업", "Job")
        ))?;
        let errand = Errand {
            home: &self.home,
            server: &self.server,
            sandbox: self.sandbox,
            stop: &self.stop,
            task: &task,
        };
        match errand.perform(data) {
            Ok(()) => self.terminal.line(format!(
                "{} {job}: {}",
                self.terminal.sign(Answer::Yes),
                self.terminal.say("보냈습니다", "delivered")
            ))?,
            // The server was told what it may know; the rest stays here.
            Err(error) => self.tell(&error)?,
        }
        Ok(())
    }

    fn tell(&self, error: &anyhow::Error) -> anyhow::Result<()> {
        let sign = self.terminal.sign(Answer::No);
        Ok(self.terminal.line(format!("{sign} {error:#}"))?)
    }

    fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    fn rest(&self, how_long: Duration) {
        let step = Duration::from_millis(100);
        let mut left = how_long;
        while !left.is_zero() && !self.is_stopping() {
            thread::sleep(step.min(left));
            left = left.saturating_sub(step);
        }
    }
}

/// Whether a server that fails so may be back later.
fn may_pass(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref::<NodeError>(),
        Some(NodeError::Away { .. })
    )
}
