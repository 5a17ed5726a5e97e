//! A running console with everybody in it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use jiff::Timestamp;
use modu_console::{Entrance, Limits, Meter, router, serve};
use modu_evidence::archive::{Identity, Recorder};
use modu_evidence::keys::SystemRandom;
use modu_programme::access::Role;
use modu_programme::account::{Accounts, Password, SealKey};
use modu_programme::database::Database;
use modu_programme::job::{Desk, LEASE};
use modu_programme::store::{DatabaseHistory, Kept};
use modu_programme::{
    Actor, Event, Office, OrganisationId, OrganisationKind, PersonId, Sequence, Title,
};
use modu_store::{Location, Store};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;

pub(crate) const PHRASE: &str = "correct horse battery staple";

/// An evaluator with a second factor; the login is `guest`.
pub(crate) const GUEST: PersonId = PersonId(Sequence(15));

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) office: Office,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) evaluators: Vec<PersonId>,
    pub(crate) agency: OrganisationId,
    /// Recovery codes of [`GUEST`].
    pub(crate) codes: Vec<String>,
    _folder: TempDir,
}

/// Who there is: login, organisation's name and kind, role.
pub(crate) const PEOPLE: [(&str, &str, OrganisationKind, Role); 8] = [
    (
        "operator",
        "전담기관",
        OrganisationKind::Operator,
        Role::Operator,
    ),
    (
        "evaluator1",
        "전담기관",
        OrganisationKind::Operator,
        Role::Evaluator,
    ),
    (
        "evaluator2",
        "전담기관",
        OrganisationKind::Operator,
        Role::Evaluator,
    ),
    (
        "agency",
        "통계청",
        OrganisationKind::DemandAgency,
        Role::DemandAgency,
    ),
    (
        "agency2",
        "조달청",
        OrganisationKind::DemandAgency,
        Role::DemandAgency,
    ),
    (
        "supplier1",
        "가람",
        OrganisationKind::Supplier,
        Role::Supplier,
    ),
    (
        "supplier2",
        "나래",
        OrganisationKind::Supplier,
        Role::Supplier,
    ),
    (
        "auditor",
        "감사원",
        OrganisationKind::Auditor,
        Role::Auditor,
    ),
];

/// A clock that stands, so that a code is good, and a guess waited for, however
/// long a test takes.
pub(crate) fn still() -> Timestamp {
    static BEGUN: OnceLock<Timestamp> = OnceLock::new();
    *BEGUN.get_or_init(Timestamp::now)
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
        Self::start_within(Limits::default()).await
    }

    pub(crate) async fn start_within(limits: Limits) -> Self {
        Self::start_as(limits, Timestamp::now).await
    }

    /// With a clock that a test can turn.
    pub(crate) async fn start_as(limits: Limits, clock: fn() -> Timestamp) -> Self {
        Self::start_behind(limits, clock, Entrance::default()).await
    }

    /// With providers of identity.
    pub(crate) async fn start_behind(
        limits: Limits,
        clock: fn() -> Timestamp,
        entrance: Entrance,
    ) -> Self {
        Self::start_with(limits, clock, modu_cluster::fresh_database(), entrance).await
    }

    /// Over a PostgreSQL by its URL, else in memory.
    pub(crate) async fn start_over(
        limits: Limits,
        clock: fn() -> Timestamp,
        url: Option<String>,
    ) -> Self {
        Self::start_with(limits, clock, url, Entrance::default()).await
    }

    async fn start_with(
        limits: Limits,
        clock: fn() -> Timestamp,
        url: Option<String>,
        entrance: Entrance,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let evidence = folder.path().join("evidence");
        let identity = Identity {
            organisation: "시험".to_owned(),
            uri: "https://modu.example/test".to_owned(),
            issuer: "https://modu.example/oidc".to_owned(),
            origin: "log.modu.example/test".to_owned(),
        };
        Recorder::init(&evidence, identity, &mut SystemRandom, clock()).unwrap();
        let location = folder
            .path()
            .join("store")
            .to_str()
            .unwrap()
            .parse::<Location>()
            .unwrap();
        let store = Store::open(&location).unwrap();
        let mut kept =
            Kept::open(DatabaseHistory::over(programme(&url, folder.path())).unwrap()).unwrap();
        let accounts = Accounts::over(database(&url)).unwrap();
        let mut accounts = accounts.sealed_with(SealKey::new().unwrap());
        let (evaluators, agency, codes) = enrol(&mut kept, &mut accounts, clock);
        let jobs = Desk::over(programme(&url, folder.path()), LEASE).unwrap();
        let office = Office::new(kept, accounts, jobs, evidence, store, clock);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let meter = Meter::default();
        let router = router(office.clone(), meter.clone(), entrance);
        tokio::spawn(serve(listener, router, limits, meter, stopped));
        Self {
            address,
            office,
            stop,
            evaluators,
            agency,
            codes,
            _folder: folder,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A browser in which nobody is signed in.
    pub(crate) fn browser(&self) -> Browser {
        let client = reqwest::Client::builder()
            .cookie_store(true)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(60))
            // The server may close an idle connection just when it is used.
            .pool_max_idle_per_host(0)
            .build()
            .unwrap();
        Browser {
            client,
            root: self.url(""),
        }
    }

    pub(crate) async fn signed_in(&self, login: &str) -> Browser {
        let browser = self.browser();
        let fields = [("login", login), ("password", PHRASE), ("to", "/")];
        let answer = browser.send("/sign-in", &fields).await;
        assert_eq!(answer.status, 303, "{login}: {}", answer.body);
        browser
    }
}

