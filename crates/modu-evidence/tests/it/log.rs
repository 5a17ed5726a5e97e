//! A log in its folder: tiles by the C2SP rules, proofs, limits.

use std::fs;
use std::path::Path;

use modu_evidence::EvidenceError;
use modu_evidence::log::{
    Checkpoint, Hash, Log, LogKeys, LogReader, MAX_BATCH_ENTRIES, MAX_ENTRY_BYTES, Origin, Tile,
    TileKind,
};
use modu_evidence::note::Note;
use modu_kernel::NoProgress;
use proptest::prelude::*;

use crate::log_keys::{ORIGIN, ecdsa, ed25519, entries, entry, keys, memory_folder, signer};

/// The tree hash by its definition (RFC 9162, section 2.1.1).
pub(crate) fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of_empty_tree(),
        [leaf] => *leaf,
        _ => {
            let middle = leaves.len().next_power_of_two() / 2;
            let (left, right) = leaves.split_at(middle);
            Hash::of_node(&naive_root(left), &naive_root(right))
        }
    }
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files_below(&path)),
            false => found.push(path.to_str().unwrap().to_owned()),
        }
    }
    found
}

#[test]
fn tile_paths_follow_the_examples_of_the_specification() {
    let hashes = TileKind::Hashes;
    let partial = |kind, index, width| Tile { kind, index, width };
    for (tile, path) in [
        (Tile::full(hashes(0), 1_234_067), "tile/0/x001/x234/067"),
        (Tile::full(hashes(0), 0), "tile/0/000"),
        (Tile::full(hashes(1), 999), "tile/1/999"),
        (Tile::full(hashes(2), 1000), "tile/2/x001/000"),
        (
            Tile::full(TileKind::Entries, 999_999),
            "tile/entries/x999/999",
        ),
        (
            Tile::full(TileKind::Entries, 1_000_000),
            "tile/entries/x001/x000/000",
        ),
        (partial(hashes(0), 273, 112), "tile/0/273.p/112"),
        (
            partial(TileKind::Entries, 1_234_067, 1),
            "tile/entries/x001/x234/067.p/1",
        ),
    ] {
        assert_eq!(tile.to_string(), path);
        assert_eq!(Tile::parse(path), Some(tile));
    }
    for other in [
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/8/000",
        "tile/-1/000",
        "tile/data/000",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0//000",
        "tile/0/x000/000",
        "tile/0/x001",
        "tile/0/001/002",
        "tile/0/x001/x002",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/257",
        "tile/0/000.p/01",
        "tile/0/000.p/1/1",
        "tile/0/x001.p/1",
        "tile/0/x1/000",
        "tile/0/X001/000",
        "tile/0/../000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/x999/999",
    ] {
        assert_eq!(Tile::parse(other), None, "{other}");
    }
}

