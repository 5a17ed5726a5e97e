//! Figures that a program prints of itself, as lines of JSON.
//!
//! Each line that is an object is a row: its texts say what was measured, its
//! numbers are the figures. A program that is run again prints the same rows
//! with other figures.

use std::process::Command;

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::command;

/// What one line says, over all rounds.
#[derive(Debug, PartialEq)]
pub(crate) struct Row(pub(crate) Vec<(String, Cell)>);

/// One member of a line.
#[derive(Debug, PartialEq)]
pub(crate) enum Cell {
    /// The same in every round.
    Text(String),
    /// One figure for each round.
    Figures(Vec<f64>),
}

/// Runs a program `rounds` times after one that is thrown away.
pub(crate) fn collect(program: &mut Command, rounds: u32) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for round in 0..=rounds {
        let output = command::output(program)?;
        eprintln!("round {round}: {}", command::shown(program));
        let again = rows_of(&output)
            .with_context(|| format!("{} prints no figures", command::shown(program)))?;
        match round {
            0 => {}
            1 => rows = again,
            _ => merge(&mut rows, again)?,
        }
    }
    Ok(rows)
}

/// Runs a program once.
pub(crate) fn once(program: &mut Command) -> anyhow::Result<Vec<Row>> {
    rows_of(&command::output(program)?)
        .with_context(|| format!("{} prints no figures", command::shown(program)))
}

fn rows_of(output: &str) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for line in output.lines().filter(|line| line.starts_with('{')) {
        let object: serde_json::Map<String, Value> = serde_json::from_str(line)?;
        let cell = |value: Value| match value {
            Value::String(text) => Cell::Text(text),
            value => value
                .as_f64()
                .map_or_else(|| Cell::Text(value.to_string()), |n| Cell::Figures(vec![n])),
        };
        let mut cells: Vec<_> = object
            .into_iter()
            .map(|(name, value)| (name, cell(value)))
            .collect();
        // What was measured first, then the figures as they were printed.
        cells.sort_by_key(|(_, cell)| matches!(cell, Cell::Figures(_)));
        rows.push(Row(cells));
    }
    if rows.is_empty() {
        bail!("no line is a JSON object");
    }
    Ok(rows)
}

/// Adds another round's figures to rows that say the same.
fn merge(rows: &mut [Row], again: Vec<Row>) -> anyhow::Result<()> {
    if rows.len() != again.len() {
        bail!("the rounds print {} and {} rows", rows.len(), again.len());
    }
    for (row, again) in rows.iter_mut().zip(again) {
        for ((name, cell), (other, new)) in row.0.iter_mut().zip(again.0) {
            match (cell, new) {
                (Cell::Figures(figures), Cell::Figures(new)) if *name == other => {
                    figures.extend(new);
                }
                (Cell::Text(text), Cell::Text(new)) if *name == other && *text == new => {}
                _ => bail!("the rounds differ in `{name}` and `{other}`"),
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn every_line_is_a_row_with_the_figures_of_the_counted_rounds() {
        let mut echo = Command::new("printf");
        echo.arg("noise\n{\"a\": 1.5, \"of\": \"x\"}\n{\"b\": 2}\n");
        let text = |text: &str| Cell::Text(text.to_owned());
        let expected = [
            Row(vec![
                ("of".to_owned(), text("x")),
                ("a".to_owned(), Cell::Figures(vec![1.5; 3])),
            ]),
            Row(vec![("b".to_owned(), Cell::Figures(vec![2.0; 3]))]),
        ];
        assert_eq!(collect(&mut echo, 3).unwrap(), expected);
    }

    #[test]
    fn a_program_that_prints_no_figures_is_an_error() {
        for output in ["", "[1]", "text", "{broken"] {
            assert!(rows_of(output).is_err(), "{output}");
        }
    }

    #[test]
    fn rounds_that_say_different_things_are_not_mixed() {
        let rows = |text: &str| rows_of(text).unwrap();
        for (first, second) in [
            ("{\"of\": \"x\"}", "{\"of\": \"y\"}"),
            ("{\"a\": 1}", "{\"b\": 1}"),
            ("{\"a\": 1}", "{\"a\": 1}\n{\"a\": 1}"),
        ] {
            assert!(merge(&mut rows(first), rows(second)).is_err(), "{first}");
        }
    }
}
