//! The interface with everybody's key.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use modu_evidence::archive::{Identity, Recorder};
use modu_evidence::keys::SystemRandom;
use modu_evidence::statement::{Criteria, CriteriaDocument, Statement};
use modu_programme::access::Role;
use modu_programme::account::Accounts;
use modu_programme::database::Database;
use modu_programme::job::{Desk, LEASE};
use modu_programme::store::{DatabaseHistory, Kept};
use modu_programme::{
    Actor, Event, Office, OrganisationId, OrganisationKind, PersonId, ProjectId, Text, Title,
};
use modu_store::Store;
use serde_json::Value;
use tempfile::TempDir;

/// Who there is; organisations are made in this order.
pub(crate) const PEOPLE: [(&str, OrganisationKind, Role); 6] = [
    ("operator", OrganisationKind::Operator, Role::Operator),
    ("evaluator", OrganisationKind::Operator, Role::Evaluator),
    ("agency", OrganisationKind::DemandAgency, Role::DemandAgency),
    ("supplier", OrganisationKind::Supplier, Role::Supplier),
    ("rival", OrganisationKind::Supplier, Role::Supplier),
    ("auditor", OrganisationKind::Auditor, Role::Auditor),
];

pub(crate) struct Server {
    root: String,
    pub(crate) office: Office,
    keys: Vec<(&'static str, PersonId, String)>,
    pub(crate) project: ProjectId,
    client: reqwest::Client,
    _folder: TempDir,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) kind: String,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

/// A connection to a database: one in memory, or where the tests are run over
/// PostgreSQL.
fn database(url: &Option<String>) -> Database {
    match url {
        Some(url) => Database::postgres(url).unwrap(),
        None => Database::in_memory().unwrap(),
    }
}

/// A connection to the programme: history, jobs and nodes are in one database.
fn programme(url: &Option<String>, folder: &Path) -> Database {
    match url {
        Some(_) => database(url),
        None => Database::file(&folder.join("programme.sqlite")).unwrap(),
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_by(Timestamp::now).await
    }

    /// By a clock of the test's own.
    pub(crate) async fn start_by(clock: fn() -> Timestamp) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let evidence = folder.path().join("evidence");
        let identity = Identity {
            organisation: "시험".to_owned(),
            uri: "https://modu.example/test".to_owned(),
            issuer: "https://modu.example/oidc".to_owned(),
            origin: "log.modu.example/test".to_owned(),
        };
        let now = Timestamp::now();
        let mut recorder = Recorder::init(&evidence, identity, &mut SystemRandom, now).unwrap();
        let document = CriteriaDocument {
            name: "need.toml".to_owned(),
            artifact: modu_kernel::Artifact::of(b"need"),
        };
        let criteria = Criteria {
            id: "test".to_owned(),
            title: modu_kernel::Label::new("시험", "test"),
            engine: "proof.score".to_owned(),
            documents: vec![document],
            registered: now,
        };
        recorder
            .record(&Statement::criteria(criteria), now)
            .unwrap();
        let location = folder.path().join("store");
        let store = Store::open(&location.to_str().unwrap().parse().unwrap()).unwrap();
        let url = modu_cluster::fresh_database();
        let mut kept =
            Kept::open(DatabaseHistory::over(programme(&url, folder.path())).unwrap()).unwrap();
        let mut accounts = Accounts::over(database(&url)).unwrap();
        let (keys, project) = people(&mut kept, &mut accounts);
        let jobs = Desk::over(programme(&url, folder.path()), LEASE).unwrap();
        let office = Office::new(kept, accounts, jobs, evidence, store, clock);
        // The server may close an idle connection just when it is used.
        let client = reqwest::Client::builder().pool_max_idle_per_host(0);
        let client = client.build().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let router = modu_api::router(office.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            root,
            office,
            keys,
            project,
            client,
            _folder: folder,
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        self.root.trim_start_matches("http://")
    }

    pub(crate) fn key(&self, name: &str) -> &str {
        let mut keys = self.keys.iter();
        &keys.find(|(of, ..)| *of == name).unwrap().2
    }

    pub(crate) fn person(&self, name: &str) -> PersonId {
        let mut keys = self.keys.iter();
        keys.find(|(of, ..)| *of == name).unwrap().1
    }

    pub(crate) fn call(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
    ) -> reqwest::RequestBuilder {
        let method = method.to_uppercase().parse().unwrap();
        let call = self.client.request(method, format!("{}{path}", self.root));
        match key {
            Some(key) => call.bearer_auth(key),
            None => call,
        }
    }

    pub(crate) async fn get(&self, path: &str, name: &str) -> Answer {
        self.send(self.call("GET", path, Some(self.key(name))))
            .await
    }

    pub(crate) async fn post(&self, path: &str, name: &str, body: &Value) -> Answer {
        self.send(self.call("POST", path, Some(self.key(name))).json(body))
            .await
    }

    pub(crate) async fn send(&self, call: reqwest::RequestBuilder) -> Answer {
        let answer = call.send().await.unwrap();
        let headers = answer.headers().clone();
        let kind = headers.get("content-type");
        let kind = kind.map_or("", |kind| kind.to_str().unwrap()).to_owned();
        Answer {
            status: answer.status().as_u16(),
            kind,
            headers,
            body: serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or(Value::Null),
        }
    }
}

/// Everybody with a key, and a project whose call is open with a proposal.
fn people(
    kept: &mut Kept<DatabaseHistory>,
    accounts: &mut Accounts,
) -> (Vec<(&'static str, PersonId, String)>, ProjectId) {
    let now = Timestamp::now();
    let title = |text: &str| Title::new(text).unwrap();
    let mut act = |event| kept.act(Actor::System, event, now).unwrap().sequence;
    let mut keys = Vec::new();
    let mut organisations = Vec::new();
    for (name, kind, role) in PEOPLE {
        let event = Event::OrganisationRegistered {
            name: title(name),
            kind,
        };
        let organisation = OrganisationId(act(event));
        organisations.push((name, organisation));
        let person = PersonId(act(Event::PersonEnrolled {
            organisation,
            name: title(name),
            role,
        }));
        let key = accounts.make_key(person, &title("시험"), now).unwrap();
        keys.push((name, person, format!("modu_{}", key.reveal())));
    }
    let of = |wanted: &str| {
        organisations
            .iter()
            .find(|(name, _)| *name == wanted)
            .unwrap()
            .1
    };
    let project = ProjectId(act(Event::NeedPublished {
        agency: of("agency"),
        title: title("수요"),
        description: Text::default(),
        need: None,
    }));
    act(Event::CallOpened {
        project,
        closes: now + SignedDuration::from_hours(1),
    });
    act(Event::ProposalSubmitted {
        project,
        supplier: of("supplier"),
        title: title("비밀스러운 제안"),
        summary: Text::default(),
        solution: None,
    });
    (keys, project)
}
