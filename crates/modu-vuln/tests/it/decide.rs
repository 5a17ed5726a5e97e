//! Deadlines and the ledger they stand in.

use std::collections::BTreeMap;

use modu_kernel::{Digest, EngineError, InputsInMemory, NoProgress, Outcome};
use modu_vuln::DECIDE;
use modu_vuln::decide::{DecideReport, policy};
use modu_vuln::ledger::{self, Standing, State};
use proptest::prelude::*;
use serde_json::json;

const FINDINGS: &str = "asset,component,version,advisory,names\n\
    web,openssl,3.0.1,CVE-2026-0001,CVE-2026-0001\n\
    plc,firmware,2.4,CVE-2026-0002,CVE-2026-0002\n";
const ASSETS: &str = "asset,vendor,product,zone,exposure,criticality\n\
    web,Hana,server,dmz,internet,high\n\
    plc,Dul,controller,cell,isolated,very_high\n";

/// A ledger as it grows.
#[derive(Clone, Default)]
pub(crate) struct Book {
    pub(crate) text: Vec<u8>,
}

impl Book {
    pub(crate) fn add(&mut self, outcome: &Outcome) {
        if let Some(page) = outcome.output("page.json") {
            self.text.extend_from_slice(&page.bytes);
            self.text.push(b'\n');
        }
    }

    pub(crate) fn state(&self) -> State {
        ledger::replay(&self.text).unwrap()
    }
}

/// What a decision is made of.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) at: String,
    pub(crate) findings: String,
    pub(crate) assets: String,
    pub(crate) facts: String,
    pub(crate) policy: String,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            at: "2026-11-02T00:00:00Z".to_owned(),
            findings: FINDINGS.to_owned(),
            assets: ASSETS.to_owned(),
            facts: facts(&[], &[]),
            policy: policy::named("cisa-bod-26-04").unwrap().to_owned(),
        }
    }
}

impl Case {
    pub(crate) fn at(day: &str) -> Self {
        Self {
            at: format!("{day}T00:00:00Z"),
            ..Self::default()
        }
    }

    pub(crate) fn run(&self, book: &Book) -> Result<Outcome, EngineError> {
        let inputs = InputsInMemory::new()
            .with("findings", self.findings.as_str())
            .with("assets", self.assets.as_str())
            .with("advisories", self.facts.as_str())
            .with("policy", self.policy.as_str())
            .with("ledger", book.text.clone());
        (DECIDE.run)(&json!({ "at": self.at }), &inputs, &NoProgress)
    }

    /// Decides, adds what came of it to the ledger, and gives the report.
    pub(crate) fn decide(&self, book: &mut Book) -> DecideReport {
        let outcome = self.run(book).unwrap();
        book.add(&outcome);
        serde_json::from_value(outcome.report).unwrap()
    }

    fn codes(&self, book: &Book) -> Vec<String> {
        let findings = self.run(book).unwrap().findings;
        findings.into_iter().map(|finding| finding.code).collect()
    }
}

/// A bundle of facts: what is known to be exploited (one that is always
/// listed among them), and EPSS probabilities.
pub(crate) fn facts(exploited: &[&str], epss: &[(&str, f64)]) -> String {
    let kev = (exploited.iter().chain(&["CVE-1999-0001"]))
        .map(|cve| json!({"kind": "kev", "cve": cve, "added": "2026-11-01", "due": null, "ransomware": null, "forensic_triage": null}));
    let epss = (epss.iter())
        .map(|(cve, score)| json!({"kind": "epss", "cve": cve, "score": score, "percentile": 0.5, "date": "2026-11-01"}));
    kev.chain(epss)
        .map(|line| line.to_string() + "\n")
        .collect()
}

/// Deadlines by asset and vulnerability, as `2026-11-16 14D`.
fn deadlines(book: &Book) -> BTreeMap<(String, String), String> {
    let items = book.state().items;
    let items = items.values().map(|item| {
        let deadline = item.deadline.as_ref().unwrap();
        let due = deadline.due.map_or("-".to_owned(), |due| due.to_string());
        let of = (item.asset.clone(), item.fault.clone());
        (of, format!("{due} {}", deadline.outcome))
    });
    items.collect()
}

fn deadline(book: &Book, asset: &str, fault: &str) -> String {
    deadlines(book)[&(asset.to_owned(), fault.to_owned())].clone()
}

#[test]
fn what_is_found_gets_a_deadline_by_the_table_and_the_asset() {
    let mut book = Book::default();
    let report = Case::default().decide(&mut book);
    // Neither automatable nor impact is known: the most urgent of them count.
    assert_eq!(deadline(&book, "web", "CVE-2026-0001"), "2026-11-05 3D");
    assert_eq!(deadline(&book, "plc", "CVE-2026-0002"), "2027-01-01 60D");
    assert_eq!(
        (report.opened, report.counts.open, report.overdue),
        (2, 2, 0)
    );
    assert_eq!(report.listed[0].asset, "web");
    let because = &book
        .state()
        .items
        .values()
        .find(|it| it.asset == "web")
        .unwrap()
        .clone();
    let because = &because.deadline.as_ref().unwrap().because;
    assert_eq!(because.assumed, ["A", "TI"]);
    assert_eq!(because.known["PE"], "Y");
}

