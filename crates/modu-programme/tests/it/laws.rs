//! What holds whatever people try.

use modu_kernel::Digest;
use modu_programme::project::{Phase, Verdict};
use modu_programme::{
    Actor, Event, OrganisationId, PersonId, Programme, ProjectId, ProposalId, Sequence,
};
use proptest::prelude::*;

use crate::scene::{Scene, at, text};

/// A step that may or may not follow, of small numbers so that many do.
fn step(scene: &Scene, kind: u8, number: u64, hour: i64) -> Event {
    let project = ProjectId(Sequence(15 + number % 4));
    let proposal = ProposalId(Sequence(15 + number % 12));
    let digest = Digest::of(&[kind]);
    match kind % 13 {
        0 => scene.need_event(),
        1 => Event::CallOpened {
            project,
            closes: at(hour + 1 + (number % 7) as i64),
        },
        2 => scene.proposal_event(project, (number % 2) as usize),
        3 => Event::ProposalWithdrawn { project, proposal },
        4 => Event::CallClosed {
            project,
            evaluators: scene.evaluators.to_vec(),
        },
        5 => Event::ScoreSealed {
            project,
            proposal,
            evaluator: scene.evaluators[(number % 2) as usize],
            sheet: digest,
        },
        6 => Event::Selected {
            project,
            proposals: vec![proposal],
            reason: text(""),
        },
        7 => Event::Demonstrated {
            project,
            proposal,
            verdict: Verdict::Adopt,
            report: digest,
            evidence: number,
        },
        8 => Event::Adopted {
            project,
            proposal,
            agency: scene.agency,
        },
        9 => Event::PersonSuspended {
            person: PersonId(Sequence(7 + number % 8)),
        },
        10 => Event::EvaluatorAppointed {
            project,
            evaluator: scene.evaluators[(number % 2) as usize],
        },
        11 => Event::EvaluatorReleased {
            project,
            evaluator: scene.evaluators[(number % 2) as usize],
            reason: text("까닭"),
        },
        _ => Event::Closed {
            project,
            reason: text(""),
        },
    }
}

fn holds(programme: &Programme) -> Result<(), TestCaseError> {
    for project in programme.projects().values() {
        for proposal in project.proposals.values() {
            // Nothing is used that the gate did not let through and nobody
            // selected; nothing is selected that was taken back.
            if !proposal.users.is_empty() {
                prop_assert!(proposal.judged.iter().any(|j| j.verdict == Verdict::Adopt));
                prop_assert!(proposal.selected);
            }
            prop_assert!(!(proposal.selected && proposal.withdrawn));
        }
        let mut suppliers: Vec<OrganisationId> = project.standing().map(|p| p.supplier).collect();
        let all = suppliers.len();
        suppliers.sort_unstable();
        suppliers.dedup();
        prop_assert_eq!(suppliers.len(), all);
        prop_assert!(project.phase != Phase::Need || project.proposals.is_empty());
        // Once the call is over, somebody is there to judge.
        let before = matches!(project.phase, Phase::Need | Phase::Call | Phase::Closed);
        prop_assert!(before || !project.evaluators.is_empty());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_is_tried_the_rules_hold_and_the_history_tells_it_all(
        steps in prop::collection::vec((0..14_usize, any::<u8>(), 0..24_u64), 1..80)
    ) {
        let mut scene = Scene::new();
        let people: Vec<_> = scene.kept.programme().people().keys().copied().collect();
        for (who, kind, number) in steps {
            let now = scene.now();
            let event = step(&scene, kind, number, scene.hour);
            let by = people.get(who).map_or(Actor::System, |person| Actor::Person(*person));
            let _refused_or_done = scene.kept.act(by, event, now);
            holds(scene.kept.programme())?;
        }
        let mut told = Programme::new();
        use modu_programme::store::History as _;
        for entry in scene.kept.history().after(Sequence::START, 10_000).unwrap() {
            told.follow(&entry).unwrap();
        }
        prop_assert_eq!(&told, scene.kept.programme());
    }
}
