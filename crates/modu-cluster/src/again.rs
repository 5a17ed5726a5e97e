//! A test program's tests once more, over PostgreSQL.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::cluster::Cluster;
use crate::programs::Programs;

/// The variable that tells a child where the server's socket is.
const SOCKET: &str = "MODU_TEST_POSTGRESQL";

/// Runs the tests of this program once more, over a cluster: those whose
/// names contain one of `filters`, all where there is none, but never those
/// with `but` in their names, which is the test that asks for this. Where
/// PostgreSQL is missing a line says so.
///
/// # Panics
/// Where one of them fails, or none was run.
pub fn run_again(filters: &[&str], but: &str) {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let output = Command::new(std::env::current_exe().unwrap())
        .args(filters)
        .args(["--skip", but])
        .env(SOCKET, cluster.socket())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "over PostgreSQL:\n{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        !said.contains(" 0 passed"),
        "no test was run over PostgreSQL:\n{said}"
    );
}

/// The URL of a database that nobody used yet, where the tests are run over
/// PostgreSQL; `None` where they are run as ever.
#[must_use]
pub fn fresh_database() -> Option<String> {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let socket = std::env::var_os(SOCKET)?;
    let programs = Programs::find().expect("who started the server has its programs");
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let name = format!("test_{}_{number}", std::process::id());
    Some(programs.make_database(Path::new(&socket), &name))
}
