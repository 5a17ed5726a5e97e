//! Validation of one generated RPKI by ours and two of other makers, as whole
//! processes over the same files; and the gate, by its own figures.
//!
//! Nothing is fetched: every validator reads a copy as rsync would have left
//! it. First all must find the same VRPs as the world says it holds; only then
//! is anything measured. The work is in processor seconds, because that is
//! what a busy machine changes least.

mod large;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};

use super::measure::{Contestant, Sample, in_turns};
use super::page::{Table, spread};
use super::{Scale, example, figures};
use crate::peers;
use crate::{command, workspace, world};

/// Authorities of the world.
const AUTHORITIES: u32 = 3_000;
/// ROAs of each, and prefixes of each ROA: 45,000 VRPs.
const VALUES: [&str; 4] = ["roas=5", "prefixes=3", "aspas=300", "hosts=4"];

pub(crate) use large::run as run_large;

/// VRPs as everybody prints them: network, prefix, maxLength.
type Vrps = BTreeSet<(String, String, String)>;

pub(crate) fn run(rounds: u32, scale: Scale) -> anyhow::Result<Vec<Table>> {
    let authorities = match scale {
        Scale::Full => AUTHORITIES,
        Scale::Quick => 200,
    };
    let place = workspace::cache()?.join("bench-route");
    let bench = Bench::prepare(&place, authorities, rounds)?;
    let mut tables = vec![bench.cold(rounds)?, bench.repeated(rounds)?];
    tables.push(bench.churned(rounds)?);
    tables.push(bench.threads(rounds)?);
    tables.extend(gate(rounds)?);
    Ok(tables)
}

/// Programs and copies.
struct Bench {
    ours: PathBuf,
    floor: PathBuf,
    routinator: peers::Routinator,
    rpki_client: peers::RpkiClient,
    /// The world as it was made.
    world: PathBuf,
    /// Everything else.
    place: PathBuf,
    about: String,
}

impl Bench {
    fn prepare(place: &Path, authorities: u32, rounds: u32) -> anyhow::Result<Self> {
        let routinator = peers::Routinator::install()?;
        let rpki_client = peers::RpkiClient::install()?;
        let world = place.join("world");
        empty(place)?;
        let mut values = vec![
            format!("authorities={authorities}"),
            // One round is thrown away.
            format!("rounds={}", rounds + 1),
        ];
        values.extend(VALUES.map(str::to_owned));
        world::make(&world, &values)?;
        let summary = std::fs::read_to_string(world.join("summary"))?;
        let about = format!(
            "A generated world: {}. {}; {}; ours is `crates/modu-route-net/examples/update_bench.rs`: read what changed into the cache, validate, write tree and table.",
            summary.trim_end(),
            routinator.version(),
            rpki_client.version()
        );
        let bench = Self {
            ours: example("modu-route-net", "update_bench")?,
            floor: example("modu-route-world", "verify_floor")?,
            routinator,
            rpki_client,
            world,
            place: place.to_owned(),
            about,
        };
        for name in ["ours", "ours-churn", "ours-cold"] {
            copy(&bench.world.join("rsync"), &place.join(name).join("copy"))?;
        }
        for name in ["routinator", "routinator-churn", "routinator-cold"] {
            copy(&bench.world.join("rsync"), &place.join(name).join("rsync"))?;
        }
        bench
            .rpki_client
            .lay_out(&bench.world, &place.join("rpki-client"))?;
        Ok(bench)
    }

    fn ours(&self, name: &str, threads: Option<u32>) -> anyhow::Result<Command> {
        let place = self.place.join(name);
        let mut command = update(&self.ours, &place, &self.world.join("tals"));
        if let Some(threads) = threads {
            command.env("RAYON_NUM_THREADS", threads.to_string());
        }
        Ok(command)
    }

    fn routinator(&self, name: &str) -> anyhow::Result<Command> {
        let place = self.place.join(name);
        let out = place.join("vrps.csv");
        (self.routinator).validate(&self.world.join("tals"), &place, &out)
    }

    fn rpki_client(&self) -> Command {
        (self.rpki_client).validate(&self.world.join("tals"), &self.place.join("rpki-client"))
    }

    /// What each of them found, compared with what is there.
    fn equal(&self, expected: &Path, found: &[(&str, PathBuf)]) -> anyhow::Result<()> {
        let expected = vrps(expected)?;
        for (name, path) in found {
            let found = vrps(path)?;
            let (missing, more) = (expected.difference(&found), found.difference(&expected));
            let (missing, more) = (missing.count(), more.count());
            ensure!(
                missing + more == 0,
                "{name} misses {missing} VRPs and has {more} that are not there"
            );
            eprintln!("{name}: all of {} VRPs and no other", expected.len());
        }
        Ok(())
    }

