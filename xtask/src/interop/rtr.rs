//! `cargo xtask interop rtr`: routers and clients of other makers, fed by
//! `modu route serve`.
//!
//! The same file of VRPs is served, changed, and served by a restarted process;
//! after each step every client must hold exactly the table. The clients are
//! Debian's: `rtrdump` (package stayrtr; it asks once, so it is asked again
//! after each step), BIRD 2 and FRR's `bgpd`, which stay connected throughout.
//! All run unprivileged on loopback. Version 2 and its ASPAs are tested with
//! the `rpki` crate's client in `cargo test -p modu-route-net`.

mod clients;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use self::clients::{Bird, Client, Frr, RtrDump};
use crate::{command, debian, workspace};

/// A VRP as every client's output is read: prefix, maxLength, origin.
pub(super) type Line = (String, u8, u32);

/// How long a client may take for a step.
const PATIENCE: Duration = Duration::from_secs(60);

/// Steps: what is done, how many VRPs are in the file, whether the service is
/// started again before.
const STEPS: [(&str, u32, bool); 4] = [
    ("the first table", 2_000, false),
    ("more and fewer VRPs", 2_100, false),
    ("a restart with the same table", 2_100, true),
    ("a change while it restarts", 2_050, true),
];

/// A child process that is ended when this is dropped.
pub(super) struct Running(pub(super) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

/// Runs the clients, prints and writes the table.
///
/// # Errors
/// Where a client cannot be installed or started, or does not hold the table.
pub(crate) fn run() -> anyhow::Result<()> {
    debian::ensure(&clients::NEEDS)?;
    command::run(workspace::cargo().args(["build", "--quiet", "-p", "modu"]))?;
    let folder = workspace::cache()?.join("interop-rtr");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot create {}", folder.display()))?;
    let port = free_port()?;
    write_vrps(&folder, STEPS[0].1)?;
    let mut service = Some(serve(&folder, port)?);
    let mut clients: Vec<Box<dyn Client>> = vec![
        Box::new(RtrDump::new(&folder, port, 0)),
        Box::new(RtrDump::new(&folder, port, 1)),
        Box::new(Bird::start(&folder, port)?),
        Box::new(Frr::start(&folder, port)?),
    ];
    let mut rows: Vec<Vec<String>> = clients.iter().map(|it| vec![it.name()]).collect();
    for (what, count, restart) in STEPS {
        if restart {
            drop(service.take());
        }
        let expected = write_vrps(&folder, count)?;
        if restart {
            service = Some(serve(&folder, port)?);
        }
        for (client, row) in clients.iter_mut().zip(&mut rows) {
            await_table(client.as_mut(), &expected, what)?;
            row.push(format!("{} = {}", expected.len(), expected.len()));
        }
    }
    drop(service);
    let page = page(&rows);
    println!("{page}");
    let path = workspace::root().join("bench/interop-rtr.md");
    std::fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))
}

/// Waits until a client holds exactly a table.
fn await_table(
    client: &mut dyn Client,
    expected: &BTreeSet<Line>,
    what: &str,
) -> anyhow::Result<()> {
    let begin = Instant::now();
    loop {
        let held = client.table();
        if held.as_ref().is_ok_and(|held| held == expected) {
            eprintln!("{}: {what}: {} VRPs", client.name(), expected.len());
            return Ok(());
        }
        if begin.elapsed() > PATIENCE {
            let (name, held) = (client.name(), held?);
            let (less, more) = (expected - &held, &held - expected);
            bail!(
                "{name}: {what}: {} missing, such as {:?}; {} too many, such as {:?}",
                less.len(),
                less.first(),
                more.len(),
                more.first()
            );
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// Writes a file of about so many VRPs of both families; other counts differ
/// in some of each.
fn write_vrps(folder: &Path, count: u32) -> anyhow::Result<BTreeSet<Line>> {
    let mut lines = BTreeSet::new();
    for number in 0..count {
        let origin = 64_496 + number % 10 + count % 7;
        let changing = if number % 97 == 0 {
            origin
        } else {
            64_496 + number % 10
        };
        let (high, low) = (number / 256, number % 256);
        lines.insert(match number % 3 {
            0 => (format!("2001:db8:{:x}::/48", number + 1), 64, changing),
            1 => (format!("10.{high}.{low}.0/24"), 24, changing),
            _ => (format!("10.{high}.{low}.0/24"), 28, changing),
        });
    }
    let mut text = String::from("ASN,IP Prefix,Max Length,Trust Anchor\n");
    for (prefix, max_length, origin) in &lines {
        writeln!(text, "AS{origin},{prefix},{max_length},test")?;
    }
    let fresh = folder.join("fresh.csv");
    std::fs::write(&fresh, text)?;
    std::fs::rename(fresh, folder.join("vrps.csv"))?;
    Ok(lines)
}

fn serve(folder: &Path, port: u16) -> anyhow::Result<Running> {
    let mut modu = Command::new(program()?);
    modu.args(["--json", "route", "serve", "--vrps", "vrps.csv"])
        .args(["--state", "state", "--http", "off", "--hold-above", "100"])
        .arg(format!("--rtr=127.0.0.1:{port}"))
        .current_dir(folder)
        .stdout(Stdio::null());
    let child = modu.spawn().with_context(|| command::shown(&modu))?;
    Ok(Running(child))
}

pub(super) fn program() -> anyhow::Result<PathBuf> {
    Ok(workspace::target()?.join("debug/modu"))
}

/// A port that nobody listens at now.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn page(rows: &[Vec<String>]) -> String {
    let steps: Vec<_> = STEPS.iter().map(|(what, ..)| *what).collect();
    let mut page = String::from(
        "# RTR clients of other makers\n\n\
         Written by `cargo xtask interop rtr`: one `modu route serve`, and what each client\n\
         then holds. `n = n` is VRPs held and VRPs served, compared one by one. BIRD and FRR\n\
         stay connected over all steps; `rtrdump` asks anew at each.\n\n",
    );
    let _ = writeln!(page, "| client | {} |", steps.join(" | "));
    let _ = writeln!(page, "|---|{}", "---|".repeat(steps.len()));
    for row in rows {
        let _ = writeln!(page, "| {} |", row.join(" | "));
    }
    page
}
