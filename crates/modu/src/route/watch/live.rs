//! `modu route watch --bmp`: one's own routers, as they hear it.
//!
//! What routers tell goes into the watch at once, and an alert is told as soon
//! as it opens. The state is written to the folder of results, so that a
//! restart goes on where it was. Where that is asked, what was heard is kept as
//! MRT since the last evidence, and each change of an alert becomes evidence: a
//! run of the watch engine over it, which says the same.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use jiff::Timestamp;
use modu_kernel::{Language, canonical};
use modu_route::watch::alert::{Alert, AlertState};
use modu_route::watch::bmp::Heard;
use modu_route::watch::config::Config;
use modu_route::watch::{Moment, Update, WatchRequest, WatchState, Watcher, read_updates};
use modu_route::{OriginIndex, WATCH, limits};
use modu_route_net::bmp::{self, Turn};
use serde_json::{Value, json};

use super::sources::Sources;
use crate::command_line::Shared;
use crate::engine_run::{RunResults, run_engine};
use crate::evidence::write_file;
use crate::exit::Wrong;
use crate::route::command_line::RouteWatch;
use crate::terminal::{Answer, Terminal};

/// How long a router that is gone may take to come again.
const GRACE: Duration = Duration::from_secs(300);
/// The shortest time between two looks at the files of VRPs and ASPAs, and
/// between two writings of the state.
const PAUSE: Duration = Duration::from_secs(1);
/// Bytes of MRT that are kept for evidence; past them it begins anew.
const SEGMENT_BYTES: usize = 64 << 20;

/// Listens until a signal ends it.
pub(super) fn run(
    terminal: Terminal,
    shared: &Shared,
    command: &RouteWatch,
    address: &str,
) -> anyhow::Result<Answer> {
    let Some(folder) = &command.results.out else {
        return Err(Wrong("--bmp needs --out DIR: its state lies there".into()).into());
    };
    std::fs::create_dir_all(folder)
        .with_context(|| format!("could not make {}", folder.display()))?;
    let config = read_limited(&command.config, limits::CONFIG_BYTES)?;
    let config = Config::parse(&config)
        .map_err(|error| Wrong(format!("{}: {error}", command.config.display())))?;
    let state = earlier_state(command, folder)?;
    let settings = bmp::Settings {
        address: socket_address(address)?,
        routers: routers(command)?,
        limits: bmp::Limits::default(),
        grace: GRACE,
        known: state.peers().into_iter().collect(),
    };
    let mut live = Live::new(terminal, shared, command, folder, &config, state)?;
    bmp::listen(
        settings,
        |address| ready(terminal, address),
        |turn| live.turn(turn),
    )?;
    let open = live.watcher.report().open;
    terminal.event(&json!({ "ended": true, "open": open }))?;
    terminal.line(terminal.say("끝냈습니다.", "Ended."))?;
    Ok(match open {
        0 => Answer::Yes,
        _ => Answer::No,
    })
}

fn socket_address(text: &str) -> Result<SocketAddr, Wrong> {
    text.parse().map_err(|_| {
        Wrong(format!(
            "--bmp {text}: write an address and a port, such as 127.0.0.1:11019"
        ))
    })
}

fn routers(command: &RouteWatch) -> Result<Vec<modu_route::Prefix>, Wrong> {
    let of = |text: &String| {
        let host = if text.contains(':') { 128 } else { 32 };
        let whole = match text.contains('/') {
            true => text.clone(),
            false => format!("{text}/{host}"),
        };
        whole.parse().map_err(|_| {
            Wrong(format!(
                "--router {text}: write an address or a prefix, such as 192.0.2.0/24"
            ))
        })
    };
    command.routers.iter().map(of).collect()
}

