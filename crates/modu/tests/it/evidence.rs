//! Evidence from the command line: verify, replay, witness, withdraw.

use std::fs;

use serde_json::json;

use crate::program::{Office, text};

#[test]
fn a_run_leaves_evidence_that_verifies_and_replays() {
    let office = Office::with_kit();
    let (code, run) = office.run_linear();
    assert_eq!(code, 1, "200 made-up rows adopt nobody: {run}");
    let (_, log) = office.ask(&["evidence", "log"]);
    // Criteria, one prediction, the score, what the gate said.
    assert_eq!(log["size"], "4");

    let out = office.path("bundle");
    office
        .modu(&["evidence", "export", "2", "--into", text(&out)])
        .expect_code(0);
    let bundle = out.join("2.sigstore.json");
    let root = out.join("trusted_root.json");
    let verify = |artifact: &str| {
        office.ask(&[
            "evidence",
            "verify",
            text(&bundle),
            "--trusted-root",
            text(&root),
            "--artifact",
            artifact,
        ])
    };
    let (code, verified) = verify(text(&office.path("out/released.json")));
    assert_eq!((code, &verified["verified"]), (0, &json!(true)));
    assert!(
        verified["assurance"]["en"]
            .as_str()
            .is_some_and(|text| text.starts_with("No witness")),
        "{verified}"
    );
    let (code, refused) = verify(text(&office.path("kit/need.toml")));
    assert_eq!((code, &refused["verified"]), (1, &json!(false)));

    let (code, replays) = office.ask(&["evidence", "replay"]);
    assert_eq!(code, 0, "{replays}");
    let replays = replays["replays"].as_array().unwrap();
    assert_eq!(replays.len(), 2);
    assert!(replays.iter().all(|replay| replay["same"] == true));
    assert_eq!(replays[1]["recomputed"]["digest"], run["result_digest"]);
}

#[test]
fn a_run_says_which_walls_stood_and_replays_within_others() {
    let office = Office::with_kit();
    let (_, run) = office.run_linear();
    let standing = run["walls"]["standing"].as_array().unwrap();
    assert!(standing.contains(&json!("seccomp")), "{run}");
    let entry = run["entries"][0].as_str().unwrap();
    let (_, shown) = office.ask(&["evidence", "show", entry]);
    let said = format!("\"walls\":{}", run["walls"]);
    assert!(shown.to_string().contains(&said), "{shown}");
    // What stood then is a fact of that run; the bytes do not depend on it.
    for sandbox in ["strict", "without-namespaces", "lenient"] {
        let (code, replays) = office.ask(&["evidence", "replay", entry, "--sandbox", sandbox]);
        assert_eq!((code, &replays["replays"][0]["same"]), (0, &json!(true)));
    }
}

#[test]
fn the_data_is_named_by_a_commitment_only() {
    let office = Office::with_kit();
    office.run_linear();
    let (_, log) = office.ask(&["evidence", "log"]);
    let data = fs::read(office.path("kit/sample.csv")).unwrap();
    let digest = modu_kernel::Digest::of(&data);
    assert!(!log.to_string().contains(&digest.to_hex()));
    let released = fs::read_to_string(office.path("out/released.json")).unwrap();
    assert!(!released.contains(&digest.to_hex()));
    // The owner's own report names it.
    let owner = fs::read_to_string(office.path("out/owner.json")).unwrap();
    assert!(owner.contains(&digest.to_hex()));
}

#[test]
fn a_withdrawn_registration_voids_the_run_that_rests_on_it() {
    let office = Office::with_kit();
    office.run_linear();
    // The run, and the decision that rests on it.
    for index in ["2", "3"] {
        let standing = office.ask(&["evidence", "show", index]).1["standing"].to_string();
        assert!(standing.contains("stand unchanged"), "{standing}");
    }
    office
        .modu(&["evidence", "withdraw", "0", "--reason", "wrong threshold"])
        .expect_code(0);
    for index in ["2", "3"] {
        let standing = office.ask(&["evidence", "show", index]).1["standing"].to_string();
        assert!(standing.contains("Void"), "{standing}");
    }
    let said = office.try_run().expect_code(2);
    assert!(said.err.contains("is not registered"), "{}", said.err);
    let (_, log) = office.ask(&["evidence", "log"]);
    assert_eq!(
        log["size"], "5",
        "nothing was decided on withdrawn criteria"
    );
}

