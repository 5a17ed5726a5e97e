//! A hospital of nobody: FHIR resources made by code, with every name, number
//! and address that real ones carry.

use modu_care::cohort::Plan;
use modu_care::privacy::{KEY_BYTES, PseudonymKey};
use modu_care::records::{Intake, Records};
use modu_care::{COHORT, cohort::CohortRequest};
use modu_kernel::{Digest, InputsInMemory, NoProgress, Outcome};
use serde_json::{Value, json};

/// Follows people from a discharge for heart failure until they come back or
/// die.
pub(crate) const DEFINITION: &str = r#"
schema = "modu.care.cohort/1"
title = { ko = "심부전 퇴원 뒤", en = "after heart failure" }
offset = "+09:00"

[concepts.heart_failure]
codes = ["icd-10|I50*"]
[concepts.cancer]
codes = ["icd-10|C*"]
[concepts.creatinine]
codes = ["loinc|2160-0"]
unit = "mg/dL"
molar_mass = 113.12
range = [0.1, 30]
[concepts.systolic]
codes = ["loinc|8480-6"]
unit = "mm[Hg]"
[concepts.smoking]
codes = ["loinc|72166-2"]
levels = { never = ["snomed|266919005"], current = ["snomed|449868002"] }

[index]
kind = "encounter"
class = ["IMP"]
concept = "heart_failure"
at = "end"

[follow_up]
until = "2025-01-01"
days = 180

[[include]]
name = "adult"
label = { ko = "어른", en = "adult" }
age = [18, 120]

[[exclude]]
name = "cancer"
label = { ko = "암", en = "cancer" }
any = [{ kind = "condition", concept = "cancer" }]

[outcome]
name = "readmission"
label = { ko = "재입원", en = "readmission" }
any = [{ kind = "encounter", class = ["IMP"] }]

[[competing]]
name = "death"
label = { ko = "사망", en = "death" }
any = [{ kind = "death" }]

[[predictor]]
name = "age"
label = { ko = "나이", en = "age" }
person = "age"
[[predictor]]
name = "sex"
label = { ko = "성별", en = "sex" }
person = "sex"
[[predictor]]
name = "stay"
label = { ko = "입원 일수", en = "days of the stay" }
person = "index_days"
[[predictor]]
name = "creatinine"
label = { ko = "크레아티닌", en = "creatinine" }
facts = { concept = "creatinine" }
aggregate = "last"
window = { from = -30 }
[[predictor]]
name = "systolic_max"
label = { ko = "최고 수축기 혈압", en = "highest systolic pressure" }
facts = { concept = "systolic" }
aggregate = "max"
[[predictor]]
name = "smoking"
label = { ko = "흡연", en = "smoking" }
facts = { concept = "smoking" }
aggregate = "last"
"#;

pub(crate) fn patient(id: &str, birth: &str) -> Value {
    json!({
        "resourceType": "Patient", "id": id, "gender": "female", "birthDate": birth,
        "identifier": [{ "system": "urn:mrn", "value": format!("MRN-{id}") }],
        "name": [{ "family": "홍", "given": [format!("길동{id}")] }],
        "telecom": [{ "system": "phone", "value": "010-1234-5678" }],
        "address": [{ "line": ["세종대로 110"], "city": "서울" }],
    })
}

pub(crate) fn stay(id: &str, patient: &str, from: &str, to: &str, code: &str) -> Value {
    json!({
        "resourceType": "Encounter", "id": id, "status": "finished",
        "class": { "code": "IMP" }, "subject": { "reference": format!("Patient/{patient}") },
        "period": { "start": from, "end": to },
        "reasonCode": [{ "coding": [
            { "system": "http://hl7.org/fhir/sid/icd-10", "code": code, "display": "홍길동" },
        ] }],
    })
}

pub(crate) fn creatinine(id: &str, patient: &str, at: &str, value: f64, unit: &str) -> Value {
    json!({
        "resourceType": "Observation", "id": id, "status": "final",
        "code": { "coding": [{ "system": "http://loinc.org", "code": "2160-0" }] },
        "subject": { "reference": format!("Patient/{patient}") },
        "effectiveDateTime": at,
        "valueQuantity": {
            "value": value, "unit": unit, "code": unit, "system": "http://unitsofmeasure.org",
        },
    })
}

pub(crate) fn diagnosis(id: &str, patient: &str, at: &str, code: &str) -> Value {
    json!({
        "resourceType": "Condition", "id": id,
        "verificationStatus": { "coding": [{ "code": "confirmed" }] },
        "code": { "coding": [{ "system": "http://hl7.org/fhir/sid/icd-10", "code": code }] },
        "subject": { "reference": format!("Patient/{patient}") },
        "onsetDateTime": at, "recordedDate": at,
    })
}

/// A resource with some of its members set.
pub(crate) fn with(mut resource: Value, members: &Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        resource[name] = value.clone();
    }
    resource
}

pub(crate) fn key(first: u8) -> PseudonymKey {
    let bytes: Vec<u8> = (first..).take(KEY_BYTES).collect();
    PseudonymKey::new(bytes.try_into().unwrap())
}

pub(crate) fn taken(definition: &str, resources: &[Value], key: &PseudonymKey) -> Records {
    let plan = Plan::parse(definition.as_bytes()).unwrap();
    let mut intake = Intake::new(&plan);
    for resource in resources {
        intake.take(resource.to_string().as_bytes(), None).unwrap();
    }
    intake.finish(key, Digest::of(definition.as_bytes()))
}

pub(crate) fn run_on(definition: &str, records: &Records, request: &CohortRequest) -> Outcome {
    let inputs = InputsInMemory::new()
        .with("definition", definition)
        .with("records", records.to_bytes().unwrap());
    let request = serde_json::to_value(request).unwrap();
    (COHORT.run)(&request, &inputs, &NoProgress).unwrap()
}

pub(crate) fn run(definition: &str, resources: &[Value]) -> Outcome {
    let records = taken(definition, resources, &key(1));
    run_on(definition, &records, &CohortRequest::default())
}

/// The table without its pseudonyms, rows in order of their text.
pub(crate) fn rows(outcome: &Outcome) -> Vec<String> {
    let Some(table) = outcome.output("table.csv") else {
        return Vec::new();
    };
    let text = String::from_utf8(table.bytes.clone()).unwrap();
    let rows = text.lines().skip(1);
    let mut rows: Vec<String> = rows
        .map(|row| row.split_once(',').unwrap().1.to_owned())
        .collect();
    rows.sort();
    rows
}

/// Why people or index events were left out, and how many.
pub(crate) fn left_out(outcome: &Outcome) -> Vec<(String, Value)> {
    let stages = ["people_left_out", "index_events_left_out"];
    let stages = stages
        .iter()
        .flat_map(|stage| outcome.report[stage].as_array().unwrap());
    stages
        .map(|it| {
            (
                it["reason"].as_str().unwrap().to_owned(),
                it["count"].clone(),
            )
        })
        .collect()
}

pub(crate) fn codes(outcome: &Outcome) -> Vec<&str> {
    outcome.findings.iter().map(|it| it.code.as_str()).collect()
}
