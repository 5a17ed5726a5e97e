//! The first start of `modu serve`.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use crate::program::Office;
use crate::serving::{SERVE, Serving};

#[test]
fn a_first_start_that_was_killed_is_not_taken_for_a_programme() {
    let office = Office::empty();
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let mut first = office
        .command(&serve)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It has keys and a log, and begins to put its demonstration in.
    while !office.path("home/opening").exists() {
        assert!(first.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(Duration::from_millis(5));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let said = office.modu(&serve).expect_code(2);
    assert!(said.err.contains("--empty"), "{}", said.err);
    // Whoever wants to goes on with what is there.
    let mut server = Serving::start(&office, office.command(&SERVE));
    assert!(!server.link.is_empty());
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    assert!(!fs::exists(office.path("home/opening")).unwrap());
}
