//! A canary in the data: values that stand nowhere else are planted in a
//! number, a text and a column that is not read. After runs that succeed and
//! runs that a hostile model makes fail by them, they are in no output, log,
//! error or temporary file, but in the data itself, its artifact in the
//! owner's store, and the owner's own report.

use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{Office, Said, text};

pub(crate) const NUMBER: &str = "7719853";
pub(crate) const TEXT: &str = "카나리아-8271";
pub(crate) const UNREAD: &str = "memo-canary-5566";
/// The first code point of the text, as a model sees it.
const CODE_POINT: &str = "52852";

pub(crate) const NEED: &str = r#"
schema = "modu.proof.need/1"
id = "canary"
task = "binary"
question = { ko = "새는 값이 있는가?", en = "Does a value leak?" }
unit = { ko = "한 행", en = "one row" }

[label]
column = "truth"
positive = 1
classes = [ { code = 0, ko = "아니오", en = "No" }, { code = 1, ko = "예", en = "Yes" } ]

[decision]
threshold = 0.5

[[columns]]
name = "amount"
type = "integer"
role = "feature"

[[columns]]
name = "note"
type = "text"
role = "feature"

[[columns]]
name = "truth"
type = "integer"
role = "label"

[[columns]]
name = "memo"
type = "text"
role = "ignored"

[statistics]
replicates = 200
seed = "7"
confidence = 0.9
minimum_group = 10
minimum_positives = 5

[[criteria]]
id = "accuracy"
metric = "accuracy"
over = "all"
direction = "at_least"
threshold = 0.4
why = { ko = "동전보다 나아야 한다.", en = "Better than a coin." }
"#;

pub(crate) fn solution(id: &str, inputs: &str) -> String {
    format!(
        r#"
schema = "modu.proof.solution/1"
id = "{id}"
name = {{ ko = "새", en = "A bird" }}
supplier = {{ ko = "새장", en = "A cage" }}
version = "1"
model = "model.onnx"

[output]
scores = "probabilities"

{inputs}
"#
    )
}

/// Scores by amount and note.
pub(crate) const HONEST: &str = r#"
[[inputs]]
name = "features"
type = "float32"

[[inputs.columns]]
column = "amount"
prepare = "scale"
mean = 50.0
deviation = 1000000.0

[[inputs.columns]]
column = "note"
prepare = "code_points"
length = 2
"#;

/// Takes an amount, or a code point, for the number of a row of a table.
const HOSTILE: [(&str, &str); 2] = [
    (
        "amounts",
        r#"
[[inputs]]
name = "features"
type = "int64"

[[inputs.columns]]
column = "amount"
prepare = "pass"
"#,
    ),
    (
        "letters",
        r#"
[[inputs]]
name = "features"
type = "int64"

[[inputs.columns]]
column = "note"
prepare = "code_points"
length = 2
"#,
    ),
];

pub(crate) fn data() -> String {
    let mut table = "amount,note,truth,memo\n".to_owned();
    for row in 0..120 {
        table.push_str(&format!("{},{},{},m\n", row % 100, row % 7, row % 2));
    }
    table.push_str(&format!("{NUMBER},{TEXT},1,{UNREAD}\n"));
    table
}

/// A field of a Protocol Buffers message: bytes, or a small number.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    assert!(content.len() < 1 << 14);
    let length = [content.len() as u8 | 0x80, (content.len() >> 7) as u8];
    [&[number << 3 | 2], &length[..], content].concat()
}

fn int(number: u8, value: u8) -> Vec<u8> {
    vec![number << 3, value]
}

/// An ONNX model of one operator over `features` and a table of ones, with a
/// softmax behind it (numbers of onnx.proto).
pub(crate) fn model(operator: &str, inputs: [&str; 2], element: u8, width: u8) -> Vec<u8> {
    let node = |operator: &str, inputs: &[&str], output: &str| {
        let named: Vec<u8> = inputs
            .iter()
            .flat_map(|input| field(1, input.as_bytes()))
            .collect();
        let rest = [field(2, output.as_bytes()), field(4, operator.as_bytes())].concat();
        field(1, &[named, rest].concat())
    };
    let ones: Vec<u8> = (0..width * 2).flat_map(|_| 1_f32.to_le_bytes()).collect();
    let table = [
        field(1, &[width, 2]),
        int(2, 1),
        field(8, b"table"),
        field(9, &ones),
    ];
    let port = |name: &str, element: u8, width: u8| {
        let shape = [field(1, &field(2, b"N")), field(1, &int(1, width))].concat();
        let tensor = [int(1, element), field(2, &shape)].concat();
        [field(1, name.as_bytes()), field(2, &field(1, &tensor))].concat()
    };
    let graph = [
        node(operator, &inputs, "logits"),
        node("Softmax", &["logits"], "probabilities"),
        field(5, &table.concat()),
        field(11, &port("features", element, width)),
        field(12, &port("probabilities", 1, 2)),
    ];
    let operators = [field(1, b""), int(2, 17)].concat();
    [int(1, 8), field(7, &graph.concat()), field(8, &operators)].concat()
}

