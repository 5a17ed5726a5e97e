//! Demonstrations: asked for, followed and called off.

use jiff::{SignedDuration, Timestamp};
use modu_kernel::Digest;
use modu_programme::job::{DatasetId, Lease, Reached, Settlement};
use modu_programme::project::{Score, ScoreSheet};
use modu_programme::{
    Actor, Event, OrganisationKind, ProjectId, ProposalId, Sequence, Text, Title,
};
use serde_json::{Value, json};

use crate::server::Server;

/// A project whose two suppliers were selected, and data of its agency.
struct Ready {
    project: ProjectId,
    proposals: [ProposalId; 2],
    dataset: DatasetId,
}

fn ready(server: &Server) -> Ready {
    let mut hour = 0;
    let mut tell = |event| {
        hour += 1;
        let at = Timestamp::now() + SignedDuration::from_hours(hour);
        let mut kept = server.office.kept();
        kept.act(Actor::System, event, at).unwrap().sequence
    };
    let organisation = |name: &str| {
        let person = server.person(name);
        let kept = server.office.kept();
        kept.programme().people()[&person].organisation
    };
    let title = || Title::new("실증").unwrap();
    let project = ProjectId(tell(Event::NeedPublished {
        agency: organisation("agency"),
        title: title(),
        description: Text::default(),
        need: Some(Digest::of(b"need")),
    }));
    let closes = Timestamp::now() + SignedDuration::from_hours(5);
    tell(Event::CallOpened { project, closes });
    let materials = server.office.jobs().materials();
    let proposals = ["supplier", "rival"].map(|name| {
        let document = Digest::of(name.as_bytes());
        materials
            .keep_solution(document, Digest::of(b"model"))
            .unwrap();
        ProposalId(tell(Event::ProposalSubmitted {
            project,
            supplier: organisation(name),
            title: title(),
            summary: Text::default(),
            solution: Some(document),
        }))
    });
    // The call is over by then.
    tell(Event::OrganisationRegistered {
        name: Title::new("다른 기관").unwrap(),
        kind: OrganisationKind::Supplier,
    });
    let evaluator = server.person("evaluator");
    tell(Event::CallClosed {
        project,
        evaluators: vec![evaluator],
    });
    let sheets = proposals.map(|proposal| {
        let sheet = ScoreSheet {
            points: [30, 22, 11, 11],
            comment: Text::default(),
            nonce: "1".repeat(64),
        };
        tell(Event::ScoreSealed {
            project,
            proposal,
            evaluator,
            sheet: sheet.digest().unwrap(),
        });
        Score {
            proposal,
            evaluator,
            sheet,
        }
    });
    tell(Event::ScoresOpened {
        project,
        sheets: sheets.to_vec(),
    });
    tell(Event::Selected {
        project,
        proposals: proposals.to_vec(),
        reason: Text::default(),
    });
    let data = (Some(Digest::of(b"rows")), 4);
    let dataset = materials.keep_dataset(organisation("agency"), &title(), data, false, None);
    Ready {
        project,
        proposals,
        dataset: dataset.unwrap(),
    }
}

impl Ready {
    fn asked(&self, proposals: &[ProposalId]) -> Value {
        json!({ "project": self.project, "proposals": proposals, "dataset": self.dataset })
    }
}