    fn cold(&self, rounds: u32) -> anyhow::Result<Table> {
        command::run(&mut self.ours("ours-cold", None)?)?;
        command::run(&mut self.routinator("routinator-cold")?)?;
        command::run(&mut self.rpki_client())?;
        self.equal(
            &self.world.join("vrps.csv"),
            &[
                ("ours", self.place.join("ours-cold/state/vrps.csv")),
                ("Routinator", self.place.join("routinator-cold/vrps.csv")),
                ("rpki-client", self.place.join("rpki-client/out/csv")),
            ],
        )?;
        let signatures = std::fs::read_to_string(self.world.join("signatures"))?;
        let signatures = signatures.trim().to_owned();
        let contestants = [
            self.contestant("ours, first run", |bench| {
                empty(&bench.place.join("ours-cold/state"))?;
                bench.ours("ours-cold", None)
            }),
            self.contestant("Routinator, first run", |bench| {
                empty(&bench.place.join("routinator-cold/stored"))?;
                bench.routinator("routinator-cold")
            }),
            self.contestant("rpki-client (old, one thread)", |bench| {
                Ok(bench.rpki_client())
            }),
            Contestant {
                name: format!("floor: {signatures} RSA signatures verified"),
                command: {
                    let floor = self.floor.clone();
                    Box::new(move || {
                        let mut command = Command::new(&floor);
                        command.arg(&signatures);
                        Ok(command)
                    })
                },
            },
        ];
        let samples = in_turns(&contestants, rounds)?;
        let about = format!(
            "{} Found equal before: all {} VRPs of the world and no other. Wanted: at most 0.85 of Routinator's first run; here {}.",
            self.about,
            vrps(&self.world.join("vrps.csv"))?.len(),
            ratio(&samples[0], &samples[1])
        );
        let title = "First run";
        Ok(Table::of_processes(
            title,
            &about,
            None,
            &contestants,
            &samples,
        ))
    }

    fn repeated(&self, rounds: u32) -> anyhow::Result<Table> {
        self.again(&Again {
            title: "Repeated run and restart",
            before: "Nothing changed since. Each run is a new process, so this is a restart too.",
            wanted: 30,
            folders: ["ours", "routinator"],
            names: [
                "ours, repeated (a new process each time)",
                "Routinator, repeated",
            ],
            rounds,
            changes: false,
        })
    }

    fn churned(&self, rounds: u32) -> anyhow::Result<Table> {
        self.again(&Again {
            title: "One in a hundred changed",
            before: "Before each run one authority in a hundred replaced a ROA.",
            wanted: 15,
            folders: ["ours-churn", "routinator-churn"],
            names: [
                "ours, 1 % of the authorities changed",
                "Routinator, 1 % of the authorities changed",
            ],
            rounds,
            changes: true,
        })
    }

    /// Ours against Routinator where both ran before. The contestants count
    /// their own rounds, and find another hundredth of the world changed in
    /// each where there are changes.
    fn again(&self, scene: &Again) -> anyhow::Result<Table> {
        let [ours, theirs] = scene.folders;
        command::run(&mut self.ours(ours, None)?)?;
        // A folder is believed unchanged only when it was quiet for a while.
        std::thread::sleep(std::time::Duration::from_secs(3));
        command::run(&mut self.ours(ours, None)?)?;
        command::run(&mut self.routinator(theirs)?)?;
        let prepare = |folder: &'static str, copy: &'static str| {
            let (changes, round) = (scene.changes, std::cell::Cell::new(0));
            move |bench: &Self| {
                round.set(round.get() + 1);
                match changes {
                    true => bench.change(round.get(), &bench.place.join(folder).join(copy)),
                    false => Ok(()),
                }
            }
        };
        let (ready, theirs_ready) = (prepare(ours, "copy"), prepare(theirs, "rsync"));
        let contestants = [
            self.contestant(scene.names[0], move |bench| {
                ready(bench)?;
                bench.ours(ours, None)
            }),
            self.contestant(scene.names[1], move |bench| {
                theirs_ready(bench)?;
                bench.routinator(theirs)
            }),
        ];
        let samples = in_turns(&contestants, scene.rounds)?;
        let expected = match scene.changes {
            true => self.world.join(format!("churn/{}.csv", scene.rounds + 1)),
            false => self.world.join("vrps.csv"),
        };
        self.equal(
            &expected,
            &[
                ("ours", self.place.join(ours).join("state/vrps.csv")),
                ("Routinator", self.place.join(theirs).join("vrps.csv")),
            ],
        )?;
        let about = format!(
            "{} Wanted: at least {} times less processor time than Routinator; here {}.",
            scene.before,
            scene.wanted,
            ratio(&samples[1], &samples[0])
        );
        Ok(Table::of_processes(
            scene.title,
            &about,
            None,
            &contestants,
            &samples,
        ))
    }