#[test]
fn a_tree_of_70000_entries_has_the_tiles_that_the_specification_counts() {
    let folder = memory_folder();
    let mut log = Log::create(folder.path(), &keys(), &signer()).unwrap();
    let mut first = 0;
    for batch in [1, 254, 1, 44, 40_000, 29_700] {
        let appended = log
            .append_batch(&entries(first..first + batch), &signer())
            .unwrap();
        assert_eq!(appended.first, first);
        first += batch;
        assert_eq!(appended.checkpoint.size, first);
    }
    let mut files: Vec<_> = files_below(&folder.path().join("tile"));
    let prefix = format!("{}/", folder.path().display());
    for file in &mut files {
        *file = file.strip_prefix(&prefix).unwrap().to_owned();
        assert!(Tile::parse(file).is_some(), "{file}");
    }
    let count = |start: &str, partial: bool| {
        let of = |file: &&String| file.starts_with(start) && file.contains(".p/") == partial;
        files.iter().filter(of).count()
    };
    assert_eq!(
        (count("tile/0/", false), count("tile/entries/", false)),
        (273, 273)
    );
    assert_eq!((count("tile/1/", false), count("tile/2/", false)), (1, 0));
    assert_eq!(count("tile/", true), 4);
    for partial in [
        "tile/entries/273.p/112",
        "tile/0/273.p/112",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    ] {
        assert!(files.iter().any(|file| file == partial), "{partial}");
    }

    let leaves: Vec<_> = (0..70_000).map(|n| Hash::of_leaf(&entry(n))).collect();
    let reader = LogReader::open(folder.path(), &keys()).unwrap();
    assert_eq!(reader.checkpoint().root, naive_root(&leaves));
    reader.audit(&NoProgress).unwrap();
    for size in [
        0, 1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 69_999,
    ] {
        assert_eq!(
            reader.root_at(size).unwrap(),
            naive_root(&leaves[..size as usize])
        );
    }
    for (index, size) in [
        (0, 1),
        (0, 70_000),
        (69_999, 70_000),
        (65_535, 65_536),
        (65_536, 65_537),
        (300, 40_300),
        (12_345, 70_000),
    ] {
        let proof = reader.inclusion_proof(index, size).unwrap();
        let leaf = &leaves[index as usize];
        proof.verify(leaf, &reader.root_at(size).unwrap()).unwrap();
        assert_eq!(reader.entry(index).unwrap(), entry(index));
    }
}

#[test]
fn a_reader_with_an_earlier_checkpoint_reads_on_after_its_partial_tiles_are_gone() {
    let folder = memory_folder();
    let mut log = Log::create(folder.path(), &keys(), &signer()).unwrap();
    let earlier = log.append_batch(&entries(0..100), &signer()).unwrap();
    log.append_batch(&entries(100..300), &signer()).unwrap();
    assert!(!folder.path().join("tile/0/000.p").exists());
    let reader = LogReader::at(folder.path(), earlier.note, &keys()).unwrap();
    assert_eq!(reader.size(), 100);
    reader.audit(&NoProgress).unwrap();
    assert_eq!(reader.entry(99).unwrap(), entry(99));
    assert!(matches!(
        reader.entry(100),
        Err(EvidenceError::OutOfRange { size: 100, .. })
    ));
}

#[test]
fn an_opened_log_goes_on_where_it_was() {
    let folder = memory_folder();
    drop(Log::create(folder.path(), &keys(), &signer()).unwrap());
    let mut size = 0;
    for batch in [0, 3, 300, 209, 512, 1] {
        let mut log = Log::open(folder.path(), &keys()).unwrap();
        assert_eq!(log.checkpoint().size, size);
        log.append_batch(&entries(size..size + batch), &signer())
            .unwrap();
        size += batch;
    }
    let reader = LogReader::open(folder.path(), &keys()).unwrap();
    reader.audit(&NoProgress).unwrap();
    let all: Vec<_> = reader.entries(0..u64::MAX).map(Result::unwrap).collect();
    let expected: Vec<_> = (0..size).map(|index| (index, entry(index))).collect();
    assert_eq!(all, expected);
}

#[test]
fn only_one_writer_has_a_log_open_and_readers_do_not_mind() {
    let folder = memory_folder();
    let log = Log::create(folder.path(), &keys(), &signer()).unwrap();
    let second = Log::open(folder.path(), &keys());
    assert!(matches!(second, Err(EvidenceError::InUse { .. })));
    assert!(LogReader::open(folder.path(), &keys()).is_ok());
    drop(log);
    assert!(Log::open(folder.path(), &keys()).is_ok());
}

#[test]
fn a_log_is_not_made_over_another_nor_opened_where_there_is_none() {
    let folder = memory_folder();
    let absent = Log::open(folder.path(), &keys());
    assert!(matches!(absent, Err(EvidenceError::NoLog { .. })));
    let absent = LogReader::open(folder.path().join("nowhere"), &keys());
    assert!(matches!(absent, Err(EvidenceError::NoLog { .. })));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let below = folder.path().join("a/b/c");
    drop(Log::create(&below, &keys(), &signer()).unwrap());
    let again = Log::create(&below, &keys(), &signer());
    assert!(matches!(again, Err(EvidenceError::AlreadyExists { .. })));
}

