//! What makers state (VEX) and what advisories call a fault by, in the ledger.

use modu_vuln::advisory::Record;
use modu_vuln::ledger::{Ending, Event, Page, Standing};
use serde_json::{Value, json};

use crate::decide::{Book, Case, facts};

const FOUND: &str = "asset,component,version,advisory,names\n\
    web,pkg:pypi/hana-pack,2.9,PYSEC-2026-1,PYSEC-2026-1 CVE-2026-0001\n";
const NOTHING: &str = "asset,component,version,advisory,names\n";

fn statement(status: &str, why: Option<&str>, day: &str) -> Value {
    json!({
        "kind": "vex", "id": "hana-vex-1#1", "author": "Hana", "made": format!("{day}T00:00:00Z"),
        "names": ["CVE-2026-0001"], "products": ["pkg:pypi/hana-pack@2.9"], "status": status, "why": why,
    })
}

/// Lines as a bundle has them.
fn bundled(lines: &[Value]) -> String {
    let record = |line: &Value| serde_json::from_value::<Record>(line.clone()).unwrap();
    let line = |line| serde_json::to_string(&record(line)).unwrap() + "\n";
    lines.iter().map(line).collect()
}

fn decide(book: &mut Book, day: &str, found: &str, lines: &[Value]) -> u64 {
    let case = Case {
        findings: found.to_owned(),
        facts: facts(&[], &[]) + &bundled(lines),
        ..Case::at(day)
    };
    case.decide(book).excepted_by_statement
}

/// The last page's events.
fn last(book: &Book) -> Vec<Event> {
    let text = std::str::from_utf8(&book.text).unwrap();
    let page: Page = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    page.events
}

fn standing(book: &Book) -> Standing {
    let state = book.state();
    let (_, item) = state.items.iter().next().unwrap();
    item.standing(state.day.unwrap())
}

#[test]
fn a_makers_statement_excepts_what_is_open_and_its_end_opens_it_again() {
    let mut book = Book::default();
    let cleared = statement(
        "not_affected",
        Some("vulnerable_code_not_present"),
        "2026-11-03",
    );
    decide(&mut book, "2026-11-02", FOUND, &[]);
    assert_eq!(
        decide(
            &mut book,
            "2026-11-04",
            NOTHING,
            std::slice::from_ref(&cleared)
        ),
        1
    );
    assert_eq!(standing(&book), Standing::Excepted);
    let [
        Event::Excepted {
            owner,
            reason,
            control,
            statement: of,
            ..
        },
    ] = &last(&book)[..]
    else {
        panic!("{:?}", last(&book));
    };
    assert_eq!(
        (owner.as_str(), reason.as_str()),
        ("Hana", "vulnerable_code_not_present")
    );
    assert!(control.contains("hana-vex-1#1"), "{control}");
    assert_eq!(of.as_deref(), Some("hana-vex-1#1"));
    // The same again adds nothing.
    let before = book.text.clone();
    assert_eq!(
        decide(
            &mut book,
            "2026-11-05",
            NOTHING,
            std::slice::from_ref(&cleared)
        ),
        0
    );
    assert_eq!(book.text, before);
    // Its maker thinks better of it.
    let affected = statement("affected", None, "2026-11-06");
    decide(&mut book, "2026-11-07", NOTHING, &[cleared, affected]);
    assert_eq!(standing(&book), Standing::Open);
    assert!(matches!(
        last(&book)[..],
        [Event::ExceptionEnded {
            why: Ending::Facts,
            ..
        }]
    ));
}

#[test]
fn a_makers_statement_on_a_cpe_name_excepts_what_was_found_by_it() {
    for (name, component, excepted) in [
        ("cpe:2.3:a:hana:pump:*:*:*:*:*:*:*:*", "cpe:/a:hana:pump", 1),
        ("cpe:/a:hana:pump:2.3", "cpe:2.3:a:hana:pump", 1),
        ("cpe:/a:hana:pump:2.2", "cpe:2.3:a:hana:pump", 0),
        // Findings do not say on what the pump runs.
        (
            "cpe:2.3:a:hana:pump:*:*:*:*:*:linux:*:*",
            "cpe:/a:hana:pump",
            0,
        ),
    ] {
        let mut said = statement("not_affected", Some("inline"), "2026-11-03");
        said["products"] = json!([name]);
        let found =
            NOTHING.to_owned() + &format!("web,{component},2.3,CVE-2026-0001,CVE-2026-0001\n");
        let mut book = Book::default();
        decide(&mut book, "2026-11-02", &found, &[]);
        assert_eq!(
            decide(&mut book, "2026-11-04", NOTHING, &[said]),
            excepted,
            "{name}"
        );
        let expected = [Standing::Open, Standing::Excepted][excepted as usize];
        assert_eq!(standing(&book), expected, "{name}");
    }
}

