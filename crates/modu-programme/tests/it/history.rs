//! The history is kept, in order, and shows when it was changed.

use std::sync::Arc;

use modu_programme::database::DatabaseError;
use modu_programme::project::Phase;
use modu_programme::store::{DatabaseHistory, History as _, Kept};
use modu_programme::{Actor, Event, HistoryError, OrganisationKind, Sequence};

use crate::scene::{Scene, at, text, title};

fn register(name: &str) -> Event {
    Event::OrganisationRegistered {
        name: title(name),
        kind: OrganisationKind::Supplier,
    }
}

#[test]
fn where_things_stand_is_the_same_after_reading_the_history_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("programme.sqlite");
    let mut kept = Kept::open(DatabaseHistory::open(&file).unwrap()).unwrap();
    for hour in 1..=20 {
        let event = register(&format!("기업 {hour}"));
        kept.act(Actor::System, event, at(hour)).unwrap();
    }
    let again = Kept::open(DatabaseHistory::open(&file).unwrap()).unwrap();
    assert_eq!(again.programme(), kept.programme());
    assert_eq!(again.programme().last(), Sequence(20));
}

#[test]
fn a_copy_of_where_everything_stands_shares_what_has_not_changed_since() {
    let mut scene = Scene::new();
    let (old, changed) = (scene.need(), scene.need());
    let before = scene.kept.programme().clone();
    let closed = Event::Closed {
        project: changed,
        reason: text(""),
    };
    scene.act(scene.operator, closed).unwrap();
    let after = scene.kept.programme();
    let one = |project| (&before.projects()[project], &after.projects()[project]);
    let (then, now) = one(&old);
    assert!(Arc::ptr_eq(then, now));
    let (then, now) = one(&changed);
    assert_eq!((then.phase, now.phase), (Phase::Need, Phase::Closed));
}

#[test]
fn two_servers_on_one_history_see_each_others_steps() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("programme.sqlite");
    let open = || Kept::open(DatabaseHistory::open(&file).unwrap()).unwrap();
    let (mut one, mut two) = (open(), open());
    one.act(Actor::System, register("가"), at(1)).unwrap();
    two.act(Actor::System, register("나"), at(2)).unwrap();
    // What the other did counts when it is checked: the name is taken.
    let refused = one.act(Actor::System, register("나"), at(3));
    assert!(
        matches!(refused, Err(HistoryError::Refused(_))),
        "{refused:?}"
    );
    one.catch_up().unwrap();
    assert_eq!(one.programme(), two.programme());
}

#[test]
fn writers_at_once_lose_nothing_and_keep_one_order() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("programme.sqlite");
    drop(DatabaseHistory::open(&file).unwrap());
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let file = &file;
            scope.spawn(move || {
                let mut kept = Kept::open(DatabaseHistory::open(file).unwrap()).unwrap();
                for number in 0..10 {
                    let event = register(&format!("기업 {writer}-{number}"));
                    // All at one time: who comes later is not before the last.
                    kept.act(Actor::System, event, at(1)).unwrap();
                }
            });
        }
    });
    let kept = Kept::open(DatabaseHistory::open(&file).unwrap()).unwrap();
    assert_eq!(kept.programme().organisations().len(), 40);
    assert_eq!(kept.programme().last(), Sequence(40));
}

#[test]
fn one_projects_steps_are_read_by_themselves() {
    let mut scene = Scene::new();
    let first = scene.need();
    let second = scene.need();
    scene.call(first, 50);
    scene.propose(first, 0);
    let told = scene.kept.history().about(first, 100).unwrap();
    assert_eq!(told.len(), 3);
    assert_eq!(told[0].sequence, first.0);
    assert_eq!(scene.kept.history().about(second, 100).unwrap().len(), 1);
}

#[test]
fn the_database_refuses_to_change_or_delete_an_entry() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("programme.sqlite");
    let mut kept = Kept::open(DatabaseHistory::open(&file).unwrap()).unwrap();
    kept.act(Actor::System, register("가"), at(1)).unwrap();
    let connection = rusqlite::Connection::open(&file).unwrap();
    for statement in ["UPDATE entry SET body = x'00'", "DELETE FROM entry"] {
        let error = connection.execute(statement, ()).unwrap_err().to_string();
        assert!(error.contains("never"), "{error}");
    }
}

#[test]
fn an_entry_that_was_changed_behind_the_database_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("programme.sqlite");
    let mut kept = Kept::open(DatabaseHistory::open(&file).unwrap()).unwrap();
    for (hour, name) in [(1, "가람"), (2, "나래"), (3, "다솜")] {
        kept.act(Actor::System, register(name), at(hour)).unwrap();
    }
    drop(kept);
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection
        .execute_batch(
            "DROP TRIGGER entry_is_never_changed;
             UPDATE entry SET body = CAST(replace(CAST(body AS TEXT), '나래', '노래') AS BLOB)
             WHERE sequence = 2;",
        )
        .unwrap();
    let error = Kept::open(DatabaseHistory::open(&file).unwrap()).unwrap_err();
    let HistoryError::Changed { sequence, .. } = error else {
        panic!("{error}");
    };
    // The changed entry is well formed: the one after it names another digest.
    assert_eq!(sequence, Sequence(3));
}

#[test]
fn a_database_of_a_newer_program_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("programme.sqlite");
    drop(DatabaseHistory::open(&file).unwrap());
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    let error = DatabaseHistory::open(&file).unwrap_err();
    assert!(
        matches!(
            error,
            HistoryError::Database(DatabaseError::Newer { found: 99, .. })
        ),
        "{error}"
    );
}

#[test]
fn a_clock_that_goes_back_is_refused() {
    let mut scene = Scene::new();
    let now = at(1);
    let answer = scene.kept.act(Actor::System, register("새 기업"), now);
    assert!(
        matches!(answer, Err(HistoryError::ClockWentBack { .. })),
        "{answer:?}"
    );
}

#[test]
fn an_entry_whose_place_is_taken_is_refused() {
    let mut scene = Scene::new();
    let history = scene.kept.history();
    let first = history.after(Sequence::START, 1).unwrap().remove(0);
    let last = history.last().unwrap();
    let answer = history.extend(last, &mut |_| Ok(vec![first.clone()]), None);
    assert!(
        matches!(answer, Err(HistoryError::Misplaced { .. })),
        "{answer:?}"
    );
}

#[test]
fn a_file_that_is_no_database_is_an_error_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("programme.sqlite");
    let content = b"this is no database, but somebody's only copy of a letter".repeat(100);
    std::fs::write(&file, &content).unwrap();
    assert!(DatabaseHistory::open(&file).is_err());
    assert_eq!(std::fs::read(&file).unwrap(), content);
}
