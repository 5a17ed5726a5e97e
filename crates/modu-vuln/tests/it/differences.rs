//! Where our findings differ from trivy's (0.59.1) on the same advisories, and
//! why ours stand: one test for each class of `examples/compare_findings.rs`.
//! And one where they could differ and do not.

use modu_vuln::Scheme;
use modu_vuln::advisory::osv::{Affected, Match};
use serde_json::json;

fn affected(events: serde_json::Value, versions: &[&str]) -> Affected {
    serde_json::from_value(json!({
        "package": {"ecosystem": "PyPI", "name": "x"},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
        "versions": versions,
    }))
    .unwrap()
}

/// Trivy warns of a malformed version and finds nothing.
#[test]
fn a_version_without_an_order_is_found_where_the_advisory_names_it() {
    // As PYSEC-2018-100 on rope.
    let rope = affected(
        json!([{"introduced": "0"}, {"fixed": "0.11.0"}]),
        &["0.3m5"],
    );
    assert_eq!(rope.contains(Scheme::Pep440, "0.3m5"), Match::Affected);
    assert_eq!(rope.contains(Scheme::Pep440, "0.4m5"), Match::Undecidable);
}

/// Trivy's database keeps pairs, so that what ends within another pair does
/// not count; the OSV format sorts events and the last one decides.
#[test]
fn pairs_of_one_range_that_overlap_are_read_event_by_event() {
    // As PYSEC-2021-114 on wagtail, which contradicts itself.
    let events = json!([
        {"introduced": "0"}, {"fixed": "2.11.6"}, {"introduced": "2.11"}, {"fixed": "2.11.7"},
    ]);
    let wagtail = affected(events, &["2.11.6"]);
    let found = |version| wagtail.contains(Scheme::Pep440, version);
    assert_eq!(found("2.11.5"), Match::Affected);
    assert_eq!(found("2.11.6"), Match::Affected, "it is named");
    assert_eq!(found("2.11.7rc1"), Match::NotAffected);
}

#[test]
fn a_local_version_is_affected_where_the_release_that_it_is_of_is() {
    let torch = affected(
        json!([{"introduced": "0"}, {"last_affected": "2.0.1"}]),
        &[],
    );
    let fixed = affected(json!([{"introduced": "0"}, {"fixed": "2.0.1"}]), &[]);
    let named = affected(json!([{"introduced": "3"}]), &["2.0.1"]);
    for (advisory, found) in [
        (&torch, Match::Affected),
        (&fixed, Match::NotAffected),
        (&named, Match::Affected),
    ] {
        assert_eq!(advisory.contains(Scheme::Pep440, "2.0.1+cu118"), found);
    }
    assert_eq!(
        torch.contains(Scheme::Pep440, "2.0.2+cu118"),
        Match::NotAffected
    );
}
