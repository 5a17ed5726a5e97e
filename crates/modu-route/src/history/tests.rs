#![allow(clippy::unwrap_used, reason = "tests")]
use std::collections::BTreeSet;

use proptest::prelude::*;

use super::generated::{State, any_tree, reason, roa, tree, vrp};
use super::*;
use crate::validate::{ObjectOutcome, ValidatedTree};
use crate::vrp::Vrp;

/// Every object of a tree that says a VRP, by its URI.
fn sayers(tree: &ValidatedTree, vrp: &Vrp) -> BTreeSet<String> {
    let authorities = tree.authorities.iter();
    let objects = authorities.flat_map(|authority| {
        let said = authority.objects.iter().filter(
            |object| matches!(&object.outcome, ObjectOutcome::Roa(_, vrps) if vrps.contains(vrp)),
        );
        said.map(|object| format!("{}{}", authority.folder, object.name))
    });
    objects.collect()
}

proptest! {
    #[test]
    fn a_difference_applied_to_the_earlier_payloads_gives_the_later_ones(
        earlier in any_tree(), later in any_tree(),
    ) {
        let difference = Difference::between(Some(&earlier), &later);
        let (before, after) = (earlier.payloads(), later.payloads());
        prop_assert_eq!(difference.apply(&before).unwrap(), after.clone());
        let count = |effect| {
            let vrps = difference.changes.iter().filter(|change| matches!(change, Change::Vrp { .. }));
            vrps.filter(|change| change.effect() == effect).count()
        };
        prop_assert_eq!(
            before.vrps.len() + count(Effect::Appeared) - count(Effect::Vanished),
            after.vrps.len()
        );
        let written = serde_json::to_vec(&difference).unwrap();
        prop_assert_eq!(serde_json::from_slice::<Difference>(&written).unwrap(), difference);
    }

    #[test]
    fn each_change_names_exactly_the_objects_that_began_or_ceased_to_say_it(
        earlier in any_tree(), later in any_tree(),
    ) {
        let difference = Difference::between(Some(&earlier), &later);
        for number in 0..6 {
            let vrp = vrp(number);
            let (before, after) = (sayers(&earlier, &vrp), sayers(&later, &vrp));
            let change = difference.changes.iter().find(
                |change| matches!(change, Change::Vrp { vrp: changed, .. } if *changed == vrp),
            );
            let told = |direction| -> BTreeSet<String> {
                let sayings = change.map_or(&[] as &[Saying], Change::sayings);
                let those = sayings.iter().filter(|saying| saying.direction == direction);
                those.map(|saying| difference.uri(saying)).collect()
            };
            prop_assert_eq!(told(Direction::Went), before.difference(&after).cloned().collect());
            prop_assert_eq!(told(Direction::Came), after.difference(&before).cloned().collect());
        }
    }

    #[test]
    fn a_chain_leads_from_the_object_to_a_trust_anchor(earlier in any_tree(), later in any_tree()) {
        let difference = Difference::between(Some(&earlier), &later);
        for saying in difference.changes.iter().flat_map(Change::sayings) {
            let links: Vec<_> = difference.chain(saying).collect();
            prop_assert!(!links.is_empty());
            prop_assert_eq!(links.iter().filter(|link| link.issuer.is_none()).count(), 1);
            prop_assert!(links.last().unwrap().issuer.is_none());
            prop_assert!(difference.cause(saying).is_some());
        }
    }

    #[test]
    fn nothing_changes_between_a_tree_and_itself(tree in any_tree()) {
        prop_assert_eq!(Difference::between(Some(&tree), &tree).changes, vec![]);
        let since_nothing = Difference::between(None, &tree);
        prop_assert_eq!(since_nothing.apply(&Default::default()).unwrap(), tree.payloads());
    }
}

/// Six authorities of which the third, under the first, says a VRP; what it is
/// in the later tree is given, and what the first is.
fn cause_of(first: Option<State>, third: State) -> Cause {
    let stands = || State::Stands(1, vec![]);
    let before = State::Stands(1, vec![(0, roa(&[0]))]);
    let rest = || [stands(), stands(), stands()];
    let earlier = [[stands(), stands(), before].as_slice(), &rest()].concat();
    let first = first.unwrap_or_else(stands);
    let later = [[first, stands(), third].as_slice(), &rest()].concat();
    let difference = Difference::between(Some(&tree(1, &earlier)), &tree(2, &later));
    let [
        Change::Vrp {
            effect: Effect::Vanished,
            sayings,
            ..
        },
    ] = difference.changes.as_slice()
    else {
        unreachable!("{difference:?}")
    };
    let chain: Vec<_> = difference
        .chain(&sayings[0])
        .map(|link| link.folder.as_str())
        .collect();
    assert_eq!(chain, ["rsync://host/2/", "rsync://host/0/"]);
    difference.cause(&sayings[0]).unwrap().clone()
}

