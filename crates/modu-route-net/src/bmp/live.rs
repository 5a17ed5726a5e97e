//! Listening until a signal: what was heard, turn by turn.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use modu_route::Prefix;
use modu_route::watch::bmp::{Heard, Roster};
use modu_route::watch::{Moment, Peer};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};

use super::{BmpServer, Event, Farewell, Limits, now};
use crate::{NetError, Visits};

/// Events that wait to be looked at; with the largest messages 64 MiB.
const WAITING: usize = 256;
/// Events of one turn.
const OF_ONE_TURN: usize = 1_024;
/// Peers of all routers together.
const PEERS: usize = 65_536;
/// The longest time between two turns.
const TICK: Duration = Duration::from_secs(1);

/// What a listener is told at its start.
#[derive(Debug)]
pub struct Settings {
    /// Where routers connect.
    pub address: SocketAddr,
    /// Whence they may; empty: from anywhere.
    pub routers: Vec<Prefix>,
    /// What each may.
    pub limits: Limits,
    /// How long a peer's routes stand when its router is gone.
    pub grace: Duration,
    /// The peers of which something is held already.
    pub known: Vec<Peer>,
}

/// What happened since the last turn.
#[derive(Debug)]
pub struct Turn {
    /// What was heard, in order.
    pub heard: Vec<Heard>,
    /// Until when this is all.
    pub now: Moment,
    /// The routers that left after they had told something, why, and how many
    /// of their messages made no sense.
    pub left: Vec<(IpAddr, Farewell, u64)>,
    /// Who is connected.
    pub visits: Visits,
    /// Messages that were passed over so far: two routers tell of one peer.
    pub passed_over: u64,
    /// Whether this is the last turn.
    pub last: bool,
}

/// Listens until SIGTERM or SIGINT. A turn comes when something was heard, at
/// the latest after a second, and once more at the end.
///
/// # Errors
/// [`NetError`] where it cannot begin; else what a turn gives.
pub fn listen<E: From<NetError>>(
    settings: Settings,
    ready: impl FnOnce(SocketAddr),
    turn: impl FnMut(Turn) -> Result<(), E>,
) -> Result<(), E> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|source| machine("start", "the service", source))?;
    let ended = runtime.block_on(turns(settings, ready, turn));
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
}

async fn turns<E: From<NetError>>(
    settings: Settings,
    ready: impl FnOnce(SocketAddr),
    mut turn: impl FnMut(Turn) -> Result<(), E>,
) -> Result<(), E> {
    let mut terminate = signal(SignalKind::terminate())
        .map_err(|source| machine("listen for", "signals", source))?;
    let mut interrupt = signal(SignalKind::interrupt())
        .map_err(|source| machine("listen for", "signals", source))?;
    let could_not = |source| machine("listen at", &settings.address.to_string(), source);
    let listener = (TcpListener::bind(settings.address).await).map_err(could_not)?;
    let address = listener.local_addr().map_err(could_not)?;
    let mut roster = Roster::new(settings.known, PEERS, settings.grace, now());
    let server = Arc::new(BmpServer::new(settings.limits, settings.routers));
    let (stop, stopped) = watch::channel(false);
    let (sender, mut events) = mpsc::channel(WAITING);
    let serving = server.clone();
    tokio::spawn(async move { serving.serve(listener, sender, stopped).await });
    ready(address);
    loop {
        let mut waiting = Vec::new();
        let last = tokio::select! {
            _ = terminate.recv() => true,
            _ = interrupt.recv() => true,
            _ = events.recv_many(&mut waiting, OF_ONE_TURN) => false,
            () = tokio::time::sleep(TICK) => false,
        };
        let mut next = Turn {
            heard: Vec::new(),
            now: Moment(0),
            left: Vec::new(),
            visits: server.visits(),
            passed_over: 0,
            last,
        };
        for event in waiting {
            take(&mut roster, event, &mut next);
        }
        next.now = now();
        next.heard.extend(roster.due(next.now));
        next.passed_over = roster.passed_over();
        // Routers wait while a turn is worked on.
        tokio::task::block_in_place(|| turn(next))?;
        if last {
            stop.send_replace(true);
            return Ok(());
        }
    }
}

fn take(roster: &mut Roster, event: Event, turn: &mut Turn) {
    match event {
        Event::Told {
            connection,
            told,
            arrived,
        } => turn.heard.extend(roster.take(connection, told, arrived)),
        Event::Gone {
            connection,
            address,
            farewell,
            faults,
            settled,
        } => {
            roster.gone(connection, now());
            if settled {
                turn.left.push((address, farewell, faults));
            }
        }
    }
}

fn machine(action: &'static str, place: &str, source: std::io::Error) -> NetError {
    NetError::Io {
        action,
        place: place.to_owned(),
        source,
    }
}
