//! Needs: whoever is given a need can begin to work by it.

use std::io::Cursor;

use modu_proof::dataset::{Dataset, Limits};
use modu_proof::kit;
use modu_proof::need::{ColumnRole, Need};
use modu_proof::preparation::Features;
use modu_proof::solution::Solution;

use crate::Target;

/// `need.toml`.
pub const TARGET: Target = Target {
    name: "need",
    law,
    seeds,
    mutate: None,
};

/// - Refusals tell a reason.
/// - A need that is read gives a kit whose sample can be read by it, and whose
///   `solution.toml` is a solution for it.
pub fn law(bytes: &[u8]) {
    let need = match Need::parse(bytes) {
        Ok(need) => need,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert_eq!(Need::parse(bytes).as_ref().ok(), Some(&need));
    // A kit of a wide need is as wide as 200 rows of it: too slow here.
    let numbers: usize = need
        .columns
        .iter()
        .map(|it| it.codes.unwrap_or(1).min(256) as usize)
        .sum();
    if need.columns.len() > 32 || numbers > 4096 {
        return;
    }
    let files = kit::files(&need, bytes, 1);
    let file = |name: &str| {
        let file = files.iter().find(|file| file.name == name);
        file.expect("a kit has it").bytes.clone()
    };
    let read = Dataset::read(
        &mut Cursor::new(file("sample.csv")),
        &need,
        &Limits::default(),
    );
    let sample = read.expect("a kit's sample is read by its need");
    assert_eq!(sample.rows(), kit::SAMPLE_ROWS);
    if need.columns.iter().any(|it| it.role == ColumnRole::Feature) {
        let solution = Solution::parse(&file("solution.toml")).expect("a kit's solution is read");
        let features = Features::bind(&solution, &need).expect("a kit's solution fits its need");
        assert_eq!(features.batch(&sample, 0, 2).rows, 2);
    }
}

/// The demonstrations' needs, and small ones of every task.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let demonstrations = [
        include_str!("../../../demo/need.toml"),
        include_str!("../../../demo/utterances/need.toml"),
    ];
    let tasks = [REGRESSION, RANKING];
    let all = demonstrations
        .into_iter()
        .chain([crate::table::NEED])
        .chain(tasks);
    all.map(|text| text.as_bytes().to_vec()).collect()
}

const REGRESSION: &str = r#"
schema = "modu.proof.need/1"
id = "wait"
task = "regression"
question = { ko = "며칠?", en = "How many days?" }
unit = { ko = "신청", en = "application" }
[label]
column = "days"
[[columns]]
name = "pages"
type = "integer"
role = "feature"
[[columns]]
name = "days"
type = "number"
role = "label"
[statistics]
replicates = 100
seed = "1"
confidence = 0.9
minimum_group = 10
minimum_positives = 5
quantile = 0.9
[[criteria]]
id = "error"
metric = "mean_absolute_error"
over = "all"
direction = "at_most"
threshold = 3.0
why = { ko = "까닭", en = "cause" }
"#;

const RANKING: &str = r#"
schema = "modu.proof.need/1"
id = "search"
task = "ranking"
question = { ko = "찾는가?", en = "Found?" }
unit = { ko = "문서", en = "document" }
[label]
column = "grade"
query = "query"
[incumbent]
solution = "old"
[[columns]]
name = "query"
type = "text"
role = "query"
[[columns]]
name = "words"
type = "number"
role = "feature"
[[columns]]
name = "grade"
type = "code"
codes = 3
role = "label"
[statistics]
replicates = 100
seed = "1"
confidence = 0.9
minimum_group = 10
minimum_positives = 5
cutoff = 5
[[criteria]]
id = "order"
metric = "ndcg"
over = "all"
direction = "at_least"
threshold = 0.5
why = { ko = "까닭", en = "cause" }
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_is_a_need() {
        for seed in seeds() {
            Need::parse(&seed).unwrap();
        }
    }
}
