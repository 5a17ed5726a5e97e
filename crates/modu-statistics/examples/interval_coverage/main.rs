//! How often 95 % intervals, and limits of either side by themselves, hold the
//! true value, on skewed, tied and clustered data whose law is known: many data
//! sets of each kind and size, a bootstrap on each, and its limits by every
//! method. Fixed seeds.
//!
//! `cargo run --release -p modu-statistics --example interval_coverage`; a
//! number after it asks for so many data sets of each, and a word after that for
//! the kinds with it in their name only. Prints a Markdown table;
//! `cargo xtask bench proof --simulate` keeps it.

#![allow(clippy::print_stdout, reason = "a program that prints")]

mod coverage;
mod kinds;
mod random;

use std::error::Error;

use coverage::{Coverage, METHODS, cover};
use kinds::KINDS;

/// Replicates of each bootstrap.
const REPLICATES: u32 = 1999;

fn main() -> Result<(), Box<dyn Error>> {
    let runs: u64 = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => 10_000,
    };
    let wanted = std::env::args().nth(2).unwrap_or_default();
    println!(
        "| data | n | percentile | BCa | expanded | is within 94–96 % | one-sided: percentile | BCa | expanded |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | --- | --- | --- | --- |");
    for kind in KINDS.iter().filter(|kind| kind.name.contains(&wanted)) {
        for &size in kind.sizes {
            let found = cover(kind, size, runs, REPLICATES)?;
            let two_sided: Vec<String> = found.iter().map(|it| percent(it.held, runs)).collect();
            println!(
                "| {} | {size} | {} | {} | {} |",
                kind.name,
                two_sided.join(" | "),
                within(&found, runs),
                found.map(|it| one_sided(it, runs)).join(" | "),
            );
        }
    }
    println!(
        "\n{runs} data sets of each kind and size, {REPLICATES} replicates each. A coverage of 95 % has a standard error of {:.2} points. One-sided: in how many of a hundred the truth lies below the lower, and above the upper limit of 95 %.",
        100.0 * (0.95_f64 * 0.05 / runs as f64).sqrt()
    );
    Ok(())
}

fn percent(count: u64, of: u64) -> String {
    format!("{:.1}", 100.0 * count as f64 / of as f64)
}

fn one_sided(found: Coverage, runs: u64) -> String {
    let [below, above] = found.missed;
    format!("{}, {}", percent(below, runs), percent(above, runs))
}

/// The methods whose interval keeps its promise.
fn within(found: &[Coverage; METHODS.len()], runs: u64) -> String {
    let names = ["percentile", "BCa", "expanded"].iter().zip(found);
    let kept: Vec<&str> = names
        .filter(|(_, found)| (0.94..=0.96).contains(&(found.held as f64 / runs as f64)))
        .map(|(name, _)| *name)
        .collect();
    match kept.len() {
        0 => "**none**".to_owned(),
        3 => "all".to_owned(),
        _ => kept.join(", "),
    }
}
