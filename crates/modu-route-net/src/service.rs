//! The service: rounds of work, and the servers that tell what came out.
//!
//! Once a second a [`Work`] is asked whether it has a new table; what it gives
//! is published to routers and people. The work runs beside the servers, so
//! that a long validation keeps nobody waiting, and whatever goes wrong in it
//! is said in the status, while the last good table stays. Only SIGTERM or
//! SIGINT ends the service; at SIGHUP it reads again what it was given.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use modu_route::RouterTable;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::NetError;
use crate::http::{Board, HeldBack, HttpServer, LastRun, Status};
use crate::publication::{Publication, Published};
use crate::rtr::RtrServer;

/// How often the work is asked.
const TICK: Duration = Duration::from_secs(1);
/// How long those inside may finish after a signal.
const FAREWELL: Duration = Duration::from_secs(5);

/// What one round of work gave.
#[derive(Debug)]
pub struct Round {
    /// What is to be published.
    pub table: RouterTable,
    /// What of it is held back from being withdrawn.
    pub held_back: Vec<HeldBack>,
}

/// What makes the tables.
pub trait Work: Send + 'static {
    /// Does what is due at a time, in seconds since 1970 (UTC). Nothing where
    /// nothing is due or nothing changed.
    ///
    /// # Errors
    /// Why there is no new table, in words.
    fn turn(&mut self, now: i64) -> Result<Option<Round>, String>;

    /// Reads again what it was given, at the next turn: the operator asks for
    /// it (SIGHUP).
    fn read_again(&mut self) {}

    /// Says what it knows of itself; asked after each turn.
    fn tell(&self, status: &mut Status) {
        let _ = status;
    }

    /// Is told what became of its last round, once it is published.
    fn published(&mut self, published: &Published) {
        let _ = published;
    }
}

/// What a service is told at its start.
#[derive(Debug)]
pub struct Settings {
    /// The folder that sessions and serials are kept in.
    pub state: PathBuf,
    /// Where routers connect, if they may.
    pub rtr: Option<SocketAddr>,
    /// Where people and programs connect, if they may.
    pub http: Option<SocketAddr>,
    /// Limits of the RTR server.
    pub rtr_limits: crate::rtr::Limits,
    /// Limits of the HTTP server.
    pub http_limits: crate::http::Limits,
    /// The program and its version, and where its tables come from.
    pub status: Status,
}

/// Where a running service listens.
#[derive(Debug, Clone, Copy)]
pub struct Listening {
    /// For routers.
    pub rtr: Option<SocketAddr>,
    /// For people and programs.
    pub http: Option<SocketAddr>,
}

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// [`NetError`] where it cannot begin: an address is taken, the state's folder
/// is in use. Once it listens, only a signal ends it.
pub fn run(
    settings: Settings,
    work: impl Work,
    ready: impl FnOnce(&Listening),
) -> Result<(), NetError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|source| machine("start", "the service", source))?;
    let ended = runtime.block_on(serve(settings, work, ready));
    // A round under way is not waited for: what it writes is whole or nothing.
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
}

