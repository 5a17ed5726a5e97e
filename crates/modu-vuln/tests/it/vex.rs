//! Statements of makers, in OpenVEX, CycloneDX and CSAF, in a scan.

use modu_kernel::{InputsInMemory, NoProgress};
use modu_vuln::SCAN;
use modu_vuln::advisory::{Explanations, pack, read};
use modu_vuln::scan::{Answer, ScanReport, Undecided};
use serde_json::{Value, json};

use crate::csaf;

const AT: &str = "2026-01-10T00:00:00Z";

fn advisory() -> Value {
    json!({
        "id": "TEST-1", "modified": "2026-01-01T00:00:00Z", "aliases": ["CVE-2026-0001"],
        "affected": [{"package": {"ecosystem": "PyPI", "name": "hana-pack"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.10.0"}]}]}],
    })
}

fn openvex(product: Value, status: &str, why: Option<&str>, day: &str) -> Value {
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": format!("https://hana.example/vex/{status}-{day}"),
        "author": "Hana PSIRT", "timestamp": format!("{day}T00:00:00Z"), "version": 1,
        "statements": [{
            "vulnerability": {"name": "CVE-2026-0001"}, "products": [product],
            "status": status, "justification": why,
        }],
    })
}

fn cyclonedx(state: &str) -> Value {
    json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": "urn:uuid:1",
        "metadata": {"timestamp": "2026-01-05T00:00:00Z", "supplier": {"name": "Hana PSIRT"}},
        "components": [{"name": "pump", "components": [
            {"bom-ref": "x", "name": "hana-pack", "purl": "pkg:pypi/hana-pack@2.9"}]}],
        "vulnerabilities": [{"id": "CVE-2026-0001", "affects": [{"ref": "x"}],
            "analysis": {"state": state, "justification": "code_not_reachable"}}],
    })
}

fn in_csaf() -> Value {
    let mut document = csaf::advisory();
    document["product_tree"] = json!({"full_product_names": [{"name": "hana-pack", "product_id": "P1",
        "product_identification_helper": {"purl": "pkg:pypi/hana-pack"}}]});
    document["vulnerabilities"] = json!([{
        "cve": "CVE-2026-0001", "product_status": {"known_not_affected": ["P1"]},
        "threats": [{"category": "impact", "details": "It is never called.", "product_ids": ["P1"]}],
    }]);
    document
}

fn scanned(statements: &[Value]) -> ScanReport {
    let files: Vec<Value> = statements.iter().cloned().chain([advisory()]).collect();
    of(
        &files,
        &json!({"name": "hana-pack", "purl": "pkg:pypi/Hana_Pack@2.9"}),
    )
}

/// One component of a pump, held against what files say.
fn of(files: &[Value], component: &Value) -> ScanReport {
    let records = files
        .iter()
        .flat_map(|it| read("a.json", it.to_string().as_bytes()).unwrap());
    let lines: String = records
        .map(|it| serde_json::to_string(&it).unwrap() + "\n")
        .collect();
    let sources = [("test", lines.as_bytes())];
    let (_, bundle) = pack(1, AT.parse().unwrap(), 7, sources, &Explanations::new()).unwrap();
    let inventory = json!({"bomFormat": "CycloneDX", "specVersion": "1.6",
        "metadata": {"component": {"name": "pump", "purl": "pkg:generic/pump@1"}},
        "components": [component]});
    let inputs = InputsInMemory::new()
        .with("inventory", inventory.to_string())
        .with("advisories", bundle);
    let outcome = (SCAN.run)(&json!({"at": AT}), &inputs, &NoProgress).unwrap();
    serde_json::from_value(outcome.report).unwrap()
}

