//! A server on loopback, and a router that holds what it is told: the `rpki`
//! crate's client, strict about what a router must be strict about.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use modu_route::{Asn, Aspa, RouterTable, Row, Vrp};
use modu_route_net::publication::Publication;
use modu_route_net::rtr::{Limits, Patience, RtrServer, Timing};
use rpki::rtr::client::{Client, PayloadError, PayloadTarget};
use rpki::rtr::{Action, Payload, State};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A table of VRPs by number and providers by customer.
pub(crate) fn table(vrps: &[u8], aspas: &[(u32, &[u32])]) -> RouterTable {
    let rows = vrps.iter().map(|number| Row {
        vrp: Vrp {
            prefix: match number % 2 {
                0 => format!("10.{number}.0.0/16").parse().unwrap(),
                _ => format!("2001:db8:{number}::/48").parse().unwrap(),
            },
            max_length: 24.max(48 * (number % 2)),
            origin: Asn::from_u32(64496 + u32::from(*number)),
        },
        anchor: 0,
        expires: 4_000_000_000,
    });
    let aspas = aspas.iter().map(|(customer, providers)| Aspa {
        customer: Asn::from_u32(*customer),
        providers: providers.iter().map(|asn| Asn::from_u32(*asn)).collect(),
    });
    RouterTable::new(vec!["ta".into()], rows.collect(), aspas.collect())
}

/// Limits that no honest router comes to, however slow the machine.
pub(crate) fn limits() -> Limits {
    let patience = Duration::from_secs(60);
    Limits {
        patience: Patience {
            query: patience,
            idle: patience,
            stall: patience,
            answer: patience,
            queries_a_minute: 60,
        },
        timing: Timing {
            refresh: 3600,
            ..Timing::default()
        },
        ..Limits::default()
    }
}

/// Limits that do not try a test's patience with those who are to be left. On
/// a slow machine an honest router may come to them too.
pub(crate) fn hasty() -> Limits {
    let mut limits = limits();
    limits.patience.query = Duration::from_millis(500);
    limits.patience.stall = Duration::from_millis(500);
    limits
}

/// A server that is running.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) publication: Arc<Publication>,
    pub(crate) server: Arc<RtrServer>,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    pub(crate) async fn start(folder: &std::path::Path, limits: Limits) -> Self {
        let publication = Arc::new(Publication::open(folder).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Arc::new(RtrServer::new(publication.clone(), limits));
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn({
            let server = server.clone();
            async move { server.serve(listener, stopped).await }
        });
        Self {
            address,
            publication,
            server,
            stop,
            task,
        }
    }

    /// Stops it, and waits until every session has let go of the state.
    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
        let Self {
            publication,
            server,
            ..
        } = self;
        drop(server);
        let weak = Arc::downgrade(&publication);
        drop(publication);
        while weak.strong_count() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// What a router holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) vrps: BTreeSet<Vrp>,
    pub(crate) aspas: BTreeMap<Asn, Vec<Asn>>,
    /// Whole tables taken, and changes applied.
    pub(crate) resets: usize,
    pub(crate) changes: usize,
    starting_anew: bool,
}

impl Held {
    /// Whether it holds exactly a table, as a version of the protocol tells it.
    pub(crate) fn is(&self, table: &RouterTable, version: u8) -> bool {
        let vrps: BTreeSet<_> = table.rows().iter().map(|row| row.vrp).collect();
        let aspas = table.aspas().iter().filter(|_| version >= 2);
        let aspas: BTreeMap<_, _> = aspas
            .map(|aspa| (aspa.customer, aspa.providers.clone()))
            .collect();
        self.vrps == vrps && self.aspas == aspas
    }

    fn change(&mut self, action: Action, payload: Payload) -> Result<(), PayloadError> {
        match payload {
            Payload::Origin(origin) => {
                let vrp = Vrp {
                    prefix: origin.prefix.prefix(),
                    max_length: origin.prefix.resolved_max_len(),
                    origin: origin.asn,
                };
                match (action, self.vrps.contains(&vrp)) {
                    (Action::Announce, true) => return Err(PayloadError::DuplicateAnnounce),
                    (Action::Withdraw, false) => return Err(PayloadError::UnknownWithdraw),
                    (Action::Announce, false) => self.vrps.insert(vrp),
                    (Action::Withdraw, true) => self.vrps.remove(&vrp),
                };
            }
            Payload::Aspa(aspa) if action.is_announce() => {
                let providers = aspa.providers.iter().collect();
                self.aspas.insert(aspa.customer, providers);
            }
            Payload::Aspa(aspa) => {
                // "There MUST be no Provider list" (8210bis, ASPA PDU).
                if !aspa.providers.is_empty() {
                    return Err(PayloadError::Corrupt);
                }
                let known = self.aspas.remove(&aspa.customer);
                known.ok_or(PayloadError::UnknownWithdraw)?;
            }
            Payload::RouterKey(_) => return Err(PayloadError::Corrupt),
        }
        Ok(())
    }
}

impl PayloadTarget for Held {
    type Update = Vec<(Action, Payload)>;

    fn start(&mut self, reset: bool) -> Self::Update {
        self.starting_anew = reset;
        Vec::new()
    }

    fn apply(&mut self, update: Self::Update, _: Timing) -> Result<(), PayloadError> {
        if self.starting_anew {
            self.vrps.clear();
            self.aspas.clear();
            self.resets += 1;
        } else {
            self.changes += update.len();
        }
        (update.into_iter()).try_for_each(|(action, payload)| self.change(action, payload))
    }
}

/// A router that connects with what it held before.
pub(crate) async fn router(
    address: SocketAddr,
    version: u8,
    held: Held,
    state: Option<State>,
) -> Client<TcpStream, Held> {
    let stream = TcpStream::connect(address).await.unwrap();
    Client::with_initial_version(version, stream, held, state)
}
