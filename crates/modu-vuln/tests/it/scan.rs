//! A list of components held against advisories.

use modu_kernel::{InputsInMemory, NoProgress, Outcome};
use modu_vuln::advisory::osv::{Affected, Match, Range};
use modu_vuln::advisory::{Explanations, Freshness, pack};
use modu_vuln::scan::{Answer, ScanReport, Undecided};
use modu_vuln::{SCAN, Scheme, Version};
use proptest::prelude::*;
use serde_json::json;

/// Advisories written for these tests.
fn bundle() -> Vec<u8> {
    let lines = [
        json!({
            "kind": "osv", "id": "TEST-1", "modified": "2026-01-01T00:00:00Z", "aliases": ["CVE-2026-0001"],
            "affected": [{
                "package": {"ecosystem": "PyPI", "name": "Hana.Pack"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.10.0"}]}],
            }],
        }),
        json!({
            "kind": "osv", "id": "TEST-2", "modified": "2026-01-01T00:00:00Z",
            "affected": [{
                "package": {"ecosystem": "npm", "name": "@dul/core"},
                "ranges": [{"type": "SEMVER", "events": [
                    {"introduced": "1.0.0"}, {"last_affected": "1.4.0"}, {"introduced": "2.0.0"}, {"fixed": "2.0.3"},
                ]}],
            }],
        }),
        json!({
            "kind": "osv", "id": "TEST-3", "modified": "2026-01-01T00:00:00Z", "withdrawn": "2026-02-01T00:00:00Z",
            "affected": [{
                "package": {"ecosystem": "PyPI", "name": "hana-pack"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}],
            }],
        }),
        json!({
            "kind": "osv", "id": "TEST-4", "modified": "2026-01-01T00:00:00Z",
            "affected": [{
                "package": {"ecosystem": "Debian:12", "name": "openssl"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.0.11-1~deb12u2"}]}],
            }],
        }),
    ];
    packed(&lines.map(|line| line.to_string() + "\n").concat())
}

/// A bundle of one source, made at [`AT`] and good for a week.
fn packed(lines: &str) -> Vec<u8> {
    let sources = [("test", lines.as_bytes())];
    let made = AT.parse().unwrap();
    pack(1, made, 7, sources, &Explanations::new()).unwrap().1
}

const AT: &str = "2026-11-22T00:00:00Z";

fn request() -> serde_json::Value {
    json!({"at": AT})
}

fn scanned(inventory: &str) -> Outcome {
    let inputs = InputsInMemory::new()
        .with("inventory", inventory)
        .with("advisories", bundle());
    (SCAN.run)(&request(), &inputs, &NoProgress).unwrap()
}

fn report(inventory: &str) -> ScanReport {
    serde_json::from_value(scanned(inventory).report).unwrap()
}

fn cyclonedx(purls: &[&str]) -> String {
    let components: Vec<_> = (purls.iter())
        .map(|purl| json!({"type": "library", "name": "x", "purl": purl}))
        .collect();
    json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}).to_string()
}

#[test]
fn a_component_is_affected_by_the_order_of_its_ecosystem() {
    for (purl, affected) in [
        ("pkg:pypi/hana_pack@2.9", true),
        // A specifier would leave this pre-release out.
        ("pkg:pypi/hana-pack@2.10.0a9", true),
        ("pkg:pypi/hana-pack@2.10", false),
        ("pkg:npm/%40dul/core@1.4.0", true),
        ("pkg:npm/%40dul/core@1.4.1", false),
        ("pkg:npm/%40dul/core@2.0.0", true),
        ("pkg:npm/%40dul/core@2.0.3", false),
        ("pkg:npm/other@1.0.0", false),
        (
            "pkg:deb/debian/libssl3@3.0.11-1~deb12u1?distro=debian-12.4&upstream=openssl",
            true,
        ),
        (
            "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?distro=bookworm&upstream=openssl",
            false,
        ),
        // Its own version is older, its source's is not.
        (
            "pkg:deb/debian/libfoo@1.0-1?distro=debian-12&upstream=openssl%403.0.11-2",
            false,
        ),
    ] {
        let counts = report(&cyclonedx(&[purl])).counts;
        assert_eq!(counts.affected == 1, affected, "{purl}");
        assert_eq!(counts.not_affected == 1, !affected, "{purl}");
    }
}