#[test]
fn a_reasoned_statement_clears_a_finding_and_is_named() {
    let purl = json!({"@id": "pkg:pypi/hana-pack@2.9"});
    let part_of =
        |asset: &str| json!({"@id": asset, "subcomponents": [{"@id": "pkg:pypi/hana-pack"}]});
    let reason = Some("vulnerable_code_not_in_execute_path");
    let cases: [(&[Value], bool); 12] = [
        (&[], false),
        (
            &[openvex(purl.clone(), "not_affected", reason, "2026-01-02")],
            true,
        ),
        (
            &[openvex(purl.clone(), "not_affected", None, "2026-01-02")],
            false,
        ),
        (&[openvex(purl.clone(), "fixed", None, "2026-01-02")], true),
        (
            &[openvex(
                purl.clone(),
                "under_investigation",
                reason,
                "2026-01-02",
            )],
            false,
        ),
        (
            &[openvex(
                json!("pkg:pypi/hana-pack@2.8"),
                "not_affected",
                reason,
                "2026-01-02",
            )],
            false,
        ),
        (
            &[openvex(
                part_of("pkg:generic/pump@1"),
                "not_affected",
                reason,
                "2026-01-02",
            )],
            true,
        ),
        (
            &[openvex(
                part_of("pkg:generic/other@1"),
                "not_affected",
                reason,
                "2026-01-02",
            )],
            false,
        ),
        // The later word counts.
        (
            &[
                openvex(purl.clone(), "not_affected", reason, "2026-01-02"),
                openvex(purl.clone(), "affected", None, "2026-01-03"),
            ],
            false,
        ),
        (&[cyclonedx("not_affected")], true),
        (&[cyclonedx("exploitable")], false),
        (&[in_csaf()], true),
    ];
    for (place, (statements, clears)) in cases.iter().enumerate() {
        let report = scanned(statements);
        assert_eq!(report.answer == Answer::NotAffected, *clears, "{place}");
        assert_eq!(report.cleared, u64::from(*clears), "{place}");
        assert_eq!(
            report.counts.affected + report.counts.not_affected,
            1,
            "{place}"
        );
        if *clears {
            let one = &report.listed_cleared[0];
            assert_eq!(
                (one.author.as_str(), one.advisory.as_str()),
                ("Hana PSIRT", "TEST-1"),
                "{place}"
            );
        }
    }
}

/// A pump by its CPE name, held against two records and statements.
fn named(version: &str, statements: &[Value]) -> ScanReport {
    let criterion = |platform: &str| {
        json!({"vulnerable": true, "versionEndExcluding": "2.4",
        "criteria": format!("cpe:2.3:a:hana:pump:*:*:*:*:*:{platform}:*:*")})
    };
    let record = |id: &str, platform: &str| {
        json!({
            "cveMetadata": {"cveId": id, "state": "PUBLISHED"},
            "containers": {"cna": {"providerMetadata": {"shortName": "hana"}, "cpeApplicability": [
                {"nodes": [{"operator": "OR", "negate": false, "cpeMatch": [criterion(platform)]}]}]}},
        })
    };
    // The second holds only on a platform that 2.2's list does not name.
    let mut files = vec![record("CVE-2026-0001", "*")];
    if version == "2.2" {
        files.push(record("CVE-2026-0002", "linux"));
    }
    files.extend_from_slice(statements);
    let name = format!("cpe:2.3:a:hana:pump:{version}:*:*:*:*:*:*:*");
    of(&files, &json!({"name": "pump", "cpe": name}))
}

