//! Figures that a program prints of itself, as one flat JSON object.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::command;

/// Runs a program `rounds` times after one that is thrown away. Its last line
/// of output must be a JSON object; its numbers are collected by name, and
/// its texts must stay the same.
pub(crate) fn collect(
    command: &mut Command,
    rounds: u32,
) -> anyhow::Result<BTreeMap<String, Vec<f64>>> {
    let mut figures = BTreeMap::<String, Vec<f64>>::new();
    for round in 0..=rounds {
        let output = command::output(command)?;
        eprintln!("round {round}: {}", command::shown(command));
        for (name, number) in numbers(&output)? {
            if round > 0 {
                figures.entry(name).or_default().push(number);
            }
        }
    }
    match figures
        .iter()
        .find(|(_, values)| values.len() != rounds as usize)
    {
        Some((name, _)) => bail!("`{name}` is not printed in every round"),
        None => Ok(figures),
    }
}

fn numbers(output: &str) -> anyhow::Result<Vec<(String, f64)>> {
    let line = output
        .lines()
        .last()
        .context("the program printed nothing")?;
    let object: serde_json::Map<String, Value> =
        serde_json::from_str(line).context("the last line is not a JSON object")?;
    let numbers: Vec<_> = object
        .into_iter()
        .filter_map(|(name, value)| value.as_f64().map(|number| (name, number)))
        .collect();
    if numbers.is_empty() {
        bail!("the last line holds no number");
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_numbers_of_the_last_line_are_collected_over_the_counted_rounds() {
        let mut echo = Command::new("printf");
        echo.arg("noise\n{\"a\": 1.5, \"b\": \"text\"}\n");
        let figures = collect(&mut echo, 3).unwrap();
        assert_eq!(figures, BTreeMap::from([("a".to_owned(), vec![1.5; 3])]));
    }

    #[test]
    fn a_program_that_prints_no_figures_is_an_error() {
        for output in ["", "{}", "[1]", "text"] {
            assert!(numbers(output).is_err(), "{output}");
        }
    }
}