#[test]
fn the_same_findings_again_change_nothing_on_any_day() {
    let mut book = Book::default();
    Case::default().decide(&mut book);
    let before = book.text.clone();
    for at in ["2026-11-02", "2026-11-03", "2026-12-24"] {
        let case = Case::at(at);
        assert!(case.codes(&book).contains(&"import.again".to_owned()));
        let report = case.decide(&mut book);
        assert!(!report.changed);
        assert_eq!(
            report.head,
            Some(Digest::of(before.strip_suffix(b"\n").unwrap()))
        );
        assert_eq!(book.text, before, "{at}");
    }
}

#[test]
fn facts_that_change_make_a_deadline_earlier_and_none_makes_it_later() {
    let mut book = Book::default();
    Case::default().decide(&mut book);
    let exploited = Case {
        facts: facts(&["CVE-2026-0002"], &[]),
        ..Case::at("2026-11-10")
    };
    let report = exploited.decide(&mut book);
    assert_eq!(report.shortened, 1);
    assert_eq!(deadline(&book, "plc", "CVE-2026-0002"), "2026-11-13 3DF");
    // Taken off the list again: the deadline stands, and that is said.
    let withdrawn = Case::at("2026-11-11");
    assert!(withdrawn.codes(&book).contains(&"deadline.kept".to_owned()));
    assert!(!withdrawn.decide(&mut book).changed);
    assert_eq!(deadline(&book, "plc", "CVE-2026-0002"), "2026-11-13 3DF");
}

#[test]
fn a_probability_that_reaches_the_policys_limit_makes_a_deadline_earlier() {
    let policy = policy::named("cisa-bod-26-04").unwrap().to_owned()
        + "\n[[limits]]\nepss = 0.5\ndays = 7\n";
    let with = |day: &str, score: f64| Case {
        policy: policy.clone(),
        facts: facts(&[], &[("CVE-2026-0002", score)]),
        ..Case::at(day)
    };
    let mut book = Book::default();
    with("2026-11-02", 0.49).decide(&mut book);
    assert_eq!(deadline(&book, "plc", "CVE-2026-0002"), "2027-01-01 60D");
    with("2026-11-03", 0.5).decide(&mut book);
    assert_eq!(deadline(&book, "plc", "CVE-2026-0002"), "2026-11-10 60D");
    let state = book.state();
    let item = state.items.values().find(|it| it.asset == "plc").unwrap();
    let because = &item.deadline.as_ref().unwrap().because;
    assert_eq!(because.limit.as_deref(), Some("EPSS >= 0.5"));
    assert!(!with("2026-11-04", 0.9).decide(&mut book).changed);
}

#[test]
fn a_clock_that_goes_back_is_seen_and_the_latest_day_counts() {
    let mut book = Book::default();
    Case::at("2026-11-10").decide(&mut book);
    let earlier = Case {
        findings: FINDINGS.to_owned() + "web,zlib,1.2,CVE-2026-0003,CVE-2026-0003\n",
        ..Case::at("2026-11-01")
    };
    assert!(earlier.codes(&book).contains(&"clock.back".to_owned()));
    earlier.decide(&mut book);
    let state = book.state();
    assert_eq!(state.back_dated, [2]);
    let opened = state
        .items
        .values()
        .find(|it| it.fault == "CVE-2026-0003")
        .unwrap();
    assert_eq!(opened.opened.to_string(), "2026-11-10");
    assert_eq!(deadline(&book, "web", "CVE-2026-0003"), "2026-11-13 3D");
}

#[test]
fn a_clock_that_leaps_far_ahead_is_doubted() {
    let mut book = Book::default();
    Case::default().decide(&mut book);
    let error = Case::at("2029-01-01").run(&book).unwrap_err().to_string();
    assert!(error.contains("accept the gap"), "{error}");
}

