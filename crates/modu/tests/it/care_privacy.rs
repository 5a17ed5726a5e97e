//! Who somebody is stands in everything that is read here, and in nothing
//! that is written.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::program::{Office, Said, text};

/// What identifies somebody, planted wherever a record has room for text.
const PLANTED: [&str; 10] = [
    "홍길동",
    "Gildong",
    "900101-1234568",
    "9001011234568",
    "880229-6001235",
    "010-9876-5432",
    "gildong@example.kr",
    "세종대로 110",
    "MRN-4711",
    "pt-secret-id",
];

const DEFINITION: &str = r#"
schema = "modu.care.cohort/1"
title = { ko = "심부전", en = "heart failure" }
offset = "+09:00"
[concepts.heart_failure]
codes = ["icd-10|I50*"]
[concepts.creatinine]
codes = ["loinc|2160-0"]
unit = "mg/dL"
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
[[predictor]]
name = "creatinine"
label = { ko = "크레아티닌", en = "creatinine" }
facts = { concept = "creatinine" }
aggregate = "last"
"#;

/// Every text that a resource may have beside those that are used holds
/// something planted.
fn resources(number: usize) -> Vec<Value> {
    let who = PLANTED[number % PLANTED.len()];
    let everything = PLANTED.join(" ");
    let id = format!("pt-secret-id-{who}-{number}");
    let subject = json!({ "reference": format!("Patient/{id}"), "display": everything });
    let coding = |system: &str, code: &str| {
        json!({
            "text": everything,
            "coding": [
                { "system": system, "code": code, "display": everything },
                { "system": everything, "code": who },
                { "system": system, "code": who },
            ],
        })
    };
    let noted = json!({ "note": [{ "text": everything }], "text": { "div": everything } });
    let all = [
        json!({
            "resourceType": "Patient", "id": id, "gender": who, "birthDate": "1950-01-01",
            "identifier": [{ "system": "urn:mrn", "value": format!("MRN-4711-{number}") }, { "system": "urn:rrn", "value": format!("{who}-{number}") }],
            "name": [{ "family": "홍길동", "given": [who], "text": everything }],
            "telecom": [{ "value": "010-9876-5432" }], "address": [{ "line": ["세종대로 110"] }],
            "contact": [{ "name": { "text": everything } }],
        }),
        json!({
            "resourceType": "Encounter", "id": format!("e-{who}-{number}"), "status": "finished",
            "class": { "code": who }, "subject": subject, "reasonCode": [coding("http://hl7.org/fhir/sid/icd-10", "I50.9")],
            "period": { "start": "2024-03-01", "end": "2024-03-11" },
            "serviceProvider": { "display": everything },
        }),
        json!({
            "resourceType": "Observation", "id": format!("o-{who}-{number}"), "status": "final",
            "code": coding("http://loinc.org", "2160-0"), "subject": subject,
            "effectiveDateTime": "2024-03-05",
            "valueQuantity": { "value": 1.0, "unit": who, "code": if number.is_multiple_of(2) { who } else { "mg/dL" }, "system": "http://unitsofmeasure.org" },
        }),
        json!({ "resourceType": "Observation", "id": who, "status": who, "code": who, "valueString": everything }),
        json!({ "resourceType": who, "id": who }),
        json!({
            "resourceType": "Condition", "id": format!("c-{who}-{number}"), "subject": { "reference": format!("Patient/{who}") },
            "onsetDateTime": who, "code": coding("http://hl7.org/fhir/sid/icd-10", who),
            "encounter": { "reference": format!("Encounter/{who}") },
        }),
        json!({ "resourceType": "Procedure", "status": "completed", "subject": subject, "performedString": everything, "code": coding(who, who) }),
    ];
    let join = |mut resource: Value| {
        for (name, value) in noted.as_object().unwrap() {
            resource[name] = value.clone();
        }
        resource
    };
    all.into_iter().map(join).collect()
}

fn plant(office: &Office) {
    let folder = office.path("records");
    fs::create_dir_all(folder.join("홍길동")).unwrap();
    for number in 0..20 {
        let who = PLANTED[number % PLANTED.len()];
        let mut lines: Vec<String> = resources(number).iter().map(Value::to_string).collect();
        lines.push(format!("{{\"resourceType\": \"Patient\", \"id\": {who}"));
        lines.push(format!(
            "{{\"resourceType\": \"Patient\", \"id\": [\"{who}\"]}}"
        ));
        let name = format!("홍길동/{}-{number}.ndjson", who.replace(' ', "_"));
        fs::write(folder.join(name), lines.join("\n")).unwrap();
    }
    fs::write(
        folder.join("900101-1234568.json"),
        format!("{{\"resourceType\": \"{}\"}}", PLANTED[0]),
    )
    .unwrap();
    fs::write(office.path("cohort.toml"), DEFINITION).unwrap();
}

fn looked_through(place: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for planted in PLANTED {
        assert!(
            !text.contains(planted),
            "{place} holds `{planted}`: {text:.2000}"
        );
        let escaped = json!(planted).to_string();
        assert!(
            !text.contains(escaped.trim_matches('"')),
            "{place} holds `{planted}`"
        );
    }
}

fn looked_through_folder(folder: &Path) -> usize {
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        looked_through(
            "a file's name",
            path.file_name().unwrap().as_encoded_bytes(),
        );
        if path.is_dir() {
            files += looked_through_folder(&path);
        } else {
            looked_through(&path.display().to_string(), &fs::read(&path).unwrap());
            files += 1;
        }
    }
    files
}

