//! `cargo xtask interop bmp`: FRR tells `modu route watch` over BMP, and our
//! alerts are held against what was announced.
//!
//! A router with two neighbours, all FRR's `bgpd` on loopback, connects to
//! `modu route watch --bmp`. One neighbour is the provider of the watched
//! network, the other announces what it should not and takes it back. After
//! each step exactly the expected alert must open or close; its latency is
//! measured from the command that made the announcement, from the router's own
//! time, and from the arrival of the message. In the middle the watch is ended
//! and started again: no alert may close or open by it. At the end every
//! evidence is replayed.

mod routers;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use self::routers::{Bgpd, Change, STRANGER, UPSTREAM};
use super::rtr::{Running, free_port, program};
use crate::{bench, command, debian, workspace};

const OWN: &str = "[[prefix]]\nprefix = \"203.0.113.0/24\"\norigins = [64500]\n\n\
                   [[network]]\nasn = 64500\nneighbours = [64501]\n\n\
                   [detection]\nlost_seconds = 2\n";
const VRPS: &str = "ASN,IP Prefix,Max Length,Trust Anchor\nAS64500,203.0.113.0/24,24,test\n";
const ASPAS: &str = r#"{"aspas": [{"customer": 64500, "providers": [64501]},
    {"customer": 64501, "providers": [0]}, {"customer": 64520, "providers": [0]}]}"#;

/// How long a step may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often each step is done, for the latencies.
const TIMES: usize = 5;

/// What the stranger announces, what that is called, and the alert it must be.
const STEPS: [(&str, &str, Option<&str>, &str); 4] = [
    ("hijack", "203.0.113.0/24", None, "origin_invalid/AS64510"),
    (
        "hijack of a half",
        "203.0.113.128/25",
        None,
        "more_specific/AS64510",
    ),
    (
        "leak",
        "203.0.113.0/24",
        Some("leaked"),
        "path_leak/AS64501/AS64511",
    ),
    (
        "forged origin",
        "203.0.113.0/24",
        Some("through"),
        "neighbour_new/AS64500/AS64510",
    ),
];

/// Runs it, prints and writes the table.
///
/// # Errors
/// Where FRR cannot be installed or started, or an alert is not the expected
/// one.
pub(crate) fn run() -> anyhow::Result<()> {
    debian::ensure(&routers::NEEDS)?;
    command::run(workspace::cargo().args(["build", "--quiet", "-p", "modu"]))?;
    let folder = workspace::cache()?.join("interop-bmp");
    bench::empty(&folder)?;
    std::fs::create_dir_all(&folder)?;
    for (name, content) in [("own.toml", OWN), ("vrps.csv", VRPS), ("aspas.json", ASPAS)] {
        std::fs::write(folder.join(name), content)?;
    }
    let mut init = Command::new(program()?);
    init.args(["--home", "home", "init", "--organisation", "interop"])
        .args(["--identity", "https://modu.example/interop"])
        .args(["--origin", "log.modu.example/interop"])
        .current_dir(&folder);
    command::output(&mut init)?;

    let (bmp, bgp) = (free_port()?, free_port()?);
    let mut watch = Watch::start(&folder, bmp)?;
    let router = Bgpd::monitored(&folder, bgp, bmp)?;
    let upstream = Bgpd::neighbour(&folder, "upstream", UPSTREAM, "127.0.0.2", bgp)?;
    let stranger = Bgpd::neighbour(&folder, "stranger", STRANGER, "127.0.0.3", bgp)?;
    until("both sessions stand", || router.has_sessions(2))?;
    upstream.change(&Change::Announce("203.0.113.0/24", Some("through")))?;
    std::thread::sleep(Duration::from_secs(3));

    let mut latencies: BTreeMap<usize, Vec<Latency>> = BTreeMap::new();
    for _ in 0..TIMES {
        for (number, (what, prefix, map, id)) in STEPS.into_iter().enumerate() {
            let begin = Instant::now();
            stranger.change(&Change::Announce(prefix, map))?;
            let opened = watch.next(what, id, "open", begin)?;
            latencies.entry(number).or_default().push(opened);
            stranger.change(&Change::Withdraw(prefix))?;
            watch.next(what, id, "closed", Instant::now())?;
        }
    }
    restarted(&folder, bmp, &mut watch, &stranger)?;
    upstream.change(&Change::Withdraw("203.0.113.0/24"))?;
    watch.next(
        "loss",
        "visibility_lost/203.0.113.0/24",
        "open",
        Instant::now(),
    )?;
    upstream.change(&Change::Announce("203.0.113.0/24", Some("through")))?;
    watch.next(
        "loss",
        "visibility_lost/203.0.113.0/24",
        "closed",
        Instant::now(),
    )?;
    let recorded = watch.end()?;
    let mut replay = Command::new(program()?);
    replay
        .args(["--home", "home", "evidence", "replay"])
        .current_dir(&folder);
    command::output(&mut replay)?;

    let page = page(&latencies, recorded);
    println!("{page}");
    let path = workspace::root().join("bench/interop-bmp.md");
    std::fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))
}

/// Ends the watch under an open alert and starts it again: the alert stands,
/// and closes when the stranger takes his route back.
fn restarted(folder: &Path, bmp: u16, watch: &mut Watch, stranger: &Bgpd) -> anyhow::Result<()> {
    let (what, prefix, map, id) = STEPS[0];
    stranger.change(&Change::Announce(prefix, map))?;
    watch.next(what, id, "open", Instant::now())?;
    watch.end()?;
    *watch = Watch::start(folder, bmp)?;
    let quiet = Instant::now() + Duration::from_secs(8);
    while let Some(event) = watch.event_before(quiet)? {
        ensure!(event["id"].is_null(), "the restart told {event}");
    }
    stranger.change(&Change::Withdraw(prefix))?;
    watch.next("after a restart", id, "closed", Instant::now())?;
    Ok(())
}