#[test]
fn what_cannot_be_told_is_never_clean() {
    for (purl, reason) in [
        ("pkg:pypi/hana-pack@1.0.dev-xyz", Undecided::NotOrdered),
        ("pkg:pypi/hana-pack", Undecided::NoVersion),
        ("pkg:cargo/rand@0.8.0", Undecided::NotCovered),
        ("pkg:generic/openssl@1.1.1", Undecided::UnknownEcosystem),
        ("pkg:deb/debian/curl@7.88.1-10", Undecided::NoRelease),
        (
            "pkg:deb/debian/curl@7.88.1-10?distro=debian-13",
            Undecided::NotCovered,
        ),
        ("no package URL", Undecided::NoPackageUrl),
    ] {
        let report = report(&cyclonedx(&[purl]));
        assert_eq!(report.undecided, [(reason, 1)], "{purl}");
        assert_eq!(report.answer, Answer::Undecidable, "{purl}");
    }
    let long = format!("pkg:pypi/hana-pack@{}", "1".repeat(3_000_000));
    assert_eq!(report(&cyclonedx(&[&long])).counts.undecidable, 1);
}

#[test]
fn a_bundle_past_its_age_calls_nothing_clean() {
    let clean = cyclonedx(&["pkg:npm/other@1.0.0", "pkg:npm/other@2.0.0"]);
    let affected = cyclonedx(&["pkg:npm/other@1.0.0", "pkg:npm/%40dul/core@1.0.0"]);
    let scan = |inventory: &str, at: &str, bundle: Vec<u8>| -> ScanReport {
        let inputs = InputsInMemory::new()
            .with("inventory", inventory)
            .with("advisories", bundle);
        let outcome = (SCAN.run)(&json!({"at": at}), &inputs, &NoProgress).unwrap();
        serde_json::from_value(outcome.report).unwrap()
    };
    let bare = br#"{"kind": "osv", "id": "T", "modified": "", "affected": [{"package": {"ecosystem": "npm", "name": "x"}}]}"#;
    for (at, bundle, freshness) in [
        ("2026-11-29T00:00:01Z", bundle(), Freshness::Stale),
        ("2026-11-21T23:59:59Z", bundle(), Freshness::NotYet),
        (AT, bare.to_vec(), Freshness::Unstated),
    ] {
        let report = scan(&clean, at, bundle);
        assert_eq!(report.answer, Answer::Stale, "{at}");
        assert_eq!(report.bundle.freshness, freshness);
        assert_eq!(report.undecided, [(Undecided::Stale, 2)], "{at}");
    }
    let report = scan(&clean, "2026-11-29T00:00:00Z", bundle());
    assert_eq!(report.answer, Answer::NotAffected);
    let report = scan(&affected, "2027-11-29T00:00:00Z", bundle());
    assert_eq!(report.answer, Answer::Affected);
    assert_eq!((report.counts.affected, report.counts.not_affected), (1, 0));
}

#[test]
fn nested_components_and_spdx_packages_are_all_seen() {
    let nested = json!({"bomFormat": "CycloneDX", "components": [
        {"name": "a", "purl": "pkg:npm/a@1.0.0", "components": [
            {"name": "b", "purl": "pkg:npm/%40dul/core@1.0.0"},
        ]},
    ]});
    assert_eq!(report(&nested.to_string()).counts.affected, 1);
    let spdx = json!({"spdxVersion": "SPDX-2.3", "packages": [
        {"name": "core", "versionInfo": "1.0.0", "externalRefs": [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:npm/%40dul/core@1.0.0"},
        ]},
        {"name": "unknown", "versionInfo": "NOASSERTION"},
    ]});
    let counts = report(&spdx.to_string()).counts;
    assert_eq!(
        (counts.affected, counts.undecidable, counts.components),
        (1, 1, 2)
    );
}