#[test]
fn a_statement_on_a_cpe_name_clears_what_was_found_by_it() {
    let reason = Some("vulnerable_code_not_in_execute_path");
    let said = |name: &str, status: &str, day: &str| {
        let product = json!({"identifiers": {"cpe23": name}});
        openvex(product, status, reason, day)
    };
    let all = "cpe:2.3:a:hana:pump:*:*:*:*:*:*:*:*";
    let one = "cpe:2.3:a:hana:pump:2.3:*:*:*:*:*:*:*";
    let other = "cpe:2.3:a:hana:pump:2.1:*:*:*:*:*:*:*";
    let on_linux = "cpe:2.3:a:hana:pump:*:*:*:*:*:linux:*:*";
    let every = "cpe:2.3:a:hana:*:*:*:*:*:*:*:*:*";
    let mut in_list = cyclonedx("not_affected");
    in_list["components"] =
        json!([{"bom-ref": "x", "name": "pump", "version": "2.3", "cpe": "cpe:/a:hana:pump"}]);
    let mut of_other_version = in_list.clone();
    of_other_version["components"][0]["version"] = json!("2.1");
    let mut tree = in_csaf();
    let helper = json!({"cpe": "cpe:2.3:a:hana:pump:*:*:*:*:*:*:*:*"});
    tree["product_tree"] = json!({"full_product_names": [{"name": "pump", "product_id": "P1",
        "product_identification_helper": helper}]});
    let mut of_range = tree.clone();
    of_range["product_tree"] = json!({"branches": [{"category": "product_version_range", "name": "< V2.0",
        "product": {"name": "pump", "product_id": "P1", "product_identification_helper": helper}}]});
    let mut of_version = of_range.clone();
    of_version["product_tree"]["branches"][0]["category"] = json!("product_version");
    of_version["product_tree"]["branches"][0]["name"] = json!("2.3");
    let day = "2026-01-02";
    for (place, (statements, clears)) in [
        (vec![said(all, "not_affected", day)], true),
        (vec![said(one, "fixed", day)], true),
        (vec![said(every, "not_affected", day)], true),
        (vec![said(other, "not_affected", day)], false),
        // Whether it runs there is not told: nothing is cleared, and a later
        // word against it counts.
        (vec![said(on_linux, "not_affected", day)], false),
        (
            vec![
                said(all, "not_affected", day),
                said(on_linux, "affected", "2026-01-03"),
            ],
            false,
        ),
        (vec![in_list], true),
        (vec![of_other_version], false),
        (vec![tree], true),
        // The tree says which versions are meant.
        (vec![of_range], false),
        (vec![of_version], true),
        (
            vec![openvex(
                json!("pkg:generic/pump"),
                "not_affected",
                reason,
                day,
            )],
            false,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let report = named("2.3", &statements);
        assert_eq!(report.answer == Answer::NotAffected, clears, "{place}");
        assert_eq!(report.counts.affected, u64::from(!clears), "{place}");
        assert_eq!(report.cleared, u64::from(clears), "{place}");
        if clears {
            let one = &report.listed_cleared[0];
            let told = (
                one.component.as_str(),
                one.version.as_str(),
                one.advisory.as_str(),
            );
            assert_eq!(told, ("cpe:2.3:a:hana:pump", "2.3", "CVE-2026-0001"));
        }
    }
}

#[test]
fn a_cleared_finding_leaves_undecided_what_another_record_leaves_open() {
    let product = json!({"identifiers": {"cpe22": "cpe:/a:hana:pump:2.2"}});
    let statement = openvex(product, "fixed", None, "2026-01-02");
    let report = named("2.2", &[statement]);
    assert_eq!(report.cleared, 1);
    assert_eq!(report.undecided, [(Undecided::LeftOpen, 1)]);
    assert_eq!(report.answer, Answer::Undecidable);
}

#[test]
fn a_document_that_was_bent_is_refused_with_the_place() {
    let purl = json!("pkg:pypi/hana-pack");
    for (document, place) in [
        (openvex(purl, "clean", None, "2026-01-02"), "statements[0]"),
        (cyclonedx("perhaps"), "vulnerabilities[0]"),
        (
            json!({"bomFormat": "CycloneDX", "components": []}),
            "vulnerabilities: this is a list",
        ),
        (
            json!({"@context": "https://openvex.dev/ns/v0.2.0", "statements": []}),
            "line 1",
        ),
    ] {
        let error = read("a.json", document.to_string().as_bytes())
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(place), "{error}");
    }
}
