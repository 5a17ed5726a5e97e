//! The same over PostgreSQL.

#[test]
fn all_that_is_tested_here_holds_over_postgresql() {
    modu_cluster::run_again(&[], "over_postgresql");
}
