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
) -> Vec<(String, Vec<Held>)> {
    let losses = losses_of_trees(accepted, current, 0);
    let judged = losses.into_iter();
    judged
        .map(|(anchor, losses)| (anchor, judge(&losses, NOW, allowed)))
        .collect()
}

fn vrps(table: &RouterTable) -> BTreeSet<Vrp> {
    table.rows().iter().map(|row| row.vrp).collect()
}

proptest! {
    #[test]
    fn what_is_published_is_what_was_validated_and_what_is_held(
        accepted in any_tree(), current in any_tree(), allowed in 0_u32..1_000,
    ) {
        let validated = RouterTable::of_tree(&current);
        let held = held_by_anchor(&accepted, &current, allowed);
        let all = published(&validated, held.iter().map(|(anchor, held)| (anchor.as_str(), &held[..])));
        let held: BTreeSet<_> = held.iter().flat_map(|(_, held)| held).map(|held| held.vrp).collect();
        prop_assert_eq!(vrps(&all), &vrps(&validated) | &held);
        // Only what routers had is held, and nothing that was validated.
        prop_assert!(held.is_subset(&vrps(&RouterTable::of_tree(&accepted))));
        prop_assert!(held.is_disjoint(&vrps(&validated)));
        prop_assert_eq!(all.aspas(), validated.aspas());
    }

    #[test]
    fn above_the_share_nothing_is_withdrawn_without_evidence(
        accepted in any_tree(), current in any_tree(), allowed in 0_u32..1_000,
    ) {
        let losses = losses_of_trees(&accepted, &current, 0);
        let (before, after) = (vrps(&RouterTable::of_tree(&accepted)), vrps(&RouterTable::of_tree(&current)));
        let lost: BTreeSet<_> = losses.values().flat_map(|it| &it.lost).map(|loss| loss.vrp).collect();
        prop_assert_eq!(&lost, &(&before - &after), "every loss is told");
        for losses in losses.values() {
            let without: BTreeSet<_> = losses.lost.iter()
                .filter(|loss| !loss.why.is_evidence()).map(|loss| loss.vrp).collect();
            let held: BTreeSet<_> = judge(losses, NOW, allowed).iter().map(|held| held.vrp).collect();
            let above = without.len() * 1_000 > allowed as usize * losses.total;
            prop_assert_eq!(held, if above { without } else { BTreeSet::new() });
        }
    }

    #[test]
    fn a_release_gives_exactly_the_validated_table(current in any_tree()) {
        // Released, the current tree is the accepted one.
        let validated = RouterTable::of_tree(&current);
        let held = held_by_anchor(&current, &current, 0);
        let all = published(&validated, held.iter().map(|(anchor, held)| (anchor.as_str(), &held[..])));
        prop_assert_eq!(all, validated);
    }

    #[test]
    fn nothing_is_held_beyond_its_end_and_a_leaping_clock_ends_nothing(
        accepted in any_tree(), states in prop::collection::vec(any_state(), 6), leap in 1_i64..1_000_000,
    ) {
        let now = tree(NOW, &states);
        let later = tree(NOW + leap, &states);
        let judged = |losses: std::collections::BTreeMap<String, Losses>, time| -> BTreeSet<Vrp> {
            losses.values().flat_map(|losses| judge(losses, time, 0)).map(|held| held.vrp).collect()
        };
        let held = judged(losses_of_trees(&accepted, &now, 0), NOW);
        prop_assert_eq!(judged(losses_of_trees(&accepted, &later, 0), NOW + leap), BTreeSet::new());
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
        held.iter().map(|(_, held)| held.len()).sum()
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
        assert!(held.iter().all(|(_, held)| held.is_empty()));
    }
}

#[test]
fn a_table_without_reasons_is_held_by_its_size_alone() {
    let table = |count: u8| {
        let vrps: VrpTable = (0..count).map(vrp).collect();
        RouterTable::of_vrps("vrps", &vrps)
    };
    let held = |current: u8, allowed| {
        let losses = losses_of_tables(&table(10), &table(current), NOW + 60);
        judge(&losses["vrps"], NOW, allowed).len()
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
