//! Making bundles, and which ones may take the place of the one that is held.

use modu_kernel::{InputsInMemory, NoProgress};
use modu_vuln::BUNDLE;
use modu_vuln::advisory::{Accepted, Bundle, Explanations, Policy, Record, Refusal, accept, pack};
use serde_json::{Value, json};

fn advisory(number: u32, withdrawn: bool) -> Value {
    let mut advisory = json!({
        "kind": "osv", "id": format!("TEST-{number:03}"), "modified": "2026-01-01T00:00:00Z",
        "affected": [{
            "package": {"ecosystem": "PyPI", "name": "hana"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}],
        }],
    });
    if withdrawn {
        advisory["withdrawn"] = json!("2026-02-01T00:00:00Z");
    }
    advisory
}

fn lines(advisories: impl IntoIterator<Item = Value>) -> String {
    advisories
        .into_iter()
        .map(|it| it.to_string() + "\n")
        .collect()
}

/// Advisories 0 to 99, but for those that are gone or withdrawn.
fn without(gone: &[u32], withdrawn: &[u32]) -> String {
    let kept = (0..100).filter(|number| !gone.contains(number));
    lines(kept.map(|number| advisory(number, withdrawn.contains(&number))))
}

fn made(sequence: u64, day: u32, lines: &str, explained: &Explanations) -> Bundle {
    let at = format!("2026-11-{day:02}T00:00:00Z").parse().unwrap();
    let (_, bytes) = pack(sequence, at, 7, [("test", lines.as_bytes())], explained).unwrap();
    Bundle::new(bytes).unwrap()
}

fn plain(sequence: u64, day: u32, lines: &str) -> Bundle {
    made(sequence, day, lines, &Explanations::new())
}

fn judged(held: &Bundle, offered: &Bundle) -> Result<Accepted, Refusal> {
    accept(Some(held), offered, &Policy::default())
}

#[test]
fn a_bundle_holds_the_records_of_its_sources_whatever_their_order() {
    let (one, two) = (
        lines([advisory(2, false), advisory(1, true)]),
        lines([advisory(3, false)]),
    );
    let turned = lines([advisory(1, true), advisory(2, false), advisory(2, false)]);
    let inputs = |first: &str| {
        InputsInMemory::new()
            .with("source/b", two.as_str())
            .with("source/a", first)
    };
    let request = json!({"sequence": 7, "made": "2026-11-22T00:00:00Z", "valid_days": 7});
    let run = |first: &str| (BUNDLE.run)(&request, &inputs(first), &NoProgress).unwrap();
    let (outcome, again) = (run(&one), run(&turned));
    assert_eq!(outcome.outputs[0].bytes, again.outputs[0].bytes);
    let bundle = Bundle::parse(&outcome.outputs[0].bytes).unwrap();
    let header = bundle.header().unwrap();
    assert_eq!((header.sequence, header.records()), (7, 3));
    let counts: Vec<_> = (header.sources.iter())
        .map(|source| (source.name.as_str(), source.records, source.withdrawn))
        .collect();
    assert_eq!(counts, [("a", 2, 1), ("b", 1, 0)]);
    let ids: Vec<String> = bundle
        .records()
        .map(|it| it.unwrap().id().to_owned())
        .collect();
    assert_eq!(ids, ["TEST-001", "TEST-002", "TEST-003"]);
}

#[test]
fn versions_that_a_range_holds_anyway_are_left_out() {
    let mut written = advisory(1, false);
    written["affected"][0]["versions"] = json!(["1.0", "1.5rc1", "2.0", "2.1", "trunk"]);
    let bundle = plain(1, 1, &lines([written]));
    let Record::Osv(read) = bundle.records().next().unwrap().unwrap() else {
        panic!("another kind");
    };
    assert_eq!(read.affected[0].versions, ["2.0", "2.1", "trunk"]);
}

#[test]
fn two_lines_that_say_different_things_of_one_advisory_are_refused() {
    let both = lines([advisory(1, false), advisory(1, true)]);
    let at = "2026-11-22T00:00:00Z".parse().unwrap();
    let error = pack(1, at, 7, [("test", both.as_bytes())], &Explanations::new()).unwrap_err();
    assert!(error.to_string().contains("TEST-001"), "{error}");
}