/// The state of the process before, or one that is given.
fn earlier_state(command: &RouteWatch, folder: &Path) -> anyhow::Result<WatchState> {
    let own = folder.join("state.json");
    let Some(path) = (own.is_file().then_some(own)).or_else(|| command.state.clone()) else {
        return Ok(WatchState::default());
    };
    let bytes = read_limited(&path, limits::WATCH_STATE_BYTES)?;
    let state = WatchState::parse(&bytes);
    Ok(state.map_err(|error| Wrong(format!("{}: {error}", path.display())))?)
}

fn read_limited(path: &Path, limit: u64) -> anyhow::Result<Vec<u8>> {
    super::sources::read_limited(path, limit)
        .with_context(|| format!("could not read {}", path.display()))
}

/// Says where it listens. Nobody listening to that is no reason to end.
fn ready(terminal: Terminal, address: SocketAddr) {
    let _ = terminal.event(&json!({ "bmp": address.to_string() }));
    let _ = terminal.line(match terminal.language {
        Language::Ko => format!("라우터를 기다립니다: {address} (BMP 3)"),
        Language::En => format!("Waiting for routers: {address} (BMP 3)"),
    });
}

/// A watch that goes on.
struct Live<'c> {
    terminal: Terminal,
    shared: &'c Shared,
    command: &'c RouteWatch,
    folder: &'c Path,
    config: &'c Config,
    sources: Sources,
    watcher: Watcher<'c>,
    /// What was heard since the state in `since/`, where evidence is made.
    segment: Vec<u8>,
    looked: Instant,
    saved: Instant,
    /// Whether the state on the disk is behind, and whether that matters.
    unsaved: Unsaved,
    /// Messages that could not be read.
    skipped: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Unsaved {
    Nothing,
    Updates,
    Alerts,
}

impl<'c> Live<'c> {
    fn new(
        terminal: Terminal,
        shared: &'c Shared,
        command: &'c RouteWatch,
        folder: &'c Path,
        config: &'c Config,
        state: WatchState,
    ) -> anyhow::Result<Self> {
        let copies = command.results.record.then(|| folder.join("since"));
        if let Some(copies) = &copies {
            std::fs::create_dir_all(copies)
                .with_context(|| format!("could not make {}", copies.display()))?;
            std::fs::copy(&command.config, copies.join("config"))?;
        }
        let mut sources = Sources::new(command.vrps.clone(), command.aspas.clone(), copies);
        let tables = sources.read().map_err(Wrong)?;
        let mut live = Self {
            terminal,
            shared,
            command,
            folder,
            config,
            sources,
            watcher: Watcher::new(config, OriginIndex::new(&tables.0), tables.1, state.clone()),
            segment: Vec::new(),
            looked: Instant::now(),
            saved: Instant::now(),
            unsaved: Unsaved::Nothing,
            skipped: 0,
        };
        live.begin_segment(&state)?;
        live.tell_changes(None)?;
        Ok(live)
    }

    fn turn(&mut self, turn: Turn) -> anyhow::Result<()> {
        if self.looked.elapsed() >= PAUSE {
            self.looked = Instant::now();
            self.look_at_tables()?;
        }
        for heard in &turn.heard {
            self.take(heard)?;
        }
        self.watcher.advance(turn.now);
        self.tell_changes(None)?;
        for (address, farewell, faults) in &turn.left {
            self.tell_farewell(&address.to_string(), &farewell.to_string(), *faults)?;
        }
        let every = match self.unsaved {
            Unsaved::Nothing => return Ok(()),
            Unsaved::Updates => Duration::from_secs(self.command.every).max(PAUSE),
            Unsaved::Alerts => PAUSE,
        };
        match turn.last || self.saved.elapsed() >= every {
            true => self.save(),
            false => Ok(()),
        }
    }

