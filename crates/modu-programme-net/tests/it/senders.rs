//! From what happened to who is told, over a receiver that fails.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use modu_evidence::archive::{Identity, Recorder};
use modu_evidence::keys::SystemRandom;
use modu_programme::access::Role;
use modu_programme::account::Accounts;
use modu_programme::database::Database;
use modu_programme::job::{Desk, LEASE};
use modu_programme::notice::signature::{Secret, TOLERANCE};
use modu_programme::notice::webhook::WebhookAddress;
use modu_programme::notice::{DeliveryState, Follower, Note};
use modu_programme::store::{DatabaseHistory, Kept};
use modu_programme::{
    Actor, Event, Office, OrganisationId, OrganisationKind, Person, PersonId, Text, Title,
};
use modu_programme_net::{Hooks, HooksSettings, Senders};
use modu_store::Store;

use crate::receiver::{BUSY, Receiver, TAKEN};

/// Seconds that the clock of one test is ahead.
static AHEAD: AtomicI64 = AtomicI64::new(0);

fn turned() -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(AHEAD.load(Ordering::SeqCst))
}

fn title(text: &str) -> Title {
    Title::new(text).unwrap()
}

struct Scene {
    office: Office,
    agency: OrganisationId,
    seller: Person,
    _folder: tempfile::TempDir,
}

impl Scene {
    fn new(clock: fn() -> Timestamp) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let evidence = folder.path().join("evidence");
        let identity = Identity {
            organisation: "시험".to_owned(),
            uri: "https://modu.example/test".to_owned(),
            issuer: "https://modu.example/oidc".to_owned(),
            origin: "log.modu.example/test".to_owned(),
        };
        Recorder::init(&evidence, identity, &mut SystemRandom, Timestamp::now()).unwrap();
        let place = folder.path().join("store").display().to_string();
        let store = Store::open(&place.parse().unwrap()).unwrap();
        let mut kept = Kept::open(DatabaseHistory::in_memory().unwrap()).unwrap();
        let mut act = |event| kept.act(Actor::System, event, clock()).unwrap().sequence;
        let mut organisation = |name, kind| {
            let name = title(name);
            OrganisationId(act(Event::OrganisationRegistered { name, kind }))
        };
        let agency = organisation("통계청", OrganisationKind::DemandAgency);
        let supplier = organisation("가람", OrganisationKind::Supplier);
        let seller = PersonId(act(Event::PersonEnrolled {
            organisation: supplier,
            name: title("영업"),
            role: Role::Supplier,
        }));
        let seller = kept.programme().people()[&seller].clone();
        let jobs = Desk::over(Database::in_memory().unwrap(), LEASE).unwrap();
        let accounts = Accounts::in_memory().unwrap();
        Self {
            office: Office::new(kept, accounts, jobs, evidence, store, clock),
            agency,
            seller,
            _folder: folder,
        }
    }

    fn webhook(&self, address: &str) -> Secret {
        let address = WebhookAddress::new(address).unwrap();
        let board = self.office.board();
        let now = self.office.now();
        board.add_webhook(&self.seller, &address, now).unwrap()
    }

    /// A need is published, and told.
    fn need(&self, name: &str) {
        let event = Event::NeedPublished {
            agency: self.agency,
            title: title(name),
            description: Text::default(),
            need: None,
        };
        let mut kept = self.office.kept();
        kept.act(Actor::System, event, self.office.now()).unwrap();
        let nothing = modu_programme::Programme::new();
        let mut follower = Follower::new(self.office.board(), &nothing).unwrap();
        while follower.read_on_in(kept.history()).unwrap() > 0 {}
    }

    fn senders(&self, timeout_seconds: u64) -> Senders {
        let settings = HooksSettings {
            allow: vec!["127.0.0.0/8".to_owned()],
            timeout_seconds,
        };
        Senders::start(&self.office, &Hooks::new(&settings).unwrap(), None).unwrap()
    }
}

