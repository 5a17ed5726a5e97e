//! Kept runs come back exactly, whatever happened to the writer or the disk.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use modu_kernel::NoProgress;
use modu_route::RouterTable;
use modu_route_net::runs::Runs;
use proptest::prelude::*;

use crate::decided::tree;

/// A run's numbers: any that grow and shrink by little.
fn numbers(run: u64) -> Vec<u8> {
    (0..40)
        .filter(|number| !(u64::from(*number) + run).is_multiple_of(11))
        .collect()
}

fn kept(folder: &Path, count: u64) -> Runs {
    let runs = Runs::in_folder(folder);
    for run in 0..count {
        runs.keep(&tree(1_000 + run as i64 * 10, &numbers(run)))
            .unwrap();
    }
    runs
}

#[test]
fn every_run_comes_back_exactly_and_its_changes_lead_from_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let runs = kept(folder.path(), 70);
    let names = runs.names().unwrap();
    assert_eq!(names.len(), 70);
    let mut payloads = Default::default();
    for name in &names {
        let expected = tree(name.time, &numbers(name.number));
        let restored = runs.tree(*name).unwrap();
        assert_eq!(restored, expected);
        assert_eq!(runs.tree_bytes(*name).unwrap(), expected.to_bytes());
        let table = RouterTable::of_tree(&expected);
        assert_eq!(runs.table(*name).unwrap(), table);
        payloads = runs.changes(*name).unwrap().apply(&payloads).unwrap();
        assert_eq!(payloads, expected.payloads());
        let head = runs.head(*name).unwrap();
        assert_eq!(head.tally.vrps(), payloads.vrps.len() as u64);
        assert_eq!(head.base.is_none(), name.number == 0, "{head:?}");
    }
    assert!(runs.check(&NoProgress).unwrap().is_empty());
    // Four patches at most: 63 in base 4 is 333.
    assert_eq!(runs.head(names[63]).unwrap().base, Some(60));
    assert_eq!(runs.head(names[60]).unwrap().base, Some(48));
    assert_eq!(runs.head(names[48]).unwrap().base, Some(0));
}

#[test]
fn a_time_names_the_last_run_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let runs = kept(folder.path(), 3);
    let number = |time| runs.at(time).unwrap().map(|run| run.number);
    assert_eq!(number(999), None);
    assert_eq!(
        (number(1_000), number(1_009), number(1_010)),
        (Some(0), Some(0), Some(1))
    );
    assert_eq!(number(i64::MAX), Some(2));
    assert_eq!(
        Runs::in_folder(folder.path().join("none")).at(0).unwrap(),
        None
    );
}

#[test]
fn a_damaged_run_is_named_and_the_next_ones_do_not_stand_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let runs = kept(folder.path(), 3);
    let last = runs.last().unwrap().unwrap();
    let path = folder.path().join("0000000002-1020.run");
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, bytes).unwrap();
    let error = runs.tree(last).unwrap_err().to_string();
    assert!(
        error.contains("0000000002-1020.run") && error.contains("altered"),
        "{error}"
    );
    let faults = runs.check(&NoProgress).unwrap();
    assert_eq!(
        faults.iter().map(|fault| fault.run).collect::<Vec<_>>(),
        [last]
    );
    // The next run is kept, and told as a beginning.
    let next = runs.keep(&tree(1_030, &numbers(3))).unwrap();
    assert_eq!(next.difference.earlier, None);
    assert_eq!(runs.tree(next.run).unwrap(), tree(1_030, &numbers(3)));
    assert_eq!(runs.check(&NoProgress).unwrap().len(), 1);
}

#[test]
fn a_run_whose_file_was_taken_away_is_missed() {
    let folder = tempfile::tempdir().unwrap();
    let runs = kept(folder.path(), 6);
    fs::remove_file(folder.path().join("0000000004-1040.run")).unwrap();
    let error = runs.names().unwrap_err().to_string();
    assert!(error.contains("number 4"), "{error}");
    let next = runs.keep(&tree(1_060, &numbers(6))).unwrap();
    assert_eq!(next.run.number, 6);
}

#[test]
fn one_writer_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let runs = kept(folder.path(), 1);
    let held = fs::File::options()
        .write(true)
        .open(folder.path().join("lock"))
        .unwrap();
    held.lock().unwrap();
    let error = runs.keep(&tree(2_000, &[])).unwrap_err().to_string();
    assert!(error.contains("in use by another"), "{error}");
    assert_eq!(runs.names().unwrap().len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_altered_byte_is_read_as_something_else(
        place in any::<prop::sample::Index>(), flip in 1_u8..=255, cut in any::<Option<prop::sample::Index>>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let runs = kept(folder.path(), 2);
        let path = folder.path().join("0000000001-1010.run");
        let mut bytes = fs::read(&path).unwrap();
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        fs::write(&path, bytes).unwrap();
        let faults = runs.check(&NoProgress).unwrap();
        prop_assert_eq!(faults.len(), 1);
        prop_assert!(faults[0].problem.to_string().contains("0000000001-1010.run"));
    }
}

/// Where the child process of the next test keeps its runs.
const FOLDER: &str = "MODU_TEST_RUNS_FOLDER";

#[test]
fn killed_at_any_moment_at_most_the_run_in_progress_is_lost() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let runs = Runs::in_folder(folder);
        loop {
            let run = runs.names().unwrap().len() as u64;
            runs.keep(&tree(1_000 + run as i64 * 10, &numbers(run)))
                .unwrap();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let runs = Runs::in_folder(folder.path());
    let mut before = 0;
    for round in 0..8_u64 {
        let name = "runs::killed_at_any_moment_at_most_the_run_in_progress_is_lost";
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .env(FOLDER, folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Until it has kept one, and then a moment that differs each time.
        while runs.names().unwrap().len() <= before {
            assert!(
                child.try_wait().unwrap().is_none(),
                "the child ended by itself"
            );
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        std::thread::sleep(std::time::Duration::from_micros(round * 700));
        child.kill().unwrap();
        child.wait().unwrap();
        let names = runs.names().unwrap();
        assert!(names.len() > before);
        before = names.len();
        assert!(runs.check(&NoProgress).unwrap().is_empty());
        for name in names {
            assert_eq!(
                runs.tree(name).unwrap(),
                tree(name.time, &numbers(name.number))
            );
        }
    }
}
