//! From scores over alarms to the patient's sheet, on the command line.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::program::Office;

const PLAN: &str = include_str!("../../../modu-care/tests/it/plan.toml");
const POLICY: &str = r#"
schema = "modu.care.alert-policy/1"
[[step]]
to = { ko = "병동 간호사", en = "ward nurse" }
within_minutes = 10
[[step]]
to = { ko = "당직 의사", en = "doctor on duty" }
within_minutes = 10
"#;
const PERSON: &str = "p0123456789abcdef0123456789abcdef";
const NAME: &str = "홍길동";

fn prepare(office: &Office) {
    let risk = format!(
        r#"{{"person":"{PERSON}","at":"2026-03-01T00:00:00Z","horizon_days":30,"risk":0.12,"interval":{{"lower":0.08,"upper":0.17}},"score":9,"contributions":[{{"predictor":"sbp","change":0.7}}]}}"#
    );
    let vitals = "person,time,respiratory_rate,oxygen_saturation,oxygen,systolic_pressure,pulse,consciousness,temperature\na,0,25,91,yes,90,131,V,39.1\n";
    let mut observations = String::from("person,time,score,news2\n");
    let mut stays = String::from("person,start,end,event\n");
    for person in 0..40 {
        stays.push_str(&format!("q{person},0,5,{}\n", u8::from(person % 4 == 0)));
        for day in 0..5 {
            let score = (person * 7 + day * 3) % 11 + if person % 4 == 0 { day } else { 0 };
            observations.push_str(&format!("q{person},{day},{score}.{person},{}\n", score % 8));
        }
    }
    for (name, text) in [
        ("risks.ndjson", risk.as_str()),
        ("vitals.csv", vitals),
        ("observations.csv", &observations),
        ("stays.csv", &stays),
        ("plan.toml", PLAN),
        ("policy.toml", POLICY),
        ("name.txt", NAME),
    ] {
        fs::write(office.path(name), text).unwrap();
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[test]
fn scores_alarms_alerts_and_a_sheet_follow_on_each_other_and_a_name_is_kept_nowhere() {
    let office = Office::with_kit();
    prepare(&office);
    let (code, scored) = office.ask(&["care", "score", "vitals.csv", "--out", "scores"]);
    assert_eq!(
        (code, &scored["report"]["news2"]["totals"]["19"]),
        (0, &serde_json::json!(1))
    );
    let alarm = [
        "care",
        "alarm",
        "observations.csv",
        "--stays",
        "stays.csv",
        "--budget",
        "100",
    ];
    let (code, set) = office.ask(&[alarm.as_slice(), &["--out", "alarm", "--record"]].concat());
    assert_eq!(code, 1, "so few patients promise nothing: {set}");
    let queue = ["--policy", "policy.toml", "--ledger", "alerts.jsonl"];
    let raise = [
        "care",
        "alert",
        "raise",
        "risks.ndjson",
        "--rule",
        "alarm/rule.json",
    ];
    let at = |time| ["--at", time];
    let run =
        |start: &[&str], time| office.ask(&[start, &queue, &at(time), &["--record"]].concat());
    let threshold = set["report"]["chosen"]["threshold"].as_f64().unwrap();
    fs::write(
        office.path("risks.ndjson"),
        fs::read_to_string(office.path("risks.ndjson"))
            .unwrap()
            .replace("\"score\":9", &format!("\"score\":{threshold}")),
    )
    .unwrap();
    let (code, raised) = run(&raise, "2026-03-01T00:01:00Z");
    assert_eq!(
        (code, &raised["report"]["counts"]["raised_now"]),
        (1, &serde_json::json!(1))
    );
    let (code, late) = run(&["care", "alert", "look"], "2026-03-01T01:00:00Z");
    assert_eq!(
        (code, &late["report"]["queue"][0]["with"]["en"]),
        (1, &serde_json::json!("doctor on duty"))
    );
    let alert = late["report"]["queue"][0]["alert"]
        .as_str()
        .unwrap()
        .to_owned();
    let close = [
        "care", "alert", "close", &alert, "--by", "doctor", "--how", "treated",
    ];
    let (code, closed) = run(&close, "2026-03-01T01:05:00Z");
    assert_eq!(
        (code, &closed["report"]["pages"]),
        (0, &serde_json::json!(3))
    );

    let page = [
        "care",
        "page",
        PERSON,
        "--risks",
        "risks.ndjson",
        "--plan",
        "plan.toml",
        "--record",
    ];
    let sheet = [
        "--sheet",
        "sheet.html",
        "--name-file",
        "name.txt",
        "--out",
        "page",
    ];
    let said = office
        .modu(&[page.as_slice(), &sheet].concat())
        .expect_code(0);
    assert!(said.out.contains("12 of 100 people"), "{}", said.out);
    let handed = fs::read_to_string(office.path("sheet.html")).unwrap();
    assert!(handed.contains("홍길동 님께"));
    let mode = fs::metadata(office.path("sheet.html"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!said.out.contains(NAME) && !said.err.contains(NAME));
    for path in files(&office.path(".")) {
        let ours = path.ends_with("name.txt") || path.ends_with("sheet.html");
        let bytes = fs::read(&path).unwrap();
        let there = bytes
            .windows(NAME.len())
            .any(|window| window == NAME.as_bytes());
        assert!(ours || !there, "{}", path.display());
    }
    let (code, card) = office.ask(&[
        "care",
        "card",
        "--name",
        "x",
        "--alarm",
        "alarm/report.json",
    ]);
    assert_eq!(
        (code, card["report"]["items"].as_array().unwrap().len()),
        (1, 52)
    );
    let plan = [
        "care",
        "plan",
        "plan.toml",
        "--risks",
        "risks.ndjson",
        "--at",
        "2026-03-01T12:00:00Z",
    ];
    office.modu(&plan).expect_code(0);
    office.modu(&["evidence", "replay"]).expect_code(0);
}

#[test]
fn wrong_input_to_the_services_is_the_callers_to_mend_and_leaves_nothing_behind() {
    let office = Office::empty();
    prepare(&office);
    fs::write(office.path("name.txt"), "900101-1234568").unwrap();
    let page = [
        "care",
        "page",
        PERSON,
        "--risks",
        "risks.ndjson",
        "--plan",
        "plan.toml",
    ];
    let named = ["--sheet", "sheet.html", "--name-file", "name.txt"];
    let said = office
        .modu(&[page.as_slice(), &named].concat())
        .expect_code(2);
    assert!(!said.err.contains("1234568"), "{}", said.err);
    assert!(!office.path("sheet.html").exists());
    let close = [
        "care", "alert", "close", "abcdef", "--by", "nurse", "--how", "treated",
    ];
    let queue = ["--policy", "policy.toml", "--ledger", "alerts.jsonl"];
    office
        .modu(&[close.as_slice(), &queue].concat())
        .expect_code(2);
    assert!(!office.path("alerts.jsonl").exists());
    office
        .modu(&["care", "score", "nowhere.csv"])
        .expect_code(2);
    let plan = ["care", "plan", "nowhere.toml", "--risks", "risks.ndjson"];
    office.modu(&plan).expect_code(2);
    let alarm = [
        "care",
        "alarm",
        "observations.csv",
        "--stays",
        "stays.csv",
        "--budget",
        "-1",
    ];
    office.modu(&alarm).expect_code(2);
}
