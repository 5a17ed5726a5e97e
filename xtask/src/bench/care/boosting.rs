//! Gradient boosting with Cox's likelihood: ours, XGBoost, scikit-survival and
//! the crate.

use anyhow::ensure;

use super::peers::{Programs, Who};
use super::scene::{Entry, Scene, difference};
use crate::bench::Scale;

/// XGBoost keeps derivatives in single precision.
const SINGLE: f64 = 1e-3;

pub(super) fn scenes(programs: &Programs, scale: Scale) -> anyhow::Result<Vec<Scene>> {
    let agreement = agreement(programs)?;
    let (rows, rounds) = match scale {
        Scale::Full => (10_000, 100),
        Scale::Quick => (2_000, 20),
    };
    let table = programs.table("usual", rows, 20)?;
    let scene = |depth: &str, others: bool| {
        let rounds_text = rounds.to_string();
        let entry = |name: &str, who, at_most| Entry {
            at_most,
            ..programs.entry(name, &who, &table, &[&rounds_text, depth])
        };
        let mut entries = vec![
            entry("ours", Who::Ours("boosting"), None),
            entry("XGBoost", Who::Script("boosting.py"), None),
        ];
        if others {
            // A fifth of the rounds, for they take it half a minute.
            let fifth = (rounds / 5).to_string();
            let sksurv = Who::Script("boosting_sksurv.py");
            entries.push(Entry {
                times: 0.2,
                at_most: Some(1),
                ..programs.entry(
                    "scikit-survival, from a fifth of the rounds",
                    &sksurv,
                    &table,
                    &[&fifth, depth],
                )
            });
            let of_crate = Who::Script("boosting_crate.py");
            entries.push(entry("crate survival", of_crate, Some(1)));
        }
        Scene {
            title: format!("Boosting, {rows} rows of 20 columns, {rounds} rounds of depth {depth}"),
            about: format!(
                "Binning and all rounds, 256 bins, rate 0.1, ridge 1. {agreement} Here columns have as many values as rows, and everybody's 256 bins are other ones. scikit-survival and the crate cut at every value, by other gains. Wanted of ours: at most 1.5 times XGBoost."
            ),
            entries,
        }
    };
    Ok(vec![scene("3", true), scene("6", false)])
}

/// Where columns have fewer values than bins, everybody's bins are the same,
/// and so are the trees.
fn agreement(programs: &Programs) -> anyhow::Result<String> {
    let table = programs.table("coarse", 5_000, 6)?;
    let options = ["50", "3"];
    let found = |name, who| programs.entry(name, &who, &table, &options).found();
    let ours = found("ours", Who::Ours("boosting"))?;
    let theirs = found("theirs", Who::Script("boosting.py"))?;
    let largest = difference(&ours, &theirs)?;
    ensure!(
        largest <= SINGLE,
        "ours and XGBoost's log hazard ratios differ by {largest}"
    );
    Ok(format!(
        "Before timing, models of 50 rounds on 5,000 rows of six columns with 200 values each were held against XGBoost's: the log hazard ratios differ by at most {largest:.1e} (it keeps derivatives in single precision)."
    ))
}
