//! A run is killed between the steps in which it spends of a data set's
//! budget, keeps what it found, decides, and tells.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::program::{Office, demo, text};

/// A step that leaves a trace, and whether the trace is there.
type Step = (&'static str, fn(&Office) -> bool);

/// In the order of a run. The last are the ones between which the log takes
/// the run and its reports are written.
const STEPS: [Step; 6] = [
    ("the data is committed to", |office| {
        files(&office.path("home/openings")) > 0
    }),
    ("predictions are in the store", |office| {
        holds(&office.path("home/store"), b"modu.proof.predictions/1")
    }),
    ("the ledger is in the store", |office| {
        holds(&office.path("home/store"), b"modu.proof.ledger/1")
    }),
    ("the log has new entries", |office| {
        files(&office.path("home/evidence/log/tile/entries")) > 1
    }),
    ("the log's checkpoint covers them", |office| {
        let log = office.path("home/evidence/log/checkpoint");
        let checkpoint = std::fs::read_to_string(log).unwrap_or_default();
        checkpoint.lines().nth(1).is_some_and(|size| size != "1")
    }),
    ("reports are written", |office| {
        files(&office.path("out")) > 0
    }),
];

/// How many files there are below a folder.
fn files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.path().is_dir() {
            true => files(&entry.path()),
            false => 1,
        })
        .sum()
}

/// Whether a file below a folder holds some bytes.
fn holds(folder: &Path, wanted: &[u8]) -> bool {
    let mut entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return holds(&path, wanted);
        }
        // It may be renamed while it is looked at.
        let bytes = std::fs::read(&path).unwrap_or_default();
        bytes.windows(wanted.len()).any(|window| window == wanted)
    })
}

fn arguments(office: &Office) -> Vec<String> {
    let (need, data) = (office.path("kit/need.toml"), office.path("kit/sample.csv"));
    let (solution, out) = (demo("solutions/linear"), office.path("out"));
    let parts = [
        "--json",
        "proof",
        "run",
        text(&need),
        "--data",
        text(&data),
        "--solution",
        text(&solution),
        "--out",
        text(&out),
    ];
    parts.map(str::to_owned).to_vec()
}

/// Starts a run and kills it as soon as a step's trace is seen; gives whether
/// it was still running then.
fn run_until(office: &Office, trace: fn(&Office) -> bool) -> bool {
    let arguments = arguments(office);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut run = office
        .command(&arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !trace(office) && run.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_micros(200));
    }
    let running = run.try_wait().unwrap().is_none();
    run.kill().unwrap();
    run.wait().unwrap();
    running
}

fn spent(office: &Office) -> Value {
    let (need, data) = (office.path("kit/need.toml"), office.path("kit/sample.csv"));
    let ask = ["proof", "budget", text(&need), "--data", text(&data)];
    let (code, budget) = office.ask(&ask);
    assert_eq!(code, 0, "{budget}");
    assert_eq!(budget["void"].as_array().unwrap().len(), 0, "{budget}");
    budget["budget"]["spent"].clone()
}

/// How many runs of the score engine the log has, and how many decisions.
fn logged(office: &Office) -> (usize, usize) {
    let (_, log) = office.ask(&["evidence", "log"]);
    let entries = log["entries"].as_array().unwrap();
    let scores = entries
        .iter()
        .filter(|it| it["statement"]["predicate"]["engine"]["name"] == "proof.score");
    let decisions = entries.iter().filter(|it| {
        let kind = it["predicate_type"].as_str().unwrap();
        kind.contains("test-result")
    });
    (scores.count(), decisions.count())
}

#[test]
fn a_run_that_is_killed_at_any_step_spends_and_decides_together_or_not_at_all() {
    let prepared = Office::with_kit();
    let need = prepared.path("kit/need.toml");
    prepared
        .modu(&["proof", "register", text(&need)])
        .expect_code(0);
    let mut interrupted = 0;
    for (step, trace) in STEPS {
        let office = prepared.copied();
        interrupted += usize::from(run_until(&office, trace));
        let (scores, decisions) = logged(&office);
        assert_eq!(scores, decisions, "{step}: a run without its decision");
        assert_eq!(spent(&office), scores, "{step}");
        let told = files(&office.path("out")) > 0;
        assert!(scores == 1 || !told, "{step}: told, but not spent");
        office.modu(&["evidence", "audit"]).expect_code(0);

        // Whoever runs it again is told, and it costs no more than once.
        let arguments = arguments(&office);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        office.modu(&arguments).expect_code(1);
        assert_eq!(spent(&office), 1, "{step}");
        // The same again is told, and stated, as before.
        let (scores, decisions) = logged(&office);
        assert_eq!(scores, decisions, "{step}: a run without its decision");
        assert!(
            (1..=2).contains(&decisions),
            "{step}: {decisions} decisions"
        );
        assert!(office.path("out/owner.json").exists(), "{step}");
    }
    assert!(interrupted >= 4, "only {interrupted} runs were caught");
}
