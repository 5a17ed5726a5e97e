//! What every kind of store promises, asked of each.

use std::io::{self, Read, Seek as _, SeekFrom};
use std::sync::Mutex;

use modu_kernel::{Artifact, Digest, Input, Inputs as _, NoProgress, Progress};
use modu_store::{Store, StoreError, StoredInputs};

use crate::noise;

/// Puts `bytes` under the name of a digest behind the store's back.
pub(crate) type Overwrite<'a> = &'a dyn Fn(Digest, &[u8]);

/// Asks everything of an empty store.
pub(crate) fn conforms(store: &Store, overwrite: Overwrite<'_>) {
    an_empty_store_holds_nothing(store);
    // Early, since it checks the whole store often.
    corruption_is_found_and_mended(store, overwrite);
    what_was_put_is_what_is_got(store);
    putting_again_changes_nothing(store);
    a_failing_source_leaves_nothing(store);
    a_limit_is_kept(store);
    threads_may_share_a_store(store);
    a_run_reads_its_inputs(store);
    the_list_is_complete_and_in_order(store);
    a_check_can_be_stopped_and_tells_how_far_it_is(store);
}

fn an_empty_store_holds_nothing(store: &Store) {
    let digest = Digest::of(b"never put");
    assert!(!store.contains(digest).unwrap());
    assert!(matches!(store.size(digest), Err(StoreError::Absent { .. })));
    assert!(matches!(store.get(digest), Err(StoreError::Absent { .. })));
    assert!(matches!(
        store.read(digest, 9),
        Err(StoreError::Absent { .. })
    ));
    let verified = store.open_verified(digest);
    assert!(matches!(verified, Err(StoreError::Absent { .. })));
    assert_eq!(store.list().unwrap().count(), 0);
    let report = store.check(&NoProgress).unwrap();
    assert!(report.is_sound() && report.sound == 0);
}

fn what_was_put_is_what_is_got(store: &Store) {
    const MIB: usize = 1024 * 1024;
    // Around the lengths where blocks, requests and parts end.
    let edges = [0, 1, 256 * 1024, 8 * MIB, 17 * MIB];
    for length in edges.into_iter().flat_map(|edge| [edge, edge + 1]) {
        let bytes = noise::bytes(length as u64, length);
        let artifact = store.put(&bytes[..]).unwrap();
        assert_eq!(artifact, Artifact::of(&bytes));
        assert!(store.contains(artifact.digest).unwrap());
        assert_eq!(store.size(artifact.digest).unwrap(), artifact.size);
        let reader = store.get(artifact.digest).unwrap();
        assert_eq!(reader.artifact(), artifact);
        assert!(reader.read_all(u64::MAX).unwrap() == bytes, "{length}");
        let mut file = store.open_verified(artifact.digest).unwrap();
        let middle = length / 2;
        let mut rest = Vec::new();
        file.seek(SeekFrom::Start(middle as u64)).unwrap();
        file.read_to_end(&mut rest).unwrap();
        assert!(rest == bytes[middle..], "{length}");
    }
}

fn putting_again_changes_nothing(store: &Store) {
    for bytes in [noise::bytes(7, 1000), noise::bytes(8, 9 * 1024 * 1024)] {
        let first = store.put_bytes(&bytes).unwrap();
        let before = store.list().unwrap().count();
        assert_eq!(store.put_bytes(&bytes).unwrap(), first);
        assert_eq!(store.list().unwrap().count(), before);
        assert!(store.read(first.digest, u64::MAX).unwrap() == bytes);
    }
}

fn a_failing_source_leaves_nothing(store: &Store) {
    struct Breaks;
    impl Read for Breaks {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the cable was pulled"))
        }
    }
    let before = store.list().unwrap().count();
    for length in [0, 100_000, 9 * 1024 * 1024] {
        let bytes = noise::bytes(9, length);
        let error = store.put(bytes.chain(Breaks)).unwrap_err();
        assert!(matches!(error, StoreError::Source(_)), "{error}");
    }
    assert_eq!(store.list().unwrap().count(), before);
}

fn a_limit_is_kept(store: &Store) {
    let digest = store.put_bytes(b"four").unwrap().digest;
    assert_eq!(store.read(digest, 4).unwrap(), b"four");
    let error = store.read(digest, 3).unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { limit: 3, .. }));
}

