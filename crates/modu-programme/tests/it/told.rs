//! Who is told of what.

use std::collections::BTreeSet;

use modu_kernel::{Digest, Language};
use modu_programme::access::{Action, Role};
use modu_programme::notice::{Letter, Note, Recipient, Told, told_by};
use modu_programme::project::{Score, ScoreSheet, Verdict};
use modu_programme::store::History as _;
use modu_programme::{Event, PersonId, Programme, ProjectId, ProposalId};

use crate::scene::{Scene, text, title};

/// A project from its need to its end, with all that can happen on the way.
fn whole_story() -> (Scene, ProjectId, [ProposalId; 2]) {
    let mut scene = Scene::new();
    let project = scene.need();
    scene.call(project, 50);
    let taken_back = scene.propose(project, 1);
    let withdrawn = Event::ProposalWithdrawn {
        project,
        proposal: taken_back,
    };
    scene.act(scene.sellers[1], withdrawn).unwrap();
    let proposals = [scene.propose(project, 0), scene.propose(project, 1)];
    scene.close_call(project);
    come_and_gone(&mut scene, project);
    let sheets = judged(&mut scene, project, proposals);
    let opened = Event::ScoresOpened { project, sheets };
    scene.act(scene.operator, opened).unwrap();
    let selected = Event::Selected {
        project,
        proposals: vec![proposals[0]],
        reason: text(""),
    };
    scene.act(scene.operator, selected).unwrap();
    used(&mut scene, project, proposals[0]);
    let person = scene.evaluators[1];
    let operator = scene.operator;
    scene
        .act(operator, Event::PersonSuspended { person })
        .unwrap();
    scene
        .act(operator, Event::PersonReinstated { person })
        .unwrap();
    let access = modu_programme::Access::SignIn;
    scene
        .act(operator, Event::AccessReset { person, access })
        .unwrap();
    (scene, project, proposals)
}

/// A third evaluator, who is appointed and released again.
fn come_and_gone(scene: &mut Scene, project: ProjectId) {
    let organisation = scene.kept.programme().people()[&scene.operator].organisation;
    let enrolled = Event::PersonEnrolled {
        organisation,
        name: title("이위원"),
        role: Role::Evaluator,
    };
    let evaluator = PersonId(scene.act(scene.operator, enrolled).unwrap().sequence);
    let appointed = Event::EvaluatorAppointed { project, evaluator };
    scene.act(scene.operator, appointed).unwrap();
    let released = Event::EvaluatorReleased {
        project,
        evaluator,
        reason: text("해외 출장"),
    };
    scene.act(scene.operator, released).unwrap();
}

/// One evaluator steps back from the second proposal; all else is scored.
fn judged(scene: &mut Scene, project: ProjectId, proposals: [ProposalId; 2]) -> Vec<Score> {
    let mut sheets = Vec::new();
    for proposal in proposals {
        for evaluator in scene.evaluators {
            let event = match (proposal == proposals[1], evaluator == scene.evaluators[1]) {
                (true, true) => Event::ConflictDeclared {
                    project,
                    proposal,
                    evaluator,
                    reason: text("친척"),
                },
                _ => {
                    let sheet = ScoreSheet {
                        points: [30, 20, 10, 10],
                        comment: text(""),
                        nonce: "nobody-guesses-this-one".to_owned(),
                    };
                    sheets.push(Score {
                        proposal,
                        evaluator,
                        sheet: sheet.clone(),
                    });
                    Event::ScoreSealed {
                        project,
                        proposal,
                        evaluator,
                        sheet: sheet.digest().unwrap(),
                    }
                }
            };
            scene.act(evaluator, event).unwrap();
        }
    }
    sheets
}

fn used(scene: &mut Scene, project: ProjectId, proposal: ProposalId) {
    let report = Digest::of(b"report");
    let demonstrated = Event::Demonstrated {
        project,
        proposal,
        verdict: Verdict::Adopt,
        report,
        evidence: 7,
    };
    scene.act(scene.official, demonstrated).unwrap();
    for (agency, by) in [
        (scene.agency, scene.official),
        (scene.other_agency, scene.other_official),
    ] {
        let adopted = Event::Adopted {
            project,
            proposal,
            agency,
        };
        scene.act(by, adopted).unwrap();
    }
    let watched = Event::Watched {
        project,
        proposal,
        verdict: Verdict::Refuse,
        report,
        evidence: 9,
    };
    scene.act(scene.official, watched).unwrap();
    for (agency, by) in [
        (scene.other_agency, scene.other_official),
        (scene.agency, scene.official),
    ] {
        let retired = Event::Retired {
            project,
            proposal,
            agency,
            reason: text(""),
        };
        scene.act(by, retired).unwrap();
    }
    let closed = Event::Closed {
        project,
        reason: text(""),
    };
    scene.act(scene.operator, closed).unwrap();
}

/// What each entry told, with where everything stood then.
fn all_told(scene: &mut Scene) -> Vec<(Event, Programme, Vec<Told>)> {
    let entries = scene
        .kept
        .history()
        .after(modu_programme::Sequence::START, 1_000);
    let mut programme = Programme::new();
    let tell = |entry: modu_programme::Entry| {
        programme.follow(&entry).unwrap();
        let told = told_by(&entry, &programme);
        (entry.event, programme.clone(), told)
    };
    entries.unwrap().into_iter().map(tell).collect()
}

