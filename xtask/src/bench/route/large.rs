//! The same at the size of the whole RPKI at the end of 2025: some 50,000
//! authorities, half a million files, 800,000 VRPs. Signing such a world takes
//! a quarter of an hour of two processors and 3 GB of disk, so this is run by
//! hand (`cargo xtask bench route --large`) and its page committed.
//!
//! One run of each: at this size what is asked is whether it fits, and how
//! cost has grown.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{empty, update, vrps};
use crate::bench::example;
use crate::bench::measure::{Contestant, Sample, measure};
use crate::bench::page::Table;
use crate::{command, peers, workspace, world};

/// The world. Its authorities share keys, because making 50,000 would take
/// an hour; for a validator a shared key is as much work as any other.
const VALUES: [&str; 6] = [
    "authorities=50000",
    "roas=8",
    "prefixes=2",
    "aspas=1000",
    "hosts=8",
    "shared_keys=3000",
];

pub(crate) fn run() -> anyhow::Result<Vec<Table>> {
    let place = workspace::cache()?.join("bench-route-large");
    let routinator = peers::Routinator::install()?;
    let ours = example("modu-route-net", "update_bench")?;
    let world = place.join("world");
    empty(&place)?;
    world::make(&world, &VALUES.map(str::to_owned))?;
    link(&world.join("rsync"), &place.join("ours/copy"))?;
    link(&world.join("rsync"), &place.join("routinator/rsync"))?;
    // A folder is believed unchanged only when it was quiet for a while.
    std::thread::sleep(Duration::from_secs(3));
    let tals = world.join("tals");
    let ours = |name: &str| {
        let (program, state, tals) = (ours.clone(), place.join("ours"), tals.clone());
        Contestant {
            name: format!("ours, {name}"),
            command: Box::new(move || Ok(update(&program, &state, &tals))),
        }
    };
    let theirs = |name: &str| {
        let (routinator, tals) = (routinator.clone(), tals.clone());
        let theirs = place.join("routinator");
        let out = theirs.join("vrps.csv");
        Contestant {
            name: format!("Routinator, {name}"),
            command: Box::new(move || routinator.validate(&tals, &theirs, &out)),
        }
    };
    let contestants = [
        ours("first run"),
        theirs("first run"),
        ours("repeated"),
        theirs("repeated"),
    ];
    let samples: Vec<Vec<Sample>> = (contestants.iter())
        .map(|contestant| once(contestant).map(|sample| vec![sample]))
        .collect::<anyhow::Result<_>>()?;
    let expected = vrps(&world.join("vrps.csv"))?;
    for found in ["ours/state/vrps.csv", "routinator/vrps.csv"] {
        let found = vrps(&place.join(found))?;
        anyhow::ensure!(found == expected, "not all found the world's VRPs");
    }
    let summary = std::fs::read_to_string(world.join("summary"))?;
    let processor = |place: usize| samples[place][0].processor.as_secs_f64();
    let about = format!(
        "A generated world of the real one's size: {}, its keys shared. {}. Both found all {} VRPs and no other. First run {:.2} of Routinator's processor time, repeated {:.1} times less. Wanted: under 600 MB.",
        summary.trim_end(),
        routinator.version(),
        expected.len(),
        processor(0) / processor(1),
        processor(3) / processor(2)
    );
    let table = Table::of_processes("One run of each", &about, None, &contestants, &samples);
    empty(&place)?;
    Ok(vec![table])
}

fn once(contestant: &Contestant) -> anyhow::Result<Sample> {
    eprintln!("{} ...", contestant.name);
    measure((contestant.command)()?.stdout(Stdio::null()))
}

/// A second tree of names for the same files: nobody writes into them.
fn link(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    let from: PathBuf = from.join(".");
    command::output(Command::new("cp").arg("-rl").arg(from).arg(to)).map(drop)
}
