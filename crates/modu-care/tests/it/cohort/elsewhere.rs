//! What a record tells of through another: deaths of stays, medications,
//! questionnaires, hospitals.

use modu_care::records::Fate;
use serde_json::{Value, json};

use super::hospital::{DEFINITION, key, patient, rows, run, stay, taken, with};

const MORE: &str = r#"
[concepts.diuretic]
codes = ["atc|C03*"]
[concepts.breathless]
codes = ["https://hospital.example/q/week|breath"]
range = [0, 10]
[concepts.swollen]
codes = ["https://hospital.example/q/week|swollen"]
levels = { yes = ["snomed|373066001"], no = ["snomed|373067005"] }
"#;

const PREDICTORS: &str = r#"
[[predictor]]
name = "diuretic"
label = { ko = "이뇨제", en = "diuretic" }
facts = { kind = "medication_request", concept = "diuretic" }
aggregate = "ever"
[[predictor]]
name = "breathless"
label = { ko = "숨참", en = "breathless" }
facts = { kind = "questionnaire_response", concept = "breathless" }
aggregate = "max"
[[predictor]]
name = "swollen"
label = { ko = "부종", en = "swollen" }
facts = { concept = "swollen" }
aggregate = "last"
"#;

fn definition() -> String {
    let (before, after) = DEFINITION.split_once("[concepts.heart_failure]").unwrap();
    format!(
        "{before}{}[concepts.heart_failure]{after}{PREDICTORS}",
        MORE.trim_start()
    )
    .replacen(
        "[concepts.diuretic]",
        "hospitals = true\n[concepts.diuretic]",
        1,
    )
}

fn index() -> Vec<Value> {
    let stay = stay("a1", "a", "2024-03-01", "2024-03-11", "I50.1");
    let stay = with(
        stay,
        &json!({ "serviceProvider": { "reference": "Organization/seoul" } }),
    );
    vec![patient("a", "1950-06-01"), stay]
}

fn prescription(members: &Value) -> Value {
    let request = json!({
        "resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order",
        "subject": { "reference": "Patient/a" }, "authoredOn": "2024-03-05",
    });
    with(request, members)
}

fn furosemide(id: &str) -> Value {
    json!({
        "resourceType": "Medication", "id": id,
        "code": { "coding": [{ "system": "http://www.whocc.no/atc", "code": "C03CA01" }] },
    })
}