fn people(told: &[Told], programme: &Programme, kind: &str) -> BTreeSet<PersonId> {
    let told = told.iter().filter(|told| told.note.kind() == kind);
    told.flat_map(|told| told.to.people(programme).map(|person| person.id))
        .collect()
}

#[test]
fn those_who_must_or_may_want_to_know_are_told() {
    let (mut scene, ..) = whole_story();
    let told = all_told(&mut scene);
    let of = |kind: &str| -> BTreeSet<PersonId> {
        let told = told.iter();
        told.flat_map(|(_, programme, told)| people(told, programme, kind))
            .collect()
    };
    let [garam, narae] = scene.sellers;
    let [park, choi] = scene.evaluators;
    let (official, operator) = (scene.official, scene.operator);
    let people = scene.kept.programme().people().values();
    let lee = people
        .filter(|it| it.name.as_str() == "이위원")
        .map(|it| it.id);
    let lee = lee.collect::<Vec<_>>()[0];
    for (kind, expected) in [
        ("need.published", vec![garam, narae, operator]),
        ("call.opened", vec![garam, narae, official]),
        ("proposal.submitted", vec![official, operator]),
        ("proposal.withdrawn", vec![official, operator]),
        ("sheets.awaited", vec![park, choi, lee]),
        ("evaluator.released", vec![lee]),
        ("call.closed", vec![garam, narae, official]),
        ("conflict.declared", vec![operator]),
        ("sheets.complete", vec![operator]),
        ("scores.opened", vec![garam, narae, official]),
        ("proposal.selected", vec![garam]),
        ("proposal.not_selected", vec![narae]),
        ("selection.made", vec![official]),
        ("proposal.judged", vec![garam, official]),
        (
            "proposal.adopted",
            vec![garam, official, scene.other_official, operator],
        ),
        (
            "proposal.judged_again",
            vec![garam, official, scene.other_official],
        ),
        ("proposal.retired", vec![garam, official]),
        ("project.closed", vec![garam, narae, official]),
        ("person.suspended", vec![choi]),
        ("person.reinstated", vec![choi]),
        ("person.access_reset", vec![choi]),
    ] {
        assert_eq!(of(kind), expected.into_iter().collect(), "{kind}");
    }
    // Whoever is enrolled is told of it, and each of themselves only.
    assert_eq!(
        of("person.enrolled").len(),
        scene.kept.programme().people().len()
    );
    // All sheets are in once, with the last one.
    let complete = told.iter().filter(|(_, _, told)| {
        told.iter()
            .any(|told| matches!(told.note, Note::SheetsComplete { .. }))
    });
    assert_eq!(complete.count(), 1);
}

#[test]
fn nobody_is_told_what_they_may_not_see() {
    let (mut scene, project, _) = whole_story();
    let secret = scene.kept.programme().clone();
    let mut seen = 0;
    for (event, programme, told) in all_told(&mut scene) {
        for told in &told {
            let public = matches!(told.note, Note::Adopted { .. } | Note::Retired { .. });
            let Some(proposal) = told.note.proposal().filter(|_| !public) else {
                continue;
            };
            for person in told.to.people(&programme) {
                let stands = &programme.projects()[&project];
                assert!(
                    programme.may_see(Some(person.id), stands, Action::SeeProposals),
                    "{event:?} tells {person:?}"
                );
                let supplier = secret.projects()[&project].proposals[&proposal].supplier;
                assert!(
                    person.role != Role::Supplier || person.organisation == supplier,
                    "{event:?} tells a rival"
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn what_is_told_is_said_in_both_languages_without_control_characters() {
    let (mut scene, ..) = whole_story();
    let programme = scene.kept.programme().clone();
    for (_, _, told) in all_told(&mut scene) {
        for told in told {
            let said = told.note.label(&programme);
            for text in [&said.ko, &said.en] {
                assert!(
                    !text.is_empty() && !text.contains(char::is_control),
                    "{text:?}"
                );
            }
            assert_ne!(said.ko, said.en);
            let root = "https://modu.example";
            let letter = Letter::of_note(&told.note, &programme, Language::En, root);
            assert!(
                letter
                    .text
                    .contains(&format!("{root}{}\n", told.note.page()))
            );
        }
    }
}

#[test]
fn an_organisation_means_those_who_act_for_it_now() {
    let mut scene = Scene::new();
    let organisation = scene.suppliers[0];
    let enrolled = Event::PersonEnrolled {
        organisation,
        name: title("개발"),
        role: Role::Supplier,
    };
    let other = PersonId(scene.act(scene.operator, enrolled).unwrap().sequence);
    let person = scene.sellers[0];
    let suspended = Event::PersonSuspended { person };
    scene.act(scene.operator, suspended).unwrap();
    let programme = scene.kept.programme();
    let people = |to: Recipient| to.people(programme).map(|it| it.id).collect::<Vec<_>>();
    assert_eq!(people(Recipient::Organisation(organisation)), [other]);
    // Evaluators sit at the operator's and are not its people in this.
    let operators = programme.people()[&scene.operator].organisation;
    assert_eq!(people(Recipient::Organisation(operators)), [scene.operator]);
    assert_eq!(people(Recipient::Person(person)), [person]);
}
