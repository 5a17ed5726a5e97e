//! `need.toml` and `solution.toml`: what is accepted, and how each mistake is told.

use modu_proof::need::{Incumbent, MemberRule, Need, Over};
use modu_proof::preparation::Features;
use modu_proof::solution::{Prepare, Solution};
use proptest::prelude::*;

use crate::world::{self, NEED, SOLUTION, need_with};

#[test]
fn the_need_is_read_with_its_references_resolved() {
    let need = world::need();
    assert_eq!(need.columns[need.label.column].name, "truth");
    assert_eq!(need.label.positive, Some(1));
    assert_eq!(need.incumbent, Some(Incumbent::Recorded(5)));
    assert_eq!(need.criteria[1].over, Over::Each(0));
    assert_eq!(need.criteria[2].over, Over::Gap(1));
    let band = MemberRule::Band {
        from: None,
        below: Some(40.0),
    };
    assert_eq!(need.groups[1].members[0].rule, band);
    assert_eq!(need.over_text(need.criteria[2].over), "gap:age");
}

#[test]
fn the_needs_of_the_demonstration_and_its_solutions_are_read() {
    let demo = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo");
    let need = Need::parse(&std::fs::read(demo.join("need.toml")).unwrap()).unwrap();
    for id in ["linear", "forest", "network", "weighted"] {
        let path = demo.join(format!("solutions/{id}/solution.toml"));
        let solution = Solution::parse(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(solution.id, id);
        Features::bind(&solution, &need).unwrap();
    }
}

#[test]
fn text_of_a_need_becomes_nfc() {
    let decomposed = need_with(
        "\"나이\", en = \"Age\" }\n\n",
        "\"\u{1102}\u{1161}\u{110b}\u{1175}\", en = \"Age\" }\n\n",
    );
    let need = Need::parse(decomposed.as_bytes()).unwrap();
    assert_eq!(need.columns[0].label.as_ref().unwrap().ko, "나이");
}

/// A piece of the need, what it becomes, and what the error must say.
const WRONG_NEEDS: [(&str, &str, &str); 54] = [
    (
        "need/1",
        "need/2",
        "key `schema`: `modu.proof.need/2` is not the schema",
    ),
    (
        "id = \"support\"",
        "id = \"Support\"",
        "key `id`: `Support` is not an id",
    ),
    (
        "id = \"support\"",
        "id = \"support\"\nidea = 1",
        "line 4, column 1: unknown field `idea`",
    ),
    (
        "task = \"binary\"",
        "task = \"clustering\"",
        "unknown variant `clustering`",
    ),
    (
        "en = \"one applicant\"",
        "en = \" \"",
        "key `unit.en`: it is empty",
    ),
    (
        "column = \"truth\"",
        "column = \"trust\"",
        "key `label.column`: no column `trust` is declared",
    ),
    (
        "column = \"truth\"",
        "column = \"age\"",
        "key `label.column`: the column `age` does not have the role `label`",
    ),
    (
        "positive = 1",
        "positive = 2",
        "key `label.positive`: 2 is not the code of a class",
    ),
    (
        "positive = 1\n",
        "",
        "key `label.positive`: a binary task must name the class asked about",
    ),
    (
        "{ code = 1, ko",
        "{ code = 0, ko",
        "key `label.classes[1].code`: the code 0 is given twice",
    ),
    (
        "task = \"binary\"",
        "task = \"multiclass\"",
        "key `label.classes`: a multi-class task has at least three classes",
    ),
    (
        "threshold = 0.5\nreview",
        "threshold = nan\nreview",
        "key `decision.threshold`: it is not a finite number",
    ),
    (
        "review_budget = 0.25",
        "review_budget = 1.0",
        "key `decision.review_budget`: it is not between 0 and 1",
    ),
    (
        "review_budget = 0.25",
        "",
        "key `criteria[0].metric`: `recall_at_budget` needs a review budget",
    ),
    (
        "[incumbent]\ncolumn = \"today\"",
        "[incumbent]\ncolumn = \"today\"\nsolution = \"x\"",
        "key `incumbent`: it must name either a column or a solution",
    ),
    (
        "[incumbent]\ncolumn = \"today\"",
        "[incumbent]\ncolumn = \"age\"",
        "key `incumbent.column`: the column `age` does not have the role `incumbent`",
    ),
    (
        "name = \"today\"\ntype = \"integer\"",
        "name = \"today\"\ntype = \"code\"\ncodes = 1",
        "key `incumbent.column`: the class 1 cannot stand in its column: it is not one of the codes 0 to 0",
    ),
    (
        "[incumbent]\ncolumn = \"today\"",
        "",
        "key `criteria[0].margin`: there is no incumbent to improve on",
    ),
    (
        "name = \"income\"",
        "name = \"age\"",
        "key `columns[1].name`: `age` is given twice",
    ),
    (
        "name = \"income\"",
        "name = \" income\"",
        "key `columns[1].name`: there are spaces or a byte order mark around it",
    ),
    (
        "name = \"income\"",
        "name = \"\u{feff}income\"",
        "key `columns[1].name`: there are spaces or a byte order mark around it",
    ),
    (
        "minimum = 0\n",
        "minimum = 121\n",
        "key `columns[0].minimum`: it is above the maximum",
    ),
    (
        "type = \"text\"\nrole = \"feature\"",
        "type = \"text\"\nrole = \"feature\"\nminimum = 1",
        "key `columns[3].minimum`: only columns of type integer or number have a range",
    ),
    (
        "codes = 4\n",
        "",
        "key `columns[2].codes`: a column of type code must say how many",
    ),
    (
        "codes = 4\n",
        "codes = 0\n",
        "key `columns[2].codes`: 0 is not between",
    ),
    (
        "role = \"feature\"\nmissing = 0.0",
        "role = \"feature\"\ncodes = 2",
        "key `columns[1].codes`: only columns of type code have codes",
    ),
    (
        "codes = 4\nrole = \"feature\"",
        "codes = 4\nrole = \"feature\"\nmissing = 4",
        "key `columns[2].missing`: it is not one of the codes 0 to 3",
    ),
    (
        "codes = 2\nrole = \"group\"",
        "codes = 2\nrole = \"group\"\nmissing = 1",
        "key `columns[4].missing`: only features may have missing values",
    ),
    (
        "role = \"ignored\"",
        "role = \"label\"",
        "key `columns[7].role`: a second column has the role `label`",
    ),
    (
        "id = \"sex\"\ncolumn = \"sex\"",
        "id = \"sex\"\ncolumn = \"note\"",
        "key `groups[0].column`: the column `note` cannot form groups",
    ),
    (
        "id = \"sex\"\ncolumn = \"sex\"",
        "id = \"sex\"\ncolumn = \"truth\"",
        "key `groups[0].column`: the column `truth` cannot form groups",
    ),
    (
        "id = \"age\"\ncolumn",
        "id = \"sex\"\ncolumn",
        "key `groups[1].id`: `sex` is given twice",
    ),
    (
        "below = 40, ko",
        "below = 41, ko",
        "key `groups[1].members[1]`: `young` and `old` share values",
    ),
    (
        "id = \"men\", code = 1",
        "id = \"men\", code = 0",
        "key `groups[0].members[1]`: `women` and `men` share values",
    ),
    (
        "id = \"men\", code = 1",
        "id = \"men\", code = 1, from = 2",
        "key `groups[0].members[1]`: it must say which values it takes in, in one way",
    ),
    (
        "from = 40, ko",
        "from = 40, below = 40, ko",
        "key `groups[1].members[1].from`: it is not below `below`",
    ),
    (
        "replicates = 400",
        "replicates = 99",
        "key `statistics.replicates`: 99 is not between 100 and 100000",
    ),
    (
        "confidence = 0.9",
        "confidence = 0.999",
        "key `statistics.replicates`: fewer than five replicates",
    ),
    (
        "seed = \"7\"",
        "seed = \"07\"",
        "key `statistics.seed`: it is not a decimal number",
    ),
    (
        "seed = \"7\"",
        "seed = \"18446744073709551616\"",
        "key `statistics.seed`",
    ),
    (
        "confidence = 0.9",
        "confidence = 1.0",
        "key `statistics.confidence`: it is not between 0.5 and 1",
    ),
    (
        "minimum_group = 40",
        "minimum_group = 0",
        "key `statistics.minimum_group`: it must be at least 1",
    ),
    (
        "over = \"each:sex\"",
        "over = \"each:race\"",
        "key `criteria[1].over`: `each:race` names no rows; write `all`, `each:<group>` or `gap:<group>`; the groups and slices are: sex, age",
    ),
    (
        "direction = \"at_most\"\nthreshold = 0.3\nwhy = { ko = \"괜한",
        "direction = \"at_most\"\nwhy = { ko = \"괜한",
        "key `criteria[1]`: it has neither a threshold nor a margin",
    ),
    (
        "over = \"gap:age\"\ndirection = \"at_most\"",
        "over = \"gap:age\"\ndirection = \"at_least\"",
        "key `criteria[2].direction`: a gap between groups cannot be asked to be large",
    ),
    (
        "threshold = 0.5\nmargin",
        "threshold = 0.0\nmargin",
        "key `criteria[0].threshold`: every solution would meet it",
    ),
    (
        "direction = \"at_most\"\nthreshold = 0.3\nwhy = { ko = \"괜한",
        "direction = \"at_most\"\nthreshold = 1.0\nwhy = { ko = \"괜한",
        "key `criteria[1].threshold`: every solution would meet it",
    ),
    (
        "metric = \"false_alarm_rate\"\nover = \"each:sex\"\ndirection = \"at_most\"\nthreshold = 0.3",
        "metric = \"brier\"\nover = \"all\"\ndirection = \"at_most\"\nthreshold = 1",
        "key `criteria[1].threshold`: every solution would meet it",
    ),
    (
        "over = \"gap:age\"\ndirection = \"at_most\"\nthreshold = 0.3",
        "over = \"gap:age\"\ndirection = \"at_most\"\nthreshold = 1.0",
        "key `criteria[2].threshold`: every solution would meet it",
    ),
    (
        "margin = 0.05",
        "margin = -1.0",
        "key `criteria[0].margin`: a negative margin would let a solution be worse",
    ),
    (
        "margin = 0.05",
        "margin = 1.0",
        "key `criteria[0].margin`: no improvement can be that large",
    ),
    (
        "over = \"gap:age\"\ndirection = \"at_most\"\nthreshold = 0.3",
        "over = \"gap:age\"\ndirection = \"at_most\"\nmargin = 0.01",
        "key `criteria[2].margin`: an improvement of a gap cannot be judged fairly",
    ),
    (
        "threshold = 0.5\nmargin",
        "threshold = 1.5\nmargin",
        "key `criteria[0].threshold`: the measure lies between 0 and 1",
    ),
    (
        "metric = \"recall_at_budget\"",
        "metric = \"roc_auc\"",
        "key `criteria[0].margin`: the recorded decisions of the incumbent have no scores for `roc_auc`",
    ),
];

#[test]
fn every_mistake_in_a_need_is_told_with_its_key_and_a_remedy() {
    for (from, to, expected) in WRONG_NEEDS {
        let found = Need::parse(need_with(from, to).as_bytes())
            .unwrap_err()
            .to_string();
        assert!(
            found.contains(expected),
            "`{from}` -> `{to}`:\n{found}\nexpected\n{expected}"
        );
    }
}

#[test]
fn a_need_that_is_not_a_document_is_refused() {
    let huge = vec![b' '; (1 << 20) + 1];
    for (bytes, expected) in [
        (&b"\xff\xfe"[..], "byte 0: the text is not UTF-8"),
        (&b"schema = "[..], "line 1, column 10"),
        (&b""[..], "missing field"),
        (
            huge.as_slice(),
            "the size of the document in bytes is 1048577",
        ),
    ] {
        let found = Need::parse(bytes).unwrap_err().to_string();
        assert!(found.contains(expected), "{found}");
    }
}

/// A piece of the solution, what it becomes, and what the error must say,
/// when it is parsed or bound to the need.
const WRONG_SOLUTIONS: [(&str, &str, &str); 24] = [
    ("solution/1", "need/1", "key `schema`"),
    ("id = \"first\"", "id = \"\"", "key `id`: `` is not an id"),
    (
        "model = \"first.onnx\"",
        "model = \"../first.onnx\"",
        "key `model`: it is not a plain file name",
    ),
    (
        "model = \"first.onnx\"",
        "model = \"C:first.onnx\"",
        "key `model`: it is not a plain file name",
    ),
    (
        "scores = \"probabilities\"",
        "scores = \"\"",
        "key `output.scores`: it is empty",
    ),
    (
        "type = \"float32\"",
        "type = \"float64\"",
        "unknown variant `float64`",
    ),
    (
        "name = \"text\"",
        "name = \"features\"",
        "key `inputs[1].name`: `features` is given twice",
    ),
    (
        "deviation = 20.0",
        "deviation = 0.0",
        "key `inputs[0].columns[0].deviation`: it is zero",
    ),
    (
        "deviation = 20.0\n",
        "",
        "key `inputs[0].columns[0].deviation`: this preparation needs it",
    ),
    (
        "mean = 40.0",
        "mean = inf",
        "key `inputs[0].columns[0].mean`: it is not a finite number",
    ),
    (
        "deviation = 20.0\n",
        "deviation = 20.0\nbuckets = 2\n",
        "key `inputs[0].columns[0].buckets`: this preparation does not use it",
    ),
    (
        "codes = [0, 1, 2]",
        "codes = [0, 1, 1]",
        "key `inputs[0].columns[2].codes`: it is empty, or lists a code twice",
    ),
    (
        "codes = [0, 1, 2]",
        "codes = []",
        "key `inputs[0].columns[2].codes`: it is empty",
    ),
    (
        "buckets = 5",
        "buckets = 0",
        "key `inputs[1].columns[1].buckets`: 0 is not between 1 and 65536",
    ),
    (
        "length = 3",
        "length = 65537",
        "key `inputs[1].columns[0].length`",
    ),
    (
        "length = 3",
        "length = 65536",
        "the width of `inputs[1]` is 65541, over the limit of 65536",
    ),
    (
        "prepare = \"pass\"",
        "prepare = \"log\"",
        "unknown variant `log`",
    ),
    (
        "column = \"income\"",
        "column = \"wealth\"",
        "key `inputs[0].columns[1].column`: the need declares no column `wealth`",
    ),
    (
        "column = \"income\"",
        "column = \"truth\"",
        "key `inputs[0].columns[1].column`: the column `truth` is not a feature",
    ),
    (
        "column = \"income\"",
        "column = \"sex\"",
        "the column `sex` is not a feature",
    ),
    (
        "column = \"income\"",
        "column = \"today\"",
        "the column `today` is not a feature",
    ),
    (
        "column = \"income\"",
        "column = \"memo\"",
        "the column `memo` is not a feature",
    ),
    (
        "column = \"income\"",
        "column = \"note\"",
        "key `inputs[0].columns[1].prepare`: it does not fit the type of column `note`",
    ),
    (
        "column = \"note\"",
        "column = \"region\"",
        "key `inputs[1].columns[0].prepare`: it does not fit the type of column `region`",
    ),
];

#[test]
fn every_mistake_in_a_solution_is_told_with_its_key() {
    let need = world::need();
    for (from, to, expected) in WRONG_SOLUTIONS {
        assert!(SOLUTION.contains(from), "{from}");
        let text = SOLUTION.replacen(from, to, 1);
        let found = Solution::parse(text.as_bytes())
            .and_then(|solution| Features::bind(&solution, &need).map(|_| ()))
            .unwrap_err()
            .to_string();
        assert!(
            found.contains(expected),
            "`{from}` -> `{to}`:\n{found}\nexpected\n{expected}"
        );
    }
}

#[test]
fn a_solution_states_its_columns_and_widths() {
    let solution = Solution::parse(SOLUTION.as_bytes()).unwrap();
    assert_eq!(solution.columns_used(), ["age", "income", "region", "note"]);
    assert_eq!(solution.inputs[0].width(), 5);
    assert_eq!(solution.inputs[1].width(), 8);
    assert_eq!(
        solution.inputs[1].columns[1].prepare,
        Prepare::Hashed { buckets: 5 }
    );
    let interface = solution.interface(&world::need());
    assert_eq!(interface.classes, 2);
    assert!(interface.inputs[1].integer);
}

proptest! {
    #[test]
    fn a_need_with_any_byte_changed_is_read_or_refused_without_a_panic(
        place in 0..NEED.len(),
        byte: u8,
    ) {
        let mut bytes = NEED.as_bytes().to_vec();
        bytes[place] = byte;
        let _ = Need::parse(&bytes);
    }

    #[test]
    fn a_solution_with_any_byte_changed_is_read_or_refused_without_a_panic(
        place in 0..SOLUTION.len(),
        byte: u8,
    ) {
        let mut bytes = SOLUTION.as_bytes().to_vec();
        bytes[place] = byte;
        let _ = Solution::parse(&bytes);
    }
}
