//! Small random trees that share a world: the same authorities and objects,
//! each in any state, so that two of them differ in every way.

#![allow(clippy::unwrap_used, reason = "tests")]
use modu_kernel::Digest;
use proptest::prelude::*;
use rpki::resources::Asn;

use crate::payload::Aspa;
use crate::repository::Source;
use crate::validate::{
    Anchor, Authority, Decision, Manifest, Object, ObjectOutcome, Reason, ValidatedTree, Validity,
};
use crate::vrp::Vrp;

/// Which authority certifies which; those without an issuer are anchors'.
const ISSUERS: [Option<usize>; 6] = [None, None, Some(0), Some(0), Some(1), Some(2)];
const ALWAYS: Validity = Validity {
    not_before: 0,
    not_after: 1_000,
};

/// One of a few VRPs, so that many objects say the same.
pub(crate) fn vrp(number: u8) -> Vrp {
    Vrp {
        prefix: format!("10.{}.0.0/16", number / 2).parse().unwrap(),
        max_length: 16 + number % 2,
        origin: Asn::from_u32(64_496 + u32::from(number % 3)),
    }
}

pub(crate) fn reason(code: &str) -> Reason {
    Reason {
        code: code.into(),
        detail: String::new(),
    }
}

/// What became of one authority in one tree.
#[derive(Debug, Clone)]
pub(crate) enum State {
    /// Its certificate is not listed.
    Absent,
    /// Its certificate is rejected.
    Rejected,
    /// Its publication point is refused.
    Refused,
    /// It stands with a manifest of this number and these objects.
    Stands(u8, Vec<(u8, ObjectOutcome)>),
}

fn any_outcome() -> impl Strategy<Value = ObjectOutcome> {
    prop_oneof![
        3 => prop::collection::btree_set(0_u8..6, 0..4).prop_map(|numbers| {
            ObjectOutcome::Roa(ALWAYS, numbers.into_iter().map(vrp).collect())
        }),
        1 => (0_u32..2, prop::collection::btree_set(1_u32..4, 1..3)).prop_map(|(customer, providers)| {
            ObjectOutcome::Aspa(ALWAYS, Aspa {
                customer: Asn::from_u32(customer),
                providers: providers.into_iter().map(Asn::from_u32).collect(),
            })
        }),
        1 => Just(ObjectOutcome::Rejected(reason("certificate.expired"))),
    ]
}

pub(crate) fn any_state() -> impl Strategy<Value = State> {
    let objects = prop::collection::btree_map(0_u8..4, any_outcome(), 0..4);
    prop_oneof![
        1 => Just(State::Absent),
        1 => Just(State::Rejected),
        1 => Just(State::Refused),
        6 => (0_u8..3, objects).prop_map(|(number, objects)| State::Stands(number, objects.into_iter().collect())),
    ]
}

/// Any tree of this world.
pub(crate) fn any_tree() -> impl Strategy<Value = ValidatedTree> {
    prop::collection::vec(any_state(), ISSUERS.len()).prop_map(|states| tree(1_000, &states))
}

/// The tree of these states of the six authorities.
pub(crate) fn tree(time: i64, states: &[State]) -> ValidatedTree {
    let mut tree = ValidatedTree {
        time,
        ..ValidatedTree::default()
    };
    let mut places = [None; ISSUERS.len()];
    for (number, (issuer, state)) in ISSUERS.into_iter().zip(states).enumerate() {
        let parent = issuer.map(|issuer| places[issuer]);
        let listed = !matches!(state, State::Absent | State::Rejected);
        let reached = listed && parent != Some(None);
        let place = tree.authorities.len() as u32;
        if issuer.is_none() && !matches!(state, State::Absent) {
            tree.anchors.push(Anchor {
                name: format!("anchor-{number}"),
                authority: match reached {
                    true => Ok(place),
                    false => Err(reason("fetch.failed")),
                },
                kept: None,
            });
        }
        if !reached {
            continue;
        }
        // A refused point shows no certificates.
        places[number] = matches!(state, State::Stands(..)).then_some(place);
        let anchor = match parent.flatten() {
            None => tree.anchors.len() as u16 - 1,
            Some(parent) => tree.authorities[parent as usize].anchor,
        };
        tree.authorities
            .push(authority(number, parent.flatten(), anchor, state, states));
    }
    tree
}

fn authority(
    number: usize,
    parent: Option<u32>,
    anchor: u16,
    state: &State,
    states: &[State],
) -> Authority {
    let folder = format!("rsync://host/{number}/");
    let issuer = ISSUERS[number].map_or("ta".into(), |issuer| issuer.to_string());
    let (decision, objects) = match state {
        State::Stands(manifest, objects) => (
            current(number, *manifest),
            all_objects(number, objects, states),
        ),
        _ => (Decision::Refused(reason("manifest.stale")), Vec::new()),
    };
    Authority {
        parent,
        anchor,
        certificate: format!("rsync://host/{issuer}/child-{number}.cer").into(),
        certificate_digest: Digest::of(&[number as u8]),
        validity: ALWAYS,
        subject_key: [number as u8; 20],
        notify: None,
        manifest_uri: format!("{folder}manifest.mft").into(),
        folder: folder.into(),
        key: Digest::of(&[number as u8]),
        stable: ALWAYS,
        decision,
        objects: objects.into(),
    }
}

fn current(number: usize, manifest: u8) -> Decision {
    let digest = Digest::of(&[number as u8, manifest]);
    Decision::Current(Manifest {
        source: Source::Rsync("rsync://host/".into()),
        pack: digest,
        digest,
        number: vec![manifest],
        this_update: 0,
        next_update: 1_000,
    })
}

/// An authority's own objects and the certificates that it issued.
fn all_objects(number: usize, own: &[(u8, ObjectOutcome)], states: &[State]) -> Vec<Object> {
    let mut objects = Vec::new();
    for (child, (issuer, state)) in ISSUERS.into_iter().zip(states).enumerate() {
        let outcome = match state {
            State::Absent => continue,
            State::Rejected => ObjectOutcome::Rejected(reason("certificate.revoked")),
            _ => ObjectOutcome::Authority(ALWAYS),
        };
        if issuer == Some(number) {
            let name = format!("child-{child}.cer");
            objects.push(object(name, outcome));
        }
    }
    let own = own.iter();
    objects
        .extend(own.map(|(name, outcome)| object(format!("object-{name}.roa"), outcome.clone())));
    objects
}

fn object(name: String, outcome: ObjectOutcome) -> Object {
    Object {
        digest: Digest::of(format!("{name} {outcome:?}").as_bytes()),
        trailing: false,
        name,
        outcome,
    }
}

/// A ROA of these VRPs.
pub(crate) fn roa(numbers: &[u8]) -> ObjectOutcome {
    ObjectOutcome::Roa(ALWAYS, numbers.iter().copied().map(vrp).collect())
}