#[test]
fn a_message_is_sent_until_it_is_taken_and_a_replay_is_known() {
    let scene = Scene::new(turned);
    let receiver = Receiver::answering(&[BUSY, TAKEN]);
    let secret = scene.webhook(&receiver.url());
    let senders = scene.senders(60);
    scene.need("소득 예측");
    let first = receiver.next();
    let stamp = |request: &crate::receiver::Request| -> i64 {
        request.header("webhook-timestamp").parse().unwrap()
    };
    let holds = |request: &crate::receiver::Request, at: i64| {
        let (id, signature) = (
            request.header("webhook-id"),
            request.header("webhook-signature"),
        );
        secret.verify(id, at, &request.body, signature)
    };
    assert!(holds(&first, stamp(&first)));
    let body = String::from_utf8(first.body.clone()).unwrap();
    assert!(body.contains(r#""type":"need.published""#), "{body}");
    // It was refused: the next attempt is later, under the same number.
    let board = scene.office.board();
    let webhook = board.webhooks(&scene.seller).unwrap()[0].id;
    let newest = || board.outbox().list(webhook, 10).unwrap()[0].clone();
    let mut tries = 0..6_000;
    while newest().state == DeliveryState::Sending {
        assert!(tries.next().is_some(), "{:?}", newest());
        std::thread::sleep(Duration::from_millis(10));
    }
    AHEAD.fetch_add(2 * TOLERANCE, Ordering::SeqCst);
    let second = receiver.next();
    assert_eq!(second.header("webhook-id"), first.header("webhook-id"));
    assert_eq!(second.body, first.body);
    assert!(holds(&second, stamp(&second)));
    assert_ne!(
        second.header("webhook-signature"),
        first.header("webhook-signature")
    );
    // Whoever sends the first again now is known by its number and its age,
    // and cannot make it younger.
    assert!((turned().as_second() - stamp(&first)).abs() > TOLERANCE);
    assert!(!holds(&first, stamp(&second)));
    assert!(receiver.is_quiet());
    senders.stop();
    let sent = board.outbox().list(webhook, 10).unwrap();
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].state, sent[0].attempt), (DeliveryState::Done, 2));
}

#[test]
fn a_silent_receiver_keeps_no_other_waiting_and_one_that_is_gone_is_stopped() {
    let scene = Scene::new(Timestamp::now);
    let silent = Receiver::answering(&[""]);
    let gone = Receiver::answering(&["HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"]);
    let quick = Receiver::answering(&[TAKEN]);
    for receiver in [&silent, &gone, &quick] {
        scene.webhook(&receiver.url());
    }
    for number in 0..6 {
        scene.need(&format!("수요 {number}"));
    }
    let senders = scene.senders(3);
    // On a slow machine one may be sent again.
    let mut numbers = BTreeSet::new();
    while numbers.len() < 6 {
        numbers.insert(quick.next().header("webhook-id").to_owned());
    }
    let board = scene.office.board();
    let mut tries = 0..1_200;
    while board.webhooks(&scene.seller).unwrap()[1].stopped.is_none() {
        assert!(tries.next().is_some(), "it is gone, and not stopped");
        std::thread::sleep(Duration::from_millis(50));
    }
    senders.stop();
    let webhooks = board.webhooks(&scene.seller).unwrap();
    let stopped: Vec<_> = webhooks.iter().map(|it| it.stopped.is_some()).collect();
    assert_eq!(stopped, [false, true, false]);
    let newest = board.list(scene.seller.id, None, 10).unwrap();
    let webhook = webhooks[1].id;
    assert!(
        newest
            .iter()
            .any(|it| it.note == Note::WebhookStopped { webhook })
    );
    // What it did not take is held for it.
    let held = board.outbox().list(webhook, 10).unwrap();
    assert!(
        held.iter().all(|it| it.state == DeliveryState::Held),
        "{held:?}"
    );
    assert_eq!(held.len(), 6);
}