#[test]
fn a_bundle_that_is_cut_short_or_changed_is_refused() {
    let at = "2026-11-22T00:00:00Z".parse().unwrap();
    let text = without(&[], &[]);
    let (_, bytes) = pack(1, at, 7, [("test", text.as_bytes())], &Explanations::new()).unwrap();
    let whole = zstd::decode_all(bytes.as_slice()).unwrap();
    let whole = String::from_utf8(whole).unwrap();
    let judge = |bytes: &[u8]| {
        let bundle = Bundle::parse(bytes).map_err(Refusal::from)?;
        accept(None, &bundle, &Policy::default())
    };
    assert_eq!(judge(&bytes).unwrap().added, 100);
    assert_eq!(judge(whole.as_bytes()).unwrap().added, 100);
    let short: String = whole
        .lines()
        .take(100)
        .map(|line| format!("{line}\n"))
        .collect();
    for broken in [&bytes[..bytes.len() / 2], short.as_bytes()] {
        let error = judge(broken).unwrap_err();
        assert!(matches!(error, Refusal::Unreadable(_)), "{error}");
    }
    let changed = whole.replacen("\"fixed\":\"2.0\"", "\"fixed\":\"1.0\"", 1);
    let error = judge(changed.as_bytes()).unwrap_err();
    assert!(matches!(error, Refusal::NotItsRecords { .. }), "{error}");
    let error = judge(text.as_bytes()).unwrap_err();
    assert!(matches!(error, Refusal::NoHeader), "{error}");
}

#[test]
fn a_newer_bundle_is_taken_and_the_same_again_changes_nothing() {
    let held = plain(4, 20, &without(&[], &[]));
    let more = without(&[], &[7]) + &lines([advisory(100, false)]);
    let change = judged(&held, &plain(5, 21, &more)).unwrap();
    assert_eq!((change.added, change.lost, change.unchanged), (1, 1, false));
    let again = judged(&held, &plain(4, 20, &without(&[], &[]))).unwrap();
    assert!(again.unchanged);
}

#[test]
fn an_older_bundle_is_a_rollback() {
    let (held, all) = (plain(4, 20, &without(&[], &[])), without(&[], &[]));
    let refused = judged(&held, &plain(3, 21, &all)).unwrap_err();
    assert_eq!(
        refused,
        Refusal::Rollback {
            held: 4,
            offered: 3
        }
    );
    let refused = judged(&held, &plain(4, 21, &all)).unwrap_err();
    assert_eq!(refused, Refusal::Fork { sequence: 4 });
    let refused = judged(&held, &plain(5, 19, &all)).unwrap_err();
    assert!(matches!(refused, Refusal::MadeEarlier { .. }), "{refused}");
}

#[test]
fn many_advisories_gone_or_withdrawn_without_a_reason_are_refused() {
    let held = plain(4, 20, &without(&[], &[]));
    // Two of a hundred may be.
    assert_eq!(
        judged(&held, &plain(5, 21, &without(&[1], &[2])))
            .unwrap()
            .lost,
        2
    );
    for (gone, withdrawn) in [
        (vec![1, 2, 3], vec![]),
        (vec![], vec![1, 2, 3]),
        (vec![1], vec![2, 3]),
    ] {
        let lines = without(&gone, &withdrawn);
        let refused = judged(&held, &plain(5, 21, &lines)).unwrap_err();
        let expected = Refusal::MassWithdrawal {
            source_name: "test".into(),
            lost: 3,
            standing: 100,
            percent: 2.0,
        };
        assert_eq!(refused, expected);
        // With a reason for one of them it is two again.
        let reason = [("TEST-003".to_owned(), "a duplicate".to_owned())];
        let explained = Explanations::from([("test".to_owned(), reason.into())]);
        let taken = judged(&held, &made(5, 21, &lines, &explained)).unwrap();
        assert_eq!(taken.lost, 3);
    }
    // A source that is gone is all its advisories.
    let at = "2026-11-21T00:00:00Z".parse().unwrap();
    let other = without(&[], &[]);
    let (_, bytes) = pack(
        5,
        at,
        7,
        [("other", other.as_bytes())],
        &Explanations::new(),
    )
    .unwrap();
    let refused = judged(&held, &Bundle::new(bytes).unwrap()).unwrap_err();
    assert!(
        matches!(refused, Refusal::MassWithdrawal { lost: 100, .. }),
        "{refused}"
    );
}

