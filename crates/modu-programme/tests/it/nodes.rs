//! Nodes, as every database must keep them.

use jiff::SignedDuration;
use modu_kernel::Digest;
use modu_programme::account::Token;
use modu_programme::job::{
    CLOCKS_DIFFER, JobError, MAX_NODES, MAX_NONCE_CHARS, Materials, NodeKey, Nodes,
};
use modu_programme::{OrganisationId, Sequence};

use crate::conformance::Open;
use crate::scene::{at, title};

fn key(number: u8) -> NodeKey {
    NodeKey([number; 32])
}

fn nodes(open: Open<'_>) -> Nodes {
    Nodes::over(open().into()).unwrap()
}

/// A node is known by its token until it is shut out, and a key is one node's.
pub(crate) fn admitted_and_shut_out(open: Open<'_>) {
    let (one, other) = (nodes(open), nodes(open));
    let owner = OrganisationId(Sequence(4));
    let (id, token) = one
        .admit(owner, &title("서울 센터"), key(1), at(0))
        .unwrap();
    let found = other.whose(&token).unwrap().unwrap();
    assert_eq!(
        (found.id, found.key, found.organisation),
        (id, key(1), owner)
    );
    assert_eq!((found.seen, found.root), (None, None));
    assert!(other.whose(&Token::new().unwrap()).unwrap().is_none());
    let same = other.admit(owner, &title("부산 센터"), key(1), at(1));
    assert!(matches!(same, Err(JobError::Refused(_))), "{same:?}");
    let root = Digest::of(b"root");
    other.keep_root(id, root).unwrap();
    assert_eq!(one.get(id).unwrap().unwrap().root, Some(root));
    other.end(id, at(2)).unwrap();
    assert!(one.whose(&token).unwrap().is_none());
    assert_eq!(one.get(id).unwrap().unwrap().ended, Some(at(2)));
    assert!(one.end(id, at(3)).is_err());
    for number in 2..=MAX_NODES as u8 {
        one.admit(owner, &title("많은"), key(number), at(3))
            .unwrap();
    }
    let many = one.admit(owner, &title("더"), key(200), at(3));
    assert!(matches!(many, Err(JobError::Refused(_))), "{many:?}");
    assert_eq!(one.list(Some(owner)).unwrap().len(), MAX_NODES);
    let stranger = OrganisationId(Sequence(5));
    assert_eq!(one.list(Some(stranger)).unwrap(), []);
    assert_eq!(one.list(None).unwrap().len(), MAX_NODES);
}

/// A request is heard once, by whichever server, and only near its time.
pub(crate) fn heard_once(open: Open<'_>) {
    let (one, other) = (nodes(open), nodes(open));
    let owner = OrganisationId(Sequence(4));
    let (id, _) = one.admit(owner, &title("하나"), key(1), at(0)).unwrap();
    let (second, _) = one.admit(owner, &title("둘"), key(2), at(0)).unwrap();
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
    let owner = OrganisationId(Sequence(4));
    let (node, _) = nodes(open)
        .admit(owner, &title("하나"), key(1), at(0))
        .unwrap();
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
