//! BMP: what routers tell of their BGP sessions (RFC 7854).
//!
//! A router connects and copies what its peers announce to it; nothing is ever
//! said back. What its bytes mean is said by [`modu_route::watch::bmp`]; here
//! are connections, deadlines and limits, and [`listen`] gives what was heard,
//! in order, to whoever watches.
//!
//! A router that talks nonsense, too much or nothing ends its own session, and
//! no other; a message that makes no sense inside a sound frame is passed over
//! and counted.

mod live;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use modu_route::Prefix;
use modu_route::watch::Moment;
use modu_route::watch::bmp::{Ending, HEADER, Session, Told, length_of};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

pub use self::live::{Settings, Turn, listen};
use crate::door::{Door, Room, Visit, Visits, told_to_stop, within_descriptors};

/// What a BMP server allows.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many routers.
    pub room: Room,
    /// Bytes of one message. A BGP message has 65,535 at most (RFC 8654); a
    /// Peer Up holds two and some text.
    pub message_bytes: usize,
    /// Peers of one router.
    pub peers: usize,
    /// Messages of one session that may make no sense.
    pub faults: u64,
    /// How long a router may take for its first message of a peer.
    pub first: Duration,
    /// How long it may be silent after that; one whose peers are quiet has
    /// nothing to say, so this is long. One that is gone without a word is
    /// noticed by TCP keepalive within minutes.
    pub idle: Duration,
    /// From a message's first byte to its last.
    pub message: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            room: Room {
                connections: within_descriptors(256),
                of_one_place: 32,
            },
            message_bytes: 256 << 10,
            peers: 4_096,
            faults: 1_000,
            first: Duration::from_secs(600),
            idle: Duration::from_secs(24 * 3600),
            message: Duration::from_secs(60),
        }
    }
}

/// Why a router is not listened to any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Farewell {
    /// It closed the connection, or the network did.
    #[error("it closed the connection")]
    Closed,
    /// Its messages end the session.
    #[error(transparent)]
    Said(#[from] Ending),
    /// It said nothing for too long.
    #[error("it was silent for too long")]
    Silent,
    /// It began a message and did not end it in time.
    #[error("it began a message and did not end it in time")]
    Slow,
    /// Too many of its messages make no sense.
    #[error("too many of its messages make no sense")]
    Faults,
    /// It was asked to make way, or the service ends.
    #[error("it had to make way")]
    Asked,
}

/// What happens at the server.
#[derive(Debug)]
pub enum Event {
    /// A router told something of a peer.
    Told {
        /// The router's connection.
        connection: u64,
        /// What it told.
        told: Told,
        /// When its last byte came.
        arrived: Moment,
    },
    /// A router's connection ended.
    Gone {
        /// The connection.
        connection: u64,
        /// From where it came.
        address: IpAddr,
        /// Why.
        farewell: Farewell,
        /// Messages that were passed over because they make no sense.
        faults: u64,
        /// Whether it had told something of a peer.
        settled: bool,
    },
}

/// A BMP server.
#[derive(Debug)]
pub struct BmpServer {
    limits: Limits,
    /// Whence routers may connect; empty: from anywhere.
    routers: Vec<Prefix>,
    door: Arc<Door>,
}

impl BmpServer {
    /// A server that has heard nothing.
    #[must_use]
    pub fn new(limits: Limits, routers: Vec<Prefix>) -> Self {
        Self {
            limits,
            routers,
            door: Door::new(limits.room),
        }
    }

    /// Who has connected.
    #[must_use]
    pub fn visits(&self) -> Visits {
        self.door.visits()
    }

