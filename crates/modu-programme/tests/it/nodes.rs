//! Nodes, as every database must keep them.

use jiff::SignedDuration;
use modu_kernel::Digest;
use modu_programme::account::Token;
use modu_programme::job::{
    self, CLOCKS_DIFFER, MAX_NODES, MAX_NONCE_CHARS, MAX_ROOTS, Materials, NewNode, NodeKey, Nodes,
};
use modu_programme::store::{DatabaseHistory, History as _, Kept};
use modu_programme::{
    Actor, Event, HistoryError, OrganisationId, OrganisationKind, Refusal, Sequence, StepError,
};

use crate::conformance::Open;
use crate::scene::{Scene, at, title};

fn key(number: u8) -> NodeKey {
    NodeKey([number; 32])
}

fn nodes(open: Open<'_>) -> Nodes {
    Nodes::over(open().into()).unwrap()
}

/// A history with one agency, and that agency.
fn history(open: Open<'_>) -> (Kept<DatabaseHistory>, OrganisationId) {
    let mut kept = Kept::open(DatabaseHistory::over(open()).unwrap()).unwrap();
    if kept.programme().organisations().is_empty() {
        let event = Event::OrganisationRegistered {
            name: title("통계청"),
            kind: OrganisationKind::DemandAgency,
        };
        kept.act(Actor::System, event, at(0)).unwrap();
    }
    (kept, OrganisationId(Sequence(1)))
}

fn admit(
    kept: &mut Kept<DatabaseHistory>,
    name: &str,
    key: NodeKey,
    hour: i64,
) -> Result<NewNode, StepError> {
    let owner = OrganisationId(Sequence(1));
    job::admit(kept, Actor::System, (owner, &title(name)), key, at(hour))
}

fn is_refused<T: std::fmt::Debug>(answer: &Result<T, StepError>) -> bool {
    matches!(
        answer,
        Err(StepError::History(HistoryError::Refused(Refusal::NotNow(
            _
        ))))
    )
}

/// A node is known by its token until it is shut out, and a key is one node's;
/// the history tells of each.
pub(crate) fn admitted_and_shut_out(open: Open<'_>) {
    let (one, other) = (nodes(open), nodes(open));
    let (mut kept, owner) = history(open);
    let (mut also, _) = history(open);
    let first = admit(&mut kept, "서울 센터", key(1), 0).unwrap();
    let (id, token) = (first.id, first.token);
    let found = other.whose(&token).unwrap().unwrap();
    assert_eq!(
        (found.id, found.key, found.organisation),
        (id, key(1), owner)
    );
    assert_eq!((found.seen, found.root), (None, None));
    assert!(other.whose(&Token::new().unwrap()).unwrap().is_none());
    // What is told of the token is told to its owner alone.
    let told = kept.history().after(Sequence(1), 1).unwrap();
    assert_eq!(told, std::slice::from_ref(&first.entry));
    let told = String::from_utf8(told[0].to_bytes().unwrap()).unwrap();
    assert!(told.contains(&key(1).to_string()) && !told.contains(&token.reveal()));
    let same = admit(&mut also, "부산 센터", key(1), 1);
    assert!(is_refused(&same), "{same:?}");
    let root = Digest::of(b"root");
    job::bind_root(&mut also, id, root, at(1)).unwrap();
    assert_eq!(one.get(id).unwrap().unwrap().root, Some(root));
    let last = also.programme().last();
    job::bind_root(&mut also, id, root, at(1)).unwrap();
    assert_eq!(also.programme().last(), last);
    job::shut_out(&mut kept, Actor::System, id, at(2)).unwrap();
    assert!(one.whose(&token).unwrap().is_none());
    assert_eq!(one.get(id).unwrap().unwrap().ended, Some(at(2)));
    assert!(job::shut_out(&mut also, Actor::System, id, at(3)).is_err());
    assert!(job::bind_root(&mut also, id, Digest::of(b"other"), at(3)).is_err());
    for number in 2..=MAX_NODES as u8 {
        admit(&mut kept, "많은", key(number), 3).unwrap();
    }
    let many = admit(&mut kept, "더", key(200), 3);
    assert!(is_refused(&many), "{many:?}");
    assert_eq!(one.list(Some(owner)).unwrap().len(), MAX_NODES);
    let stranger = OrganisationId(Sequence(5));
    assert_eq!(one.list(Some(stranger)).unwrap(), []);
    assert_eq!(one.list(None).unwrap().len(), MAX_NODES);
}

