//! How long a job waits for a node that has nothing else to do, over HTTP on
//! one machine: `cargo run --release -p modu-node --example node_pickup`.

#![allow(clippy::print_stdout, reason = "it prints what it measured")]

use std::error::Error;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use modu_kernel::Digest;
use modu_node::message::{Delivery, Problem};
use modu_node::{Key, Receiver, Refused, Server, Settings, Waiting, router};
use modu_programme::account::Accounts;
use modu_programme::database::Database;
use modu_programme::job::{
    Dataset, DatasetId, Demonstrate, Desk, Job, LEASE, NewJob, Node, NodeId, Urgency, Work, admit,
};
use modu_programme::store::{DatabaseHistory, Kept};
use modu_programme::{
    Actor, Event, Office, OrganisationId, OrganisationKind, PersonId, ProjectId, Sequence, Title,
};

const JOBS: usize = 200;

type Failed = Box<dyn Error + Send + Sync>;

/// Everything may begin, and nothing is delivered.
struct Anything;

impl Receiver for Anything {
    fn may_begin(&self, _: &Demonstrate) -> Result<(), Refused> {
        Ok(())
    }

    fn receive(&self, _: &Node, _: &Job, _: &Delivery) -> Result<(), Refused> {
        Err(Refused::Missing)
    }
}

fn main() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("programme.sqlite");
    let open = || Database::file(&file);
    let desk = Desk::over(open()?, LEASE)?;
    let office = Office::new(
        Kept::open(DatabaseHistory::over(open()?)?)?,
        Accounts::over(Database::file(&folder.path().join("accounts.sqlite"))?)?,
        desk.clone(),
        folder.path().join("evidence"),
        modu_store::Store::open(&folder.path().join("store").display().to_string().parse()?)?,
        Timestamp::now,
    );
    let event = Event::OrganisationRegistered {
        name: Title::new("example")?,
        kind: OrganisationKind::DemandAgency,
    };
    let (by, now) = (Actor::System, Timestamp::now());
    let organisation = OrganisationId(office.kept().act(by, event, now)?.sequence);
    let key = Key::generate()?;
    let name = Title::new("example")?;
    let whose = (organisation, &name);
    let admitted = admit(&mut office.kept(), by, whose, key.public(), now)?;
    let (id, token) = (admitted.id, admitted.token);

    let runtime = tokio::runtime::Runtime::new()?;
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
    let settings = Settings {
        server: format!("http://{}", listener.local_addr()?),
        ca: None,
    };
    let doors = router(office, Arc::new(Anything), Waiting::default());
    runtime.spawn(async move { axum::serve(listener, doors).await });
    let server = Server::new(&settings, key, &format!("modu_node_{}", token.reveal()))?;
    let (taken, waits) = channel();
    std::thread::spawn(move || work(&server, &taken));

    let mut all = Vec::new();
    for _ in 0..JOBS {
        std::thread::sleep(Duration::from_millis(30));
        desk.queue()
            .submit(&job(organisation, id, &name), Timestamp::now())?;
        let asked = Instant::now();
        desk.bell().ring();
        all.push(waits.recv()?.duration_since(asked));
    }
    all.sort_unstable();
    println!(
        "{JOBS} jobs, from durable to a node over HTTP: median {:.1?}, p99 {:.1?}, longest {:.1?}",
        all[JOBS / 2],
        all[JOBS * 99 / 100],
        all[JOBS - 1]
    );
    Ok(())
}

/// Takes jobs and ends them at once.
fn work(server: &Server, taken: &Sender<Instant>) {
    while let Ok(task) = server.take() {
        let Some(task) = task else { continue };
        if taken.send(Instant::now()).is_err()
            || server.give_up(task.lease, Problem::Input).is_err()
        {
            return;
        }
    }
}

fn job(organisation: OrganisationId, node: NodeId, name: &Title) -> NewJob {
    NewJob {
        organisation,
        project: ProjectId(Sequence(2)),
        person: PersonId(Sequence(3)),
        urgency: Urgency::Normal,
        work: Work::Demonstrate(Demonstrate {
            need: Digest::of(b""),
            dataset: Dataset {
                id: DatasetId(1),
                organisation,
                name: name.clone(),
                digest: None,
                commitment: None,
                size: 0,
                is_public: false,
                node: Some(node),
                gone: None,
            },
            entrants: Vec::new(),
        }),
        key: None,
    }
}