fn said(office: &Office, arguments: &[&str]) -> Said {
    let said = office.modu(arguments);
    looked_through("standard output", said.out.as_bytes());
    looked_through("standard error", said.err.as_bytes());
    said
}

#[test]
fn no_identifier_that_is_read_is_written_anywhere() {
    let office = Office::empty();
    let init = [
        "init",
        "--organisation",
        "병원",
        "--identity",
        "https://hospital.example/ax",
    ];
    said(
        &office,
        &[&init[..], &["--origin", "log.hospital.example"]].concat(),
    )
    .expect_code(0);
    plant(&office);
    let [key, records, definition, out] =
        ["pseudonyms.key", "records", "cohort.toml", "out"].map(|it| office.path(it));
    said(&office, &["care", "key", text(&key)]).expect_code(0);
    let run = |more: &[&str]| {
        let arguments = [
            &[
                "care",
                "cohort",
                "--records",
                text(&records),
                "--definition",
                text(&definition),
            ],
            &["--key", text(&key), "--out", text(&out), "--record"][..],
            more,
        ];
        said(&office, &arguments.concat())
    };
    run(&[]).expect_code(0);
    run(&["--json"]).expect_code(0);
    run(&["--export-k", "2", "--quasi", "age"]).expect_code(0);
    assert!(looked_through_folder(&out) >= 7);
    assert!(looked_through_folder(&office.path("home")) > 10);
    let table = fs::read_to_string(out.join("table.csv")).unwrap();
    assert_eq!(table.lines().count(), 21);
    // The key itself is in nothing but its file.
    let secret = fs::read_to_string(&key).unwrap();
    for folder in [out, office.path("home")] {
        assert!(!holds(&folder, secret.trim()));
    }
}

fn holds(folder: &Path, secret: &str) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => holds(&path, secret),
            false => String::from_utf8_lossy(&fs::read(&path).unwrap()).contains(secret),
        }
    })
}

#[test]
fn what_is_refused_is_not_repeated() {
    let office = Office::empty();
    plant(&office);
    let key = office.path("k");
    said(&office, &["care", "key", text(&key)]).expect_code(0);
    let cohort = |definition: &Path, records: &Path| {
        let definition = ["--definition", text(definition), "--key", text(&key)];
        said(
            &office,
            &[
                &["care", "cohort", "--records", text(records)],
                &definition[..],
            ]
            .concat(),
        )
    };
    for (number, planted) in PLANTED[2..7].iter().enumerate() {
        let wrong = office.path(&format!("wrong{number}.toml"));
        fs::write(&wrong, DEFINITION.replace("heart failure", planted)).unwrap();
        let refused = cohort(&wrong, &office.path("records"));
        refused.expect_code(2);
    }
    let empty = office.path("nothing");
    fs::create_dir(&empty).unwrap();
    fs::write(empty.join("홍길동.txt"), "").unwrap();
    cohort(&office.path("cohort.toml"), &empty).expect_code(2);
}

/// Visits with a marker and room for what nobody reads.
fn visits(mut row: impl FnMut(usize) -> [String; 2]) -> String {
    let line = |number: usize| {
        let [person, note] = row(number);
        let (day, event) = (30 * (number % 4), u8::from(number.is_multiple_of(7)));
        let marker = (number * 37 % 101) as f64 / 50.0 + f64::from(event) * 0.3;
        format!("{person},{day},30,{event},0,{marker},{note}\n")
    };
    let rows: String = (0..400).map(line).collect();
    format!("person,day,time,event,entry,marker,note\n{rows}")
}

#[test]
fn visits_with_identifiers_anywhere_are_refused_and_nothing_of_them_is_written() {
    let office = Office::with_kit();
    let sound = |number: usize| [format!("v{}", number / 4), "seen at home".to_owned()];
    let fit = |method: &str, more: &[&str]| {
        let columns = ["--person", "person", "--time", "time", "--event", "event"];
        let asked = [
            "--horizon",
            "30",
            "--resamples",
            "2",
            "--predictor",
            "marker",
            "--record",
        ];
        let arguments = [
            &[
                "care",
                "fit",
                "--table",
                "visits.csv",
                "--method",
                method,
                "--visit-day",
                "day",
            ],
            &columns[..],
            &asked,
            more,
        ];
        said(&office, &arguments.concat())
    };
    let alarm = |more: &[&str]| {
        let asked = [
            "--model",
            "fit/model.json",
            "--visit-day",
            "day",
            "--budget",
            "20",
        ];
        let arguments = [
            &[
                "care",
                "alarm",
                "visits.csv",
                "--record",
                "--replicates",
                "100",
            ],
            &asked[..],
            more,
        ];
        said(&office, &arguments.concat())
    };
    fs::write(office.path("visits.csv"), visits(sound)).unwrap();
    fit("landmark", &["--out", "fit"]).expect_code(0);
    // Registration numbers, telephone numbers and mail addresses are told from
    // other words, in a column that is read and in one that is not.
    for planted in &PLANTED[2..7] {
        for column in 0..2 {
            let planted = |number: usize| {
                let mut row = sound(number);
                if number == 200 {
                    row[column] = (*planted).to_owned();
                }
                row
            };
            fs::write(office.path("visits.csv"), visits(planted)).unwrap();
            fit("landmark", &["--out", "out"]).expect_code(2);
            fit("pwp-gap", &["--out", "out"]).expect_code(2);
            alarm(&["--out", "out"]).expect_code(2);
            alarm(&["--out", "out", "--json"]).expect_code(2);
            assert!(!office.path("out").exists());
        }
    }
    assert!(looked_through_folder(&office.path("fit")) >= 4);
}
