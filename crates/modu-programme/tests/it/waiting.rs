//! What waits for whom, along the way of a project.

use modu_kernel::Digest;
use modu_programme::project::{Score, ScoreSheet, Verdict};
use modu_programme::{Event, PersonId, ProjectId, Task};

use crate::scene::{Scene, at, text};

/// What waits for the operator, the agency, a supplier and an evaluator.
fn tasks(scene: &Scene) -> [Vec<Task>; 4] {
    let now = at(scene.hour);
    let of = |person: PersonId| {
        let waiting = scene.kept.programme().waiting(person, now);
        waiting.into_iter().map(|it| it.task).collect()
    };
    [
        of(scene.operator),
        of(scene.official),
        of(scene.sellers[0]),
        of(scene.evaluators[0]),
    ]
}

const NOTHING: Vec<Task> = Vec::new();

fn judged(project: ProjectId, proposal: modu_programme::ProposalId, verdict: Verdict) -> Event {
    Event::Demonstrated {
        project,
        proposal,
        verdict,
        report: Digest::of(b"report"),
        evidence: 7,
    }
}

#[test]
fn each_step_waits_for_whoever_may_take_it_and_for_nobody_else() {
    let mut scene = Scene::new();
    let project = scene.need();
    assert_eq!(
        tasks(&scene),
        [vec![Task::OpenCall], NOTHING, NOTHING, NOTHING]
    );
    scene.call(project, 50);
    assert_eq!(
        tasks(&scene),
        [NOTHING, NOTHING, vec![Task::Propose], NOTHING]
    );
    let proposal = scene.propose(project, 0);
    assert_eq!(tasks(&scene), [NOTHING, NOTHING, NOTHING, NOTHING]);
    scene.hour += 60;
    assert_eq!(
        tasks(&scene),
        [vec![Task::CloseCall], NOTHING, NOTHING, NOTHING]
    );
    scene.close_call(project);
    assert_eq!(
        tasks(&scene),
        [NOTHING, NOTHING, NOTHING, vec![Task::Seal(proposal)]]
    );
    let mut sheets = Vec::new();
    for evaluator in scene.evaluators {
        let sheet = ScoreSheet {
            points: [30, 20, 10, 10],
            comment: text("까닭"),
            nonce: "nobody-guesses-this-one".to_owned(),
        };
        let sealed = Event::ScoreSealed {
            project,
            proposal,
            evaluator,
            sheet: sheet.digest().unwrap(),
        };
        scene.act(evaluator, sealed).unwrap();
        sheets.push(Score {
            proposal,
            evaluator,
            sheet,
        });
    }
    assert_eq!(
        tasks(&scene),
        [vec![Task::OpenScores], NOTHING, NOTHING, NOTHING]
    );
    let opened = Event::ScoresOpened { project, sheets };
    scene.act(scene.operator, opened).unwrap();
    assert_eq!(
        tasks(&scene),
        [vec![Task::Select], NOTHING, NOTHING, NOTHING]
    );
    let selected = Event::Selected {
        project,
        proposals: vec![proposal],
        reason: text("점수"),
    };
    scene.act(scene.operator, selected).unwrap();
    assert_eq!(
        tasks(&scene),
        [NOTHING, vec![Task::Demonstrate(proposal)], NOTHING, NOTHING]
    );
    let passed = judged(project, proposal, Verdict::Adopt);
    scene.act(scene.official, passed).unwrap();
    assert_eq!(
        tasks(&scene),
        [NOTHING, vec![Task::Adopt(proposal)], NOTHING, NOTHING]
    );
    let adopted = Event::Adopted {
        project,
        proposal,
        agency: scene.agency,
    };
    scene.act(scene.official, adopted).unwrap();
    assert_eq!(tasks(&scene), [NOTHING, NOTHING, NOTHING, NOTHING]);
    let watched = Event::Watched {
        project,
        proposal,
        verdict: Verdict::Refuse,
        report: Digest::of(b"later"),
        evidence: 8,
    };
    scene.act(scene.official, watched).unwrap();
    assert_eq!(
        tasks(&scene),
        [NOTHING, vec![Task::Review(proposal)], NOTHING, NOTHING]
    );
}

#[test]
fn nothing_waits_for_somebody_who_was_suspended() {
    let mut scene = Scene::new();
    scene.need();
    let suspended = Event::PersonSuspended {
        person: scene.evaluators[0],
    };
    scene.act(scene.operator, suspended).unwrap();
    let waiting = |person| scene.kept.programme().waiting(person, at(scene.hour));
    assert!(waiting(scene.evaluators[0]).is_empty());
    assert!(waiting(scene.auditor).is_empty());
    assert_eq!(waiting(scene.operator).len(), 1);
}

#[test]
fn sheets_of_somebody_who_was_suspended_are_not_waited_for() {
    let mut scene = Scene::new();
    let project = scene.need();
    scene.call(project, 50);
    let proposal = scene.propose(project, 0);
    scene.close_call(project);
    let [stays, goes] = scene.evaluators;
    let sheet = ScoreSheet {
        points: [30, 20, 10, 10],
        comment: text("까닭"),
        nonce: "nobody-guesses-this-one".to_owned(),
    };
    let sealed = Event::ScoreSealed {
        project,
        proposal,
        evaluator: stays,
        sheet: sheet.digest().unwrap(),
    };
    scene.act(stays, sealed).unwrap();
    let score = Score {
        proposal,
        evaluator: stays,
        sheet,
    };
    let opened = Event::ScoresOpened {
        project,
        sheets: vec![score],
    };
    scene.refused(scene.operator, opened.clone());
    let suspended = Event::PersonSuspended { person: goes };
    scene.act(scene.operator, suspended).unwrap();
    let waiting = scene.kept.programme();
    let waiting = waiting.waiting(scene.operator, at(scene.hour));
    assert!(waiting.iter().any(|it| it.task == Task::OpenScores));
    scene.act(scene.operator, opened).unwrap();
}
