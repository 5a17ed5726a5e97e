//! SQLite does what every database must.

use modu_programme::database::Database;

use crate::conformance::LAWS;

#[test]
fn a_file_does_all_that_a_programme_asks_of_a_database() {
    for (law, holds) in LAWS {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("programme.sqlite");
        eprintln!("{law}");
        holds(&|| Database::file(&file).unwrap());
    }
}

#[test]
fn a_copy_is_whole_while_others_write() {
    use modu_programme::store::{DatabaseHistory, Kept};
    use modu_programme::{Actor, Event, OrganisationKind};

    use crate::scene::{at, title};

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("programme.sqlite");
    let mut kept = Kept::open(DatabaseHistory::open(&file).unwrap()).unwrap();
    let copies = std::thread::scope(|scope| {
        let copier = scope.spawn(|| {
            let database = Database::file(&file).unwrap();
            let copy = |number| {
                let copy = folder.path().join(format!("copy-{number}.sqlite"));
                database.copy_to(&copy).unwrap();
                copy
            };
            (0..5).map(copy).collect::<Vec<_>>()
        });
        for number in 0..60 {
            let event = Event::OrganisationRegistered {
                name: title(&format!("기업 {number}")),
                kind: OrganisationKind::Supplier,
            };
            kept.act(Actor::System, event, at(1)).unwrap();
        }
        copier.join().unwrap()
    });
    for copy in copies {
        let copied = Kept::open(DatabaseHistory::open(&copy).unwrap()).unwrap();
        assert!(copied.programme().last() <= kept.programme().last());
    }
}
