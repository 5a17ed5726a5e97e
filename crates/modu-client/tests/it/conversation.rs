//! What is asked of our own server.

use jiff::{SignedDuration, Timestamp};
use modu_client::wire::value::{Content, Line, MediaType, Moment, Number, Prose};
use modu_client::wire::{
    HandedFile, KindName, Metric, NewDemonstration, NewNeed, NewNode, NewOrganisation, NewRun,
    NewStep, NodeKeyName, PhaseName, RoleName, UrgencyName,
};
use modu_client::{Client, ClientError};
use modu_evidence::trust::TrustedRoot;
use modu_evidence::verify::{Expectations, verify};
use modu_kernel::Digest;

use crate::server::Server;

fn line(text: &str) -> Line {
    Line::try_from(text.to_owned()).unwrap()
}

#[test]
fn a_project_goes_from_need_to_proposal() {
    let server = Server::start();
    let agency = server.as_who("agency");
    assert_eq!(agency.me().unwrap().role, RoleName::DemandAgency);
    let need = NewNeed {
        title: line("민원 분류"),
        description: Prose::try_from("줄\n둘".to_owned()).unwrap(),
        need: None,
    };
    let project = agency.publish(&need).unwrap().sequence;
    let closes = Moment(Timestamp::now() + SignedDuration::from_hours(1));
    let operator = server.as_who("operator");
    operator
        .take(project, &NewStep::OpenCall { closes })
        .unwrap();
    let propose = NewStep::Propose {
        title: line("가람 분류기"),
        summary: Prose::default(),
        solution: None,
    };
    server.as_who("supplier").take(project, &propose).unwrap();
    let nobody = Client::new(&server.root, None).unwrap();
    let seen = nobody.project(project).unwrap();
    assert_eq!(
        (seen.title, seen.phase),
        (line("민원 분류"), PhaseName::Call)
    );
    let proposals: Vec<_> = agency.proposals(project).collect::<Result<_, _>>().unwrap();
    assert_eq!(proposals[0].title, line("가람 분류기"));
    let last = server
        .as_who("auditor")
        .history(None)
        .last()
        .unwrap()
        .unwrap();
    assert_eq!(last.event["event"], "proposal_submitted");
}

#[test]
fn a_run_comes_back_as_it_was_told_and_its_evidence_verifies_without_the_server() {
    let server = Server::start();
    let supplier = server.as_who("supplier");
    let told = NewRun {
        name: line("첫 실행"),
        metrics: vec![Metric {
            name: line("auc"),
            value: 0.1 + 0.2,
        }],
        parameters: Vec::new(),
        files: vec![HandedFile {
            name: line("모델.json"),
            media_type: MediaType::try_from("application/json".to_owned()).unwrap(),
            content: Content(b"{}".to_vec()),
        }],
        named: Vec::new(),
    };
    let recorded = supplier.record(&told).unwrap();
    let back = supplier.run(recorded.run).unwrap();
    assert_eq!((&back.name, &back.metrics), (&told.name, &told.metrics));
    assert_eq!(supplier.run_file(recorded.run, Number(0)).unwrap(), b"{}");
    let runs: Vec<_> = supplier.runs(None).collect::<Result<_, _>>().unwrap();
    assert_eq!(runs, [back]);
    let root = TrustedRoot::parse(&supplier.trusted_root().unwrap()).unwrap();
    let bundle = supplier.bundle(recorded.run).unwrap();
    let verified = verify(&bundle, &root, &Digest::of(b"{}"), &Expectations::default());
    assert_eq!(verified.unwrap().index, recorded.run.0);
}

#[test]
fn a_list_is_read_to_its_end_page_by_page() {
    let server = Server::start();
    let operator = server.as_who("operator");
    for number in 0..205 {
        let organisation = NewOrganisation {
            name: line(&format!("기업 {number}")),
            kind: KindName::Supplier,
        };
        operator.register(&organisation).unwrap();
    }
    let found: Vec<_> = operator.organisations().collect::<Result<_, _>>().unwrap();
    assert_eq!(found.len(), 209);
    assert!(
        found
            .windows(2)
            .all(|pair| pair[0].organisation < pair[1].organisation)
    );
}

#[test]
fn a_node_is_let_in_listed_and_shut_out() {
    let server = Server::start();
    let operator = server.as_who("operator");
    let agency = server.as_who("agency");
    let organisation = agency.me().unwrap().organisation.unwrap();
    let key = NodeKeyName::try_from(format!("ed25519:{}", "a5".repeat(32))).unwrap();
    let admitted = operator
        .admit_node(&NewNode {
            organisation,
            name: line("서울 센터"),
            key: key.clone(),
        })
        .unwrap();
    assert!(!format!("{admitted:?}").contains(&admitted.token));
    let listed: Vec<_> = agency.nodes().collect::<Result<_, _>>().unwrap();
    assert_eq!((listed.len(), &listed[0].key), (1, &key));
    assert_eq!(operator.node(admitted.node).unwrap(), listed[0]);
    operator.shut_node_out(admitted.node).unwrap();
    assert!(agency.node(admitted.node).unwrap().shut_out.is_some());
    assert_eq!(agency.datasets().count(), 0);
}

#[test]
fn jobs_are_listed_with_their_project_and_one_that_cannot_be_is_refused() {
    let server = Server::start();
    let agency = server.as_who("agency");
    assert_eq!(agency.jobs(None, None).count(), 0);
    let project = agency.publish(&NewNeed {
        title: line("수요"),
        description: Prose::default(),
        need: None,
    });
    let project = project.unwrap().sequence;
    assert_eq!(agency.jobs(Some(project), Some(Number(3))).count(), 0);
    let asked = NewDemonstration {
        project,
        proposals: vec![Number(1)],
        dataset: Number(1),
        urgency: UrgencyName::High,
    };
    for (refused, status) in [
        (agency.demonstrate(&asked).err(), 409),
        (agency.job(Number(1)).err(), 404),
        (agency.cancel_job(Number(1)).err(), 404),
        (agency.job_log(Number(1), None).next().unwrap().err(), 404),
    ] {
        let Some(ClientError::Refused(problem)) = refused else {
            panic!("it is refused");
        };
        assert_eq!(problem.status, status);
    }
}

#[test]
fn what_the_server_refuses_is_told_in_its_words() {
    let server = Server::start();
    let supplier = server.as_who("supplier");
    let need = NewNeed {
        title: line("수요"),
        description: Prose::default(),
        need: None,
    };
    let Err(ClientError::Refused(problem)) = supplier.publish(&need) else {
        panic!("it is refused");
    };
    assert_eq!(problem.status, 403);
    let Err(ClientError::Refused(problem)) = supplier.project(Number(999)) else {
        panic!("there is none");
    };
    assert_eq!(problem.status, 404);
    let key = supplier.keys().next().unwrap().unwrap();
    supplier.end_key(key.key).unwrap();
    let error = supplier.me().unwrap_err();
    assert!(
        error.is_wrong_input() && error.to_string().contains("401"),
        "{error}"
    );
}
