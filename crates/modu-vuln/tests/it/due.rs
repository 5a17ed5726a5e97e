//! Exceptions, proofs of fixing, and what falls due.

use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use modu_kernel::{EngineError, InputsInMemory, NoProgress, Outcome};
use modu_vuln::advisory::{Explanations, pack};
use modu_vuln::due::DueReport;
use modu_vuln::fix::{FixReport, NotShown};
use modu_vuln::ledger::{Item, Standing, State};
use modu_vuln::{ASSETS, DUE, EXCEPT, FIX};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::decide::{Book, Case, facts};

fn item<'a>(state: &'a State, asset: &str) -> (String, &'a Item) {
    let mut items = state.items.iter();
    let (id, item) = items.find(|(_, item)| item.asset == asset).unwrap();
    (id.to_string(), item)
}

fn except(book: &Book, day: &str, asset: &str, exception: Value) -> Result<Outcome, EngineError> {
    let (id, _) = item(&book.state(), asset);
    let request =
        json!({ "at": format!("{day}T00:00:00Z"), "items": [id[..12]], "exception": exception });
    let inputs = InputsInMemory::new().with("ledger", book.text.clone());
    (EXCEPT.run)(&request, &inputs, &NoProgress)
}

fn given(until: &str) -> Value {
    json!({ "owner": "김하나", "reason": "부품이 아직 없음", "control": "방화벽에서 막음", "until": until })
}

fn due(book: &Book, day: &str) -> (DueReport, Outcome) {
    let inputs = InputsInMemory::new().with("ledger", book.text.clone());
    let request = json!({ "at": format!("{day}T00:00:00Z") });
    let outcome = (DUE.run)(&request, &inputs, &NoProgress).unwrap();
    (
        serde_json::from_value(outcome.report.clone()).unwrap(),
        outcome,
    )
}

fn decided() -> Book {
    let mut book = Book::default();
    Case::default().decide(&mut book);
    book
}

#[test]
fn an_exception_holds_until_its_day_and_then_the_deadline_does_again() {
    let mut book = decided();
    book.add(&except(&book, "2026-11-04", "web", given("2026-11-20")).unwrap());
    for (day, standing, overdue) in [
        ("2026-11-05", Standing::Excepted, 0),
        ("2026-11-20", Standing::Excepted, 0),
        ("2026-11-21", Standing::Open, 1),
    ] {
        let (report, _) = due(&book, day);
        assert_eq!(
            item(&book.state(), "web").1.standing(report.day),
            standing,
            "{day}"
        );
        assert_eq!(report.overdue, overdue, "{day}");
    }
    // The next decision writes that it ended, and moves nothing.
    let report = Case::at("2026-11-21").decide(&mut book);
    assert_eq!((report.exceptions_ended, report.overdue), (1, 1));
    let state = book.state();
    let web = item(&state, "web").1;
    assert!(web.exception.is_none());
    assert_eq!(web.due().unwrap().to_string(), "2026-11-05");
}

#[test]
fn an_exception_ends_when_more_is_known_than_when_it_was_given() {
    let mut book = decided();
    book.add(&except(&book, "2026-11-04", "plc", given("2026-12-31")).unwrap());
    let exploited = Case {
        facts: facts(&["CVE-2026-0002"], &[]),
        ..Case::at("2026-11-10")
    };
    let report = exploited.decide(&mut book);
    assert_eq!((report.exceptions_ended, report.shortened), (1, 1));
    let state = book.state();
    let plc = item(&state, "plc").1;
    assert_eq!(plc.standing(report.day), Standing::Open);
    assert_eq!(plc.due().unwrap().to_string(), "2026-11-13");
}

#[test]
fn an_exception_can_be_taken_back() {
    let mut book = decided();
    assert!(except(&book, "2026-11-04", "web", Value::Null).is_err());
    book.add(&except(&book, "2026-11-04", "web", given("2026-11-20")).unwrap());
    book.add(&except(&book, "2026-11-06", "web", Value::Null).unwrap());
    assert_eq!(due(&book, "2026-11-06").0.overdue, 1);
}

