//! Evaluators who come and go while sheets are still to come.

use modu_programme::access::{Action, Role};
use modu_programme::project::{Phase, Score, ScoreSheet};

use modu_programme::{Event, PersonId, ProjectId, ProposalId, Refusal, Task, Text};

use crate::scene::{Scene, at, text, title};

/// A project with one proposal for each of the suppliers, to be judged.
fn to_be_judged(scene: &mut Scene) -> (ProjectId, [ProposalId; 2]) {
    let project = scene.need();
    scene.call(project, 50);
    let proposals = [scene.propose(project, 0), scene.propose(project, 1)];
    scene.close_call(project);
    (project, proposals)
}

fn enrol(scene: &mut Scene, name: &str) -> PersonId {
    let operator = scene.kept.programme().people()[&scene.operator].organisation;
    let event = Event::PersonEnrolled {
        organisation: operator,
        name: title(name),
        role: Role::Evaluator,
    };
    PersonId(scene.act(scene.operator, event).unwrap().sequence)
}

fn score(scene: &mut Scene, project: ProjectId, proposal: ProposalId, by: PersonId) -> Score {
    let sheet = ScoreSheet {
        points: [30, 20, 10, 10],
        comment: text("까닭"),
        nonce: "nobody-guesses-this-one".to_owned(),
    };
    let event = Event::ScoreSealed {
        project,
        proposal,
        evaluator: by,
        sheet: sheet.digest().unwrap(),
    };
    scene.act(by, event).unwrap();
    Score {
        proposal,
        evaluator: by,
        sheet,
    }
}

fn reason() -> Text {
    text("기한이 지나도록 채점하지 않음")
}

fn released(project: ProjectId, evaluator: PersonId) -> Event {
    Event::EvaluatorReleased {
        project,
        evaluator,
        reason: reason(),
    }
}

#[test]
fn who_never_judges_is_released_and_what_they_sealed_is_opened_with_the_others() {
    let mut scene = Scene::new();
    let (project, [one, two]) = to_be_judged(&mut scene);
    let [park, choi] = scene.evaluators;
    let sheets = vec![
        score(&mut scene, project, one, park),
        score(&mut scene, project, two, park),
        score(&mut scene, project, one, choi),
    ];
    let open = |sheets: &[Score]| Event::ScoresOpened {
        project,
        sheets: sheets.to_vec(),
    };
    scene.refused(scene.operator, open(&sheets));
    let release = released(project, choi);
    scene.act(scene.operator, release).unwrap();

    let programme = scene.kept.programme();
    let stands = &programme.projects()[&project];
    assert!(!programme.may_see(Some(choi), stands, Action::SeeProposals));
    let sheets_of = |id| programme.sheets_of(stands, &stands.proposals[&id]);
    assert_eq!((sheets_of(one), sheets_of(two)), (2, 1));
    let tasks = programme.waiting(scene.operator, at(scene.hour));
    assert!(tasks.iter().any(|it| it.task == Task::OpenScores));
    assert!(programme.waiting(choi, at(scene.hour)).is_empty());

    let late = Event::ScoreSealed {
        project,
        proposal: two,
        evaluator: choi,
        sheet: sheets[0].sheet.digest().unwrap(),
    };
    assert!(matches!(scene.refused(choi, late), Refusal::Missing(_)));
    // What was sealed cannot be left out.
    assert!(matches!(
        scene.refused(scene.operator, open(&sheets[..2])),
        Refusal::Wrong { .. }
    ));
    scene.act(scene.operator, open(&sheets)).unwrap();
    let stands = &scene.kept.programme().projects()[&project];
    assert_eq!(stands.phase, Phase::Selection);
    assert_eq!(stands.proposals[&one].scores.len(), 2);
}

#[test]
fn nobody_is_released_for_what_they_sealed_and_somebody_is_left_to_judge() {
    let mut scene = Scene::new();
    let (project, proposals) = to_be_judged(&mut scene);
    let [park, choi] = scene.evaluators;
    for proposal in proposals {
        score(&mut scene, project, proposal, park);
    }
    for (who, expected) in [
        (park, "no sheet of this evaluator is waited for"),
        (scene.official, "such evaluator of this project"),
    ] {
        let refusal = scene.refused(scene.operator, released(project, who));
        assert!(refusal.to_string().contains(expected), "{refusal}");
    }
    let lee = enrol(&mut scene, "이위원");
    let appointed = Event::EvaluatorAppointed {
        project,
        evaluator: lee,
    };
    scene.act(scene.operator, appointed).unwrap();
    for who in [choi, lee] {
        scene.act(scene.operator, released(project, who)).unwrap();
    }

    let mut scene = Scene::new();
    let (project, _) = to_be_judged(&mut scene);
    scene.act(scene.operator, released(project, park)).unwrap();
    let refusal = scene.refused(scene.operator, released(project, choi));
    assert!(refusal.to_string().contains("nobody else"), "{refusal}");
}

