//! Components with a CPE name and no package URL, held against CVE records.

use modu_kernel::{InputsInMemory, NoProgress, Outcome};
use modu_vuln::SCAN;
use modu_vuln::advisory::cve::{State, Status};
use modu_vuln::advisory::{Explanations, Record, pack, read};
use modu_vuln::cpe::{Attribute, Cpe};
use modu_vuln::delta::{Judged, NewAdvisory, key_of};
use modu_vuln::inventory;
use modu_vuln::scan::{Answer, ScanReport, Undecided};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::archives;

const AT: &str = "2026-11-22T00:00:00Z";

fn record(id: &str, state: &str, criteria: Value) -> Value {
    json!({
        "cveMetadata": {"cveId": id, "state": state},
        "containers": {"cna": {
            "providerMetadata": {"shortName": "hana"},
            "cpeApplicability": [{"nodes": [{"operator": "OR", "negate": false, "cpeMatch": criteria}]}],
        }},
    })
}

fn pump(id: &str, end: &str) -> Value {
    record(
        id,
        "PUBLISHED",
        json!([{"vulnerable": true, "criteria": "cpe:2.3:a:hana:pump:*:*:*:*:*:*:*:*", "versionEndExcluding": end}]),
    )
}

fn records() -> Vec<Value> {
    vec![
        pump("CVE-2026-0001", "2.4"),
        pump("CVE-2026-0002", "2.2"),
        record(
            "CVE-2026-0003",
            "REJECTED",
            json!([{"vulnerable": true, "criteria": "cpe:2.3:a:dul:valve:*:*:*:*:*:*:*:*"}]),
        ),
        record(
            "CVE-2026-0004",
            "PUBLISHED",
            json!([{"vulnerable": true, "criteria": "cpe:2.3:a:hana:meter:*:*:*:*:*:linux:*:*"}]),
        ),
    ]
}

fn bundle(records: &[Value]) -> Vec<u8> {
    let advisory = json!({"kind": "osv", "id": "TEST-1", "modified": "", "affected": [{
        "package": {"ecosystem": "npm", "name": "pump"},
        "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.0.0"}]}]}]});
    let mut lines = format!("{advisory}\n");
    for one in records {
        for record in read("a.json", one.to_string().as_bytes()).unwrap() {
            lines += &(serde_json::to_string(&record).unwrap() + "\n");
        }
    }
    let sources = [("test", lines.as_bytes())];
    pack(1, AT.parse().unwrap(), 7, sources, &Explanations::new())
        .unwrap()
        .1
}

fn scanned(components: &[Value]) -> Outcome {
    let sbom = json!({"bomFormat": "CycloneDX", "metadata": {"component": {"name": "web"}}, "components": components});
    let inputs = InputsInMemory::new()
        .with("inventory", sbom.to_string())
        .with("advisories", bundle(&records()));
    (SCAN.run)(&json!({"at": AT}), &inputs, &NoProgress).unwrap()
}

fn report(outcome: &Outcome) -> ScanReport {
    serde_json::from_value(outcome.report.clone()).unwrap()
}

#[test]
fn a_component_without_a_package_url_is_matched_by_its_cpe_name() {
    let of = |version: &str| {
        let cpe = format!("cpe:2.3:a:hana:pump:{version}:*:*:*:*:*:*:*");
        report(&scanned(&[json!({"name": "pump", "cpe": cpe})]))
    };
    for (version, advisories) in [
        ("2.3", &["CVE-2026-0001"][..]),
        ("2.1", &["CVE-2026-0001", "CVE-2026-0002"]),
    ] {
        let report = of(version);
        assert_eq!(report.answer, Answer::Affected, "{version}");
        assert_eq!(report.listed[0].advisories, advisories);
        assert_eq!(report.listed[0].component, "cpe:2.3:a:hana:pump");
        assert_eq!(report.listed[0].version, version);
    }
    assert_eq!(of("2.4").answer, Answer::NotAffected);
    assert_eq!(of("*").undecided, [(Undecided::LeftOpen, 1)]);
}

