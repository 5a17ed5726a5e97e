//! A local folder as a source of publication points.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use modu_route::repository::RepositoryIndex;
use modu_route_net::cache::Cache;
use modu_route_net::local::{Filled, fill};
use modu_route_world::{Keys, Shape, World};

/// Makes everything as old as if it had been there for an hour.
fn age(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            age(&entry.path());
        }
        set_old(&entry.path());
    }
    set_old(folder);
}

fn set_old(path: &Path) {
    let old = SystemTime::now() - Duration::from_secs(3600);
    fs::File::open(path).unwrap().set_modified(old).unwrap();
}

fn fill_and_commit(cache: &Cache, root: &Path) -> Filled {
    let filled = fill(cache, root, &[]).unwrap();
    let index = RepositoryIndex {
        points: filled.points.clone(),
        ..RepositoryIndex::default()
    };
    cache.commit(index).unwrap();
    filled
}

#[test]
fn a_folder_that_is_as_it_was_is_not_read_again() {
    let (state, tree) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let world = World::new(&Shape::default(), Keys::shared()).unwrap();
    world.write_rsync(tree.path()).unwrap();
    age(tree.path());
    let cache = Cache::open(state.path()).unwrap();
    let first = fill_and_commit(&cache, tree.path());
    assert_eq!(first.unchanged, 0);
    let (index, _) = world.repository().unwrap();
    for (key, pack) in &index.points {
        assert_eq!(first.points.get(key), Some(pack), "{key:?}");
    }
    drop(cache);
    let cache = Cache::open(state.path()).unwrap();
    let second = fill_and_commit(&cache, tree.path());
    assert_eq!((second.read, second.unchanged), (0, first.read));
    assert_eq!(second.points, first.points);
}

#[test]
fn a_folder_with_a_new_manifest_is_read_again_and_no_other() {
    let (state, tree) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut world = World::new(&Shape::default(), Keys::shared()).unwrap();
    world.write_rsync(tree.path()).unwrap();
    age(tree.path());
    let cache = Cache::open(state.path()).unwrap();
    fill_and_commit(&cache, tree.path());
    world.publish(2).unwrap();
    let manifest = world.manifest_uri(2);
    let path = tree.path().join(manifest.trim_start_matches("rsync://"));
    // Written in place: the folder's own time does not change.
    fs::write(&path, &world.files()[&manifest]).unwrap();
    let filled = fill_and_commit(&cache, tree.path());
    assert_eq!(filled.read, 1);
}

#[test]
fn what_the_index_does_not_name_is_read_again() {
    let (state, tree) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let world = World::new(&Shape::default(), Keys::shared()).unwrap();
    world.write_rsync(tree.path()).unwrap();
    age(tree.path());
    let cache = Cache::open(state.path()).unwrap();
    let first = fill_and_commit(&cache, tree.path());
    cache.commit(RepositoryIndex::default()).unwrap();
    let again = fill(&cache, tree.path(), &[]).unwrap();
    assert!(again.read > 0);
    assert_eq!(again.points, first.points);
}

#[test]
fn names_that_are_no_text_and_links_are_passed_over_and_told() {
    use std::os::unix::ffi::OsStrExt as _;
    let (state, tree) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let point = tree.path().join("rpki.example/repo/a");
    fs::create_dir_all(&point).unwrap();
    fs::write(point.join(std::ffi::OsStr::from_bytes(b"\xff.roa")), "x").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", point.join("link.roa")).unwrap();
    fs::write(point.join("object.roa"), "x").unwrap();
    let cache = Cache::open(state.path()).unwrap();
    let filled = fill(&cache, tree.path(), &[]).unwrap();
    assert_eq!(filled.notes.len(), 2, "{:?}", filled.notes);
    assert_eq!(filled.points.len(), 1);
}