/// A request is heard once, by whichever server, and only near its time.
pub(crate) fn heard_once(open: Open<'_>) {
    let (one, other) = (nodes(open), nodes(open));
    let (mut kept, _) = history(open);
    let id = admit(&mut kept, "하나", key(1), 0).unwrap().id;
    let second = admit(&mut kept, "둘", key(2), 0).unwrap().id;
    let now = at(10);
    assert!(one.hear(id, "a1", now, now).unwrap());
    assert!(!other.hear(id, "a1", now, now).unwrap());
    assert!(other.hear(second, "a1", now, now).unwrap());
    assert_eq!(one.get(id).unwrap().unwrap().seen, Some(now));
    let near = [CLOCKS_DIFFER, -CLOCKS_DIFFER];
    for (number, difference) in near.into_iter().enumerate() {
        let nonce = format!("near{number}");
        assert!(one.hear(id, &nonce, now + difference, now).unwrap());
        let beyond = difference * 2;
        let nonce = format!("far{number}");
        assert!(!one.hear(id, &nonce, now + beyond, now).unwrap());
    }
    // As long as its time is believed, it is not forgotten that it came.
    let ahead = now + CLOCKS_DIFFER;
    assert!(one.hear(id, "ahead", ahead, now).unwrap());
    let last = ahead + CLOCKS_DIFFER;
    assert!(one.hear(id, "tidies up", last, last).unwrap());
    assert!(!one.hear(id, "ahead", ahead, last).unwrap());
    for nonce in ["", &"n".repeat(MAX_NONCE_CHARS + 1)] {
        assert!(
            !one.hear(id, nonce, now, now + SignedDuration::ZERO)
                .unwrap()
        );
    }
}

/// Of a node's data nothing is known but a commitment, and a new one takes the
/// place of the old.
pub(crate) fn data_at_a_node(open: Open<'_>) {
    let (mut kept, owner) = history(open);
    let node = admit(&mut kept, "하나", key(1), 0).unwrap().id;
    let materials = Materials::over(open().into()).unwrap();
    let name = title("명부");
    let declare = |commitment: &[u8]| {
        let commitment = Digest::of(commitment);
        materials.declare(owner, node, &name, commitment).unwrap()
    };
    let id = declare(b"first");
    assert_eq!(declare(b"second"), id);
    let found = materials.dataset(id).unwrap().unwrap();
    assert_eq!(found.commitment, Some(Digest::of(b"second")));
    assert_eq!(
        (found.digest, found.size, found.is_public),
        (None, 0, false)
    );
    assert_eq!(found.node, Some(node));
    // Data of the same name in the server's store are others.
    let here = (Some(Digest::of(b"here")), 4);
    let other = materials.keep_dataset(owner, &name, here, true, None);
    assert_ne!(other.unwrap(), id);
    assert_eq!(materials.all_datasets().unwrap().len(), 2);
    // What the node no longer has is gone, until it has it again; what lies
    // elsewhere is none of its business.
    let gone = |id| materials.dataset(id).unwrap().unwrap().gone;
    materials.keep_only(node, &[id], at(50)).unwrap();
    assert_eq!(gone(id), None);
    materials.keep_only(node, &[], at(60)).unwrap();
    materials.keep_only(node, &[], at(70)).unwrap();
    assert_eq!(gone(id), Some(at(60)));
    assert!(
        materials
            .all_datasets()
            .unwrap()
            .iter()
            .all(|it| it.gone.is_some() == (it.id == id))
    );
    assert_eq!(declare(b"third"), id);
    assert_eq!(gone(id), None);
}

