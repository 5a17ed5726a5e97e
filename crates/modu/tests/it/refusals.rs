//! What is wrong is said with its place and remedy, and the exit code tells
//! the caller's fault (2) from the machine's (3) and from a plain no (1).

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::program::{Office, demo, text};

#[test]
fn a_run_without_registered_criteria_is_refused() {
    let office = Office::with_kit();
    let said = office.try_run().expect_code(2);
    assert!(said.err.contains("modu proof register"), "{}", said.err);
    assert!(!office.path("out").exists());
}

#[test]
fn criteria_that_were_edited_after_registration_are_refused() {
    let office = Office::with_kit();
    office.run_linear();
    let path = office.path("kit/need.toml");
    let softened = fs::read_to_string(&path)
        .unwrap()
        .replace("threshold = 0.70", "threshold = 0.10");
    fs::write(&path, softened).unwrap();
    let said = office.try_run().expect_code(2);
    assert!(said.err.contains("is not registered"), "{}", said.err);
}

#[test]
fn a_wrong_cell_is_named_by_row_and_column_and_nothing_is_logged() {
    let office = Office::with_kit();
    office.run_linear();
    let path = office.path("kit/sample.csv");
    let table = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<_> = table.lines().map(str::to_owned).collect();
    lines[3] = lines[3].replacen(|first: char| first.is_ascii_digit(), "x", 1);
    fs::write(&path, lines.join("\n")).unwrap();
    let said = office.try_run().expect_code(2);
    assert!(said.err.contains("row 3"), "{}", said.err);
    let (_, log) = office.ask(&["evidence", "log"]);
    assert_eq!(log["size"], "4", "only the first run is logged");
}

#[test]
fn a_damaged_table_is_an_error_and_no_panic_is_printed() {
    let office = Office::with_kit();
    office.run_linear();
    let mut table = fs::read(demo("census-test.parquet")).unwrap();
    // The end of a data page's header: encoded by dictionary, levels by runs.
    let header = [0x15, 0x10, 0x15, 0x06, 0x15, 0x06];
    let at = table
        .windows(header.len())
        .rposition(|bytes| bytes == header)
        .unwrap();
    // Said to be split by bytes, for which it is too short: the decoder of
    // Parquet asserts that it is not.
    table[at + 1] = 0x12;
    fs::write(office.path("kit/sample.csv"), table).unwrap();
    let said = office.try_run().expect_code(2);
    assert!(!said.err.contains("panicked"), "{}", said.err);
    assert!(
        said.err
            .contains("the pages: it is not readable as Parquet"),
        "{}",
        said.err
    );
}

#[test]
fn a_file_that_is_no_model_is_refused_with_a_reason() {
    let office = Office::with_kit();
    let folder = office.path("broken");
    fs::create_dir(&folder).unwrap();
    fs::copy(
        demo("solutions/linear/solution.toml"),
        folder.join("solution.toml"),
    )
    .unwrap();
    fs::write(folder.join("linear.onnx"), b"not a model").unwrap();
    let need = office.path("kit/need.toml");
    let said = office
        .modu(&["proof", "check", text(&folder), "--need", text(&need)])
        .expect_code(1);
    assert!(said.out.contains("refused"), "{}", said.out);
    office
        .modu(&[
            "proof",
            "check",
            text(&demo("solutions/forest")),
            "--need",
            text(&need),
        ])
        .expect_code(0);
}

#[test]
fn a_missing_home_names_the_command_that_makes_one() {
    let office = Office::empty();
    let said = office.modu(&["evidence", "log"]).expect_code(2);
    assert!(said.err.contains("modu init"), "{}", said.err);
    office.modu(&["evidence", "verify"]).expect_code(2);
    office.modu(&["no-such-command"]).expect_code(2);
}

#[test]
fn a_home_is_never_made_over_another() {
    let office = Office::with_kit();
    let again = [
        "init",
        "--organisation",
        "x",
        "--identity",
        "https://modu.example/x",
        "--origin",
        "log.modu.example/x",
    ];
    office.modu(&again).expect_code(2);
    office.run_linear();
}

#[test]
fn private_keys_are_for_their_owner_alone_and_are_never_printed() {
    let office = Office::with_kit();
    office.run_linear();
    let keys = office.path("home/evidence/keys/0001");
    let said = [
        office.modu(&["evidence", "log"]),
        office.modu(&["evidence", "show", "0"]),
        office.modu(&["--json", "evidence", "show", "2"]),
    ];
    let mut looked_at = 0;
    for file in fs::read_dir(&keys).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let pem = fs::read_to_string(file.path()).unwrap();
        let secret = pem.lines().nth(1).unwrap();
        assert!(
            said.iter()
                .all(|said| !said.out.contains(secret) && !said.err.contains(secret))
        );
        looked_at += 1;
    }
    assert_eq!(looked_at, 5);

    let key = fs::read_dir(&keys).unwrap().next().unwrap().unwrap().path();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let need = office.path("kit/need.toml");
    let said = office
        .modu(&["proof", "register", text(&need)])
        .expect_code(3);
    assert!(said.err.contains("is not used"), "{}", said.err);
}

#[test]
fn a_database_that_cannot_be_is_told_of_before_a_home_is_made() {
    let office = Office::empty();
    for (url, code) in [
        ("mysql://nobody:secret@127.0.0.1/x", 2),
        ("postgres://nobody:secret@127.0.0.1:1/x", 3),
    ] {
        let serve = ["serve", "--listen", "127.0.0.1:0", "--database", url];
        let said = office.modu(&serve).expect_code(code);
        assert!(!said.err.contains("secret"), "{}", said.err);
        assert!(!office.path("home").exists(), "{url}");
    }
}

#[test]
fn a_database_whose_line_might_be_open_unnoticed_is_refused_without_its_password() {
    let office = Office::empty();
    for (url, told) in [
        (
            "postgres://u:secret@db.example/modu?sslmode=prefer",
            "sslmode=verify-full",
        ),
        (
            "postgres://u:secret@db.example/modu?sslrootcert=ca.pem",
            "whole path",
        ),
        (
            "mysql://u:secret@db.example/modu",
            "--database takes postgres://",
        ),
    ] {
        let said = office.modu(&["serve", "--database", url]).expect_code(2);
        assert!(said.err.contains(told), "{url}: {}", said.err);
        assert!(!said.err.contains("secret"), "{}", said.err);
    }
}
