//! More than there is room for, clocks that jump, and what browsers guess.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use modu_console::Limits;
use modu_programme::Office;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::server::{Browser, Server, Shown};

/// Keeps all others from what most pages stand on, until it is let go.
fn hold(office: &Office) -> mpsc::Sender<()> {
    let (office, (held, is_held)) = (office.clone(), mpsc::channel());
    let (let_go, until) = mpsc::channel();
    std::thread::spawn(move || {
        let _kept = office.kept();
        held.send(()).unwrap();
        let _let_go = until.recv();
    });
    is_held.recv().unwrap();
    let_go
}

/// Asks until it is answered so.
async fn until(browser: &Browser, path: &str, status: u16) -> Shown {
    for _ in 0..6_000 {
        let answer = browser.get(path).await;
        if answer.status == status {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{path} is never answered by {status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_beyond_the_room_is_turned_away_at_once_and_served_later() {
    let limits = Limits {
        requests: 1,
        ..Limits::default()
    };
    let server = Server::start_within(limits).await;
    let let_go = hold(&server.office);
    let first = server.browser();
    // It comes again until it has the one place, and is then kept waiting.
    let first = tokio::spawn(async move {
        loop {
            let answer = first.get("/").await;
            if answer.status != 503 {
                return answer.status;
            }
        }
    });
    let browser = server.browser();
    let answer = until(&browser, "/health", 503).await;
    assert!(answer.headers.contains_key("retry-after"));
    let_go.send(()).unwrap();
    assert_eq!(first.await.unwrap(), 200);
    until(&browser, "/health", 200).await;
    let metrics = browser.get("/metrics").await;
    let shed = metrics.body.lines();
    let shed = shed.filter_map(|line| line.strip_prefix("modu_http_shed_total "));
    assert!(
        shed.map(|count| count.parse::<u64>().unwrap())
            .any(|count| count > 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_waited_for_take_no_place_from_what_is_answered() {
    let limits = Limits {
        requests: 1,
        ..Limits::default()
    };
    let server = Server::start_within(limits).await;
    let mut slow = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let begun = b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\nlog";
        stream.write_all(begun).await.unwrap();
        slow.push(stream);
    }
    let browser = server.browser();
    for _ in 0..50 {
        assert_eq!(browser.get("/").await.status, 200);
    }
    // What comes late is whole all the same.
    for mut stream in slow {
        stream.write_all(b"in=x").await.unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 422");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_keeps_a_connection_for_later_while_others_wait_outside() {
    for (connections, closes) in [(1, true), (8, false)] {
        let limits = Limits {
            connections,
            ..Limits::default()
        };
        let server = Server::start_within(limits).await;
        let answer = server.browser().get("/health").await;
        let says = answer.headers.get("connection").map(|it| it == "close");
        assert_eq!(says == Some(true), closes, "{connections}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_nothing_of_the_answers_is_cut_off() {
    let limits = Limits {
        head: Duration::from_secs(600),
        request: Duration::from_secs(1),
        ..Limits::default()
    };
    let server = Server::start_within(limits).await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let ask = b"GET /style.css HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100);
    // Asks on and on and reads nothing; in the end nobody listens any more.
    for _ in 0..6_000 {
        match stream.try_write(&ask) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Err(_reset) => return,
        }
    }
    panic!("the server waits for ever");
}

/// How far the test's clock is off, in hours.
static OFF: AtomicI64 = AtomicI64::new(0);

fn clock() -> Timestamp {
    Timestamp::now() + SignedDuration::from_hours(OFF.load(Ordering::SeqCst))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_gives_no_session_a_longer_life_and_no_entry_an_earlier_time() {
    let server = Server::start_as(Limits::default(), clock).await;
    let agency = server.signed_in("agency").await;
    let need = [("title", "수요"), ("description", "")];
    agency.done("/needs/new", &need).await;
    // Back: what was entered lies ahead, and so does the session's beginning.
    OFF.store(-48, Ordering::SeqCst);
    assert_eq!(agency.get("/needs/new").await.status, 303);
    let back = server.signed_in("agency").await;
    let answer = back.fill("/needs/new", &need).await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(answer.headers.contains_key("retry-after"));
    assert_eq!(back.get("/").await.status, 200);
    // Right again: it goes on.
    OFF.store(0, Ordering::SeqCst);
    let again = server.signed_in("agency").await;
    again.done("/needs/new", &need).await;
    // Forward: every session is over.
    OFF.store(13, Ordering::SeqCst);
    assert_eq!(again.get("/needs/new").await.status, 303);
    OFF.store(0, Ordering::SeqCst);
    assert_eq!(server.office.kept().programme().projects().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_leaves_its_kind_to_be_guessed() {
    let server = Server::start().await;
    let operator = server.signed_in("operator").await;
    for (method, pattern) in modu_console::addresses() {
        if method == "POST" {
            continue;
        }
        let answer = operator.get(&pattern.replace("{}", "1")).await;
        assert_eq!(
            answer.headers["x-content-type-options"], "nosniff",
            "{pattern}"
        );
        assert!(answer.headers.contains_key("content-type"), "{pattern}");
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'"), "{pattern}: {policy}");
    }
}