#[test]
fn what_a_cpe_name_leaves_open_is_never_clean() {
    for (component, reason) in [
        // No record that stands names the product.
        (
            json!({"name": "v", "cpe": "cpe:2.3:a:dul:valve:1.0:*:*:*:*:*:*:*"}),
            Undecided::UnknownProduct,
        ),
        // On which platform it runs is not told.
        (
            json!({"name": "m", "cpe": "cpe:2.3:a:hana:meter:1.0:*:*:*:*:*:*:*"}),
            Undecided::LeftOpen,
        ),
        (
            json!({"name": "p", "cpe": "hana:pump:1.0"}),
            Undecided::NoPackageUrl,
        ),
        (
            json!({"name": "p", "cpe": "cpe:/a:hana:pump", "version": "9".repeat(3_000_000)}),
            Undecided::LeftOpen,
        ),
        // A package URL outweighs, and a distribution mends within a version.
        (
            json!({"name": "p", "purl": "pkg:cargo/pump@1.0.0", "cpe": "cpe:/a:hana:pump:1.0"}),
            Undecided::NotCovered,
        ),
        (
            json!({"name": "p", "purl": "pkg:rpm/own/pump@1.0-1", "cpe": "cpe:/a:hana:pump:1.0"}),
            Undecided::UnknownEcosystem,
        ),
    ] {
        let report = report(&scanned(std::slice::from_ref(&component)));
        assert_eq!(report.undecided, [(reason, 1)], "{reason:?}");
        assert_eq!(report.answer, Answer::Undecidable);
    }
}

#[test]
fn the_version_of_the_list_counts_where_the_name_has_none() {
    for (component, affected) in [
        (
            json!({"name": "p", "version": "2.3", "cpe": "cpe:/a:hana:pump"}),
            1,
        ),
        (
            json!({"name": "p", "version": "2.4", "cpe": "cpe:/a:hana:pump"}),
            0,
        ),
        (
            json!({"name": "p", "version": "2.4", "purl": "pkg:generic/pump@2.4", "cpe": "cpe:/a:hana:pump:2.3"}),
            1,
        ),
        (
            json!({"name": "p", "purl": "no package URL", "cpe": "cpe:/a:hana:pump:2.3"}),
            1,
        ),
    ] {
        let counts = report(&scanned(std::slice::from_ref(&component))).counts;
        assert_eq!(counts.affected, affected, "{component}");
        assert_eq!(counts.not_affected, 1 - affected, "{component}");
    }
}

#[test]
fn findings_by_package_url_and_by_cpe_name_stand_in_one_table() {
    let outcome = scanned(&[
        json!({"name": "pump", "purl": "pkg:npm/pump@0.9.0", "cpe": "cpe:/a:hana:pump:2.3"}),
        json!({"name": "pump", "cpe": "cpe:/a:hana:pump:2.3"}),
        json!({"name": "pump", "cpe": "cpe:/a:hana:pump:2.3"}),
    ]);
    let findings = String::from_utf8(outcome.output("findings.csv").unwrap().bytes.clone());
    assert_eq!(
        findings.unwrap(),
        "asset,component,version,advisory,names\n\
         web,pkg:npm/pump,0.9.0,TEST-1,TEST-1\n\
         web,cpe:/a:hana:pump,2.3,CVE-2026-0001,CVE-2026-0001\n\
         web,cpe:/a:hana:pump,2.3,CVE-2026-0001,CVE-2026-0001\n"
    );
    let report = report(&outcome);
    // Those on products that the list does not name are not held against it.
    assert_eq!((report.advisories, report.findings), (3, 3));
}