fn enrol(
    kept: &mut Kept<DatabaseHistory>,
    accounts: &mut Accounts,
    clock: fn() -> Timestamp,
) -> (Vec<PersonId>, OrganisationId, Vec<String>) {
    let mut act = |event| kept.act(Actor::System, event, clock()).unwrap().sequence;
    let mut organisations: Vec<(&str, OrganisationId)> = Vec::new();
    let mut evaluators = Vec::new();
    for (login, name, kind, role) in PEOPLE {
        let known = organisations.iter().find(|(known, _)| *known == name);
        let organisation = known.map(|(_, id)| *id).unwrap_or_else(|| {
            let event = Event::OrganisationRegistered {
                name: Title::new(name).unwrap(),
                kind,
            };
            OrganisationId(act(event))
        });
        organisations.push((name, organisation));
        let person = PersonId(act(Event::PersonEnrolled {
            organisation,
            name: Title::new(login).unwrap(),
            role,
        }));
        let link = accounts.link(person, clock()).unwrap();
        let password = Password::new(PHRASE).unwrap();
        accounts
            .set_password(&link, login, &password, clock())
            .unwrap();
        if role == Role::Evaluator {
            evaluators.push(person);
        }
    }
    // Somebody who comes in by a code too, and is not a login of PEOPLE.
    let event = Event::PersonEnrolled {
        organisation: organisations[0].1,
        name: Title::new("guest").unwrap(),
        role: Role::Evaluator,
    };
    assert_eq!(PersonId(act(event)), GUEST);
    let now = clock();
    let link = accounts.link(GUEST, now).unwrap();
    let password = Password::new(PHRASE).unwrap();
    accounts
        .set_password(&link, "guest", &password, now)
        .unwrap();
    let secret = accounts.begin_factor(GUEST).unwrap();
    let code = secret.code_at(now);
    let codes = accounts.confirm_factor(GUEST, &code, now).unwrap().codes;
    let agency = organisations
        .iter()
        .find(|(name, _)| *name == "통계청")
        .unwrap()
        .1;
    (evaluators, agency, codes)
}

pub(crate) struct Browser {
    client: reqwest::Client,
    root: String,
}

pub(crate) struct Shown {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) headers: reqwest::header::HeaderMap,
}

impl Shown {
    async fn of(answer: reqwest::Response) -> Self {
        Self {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer.text().await.unwrap(),
        }
    }

    /// Where a redirect leads.
    pub(crate) fn place(&self) -> &str {
        self.headers["location"].to_str().unwrap()
    }
}

impl Browser {
    pub(crate) async fn get(&self, path: &str) -> Shown {
        let request = self.client.get(format!("{}{path}", self.root));
        Shown::of(request.send().await.unwrap()).await
    }

    /// Asks until the answer is there: on a slow machine it may take longer
    /// than the hasty limits of a test allow.
    pub(crate) async fn get_at_last(&self, path: &str) {
        let mut statuses = Vec::new();
        while statuses.last() != Some(&200) {
            assert!(statuses.len() < 60, "{path}: {statuses:?}");
            let asked = self.client.get(format!("{}{path}", self.root));
            let answer = asked.send().await;
            statuses.push(answer.map_or(0, |answer| answer.status().as_u16()));
        }
    }

    /// Begins to read what may go on.
    pub(crate) async fn open(&self, path: &str) -> reqwest::Response {
        let request = self.client.get(format!("{}{path}", self.root));
        request.send().await.unwrap()
    }

    /// Sends fields as they are.
    pub(crate) async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let request = self
            .client
            .post(format!("{}{path}", self.root))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.finish());
        Shown::of(request.send().await.unwrap()).await
    }

    /// The key that this session's forms carry.
    pub(crate) async fn form_key(&self) -> String {
        let page = self.get("/").await.body;
        let (_, rest) = page.split_once("name=\"form_key\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    /// Sends a form as our own pages do.
    pub(crate) async fn fill(&self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let key = self.form_key().await;
        let mut all = vec![("form_key", key.as_str())];
        all.extend(fields);
        self.send(path, &all).await
    }

    /// Sends a form that must be taken; gives where it leads.
    pub(crate) async fn done(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.fill(path, fields).await;
        assert_eq!(answer.status, 303, "{path}: {}", answer.body);
        answer.place().to_owned()
    }
}

/// The number at the end of a place such as `/projects/12`.
pub(crate) fn number(place: &str) -> Sequence {
    Sequence(place.rsplit('/').next().unwrap().parse().unwrap())
}