#[test]
fn what_is_no_list_of_components_is_refused_with_its_place() {
    let deep = format!(
        "{}{}",
        "{\"bomFormat\":\"CycloneDX\",\"components\":[".repeat(20_000),
        "]}".repeat(20_000)
    );
    for inventory in [
        "",
        "[]",
        "{\"bomFormat\": \"Other\"}",
        &deep,
        "{\"bomFormat\": \"CycloneDX\", \"components\": 1}",
    ] {
        let inputs = InputsInMemory::new()
            .with("inventory", inventory)
            .with("advisories", bundle());
        let error = (SCAN.run)(&request(), &inputs, &NoProgress)
            .unwrap_err()
            .to_string();
        assert!(error.contains("inventory"), "{error}");
    }
}

#[test]
fn what_nests_too_deep_is_refused_in_words() {
    let deep = format!(
        "{{\"bomFormat\":\"CycloneDX\",\"components\":[{}{}]}}",
        "{\"components\":[".repeat(20_000),
        "]}".repeat(20_000)
    );
    let inputs = InputsInMemory::new()
        .with("inventory", deep)
        .with("advisories", bundle());
    let error = (SCAN.run)(&request(), &inputs, &NoProgress).unwrap_err();
    assert!(error.to_string().contains("127 deep"), "{error}");
}

#[test]
fn the_same_component_twice_and_names_with_escapes_are_all_counted() {
    let inventory = r#"{"components": [
        {"name": "a", "purl": "pkg:npm/%40dul/core@1.0.0"},
        {"name": "a", "purl": "pkg:npm/%40dul/core@1.0.0"},
        {"name": "b\u00e9", "purl": "pkg:npm\/%40dul/core@1.0.0"},
        {"version": "1"}
    ], "metadata": {"component": {"name": "plant", "version": "7"}}, "bomFormat": "CycloneDX"}"#;
    let outcome = scanned(inventory);
    let report: ScanReport = serde_json::from_value(outcome.report).unwrap();
    assert_eq!((report.counts.components, report.counts.affected), (4, 3));
    assert_eq!(report.asset, "plant@7");
    let findings = String::from_utf8(outcome.outputs[1].bytes.clone()).unwrap();
    let row = "plant@7,pkg:npm/%40dul/core,1.0.0,TEST-2,TEST-2\n";
    assert_eq!(
        findings,
        format!("asset,component,version,advisory,names\n{row}{row}{row}")
    );
}

#[test]
fn a_name_that_a_spreadsheet_would_run_is_written_as_text() {
    let inventory = json!({"bomFormat": "CycloneDX", "components": [{"name": "=cmd|x,\"y\""}]});
    let outcome = scanned(&inventory.to_string());
    let components = String::from_utf8(outcome.outputs[0].bytes.clone()).unwrap();
    assert!(
        components.contains("\"'=cmd|x,\"\"y\"\"\","),
        "{components}"
    );
}

/// A version, or now and then what is none.
fn any_version() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[0-3](\\.[0-2]){0,2}(a1|rc1|\\.dev1|\\.post1|-1|b|\\+l1)?",
        1 => "0|x|\\*",
    ]
}

fn any_affected() -> impl Strategy<Value = serde_json::Value> {
    let ecosystem = prop::sample::select(vec![
        "PyPI",
        "npm",
        "Maven",
        "Debian:12",
        "Alpine:v3.19",
        "Rocky Linux:9",
        "RubyGems",
    ]);
    let event = (
        prop::sample::select(vec!["introduced", "fixed", "last_affected", "limit"]),
        any_version(),
    );
    let event = event.prop_map(|(name, version)| json!({ name: version }));
    let kind = prop::sample::select(vec!["ECOSYSTEM", "GIT"]);
    let range = (kind, prop::collection::vec(event, 0..5))
        .prop_map(|(kind, events)| json!({"type": kind, "events": events}));
    let (ranges, versions) = (
        prop::collection::vec(range, 0..3),
        prop::collection::vec(any_version(), 0..3),
    );
    (ecosystem, ranges, versions).prop_map(|(ecosystem, ranges, versions)| {
        json!({"package": {"ecosystem": ecosystem, "name": "x"}, "ranges": ranges, "versions": versions})
    })
}

