//! The local folder: its layout, and what others may plant in it.

use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use modu_kernel::{Digest, NoProgress};
use modu_store::{Location, Store, StoreError};
use proptest::prelude::*;

use crate::conformance::conforms;

pub(crate) fn open(path: &Path) -> Store {
    Store::open(&Location::Folder(path.to_owned())).unwrap()
}

fn path_in(root: &Path, digest: Digest) -> PathBuf {
    let name = digest.to_hex();
    root.join("sha256").join(&name[..2]).join(name)
}

pub(crate) fn leftovers(root: &Path) -> usize {
    fs::read_dir(root.join("tmp")).map_or(0, Iterator::count)
}

#[test]
fn a_folder_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("artifacts");
    conforms(&open(&root), &|digest, bytes| {
        let path = path_in(&root, digest);
        fs::remove_file(&path).unwrap();
        fs::write(path, bytes).unwrap();
    });
    assert_eq!(leftovers(&root), 0);
}

#[test]
fn an_artifact_is_read_only_in_a_folder_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("a/b");
    let artifact = open(&root).put_bytes(b"abc").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&root), 0o700);
    assert_eq!(mode(&path_in(&root, artifact.digest)) & 0o222, 0);
}

#[test]
fn another_handle_sees_what_was_put_and_a_folder_without_tmp_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let artifact = open(folder.path()).put_bytes(b"abc").unwrap();
    fs::remove_dir(folder.path().join("tmp")).unwrap();
    let store = open(folder.path());
    assert_eq!(store.read(artifact.digest, 3).unwrap(), b"abc");
    store.put_bytes(b"more").unwrap();
}

#[test]
fn a_folder_of_other_things_is_not_made_a_store() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("letter.txt"), "dear").unwrap();
    let error = Store::open(&Location::Folder(folder.path().to_owned())).unwrap_err();
    assert!(matches!(&error, StoreError::Location { .. }), "{error}");
    assert!(error.to_string().contains("letter.txt"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let file = Location::Folder(folder.path().join("letter.txt"));
    assert!(Store::open(&file).is_err());
}

#[test]
fn a_symbolic_link_in_an_artifacts_place_is_refused_and_then_mended() {
    let folder = tempfile::tempdir().unwrap();
    let (root, outside) = (folder.path().join("store"), folder.path().join("outside"));
    let store = open(&root);
    let digest = store.put_bytes(b"abc").unwrap().digest;
    // The link even leads to the right bytes: it is still not ours.
    fs::write(&outside, b"abc").unwrap();
    fs::remove_file(path_in(&root, digest)).unwrap();
    symlink(&outside, path_in(&root, digest)).unwrap();
    for answer in [
        store.get(digest).err(),
        store.open_verified(digest).err(),
        store.size(digest).err(),
        store.contains(digest).err(),
    ] {
        assert!(matches!(answer, Some(StoreError::Stranger { .. })));
    }
    assert_eq!(store.list().unwrap().count(), 0);
    assert_eq!(store.check(&NoProgress).unwrap().faults, 1);
    store.put_bytes(b"abc").unwrap();
    assert_eq!(store.read(digest, 3).unwrap(), b"abc");
    assert_eq!(fs::read(&outside).unwrap(), b"abc");
    assert!(store.check(&NoProgress).unwrap().is_sound());
}

#[test]
fn a_link_in_a_folders_place_leads_no_write_outside() {
    let folder = tempfile::tempdir().unwrap();
    let outside = folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    let name = Digest::of(b"abc").to_hex();
    for place in [PathBuf::from("tmp"), Path::new("sha256").join(&name[..2])] {
        let root = folder
            .path()
            .join(place.to_string_lossy().replace('/', "-"));
        let store = open(&root);
        let _ = fs::remove_dir(root.join(&place));
        symlink(&outside, root.join(&place)).unwrap();
        let error = store.put_bytes(b"abc").unwrap_err();
        assert!(matches!(error, StoreError::Stranger { .. }), "{error}");
        assert!(!store.check(&NoProgress).is_ok_and(|r| r.sound > 0));
    }
    let root = folder.path().join("objects");
    fs::create_dir(&root).unwrap();
    symlink(&outside, root.join("sha256")).unwrap();
    assert!(Store::open(&Location::Folder(root)).is_err());
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}

#[test]
fn what_the_store_did_not_write_is_passed_over_by_the_list_and_told_by_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let digest = store.put_bytes(b"abc").unwrap().digest;
    let path = path_in(folder.path(), digest);
    let fan_out = path.parent().unwrap();
    fs::write(fan_out.join("notes.txt"), "x").unwrap();
    fs::write(fan_out.join(digest.to_hex().to_uppercase()), "x").unwrap();
    fs::write(folder.path().join("sha256/zz"), "x").unwrap();
    // The name of a digest, in the folder of another.
    fs::create_dir(folder.path().join("sha256/00")).unwrap();
    fs::write(folder.path().join("sha256/00").join(digest.to_hex()), "abc").unwrap();
    let other = path_in(folder.path(), Digest::of(b"directory"));
    fs::create_dir_all(&other).unwrap();
    assert_eq!(store.list().unwrap().count(), 1);
    let report = store.check(&NoProgress).unwrap();
    assert_eq!((report.sound, report.faults), (1, 5));
    assert!(store.get(Digest::of(b"directory")).is_err());
}

