//! Scans of one list of components by ours and by trivy, as whole processes
//! over the same advisories; a million components by ours alone; and what one
//! new advisory costs.
//!
//! First the findings are compared, and each difference must be of a class
//! that is known; only then is anything measured. Trivy runs without network.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use super::measure::{Contestant, Sample, in_turns};
use super::page::{Table, spread};
use super::{Scale, empty, example, figures};
use crate::peers::Trivy;
use crate::{command, workspace};

/// When the bundle of the examples is scanned with: within its age.
const AT: &str = "2026-11-23T00:00:00Z";

/// Copies of the Python advisory database that make 300,000 advisories of its
/// 2,651.
const COPIES: &str = "114";

pub(crate) fn run(rounds: u32, scale: Scale) -> anyhow::Result<Vec<Table>> {
    let bench = Bench::prepare(scale)?;
    let mut tables = Vec::new();
    for size in bench.sizes {
        tables.push(bench.compared(size)?);
    }
    for size in bench.sizes {
        // Trivy takes half a minute for the largest.
        let rounds = if *size == "100000" {
            rounds.min(3)
        } else {
            rounds
        };
        tables.push(bench.measured(size, rounds)?);
    }
    if scale == Scale::Full {
        tables.push(bench.million(rounds)?);
    }
    tables.extend(bench.delta(rounds, scale)?);
    Ok(tables)
}

struct Bench {
    ours: PathBuf,
    compare: PathBuf,
    trivy: Trivy,
    place: PathBuf,
    sizes: &'static [&'static str],
    about: String,
}

impl Bench {
    fn prepare(scale: Scale) -> anyhow::Result<Self> {
        let place = workspace::cache()?.join("bench-vuln");
        empty(&place)?;
        let sizes: &[&str] = match scale {
            Scale::Full => &["1000", "10000", "100000"],
            Scale::Quick => &["1000", "10000"],
        };
        let data = std::env::var_os("MODU_DATA").context(
            "MODU_DATA must name the folder of the shared data: its Python advisories are scanned for",
        )?;
        let archive = Path::new(&data).join("advisories/pypa.tar.zst");
        let world = example("modu-vuln", "scan_world")?;
        let make = |folder: &str, copies: &str, sizes: &[&str]| {
            let mut world = Command::new(&world);
            world.arg(&archive).arg(place.join(folder)).arg(copies);
            command::run(world.args(sizes))
        };
        make("world", "1", sizes)?;
        if scale == Scale::Full {
            make("million", COPIES, &["1000000"])?;
        }
        let trivy = Trivy::install(&place, &place.join("world/rows.jsonl"))?;
        let about = format!(
            "The 2,651 standing advisories of the Python advisory database as our bundle and as a database of {}, written from the same rows (`xtask/src/bench/vuln/trivy_db.go`); components by `crates/modu-vuln/examples/scan_world.rs`, one in four of a package that an advisory names. Ours is `examples/scan_files.rs`: hash and read both files, match, write report.json, components.csv and findings.csv.",
            trivy.version()?
        );
        Ok(Self {
            ours: example("modu-vuln", "scan_files")?,
            compare: example("modu-vuln", "compare_findings")?,
            trivy,
            place,
            sizes,
            about,
        })
    }

    fn sbom(&self, size: &str) -> PathBuf {
        self.place.join(format!("world/{size}.json"))
    }

    fn ours(&self, world: &str, size: &str) -> Command {
        let world = self.place.join(world);
        let mut command = Command::new(&self.ours);
        command.arg(world.join(format!("{size}.json")));
        command.arg(world.join("bundle.zst"));
        command.arg(self.place.join(format!("ours-{size}"))).arg(AT);
        command
    }

    fn trivy(&self, size: &str) -> Command {
        let out = self.place.join(format!("trivy-{size}.json"));
        self.trivy.scan(&self.sbom(size), &out)
    }