#[test]
fn an_exception_without_owner_reason_control_or_a_near_end_is_refused() {
    let book = decided();
    let mut texts = vec![given("2026-11-03"), given("2028-11-03")];
    for part in ["owner", "reason", "control"] {
        let mut one = given("2026-11-20");
        one[part] = json!("  ");
        texts.push(one);
    }
    for exception in texts {
        let error = except(&book, "2026-11-04", "web", exception.clone()).unwrap_err();
        assert!(
            matches!(error, EngineError::Request(_)),
            "{exception}: {error}"
        );
    }
}

/// An inventory of the asset `web`.
fn inventory(components: &[(&str, &str)]) -> String {
    let components: Vec<Value> = (components.iter())
        .map(|(name, version)| {
            json!({"type": "library", "name": name, "version": version, "purl": format!("pkg:pypi/{name}@{version}")})
        })
        .collect();
    json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6",
        "metadata": {"component": {"type": "application", "name": "web"}},
        "components": components,
    })
    .to_string()
}

/// A bundle with a fault of `hana` before 2.0, and one of `dul` of every
/// version.
fn bundle() -> Vec<u8> {
    let osv = |id: &str, name: &str, events: Value| {
        json!({"kind": "osv", "id": id, "modified": "2026-01-01T00:00:00Z", "affected": [{
            "package": {"ecosystem": "PyPI", "name": name},
            "ranges": [{"type": "ECOSYSTEM", "events": events}],
        }]})
    };
    let hana = osv(
        "CVE-2026-0001",
        "hana",
        json!([{"introduced": "0"}, {"fixed": "2.0"}]),
    );
    let dul = osv("CVE-2026-0002", "dul", json!([{"introduced": "0"}]));
    let lines = format!("{hana}\n{dul}\n");
    let made = "2026-11-01T00:00:00Z".parse().unwrap();
    let sources = [("test", lines.as_bytes())];
    let (_, bytes) = pack(1, made, 1_000, sources, &Explanations::default()).unwrap();
    bytes
}

const BEFORE: [(&str, &str); 4] = [
    ("hana", "1.0"),
    ("dul", "1.0"),
    ("set", "1.0"),
    ("net", "1.0"),
];

fn opened() -> Book {
    let mut book = Book::default();
    let findings = "asset,component,version,advisory,names\n\
        web,pkg:pypi/hana,1.0,CVE-2026-0001,CVE-2026-0001\n\
        web,pkg:pypi/dul,1.0,CVE-2026-0002,CVE-2026-0002\n";
    Case {
        findings: findings.to_owned(),
        ..Case::default()
    }
    .decide(&mut book);
    book
}

fn fix(book: &mut Book, day: &str, after: &[(&str, &str)]) -> FixReport {
    let inputs = InputsInMemory::new()
        .with("before", inventory(&BEFORE))
        .with("after", inventory(after))
        .with("advisories", bundle())
        .with("ledger", book.text.clone());
    let request = json!({ "at": format!("{day}T00:00:00Z"), "asset": "web" });
    let outcome = (FIX.run)(&request, &inputs, &NoProgress).unwrap();
    book.add(&outcome);
    serde_json::from_value(outcome.report).unwrap()
}

fn answers(report: &FixReport) -> Vec<(String, Option<NotShown>)> {
    let fixed = report.fixed.iter().map(|due| (due.component.clone(), None));
    let open = (report.open.iter()).map(|(due, why)| (due.component.clone(), Some(*why)));
    let mut answers: Vec<_> = fixed.chain(open).collect();
    answers.sort_by(|one, other| one.0.cmp(&other.0));
    answers
}

