//! Damaged logs: no changed byte of any file comes out as if it were right.

use std::fs;
use std::path::{Path, PathBuf};

use modu_evidence::EvidenceError;
use modu_evidence::log::{Log, LogReader};
use modu_kernel::NoProgress;

use crate::log_keys::{entries, keys, memory_folder, signer};

/// A log of 600 entries: every kind of file, full and partial.
fn log() -> tempfile::TempDir {
    let folder = memory_folder();
    let mut log = Log::create(folder.path(), &keys(), &signer()).unwrap();
    log.append_batch(&entries(0..600), &signer()).unwrap();
    folder
}

fn read_all(folder: &Path) -> Result<(), EvidenceError> {
    LogReader::open(folder, &keys())?.audit(&NoProgress)
}

const FILES: [&str; 7] = [
    "tile/0/000",
    "tile/0/001",
    "tile/0/002.p/88",
    "tile/1/000.p/2",
    "tile/entries/000",
    "tile/entries/001",
    "tile/entries/002.p/88",
];

/// Puts a file aside while something is done to it.
fn with_changed(path: &Path, change: impl FnOnce(&mut Vec<u8>), check: impl FnOnce()) {
    let good = fs::read(path).unwrap();
    let mut bytes = good.clone();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
    check();
    fs::write(path, good).unwrap();
}

#[test]
fn no_changed_byte_of_a_tile_or_bundle_is_believed() {
    let folder = log();
    read_all(folder.path()).unwrap();
    for file in FILES {
        let path = folder.path().join(file);
        let length = fs::metadata(&path).unwrap().len() as usize;
        // The first and last bytes, and some between at a step prime to 32.
        let places = (0..40).chain((40..length).step_by(length / 40 + 1));
        for place in places.chain([length - 1]).filter(|place| *place < length) {
            with_changed(
                &path,
                |bytes| bytes[place] ^= 1 << (place % 8),
                || {
                    let error = read_all(folder.path()).unwrap_err();
                    let named = matches!(&error, EvidenceError::Corrupt { .. });
                    assert!(named, "{file} at {place}: {error}");
                },
            );
        }
    }
    read_all(folder.path()).unwrap();
}

#[test]
fn a_missing_cut_or_lengthened_file_is_named() {
    let folder = log();
    for file in FILES {
        let path = folder.path().join(file);
        let check = || {
            let error = read_all(folder.path()).unwrap_err().to_string();
            assert!(error.contains("tile"), "{file}: {error}");
        };
        with_changed(&path, |bytes| bytes.clear(), check);
        with_changed(&path, |bytes| bytes.truncate(bytes.len() - 1), check);
        with_changed(&path, |bytes| bytes.truncate(bytes.len() / 2), check);
        with_changed(&path, |bytes| bytes.push(0), check);
        with_changed(&path, |bytes| bytes.extend([0; 32]), check);
        with_changed(&path, |bytes| bytes.resize(20 << 20, 0), check);
        let aside = path.with_extension("aside");
        fs::rename(&path, &aside).unwrap();
        let error = read_all(folder.path()).unwrap_err().to_string();
        assert!(error.contains("missing") && error.contains(file), "{error}");
        fs::create_dir(&path).unwrap();
        assert!(read_all(folder.path()).is_err());
        fs::remove_dir(&path).unwrap();
        fs::rename(&aside, &path).unwrap();
    }
    read_all(folder.path()).unwrap();
}

#[test]
fn tiles_that_agree_with_each_other_but_not_with_the_checkpoint_are_refused() {
    let (folder, other) = (log(), memory_folder());
    let mut log = Log::create(other.path(), &keys(), &signer()).unwrap();
    log.append_batch(&entries(1..601), &signer()).unwrap();
    for file in FILES {
        fs::copy(other.path().join(file), folder.path().join(file)).unwrap();
    }
    let error = read_all(folder.path()).unwrap_err();
    assert!(matches!(error, EvidenceError::Corrupt { .. }), "{error}");
}

#[test]
fn a_damaged_log_is_not_opened_for_writing_and_not_touched() {
    for file in ["tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/002.p/88"] {
        let folder = log();
        let path = folder.path().join(file);
        let mut bytes = fs::read(&path).unwrap();
        bytes[2] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let error = Log::open(folder.path(), &keys()).unwrap_err();
        assert!(matches!(error, EvidenceError::Corrupt { .. }), "{error}");
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
}

#[test]
fn a_damaged_checkpoint_is_refused() {
    let folder = log();
    let path = folder.path().join("checkpoint");
    let length = fs::read(&path).unwrap().len();
    for place in 0..length {
        with_changed(
            &path,
            |bytes| bytes[place] ^= 1,
            // A changed name or id leaves one trusted line of the two, and
            // that line still vouches for every byte of the text.
            || {
                if let Ok(reader) = LogReader::open(folder.path(), &keys()) {
                    assert_eq!(keys().open(reader.note()).unwrap().signed_by.len(), 1);
                    assert_eq!(reader.size(), 600);
                }
            },
        );
    }
    fs::write(&path, vec![b'x'; 300 * 1024]).unwrap();
    assert!(LogReader::open(folder.path(), &keys()).is_err());
    assert!(Log::open(folder.path(), &keys()).is_err());
}

#[test]
fn what_lies_past_the_checkpoint_is_cleared_away_when_the_log_is_opened() {
    let folder = log();
    let strays: Vec<PathBuf> = [
        "staging/17",
        "staging/checkpoint.new",
        "tile/0/002",
        "tile/0/002.p/89",
        "tile/0/003",
        "tile/0/003.p/7",
        "tile/1/000.p/3",
        "tile/2/000.p/1",
        "tile/entries/002",
        "tile/entries/002.p/255",
        "tile/entries/100",
        "tile/0/001.p/12",
    ]
    .iter()
    .map(|stray| folder.path().join(stray))
    .collect();
    for stray in &strays {
        fs::create_dir_all(stray.parent().unwrap()).unwrap();
        fs::write(stray, b"stray").unwrap();
    }
    read_all(folder.path()).unwrap();
    let mut log = Log::open(folder.path(), &keys()).unwrap();
    for stray in &strays {
        assert!(!stray.exists(), "{}", stray.display());
    }
    log.append_batch(&entries(600..1100), &signer()).unwrap();
    drop(log);
    read_all(folder.path()).unwrap();
}

#[test]
fn a_staged_checkpoint_of_another_history_is_not_shown() {
    let (folder, other) = (log(), memory_folder());
    let mut log = Log::create(other.path(), &keys(), &signer()).unwrap();
    log.append_batch(&entries(1..701), &signer()).unwrap();
    fs::copy(
        other.path().join("checkpoint"),
        folder.path().join("staging/checkpoint"),
    )
    .unwrap();
    let log = Log::open(folder.path(), &keys()).unwrap();
    assert_eq!(log.checkpoint().size, 600);
    log.reader().audit(&NoProgress).unwrap();
}
