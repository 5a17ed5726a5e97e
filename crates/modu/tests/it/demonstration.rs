//! The demonstration, whole.

use std::fs;
use std::path::Path;

use crate::program::{Office, text};

/// The digest that README promises to whoever runs the demonstration.
fn promised_digest() -> String {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let line = readme
        .lines()
        .find_map(|line| line.trim().strip_prefix("result digest: "))
        .expect("README shows the demonstration's last line");
    line.to_owned()
}

#[test]
fn the_demonstration_decides_as_the_readme_shows_with_the_same_digest() {
    let office = Office::empty();
    let folder = office.path("demo");
    let (code, said) = office.ask(&["demo", "--into", text(&folder)]);
    assert_eq!(code, 0);
    let answers: Vec<_> = said["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|decision| {
            (
                decision["solution"].as_str().unwrap(),
                decision["answer"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        answers,
        [
            ("linear", "refuse"),
            ("forest", "adopt"),
            ("network", "adopt"),
            ("weighted", "refuse")
        ]
    );
    assert_eq!(
        (&said["verified"], &said["replayed"]),
        (&12.into(), &5.into())
    );
    assert_eq!(said["result_digest"], promised_digest());
    for name in [
        "owner.ko.html",
        "owner.en.html",
        "released.ko.html",
        "released.en.html",
    ] {
        let page = fs::read_to_string(folder.join("report").join(name)).unwrap();
        assert!(page.starts_with("<!DOCTYPE html>"), "{name}");
    }
}

#[test]
fn the_demonstration_leaves_a_folder_with_files_alone() {
    let office = Office::empty();
    fs::write(office.path("precious"), "kept").unwrap();
    let said = office
        .modu(&["demo", "--into", text(&office.path(""))])
        .expect_code(2);
    assert!(said.err.contains("not empty"), "{}", said.err);
    assert_eq!(fs::read_to_string(office.path("precious")).unwrap(), "kept");
}
