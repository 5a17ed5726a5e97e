//! What every database must do. Each law gets a way to open connections to
//! one fresh database, as often as it likes.

use jiff::{SignedDuration, Timestamp};
use modu_kernel::Digest;
use modu_programme::account::{Accounts, Entered, Outside, Password, SealKey};
use modu_programme::database::Database;
use modu_programme::job::{
    Dataset, DatasetId, Demonstrate, Entrant, Happened, JobError, JobId, JobState, LEASE, Lease,
    MAX_FAILURES, Materials, NewJob, Queue, Reached, Settlement, Standing, Urgency, Work,
};
use modu_programme::store::{Beside, DatabaseHistory, History as _, Kept};
use modu_programme::{
    Actor, Event, HistoryError, OrganisationId, OrganisationKind, PersonId, ProjectId, ProposalId,
    Sequence,
};

use crate::nodes;
use crate::notices;
use crate::scene::{at, inside, title};

/// Opens one more connection.
pub(crate) type Open<'o> = &'o (dyn Fn() -> Database + Sync);

/// The sentence that a law is, and what tries it.
type Law = (&'static str, fn(Open<'_>));

/// All laws, by the sentence that each proves.
pub(crate) const LAWS: [Law; 25] = [
    ("what is kept is there for the next server", kept_is_there),
    ("two servers see each other's steps", two_servers),
    ("writers at once keep one order", writers_at_once),
    ("an entry is never changed or deleted", never_changed),
    ("a person signs in with what was set by a link", signs_in),
    ("asking twice with one key makes one job", one_key_one_job),
    ("takers at once never get one job twice", takers_at_once),
    ("jobs are counted by how far they are", counted),
    ("organisations take turns", organisations_take_turns),
    ("the more urgent of one's own goes first", urgent_first),
    ("a worker that is gone loses its job to another", lost_lease),
    ("a job called off has no effect", called_off),
    (
        "a job that fails waits longer each time and then ends",
        fails,
    ),
    (
        "an effect is kept with the end of its job or not at all",
        one_effect,
    ),
    (
        "each is told once however often who tells is gone",
        notices::told_once,
    ),
    (
        "what was read is counted no longer",
        notices::read_and_unread,
    ),
    (
        "a message is sent at least once under one number",
        notices::sent_at_least_once,
    ),
    (
        "a webhook that does not answer is stopped and loses nothing",
        notices::stopped_and_started,
    ),
    ("webhooks are one's own", notices::webhooks_are_ones_own),
    (
        "a node is known by its token until it is shut out",
        nodes::admitted_and_shut_out,
    ),
    (
        "a node's request is heard once and near its time",
        nodes::heard_once,
    ),
    (
        "of a node's data a commitment is known alone",
        nodes::data_at_a_node,
    ),
    (
        "the history is told of nodes that were there before it told of any",
        nodes::brought_in,
    ),
    ("a job's log tells what happened to it", logged),
    (
        "letters go where they are wanted",
        notices::letters_go_where_they_are_wanted,
    ),
];

fn register(name: &str) -> Event {
    Event::OrganisationRegistered {
        name: title(name),
        kind: OrganisationKind::Supplier,
    }
}

fn opened(open: Open<'_>) -> Kept<DatabaseHistory> {
    Kept::open(DatabaseHistory::over(open()).unwrap()).unwrap()
}

fn kept_is_there(open: Open<'_>) {
    let mut kept = opened(open);
    for hour in 1..=20 {
        let event = register(&format!("기업 {hour}"));
        kept.act(Actor::System, event, at(hour)).unwrap();
    }
    let again = opened(open);
    assert_eq!(again.programme(), kept.programme());
    assert_eq!(again.programme().last(), Sequence(20));
}

fn two_servers(open: Open<'_>) {
    let (mut one, mut two) = (opened(open), opened(open));
    one.act(Actor::System, register("가"), at(1)).unwrap();
    two.act(Actor::System, register("나"), at(2)).unwrap();
    let refused = one.act(Actor::System, register("나"), at(3));
    assert!(
        matches!(refused, Err(HistoryError::Refused(_))),
        "{refused:?}"
    );
    one.catch_up().unwrap();
    assert_eq!(one.programme(), two.programme());
}