    /// Copies what changed in a round, as rsync would.
    fn change(&self, round: u32, to: &Path) -> anyhow::Result<()> {
        // What changed less than a moment before a run is read again anyway.
        std::thread::sleep(std::time::Duration::from_secs(3));
        let from = self.world.join(format!("churn/{round}/."));
        command::output(Command::new("cp").arg("-r").arg(from).arg(to)).map(drop)
    }

    fn threads(&self, rounds: u32) -> anyhow::Result<Table> {
        let with = |threads: u32| {
            let name = format!("ours, first run, {threads} thread(s)");
            self.contestant(&name, move |bench| {
                empty(&bench.place.join("ours-cold/state"))?;
                bench.ours("ours-cold", Some(threads))
            })
        };
        let contestants = [with(1), with(2)];
        let samples = in_turns(&contestants, rounds)?;
        let wall = |samples: &[Sample]| median(samples, |it| it.wall.as_secs_f64());
        let about = format!(
            "Wanted: 1.8 times faster on two threads of an idle machine; here {:.2} (wall time; a busy machine shows less).",
            wall(&samples[0]) / wall(&samples[1])
        );
        Ok(Table::of_processes(
            "Threads",
            &about,
            None,
            &contestants,
            &samples,
        ))
    }

    fn contestant(
        &self,
        name: &str,
        command: impl Fn(&Self) -> anyhow::Result<Command> + 'static,
    ) -> Contestant {
        let bench = self.clone();
        Contestant {
            name: name.to_owned(),
            command: Box::new(move || command(&bench)),
        }
    }
}

/// A comparison of runs that follow others.
struct Again {
    title: &'static str,
    /// What stands before each run, in words.
    before: &'static str,
    /// How many times less processor time than Routinator is wanted.
    wanted: u32,
    /// Where ours and Routinator's copies lie.
    folders: [&'static str; 2],
    names: [&'static str; 2],
    rounds: u32,
    /// Whether a hundredth of the world changes before each run.
    changes: bool,
}

impl Clone for Bench {
    fn clone(&self) -> Self {
        Self {
            ours: self.ours.clone(),
            floor: self.floor.clone(),
            routinator: self.routinator.clone(),
            rpki_client: self.rpki_client.clone(),
            world: self.world.clone(),
            place: self.place.clone(),
            about: self.about.clone(),
        }
    }
}

/// Ours over `PLACE/copy`, with its state beside it.
fn update(program: &Path, place: &Path, tals: &Path) -> Command {
    let now = jiff::Timestamp::now().as_second().to_string();
    let mut command = Command::new(program);
    command.arg(place.join("state")).arg(place.join("copy"));
    command.arg(tals).arg(now);
    command
}

/// The gate's own figures.
fn gate(rounds: u32) -> anyhow::Result<Vec<Table>> {
    let program = example("modu-route", "gate_bench")?;
    let rows = figures::collect(&mut Command::new(program), rounds)?;
    let about = "`crates/modu-route/examples/gate_bench.rs` says what each figure is. Wanted: what-if over a million routes in under 1 s; 50 ns a lookup. In table order is how what-if, plan and coverage ask; `shuffled` is an order that no cache foresees, one by one and in lists (`OriginIndex::validities`).";
    Ok(Table::of_figures("The gate", about, &rows))
}

fn median(samples: &[Sample], value: impl Fn(&Sample) -> f64) -> f64 {
    let mut values: Vec<_> = samples.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// How many times the processor time of the second is in the first, medians.
fn ratio(first: &[Sample], second: &[Sample]) -> String {
    let processor = |samples: &[Sample]| median(samples, |it| it.processor.as_secs_f64());
    spread(std::iter::once(processor(first) / processor(second)))
}

/// Reads a CSV of VRPs, whoever printed it.
pub(crate) fn vrps(path: &Path) -> anyhow::Result<Vrps> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut found = Vrps::new();
    for line in text.lines().skip(1) {
        let mut cells = line
            .split(',')
            .map(|cell| cell.trim_matches('"').to_owned());
        match (cells.next(), cells.next(), cells.next()) {
            (Some(network), Some(prefix), Some(longest)) => {
                found.insert((network, prefix, longest));
            }
            _ => bail!("{}: `{line}` is no VRP", path.display()),
        }
    }
    Ok(found)
}

pub(crate) fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    empty(to)?;
    std::fs::create_dir_all(to)?;
    let from = from.join(".");
    command::output(Command::new("cp").arg("-r").arg(from).arg(to)).map(drop)
}

/// Removes a folder with all that is in it.
pub(crate) fn empty(folder: &Path) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}
