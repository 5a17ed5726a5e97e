//! Commands against a server.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use jiff::Timestamp;
use modu_programme::account::Accounts;
use modu_programme::database::Database;
use modu_programme::{PersonId, Sequence, Title};
use serde_json::Value;

use crate::program::{Office, Said, text};

/// `modu serve` on a home of its own, and somebody elsewhere who asks it.
struct Served {
    child: Child,
    address: String,
    key: String,
    elsewhere: Office,
    _home: Office,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Served {
    fn start() -> Self {
        let home = Office::empty();
        let serve = ["--json", "serve", "--empty", "--listen", "127.0.0.1:0"];
        let mut child = home
            .command(&serve)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = String::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            said += &line.unwrap();
            if said.ends_with('}') {
                break;
            }
        }
        let document: Value = serde_json::from_str(&said).unwrap();
        let accounts = Database::file(&home.path("home/accounts.sqlite")).unwrap();
        let mut accounts = Accounts::over(accounts).unwrap();
        // The first operator, as a new home has it.
        let operator = PersonId(Sequence(2));
        let name = Title::new("시험").unwrap();
        let key = accounts
            .make_key(operator, &name, Timestamp::now())
            .unwrap();
        let served = Self {
            child,
            address: document["address"].as_str().unwrap().to_owned(),
            key: format!("modu_{}", key.reveal()),
            elsewhere: Office::empty(),
            _home: home,
        };
        std::fs::write(served.elsewhere.path("key"), &served.key).unwrap();
        served
    }

    /// Runs the program where there is no home.
    fn modu(&self, arguments: &[&str]) -> Said {
        let key = self.elsewhere.path("key");
        let asked = ["--server", &self.address, "--key-file", text(&key)];
        self.elsewhere.modu(&[&asked, arguments].concat())
    }

    fn ask(&self, arguments: &[&str]) -> Value {
        let said = self.modu(&[&["--json"], arguments].concat()).expect_code(0);
        serde_json::from_str(&said.out).unwrap()
    }
}