/// Nodes of a program that told the history of none are told of once, with
/// when they came and went, and go on under the tokens that they have.
pub(crate) fn brought_in(open: Open<'_>) {
    let (mut kept, owner) = history(open);
    let one = nodes(open);
    let known = admit(&mut kept, "아는", key(1), 0).unwrap();
    let database = open();
    for (id, ended) in [(2_u64, None), (3, Some(at(2).as_second()))] {
        let insert =
            "INSERT INTO node (id, organisation, name, public_key, token, made, ended, root)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let row = (
            id,
            owner.0.0,
            format!("옛 {id}"),
            vec![id as u8; 32],
            vec![id as u8; 32],
            at(1).as_second(),
            ended,
            Digest::of(b"root").to_string(),
        );
        database.execute(insert, row).unwrap();
    }
    assert_eq!(job::bring_in(&mut kept, &one, at(5)).unwrap(), 2);
    assert_eq!(job::bring_in(&mut kept, &one, at(6)).unwrap(), 0);
    let (mut also, _) = history(open);
    assert_eq!(job::bring_in(&mut also, &one, at(6)).unwrap(), 0);
    let told = also.history().after(known.entry.sequence, 100).unwrap();
    let told: Vec<_> = told.into_iter().map(|entry| entry.event).collect();
    assert_eq!(told.len(), 5);
    assert!(matches!(
        &told[0],
        Event::NodeAdmitted { node, since, .. } if node.0 == 2 && *since == Some(at(1))
    ));
    assert!(matches!(
        &told[4],
        Event::NodeShutOut { node, since } if node.0 == 3 && *since == Some(at(2))
    ));
    // What is kept of them is as it was.
    let (second, third) = (job::NodeId(2), job::NodeId(3));
    assert_eq!(one.get(second).unwrap().unwrap().made, at(1));
    assert_eq!(one.get(third).unwrap().unwrap().ended, Some(at(2)));
    job::shut_out(&mut also, Actor::System, second, at(7)).unwrap();
    assert_eq!(one.get(second).unwrap().unwrap().ended, Some(at(7)));
    assert_eq!(admit(&mut also, "새", key(9), 8).unwrap().id.0, 4);
}

#[test]
fn the_operator_alone_lets_nodes_in_and_for_demand_agencies_only() {
    let mut scene = Scene::new();
    let name = title("노드");
    let everybody: Vec<_> = scene.kept.programme().people().keys().copied().collect();
    for (number, person) in (1..).zip(everybody) {
        let now = scene.now();
        let whose = (scene.agency, &name);
        let by = Actor::Person(person);
        let admitted = job::admit(&mut scene.kept, by, whose, key(number), now);
        let may = person == scene.operator;
        assert_eq!(admitted.is_ok(), may, "{admitted:?}");
        if let Ok(node) = admitted {
            for (person, may) in [(scene.official, false), (scene.operator, true)] {
                let now = scene.now();
                let by = Actor::Person(person);
                let ended = job::shut_out(&mut scene.kept, by, node.id, now);
                assert_eq!(ended.is_ok(), may, "{ended:?}");
            }
        }
    }
    let now = scene.now();
    let whose = (scene.suppliers[0], &name);
    let by = Actor::Person(scene.operator);
    assert!(job::admit(&mut scene.kept, by, whose, key(99), now).is_err());
}

#[test]
fn a_node_does_not_fill_the_history_with_trusted_roots() {
    let mut scene = Scene::new();
    let (now, name) = (scene.now(), title("노드"));
    let whose = (scene.agency, &name);
    let node = job::admit(&mut scene.kept, Actor::System, whose, key(1), now).unwrap();
    let bound = (0..MAX_ROOTS + 5).filter(|number| {
        let root = Digest::of(&number.to_le_bytes());
        job::bind_root(&mut scene.kept, node.id, root, now).is_ok()
    });
    assert_eq!(bound.count(), MAX_ROOTS as usize);
}