    fn take(&mut self, heard: &Heard) -> anyhow::Result<()> {
        let (time, record) = heard.record(self.watcher.now());
        let Some(updates) = updates_of(&record) else {
            self.skipped += 1;
            return Ok(());
        };
        // What time alone brought is not this message's doing.
        self.watcher.advance(time);
        self.tell_changes(None)?;
        for update in &updates {
            self.watcher.take(update);
        }
        if self.command.results.record {
            self.segment.extend(record);
        }
        self.unsaved = self.unsaved.max(Unsaved::Updates);
        self.tell_changes(Some(heard))?;
        match self.segment.len() > SEGMENT_BYTES && self.unsaved != Unsaved::Alerts {
            true => self.begin_segment(&self.watcher.state()),
            false => Ok(()),
        }
    }

    /// Judges anew where the VRPs or ASPAs are others now; a file that cannot
    /// be read leaves what stood.
    fn look_at_tables(&mut self) -> anyhow::Result<()> {
        if !self.sources.look_different() {
            return Ok(());
        }
        if self.unsaved != Unsaved::Nothing {
            self.save()?;
        }
        match self.sources.read() {
            Ok((vrps, aspas)) => {
                let (state, origins) = (self.watcher.state(), OriginIndex::new(&vrps));
                self.watcher = Watcher::new(self.config, origins, aspas, state.clone());
                self.begin_segment(&state)?;
                self.tell_changes(None)
            }
            Err(problem) => {
                let keep = (self.terminal).say("앞의 표를 씁니다", "the table before stands");
                self.terminal.line(format!("  ! {problem} ({keep})"))?;
                self.terminal.event(&json!({ "problem": problem }))
            }
        }
    }

    /// Evidence begins at a state.
    fn begin_segment(&mut self, state: &WatchState) -> anyhow::Result<()> {
        self.segment.clear();
        match self.command.results.record {
            true => write_file(&self.folder.join("since/state"), &canonical::to_vec(state)?),
            false => Ok(()),
        }
    }

    /// Writes the state and the report, and makes evidence of what changed.
    fn save(&mut self) -> anyhow::Result<()> {
        let state = self.watcher.state();
        if self.command.results.record && self.unsaved == Unsaved::Alerts {
            self.record(&state)?;
            self.begin_segment(&state)?;
        }
        let report = canonical::to_vec(&self.watcher.report())?;
        write_file(&self.folder.join("report.json"), &report)?;
        write_file(&self.folder.join("state.json"), &canonical::to_vec(&state)?)?;
        (self.saved, self.unsaved) = (Instant::now(), Unsaved::Nothing);
        Ok(())
    }

    /// Runs the engine on what was heard, and records it.
    fn record(&mut self, state: &WatchState) -> anyhow::Result<()> {
        let since = self.folder.join("since");
        let heard = since.join("heard.mrt");
        write_file(&heard, &self.segment)?;
        let mut given = vec![("config", since.join("config"))];
        given.extend(self.sources.copies());
        given.push(("state", since.join("state")));
        given.push(("updates/000001", heard));
        let files: Vec<(&str, &Path)> = (given.iter())
            .map(|(name, path)| (*name, path.as_path()))
            .collect();
        let request = serde_json::to_value(WatchRequest {
            until: Some(self.watcher.now()),
        })?;
        let results = RunResults {
            out: None,
            record: true,
        };
        let ran = run_engine(
            self.terminal,
            self.shared,
            &WATCH,
            request,
            &files,
            &results,
        )?;
        let says = ran.outcome.outputs.first().map(|it| it.bytes.as_slice());
        let same = says == Some(&canonical::to_vec(state)?);
        let index = ran.entry.map(|it| it.log_index.to_string());
        self.terminal.event(&json!({
            "recorded": index, "result_digest": ran.result.digest, "says_the_same": same,
        }))?;
        ran.close(self.terminal)?;
        Ok(())
    }