fn threads_may_share_a_store(store: &Store) {
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for seed in [100, 101, 200 + thread] {
                    let bytes = noise::bytes(seed, 50_000);
                    let artifact = store.clone().put_bytes(&bytes).unwrap();
                    assert!(store.read(artifact.digest, 50_000).unwrap() == bytes);
                }
            });
        }
    });
}

fn a_run_reads_its_inputs(store: &Store) {
    let input = |name: &str, artifact| Input {
        name: name.to_owned(),
        artifact,
    };
    let need = input("need", store.put_bytes(b"the question").unwrap());
    let inputs = StoredInputs::new(store, vec![need.clone()]).unwrap();
    assert_eq!(inputs.list(), &[need]);
    let mut text = String::new();
    inputs
        .open("need")
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "the question");
    let missing = inputs.open("data").err().unwrap();
    assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    let absent = input("data", Artifact::of(b"never put"));
    let refused = StoredInputs::new(store, vec![absent]);
    assert!(matches!(refused, Err(StoreError::Absent { .. })));
}

fn the_list_is_complete_and_in_order(store: &Store) {
    let mut put: Vec<_> = (0..40)
        .map(|seed| store.put_bytes(&noise::bytes(1000 + seed, 30)).unwrap())
        .collect();
    let listed: Vec<_> = store.list().unwrap().map(Result::unwrap).collect();
    assert!(listed.is_sorted_by(|a, b| a.digest < b.digest));
    put.retain(|artifact| !listed.contains(artifact));
    assert_eq!(put, []);
}

fn corruption_is_found_and_mended(store: &Store, overwrite: Overwrite<'_>) {
    for length in [1, 100_000, 9 * 1024 * 1024] {
        let right = noise::bytes(5, length);
        let mut flipped = right.clone();
        *flipped.last_mut().unwrap() ^= 1;
        let longer = [&right[..], b"+"].concat();
        for wrong in [flipped, right[..length - 1].to_vec(), longer] {
            let Artifact { digest, .. } = store.put_bytes(&right).unwrap();
            overwrite(digest, &wrong);
            assert_is_corrupt(store, digest, &wrong);
            store.put_bytes(&right).unwrap();
            assert!(store.read(digest, u64::MAX).unwrap() == right);
            assert!(store.check(&NoProgress).unwrap().is_sound());
        }
    }
}

fn assert_is_corrupt(store: &Store, digest: Digest, wrong: &[u8]) {
    let is_corrupt = |error: &StoreError| {
        matches!(error, StoreError::Corrupt { expected, found, .. }
            if *expected == digest && *found == Artifact::of(wrong))
    };
    assert!(is_corrupt(&store.read(digest, u64::MAX).unwrap_err()));
    assert!(is_corrupt(&store.open_verified(digest).unwrap_err()));
    let mut bytes = Vec::new();
    let mut reader = store.get(digest).unwrap();
    let error = reader.read_to_end(&mut bytes).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    assert!(is_corrupt(&error.downcast().unwrap()));
    // Nobody gets all the wrong bytes without hearing of it.
    assert!(bytes.len() < wrong.len() || wrong.is_empty());
    let report = store.check(&NoProgress).unwrap();
    assert_eq!((report.faults, report.listed.len()), (1, 1));
    assert!(is_corrupt(&report.listed[0].error));
    assert_eq!(report.listed[0].artifact.map(|a| a.digest), Some(digest));
}

fn a_check_can_be_stopped_and_tells_how_far_it_is(store: &Store) {
    struct Stop;
    impl Progress for Stop {
        fn report(&self, _: &str, _: u64, _: u64) {}
        fn cancelled(&self) -> bool {
            true
        }
    }
    #[derive(Default)]
    struct Watch(Mutex<Vec<(u64, u64)>>);
    impl Progress for Watch {
        fn report(&self, stage: &str, done: u64, total: u64) {
            assert_eq!(stage, "check");
            self.0.lock().unwrap().push((done, total));
        }
    }
    assert!(matches!(store.check(&Stop), Err(StoreError::Cancelled)));
    let watch = Watch::default();
    let report = store.check(&watch).unwrap();
    let told = watch.0.into_inner().unwrap();
    let total: u64 = store.list().unwrap().map(|a| a.unwrap().size).sum();
    assert!(told.is_sorted());
    assert_eq!(told.last(), Some(&(total, total)));
    assert_eq!(report.sound_bytes, total);
}
