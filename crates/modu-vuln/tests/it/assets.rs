//! A plant's assets held against advisories in CSAF.

use modu_kernel::{InputsInMemory, NoProgress, Outcome};
use modu_vuln::ASSETS;
use modu_vuln::advisory::csaf::{RemedyKind, Versions};
use modu_vuln::advisory::{Explanations, Record, pack, read};
use modu_vuln::assets::{Answer, AssetsReport, Cleared, Undecided};
use modu_vuln::vendor::VendorRange;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{archives, csaf};

const HEADER: &str = "asset,vendor,product,model,firmware\n";

/// The lines of these documents.
fn bundle(documents: &[Value]) -> String {
    let records = documents
        .iter()
        .flat_map(|it| read("a.json", it.to_string().as_bytes()).unwrap());
    let line = |record: Record| serde_json::to_string(&record).unwrap() + "\n";
    records.map(line).collect()
}

const AT: &str = "2026-01-10T00:00:00Z";

/// The answer with a bundle that was made at [`AT`] and is good for a week.
fn held(assets: &str, lines: &str) -> Outcome {
    held_at(assets, lines, AT)
}

fn held_at(assets: &str, lines: &str, at: &str) -> Outcome {
    let sources = [("test", lines.as_bytes())];
    let made = AT.parse().unwrap();
    let (_, bundle) = pack(1, made, 7, sources, &Explanations::new()).unwrap();
    let inputs = InputsInMemory::new()
        .with("assets", format!("{HEADER}{assets}"))
        .with("advisories", bundle);
    (ASSETS.run)(&json!({ "at": at }), &inputs, &NoProgress).unwrap()
}

#[test]
fn of_an_old_bundle_nothing_is_clean() {
    let assets = "A,Hana Controls,PumpMaster 300,,V2.5\n";
    let lines = bundle(&[csaf::advisory()]);
    for (at, answer) in [(AT, "not_affected"), ("2026-02-10T00:00:00Z", "stale")] {
        assert_eq!(held_at(assets, &lines, at).report["answer"], answer);
    }
}

fn report(assets: &str, documents: &[Value]) -> AssetsReport {
    serde_json::from_value(held(assets, &bundle(documents)).report).unwrap()
}

/// The one answer to one asset.
fn answer(asset: &str) -> String {
    let report = report(&format!("A,{asset}\n"), &[csaf::advisory()]);
    match report.answer {
        Answer::Affected => "affected".to_owned(),
        Answer::NotAffected => format!("{:?}", report.cleared[0].0),
        Answer::Stale => "stale".to_owned(),
        Answer::Undecidable => format!("{:?}", report.undecided[0].0),
    }
}

#[test]
fn an_asset_is_affected_by_its_product_and_version_however_spelled() {
    for (asset, expected) in [
        ("Hana Controls,PumpMaster 300,,V2.3", "affected"),
        (
            "HANA CONTROLS CO LTD,Hana Controls PumpMaster-300 series,,2.3",
            "affected",
        ),
        ("Hana Controls,PumpMaster,300,V1.0 SP2", "affected"),
        ("Hana Controls,pump controller,PM300-1AA07,2.0", "affected"),
        ("Hana Controls,PumpMaster 300,,V2.4", "ByStatement"),
        ("Hana Controls,PumpMaster 300,,V2.5", "OtherVersions"),
        ("Hana Controls,ValveMaster 9,,1.0", "NotNamed"),
        // Software of the one on the other is affected before V2.4; that the
        // device has not the fault is said of it without that software.
        ("Hana Controls,PumpMaster 500,,2.0", "affected"),
        ("Hana Controls,PumpMaster 500,,3.0", "ByStatement"),
        ("Hana Controls,PumpMaster 300,,", "NoFirmware"),
        (
            "Hana Controls,PumpMaster 300,,build of June",
            "UnreadableFirmware",
        ),
        ("Hana Controls,PumpMaster,,2.0", "AmbiguousProduct"),
        ("Hana Controls,PumpMaster 300 Pro,,2.0", "AmbiguousProduct"),
        // Whichever it is, later versions are not meant.
        ("Hana Controls,PumpMaster 300 Pro,,3.0", "NotNamed"),
        ("Hana,PumpMaster 300,,2.0", "UnknownVendor"),
        ("Dul,Nothing,,2.0", "UnknownVendor"),
    ] {
        assert_eq!(answer(asset), expected, "{asset}");
    }
}

