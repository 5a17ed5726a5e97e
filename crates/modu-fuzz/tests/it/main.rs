//! All that fuzzers found interesting before, without a fuzzer.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use std::path::{Path, PathBuf};

use modu_fuzz::{TARGETS, Target};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus")
}

fn kept(target: &Target) -> Vec<(PathBuf, Vec<u8>)> {
    let files = std::fs::read_dir(corpus().join(target.name)).unwrap();
    let paths = files.map(|entry| entry.unwrap().path());
    paths
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect()
}

#[test]
fn the_kept_corpus_breaks_no_law() {
    for target in TARGETS {
        let kept = kept(target);
        assert!(!kept.is_empty(), "{} has no corpus", target.name);
        for (path, bytes) in kept {
            std::panic::catch_unwind(|| (target.law)(&bytes))
                .unwrap_or_else(|_| panic!("{} breaks the law of {}", path.display(), target.name));
        }
    }
}

#[test]
fn the_kept_corpus_is_small_and_of_known_targets() {
    let mut total = 0;
    for folder in std::fs::read_dir(corpus()).unwrap() {
        let name = folder.unwrap().file_name();
        assert!(
            TARGETS.iter().any(|target| target.name == name),
            "{name:?} is no target"
        );
    }
    for target in TARGETS {
        total += kept(target)
            .iter()
            .map(|(_, bytes)| bytes.len())
            .sum::<usize>();
    }
    assert!(total < 300_000, "{total} bytes are kept");
}

#[test]
fn seeds_and_small_changes_of_them_break_no_law() {
    for target in TARGETS {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty());
        assert_eq!(seeds, (target.seeds)(), "seeds are the same in every run");
        for (place, seed) in (0..).zip(&seeds) {
            (target.law)(seed);
            let Some(mutate) = target.mutate else {
                continue;
            };
            for turn in 0..5 {
                (target.law)(&mutate(seed, place * 100 + turn));
            }
        }
    }
}

#[test]
fn every_target_has_a_program_for_fuzzers() {
    let manifest = std::fs::read_to_string(corpus().join("../Cargo.toml")).unwrap();
    for target in TARGETS {
        let program = corpus().join(format!("../fuzz_targets/{}.rs", target.name));
        assert!(program.exists(), "{} is missing", program.display());
        assert!(manifest.contains(&format!("name = \"{}\"", target.name)));
    }
}
