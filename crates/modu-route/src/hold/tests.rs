#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use modu_kernel::{InputsInMemory, NoProgress};
use proptest::prelude::*;

use super::*;
use crate::history::generated::{State, any_state, any_tree, reason, tree, vrp};
use crate::validate::{ObjectOutcome, ValidatedTree, Validity};
use crate::vrp::VrpTable;

const NOW: i64 = 1_000;

fn held_by_anchor(
    accepted: &ValidatedTree,
    current: &ValidatedTree,
    allowed: u32,
) -> Vec<(String, Kept)> {
    let losses = losses_of_trees(accepted, current, 0);
    let judged = losses.into_iter();
    judged
        .map(|(anchor, losses)| (anchor, judge(&losses, NOW, allowed)))
        .collect()
}

fn told(validated: &RouterTable, held: &[(String, Kept)]) -> RouterTable {
    published(
        validated,
        held.iter().map(|(anchor, kept)| (anchor.as_str(), kept)),
    )
}

fn vrps(table: &RouterTable) -> BTreeSet<Vrp> {
    table.rows().iter().map(|row| row.vrp).collect()
}

type Pairs = BTreeSet<(Asn, Asn)>;

fn pairs<'a>(aspas: impl IntoIterator<Item = &'a Aspa>) -> Pairs {
    let pairs = aspas.into_iter().flat_map(|aspa| {
        let providers = aspa.providers.iter();
        providers.map(|provider| (aspa.customer, *provider))
    });
    pairs.collect()
}

fn providers(table: &RouterTable) -> Pairs {
    pairs(table.aspas())
}

proptest! {
    #[test]
    fn what_is_published_is_what_was_validated_and_what_is_held(
        accepted in any_tree(), current in any_tree(), allowed in 0_u32..1_000,
    ) {
        let validated = RouterTable::of_tree(&current);
        let before = RouterTable::of_tree(&accepted);
        let held = held_by_anchor(&accepted, &current, allowed);
        let all = told(&validated, &held);
        let kept: BTreeSet<_> = held.iter().flat_map(|(_, kept)| &kept.vrps).map(|held| held.what).collect();
        prop_assert_eq!(vrps(&all), &vrps(&validated) | &kept);
        // Only what routers had is held, and nothing that was validated.
        prop_assert!(kept.is_subset(&vrps(&before)));
        prop_assert!(kept.is_disjoint(&vrps(&validated)));
        let kept = pairs(held.iter().flat_map(|(_, kept)| &kept.aspas).map(|held| &held.what));
        prop_assert_eq!(providers(&all), &providers(&validated) | &kept);
        prop_assert!(kept.is_subset(&providers(&before)));
        prop_assert!(kept.is_disjoint(&providers(&validated)));
    }

    #[test]
    fn above_the_share_nothing_is_withdrawn_without_evidence(
        accepted in any_tree(), current in any_tree(), allowed in 0_u32..1_000,
    ) {
        let losses = losses_of_trees(&accepted, &current, 0);
        let (before, after) = (RouterTable::of_tree(&accepted), RouterTable::of_tree(&current));
        let lost: BTreeSet<_> = losses.values().flat_map(|it| &it.vrps.lost).map(|loss| loss.what).collect();
        prop_assert_eq!(&lost, &(&vrps(&before) - &vrps(&after)), "every loss is told");
        let lost = pairs(losses.values().flat_map(|it| &it.aspas.lost).map(|loss| &loss.what));
        prop_assert_eq!(&lost, &(&providers(&before) - &providers(&after)), "every loss is told");
        for losses in losses.values() {
            let without: BTreeSet<_> = losses.vrps.lost.iter()
                .filter(|loss| !loss.why.is_evidence()).map(|loss| loss.what).collect();
            let kept = judge(losses, NOW, allowed);
            let held: BTreeSet<_> = kept.vrps.iter().map(|held| held.what).collect();
            let above = without.len() * 1_000 > allowed as usize * losses.vrps.total;
            prop_assert_eq!(held, if above { without } else { BTreeSet::new() });

            let without = losses.aspas.lost.iter().filter(|loss| !loss.why.is_evidence());
            let without = pairs(without.map(|loss| &loss.what));
            let customers: BTreeSet<_> = without.iter().map(|(customer, _)| *customer).collect();
            prop_assert!(customers.len() <= losses.aspas.total);
            let above = customers.len() * 1_000 > allowed as usize * losses.aspas.total;
            let held = pairs(kept.aspas.iter().map(|held| &held.what));
            prop_assert_eq!(held, if above { without } else { Pairs::new() });
        }
    }

    #[test]
    fn a_release_gives_exactly_the_validated_table(current in any_tree()) {
        // Released, the current tree is the accepted one.
        let validated = RouterTable::of_tree(&current);
        let held = held_by_anchor(&current, &current, 0);
        prop_assert_eq!(told(&validated, &held), validated);
    }

    #[test]
    fn nothing_is_held_beyond_its_end_and_a_leaping_clock_ends_nothing(
        accepted in any_tree(), states in prop::collection::vec(any_state(), 6), leap in 1_i64..1_000_000,
    ) {
        let now = tree(NOW, &states);
        let later = tree(NOW + leap, &states);
        let judged = |losses: std::collections::BTreeMap<String, Losses>, time| -> (BTreeSet<Vrp>, Pairs) {
            let kept: Vec<_> = losses.values().map(|losses| judge(losses, time, 0)).collect();
            let vrps = kept.iter().flat_map(|kept| &kept.vrps).map(|held| held.what).collect();
            (vrps, pairs(kept.iter().flat_map(|kept| &kept.aspas).map(|held| &held.what)))
        };
        let held = judged(losses_of_trees(&accepted, &now, 0), NOW);
        prop_assert_eq!(judged(losses_of_trees(&accepted, &later, 0), NOW + leap), Default::default());
        prop_assert_eq!(judged(losses_of_trees(&accepted, &later, leap), NOW + leap), held);
    }
}