#[test]
fn only_two_scans_show_that_something_was_fixed() {
    for (after, hana, dul) in [
        // Updated; the other one is there still.
        (
            vec![
                ("hana", "2.0"),
                ("dul", "1.0"),
                ("set", "1.0"),
                ("net", "1.0"),
            ],
            None,
            Some(NotShown::StillThere),
        ),
        // An update that does not help; a component that is gone.
        (
            vec![("hana", "1.9"), ("set", "1.0"), ("net", "1.0")],
            Some(NotShown::StillThere),
            None,
        ),
        // A version that nobody can order.
        (
            vec![
                ("hana", "two"),
                ("dul", "2.0"),
                ("set", "1.0"),
                ("net", "1.0"),
            ],
            Some(NotShown::Undecidable),
            Some(NotShown::StillThere),
        ),
        // Another inventory, and an empty one, show nothing.
        (
            vec![("other", "1.0")],
            Some(NotShown::OtherInventory),
            Some(NotShown::OtherInventory),
        ),
        (
            vec![],
            Some(NotShown::OtherInventory),
            Some(NotShown::OtherInventory),
        ),
    ] {
        let mut book = opened();
        let report = fix(&mut book, "2026-11-04", &after);
        assert_eq!(
            answers(&report),
            [
                ("pkg:pypi/dul".to_owned(), dul),
                ("pkg:pypi/hana".to_owned(), hana)
            ],
            "{after:?}"
        );
        let fixed = [dul, hana].iter().filter(|it| it.is_none()).count() as u64;
        assert_eq!(report.counts.fixed, fixed);
        assert_eq!(report.counts.open + report.counts.fixed, 2);
    }
}

/// A bundle with an advisory in CSAF of a controller before 3.0.
fn plant_bundle() -> Vec<u8> {
    let csaf = json!({
        "document": {
            "category": "csaf_security_advisory", "csaf_version": "2.0", "title": "T",
            "publisher": {"category": "vendor", "name": "Hana", "namespace": "https://hana.example"},
            "tracking": {
                "id": "HANA-1", "status": "final", "version": "1",
                "initial_release_date": "2026-01-01T00:00:00Z", "current_release_date": "2026-01-01T00:00:00Z",
                "revision_history": [{"number": "1", "date": "2026-01-01T00:00:00Z", "summary": "s"}],
            },
        },
        "product_tree": {"branches": [{"category": "vendor", "name": "Hana", "branches": [
            {"category": "product_name", "name": "Controller", "branches": [
                {"category": "product_version_range", "name": "<3.0",
                 "product": {"product_id": "P1", "name": "Hana Controller <3.0"}},
            ]},
        ]}]},
        "vulnerabilities": [{"cve": "CVE-2026-0001", "product_status": {"known_affected": ["P1"]}}],
    });
    let records = modu_vuln::advisory::read("hana-1.json", csaf.to_string().as_bytes()).unwrap();
    let lines: String = (records.iter())
        .map(|record| serde_json::to_string(record).unwrap() + "\n")
        .collect();
    let made = "2026-11-01T00:00:00Z".parse().unwrap();
    let sources = [("test", lines.as_bytes())];
    pack(1, made, 1_000, sources, &Explanations::default())
        .unwrap()
        .1
}

