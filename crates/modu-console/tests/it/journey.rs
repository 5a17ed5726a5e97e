//! From a need to adoption, in the browsers of four roles.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use modu_console::Limits;
use modu_kernel::Digest;
use modu_programme::access::Role;
use modu_programme::project::Verdict;
use modu_programme::{Actor, Event, PersonId, ProjectId, ProposalId, Text, Title};

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
async fn an_operator_changes_the_evaluators_while_sheets_are_to_come() {
    let server = Server::start().await;
    let [judging, next] = server.evaluators[..] else {
        panic!("two evaluators");
    };
    let (project, proposal) = judged_by(&server, judging);
    let place = format!("/projects/{project}");
    let operator = server.signed_in("operator").await;
    let page = operator.get(&place).await.body;
    assert!(page.contains("평가위원 바꾸기"), "{page}");
    assert!(page.contains("아직 오지 않은 평가표: 1 · "), "{page}");
    // The only one stays until another is there.
    let release = [
        ("evaluator", judging.to_string()),
        ("reason", "기한이 지남".to_owned()),
    ];
    let release = release
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let path = format!("{place}/release-evaluator");
    let refused = operator.fill(&path, &release).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    let next = next.to_string();
    let appointed = [("evaluator", next.as_str())];
    operator
        .done(&format!("{place}/appoint-evaluator"), &appointed)
        .await;
    operator.done(&path, &release).await;
    // Now only the other one is asked for a sheet, and told so.
    let newcomer = server.signed_in("evaluator2").await;
    assert!(newcomer.get(&place).await.body.contains("봉인</button>"));
    let gone = server.signed_in("evaluator1").await;
    assert!(!gone.get(&place).await.body.contains("봉인</button>"));
    // How many judge, and so who comes and goes, is not for those who are judged.
    let counts = "봉인된 평가표 0/1";
    assert!(operator.get(&place).await.body.contains(counts));
    for name in ["supplier1", "agency"] {
        let page = server.signed_in(name).await.get(&place).await.body;
        assert!(!page.contains("봉인된 평가표"), "{page}");
    }
    let proposal = proposal.to_string();
    let mut sheet = vec![("proposal", proposal.as_str()), ("comment", "까닭")];
    sheet.extend(["30", "20", "9", "9"].map(|points| ("points", points)));
    newcomer.done(&format!("{place}/score"), &sheet).await;
    operator.done(&format!("{place}/open-scores"), &[]).await;
    // Why somebody was released is for those who see the history.
    assert!(operator.get(&place).await.body.contains("기한이 지남"));
    for browser in [server.signed_in("agency").await, server.browser()] {
        assert!(!browser.get(&place).await.body.contains("기한이 지남"));
    }
}

/// A project with one proposal, which one evaluator judges.
fn judged_by(server: &Server, evaluator: PersonId) -> (ProjectId, ProposalId) {
    let begun = server.office.now();
    let closes = begun + SignedDuration::from_millis(1);
    let tell = |event, at| {
        let mut kept = server.office.kept();
        kept.act(Actor::System, event, at).unwrap().sequence
    };
    let text = |text| Text::new(text).unwrap();
    let title = Title::new("민원 분류").unwrap();
    let need = Event::NeedPublished {
        agency: server.agency,
        title: title.clone(),
        description: text("민원을 나눕니다."),
        need: None,
    };
    let project = ProjectId(tell(need, begun));
    tell(Event::CallOpened { project, closes }, begun);
    let supplier = {
        let kept = server.office.kept();
        let mut people = kept.programme().people().values();
        people
            .find(|it| it.role == Role::Supplier)
            .unwrap()
            .organisation
    };
    let proposed = Event::ProposalSubmitted {
        project,
        supplier,
        title,
        summary: text("나무 모형"),
        solution: None,
    };
    let proposal = ProposalId(tell(proposed, begun));
    let closed = Event::CallClosed {
        project,
        evaluators: vec![evaluator],
    };
    tell(closed, closes);
    (project, proposal)
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
