//! `cargo xtask interop krill`: a certificate authority of another maker, from
//! our plan to our table.
//!
//! Krill publishes what `modu route plan` proposes, adds a ROA and takes one
//! away; after each step `modu route update` and Routinator fetch it over RRDP
//! and over rsync, each with what it kept, and all four tables must be the
//! published one.

mod authority;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use self::authority::{KRILL, Krill};
use super::rtr::program;
use crate::peers::Routinator;
use crate::{bench, command, workspace};

/// What is announced, and so planned.
const ROUTES: &str = "prefix,origin\n10.0.0.0/16,64500\n10.0.1.0/24,64500\n\
                      10.2.0.0/16,64501\n10.2.0.0/17,64501\n10.2.128.0/17,64501\n\
                      2001:db8::/48,64501\n";
/// How long Krill may take to publish.
const PATIENCE: Duration = Duration::from_secs(30);

/// A table as it is compared: origins, prefixes and lengths; ASPAs.
type Table = BTreeSet<String>;

/// Runs it, prints and writes the table.
///
/// # Errors
/// Where Krill or Routinator cannot be installed or started, Krill refuses our
/// plan, or a table is not what was published.
pub(crate) fn run() -> anyhow::Result<()> {
    command::run(workspace::cargo().args(["build", "--quiet", "-p", "modu"]))?;
    let folder = workspace::cache()?.join("interop-krill");
    bench::empty(&folder)?;
    std::fs::create_dir_all(&folder)?;
    let routinator = Routinator::install()?;
    let krill = Krill::start(&folder)?;
    std::fs::write(folder.join("routes.csv"), ROUTES)?;
    let mut plan = Command::new(program()?);
    plan.args(["route", "plan", "--routes", "routes.csv", "--out", "plan"])
        .args(["--origin", "AS64500", "--origin", "AS64501"])
        .current_dir(&folder);
    command::output(&mut plan)?;

    let planned = [
        "AS64500 10.0.0.0/16-16",
        "AS64500 10.0.1.0/24-24",
        "AS64501 10.2.0.0/16-17",
        "AS64501 2001:db8::/48-48",
        "AS64500 by AS64501 AS64502",
    ];
    let added = "AS64502 10.1.0.0/16-24";
    let trial = Trial {
        folder: &folder,
        routinator: &routinator,
    };
    let mut rows = String::new();
    let mut expected: Table = planned.map(str::to_owned).into();
    krill.ask("roas update --ca own --delta plan/roas.delta")?;
    let aspa = "aspas add --ca own --aspa";
    krill.ask(&format!("{aspa} AS64500=>AS64501,AS64502"))?;
    trial.step("our plan, and an ASPA", &expected, &mut rows)?;
    krill.ask("roas update --ca own --add 10.1.0.0/16-24=>64502")?;
    expected.insert(added.to_owned());
    trial.step("a ROA more", &expected, &mut rows)?;
    krill.ask("roas update --ca own --remove 10.1.0.0/16-24=>64502")?;
    expected.remove(added);
    trial.step("the same taken back", &expected, &mut rows)?;
    krill.ask("aspas remove --ca own --customer AS64500")?;
    expected.remove(planned[4]);
    trial.step("the ASPA taken back", &expected, &mut rows)?;

    let page = format!(
        "# A certificate authority of another maker\n\n\
         Written by `cargo xtask interop krill` (`interop route` runs it, too): Krill {KRILL} publishes\n\
         what `modu route plan` proposes, by `krillc roas update --delta`, and then changes it. After\n\
         each step each validator fetches with what it kept from the step before. A number is the\n\
         VRPs and ASPAs that it holds, compared one by one with what was published: difference zero.\n\n\
         | step | Modu, RRDP | by | Modu, rsync | {routinator}, RRDP | {routinator}, rsync |\n\
         |---|---|---|---|---|---|\n{rows}",
        routinator = routinator.version()
    );
    println!("{page}");
    let path = workspace::root().join("bench/interop-krill.md");
    std::fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))
}

struct Trial<'a> {
    folder: &'a Path,
    routinator: &'a Routinator,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Rrdp,
    Rsync,
}