#[test]
fn digests_of_what_comes_out_of_private_data_cannot_be_guessed() {
    let outputs = |options: &[&str]| {
        let office = Office::with_kit();
        office.run_linear_with(options);
        let (_, log) = office.ask(&["evidence", "log"]);
        [1, 2].map(|entry| log["entries"][entry]["statement"]["subject"].to_string())
    };
    let (once, again) = (outputs(&[]), outputs(&[]));
    assert_ne!(once[0], again[0], "predictions");
    assert_ne!(once[1], again[1], "the result and the reports");
    // Public data has nothing to hide: anybody gets the same predictions.
    let (once, again) = (outputs(&["--public-data"]), outputs(&["--public-data"]));
    assert_eq!(once[0], again[0]);
}

#[test]
fn evidence_from_before_a_change_of_keys_verifies_under_the_new_trusted_root() {
    let office = Office::with_kit();
    let need = office.path("kit/need.toml");
    office
        .modu(&["proof", "register", text(&need)])
        .expect_code(0);
    // Keys are told apart by the whole second from which they were used.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    office.modu(&["evidence", "rotate"]).expect_code(0);
    office
        .modu(&["proof", "register", text(&need)])
        .expect_code(0);
    let root = office.path("home/evidence/trusted_root.json");
    for index in ["0", "1"] {
        let out = office.path("bundle");
        office
            .modu(&["evidence", "export", index, "--into", text(&out)])
            .expect_code(0);
        let bundle = out.join(format!("{index}.sigstore.json"));
        office
            .modu(&[
                "evidence",
                "verify",
                text(&bundle),
                "--trusted-root",
                text(&root),
                "--artifact",
                text(&need),
            ])
            .expect_code(0);
    }
}

