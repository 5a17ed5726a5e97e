//! Each class of several against the rest, and shares of 0 and 1.

use modu_proof::need::Metric;
use modu_proof::report::{Measurement, Verdict};
use modu_statistics::{Share, clopper_pearson, wilson};

use super::{Rule, assert_close, assert_section, find, run, value};
use crate::world::Stream;

pub(super) const NEED: &str = r#"
schema = "modu.proof.need/1"
id = "routing"
task = "multiclass"
question = { ko = "민원을 맞는 곳에 보내는가?", en = "Do complaints go to the right office?" }
unit = { ko = "민원 한 건", en = "one complaint" }

[label]
column = "office"
classes = [ { code = 10, ko = "도로", en = "Roads" }, { code = 20, ko = "상수도", en = "Water" }, { code = 30, ko = "공원", en = "Parks" } ]

[[columns]]
name = "x"
type = "number"
role = "feature"

[[columns]]
name = "office"
type = "integer"
role = "label"

[[columns]]
name = "sex"
type = "code"
codes = 2
role = "group"

[[groups]]
id = "sex"
column = "sex"
name = { ko = "성별", en = "Sex" }
members = [ { id = "women", code = 0, ko = "여성", en = "Women" }, { id = "men", code = 1, ko = "남성", en = "Men" } ]

[statistics]
replicates = 400
seed = "7"
confidence = 0.9
minimum_group = 40
minimum_positives = 10

[[criteria]]
id = "water"
metric = "recall"
class = 20
over = "each:sex"
direction = "at_least"
threshold = 0.5
why = { ko = "물은 급하다.", en = "Water is urgent." }

[[criteria]]
id = "every-office"
metric = "precision"
over = "each_class"
direction = "at_least"
threshold = 0.6
why = { ko = "어느 부서에도 엉뚱한 것을 보내지 않는다.", en = "No office gets what is not its own." }
"#;

/// 600 complaints; `x` is the class index, wrong in a fifth of those about
/// water and in half of those about parks. None about roads is wrong.
fn data() -> String {
    let mut stream = Stream(21);
    let mut text = String::from("x,office,sex\n");
    for row in 0..600 {
        let class = row % 3;
        let x = match class {
            1 if stream.below(5) == 0 => 2,
            2 if stream.below(2) == 0 => 1,
            other => other,
        };
        text.push_str(&format!("{x},{},{}\n", 10 * (class + 1), stream.below(2)));
    }
    text
}

const DECIDES: Rule = |x| {
    (0..3_u8)
        .map(|class| f32::from(u8::from(x == f32::from(class))))
        .collect()
};

/// Rows of a class decided as another.
fn confusion(data: &str) -> [[f64; 3]; 3] {
    let mut counts = [[0.0; 3]; 3];
    for line in data.lines().skip(1) {
        let cells: Vec<usize> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        counts[cells[1] / 10 - 1][cells[0]] += 1.0;
    }
    counts
}

#[test]
fn every_class_is_measured_against_the_rest_over_all_rows_and_in_each_group() {
    let data = data();
    let report = run(NEED, &data, &[("one", DECIDES)]);
    let measures = &report.solutions[0].measures;
    let counts = confusion(&data);
    for (class, found) in measures.classes.iter().enumerate() {
        let right = counts[class][class];
        let decided: f64 = counts.iter().map(|row| row[class]).sum();
        let rows: f64 = counts[class].iter().sum();
        assert_eq!(found.class.code, 10 * (class as i64 + 1));
        assert_close(value(&found.metrics, Metric::Recall), right / rows);
        assert_close(value(&found.metrics, Metric::Precision), right / decided);
        assert_close(
            value(&found.metrics, Metric::F1),
            2.0 * right / (rows + decided),
        );
        assert_close(
            value(&found.metrics, Metric::FalseAlarmRate),
            (decided - right) / (600.0 - rows),
        );
    }
    let members = &measures.groups[0].members;
    assert!(members.iter().all(|member| member.classes.len() == 3));
    assert_section(&report, "classes");
}

#[test]
fn a_criterion_may_ask_of_one_class_or_of_each() {
    let report = run(NEED, &data(), &[("one", DECIDES)]);
    let [water, every] = &report.solutions[0].criteria[..] else {
        panic!("two criteria");
    };
    assert_eq!(water.verdict, Verdict::Met);
    assert_eq!(water.parts.len(), 2);
    let names: Vec<_> = every
        .parts
        .iter()
        .map(|part| part.name.ko.as_str())
        .collect();
    assert_eq!(names, ["도로", "상수도", "공원"]);
    let verdicts: Vec<_> = every.parts.iter().map(|part| part.verdict).collect();
    assert_eq!(verdicts[0], Verdict::Met);
    assert_eq!(verdicts[2], Verdict::Met);
    assert_ne!(
        verdicts[1],
        Verdict::Met,
        "half of the parks are called water"
    );
    assert_ne!(every.verdict, Verdict::Met);
    assert_eq!(report.need.criteria[0].class, Some(20));
    assert_eq!(
        report.need.criteria[0].metric_name.en,
        "Recall of the class 'Water'"
    );
    assert_eq!(report.need.criteria[1].over, "each_class");
}

