//! What every database must do for notices and what is sent of them.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use modu_kernel::Language;
use modu_programme::access::Role;
use modu_programme::account::Token;
use modu_programme::notice::mailbox::MailAddress;
use modu_programme::notice::webhook::{MAX_WEBHOOKS, WebhookAddress, WebhookId};
use modu_programme::notice::{
    Board, Channel, Delivery, DeliveryState, Failure, Follower, Letter, MAX_ATTEMPTS, MAX_KEPT,
    Note, NoticeError,
};
use modu_programme::store::{DatabaseHistory, Kept};
use modu_programme::{Actor, Event, OrganisationId, OrganisationKind, Person, PersonId, Text};

use crate::conformance::Open;
use crate::scene::{at, title};

const LEASE: SignedDuration = SignedDuration::from_secs(20);

/// A programme with an agency, and a supplier with two people.
struct Place {
    kept: Kept<DatabaseHistory>,
    board: Board,
    agency: OrganisationId,
    official: PersonId,
    supplier: OrganisationId,
    sellers: [PersonId; 2],
}

impl Place {
    fn new(open: Open<'_>) -> Self {
        let mut kept = Kept::open(DatabaseHistory::over(open()).unwrap()).unwrap();
        let mut act = |event| kept.act(Actor::System, event, at(0)).unwrap().sequence;
        let mut organisation = |name, kind| {
            let name = title(name);
            OrganisationId(act(Event::OrganisationRegistered { name, kind }))
        };
        let agency = organisation("통계청", OrganisationKind::DemandAgency);
        let supplier = organisation("가람", OrganisationKind::Supplier);
        let mut person = |organisation, name, role| {
            let name = title(name);
            PersonId(act(Event::PersonEnrolled {
                organisation,
                name,
                role,
            }))
        };
        let official = person(agency, "김주무관", Role::DemandAgency);
        let sellers = ["영업", "개발"].map(|name| person(supplier, name, Role::Supplier));
        let place = Self {
            board: Board::over(Arc::new(open())),
            kept,
            agency,
            official,
            supplier,
            sellers,
        };
        Follower::skip_to(&place.board, place.kept.programme().last()).unwrap();
        place
    }

    fn person(&self, id: PersonId) -> Person {
        self.kept.programme().people()[&id].clone()
    }

    fn need(&mut self, name: &str) {
        self.needs([name.to_owned()]);
    }

    fn needs(&mut self, names: impl IntoIterator<Item = String>) {
        let agency = self.agency;
        let event = |name: String| Event::NeedPublished {
            agency,
            title: title(&name),
            description: Text::default(),
            need: None,
        };
        let events = names.into_iter().map(event).collect();
        self.kept
            .act_all(Actor::System, events, at(1), None)
            .unwrap();
    }

    /// Tells all that is untold.
    fn tell(&mut self) {
        let mut follower = Follower::new(&self.board, self.kept.programme()).unwrap();
        while follower.read_on_in(self.kept.history()).unwrap() > 0 {}
    }

    fn webhook(&self) -> WebhookId {
        let seller = self.person(self.sellers[0]);
        let address = WebhookAddress::new("https://hooks.example/").unwrap();
        self.board.add_webhook(&seller, &address, at(0)).unwrap();
        self.board.webhooks(&seller).unwrap().pop().unwrap().id
    }

    fn take(&self, now: Timestamp) -> Option<Delivery> {
        self.board.outbox().take(true, LEASE, now).unwrap()
    }

    fn fail(&self, delivery: &Delivery, failure: Failure, now: Timestamp) {
        let supplier = self.supplier;
        let sellers = self.sellers;
        let people = |organisation| {
            assert_eq!(organisation, supplier);
            sellers.to_vec()
        };
        self.board
            .outbox()
            .failed(delivery, &failure, people, now)
            .unwrap();
    }
}