#[test]
fn what_is_ambiguous_shows_the_nearest_names() {
    let asset = "A,Hana,PumpMaster 300,,2.0\nB,Oem,PumpMaster 300,,2.0\n";
    let report = report(asset, &[csaf::advisory()]);
    for one in &report.listed_undecided {
        assert_eq!(one.candidates[0], "Hana Controls Co., Ltd. PumpMaster 300");
        assert_eq!(one.advisories, ["HANA-2026-01"]);
    }
    assert_eq!(report.undecided, [(Undecided::UnknownVendor, 2)]);
}

#[test]
fn a_line_of_versions_holds_only_its_own() {
    let mut document = csaf::advisory();
    let branches = &mut document["product_tree"]["branches"][0]["branches"][0];
    branches["name"] = json!("PumpMaster 300 V2");
    for (firmware, expected) in [("V2.3", 1), ("V1.9", 0), ("V3.0", 0)] {
        let asset = format!("A,Hana Controls,PumpMaster 300,,{firmware}\n");
        assert_eq!(
            report(&asset, &[document.clone()]).counts.affected,
            expected,
            "{firmware}"
        );
    }
}

#[test]
fn a_finding_names_the_faults_and_a_remedy_where_it_is() {
    let asset = "=A,Hana Controls,PumpMaster 300,,V2.3\n";
    let outcome = held(asset, &bundle(&[csaf::advisory()]));
    let table = |name: &str| {
        let output = outcome.outputs.iter().find(|it| it.name == name).unwrap();
        String::from_utf8(output.bytes.clone()).unwrap()
    };
    assert_eq!(
        table("findings.csv"),
        "asset,component,version,advisory,names\n'=A,Hana Controls PumpMaster 300,V2.3,HANA-2026-01,CVE-2026-0001\n"
    );
    let remedies = table("remedies.csv");
    assert!(remedies.contains(
        "vendor_fix,Update to V2.4.,https://hana.example/2.4,https://hana.example/HANA-2026-01\n"
    ));
    assert_eq!(remedies.lines().count(), 3);
    let report: AssetsReport = serde_json::from_value(outcome.report).unwrap();
    let advisory = &report.listed[0].advisories[0];
    assert_eq!(advisory.remedy, Some(RemedyKind::VendorFix));
    assert_eq!(advisory.names, ["CVE-2026-0001"]);
}

/// A statement of the vendor that the 300 does not have the fault.
fn statement(day: &str, reason: bool) -> Value {
    let mut document = csaf::advisory();
    document["document"]["category"] = json!("csaf_vex");
    document["document"]["tracking"]["id"] = json!("HANA-VEX-1");
    document["document"]["tracking"]["current_release_date"] = json!(format!("{day}T00:00:00Z"));
    let fault = &mut document["vulnerabilities"][0];
    fault["product_status"] = json!({"known_not_affected": ["P1"]});
    fault["flags"] = match reason {
        true => json!([{"label": "vulnerable_code_not_in_execute_path", "product_ids": ["P1"]}]),
        false => json!([]),
    };
    document
}

#[test]
fn a_reasoned_statement_outweighs_an_advisory_that_is_not_later_and_is_named() {
    let asset = "A,Hana Controls,PumpMaster 300,,V2.3\n";
    for (statement, believed) in [
        (statement("2026-01-03", true), true),
        (statement("2026-01-03", false), false),
        (statement("2025-12-31", true), false),
    ] {
        let report = report(asset, &[csaf::advisory(), statement]);
        assert_eq!(report.counts.affected == 0, believed);
        if believed {
            assert_eq!(report.cleared, [(Cleared::ByStatement, 1)]);
            let expected = [
                "A",
                "CVE-2026-0001",
                "HANA-VEX-1",
                "Hana PSIRT",
                "vulnerable_code_not_in_execute_path",
            ];
            assert_eq!(report.statements, [expected.map(str::to_owned)]);
        }
    }
}

#[test]
fn a_circle_of_products_in_a_bent_bundle_ends() {
    let line = bundle(&[csaf::advisory()]);
    let bent = line.replace("\"component\":0,\"host\":2", "\"component\":3,\"host\":3");
    assert_ne!(line, bent);
    let outcome = held("A,Hana Controls,PumpMaster 300,,V2.3\n", &bent);
    assert_eq!(outcome.report["counts"]["affected"], 1);
}

