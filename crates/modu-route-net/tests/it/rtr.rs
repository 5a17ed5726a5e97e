//! Routers hold exactly what is published, whatever happened before.

use std::time::Duration;

use proptest::prelude::*;
use rpki::rtr::State;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::router::{Held, Running, limits, router, table};

#[tokio::test]
async fn every_version_holds_the_same_table_and_follows_its_changes() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), limits()).await;
    let first = table(
        &[1, 2, 3, 4],
        &[(64500, &[64501, 64502]), (64510, &[64511])],
    );
    let second = table(
        &[2, 3, 5],
        &[(64500, &[64502]), (64510, &[64511]), (64520, &[0])],
    );
    running.publication.publish(first.clone(), 1).unwrap();

    let mut routers = Vec::new();
    for version in 0..=2 {
        let mut client = router(running.address, version, Held::default(), None).await;
        client.step().await.unwrap();
        assert!(client.target().is(&first, version), "{:?}", client.target());
        routers.push(client);
    }
    let sessions: std::collections::BTreeSet<_> = (routers.iter())
        .map(|client| client.state().unwrap().session())
        .collect();
    assert_eq!(sessions.len(), 3);

    let waiting: Vec<_> = (routers.into_iter().enumerate())
        .map(|(version, mut client)| {
            tokio::spawn(async move {
                // It waits for the notification, and asks for what changed.
                client.step().await.unwrap();
                (version as u8, client)
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    running.publication.publish(second.clone(), 2).unwrap();
    for waiting in waiting {
        let (version, client) = waiting.await.unwrap();
        let held = client.target();
        assert!(held.is(&second, version), "{held:?}");
        assert_eq!(held.resets, 1);
        assert_eq!(held.changes, if version == 2 { 5 } else { 3 });
    }
    running.stop().await;
}

#[tokio::test]
async fn a_router_goes_on_by_differences_over_a_restart_of_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), limits()).await;
    running
        .publication
        .publish(table(&[1, 2], &[(1, &[2])]), 1)
        .unwrap();
    let mut client = router(running.address, 2, Held::default(), None).await;
    client.step().await.unwrap();
    let (state, held) = (client.state(), client.into_target());
    running
        .publication
        .publish(table(&[2, 3], &[(1, &[3])]), 2)
        .unwrap();
    running.stop().await;

    let again = Running::start(folder.path(), limits()).await;
    let last = table(&[3, 4], &[(1, &[4])]);
    again.publication.publish(last.clone(), 3).unwrap();
    let mut client = router(again.address, 2, held, state).await;
    client.step().await.unwrap();
    assert!(client.target().is(&last, 2), "{:?}", client.target());
    assert_eq!((client.target().resets, client.target().changes), (1, 5));
    again.stop().await;
}

#[tokio::test]
async fn who_comes_with_another_session_or_serial_starts_anew() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), limits()).await;
    let now = table(&[1, 2], &[]);
    let serial = running.publication.publish(now.clone(), 1).unwrap().serial;
    let mut held = Held::default();
    held.vrps
        .extend(table(&[7, 8], &[]).rows().iter().map(|row| row.vrp));
    let session = running.publication.session(1);
    for (session, serial) in [
        (session.wrapping_add(1), serial),
        (running.publication.session(0), serial),
        (session, serial.wrapping_add(1)),
        (session, serial.wrapping_sub(1)),
    ] {
        let state = State::from_parts(session, serial.into());
        let mut client = router(running.address, 1, held.clone(), Some(state)).await;
        client.step().await.unwrap();
        assert!(client.target().is(&now, 1));
        assert_eq!(client.target().resets, 1);
    }
    running.stop().await;
}

#[tokio::test]
async fn before_the_first_table_the_answer_is_that_there_is_no_data() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), limits()).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    let mut header = [0; 8];
    for query in [
        &[1, 2, 0, 0, 0, 0, 0, 8][..],
        &[1, 1, 0, 9, 0, 0, 0, 12, 0, 0, 0, 1],
    ] {
        stream.write_all(query).await.unwrap();
        stream.read_exact(&mut header).await.unwrap();
        assert_eq!(&header[..4], [1, 10, 0, 2], "No Data Available");
        let rest = u32::from_be_bytes(header[4..].try_into().unwrap()) as usize - 8;
        stream.read_exact(&mut vec![0; rest]).await.unwrap();
    }
    // It is no fatal error: the router is told when there is data.
    running.publication.publish(table(&[1], &[]), 1).unwrap();
    let mut notify = [0; 12];
    stream.read_exact(&mut notify).await.unwrap();
    assert_eq!(&notify[..2], [1, 0], "Serial Notify");
    assert_eq!(notify[2..4], running.publication.session(1).to_be_bytes());
    running.stop().await;
}

#[tokio::test]
async fn an_aspa_that_goes_is_told_by_a_whole_table_because_drafts_differ() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), limits()).await;
    running
        .publication
        .publish(table(&[1], &[(1, &[2])]), 1)
        .unwrap();
    let mut routers = Vec::new();
    for version in [1, 2] {
        let mut client = router(running.address, version, Held::default(), None).await;
        client.step().await.unwrap();
        routers.push(client);
    }
    let next = table(&[2], &[]);
    running.publication.publish(next.clone(), 2).unwrap();
    for (client, (version, resets)) in routers.iter_mut().zip([(1, 1), (2, 2)]) {
        client.step().await.unwrap();
        assert!(client.target().is(&next, version));
        assert_eq!(client.target().resets, resets);
    }
    running.stop().await;
}

#[tokio::test]
async fn longer_prefixes_come_first_and_what_is_new_before_what_goes() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), limits()).await;
    running
        .publication
        .publish(table(&[2, 4, 1], &[]), 1)
        .unwrap();
    let mut client = router(running.address, 1, Held::default(), None).await;
    let update = client.update().await.unwrap();
    let lengths: Vec<_> = update.iter().map(length).collect();
    assert_eq!(lengths, [(true, 48), (true, 16), (true, 16)]);
    running.publication.publish(table(&[6, 3], &[]), 2).unwrap();
    let update = client.update().await.unwrap();
    let lengths: Vec<_> = update.iter().map(length).collect();
    assert_eq!(
        lengths,
        [
            (true, 48),
            (true, 16),
            (false, 16),
            (false, 16),
            (false, 48)
        ]
    );
    running.stop().await;
}

fn length((action, payload): &(rpki::rtr::Action, rpki::rtr::Payload)) -> (bool, u8) {
    let origin = payload.to_origin().unwrap();
    (action.is_announce(), origin.prefix.prefix().len())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn a_router_that_comes_and_goes_always_ends_with_the_published_table(
        tables in prop::collection::vec((prop::collection::vec(0_u8..20, 0..10), any::<bool>(), any::<bool>()), 1..8),
        version in 0_u8..3,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let mut running = Running::start(folder.path(), limits()).await;
            let (mut held, mut state) = (Held::default(), None);
            for (time, (vrps, restart, asks)) in tables.iter().enumerate() {
                let providers = [1 + u32::from(*restart)];
                let now = table(vrps, &[(vrps.len() as u32, &providers)]);
                if *restart {
                    running.stop().await;
                    running = Running::start(folder.path(), limits()).await;
                }
                running.publication.publish(now.clone(), time as i64).unwrap();
                if *asks {
                    let mut client = router(running.address, version, held, state).await;
                    client.step().await.unwrap();
                    state = client.state();
                    held = client.into_target();
                    assert!(held.is(&now, version));
                    assert!(held.resets == 1 || version == 2);
                }
            }
            running.stop().await;
        });
    }
}
