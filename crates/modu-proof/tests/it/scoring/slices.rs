//! Slices: the intersections of protected groups.

use modu_kernel::{InputsInMemory, NoProgress, Outcome};
use modu_proof::need::{Cut, MemberRule, Need, Over};
use modu_proof::report::{NotMeasuredReason, OwnerReport, Verdict};
use modu_proof::score::SCORE;
use proptest::prelude::*;

use super::{report, run, solution};
use crate::world::{self, ByIncome, need_with};

/// The need with a slice of sex by age, and its false-alarm criterion over it.
fn sliced(more: &str) -> String {
    let slice = format!(
        "[[slices]]\nid = \"sex-age\"\nname = {{ ko = \"성별과 나이\", en = \"Sex and age\" }}\ngroups = [\"sex\", \"age\"]\n{more}\n[statistics]"
    );
    need_with("[statistics]", &slice).replace("over = \"each:sex\"", "over = \"each:sex-age\"")
}

fn judged(need: &str, data: &str) -> Outcome {
    run(need, &world::inputs(need, data.as_bytes()), &["first"])
}

/// The members of age are cut so that hardly anybody is old.
fn with_few_old(need: &str) -> String {
    let cut = need
        .replace("below = 40, ko", "below = 68, ko")
        .replace("from = 40, ko", "from = 68, ko");
    assert_ne!(cut, need);
    cut
}

#[test]
fn a_slice_crosses_every_member_with_every_other() {
    let need = Need::parse(sliced("").as_bytes()).unwrap();
    assert_eq!(need.groups.len(), 3, "two groups and the slice");
    let slice = &need.groups[2];
    assert_eq!(slice.cut, Cut::Groups(vec![0, 1]));
    let ids: Vec<_> = slice.members.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["women.young", "women.old", "men.young", "men.old"]);
    assert_eq!(slice.members[1].name.ko, "여성 · 40세 이상");
    assert_eq!(slice.members[2].rule, MemberRule::Members(vec![1, 0]));
    assert_eq!(need.criteria[1].over, Over::Each(2));
    assert_eq!(need.over_text(need.criteria[1].over), "each:sex-age");
}

#[test]
fn a_slice_that_crosses_nothing_is_refused_with_its_key() {
    let groups = "groups = [\"sex\", \"age\"]";
    let good = sliced("");
    for (bad, key) in [
        (
            good.replace(groups, "groups = [\"sex\"]"),
            "slices[0].groups",
        ),
        (
            good.replace(groups, "groups = [\"sex\", \"sex\"]"),
            "slices[0].groups",
        ),
        (
            good.replace(groups, "groups = [\"sex\", \"shoe\"]"),
            "slices[0].groups",
        ),
        (
            good.replace("id = \"sex-age\"", "id = \"sex\""),
            "slices[0].id",
        ),
        (sliced("small = \"drop\""), "`drop`"),
        (sliced("smal = \"report\""), "smal"),
    ] {
        let error = Need::parse(bad.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(key), "{error}");
    }
}

#[test]
fn every_intersection_is_judged_for_itself() {
    let need = sliced("");
    let report = report(&judged(&need, &world::data_csv()));
    let criterion = &solution(&report, "first").criteria[1];
    assert_eq!(criterion.parts.len(), 4);
    assert_eq!(criterion.parts[3].member.as_deref(), Some("men.old"));
    let rows: u64 = report.data.groups[2].members.iter().map(|it| it.rows).sum();
    assert_eq!(rows + report.data.groups[2].outside, 400);
    // The whole of a group is the sum of its slices, in counts of rows.
    let members = &report.data.groups[2].members;
    assert_eq!(
        members[0].rows + members[1].rows,
        report.data.groups[0].members[0].rows
    );
}

#[test]
fn a_slice_too_small_says_how_small_and_adopts_nothing() {
    let need = with_few_old(&sliced(""));
    let outcome = judged(&need, &world::data_csv());
    let report = report(&outcome);
    let criterion = &solution(&report, "first").criteria[1];
    assert_eq!(criterion.verdict, Verdict::NotEnoughData);
    let small = &criterion.parts[1];
    assert_eq!(small.verdict, Verdict::NotEnoughData);
    let rows = report.data.groups[2].members[1].rows;
    assert!(rows < 40);
    assert_eq!(
        small.reason.en,
        format!("{rows} rows, fewer than the minimum of 40")
    );
    assert!(outcome.findings.iter().any(|finding| {
        finding.code == "group.small" && format!("{finding:?}").contains("women.old")
    }));
}

