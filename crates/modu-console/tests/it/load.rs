//! More than there is room for, clocks that jump, and what browsers guess.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use modu_console::Limits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_beyond_the_room_is_turned_away_at_once_and_served_later() {
    let limits = Limits {
        requests: 1,
        ..Limits::default()
    };
    let server = Server::start_within(limits).await;
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    let begun = b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n";
    slow.write_all(begun).await.unwrap();
    let browser = server.browser();
    // Until the slow one has its place.
    let mut answer = browser.get("/").await;
    for _ in 0..500 {
        if answer.status == 503 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        answer = browser.get("/").await;
    }
    assert_eq!(answer.status, 503);
    assert!(answer.headers.contains_key("retry-after"));
    slow.write_all(b"login=x").await.unwrap();
    let mut head = [0; 12];
    slow.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 422");
    let mut answer = browser.get("/").await;
    for _ in 0..500 {
        if answer.status == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        answer = browser.get("/").await;
    }
    assert_eq!(answer.status, 200);
    let metrics = browser.get("/metrics").await;
    let shed = metrics.body.lines();
    let shed = shed.filter_map(|line| line.strip_prefix("modu_http_shed_total "));
    assert!(
        shed.map(|count| count.parse::<u64>().unwrap())
            .any(|count| count > 0)
    );
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
