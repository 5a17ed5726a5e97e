//! Does the gate adopt what it should not, and what the planner promised?
//!
//! Thousands of made-up demonstrations go through the real engine,
//! `proof.score`: a need, a table, the predictions of three competing
//! solutions. In a *null* gate all three lie exactly at the bound of one
//! criterion, so whoever is adopted is adopted falsely. In a *planned* gate
//! the first has the true values that `proof plan` asks for a chance of 80 %
//! of adoption, and the others are at the bound. Fixed seeds.
//!
//! `cargo run --release -p modu-proof --example gate_simulation`; a number
//! after it asks for so many gates of each kind and scenario. Prints a
//! Markdown table.

#![allow(clippy::print_stdout, reason = "a program that prints")]

mod gate;
mod law;
mod scenario;

use std::error::Error;

use rayon::prelude::*;

use gate::Gate;
use law::PREVALENCE;
use scenario::{CONTENDERS, REPLICATES, ROWS, SCENARIOS, Scenario};

/// What became of the gates of one scenario.
struct Counts {
    falsely: usize,
    adopted: usize,
    truth: f64,
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let gates: u64 = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => 400,
    };
    println!(
        "| criterion | bound | gates with a false adoption | of null gates | true value planned for 80 % | adopted | of planned gates |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    let (mut falsely, mut adopted, mut all) = (0, 0, 0);
    for (place, scenario) in (0..).zip(&SCENARIOS) {
        let counts = simulate(place, scenario, gates)?;
        println!(
            "| {} | {} | {} | {} | {:.4} | {} | {} |",
            scenario.name,
            scenario.bound,
            counts.falsely,
            percent(counts.falsely, gates),
            counts.truth,
            counts.adopted,
            percent(counts.adopted, gates),
        );
        falsely += counts.falsely;
        adopted += counts.adopted;
        all += gates;
    }
    println!(
        "| **all** | | **{falsely}** | **{}** | | **{adopted}** | **{}** |",
        percent(falsely, all),
        percent(adopted, all)
    );
    println!(
        "\n{all} null gates and {all} planned ones, of {CONTENDERS} solutions, {ROWS} rows with {PREVALENCE} positives, {REPLICATES} replicates, confidence 0.95."
    );
    Ok(())
}

fn percent(count: usize, of: u64) -> String {
    format!("{:.2} %", 100.0 * count as f64 / of as f64)
}

fn simulate(
    place: u64,
    scenario: &Scenario,
    gates: u64,
) -> Result<Counts, Box<dyn Error + Send + Sync>> {
    let truth = scenario.planned()?;
    let null = (scenario.law)(scenario.bound);
    let planned = (scenario.law)(truth);
    let run = |first: law::Law, kind: u64| {
        let adopted = (0..gates).into_par_iter().map(|gate| {
            let seed = ((place * 2 + kind) << 32) | gate;
            Gate::new(scenario, [first, null, null], seed).adopted()
        });
        adopted.collect::<Result<Vec<[bool; CONTENDERS]>, _>>()
    };
    let falsely = run(null, 0)?;
    let adopted = run(planned, 1)?;
    Ok(Counts {
        falsely: falsely.iter().filter(|gate| gate.contains(&true)).count(),
        adopted: adopted.iter().filter(|gate| gate[0]).count(),
        truth,
    })
}
