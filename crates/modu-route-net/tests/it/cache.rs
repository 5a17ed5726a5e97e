//! The cache survives what happens to disks and processes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use modu_kernel::{Artifact, Digest};
use modu_route::repository::{Packs as _, PointKey, RepositoryIndex, Source};
use modu_route_net::NetError;
use modu_route_net::cache::Cache;

fn index(packs: &[Artifact]) -> RepositoryIndex {
    let mut index = RepositoryIndex::default();
    for (number, pack) in packs.iter().enumerate() {
        let key = PointKey {
            source: Source::Rsync("rsync://rpki.example/repo/".into()),
            folder: format!("rsync://rpki.example/repo/{number}/"),
        };
        index.points.insert(key, *pack);
    }
    index
}

fn pack_path(cache: &Path, digest: &Digest) -> PathBuf {
    let name = digest.to_hex();
    cache.join("packs").join(&name[..2]).join(name)
}

#[test]
fn what_was_committed_is_there_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    let pack = cache.put(b"one").unwrap();
    cache.commit(index(&[pack])).unwrap();
    drop(cache);
    let cache = Cache::open(folder.path()).unwrap();
    assert_eq!(*cache.index(), index(&[pack]));
    assert_eq!(cache.pack(&pack.digest).unwrap(), "one");
    assert_eq!(cache.damage(), None);
}

#[test]
fn a_second_process_is_told_that_the_cache_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let first = Cache::open(folder.path()).unwrap();
    let second = Cache::open(folder.path());
    assert!(matches!(second.err(), Some(NetError::Locked { .. })));
    drop(first);
    Cache::open(folder.path()).unwrap();
}

#[test]
fn a_broken_pack_is_as_absent_and_can_be_put_again() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    let pack = cache.put(b"the right bytes").unwrap();
    cache.commit(index(&[pack])).unwrap();
    drop(cache);
    for broken in [&b"the wrong bytes"[..], b"the right", b""] {
        fs::write(pack_path(folder.path(), &pack.digest), broken).unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        let error = cache.pack(&pack.digest).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
        assert_eq!(cache.put(b"the right bytes").unwrap(), pack);
        assert_eq!(cache.pack(&pack.digest).unwrap(), "the right bytes");
    }
}

#[test]
fn what_a_crash_left_of_a_pack_is_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    let pack = cache.put(b"torn by a crash").unwrap();
    drop(cache);
    // No index names it: so nothing says that it reached the disk.
    fs::write(pack_path(folder.path(), &pack.digest), b"torn").unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    cache.put(b"torn by a crash").unwrap();
    assert_eq!(cache.pack(&pack.digest).unwrap(), "torn by a crash");
}

#[test]
fn a_broken_index_counts_as_none_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    let pack = cache.put(b"one").unwrap();
    cache.commit(index(&[pack])).unwrap();
    drop(cache);
    let path = folder.path().join("index.json");
    let whole = fs::read(&path).unwrap();
    for broken in [&whole[..whole.len() / 2], b"", b"\xff\x00", b"[]"] {
        fs::write(&path, broken).unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        assert!(cache.damage().unwrap().contains("fetched again"));
        assert_eq!(*cache.index(), RepositoryIndex::default());
        let again = cache.put(b"one").unwrap();
        cache.commit(index(&[again])).unwrap();
        drop(cache);
        assert_eq!(fs::read(&path).unwrap(), whole);
    }
}

#[test]
fn a_commit_that_cannot_be_written_leaves_the_index_that_stood() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    let first = cache.put(b"one").unwrap();
    cache.commit(index(&[first])).unwrap();
    // A folder in the way of the fresh file, whoever runs the test.
    fs::create_dir(folder.path().join("index.new")).unwrap();
    let second = cache.put(b"two").unwrap();
    let failed = cache.commit(index(&[first, second]));
    assert!(matches!(failed, Err(NetError::Io { .. })));
    assert_eq!(*cache.index(), index(&[first]));
    drop(cache);
    fs::remove_dir(folder.path().join("index.new")).unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    assert_eq!(*cache.index(), index(&[first]));
    assert_eq!(cache.pack(&first.digest).unwrap(), "one");
}

#[test]
fn a_sweep_keeps_what_the_index_and_the_asker_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut cache = Cache::open(folder.path()).unwrap();
    let named = cache.put(b"named by the index").unwrap();
    let fallback = cache.put(b"named by a tree").unwrap();
    let old = cache.put(b"old").unwrap();
    cache.commit(index(&[named])).unwrap();
    let swept = cache.sweep([fallback.digest]).unwrap();
    assert_eq!((swept.kept, swept.removed, swept.bytes), (2, 1, 3));
    assert!(cache.pack(&named.digest).is_ok());
    assert!(cache.pack(&fallback.digest).is_ok());
    assert!(cache.pack(&old.digest).is_err());
    // What is put after it was swept is written again.
    cache.put(b"old").unwrap();
    assert!(cache.pack(&old.digest).is_ok());
}
