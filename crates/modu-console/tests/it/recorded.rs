//! What pages show of runs that are on record, and to whom.

use jiff::{SignedDuration, Timestamp};
use modu_evidence::archive::Recorder;
use modu_evidence::statement::{EngineReport, EngineVersion, ReportedOutput, Statement};
use modu_kernel::Digest;
use modu_programme::account::Token;
use modu_programme::{Links, SHOWN_KEY, Shown};
use serde_json::{Value, json};

use crate::server::Server;

/// Puts a run of an engine into the log, with its report and outputs in the
/// store; where it stands, and the digest of its result.
fn record(
    server: &Server,
    engine: &str,
    report: &Value,
    outputs: &[(&str, String)],
) -> (u64, Digest) {
    let store = server.office.store();
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    let result = json!({ "report": report }).to_string();
    let result = store.put_bytes(result.as_bytes()).unwrap();
    let outputs = outputs.iter().map(|(name, text)| ReportedOutput {
        name: (*name).into(),
        media_type: "text/html".into(),
        artifact: store.put_bytes(text.as_bytes()).unwrap(),
    });
    let statement = Statement::engine_report(EngineReport {
        engine: EngineVersion {
            name: engine.into(),
            version: "1".into(),
        },
        request: json!({}),
        inputs: vec![],
        result,
        outputs: outputs.collect(),
        criteria: None,
        finished: now,
    });
    let folder = server.office.archive().unwrap().folder().to_owned();
    let mut recorder = Recorder::open(folder).unwrap();
    let entry = recorder.record(&statement, now).unwrap();
    (entry.log_index, result.digest)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patients_page_is_behind_its_own_link_and_nowhere_else() {
    let server = Server::start().await;
    let page = [("patient.html", "<p>환자의 안내문</p>".to_owned())];
    let (entry, _) = record(&server, "care.page", &json!({}), &page);
    let key = Token::new().unwrap();
    let home = server
        .office
        .archive()
        .unwrap()
        .folder()
        .parent()
        .unwrap()
        .to_owned();
    let link = |output: &str, seconds: i64| {
        let shown = Shown {
            entry,
            output: output.to_owned(),
            ends: Timestamp::now() + SignedDuration::from_secs(seconds),
        };
        let made = Links::of(&home).make(&shown, &key, Timestamp::now());
        format!("/shown/{}", made.unwrap().0)
    };
    let anybody = server.browser();
    assert_eq!(anybody.get(&link("patient.html", 60)).await.status, 404);
    std::fs::write(home.join(SHOWN_KEY), key.reveal()).unwrap();
    let page = anybody.get(&link("patient.html", 60)).await;
    assert_eq!(
        (page.status, page.body.as_str()),
        (200, "<p>환자의 안내문</p>")
    );
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    assert_eq!(page.headers["cache-control"], "no-store");
    for other in [
        link("patient.html", -1),
        link("report.ko.html", 60),
        format!("{}0", link("patient.html", 60)),
        format!("/evidence/{entry}/released/patient.html"),
    ] {
        assert_eq!(anybody.get(&other).await.status, 404, "{other}");
        let operator = server.signed_in("operator").await;
        assert_eq!(operator.get(&other).await.status, 404, "{other}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_listed_to_those_who_may_and_the_operator_ends_one_of_them() {
    let server = Server::start().await;
    let page = [("patient.html", "<p>환자의 안내문</p>".to_owned())];
    let (entry, _) = record(&server, "care.page", &json!({}), &page);
    let archive = server.office.archive().unwrap();
    let home = archive.folder().parent().unwrap().to_owned();
    let key = Token::new().unwrap();
    std::fs::write(home.join(SHOWN_KEY), key.reveal()).unwrap();
    let links = Links::of(&home);
    let make = || {
        let shown = Shown {
            entry,
            output: "patient.html".to_owned(),
            ends: Timestamp::now() + SignedDuration::from_hours(1),
        };
        links.make(&shown, &key, Timestamp::now()).unwrap().0
    };
    let (one, two) = (make(), make());
    let names: Vec<_> = links.list().unwrap();
    let (operator, auditor) = (
        server.signed_in("operator").await,
        server.signed_in("auditor").await,
    );
    for (login, browser, ends) in [("operator", &operator, true), ("auditor", &auditor, false)] {
        let page = browser.get("/shown").await;
        assert_eq!(page.status, 200, "{login}");
        for link in &names {
            let form = page.body.contains(&format!("/shown/{}/end", link.id));
            assert_eq!(form, ends, "{login}");
        }
        for address in [&one, &two] {
            assert!(
                !page.body.contains(address.as_str()),
                "{login} is told an address"
            );
        }
    }
    // An address with its seal names one link; which, only the register knows.
    let anybody = server.browser();
    let opens = async |token: &str| anybody.get(&format!("/shown/{token}")).await.status;
    let end = format!("/shown/{}/end", names[0].id);
    assert_eq!(auditor.fill(&end, &[]).await.status, 404);
    assert_eq!((opens(&one).await, opens(&two).await), (200, 200));
    assert_eq!(operator.fill(&end, &[]).await.status, 303);
    let mut now = [opens(&one).await, opens(&two).await];
    now.sort_unstable();
    assert_eq!(now, [200, 404]);
    assert_eq!(operator.fill(&end, &[]).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_was_asked_of_assets_or_of_a_patient_is_not_for_everybody() {
    let server = Server::start().await;
    let of_few = [
        "care.page",
        "care.alert",
        "vuln.except",
        "vuln.fix",
        "new.one",
    ];
    let entries: Vec<_> = of_few
        .into_iter()
        .chain(["proof.score", "route.validate"])
        .collect();
    let entries: Vec<(&str, u64)> = (entries.into_iter())
        .map(|engine| (engine, record(&server, engine, &json!({}), &[]).0))
        .collect();
    for (who, sees) in [
        ("", false),
        ("agency", false),
        ("supplier1", false),
        ("evaluator1", false),
        ("operator", true),
        ("auditor", true),
    ] {
        let browser = match who {
            "" => server.browser(),
            who => server.signed_in(who).await,
        };
        for (engine, entry) in &entries {
            let page = browser.get(&format!("/evidence/{entry}")).await;
            assert_eq!(page.status, 200, "{engine} as {who}");
            let bundle = format!("/evidence/{entry}/bundle");
            let may = sees || !of_few.contains(engine);
            assert_eq!(page.body.contains(&bundle), may, "{engine} as {who}");
            let expected = if may { 200 } else { 404 };
            let answer = browser.get(&bundle).await;
            assert_eq!(answer.status, expected, "{engine} as {who}");
        }
    }
}

/// What is released of a demonstration of one solution, and what is the
/// owner's alone.
fn released() -> Value {
    let label = |text: &str| json!({ "ko": text, "en": text });
    json!({
        "rows_about": 20_000,
        "need": {
            "question": label("누구인가"),
            "criteria": [{
                "id": "recall", "metric_name": label("재현율"), "over_name": label("모든 행"),
                "threshold": 0.7, "sentence": label("재현율은 0.7 이상"), "why": label(""),
            }],
        },
        "solutions": [{
            "id": "one", "name": label("<b>하나</b>"), "supplier": label("가람"),
            "decision": { "answer": "refuse", "reason": label("미달") },
            "criteria": [{ "id": "recall", "verdict": "not_met", "parts": [{
                "member": null, "name": label("모든 행"), "verdict": "not_met",
                "estimate": 0.654_321, "limit": 0.612_345, "digits": 2,
            }] }],
        }],
        "standings": [], "not_measured": [],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn solutions_are_compared_by_what_was_released_and_by_nothing_else() {
    let server = Server::start().await;
    let owner = json!({ "secret": "주인만의 것" });
    let report = "<style>.s0{stroke:red}</style><svg class=\"figure\" role=\"img\" viewBox=\"0 0 4 4\">\
        <title>주인만의 곡선</title><desc>주인만의 수 0.654</desc><path class=\"s0\" d=\"M0 0\"></path></svg>";
    let outputs = [
        ("released.json", released().to_string()),
        ("owner.ko.html", report.to_owned()),
    ];
    let (run, result) = record(&server, "proof.score", &owner, &outputs);
    let project = {
        use modu_programme::project::{Score, ScoreSheet, Verdict};
        use modu_programme::{Actor, Event, ProjectId, ProposalId, Text, Title};
        let agency = server.agency;
        let supplier = {
            let kept = server.office.kept();
            let organisations = kept.programme().organisations().values();
            let mut named = organisations.filter(|it| it.name.as_str() == "가람");
            named.next().unwrap().id
        };
        let act_at = |event, at| {
            let mut kept = server.office.kept();
            kept.act(Actor::System, event, at).unwrap().sequence
        };
        // However long it takes, the proposal comes while the call is open.
        let begun = Timestamp::now();
        let act = |event| act_at(event, begun);
        let title = Title::new("수요").unwrap();
        let project = ProjectId(act(Event::NeedPublished {
            agency,
            title: title.clone(),
            description: Text::default(),
            need: None,
        }));
        let closes = begun + SignedDuration::from_secs(1);
        act(Event::CallOpened { project, closes });
        let proposal = ProposalId(act(Event::ProposalSubmitted {
            project,
            supplier,
            title,
            summary: Text::default(),
            solution: None,
        }));
        while Timestamp::now() < closes {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let act = |event| act_at(event, Timestamp::now());
        let evaluator = server.evaluators[0];
        act(Event::CallClosed {
            project,
            evaluators: vec![evaluator],
        });
        let sheet = ScoreSheet {
            points: [30, 20, 10, 10],
            comment: Text::default(),
            nonce: Token::new().unwrap().reveal(),
        };
        act(Event::ScoreSealed {
            project,
            proposal,
            evaluator,
            sheet: sheet.digest().unwrap(),
        });
        act(Event::ScoresOpened {
            project,
            sheets: vec![Score {
                proposal,
                evaluator,
                sheet,
            }],
        });
        act(Event::Selected {
            project,
            proposals: vec![proposal],
            reason: Text::default(),
        });
        act(Event::Demonstrated {
            project,
            proposal,
            verdict: Verdict::Refuse,
            report: result,
            evidence: run,
        });
        project
    };
    let page = server
        .browser()
        .get(&format!("/projects/{project}/results"))
        .await;
    assert_eq!(page.status, 200, "{}", page.body);
    // To the digits that were released, with the limit and the picture.
    for shown in [
        ">0.65<",
        ">0.61<",
        "<svg",
        "미달",
        "&lt;b&gt;하나&lt;/b&gt;",
        "20,000",
    ] {
        assert!(page.body.contains(shown), "{shown}: {}", page.body);
    }
    assert!(!page.body.contains("0.654"), "{}", page.body);
    // The agency whose data they are sees the pictures of its own report, each
    // a file that can do nothing; nobody else is told of them.
    let results = format!("/projects/{project}/results");
    let picture = format!("/evidence/{run}/released/owner.ko.html/0");
    for (login, sees) in [
        ("agency", true),
        ("agency2", false),
        ("operator", false),
        ("auditor", false),
        ("supplier1", false),
        ("", false),
    ] {
        let browser = match login {
            "" => server.browser(),
            login => server.signed_in(login).await,
        };
        let page = browser.get(&results).await.body;
        assert_eq!(page.contains("주인만의 곡선"), sees, "{login}");
        assert_eq!(
            page.contains(&format!("src=\"{picture}\"")),
            sees,
            "{login}"
        );
        let file = browser.get(&picture).await;
        assert_eq!(file.status, if sees { 200 } else { 404 }, "{login}");
        let report = format!("/evidence/{run}/released/owner.ko.html");
        assert_eq!(browser.get(&report).await.status, file.status, "{login}");
        if sees {
            assert_eq!(file.headers["content-type"], "image/svg+xml");
            let policy = file.headers["content-security-policy"].to_str().unwrap();
            assert!(policy.starts_with("sandbox"), "{policy}");
            assert!(file.body.contains(".s0{stroke:red}"), "{}", file.body);
            for none in ["1", "x", "18446744073709551616"] {
                let place = format!("/evidence/{run}/released/owner.ko.html/{none}");
                assert_eq!(browser.get(&place).await.status, 404, "{place}");
            }
            let place = format!("/evidence/{run}/released/released.json/0");
            assert_eq!(browser.get(&place).await.status, 404);
        }
    }
    let table = server
        .browser()
        .get(&format!("/projects/{project}/results.csv?run={run}"))
        .await;
    let mut lines = table.body.lines().skip(1);
    let line = "<b>하나</b>,가람,불가,재현율은 0.7 이상,모든 행,미달,0.65,0.61,0.7";
    assert_eq!((table.status, lines.next()), (200, Some(line)));
    assert_eq!(lines.next(), None);
    let book = format!("/projects/{project}/results.xlsx");
    assert_eq!(server.browser().get(&book).await.status, 200);
    let other = format!("/projects/{project}/results.csv?run={}", run + 1);
    assert_eq!(server.browser().get(&other).await.status, 404);
    for place in ["/engines/proof", &format!("/evidence/{run}")] {
        let page = server.browser().get(place).await.body;
        assert!(
            page.contains("&lt;b&gt;하나&lt;/b&gt;") && !page.contains("주인만의"),
            "{page}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_help_an_attacker_is_for_operator_and_auditor() {
    let server = Server::start().await;
    let report = json!({
        "day": "2026-11-23", "counts": { "items": 1, "open": 1, "excepted": 0, "fixed": 0 },
        "items": [{
            "asset": "비밀 서버", "component": "pkg:pypi/django", "fault": "CVE-2024-24680",
            "standing": "open", "due": "2026-11-20", "days_over": 3,
        }],
    });
    let outputs = [("due.csv", "비밀 서버".to_owned())];
    let (run, _) = record(&server, "vuln.due", &report, &outputs);
    let file = format!("/evidence/{run}/released/due.csv");
    for (login, sees) in [
        ("", false),
        ("agency", false),
        ("supplier1", false),
        ("evaluator1", false),
        ("operator", true),
        ("auditor", true),
    ] {
        let browser = match login {
            "" => server.browser(),
            login => server.signed_in(login).await,
        };
        for place in ["/engines/vuln", &format!("/evidence/{run}")] {
            let page = browser.get(place).await;
            assert_eq!(page.status, 200);
            assert_eq!(
                page.body.contains("비밀 서버"),
                sees,
                "{place} as `{login}`"
            );
        }
        let expected = if sees { 200 } else { 404 };
        assert_eq!(browser.get(&file).await.status, expected, "`{login}`");
        for (table, row) in [("0", "2026-11-20,1"), ("2", "2026-11-20,비밀 서버,")] {
            let place = format!("/evidence/{run}/tables/{table}");
            let csv = browser.get(&format!("{place}.csv")).await;
            assert_eq!(csv.status, expected, "{table} as `{login}`");
            assert_eq!(csv.body.contains(row), sees, "{}", csv.body);
            let book = browser.get(&format!("{place}.xlsx")).await;
            assert_eq!(book.status, expected, "{table} as `{login}`");
        }
        for wrong in ["3.csv", "0.txt", "x.csv", "0"] {
            let place = format!("/evidence/{run}/tables/{wrong}");
            assert_eq!(browser.get(&place).await.status, 404, "{wrong}");
        }
    }
    // Before it was run, nothing of it was there.
    let operator = server.signed_in("operator").await;
    let before = operator.get("/engines/vuln?at=2026-01-01T00:00").await;
    assert_eq!(before.status, 200);
    assert!(!before.body.contains("비밀 서버"));
    assert_eq!(operator.get("/engines/vuln?at=soon").await.status, 422);
}
