//! PostgreSQL does what every database must, and may go and come back.

use modu_cluster::{Cluster, run_again};
use modu_programme::database::{Database, DatabaseError};
use modu_programme::store::{DatabaseHistory, Kept};
use modu_programme::{Actor, Event, HistoryError, OrganisationKind, Sequence};

use crate::conformance::LAWS;
use crate::scene::{at, title};

#[test]
fn people_projects_and_accounts_are_over_postgresql_what_they_are_in_a_file() {
    run_again(&["access::", "account::", "journey::"], "postgres");
}

#[test]
fn postgresql_does_all_that_a_programme_asks_and_may_go_and_come_back() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    for (number, (law, holds)) in LAWS.iter().enumerate() {
        let url = cluster.fresh(&format!("law_{number}"));
        eprintln!("{law}");
        holds(&|| Database::postgres(&url).unwrap());
    }
    emptying_is_refused(&cluster);
    goes_and_comes_back(&cluster);
}

fn emptying_is_refused(cluster: &Cluster) {
    let url = cluster.fresh("emptied");
    let history = DatabaseHistory::over(Database::postgres(&url).unwrap()).unwrap();
    let error = history
        .database()
        .execute("TRUNCATE entry", ())
        .unwrap_err();
    assert!(error.to_string().contains("never"), "{error}");
}

fn register(name: &str) -> Event {
    Event::OrganisationRegistered {
        name: title(name),
        kind: OrganisationKind::Supplier,
    }
}

/// A crash of the database loses nothing that was acknowledged, keeps nothing
/// that was begun, and the same server goes on when it is back.
fn goes_and_comes_back(cluster: &Cluster) {
    let url = cluster.fresh("gone_and_back");
    let mut kept =
        Kept::open(DatabaseHistory::over(Database::postgres(&url).unwrap()).unwrap()).unwrap();
    kept.act(Actor::System, register("가"), at(1)).unwrap();
    let other = Database::postgres(&url).unwrap();
    let mut begun = other.transaction().unwrap();
    begun
        .execute(
            "INSERT INTO solution (document, model) VALUES ('a', 'b')",
            (),
        )
        .unwrap();
    cluster.down();
    let gone = kept.act(Actor::System, register("나"), at(2)).unwrap_err();
    assert!(matches!(gone, HistoryError::Database(_)), "{gone}");
    assert_eq!(kept.programme().last(), Sequence(1));
    cluster.up();
    // What began on the lost connection does not go on on another.
    let lost = begun.execute(
        "INSERT INTO solution (document, model) VALUES ('c', 'd')",
        (),
    );
    assert!(lost.is_err());
    assert!(matches!(begun.commit(), Err(DatabaseError::Lost)));
    let count = "SELECT COUNT(*) FROM solution";
    let count: u64 = other.query_row(count, (), |row| row.get(0)).unwrap();
    assert_eq!(count, 0);
    kept.act(Actor::System, register("나"), at(2)).unwrap();
    assert_eq!(kept.programme().last(), Sequence(2));
    let again = Kept::open(DatabaseHistory::over(Database::postgres(&url).unwrap()).unwrap());
    assert_eq!(again.unwrap().programme(), kept.programme());
}
