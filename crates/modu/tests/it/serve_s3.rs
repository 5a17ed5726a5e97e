//! `modu serve --store s3://...`: the same programme, with its artifacts in a
//! store of another maker that may go and come back.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::program::Office;

/// `moto_server`, and a door before it that can be shut.
struct Bucket {
    moto: Child,
    door: SocketAddr,
    is_shut: Arc<AtomicBool>,
}

impl Bucket {
    /// `None`, and a printed line, where there is none.
    fn start() -> Option<Self> {
        let program = std::env::var_os("MODU_MOTO_SERVER").unwrap_or("moto_server".into());
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = free.local_addr().unwrap();
        drop(free);
        let started = Command::new(&program)
            .args(["-H", "127.0.0.1", "-p", &place.port().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(moto) = started else {
            eprintln!("skipped: no moto_server (cargo xtask test installs it)");
            return None;
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let door = listener.local_addr().unwrap();
        let is_shut = Arc::new(AtomicBool::new(false));
        let bucket = Self {
            moto,
            door,
            is_shut: Arc::clone(&is_shut),
        };
        let mut tries = 0..600;
        while TcpStream::connect(place).is_err() {
            assert!(tries.next().is_some(), "moto_server does not answer");
            std::thread::sleep(Duration::from_millis(100));
        }
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                if !is_shut.load(Ordering::SeqCst) {
                    pass(stream, TcpStream::connect(place).unwrap(), &is_shut);
                }
            }
        });
        bucket.request("PUT /bucket");
        Some(bucket)
    }

    /// A plain request; it names a user, whose signature is not checked there.
    fn request(&self, line: &str) -> String {
        let mut stream = TcpStream::connect(self.door).unwrap();
        write!(
            stream,
            "{line} HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\nConnection: close\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=somebody/20260101/us-east-1/s3/aws4_request, \
             SignedHeaders=host, Signature=0\r\n\r\n",
            self.door
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn url(&self) -> String {
        format!("s3://bucket/programme?endpoint=http://{}", self.door)
    }
}

/// Carries bytes both ways while the door is open.
fn pass(one: TcpStream, other: TcpStream, is_shut: &Arc<AtomicBool>) {
    for (mut from, mut to) in [
        (one.try_clone().unwrap(), other.try_clone().unwrap()),
        (other, one),
    ] {
        let is_shut = Arc::clone(is_shut);
        std::thread::spawn(move || {
            let mut block = [0; 65_536];
            while let Ok(count @ 1..) = from.read(&mut block) {
                if is_shut.load(Ordering::SeqCst) || to.write_all(&block[..count]).is_err() {
                    break;
                }
            }
            let _gone = to.shutdown(std::net::Shutdown::Both);
            let _gone = from.shutdown(std::net::Shutdown::Both);
        });
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        let _ = self.moto.kill();
        let _ = self.moto.wait();
    }
}

struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(office: &Office, more: &[&str]) -> Self {
        let arguments = [&["serve", "--json", "--listen", "127.0.0.1:0"], more].concat();
        let mut command = with_credentials(office.command(&arguments));
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = String::new();
        while !said.trim_end().ends_with('}') {
            said.push_str(&lines.next().expect("it says where it is").unwrap());
        }
        let said: Value = serde_json::from_str(&said).unwrap();
        let address = said["address"].as_str().unwrap().to_owned();
        let address = address.trim_start_matches("http://").trim_end_matches('/');
        Self {
            address: address.to_owned(),
            child,
        }
    }

    /// Status and body of a page.
    fn page(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn with_credentials(mut command: Command) -> Command {
    command
        .env("AWS_ACCESS_KEY_ID", "somebody")
        .env("AWS_SECRET_ACCESS_KEY", "hunter2hunter2");
    command
}

/// The first link of a page that leads to a released report.
fn released(server: &Server) -> String {
    let (_, list) = server.page("/evidence");
    let entries = list.split("href=\"/evidence/").skip(1);
    let numbers = entries.filter_map(|rest| rest.split('"').next()?.parse::<u64>().ok());
    for number in numbers {
        let (_, entry) = server.page(&format!("/evidence/{number}"));
        if let Some((_, rest)) = entry.split_once(&format!("href=\"/evidence/{number}/released/")) {
            let name = rest.split('"').next().unwrap();
            return format!("/evidence/{number}/released/{name}");
        }
    }
    panic!("nothing was released: {list}");
}

#[test]
fn a_programme_whose_artifacts_are_elsewhere_opens_restarts_and_outlives_an_outage() {
    let Some(bucket) = Bucket::start() else {
        return;
    };
    let office = Office::empty();
    let server = Server::start(&office, &["--store", &bucket.url()]);
    assert_eq!(server.page("/ready"), (200, "ready\n".to_owned()));
    let report = released(&server);
    let (status, before) = server.page(&report);
    assert_eq!(status, 200, "{before}");
    // Nothing of it lies in the home; all lies in the bucket.
    assert!(!office.path("home/store").exists());
    let listed = bucket.request("GET /bucket?list-type=2&prefix=programme/sha256/");
    assert!(listed.matches("<Key>").count() >= 10, "{listed}");
    drop(server);
    // The home remembers where they are.
    let server = Server::start(&office, &[]);
    assert_eq!(server.page(&report), (200, before.clone()));
    bucket.is_shut.store(true, Ordering::SeqCst);
    let (status, told) = server.page(&report);
    assert_eq!(status, 503, "{told}");
    assert!(
        !told.contains("s3://") && !told.contains("127.0.0.1"),
        "{told}"
    );
    assert_eq!(server.page("/health").0, 200);
    assert_eq!(server.page("/").0, 200);
    let (status, word) = server.page("/ready");
    assert_eq!(
        (status, word.contains("store failed")),
        (503, true),
        "{word}"
    );
    bucket.is_shut.store(false, Ordering::SeqCst);
    assert_eq!(server.page(&report), (200, before));
    assert_eq!(server.page("/ready").0, 200);
    drop(server);
    // Whatever is logged verifies, and a run is done again from the bucket.
    let mut show = with_credentials(office.command(&["evidence", "audit"]));
    let said = show.output().unwrap();
    assert_eq!(
        said.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
}