fn purl_of(ecosystem: &str, version: &str) -> String {
    let purl = match ecosystem {
        "PyPI" => "pkg:pypi/x@V",
        "npm" => "pkg:npm/x@V",
        "Maven" => "pkg:maven/x@V",
        "Debian:12" => "pkg:deb/debian/x@V?distro=debian-12",
        "Alpine:v3.19" => "pkg:apk/alpine/x@V?distro=alpine-3.19.1",
        "Rocky Linux:9" => "pkg:rpm/rocky/x@V?distro=rocky-9.3",
        _ => "pkg:gem/x@V",
    };
    purl.replace('V', &version.replace('+', "%2B"))
}

#[test]
fn a_version_that_ends_one_range_and_begins_another_is_affected() {
    let range: Range = serde_json::from_value(json!({"type": "ECOSYSTEM", "events": [
        {"introduced": "0.13.0"}, {"fixed": "0.14.0rc1"}, {"introduced": "0.12.2"}, {"fixed": "0.13.0"},
        {"introduced": "3.0"}, {"last_affected": "3.0"}, {"introduced": "5.0"}, {"fixed": "5.0"},
    ]}))
    .unwrap();
    for (text, affected) in [
        ("0.12.1", false),
        ("0.12.2", true),
        ("0.13.0", true),
        ("0.13.5", true),
        ("0.14.0", false),
        ("3.0", true),
        ("3.0.1", false),
        ("5.0", false),
        ("6.0", false),
    ] {
        let version = Version::parse(Scheme::Pep440, text).unwrap();
        assert_eq!(
            range.contains(&version) == Match::Affected,
            affected,
            "{text}"
        );
    }
}

proptest! {
    #[test]
    fn an_index_answers_as_the_advisory_itself(affected in any_affected(), version in any_version()) {
        let line = json!({"kind": "osv", "id": "T", "modified": "", "affected": [affected]});
        let ecosystem = affected["package"]["ecosystem"].as_str().unwrap().to_owned();
        let direct: Affected = serde_json::from_value(affected).unwrap();
        let scheme = direct.package.as_ref().unwrap().scheme();
        let named = direct.versions.contains(&version);
        let direct = match (named, scheme) {
            (true, _) => Match::Affected,
            (_, None) => Match::Undecidable,
            (_, Some(scheme)) => direct.contains(scheme, &version),
        };
        let inputs = InputsInMemory::new()
            .with("inventory", cyclonedx(&[&purl_of(&ecosystem, &version)]))
            .with("advisories", packed(&line.to_string()));
        let outcome = (SCAN.run)(&request(), &inputs, &NoProgress).unwrap();
        let report: ScanReport = serde_json::from_value(outcome.report).unwrap();
        prop_assert_eq!(report.answer, match direct {
            Match::Affected => Answer::Affected,
            Match::NotAffected => Answer::NotAffected,
            Match::Undecidable => Answer::Undecidable,
        });
    }

    #[test]
    fn affected_not_affected_and_undecidable_add_up(
        purls in prop::collection::vec(
            "pkg:(pypi|npm|cargo|deb)/(hana-pack|%40dul/core|x)(@[0-3](\\.[0-9]{1,2}){0,3}(a1|-rc)?)?", 0..12),
    ) {
        let purls: Vec<&str> = purls.iter().map(String::as_str).collect();
        let report = report(&cyclonedx(&purls));
        let counts = report.counts;
        prop_assert_eq!(counts.components, purls.len() as u64);
        prop_assert_eq!(counts.affected + counts.not_affected + counts.undecidable, counts.components);
        prop_assert_eq!(report.undecided.iter().map(|(_, count)| count).sum::<u64>(), counts.undecidable);
    }
}
