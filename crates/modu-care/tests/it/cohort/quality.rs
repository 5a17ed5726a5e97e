//! Records as hospitals really send them: wrong, late, twice, and of others.

use modu_care::records::Fate;
use serde_json::{Value, json};

use super::hospital::{
    DEFINITION, codes, creatinine, diagnosis, key, left_out, patient, rows, run, stay, taken, with,
};

fn fate_of(resource: &Value) -> Fate {
    let resources = [
        patient("a", "1950-06-01"),
        patient("b", "1950-06-01"),
        stay("b1", "b", "2024-03-01", "2024-03-11", "I50.1"),
        resource.clone(),
    ];
    let mut fates = taken(DEFINITION, &resources, &key(1)).header.fates;
    *fates.get_mut(&Fate::Used).unwrap() -= 3;
    fates.retain(|_, count| *count > 0);
    *fates.iter().next().unwrap().0
}

#[test]
fn every_fault_of_a_record_has_its_name() {
    let sound = creatinine("o", "a", "2024-03-05", 1.0, "mg/dL");
    let set = |members: Value| with(sound.clone(), &members);
    for (resource, fate) in [
        (sound.clone(), Fate::Used),
        (set(json!({ "status": "amended" })), Fate::Used),
        (set(json!({ "status": "corrected" })), Fate::Used),
        (
            set(json!({ "status": "entered-in-error" })),
            Fate::EnteredInError,
        ),
        (set(json!({ "status": "preliminary" })), Fate::Preliminary),
        (set(json!({ "status": "cancelled" })), Fate::NotDone),
        (set(json!({ "status": "surely" })), Fate::StatusUnknown),
        (set(json!({ "status": null })), Fate::StatusUnknown),
        (
            set(json!({ "subject": { "reference": "Patient/z" } })),
            Fate::SubjectUnresolved,
        ),
        (
            set(json!({ "subject": { "display": "홍길동" } })),
            Fate::SubjectUnresolved,
        ),
        (
            set(json!({ "encounter": { "reference": "Encounter/z" } })),
            Fate::EncounterUnresolved,
        ),
        (
            set(json!({ "encounter": { "reference": "Encounter?identifier=1" } })),
            Fate::EncounterUnresolved,
        ),
        (
            set(json!({ "encounter": { "reference": "Encounter/b1" } })),
            Fate::CrossPatient,
        ),
        (
            set(json!({ "effectiveDateTime": "soon" })),
            Fate::WithoutTime,
        ),
        (
            set(json!({ "code": { "coding": [{ "system": "x:y", "code": "1" }] } })),
            Fate::NotAskedFor,
        ),
        (set(json!({ "code": 7 })), Fate::Misshapen),
        (set(json!({ "resourceType": "Device" })), Fate::OtherType),
        (json!({ "resourceType": 7 }), Fate::Misshapen),
        (json!([1, 2]), Fate::Misshapen),
        (
            stay("x", "a", "2024-03-11", "2024-03-01", "I50"),
            Fate::Backwards,
        ),
        (
            with(
                diagnosis("d", "a", "2024", "I50"),
                &json!({ "verificationStatus": { "coding": [{ "code": "refuted" }] } }),
            ),
            Fate::NotDone,
        ),
    ] {
        assert_eq!(fate_of(&resource), fate, "{resource}");
    }
}

#[test]
fn a_list_too_deep_and_a_line_cut_off_are_told_apart() {
    let plan = modu_care::cohort::Plan::parse(DEFINITION.as_bytes()).unwrap();
    let mut intake = modu_care::records::Intake::new(&plan);
    let sound = creatinine("o", "a", "2024-03-05", 1.0, "mg/dL").to_string();
    for end in 1..sound.len() {
        let Some(part) = sound.get(..end) else {
            continue;
        };
        assert_eq!(
            intake.take(part.as_bytes(), None).unwrap(),
            Some(Fate::Unreadable),
            "{part}"
        );
    }
    let deep = format!(
        "{{\"resourceType\":\"Observation\",\"x\":{}1{}}}",
        "[".repeat(200),
        "]".repeat(200)
    );
    assert_eq!(
        intake.take(deep.as_bytes(), None).unwrap(),
        Some(Fate::TooLarge)
    );
}