fn submit(office: &Office, id: &str, inputs: &str, model: &[u8]) -> PathBuf {
    let folder = office.path(id);
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("solution.toml"), solution(id, inputs)).unwrap();
    fs::write(folder.join("model.onnx"), model).unwrap();
    folder
}

fn run(office: &Office, data: &Path, solution: &Path) -> Said {
    let need = office.path("need.toml");
    office.modu(&[
        "proof",
        "run",
        text(&need),
        "--data",
        text(data),
        "--solution",
        text(solution),
        "--out",
        text(&office.path("out")),
    ])
}

/// No canary in what was said.
fn silent(said: &Said) {
    for canary in [NUMBER, TEXT, UNREAD, CODE_POINT] {
        for text in [&said.out, &said.err] {
            assert!(!text.contains(canary), "{canary}: {text}");
        }
    }
}

/// The files under a folder that hold a canary.
fn holders(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            holders(&path, found);
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let holds = |canary: &str| {
            bytes
                .windows(canary.len())
                .any(|window| window == canary.as_bytes())
        };
        if [NUMBER, TEXT, UNREAD].into_iter().any(holds) {
            found.push(path);
        }
    }
}

#[test]
fn a_canary_in_the_data_is_in_no_output_log_error_or_temporary_file() {
    let office = Office::with_kit();
    fs::write(office.path("need.toml"), NEED).unwrap();
    fs::write(office.path("data.csv"), data()).unwrap();
    office
        .modu(&["proof", "register", text(&office.path("need.toml"))])
        .expect_code(0);
    let (good, bad) = (office.path("data.csv"), office.path("bad.csv"));

    // Models that fail by the canary: the child's words name it, and are
    // withheld.
    for (id, inputs) in HOSTILE {
        let width = if id == "amounts" { 1 } else { 2 };
        let model = model("Gather", ["table", "features"], 7, width);
        let folder = submit(&office, id, inputs, &model);
        let said = run(&office, &good, &folder).expect_code(2);
        assert!(said.err.contains("its words are withheld"), "{}", said.err);
        silent(&said);
    }
    // A table that is wrong where the canary stands.
    let honest = model("MatMul", ["features", "table"], 1, 3);
    let folder = submit(&office, "honest", HONEST, &honest);
    for (wrong, right) in [
        (format!("{NUMBER},{TEXT},{NUMBER},x"), "label"),
        (format!("{TEXT},{TEXT},1,x"), "number"),
        (format!("1,{TEXT},{NUMBER}.5,x"), "label"),
        (format!("1,{TEXT},1,{UNREAD},{NUMBER}"), "width"),
    ] {
        fs::write(&bad, format!("{}{wrong}\n", data())).unwrap();
        let said = run(&office, &bad, &folder).expect_code(2);
        assert!(!said.err.is_empty(), "{right}");
        silent(&said);
    }
    fs::remove_file(bad).unwrap();

    // And a run that succeeds.
    let said = run(&office, &good, &folder);
    assert!(said.code <= 1, "{}", said.err);
    silent(&said);
    let (_, log) = office.ask(&["evidence", "log"]);
    let size: u64 = log["size"].as_str().unwrap().parse().unwrap();
    assert!(size >= 4, "{log}");
    for index in 0..size {
        let index = index.to_string();
        silent(&office.modu(&["evidence", "show", &index]));
        silent(&office.modu(&["--json", "evidence", "show", &index]));
        let into = office.path(&format!("bundle-{index}"));
        silent(&office.modu(&["evidence", "export", &index, "--into", text(&into)]));
    }
    silent(&office.modu(&["evidence", "replay"]).expect_code(0));

    let mut found = Vec::new();
    holders(&office.path(""), &mut found);
    let elsewhere = |path: &&PathBuf| {
        let owners_report = path.parent() == Some(&office.path("out"))
            && path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("owner"));
        **path != good && !path.starts_with(office.path("home/store")) && !owners_report
    };
    let leaks: Vec<_> = found.iter().filter(elsewhere).collect();
    assert!(leaks.is_empty(), "{leaks:?}");
    // The search finds what is there: the data and its artifact.
    assert!(found.contains(&good));
    assert!(
        found
            .iter()
            .any(|path| path.starts_with(office.path("home/store")))
    );
}
