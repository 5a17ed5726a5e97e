//! `cargo xtask bench proof --simulate`: whether gate, plan and intervals keep
//! what they promise, over thousands of made-up data sets. Nothing is timed
//! but the simulation itself, and the seeds are fixed: the tables are the same
//! on every machine.

use std::fmt::Write as _;
use std::process::Command;
use std::time::Instant;

use anyhow::Context as _;

use super::{Scale, example, machine};
use crate::{command, workspace};

/// One program that simulates.
struct Simulation {
    title: &'static str,
    about: &'static str,
    package: &'static str,
    example: &'static str,
    /// How many data sets a short run has of each kind.
    quick: u32,
}

const SIMULATIONS: [Simulation; 2] = [
    Simulation {
        title: "The gate and the plan",
        about: "Made-up demonstrations through the engine `proof.score`: a need, a table, the \
                predictions of three solutions, whose errors are independent given the row. In a \
                *null* gate all three lie exactly at the bound, so that every adoption is false: \
                at most 6.5 % of the gates may hold one. In a *planned* gate the first has the \
                true value that `modu proof plan` asks for a chance of 80 %, and at least 75 % \
                must be adopted.",
        package: "modu-proof",
        example: "gate_simulation",
        quick: 20,
    },
    Simulation {
        title: "Intervals",
        about: "How often a 95 % interval of each method holds the true value: 94 to 96 % is \
                asked. `expanded` is the default.",
        package: "modu-statistics",
        example: "interval_coverage",
        quick: 200,
    },
];

/// Simulates, and writes `bench/proof-simulation.md`; a short run is printed
/// and not kept.
pub(super) fn run(scale: Scale) -> anyhow::Result<()> {
    let mut text = String::from(
        "# 모의 검증 / Simulation: proof\n\n\
         `cargo xtask bench proof --simulate`. 씨앗이 고정되어 어디서나 같은 표가 나옵니다. \
         The seeds are fixed, so that every machine gives these tables.\n\n",
    );
    for (name, value) in machine::description() {
        writeln!(text, "- {name}: {value}")?;
    }
    for simulation in &SIMULATIONS {
        text.push_str(&simulation.section(scale)?);
    }
    if scale == Scale::Quick {
        println!("{text}");
        return Ok(());
    }
    let path = workspace::root().join("bench/proof-simulation.md");
    std::fs::write(&path, &text).with_context(|| format!("cannot write {}", path.display()))?;
    println!("{text}\nwritten to {}", path.display());
    Ok(())
}

impl Simulation {
    fn section(&self, scale: Scale) -> anyhow::Result<String> {
        let mut program = Command::new(example(self.package, self.example)?);
        if scale == Scale::Quick {
            program.arg(self.quick.to_string());
        }
        eprintln!("$ {} (minutes)", command::shown(&program));
        let start = Instant::now();
        let table = command::output(&mut program)?;
        let minutes = start.elapsed().as_secs_f64() / 60.0;
        Ok(format!(
            "\n## {}\n\n{}\n\n{}\n\n`crates/{}/examples/{}`, {minutes:.0} minutes.\n",
            self.title,
            self.about,
            table.trim_end(),
            self.package,
            self.example,
        ))
    }
}
