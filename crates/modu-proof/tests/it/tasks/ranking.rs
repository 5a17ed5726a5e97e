//! Ordering the rows of each query.

use modu_proof::need::Metric;
use modu_proof::report::{DecisionAnswer, NotMeasuredReason, Verdict};

use super::{Rule, assert_section, find, run, value};
use crate::world::Stream;

pub(super) const NEED: &str = r#"
schema = "modu.proof.need/1"
id = "answers"
task = "ranking"
question = { ko = "맞는 답변을 앞에 보이는가?", en = "Are the right answers shown first?" }
unit = { ko = "질의 하나의 답변 하나", en = "one answer to one query" }

[label]
column = "relevance"
query = "query"

[incumbent]
solution = "old"

[[columns]]
name = "query"
type = "text"
role = "query"

[[columns]]
name = "x"
type = "number"
role = "feature"

[[columns]]
name = "relevance"
type = "code"
codes = 3
role = "label"

[statistics]
replicates = 400
seed = "7"
confidence = 0.9
minimum_group = 50
minimum_positives = 10
cutoff = 3

[[criteria]]
id = "gain"
metric = "ndcg"
over = "all"
direction = "at_least"
threshold = 0.8
margin = 0.05
why = { ko = "사람들은 앞의 셋만 본다.", en = "People look at the first three." }
"#;

/// 100 queries of six answers; `x` tells the relevance with some noise.
pub(super) fn data() -> String {
    let mut stream = Stream(3);
    let mut text = String::from("query,x,relevance\n");
    for query in 0..100 {
        for _ in 0..6 {
            let relevance = stream.below(3);
            let x = relevance as f64 + stream.below(100) as f64 / 80.0;
            text.push_str(&format!("\"질의 {query}\",{x},{relevance}\n"));
        }
    }
    text
}

const RISING: Rule = |x| vec![x];
const FALLING: Rule = |x| vec![-x];

/// NDCG of the first three places by hand; the scores have no ties.
fn ndcg(data: &str) -> f64 {
    let rows: Vec<(String, f64, f64)> = data
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            #[expect(clippy::cast_possible_truncation, reason = "as a solution is given it")]
            let score = cells[1].parse::<f64>().unwrap() as f32;
            (
                cells[0].to_owned(),
                f64::from(score),
                cells[2].parse().unwrap(),
            )
        })
        .collect();
    let gain = |relevance: &[f64]| -> f64 {
        let places = relevance.iter().take(3).zip(2_u32..);
        places
            .map(|(gain, place)| gain / f64::from(place).log2())
            .sum()
    };
    let (mut sum, mut queries) = (0.0, 0.0);
    for rows in rows.chunk_by(|one, next| one.0 == next.0) {
        let mut rows = rows.to_vec();
        rows.sort_by(|one, next| next.1.total_cmp(&one.1));
        let found: Vec<f64> = rows.iter().map(|row| row.2).collect();
        let mut ideal = found.clone();
        ideal.sort_by(|one, next| next.total_cmp(one));
        if gain(&ideal) > 0.0 {
            sum += gain(&found) / gain(&ideal);
            queries += 1.0;
        }
    }
    sum / queries
}

#[test]
fn a_ranking_is_measured_by_the_places_of_each_query_and_judged_by_whole_queries() {
    let data = data();
    let report = run(NEED, &data, &[("new", RISING), ("old", FALLING)]);
    let measures = &report.solutions[0].measures;
    let found = value(&measures.overall, Metric::Ndcg);
    let expected = ndcg(&data);
    // Scores may tie in single precision; a tie counts by its expectation.
    assert!((found - expected).abs() < 5e-3, "{found} is not {expected}");
    assert_eq!(report.data.clusters, Some(100));
    assert_eq!(report.solutions[0].decision.answer, DecisionAnswer::Adopt);
    assert_eq!(report.need.cutoff, Some(3));

    let places = measures.places.as_ref().unwrap();
    let cutoffs: Vec<u32> = places.iter().map(|point| point.cutoff).collect();
    assert_eq!(cutoffs, [1, 2, 3, 5]);
    assert_eq!(places[2].ndcg.get(), found);
    assert!(places.windows(2).all(|two| two[0].recall <= two[1].recall));
    assert_section(&report, "places");
}

#[test]
fn too_few_queries_are_not_enough_data_however_many_their_rows() {
    let need = NEED.replace("minimum_group = 50", "minimum_group = 101");
    let report = run(&need, &data(), &[("new", RISING), ("old", FALLING)]);
    let solution = &report.solutions[0];
    assert_eq!(solution.criteria[0].verdict, Verdict::NotEnoughData);
    let Some(reason) = (match find(&solution.measures.overall, Metric::Ndcg) {
        modu_proof::report::Measurement::NotMeasured { reason } => Some(*reason),
        modu_proof::report::Measurement::Measured { .. } => None,
    }) else {
        panic!("it is not measured");
    };
    let expected = NotMeasuredReason::FewClusters {
        clusters: 100,
        minimum: 101,
    };
    assert_eq!(reason, expected);
}
