//! Bodies and heads that are too long, too slow, or not what they say.

use std::time::Duration;

use modu_console::Limits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::server::Server;

/// Sends bytes, goes on with pieces until it is cut off or answered, and gives
/// what came back.
async fn answer(server: &Server, head: &str, piece: &[u8], pieces: usize) -> String {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut read, mut write) = stream.split();
    let sending = async {
        for _ in 0..pieces {
            if write.write_all(piece).await.is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
        // Says nothing more, and does not go.
        std::future::pending::<()>().await;
    };
    let reading = async {
        let mut all = Vec::new();
        let _closed_or_reset = read.read_to_end(&mut all).await;
        String::from_utf8_lossy(&all).into_owned()
    };
    let both = async {
        tokio::select! {
            // A server that closes while one sends resets the connection.
            () = sending => String::new(),
            all = reading => all,
        }
    };
    tokio::time::timeout(Duration::from_secs(60), both)
        .await
        .expect("it is cut off")
}

fn quick() -> Limits {
    Limits {
        head: Duration::from_millis(500),
        request: Duration::from_millis(1_000),
        ..Limits::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_without_end_is_refused_when_it_is_too_large() {
    let server = Server::start().await;
    let head = "POST /sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    let piece = format!("1000\r\n{}\r\n", "a".repeat(0x1000));
    let said = answer(&server, head, piece.as_bytes(), 64).await;
    assert!(said.is_empty() || said.contains(" 413 "), "{said}");
    let head = "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n";
    let said = answer(&server, head, &[b'a'; 0x1000], 64).await;
    assert!(said.is_empty() || said.contains(" 413 "), "{said}");
    assert_eq!(server.browser().get("/").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_comes_too_slowly_is_cut_off() {
    let server = Server::start_within(quick()).await;
    let head = "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nlogin=";
    let said = answer(&server, head, b"", 0).await;
    assert!(said.contains(" 503 "), "{said}");
    assert!(said.to_lowercase().contains("retry-after"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_end_or_is_too_long_is_cut_off() {
    let server = Server::start_within(quick()).await;
    let slow = answer(&server, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"", 0).await;
    assert!(!slow.contains(" 200 "), "{slow}");
    let long = answer(
        &server,
        "GET / HTTP/1.1\r\nHost: x\r\nX-Long: ",
        &[b'a'; 0x1000],
        64,
    );
    let long = long.await;
    assert!(!long.contains(" 200 "), "{long}");
    let many = answer(
        &server,
        "GET / HTTP/1.1\r\nHost: x\r\n",
        b"A: b\r\n",
        10_000,
    )
    .await;
    assert!(!many.contains(" 200 "), "{many}");
    server.browser().get_at_last("/").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_says_two_lengths_is_refused() {
    let server = Server::start_within(quick()).await;
    let both =
        "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 9\r\n\r\nabcd";
    let said = answer(&server, both, b"", 0).await;
    assert!(said.contains(" 400 "), "{said}");
    let smuggled = "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\
         Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    let said = answer(&server, smuggled, b"", 0).await;
    assert!(!said.contains("modu_http_requests_total"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_fields_than_a_form_has_are_refused() {
    let server = Server::start().await;
    let many = vec![("a", "b"); 501];
    assert_eq!(server.browser().send("/sign-in", &many).await.status, 413);
    let strange = server.browser().get("/sign-in?to=%ff%fe%00").await;
    assert!(strange.status < 500, "{}", strange.body);
}