    /// Listens to all who may connect until told to stop. Where what happens
    /// is not taken from the channel, routers are made to wait.
    pub async fn serve(
        &self,
        listener: TcpListener,
        events: mpsc::Sender<Event>,
        stop: watch::Receiver<bool>,
    ) {
        let mut next = 0;
        crate::door::accept(&listener, &self.door, stop.clone(), |stream, visit| {
            let Ok(from) = stream.peer_addr() else {
                return;
            };
            if !self.may_connect(from.ip()) || keep_alive(&stream).is_err() {
                return;
            }
            let mut router = Router {
                connection: next,
                stream,
                limits: self.limits,
                events: events.clone(),
                session: Session::new(self.limits.peers),
                settled: false,
            };
            next += 1;
            let mut stopped = stop.clone();
            tokio::spawn(async move {
                let leave = visit.leave();
                let farewell = tokio::select! {
                    () = leave.notified() => Farewell::Asked,
                    () = told_to_stop(&mut stopped) => return,
                    farewell = router.listen(&visit) => farewell,
                };
                let gone = Event::Gone {
                    connection: router.connection,
                    address: from.ip().to_canonical(),
                    farewell,
                    faults: router.session.faults(),
                    settled: router.settled,
                };
                let _ = router.events.send(gone).await;
            });
        })
        .await;
    }

    fn may_connect(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let length = if address.is_ipv4() { 32 } else { 128 };
        let host = Prefix::new(address, length);
        let known = |host| self.routers.iter().any(|it| it.covers(host));
        self.routers.is_empty() || host.is_ok_and(known)
    }
}

/// Has the system ask whether the other side is still there: a router that
/// lost its power says nothing any more, and neither does one that is content.
fn keep_alive(stream: &TcpStream) -> std::io::Result<()> {
    let asking = TcpKeepalive::new()
        .with_time(Duration::from_secs(60))
        .with_interval(Duration::from_secs(15))
        .with_retries(4);
    SockRef::from(stream).set_tcp_keepalive(&asking)
}

/// One router that is listened to.
struct Router {
    connection: u64,
    stream: TcpStream,
    limits: Limits,
    events: mpsc::Sender<Event>,
    session: Session,
    settled: bool,
}

impl Router {
    /// Listens until the router ends, or has to be ended.
    async fn listen(&mut self, visit: &Visit) -> Farewell {
        let mut next_by = Instant::now() + self.limits.first;
        loop {
            let message = match self.read(next_by).await {
                Ok(message) => message,
                Err(farewell) => return farewell,
            };
            let told = match self.session.take(&message) {
                Ok(Some(told)) => told,
                Ok(None) if self.session.faults() > self.limits.faults => return Farewell::Faults,
                Ok(None) => {
                    if self.settled {
                        next_by = Instant::now() + self.limits.idle;
                    }
                    continue;
                }
                Err(ending) => return ending.into(),
            };
            visit.settle();
            self.settled = true;
            next_by = Instant::now() + self.limits.idle;
            let event = Event::Told {
                connection: self.connection,
                told,
                arrived: now(),
            };
            if self.events.send(event).await.is_err() {
                return Farewell::Asked;
            }
        }
    }

    /// The next whole message, which has to begin before a time.
    async fn read(&mut self, begin_by: Instant) -> Result<Vec<u8>, Farewell> {
        let mut header = [0; HEADER];
        let stream = &mut self.stream;
        // A timeout alone lets one who always has something to say go on.
        if Instant::now() >= begin_by {
            return Err(Farewell::Silent);
        }
        let first = tokio::time::timeout_at(begin_by, stream.read_exact(&mut header[..1]));
        let first = first.await.map_err(|_| Farewell::Silent)?;
        first.map_err(|_| Farewell::Closed)?;
        let limit = self.limits.message_bytes;
        let rest = async {
            let closed = |_| Farewell::Closed;
            stream.read_exact(&mut header[1..]).await.map_err(closed)?;
            let mut message = header.to_vec();
            message.resize(length_of(header, limit)?, 0);
            let body = stream.read_exact(&mut message[HEADER..]);
            body.await.map_err(closed)?;
            Ok(message)
        };
        let rest = tokio::time::timeout(self.limits.message, rest);
        rest.await.map_err(|_| Farewell::Slow)?
    }
}

fn now() -> Moment {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Moment(since.map_or(0, |since| {
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    }))
}