#[test]
fn no_release_leaves_a_proposal_that_nobody_judges_and_none_is_opened() {
    let mut scene = Scene::new();
    let (project, [one, two]) = to_be_judged(&mut scene);
    let [park, choi] = scene.evaluators;
    let conflict = |evaluator| Event::ConflictDeclared {
        project,
        proposal: two,
        evaluator,
        reason: text("친족"),
    };
    scene.act(choi, conflict(choi)).unwrap();
    let refusal = scene.refused(scene.operator, released(project, park));
    assert!(refusal.to_string().contains("nobody else"), "{refusal}");
    let unsaid = Event::EvaluatorReleased {
        project,
        evaluator: choi,
        reason: text(" "),
    };
    assert!(matches!(
        scene.refused(scene.operator, unsaid),
        Refusal::Wrong { .. }
    ));
    // Nor where the other one was suspended.
    let suspended = Event::PersonSuspended { person: choi };
    scene.act(scene.operator, suspended).unwrap();
    scene.refused(scene.operator, released(project, park));
    // All stepped back from one proposal: it is not passed over.
    scene.act(park, conflict(park)).unwrap();
    let sheets = vec![score(&mut scene, project, one, park)];
    let open = Event::ScoresOpened { project, sheets };
    let refusal = scene.refused(scene.operator, open);
    assert!(refusal.to_string().contains("nobody judges"), "{refusal}");
    let waiting = scene
        .kept
        .programme()
        .waiting(scene.operator, at(scene.hour));
    let tasks: Vec<Task> = waiting.iter().map(|it| it.task).collect();
    assert_eq!(tasks, [Task::AppointEvaluator(two)]);
}

#[test]
fn the_last_evaluator_stays_though_each_proposal_has_a_sheet() {
    let mut scene = Scene::new();
    let (project, [one, two]) = to_be_judged(&mut scene);
    let lee = enrol(&mut scene, "이위원");
    let appointed = Event::EvaluatorAppointed {
        project,
        evaluator: lee,
    };
    scene.act(scene.operator, appointed).unwrap();
    let [park, choi] = scene.evaluators;
    score(&mut scene, project, one, park);
    score(&mut scene, project, two, choi);
    for who in [park, choi] {
        scene.act(scene.operator, released(project, who)).unwrap();
    }
    let refusal = scene.refused(scene.operator, released(project, lee));
    assert!(refusal.to_string().contains("last evaluator"), "{refusal}");
}

#[test]
fn who_is_appointed_is_waited_for_and_judges() {
    let mut scene = Scene::new();
    let lee = enrol(&mut scene, "이위원");
    let (project, proposals) = to_be_judged(&mut scene);
    let appoint = |evaluator| Event::EvaluatorAppointed { project, evaluator };
    for wrong in [scene.evaluators[0], scene.official] {
        scene.refused(scene.operator, appoint(wrong));
    }
    scene.act(scene.operator, appoint(lee)).unwrap();
    let waiting = scene.kept.programme().waiting(lee, at(scene.hour));
    let expected = proposals.map(Task::Seal);
    assert_eq!(
        waiting.iter().map(|it| it.task).collect::<Vec<_>>(),
        expected
    );
    let mut sheets = Vec::new();
    for evaluator in [scene.evaluators[0], scene.evaluators[1], lee] {
        for proposal in proposals {
            sheets.push(score(&mut scene, project, proposal, evaluator));
        }
    }
    let opened = Event::ScoresOpened { project, sheets };
    scene.act(scene.operator, opened).unwrap();
    // Whoever comes after the sheets were opened would judge knowing them.
    let late = enrol(&mut scene, "늦위원");
    let refusal = scene.refused(scene.operator, appoint(late));
    assert!(matches!(refusal, Refusal::NotNow(_)), "{refusal}");
    let refusal = scene.refused(scene.operator, released(project, lee));
    assert!(matches!(refusal, Refusal::NotNow(_)), "{refusal}");
}

#[test]
fn a_proposal_that_all_stepped_back_from_is_judged_by_another() {
    let mut scene = Scene::new();
    let (project, [one, two]) = to_be_judged(&mut scene);
    let mut sheets = Vec::new();
    for evaluator in scene.evaluators {
        sheets.push(score(&mut scene, project, one, evaluator));
        let conflict = Event::ConflictDeclared {
            project,
            proposal: two,
            evaluator,
            reason: text("친족"),
        };
        scene.act(evaluator, conflict).unwrap();
    }
    let sheets_of = |scene: &Scene| {
        let programme = scene.kept.programme();
        let stands = &programme.projects()[&project];
        programme.sheets_of(stands, &stands.proposals[&two])
    };
    assert_eq!(sheets_of(&scene), 0);
    let lee = enrol(&mut scene, "이위원");
    let appointed = Event::EvaluatorAppointed {
        project,
        evaluator: lee,
    };
    scene.act(scene.operator, appointed).unwrap();
    assert_eq!(sheets_of(&scene), 1);
    for proposal in [one, two] {
        sheets.push(score(&mut scene, project, proposal, lee));
    }
    let opened = Event::ScoresOpened { project, sheets };
    scene.act(scene.operator, opened).unwrap();
    let selected = Event::Selected {
        project,
        proposals: vec![two],
        reason: text("점수"),
    };
    scene.act(scene.operator, selected).unwrap();
}