fn take(server: &Server) -> Lease {
    let queue = server.office.jobs().queue();
    let taken = queue.take(None, "test", Timestamp::now()).unwrap();
    taken.unwrap().1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demonstration_is_asked_for_followed_and_answered() {
    let server = Server::start().await;
    let ready = ready(&server);
    let data = server.get("/api/v1/datasets", "agency").await.body;
    let known = &data["items"][0];
    assert_eq!(known["dataset"], json!(ready.dataset));
    assert_eq!(known["digest"], json!(Digest::of(b"rows")));
    // The operator knows that they are there, and not which they are.
    let data = server.get("/api/v1/datasets", "operator").await.body;
    assert_eq!(data["items"][0]["name"], "실증");
    assert_eq!(data["items"][0]["digest"], Value::Null);
    let asked = ready.asked(&ready.proposals[..1]);
    let made = server.post("/api/v1/jobs", "agency", &asked).await;
    assert_eq!(made.status, 201, "{made:?}");
    let place = made.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(place, format!("/api/v1/jobs/{}", made.body["job"]));
    let job = server.get(&place, "supplier").await.body;
    assert_eq!(
        (&job["state"], &job["urgency"]),
        (&json!("waiting"), &json!("normal"))
    );

    let lease = take(&server);
    let queue = server.office.jobs().queue();
    let reached = Reached {
        stage: "재기 | measuring".to_owned(),
        done: 3,
        total: 10,
    };
    queue
        .renew(lease, Some(&reached), Timestamp::now())
        .unwrap();
    let job = server.get(&place, "agency").await.body;
    assert_eq!(job["state"], "running");
    let expected = json!({ "stage": "재기 | measuring", "done": 3, "total": 10 });
    assert_eq!(job["reached"], expected);
    let result = Digest::of(b"result");
    let proposal = ready.proposals[0];
    let answer = json!({ "result": result, "run": "7", "solutions": [
        { "proposal": proposal, "verdict": "refuse", "evidence": "8", "is_new": true }
    ] });
    let settlement = Settlement {
        lease,
        answer: answer.to_string(),
        at: Timestamp::now(),
    };
    queue.settle(&settlement).unwrap();
    let job = server.get(&place, "agency").await.body;
    assert_eq!(job["state"], "done");
    let told = json!({ "run": 7, "result": result, "solutions": [
        { "proposal": proposal, "verdict": "refuse", "evidence": 8, "is_new": true }
    ] });
    assert_eq!(job["answer"], told);
    let log = server.get(&format!("{place}/log"), "agency").await.body;
    let what: Vec<_> = (log["items"].as_array().unwrap().iter())
        .map(|line| line["what"].as_str().unwrap())
        .collect();
    assert_eq!(what, ["asked", "taken", "stage", "done"]);
    let last = format!("{place}/log?after=3&limit=1");
    let last = server.get(&last, "agency").await.body;
    assert_eq!(last["items"][0]["what"], "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_seen_by_its_parties_and_not_by_rivals() {
    let server = Server::start().await;
    let ready = ready(&server);
    for proposals in [&ready.proposals[..1], &ready.proposals[..]] {
        let asked = ready.asked(proposals);
        let made = server.post("/api/v1/jobs", "agency", &asked).await;
        assert_eq!(made.status, 201, "{made:?}");
    }
    // The first is of one supplier alone, the second of both.
    for (who, seen) in [
        ("agency", &[1, 2][..]),
        ("operator", &[1, 2]),
        ("evaluator", &[1, 2]),
        ("supplier", &[1]),
        ("rival", &[]),
    ] {
        let list = server.get("/api/v1/jobs", who).await.body;
        let listed: Vec<_> = (list["items"].as_array().unwrap().iter())
            .map(|job| job["job"].as_u64().unwrap())
            .collect();
        assert_eq!(listed, seen, "{who}");
        for job in [1, 2] {
            let expected = if seen.contains(&job) { 200 } else { 404 };
            for part in ["", "/log"] {
                let place = format!("/api/v1/jobs/{job}{part}");
                assert_eq!(
                    server.get(&place, who).await.status,
                    expected,
                    "{who} {place}"
                );
            }
        }
    }
    let first = server.get("/api/v1/jobs?limit=1", "agency").await.body;
    assert_eq!(first["next"], 1);
    let rest = server
        .get("/api/v1/jobs?limit=1&after=1", "agency")
        .await
        .body;
    assert_eq!(
        (&rest["items"][0]["job"], &rest["next"]),
        (&json!(2), &Value::Null)
    );
    let other = format!("/api/v1/jobs?project={}", server.project);
    assert_eq!(server.get(&other, "agency").await.body["items"], json!([]));
    for wrong in ["project=x", "project=-1", "project=1&project=2"] {
        let place = format!("/api/v1/jobs?{wrong}");
        assert_eq!(server.get(&place, "agency").await.status, 400, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_called_off_by_its_agency_until_its_effect_begins() {
    let server = Server::start().await;
    let ready = ready(&server);
    let ask = async || {
        let asked = ready.asked(&ready.proposals[..1]);
        let made = server.post("/api/v1/jobs", "agency", &asked).await;
        format!("/api/v1/jobs/{}/cancel", made.body["job"])
    };
    let waiting = ask().await;
    for (who, status) in [("rival", 404), ("supplier", 403), ("operator", 403)] {
        let answer = server.post(&waiting, who, &Value::Null).await;
        assert_eq!(answer.status, status, "{who}");
    }
    for _ in 0..2 {
        let answer = server.post(&waiting, "agency", &Value::Null).await;
        assert_eq!(
            (answer.status, &answer.body["state"]),
            (200, &json!("cancelled"))
        );
    }
    let running = ask().await;
    let lease = take(&server);
    let answer = server.post(&running, "agency", &Value::Null).await.body;
    assert_eq!(
        (&answer["state"], &answer["called_off"]),
        (&json!("running"), &json!(true))
    );
    let queue = server.office.jobs().queue();
    queue.stopped(lease, Timestamp::now()).unwrap();
    let late = ask().await;
    queue
        .mark(take(&server), "about to", Timestamp::now())
        .unwrap();
    let answer = server.post(&late, "agency", &Value::Null).await.body;
    assert_eq!(
        (&answer["state"], &answer["called_off"]),
        (&json!("running"), &json!(false))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demonstration_that_is_asked_for_again_with_its_key_is_one_job() {
    let server = Server::start().await;
    let ready = ready(&server);
    let ask = |body: &Value, key: &str| {
        let call = server.call("POST", "/api/v1/jobs", Some(server.key("agency")));
        server.send(call.header("idempotency-key", key).json(body))
    };
    let one = ready.asked(&ready.proposals[..1]);
    let first = ask(&one, "a").await;
    assert_eq!((first.status, &first.body["job"]), (201, &json!(1)));
    let again = ask(&one, "a").await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    let both = ready.asked(&ready.proposals);
    assert_eq!(ask(&both, "a").await.status, 409);
    assert_eq!(ask(&both, "b").await.body["job"], 2);
    // A server that was killed before it said so: the job is there, the key is
    // open, and asking on makes no second one.
    let person = server.person("agency");
    let long_ago = Timestamp::now() - SignedDuration::from_mins(5);
    let request = [b"/jobs\n".as_slice(), &serde_json::to_vec(&one).unwrap()].concat();
    let known = server.office.accounts().begin_once(
        (person, "c"),
        &Digest::of(&request),
        Sequence(77),
        long_ago,
    );
    known.unwrap();
    let asked = modu_programme::job::AskedDemonstration {
        project: ready.project,
        proposals: ready.proposals[..1].to_vec(),
        dataset: ready.dataset,
        urgency: modu_programme::job::Urgency::Normal,
        key: Some(format!("{person} 77 c")),
    };
    let job = server.office.demonstrate(person, &asked).unwrap();
    assert_eq!(ask(&one, "c").await.body["job"], json!(job));
    let refused = json!({ "project": ready.project, "proposals": [], "dataset": ready.dataset });
    assert_eq!(ask(&refused, "d").await.status, 422);
    let unknown = json!({ "project": ready.project, "proposals": ready.proposals, "dataset": 99 });
    for _ in 0..2 {
        assert_eq!(ask(&unknown, "e").await.status, 404);
    }
    assert_eq!(
        server
            .office
            .jobs()
            .queue()
            .list(None, None, 10)
            .unwrap()
            .len(),
        3
    );
}