    /// Tells the alerts that opened or closed; by a message that was heard, or
    /// by the passing of time or a change of tables.
    fn tell_changes(&mut self, heard: Option<&Heard>) -> anyhow::Result<()> {
        for alert in self.watcher.changed() {
            self.unsaved = Unsaved::Alerts;
            let told = Moment(Timestamp::now().as_microsecond());
            let latency = Latency::of(&alert, heard, told);
            let document = document(&alert, told, latency);
            append(&self.folder.join("alerts.jsonl"), &document)?;
            self.terminal.event(&document)?;
            (self.terminal).line(line(self.terminal, &alert, told, latency))?;
        }
        Ok(())
    }

    fn tell_farewell(&self, address: &str, why: &str, faults: u64) -> anyhow::Result<()> {
        let skipped = self.skipped;
        self.terminal.event(&json!({
            "router": address, "left": why, "faults": faults, "skipped": skipped,
        }))?;
        self.terminal.line(match self.terminal.language {
            Language::Ko => format!("  라우터 {address}: 나감 ({why}; 뜻 모를 메시지 {faults}개)"),
            Language::En => {
                format!("  Router {address} left ({why}; {faults} messages made no sense)")
            }
        })?;
        Ok(())
    }
}

/// What a record says; none where the reader fell over it, which must not end
/// the watch.
fn updates_of(record: &[u8]) -> Option<Vec<Update>> {
    let read = std::panic::catch_unwind(|| {
        let mut updates = Vec::new();
        let read = read_updates(record, &mut |update| updates.push(update.clone()));
        read.ok()
            .filter(|read| read.skipped.is_empty())
            .map(|_| updates)
    });
    read.ok().flatten()
}

/// How long an alert took, in microseconds, until it was told.
#[derive(Clone, Copy, Default)]
struct Latency {
    /// Since the router heard what opened it, by the router's clock.
    from_router: Option<i64>,
    /// Since that came here; since it was due, where time alone opened it.
    from_arrival: Option<i64>,
}

impl Latency {
    fn of(alert: &Alert, heard: Option<&Heard>, told: Moment) -> Self {
        match (alert.state, heard) {
            (AlertState::Open, Some(heard)) => Self {
                from_router: heard.told.map(|it| told.0 - it.0),
                from_arrival: Some(told.0 - heard.arrived.0),
            },
            _ => Self::default(),
        }
    }
}

fn document(alert: &Alert, told: Moment, latency: Latency) -> Value {
    json!({
        "id": alert.cause.id(),
        "alert": alert,
        "told": told,
        "microseconds": {
            "of_detection": alert.latency(),
            "from_router": latency.from_router,
            "from_arrival": latency.from_arrival,
        },
    })
}

/// One alert for people.
fn line(terminal: Terminal, alert: &Alert, told: Moment, latency: Latency) -> String {
    let cells = super::row(terminal, alert);
    let milliseconds =
        |it: Option<i64>| it.map_or("-".into(), |it| format!("{:.1} ms", it as f64 / 1e3));
    let router = milliseconds(latency.from_router);
    let arrival = milliseconds(latency.from_arrival);
    let how_long = match (alert.state, terminal.language) {
        (AlertState::Open, Language::Ko) => {
            format!(" · 라우터가 들은 뒤 {router}, 온 뒤 {arrival}")
        }
        (AlertState::Open, Language::En) => {
            format!(" · {router} after the router heard it, {arrival} after it came")
        }
        _ => String::new(),
    };
    let [state, what, prefix, peers, ..] = cells.as_slice() else {
        return String::new();
    };
    let sign = terminal.sign(match alert.state {
        AlertState::Open => Answer::No,
        _ => Answer::Yes,
    });
    format!("{sign} {told} {state}: {what} {prefix} ({peers}){how_long}")
}

/// Adds a line to the journal of alerts.
fn append(path: &Path, document: &Value) -> anyhow::Result<()> {
    use std::io::Write as _;
    let journal = std::fs::File::options()
        .create(true)
        .append(true)
        .open(path);
    journal
        .and_then(|mut journal| journal.write_all(format!("{document}\n").as_bytes()))
        .with_context(|| format!("could not write {}", path.display()))
}
