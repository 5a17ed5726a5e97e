//! Tables that ours and the peers read alike.

use modu_survival::simulate::{Column, Plan, simulate};
use modu_survival::{Covariates, EventCode, Outcomes};

use crate::Outcome;

/// A table in memory.
pub(crate) struct Table {
    pub(crate) outcomes: Outcomes,
    pub(crate) covariates: Covariates,
}

/// Writes a made-up table. Kinds: `usual` and `competing` are the simulator's
/// plans of those names, with times that all differ; `-tied` after either
/// rounds times up to whole numbers. `coarse` is `usual` with columns of 200
/// values each.
pub(crate) fn make(kind: &str, rows: usize, columns: usize, seed: u64, file: &str) -> Outcome<()> {
    let (name, rounding) = match kind.strip_suffix("-tied") {
        Some(name) => (name, Some(1.0)),
        None => (kind, None),
    };
    let mut plan = match name {
        "usual" => Plan::usual(rows, columns, seed),
        "competing" => Plan::competing(rows, columns, seed),
        "coarse" => coarse(rows, columns, seed),
        _ => return Err(format!("there are no tables of kind `{kind}`").into()),
    };
    plan.rounding = rounding;
    let study = simulate(&plan)?;
    let codes = study.outcomes.event().iter().map(|code| f64::from(code.0));
    let codes: Vec<f64> = codes.collect();
    let mut bytes = Vec::new();
    let outcomes = [study.outcomes.time(), &codes];
    let covariates = study.covariates.columns().iter().map(Vec::as_slice);
    for column in outcomes.into_iter().chain(covariates) {
        bytes.extend(column.iter().flat_map(|value| value.to_le_bytes()));
    }
    Ok(std::fs::write(file, bytes)?)
}

fn coarse(rows: usize, columns: usize, seed: u64) -> Plan {
    let mut plan = Plan::usual(rows, columns, seed);
    plan.columns.fill(Column::Levels(200));
    for coefficient in &mut plan.causes[0].coefficients {
        *coefficient /= 60.0;
    }
    plan
}

impl Table {
    pub(crate) fn read(file: &str, rows: usize, columns: usize) -> Outcome<Self> {
        let bytes = std::fs::read(file)?;
        let (words, rest) = bytes.as_chunks::<8>();
        if words.len() != rows * (columns + 2) || !rest.is_empty() {
            return Err(format!("{file} has not {rows} rows of {columns} columns").into());
        }
        let values: Vec<f64> = words.iter().map(|word| f64::from_le_bytes(*word)).collect();
        let mut parts = values.chunks_exact(rows).map(<[f64]>::to_vec);
        let (time, codes) = parts.next().zip(parts.next()).ok_or("an empty table")?;
        let codes = codes.into_iter().map(|code| EventCode(code as u16));
        let named = (1..).zip(parts);
        let named = named.map(|(number, column)| (format!("x{number}"), column));
        Ok(Self {
            outcomes: Outcomes::new(time, codes.collect())?,
            covariates: Covariates::new(rows, named.collect())?,
        })
    }
}