fn writers_at_once(open: Open<'_>) {
    drop(opened(open));
    std::thread::scope(|scope| {
        for writer in 0..4 {
            scope.spawn(move || {
                let mut kept = opened(open);
                for number in 0..10 {
                    let event = register(&format!("기업 {writer}-{number}"));
                    kept.act(Actor::System, event, at(1)).unwrap();
                }
            });
        }
    });
    let kept = opened(open);
    assert_eq!(kept.programme().organisations().len(), 40);
    assert_eq!(kept.programme().last(), Sequence(40));
}

fn never_changed(open: Open<'_>) {
    let mut kept = opened(open);
    kept.act(Actor::System, register("가"), at(1)).unwrap();
    let database = open();
    for statement in [
        "UPDATE entry SET project = 7",
        "DELETE FROM entry",
        "DELETE FROM entry WHERE sequence = 1",
    ] {
        let error = database.execute(statement, ()).unwrap_err().to_string();
        assert!(error.contains("never"), "{error}");
    }
    assert_eq!(opened(open).programme().last(), Sequence(1));
}

fn signs_in(open: Open<'_>) {
    let key = SealKey::new().unwrap();
    let sealed = || Accounts::over(open()).unwrap().sealed_with(key.clone());
    let mut accounts = sealed();
    assert!(accounts.is_empty().unwrap());
    let person = PersonId(Sequence(7));
    let password = Password::new(PHRASE).unwrap();
    let link = accounts.link(person, at(0)).unwrap();
    accounts
        .set_password(&link, "kim", &password, at(0))
        .unwrap();
    // Another server on the same database lets the same person in.
    let mut other = sealed();
    let wrong = other.sign_in("kim", "not this one at all", "::1", at(1));
    assert!(wrong.is_err());
    let (found, session) = inside(other.sign_in("kim", PHRASE, "::1", at(1)).unwrap());
    assert_eq!(found, person);
    assert_eq!(
        accounts.whose_session(&session, at(1)).unwrap(),
        Some(person)
    );
    accounts.sign_out(&session).unwrap();
    assert_eq!(other.whose_session(&session, at(1)).unwrap(), None);
    // With a second factor, a code is good once among all servers.
    let secret = accounts.begin_factor(person).unwrap();
    let codes = accounts
        .confirm_factor(person, &secret.code_at(at(2)), at(2))
        .unwrap()
        .codes;
    let ticket_of = |hour| match other.sign_in("kim", PHRASE, "::1", at(hour)).unwrap() {
        Entered::CodeNext { ticket } => ticket,
        entered => panic!("{entered:?}"),
    };
    let (first, second, third) = (ticket_of(3), ticket_of(3), ticket_of(3));
    let code = secret.code_at(at(3));
    accounts.enter_code(&first, &code, "::1", at(3)).unwrap();
    assert!(other.enter_code(&second, &code, "::1", at(3)).is_err());
    other.enter_code(&third, &codes[0], "::1", at(3)).unwrap();
    // Who was bound elsewhere comes in from there, and nobody else.
    let outside = Outside {
        issuer: "https://id.example",
        subject: "kim",
        vouched: true,
    };
    assert!(other.enter_from(&outside, at(4)).is_err());
    let link = accounts.reset(person, at(4)).unwrap();
    accounts.bind(&link, &outside, at(4)).unwrap();
    assert_eq!(inside(other.enter_from(&outside, at(4)).unwrap()).0, person);
    assert!(other.has_way_in(person).unwrap() && !other.lacks_factor(person).unwrap());
}

const PHRASE: &str = "correct horse battery staple";

pub(crate) fn job_of(organisation: u64) -> NewJob {
    NewJob {
        organisation: OrganisationId(Sequence(organisation)),
        project: ProjectId(Sequence(100)),
        person: PersonId(Sequence(7)),
        urgency: Urgency::Normal,
        work: Work::Demonstrate(Demonstrate {
            need: Digest::of(b"need"),
            dataset: Dataset {
                id: DatasetId(1),
                organisation: OrganisationId(Sequence(organisation)),
                name: title("자료"),
                digest: Some(Digest::of(b"data")),
                commitment: None,
                size: 4,
                is_public: true,
                node: None,
                gone: None,
            },
            entrants: vec![Entrant {
                proposal: ProposalId(Sequence(3)),
                document: Digest::of(b"document"),
                model: Digest::of(b"model"),
            }],
        }),
        key: None,
    }
}

