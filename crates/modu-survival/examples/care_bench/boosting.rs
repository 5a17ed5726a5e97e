//! `boosting`: options ROUNDS DEPTH. The answer is the log hazard ratio of each
//! row, less their mean: how far all of them lie from 0 is a convention.

use modu_survival::boosting::{Boosting, BoostingPlan};

use crate::{Answer, Outcome, Table, timed};

pub(crate) fn run(table: &Table, options: &[&str]) -> Outcome<Answer> {
    let [rounds, depth] = options else {
        return Err("boosting takes ROUNDS DEPTH".into());
    };
    let plan = BoostingPlan {
        rounds: rounds.parse()?,
        depth: depth.parse()?,
        ..BoostingPlan::default()
    };
    let (model, seconds) = timed(|| Boosting::fit(&table.outcomes, &table.covariates, &plan));
    let ratios = model?.log_hazard_ratios(&table.covariates)?;
    let mean = ratios.iter().sum::<f64>() / ratios.len() as f64;
    Ok(Answer {
        values: ratios.iter().map(|ratio| ratio - mean).collect(),
        seconds,
    })
}
