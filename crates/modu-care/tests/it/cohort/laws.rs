//! What holds of every hospital.

use modu_care::cohort::{CohortReport, CohortRequest};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::hospital::{
    DEFINITION, creatinine, diagnosis, key, patient, rows, run_on, stay, taken, with,
};

/// Resources of some people, with faults of every kind among them.
fn hospital() -> impl Strategy<Value = Vec<Value>> {
    let resource = (0u8..12, 0u8..6, 1u32..28, 1u32..12, 0u8..12);
    proptest::collection::vec(resource, 0..60).prop_map(|choices| {
        let mut resources: Vec<Value> = (0..6)
            .map(|it| patient(&it.to_string(), &format!("19{it}5-01-01")))
            .collect();
        for (number, (kind, who, day, month, version)) in choices.into_iter().enumerate() {
            resources.push(any_resource(
                number,
                kind,
                who,
                &format!("2024-{month:02}-{day:02}"),
                version,
            ));
        }
        resources
    })
}

fn any_resource(number: usize, kind: u8, who: u8, date: &str, version: u8) -> Value {
    let (who, id) = (who.to_string(), (number / 2).to_string());
    let later = format!("{}28", &date[..8]);
    let updated =
        json!({ "meta": { "lastUpdated": format!("2024-01-{:02}T00:00:00Z", version + 1) } });
    let resource = match kind {
        0..=3 => stay(
            &id,
            &who,
            date,
            &later,
            if kind == 0 { "K35" } else { "I50.9" },
        ),
        4 | 5 => creatinine(&id, &who, date, f64::from(version) + 0.5, "mg/dL"),
        6 => creatinine(&id, &who, date, 1.0, "mmHg"),
        7 => diagnosis(&id, "nobody", date, "I50"),
        8 => with(
            diagnosis(&id, &who, date, "I50"),
            &json!({ "encounter": { "reference": format!("Encounter/{}", number / 3) } }),
        ),
        9 => with(
            creatinine(&id, &who, date, 1.0, "mg/dL"),
            &json!({ "status": "entered-in-error" }),
        ),
        10 => {
            json!({ "resourceType": "Patient", "id": who, "birthDate": "1950", "deceasedDateTime": date })
        }
        _ => {
            json!({ "resourceType": if version < 6 { "Device" } else { "Observation" }, "code": version })
        }
    };
    with(resource, &updated)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_the_records_is_no_matter(
        (one, other) in hospital().prop_flat_map(|it| (Just(it.clone()), Just(it).prop_shuffle())),
    ) {
        let (one, other) = (taken(DEFINITION, &one, &key(1)), taken(DEFINITION, &other, &key(1)));
        prop_assert_eq!(one.to_bytes().unwrap(), other.to_bytes().unwrap());
    }

    #[test]
    fn each_record_is_counted_once_and_each_person_too(resources in hospital()) {
        let records = taken(DEFINITION, &resources, &key(1));
        prop_assert_eq!(records.header.read(), resources.len() as u64);
        let outcome = run_on(DEFINITION, &records, &CohortRequest::default());
        let report: CohortReport = serde_json::from_value(outcome.report.clone()).unwrap();
        prop_assert_eq!(report.records_read, resources.len() as u64);
        let left_out: u64 = report.people_left_out.iter().chain(&report.index_events_left_out)
            .filter_map(|it| it.count.told()).sum();
        if let (Some(people), Some(rows)) = (report.people.told(), report.rows.told()) {
            prop_assert!(left_out + rows <= people);
        }
    }

    #[test]
    fn another_key_gives_other_names_and_the_same_digest(resources in hospital()) {
        let one = taken(DEFINITION, &resources, &key(1));
        let other = taken(DEFINITION, &resources, &key(2));
        let name = |records: &modu_care::records::Records| records.people.first().map(|it| it.person);
        prop_assert!(name(&one).is_none() || name(&one) != name(&other));
        let one = run_on(DEFINITION, &one, &CohortRequest::default());
        let other = run_on(DEFINITION, &other, &CohortRequest::default());
        prop_assert_eq!(&one.report["cohort"], &other.report["cohort"]);
        prop_assert_eq!(rows(&one), rows(&other));
    }

    #[test]
    fn a_row_ends_after_it_begins_and_within_the_follow_up(resources in hospital()) {
        let records = taken(DEFINITION, &resources, &key(1));
        for row in rows(&run_on(DEFINITION, &records, &CohortRequest::default())) {
            let days: f64 = row.split(',').next().unwrap().parse().unwrap();
            prop_assert!(days > 0.0 && days <= 180.0, "{}", row);
        }
    }

    #[test]
    fn no_bytes_make_the_intake_fail(bytes: Vec<u8>, text in "[{}\\[\\]\":a-zA-Z0-9, ]{0,80}") {
        let plan = modu_care::cohort::Plan::parse(DEFINITION.as_bytes()).unwrap();
        let mut intake = modu_care::records::Intake::new(&plan);
        for bytes in [&bytes[..], text.as_bytes()] {
            prop_assert!(intake.take(bytes, None).unwrap().is_some());
        }
    }
}

#[test]
fn one_value_that_differs_gives_another_digest() {
    let hospital = |value: f64| {
        let resources = [
            patient("a", "1950-06-01"),
            stay("a1", "a", "2024-03-01", "2024-03-11", "I50.1"),
            creatinine("o", "a", "2024-03-05", value, "mg/dL"),
        ];
        let records = taken(DEFINITION, &resources, &key(1));
        run_on(DEFINITION, &records, &CohortRequest::default()).report["cohort"].clone()
    };
    assert_eq!(hospital(1.0), hospital(1.0));
    assert_ne!(hospital(1.0), hospital(1.1));
}

#[test]
fn numbers_of_few_people_are_told_nowhere() {
    let mut resources = Vec::new();
    for number in 0..40 {
        let id = format!("p{number}");
        let birth = if number < 3 {
            "2015-01-01"
        } else {
            "1950-01-01"
        };
        resources.push(patient(&id, birth));
        let code = if number < 10 && number > 2 {
            "J18"
        } else {
            "I50"
        };
        resources.push(stay(
            &format!("e{number}"),
            &id,
            "2024-03-01",
            "2024-03-11",
            code,
        ));
    }
    let records = taken(DEFINITION, &resources, &key(1));
    let outcome = run_on(DEFINITION, &records, &CohortRequest::default());
    let report: CohortReport = serde_json::from_value(outcome.report).unwrap();
    let told: Vec<_> = (report
        .people_left_out
        .iter()
        .chain(&report.index_events_left_out))
    .map(|it| (it.reason.as_str(), it.count.told()))
    .collect();
    // Three children; the seven of another illness are withheld beside them.
    assert_eq!(told, [("no_index_event", None), ("include.adult", None)]);
    assert_eq!(report.rows.told(), Some(30));
    assert_eq!(report.people.told(), Some(40));
    assert_eq!(report.index_events.told(), None);
}
