#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;

use modu_route::{Asn, Aspa, Row, Vrp};
use proptest::prelude::*;

use super::*;

/// A table of a small world: VRPs by number, providers by customer.
fn table(vrps: &[u8], aspas: &[(u8, u8)]) -> RouterTable {
    let rows = vrps.iter().map(|number| Row {
        vrp: Vrp {
            prefix: format!("10.{number}.0.0/16").parse().unwrap(),
            max_length: 16 + number % 8,
            origin: Asn::from_u32(64496),
        },
        anchor: 0,
        expires: 9,
    });
    let aspas = aspas.iter().map(|(customer, provider)| Aspa {
        customer: Asn::from_u32(u32::from(*customer)),
        providers: vec![Asn::from_u32(u32::from(*provider) + 1)],
    });
    RouterTable::new(vec!["ta".into()], rows.collect(), aspas.collect())
}

fn tables() -> impl Strategy<Value = Vec<RouterTable>> {
    let one = (
        prop::collection::vec(0_u8..12, 0..8),
        prop::collection::vec((0_u8..3, 0_u8..3), 0..3),
    );
    let one = one.prop_map(|(vrps, aspas)| table(&vrps, &aspas));
    prop::collection::vec(one, 2..6)
}

proptest! {
    #[test]
    fn differences_taken_together_are_the_difference_of_the_ends(tables in tables()) {
        let mut together = Delta::default();
        for pair in tables.windows(2) {
            together = together.then(&Delta::between(&pair[0], &pair[1]));
        }
        prop_assert_eq!(&together, &Delta::between(&tables[0], tables.last().unwrap()));
        let (gone, new) = together.sides();
        prop_assert_eq!(Delta::between(&gone, &new), together);
    }

}

proptest! {
    // Each writes to the disk many times.
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_kept_serial_leads_to_the_present_table(tables in tables()) {
        let folder = tempfile::tempdir().unwrap();
        let mut said = Vec::new();
        let mut publication = Publication::open(folder.path()).unwrap();
        for (time, table) in tables.iter().enumerate() {
            let published = publication.publish(table.clone(), time as i64).unwrap();
            said.push((published.serial, table));
            if time == 1 {
                drop(publication);
                publication = Publication::open(folder.path()).unwrap();
                publication.publish(table.clone(), time as i64).unwrap();
            }
            let edition = publication.current().unwrap();
            for (serial, earlier) in &said {
                let delta = edition.since(*serial).unwrap();
                prop_assert_eq!(&*delta, &Delta::between(earlier, table));
            }
        }
    }
}

#[test]
fn a_restart_goes_on_with_session_and_serial_and_says_nothing_before_its_first_table() {
    let folder = tempfile::tempdir().unwrap();
    let first = Publication::open(folder.path()).unwrap();
    let serial = first.publish(table(&[1, 2], &[]), 1).unwrap().serial;
    let sessions = first.sessions;
    assert!(matches!(
        Publication::open(folder.path()),
        Err(NetError::Locked { .. })
    ));
    drop(first);

    let second = Publication::open(folder.path()).unwrap();
    assert_eq!(second.sessions, sessions);
    assert!(second.current().is_none());
    assert_eq!(second.remembered(), Some(table(&[1, 2], &[])));
    let same = second.publish(table(&[2, 1], &[]), 2).unwrap();
    assert_eq!((same.serial, same.delta.len()), (serial, 0));
    let next = second.publish(table(&[2, 3], &[]), 3).unwrap();
    assert_eq!((next.serial, next.delta.len()), (serial + 1, 2));
}

#[test]
fn a_copied_cut_or_changed_state_begins_new_sessions() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let publish = |vrps: &[u8]| {
        let publication = Publication::open(folder.path()).unwrap();
        publication.publish(table(vrps, &[]), 1).unwrap();
        publication.sessions
    };
    let sessions = publish(&[1]);
    assert_eq!(publish(&[1]), sessions);
    let backup = fs::read(&state).unwrap();
    assert_eq!(publish(&[2]), sessions);

    // As `cp backup state` does it, and as one who removes the file first.
    fs::write(&state, &backup).unwrap();
    let second = publish(&[3]);
    assert_ne!(second, sessions);
    let backup = fs::read(&state).unwrap();
    fs::remove_file(&state).unwrap();
    fs::write(&state, &backup).unwrap();
    let third = publish(&[4]);
    assert_ne!(third, second);

    let bytes = fs::read(&state).unwrap();
    for place in [0, 17, 40, 60, bytes.len() - 1] {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        fs::write(&state, changed).unwrap();
        let publication = Publication::open(folder.path()).unwrap();
        assert!(publication.remembered().is_none(), "byte {place}");
    }
    fs::write(&state, &bytes[..bytes.len() / 2]).unwrap();
    assert!(
        Publication::open(folder.path())
            .unwrap()
            .remembered()
            .is_none()
    );
}

#[test]
fn sessions_of_different_versions_differ() {
    let folder = tempfile::tempdir().unwrap();
    let publication = Publication::open(folder.path()).unwrap();
    let [zero, one, two] = [0, 1, 2].map(|version| publication.session(version));
    assert!(zero != one && one != two && zero != two);
}

#[test]
fn what_cannot_be_kept_is_not_published() {
    let folder = tempfile::tempdir().unwrap();
    let publication = Publication::open(folder.path()).unwrap();
    publication.publish(table(&[1], &[]), 1).unwrap();
    fs::create_dir(folder.path().join("state.new")).unwrap();
    assert!(publication.publish(table(&[2], &[]), 2).is_err());
    assert_eq!(publication.current().unwrap().table, table(&[1], &[]));
}

#[test]
fn history_is_bounded_by_number_and_by_size() {
    let folder = tempfile::tempdir().unwrap();
    let publication = Publication::open(folder.path()).unwrap();
    let first = publication.publish(table(&[], &[]), 0).unwrap().serial;
    for number in 0..=(HISTORY as u8) {
        publication.publish(table(&[number], &[]), 1).unwrap();
    }
    let edition = publication.current().unwrap();
    assert_eq!(edition.differences.len(), HISTORY);
    assert!(edition.since(first).is_none());
    assert!(edition.since(first + 1).is_some());
    assert!(edition.since(edition.serial.wrapping_add(1)).is_none());
}
