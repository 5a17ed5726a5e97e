//! `modu route serve`: from a file to routers and people, over restarts, holds
//! and strangers.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::program::Office;

/// A service that is running.
pub(crate) struct Service {
    child: Child,
    rtr: String,
    http: String,
}

impl Service {
    /// Starts one in front of `vrps.csv` with at most so many descriptors.
    fn start(office: &Office, descriptors: u32) -> Self {
        Self::start_with(office, descriptors, "--vrps vrps.csv --state state")
    }

    /// Starts one with these arguments.
    pub(crate) fn start_with(office: &Office, descriptors: u32, arguments: &str) -> Self {
        let program = env!("CARGO_BIN_EXE_modu");
        let serve = "route serve --rtr 127.0.0.1:0 --http 127.0.0.1:0";
        let mut child = Command::new("sh")
            .arg("-c")
            .arg(format!(
                "ulimit -n {descriptors}; exec {program} --json {serve} {arguments}"
            ))
            .env("MODU_HOME", office.path("home"))
            .env("TMPDIR", office.path("tmp"))
            .current_dir(office.path("."))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = String::new();
        while !said.ends_with('}') {
            said.push_str(
                &lines
                    .next()
                    .expect("the service says where it listens")
                    .unwrap(),
            );
        }
        let said: Value = serde_json::from_str(&said).unwrap();
        let address = |name: &str| said[name].as_str().unwrap().to_owned();
        Self {
            child,
            rtr: address("rtr"),
            http: address("http"),
        }
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, name: &str) {
        let kill = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
    }

    /// Kills it without a word.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The status code and body of a page.
    pub(crate) fn page(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.http).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (
            head.split(' ').nth(1).unwrap().parse().unwrap(),
            body.to_owned(),
        )
    }

    /// Waits until the table has so many lines below its heading.
    fn wait_for(&self, vrps: usize) {
        for _ in 0..2_400 {
            let (code, table) = self.page("/csv");
            if code == 200 && table.lines().count() == vrps + 1 {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("no table of {vrps} VRPs: {:?}", self.page("/status"));
    }

    /// Session and serial that a router is told, by a Reset Query of version 1.
    pub(crate) fn state(&self) -> ([u8; 2], u32) {
        let mut stream = TcpStream::connect(&self.rtr).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        stream.write_all(&[1, 2, 0, 0, 0, 0, 0, 8]).unwrap();
        loop {
            let mut header = [0; 8];
            stream.read_exact(&mut header).unwrap();
            let mut rest = vec![0; usize::from(header[7]) - 8];
            stream.read_exact(&mut rest).unwrap();
            if header[1] == 7 {
                let serial = u32::from_be_bytes(rest[..4].try_into().unwrap());
                return ([header[2], header[3]], serial);
            }
        }
    }

    /// Ends it by SIGTERM; its exit code.
    pub(crate) fn end(mut self) -> i32 {
        self.signal("TERM");
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write_vrps(office: &Office, count: u8) {
    let lines = (0..count).map(|number| format!("AS64496,10.{number}.0.0/16,16,ta\n"));
    let csv = format!(
        "ASN,IP Prefix,Max Length,Trust Anchor\n{}",
        lines.collect::<String>()
    );
    fs::write(office.path("fresh.csv"), csv).unwrap();
    fs::rename(office.path("fresh.csv"), office.path("vrps.csv")).unwrap();
}

#[test]
fn a_service_tells_what_changes_holds_what_is_lost_and_goes_on_after_a_restart() {
    let office = Office::with_kit();
    // No file yet: it waits, and says so.
    let service = Service::start(&office, 256);
    assert_eq!(service.page("/csv").0, 503);
    write_vrps(&office, 20);
    service.wait_for(20);
    let (session, serial) = service.state();
    write_vrps(&office, 21);
    service.wait_for(21);
    assert_eq!(service.state(), (session, serial + 1));
    fs::write(office.path("vrps.csv"), "this is no table\n").unwrap();
    std::thread::sleep(Duration::from_millis(1_500));
    service.wait_for(21);

    write_vrps(&office, 22);
    service.wait_for(22);
    write_vrps(&office, 3);
    let holds = ["route", "holds", "--state", "state"];
    let mut tries = 0..600;
    let held = loop {
        let (code, holds) = office.ask(&holds);
        if code == 1 {
            break holds;
        }
        assert!(tries.next().is_some(), "nothing is held: {holds}");
        std::thread::sleep(Duration::from_millis(100));
    };
    service.wait_for(22);
    assert_eq!(held[0]["report"]["without_evidence"], 19);
    let state = service.state();
    assert_eq!(state, (session, serial + 2));
    assert_eq!(service.end(), 0);

    // What is held is held, and the session goes on.
    let service = Service::start(&office, 256);
    service.wait_for(22);
    assert_eq!(service.state(), state);
    let id = held[0]["id"].as_str().unwrap();
    let release = [
        "route",
        "release",
        id,
        "--state",
        "state",
        "--because",
        "moved",
    ];
    let (code, answer) = office.ask(&release);
    assert_eq!(code, 0, "{answer}");
    assert!(answer["log_index"].is_string(), "{answer}");
    service.wait_for(3);
    assert_eq!(office.ask(&holds).0, 0);
    assert_eq!(service.state(), (session, serial + 3));
    assert_eq!(service.end(), 0);
    // The hold and the answer are in the log, and can be done again.
    for entry in ["0", "1"] {
        office.modu(&["evidence", "replay", entry]).expect_code(0);
    }
}

#[test]
fn a_service_without_descriptors_goes_on_when_the_strangers_leave() {
    let office = Office::with_kit();
    write_vrps(&office, 5);
    let service = Service::start(&office, 48);
    service.wait_for(5);
    let mut strangers = Vec::new();
    for address in [&service.rtr, &service.http] {
        for _ in 0..100 {
            strangers.extend(TcpStream::connect(address));
        }
    }
    // Even now whoever asks is served: silent ones make way.
    service.wait_for(5);
    service.state();
    write_vrps(&office, 6);
    service.wait_for(6);
    drop(strangers);
    service.wait_for(6);
    assert_eq!(service.end(), 0);
}
