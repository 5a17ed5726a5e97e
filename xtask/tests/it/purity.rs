//! Pure crates read no clock, environment, network or random source: all of
//! that is passed in (ARCHITECTURE.md, "One path").
//!
//! A search of the text, not a proof: it catches the slip, and `floors` keeps
//! out the libraries. Comments, and tests from their `#[cfg(test)]` on, are
//! not searched.

use std::path::{Path, PathBuf};

const PURE: [&str; 9] = [
    "modu-kernel",
    "modu-statistics",
    "modu-onnx",
    "modu-parquet",
    "modu-survival",
    "modu-care",
    "modu-proof",
    "modu-route",
    "modu-vuln",
];

/// What a pure crate has no business with, as it stands in code.
const FORBIDDEN: [&str; 18] = [
    "SystemTime",
    "Instant",
    "Timestamp::now",
    "Zoned::now",
    "TimeZone::system",
    "std::env",
    "TcpListener",
    "TcpStream",
    "ToSocketAddrs",
    "UdpSocket",
    "std::process",
    "std::fs",
    "env::var",
    "RandomState::new",
    "thread_rng",
    "println!",
    "eprintln!",
    "static mut",
];

/// Each forbidden thing in the code of a file, with its line.
fn slips(code: &str) -> Vec<(usize, &'static str)> {
    let lines = code
        .lines()
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .enumerate()
        .map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default()));
    let found = lines.flat_map(|(number, line)| {
        let here = FORBIDDEN
            .into_iter()
            .filter(move |word| stands_in(line, word));
        here.map(move |word| (number, word))
    });
    found.collect()
}

/// Whether a word stands in a line and is not a part of a longer name.
fn stands_in(line: &str, word: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + word.len()..].chars().next();
        !before.is_some_and(is_name) && !after.is_some_and(is_name)
    })
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn pure_crates_read_no_clock_environment_network_or_random_source() {
    let mut slips_found = Vec::new();
    for name in PURE {
        let files = rust_files(&super::root().join("crates").join(name).join("src"));
        assert!(!files.is_empty(), "{name}");
        for file in files {
            let code = std::fs::read_to_string(&file).unwrap();
            for (line, word) in slips(&code) {
                slips_found.push(format!("{}:{line}: {word}", file.display()));
            }
        }
    }
    assert_eq!(slips_found, Vec::<String>::new());
}

#[test]
fn a_slip_is_found_where_it_is_code_and_not_where_it_is_talked_about() {
    let code = "//! Never use std::env here.\n\
                use std::time::SystemTime;\n\
                let start = Instant::now(); // not Instant\n\
                let file = my_std::env_like;\n\
                struct Instantly;\n\
                #[cfg(test)]\n\
                use std::net::TcpStream;\n";
    assert_eq!(slips(code), [(2, "SystemTime"), (3, "Instant")]);
}