fn queue(open: Open<'_>) -> Queue {
    Queue::over(open().into(), LEASE).unwrap()
}

fn second(second: i64) -> Timestamp {
    at(0) + SignedDuration::from_secs(second)
}

fn take(queue: &Queue, now: Timestamp) -> Lease {
    queue.take(None, "here", now).unwrap().unwrap().1
}

fn settled(lease: Lease, now: Timestamp) -> Settlement {
    Settlement {
        lease,
        answer: "done".to_owned(),
        at: now,
    }
}

fn one_key_one_job(open: Open<'_>) {
    let queue = queue(open);
    let mut asked = job_of(1);
    asked.key = Some("한 번만".to_owned());
    let id = queue.submit(&asked, second(0)).unwrap();
    assert_eq!(queue.submit(&asked, second(1)).unwrap(), id);
    asked.key = None;
    assert_eq!(queue.submit(&asked, second(1)).unwrap(), JobId(id.0 + 1));
    let listed = queue.list(Some(asked.project), None, 10).unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[1].work, asked.work);
    assert_eq!(queue.list(None, Some(id), 10).unwrap(), []);
    let lease = take(&queue, second(2));
    queue.settle(&settled(lease, second(3))).unwrap();
    let done = queue.get(lease.job).unwrap().unwrap();
    assert_eq!((done.state, done.ended), (JobState::Done, Some(second(3))));
    assert_eq!(done.answer.as_deref(), Some("done"));
    // Data and models are remembered in the same database.
    let materials = Materials::over(open().into()).unwrap();
    let (document, model) = (Digest::of(b"1"), Digest::of(b"2"));
    materials.keep_solution(document, model).unwrap();
    materials.keep_solution(document, model).unwrap();
    assert!(materials.keep_solution(document, document).is_err());
    assert_eq!(materials.model_of(document).unwrap(), Some(model));
    let name = title("인구조사");
    let owner = OrganisationId(Sequence(1));
    let kept = materials
        .keep_dataset(owner, &name, (Some(model), 9), true, None)
        .unwrap();
    let again = materials
        .keep_dataset(owner, &name, (Some(document), 8), false, None)
        .unwrap();
    assert_eq!(kept, again);
    let found = materials.dataset(kept).unwrap().unwrap();
    assert_eq!((found.digest, found.is_public), (Some(document), false));
    assert_eq!(materials.datasets(owner).unwrap(), [found]);
}

fn takers_at_once(open: Open<'_>) {
    let asking = queue(open);
    for _ in 0..30 {
        asking.submit(&job_of(1), second(0)).unwrap();
    }
    let taken = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let queue = queue(open);
                while let Some((job, lease)) = queue.take(None, "one", second(1)).unwrap() {
                    queue.settle(&settled(lease, second(2))).unwrap();
                    taken.lock().unwrap().push(job.id);
                }
            });
        }
    });
    let mut taken = taken.into_inner().unwrap();
    taken.sort_unstable();
    assert_eq!(taken, (1..=30).map(JobId).collect::<Vec<_>>());
}

fn counted(open: Open<'_>) {
    let queue = queue(open);
    assert!(queue.tally().unwrap().by_state.iter().all(|it| it.1 == 0));
    for moment in [4, 2, 3] {
        queue.submit(&job_of(1), second(moment)).unwrap();
    }
    let tally = queue.tally().unwrap();
    assert_eq!(tally.waits_since, Some(second(2)));
    let first = take(&queue, second(5));
    let lease = take(&queue, second(6));
    queue.settle(&settled(lease, second(7))).unwrap();
    let tally = queue.tally().unwrap();
    let count = |state| tally.by_state.iter().find(|it| it.0 == state).unwrap().1;
    let counts = [JobState::Waiting, JobState::Running, JobState::Done].map(count);
    assert_eq!(counts, [1, 1, 1]);
    assert_eq!(tally.at_work.len(), 1);
    assert_eq!(tally.at_work[0].id, first.job);
    let (_, bytes) = queue.room().unwrap();
    assert!(bytes > 4_096, "{bytes}");
}