#[test]
fn a_range_that_ends_before_it_begins_calls_nothing_clean() {
    let turned = json!([{"vulnerable": true, "criteria": "cpe:2.3:a:hana:pump:*:*:*:*:*:*:*:*",
        "versionStartIncluding": "3.0", "versionEndExcluding": "2.0"}]);
    let record = record("CVE-2026-0005", "PUBLISHED", turned).to_string();
    let new = NewAdvisory::parse("a.json", record.as_bytes()).unwrap();
    for version in ["1.0", "2.5", "4.0"] {
        let component = inventory::Component {
            cpe: Some(format!("cpe:/a:hana:pump:{version}").into()),
            ..inventory::Component::default()
        };
        assert_eq!(
            new.judge(&component),
            Judged::Undecidable(Undecided::LeftOpen)
        );
    }
}

#[test]
fn references_of_spdx_have_cpe_names_too() {
    let spdx = json!({"spdxVersion": "SPDX-2.3", "name": "web", "packages": [
        {"name": "pump", "versionInfo": "2.3", "externalRefs": [
            {"referenceType": "cpe22Type", "referenceLocator": "cpe:/a:dul:pump:2.3"},
            {"referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:hana:pump:2.3:*:*:*:*:*:*:*"}]},
    ]});
    let text = spdx.to_string();
    let inventory = inventory::parse(text.as_bytes()).unwrap();
    assert_eq!(
        inventory.components[0].cpe.as_deref(),
        Some("cpe:2.3:a:hana:pump:2.3:*:*:*:*:*:*:*")
    );
}

#[test]
fn a_new_cve_record_finds_components_by_their_cpe_name() {
    let new = NewAdvisory::parse(
        "a.json",
        pump("CVE-2026-0001", "2.4").to_string().as_bytes(),
    );
    let new = new.unwrap();
    let keys: Vec<&[u8]> = new.keys().collect();
    let component = |cpe: &'static str| inventory::Component {
        cpe: Some(cpe.into()),
        ..inventory::Component::default()
    };
    for (cpe, judged) in [
        (
            "cpe:/a:hana:pump:2.3",
            Judged::Affected(vec!["CVE-2026-0001".into()]),
        ),
        ("cpe:2.3:a:hana:pump:2.4:*:*:*:*:*:*:*", Judged::NotAffected),
        ("cpe:/a:hana:pump", Judged::Undecidable(Undecided::LeftOpen)),
    ] {
        let component = component(cpe);
        assert_eq!(keys, [key_of(&component).unwrap()], "{cpe}");
        assert_eq!(new.judge(&component), judged, "{cpe}");
    }
    assert_ne!(keys, [key_of(&component("cpe:/a:hana:valve:1")).unwrap()]);
    let record = record("CVE-2026-0009", "PUBLISHED", json!([])).to_string();
    let error = NewAdvisory::parse("a.json", record.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("CVE-2026-0009"), "{error}");
}

/// Components by their CPE names, and what a scan says of each against one
/// record: affected, or open.
fn by_scan(names: &[String], record: &Value) -> Vec<(String, bool)> {
    let listed = |name: &String| json!({"name": "x", "cpe": name});
    let components: Vec<Value> = names.iter().map(listed).collect();
    let sbom = json!({"bomFormat": "CycloneDX", "components": components});
    let inputs = InputsInMemory::new()
        .with("inventory", sbom.to_string())
        .with("advisories", bundle(std::slice::from_ref(record)));
    let outcome = (SCAN.run)(&json!({"at": AT}), &inputs, &NoProgress).unwrap();
    let table = String::from_utf8(outcome.output("components.csv").unwrap().bytes.clone()).unwrap();
    let rows = table.lines().skip(1).zip(names);
    let told = rows.filter_map(|(row, name)| {
        let affected = row.ends_with(",affected,");
        let open = row.contains("leaves open whether");
        (affected || open).then(|| (name.clone(), affected))
    });
    told.collect()
}

