//! Random survival forests: ours, ranger, scikit-survival and the crate.

use anyhow::ensure;

use super::peers::{Made, Programs, Who};
use super::scene::{Entry, Scene, difference};
use crate::bench::Scale;

/// Columns that are looked at for each cut.
const PER_SPLIT: &str = "5";
/// Least rows of a leaf.
const LEAST: &str = "15";
/// The share of rows whose risk may differ, where two columns cut alike.
const TIED: f64 = 0.02;

pub(super) fn scenes(programs: &Programs, scale: Scale) -> anyhow::Result<Vec<Scene>> {
    let agreement = agreement(programs)?;
    let rows = match scale {
        Scale::Full => 10_000,
        Scale::Quick => 2_000,
    };
    let table = programs.table("usual", rows, 20)?;
    let entry = |name: &str, who, trees: u32, at_most| {
        let trees_text = trees.to_string();
        let options = [&*trees_text, PER_SPLIT, LEAST, "bootstrap"];
        Entry {
            times: f64::from(trees),
            at_most,
            ..programs.entry(name, &who, &table, &options)
        }
    };
    let entries = vec![
        entry("ours, 20 trees", Who::Ours("forest"), 20, None),
        entry(
            "scikit-survival, 2 trees",
            Who::Script("forest.py"),
            2,
            Some(2),
        ),
        entry("ranger, 1 tree", Who::Script("forest.R"), 1, Some(1)),
        entry(
            "crate survival, 1 tree",
            Who::Script("forest_crate.py"),
            1,
            Some(1),
        ),
    ];
    Ok(vec![Scene {
        title: format!("A tree of a survival forest, {rows} rows of 20 columns"),
        about: format!(
            "Seconds for one tree: bootstrap, {PER_SPLIT} columns at each cut, at least {LEAST} rows in a leaf, exact log-rank at every value, a curve in every leaf. {agreement} The others draw at random in other ways. Wanted of ours: 0.05 s."
        ),
        entries,
    }])
}

/// A tree over all rows and columns is the same whoever grows it.
fn agreement(programs: &Programs) -> anyhow::Result<String> {
    let mut largest = 0.0_f64;
    for (kind, rows, columns) in [("usual", 2_000, 20), ("usual-tied", 2_000, 6)] {
        let table = programs.table(kind, rows, columns)?;
        let share = differing(programs, &table)?;
        ensure!(
            share <= TIED,
            "ours and scikit-survival's trees differ for {share} of the rows"
        );
        largest = largest.max(share);
    }
    Ok(format!(
        "Before timing, trees over all rows and columns of 2,000 rows, with and without tied times, were held against scikit-survival's: the risks agree within 1e-8 but for {:.1} % of the rows, whose last cut parts the rows alike by two columns.",
        largest * 100.0
    ))
}

/// The share of rows whose risks differ.
fn differing(programs: &Programs, table: &Made) -> anyhow::Result<f64> {
    let columns = table.columns.to_string();
    let options = ["1", &*columns, LEAST, "everyone"];
    let found = |name, who| programs.entry(name, &who, table, &options).found();
    let ours = found("ours", Who::Ours("forest"))?;
    let theirs = found("theirs", Who::Script("forest.py"))?;
    ensure!(ours.len() == theirs.len(), "answers of different length");
    let mut differ = 0_u32;
    for (ours, theirs) in ours.iter().zip(&theirs) {
        let is_close = difference(&[*ours], &[*theirs])? <= 1e-8;
        differ += u32::from(!is_close);
    }
    Ok(f64::from(differ) / ours.len() as f64)
}
