//! The threat model names the test of each answer, and they are there.

use std::path::Path;

use super::root;

/// All code of tests, as one text.
fn tests(folder: &Path, found: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_test_that_the_threat_model_names_is_there() {
    let mut code = String::new();
    for entry in std::fs::read_dir(root().join("crates")).unwrap() {
        let folder = entry.unwrap().path().join("tests");
        if folder.is_dir() {
            tests(&folder, &mut code);
        }
    }
    let model = std::fs::read_to_string(root().join("docs/security.md")).unwrap();
    let mut named = 0;
    for (place, words) in model.split('`').enumerate() {
        let Some((_, test)) = words.split_once("::").filter(|_| place % 2 == 1) else {
            continue;
        };
        assert!(
            code.contains(&format!("fn {test}(")),
            "docs/security.md names {words}, and there is no such test"
        );
        named += 1;
    }
    assert!(named > 10, "{named}");
}
