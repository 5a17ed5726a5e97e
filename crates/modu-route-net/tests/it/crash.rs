//! The cache where processes are killed and disks are full. Both need a
//! process of their own: this program, run again for one of its tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use modu_kernel::{Artifact, Digest};
use modu_route::repository::{Packs as _, PointKey, RepositoryIndex, Source};
use modu_route_net::NetError;
use modu_route_net::cache::Cache;

/// Names the cache's folder to the process that is run again.
const FOLDER: &str = "MODU_TEST_CACHE";

fn folder() -> PathBuf {
    std::env::var_os(FOLDER)
        .expect("run by another test")
        .into()
}

/// This program again, for one test.
fn again(test: &str, folder: &Path) -> Vec<std::ffi::OsString> {
    let program = std::env::current_exe().unwrap();
    let words = ["--ignored", "--exact", "--nocapture", test];
    let mut arguments = vec![
        "env".into(),
        format!("{FOLDER}={}", folder.display()).into(),
    ];
    arguments.push(program.into_os_string());
    arguments.extend(words.map(Into::into));
    arguments
}

fn key(number: u64) -> PointKey {
    PointKey {
        source: Source::Rsync("rsync://rpki.example/repo/".into()),
        folder: format!("rsync://rpki.example/repo/{number}/"),
    }
}

/// Bytes that nobody has written before.
fn bytes(number: u64) -> Vec<u8> {
    Digest::of(&number.to_be_bytes())
        .to_hex()
        .repeat(64)
        .into_bytes()
}

#[test]
#[ignore = "is killed by another test"]
fn writes_until_it_is_killed() {
    let cache = Cache::open(&folder()).unwrap();
    let mut index = (*cache.index()).clone();
    let first = index.points.len() as u64;
    for number in first.. {
        index
            .points
            .insert(key(number), cache.put(&bytes(number)).unwrap());
        if number % 3 == 0 {
            cache.commit(index.clone()).unwrap();
        }
    }
}

#[test]
fn killed_at_any_moment_it_names_only_packs_that_are_there() {
    let state = tempfile::tempdir().unwrap();
    let mut held = 0;
    for round in 0..6 {
        let arguments = again("crash::writes_until_it_is_killed", state.path());
        let mut child = Command::new(&arguments[0])
            .args(&arguments[1..])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let index = state.path().join("index.json");
        while !index.exists() {
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(20 + 7 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let cache = Cache::open(state.path()).unwrap();
        assert_eq!(cache.damage(), None);
        let index = cache.index();
        assert!(index.points.len() >= held);
        held = index.points.len();
        for (number, (_, pack)) in index.points.iter().enumerate() {
            assert!(cache.pack(&pack.digest).is_ok(), "pack {number} of {held}");
        }
    }
    assert!(held > 0);
}

#[test]
#[ignore = "is run on a small disk by another test"]
fn fills_its_disk() {
    let cache = Cache::open(&folder()).unwrap();
    let mut index = RepositoryIndex::default();
    index.points.insert(key(0), cache.put(&bytes(0)).unwrap());
    cache.commit(index.clone()).unwrap();
    let before = cache.index();
    let mut kept: Vec<Artifact> = Vec::new();
    let failure = loop {
        match cache.put(&bytes(1 + kept.len() as u64)) {
            Ok(pack) => kept.push(pack),
            Err(failure) => break failure,
        }
    };
    assert!(matches!(failure, NetError::Io { .. }), "{failure}");
    for (number, pack) in (1..).zip(&kept) {
        index.points.insert(key(number), *pack);
    }
    assert!(
        cache.commit(index.clone()).is_err(),
        "there was room for the index"
    );
    assert_eq!(cache.index(), before);
    drop(cache);
    let mut cache = Cache::open(&folder()).unwrap();
    assert_eq!((cache.damage(), cache.index()), (None, before.clone()));
    for digest in before.digests() {
        assert!(cache.pack(&digest).is_ok());
    }
    // Room again, and it goes on.
    cache.sweep([]).unwrap();
    let pack = cache.put(&bytes(1)).unwrap();
    index.points.retain(|it, _| *it == key(0));
    index.points.insert(key(1), pack);
    cache.commit(index.clone()).unwrap();
    assert_eq!(*cache.index(), index);
}

#[test]
fn a_full_disk_loses_nothing() {
    let disk = tempfile::tempdir().unwrap();
    let mount = format!("mount -t tmpfs -o size=512k none {}", disk.path().display());
    let unshared = |script: String| {
        let mut command = Command::new("unshare");
        command.args(["-Urm", "sh", "-c", &script, "sh"]);
        command
    };
    let can = unshared(mount.clone()).stderr(Stdio::null()).status();
    if !can.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no disk can be mounted here");
        return;
    }
    let cache = disk.path().join("cache");
    let done = unshared(format!("{mount} && exec \"$@\""))
        .args(again("crash::fills_its_disk", &cache))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && said.contains("1 passed"), "{said}");
}