/// However often those who read the history are gone, and however many read
/// it at once, each notice lies there once.
pub(crate) fn told_once(open: Open<'_>) {
    let mut place = Place::new(open);
    for number in 0..6 {
        place.need(&format!("수요 {number}"));
        // One reads a little and is gone; it begins again with nothing read.
        let board = Board::over(Arc::new(open()));
        let mut gone = Follower::new(&board, &modu_programme::Programme::new()).unwrap();
        if number % 2 == 0 {
            gone.read_on_in(place.kept.history()).unwrap();
        }
    }
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut kept = Kept::open(DatabaseHistory::over(open()).unwrap()).unwrap();
                let board = Board::over(Arc::new(open()));
                let known = kept.programme().clone();
                let mut follower = Follower::new(&board, &known).unwrap();
                while follower.read_on_in(kept.history()).unwrap() > 0 {}
            });
        }
    });
    for seller in place.sellers {
        let notices = place.board.list(seller, None, 100).unwrap();
        let needs: Vec<_> = notices.iter().filter_map(|it| it.note.project()).collect();
        let mut once = needs.clone();
        once.dedup();
        assert_eq!((needs.len(), once.len()), (6, 6));
        assert!(needs.is_sorted_by(|later, earlier| later > earlier));
    }
    assert!(
        place
            .board
            .list(place.official, None, 100)
            .unwrap()
            .is_empty()
    );
}

/// What was read is no longer counted; what came meanwhile still is.
pub(crate) fn read_and_unread(open: Open<'_>) {
    let mut place = Place::new(open);
    place.need("첫");
    place.tell();
    let reader = place.sellers[0];
    let seen = place.board.list(reader, None, 10).unwrap();
    place.need("둘째");
    place.tell();
    assert_eq!(place.board.unread(reader).unwrap(), 2);
    place.board.read_up_to(reader, seen[0].id).unwrap();
    assert_eq!(place.board.unread(reader).unwrap(), 1);
    assert_eq!(place.board.unread(place.sellers[1]).unwrap(), 2);
    let all = place.board.list(reader, None, 10).unwrap();
    assert_eq!(
        all.iter().map(|it| it.is_read).collect::<Vec<_>>(),
        [false, true]
    );
    assert_eq!(
        place.board.list(reader, Some(all[0].id), 10).unwrap(),
        all[1..]
    );
    // The oldest go.
    place.needs((0..MAX_KEPT).map(|number| format!("수요 {number}")));
    place.tell();
    let unread = place.board.unread(reader).unwrap();
    assert_eq!(unread, modu_programme::notice::MAX_COUNTED);
    let first = place.board.list(reader, Some(all[0].id), 10).unwrap();
    assert!(first.is_empty(), "{first:?}");
}

/// A sender that is gone loses what it had, and the number stays.
pub(crate) fn sent_at_least_once(open: Open<'_>) {
    let mut place = Place::new(open);
    let webhook = place.webhook();
    place.need("첫");
    place.need("둘째");
    place.tell();
    let now = at(2);
    let first = place.take(now).unwrap();
    assert_eq!(
        (first.channel, first.attempt),
        (Channel::Webhook(webhook), 1)
    );
    // One at a time to one receiver.
    assert_eq!(place.take(now), None);
    let again = place.take(now + LEASE).unwrap();
    assert_eq!((&again.message, again.attempt), (&first.message, 2));
    let late = place.board.outbox().done(&first, now + LEASE);
    assert!(matches!(late, Err(NoticeError::LeaseLost)), "{late:?}");
    place.board.outbox().done(&again, now + LEASE).unwrap();
    let second = place.take(now + LEASE).unwrap();
    assert_ne!(second.message, first.message);
    place.board.outbox().done(&second, now + LEASE).unwrap();
    assert_eq!(place.take(at(100)), None);
    let sent = place.board.outbox().list(webhook, 10).unwrap();
    assert!(
        sent.iter()
            .all(|it| it.state == DeliveryState::Done && it.body.is_empty())
    );
    assert!(first.message.starts_with("msg_"), "{}", first.message);
    assert!(first.message.ends_with(&format!("_0_{webhook}")));
}

