//! Sealed sheets where several servers work on one database.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use modu_programme::access::Role;
use modu_programme::account::Accounts;
use modu_programme::database::Database;
use modu_programme::job::{Desk, LEASE};
use modu_programme::store::{DatabaseHistory, Kept};
use modu_programme::{
    Actor, Event, Office, OrganisationId, OrganisationKind, Person, PersonId, ProjectId,
    ProposalId, Step, Text,
};
use modu_store::{Location, Store};

use crate::scene::{text, title};

fn server(folder: &Path) -> Office {
    let programme = || Database::file(&folder.join("programme.sqlite")).unwrap();
    let accounts = Accounts::open(&folder.join("accounts.sqlite")).unwrap();
    let store = folder.join("store");
    let store = store.to_str().unwrap().parse::<Location>().unwrap();
    Office::new(
        Kept::open(DatabaseHistory::over(programme()).unwrap()).unwrap(),
        accounts,
        Desk::over(programme(), LEASE).unwrap(),
        folder.join("evidence"),
        Store::open(&store).unwrap(),
        Timestamp::now,
    )
}

/// A project whose one proposal is to be judged by one evaluator.
fn to_be_judged(office: &Office) -> (ProjectId, ProposalId, PersonId, PersonId) {
    let begun = Timestamp::now() - SignedDuration::from_hours(24);
    let mut at = begun;
    let mut act = |event| {
        at += SignedDuration::from_hours(1);
        let entry = office.kept().act(Actor::System, event, at);
        entry.unwrap().sequence
    };
    let kinds = [
        OrganisationKind::Operator,
        OrganisationKind::DemandAgency,
        OrganisationKind::Supplier,
    ];
    let [operator, agency, supplier] = kinds.map(|kind| {
        let name = title(&format!("{kind:?}"));
        OrganisationId(act(Event::OrganisationRegistered { name, kind }))
    });
    let [runs, judges] = [Role::Operator, Role::Evaluator].map(|role| {
        let (organisation, name) = (operator, title("김"));
        PersonId(act(Event::PersonEnrolled {
            organisation,
            name,
            role,
        }))
    });
    let project = ProjectId(act(Event::NeedPublished {
        agency,
        title: title("수요"),
        description: Text::default(),
        need: None,
    }));
    // After the eighth step, which proposes.
    let closes = begun + SignedDuration::from_mins(8 * 60 + 30);
    act(Event::CallOpened { project, closes });
    let proposal = ProposalId(act(Event::ProposalSubmitted {
        project,
        supplier,
        title: title("제안"),
        summary: Text::default(),
        solution: None,
    }));
    act(Event::CallClosed {
        project,
        evaluators: vec![judges],
    });
    (project, proposal, runs, judges)
}

fn person(office: &Office, id: PersonId) -> Person {
    office.kept().programme().people()[&id].clone()
}

#[test]
fn a_second_sheet_by_another_server_leaves_the_sealed_one_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let first = server(folder.path());
    let (project, proposal, operator, evaluator) = to_be_judged(&first);
    let second = server(folder.path());
    let score = |points| Step::Score {
        proposal,
        points,
        comment: text("의견"),
    };
    let by = person(&first, evaluator);
    first.take(&by, project, score([30, 20, 10, 10])).unwrap();
    // The second has not heard of it yet.
    assert!(second.take(&by, project, score([1, 1, 1, 1])).is_err());
    let by = person(&second, operator);
    second.take(&by, project, Step::OpenScores).unwrap();
    let kept = second.kept();
    let project = &kept.programme().projects()[&project];
    let scores = &project.proposals[&proposal].scores;
    assert_eq!(scores[0].sheet.points, [30, 20, 10, 10]);
}