/// Every product of CISA's advisories whose range has an included end becomes
/// an asset of that version: each is said to be affected by its own advisory,
/// unless the range cannot be read.
#[test]
fn assets_made_of_the_real_products_find_their_own_advisories() {
    let Some(files) = archives::texts("cisa-csaf.tar.zst", ".json") else {
        return;
    };
    let files = files
        .iter()
        .filter(|(path, _)| path.to_string_lossy().contains("/OT/"));
    let records: Vec<Record> = files
        .flat_map(|(path, text)| read(&path.to_string_lossy(), text.as_bytes()).unwrap())
        .collect();
    let line = |record: &Record| serde_json::to_string(record).unwrap() + "\n";
    let bundle: String = records.iter().map(line).collect();
    let (mut assets, mut expected) = (String::new(), Vec::new());
    for (number, record) in records.iter().enumerate() {
        let Record::Csaf(advisory) = record else {
            panic!()
        };
        // One asset of every advisory.
        let products = advisory.products.iter().enumerate();
        let found = products
            .filter_map(|(place, product)| {
                let Some(Versions::Range(range)) = &product.versions else {
                    return None;
                };
                let Ok(VendorRange::Any(intervals)) = VendorRange::parse(range) else {
                    return None;
                };
                let upper = intervals.last()?.upper.as_ref().filter(|it| it.included)?;
                let affected = advisory
                    .vulnerabilities
                    .iter()
                    .any(|it| it.affected.contains(&(place as u32)));
                affected.then(|| {
                    (
                        product.vendor.clone(),
                        product.product.clone(),
                        upper.version.to_string(),
                    )
                })
            })
            .next();
        let Some((Some(vendor), Some(product), version)) = found else {
            continue;
        };
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        assets.push_str(&format!(
            "{number},{},{},,{version}\n",
            quoted(&vendor),
            quoted(&product)
        ));
        expected.push((number, advisory.id.clone()));
    }
    let outcome = held(&assets, &bundle);
    let report: AssetsReport = serde_json::from_value(outcome.report).unwrap();
    let findings = outcome
        .outputs
        .iter()
        .find(|it| it.name == "findings.csv")
        .unwrap();
    let findings = String::from_utf8(findings.bytes.clone()).unwrap();
    let mut missing = 0;
    for (number, id) in &expected {
        let own = |line: &&str| {
            line.starts_with(&format!("{number},")) && line.contains(&format!(",{id},"))
        };
        if !findings.lines().any(|line| own(&line)) {
            println!("{number} {id} is not found by its own product");
            missing += 1;
        }
    }
    println!(
        "{:?} {:?} {:?}, {missing} of {} not found",
        report.counts,
        report.undecided,
        report.cleared,
        expected.len()
    );
    assert_eq!(missing, 0);
    assert_eq!(report.advisories, 2_379);
}

proptest! {
    #[test]
    fn affected_not_affected_and_undecidable_add_up(
        rows in prop::collection::vec(
            ("(Hana|Hana Controls|Dul|\\PC{1,8})", "(PumpMaster|PumpMaster 300|300|PumpMaster 500 V2|\\PC{1,8})",
             "(|300|PM300-1AA01|\\PC{0,4})", "(|V?[0-3](\\.[0-9]{1,2}){0,2}|\\PC{0,4})"), 0..10),
    ) {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let rows: Vec<_> = rows.into_iter().filter(|row| !row.0.trim().is_empty() && !row.1.trim().is_empty()).collect();
        let mut assets = String::new();
        for (number, (vendor, product, model, firmware)) in rows.iter().enumerate() {
            let cells = [vendor, product, model, firmware].map(|cell| quoted(cell));
            assets.push_str(&format!("{number},{}\n", cells.join(",")));
        }
        let report = report(&assets, &[csaf::advisory()]);
        let counts = report.counts;
        prop_assert_eq!(counts.assets, rows.len() as u64);
        prop_assert_eq!(counts.affected + counts.not_affected + counts.undecidable, counts.assets);
        prop_assert_eq!(report.undecided.iter().map(|(_, count)| count).sum::<u64>(), counts.undecidable);
        prop_assert_eq!(report.cleared.iter().map(|(_, count)| count).sum::<u64>(), counts.not_affected);
    }
}

