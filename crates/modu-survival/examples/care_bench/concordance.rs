//! Harrell's concordance of the first column as the risk: `concordance` with
//! its interval, `concordance_index` the index alone. The answer is the index,
//! and where there is one the standard error.

use modu_statistics::Share;
use modu_survival::EventCode;
use modu_survival::measure::{Estimated, PairRules, Scored, harrell, pairs};

use crate::{Answer, Outcome, Table, timed};

pub(crate) fn run(table: &Table, with_interval: bool) -> Outcome<Answer> {
    let risk = table.covariates.columns().first().ok_or("no column")?;
    let rules = PairRules::default();
    let scored = || Scored::new(&table.outcomes, EventCode::EVENT, risk);
    if !with_interval {
        let (found, seconds) = timed(|| pairs(&scored()?, &rules));
        let index = found?.index().ok_or("no pairs")?;
        return Ok(Answer {
            values: vec![index],
            seconds,
        });
    }
    let confidence = Share::new(0.95).ok_or("a share")?;
    let (found, seconds) = timed(|| harrell(&scored()?, &rules, confidence));
    let Estimated::Estimate(estimate) = found? else {
        return Err("no estimate".into());
    };
    Ok(Answer {
        values: vec![estimate.value.get(), estimate.standard_error.get()],
        seconds,
    })
}
