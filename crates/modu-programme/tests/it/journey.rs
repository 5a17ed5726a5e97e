//! From a need to adoption and beyond, and what does not follow.

use modu_kernel::Digest;
use modu_programme::project::{Phase, Score, ScoreSheet, Verdict};
use modu_programme::{Event, PersonId, ProjectId, ProposalId, Refusal};

use crate::scene::{Scene, at, text};

fn sheet(points: [u16; 4]) -> ScoreSheet {
    ScoreSheet {
        points,
        comment: text("까닭"),
        nonce: "nobody-guesses-this-one".to_owned(),
    }
}

fn seal(
    project: ProjectId,
    proposal: ProposalId,
    evaluator: PersonId,
    sheet: &ScoreSheet,
) -> Event {
    Event::ScoreSealed {
        project,
        proposal,
        evaluator,
        sheet: sheet.digest().unwrap(),
    }
}

fn demonstrated(project: ProjectId, proposal: ProposalId, verdict: Verdict) -> Event {
    Event::Demonstrated {
        project,
        proposal,
        verdict,
        report: Digest::of(b"report"),
        evidence: 7,
    }
}

/// A project whose two proposals are scored; the scores are to be opened.
fn scored(scene: &mut Scene) -> (ProjectId, [ProposalId; 2], Vec<Score>) {
    let project = scene.need();
    scene.call(project, 50);
    let proposals = [scene.propose(project, 0), scene.propose(project, 1)];
    scene.close_call(project);
    let mut scores = Vec::new();
    for proposal in proposals {
        for evaluator in scene.evaluators {
            let sheet = sheet([30, 20, 10, 10]);
            scene
                .act(evaluator, seal(project, proposal, evaluator, &sheet))
                .unwrap();
            scores.push(Score {
                proposal,
                evaluator,
                sheet,
            });
        }
    }
    (project, proposals, scores)
}

fn selected(scene: &mut Scene) -> (ProjectId, [ProposalId; 2]) {
    let (project, proposals, sheets) = scored(scene);
    scene
        .act(scene.operator, Event::ScoresOpened { project, sheets })
        .unwrap();
    let event = Event::Selected {
        project,
        proposals: vec![proposals[0]],
        reason: text("점수가 높습니다."),
    };
    scene.act(scene.operator, event).unwrap();
    (project, proposals)
}

#[test]
fn a_need_becomes_something_in_use_at_two_agencies() {
    let mut scene = Scene::new();
    let (project, [proposal, _]) = selected(&mut scene);
    scene
        .act(
            scene.official,
            demonstrated(project, proposal, Verdict::Adopt),
        )
        .unwrap();
    for (agency, by) in [
        (scene.agency, scene.official),
        (scene.other_agency, scene.other_official),
    ] {
        let event = Event::Adopted {
            project,
            proposal,
            agency,
        };
        scene.act(by, event).unwrap();
    }
    let watched = Event::Watched {
        project,
        proposal,
        verdict: Verdict::Refuse,
        report: Digest::of(b"later"),
        evidence: 9,
    };
    scene.act(scene.official, watched).unwrap();
    let stands = &scene.kept.programme().projects()[&project];
    assert_eq!(stands.phase, Phase::Adopted);
    assert_eq!(stands.proposals[&proposal].users.len(), 2);
    assert_eq!(stands.proposals[&proposal].judged.len(), 2);
    assert!(stands.concerns(scene.other_agency));
}

#[test]
fn what_the_gate_refused_is_not_adopted() {
    let mut scene = Scene::new();
    let (project, [proposal, _]) = selected(&mut scene);
    let adopt = Event::Adopted {
        project,
        proposal,
        agency: scene.agency,
    };
    assert!(matches!(
        scene.refused(scene.official, adopt.clone()),
        Refusal::NotNow(_)
    ));
    for verdict in [Verdict::Adopt, Verdict::NotSeparable, Verdict::Refuse] {
        scene
            .act(scene.official, demonstrated(project, proposal, verdict))
            .unwrap();
    }
    assert!(matches!(
        scene.refused(scene.official, adopt),
        Refusal::NotNow(_)
    ));
}

#[test]
fn another_agency_takes_over_only_what_the_first_one_uses() {
    let mut scene = Scene::new();
    let (project, [proposal, _]) = selected(&mut scene);
    scene
        .act(
            scene.official,
            demonstrated(project, proposal, Verdict::Adopt),
        )
        .unwrap();
    let take_over = Event::Adopted {
        project,
        proposal,
        agency: scene.other_agency,
    };
    assert!(matches!(
        scene.refused(scene.other_official, take_over),
        Refusal::NotNow(_)
    ));
}

#[test]
fn what_was_not_selected_does_not_demonstrate() {
    let mut scene = Scene::new();
    let (project, [_, loser]) = selected(&mut scene);
    let event = demonstrated(project, loser, Verdict::Adopt);
    assert!(matches!(
        scene.refused(scene.official, event),
        Refusal::NotNow(_)
    ));
}

