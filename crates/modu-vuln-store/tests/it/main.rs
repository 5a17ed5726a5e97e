//! Components kept by package, through the public door.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::borrow::Cow;
use std::path::Path;

use modu_vuln::delta::NewAdvisory;
use modu_vuln::inventory::Component;
use modu_vuln_store::{Hit, Journal, ReverseIndex, ReverseIndexBuilder, StoreError, hits};
use serde_json::json;

fn component(purl: &str) -> Component<'_> {
    Component {
        name: Cow::Borrowed("x"),
        version: None,
        purl: Some(Cow::Borrowed(purl)),
        cpe: None,
    }
}

/// Four assets with hana at 1.0 to 4.0, and other packages.
fn index(path: &Path) {
    let mut builder = ReverseIndexBuilder::default();
    for number in 1..5 {
        let asset = format!("asset-{number}");
        for package in ["Hana", "other"] {
            let purl = format!("pkg:pypi/{package}@{number}.0");
            assert!(builder.add(&asset, &component(&purl)).unwrap());
        }
    }
    assert!(
        builder
            .add("asset-1", &component("pkg:pypi/hana@no-version"))
            .unwrap()
    );
    assert!(
        !builder
            .add("asset-1", &component("pkg:generic/hana@1"))
            .unwrap()
    );
    assert!(!builder.add("asset-1", &component("hana")).unwrap());
    builder.write(path).unwrap();
}

fn advisory() -> NewAdvisory {
    let advisory = json!({"id": "T", "modified": "", "affected": [{
        "package": {"ecosystem": "PyPI", "name": "hana"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "2"}, {"fixed": "4.0"}]}],
    }]});
    NewAdvisory::parse("t.json", advisory.to_string().as_bytes()).unwrap()
}

#[test]
fn a_new_advisory_finds_the_assets_that_have_its_package() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("components.idx");
    index(&path);
    let found = hits(&ReverseIndex::open(&path).unwrap(), &advisory()).unwrap();
    let assets: Vec<&str> = found
        .affected
        .iter()
        .map(|hit| hit.asset.as_str())
        .collect();
    assert_eq!(assets, ["asset-2", "asset-3"]);
    assert_eq!((found.components, found.undecidable.len()), (5, 1));
    let other = json!({"id": "T", "modified": "", "affected": [{
        "package": {"ecosystem": "npm", "name": "hana"},
    }]});
    let other = NewAdvisory::parse("t.json", other.to_string().as_bytes()).unwrap();
    let found = hits(&ReverseIndex::open(&path).unwrap(), &other).unwrap();
    assert_eq!(found.components, 0);
}

#[test]
fn a_record_that_names_products_by_a_pattern_finds_each_of_them_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("components.idx");
    let mut builder = ReverseIndexBuilder::default();
    for (number, name) in [
        "cpe:/a:hana:pump:2.3",
        "cpe:/a:hana:pump:2.4",
        "cpe:2.3:a:hana:pump_3:1.0:*:*:*:*:*:*:*",
        "cpe:/a:dul:pump:1.0",
        // Its product is not known.
        "cpe:/a:dul",
        "cpe:/a:hana",
    ]
    .iter()
    .enumerate()
    {
        let component = Component {
            cpe: Some(Cow::Borrowed(name)),
            ..Component::default()
        };
        assert!(builder.add(&format!("asset-{number}"), &component).unwrap());
    }
    assert!(
        builder
            .add("other", &component("pkg:npm/pump@1.0.0"))
            .unwrap()
    );
    builder.write(&path).unwrap();
    let criterion = |name: &str| {
        json!({"vulnerable": true, "versionEndExcluding": "2.4",
        "criteria": format!("cpe:2.3:a:hana:{name}:*:*:*:*:*:*:*:*")})
    };
    let record = json!({
        "cveMetadata": {"cveId": "CVE-2026-0009", "state": "PUBLISHED"},
        "containers": {"cna": {"providerMetadata": {"shortName": "hana"}, "cpeApplicability": [
            {"nodes": [{"operator": "OR", "negate": false, "cpeMatch": [criterion("pump*"), criterion("pump")]}]}]}},
    });
    let new = NewAdvisory::parse("t.json", record.to_string().as_bytes()).unwrap();
    let found = hits(&ReverseIndex::open(&path).unwrap(), &new).unwrap();
    let assets = |hits: &[Hit]| hits.iter().map(|it| it.asset.clone()).collect::<Vec<_>>();
    assert_eq!(assets(&found.affected), ["asset-0", "asset-2"]);
    assert_eq!(assets(&found.undecidable), ["asset-5"]);
    assert_eq!(found.components, 5);
}

#[test]
fn an_index_of_which_a_byte_changed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("components.idx");
    index(&path);
    let whole = std::fs::read(&path).unwrap();
    for length in [0, 10, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).unwrap();
        let error = ReverseIndex::open(&path).unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    }
    for place in 0..whole.len() {
        let mut changed = whole.clone();
        changed[place] ^= 0x40;
        std::fs::write(&path, &changed).unwrap();
        let found = ReverseIndex::open(&path).and_then(|index| hits(&index, &advisory()));
        // Only what is not looked at may have changed unseen.
        if let Ok(found) = found {
            assert_eq!(
                (found.affected.len(), found.undecidable.len()),
                (2, 1),
                "byte {place}"
            );
        }
    }
}

#[test]
fn a_half_written_line_is_left_out_and_the_others_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hits.journal");
    let append = |value| Journal::open(&path).unwrap().append(&value).unwrap();
    append(json!({"a": 1}));
    append(json!({"b": 2}));
    let (whole, lines) = (std::fs::read(&path).unwrap(), 16);
    assert!(whole[..lines].ends_with(b"}\n") && whole[lines..].iter().all(|it| *it == 0));
    // As a loss of power leaves it: cut short, without its end, with a hole.
    for left in [
        &b"{\"c\": \"half"[..],
        b"{\"c\"\0\0\0 3}\n",
        b"\0\0\0\0}\n",
        b"{",
    ] {
        let mut torn = whole.clone();
        torn[lines..lines + left.len()].copy_from_slice(left);
        std::fs::write(&path, torn).unwrap();
        append(json!(4));
        let kept = Journal::lines(&path).unwrap();
        assert_eq!(kept, ["{\"a\":1}", "{\"b\":2}", "4"], "{left:?}");
    }
}

#[test]
fn a_journal_grows_and_keeps_every_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hits.journal");
    let long = "x".repeat(3 << 20);
    for number in 0..3 {
        let line = json!([number, long]);
        Journal::open(&path).unwrap().append(&line).unwrap();
    }
    let kept = Journal::lines(&path).unwrap();
    assert_eq!(kept.len(), 3);
    assert!(kept.iter().all(|line| line.len() > 3 << 20));
}