fn only_row(resources: &[Value]) -> String {
    let found = rows(&run(&definition(), resources));
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

/// The cells of the last three predictors.
fn last_cells(resources: &[Value]) -> String {
    let row = only_row(resources);
    let cells: Vec<&str> = row.rsplitn(4, ',').collect();
    format!("{},{},{}", cells[2], cells[1], cells[0])
}

#[test]
fn a_stay_that_ended_in_death_is_a_death_and_the_patients_own_record_is_believed_first() {
    let died = |code: &str| {
        let second = stay("a2", "a", "2024-04-01", "2024-04-20", "J18.9");
        let coding = json!([{
            "system": "http://terminology.hl7.org/CodeSystem/discharge-disposition", "code": code,
        }]);
        let members = json!({
            "class": { "code": "AMB" },
            "hospitalization": { "dischargeDisposition": { "coding": coding } },
        });
        with(second, &members)
    };
    let event = |resources: &[Value]| -> (String, String) {
        let row = only_row(resources);
        let cells: Vec<&str> = row.split(',').collect();
        (cells[1].to_owned(), cells[2].to_owned())
    };
    let alive = event(&[index(), vec![died("home")]].concat());
    assert_eq!(alive.1, "0");
    let dead = event(&[index(), vec![died("exp")]].concat());
    assert_eq!(dead, ("40".to_owned(), "2".to_owned()), "on 20 April");
    let mut known = index();
    known[0]["deceasedDateTime"] = json!("2024-04-19");
    known.push(died("exp"));
    assert_eq!(event(&known), ("39".to_owned(), "2".to_owned()));
}

#[test]
fn a_medication_within_a_prescription_or_beside_it_is_the_prescriptions() {
    let within = prescription(&json!({
        "contained": [furosemide("f"), { "resourceType": "Patient", "id": "p" }],
        "medicationReference": { "reference": "#f" },
    }));
    let beside = prescription(&json!({ "medicationReference": { "reference": "Medication/f" } }));
    let told = |resources: &[Value]| last_cells(&[index(), resources.to_vec()].concat());
    assert_eq!(told(&[within]), "1,,");
    assert_eq!(told(&[beside.clone(), furosemide("f")]), "1,,");
    assert_eq!(told(&[furosemide("f"), beside.clone()]), "1,,");
    assert_eq!(told(std::slice::from_ref(&beside)), "0,,");
    let fates = |resources: &[Value]| {
        let all = [index(), resources.to_vec()].concat();
        taken(&definition(), &all, &key(1)).header.fates
    };
    let lost = fates(std::slice::from_ref(&beside));
    assert_eq!(lost.get(&Fate::MedicationUnresolved), Some(&1));
    let found = fates(&[beside.clone(), furosemide("f"), furosemide("g")]);
    assert_eq!(found.get(&Fate::NotAskedFor), Some(&1), "{found:?}");
    assert_eq!(found.values().sum::<u64>(), 5, "each record has one fate");
    let wrong = with(furosemide("f"), &json!({ "status": "entered-in-error" }));
    let wrong = fates(&[beside, wrong]);
    assert_eq!(wrong.get(&Fate::EnteredInError), Some(&1));
    assert_eq!(wrong.get(&Fate::MedicationUnresolved), Some(&1));
}

#[test]
fn answers_of_a_questionnaire_are_values_of_its_questions() {
    let response = |status: &str| {
        json!({
            "resourceType": "QuestionnaireResponse", "id": "q", "status": status,
            "questionnaire": "https://hospital.example/q/week|2", "authored": "2024-03-09",
            "subject": { "reference": "Patient/a" },
            "item": [{ "linkId": "body", "item": [
                { "linkId": "breath", "text": "홍길동", "answer": [
                    { "valueInteger": 4, "item": [{ "linkId": "breath", "answer": [{ "valueDecimal": 6.5 }] }] },
                ] },
                { "linkId": "swollen", "answer": [
                    { "valueCoding": { "system": "http://snomed.info/sct", "code": "373066001" } },
                ] },
                { "linkId": "name", "answer": [{ "valueString": "홍길동" }] },
            ] }],
        })
    };
    let told = |status| last_cells(&[index(), vec![response(status)]].concat());
    assert_eq!(told("completed"), "0,6.5,yes");
    assert_eq!(told("amended"), "0,6.5,yes");
    assert_eq!(told("in-progress"), "0,,");
    assert_eq!(told("entered-in-error"), "0,,");
}

#[test]
fn a_row_is_of_the_hospital_of_its_index_encounter_and_nobody_reads_its_name() {
    let resources = index();
    let outcome = run(&definition(), &resources);
    let description = &outcome.output("table.json").unwrap().bytes;
    let description: Value = serde_json::from_slice(description).unwrap();
    let hospitals = description["clusters"].as_array().unwrap();
    assert_eq!(hospitals.len(), 1);
    let name = hospitals[0].as_str().unwrap();
    assert!(name.starts_with('h') && name.len() == 9, "{name}");
    for output in &outcome.outputs {
        assert!(!String::from_utf8_lossy(&output.bytes).contains("seoul"));
    }
    // Without a provider the row has no hospital, and none is asked for otherwise.
    let nowhere = with(resources[1].clone(), &json!({ "serviceProvider": null }));
    let row = only_row(&[resources[0].clone(), nowhere]);
    assert!(row.starts_with(','), "{row}");
}
