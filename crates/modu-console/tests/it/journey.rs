//! From a need to adoption, in the browsers of four roles.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use modu_console::Limits;
use modu_kernel::Digest;
use modu_programme::project::Verdict;
use modu_programme::{Actor, Event, ProjectId, ProposalId};

use crate::server::{Server, number};

/// Minutes by which the clock of one test is ahead.
static AHEAD: AtomicI64 = AtomicI64::new(0);

fn turned() -> Timestamp {
    Timestamp::now() + SignedDuration::from_mins(AHEAD.load(Ordering::SeqCst))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_need_goes_through_call_sealed_scores_and_selection_to_adoption() {
    let server = Server::start_as(Limits::default(), turned).await;
    let agency = server.signed_in("agency").await;
    let operator = server.signed_in("operator").await;
    let place = agency
        .done(
            "/needs/new",
            &[("title", "민원 분류"), ("description", "민원을 나눕니다.")],
        )
        .await;
    let project = ProjectId(number(&place));

    // The browser's field has minutes only; the end of a call is given by code.
    let now = server.office.now();
    let closes = now + SignedDuration::from_mins(20);
    let opened = Event::CallOpened { project, closes };
    (server.office.kept())
        .act(Actor::System, opened, now)
        .unwrap();
    for supplier in ["supplier1", "supplier2"] {
        let browser = server.signed_in(supplier).await;
        let fields = [
            ("title", supplier),
            ("summary", "나무 모형"),
            ("solution", ""),
        ];
        browser.done(&format!("{place}/propose"), &fields).await;
    }
    let [first, second] = server.evaluators[..] else {
        panic!("two evaluators");
    };
    let (first, second) = (first.to_string(), second.to_string());
    let named = [
        ("evaluator", first.as_str()),
        ("evaluator", second.as_str()),
    ];
    let early = operator.fill(&format!("{place}/close-call"), &named).await;
    assert_eq!(early.status, 409, "{}", early.body);
    AHEAD.store(21, Ordering::SeqCst);
    operator.done(&format!("{place}/close-call"), &named).await;

    let proposals: Vec<ProposalId> = {
        let kept = server.office.kept();
        kept.programme().projects()[&project]
            .proposals
            .keys()
            .copied()
            .collect()
    };
    for evaluator in ["evaluator1", "evaluator2"] {
        let browser = server.signed_in(evaluator).await;
        for (proposal, points) in proposals
            .iter()
            .zip([["30", "20", "9", "9"], ["11", "12", "3", "4"]])
        {
            let proposal = proposal.to_string();
            let mut fields = vec![
                ("proposal", proposal.as_str()),
                ("comment", "까닭이 있습니다"),
            ];
            fields.extend(points.map(|points| ("points", points)));
            browser.done(&format!("{place}/score"), &fields).await;
            // Nobody reads a sheet before all are in, not even who wrote it.
            let page = browser.get(&place).await;
            assert!(!page.body.contains("까닭이 있습니다"));
        }
        let open = operator.fill(&format!("{place}/open-scores"), &[]).await;
        let expected = if evaluator == "evaluator1" { 409 } else { 303 };
        assert_eq!(open.status, expected, "{}", open.body);
    }
    let page = operator.get(&place).await;
    assert!(
        page.body.contains(">68<") && page.body.contains(">30<"),
        "{}",
        page.body
    );

    let winner = proposals[0].to_string();
    let fields = [("proposal", winner.as_str()), ("reason", "점수")];
    operator.done(&format!("{place}/select"), &fields).await;
    let adopt = [("proposal", winner.as_str())];
    let desk = agency.get("/desk").await.body;
    assert!(
        desk.contains("supplier1") && desk.contains(">실증<"),
        "{desk}"
    );
    let too_soon = agency.fill(&format!("{place}/adopt"), &adopt).await;
    assert_eq!(too_soon.status, 409, "{}", too_soon.body);
    let judged = Event::Demonstrated {
        project,
        proposal: proposals[0],
        verdict: Verdict::Adopt,
        report: Digest::of(b"report"),
        evidence: 0,
    };
    server
        .office
        .kept()
        .act(Actor::System, judged, server.office.now())
        .unwrap();
    agency.done(&format!("{place}/adopt"), &adopt).await;
    let public = server.browser().get(&place).await;
    assert!(public.body.contains("통계청"), "{}", public.body);
    assert!(public.body.contains("도입 가능"), "{}", public.body);
    // Its phases are drawn in proportion to time; the log of this test has no
    // run that could be compared.
    assert!(public.body.contains("phases-in-time"), "{}", public.body);
    let compared = server.browser().get(&format!("{place}/results")).await;
    assert_eq!(compared.status, 200);
    let other = server
        .browser()
        .get(&format!("{place}/results?run=0"))
        .await;
    assert_eq!(other.status, 404);
    let used = {
        let kept = server.office.kept();
        kept.programme().projects()[&project].proposals[&proposals[0]]
            .users
            .clone()
    };
    assert_eq!(used.into_iter().collect::<Vec<_>>(), [server.agency]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_person_comes_in_by_a_link_that_works_once() {
    let server = Server::start().await;
    let operator = server.signed_in("operator").await;
    let agency = server.agency.to_string();
    let fields = [
        ("organisation", agency.as_str()),
        ("name", "새 주무관"),
        ("role", "DemandAgency"),
    ];
    let page = operator.fill("/people/enrol", &fields).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let (_, rest) = page.body.split_once("/welcome/").unwrap();
    let link = format!("/welcome/{}", &rest[..64]);
    let newcomer = server.browser();
    assert!(newcomer.get(&link).await.body.contains("새 주무관"));
    let short = [("login", "new"), ("password", "짧다")];
    assert_eq!(newcomer.send(&link, &short).await.status, 422);
    let chosen = [("login", "new"), ("password", crate::server::PHRASE)];
    assert_eq!(newcomer.send(&link, &chosen).await.status, 303);
    assert_eq!(newcomer.send(&link, &chosen).await.status, 422);
    server.signed_in("new").await;
    // The link is on no later page.
    assert!(!operator.get("/people").await.body.contains("/welcome/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_korean_or_english_as_asked() {
    let server = Server::start().await;
    let browser = server.browser();
    assert!(browser.get("/").await.body.contains("<html lang=\"ko\">"));
    let answer = browser.get("/language/en?to=/evidence").await;
    assert_eq!((answer.status, answer.place()), (303, "/evidence"));
    let page = browser.get("/evidence").await.body;
    assert!(page.contains("<html lang=\"en\">") && page.contains("Evidence"));
    assert_eq!(browser.get("/language/xx").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_told_to_stop_stops() {
    let server = Server::start().await;
    assert_eq!(server.browser().get("/health").await.status, 200);
    server.stop.send_replace(true);
    let gone = async {
        while tokio::net::TcpStream::connect(server.address).await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), gone)
        .await
        .unwrap();
}