/// How long an alert took, in milliseconds.
#[derive(Clone, Copy)]
struct Latency {
    from_command: f64,
    from_router: f64,
    from_arrival: f64,
}

/// A watch and what it says.
struct Watch {
    running: Option<Running>,
    events: Receiver<Value>,
    recorded: usize,
}

impl Watch {
    fn start(folder: &Path, bmp: u16) -> anyhow::Result<Self> {
        let mut modu = Command::new(program()?);
        modu.args(["--json", "--home", "home", "route", "watch"])
            .args(["--config", "own.toml", "--vrps", "vrps.csv"])
            .args(["--aspas", "aspas.json", "--out", "watch", "--record"])
            .args(["--router", "127.0.0.1", "--bmp"])
            .arg(format!("127.0.0.1:{bmp}"))
            .current_dir(folder)
            .stdout(Stdio::piped());
        let mut child = modu.spawn().with_context(|| command::shown(&modu))?;
        let out = child.stdout.take().context("no standard output")?;
        let (sender, events) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if let Ok(event) = serde_json::from_str(&line) {
                    let _ = sender.send(event);
                }
            }
        });
        let mut watch = Self {
            running: Some(Running(child)),
            events,
            recorded: 0,
        };
        let ready = watch.event_before(Instant::now() + PATIENCE)?;
        ensure!(
            ready.is_some_and(|it| it["bmp"].is_string()),
            "the watch does not listen"
        );
        Ok(watch)
    }

    /// The next event, if one comes in time. Evidence must say what was told.
    fn event_before(&mut self, time: Instant) -> anyhow::Result<Option<Value>> {
        let left = time.saturating_duration_since(Instant::now());
        let Ok(event) = self.events.recv_timeout(left) else {
            return Ok(None);
        };
        eprintln!("{event}");
        if let Some(same) = event["says_the_same"].as_bool() {
            ensure!(same, "the evidence differs from the watch: {event}");
            self.recorded += 1;
        }
        Ok(Some(event))
    }

    /// The next alert must be this one, in this state.
    fn next(
        &mut self,
        what: &str,
        id: &str,
        state: &str,
        begin: Instant,
    ) -> anyhow::Result<Latency> {
        while let Some(event) = self.event_before(begin + PATIENCE)? {
            if event["id"].is_null() {
                continue;
            }
            let told = (event["id"].as_str(), event["alert"]["state"].as_str());
            ensure!(
                told == (Some(id), Some(state)),
                "{what}: {id} should be {state}, and what was told is {event}"
            );
            let of = |name: &str| event["microseconds"][name].as_f64().unwrap_or(0.0) / 1e3;
            return Ok(Latency {
                from_command: begin.elapsed().as_secs_f64() * 1e3,
                from_router: of("from_router"),
                from_arrival: of("from_arrival"),
            });
        }
        bail!("{what}: {id} is not {state} after {} s", PATIENCE.as_secs())
    }

    /// Ends it, and gives how much evidence it made.
    fn end(&mut self) -> anyhow::Result<usize> {
        drop(self.running.take());
        while let Some(event) = self.event_before(Instant::now() + PATIENCE)? {
            if event["ended"] == true {
                break;
            }
        }
        Ok(self.recorded)
    }
}

fn until(what: &str, mut done: impl FnMut() -> bool) -> anyhow::Result<()> {
    let begin = Instant::now();
    while !done() {
        ensure!(begin.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

fn page(latencies: &BTreeMap<usize, Vec<Latency>>, recorded: usize) -> String {
    let mut page = format!(
        "# A router that tells over BMP\n\n\
         Written by `cargo xtask interop bmp`: FRR {} connects to `modu route watch --bmp`, and\n\
         a neighbour of it announces what it should not, {TIMES} times each. Every time exactly the\n\
         expected alert opened, and closed when the route was taken back. Milliseconds until the\n\
         alert was told, median and most: from the command to the announcing router (with its\n\
         own delays), from the monitored router's time in the BMP message, and from its arrival.\n\
         FRR's time in BMP has whole seconds only, so that column is too long by up to one, and FRR\n\
         puts the monitored router's own network before each path.\n\
         A debug build, on two cores that other programs shared.\n\n\
         | announced | alert | from the command | from the router | from arrival |\n\
         |---|---|---|---|---|\n",
        Bgpd::version()
    );
    for (number, all) in latencies {
        let (what, prefix, _, id) = STEPS[*number];
        let of = |value: fn(&Latency) -> f64| {
            let mut values: Vec<f64> = all.iter().map(value).collect();
            values.sort_by(f64::total_cmp);
            let (middle, last) = (values[values.len() / 2], values[values.len() - 1]);
            format!("{middle:.1} ({last:.1})")
        };
        let _ = writeln!(
            page,
            "| {what}: {prefix} | `{id}` | {} | {} | {} |",
            of(|it| it.from_command),
            of(|it| it.from_router),
            of(|it| it.from_arrival)
        );
    }
    let _ = write!(
        page,
        "\nThe watch was ended under an open hijack and started again: the alert stood, neither\n\
         closed nor opened anew, and closed when the route was taken back. A prefix that its only\n\
         peer no longer has was told as lost after the two seconds of the configuration. The last\n\
         process recorded {recorded} runs as evidence; each says what the live watch said, and all\n\
         replay.\n"
    );
    page
}