fn roa(number: u8, not_after: i64) -> (u8, ObjectOutcome) {
    let validity = Validity {
        not_before: 0,
        not_after,
    };
    (number, ObjectOutcome::Roa(validity, vec![vrp(number)]))
}

/// The states of six authorities, of which the third (under the first anchor)
/// has four ROAs in the accepted tree.
fn with_third(third: State) -> Vec<State> {
    let stands = |number| State::Stands(number, Vec::new());
    vec![
        stands(1),
        stands(1),
        third,
        State::Absent,
        State::Absent,
        State::Absent,
    ]
}

fn four_roas() -> State {
    State::Stands(1, (0..4).map(|number| roa(number, 2_000)).collect())
}

#[test]
fn what_was_taken_back_goes_and_what_stood_in_the_way_is_held() {
    let accepted = tree(900, &with_third(four_roas()));
    let held = |third: State| -> usize {
        let current = tree(NOW, &with_third(third));
        let held = held_by_anchor(&accepted, &current, 50);
        held.iter().map(|(_, kept)| kept.vrps.len()).sum()
    };
    let rejected = |code| {
        let objects = (0..4).map(|number| (number, ObjectOutcome::Rejected(reason(code))));
        State::Stands(2, objects.collect())
    };
    // Evidence: unlisted, revoked, the parent took the resources or the
    // certificate away.
    assert_eq!(held(State::Stands(2, Vec::new())), 0);
    assert_eq!(held(rejected("certificate.revoked")), 0);
    assert_eq!(held(rejected("certificate.overclaim")), 0);
    assert_eq!(held(State::Absent), 0);
    // None: the point could not be used, objects are damaged, or are said to
    // have expired although they had not.
    assert_eq!(held(State::Refused), 4);
    assert_eq!(held(rejected("object.hash")), 4);
    assert_eq!(held(rejected("certificate.expired")), 4);
}

#[test]
fn what_ended_by_its_own_date_is_gone() {
    let ending = State::Stands(1, (0..4).map(|number| roa(number, NOW - 1)).collect());
    let accepted = tree(900, &with_third(ending));
    let expired = (0..4).map(|number| {
        let outcome = ObjectOutcome::Rejected(reason("certificate.expired"));
        (number, outcome)
    });
    for third in [State::Stands(2, expired.collect()), State::Refused] {
        let current = tree(NOW, &with_third(third));
        let held = held_by_anchor(&accepted, &current, 0);
        assert!(held.iter().all(|(_, kept)| kept.is_empty()));
    }
}

fn aspa(number: u8, providers: &[u32], not_after: i64) -> (u8, ObjectOutcome) {
    let validity = Validity {
        not_before: 0,
        not_after,
    };
    let aspa = Aspa {
        customer: Asn::from_u32(64_500),
        providers: providers.iter().copied().map(Asn::from_u32).collect(),
    };
    (number, ObjectOutcome::Aspa(validity, aspa))
}

/// The providers that routers are told of after a tree of these objects was
/// followed by another.
fn told_providers(before: Vec<(u8, ObjectOutcome)>, after: State) -> Vec<u32> {
    let accepted = tree(900, &with_third(State::Stands(1, before)));
    let current = tree(NOW, &with_third(after));
    let held = held_by_anchor(&accepted, &current, 50);
    let table = told(&RouterTable::of_tree(&current), &held);
    let providers = table.providers(Asn::from_u32(64_500)).unwrap_or_default();
    providers
        .iter()
        .map(|provider| provider.into_u32())
        .collect()
}

