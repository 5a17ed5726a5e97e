//! A disk without room, and one that may only be read.

use std::path::Path;
use std::process::Command;

use modu_kernel::NoProgress;
use modu_store::{Location, Store, StoreError};

use crate::folder::{leftovers, open};
use crate::{child, noise};

/// Fills the store at `folder` until it refuses: the refusal is clear, what
/// was put stays, and nothing is left of what was not.
fn fill(folder: &Path) {
    let store = open(folder);
    let small = store.put_bytes(b"small").unwrap();
    let mut put = 1;
    let error = loop {
        match store.put_bytes(&noise::bytes(put, 700_000)) {
            Ok(_) => put += 1,
            Err(error) => break error,
        }
        assert!(put < 100, "the disk is larger than this test thinks");
    };
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert!(error.to_string().contains("full"), "{error}");
    assert_eq!(leftovers(folder), 0);
    let report = open(folder).check(&NoProgress).unwrap();
    assert!(report.is_sound());
    assert_eq!(report.sound, put);
    assert_eq!(store.read(small.digest, 5).unwrap(), b"small");
}

fn assert_plays(mut command: Command) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{output:?}"
    );
}

#[test]
fn a_full_disk_is_an_error_that_leaves_nothing_behind() {
    let test = "full::a_full_disk_is_an_error_that_leaves_nothing_behind";
    if let Some(part) = child::part() {
        return fill(Path::new(&part[0]));
    }
    if !child::may_mount() {
        eprintln!("skipped: no file system may be mounted here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap();
    let mount = "mount -t tmpfs -o size=3m none \"$folder\"";
    assert_plays(child::after_shell(mount, root, test, &[root]));
}

#[test]
fn a_limit_on_file_sizes_is_an_error_that_leaves_nothing_behind() {
    let test = "full::a_limit_on_file_sizes_is_an_error_that_leaves_nothing_behind";
    if let Some(part) = child::part() {
        let store = open(Path::new(&part[0]));
        store.put_bytes(&noise::bytes(1, 100_000)).unwrap();
        let error = store.put_bytes(&noise::bytes(2, 700_000)).unwrap_err();
        assert!(matches!(error, StoreError::Full { .. }), "{error}");
        assert_eq!(leftovers(Path::new(&part[0])), 0);
        assert_eq!(store.check(&NoProgress).unwrap().sound, 1);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let child = child::command(test, &[folder.path().to_str().unwrap()]);
    // The limit counts blocks of 512 bytes; its signal would kill the writer.
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 1000; exec \"$@\"", "sh"]);
    limited.arg(child.get_program()).args(child.get_args());
    for (name, value) in child.get_envs() {
        limited.env(name, value.unwrap());
    }
    assert_plays(limited);
}

#[test]
fn a_store_that_may_only_be_read_is_read_and_refuses_to_write() {
    let test = "full::a_store_that_may_only_be_read_is_read_and_refuses_to_write";
    if let Some(part) = child::part() {
        return read_only(Path::new(&part[0]));
    }
    if !child::may_mount() {
        eprintln!("skipped: no file system may be mounted here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).put_bytes(b"small").unwrap();
    let root = folder.path().to_str().unwrap();
    let mount = "mount --bind \"$folder\" \"$folder\" && mount -o remount,bind,ro \"$folder\"";
    assert_plays(child::after_shell(mount, root, test, &[root]));
}

fn read_only(folder: &Path) {
    let store = open(folder);
    let listed: Vec<_> = store.list().unwrap().map(Result::unwrap).collect();
    assert_eq!(store.read(listed[0].digest, 5).unwrap(), b"small");
    assert!(store.check(&NoProgress).unwrap().is_sound());
    let error = store.put_bytes(b"new").unwrap_err();
    assert!(matches!(error, StoreError::Denied { .. }), "{error}");
    assert!(error.to_string().contains("tmp"), "{error}");
    let inside = Location::Folder(folder.join("new"));
    let error = Store::open(&inside).unwrap_err();
    assert!(matches!(error, StoreError::Denied { .. }), "{error}");
}