#[test]
fn a_correction_replaces_what_it_corrects_and_an_error_takes_all_with_it() {
    let version = |value: f64, status: &str, day: u32| {
        let updated = format!("2024-03-{day:02}T00:00:00Z");
        with(
            creatinine("o", "a", "2024-03-05", value, "mg/dL"),
            &json!({ "status": status, "meta": { "lastUpdated": updated } }),
        )
    };
    let base = [
        patient("a", "1950-06-01"),
        stay("a1", "a", "2024-03-01", "2024-03-11", "I50.1"),
    ];
    let hospital = |versions: &[Value]| rows(&run(DEFINITION, &[&base, versions].concat()));
    let corrected = hospital(&[version(2.0, "corrected", 7), version(9.0, "final", 6)]);
    assert!(corrected[0].contains(",2,"), "{corrected:?}");
    let erased = hospital(&[
        version(9.0, "final", 6),
        version(9.0, "entered-in-error", 7),
    ]);
    assert_eq!(erased, hospital(&[]));
    let unclear = hospital(&[version(9.0, "final", 6), version(8.0, "final", 6)]);
    assert_eq!(unclear, hospital(&[]));
}

#[test]
fn values_in_units_that_are_not_understood_are_not_used() {
    let base = [
        patient("a", "1950-06-01"),
        stay("a1", "a", "2024-03-01", "2024-03-11", "I50.1"),
    ];
    for (value, unit, code) in [
        (1.0, "mg%", "values.unit_unknown"),
        (1.0, "U/L", "values.unit_other"),
        (900.0, "mg/dL", "values.out_of_range"),
    ] {
        let odd = creatinine("o", "a", "2024-03-05", value, unit);
        let outcome = run(DEFINITION, &[&base[..], &[odd]].concat());
        assert!(
            codes(&outcome).contains(&code),
            "{code} {:?}",
            outcome.findings
        );
        assert_eq!(rows(&outcome), rows(&run(DEFINITION, &base)));
    }
    let bound = with(
        creatinine("o", "a", "2024-03-05", 1.0, "mg/dL"),
        &json!({ "valueQuantity": { "value": 0.2, "comparator": "<", "unit": "mg/dL" } }),
    );
    let outcome = run(DEFINITION, &[&base[..], &[bound]].concat());
    assert!(codes(&outcome).contains(&"values.bound"));
}

#[test]
fn what_was_not_known_at_the_prediction_is_no_predictor() {
    let late = with(
        creatinine("o", "a", "2024-03-10T09:00:00+09:00", 1.0, "mg/dL"),
        &json!({ "issued": "2024-03-12T09:00:00+09:00" }),
    );
    let same_day = creatinine("p", "a", "2024-03-11", 3.0, "mg/dL");
    let base = [
        patient("a", "1950-06-01"),
        stay(
            "a1",
            "a",
            "2024-03-01T09:00:00+09:00",
            "2024-03-11T12:00:00+09:00",
            "I50.1",
        ),
    ];
    let outcome = run(DEFINITION, &[&base[..], &[late, same_day]].concat());
    assert_eq!(rows(&outcome), rows(&run(DEFINITION, &base)));
    assert!(
        codes(&outcome).contains(&"leakage.known_later"),
        "{:?}",
        outcome.findings
    );
}

