//! `interop route`: worlds, honest and spoilt, before validators of other
//! makers and ours: who believes what.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::bench::{self, vrps};
use crate::peers::{Routinator, RpkiClient};
use crate::{command, workspace};

/// What each found beyond and short of the world's own table.
enum Found {
    Equal(usize),
    Differs { missing: usize, more: usize },
    Died(String),
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Equal(count) => write!(f, "{count}"),
            Self::Differs { missing, more } => write!(f, "−{missing} +{more}"),
            Self::Died(how) => write!(f, "{how}"),
        }
    }
}

/// Runs everybody over every world, prints and writes the table.
///
/// # Errors
/// Where a program cannot be installed, or ours or Routinator's table is not
/// the world's.
pub(crate) fn run() -> anyhow::Result<()> {
    let place = workspace::cache()?.join("interop-route");
    bench::empty(&place)?;
    let (routinator, rpki_client) = (Routinator::install()?, RpkiClient::install()?);
    let ours = example("modu-route-net", "update_bench")?;
    let worlds = example("modu-route-world", "spoiled_worlds")?;
    let keys = workspace::cache()?.join("world-keys");
    command::run(Command::new(worlds).arg(place.join("worlds")).arg(keys))?;

    let mut names = Vec::new();
    for entry in std::fs::read_dir(place.join("worlds"))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort_by_key(|name| (name != "honest", name.clone()));
    let mut rows = String::new();
    let mut surprises = Vec::new();
    for name in &names {
        let world = place.join("worlds").join(name);
        let trial = Trial {
            world: &world,
            place: &place.join("trial"),
        };
        let found = [
            trial.ours(&ours)?,
            trial.routinator(&routinator)?,
            trial.rpki_client(&rpki_client)?,
        ];
        let all = vrps(&world.join("vrps.csv"))?.len();
        let name = name.replace('-', " ");
        writeln!(
            rows,
            "| {name} | {all} | {} | {} | {} |",
            found[0], found[1], found[2]
        )?;
        eprintln!("{name}: {all} | {} | {} | {}", found[0], found[1], found[2]);
        for (who, found) in ["ours", "Routinator"].iter().zip(&found) {
            if !matches!(found, Found::Equal(_)) {
                surprises.push(format!("{who}, {name}: {found}"));
            }
        }
    }
    write(&rows, &routinator, &rpki_client)?;
    match surprises.is_empty() {
        true => Ok(()),
        false => bail!("not what the world says: {}", surprises.join("; ")),
    }
}

/// Builds an example as tests are built: what is compared here is no time.
fn example(package: &str, name: &str) -> anyhow::Result<PathBuf> {
    let what = ["build", "--package", package, "--example", name];
    command::run(workspace::cargo().args(what))?;
    Ok(workspace::target()?.join("debug/examples").join(name))
}

struct Trial<'a> {
    world: &'a Path,
    place: &'a Path,
}

impl Trial<'_> {
    fn ours(&self, program: &Path) -> anyhow::Result<Found> {
        let state = self.place.join("ours");
        bench::empty(&state)?;
        let now = jiff::Timestamp::now().as_second().to_string();
        let mut ours = Command::new(program);
        ours.arg(&state).arg(self.world.join("rsync"));
        ours.arg(self.world.join("tals")).arg(now);
        self.judge(&mut ours, &state.join("vrps.csv"))
    }

    fn routinator(&self, routinator: &Routinator) -> anyhow::Result<Found> {
        let place = self.place.join("routinator");
        bench::copy(&self.world.join("rsync"), &place.join("rsync"))?;
        bench::empty(&place.join("stored"))?;
        let out = place.join("vrps.csv");
        let mut routinator = routinator.validate(&self.world.join("tals"), &place, &out)?;
        self.judge(&mut routinator, &out)
    }

    fn rpki_client(&self, rpki_client: &RpkiClient) -> anyhow::Result<Found> {
        let place = self.place.join("rpki-client");
        bench::empty(&place)?;
        rpki_client.lay_out(self.world, &place)?;
        let mut client = rpki_client.validate(&self.world.join("tals"), &place);
        self.judge(&mut client, &place.join("out/csv"))
    }

    fn judge(&self, program: &mut Command, table: &Path) -> anyhow::Result<Found> {
        let output = program
            .output()
            .with_context(|| format!("cannot start {}", command::shown(program)))?;
        if !output.status.success() {
            return Ok(Found::Died(format!("no table ({})", output.status)));
        }
        let (expected, found) = (vrps(&self.world.join("vrps.csv"))?, vrps(table)?);
        let missing = expected.difference(&found).count();
        let more = found.difference(&expected).count();
        Ok(match missing + more {
            0 => Found::Equal(found.len()),
            _ => Found::Differs { missing, more },
        })
    }
}

fn write(rows: &str, routinator: &Routinator, client: &RpkiClient) -> anyhow::Result<()> {
    let text = format!(
        "# Generated worlds before validators of other makers\n\n\
         Written by `cargo xtask interop route`. Each world has eight certificate authorities\n\
         under one trust anchor; in each but the first one authority is hostile or broken.\n\
         *VRPs* is what is left to believe when only its own subtree is lost; a number under\n\
         a validator means the same set, difference zero; `−m +n` counts what it misses and\n\
         what it has beyond; *no table* means that it ended without one.\n\n\
         | world | VRPs | Modu | {} | {} |\n|---|---|---|---|---|\n{rows}",
        routinator.version(),
        client.version()
    );
    let path = workspace::root().join("bench/interop-route.md");
    std::fs::write(&path, &text).with_context(|| format!("cannot write {}", path.display()))?;
    println!("{text}\nwritten to {}", path.display());
    Ok(())
}