#[test]
fn a_statement_holds_for_as_long_as_it_stands_and_against_news_of_attackers() {
    let mut book = Book::default();
    let cleared = statement("not_affected", Some("component_not_present"), "2026-11-03");
    let exploited = json!({"kind": "kev", "cve": "CVE-2026-0001", "added": "2026-11-05", "due": null, "ransomware": null, "forensic_triage": null});
    decide(&mut book, "2026-11-02", FOUND, &[]);
    decide(
        &mut book,
        "2026-11-04",
        NOTHING,
        std::slice::from_ref(&cleared),
    );
    decide(
        &mut book,
        "2026-11-06",
        NOTHING,
        &[cleared.clone(), exploited.clone()],
    );
    assert_eq!(standing(&book), Standing::Excepted);
    // Half a year later it ends, and is given anew on the same page.
    let case = |day: &str| {
        let lines = bundled(&[cleared.clone(), exploited.clone()]);
        Case {
            findings: NOTHING.to_owned(),
            facts: facts(&[], &[]) + &lines,
            ..Case::at(day)
        }
    };
    for day in ["2027-05-03", "2027-05-04"] {
        case(day).decide(&mut book);
        assert_eq!(standing(&book), Standing::Excepted, "{day}");
    }
    assert!(matches!(
        last(&book)[..],
        [
            Event::ExceptionEnded {
                why: Ending::Date,
                ..
            },
            Event::Excepted { .. }
        ]
    ));
}

#[test]
fn a_statement_without_a_reason_on_another_version_or_on_what_is_found_excepts_nothing() {
    let mut other = statement("not_affected", Some("inline"), "2026-11-03");
    other["products"] = json!(["pkg:pypi/hana-pack@3.0"]);
    let nobody = {
        let mut it = statement("not_affected", Some("inline"), "2026-11-03");
        it["author"] = json!(" ");
        it
    };
    let reasoned = statement("not_affected", Some("inline"), "2026-11-03");
    for (found, statement) in [
        (NOTHING, statement("not_affected", None, "2026-11-03")),
        (NOTHING, other),
        (NOTHING, nobody),
        // A scan has heard the statements itself.
        (FOUND, reasoned),
    ] {
        let mut book = Book::default();
        decide(&mut book, "2026-11-02", FOUND, &[]);
        assert_eq!(decide(&mut book, "2026-11-04", found, &[statement]), 0);
        assert_eq!(standing(&book), Standing::Open);
    }
}

#[test]
fn what_has_no_cve_is_judged_by_those_that_advisories_call_it_by() {
    let found = FOUND.replace(" CVE-2026-0001", "");
    let advisory = json!({"kind": "osv", "id": "GHSA-aaaa", "modified": "", "aliases": ["PYSEC-2026-1", "CVE-2026-0001"]});
    let exploited = json!({"kind": "kev", "cve": "CVE-2026-0001", "added": "2026-11-05", "due": null, "ransomware": null, "forensic_triage": null});
    let known = |lines: &[Value]| {
        let mut book = Book::default();
        decide(&mut book, "2026-11-06", &found, lines);
        let state = book.state();
        let item = state.items.values().next().unwrap().clone();
        item.deadline.unwrap().because.known["KEV"].clone()
    };
    assert_eq!(known(std::slice::from_ref(&exploited)), "N");
    assert_eq!(known(&[exploited.clone(), advisory.clone()]), "Y");
    let mut withdrawn = advisory;
    withdrawn["withdrawn"] = json!("2026-11-01T00:00:00Z");
    assert_eq!(known(&[exploited, withdrawn]), "N");
}