#[test]
fn a_ledger_that_was_changed_is_refused_with_its_page() {
    let mut book = Book::default();
    Case::default().decide(&mut book);
    Case {
        facts: facts(&["CVE-2026-0002"], &[]),
        ..Case::at("2026-11-10")
    }
    .decide(&mut book);
    let text = String::from_utf8(book.text.clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for (changed, page) in [
        (text.replacen("2026-11-05", "2026-12-05", 1), "page 2"),
        (
            text.replacen("\"2027-01-01\"", "\"2027-01-02\"", 1),
            "page 2",
        ),
        (format!("{}\n", lines[1]), "page 1"),
        (format!("{}\n{}\n", lines[0], lines[0]), "page 2"),
        (text.replacen("\"number\":2", "\"number\":3", 1), "page 2"),
        (text.trim_end().to_owned(), "page 2"),
        (text[..text.len() / 4].to_owned(), "page 1"),
        (
            text.replacen("\"event\":\"opened\"", "\"event\": \"opened\"", 1),
            "page 1",
        ),
        (text.clone() + "\n", "page 3"),
    ] {
        let book = Book {
            text: changed.into_bytes(),
        };
        let error = Case::at("2026-11-12").run(&book).unwrap_err().to_string();
        assert!(
            error.contains("ledger") && error.contains(page),
            "{page}: {error}"
        );
    }
}

#[test]
fn what_is_not_found_again_stays_open() {
    let mut book = Book::default();
    Case::default().decide(&mut book);
    let nothing = Case {
        findings: "asset,component,version,advisory,names\n".to_owned(),
        ..Case::at("2026-11-20")
    };
    let report = nothing.decide(&mut book);
    assert_eq!(
        (report.unseen, report.counts.open, report.overdue),
        (2, 2, 1)
    );
}

#[test]
fn an_update_that_does_not_help_starts_no_new_deadline() {
    let mut book = Book::default();
    Case::default().decide(&mut book);
    let updated = Case {
        findings: FINDINGS.replace("3.0.1", "3.0.2"),
        ..Case::at("2026-11-04")
    };
    let report = updated.decide(&mut book);
    assert_eq!(
        (report.opened, report.shortened, report.changed),
        (0, 0, true)
    );
    assert_eq!(deadline(&book, "web", "CVE-2026-0001"), "2026-11-05 3D");
    let state = book.state();
    let item = state.items.values().find(|it| it.asset == "web").unwrap();
    assert_eq!(item.versions, ["3.0.2"]);
}

/// Rows of findings that share assets, components and identifiers.
fn rows() -> impl Strategy<Value = Vec<(u8, u8, u8, u8)>> {
    prop::collection::vec((0..3_u8, 0..2_u8, 0..4_u8, 0..4_u8), 0..10)
}

fn findings(rows: &[(u8, u8, u8, u8)]) -> String {
    let mut text = String::from("asset,component,version,advisory,names\n");
    for (asset, component, one, two) in rows {
        text += &format!(
            "a{asset},c{component},1.{two},CVE-2026-000{one},CVE-2026-000{one} CVE-2026-000{two}\n"
        );
    }
    text
}

/// The earliest deadline by asset, component and identifier.
fn by_name(book: &Book) -> BTreeMap<(String, String, String), String> {
    let mut by_name = BTreeMap::new();
    for item in book.state().items.into_values() {
        for name in item.names {
            let key = (item.asset.clone(), item.component.clone(), name);
            let due = item
                .deadline
                .as_ref()
                .unwrap()
                .due
                .map(|due| due.to_string());
            // Digits come before the letter.
            let due = due.unwrap_or("next upgrade".to_owned());
            let earliest = by_name.entry(key).or_insert(due.clone());
            *earliest = due.min(earliest.clone());
        }
    }
    by_name
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn within_one_time_the_order_of_imports_does_not_matter(
        one in rows(), two in rows(), exploited in 0..4_u8,
    ) {
        let exploited = format!("CVE-2026-000{exploited}");
        let import = |book: &mut Book, rows: &[(u8, u8, u8, u8)]| {
            let case = Case { findings: findings(rows), facts: facts(&[&exploited], &[]), ..Case::default() };
            case.decide(book);
        };
        let (mut forth, mut back) = (Book::default(), Book::default());
        import(&mut forth, &one);
        import(&mut forth, &two);
        import(&mut back, &two);
        import(&mut back, &one);
        prop_assert_eq!(by_name(&forth), by_name(&back));
        let before = forth.text.clone();
        import(&mut forth, &two);
        import(&mut forth, &one);
        import(&mut forth, &two);
        let settled = forth.text.clone();
        import(&mut forth, &two);
        prop_assert_eq!(&settled, &forth.text);
        prop_assert!(forth.text.starts_with(&before));
    }

    #[test]
    fn open_excepted_and_fixed_add_up_to_all(imports in prop::collection::vec(rows(), 1..4)) {
        let mut book = Book::default();
        for (day, rows) in (2..).zip(&imports) {
            let case = Case { findings: findings(rows), ..Case::at(&format!("2026-11-{day:02}")) };
            let counts = case.decide(&mut book).counts;
            let state = book.state();
            let today = state.day.unwrap_or_default();
            let stand = |standing: Standing| {
                state.items.values().filter(|item| item.standing(today) == standing).count() as u64
            };
            prop_assert_eq!(counts.items, state.items.len() as u64);
            prop_assert_eq!(counts.open + counts.excepted + counts.fixed, counts.items);
            prop_assert_eq!(counts.open, stand(Standing::Open));
        }
    }
}