#[test]
fn two_lists_of_a_plants_assets_show_that_a_controller_was_updated() {
    let list = |firmware: &str| {
        format!(
            "asset,vendor,product,firmware\nplc-1,Hana,Controller,{firmware}\nplc-2,Hana,Controller,2.0\n"
        )
    };
    let inputs = InputsInMemory::new()
        .with("assets", list("2.0"))
        .with("advisories", plant_bundle());
    let request = json!({ "at": "2026-11-02T00:00:00Z" });
    let outcome = (ASSETS.run)(&request, &inputs, &NoProgress).unwrap();
    let found = outcome.output("findings.csv").unwrap();
    let mut book = Book::default();
    let findings = String::from_utf8(found.bytes.clone()).unwrap();
    assert_eq!(
        Case {
            findings,
            ..Case::default()
        }
        .decide(&mut book)
        .opened,
        2
    );
    for (firmware, fixed) in [("2.5", 0), ("who knows", 0), ("3.0", 1)] {
        let inputs = InputsInMemory::new()
            .with("before", list("2.0"))
            .with("after", list(firmware))
            .with("advisories", plant_bundle())
            .with("ledger", book.text.clone());
        let request = json!({ "at": "2026-11-04T00:00:00Z", "of": "assets" });
        let outcome = (FIX.run)(&request, &inputs, &NoProgress).unwrap();
        let report: FixReport = serde_json::from_value(outcome.report).unwrap();
        let names: Vec<&str> = report.fixed.iter().map(|due| due.asset.as_str()).collect();
        assert_eq!(names, ["plc-1"][..fixed], "{firmware}: {report:?}");
    }
}

const FIXED: [(&str, &str); 4] = [
    ("hana", "2.0"),
    ("dul", "1.0"),
    ("set", "1.0"),
    ("net", "1.0"),
];

/// One thing that somebody does with a ledger.
#[derive(Debug, Clone)]
enum Act {
    Find {
        hana: bool,
        dul: bool,
        exploited: bool,
    },
    Except {
        component: &'static str,
        days: u8,
    },
    Mend {
        hana: &'static str,
        dul: &'static str,
    },
}

fn acts() -> impl Strategy<Value = Vec<(u8, Act)>> {
    let component = prop::sample::select(vec!["pkg:pypi/hana", "pkg:pypi/dul"]);
    let version = || prop::sample::select(vec!["1.0", "2.0", "two"]);
    let act = prop_oneof![
        (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(hana, dul, exploited)| {
            Act::Find {
                hana,
                dul,
                exploited,
            }
        }),
        (component, 0..40_u8).prop_map(|(component, days)| Act::Except { component, days }),
        (version(), version()).prop_map(|(hana, dul)| Act::Mend { hana, dul }),
    ];
    prop::collection::vec((0..30_u8, act), 1..8)
}

