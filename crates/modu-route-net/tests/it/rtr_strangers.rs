//! What a stranger does to an RTR server harms nobody else.

use std::net::SocketAddr;
use std::time::Duration;

use modu_route_net::Room;
use modu_route_net::rtr::Limits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::router::{Held, Running, hasty, limits, router, table};

async fn running(folder: &std::path::Path, limits: Limits) -> Running {
    let running = Running::start(folder, limits).await;
    running.publication.publish(table(&[1, 2], &[]), 1).unwrap();
    running
}

/// A router is served as if nothing had happened. Where it was too slow for
/// hasty limits it comes again, as routers do.
async fn others_are_served(running: &Running) {
    let now = running.publication.current().unwrap();
    let mut tries = 0..20;
    loop {
        let mut client = router(running.address, 1, Held::default(), None).await;
        match client.step().await {
            Ok(()) => return assert!(client.target().is(&now.table, 1)),
            Err(error) => assert!(tries.next().is_some(), "{error}"),
        }
    }
}

/// All that is answered until the server ends the connection.
async fn answer_to(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    answer
}

fn error_code(answer: &[u8]) -> (u8, u16) {
    assert_eq!(answer[1], 10, "an Error Report: {answer:?}");
    (answer[0], u16::from_be_bytes([answer[2], answer[3]]))
}

#[tokio::test]
async fn wrong_versions_and_pdus_get_an_error_and_the_session_ends() {
    let folder = tempfile::tempdir().unwrap();
    let running = running(folder.path(), limits()).await;
    let reset = [1, 2, 0, 0, 0, 0, 0, 8];
    for (bytes, expected) in [
        // A version that is not spoken: the newest that is, for another try.
        (&[3, 2, 0, 0, 0, 0, 0, 8][..], (2, 4)),
        (&[255; 64], (2, 4)),
        // A PDU that only caches send, and one that nobody does.
        (
            &[
                1, 4, 0, 0, 0, 0, 0, 20, 1, 24, 24, 0, 192, 0, 2, 0, 0, 0, 0, 1,
            ],
            (1, 3),
        ),
        (&[2, 99, 0, 0, 0, 0, 0, 8], (2, 3)),
        // Lengths that lie: too short, too long, enormous.
        (&[1, 2, 0, 0, 0, 0, 0, 0], (1, 3)),
        (&[1, 2, 0, 0, 0, 0, 0, 12, 0, 0, 0, 0], (1, 3)),
        (&[0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff], (0, 3)),
    ] {
        let answer = answer_to(running.address, bytes).await;
        assert_eq!(error_code(&answer), expected, "{bytes:?}");
    }
    // The version changes under way: the table, and then the error.
    let answer = answer_to(
        running.address,
        &[&reset[..], &[2, 2, 0, 0, 0, 0, 0, 8]].concat(),
    )
    .await;
    let end = answer.len() - 8 - 8 - 8 - "version switched during connection".len();
    assert_eq!(error_code(&answer[end..]), (1, 8));
    // An error report is never answered (RFC 8210, section 5.11).
    let report = [1, 10, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(answer_to(running.address, &report).await, [0_u8; 0]);
    others_are_served(&running).await;
    running.stop().await;
}

#[tokio::test]
async fn half_open_and_early_closed_sessions_are_ended() {
    let folder = tempfile::tempdir().unwrap();
    let running = running(folder.path(), hasty()).await;
    let address = running.address;
    // Nothing, half a header, a header and half a query, one byte at a time.
    let silent = TcpStream::connect(address).await.unwrap();
    let mut half = Vec::new();
    for bytes in [&[1, 2][..], &[1, 1, 0, 0, 0, 0, 0, 12, 0]] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        half.push(stream);
    }
    // Gone before, while and after asking.
    for bytes in [&[][..], &[1, 2], &[1, 2, 0, 0, 0, 0, 0, 8]] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        drop(stream);
    }
    others_are_served(&running).await;
    for mut stream in half.into_iter().chain([silent]) {
        assert_eq!(stream.read(&mut [0; 8]).await.unwrap_or(0), 0);
    }
    while running.server.visits().inside > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    running.stop().await;
}