    /// What both found, by class; an unexplained difference ends it all.
    fn compared(&self, size: &str) -> anyhow::Result<Table> {
        command::run(self.ours("world", size).stdout(Stdio::null()))?;
        command::run(&mut self.trivy(size))?;
        let mut compare = Command::new(&self.compare);
        compare.arg(self.place.join(format!("ours-{size}/findings.csv")));
        compare.arg(self.place.join(format!("trivy-{size}.json")));
        compare.arg(self.place.join("world/rows.jsonl"));
        let mut rows = Vec::new();
        for line in command::output(&mut compare)?.lines() {
            let class: serde_json::Value = serde_json::from_str(line)?;
            let name = class["class"].as_str().context("a class without a name")?;
            rows.push(vec![name.to_owned(), class["findings"].to_string()]);
        }
        ensure!(!rows.is_empty(), "nothing was compared");
        Ok(Table {
            title: format!("Findings of {size} components"),
            about: "Unique triples of package, version and advisory. Each class of differences has a test in `crates/modu-vuln/tests/it/differences.rs`; an unexplained one would end the measurement.".to_owned(),
            columns: vec!["class".to_owned(), "findings".to_owned()],
            rows,
        })
    }

    fn measured(&self, size: &str, rounds: u32) -> anyhow::Result<Table> {
        let (ours, theirs) = (self.ours("world", size), self.trivy(size));
        let contestants = [
            contestant(&format!("ours, {size} components"), ours),
            contestant(&format!("trivy, {size} components"), theirs),
        ];
        let samples = in_turns(&contestants, rounds)?;
        let ratio = median(&samples[1], processor) / median(&samples[0], processor);
        let wanted = match size {
            "10000" => "Wanted: at least 20 times less processor time than trivy; ",
            "100000" => "Wanted: at least 100 times less processor time than trivy; ",
            _ => "",
        };
        let about = if size == self.sizes[0] {
            self.about.as_str()
        } else {
            ""
        };
        let about = format!(
            "{about} {wanted}here {} times less.",
            spread(std::iter::once(ratio))
        );
        let title = format!("Scan of {size} components");
        Ok(Table::of_processes(
            &title,
            about.trim(),
            None,
            &contestants,
            &samples,
        ))
    }

    fn million(&self, rounds: u32) -> anyhow::Result<Table> {
        let ours = self.ours("million", "1000000");
        let contestants = [contestant("ours, 1,000,000 components", ours)];
        let samples = in_turns(&contestants, rounds)?;
        let about = format!(
            "{COPIES} copies of the advisories on packages of other names: 302,214 advisories. Wanted: under 10 s of processor time and 1 GB. Trivy's time grows with the square of the components: it was not run."
        );
        let title = "Scan of a million components";
        Ok(Table::of_processes(
            title,
            &about,
            None,
            &contestants,
            &samples,
        ))
    }

    fn delta(&self, rounds: u32, scale: Scale) -> anyhow::Result<Vec<Table>> {
        let components = match scale {
            Scale::Full => "1000000",
            Scale::Quick => "50000",
        };
        let mut program = Command::new(example("modu-vuln-store", "delta_bench")?);
        program.arg(self.place.join("delta")).arg(components);
        let rows = figures::collect(&mut program, rounds)?;
        let about = "`crates/modu-vuln-store/examples/delta_bench.rs`: advisories that each hit 100 of the components, one after another, from the advisory's bytes to the durable result. Wanted: a 99th percentile under 5 ms.";
        Ok(Table::of_figures("One new advisory", about, &rows))
    }
}

fn contestant(name: &str, command: Command) -> Contestant {
    let program = command.get_program().to_owned();
    let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    Contestant {
        name: name.to_owned(),
        command: Box::new(move || {
            let mut command = Command::new(&program);
            command.args(&arguments);
            Ok(command)
        }),
    }
}

fn processor(sample: &Sample) -> f64 {
    sample.processor.as_secs_f64()
}

fn median(samples: &[Sample], value: impl Fn(&Sample) -> f64) -> f64 {
    let mut values: Vec<_> = samples.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
