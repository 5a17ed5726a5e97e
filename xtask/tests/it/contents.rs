//! The repository holds only what we wrote, and figures.

use std::path::Path;
use std::process::Command;

const KIB: u64 = 1024;

/// The largest file of text.
const LARGEST_TEXT: u64 = 512 * KIB;

/// Files that are no text, and text made of figures: how they end, and the
/// largest they may be.
const DATA: [(&str, u64); 10] = [
    (".f32", 4 * KIB * KIB),
    (".u8", 4 * KIB * KIB),
    (".onnx", 8 * KIB * KIB),
    (".parquet", 8 * KIB * KIB),
    (".csv", 4 * KIB * KIB),
    (".json", 4 * KIB * KIB),
    (".png", KIB * KIB),
    (".bin", KIB * KIB),
    (".der", 64 * KIB),
    (".broken", 64 * KIB),
];

/// Beginnings of other people's licences and notices. Each is split so that
/// this file does not hold it.
const NOTICES: [[&str; 2]; 6] = [
    ["Permission is hereby granted, ", "free of charge"],
    ["Redistribution and use ", "in source and binary forms"],
    ["Licensed to the Apache ", "Software Foundation"],
    ["GNU General ", "Public License"],
    ["GNU Lesser ", "General Public"],
    ["All rights ", "reserved"],
];

/// The one third-party text.
const LICENCE: &str = "LICENSE";

/// SHA-256 of the Apache License 2.0 as www.apache.org/licenses/LICENSE-2.0.txt
/// has it.
const LICENCE_DIGEST: &str = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30";

/// What is wrong with a file of these bytes under this name.
fn fault(name: &str, bytes: &[u8]) -> Option<String> {
    let size = bytes.len() as u64;
    let data = DATA.iter().find(|(ending, _)| name.ends_with(ending));
    let limit = data.map_or(LARGEST_TEXT, |(_, limit)| *limit);
    if size > limit && name != "Cargo.lock" {
        return Some(format!("{name} has {size} bytes; its limit is {limit}"));
    }
    if data.is_none() && (bytes.contains(&0) || std::str::from_utf8(bytes).is_err()) {
        return Some(format!(
            "{name} is no text: add its ending to DATA or remove it"
        ));
    }
    if name == LICENCE {
        return None;
    }
    let text = String::from_utf8_lossy(bytes);
    let notice = NOTICES
        .iter()
        .map(|halves| halves.concat())
        .find(|notice| text.contains(notice));
    notice.map(|notice| format!("{name} holds another's notice: {notice}"))
}

#[test]
fn tracked_files_are_ours_small_and_of_known_kinds() {
    let listed = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(super::root())
        .output();
    let Some(listed) = listed.ok().filter(|listed| listed.status.success()) else {
        eprintln!("skipped: not a git checkout");
        return;
    };
    let listed = String::from_utf8(listed.stdout).unwrap();
    let names: Vec<_> = listed.split('\0').filter(|name| !name.is_empty()).collect();
    assert!(names.contains(&"Cargo.toml"), "{names:?}");
    let faults: Vec<_> = names
        .into_iter()
        .filter_map(|name| {
            // A file that was removed and not yet committed is no fault.
            let bytes = std::fs::read(super::root().join(name)).ok()?;
            fault(name, &bytes)
        })
        .collect();
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn the_licence_is_the_unchanged_text_of_the_apache_licence() {
    let text = std::fs::read(super::root().join(LICENCE)).unwrap();
    assert_eq!(modu_kernel::Digest::of(&text).to_hex(), LICENCE_DIGEST);
}

#[test]
fn a_foreign_notice_an_unknown_kind_and_a_large_file_are_found() {
    let notice = NOTICES[0].concat();
    assert!(fault("a.rs", notice.as_bytes()).is_some());
    assert!(fault("a.exe", b"\0\x01").is_some());
    assert!(fault("a.rs", &vec![b' '; 600 * KIB as usize]).is_some());
    assert!(fault("a.onnx", b"\0\x01").is_none());
    assert!(fault("a.rs", "모두".as_bytes()).is_none());
}

#[test]
fn every_integration_test_of_a_crate_is_one_program() {
    let crates = std::fs::read_dir(super::root().join("crates")).unwrap();
    for member in crates.chain(std::fs::read_dir(super::root()).unwrap()) {
        let tests = member.unwrap().path().join("tests");
        let names = std::fs::read_dir(&tests).into_iter().flatten();
        let programs: Vec<_> = names
            .map(|entry| entry.unwrap().path())
            .filter(|path| is_test_program(path))
            .collect();
        assert!(programs.len() <= 1, "{programs:?}: put them into tests/it");
    }
}

fn is_test_program(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs") || path.join("main.rs").exists()
}
