//! A programme moved between files and PostgreSQL stays what it is.

use std::path::{Path, PathBuf};

use modu_cluster::Cluster;
use modu_programme::account::{Accounts, Password};
use modu_programme::copy::{Part, renew, to_files, to_server};
use modu_programme::database::{Database, DatabaseError};
use modu_programme::job::{LEASE, Queue};
use modu_programme::store::{DatabaseHistory, Kept};
use modu_programme::{Actor, Event, OrganisationKind, PersonId, Sequence};
use tempfile::TempDir;

use crate::conformance::job_of;
use crate::scene::{at, title};

const PERSON: PersonId = PersonId(Sequence(7));
const PHRASE: &str = "correct horse battery staple";

fn files(folder: &TempDir, name: &str) -> (PathBuf, PathBuf) {
    let file = |kind| folder.path().join(format!("{name}-{kind}.sqlite"));
    (file("history"), file("accounts"))
}

fn register(name: &str) -> Event {
    Event::OrganisationRegistered {
        name: title(name),
        kind: OrganisationKind::Supplier,
    }
}

/// Something in every part: entries, jobs, a password, and keys of which the
/// last is gone, so that its number is given to nobody else.
fn fill(history: &Path, accounts: &Path) {
    let mut kept = Kept::open(DatabaseHistory::open(history).unwrap()).unwrap();
    for number in 0..40 {
        let event = register(&format!("기업 '{number}' \u{1f600}"));
        kept.act(Actor::System, event, at(number)).unwrap();
    }
    let queue = Queue::over(Database::file(history).unwrap().into(), LEASE).unwrap();
    for organisation in 1..=3 {
        queue.submit(&job_of(organisation), at(50)).unwrap();
    }
    let mut accounts = Accounts::open(accounts).unwrap();
    let link = accounts.link(PERSON, at(0)).unwrap();
    let password = Password::new(PHRASE).unwrap();
    accounts
        .set_password(&link, "kim", &password, at(0))
        .unwrap();
    for name in ["하나", "둘", "셋"] {
        accounts.make_key(PERSON, &title(name), at(0)).unwrap();
    }
    assert!(accounts.end_key(PERSON, 3).unwrap());
}

/// All that a database says of the tables that are not empty in `fill`.
fn told(history: &Database, accounts: &Database) -> Vec<String> {
    let tables = [
        (history, "entry", "sequence"),
        (history, "job", "id"),
        (accounts, "account", "person"),
        (accounts, "program_key", "id"),
    ];
    let rows = tables.map(|(database, table, key)| {
        let all = format!("SELECT * FROM {table} ORDER BY {key}");
        format!("{:?}", database.query(&all, ()).unwrap())
    });
    rows.to_vec()
}

fn told_of(files: &(PathBuf, PathBuf)) -> Vec<String> {
    told(
        &Database::file(&files.0).unwrap(),
        &Database::file(&files.1).unwrap(),
    )
}

fn next_key(accounts: Database) -> u64 {
    let mut accounts = Accounts::over(accounts).unwrap();
    accounts.make_key(PERSON, &title("다음"), at(1)).unwrap();
    accounts.keys(PERSON, at(1)).unwrap().last().unwrap().id
}

#[test]
fn a_programme_goes_into_postgresql_and_back_as_it_is() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let here = files(&folder, "here");
    fill(&here.0, &here.1);
    let url = cluster.fresh("moved");
    let server = Database::postgres(&url).unwrap();
    let rows = to_server(&here.0, &here.1, &server).unwrap();
    assert_eq!(told(&server, &server), told_of(&here));

    // Not twice, and not over anything.
    let twice = to_server(&here.0, &here.1, &server);
    assert!(
        matches!(twice, Err(DatabaseError::NotEmpty { .. })),
        "{twice:?}"
    );
    assert_eq!(told(&server, &server), told_of(&here));

    let back = files(&folder, "back");
    assert_eq!(to_files(&server, &back.0, &back.1).unwrap(), rows);
    assert_eq!(told_of(&back), told_of(&here));
    // It goes on where it was, and gives no number twice.
    assert_eq!(next_key(Database::postgres(&url).unwrap()), 4);
    assert_eq!(next_key(Database::file(&back.1).unwrap()), 4);
    let mut kept = Kept::open(DatabaseHistory::over(server).unwrap()).unwrap();
    kept.act(Actor::System, register("나중"), at(100)).unwrap();
    let accounts = Accounts::open(&back.1).unwrap();
    accounts.sign_in("kim", PHRASE, "::1", at(2)).unwrap();
}

#[test]
fn no_table_of_postgresql_is_left_out_of_a_copy() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let server = Database::postgres(&cluster.fresh("tables")).unwrap();
    let (history, accounts) = files(&folder, "empty");
    to_server(&history, &accounts, &server).unwrap();
    let there = "SELECT table_name::text FROM information_schema.tables
         WHERE table_schema = current_schema() AND table_name <> 'schema_version'";
    let mut there = names(&server, there);
    let here = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
    let mut here: Vec<_> = [history, accounts]
        .iter()
        .flat_map(|file| names(&Database::file(file).unwrap(), here))
        .collect();
    there.sort();
    here.sort();
    assert_eq!(there, here);
}

fn names(database: &Database, query: &str) -> Vec<String> {
    let rows = database.query(query, ()).unwrap();
    rows.iter().map(|row| row.get(0).unwrap()).collect()
}

#[test]
fn a_copy_of_postgresql_is_of_one_moment_while_others_write() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let url = cluster.fresh("busy");
    let open = || DatabaseHistory::over(Database::postgres(&url).unwrap()).unwrap();
    let mut kept = Kept::open(open()).unwrap();
    Accounts::over(Database::postgres(&url).unwrap()).unwrap();
    std::thread::scope(|scope| {
        let copier = scope.spawn(|| {
            for number in 0..5 {
                let (history, accounts) = files(&folder, &number.to_string());
                let server = Database::postgres(&url).unwrap();
                to_files(&server, &history, &accounts).unwrap();
            }
        });
        for number in 0..60 {
            let event = register(&format!("기업 {number}"));
            kept.act(Actor::System, event, at(1)).unwrap();
        }
        copier.join().unwrap();
    });
    for number in 0..5 {
        let (history, _) = files(&folder, &number.to_string());
        let copied = Kept::open(DatabaseHistory::open(&history).unwrap()).unwrap();
        assert!(copied.programme().last() <= kept.programme().last());
    }
}

#[test]
fn a_received_file_brings_its_rows_and_no_triggers_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let (history, accounts) = files(&folder, "received");
    fill(&history, &accounts);
    let connection = rusqlite::Connection::open(&history).unwrap();
    connection
        .execute_batch(
            "DROP TRIGGER entry_is_never_deleted;
             CREATE TABLE more (a);
             CREATE TRIGGER forgets AFTER INSERT ON entry BEGIN DELETE FROM job; END;",
        )
        .unwrap();
    drop(connection);
    let fresh = folder.path().join("fresh.sqlite");
    renew(Part::History, &history, &fresh).unwrap();
    let mut kept = Kept::open(DatabaseHistory::open(&fresh).unwrap()).unwrap();
    kept.act(Actor::System, register("나중"), at(100)).unwrap();
    let database = kept.history().database();
    let error = database.execute("DELETE FROM entry", ()).unwrap_err();
    assert!(error.to_string().contains("never"), "{error}");
    let jobs = names(database, "SELECT CAST(COUNT(*) AS TEXT) FROM job");
    assert_eq!(jobs, ["3"]);
    assert!(database.query("SELECT * FROM more", ()).is_err());
}