fn organisations_take_turns(open: Open<'_>) {
    let queue = queue(open);
    for organisation in [1, 1, 1, 1, 2, 3] {
        let mut asked = job_of(organisation);
        // Urgency never goes before another organisation.
        if organisation == 1 {
            asked.urgency = Urgency::High;
        }
        queue.submit(&asked, second(0)).unwrap();
    }
    let order: Vec<u64> = (1..=6)
        .map(|moment| {
            let (job, _) = queue.take(None, "here", second(moment)).unwrap().unwrap();
            job.organisation.0.0
        })
        .collect();
    assert_eq!(order, [1, 2, 3, 1, 1, 1]);
}

fn urgent_first(open: Open<'_>) {
    let queue = queue(open);
    for urgency in [Urgency::Low, Urgency::Normal, Urgency::High] {
        let mut asked = job_of(1);
        asked.urgency = urgency;
        queue.submit(&asked, second(0)).unwrap();
    }
    let order: Vec<_> = (1..=3)
        .map(|moment| take(&queue, second(moment)).job.0)
        .collect();
    assert_eq!(order, [3, 2, 1]);
}

fn lost_lease(open: Open<'_>) {
    let queue = queue(open);
    queue.submit(&job_of(1), second(0)).unwrap();
    let first = take(&queue, second(0));
    assert!(queue.take(None, "other", second(1)).unwrap().is_none());
    let reached = Reached {
        stage: "predict".to_owned(),
        done: 3,
        total: 10,
    };
    queue.renew(first, Some(&reached), second(5)).unwrap();
    let job = queue.get(first.job).unwrap().unwrap();
    assert_eq!(job.reached, Some(reached));
    queue.mark(first, "about to", second(5)).unwrap();
    let gone = second(5) + LEASE;
    let next = take(&queue, gone);
    assert_eq!((next.job, next.taking), (first.job, 2));
    assert_eq!(queue.marked(next).unwrap().as_deref(), Some("about to"));
    // The first was only slow: nothing that it does counts.
    assert!(matches!(
        queue.renew(first, None, gone),
        Err(JobError::LeaseLost)
    ));
    assert!(matches!(
        queue.mark(first, "late", gone),
        Err(JobError::LeaseLost)
    ));
    assert!(queue.fail(first, "late", true, gone).is_err());
    assert!(queue.settle(&settled(first, gone)).is_err());
    queue.settle(&settled(next, gone)).unwrap();
    assert!(queue.settle(&settled(next, gone)).is_err());
    // A clock that goes back by an hour holds no job up.
    queue.submit(&job_of(1), second(7_200)).unwrap();
    let late = take(&queue, second(7_200));
    queue.submit(&job_of(2), second(3_600)).unwrap();
    take(&queue, second(3_600));
    assert!(queue.renew(late, None, second(3_600)).is_err());
}

fn called_off(open: Open<'_>) {
    let queue = queue(open);
    let waiting = queue.submit(&job_of(1), second(0)).unwrap();
    queue.cancel(waiting, second(1)).unwrap();
    let state = |id| queue.get(id).unwrap().unwrap().state;
    assert_eq!(state(waiting), JobState::Cancelled);
    assert!(queue.take(None, "here", second(2)).unwrap().is_none());

    let running = queue.submit(&job_of(1), second(3)).unwrap();
    let lease = take(&queue, second(3));
    assert_eq!(queue.renew(lease, None, second(4)).unwrap(), Standing::Go);
    queue.cancel(running, second(4)).unwrap();
    assert_eq!(
        queue.renew(lease, None, second(5)).unwrap(),
        Standing::CalledOff
    );
    assert!(matches!(
        queue.mark(lease, "about to", second(5)),
        Err(JobError::CalledOff)
    ));
    queue.stopped(lease, second(6)).unwrap();
    assert_eq!(state(running), JobState::Cancelled);

    // Once the effect has begun it is too late.
    let late = queue.submit(&job_of(1), second(7)).unwrap();
    let lease = take(&queue, second(7));
    queue.mark(lease, "about to", second(8)).unwrap();
    queue.cancel(late, second(9)).unwrap();
    queue.settle(&settled(lease, second(10))).unwrap();
    assert_eq!(state(late), JobState::Done);
}

