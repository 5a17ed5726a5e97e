//! Serving, jobs and backups over PostgreSQL.

#[test]
fn jobs_and_backups_are_over_postgresql_what_they_are_in_files() {
    modu_cluster::run_again(&["jobs::", "backup::", "secrets::"], "postgresql");
}