#[test]
fn a_criterion_on_each_class_has_a_standing_and_a_scan_of_each() {
    const ROADS: Rule = |_| vec![1.0, 0.0, 0.0];
    let need = NEED.replace("replicates = 400", "replicates = 1000");
    let report = run(&need, &data(), &[("one", DECIDES), ("two", ROADS)]);
    let named = |of: &str| {
        let standings = report.standings.iter();
        standings.filter(|it| it.name.en.contains(of)).count()
    };
    // Of precision that of roads alone: the second decides nothing else.
    assert_eq!(named("Recall of the class 'Water'"), 1);
    assert_eq!(named("Precision of the class 'Roads'"), 1);
    assert_eq!(report.standings.len(), 2);
    let scan = &report.scan.unwrap().solutions[0];
    assert_eq!(
        scan.tests,
        2 * 4,
        "two members, one recall, three precisions"
    );
}

#[test]
fn the_interval_of_a_share_is_the_one_that_the_need_asks_for() {
    let confidence = Share::new(0.9).unwrap();
    let exact = clopper_pearson(200, 200, confidence).unwrap();
    let score = wilson(200, 200, confidence).unwrap();
    for (asked, expected, named) in [
        ("", exact, "0 or 1"),
        (
            "share_interval = \"clopper_pearson\"",
            exact,
            "the exact interval",
        ),
        ("share_interval = \"wilson\"", score, "Wilson's interval"),
    ] {
        let asked = format!("confidence = 0.9\n{asked}");
        let need = NEED.replace("confidence = 0.9", &asked);
        let report = run(&need, &data(), &[("one", DECIDES)]);
        assert!(report.need.statistics.method.en.contains(named));
        let roads = &report.solutions[0].measures.classes[0];
        let Measurement::Measured { value, interval } = find(&roads.metrics, Metric::Recall) else {
            panic!("it is measured");
        };
        assert_eq!(value.get(), 1.0);
        assert_eq!(interval.lower, expected.lower);
        assert!(interval.lower.get() < 0.99);
        assert_eq!(interval.upper.get(), 1.0);
    }
}

#[test]
fn intervals_are_read_as_the_need_asks_and_the_report_says_so() {
    let by = |method: &str| {
        let asked = format!("confidence = 0.9\n{method}");
        run(
            &NEED.replace("confidence = 0.9", &asked),
            &data(),
            &[("one", DECIDES)],
        )
    };
    let width = |report: &modu_proof::report::OwnerReport| {
        let measures = &report.solutions[0].measures.overall;
        let interval = find(measures, Metric::MacroF1).interval().unwrap();
        interval.upper.get() - interval.lower.get()
    };
    let (plain, corrected) = (by("interval = \"percentile\""), by("interval = \"bca\""));
    let (expanded, usual) = (by("interval = \"expanded\""), by(""));
    let says = |report: &modu_proof::report::OwnerReport, what: &str| {
        report.need.statistics.method.en.contains(what)
    };
    assert!(says(&plain, "percentile") && says(&corrected, "(BCa) intervals."));
    assert!(says(&usual, "expanded by the uncertainty"));
    assert_ne!(width(&corrected), width(&plain));
    assert!(width(&expanded) >= width(&corrected));
    assert_eq!(width(&usual), width(&expanded));
}

#[test]
fn of_very_many_classes_groups_are_measured_by_what_criteria_name() {
    const MANY: Rule = |x| {
        let decided = |class: u16| f32::from(u8::from(x == f32::from(class)));
        (0..256_u16).map(decided).collect()
    };
    let more: String = (3..256)
        .map(|class| format!(", {{ code = {class}, ko = \"{class}\", en = \"{class}\" }}"))
        .collect();
    let parks = "{ code = 30, ko = \"공원\", en = \"Parks\" }";
    let need = NEED.replace("over = \"each_class\"", "over = \"all\"\nclass = 10");
    let need = need.replace(
        parks,
        &format!("{parks}{}", more.replace("code = ", "code = 10")),
    );
    let third = "id = \"age\"\ncolumn = \"sex\"\nname = { ko = \"나\", en = \"A\" }\nmembers = [ { id = \"a\", code = 0, ko = \"가\", en = \"a\" }, { id = \"b\", code = 1, ko = \"나\", en = \"b\" } ]";
    let need = need.replace(
        "[statistics]",
        &format!("[[groups]]\n{third}\n[statistics]"),
    );
    let report = run(&need, &data(), &[("one", MANY)]);
    let measures = &report.solutions[0].measures;
    assert_eq!(measures.classes.len(), 256);
    let mut members = measures.groups.iter().flat_map(|group| &group.members);
    assert!(members.all(|member| member.classes.is_empty()));
    assert_eq!(report.solutions[0].criteria[0].verdict, Verdict::Met);
    assert_eq!(report.solutions[0].criteria[0].parts.len(), 2);
}