/// A webhook that does not answer is tried later each time, then stopped; its
/// people are told, and nothing that waits for it is lost.
pub(crate) fn stopped_and_started(open: Open<'_>) {
    let mut place = Place::new(open);
    let webhook = place.webhook();
    place.need("첫");
    place.tell();
    let mut now = at(2);
    let mut waits = Vec::new();
    for attempt in 1..=MAX_ATTEMPTS {
        let delivery = place.take(now).unwrap();
        assert_eq!(delivery.attempt, attempt);
        place.fail(&delivery, Failure::Later("it answered 503".to_owned()), now);
        assert_eq!(place.take(now), None);
        let due = place.board.outbox().list(webhook, 1).unwrap()[0].due;
        waits.push((due - now).get_seconds());
        now = due;
    }
    assert_eq!(waits, [5, 30, 120, 600, 3_600, 14_400, 43_200, 0]);
    let seller = place.person(place.sellers[0]);
    let stopped = place.board.own_webhook(&seller, webhook).unwrap();
    assert_eq!(stopped.problem.as_deref(), Some("it answered 503"));
    assert_eq!(stopped.stopped, Some(now));
    for person in place.sellers {
        let newest = &place.board.list(person, None, 1).unwrap()[0];
        assert_eq!(newest.note, Note::WebhookStopped { webhook });
    }
    // What comes while it is stopped is not for it; what waited goes on.
    place.need("둘째");
    place.tell();
    assert_eq!(place.take(now), None);
    let tried = place.board.try_webhook(&seller, webhook, now);
    assert!(matches!(tried, Err(NoticeError::Refused(_))), "{tried:?}");
    place.board.start_webhook(&seller, webhook, now).unwrap();
    let delivery = place.take(now).unwrap();
    assert_eq!(delivery.attempt, 1);
    // One that says it is gone is stopped at once.
    place.fail(&delivery, Failure::Never("it is gone".to_owned()), now);
    assert!(
        place
            .board
            .own_webhook(&seller, webhook)
            .unwrap()
            .stopped
            .is_some()
    );
    assert_eq!(place.board.outbox().list(webhook, 10).unwrap().len(), 1);
    place.board.end_webhook(&seller, webhook).unwrap();
    assert!(place.board.outbox().list(webhook, 10).unwrap().is_empty());
    assert_eq!(place.board.outbox().secret(webhook).unwrap(), None);
}

/// Webhooks are an organisation's own.
pub(crate) fn webhooks_are_ones_own(open: Open<'_>) {
    let place = Place::new(open);
    let webhook = place.webhook();
    let colleague = place.person(place.sellers[1]);
    assert!(place.board.own_webhook(&colleague, webhook).is_ok());
    let stranger = place.person(place.official);
    assert!(place.board.webhooks(&stranger).unwrap().is_empty());
    for refused in [
        place.board.own_webhook(&stranger, webhook).map(drop),
        place.board.end_webhook(&stranger, webhook),
        place.board.start_webhook(&stranger, webhook, at(1)),
        place.board.try_webhook(&stranger, webhook, at(1)),
    ] {
        assert!(
            matches!(refused, Err(NoticeError::Refused(_))),
            "{refused:?}"
        );
    }
    let address = WebhookAddress::new("https://hooks.example/").unwrap();
    for _ in 1..MAX_WEBHOOKS {
        place
            .board
            .add_webhook(&colleague, &address, at(1))
            .unwrap();
    }
    let more = place.board.add_webhook(&colleague, &address, at(1));
    assert!(matches!(more, Err(NoticeError::Refused(_))), "{more:?}");
    let suspended = Person {
        active: false,
        ..colleague
    };
    assert!(place.board.webhooks(&suspended).is_err());
}