fn fails(open: Open<'_>) {
    let queue = queue(open);
    let id = queue.submit(&job_of(1), second(0)).unwrap();
    let mut now = second(0);
    let mut waits = Vec::new();
    for _ in 0..MAX_FAILURES {
        let lease = take(&queue, now);
        queue.fail(lease, "the disk is full", true, now).unwrap();
        let job = queue.get(id).unwrap().unwrap();
        assert_eq!(job.problem.as_deref(), Some("the disk is full"));
        waits.push((job.due - now).get_seconds());
        assert!(queue.take(None, "here", now).unwrap().is_none());
        now = job.due;
    }
    assert_eq!(waits, [2, 4, 8, 16, 32]);
    assert_eq!(queue.get(id).unwrap().unwrap().state, JobState::Failed);
    let id = queue.submit(&job_of(1), now).unwrap();
    queue
        .fail(take(&queue, now), "no such model", false, now)
        .unwrap();
    assert_eq!(queue.get(id).unwrap().unwrap().state, JobState::Failed);
}

fn logged(open: Open<'_>) {
    let queue = queue(open);
    let id = queue.submit(&job_of(1), second(0)).unwrap();
    let first = take(&queue, second(1));
    let at_stage = |lease, stage: &str, done, moment| {
        let reached = Reached {
            stage: stage.to_owned(),
            done,
            total: 2,
        };
        queue.renew(lease, Some(&reached), second(moment)).unwrap();
    };
    at_stage(first, "predict", 0, 2);
    at_stage(first, "predict", 1, 3);
    at_stage(first, "compare", 0, 4);
    let gone = 4 + LEASE.as_secs();
    let next = take(&queue, second(gone));
    queue
        .fail(next, "the disk is full", true, second(gone))
        .unwrap();
    let last = take(&queue, second(gone + 2));
    queue.settle(&settled(last, second(gone + 3))).unwrap();
    let lines = queue.lines(id, 0, 100).unwrap();
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line.what, line.text.as_deref()))
        .collect();
    let expected = [
        (Happened::Asked, None),
        (Happened::Taken, None),
        (Happened::Stage, Some("predict")),
        (Happened::Stage, Some("compare")),
        (Happened::Lost, None),
        (Happened::Taken, None),
        (Happened::Again, Some("the disk is full")),
        (Happened::Taken, None),
        (Happened::Done, None),
    ];
    assert_eq!(told, expected);
    assert_eq!(queue.lines(id, 7, 1).unwrap(), lines[7..8]);
    let other = queue.submit(&job_of(1), second(gone)).unwrap();
    queue.cancel(other, second(gone)).unwrap();
    queue.cancel(other, second(gone)).unwrap();
    let lines = queue.lines(other, 0, 100).unwrap();
    let told: Vec<_> = lines.iter().map(|line| line.what).collect();
    assert_eq!(told, [Happened::Asked, Happened::Cancelled]);
}

fn one_effect(open: Open<'_>) {
    let mut kept = opened(open);
    let queue = queue(open);
    queue.submit(&job_of(1), second(0)).unwrap();
    let first = take(&queue, second(0));
    let next = take(&queue, second(0) + LEASE);
    let events = || vec![register("가"), register("나")];
    let late = settled(first, second(11));
    let refused = kept.act_all(
        Actor::System,
        events(),
        second(11),
        Some(Beside::Done(&late)),
    );
    assert!(
        matches!(refused, Err(HistoryError::LeaseLost)),
        "{refused:?}"
    );
    assert_eq!(kept.history().last().unwrap(), Sequence::START);
    let done = settled(next, second(12));
    let kept_entries = kept
        .act_all(
            Actor::System,
            events(),
            second(12),
            Some(Beside::Done(&done)),
        )
        .unwrap();
    assert_eq!(kept_entries.len(), 2);
    let again = kept.act_all(
        Actor::System,
        vec![register("다")],
        second(13),
        Some(Beside::Done(&done)),
    );
    assert!(matches!(again, Err(HistoryError::LeaseLost)), "{again:?}");
    // What is refused ends no job.
    assert_eq!(opened(open).programme(), kept.programme());
    assert_eq!(kept.programme().last(), Sequence(2));
}
