//! Runs of every engine on record, so that the browser sees its pages with
//! something in them: small made-up inputs, and this machine for the host
//! check.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::interop::rtr::program;

/// The patient of the page.
const PERSON: &str = "p0123456789abcdef0123456789abcdef";
const POLICY: &str = r#"schema = "modu.care.alert-policy/1"
[[step]]
to = { ko = "병동 간호사", en = "ward nurse" }
within_minutes = 10
[[step]]
to = { ko = "당직 의사", en = "doctor on duty" }
within_minutes = 10
"#;
const COHORT: &str = r#"schema = "modu.care.cohort/1"
title = { ko = "심부전 퇴원 뒤", en = "after heart failure" }
offset = "+09:00"
[concepts.heart_failure]
codes = ["icd-10|I50*"]
[index]
kind = "encounter"
concept = "heart_failure"
at = "end"
[follow_up]
until = "2025-01-01"
days = 180
[outcome]
name = "death"
label = { ko = "사망", en = "death" }
any = [{ kind = "death" }]
[[predictor]]
name = "age"
label = { ko = "나이", en = "age" }
person = "age"
"#;

/// What is asked of `modu`, in order: the engine's name and the rest.
const RUNS: [&str; 16] = [
    "route coverage --routes routes.csv --vrps 2026-01-01=january.csv --vrps 2026-02-01=february.csv --organisations organisations.csv --out coverage --record",
    "route whatif --vrps january.csv --proposed proposed.csv --routes routes.csv --out whatif --record",
    "route plan --origin AS64497 --vrps january.csv --routes routes.csv --out plan --record",
    "vuln bundle --from pypa=advisories --out pypi.zst --record",
    "vuln scan requirements.txt --advisories pypi.zst --out scan --record",
    "vuln ledger new ledger",
    "vuln decide scan/findings.csv --ledger ledger --advisories pypi.zst --asset web --record",
    "vuln due --ledger ledger --within 14 --csv due.csv --out due --record",
    "vuln host --out host --record",
    "care key key",
    "care cohort --records records --definition cohort.toml --key key --out cohort --record",
    "care alarm observations.csv --stays stays.csv --budget 100 --out alarm --record",
    "care alert raise risks.ndjson --rule alarm/rule.json --policy policy.toml --ledger alerts.jsonl --at 2026-03-01T00:01:00Z --record",
    "care alert look --policy policy.toml --ledger alerts.jsonl --at 2026-03-01T01:00:00Z --record",
    "care card --name model --alarm alarm/report.json --out card --record",
    "care page p0123456789abcdef0123456789abcdef --risks risks.ndjson --plan plan.toml --out page --record",
];

/// Records the runs in a home, and gives two links to the patient's page.
pub(super) fn record(home: &Path, folder: &Path) -> anyhow::Result<[String; 2]> {
    std::fs::create_dir_all(folder)?;
    write_inputs(folder)?;
    let mut last = Value::Null;
    for run in RUNS {
        last = modu(home, folder, run)?;
    }
    // `--json` gives the entry as text or number, whichever release.
    let entry = find(&last, "log_index").context("the patient's page was not recorded")?;
    let link = || {
        let made = modu(home, folder, &format!("care link {entry}"))?;
        let link = made.get("link").and_then(Value::as_str);
        let link = link.context("modu care link told no link")?;
        anyhow::Ok(link.to_owned())
    };
    Ok([link()?, link()?])
}

/// The answer may be yes or no; it must be one.
fn modu(home: &Path, folder: &Path, run: &str) -> anyhow::Result<Value> {
    let mut modu = Command::new(program()?);
    modu.arg("--home").arg(home).arg("--json");
    let said = modu.args(run.split(' ')).current_dir(folder).output()?;
    let answered = matches!(said.status.code(), Some(0 | 1));
    let problem = String::from_utf8_lossy(&said.stderr);
    ensure!(answered, "modu {run} failed: {problem}");
    Ok(serde_json::from_slice(&said.stdout).unwrap_or_default())
}