#[test]
fn a_small_slice_that_is_only_reported_leaves_the_decision_to_the_others() {
    let need = with_few_old(&sliced("small = \"report\""));
    let report = report(&judged(&need, &world::data_csv()));
    let criterion = &solution(&report, "first").criteria[1];
    assert_eq!(criterion.parts.len(), 4, "none is dropped");
    assert_eq!(criterion.parts[1].verdict, Verdict::NotEnoughData);
    assert!(
        criterion.parts[1]
            .reason
            .en
            .contains("reported and not judged"),
        "{}",
        criterion.parts[1].reason.en
    );
    let large = [&criterion.parts[0], &criterion.parts[2]];
    let worst = large.iter().map(|part| part.verdict).max().unwrap();
    assert_eq!(criterion.verdict, worst);
    assert_eq!(worst, Verdict::Met, "{}", criterion.reason.en);
    // Over two members that count, each miss is proven at half the error.
    let confidence = criterion.parts[0].favourable.confidence.get();
    assert!((confidence - 0.95).abs() < 1e-12);
}

#[test]
fn where_every_slice_is_small_nothing_is_excused() {
    let need = sliced("small = \"report\"").replace("minimum_group = 40", "minimum_group = 390");
    let report = report(&judged(&need, &world::data_csv()));
    let criterion = &solution(&report, "first").criteria[1];
    assert_eq!(criterion.verdict, Verdict::NotEnoughData);
}

#[test]
fn a_solution_cannot_make_a_slice_small_by_what_it_selects() {
    let need = sliced("small = \"report\"")
        .replace(
            "metric = \"false_alarm_rate\"\nover = \"each:sex-age\"\ndirection = \"at_most\"",
            "metric = \"precision\"\nover = \"each:sex-age\"\ndirection = \"at_least\"",
        )
        .replace("minimum_group = 40", "minimum_group = 10");
    // Nobody of an income above 60 is selected: a handful in each slice.
    #[derive(Clone)]
    struct Few;
    impl modu_proof::evaluate::Evaluate for Few {
        fn evaluate(
            &mut self,
            batch: &modu_proof::evaluate::FeatureBatch,
        ) -> Result<modu_proof::evaluate::Scores, modu_proof::evaluate::EvaluateError> {
            let modu_proof::evaluate::FeatureValues::Float32(values) = &batch.tensors[0].values
            else {
                panic!("the first input is float32");
            };
            let rows = values.chunks_exact(batch.tensors[0].width);
            Ok(modu_proof::evaluate::Scores {
                rows: batch.rows,
                width: 1,
                values: rows
                    .map(|row| if row[1] < 60.0 { 0.9 } else { 0.1 })
                    .collect(),
            })
        }
    }
    let data = world::data_csv();
    let inputs = InputsInMemory::new()
        .with("need", need.as_str())
        .with("dataset", data.as_bytes())
        .with("solution/first", world::solution_named("first"))
        .with(
            "predictions/first",
            world::predictions(&need, data.as_bytes(), "first", Few),
        );
    let outcome = (SCORE.run)(&world::request(&need, &["first"]), &inputs, &NoProgress).unwrap();
    let report: OwnerReport = serde_json::from_value(outcome.report).unwrap();
    let criterion = &solution(&report, "first").criteria[1];
    assert_eq!(
        criterion.verdict,
        Verdict::NotEnoughData,
        "{}",
        criterion.reason.en
    );
    assert!(criterion.parts.iter().any(|part| matches!(
        part.measurement,
        modu_proof::report::Measurement::NotMeasured {
            reason: NotMeasuredReason::FewSelected { .. }
        }
    )));
}

#[test]
fn a_gap_over_a_slice_is_taken_over_all_intersections() {
    let need = sliced("").replace("over = \"gap:age\"", "over = \"gap:sex-age\"");
    let report = report(&judged(&need, &world::data_csv()));
    let first = solution(&report, "first");
    let values: Vec<f64> = first.criteria[1]
        .parts
        .iter()
        .map(|part| part.measurement.value().unwrap().get())
        .collect();
    let largest = values.iter().copied().fold(f64::MIN, f64::max);
    let smallest = values.iter().copied().fold(f64::MAX, f64::min);
    let gap = first.criteria[2].parts[0]
        .measurement
        .value()
        .unwrap()
        .get();
    assert!((gap - (largest - smallest)).abs() < 1e-12);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// However the ages are cut, each row is in one slice or outside.
    #[test]
    fn slices_share_no_row_and_lose_none(young in 21_u32..60, old in 0_u32..20) {
        let need = sliced("")
            .replace("below = 40, ko", &format!("below = {young}, ko"))
            .replace("from = 40, ko", &format!("from = {}, ko", young + old));
        let data = world::data_csv();
        let inputs = InputsInMemory::new()
            .with("need", need.as_str())
            .with("dataset", data.as_bytes())
            .with("solution/first", world::solution_named("first"))
            .with("predictions/first", world::predictions(&need, data.as_bytes(), "first", ByIncome));
        let report = report(&run(&need, &inputs, &["first"]));
        let groups = &report.data.groups;
        let inside: u64 = groups[2].members.iter().map(|it| it.rows).sum();
        prop_assert_eq!(inside + groups[2].outside, 400);
        prop_assert_eq!(groups[2].outside, groups[1].outside);
        for (sex, member) in groups[0].members.iter().enumerate() {
            let crossed: u64 = groups[2].members[2 * sex..2 * sex + 2].iter().map(|it| it.rows).sum();
            prop_assert!(crossed <= member.rows);
        }
    }
}