/// The same hundred advisories, of which some say something else.
fn changed(change: impl Fn(u32, &mut Value)) -> String {
    lines((0..100).map(|number| {
        let mut advisory = advisory(number, false);
        change(number, &mut advisory);
        advisory
    }))
}

type Change = Box<dyn Fn(&mut Value)>;

#[test]
fn many_advisories_that_say_less_than_they_did_are_refused() {
    let held = plain(4, 20, &without(&[], &[]));
    let events = |events: Value| {
        move |advisory: &mut Value| advisory["affected"][0]["ranges"][0]["events"] = events.clone()
    };
    let changes: [(&str, Change); 5] = [
        (
            "ends earlier",
            Box::new(events(json!([{"introduced": "0"}, {"fixed": "0.1"}]))),
        ),
        (
            "begins later",
            Box::new(events(json!([{"introduced": "1.0"}, {"fixed": "2.0"}]))),
        ),
        (
            "has a hole",
            Box::new(events(
                json!([{"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "1.1"}, {"fixed": "2.0"}]),
            )),
        ),
        (
            "names another package",
            Box::new(|it| it["affected"][0]["package"]["name"] = json!("other")),
        ),
        (
            "names no package",
            Box::new(|it| it["affected"] = json!([])),
        ),
    ];
    for (name, change) in &changes {
        let lines = |most: u32| {
            changed(|number, advisory| {
                if number < most {
                    change(advisory);
                }
            })
        };
        let taken = judged(&held, &plain(5, 21, &lines(2))).unwrap();
        assert_eq!((taken.narrowed, taken.lost), (2, 0), "{name}");
        let refused = judged(&held, &plain(5, 21, &lines(3))).unwrap_err();
        assert!(
            matches!(
                refused,
                Refusal::MassWithdrawal {
                    lost: 3,
                    standing: 100,
                    ..
                }
            ),
            "{name}: {refused}"
        );
        let reasons = (0..1).map(|number| (format!("TEST-{number:03}"), "corrected".to_owned()));
        let explained = Explanations::from([("test".to_owned(), reasons.collect())]);
        judged(&held, &made(5, 21, &lines(3), &explained)).unwrap();
    }
}

#[test]
fn an_advisory_that_says_more_or_gets_its_first_fix_is_not_narrower() {
    let open = |advisory: &mut Value| {
        advisory["affected"][0]["ranges"][0]["events"] = json!([{"introduced": "1.0"}]);
    };
    let held = plain(4, 20, &changed(|_, advisory| open(advisory)));
    let offered = |event: Value| {
        let lines = changed(|_, advisory| {
            open(advisory);
            let events = &mut advisory["affected"][0]["ranges"][0]["events"];
            events.as_array_mut().unwrap().push(event.clone());
        });
        judged(&held, &plain(5, 21, &lines))
    };
    assert_eq!(offered(json!({"fixed": "3.0"})).unwrap().narrowed, 0);
    // It named 1.0 itself.
    assert!(offered(json!({"fixed": "1.0"})).is_err());
    let later = changed(|_, advisory| {
        advisory["affected"][0]["ranges"][0]["events"][1] = json!({"fixed": "2.1"});
    });
    let held = plain(4, 20, &without(&[], &[]));
    assert_eq!(judged(&held, &plain(5, 21, &later)).unwrap().narrowed, 0);
}

#[test]
fn cve_records_that_are_rejected_or_name_no_product_any_more_are_lost() {
    let record = |number: u32, state: &str, affected: Value| {
        json!({
            "kind": "cve", "id": format!("CVE-2026-{number:04}"), "state": state, "affected": affected,
        })
    };
    let says = json!([{"source": "hana", "otherwise": "affected"}]);
    let all = |change: &str| {
        lines((0..100).map(|number| match (number < 3, change) {
            (true, "rejected") => record(number, "rejected", says.clone()),
            (true, "silent") => record(number, "published", json!([])),
            _ => record(number, "published", says.clone()),
        }))
    };
    let held = plain(4, 20, &all("none"));
    for change in ["rejected", "silent"] {
        let refused = judged(&held, &plain(5, 21, &all(change))).unwrap_err();
        assert!(
            matches!(refused, Refusal::MassWithdrawal { lost: 3, .. }),
            "{change}"
        );
    }
}