#[test]
fn an_entry_or_a_batch_over_the_limits_is_refused_whole() {
    let folder = memory_folder();
    let mut log = Log::create(folder.path(), &keys(), &signer()).unwrap();
    let longest = vec![7; MAX_ENTRY_BYTES];
    let too_long = vec![7; MAX_ENTRY_BYTES + 1];
    let error = log
        .append_batch(&[&longest, &too_long], &signer())
        .unwrap_err();
    assert!(
        error.to_string().contains("entry 1 of the batch"),
        "{error}"
    );
    let many = vec![[0; 1]; MAX_BATCH_ENTRIES + 1];
    let error = log.append_batch(&many, &signer()).unwrap_err();
    assert!(matches!(error, EvidenceError::TooLarge { .. }), "{error}");
    assert_eq!(log.checkpoint().size, 0);
    log.append_batch(&[&longest[..], b""], &signer()).unwrap();
    assert_eq!(log.reader().entry(0).unwrap(), longest);
    assert_eq!(log.reader().entry(1).unwrap(), b"");
}

#[test]
fn a_signer_that_is_not_the_logs_changes_nothing() {
    let folder = memory_folder();
    let mut log = Log::create(folder.path(), &keys(), &signer()).unwrap();
    let before = files_below(folder.path());
    let error = log.append_batch(&entries(0..600), &ed25519(9)).unwrap_err();
    assert!(matches!(error, EvidenceError::Signature(_)), "{error}");
    assert_eq!(files_below(folder.path()), before);
    log.append_batch(&entries(0..3), &signer()).unwrap();
    assert_eq!(log.checkpoint().size, 3);
}

#[test]
fn keys_are_rotated_by_trusting_both_and_signing_anew() {
    let folder = memory_folder();
    let mut log = Log::create(folder.path(), &keys(), &signer()).unwrap();
    log.append_batch(&entries(0..5), &signer()).unwrap();
    drop(log);
    let fresh = (ecdsa(4), ed25519(8));
    let mut both = keys().keys().to_vec();
    both.extend([fresh.0.key().clone(), fresh.1.key().clone()]);
    let both = LogKeys::new(Origin::new(ORIGIN).unwrap(), both).unwrap();
    let mut log = Log::open(folder.path(), &both).unwrap();
    let nothing: [&[u8]; 0] = [];
    let signed_anew = log.append_batch(&nothing, &fresh).unwrap();
    assert_eq!((signed_anew.first, signed_anew.checkpoint.size), (5, 5));
    drop(log);
    assert!(LogReader::open(folder.path(), &both).is_ok());
    assert!(LogReader::open(folder.path(), &keys()).is_err());
}

/// A log whose owner takes entry 3 out and signs the rest anew.
#[test]
fn a_reader_with_an_earlier_checkpoint_sees_that_a_log_was_rewritten_and_signed_again() {
    let honest = memory_folder();
    let mut log = Log::create(honest.path(), &keys(), &signer()).unwrap();
    let earlier = log.append_batch(&entries(0..10), &signer()).unwrap();
    log.append_batch(&entries(10..600), &signer()).unwrap();
    let proof = log.reader().check_continues(&earlier.checkpoint).unwrap();
    assert_eq!((proof.old_size, proof.new_size), (10, 600));

    let forked = memory_folder();
    let mut fork = Log::create(forked.path(), &keys(), &signer()).unwrap();
    let mut rewritten = entries(0..600);
    rewritten.remove(3);
    fork.append_batch(&rewritten, &signer()).unwrap();
    let reader = LogReader::open(forked.path(), &keys()).unwrap();
    reader.audit(&NoProgress).unwrap();
    let error = reader.check_continues(&earlier.checkpoint).unwrap_err();
    assert!(matches!(error, EvidenceError::Fork { .. }), "{error}");

    let shorter = LogReader::at(honest.path(), earlier.note, &keys()).unwrap();
    let error = shorter.check_continues(log.checkpoint()).unwrap_err();
    assert!(matches!(error, EvidenceError::Fork { .. }), "{error}");
}