#[test]
fn sheets_are_opened_together_and_as_they_were_sealed() {
    let mut scene = Scene::new();
    let (project, proposals, sheets) = scored(&mut scene);
    let open = |sheets: Vec<Score>| Event::ScoresOpened { project, sheets };
    let fewer = sheets[1..].to_vec();
    assert!(matches!(
        scene.refused(scene.operator, open(fewer)),
        Refusal::Wrong { .. }
    ));
    let mut twice = sheets.clone();
    twice[0] = twice[1].clone();
    assert!(matches!(
        scene.refused(scene.operator, open(twice)),
        Refusal::Wrong { .. }
    ));
    let mut bettered = sheets.clone();
    bettered[0].sheet = sheet([40, 30, 15, 15]);
    assert!(matches!(
        scene.refused(scene.operator, open(bettered)),
        Refusal::Wrong { .. }
    ));
    scene.act(scene.operator, open(sheets)).unwrap();
    let stands = &scene.kept.programme().projects()[&project];
    assert_eq!(stands.proposals[&proposals[0]].scores.len(), 2);
}

#[test]
fn sheets_stay_sealed_while_one_is_missing() {
    let mut scene = Scene::new();
    let project = scene.need();
    scene.call(project, 50);
    let proposal = scene.propose(project, 0);
    scene.close_call(project);
    let [first, second] = scene.evaluators;
    let ours = sheet([1, 2, 3, 4]);
    scene
        .act(first, seal(project, proposal, first, &ours))
        .unwrap();
    let score = Score {
        proposal,
        evaluator: first,
        sheet: ours.clone(),
    };
    let open = Event::ScoresOpened {
        project,
        sheets: vec![score],
    };
    assert!(matches!(
        scene.refused(scene.operator, open.clone()),
        Refusal::NotNow(_)
    ));
    // Who must not judge is not waited for, and cannot judge afterwards.
    let conflict = Event::ConflictDeclared {
        project,
        proposal,
        evaluator: second,
        reason: text("친족"),
    };
    scene.act(second, conflict).unwrap();
    let late = seal(project, proposal, second, &ours);
    assert!(matches!(scene.refused(second, late), Refusal::NotNow(_)));
    scene.act(scene.operator, open).unwrap();
}

#[test]
fn a_sealed_sheet_is_neither_changed_nor_excused() {
    let mut scene = Scene::new();
    let project = scene.need();
    scene.call(project, 50);
    let proposal = scene.propose(project, 0);
    scene.close_call(project);
    let evaluator = scene.evaluators[0];
    let event = seal(project, proposal, evaluator, &sheet([1, 2, 3, 4]));
    scene.act(evaluator, event).unwrap();
    let again = seal(project, proposal, evaluator, &sheet([4, 3, 2, 1]));
    assert!(matches!(
        scene.refused(evaluator, again),
        Refusal::NotNow(_)
    ));
    let conflict = Event::ConflictDeclared {
        project,
        proposal,
        evaluator,
        reason: text("뒤늦게"),
    };
    assert!(matches!(
        scene.refused(evaluator, conflict),
        Refusal::NotNow(_)
    ));
}

#[test]
fn a_sheet_with_too_many_points_or_nothing_hidden_has_no_digest() {
    assert!(sheet([41, 0, 0, 0]).digest().is_err());
    let mut bare = sheet([1, 1, 1, 1]);
    bare.nonce = "short".to_owned();
    assert!(bare.digest().is_err());
}

#[test]
fn a_call_is_not_closed_before_its_end_and_takes_nothing_after() {
    let mut scene = Scene::new();
    let project = scene.need();
    scene.call(project, 10);
    let close = Event::CallClosed {
        project,
        evaluators: scene.evaluators.to_vec(),
    };
    assert!(matches!(
        scene.refused(scene.operator, close),
        Refusal::NotNow(_)
    ));
    scene.hour += 10;
    let late = scene.proposal_event(project, 0);
    assert!(matches!(
        scene.refused(scene.sellers[0], late),
        Refusal::NotNow(_)
    ));
}

#[test]
fn a_supplier_proposes_once_unless_it_takes_it_back() {
    let mut scene = Scene::new();
    let project = scene.need();
    scene.call(project, 50);
    let proposal = scene.propose(project, 0);
    let again = scene.proposal_event(project, 0);
    assert!(matches!(
        scene.refused(scene.sellers[0], again),
        Refusal::NotNow(_)
    ));
    let withdraw = Event::ProposalWithdrawn { project, proposal };
    scene.act(scene.sellers[0], withdraw).unwrap();
    scene.propose(project, 0);
}

#[test]
fn only_evaluators_judge_and_each_is_named_once() {
    let mut scene = Scene::new();
    let project = scene.need();
    scene.call(project, 1);
    scene.hour += 10;
    let [one, two] = scene.evaluators;
    for named in [vec![], vec![one, one], vec![one, two, scene.official]] {
        let event = Event::CallClosed {
            project,
            evaluators: named,
        };
        scene.refused(scene.operator, event);
    }
}

#[test]
fn a_call_must_end_in_the_future() {
    let mut scene = Scene::new();
    let project = scene.need();
    let event = Event::CallOpened {
        project,
        closes: at(1),
    };
    assert!(matches!(
        scene.refused(scene.operator, event),
        Refusal::Wrong { .. }
    ));
}
