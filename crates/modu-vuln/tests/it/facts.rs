//! What is known of vulnerabilities: CVE records, EPSS, KEV, and how they join.

use std::collections::{BTreeMap, BTreeSet};

use modu_vuln::advisory::cve::State;
use modu_vuln::advisory::facts::{Automatable, Exploitation, Facts, TechnicalImpact};
use modu_vuln::advisory::{Bundle, Record, read};
use serde_json::{Value, json};

use crate::archives;

fn lines(records: &[Record]) -> String {
    let line = |record| serde_json::to_string(record).unwrap() + "\n";
    records.iter().map(line).collect()
}

fn record(exploitation: &str) -> Value {
    json!({
        "cveMetadata": {"cveId": "CVE-2026-0001", "state": "PUBLISHED"},
        "containers": {
            "cna": {"providerMetadata": {"shortName": "hana"}, "metrics": [
                {"cvssV4_0": {"vectorString": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N"}},
            ]},
            "adp": [{"providerMetadata": {"shortName": "CISA-ADP"}, "metrics": [
                {"other": {"type": "ssvc", "content": {"options": [
                    {"Exploitation": exploitation}, {"Automatable": "Yes"}, {"Technical Impact": "Partial"}]}}},
                {"other": {"type": "kev", "content": {"dateAdded": "2026-01-05"}}},
            ]}],
        },
    })
}

fn facts_of(files: &[(&str, String)]) -> Facts {
    let records = files
        .iter()
        .flat_map(|(name, text)| read(name, text.as_bytes()).unwrap());
    let bundle = Bundle::parse(lines(&records.collect::<Vec<_>>()).as_bytes()).unwrap();
    let mut facts = bundle.facts(["CVE-2026-0001", "CVE-2026-9999"]).unwrap();
    assert_eq!(facts.remove("CVE-2026-9999").unwrap(), Facts::default());
    facts.remove("CVE-2026-0001").unwrap()
}

#[test]
fn facts_of_one_vulnerability_are_joined_from_all_feeds() {
    let epss = |day: &str, score: &str| {
        let text = format!(
            "#model_version:v2025.03.14,score_date:{day}T00:00:00Z\ncve,epss,percentile\nCVE-2026-0001,{score},0.9\n"
        );
        ("epss.csv", text)
    };
    let kev = json!({"catalogVersion": "1", "count": 1, "vulnerabilities": [{
        "cveID": "CVE-2026-0001", "dateAdded": "2026-01-04", "dueDate": "2026-01-07", "forensicTriage": "Yes"}]});
    let osv = json!({"id": "TEST-1", "modified": "2026-01-01T00:00:00Z", "aliases": ["CVE-2026-0001"],
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}]});
    let facts = facts_of(&[
        ("a.json", record("Active").to_string()),
        epss("2026-01-02", "0.5"),
        epss("2026-01-03", "0.25"),
        ("kev.json", kev.to_string()),
        ("b.json", osv.to_string()),
    ]);
    let versions: Vec<&str> = facts
        .cvss
        .iter()
        .map(|score| score.version.as_str())
        .collect();
    assert_eq!(versions, ["3.1", "4.0"]);
    assert_eq!(facts.epss.unwrap().date, "2026-01-03");
    let kev = facts.kev.unwrap();
    assert_eq!(
        (kev.added.as_str(), kev.forensic_triage),
        ("2026-01-04", Some(true))
    );
    assert_eq!(facts.ssvc.unwrap().exploitation, Exploitation::Active);
}

#[test]
fn lists_and_schemas_beside_advisories_hold_none() {
    for (name, text) in [
        ("feed.json", r#"{"feed": {"entry": []}}"#),
        (
            "schema.json",
            r#"{"$schema": "https://json-schema.org/draft-07/schema#", "properties": {}}"#,
        ),
        ("changes.csv", "\"2024/a.json\",\"2024-01-01\"\n"),
    ] {
        assert!(read(name, text.as_bytes()).unwrap().is_empty(), "{name}");
    }
    for text in [
        "",
        "[]",
        "{}",
        "{\"cveMetadata\":",
        &"{\"a\":".repeat(20_000),
    ] {
        assert!(read("x.json", text.as_bytes()).is_err());
    }
}

/// The counts are those of cisagov/vulnrichment b0ed7583, taken from the
/// documents with Python's `json` as well.
#[test]
fn every_record_of_the_real_archive_is_read_with_its_decision() {
    let Some(files) = archives::texts("cisa-vulnrichment.tar.zst", ".json") else {
        return;
    };
    let industrial = industrial_cves();
    let (mut with_points, mut known) = (0, 0);
    let mut points = BTreeMap::new();
    let (mut published, mut exploited, mut with_cpe, mut scores) =
        (0, BTreeSet::new(), 0, BTreeMap::new());
    for (path, text) in &files {
        for found in read(&path.to_string_lossy(), text.as_bytes()).unwrap() {
            let Record::Cve(record) = found else {
                panic!("{path:?}")
            };
            published += usize::from(record.state == State::Published);
            with_cpe += usize::from(record.affected.iter().any(|it| !it.cpes.is_empty()));
            for score in &record.scores {
                *scores.entry(score.version.clone()).or_insert(0) += 1;
            }
            if industrial.contains(&record.id) {
                with_points += usize::from(record.ssvc.is_some());
                known += usize::from(record.exploited_since.is_some());
            }
            if record.exploited_since.is_some() {
                exploited.insert(record.id);
            }
            if let Some(ours) = record.ssvc {
                *points
                    .entry(format!("{:?}", ours.exploitation))
                    .or_insert(0) += 1;
                *points.entry(format!("{:?}", ours.automatable)).or_insert(0) += 1;
                *points
                    .entry(format!("{:?}", ours.technical_impact))
                    .or_insert(0) += 1;
            }
        }
    }
    println!(
        "{published} published, {} exploited, {with_cpe} with CPE, {scores:?}, {points:?}",
        exploited.len()
    );
    println!(
        "of CISA's CVEs of operational technology {with_points} have points and {known} are exploited"
    );
    assert_eq!((with_points, known), (920, 13));
    assert_eq!((published, exploited.len()), (44_026, 224));
    let of = |name: &str| points.get(name).copied().unwrap_or(0);
    assert_eq!((of("None"), of("Poc"), of("Active")), (36_169, 7_643, 214));
    assert_eq!((of("No"), of("Yes")), (36_155, 7_871));
    assert_eq!((of("Partial"), of("Total")), (30_142, 13_884));
    assert_eq!(
        TechnicalImpact::Total.max(TechnicalImpact::Partial),
        TechnicalImpact::Total
    );
    assert!(Automatable::No < Automatable::Yes);
}

/// The CVEs of CISA's advisories on operational technology.
fn industrial_cves() -> BTreeSet<String> {
    let files = archives::texts("cisa-csaf.tar.zst", ".json").unwrap_or_default();
    let files = files
        .iter()
        .filter(|(path, _)| path.to_string_lossy().contains("/OT/"));
    let records =
        files.flat_map(|(path, text)| read(&path.to_string_lossy(), text.as_bytes()).unwrap());
    let faults = records.flat_map(|record| match record {
        Record::Csaf(advisory) => advisory.vulnerabilities,
        other => panic!("{}", other.kind()),
    });
    faults.filter_map(|fault| fault.cve).collect()
}
