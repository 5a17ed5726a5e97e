//! Databases of earlier programs are brought forward.
//!
//! Each schema that was ever released is kept here as the program of its time
//! made it, with something in it.

use modu_programme::store::{DatabaseHistory, Kept};
use modu_programme::{Actor, Event, OrganisationKind, Sequence};

use crate::scene::{at, title};

/// Schema 1: the history alone. Made by the program of 22 November 2026 and
/// written out with `sqlite3 programme.sqlite .dump` (3.40.1), but for the
/// version, which a dump leaves out.
const FIRST: &str = include_str!("../schema/1.sql");

#[test]
fn a_history_of_the_first_schema_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("programme.sqlite");
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.execute_batch(FIRST).unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    drop(connection);
    let mut kept = Kept::open(DatabaseHistory::open(&file).unwrap()).unwrap();
    assert_eq!(kept.programme().last(), Sequence(2));
    let event = Event::OrganisationRegistered {
        name: title("새 기업"),
        kind: OrganisationKind::Supplier,
    };
    kept.act(Actor::System, event, at(100_000)).unwrap();
    // What came later is there, and what was there is still kept from change.
    let database = kept.history().database();
    let jobs = "SELECT COUNT(*) FROM job";
    let jobs: u64 = database.query_row(jobs, (), |row| row.get(0)).unwrap();
    assert_eq!(jobs, 0);
    let error = database.execute("DELETE FROM entry", ()).unwrap_err();
    assert!(error.to_string().contains("never"), "{error}");
}