async fn serve(
    mut settings: Settings,
    work: impl Work,
    ready: impl FnOnce(&Listening),
) -> Result<(), NetError> {
    let mut terminate = listen_for(SignalKind::terminate())?;
    let mut interrupt = listen_for(SignalKind::interrupt())?;
    let mut hang_up = listen_for(SignalKind::hangup())?;
    let publication = Arc::new(Publication::open(&settings.state)?);
    let (stop, stopped) = watch::channel(false);
    let rtr = listen(settings.rtr).await?;
    let http = listen(settings.http).await?;
    settings.status.started = now();
    let rtr_server = Arc::new(RtrServer::new(publication.clone(), settings.rtr_limits));
    let board = Arc::new(Board::new(
        publication.clone(),
        rtr.is_some().then(|| rtr_server.clone()),
        settings.status,
    ));
    let http_server = Arc::new(HttpServer::new(board.clone(), settings.http_limits));
    let listening = Listening {
        rtr: rtr.as_ref().map(|(_, address)| *address),
        http: http.as_ref().map(|(_, address)| *address),
    };
    if let Some((listener, _)) = rtr {
        let (server, stopped) = (rtr_server.clone(), stopped.clone());
        tokio::spawn(async move { server.serve(listener, stopped).await });
    }
    if let Some((listener, _)) = http {
        let (server, stopped) = (http_server.clone(), stopped.clone());
        tokio::spawn(async move { server.serve(listener, stopped).await });
    }
    ready(&listening);
    let asked_again = Arc::new(AtomicBool::new(false));
    let asking = asked_again.clone();
    let listen_again = async move {
        while hang_up.recv().await.is_some() {
            asking.store(true, Ordering::Relaxed);
        }
        std::future::pending().await
    };
    let work = Arc::new(Mutex::new((work, None)));
    let rounds = rounds(work, publication, board, asked_again);
    tokio::select! {
        () = rounds => {}
        () = listen_again => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    stop.send_replace(true);
    let farewell = async {
        while rtr_server.visits().inside + http_server.visits().inside > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let _ = tokio::time::timeout(FAREWELL, farewell).await;
    Ok(())
}

/// Round after round; never ends.
async fn rounds<W: Work>(
    work: Arc<Mutex<(W, Option<Round>)>>,
    publication: Arc<Publication>,
    board: Arc<Board>,
    asked_again: Arc<AtomicBool>,
) {
    loop {
        let (work, publication, board) = (work.clone(), publication.clone(), board.clone());
        let asked_again = asked_again.swap(false, Ordering::Relaxed);
        let turn = tokio::task::spawn_blocking({
            let board = board.clone();
            move || {
                // A panic in a round leaves the work as it was at that point;
                // it is built to be killed at any moment.
                let mut work = work.lock().unwrap_or_else(PoisonError::into_inner);
                let (work, waiting) = &mut *work;
                if asked_again {
                    work.read_again();
                }
                turn(work, waiting, &publication, &board);
                board.update(|status| work.tell(status));
            }
        });
        if turn.await.is_err() {
            let failure = "the round ended in the middle: this is an error of the program";
            failed(&board, now(), failure.to_owned());
        }
        tokio::time::sleep(TICK).await;
    }
}

/// One turn. A round that could not be published waits for the next one.
fn turn(
    work: &mut impl Work,
    waiting: &mut Option<Round>,
    publication: &Publication,
    board: &Board,
) {
    let time = now();
    match work.turn(time) {
        Ok(None) => {}
        Ok(round) => *waiting = round,
        Err(failure) => failed(board, time, failure),
    }
    let Some(round) = waiting.take() else {
        return;
    };
    match publication.publish(round.table.clone(), time) {
        Ok(published) => {
            board.update(|status| {
                status.last_success = Some(time);
                status.last_run = Some(LastRun {
                    time,
                    failure: None,
                });
                status.held_back = round.held_back;
            });
            work.published(&published);
        }
        Err(error) => {
            failed(board, time, error.to_string());
            *waiting = Some(round);
        }
    }
}

fn failed(board: &Board, time: i64, failure: String) {
    board.update(|status| {
        status.last_run = Some(LastRun {
            time,
            failure: Some(failure),
        });
    });
}

async fn listen(
    address: Option<SocketAddr>,
) -> Result<Option<(TcpListener, SocketAddr)>, NetError> {
    let Some(address) = address else {
        return Ok(None);
    };
    let could_not = |source| machine("listen at", &address.to_string(), source);
    let listener = TcpListener::bind(address).await.map_err(could_not)?;
    let bound = listener.local_addr().map_err(could_not)?;
    Ok(Some((listener, bound)))
}

fn listen_for(kind: SignalKind) -> Result<tokio::signal::unix::Signal, NetError> {
    signal(kind).map_err(|source| machine("listen for", "signals", source))
}

fn machine(action: &'static str, place: &str, source: std::io::Error) -> NetError {
    NetError::Io {
        action,
        place: place.to_owned(),
        source,
    }
}

/// Seconds since 1970 (UTC).
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    })
}