impl Trial<'_> {
    /// Has everybody fetch until he holds what was published.
    fn step(&self, what: &str, expected: &Table, rows: &mut String) -> anyhow::Result<()> {
        let mut how = Vec::new();
        let (name, count) = (what, expected.len());
        until(name, "Modu, RRDP", expected, || {
            let (table, by) = self.ours(By::Rrdp)?;
            if how.last() != Some(&by) {
                how.push(by);
            }
            Ok(table)
        })?;
        until(name, "Modu, rsync", expected, || {
            Ok(self.ours(By::Rsync)?.0)
        })?;
        for by in [By::Rrdp, By::Rsync] {
            until(name, "Routinator", expected, || self.theirs(by))?;
        }
        let how = how.join(", ");
        writeln!(
            rows,
            "| {what} | {count} | {how} | {count} | {count} | {count} |"
        )?;
        Ok(())
    }

    /// Our table, and how it was fetched.
    fn ours(&self, by: By) -> anyhow::Result<(Table, String)> {
        let mut ours = Command::new(program()?);
        ours.args(["--json", "route", "update", "--tal", "tals/ta.tal"])
            .args(["--allow-local-hosts", "--rrdp-root-cert", "root.pem"])
            .current_dir(self.folder);
        let state = match by {
            By::Rrdp => ours.args(["--no-rsync", "--state", "ours-rrdp"]),
            By::Rsync => ours.args(["--no-rrdp", "--state", "ours-rsync"]),
        };
        let said: Value = serde_json::from_str(&command::output(state)?)?;
        let state = if by == By::Rrdp {
            "ours-rrdp"
        } else {
            "ours-rsync"
        };
        let how = &said["fetched"]["sources"][0]["outcome"]["Ok"];
        let how = match (how["by"].as_str(), how["count"].as_u64()) {
            (Some("deltas"), Some(1)) => "1 delta".to_owned(),
            (Some("deltas"), Some(count)) => format!("{count} deltas"),
            (Some(by), _) => by.to_owned(),
            (None, _) => "nothing".to_owned(),
        };
        let table = std::fs::read(self.folder.join(state).join("rpki.json"))?;
        Ok((table_of(&table)?, how))
    }

    fn theirs(&self, by: By) -> anyhow::Result<Table> {
        let place = match by {
            By::Rrdp => self.folder.join("routinator-rrdp"),
            By::Rsync => self.folder.join("routinator-rsync"),
        };
        std::fs::create_dir_all(&place)?;
        let out = place.join("table.json");
        let (tals, root) = (self.folder.join("tals"), self.folder.join("root.pem"));
        let root = (by == By::Rrdp).then_some(root.as_path());
        let mut routinator = self.routinator.fetch(&tals, &place, root, &out)?;
        command::output(&mut routinator)?;
        table_of(&std::fs::read(&out)?)
    }
}

/// Krill publishes in the background: asks until the table is there.
fn until(
    step: &str,
    who: &str,
    expected: &Table,
    mut table: impl FnMut() -> anyhow::Result<Table>,
) -> anyhow::Result<()> {
    let begin = Instant::now();
    loop {
        let held = table()?;
        if held == *expected {
            eprintln!("{step}: {who}: {} lines", held.len());
            return Ok(());
        }
        if begin.elapsed() > PATIENCE {
            bail!("{step}: {who} holds {held:?}, and published is {expected:?}");
        }
        std::thread::sleep(Duration::from_millis(1_100));
    }
}

/// A table as validators print it.
fn table_of(json: &[u8]) -> anyhow::Result<Table> {
    let document: Value = serde_json::from_slice(json)?;
    let list = |name: &str| document[name].as_array().cloned().unwrap_or_default();
    ensure!(document["roas"].is_array(), "no `roas` in the table");
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let roas = list("roas").into_iter().map(|roa| {
        let (asn, prefix) = (word(&roa["asn"]), word(&roa["prefix"]));
        format!("{asn} {prefix}-{}", roa["maxLength"])
    });
    let aspas = list("aspas").into_iter().map(|aspa| {
        let providers = aspa["providers"].as_array().cloned().unwrap_or_default();
        let providers: Vec<String> = providers.iter().map(word).collect();
        format!("{} by {}", word(&aspa["customer"]), providers.join(" "))
    });
    Ok(roas.chain(aspas).collect())
}
