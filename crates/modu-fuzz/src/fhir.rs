//! Medical records: whatever a hospital sends, each record is counted once,
//! and what comes out is a cohort that anyone can count again.

use std::io::{BufRead, BufReader};

use modu_care::COHORT;
use modu_care::cohort::Plan;
use modu_care::privacy::{KEY_BYTES, PseudonymKey};
use modu_care::records::{Entry, Intake, Records, read_bundle};
use modu_kernel::{Digest, InputsInMemory, NoProgress};

use crate::Target;

/// FHIR resources, one a line, or a bundle.
pub const TARGET: Target = Target {
    name: "fhir",
    law,
    seeds,
    mutate: None,
};

const DEFINITION: &str = r#"
schema = "modu.care.cohort/1"
title = { ko = "입원 뒤", en = "after a stay" }
offset = "+09:00"
[concepts.heart_failure]
codes = ["icd-10|I50*"]
[concepts.creatinine]
codes = ["loinc|2160-0"]
unit = "mg/dL"
molar_mass = 113.12
[index]
kind = "encounter"
at = "end"
which = "every"
[follow_up]
until = "2025-01-01"
days = 180
[outcome]
name = "back"
label = { ko = "재입원", en = "readmission" }
any = [{ kind = "encounter" }]
[[competing]]
name = "death"
label = { ko = "사망", en = "death" }
any = [{ kind = "death" }]
[[predictor]]
name = "age"
label = { ko = "나이", en = "age" }
person = "age"
[[predictor]]
name = "creatinine"
label = { ko = "크레아티닌", en = "creatinine" }
facts = { concept = "creatinine" }
aggregate = "mean"
[[predictor]]
name = "heart_failure"
label = { ko = "심부전", en = "heart failure" }
facts = { concept = "heart_failure" }
aggregate = "ever"
"#;

/// - Every line is counted once, in whatever order the lines come.
/// - What an intake gives is read back as it was written, and the engine makes
///   a cohort of it.
/// - As a bundle, bytes are read to their end or refused with a reason, and the
///   same in whatever pieces they come.
pub fn law(bytes: &[u8]) {
    let plan = Plan::parse(DEFINITION.as_bytes()).expect("our own definition");
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let records = taken(&plan, lines.iter().copied());
    assert_eq!(records.header.read(), lines.len() as u64);
    let written = records.to_bytes().expect("records have a JSON form");
    assert_eq!(Records::parse(&written).as_ref(), Ok(&records));
    let backwards = taken(&plan, lines.iter().rev().copied());
    assert_eq!(backwards.to_bytes().as_ref(), Ok(&written));
    let inputs = InputsInMemory::new()
        .with("definition", DEFINITION)
        .with("records", written);
    let outcome = (COHORT.run)(&serde_json::json!({}), &inputs, &NoProgress);
    let outcome = outcome.expect("an intake's records give a cohort");
    outcome
        .to_canonical()
        .expect("a report has a canonical form");
    let piece = 1 + bytes.len() % 13;
    let in_pieces = bundled(&plan, BufReader::with_capacity(piece, bytes));
    assert_eq!(bundled(&plan, bytes), in_pieces);
}

/// What a bundle gives, and why it was not read to its end.
fn bundled(plan: &Plan, reader: impl BufRead) -> (Records, Option<String>) {
    let mut intake = Intake::new(plan);
    let read = read_bundle(reader, |entry| match entry {
        Entry::Resource(resource, url) => intake.take(resource, url).map(|_| ()),
        Entry::TooLarge => Ok(()),
    });
    let said = read.err().map(|error| error.to_string());
    assert!(said.as_ref().is_none_or(|said| !said.is_empty()));
    (finished(intake), said)
}

fn taken<'a>(plan: &Plan, lines: impl Iterator<Item = &'a [u8]>) -> Records {
    let mut intake = Intake::new(plan);
    for line in lines {
        intake.take(line, None).expect("far below the limit");
    }
    finished(intake)
}

fn finished(intake: Intake<'_>) -> Records {
    let key = PseudonymKey::new([7; KEY_BYTES]);
    intake.finish(&key, Digest::of(DEFINITION.as_bytes()))
}

/// A small hospital as lines, and as a bundle.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let subject = r#""subject":{"reference":"Patient/1"}"#;
    let icd = |code: &str| {
        format!(r#"{{"coding":[{{"system":"http://hl7.org/fhir/sid/icd-10","code":"{code}"}}]}}"#)
    };
    let stay = |id: u8, day: u8| {
        format!(
            r#"{{"resourceType":"Encounter","id":"{id}","status":"finished",{subject},"class":{{"code":"IMP"}},"period":{{"start":"2024-03-{day:02}","end":"2024-03-{:02}"}},"reasonCode":[{}]}}"#,
            day + 2,
            icd("I50.9")
        )
    };
    let resources = [
        r#"{"resourceType":"Patient","id":"1","gender":"male","birthDate":"1950-02","deceasedDateTime":"2024-06-01","identifier":[{"system":"a","value":"b"}],"name":[{"family":"x","given":["y"]}]}"#.to_owned(),
        stay(1, 1),
        stay(2, 11),
        format!(r#"{{"resourceType":"Condition","id":"1",{subject},"code":{},"recordedDate":"2024-03-02T09:00:00+09:00","encounter":{{"reference":"Encounter/1"}},"verificationStatus":{{"coding":[{{"code":"confirmed"}}]}}}}"#, icd("I50.1")),
        format!(r#"{{"resourceType":"Observation","id":"1","status":"amended",{subject},"meta":{{"lastUpdated":"2024-03-05T00:00:00Z"}},"effectiveDateTime":"2024-03-02","code":{{"coding":[{{"system":"http://loinc.org","code":"2160-0"}}]}},"valueQuantity":{{"value":90.5,"code":"umol/L","system":"http://unitsofmeasure.org"}}}}"#),
    ];
    let more = [
        format!(
            r#"{{"resourceType":"MedicationRequest","status":"active",{subject},"authoredOn":"2024-03-02","medicationReference":{{"reference":"Medication/1"}}}}"#
        ),
        format!(
            r#"{{"resourceType":"Medication","id":"1","code":{}}}"#,
            icd("I50.1")
        ),
        format!(
            r#"{{"resourceType":"QuestionnaireResponse","status":"completed",{subject},"authored":"2024-03-02","questionnaire":"http://loinc.org|1","item":[{{"linkId":"2160-0","answer":[{{"valueDecimal":1.5,"item":[]}}]}}]}}"#
        ),
        format!(
            r#"{{"resourceType":"Encounter","id":"3","status":"finished",{subject},"period":{{"start":"2024-05-01","end":"2024-05-02"}},"hospitalization":{{"dischargeDisposition":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/discharge-disposition","code":"exp"}}]}}}}}}"#
        ),
    ];
    let entries: Vec<String> = (resources.iter())
        .map(|it| format!(r#"{{"fullUrl":"urn:uuid:1","resource":{it}}}"#))
        .collect();
    let bundle = format!(
        r#"{{"resourceType":"Bundle","type":"collection","entry":[{}]}}"#,
        entries.join(",")
    );
    let lines = [resources.as_slice(), &more].concat().join("\n");
    vec![lines.into_bytes(), bundle.into_bytes()]
}
