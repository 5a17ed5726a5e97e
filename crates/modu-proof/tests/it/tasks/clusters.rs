//! Several rows of one person.

use modu_proof::need::Metric;
use modu_proof::report::{DecisionAnswer, OwnerReport};

use super::{find, run};
use crate::world::Stream;

const NEED: &str = r#"
schema = "modu.proof.need/1"
id = "visits"
task = "binary"
question = { ko = "다시 올 사람을 아는가?", en = "Are those who come again known?" }
unit = { ko = "방문 한 번", en = "one visit" }

[unit_of_independence]
column = "person"

[label]
column = "again"
positive = 1
classes = [ { code = 0, ko = "아니오", en = "No" }, { code = 1, ko = "예", en = "Yes" } ]

[decision]
threshold = 0.5

[[columns]]
name = "person"
type = "text"
role = "cluster"

[[columns]]
name = "x"
type = "number"
role = "feature"

[[columns]]
name = "again"
type = "code"
codes = 2
role = "label"

[statistics]
replicates = 400
seed = "7"
confidence = 0.9
minimum_group = 40
minimum_positives = 10

[[criteria]]
id = "right"
metric = "accuracy"
over = "all"
direction = "at_least"
threshold = 0.6
why = { ko = "동전보다 낫다.", en = "Better than a coin." }
"#;

/// 60 persons of 20 visits each; a solution is right for most persons and
/// wrong for the others, in all of their visits.
fn data() -> String {
    let mut stream = Stream(9);
    let mut text = String::from("person,x,again\n");
    for person in 0..60 {
        let right = stream.below(4) > 0;
        for _ in 0..20 {
            let again = stream.below(2);
            let x = if right { again } else { 1 - again };
            text.push_str(&format!("p{person},{x},{again}\n"));
        }
    }
    text
}

fn rowwise() -> String {
    NEED.replace("[unit_of_independence]\ncolumn = \"person\"\n", "")
        .replace("role = \"cluster\"", "role = \"ignored\"")
}

fn width(report: &OwnerReport) -> f64 {
    let measures = &report.solutions[0].measures.overall;
    let interval = find(measures, Metric::Accuracy).interval().unwrap();
    interval.upper.get() - interval.lower.get()
}

#[test]
fn rows_of_one_person_are_drawn_together_and_widen_the_interval() {
    let data = data();
    let together = run(NEED, &data, &[("one", |x| vec![x])]);
    let apart = run(&rowwise(), &data, &[("one", |x| vec![x])]);
    // Twenty like rows of a person carry about one row's worth each: the
    // interval is some sqrt(20) times wider.
    let ratio = width(&together) / width(&apart);
    assert!((3.0..6.0).contains(&ratio), "{ratio}");
    assert_eq!(together.data.clusters, Some(60));
    assert_eq!(together.need.cluster.as_deref(), Some("person"));
    assert_eq!(apart.data.clusters, None);
    assert_eq!(together.solutions[0].decision.answer, DecisionAnswer::Adopt);
}

#[test]
fn a_minimum_size_is_in_persons_where_rows_belong_to_persons() {
    let need = NEED.replace("minimum_group = 40", "minimum_group = 61");
    let report = run(&need, &data(), &[("one", |x| vec![x])]);
    assert_eq!(
        report.solutions[0].decision.answer,
        DecisionAnswer::NotEnoughData
    );
    let report = run(
        &rowwise().replace("minimum_group = 40", "minimum_group = 61"),
        &data(),
        &[("one", |x| vec![x])],
    );
    assert_eq!(report.solutions[0].decision.answer, DecisionAnswer::Adopt);
}

#[test]
fn a_slice_is_too_small_by_its_persons_whatever_its_rows() {
    let group = "[[groups]]\nid = \"x\"\ncolumn = \"x\"\nname = { ko = \"가\", en = \"X\" }\nmembers = [ { id = \"low\", below = 0.5, ko = \"낮음\", en = \"Low\" }, { id = \"high\", from = 0.5, ko = \"높음\", en = \"High\" } ]\n[statistics]";
    let need = NEED.replace("[statistics]", group);
    let scan = |need: &str| run(need, &data(), &[("one", |x| vec![x])]).scan.unwrap();
    assert!(scan(&need).small.is_empty());
    let small = scan(&need.replace("minimum_group = 40", "minimum_group = 61")).small;
    let found: Vec<_> = small.iter().map(|slice| slice.clusters).collect();
    assert_eq!(found, [Some(60), Some(60)]);
    assert!(small.iter().all(|slice| slice.rows > 500));
}

#[test]
fn the_order_of_the_rows_changes_no_interval_of_clusters() {
    let data = data();
    let mut lines: Vec<&str> = data.lines().collect();
    lines[1..].reverse();
    let reversed = lines.join("\n");
    let (one, other) = (
        run(NEED, &data, &[("one", |x| vec![x])]),
        run(NEED, &reversed, &[("one", |x| vec![x])]),
    );
    assert_eq!(
        one.solutions[0].measures.overall,
        other.solutions[0].measures.overall
    );
}