/// Does it on a day; whether it could be done.
fn act(book: &mut Book, day: Date, act: &Act) -> bool {
    let at = format!("{day}T00:00:00Z");
    match act {
        Act::Find {
            hana,
            dul,
            exploited,
        } => {
            let mut findings = String::from("asset,component,version,advisory,names\n");
            for (found, name, cve) in [
                (hana, "hana", "CVE-2026-0001"),
                (dul, "dul", "CVE-2026-0002"),
            ] {
                if *found {
                    findings += &format!("web,pkg:pypi/{name},1.0,{cve},{cve}\n");
                }
            }
            let exploited: &[&str] = if *exploited { &["CVE-2026-0002"] } else { &[] };
            let facts = facts(exploited, &[]);
            Case {
                at,
                findings,
                facts,
                ..Case::default()
            }
            .decide(book);
            true
        }
        Act::Except { component, days } => {
            let state = book.state();
            let open = (state.items.iter())
                .find(|(_, item)| item.component == *component && item.fixed.is_none());
            let Some((id, _)) = open else { return false };
            let until = day.saturating_add(i64::from(*days).days());
            let request =
                json!({ "at": at, "items": [id.as_str()], "exception": given(&until.to_string()) });
            let inputs = InputsInMemory::new().with("ledger", book.text.clone());
            book.add(&(EXCEPT.run)(&request, &inputs, &NoProgress).unwrap());
            true
        }
        Act::Mend { hana, dul } if !book.text.is_empty() => {
            let after = [
                ("hana", *hana),
                ("dul", *dul),
                ("set", "1.0"),
                ("net", "1.0"),
            ];
            fix(book, &day.to_string(), &after);
            true
        }
        Act::Mend { .. } => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_is_done_every_item_is_open_excepted_or_fixed_and_no_deadline_grows(acts in acts()) {
        let mut book = Book::default();
        let mut day = date(2026, 11, 2);
        for (days, one) in &acts {
            day = day.saturating_add(i64::from(*days).days());
            let before = book.clone();
            if !act(&mut book, day, one) {
                continue;
            }
            prop_assert!(book.text.starts_with(&before.text));
            if book.text.is_empty() {
                continue;
            }
            let (was, state) = (before.state(), book.state());
            let (report, _) = due(&book, &day.to_string());
            let counts = report.counts;
            prop_assert_eq!(counts.open + counts.excepted + counts.fixed, counts.items);
            prop_assert_eq!(counts.items, state.items.len() as u64);
            prop_assert_eq!(report.fixed.in_time + report.fixed.late, counts.fixed);
            prop_assert_eq!(report.listed, counts.open + counts.excepted);
            for (id, item) in &state.items {
                let same = was.items.get(id).filter(|was| was.reopened == item.reopened);
                if let Some(standing) = same.and_then(|was| was.due()) {
                    prop_assert!(item.due().is_some_and(|due| due <= standing));
                }
            }
        }
    }
}

#[test]
fn what_was_fixed_late_is_counted_so() {
    for (day, in_time, late) in [("2026-11-05", 1, 0), ("2026-11-06", 0, 1)] {
        let mut book = opened();
        fix(&mut book, day, &FIXED);
        let (report, _) = due(&book, day);
        assert_eq!(
            (report.fixed.in_time, report.fixed.late),
            (in_time, late),
            "{day}"
        );
    }
}

#[test]
fn an_exception_that_came_after_the_deadline_makes_no_fix_timely() {
    for (given_on, in_time) in [("2026-11-05", 1), ("2026-11-06", 0)] {
        let mut book = opened();
        let state = book.state();
        let (id, _) = (state.items.iter())
            .find(|(_, item)| item.component == "pkg:pypi/hana")
            .unwrap();
        for (day, until) in [(given_on, "2026-11-10"), ("2026-11-10", "2026-11-30")] {
            let request = json!({
                "at": format!("{day}T00:00:00Z"), "items": [id.as_str()], "exception": given(until),
            });
            let inputs = InputsInMemory::new().with("ledger", book.text.clone());
            book.add(&(EXCEPT.run)(&request, &inputs, &NoProgress).unwrap());
        }
        fix(&mut book, "2026-11-20", &FIXED);
        let (report, _) = due(&book, "2026-11-20");
        assert_eq!(report.fixed.in_time, in_time, "{given_on}");
    }
}

#[test]
fn a_report_draws_every_item_and_runs_no_name_of_a_stranger() {
    let mut book = Book::default();
    let findings = "asset,component,version,advisory,names\n\
        <script>x</script>,lib,1.0,CVE-2026-0001,CVE-2026-0001\n\
        plc,lib,1.0,CVE-2026-0002,CVE-2026-0002\n";
    Case {
        findings: findings.to_owned(),
        ..Case::default()
    }
    .decide(&mut book);
    let assets = "asset,vendor,product,zone\nplc,Dul,controller,<b>제어망</b>\n";
    let inputs = InputsInMemory::new()
        .with("ledger", book.text.clone())
        .with("assets", assets);
    let request = json!({ "at": "2026-12-20T00:00:00Z" });
    let outcome = (DUE.run)(&request, &inputs, &NoProgress).unwrap();
    for name in ["report.ko.html", "report.en.html"] {
        let page = String::from_utf8(outcome.output(name).unwrap().bytes.clone()).unwrap();
        assert_eq!(page.matches("<svg class=\"figure\"").count(), 3);
        assert!(!page.contains("<script") && !page.contains("<b>"));
        assert!(page.contains("&lt;b&gt;제어망") && !page.contains("NaN"));
    }
}

#[test]
fn what_comes_back_soon_keeps_its_deadline_and_is_seen() {
    let findings = "asset,component,version,advisory,names\n\
        web,pkg:pypi/hana,1.0,CVE-2026-0001,CVE-2026-0001\n\
        web,pkg:pypi/dul,1.0,CVE-2026-0002,CVE-2026-0002\n";
    for (day, deadline) in [("2026-12-01", "2026-11-05"), ("2027-06-01", "2027-06-04")] {
        let mut book = opened();
        fix(&mut book, "2026-11-04", &FIXED);
        let again = Case {
            findings: findings.to_owned(),
            ..Case::at(day)
        };
        let report = again.decide(&mut book);
        assert_eq!(report.reopened, 1, "{day}");
        let state = book.state();
        let (_, hana) = (state.items.iter())
            .find(|(_, item)| item.component == "pkg:pypi/hana")
            .unwrap();
        assert_eq!((hana.reopened, hana.fixed.is_some()), (1, false));
        assert_eq!(hana.due().unwrap().to_string(), deadline, "{day}");
        let head = book.text.clone();
        again.decide(&mut book);
        assert_eq!(head, book.text);
    }
}

#[test]
fn a_spreadsheet_gets_dates_and_no_formulas() {
    let mut book = Book::default();
    let findings = "asset,component,version,advisory,names\n\
        \"=cmd|' /C calc'!A0\",\"lib, 둘\",1.0,CVE-2026-0001,CVE-2026-0001\n";
    Case {
        findings: findings.to_owned(),
        ..Case::default()
    }
    .decide(&mut book);
    let (_, outcome) = due(&book, "2026-11-10");
    let csv = &outcome.output("due.csv").unwrap().bytes;
    assert!(csv.starts_with(b"\xef\xbb\xbf"));
    let text = std::str::from_utf8(&csv[3..]).unwrap();
    assert!(text.ends_with("\r\n"));
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let row = reader.records().next().unwrap().unwrap();
    assert_eq!(&row[0], "2026-11-05");
    assert_eq!(&row[1], "5");
    assert_eq!(&row[3], "'=cmd|' /C calc'!A0");
    assert_eq!(&row[4], "lib, 둘");
}

#[test]
fn a_calendar_has_an_entry_a_day_whose_name_stays() {
    let mut book = decided();
    let calendar = |book: &Book, day: &str| {
        let (_, outcome) = due(book, day);
        String::from_utf8(outcome.output("due.ics").unwrap().bytes.clone()).unwrap()
    };
    let lines = |text: &str, start: &str| -> Vec<String> {
        let unfolded = text.replace("\r\n ", "");
        let lines = unfolded
            .split("\r\n")
            .filter(|line| line.starts_with(start));
        lines.map(str::to_owned).collect()
    };
    let before = calendar(&book, "2026-11-02");
    assert!(before.starts_with("BEGIN:VCALENDAR\r\n") && before.ends_with("END:VCALENDAR\r\n"));
    assert_eq!(
        lines(&before, "DTSTART"),
        ["DTSTART;VALUE=DATE:20261105", "DTSTART;VALUE=DATE:20270101"]
    );
    Case {
        facts: facts(&["CVE-2026-0002"], &[]),
        ..Case::at("2026-11-03")
    }
    .decide(&mut book);
    let after = calendar(&book, "2026-11-03");
    assert_eq!(
        lines(&after, "DTSTART"),
        ["DTSTART;VALUE=DATE:20261105", "DTSTART;VALUE=DATE:20261106"]
    );
    assert_eq!(lines(&before, "UID"), lines(&after, "UID"));
    assert_eq!(lines(&before, "SEQUENCE"), ["SEQUENCE:2", "SEQUENCE:2"]);
    assert_eq!(lines(&after, "SEQUENCE"), ["SEQUENCE:2", "SEQUENCE:3"]);
}
