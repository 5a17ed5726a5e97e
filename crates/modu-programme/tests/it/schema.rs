//! Databases of earlier programs are brought forward.
//!
//! A specimen of each schema is kept in `tests/schema`, as the program of its
//! time made it, with something in it: `programme-1.sql` by the program of
//! 22 November 2026, written out with `sqlite3 programme.sqlite .dump`
//! (3.40.1), the later ones by the example `schema` of this crate. A dump
//! leaves the version out; it is in the name.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use modu_cluster::Cluster;
use modu_programme::account::Accounts;
use modu_programme::copy::Part;
use modu_programme::database::Database;
use modu_programme::store::{DatabaseHistory, Kept};
use modu_programme::{Actor, Event, OrganisationKind};

use crate::scene::{at, inside, title};

const PHRASE: &str = "correct horse battery staple";

fn specimens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema")
}

/// The specimens of a part, each as a file, with their versions. All of them
/// are there but that of the newest schema, which every other test makes.
fn files(part: Part, folder: &Path) -> Vec<(usize, PathBuf)> {
    let (name, first) = match part {
        Part::History => ("programme", 1),
        // The first three steps were one before their versions were kept.
        Part::Accounts => ("accounts", 3),
    };
    let mut found = Vec::new();
    for version in first..=part.newest() {
        let specimen = specimens().join(format!("{name}-{version}.sql"));
        if !specimen.exists() {
            assert_eq!(
                version,
                part.newest(),
                "no {}: `git checkout` the last commit with this schema, and run \
                 `cargo run -p modu-programme --example schema` there",
                specimen.display()
            );
            continue;
        }
        let file = folder.join(format!("{name}-{version}.sqlite"));
        let connection = rusqlite::Connection::open(&file).unwrap();
        let statements = std::fs::read_to_string(&specimen).unwrap();
        connection.execute_batch(&statements).unwrap();
        connection
            .pragma_update(None, "user_version", version)
            .unwrap();
        found.push((version, file));
    }
    found
}

/// A history goes on with its entries, jobs and materials.
fn history_goes_on(database: Database, had_jobs: bool) {
    let before = "SELECT COUNT(*) FROM entry";
    let before: u64 = database.query_row(before, (), |row| row.get(0)).unwrap();
    assert!(before >= 2);
    let mut kept = Kept::open(DatabaseHistory::over(database).unwrap()).unwrap();
    assert_eq!(kept.programme().last().0, before);
    let event = Event::OrganisationRegistered {
        name: title("새 기업"),
        kind: OrganisationKind::Supplier,
    };
    kept.act(Actor::System, event, at(100_000)).unwrap();
    // What came later is there, and what was there is still kept from change.
    let database = kept.history().database();
    let jobs = "SELECT COUNT(*) FROM job";
    let jobs: u64 = database.query_row(jobs, (), |row| row.get(0)).unwrap();
    assert_eq!(jobs > 0, had_jobs);
    let error = database.execute("DELETE FROM entry", ()).unwrap_err();
    assert!(error.to_string().contains("never"), "{error}");
}

/// Who could sign in can sign in, and has their keys.
fn accounts_go_on(database: Database, version: usize) {
    let mut accounts = Accounts::over(database).unwrap();
    let then = "2020-01-02T00:00:00Z".parse().unwrap();
    let login = format!("kim-{version}");
    let signed_in = accounts.sign_in(&login, PHRASE, "::1", then);
    let (person, _) = inside(signed_in.unwrap());
    assert_eq!(accounts.keys(person, then).unwrap().len(), 1);
    accounts.make_key(person, &title("다음"), then).unwrap();
}

#[test]
fn a_history_of_any_earlier_schema_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(Part::History, folder.path());
    assert!(files.len() >= 2);
    for (version, file) in files {
        history_goes_on(Database::file(&file).unwrap(), version >= 2);
    }
}

#[test]
fn accounts_of_any_earlier_schema_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(Part::Accounts, folder.path());
    assert!(!files.is_empty());
    for (version, file) in files {
        accounts_go_on(Database::file(&file).unwrap(), filled(version));
    }
    // The first programs kept no version of what is the third schema.
    let file = folder.path().join("unversioned.sqlite");
    let connection = rusqlite::Connection::open(&file).unwrap();
    let third = std::fs::read_to_string(specimens().join("accounts-3.sql")).unwrap();
    connection.execute_batch(&third).unwrap();
    drop(connection);
    accounts_go_on(Database::file(&file).unwrap(), 3);
}

/// The specimens that were newest when they were made, with people of their own;
/// one between holds what the one before it held.
fn filled(version: usize) -> usize {
    let text = |version| {
        let specimen = specimens().join(format!("accounts-{version}.sql"));
        std::fs::read_to_string(specimen).unwrap_or_default()
    };
    let made = (1..=version).rev();
    made.into_iter()
        .find(|made| text(version).contains(&format!("kim-{made}")))
        .unwrap()
}

#[test]
fn a_postgresql_of_any_earlier_schema_goes_on() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let mut tried = BTreeSet::new();
    for specimen in std::fs::read_dir(specimens()).unwrap() {
        let path = specimen.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let Some(versions) = name.strip_prefix("postgresql-") else {
            continue;
        };
        let (history, accounts) = versions.split_once('-').unwrap();
        let url = cluster.fresh(&name.replace('-', "_"));
        let statements = std::fs::read_to_string(&path).unwrap();
        let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
        client.batch_execute(&statements).unwrap();
        drop(client);
        let open = || Database::postgres(&url).unwrap();
        history_goes_on(open(), true);
        accounts_go_on(open(), filled(accounts.parse().unwrap()));
        tried.insert(history.parse::<usize>().unwrap());
    }
    // PostgreSQL came with the second schema of the history.
    let missing: Vec<_> = (2..Part::History.newest())
        .filter(|version| !tried.contains(version))
        .collect();
    assert!(missing.is_empty(), "no postgresql-N-N.sql of {missing:?}");
}
