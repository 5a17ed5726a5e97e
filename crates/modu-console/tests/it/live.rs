//! A job's progress as it is sent.

use std::time::Duration;

use jiff::Timestamp;
use modu_kernel::Digest;
use modu_programme::job::{
    Dataset, DatasetId, Demonstrate, JobId, Lease, NewJob, Reached, Settlement, Urgency, Work,
};
use modu_programme::{PersonId, ProjectId, Title};
use reqwest::Response;

use crate::server::{Server, number};

/// A job of the agency's project that a worker has.
async fn at_work(server: &Server) -> (JobId, Lease) {
    let agency = server.signed_in("agency").await;
    let fields = [("title", "수요"), ("description", "")];
    let project = ProjectId(number(&agency.done("/needs/new", &fields).await));
    let job = NewJob {
        organisation: server.agency,
        project,
        person: PersonId(server.agency.0.next()),
        urgency: Urgency::Normal,
        work: Work::Demonstrate(Demonstrate {
            need: Digest::of(b"need"),
            dataset: Dataset {
                id: DatasetId(1),
                organisation: server.agency,
                name: Title::new("자료").unwrap(),
                digest: Some(Digest::of(b"data")),
                commitment: None,
                size: 4,
                is_public: true,
                node: None,
                gone: None,
            },
            entrants: Vec::new(),
        }),
        key: None,
    };
    let queue = server.office.jobs().queue();
    let id = queue.submit(&job, Timestamp::now()).unwrap();
    let (_, lease) = queue.take(None, "one", Timestamp::now()).unwrap().unwrap();
    (id, lease)
}

fn reached(stage: &str) -> Reached {
    Reached {
        stage: stage.to_owned(),
        done: 3,
        total: 10,
    }
}

/// Reads until a word comes.
async fn until(answer: &mut Response, word: &str) -> String {
    let mut text = String::new();
    while !text.contains(word) {
        let chunk = tokio::time::timeout(Duration::from_secs(60), answer.chunk()).await;
        let chunk = chunk.expect("something is sent").unwrap();
        let chunk = chunk.unwrap_or_else(|| panic!("it ended before {word}: {text}"));
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn how_far_a_job_is_comes_as_it_comes_and_ends_with_it() {
    let server = Server::start().await;
    let (job, lease) = at_work(&server).await;
    let browser = server.signed_in("agency").await;
    let page = format!("/jobs/{job}");
    let shown = browser.get(&page).await;
    let policy = shown.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("script-src 'self'; connect-src 'self'"),
        "{policy}"
    );
    let mut answer = browser.open(&format!("{page}/events")).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let first = until(&mut answer, "\n\n").await;
    assert!(
        first.contains("event: message\ndata: <div id=\"live\""),
        "{first}"
    );
    let queue = server.office.jobs().queue();
    let at = reached("재기 <script>\nevent: over");
    queue.renew(lease, Some(&at), Timestamp::now()).unwrap();
    let next = until(&mut answer, "3 / 10").await;
    assert!(
        next.contains("재기 &lt;script&gt;\ndata: event: over"),
        "{next}"
    );
    let settlement = Settlement {
        lease,
        answer: "{}".to_owned(),
        at: Timestamp::now(),
    };
    queue.settle(&settlement).unwrap();
    until(&mut answer, "event: over\n").await;
    while answer.chunk().await.unwrap().is_some() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_has_a_few_streams_and_a_stranger_none() {
    let server = Server::start().await;
    let (job, _) = at_work(&server).await;
    let events = format!("/jobs/{job}/events");
    let stranger = server.signed_in("supplier1").await;
    assert_eq!(stranger.get(&events).await.status, 404);
    assert_eq!(server.browser().get(&events).await.status, 303);
    let browser = server.signed_in("agency").await;
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(browser.open(&events).await);
    }
    assert!(open.iter().all(|answer| answer.status() == 200));
    assert_eq!(browser.get(&events).await.status, 429);
    // Others still have theirs, and so has who closes one.
    assert_eq!(
        server
            .signed_in("operator")
            .await
            .open(&events)
            .await
            .status(),
        200
    );
    open.pop();
    let mut tries = 0..600;
    while browser.open(&events).await.status() != 200 {
        assert!(tries.next().is_some(), "the seat does not come back");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_the_server_and_with_the_right_to_it() {
    let server = Server::start().await;
    let (job, _) = at_work(&server).await;
    let events = format!("/jobs/{job}/events");
    let mut seen = server.signed_in("operator").await.open(&events).await;
    let mut shut_out = server.signed_in("agency").await.open(&events).await;
    until(&mut seen, "\n\n").await;
    until(&mut shut_out, "\n\n").await;
    let person = PersonId(server.agency.0.next());
    let operator = server.signed_in("operator").await;
    let suspend = format!("/people/{person}/suspend");
    operator.done(&suspend, &[]).await;
    while shut_out.chunk().await.unwrap().is_some() {}
    server.stop.send_replace(true);
    while seen.chunk().await.unwrap().is_some() {}
}