/// A CVE record with CPE names, in the three ways that records have them.
fn record() -> Value {
    let versions =
        json!([{"version": "0", "lessThan": "2.4", "status": "affected", "versionType": "custom"}]);
    let runs_on = |os: &str| {
        json!({"operator": "AND", "nodes": [
            {"operator": "OR", "cpeMatch": [{"vulnerable": true, "criteria": "cpe:2.3:a:hana:viewer:*:*:*:*:*:*:*:*",
                "versionStartIncluding": "1.0", "versionEndExcluding": "1.5"}]},
            {"operator": "OR", "cpeMatch": [{"vulnerable": false, "criteria": os}]},
        ]})
    };
    json!({
        "cveMetadata": {"cveId": "CVE-2026-0077", "state": "PUBLISHED"},
        "containers": {"cna": {
            "affected": [
                {"vendor": "Hana", "product": "Pump", "versions": versions,
                 "cpes": ["cpe:2.3:o:hana:pump_firmware:*:*:*:*:*:*:*:*"]},
                {"vendor": "Hana", "product": "Valve", "cpes": ["cpe:2.3:o:hana:valve_firmware:3.1:*:*:*:*:*:*:*"]},
            ],
            "cpeApplicability": [runs_on("cpe:2.3:o:dul:os:*:*:*:*:*:*:*:*"), {"operator": "OR", "negate": false, "nodes": [
                {"operator": "OR", "negate": false, "cpeMatch": [{"vulnerable": true,
                    "criteria": "cpe:2.3:h:hana:gate:*:*:*:*:*:*:*:*", "versionStartExcluding": "1.0", "versionEndIncluding": "2.0"}]},
            ]}],
        }},
    })
}

#[test]
fn what_has_a_cpe_name_is_held_against_cve_records() {
    let lines = bundle(&[record()]);
    for (name, firmware, expected) in [
        (
            "cpe:2.3:o:hana:pump_firmware:*:*:*:*:*:*:*:*",
            "V2.3",
            "affected",
        ),
        (
            "cpe:2.3:o:hana:pump_firmware:2.3:*:*:*:*:*:*:*",
            "",
            "affected",
        ),
        (
            "cpe:2.3:o:hana:pump_firmware:2.4:*:*:*:*:*:*:*",
            "",
            "not_affected",
        ),
        (
            "cpe:2.3:o:hana:pump_firmware:*:*:*:*:*:*:*:*",
            "",
            "undecidable",
        ),
        (
            "cpe:2.3:o:hana:pump_firmware:-:*:*:*:*:*:*:*",
            "",
            "undecidable",
        ),
        (
            "cpe:2.3:o:hana:valve_firmware:3.1:*:*:*:*:*:*:*",
            "",
            "affected",
        ),
        (
            "cpe:2.3:o:hana:valve_firmware:3.2:*:*:*:*:*:*:*",
            "",
            "not_affected",
        ),
        ("cpe:2.3:h:hana:gate:1.0:*:*:*:*:*:*:*", "", "not_affected"),
        ("cpe:2.3:h:hana:gate:2.0:*:*:*:*:*:*:*", "", "affected"),
        // On which system it runs is not known.
        ("cpe:2.3:a:hana:viewer:1.4:*:*:*:*:*:*:*", "", "undecidable"),
        (
            "cpe:2.3:a:hana:viewer:1.5:*:*:*:*:*:*:*",
            "",
            "not_affected",
        ),
        // The platform alone is not at fault.
        ("cpe:2.3:o:dul:os:1.0:*:*:*:*:*:*:*", "", "not_affected"),
        // Nothing names it, and no advisory is of its vendor.
        ("cpe:2.3:o:dul:other:1.0:*:*:*:*:*:*:*", "", "undecidable"),
    ] {
        let sources = [("test", lines.as_bytes())];
        let (_, bundle) = pack(1, AT.parse().unwrap(), 7, sources, &Explanations::new()).unwrap();
        let assets = format!("asset,vendor,product,firmware,cpe\nA,Hana,x,{firmware},{name}\n");
        let inputs = InputsInMemory::new()
            .with("assets", assets)
            .with("advisories", bundle);
        let outcome = (ASSETS.run)(&json!({ "at": AT }), &inputs, &NoProgress).unwrap();
        assert_eq!(outcome.report["answer"], expected, "{name} {firmware}");
        let findings = outcome
            .outputs
            .iter()
            .find(|it| it.name == "findings.csv")
            .unwrap();
        let found = String::from_utf8(findings.bytes.clone())
            .unwrap()
            .contains(",CVE-2026-0077,CVE-2026-0077\n");
        assert_eq!(found, expected == "affected");
    }
}