proptest! {
    #[test]
    fn each_anchors_count_is_the_one_before_with_what_appeared_and_without_what_vanished(
        earlier in any_tree(), later in any_tree(),
    ) {
        let before = Tally::of(&earlier, &Difference::between(None, &earlier));
        let difference = Difference::between(Some(&earlier), &later);
        let after = Tally::of(&later, &difference);
        let of = |tally: &Tally, name: &str| {
            let anchor = tally.anchors.iter().find(|anchor| anchor.name == name);
            anchor.map_or((0, 0, 0, 0), |it| (it.vrps, it.appeared, it.vanished, it.unexplained))
        };
        // Where the anchors say different VRPs, no change is hidden by another anchor.
        let under = |tree: &ValidatedTree, anchor: &str| -> BTreeSet<Vrp> {
            let place = tree.anchors.iter().position(|it| it.name == anchor);
            let authorities = tree.authorities.iter().filter(|it| Some(usize::from(it.anchor)) == place);
            let objects = authorities.flat_map(|authority| authority.objects.iter());
            objects.flat_map(|object| match &object.outcome {
                ObjectOutcome::Roa(_, vrps) => vrps.clone(),
                _ => Vec::new(),
            }).collect()
        };
        let names = ["anchor-0", "anchor-1"];
        let said = |name| &under(&earlier, name) | &under(&later, name);
        let apart = said(names[0]).is_disjoint(&said(names[1]));
        for name in names {
            prop_assert_eq!(of(&before, name).0, under(&earlier, name).len() as u64);
            prop_assert_eq!(of(&before, name).0, of(&before, name).1);
            let (vrps, appeared, vanished, unexplained) = of(&after, name);
            prop_assert!(unexplained <= vanished);
            if apart {
                prop_assert_eq!(vrps, of(&before, name).0 + appeared - vanished);
            }
        }
    }
}

#[test]
fn each_way_of_vanishing_is_told_from_the_others() {
    let third = |objects: Vec<(u8, ObjectOutcome)>| State::Stands(2, objects);
    let expired = ObjectOutcome::Rejected(reason("certificate.expired"));
    let object = "rsync://host/2/object-0.roa";
    let certificate = "rsync://host/0/child-2.cer";
    for (first, state, kind, place, code, deliberate) in [
        (
            None,
            third(vec![]),
            CauseKind::ObjectListed,
            object,
            None,
            true,
        ),
        (
            None,
            third(vec![(0, expired)]),
            CauseKind::Object,
            object,
            Some("certificate.expired"),
            false,
        ),
        (
            None,
            third(vec![(0, roa(&[]))]),
            CauseKind::Content,
            object,
            None,
            true,
        ),
        (
            None,
            State::Refused,
            CauseKind::Point,
            "rsync://host/2/manifest.mft",
            Some("manifest.stale"),
            false,
        ),
        (
            None,
            State::Rejected,
            CauseKind::Certificate,
            certificate,
            Some("certificate.revoked"),
            true,
        ),
        (
            None,
            State::Absent,
            CauseKind::CertificateListed,
            certificate,
            None,
            true,
        ),
        (
            Some(State::Refused),
            State::Refused,
            CauseKind::Point,
            "rsync://host/0/manifest.mft",
            Some("manifest.stale"),
            false,
        ),
        (
            Some(State::Rejected),
            State::Absent,
            CauseKind::Anchor,
            "anchor-0",
            Some("fetch.failed"),
            false,
        ),
        (
            Some(State::Absent),
            State::Absent,
            CauseKind::Locator,
            "anchor-0",
            None,
            false,
        ),
    ] {
        let cause = cause_of(first, state);
        assert_eq!((cause.kind, cause.place.as_str()), (kind, place));
        assert_eq!(
            cause.reason.as_ref().map(|reason| reason.code.as_str()),
            code
        );
        assert_eq!(cause.is_deliberate(), deliberate, "{cause:?}");
    }
}

#[test]
fn a_vrp_that_another_roa_says_too_is_not_lost() {
    let state = |third: &[u8], fourth: &[u8]| {
        let stands = |objects| State::Stands(1, objects);
        let both = [
            stands(vec![(0, roa(third))]),
            stands(vec![(0, roa(fourth))]),
        ];
        let states = [
            [stands(vec![]), stands(vec![])],
            both,
            [stands(vec![]), stands(vec![])],
        ];
        tree(1, &states.concat())
    };
    let (both, one, none) = (state(&[0], &[0]), state(&[], &[0]), state(&[], &[]));
    let effects = |earlier, later| -> Vec<_> {
        let difference = Difference::between(Some(earlier), later);
        difference.changes.iter().map(Change::effect).collect()
    };
    assert_eq!(effects(&both, &one), [Effect::StillSaid]);
    assert_eq!(effects(&one, &none), [Effect::Vanished]);
    assert_eq!(effects(&none, &both), [Effect::Appeared]);
    assert_eq!(effects(&one, &state(&[0], &[])), [Effect::StillSaid]);
}

#[test]
fn a_difference_does_not_fit_other_payloads() {
    let stands = State::Stands(1, vec![(0, roa(&[0]))]);
    let difference = Difference::between(None, &tree(1, &[stands]));
    let after = difference.apply(&Default::default()).unwrap();
    let error = difference.apply(&after).unwrap_err();
    assert!(
        error.to_string().contains("10.0.0.0/16 => 64496"),
        "{error}"
    );
}
