//! Our measures beside scikit-survival's, of tables that it wrote.
//!
//! `beside_scikit_survival FOLDER` reads the cases that
//! `interop/care/scikit_survival.py` wrote there and prints a line for each
//! answer: case, quantity, how many numbers, and their largest difference, with
//! tabs between. `cargo xtask interop care` makes the table of it.
#![allow(clippy::print_stdout, reason = "an example prints its result")]

use std::collections::BTreeMap;
use std::path::Path;

use modu_statistics::Share;
use modu_survival::measure::{
    Censoring, Controls, Estimated, Evaluated, PairRules, Scored, auc_curve, brier_curve, harrell,
    uno,
};
use modu_survival::{EventCode, Outcomes};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let argument = std::env::args().nth(1).ok_or("name a folder")?;
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(&argument)? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == "csv") {
            cases.push(path);
        }
    }
    cases.sort();
    for path in cases {
        let name = path.file_stem().and_then(|it| it.to_str());
        let name = name.ok_or("a case without a name")?.to_owned();
        beside(&path, &name).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

/// Prints what is apart in one case.
fn beside(path: &Path, name: &str) -> Result<(), Failure> {
    let mut expected = expected(&path.with_extension("tsv"))?;
    let horizons = expected.remove("horizons").ok_or("no horizons")?;
    let case = Case::read(path)?;
    for (quantity, found) in case.answers(&horizons)? {
        let expected = expected.get(quantity).ok_or("a quantity is lacking")?;
        if found.len() != expected.len() {
            return Err(format!("{quantity}: other numbers are expected").into());
        }
        let apart = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
        let apart = apart.fold(0.0, f64::max);
        println!("{name}\t{quantity}\t{}\t{apart:e}", found.len());
    }
    Ok(())
}

fn expected(path: &Path) -> Result<BTreeMap<String, Vec<f64>>, Failure> {
    let text = std::fs::read_to_string(path)?;
    let line = |line: &str| -> Result<(String, Vec<f64>), Failure> {
        let mut fields = line.split('\t');
        let name = fields.next().ok_or("an empty line")?.to_owned();
        let numbers = fields.map(str::parse).collect::<Result<_, _>>()?;
        Ok((name, numbers))
    };
    text.lines().map(line).collect()
}

/// Rows that censoring is estimated in, and rows that are measured.
struct Case {
    others: Outcomes,
    measured: Outcomes,
    risk: Vec<f64>,
    /// By horizon.
    risks: Vec<Vec<f64>>,
}

impl Case {
    fn read(path: &Path) -> Result<Self, Failure> {
        let (mut time, mut event) = ([vec![], vec![]], [vec![], vec![]]);
        let (mut risk, mut risks) = (vec![], vec![]);
        for line in std::fs::read_to_string(path)?.lines() {
            let cells = line.split(',').map(str::parse);
            let cells = cells.collect::<Result<Vec<f64>, _>>()?;
            let [part, at, happened, rest @ ..] = cells.as_slice() else {
                return Err("a row is too short".into());
            };
            let part = usize::from(*part > 0.5);
            time[part].push(*at);
            event[part].push(*happened > 0.5);
            if let [own, by_horizon @ ..] = rest {
                risk.push(*own);
                risks.resize(by_horizon.len(), vec![]);
                for (column, value) in risks.iter_mut().zip(by_horizon) {
                    column.push(*value);
                }
            }
        }
        let [others, measured] = time;
        Ok(Self {
            others: Outcomes::single(others, &event[0])?,
            measured: Outcomes::single(measured, &event[1])?,
            risk,
            risks,
        })
    }

    fn answers(&self, horizons: &[f64]) -> Result<Vec<(&'static str, Vec<f64>)>, Failure> {
        let confidence = Share::new(0.95).ok_or("no share")?;
        let censoring = Censoring::of_others(&self.others, Evaluated::At)?;
        let rules = PairRules {
            tied_within: 1e-8,
            ..PairRules::default()
        };
        let scored = |risk| Scored::new(&self.measured, EventCode::EVENT, risk);
        let own = scored(&self.risk)?;
        let until = horizons.last().copied();
        let same = horizons.iter().map(|horizon| (*horizon, own));
        let same: Vec<_> = same.collect();
        let areas = auc_curve(&same, Controls::EventFree, 1e-8, &censoring, confidence)?;
        let by_horizon = horizons.iter().zip(&self.risks);
        let by_horizon = by_horizon.map(|(horizon, risk)| Ok((*horizon, scored(risk)?)));
        let by_horizon = by_horizon.collect::<Result<Vec<_>, Failure>>()?;
        let scores = brier_curve(&by_horizon, &censoring, confidence)?;
        let unweighted = harrell(&own, &rules, confidence)?;
        let whole = uno(&own, &rules, &censoring, None, confidence)?;
        let part = uno(&own, &rules, &censoring, until, confidence)?;
        Ok(vec![
            ("harrell", values(&[unweighted])),
            ("uno", values(&[whole])),
            ("uno_until", values(&[part])),
            ("area", values(&areas.areas)),
            ("mean_area", values(&[areas.mean])),
            ("brier", values(&scores.scores)),
            ("integrated_brier", values(&[scores.integrated])),
        ])
    }
}

/// What is undefined is far from everything.
fn values(estimates: &[Estimated]) -> Vec<f64> {
    let value = |estimate: &Estimated| estimate.value().unwrap_or(f64::INFINITY);
    estimates.iter().map(value).collect()
}