#[test]
fn an_event_at_the_prediction_is_leakage_and_left_out() {
    let resources = [
        patient("a", "1950-06-01"),
        stay(
            "a1",
            "a",
            "2024-03-01T09:00:00+09:00",
            "2024-03-11T12:00:00+09:00",
            "I50.1",
        ),
        stay(
            "a2",
            "a",
            "2024-03-11T12:00:00+09:00",
            "2024-03-12T12:00:00+09:00",
            "K35",
        ),
    ];
    let outcome = run(DEFINITION, &resources);
    assert!(rows(&outcome).is_empty());
    assert!(codes(&outcome).contains(&"leakage.event_at_prediction"));
    assert!(codes(&outcome).contains(&"cohort.empty"));
}

#[test]
fn the_dead_the_unborn_and_the_doubled_are_left_out_and_told() {
    let dead = |id: &str, members: Value| with(patient(id, "1950-06-01"), &members);
    let base = |id: &str| stay(&format!("{id}1"), id, "2024-03-01", "2024-03-11", "I50.1");
    let twin = json!({ "identifier": [{ "system": "urn:mrn", "value": "MRN-e" }] });
    let resources = [
        dead("a", json!({ "deceasedDateTime": "1940-01-01" })),
        base("a"),
        dead("b", json!({ "deceasedBoolean": true })),
        base("b"),
        dead("c", json!({ "deceasedDateTime": "2024-03-11" })),
        base("c"),
        patient("e", "1950-06-01"),
        base("e"),
        dead("f", twin),
        base("f"),
    ];
    let outcome = run(DEFINITION, &resources);
    let reasons: Vec<_> = left_out(&outcome).into_iter().map(|it| it.0).collect();
    let expected = [
        "death_before_birth",
        "duplicate_patient",
        "death_undated",
        "dead_at_prediction",
    ];
    assert_eq!(reasons, expected);
    for code in [
        "people.death_before_birth",
        "people.duplicate",
        "people.death_undated",
    ] {
        assert!(codes(&outcome).contains(&code), "{code}");
    }
    assert!(rows(&outcome).is_empty());
}

#[test]
fn a_patient_that_another_record_replaced_is_that_other() {
    let resources = [
        with(
            patient("old", "1950-06-01"),
            &json!({
                "identifier": [],
                "link": [{ "type": "replaced-by", "other": { "reference": "Patient/new" } }],
            }),
        ),
        patient("new", "1950-06-01"),
        stay("s1", "old", "2024-03-01", "2024-03-11", "I50.1"),
        stay("s2", "new", "2024-04-01", "2024-04-11", "I50.1"),
    ];
    let outcome = run(DEFINITION, &resources);
    assert!(
        rows(&outcome)[0].starts_with("21,1,"),
        "{:?}",
        rows(&outcome)
    );
}

#[test]
fn a_criterion_that_is_met_later_makes_time_before_it_immortal() {
    let definition = DEFINITION.replace(
        "[[exclude]]",
        "[[include]]\nname = \"seen_again\"\nlabel = { ko = \"외래\", en = \"seen\" }\n\
         any = [{ concept = \"creatinine\" }]\nwindow = { from = 0, to = 60 }\n\n[[exclude]]",
    );
    let person = |id: &str| {
        [
            patient(id, "1950-06-01"),
            stay(&format!("{id}1"), id, "2024-03-01", "2024-03-11", "I50.1"),
        ]
    };
    let seen = creatinine("o", "a", "2024-04-11", 1.0, "mg/dL");
    let back_first = [
        stay("b2", "b", "2024-03-21", "2024-03-22", "K35"),
        creatinine("p", "b", "2024-04-11", 1.0, "mg/dL"),
    ];
    let resources = [
        &person("a")[..],
        &person("b"),
        &person("c"),
        &[seen],
        &back_first,
    ]
    .concat();
    let outcome = run(&definition, &resources);
    assert_eq!(rows(&outcome), ["31,180,0,73,female,10,,,"]);
    let reasons: Vec<_> = left_out(&outcome).into_iter().map(|it| it.0).collect();
    assert_eq!(reasons, ["include.seen_again", "before_entry"]);
    assert!(codes(&outcome).contains(&"immortal_time"));
}
