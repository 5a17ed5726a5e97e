//! A server of ours with everybody's key, on a thread of its own.

use std::thread;

use jiff::Timestamp;
use modu_client::{Client, Key};
use modu_evidence::archive::{Identity, Recorder};
use modu_evidence::keys::SystemRandom;
use modu_programme::access::Role;
use modu_programme::account::Accounts;
use modu_programme::database::Database;
use modu_programme::job::{Desk, LEASE};
use modu_programme::store::{DatabaseHistory, Kept};
use modu_programme::{Actor, Event, Office, OrganisationId, OrganisationKind, PersonId, Title};
use modu_store::Store;
use tempfile::TempDir;

const PEOPLE: [(&str, OrganisationKind, Role); 4] = [
    ("operator", OrganisationKind::Operator, Role::Operator),
    ("agency", OrganisationKind::DemandAgency, Role::DemandAgency),
    ("supplier", OrganisationKind::Supplier, Role::Supplier),
    ("auditor", OrganisationKind::Auditor, Role::Auditor),
];

pub(crate) struct Server {
    pub(crate) root: String,
    keys: Vec<(&'static str, String)>,
    _folder: TempDir,
}

impl Server {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let evidence = folder.path().join("evidence");
        let identity = Identity {
            organisation: "시험".to_owned(),
            uri: "https://modu.example/test".to_owned(),
            issuer: "https://modu.example/oidc".to_owned(),
            origin: "log.modu.example/test".to_owned(),
        };
        let now = Timestamp::now();
        Recorder::init(&evidence, identity, &mut SystemRandom, now).unwrap();
        let location = folder.path().join("store");
        let store = Store::open(&location.to_str().unwrap().parse().unwrap()).unwrap();
        // History, jobs and nodes are in one database.
        let programme = folder.path().join("programme.sqlite");
        let mut kept = Kept::open(DatabaseHistory::open(&programme).unwrap()).unwrap();
        let mut accounts = Accounts::in_memory().unwrap();
        let keys = people(&mut kept, &mut accounts);
        let jobs = Desk::over(Database::file(&programme).unwrap(), LEASE).unwrap();
        let office = Office::new(kept, accounts, jobs, evidence, store, Timestamp::now);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let router = modu_api::router(office);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, router).await
            })
        });
        Self {
            root,
            keys,
            _folder: folder,
        }
    }

    pub(crate) fn key(&self, name: &str) -> Key {
        let mut keys = self.keys.iter();
        Key::read(&keys.find(|(of, _)| *of == name).unwrap().1).unwrap()
    }

    pub(crate) fn as_who(&self, name: &str) -> Client {
        Client::new(&self.root, Some(self.key(name))).unwrap()
    }
}

fn people(
    kept: &mut Kept<DatabaseHistory>,
    accounts: &mut Accounts,
) -> Vec<(&'static str, String)> {
    let now = Timestamp::now();
    let title = |text: &str| Title::new(text).unwrap();
    let mut act = |event| kept.act(Actor::System, event, now).unwrap().sequence;
    let mut keys = Vec::new();
    for (name, kind, role) in PEOPLE {
        let organisation = OrganisationId(act(Event::OrganisationRegistered {
            name: title(name),
            kind,
        }));
        let person = PersonId(act(Event::PersonEnrolled {
            organisation,
            name: title(name),
            role,
        }));
        let key = accounts.make_key(person, &title("시험"), now).unwrap();
        keys.push((name, format!("modu_{}", key.reveal())));
    }
    keys
}