#[test]
fn providers_of_an_aspa_stay_unless_somebody_took_them_back() {
    let two = || vec![aspa(0, &[1, 2], 2_000), aspa(1, &[2, 3], 2_000)];
    let damaged = |number| (number, ObjectOutcome::Rejected(reason("object.hash")));
    let stands = |objects| State::Stands(2, objects);
    // The whole point is lost, or one of two ASPAs: nothing is withdrawn.
    assert_eq!(told_providers(two(), State::Refused), [1, 2, 3]);
    let one = vec![damaged(0), aspa(1, &[2, 3], 2_000)];
    assert_eq!(told_providers(two(), stands(one)), [1, 2, 3]);
    // One is no longer listed, or names others now: that is meant so.
    assert_eq!(
        told_providers(two(), stands(vec![aspa(1, &[2, 3], 2_000)])),
        [2, 3]
    );
    let renamed = vec![aspa(0, &[4], 2_000), aspa(1, &[2, 3], 2_000)];
    assert_eq!(told_providers(two(), stands(renamed)), [2, 3, 4]);
    // One is damaged while the other takes a provider back: each by itself.
    let mixed = vec![damaged(0), aspa(1, &[2], 2_000)];
    assert_eq!(told_providers(two(), stands(mixed)), [1, 2]);
    // What ended is gone; AS 0 stays alone and beside nobody.
    assert!(told_providers(vec![aspa(0, &[1], 950)], State::Refused).is_empty());
    let none = || vec![aspa(0, &[0], 2_000)];
    assert_eq!(told_providers(none(), State::Refused), [0]);
    let other = vec![damaged(0), aspa(1, &[7], 2_000)];
    assert_eq!(told_providers(none(), stands(other)), [7]);
}

#[test]
fn a_table_without_reasons_is_held_by_its_size_alone() {
    let table = |count: u8| {
        let vrps: VrpTable = (0..count).map(vrp).collect();
        RouterTable::of_vrps("vrps", &vrps)
    };
    let held = |current: u8, allowed| {
        let losses = losses_of_tables(&table(10), &table(current), NOW + 60);
        judge(&losses["vrps"], NOW, allowed).vrps.len()
    };
    assert_eq!((held(9, 100), held(9, 99), held(0, 500)), (0, 1, 10));
}

#[test]
fn the_engine_tells_what_was_lost_and_its_answer_is_recorded() {
    let csv = |count: u8| {
        let vrps: Vec<_> = (0..count).map(vrp).collect();
        let lines = vrps.iter().map(|vrp| {
            format!(
                "{},{},{}\n",
                vrp.origin.into_u32(),
                vrp.prefix,
                vrp.max_length
            )
        });
        format!("ASN,IP Prefix,Max Length\n{}", lines.collect::<String>())
    };
    let inputs = InputsInMemory::new()
        .with("accepted", csv(10))
        .with("current", csv(4));
    let request = serde_json::to_value(HoldRequest {
        anchor: "vrps".into(),
        time: NOW,
        allowed_per_mille: 50,
        clock_jump: 0,
        tables_until: Some(NOW + 60),
    });
    let outcome = (HOLD.run)(&request.unwrap(), &inputs, &NoProgress).unwrap();
    let report: HoldReport = serde_json::from_value(outcome.report.clone()).unwrap();
    assert_eq!(
        (report.decision, report.total, report.held),
        (Decision::Hold, 10, 6)
    );
    assert_eq!((report.without_evidence, report.until), (6, Some(NOW + 60)));
    let lines = outcome.output("held.csv").unwrap().bytes.iter();
    assert_eq!(lines.filter(|byte| **byte == b'\n').count(), 7);

    let inputs = InputsInMemory::new().with("hold", serde_json::to_vec(&outcome.report).unwrap());
    let answer = AnswerRequest {
        id: "vrps-1000".into(),
        time: NOW + 1,
        answer: Answer::Release,
        because: "the anchor's own announcement".into(),
    };
    let request = serde_json::to_value(answer).unwrap();
    let outcome = (ANSWER.run)(&request, &inputs, &NoProgress).unwrap();
    assert_eq!(outcome.report["vrps"], 6);
    assert!(
        (ANSWER.run)(
            &request,
            &InputsInMemory::new().with("hold", "{}"),
            &NoProgress
        )
        .is_err()
    );
}