#[test]
fn a_witness_cosigns_a_log_that_grows_and_refuses_one_that_shrank() {
    let office = Office::with_kit();
    let (witness, log) = (office.path("witness"), office.path("home/evidence/log"));
    let root = office.path("home/evidence/trusted_root.json");
    let cosigned = office.path("cosigned");
    let need = office.path("kit/need.toml");
    let cosign = || {
        office.modu(&[
            "evidence",
            "witness",
            "cosign",
            "--folder",
            text(&witness),
            "--log",
            text(&log),
            "--trusted-root",
            text(&root),
            "--out",
            text(&cosigned),
        ])
    };
    office
        .modu(&[
            "evidence",
            "witness",
            "init",
            "--folder",
            text(&witness),
            "--name",
            "witness.modu.example",
        ])
        .expect_code(0);
    office
        .modu(&["proof", "register", text(&need)])
        .expect_code(0);
    cosign().expect_code(0);
    let earlier = office.path("earlier");
    copy_folder(&log, &earlier);
    office
        .modu(&["proof", "register", text(&need)])
        .expect_code(0);
    cosign().expect_code(0);

    let vkey = witness.join("vkey");
    office
        .modu(&[
            "evidence",
            "witness",
            "keep",
            text(&cosigned),
            "--witness",
            text(&vkey),
        ])
        .expect_code(0);
    let out = office.path("bundle");
    office
        .modu(&[
            "evidence",
            "export",
            "1",
            "--with-witnesses",
            "--into",
            text(&out),
        ])
        .expect_code(0);
    let (code, verified) = office.ask(&[
        "evidence",
        "verify",
        text(&out.join("1.sigstore.json")),
        "--trusted-root",
        text(&root),
        "--artifact",
        text(&need),
        "--witness",
        text(&vkey),
        "--quorum",
        "1",
    ]);
    assert_eq!(code, 0, "{verified}");
    assert_eq!(verified["witnesses"].as_array().unwrap().len(), 1);

    fs::remove_dir_all(&log).unwrap();
    copy_folder(&earlier, &log);
    let refused = cosign().expect_code(1);
    assert!(refused.out.contains("not cosigned"), "{}", refused.out);
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn an_audit_finds_a_changed_artifact_and_a_changed_log_entry() {
    let office = Office::with_kit();
    office.run_linear();
    let (code, sound) = office.ask(&["evidence", "audit"]);
    assert_eq!((code, &sound["sound"]), (0, &json!(true)), "{sound}");
    assert_eq!(sound["log"]["entries"], "4");

    let artifact = a_file_below(&office.path("home/store"), 100);
    let whole = fs::read(&artifact).unwrap();
    replace(&artifact, &flipped(&whole));
    let (code, found) = office.ask(&["evidence", "audit"]);
    assert_eq!((code, &found["log"]["fault"]), (1, &json!(null)), "{found}");
    assert_eq!(found["store"]["faults"].as_array().unwrap().len(), 1);
    replace(&artifact, &whole);

    let entries = office.path("home/evidence/log/tile/entries/000.p/4");
    let whole = fs::read(&entries).unwrap();
    replace(&entries, &flipped(&whole));
    let said = office.modu(&["evidence", "audit"]);
    assert_ne!(said.code, 0, "{}{}", said.out, said.err);
    replace(&entries, &whole);
    office.modu(&["evidence", "audit"]).expect_code(0);
}

/// The first file of at least some bytes below a folder.
fn a_file_below(folder: &std::path::Path, least: u64) -> std::path::PathBuf {
    let mut waiting = vec![folder.to_owned()];
    while let Some(place) = waiting.pop() {
        for found in fs::read_dir(&place).unwrap() {
            let found = found.unwrap();
            let data = found.metadata().unwrap();
            match data.is_dir() {
                true => waiting.push(found.path()),
                false if data.len() >= least => return found.path(),
                false => {}
            }
        }
    }
    panic!("no file below {}", folder.display());
}

fn flipped(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    bytes
}

/// Puts other bytes in a file's place, though it may be read-only.
fn replace(path: &std::path::Path, bytes: &[u8]) {
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn the_list_of_entries_marks_what_was_taken_back() {
    let office = Office::with_kit();
    office.run_linear();
    office
        .modu(&["evidence", "withdraw", "0", "--reason", "wrong threshold"])
        .expect_code(0);
    let (_, log) = office.ask(&["evidence", "log"]);
    assert_eq!(log["entries"][0]["taken_back_by"], json!(["4"]));
    assert_eq!(log["entries"][1]["taken_back_by"], json!([]));
    let said = office.modu(&["evidence", "log"]).expect_code(0);
    assert!(said.out.contains("[taken back by 4]"), "{}", said.out);
}

#[test]
fn the_store_named_when_the_home_was_made_is_used_from_then_on() {
    let office = Office::empty();
    let init = [
        "--store",
        "elsewhere",
        "init",
        "--organisation",
        "수요부처",
        "--identity",
        "https://modu.example/agency/test",
        "--origin",
        "log.modu.example/test",
    ];
    office.modu(&init).expect_code(0);
    let need = crate::program::demo("need.toml");
    office
        .modu(&["proof", "register", text(&need)])
        .expect_code(0);
    assert!(!office.path("home/store").exists());
    a_file_below(&office.path("elsewhere"), 100);
    let (_, sound) = office.ask(&["evidence", "audit"]);
    assert_ne!(sound["store"]["artifacts"], "0", "{sound}");
}

#[test]
fn a_witness_is_not_made_over_another() {
    let office = Office::empty();
    let folder = office.path("witness");
    let init = [
        "evidence",
        "witness",
        "init",
        "--folder",
        text(&folder),
        "--name",
        "witness.modu.example",
    ];
    office.modu(&init).expect_code(0);
    let key = fs::read(folder.join("key.pem")).unwrap();
    let said = office.modu(&init).expect_code(2);
    assert!(said.err.contains("holds a witness already"), "{}", said.err);
    assert_eq!(fs::read(folder.join("key.pem")).unwrap(), key);
}
