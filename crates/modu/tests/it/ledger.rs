//! The budget of submissions through the command line.

use std::fs;

use crate::program::{Office, demo, text};

/// An office whose need allows few submissions, registered.
fn office_with(release: &str) -> Office {
    let office = Office::with_kit();
    let need = office.path("kit/need.toml");
    let written = fs::read_to_string(&need).unwrap();
    fs::write(&need, format!("{written}\n{release}\n")).unwrap();
    office
        .modu(&["proof", "register", text(&need)])
        .expect_code(0);
    office
}

fn run(office: &Office, solution: &str) -> crate::program::Said {
    let (need, data) = (office.path("kit/need.toml"), office.path("kit/sample.csv"));
    let out = office.path(&format!("out-{solution}"));
    office.modu(&[
        "--json",
        "proof",
        "run",
        text(&need),
        "--data",
        text(&data),
        "--solution",
        text(&demo(&format!("solutions/{solution}"))),
        "--out",
        text(&out),
    ])
}

fn budget(office: &Office) -> (i32, serde_json::Value) {
    let (need, data) = (office.path("kit/need.toml"), office.path("kit/sample.csv"));
    office.ask(&["proof", "budget", text(&need), "--data", text(&data)])
}

#[test]
fn each_run_spends_of_the_datas_budget_until_it_answers_no() {
    let office = office_with("[release]\nsubmissions = 1\ntotal = 2");
    assert_eq!(budget(&office).1["budget"]["spent"], 0);
    run(&office, "linear").expect_code(1);
    run(&office, "weighted").expect_code(1);
    let (code, spent) = budget(&office);
    assert_eq!((code, &spent["budget"]["spent"]), (1, &2.into()), "{spent}");
    assert_eq!(spent["budget"]["suppliers"][0]["limit"], 1);
    assert_eq!(spent["void"].as_array().unwrap().len(), 0);

    let (_, log) = office.ask(&["evidence", "log"]);
    let refused = run(&office, "forest").expect_code(1);
    assert!(refused.out.contains("2 of 2"), "{}", refused.out);
    assert!(!office.path("out-forest").exists(), "nothing is told");
    assert_eq!(office.ask(&["evidence", "log"]).1["size"], log["size"]);
    // What was told already may be told again, at no cost.
    run(&office, "linear").expect_code(1);
    assert_eq!(budget(&office).1["budget"]["spent"], 2);

    // Every run replays from the ledger that it departed from.
    let (code, replays) = office.ask(&["evidence", "replay"]);
    assert_eq!(code, 0, "{replays}");
    assert_eq!(replays["replays"].as_array().unwrap().len(), 6);
}

#[test]
fn the_ledger_outlives_a_lost_opening_and_is_missed_when_it_is_gone() {
    let office = office_with("[release]\nsubmissions = 1");
    run(&office, "linear").expect_code(1);
    // Without its opening the data set has another commitment, but the ledger
    // itself says whose it is.
    fs::remove_dir_all(office.path("home/openings")).unwrap();
    let (_, spent) = budget(&office);
    assert_eq!(spent["budget"]["spent"], 1, "{spent}");
    let digest = spent["ledger"].as_str().unwrap();
    let digest = digest.strip_prefix("sha256:").unwrap_or(digest).to_owned();
    remove_named(&office.path("home/store"), &digest);
    let said = run(&office, "weighted");
    assert!(
        said.code >= 2 && said.err.contains("ledger"),
        "{}",
        said.err
    );
}

/// Removes the artifact of a digest, wherever the store keeps it.
fn remove_named(folder: &std::path::Path, digest: &str) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            remove_named(&path, digest);
        } else {
            let name: String = path
                .components()
                .map(|part| part.as_os_str().to_string_lossy().into_owned())
                .collect();
            if name.ends_with(digest) || name.contains(digest) {
                fs::remove_file(&path).unwrap();
            }
        }
    }
}

#[test]
fn of_two_runs_at_once_only_one_spends() {
    let office = office_with("[release]\nsubmissions = 1\ntotal = 1");
    let codes: Vec<_> = std::thread::scope(|scope| {
        let runs = ["linear", "weighted"].map(|solution| scope.spawn(|| run(&office, solution)));
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let told = ["linear", "weighted"]
        .iter()
        .filter(|solution| office.path(&format!("out-{solution}")).exists())
        .count();
    assert_eq!(
        told,
        1,
        "{:?}",
        codes.iter().map(|it| it.code).collect::<Vec<_>>()
    );
    let (_, spent) = budget(&office);
    assert_eq!(spent["budget"]["spent"], 1, "{spent}");
    assert_eq!(spent["void"].as_array().unwrap().len(), 0);
}