/// The first member of this name, however deep.
fn find(value: &Value, name: &str) -> Option<String> {
    match value {
        Value::Object(fields) => match fields.get(name) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => fields.values().find_map(|value| find(value, name)),
        },
        Value::Array(items) => items.iter().find_map(|value| find(value, name)),
        _ => None,
    }
}

fn write_inputs(folder: &Path) -> anyhow::Result<()> {
    let advisory = json!({
        "schema_version": "1.6.0", "id": "PYSEC-2026-1", "modified": "2026-11-01T00:00:00Z",
        "aliases": ["CVE-2026-0001"], "details": "made up",
        "affected": [{
            "package": { "ecosystem": "PyPI", "name": "example" },
            "ranges": [{ "type": "ECOSYSTEM", "events": [{ "introduced": "0" }, { "fixed": "2.0" }] }],
        }],
    });
    let risk = json!({
        "person": PERSON, "at": "2026-03-01T00:00:00Z", "horizon_days": 30, "risk": 0.12,
        "interval": { "lower": 0.08, "upper": 0.17 }, "score": 9,
        "contributions": [{ "predictor": "sbp", "change": 0.7 }],
    });
    let (mut observations, mut stays) = (
        String::from("person,time,score,news2\n"),
        String::from("person,start,end,event\n"),
    );
    for person in 0..40 {
        writeln!(stays, "q{person},0,5,{}", u8::from(person % 4 == 0))?;
        for day in 0..5 {
            let worse = if person % 4 == 0 { day } else { 0 };
            let score = (person * 7 + day * 3) % 11 + worse;
            writeln!(
                observations,
                "q{person},{day},{score}.{person},{}",
                score % 8
            )?;
        }
    }
    let head = "ASN,IP Prefix,Max Length,Trust Anchor\n";
    let plan = include_str!("../../../../crates/modu-care/tests/it/plan.toml");
    for (name, text) in [
        (
            "routes.csv",
            "prefix,origin,path\n192.0.2.0/24,64496,64500 64496\n198.51.100.0/24,64497,64500 64497\n203.0.113.0/24,64498,64500 64498\n",
        ),
        (
            "january.csv",
            &format!("{head}AS64496,192.0.2.0/24,24,test\n"),
        ),
        (
            "february.csv",
            &format!("{head}AS64496,192.0.2.0/24,24,test\nAS64499,203.0.113.0/24,24,test\n"),
        ),
        (
            "organisations.csv",
            "organisation,asn\n가람,64496\n나래,64498\n",
        ),
        (
            "proposed.csv",
            "ASN,IP Prefix,Max Length\nAS64499,203.0.113.0/24,24\n",
        ),
        ("advisories/PYSEC-2026-1.json", &advisory.to_string()),
        ("requirements.txt", "example==1.0\n"),
        ("policy.toml", POLICY),
        ("cohort.toml", COHORT),
        ("plan.toml", plan),
        ("risks.ndjson", &risk.to_string()),
        ("observations.csv", &observations),
        ("stays.csv", &stays),
        ("records/all.ndjson", &records()),
    ] {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        std::fs::write(path, text)?;
    }
    Ok(())
}

/// Sixty people after heart failure, one in six of whom died.
fn records() -> String {
    let mut lines = Vec::new();
    for number in 0..60 {
        let mut patient = json!({
            "resourceType": "Patient", "id": format!("p{number}"), "gender": "female",
            "birthDate": format!("{}-01-01", 1930 + number),
        });
        if number % 6 == 0 {
            patient["deceasedDateTime"] = json!("2024-05-05");
        }
        lines.push(patient.to_string());
        let code = if number % 10 == 0 { "J18" } else { "I50.9" };
        let stay = json!({
            "resourceType": "Encounter", "id": format!("e{number}"), "status": "finished",
            "class": { "code": "IMP" }, "subject": { "reference": format!("Patient/p{number}") },
            "reasonCode": [{ "coding": [{ "system": "http://hl7.org/fhir/sid/icd-10", "code": code }] }],
            "period": { "start": "2024-03-01", "end": "2024-03-11" },
        });
        lines.push(stay.to_string());
    }
    lines.join("\n")
}