#[test]
fn commands_work_against_a_server_and_leave_no_home_behind() {
    let served = Served::start();
    assert_eq!(served.ask(&["programme", "me"])["role"], "operator");
    let agency = served.ask(&["programme", "register", "통계청", "--kind", "demand-agency"]);
    let agency = agency["sequence"].to_string();
    let enrol = [
        "programme",
        "enrol",
        "주무관",
        "--organisation",
        &agency,
        "--role",
        "demand-agency",
    ];
    served.ask(&enrol);
    assert_eq!(
        served.ask(&["programme", "people"])["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        served.ask(&["programme", "projects"])["items"],
        Value::Array(Vec::new())
    );
    let said = served.modu(&["programme", "organisations"]).expect_code(0);
    assert!(
        said.out.contains("통계청") && said.out.contains("demand agency"),
        "{}",
        said.out
    );
    // An operator publishes no need: the server's own words, and exit code 2.
    let said = served
        .modu(&["programme", "publish", "수요"])
        .expect_code(2);
    assert!(
        said.err.contains("the server says") && said.err.contains("403"),
        "{}",
        said.err
    );
    assert!(!served.elsewhere.path("home").exists());
}

#[test]
fn a_run_is_put_on_record_and_its_evidence_verifies_here() {
    let served = Served::start();
    let file = served.elsewhere.path("model.json");
    std::fs::write(&file, "{}").unwrap();
    let record = [
        "runs",
        "record",
        "첫 실행",
        "--metric",
        "auc=0.93",
        "--parameter",
        "depth=6",
        "--file",
        text(&file),
    ];
    let run = served.ask(&record)["run"].to_string();
    let shown = served.ask(&["runs", "show", &run]);
    assert_eq!(shown["metrics"][0]["value"], 0.93);
    assert_eq!(served.ask(&["runs", "list"])["items"][0], shown);
    let back = served.elsewhere.path("back.json");
    served.ask(&["runs", "file", &run, "0", "--out", text(&back)]);
    assert_eq!(std::fs::read(&back).unwrap(), b"{}");
    let into = served.elsewhere.path("bundle");
    let exported = served.ask(&["evidence", "export", &run, "--into", text(&into)]);
    let (bundle, root) = (
        exported["bundle"].as_str().unwrap(),
        exported["trusted_root"].as_str().unwrap(),
    );
    let verify = [
        "evidence",
        "verify",
        bundle,
        "--trusted-root",
        root,
        "--artifact",
        text(&file),
    ];
    assert_eq!(served.ask(&verify)["verified"], true);
    assert_eq!(
        served.ask(&["evidence", "log"])["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let kind = served.ask(&["evidence", "show", &run]);
    assert!(
        kind["predicate"].as_str().unwrap().contains("recorded-run"),
        "{kind}"
    );
}

#[test]
fn an_engine_runs_here_and_its_record_goes_to_the_server_by_digests_alone() {
    let served = Served::start();
    let vitals = "비밀7,0,25,91,yes,90,131,V,39.1";
    let head = "person,time,respiratory_rate,oxygen_saturation,oxygen,systolic_pressure,pulse,consciousness,temperature";
    let table = served.elsewhere.path("vitals.csv");
    std::fs::write(&table, format!("{head}\n{vitals}\n")).unwrap();
    let score = ["care", "score", text(&table), "--record"];
    let said = served.modu(&[&["--json"], &score[..]].concat());
    let said: Value = serde_json::from_str(&said.out).unwrap();
    if let Some(place) = said["log_index"].as_str() {
        let run = served.ask(&["runs", "show", place]);
        assert_eq!(run["files"][0]["digest"], said["result_digest"], "{run}");
        assert!(!run.to_string().contains("비밀"), "{run}");
    } else {
        panic!("{said}");
    }
    assert!(!served.elsewhere.path("home").exists());
}

#[test]
fn a_node_is_let_in_and_its_token_goes_into_a_file_of_ones_own() {
    use std::os::unix::fs::PermissionsExt as _;
    let served = Served::start();
    let agency = served.ask(&["programme", "register", "통계청", "--kind", "demand-agency"]);
    let agency = agency["sequence"].to_string();
    let key = format!("ed25519:{}", "a5".repeat(32));
    let file = served.elsewhere.path("token");
    let admit = [
        "programme",
        "admit-node",
        "서울 센터",
        "--organisation",
        &agency,
        "--key",
        &key,
        "--token-file",
        text(&file),
    ];
    let said = served.modu(&admit).expect_code(0);
    let token = std::fs::read_to_string(&file).unwrap();
    assert!(token.starts_with("modu_node_") && !said.out.contains(token.trim()));
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // A file that is there is not written over, and nobody is let in for it.
    served.modu(&admit).expect_code(2);
    let nodes = served.ask(&["programme", "nodes"]);
    assert_eq!(nodes["items"].as_array().unwrap().len(), 1);
    let node = nodes["items"][0]["node"].to_string();
    served.ask(&["programme", "shut-node-out", &node]);
    let nodes = served.ask(&["programme", "nodes"]);
    assert!(nodes["items"][0]["shut_out"].is_string(), "{nodes}");
    assert_eq!(
        served.ask(&["programme", "data"])["items"],
        Value::Array(vec![])
    );
    let history = served.ask(&["programme", "history"]);
    let told: Vec<_> = (history["items"].as_array().unwrap().iter())
        .map(|entry| entry["event"]["event"].as_str().unwrap())
        .collect();
    assert!(
        told.ends_with(&["node_admitted", "node_shut_out"]),
        "{told:?}"
    );
}

#[test]
fn a_demonstration_is_asked_for_and_waited_for_at_a_server() {
    let story = crate::jobs::Demonstrating::new();
    let accounts = match &story.url {
        Some(url) => Database::postgres(url).unwrap(),
        None => Database::file(&story.office.path("home/accounts.sqlite")).unwrap(),
    };
    let mut accounts = Accounts::over(accounts).unwrap();
    let name = Title::new("시험").unwrap();
    let key = accounts.make_key(story.official, &name, Timestamp::now());
    let elsewhere = Office::empty();
    let file = elsewhere.path("key");
    std::fs::write(&file, format!("modu_{}", key.unwrap().reveal())).unwrap();
    let (mut child, address) = story.serve_at(Stdio::null());
    let ask = |arguments: &[&str]| {
        let head = ["--json", "--server", &address, "--key-file", text(&file)];
        elsewhere.modu(&[&head[..], arguments].concat())
    };
    let json = |said: Said| serde_json::from_str::<Value>(&said.out).unwrap();
    let data = json(ask(&["programme", "data"]).expect_code(0));
    let data = data["items"][0]["dataset"].to_string();
    let (project, proposal) = (story.project.to_string(), story.proposals[0].to_string());
    let wanted = [
        "jobs",
        "ask",
        &project,
        "--proposal",
        &proposal,
        "--data",
        &data,
        "--wait",
    ];
    let job = json(ask(&wanted).expect_code(0));
    assert_eq!(job["state"], "done", "{job}");
    let solution = &job["answer"]["solutions"][0];
    assert_eq!(solution["proposal"].to_string(), proposal);
    let evidence = solution["evidence"].to_string();
    json(ask(&["evidence", "show", &evidence]).expect_code(0));
    let number = job["job"].to_string();
    assert_eq!(json(ask(&["jobs", "show", &number]).expect_code(0)), job);
    let list = json(ask(&["jobs", "list", "--project", &project]).expect_code(0));
    assert_eq!(list["items"], serde_json::json!([job]));
    let log = json(ask(&["jobs", "log", &number]).expect_code(0));
    let last = log["items"].as_array().unwrap().last().unwrap();
    assert_eq!(last["what"], "done");
    // What is over is not called off: the answer is no.
    ask(&["jobs", "cancel", &number]).expect_code(1);
    let strange = [
        "jobs",
        "ask",
        &project,
        "--proposal",
        &proposal,
        "--data",
        "99",
    ];
    let said = ask(&strange).expect_code(2);
    assert!(said.err.contains("404"), "{}", said.err);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_is_for_a_home_of_this_machine_is_not_quietly_done_under_server() {
    let served = Served::start();
    let init = [
        "init",
        "--organisation",
        "a",
        "--identity",
        "https://a.example",
        "--origin",
        "a.example",
    ];
    for command in [
        &init[..],
        &["evidence", "audit"],
        &["proof", "register", "need.toml"],
    ] {
        let said = served.modu(command).expect_code(2);
        assert!(said.err.contains("a home of this machine"), "{}", said.err);
    }
    assert!(!served.elsewhere.path("home").exists());
}

#[test]
fn a_server_is_named_with_a_key_that_is_one() {
    let office = Office::empty();
    let said = office.modu(&["programme", "projects"]).expect_code(2);
    assert!(said.err.contains("--server"), "{}", said.err);
    let plain = ["--server", "http://modu.example", "programme", "projects"];
    let said = office.modu(&plain).expect_code(2);
    assert!(said.err.contains("https"), "{}", said.err);
    std::fs::write(office.path("key"), "modu_nonsense").unwrap();
    let key = office.path("key");
    let nonsense = [
        "--server",
        "http://127.0.0.1:1",
        "--key-file",
        text(&key),
        "runs",
        "list",
    ];
    let said = office.modu(&nonsense).expect_code(2);
    assert!(said.err.contains("64 hexadecimal digits"), "{}", said.err);
    let nobody = ["--server", "http://127.0.0.1:1", "runs", "list"];
    office.modu(&nobody).expect_code(3);
}