/// Letters go to addresses that their owners proved to be theirs.
pub(crate) fn letters_go_where_they_are_wanted(open: Open<'_>) {
    let mut place = Place::new(open);
    let [reader, other] = place.sellers;
    let address = MailAddress::new("kim@agency.example").unwrap();
    let closed = place
        .board
        .ask_mailbox(reader, &address, Language::En, at(0));
    assert!(matches!(closed, Err(NoticeError::Refused(_))), "{closed:?}");
    place.board.open_post("https://modu.example/");
    place
        .board
        .ask_mailbox(reader, &address, Language::En, at(0))
        .unwrap();
    let soon = at(0) + SignedDuration::from_secs(30);
    assert!(
        place
            .board
            .ask_mailbox(reader, &address, Language::En, soon)
            .is_err()
    );
    let asked = place.take(soon).unwrap();
    let letter = Letter::read(&asked.body).unwrap();
    let (_, link) = letter
        .text
        .split_once("https://modu.example/mailbox/")
        .unwrap();
    let token = Token::parse(&link[..64]).unwrap();
    place.board.outbox().done(&asked, soon).unwrap();
    // Not proved: nothing is sent there.
    place.need("첫");
    place.tell();
    assert_eq!(place.take(at(2)), None);
    let board = &place.board;
    assert!(board.confirm_mailbox(other, &token, at(2)).is_err());
    assert!(
        board
            .confirm_mailbox(reader, &Token::new().unwrap(), at(2))
            .is_err()
    );
    assert!(board.confirm_mailbox(reader, &token, at(30)).is_err());
    board.confirm_mailbox(reader, &token, at(2)).unwrap();
    assert!(board.confirm_mailbox(reader, &token, at(2)).is_err());
    assert!(board.mailbox(reader).unwrap().unwrap().is_confirmed);
    place.need("둘째");
    place.tell();
    // Who cannot send letters does not take them.
    assert_eq!(
        place.board.outbox().take(false, LEASE, at(2)).unwrap(),
        None
    );
    let sent = place.take(at(2)).unwrap();
    assert_eq!(
        (sent.channel, sent.address.as_str()),
        (Channel::Mail, "kim@agency.example")
    );
    let letter = Letter::read(&sent.body).unwrap();
    assert_eq!(letter.subject, "[Modu] ‘둘째’: a new need was published.");
    place.board.outbox().done(&sent, at(2)).unwrap();
    place.board.forget_mailbox(reader).unwrap();
    place.need("셋째");
    place.tell();
    assert_eq!(place.take(at(3)), None);
}

#[test]
fn of_what_happened_before_there_were_notices_nobody_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("programme.sqlite");
    let connection = rusqlite::Connection::open(&file).unwrap();
    let specimen = include_str!("../schema/programme-2.sql");
    connection.execute_batch(specimen).unwrap();
    connection.pragma_update(None, "user_version", 2).unwrap();
    drop(connection);
    let open = || modu_programme::database::Database::file(&file).unwrap();
    let mut kept = Kept::open(DatabaseHistory::over(open()).unwrap()).unwrap();
    let board = Board::over(Arc::new(open()));
    let mut follower = Follower::new(&board, kept.programme()).unwrap();
    assert_eq!(follower.read_on_in(kept.history()).unwrap(), 0);
    let people: Vec<_> = kept.programme().people().keys().copied().collect();
    assert!(!people.is_empty());
    for person in &people {
        assert!(board.list(*person, None, 10).unwrap().is_empty());
    }
    // One that begins with nothing read tells no more than that either.
    let mut follower = Follower::new(&board, &modu_programme::Programme::new()).unwrap();
    while follower.read_on_in(kept.history()).unwrap() > 0 {}
    assert!(
        people
            .iter()
            .all(|it| board.list(*it, None, 10).unwrap().is_empty())
    );
    // Once it has read all, it holds no second copy of what the server holds.
    let copies = |kept: &Kept<DatabaseHistory>| -> Vec<usize> {
        let projects = kept.programme().projects().values();
        projects.map(Arc::strong_count).collect()
    };
    let before = copies(&kept);
    assert!(!before.is_empty());
    follower.share(kept.programme());
    let more: Vec<_> = before.iter().map(|holders| holders + 1).collect();
    assert_eq!(copies(&kept), more);
}
