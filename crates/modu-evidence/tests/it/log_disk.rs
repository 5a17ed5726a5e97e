//! A full disk and a read-only one, real ones where the system permits a mount.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use modu_evidence::EvidenceError;
use modu_evidence::log::{Log, LogReader};
use modu_kernel::NoProgress;

use crate::log_keys::{entries, keys, signer};

/// A small file system in memory, unmounted when dropped.
struct SmallDisk {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(&path)
            .output();
        if done.is_ok_and(|output| output.status.success()) {
            return Some(Self {
                _folder: folder,
                path,
            });
        }
        eprintln!("skipped: this user may not mount a file system");
        None
    }

    fn remount(&self, option: &str) {
        let options = format!("remount,{option}");
        let done = Command::new("mount")
            .args(["-o", &options])
            .arg(&self.path)
            .status();
        assert!(done.unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}

fn audit(folder: &Path) -> u64 {
    let reader = LogReader::open(folder, &keys()).unwrap();
    reader.audit(&NoProgress).unwrap();
    reader.size()
}

#[test]
fn a_full_disk_is_a_clear_error_and_once_there_is_room_the_log_goes_on() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let folder = disk.path.join("log");
    let mut log = Log::create(&folder, &keys(), &signer()).unwrap();
    let filler = disk.path.join("filler");
    fs::write(&filler, vec![0; 300 << 10]).unwrap();
    let mut size = 0;
    let error = loop {
        match log.append_batch(&entries(size..size + 500), &signer()) {
            Ok(appended) => size = appended.checkpoint.size,
            Err(error) => break error,
        }
    };
    let EvidenceError::Io { source, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(source.kind(), std::io::ErrorKind::StorageFull, "{error}");
    assert!(size > 0);
    assert_eq!(audit(&folder), size);

    fs::remove_file(filler).unwrap();
    match log.append_batch(&entries(size..size + 500), &signer()) {
        Ok(appended) => assert_eq!(appended.first, size),
        Err(EvidenceError::Reopen { .. }) => {}
        Err(error) => panic!("{error}"),
    }
    drop(log);
    let log = Log::open(&folder, &keys()).unwrap();
    assert!(log.checkpoint().size >= size);
    assert_eq!(audit(&folder), log.checkpoint().size);
}

#[test]
fn a_read_only_disk_is_read_and_not_written() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let folder = disk.path.join("log");
    let mut log = Log::create(&folder, &keys(), &signer()).unwrap();
    log.append_batch(&entries(0..300), &signer()).unwrap();
    drop(log);
    disk.remount("ro");
    assert_eq!(audit(&folder), 300);
    let error = Log::open(&folder, &keys()).unwrap_err().to_string();
    assert!(
        error.contains("open for writing") && error.contains("lock"),
        "{error}"
    );
    assert!(Log::create(disk.path.join("new"), &keys(), &signer()).is_err());
    disk.remount("rw");
    assert!(Log::open(&folder, &keys()).is_ok());
}