#[tokio::test]
async fn more_connections_than_there_is_room_for_keep_no_router_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut few = limits();
    few.room = Room {
        connections: 4,
        of_one_place: 100,
    };
    let running = Running::start(folder.path(), few).await;
    running.publication.publish(table(&[1, 2], &[]), 1).unwrap();
    let mut settled = router(running.address, 1, Held::default(), None).await;
    settled.step().await.unwrap();
    let mut strangers = Vec::new();
    for _ in 0..50 {
        strangers.push(TcpStream::connect(running.address).await.unwrap());
    }
    others_are_served(&running).await;
    // The router that was there is there: it hears of the next table.
    let next = table(&[3], &[]);
    running.publication.publish(next.clone(), 2).unwrap();
    settled.step().await.unwrap();
    assert!(settled.target().is(&next, 1));
    assert!(running.server.visits().turned_away > 0);
    running.stop().await;
}

#[tokio::test]
async fn one_address_cannot_take_all_the_room_even_by_asking() {
    let folder = tempfile::tempdir().unwrap();
    let mut few = limits();
    few.room.of_one_place = 3;
    let running = Running::start(folder.path(), few).await;
    running.publication.publish(table(&[1], &[]), 1).unwrap();
    let mut inside = Vec::new();
    for _ in 0..3 {
        let mut client = router(running.address, 1, Held::default(), None).await;
        client.step().await.unwrap();
        inside.push(client);
    }
    assert_eq!(
        answer_to(running.address, &[1, 2, 0, 0, 0, 0, 0, 8]).await,
        [0_u8; 0]
    );
    drop(inside.pop());
    while running.server.visits().inside > 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    others_are_served(&running).await;
    running.stop().await;
}

#[tokio::test]
async fn who_does_not_read_is_left_and_who_asks_without_end_too() {
    let folder = tempfile::tempdir().unwrap();
    let running = running(folder.path(), hasty()).await;
    // Resets without reading a byte: more answers than the sockets' buffers
    // hold, or more than are given in a minute.
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    let queries = [1, 2, 0, 0, 0, 0, 0, 8].repeat(100_000);
    let (mut reading, mut writing) = stream.split();
    let _ = writing.write_all(&queries).await;
    let mut answer = Vec::new();
    let _ = reading.read_to_end(&mut answer).await;
    let ends = answer.chunks_exact(8 + 20 + 32 + 24).count();
    assert!(ends <= 60, "{ends} answers");
    others_are_served(&running).await;
    running.stop().await;
}

#[tokio::test]
async fn a_router_that_stops_reading_a_large_table_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), hasty()).await;
    let rows = (0..400_000_u32).map(|number| modu_route::Row {
        vrp: modu_route::Vrp {
            prefix: modu_route::Prefix::new(std::net::Ipv4Addr::from(number << 8).into(), 24)
                .unwrap(),
            max_length: 24,
            origin: 64496.into(),
        },
        anchor: 0,
        expires: 1,
    });
    let large = modu_route::RouterTable::new(vec!["ta".into()], rows.collect(), vec![]);
    running.publication.publish(large.clone(), 1).unwrap();
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(&[1, 2, 0, 0, 0, 0, 0, 8]).await.unwrap();
    while running.server.visits().admitted == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    while running.server.visits().inside > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(answer.len() < 400_000 * 20, "{}", answer.len());
    running.stop().await;
    // One that reads gets it all, however slowly.
    let running = Running::start(folder.path(), limits()).await;
    running.publication.publish(large, 2).unwrap();
    others_are_served(&running).await;
    running.stop().await;
}

#[tokio::test]
async fn half_a_query_survives_a_notification() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), limits()).await;
    running.publication.publish(table(&[1], &[]), 1).unwrap();
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(&[1, 2, 0, 0, 0, 0, 0, 8]).await.unwrap();
    stream.read_exact(&mut [0; 8 + 32 + 24]).await.unwrap();
    stream.write_all(&[1, 2, 0, 0]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    running.publication.publish(table(&[2], &[]), 2).unwrap();
    let mut notify = [0; 12];
    stream.read_exact(&mut notify).await.unwrap();
    assert_eq!(notify[..2], [1, 0]);
    stream.write_all(&[0, 0, 0, 8]).await.unwrap();
    let mut answer = [0; 8 + 20 + 24];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!((answer[1], answer[9], answer[29]), (3, 4, 7));
    running.stop().await;
}
