//! A task that several programs do, and what it takes each.
//!
//! What each found is held against ours when it has run for the first time;
//! where it differs by more than is allowed, the task is not reported.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::bench::measure::measure;
use crate::bench::page::{Table, spread};
use crate::command::shown;

/// One of the programs of a scene. It writes what it found to its last but
/// options argument, and prints its processor seconds.
pub(super) struct Entry {
    /// How the table names it.
    pub(super) name: String,
    /// Its command, without standard output.
    pub(super) command: Box<dyn Fn() -> Command>,
    /// Where it writes what it found.
    pub(super) answer: PathBuf,
    /// How often the work is done in one go: the figure is for once.
    pub(super) times: f64,
    /// How many rounds it takes part in, where it is too slow for all; then
    /// the round that does not count is left out too.
    pub(super) at_most: Option<u32>,
    /// How far its answer may be from ours; none where it is not compared.
    /// The first numbers are, as many as both give.
    pub(super) agrees_within: Option<f64>,
}

/// A task; ours is the first entry.
pub(super) struct Scene {
    /// What is done, as a heading.
    pub(super) title: String,
    /// The table, the settings, what was found to agree, and what is wanted.
    pub(super) about: String,
    pub(super) entries: Vec<Entry>,
}

/// What one run took.
struct Run {
    seconds: f64,
    mebibytes: f64,
}

impl Entry {
    /// Does the work once and gives what it found.
    pub(super) fn found(&self) -> anyhow::Result<Vec<f64>> {
        self.run()?;
        self.answered()
    }

    /// What it wrote when it last ran.
    fn answered(&self) -> anyhow::Result<Vec<f64>> {
        let bytes = std::fs::read(&self.answer)
            .with_context(|| format!("{} wrote no answer", self.name))?;
        let (words, _) = bytes.as_chunks::<8>();
        Ok(words.iter().map(|word| f64::from_le_bytes(*word)).collect())
    }

    fn run(&self) -> anyhow::Result<Run> {
        let mut command = (self.command)();
        let printed = self.answer.with_extension("printed");
        let out = File::create(&printed)
            .with_context(|| format!("cannot create {}", printed.display()))?;
        let sample = measure(command.stdout(out))?;
        Ok(Run {
            seconds: seconds(&printed)
                .with_context(|| format!("{} printed no seconds", shown(&command)))?
                / self.times,
            mebibytes: sample.memory as f64 / 1024.0,
        })
    }
}

fn seconds(printed: &Path) -> anyhow::Result<f64> {
    let text = std::fs::read_to_string(printed)?;
    let line = text.lines().rfind(|line| line.starts_with('{'));
    let value: Value = serde_json::from_str(line.context("no line of JSON")?)?;
    value["seconds"].as_f64().context("no number of seconds")
}

impl Scene {
    /// Runs the entries in turns.
    pub(super) fn measured(self, rounds: u32) -> anyhow::Result<Table> {
        let mut runs: Vec<Vec<Run>> = self.entries.iter().map(|_| Vec::new()).collect();
        let mut agreed = vec![None; self.entries.len()];
        for round in 0..=rounds {
            for (number, entry) in self.entries.iter().enumerate() {
                let takes_part = match entry.at_most {
                    Some(at_most) => (1..=at_most).contains(&round),
                    None => true,
                };
                if !takes_part {
                    continue;
                }
                let run = entry.run()?;
                eprintln!(
                    "{}, round {round}: {}: {:.4} s",
                    self.title, entry.name, run.seconds
                );
                if agreed[number].is_none() {
                    agreed[number] = self.apart(entry)?;
                }
                if round > 0 {
                    runs[number].push(run);
                }
            }
        }
        Ok(self.table(&runs, &agreed))
    }

    /// How far what an entry found is from what ours did.
    fn apart(&self, entry: &Entry) -> anyhow::Result<Option<f64>> {
        let Some(within) = entry.agrees_within else {
            return Ok(None);
        };
        let (ours, theirs) = (self.entries[0].answered()?, entry.answered()?);
        let both = ours.len().min(theirs.len());
        let apart = difference(&ours[..both], &theirs[..both])?;
        ensure!(
            apart <= within,
            "{}: {} is {apart:e} from ours",
            self.title,
            entry.name
        );
        Ok(Some(apart))
    }

    fn table(self, runs: &[Vec<Run>], agreed: &[Option<f64>]) -> Table {
        let ours = median(&runs[0]);
        let rows = self.entries.iter().zip(runs).map(|(entry, runs)| {
            vec![
                entry.name.clone(),
                spread(runs.iter().map(|run| run.seconds)),
                spread(runs.iter().map(|run| run.mebibytes)),
                spread(std::iter::once(median(runs) / ours)),
            ]
        });
        let compared = self.entries.iter().zip(agreed);
        let compared = compared.filter_map(|(entry, apart)| {
            let apart = (*apart)?;
            Some(match apart < 1e-12 {
                true => format!("{} to 12 digits", entry.name),
                false => format!("{} within {apart:.0e}", entry.name),
            })
        });
        let compared: Vec<String> = compared.collect();
        let about = match compared.is_empty() {
            true => self.about.clone(),
            false => format!("Found alike: {}. {}", compared.join(", "), self.about),
        };
        let columns = ["", "processor s", "peak memory MiB", "processor, ours = 1"];
        Table {
            title: self.title.clone(),
            about,
            columns: columns.map(str::to_owned).to_vec(),
            rows: rows.collect(),
        }
    }
}

fn median(runs: &[Run]) -> f64 {
    let mut seconds: Vec<f64> = runs.iter().map(|run| run.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The largest difference between two answers of one length, each relative to
/// the larger of 1 and ours.
pub(super) fn difference(ours: &[f64], theirs: &[f64]) -> anyhow::Result<f64> {
    ensure!(
        ours.len() == theirs.len() && !ours.is_empty(),
        "ours found {} numbers, theirs {}",
        ours.len(),
        theirs.len()
    );
    let pairs = ours.iter().zip(theirs);
    let differences = pairs.map(|(ours, theirs)| (ours - theirs).abs() / ours.abs().max(1.0));
    Ok(differences.fold(0.0, |largest: f64, next| {
        if largest.is_nan() || next.is_nan() {
            f64::NAN
        } else {
            largest.max(next)
        }
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn differences_are_relative_to_large_numbers_and_absolute_to_small_ones() {
        let largest = difference(&[100.0, 0.5], &[101.0, 0.25]).unwrap();
        assert!((largest - 0.25).abs() < 1e-12);
        assert!(difference(&[1.0], &[1.0, 2.0]).is_err());
        assert!(difference(&[1.0, 1.0], &[f64::NAN, 1.0]).unwrap().is_nan());
    }
}
