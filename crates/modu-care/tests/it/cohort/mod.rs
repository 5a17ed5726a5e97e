//! From records to a cohort, counted by hand.

mod elsewhere;
pub(crate) mod hospital;
mod laws;
mod quality;
mod refusals;

use modu_care::cohort::{CohortRequest, Export};
use serde_json::json;

use self::hospital::{
    DEFINITION, creatinine, diagnosis, key, left_out, patient, rows, run, run_on, stay, taken, with,
};

#[test]
fn the_rows_are_those_that_are_counted_by_hand() {
    let resources = [
        // Back after 31.5 days.
        patient("a", "1950-06-01"),
        stay(
            "a1",
            "a",
            "2024-03-01T09:00:00+09:00",
            "2024-03-11T09:00:00+09:00",
            "I50.1",
        ),
        stay(
            "a2",
            "a",
            "2024-04-11T21:00:00+09:00",
            "2024-04-12T09:00:00+09:00",
            "K35",
        ),
        creatinine("ao1", "a", "2024-03-02T09:00:00+09:00", 1.5, "mg/dL"),
        creatinine("ao2", "a", "2024-03-10T09:00:00+09:00", 0.012, "g/L"),
        // Dies after 10 days; the date counts at its end.
        with(
            patient("b", "1940-03-12"),
            &json!({ "deceasedDateTime": "2024-03-20", "gender": "male" }),
        ),
        stay("b1", "b", "2024-03-10", "2024-03-10", "I50.9"),
        // Nothing happens within 180 days.
        patient("c", "1960"),
        stay(
            "c1",
            "c",
            "2024-01-01T00:00:00+09:00",
            "2024-01-02T00:00:00+09:00",
            "I50.0",
        ),
        // Nothing happens until the records end, with the day of 1 January.
        patient("d", "1960-01-01"),
        stay(
            "d1",
            "d",
            "2024-12-01T00:00:00+09:00",
            "2024-12-01T00:00:00+09:00",
            "I50.0",
        ),
        // Another illness.
        patient("e", "1960-01-01"),
        stay("e1", "e", "2024-03-10", "2024-03-10", "J18.9"),
        // A diagnosis made in the stay makes it a stay for it.
        patient("f", "2010-01-01"),
        stay("f1", "f", "2024-03-10", "2024-03-10", "R06"),
        with(
            diagnosis("f2", "f", "2024-03-10", "I50.9"),
            &json!({ "encounter": { "reference": "Encounter/f1" } }),
        ),
        patient("g", "1980-01-01"),
        stay("g1", "g", "2024-03-10", "2024-03-10", "I50.9"),
        diagnosis("g2", "g", "2020-01-01", "C34.1"),
    ];
    let outcome = run(DEFINITION, &resources);
    assert_eq!(
        rows(&outcome),
        [
            "10,2,83,male,0,,,",
            "180,0,64,female,1,,,",
            "31.5,1,73,female,10,1.2,,",
            "32,0,64,female,0,,,",
        ]
    );
    let reasons: Vec<_> = left_out(&outcome).into_iter().map(|it| it.0).collect();
    assert_eq!(
        reasons,
        ["no_index_event", "include.adult", "exclude.cancer"]
    );
}

#[test]
fn parts_of_an_observation_and_levels_become_columns() {
    let pressure = json!({
        "resourceType": "Observation", "id": "p", "status": "final",
        "subject": { "reference": "http://a.example/fhir/Patient/a" },
        "code": { "coding": [{ "system": "http://loinc.org", "code": "85354-9" }] },
        "effectivePeriod": { "start": "2024-03-02T09:00:00+09:00" },
        "component": [
            { "code": { "coding": [{ "system": "http://loinc.org", "code": "8480-6" }] },
              "valueQuantity": { "value": 16, "code": "kPa", "system": "http://unitsofmeasure.org" } },
            { "code": { "coding": [{ "system": "http://loinc.org", "code": "8462-4" }] },
              "valueQuantity": { "value": 80, "code": "mm[Hg]" } },
        ],
    });
    let smoking = json!({
        "resourceType": "Observation", "id": "s", "status": "amended",
        "subject": { "reference": "Patient/a" },
        "code": { "coding": [{ "system": "http://loinc.org", "code": "72166-2" }] },
        "effectiveDateTime": "2020",
        "valueCodeableConcept": { "coding": [{ "system": "http://snomed.info/sct", "code": "449868002" }] },
    });
    let resources = [
        patient("a", "1950-06-01"),
        stay("a1", "a", "2024-03-01", "2024-03-11", "I50.1"),
        pressure,
        smoking,
    ];
    let rows = rows(&run(DEFINITION, &resources));
    let cells: Vec<_> = rows[0].split(',').collect();
    assert_eq!(cells[7], "current");
    let pressure: f64 = cells[6].parse().unwrap();
    // 16 kPa over 133.322387415 Pa, computed with Python 3.11.
    assert!((pressure - 120.009852135305).abs() < 1e-9, "{pressure}");
}

#[test]
fn every_index_event_can_be_a_row_and_the_last_one_can_count() {
    let resources = [
        patient("a", "1950-06-01"),
        stay("a1", "a", "2024-03-01", "2024-03-11", "I50.1"),
        stay("a2", "a", "2024-04-01", "2024-04-11", "I50.1"),
    ];
    let which = |which: &str| {
        DEFINITION.replace(
            "at = \"end\"",
            &format!("at = \"end\"\nwhich = \"{which}\""),
        )
    };
    assert_eq!(rows(&run(&which("every"), &resources)).len(), 2);
    assert!(rows(&run(&which("first"), &resources))[0].starts_with("21,1,"));
    assert!(rows(&run(&which("last"), &resources))[0].starts_with("180,0,"));
}

#[test]
fn a_table_for_others_is_made_only_where_nobody_is_rare() {
    let mut resources = Vec::new();
    for number in 0..12 {
        let id = format!("p{number}");
        resources.push(patient(
            &id,
            if number < 11 {
                "1950-01-01"
            } else {
                "1930-01-01"
            },
        ));
        resources.push(stay(
            &format!("e{number}"),
            &id,
            "2024-03-01",
            "2024-03-11",
            "I50",
        ));
    }
    let export = |k| CohortRequest {
        export: Some(Export {
            quasi_identifiers: vec!["age".into(), "sex".into()],
            k,
        }),
    };
    let all = taken(DEFINITION, &resources, &key(1));
    let outcome = run_on(DEFINITION, &all, &export(5));
    assert!(outcome.output("export.csv").is_none());
    assert!(hospital::codes(&outcome).contains(&"export.refused"));
    let common = taken(DEFINITION, &resources[..22], &key(1));
    let outcome = run_on(DEFINITION, &common, &export(5));
    let table = String::from_utf8(outcome.output("export.csv").unwrap().bytes.clone()).unwrap();
    assert_eq!(table.lines().count(), 12);
    assert!(
        table.lines().skip(1).all(|row| !row.starts_with('p')),
        "{table}"
    );
}
