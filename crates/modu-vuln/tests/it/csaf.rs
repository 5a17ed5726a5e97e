//! Advisories in CSAF 2.0: ones written here, and all of CISA's.

use std::collections::BTreeSet;

use modu_vuln::advisory::csaf::{Advisory, RemedyKind, Versions};
use modu_vuln::advisory::{Record, read};
use serde_json::{Value, json};

use crate::archives;

/// An advisory of a vendor that does not exist.
pub(crate) fn advisory() -> Value {
    json!({
        "document": {
            "category": "csaf_security_advisory", "csaf_version": "2.0", "title": "Hana pump controllers",
            "publisher": {"category": "vendor", "name": "Hana PSIRT", "namespace": "https://hana.example"},
            "tracking": {
                "id": "HANA-2026-01", "status": "final", "version": "2",
                "current_release_date": "2026-01-02T00:00:00Z", "initial_release_date": "2026-01-01T00:00:00Z",
                "revision_history": [],
            },
            "references": [
                {"category": "self", "summary": "page", "url": "https://hana.example/HANA-2026-01"},
                {"category": "self", "summary": "file", "url": "https://hana.example/HANA-2026-01.json"},
            ],
        },
        "product_tree": {
            "branches": [{"category": "vendor", "name": "Hana Controls Co., Ltd.", "branches": [
                {"category": "product_name", "name": "PumpMaster 300", "branches": [
                    {"category": "product_version_range", "name": "< V2.4", "product": {
                        "name": "PumpMaster 300 before V2.4", "product_id": "P1",
                        "product_identification_helper": {"model_numbers": ["PM300-1AA0?"]}}},
                    {"category": "product_version", "name": "2.4", "product": {"name": "PumpMaster 300 V2.4", "product_id": "P2"}},
                ]},
                {"category": "product_family", "name": "PumpMaster", "branches": [
                    {"category": "product_name", "name": "500", "product": {"name": "PumpMaster 500", "product_id": "P3"}},
                ]},
            ]}],
            "relationships": [{
                "category": "installed_on", "product_reference": "P1", "relates_to_product_reference": "P3",
                "full_product_name": {"name": "PumpMaster 300 software on a 500", "product_id": "P4"}}],
            "product_groups": [{"group_id": "G1", "product_ids": ["P1", "P4"]}],
        },
        "vulnerabilities": [{
            "cve": "CVE-2026-0001",
            "product_status": {"known_affected": ["P1", "P4"], "fixed": ["P2"], "known_not_affected": ["P3"]},
            "flags": [{"label": "component_not_present", "product_ids": ["P3"]}],
            "scores": [{"products": ["P1"], "cvss_v3": {"version": "3.1", "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}}],
            "remediations": [
                {"category": "vendor_fix", "details": "Update to V2.4.", "url": "https://hana.example/2.4", "product_ids": ["P1"]},
                {"category": "vendor_fix", "details": "Update to V2.4.", "url": "https://hana.example/2.4", "group_ids": ["G1"]},
                {"category": "mitigation", "details": "Keep it off the office network."},
            ],
        }],
    })
}

fn read_one(document: &Value) -> Result<Advisory, String> {
    let records = read("a.json", document.to_string().as_bytes());
    match records.map_err(|error| error.to_string())?.remove(0) {
        Record::Csaf(advisory) => Ok(advisory),
        other => panic!("{}", other.kind()),
    }
}

#[test]
fn a_product_knows_the_names_above_it_and_what_it_is_made_of() {
    let advisory = read_one(&advisory()).unwrap();
    assert_eq!(
        advisory.url.as_deref(),
        Some("https://hana.example/HANA-2026-01")
    );
    let products: Vec<_> = (advisory.products.iter())
        .map(|it| {
            (
                it.id.as_str(),
                it.family.as_deref(),
                it.product.as_deref(),
                it.versions.clone(),
            )
        })
        .collect();
    assert_eq!(
        products[0],
        (
            "P1",
            None,
            Some("PumpMaster 300"),
            Some(Versions::Range("< V2.4".into()))
        )
    );
    assert_eq!(products[1].3, Some(Versions::Exactly("2.4".into())));
    assert_eq!(products[2], ("P3", Some("PumpMaster"), Some("500"), None));
    let joined = advisory.products[3].joined.as_ref().unwrap();
    assert_eq!((joined.component, joined.host), (0, 2));
    let fault = &advisory.vulnerabilities[0];
    assert_eq!(
        (&fault.affected[..], &fault.fixed[..]),
        (&[0, 3][..], &[1][..])
    );
    assert_eq!(fault.justification(2), Some("component_not_present"));
    assert_eq!(fault.remedies.len(), 2);
    assert_eq!(
        (fault.remedies[0].kind, &fault.remedies[0].products[..]),
        (RemedyKind::VendorFix, &[0, 3][..])
    );
    assert_eq!(fault.scores[0].source, "Hana PSIRT");
}

#[test]
fn what_is_kept_of_an_advisory_is_read_as_itself() {
    let advisory = read_one(&advisory()).unwrap();
    let line = serde_json::to_string(&Record::Csaf(advisory.clone())).unwrap();
    let Record::Csaf(again) = serde_json::from_str(&line).unwrap() else {
        panic!("{line}");
    };
    assert_eq!(again, advisory);
}

#[test]
fn an_advisory_that_was_bent_is_refused_with_the_place() {
    let text = advisory().to_string();
    for (from, to, place) in [
        (
            "\"csaf_version\":\"2.0\"",
            "\"csaf_version\":\"3.0\"",
            "document.csaf_version",
        ),
        (
            "\"fixed\":[\"P2\"]",
            "\"fixed\":[\"P9\"]",
            "vulnerabilities[0].product_status",
        ),
        (
            "\"group_ids\":[\"G1\"]",
            "\"group_ids\":[\"G9\"]",
            "vulnerabilities[0].remediations",
        ),
        (
            "\"relates_to_product_reference\":\"P3\"",
            "\"relates_to_product_reference\":\"P9\"",
            "product_tree.relationships",
        ),
        (
            "\"product_id\":\"P2\"",
            "\"product_id\":\"P1\"",
            "product_tree",
        ),
        ("CVE-2026-0001", "CVE-26", "vulnerabilities[0].cve"),
        ("\"vendor_fix\"", "\"vendor_wish\"", "line 1"),
    ] {
        assert!(text.contains(from), "{from}");
        let bent = serde_json::from_str(&text.replace(from, to)).unwrap();
        let error = read_one(&bent).unwrap_err();
        assert!(error.starts_with(place), "{error}");
    }
    assert!(read("a.json", &text.as_bytes()[..text.len() - 1]).is_err());
}

#[test]
fn a_tree_that_is_too_deep_is_refused() {
    let mut branch = json!({"category": "product_name", "name": "x", "product": {"name": "x", "product_id": "D"}});
    for _ in 0..30 {
        branch = json!({"category": "product_family", "name": "y", "branches": [branch]});
    }
    let mut document = advisory();
    document["product_tree"]["branches"] = json!([branch]);
    let error = read_one(&document).unwrap_err();
    assert!(error.contains("branches one within the other"), "{error}");
}

/// The counts are those of cisagov/CSAF 6960219f, taken from the documents
/// with Python's `json` as well.
#[test]
fn every_real_advisory_is_read_whole() {
    let Some(files) = archives::texts("cisa-csaf.tar.zst", ".json") else {
        return;
    };
    let (mut documents, mut faults, mut ranges, mut products, mut remedies) = (0, 0, 0, 0, 0);
    let mut cves = BTreeSet::new();
    for (path, text) in &files {
        let path = path.to_string_lossy();
        for record in read(&path, text.as_bytes()).unwrap() {
            let Record::Csaf(advisory) = record else {
                panic!("{path}")
            };
            if !path.contains("/OT/") {
                continue;
            }
            documents += 1;
            faults += advisory.vulnerabilities.len();
            products += advisory.products.len();
            ranges += (advisory.products.iter())
                .filter(|it| matches!(it.versions, Some(Versions::Range(_))))
                .count();
            remedies += advisory
                .vulnerabilities
                .iter()
                .map(|it| it.remedies.len())
                .sum::<usize>();
            cves.extend(advisory.vulnerabilities.into_iter().filter_map(|it| it.cve));
            assert!(advisory.url.is_some(), "{path}");
        }
    }
    println!(
        "{documents} advisories, {faults} faults, {} CVEs, {products} products, {remedies} remedies",
        cves.len()
    );
    assert_eq!(
        (documents, faults, cves.len(), ranges),
        (2_379, 7_907, 6_977, 13_617)
    );
    assert_eq!(products, 13_617 + 2_225 + 33 + 1_283);
}