#[test]
fn a_pipe_in_an_artifacts_place_does_not_block() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let path = path_in(folder.path(), Digest::of(b"pipe"));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    let error = store.get(Digest::of(b"pipe")).unwrap_err();
    assert!(matches!(error, StoreError::Stranger { .. }), "{error}");
}

#[test]
fn leftovers_are_swept_when_they_are_old_and_nobody_holds_them() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).put_bytes(b"abc").unwrap();
    let leftover = |name: &str, age: Duration| {
        let file = File::create(folder.path().join("tmp").join(name)).unwrap();
        let times = FileTimes::new().set_modified(SystemTime::now() - age);
        file.set_times(times).unwrap();
        file
    };
    let (minute, day) = (Duration::from_secs(60), Duration::from_secs(86_400));
    drop(leftover("old", day));
    drop(leftover("young", minute));
    let held = leftover("old-but-held", day);
    held.try_lock().unwrap();
    let elsewhere = folder.path().join("elsewhere");
    fs::write(&elsewhere, "x").unwrap();
    symlink(&elsewhere, folder.path().join("tmp/link")).unwrap();
    open(folder.path());
    let mut left: Vec<_> = fs::read_dir(folder.path().join("tmp"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["link", "old-but-held", "young"]);
    assert!(elsewhere.exists());
    drop(held);
    open(folder.path());
    assert!(!folder.path().join("tmp/old-but-held").exists());
}

#[test]
fn what_a_living_writer_writes_is_not_swept_however_old_it_looks() {
    struct SweepsMeanwhile<'a>(&'a Path, u32);
    impl std::io::Read for SweepsMeanwhile<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let written = fs::read_dir(self.0.join("tmp"))?.next().unwrap()?.path();
            let day_ago = SystemTime::now() - Duration::from_secs(86_400);
            let times = FileTimes::new().set_modified(day_ago);
            File::open(&written)?.set_times(times)?;
            open(self.0);
            assert!(written.exists());
            self.1 += 1;
            buffer[0] = 1;
            Ok(usize::from(self.1 < 4))
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let artifact = store.put(SweepsMeanwhile(folder.path(), 0)).unwrap();
    assert_eq!(store.read(artifact.digest, 9).unwrap(), [1, 1, 1]);
}

#[test]
fn a_handle_that_reads_keeps_its_bytes_while_the_artifact_is_put_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let digest = store.put_bytes(b"abc").unwrap().digest;
    let reader = store.get(digest).unwrap();
    store.put_bytes(b"abc").unwrap();
    fs::set_permissions(
        path_in(folder.path(), digest),
        Permissions::from_mode(0o600),
    )
    .unwrap();
    fs::write(path_in(folder.path(), digest), b"xyz").unwrap();
    assert_eq!(reader.read_all(3).unwrap(), b"abc");
    assert!(store.read(digest, 3).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn bytes_in_any_pieces_are_one_artifact(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..2000), 0..8),
    ) {
        struct Pieces(std::vec::IntoIter<Vec<u8>>);
        impl std::io::Read for Pieces {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                let piece = self.0.find(|piece| !piece.is_empty()).unwrap_or_default();
                buffer[..piece.len()].copy_from_slice(&piece);
                Ok(piece.len())
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let artifact = store.put(Pieces(pieces.clone().into_iter())).unwrap();
        let whole = pieces.concat();
        prop_assert_eq!(artifact.digest, Digest::of(&whole));
        prop_assert_eq!(store.read(artifact.digest, 20_000).unwrap(), whole);
    }
}
