//! Servers of a process that has no descriptor left. Limits keep that from
//! happening; here they are set beyond what the process may open. It needs a
//! process of its own: this program, run again for one of its tests.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use modu_route_net::Room;
use tokio::net::TcpStream;

use crate::http::ask;
use crate::router::{Held, Running, limits, router, table};

/// Names the folder for the servers' state and addresses.
const FOLDER: &str = "MODU_TEST_SERVERS";
/// How many descriptors the process may have.
const DESCRIPTORS: usize = 64;

#[tokio::test]
#[ignore = "is run with few descriptors by another test"]
async fn serves_until_it_is_killed() {
    let folder: PathBuf = std::env::var_os(FOLDER).unwrap().into();
    let room = Room {
        connections: 1_000,
        of_one_place: 1_000,
    };
    let mut rtr_limits = limits();
    rtr_limits.room = room;
    rtr_limits.patience.query = Duration::from_secs(600);
    let http_limits = modu_route_net::http::Limits {
        room,
        quiet: Duration::from_secs(600),
        ..Default::default()
    };
    let rtr = Running::start(&folder.join("rtr"), rtr_limits).await;
    let http = crate::http::start(http_limits).await;
    for publication in [&rtr.publication, &http.publication] {
        publication.publish(table(&[1, 2], &[]), 1).unwrap();
    }
    let addresses = format!("{} {}", rtr.address, http.address);
    std::fs::write(folder.join("fresh"), addresses).unwrap();
    std::fs::rename(folder.join("fresh"), folder.join("addresses")).unwrap();
    std::future::pending::<()>().await;
}

/// The process; it ends with its test.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The process, and where its servers listen.
fn started(folder: &Path) -> (Served, SocketAddr, SocketAddr) {
    let script = format!("ulimit -n {DESCRIPTORS}; exec \"$@\"");
    let test = "descriptors::serves_until_it_is_killed";
    let child = Command::new("sh")
        .args(["-c", &script, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", test])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut child = Served(child);
    let told = folder.join("addresses");
    while !told.exists() {
        assert!(child.0.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(Duration::from_millis(5));
    }
    let told = std::fs::read_to_string(told).unwrap();
    let (rtr, http) = told.split_once(' ').unwrap();
    (child, rtr.parse().unwrap(), http.parse().unwrap())
}

#[tokio::test]
async fn servers_without_a_descriptor_left_wait_and_serve_when_there_is_one_again() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, rtr, http) = started(folder.path());
    let mut strangers = Vec::new();
    for _ in 0..DESCRIPTORS {
        for address in [rtr, http] {
            strangers.push(TcpStream::connect(address).await.unwrap());
        }
    }
    let open = format!("/proc/{}/fd", child.0.id());
    let count = || std::fs::read_dir(&open).map_or(0, Iterator::count);
    for _ in 0..6_000 {
        if count() >= DESCRIPTORS {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // What it was given at its start may lie beyond.
    assert!(count() >= DESCRIPTORS, "all descriptors are taken");
    // Long enough for several accepts to fail.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(child.0.try_wait().unwrap().is_none(), "it goes on");
    drop(strangers);
    let (status, _, body) = ask(http, "/csv", "").await;
    assert_eq!((status, body.lines().count()), (200, 3));
    let mut client = router(rtr, 1, Held::default(), None).await;
    client.step().await.unwrap();
    assert!(client.target().is(&table(&[1, 2], &[]), 1));
}
