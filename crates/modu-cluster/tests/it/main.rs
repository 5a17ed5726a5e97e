//! The tests of this program, which are run once more over PostgreSQL.

use modu_cluster::{fresh_database, run_again};

#[test]
fn every_test_gets_a_database_of_its_own_the_second_time() {
    let (one, two) = (fresh_database(), fresh_database());
    assert_eq!(one.is_some(), two.is_some());
    assert!(one.is_none() || one != two);
}

#[test]
fn over_postgresql_the_same_holds() {
    run_again(&[], "over_postgresql");
}
