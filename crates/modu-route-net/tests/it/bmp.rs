//! Routers that tell over BMP, honest and not.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use modu_route::watch::Moment;
use modu_route::watch::bmp::{Ending, PeerNews, Session, Told};
use modu_route::watch::mrt::PathIds;
use modu_route_net::Room;
use modu_route_net::bmp::{BmpServer, Event, Farewell, Limits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

const ROUTE_MONITORING: u8 = 0;
const STATISTICS: u8 = 1;
const PEER_DOWN: u8 = 2;
const PEER_UP: u8 = 3;
const INITIATION: [u8; 6] = [3, 0, 0, 0, 6, 4];
const TERMINATION: [u8; 6] = [3, 0, 0, 0, 6, 5];
const AFTER_POLICY: u8 = 0x40;
const SENT_OUT: u8 = 0x10;

/// A BMP message of a peer (RFC 7854, sections 4.1 and 4.2).
fn of_peer(kind: u8, flags: u8, peer: u8, body: &[u8]) -> Vec<u8> {
    let mut message = vec![3];
    message.extend((48 + body.len() as u32).to_be_bytes());
    message.extend([kind, 0, flags]);
    message.extend([0; 20]);
    message.extend([192, 0, 2, peer]);
    message.extend((64_500 + u32::from(peer)).to_be_bytes());
    message.extend([192, 0, 2, peer]);
    message.extend(1_700_000_000_u32.to_be_bytes());
    message.extend(250_000_u32.to_be_bytes());
    message.extend(body);
    message
}

/// A BGP OPEN of an AS with one capability (RFC 4271, 4.2; RFC 5492).
fn open(capability: &[u8]) -> Vec<u8> {
    let mut body = vec![4, 0xfb, 0xf5, 0, 90, 192, 0, 2, 1];
    body.extend([2 + capability.len() as u8, 2, capability.len() as u8]);
    body.extend(capability);
    let mut open = vec![0xff; 16];
    open.extend((19 + body.len() as u16).to_be_bytes());
    open.push(1);
    open.extend(body);
    open
}

/// ADD-PATH for IPv4 unicast (RFC 7911, section 4): 1 receives, 2 sends.
fn add_path(mode: u8) -> Vec<u8> {
    open(&[69, 4, 0, 1, 1, mode])
}

/// A Peer Up (RFC 7854, section 4.10) with what the router and the peer said.
fn up(flags: u8, peer: u8, sent: &[u8], received: &[u8]) -> Vec<u8> {
    let body = [
        &[0; 12][..],
        &[192, 0, 2, 9],
        &[0, 179, 0, 179],
        sent,
        received,
    ]
    .concat();
    of_peer(PEER_UP, flags, peer, &body)
}

fn plain_up(peer: u8) -> Vec<u8> {
    let open = open(&[2, 0]);
    up(0, peer, &open, &open)
}

/// What a message says, where it is the first of a session.
fn first(message: &[u8]) -> Result<Option<Told>, Ending> {
    Session::new(2).take(message)
}

#[test]
fn what_a_peer_sent_is_told_and_all_else_passed_over() {
    let told = first(&of_peer(ROUTE_MONITORING, 0, 1, b"bgp"))
        .unwrap()
        .unwrap();
    assert_eq!(
        (told.peer.asn, told.peer.address),
        (64_501, [192, 0, 2, 1].into())
    );
    assert_eq!(told.time, Some(Moment(1_700_000_000_250_000)));
    assert!(matches!(told.news, PeerNews::Message(bgp) if bgp.bytes == b"bgp"));
    let vrf = {
        let mut message = of_peer(ROUTE_MONITORING, 0, 1, b"bgp");
        message[6] = 1;
        message
    };
    let own_table = {
        let mut message = of_peer(ROUTE_MONITORING, 0, 1, b"bgp");
        message[6] = 3;
        message
    };
    for passed_over in [
        INITIATION.to_vec(),
        of_peer(ROUTE_MONITORING, SENT_OUT, 1, b"bgp"),
        of_peer(STATISTICS, 0, 1, &[0, 0, 0, 0]),
        of_peer(PEER_DOWN, 0, 1, &[1]),
        of_peer(7, 0, 1, b"a type to come"),
        of_peer(255, 0, 1, b"a type to come"),
        vrf,
        own_table,
    ] {
        assert_eq!(first(&passed_over), Ok(None), "{passed_over:?}");
    }
    assert_eq!(first(&TERMINATION), Err(Ending::Terminated));
}

#[test]
fn of_two_sides_of_a_policy_the_first_counts() {
    let mut session = Session::new(2);
    let open = open(&[2, 0]);
    let mut news = |message: &[u8]| session.take(message).unwrap().map(|told| told.news);
    assert_eq!(news(&up(0, 1, &open, &open)), Some(PeerNews::Up));
    assert_eq!(news(&up(AFTER_POLICY, 1, &open, &open)), None);
    assert!(news(&of_peer(ROUTE_MONITORING, 0, 1, b"a")).is_some());
    assert!(news(&of_peer(ROUTE_MONITORING, AFTER_POLICY, 1, b"b")).is_none());
    assert_eq!(news(&of_peer(PEER_DOWN, 0, 1, &[1])), Some(PeerNews::Down));
    assert_eq!(news(&of_peer(PEER_DOWN, AFTER_POLICY, 1, &[1])), None);
}

#[test]
fn a_peer_that_sends_several_paths_is_read_so_and_one_that_only_could_is_not() {
    for (sent, received, path_ids) in [
        (add_path(3), add_path(1), PathIds::Absent),
        (add_path(2), add_path(2), PathIds::Absent),
        (add_path(1), add_path(2), PathIds::Present),
        (add_path(3), add_path(3), PathIds::Present),
    ] {
        let mut session = Session::new(2);
        session.take(&up(0, 1, &sent, &received)).unwrap();
        let route = session.take(&of_peer(ROUTE_MONITORING, 0, 1, b"bgp"));
        let PeerNews::Message(bgp) = route.unwrap().unwrap().news else {
            panic!("it is a message");
        };
        assert_eq!(bgp.coding.path_ids, path_ids);
    }
}

#[test]
fn a_message_cut_anywhere_is_a_fault_or_told_and_never_more() {
    for whole in [
        plain_up(1),
        of_peer(ROUTE_MONITORING, 0, 1, b"bgp"),
        of_peer(PEER_DOWN, 0, 1, &[1]),
    ] {
        for length in 0..whole.len() {
            let mut session = Session::new(2);
            let told = session.take(&whole[..length]).unwrap();
            assert_eq!(session.faults(), u64::from(length < 48), "{length}");
            assert!(told.is_none() || length >= 48);
        }
    }
}

fn limits() -> Limits {
    Limits {
        room: Room {
            connections: 4,
            of_one_place: 4,
        },
        message_bytes: 4_096,
        peers: 2,
        faults: 3,
        // Far apart, so that the shorter is over first on any machine.
        first: Duration::from_secs(2),
        idle: Duration::from_secs(60),
        message: Duration::from_millis(300),
    }
}

struct Running {
    address: SocketAddr,
    server: Arc<BmpServer>,
    events: mpsc::Receiver<Event>,
    _stop: watch::Sender<bool>,
}

impl Running {
    async fn start(routers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let (sender, events) = mpsc::channel(64);
        let routers = routers.iter().map(|it| it.parse().unwrap()).collect();
        let server = Arc::new(BmpServer::new(limits(), routers));
        let serving = server.clone();
        tokio::spawn(async move { serving.serve(listener, sender, stopped).await });
        Self {
            address,
            server,
            events,
            _stop: stop,
        }
    }

    async fn says(&self, bytes: &[u8]) -> TcpStream {
        let mut router = TcpStream::connect(self.address).await.unwrap();
        router.write_all(bytes).await.unwrap();
        router
    }

    async fn next(&mut self) -> Event {
        let event = tokio::time::timeout(Duration::from_secs(60), self.events.recv());
        event.await.unwrap().unwrap()
    }

    /// The end of the next connection that ends.
    async fn farewell(&mut self) -> (Farewell, bool) {
        loop {
            if let Event::Gone {
                farewell, settled, ..
            } = self.next().await
            {
                return (farewell, settled);
            }
        }
    }

    /// An honest router is heard as if nothing had happened.
    async fn others_are_heard(&mut self) {
        let router = self.says(&[&INITIATION[..], &plain_up(9)].concat()).await;
        loop {
            match self.next().await {
                Event::Told { told, .. } if told.peer.asn == 64_509 => break,
                _ => {}
            }
        }
        drop(router);
        assert_eq!(self.farewell().await, (Farewell::Closed, true));
    }
}

#[tokio::test]
async fn garbage_ends_its_own_session_and_no_other() {
    let mut running = Running::start(&[]).await;
    let mut honest = running
        .says(&[&INITIATION[..], &plain_up(1)].concat())
        .await;
    assert!(matches!(running.next().await, Event::Told { .. }));
    let too_many_peers: Vec<u8> = (1..=3).flat_map(plain_up).collect();
    let nonsense = [3, 0, 0, 0, 7, ROUTE_MONITORING, 0].repeat(4);
    for (garbage, farewell) in [
        (vec![7; 64], Farewell::Said(Ending::Version(7))),
        (
            b"GET / HTTP/1.1\r\n\r\n".to_vec(),
            Farewell::Said(Ending::Version(b'G')),
        ),
        // Lengths that lie: shorter than the header, too long, enormous.
        (vec![3, 0, 0, 0, 5, 0], Farewell::Said(Ending::Length(5))),
        (
            vec![3, 0, 0, 0x20, 0, 0],
            Farewell::Said(Ending::Length(8_192)),
        ),
        (
            vec![3, 0xff, 0xff, 0xff, 0xff, 0],
            Farewell::Said(Ending::Length(u32::MAX)),
        ),
        (too_many_peers, Farewell::Said(Ending::Peers)),
        (nonsense, Farewell::Faults),
        (TERMINATION.to_vec(), Farewell::Said(Ending::Terminated)),
        // Half a header, half a message, nothing but types to come, nothing.
        (vec![3, 0, 0], Farewell::Slow),
        (plain_up(2)[..60].to_vec(), Farewell::Slow),
        ([3, 0, 0, 0, 6, 200].repeat(50), Farewell::Silent),
        (Vec::new(), Farewell::Silent),
    ] {
        let mut router = running.says(&garbage).await;
        assert_eq!(running.farewell().await.0, farewell);
        assert_eq!(router.read(&mut [0; 8]).await.unwrap_or(0), 0);
    }
    // An honest one may be silent for longer, and stays.
    honest
        .write_all(&of_peer(ROUTE_MONITORING, 0, 1, b"bgp"))
        .await
        .unwrap();
    let Event::Told { told, .. } = running.next().await else {
        panic!("the honest router was sent away");
    };
    assert!(matches!(told.news, PeerNews::Message(..)));
    drop(honest);
    assert_eq!(running.farewell().await, (Farewell::Closed, true));
    running.others_are_heard().await;
}

#[tokio::test]
async fn endless_headers_and_types_to_come_cost_no_memory_and_end() {
    let mut running = Running::start(&[]).await;
    let mut endless = running.says(&INITIATION).await;
    let types_to_come = [3, 0, 0, 0, 6, 99].repeat(10_000);
    // As fast as it can, until it is sent away for having nothing to say.
    while endless.write_all(&types_to_come).await.is_ok() {}
    assert_eq!(running.farewell().await, (Farewell::Silent, false));
    running.others_are_heard().await;
}

#[tokio::test]
async fn who_says_nothing_makes_way_for_routers_and_strangers_are_turned_away() {
    let mut running = Running::start(&[]).await;
    let mut silent = Vec::new();
    for _ in 0..4 {
        silent.push(running.says(&INITIATION).await);
    }
    while running.server.visits().inside < 4 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Four of one place is all that it may have, so nobody is sent away.
    let mut fifth = running.says(&plain_up(9)).await;
    assert_eq!(fifth.read(&mut [0; 8]).await.unwrap_or(0), 0);
    for _ in 0..4 {
        assert_eq!(running.farewell().await, (Farewell::Silent, false));
    }
    running.others_are_heard().await;

    let mut closed = Running::start(&["192.0.2.0/24"]).await;
    let mut stranger = closed.says(&plain_up(9)).await;
    assert_eq!(stranger.read(&mut [0; 8]).await.unwrap_or(0), 0);
    assert!(closed.events.try_recv().is_err());
    let mut open = Running::start(&["127.0.0.0/8"]).await;
    open.others_are_heard().await;
}
