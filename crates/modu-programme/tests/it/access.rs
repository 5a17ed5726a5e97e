//! Who may cause what.

use modu_programme::access::{Action, Role};
use modu_programme::{Actor, Event, OrganisationKind, PersonId, Refusal};

use crate::scene::{Scene, text, title};

fn everybody(scene: &Scene) -> Vec<PersonId> {
    scene.kept.programme().people().keys().copied().collect()
}

/// Those who are let through to an event, whatever else stands against it.
fn let_through(scene: &Scene, event: &Event) -> Vec<PersonId> {
    let now = crate::scene::at(scene.hour + 1);
    let asked = |person: &PersonId| {
        let answer = scene
            .kept
            .programme()
            .propose(Actor::Person(*person), event.clone(), now);
        !matches!(
            answer,
            Err(modu_programme::HistoryError::Refused(
                Refusal::NotAllowed { .. }
            ))
        )
    };
    everybody(scene).into_iter().filter(asked).collect()
}

#[test]
fn every_step_is_open_to_those_whose_it_is_and_closed_to_all_others() {
    let mut scene = Scene::new();
    let project = scene.need();
    scene.call(project, 50);
    let proposal = scene.propose(project, 0);
    scene.close_call(project);
    let digest = modu_kernel::Digest::of(b"");
    let (operator, official) = (vec![scene.operator], vec![scene.official]);
    let agency = scene.agency;
    let cases = [
        (scene.need_event(), official.clone()),
        (
            Event::OrganisationRegistered {
                name: title("새 기관"),
                kind: OrganisationKind::Supplier,
            },
            operator.clone(),
        ),
        (
            Event::PersonEnrolled {
                organisation: agency,
                name: title("새 사람"),
                role: Role::DemandAgency,
            },
            operator.clone(),
        ),
        (
            Event::PersonSuspended {
                person: scene.official,
            },
            operator.clone(),
        ),
        (
            Event::CallOpened {
                project,
                closes: crate::scene::at(10_000),
            },
            operator.clone(),
        ),
        (scene.proposal_event(project, 1), vec![scene.sellers[1]]),
        (
            Event::ProposalWithdrawn { project, proposal },
            vec![scene.sellers[0]],
        ),
        (
            Event::ScoreSealed {
                project,
                proposal,
                evaluator: scene.evaluators[1],
                sheet: digest,
            },
            vec![scene.evaluators[1]],
        ),
        (
            Event::EvaluatorAppointed {
                project,
                evaluator: scene.evaluators[0],
            },
            operator.clone(),
        ),
        (
            Event::EvaluatorReleased {
                project,
                evaluator: scene.evaluators[0],
                reason: text("까닭"),
            },
            operator.clone(),
        ),
        (
            Event::ScoresOpened {
                project,
                sheets: vec![],
            },
            operator.clone(),
        ),
        (
            Event::Selected {
                project,
                proposals: vec![proposal],
                reason: text(""),
            },
            operator.clone(),
        ),
        (
            Event::Demonstrated {
                project,
                proposal,
                verdict: modu_programme::project::Verdict::Adopt,
                report: digest,
                evidence: 0,
            },
            official.clone(),
        ),
        (
            Event::Adopted {
                project,
                proposal,
                agency,
            },
            official,
        ),
        (
            Event::Adopted {
                project,
                proposal,
                agency: scene.other_agency,
            },
            vec![scene.other_official],
        ),
        (
            Event::Closed {
                project,
                reason: text(""),
            },
            operator,
        ),
    ];
    for (event, whose) in cases {
        assert_eq!(let_through(&scene, &event), whose, "{event:?}");
    }
}

#[test]
fn a_suspended_person_may_do_nothing_more() {
    let mut scene = Scene::new();
    let person = scene.official;
    scene
        .act(scene.operator, Event::PersonSuspended { person })
        .unwrap();
    let event = scene.need_event();
    assert!(matches!(
        scene.refused(person, event.clone()),
        Refusal::NotAllowed { .. }
    ));
    scene
        .act(scene.operator, Event::PersonReinstated { person })
        .unwrap();
    scene.act(person, event).unwrap();
}

#[test]
fn the_last_operator_cannot_be_suspended() {
    let mut scene = Scene::new();
    let event = Event::PersonSuspended {
        person: scene.operator,
    };
    assert!(matches!(
        scene.refused(scene.operator, event),
        Refusal::NotNow(_)
    ));
}

#[test]
fn proposals_are_seen_by_parties_evaluators_and_those_who_see_all() {
    let mut scene = Scene::new();
    let project = scene.need();
    scene.call(project, 50);
    scene.propose(project, 0);
    scene.close_call(project);
    let programme = scene.kept.programme();
    let project = &programme.projects()[&project];
    let may = |who| programme.may_see(who, project, Action::SeeProposals);
    assert!(!may(None));
    let seen: Vec<_> = everybody(&scene)
        .into_iter()
        .filter(|p| may(Some(*p)))
        .collect();
    let mut expected = vec![
        scene.operator,
        scene.official,
        scene.sellers[0],
        scene.evaluators[0],
        scene.evaluators[1],
        scene.auditor,
    ];
    expected.sort_unstable();
    assert_eq!(seen, expected);
    assert!(programme.may_see(None, project, Action::SeePublished));
}

#[test]
fn a_person_has_a_role_of_their_organisation() {
    let mut scene = Scene::new();
    let event = Event::PersonEnrolled {
        organisation: scene.suppliers[0],
        name: title("두 얼굴"),
        role: Role::Evaluator,
    };
    assert!(matches!(
        scene.refused(scene.operator, event),
        Refusal::Wrong { .. }
    ));
}
