//! Several processes in one folder.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;

use modu_kernel::{Artifact, Digest, NoProgress};

use crate::folder::{leftovers, open};
use crate::{child, noise};

const TEST: &str = "together::processes_that_write_the_same_artifacts_leave_each_once_and_whole";
const WRITERS: usize = 4;
const ARTIFACTS: u64 = 25;

fn content(seed: u64) -> Vec<u8> {
    noise::bytes(seed, 40_000 * (1 + seed as usize % 5))
}

#[test]
fn processes_that_write_the_same_artifacts_leave_each_once_and_whole() {
    if let Some(part) = child::part() {
        // Each opens the store itself, so they also race to make it.
        let store = open(Path::new(&part[0]));
        for seed in 0..ARTIFACTS {
            store.put_bytes(&content(seed)).unwrap();
        }
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("store");
    let mut writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let mut writer = child::command(TEST, &[root.to_str().unwrap()]);
            writer.stdout(Stdio::null()).spawn().unwrap()
        })
        .collect();
    let store = open(&root);
    // While they write, whatever is there is whole.
    while writers.iter_mut().any(|w| w.try_wait().unwrap().is_none()) {
        assert!(store.check(&NoProgress).unwrap().is_sound());
    }
    for writer in &mut writers {
        assert!(writer.wait().unwrap().success());
    }
    let expected: BTreeSet<Digest> = (0..ARTIFACTS)
        .map(|seed| Artifact::of(&content(seed)).digest)
        .collect();
    let listed: BTreeSet<Digest> = store.list().unwrap().map(|a| a.unwrap().digest).collect();
    assert_eq!(listed, expected);
    assert_eq!(store.check(&NoProgress).unwrap().sound, ARTIFACTS);
    assert_eq!(leftovers(&root), 0);
}
