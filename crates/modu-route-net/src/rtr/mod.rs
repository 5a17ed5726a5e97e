//! RTR: telling routers (RFC 6810, RFC 8210, and their successor's draft).
//!
//! A router connects, asks for the whole table once (*Reset Query*) and then,
//! with the serial it holds, for what changed since (*Serial Query*); the cache
//! says when there is something new (*Serial Notify*). The protocol itself is
//! spoken by the `rpki` crate's server. Around it stand the door ([`crate::door`]),
//! a greeting that learns the router's version before anything is said, and a
//! socket that ends a session that goes nowhere ([`socket`]).

mod socket;
mod source;

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream;
pub use rpki::rtr::Timing;
use rpki::rtr::pdu;
use rpki::rtr::server::Server;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use self::socket::RouterSocket;
use self::source::Source;
use crate::door::{Door, Room, Visit, Visits, told_to_stop, within_descriptors};
use crate::publication::Publication;

/// The newest version that is spoken, and the document that it is written in.
/// Everything that a change of the draft touches is named here: this number,
/// and the release of the `rpki` crate that writes its PDUs.
pub const NEWEST_VERSION: u8 = 2;
/// Where version 2 is written down.
pub const NEWEST_DOCUMENT: &str = "draft-ietf-sidrops-8210bis-25";

/// How long a router is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// From the connection to the first header, and from a query's first byte
    /// to its last.
    pub query: Duration,
    /// Without any query: routers ask at least once in their refresh interval,
    /// which is at most a day (RFC 8210, section 6), and usually an hour.
    pub idle: Duration,
    /// Without taking anything of an answer.
    pub stall: Duration,
    /// For a whole answer.
    pub answer: Duration,
    /// Queries of one router within a minute.
    pub queries_a_minute: u32,
}

/// What an RTR server allows.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many routers.
    pub room: Room,
    /// How long they are waited for.
    pub patience: Patience,
    /// What routers are told about when to ask again.
    pub timing: Timing,
}

impl Default for Limits {
    /// For some hundreds of routers, or as many as the process's descriptors
    /// allow.
    fn default() -> Self {
        Self {
            room: Room {
                connections: within_descriptors(512),
                of_one_place: 32,
            },
            patience: Patience {
                query: Duration::from_secs(10),
                idle: Duration::from_secs(3 * 3600),
                stall: Duration::from_secs(60),
                answer: Duration::from_secs(900),
                queries_a_minute: 60,
            },
            timing: Timing {
                refresh: 600,
                retry: 60,
                expire: 7200,
            },
        }
    }
}

/// An RTR server.
#[derive(Debug)]
pub struct RtrServer {
    publication: Arc<Publication>,
    limits: Limits,
    door: Arc<Door>,
}

impl RtrServer {
    /// A server of what is published.
    #[must_use]
    pub fn new(publication: Arc<Publication>, limits: Limits) -> Self {
        Self {
            publication,
            limits,
            door: Door::new(limits.room),
        }
    }

    /// What it has seen.
    #[must_use]
    pub fn visits(&self) -> Visits {
        self.door.visits()
    }

    /// Serves all who connect until told to stop; then no more are let in, and
    /// those inside end after the answer that they are reading. Nothing that a
    /// stranger does ends it, nor does a lack of descriptors.
    pub async fn serve(&self, listener: TcpListener, stop: watch::Receiver<bool>) {
        crate::door::accept(&listener, &self.door, stop.clone(), |stream, visit| {
            let (publication, limits) = (self.publication.clone(), self.limits);
            let stop = stop.clone();
            tokio::spawn(async move {
                let (leave, mut stopped) = (visit.leave(), stop.clone());
                tokio::select! {
                    () = leave.notified() => {}
                    () = told_to_stop(&mut stopped) => {}
                    () = welcome(stream, visit, publication, limits, stop) => {}
                }
            });
        })
        .await;
    }
}

/// Greets a router and hands it to the protocol's server.
async fn welcome(
    mut stream: TcpStream,
    visit: Visit,
    publication: Arc<Publication>,
    limits: Limits,
    stop: watch::Receiver<bool>,
) {
    let mut header = [0; 8];
    let greeting = stream.read_exact(&mut header);
    if !matches!(
        tokio::time::timeout(limits.patience.query, greeting).await,
        Ok(Ok(_))
    ) {
        return;
    }
    let [version, ..] = header;
    if version > NEWEST_VERSION {
        let text = format!("versions 0 to {NEWEST_VERSION} are spoken here");
        let refusal = pdu::Error::new(NEWEST_VERSION, 4, header, text);
        let farewell = async {
            refusal.write(&mut stream).await?;
            stream.shutdown().await?;
            stream.read(&mut [0; 64]).await
        };
        let _ = tokio::time::timeout(limits.patience.query, farewell).await;
        return;
    }
    let _ = stream.set_nodelay(true);
    visit.settle();
    let source = Source {
        version,
        session: publication.session(version),
        timing: limits.timing,
        publication: publication.clone(),
    };
    let socket = RouterSocket::new(stream, header, limits.patience, stop, visit);
    let one = stream::iter([Ok(socket)]);
    let notify = publication.notifications().clone();
    // It ends at once: the session goes on in a task of its own, until its
    // socket ends.
    let _ = Server::new(one, notify, source).run().await;
}
