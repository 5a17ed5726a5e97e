//! What libFuzzer said of a run.

use std::path::Path;

use anyhow::Context as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// Largest input that is shown whole, as base64.
const MAX_SHOWN_BYTES: usize = 3_000;

/// A run of one target.
pub(super) struct Report {
    name: String,
    executions: u64,
    each_second: u64,
    /// Branches of the code that were taken, and of how many counts.
    branches: u64,
    features: u64,
    /// Inputs worth keeping, those it began with among them.
    inputs: u64,
    /// The input that broke the law, or where to read what else went wrong.
    broken: Option<String>,
}

impl Report {
    /// Reads the log of a run.
    pub(super) fn read(name: &str, log: &Path, succeeded: bool) -> anyhow::Result<Self> {
        let bytes = std::fs::read(log).with_context(|| format!("cannot read {}", log.display()))?;
        let text = String::from_utf8_lossy(&bytes);
        let mut report = Self::of(name, &text);
        if !succeeded {
            let what = said(&text).unwrap_or_else(|| "or its fuzzer failed".to_owned());
            report.broken = Some(format!("{what}: read {}", log.display()));
        }
        Ok(report)
    }

    fn of(name: &str, text: &str) -> Self {
        // Lines such as `#4096 pulse  cov: 812 ft: 2301 corp: 105/23Kb ...`.
        let last = |key: &str| {
            let lines = text.lines().rev().filter(|line| line.starts_with('#'));
            let mut values = lines.filter_map(|line| number_after(line, key));
            values.next().unwrap_or(0)
        };
        let statistic = |key: &str| {
            let mut lines = text.lines();
            lines.find_map(|line| number_after(line, key)).unwrap_or(0)
        };
        Self {
            name: name.to_owned(),
            executions: statistic("stat::number_of_executed_units:"),
            each_second: statistic("stat::average_exec_per_sec:"),
            branches: last("cov:"),
            features: last("ft:"),
            inputs: last("corp:"),
            broken: None,
        }
    }

    /// The broken law in words.
    pub(super) fn finding(&self) -> Option<String> {
        let broken = self.broken.as_ref()?;
        Some(format!(
            "the law of {} is broken {broken}. Mend it with a test beside the code; \
             `target/fuzz/*/debug/{} FILE` tries one input again",
            self.name, self.name
        ))
    }
}

/// The input that broke the law, whole where it is short, and what the law
/// said: enough to try it again where only this line is at hand.
fn said(log: &str) -> Option<String> {
    let (_, path) = log
        .lines()
        .find_map(|line| line.split_once("Test unit written to "))?;
    let mut lines = log.lines().skip_while(|line| !line.contains("panicked at"));
    let panic: Vec<_> = lines.by_ref().take(4).collect();
    let input = std::fs::read(path).unwrap_or_default();
    let shown = match input.len() <= MAX_SHOWN_BYTES {
        true => format!(", the bytes {}", BASE64_STANDARD.encode(&input)),
        false => format!(", {} bytes", input.len()),
    };
    Some(format!("by {path}{shown} ({})", panic.join(" ")))
}

/// The whole number that follows a word.
fn number_after(line: &str, key: &str) -> Option<u64> {
    let (_, rest) = line.split_once(key)?;
    let rest = rest.trim_start();
    let end = rest.find(|c: char| !c.is_ascii_digit());
    rest.get(..end.unwrap_or(rest.len()))?.parse().ok()
}

/// All runs, one a line.
pub(super) fn table(reports: &[Report]) -> String {
    let mut lines = vec![format!(
        "{:<12}{:>12}{:>10}{:>10}{:>10}{:>8}  law",
        "target", "executions", "a second", "branches", "features", "inputs"
    )];
    for report in reports {
        lines.push(format!(
            "{:<12}{:>12}{:>10}{:>10}{:>10}{:>8}  {}",
            report.name,
            report.executions,
            report.each_second,
            report.branches,
            report.features,
            report.inputs,
            if report.broken.is_some() {
                "BROKEN"
            } else {
                "held"
            }
        ));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_read_for_its_last_counts() {
        let log = "INFO: Seed: 1\n#2\tINITED cov: 10 ft: 11 corp: 1/1b exec/s: 0\n\
                   #4096\tpulse  cov: 812 ft: 2301 corp: 105/23Kb lim: 8 exec/s: 100\n\
                   Done 5000 runs in 2 second(s)\n\
                   stat::number_of_executed_units: 5000\nstat::average_exec_per_sec:     2500\n";
        let report = Report::of("tile", log);
        let found = (report.executions, report.each_second, report.branches);
        assert_eq!(found, (5000, 2500, 812));
        assert_eq!((report.features, report.inputs), (2301, 105));
    }
}