#[test]
fn sizes_and_indexes_outside_the_tree_are_refused() {
    let folder = memory_folder();
    let mut log = Log::create(folder.path(), &keys(), &signer()).unwrap();
    log.append_batch(&entries(0..10), &signer()).unwrap();
    let reader = log.reader();
    for refused in [
        reader.inclusion_proof(10, 10).err(),
        reader.inclusion_proof(0, 11).err(),
        reader.inclusion_proof(0, 0).err(),
        reader.inclusion_proof(u64::MAX, u64::MAX).err(),
        reader.consistency_proof(11, 11).err(),
        reader.consistency_proof(5, 4).err(),
        reader.root_at(u64::MAX).err(),
        reader.entry(u64::MAX).err(),
    ] {
        assert!(
            matches!(refused, Some(EvidenceError::OutOfRange { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(reader.entries(11..20).count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn proofs_from_tiles_verify_and_agree_with_the_definition(
        batches in prop::collection::vec(1u64..400, 1..5),
        picks in prop::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 30),
    ) {
        let folder = memory_folder();
        let mut log = Log::create(folder.path(), &keys(), &signer()).unwrap();
        let mut size = 0;
        let mut seen: Vec<Checkpoint> = Vec::new();
        for batch in batches {
            seen.push(log.append_batch(&entries(size..size + batch), &signer()).unwrap().checkpoint);
            size += batch;
        }
        let leaves: Vec<_> = (0..size).map(|n| Hash::of_leaf(&entry(n))).collect();
        for checkpoint in &seen {
            prop_assert_eq!(naive_root(&leaves[..checkpoint.size as usize]), checkpoint.root);
            prop_assert!(log.reader().check_continues(checkpoint).is_ok());
        }
        for (size_pick, index_pick) in picks {
            let to = 1 + size_pick.index(size as usize) as u64;
            let index = index_pick.index(to as usize) as u64;
            let root = naive_root(&leaves[..to as usize]);
            let proof = log.reader().inclusion_proof(index, to).unwrap();
            prop_assert!(proof.verify(&leaves[index as usize], &root).is_ok());
            let consistency = log.reader().consistency_proof(index, to).unwrap();
            let old_root = naive_root(&leaves[..index as usize]);
            prop_assert!(consistency.verify(&old_root, &root).is_ok());
        }
    }

    #[test]
    fn a_tile_path_is_read_as_it_was_written(level in 0u8..=8, index in 0u64..1 << 54, width in 1u16..=256) {
        let kind = match level {
            8 => TileKind::Entries,
            level => TileKind::Hashes(level),
        };
        let tile = Tile { kind, index, width };
        prop_assert_eq!(Tile::parse(&tile.to_string()), Some(tile));
    }
}

#[test]
fn the_signed_note_carries_both_lines_in_their_order() {
    let folder = memory_folder();
    let log = Log::create(folder.path(), &keys(), &signer()).unwrap();
    let bytes = fs::read(folder.path().join("checkpoint")).unwrap();
    let note = Note::parse(bytes).unwrap();
    assert_eq!(&note, log.reader().note());
    let ids: Vec<_> = note.signatures().iter().map(|line| line.id()).collect();
    let (ecdsa, ed25519) = signer();
    assert_eq!(ids, [ecdsa.key().id(), ed25519.key().id()]);
    assert_eq!(keys().open(&note).unwrap().signed_by.len(), 2);
}
