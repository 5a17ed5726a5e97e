//! The engine: the same bytes again, and what it writes.

use modu_kernel::{InputsInMemory, NoProgress, Outcome};
use modu_vuln::HOST;
use modu_vuln::host::Answer;

use proptest::prelude::*;

use super::fixture::{Fixture, hardened};

fn run(fixture: &Fixture) -> Outcome {
    let snapshot = serde_json::to_vec(&fixture.snapshot()).unwrap();
    let inputs = InputsInMemory::new().with("snapshot", snapshot);
    (HOST.run)(&serde_json::json!({}), &inputs, &NoProgress).unwrap()
}

#[test]
fn whoever_holds_the_snapshot_gets_the_same_bytes() {
    let fixture = hardened();
    let (first, second) = (run(&fixture), run(&fixture));
    assert_eq!(
        first.to_canonical().unwrap(),
        second.to_canonical().unwrap()
    );
}

#[test]
fn an_empty_snapshot_makes_nothing_good() {
    let snapshot = serde_json::json!({
        "schema": "modu.vuln.host.snapshot/1", "host": "", "taken": "", "origin": "folder", "owners": "own",
        "files": {}, "folders": {}, "commands": {}, "sweep": null,
    });
    let inputs = InputsInMemory::new().with("snapshot", snapshot.to_string());
    let outcome = (HOST.run)(&serde_json::json!({}), &inputs, &NoProgress).unwrap();
    for item in outcome.report["items"].as_array().unwrap() {
        let answer = item["answer"].as_str().unwrap();
        assert!(!["good", "not_applicable"].contains(&answer), "{item}");
    }
}

#[test]
fn a_snapshot_of_another_form_is_refused_with_its_place() {
    for (bytes, place) in [("{", "line 1"), ("{\"schema\":\"x\"}", "missing field")] {
        let inputs = InputsInMemory::new().with("snapshot", bytes);
        let error = (HOST.run)(&serde_json::json!({}), &inputs, &NoProgress).unwrap_err();
        assert!(error.to_string().contains(place), "{error}");
    }
}

#[test]
fn every_answer_names_what_it_rests_on_in_two_languages() {
    let report = hardened().report();
    for item in report.items {
        let reasons = item.wrong.iter().chain(&item.unsure).chain(&item.well);
        assert!(reasons.clone().count() > 0, "{}", item.id);
        for label in reasons {
            assert!(!label.ko.is_empty() && !label.en.is_empty(), "{}", item.id);
        }
        if item.answer == Answer::Vulnerable {
            assert!(!item.evidence.is_empty(), "{}", item.id);
        }
    }
}

#[test]
fn the_page_prints_every_item_and_runs_and_loads_nothing() {
    let outcome = run(&hardened());
    for name in ["report.ko.html", "report.en.html"] {
        let page = String::from_utf8(outcome.output(name).unwrap().bytes.clone()).unwrap();
        for number in 1..=67 {
            assert!(page.contains(&format!("id=\"U-{number:02}\"")), "{name}");
        }
        assert!(!page.contains("<script") && !page.contains("http:") && !page.contains("src="));
    }
}

#[test]
fn sarif_has_a_rule_and_a_result_for_every_item() {
    let outcome = run(&hardened());
    let sarif = &outcome.output("results.sarif").unwrap().bytes;
    let sarif: serde_json::Value = serde_json::from_slice(sarif).unwrap();
    let run = &sarif["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), 67);
    for result in run["results"].as_array().unwrap() {
        let fails = result["kind"] == "fail";
        assert_eq!(fails, result["level"] != "none", "{result}");
    }
}

#[test]
fn owners_of_a_copy_make_nothing_good() {
    let mut snapshot = hardened().snapshot();
    snapshot.owners = modu_vuln::host::snapshot::Owners::Unknown;
    let report = modu_vuln::host::check(&snapshot, modu_kernel::Digest::of(b""));
    for number in [16, 18, 25, 63, 67] {
        let item = &report.items[number - 1];
        assert_eq!(item.answer, Answer::NeedsAPerson, "{}", item.id);
    }
}

/// Words of the formats that are read, and what breaks them.
const WORDS: [&str; 24] = [
    "auth",
    "@include",
    "include",
    "[success=9999 default=die]",
    "sufficient",
    "pam_unix.so",
    "x:0:0::::",
    "Match",
    "Include /etc/ssh/*",
    "PermitRootLogin",
    "=",
    "{",
    "}",
    ";",
    "umask",
    "TMOUT=",
    "\"",
    "'",
    "<length=99999999999999999999",
    "-A INPUT -j",
    "\u{130}",
    "가",
    "\n",
    "service",
];

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(0..WORDS.len(), 0..40)
        .prop_map(|words| words.iter().map(|at| format!("{} ", WORDS[*at])).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_file_or_an_output_holds_every_item_is_answered(
        texts in proptest::collection::vec((any::<prop::sample::Index>(), text()), 1..12),
    ) {
        static SEEN: std::sync::LazyLock<modu_vuln::host::Snapshot> =
            std::sync::LazyLock::new(|| hardened().snapshot());
        let mut snapshot = SEEN.clone();
        let paths: Vec<String> = snapshot.files.keys().cloned().collect();
        let lines: Vec<String> = snapshot.commands.keys().cloned().collect();
        for (at, text) in texts {
            if let Some(modu_vuln::host::snapshot::Seen::There(entry)) =
                snapshot.files.get_mut(at.get(&paths))
            {
                entry.text = Some(text.clone());
            }
            if let Some(modu_vuln::host::snapshot::Ran::Done { output, .. }) =
                snapshot.commands.get_mut(at.get(&lines))
            {
                *output = text;
            }
        }
        let report = modu_vuln::host::check(&snapshot, modu_kernel::Digest::of(b""));
        prop_assert_eq!(report.items.len(), 67);
        prop_assert_eq!(report.counts.items, 67);
    }

    #[test]
    fn no_planted_hash_passes_any_rule(before in text(), after in text(), rule in 0..7_usize) {
        use modu_vuln::host::Keep;
        let rules = [
            Keep::All, Keep::Passwd, Keep::Shadow, Keep::Group, Keep::Shell, Keep::Snmp, Keep::Settings,
        ];
        let line = format!("{before}$6$saltsalt$PLANTEDHASH{after}");
        prop_assert!(!rules[rule].of(&line).contains("PLANTEDHASH"));
    }
}