proptest! {
    /// What a scan cannot decide because no record names the product, a new
    /// record that does not name it says nothing of.
    #[test]
    fn a_new_cve_record_with_patterns_finds_what_a_whole_scan_finds(
        names in prop::collection::vec(
            "cpe:2\\.3:[ao]:(hana|dul|\\*|ha\\*):(pump|pump_3|valve|\\*):(1\\.0|2\\.3|2\\.4|\\*):\\*:\\*:\\*:\\*:(\\*|linux):\\*:\\*", 0..8),
        vendor in prop::sample::select(vec!["hana", "h*", "*", "-"]),
        product in prop::sample::select(vec!["pump", "pump_?", "pump*", "*"]),
        platform in prop::sample::select(vec!["*", "linux"]),
        second in any::<bool>(),
    ) {
        let criterion = |vendor: &str, product: &str| json!({"vulnerable": true, "versionEndExcluding": "2.4",
            "criteria": format!("cpe:2.3:a:{vendor}:{product}:*:*:*:*:*:{platform}:*:*")});
        let mut criteria = vec![criterion(vendor, product)];
        if second {
            criteria.push(criterion("dul", "valve"));
        }
        let record = record("CVE-2026-0009", "PUBLISHED", json!(criteria));
        let new = NewAdvisory::parse("a.json", record.to_string().as_bytes()).unwrap();
        let keys: Vec<&[u8]> = new.keys().collect();
        let mut found = Vec::new();
        for name in &names {
            let component = inventory::Component {
                cpe: Some(name.as_str().into()),
                ..inventory::Component::default()
            };
            let key = key_of(&component).unwrap();
            if !keys.contains(&key.as_slice()) && !new.may_mean(&component) {
                continue;
            }
            match new.judge(&component) {
                Judged::Affected(ids) => {
                    prop_assert_eq!(ids, ["CVE-2026-0009"]);
                    found.push((name.clone(), true));
                }
                Judged::Undecidable(_) => found.push((name.clone(), false)),
                Judged::NotAffected => {}
            }
        }
        prop_assert_eq!(found, by_scan(&names, &record));
    }
}

/// Components made of what CISA added to CVE records: a product by its CPE
/// name, in the last version that the record says is affected.
fn of_the_archive() -> Option<(Vec<Value>, String)> {
    let files = archives::texts("cisa-vulnrichment.tar.zst", ".json")?;
    let (mut components, mut lines) = (Vec::new(), String::new());
    for (path, text) in &files {
        for record in read(&path.to_string_lossy(), text.as_bytes()).unwrap() {
            let Record::Cve(cve) = &record else { continue };
            let open = |name: &str| {
                Cpe::parse(name).is_ok_and(|name| !matches!(name.version(), Attribute::Value(_)))
            };
            let products = cve.affected.iter();
            let products = products.filter(|it| it.cpes.len() == 1 && open(&it.cpes[0]));
            let ends = products.flat_map(|it| it.versions.iter().map(|range| (&it.cpes[0], range)));
            let last = ends
                .filter(|(_, range)| range.status == Status::Affected)
                .find_map(|(cpe, range)| Some((cpe, range.less_than_or_equal.as_ref()?)));
            if let (State::Published, Some((cpe, version))) = (cve.state, last) {
                components.push(json!({"name": cve.id, "version": version, "cpe": cpe}));
            }
            if !cve.affected.iter().all(|it| it.cpes.is_empty()) {
                lines += &(serde_json::to_string(&record).unwrap() + "\n");
            }
        }
    }
    Some((components, lines))
}

#[test]
fn products_of_the_real_archive_are_found_by_their_cpe_names() {
    let Some((components, lines)) = of_the_archive() else {
        return;
    };
    let sources = [("cisa", lines.as_bytes())];
    let packed = pack(1, AT.parse().unwrap(), 7, sources, &Explanations::new());
    let sbom = json!({"bomFormat": "CycloneDX", "components": components});
    let inputs = InputsInMemory::new()
        .with("inventory", sbom.to_string())
        .with("advisories", packed.unwrap().1);
    let outcome = (SCAN.run)(&json!({"at": AT}), &inputs, &NoProgress).unwrap();
    let report = report(&outcome);
    println!("{:?} {:?}", report.counts, report.undecided);
    let counts = report.counts;
    assert_eq!(counts.components, components.len() as u64);
    assert_eq!(counts.not_affected, 0, "each is the last affected version");
    assert!(counts.affected * 10 > counts.components * 9);
}
