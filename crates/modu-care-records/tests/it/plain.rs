//! Plain tables in place of resources.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use modu_care::cohort::Plan;
use modu_care::privacy::{KEY_BYTES, PseudonymKey};
use modu_care::records::Fate;
use modu_care_records::{Opened, RecordsError, open};
use modu_kernel::{Digest, NoProgress};
use parquet::arrow::ArrowWriter;

const DEFINITION: &str = r#"
schema = "modu.care.cohort/1"
title = { ko = "심부전", en = "heart failure" }
offset = "+09:00"
hospitals = true
[concepts.heart_failure]
codes = ["icd-10|I50*"]
[concepts.creatinine]
codes = ["loinc|2160-0"]
unit = "mg/dL"
[concepts.smoking]
codes = ["loinc|72166-2"]
levels = { never = ["snomed|266919005"] }
[index]
kind = "encounter"
concept = "heart_failure"
class = ["IMP"]
at = "end"
[follow_up]
until = "2025-01-01"
days = 180
[outcome]
name = "death"
label = { ko = "사망", en = "death" }
any = [{ kind = "death" }]
[[predictor]]
name = "creatinine"
label = { ko = "크레아티닌", en = "creatinine" }
facts = { concept = "creatinine" }
aggregate = "last"
[[predictor]]
name = "smoking"
label = { ko = "흡연", en = "smoking" }
facts = { concept = "smoking" }
aggregate = "last"
"#;

const TABLES: &str = r#"
[tables.patients]
file = "patients"
id = "no"
birth = "born"
sex = "sex"
female = ["여"]
male = ["남"]
death = "died"
[[tables.events]]
file = "stays"
kind = "encounter"
id = "stay"
patient = "no"
start = "from"
end = "to"
class = "class"
code = "code"
system = "icd-10"
hospital = "hospital"
[[tables.events]]
file = "labs"
kind = "observation"
patient = "no"
encounter = "stay"
start = "at"
known = "reported"
code = "code"
system = "loinc"
value = "value"
value_system = "snomed"
unit_is = "mg/dL"
"#;

const PATIENTS: &str =
    "no,name,born,sex,died\n1,홍길동,1950-06-01,여,\n2,김,1948-01-31,남,2024-05-01 03:20\n";
const STAYS: &str = "stay,no,from,to,class,code,hospital\n\
    s1,1,2024-03-01 09:00,2024-03-11 10:00:00,IMP,I50.1,seoul\n\
    s2,2,2024-03-02,2024-03-12,IMP,I50.9,busan\n";
const LABS: &str = "no,stay,at,reported,code,value\n\
    1,s1,2024-03-05 08:00,2024-03-05 09:30,2160-0,1.25\n\
    1,s1,2024-03-06 08:00,,2160-0,<0.2\n\
    2,s2,2024-03-06,,72166-2,266919005\n";

/// The same as FHIR.
const RESOURCES: [&str; 7] = [
    r#"{"resourceType":"Patient","id":"1","birthDate":"1950-06-01","gender":"female"}"#,
    r#"{"resourceType":"Patient","id":"2","birthDate":"1948-01-31","gender":"male","deceasedDateTime":"2024-05-01T03:20:00+09:00"}"#,
    r#"{"resourceType":"Encounter","id":"s1","status":"finished","class":{"code":"IMP"},"subject":{"reference":"Patient/1"},"serviceProvider":{"reference":"Organization/seoul"},"period":{"start":"2024-03-01T09:00:00+09:00","end":"2024-03-11T10:00:00+09:00"},"reasonCode":[{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"I50.1"}]}]}"#,
    r#"{"resourceType":"Encounter","id":"s2","status":"finished","class":{"code":"IMP"},"subject":{"reference":"Patient/2"},"serviceProvider":{"reference":"Organization/busan"},"period":{"start":"2024-03-02","end":"2024-03-12"},"reasonCode":[{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"I50.9"}]}]}"#,
    r#"{"resourceType":"Observation","id":"o1","status":"final","subject":{"reference":"Patient/1"},"encounter":{"reference":"Encounter/s1"},"effectiveDateTime":"2024-03-05T08:00:00+09:00","issued":"2024-03-05T09:30:00+09:00","code":{"coding":[{"system":"http://loinc.org","code":"2160-0"}]},"valueQuantity":{"value":1.25,"code":"mg/dL","system":"http://unitsofmeasure.org"}}"#,
    r#"{"resourceType":"Observation","id":"o2","status":"final","subject":{"reference":"Patient/1"},"encounter":{"reference":"Encounter/s1"},"effectiveDateTime":"2024-03-06T08:00:00+09:00","code":{"coding":[{"system":"http://loinc.org","code":"2160-0"}]},"valueQuantity":{"value":0.2,"comparator":"<","code":"mg/dL","system":"http://unitsofmeasure.org"}}"#,
    r#"{"resourceType":"Observation","id":"o3","status":"final","subject":{"reference":"Patient/2"},"encounter":{"reference":"Encounter/s2"},"effectiveDateTime":"2024-03-06","code":{"coding":[{"system":"http://loinc.org","code":"72166-2"}]},"valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"266919005"}]}}"#,
];

fn opened(folder: &Path) -> Result<Opened, RecordsError> {
    let definition = format!("{DEFINITION}{TABLES}");
    let plan = Plan::parse(definition.as_bytes()).unwrap();
    let key = PseudonymKey::new([7; KEY_BYTES]);
    // One name for both ways, so that the records can be compared.
    open(
        folder,
        &plan,
        Digest::of(DEFINITION.as_bytes()),
        &key,
        &NoProgress,
    )
}

fn put(folder: &Path, tables: &[(&str, &str)]) {
    for (name, text) in tables {
        fs::write(folder.join(name), text).unwrap();
    }
}

const GOOD: [(&str, &str); 3] = [
    ("patients.csv", PATIENTS),
    ("stays.csv", STAYS),
    ("labs.csv", LABS),
];

fn as_parquet(csv: &str) -> Vec<u8> {
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = lines.next().unwrap();
    let rows: Vec<Vec<&str>> = lines.collect();
    let column = |place: usize| -> ArrayRef {
        let cells = rows
            .iter()
            .map(|row| Some(row[place]).filter(|cell| !cell.is_empty()));
        Arc::new(StringArray::from(cells.collect::<Vec<_>>()))
    };
    let columns = names
        .iter()
        .enumerate()
        .map(|(place, name)| (*name, column(place)));
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.map(|(name, column)| (name, column, true)),
    )
    .unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

#[test]
fn tables_as_csv_and_as_parquet_give_the_records_that_the_same_resources_give() {
    let csv = tempfile::tempdir().unwrap();
    put(csv.path(), &GOOD);
    let from_csv = opened(csv.path()).unwrap();
    assert_eq!((from_csv.files, from_csv.other_files), (3, 0));
    let parquet = tempfile::tempdir().unwrap();
    for (name, text) in GOOD {
        let name = name.replace(".csv", ".parquet");
        fs::write(parquet.path().join(name), as_parquet(text)).unwrap();
    }
    let bytes = |opened: Opened| opened.records.to_bytes().unwrap();
    let from_csv = bytes(from_csv);
    assert_eq!(bytes(opened(parquet.path()).unwrap()), from_csv);
    let lines = tempfile::tempdir().unwrap();
    fs::write(lines.path().join("all.ndjson"), RESOURCES.join("\n")).unwrap();
    let plan = Plan::parse(DEFINITION.as_bytes()).unwrap();
    let key = PseudonymKey::new([7; KEY_BYTES]);
    let digest = Digest::of(DEFINITION.as_bytes());
    let resources = open(lines.path(), &plan, digest, &key, &NoProgress).unwrap();
    assert_eq!(
        String::from_utf8(bytes(resources)).unwrap(),
        String::from_utf8(from_csv).unwrap()
    );
}

#[test]
fn rows_that_are_wrong_are_counted_by_what_is_wrong_with_them() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), &GOOD);
    let labs = LABS.to_owned()
        + "9,s1,2024-03-05,,2160-0,1\n1,s2,2024-03-05,,2160-0,1\n1,s1,soon,,2160-0,1\n1,s1\n";
    put(folder.path(), &[("labs.csv", &labs)]);
    let opened = opened(folder.path()).unwrap();
    let fates = &opened.records.header.fates;
    for fate in [
        Fate::SubjectUnresolved,
        Fate::CrossPatient,
        Fate::WithoutTime,
        Fate::Misshapen,
    ] {
        assert_eq!(fates.get(&fate), Some(&1), "{fate:?}");
    }
    assert!(
        opened
            .faults
            .iter()
            .any(|it| it.contains("labs.csv, line 8")),
        "{:?}",
        opened.faults
    );
}

#[test]
fn a_table_that_is_not_there_is_a_link_or_lacks_a_column_is_refused_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let said = || opened(folder.path()).unwrap_err().to_string();
    assert!(said().contains("`patients.csv` or `patients.parquet`"));
    put(folder.path(), &GOOD);
    put(folder.path(), &[("labs.csv", "no,stay,at,reported,code\n")]);
    assert!(
        said().contains("the table `labs`: there is no column `value`"),
        "{}",
        said()
    );
    put(
        folder.path(),
        &[("labs.csv", "no,no,stay,at,reported,code,value\n")],
    );
    assert!(said().contains("two columns are named `no`"), "{}", said());
    fs::remove_file(folder.path().join("labs.csv")).unwrap();
    std::os::unix::fs::symlink("patients.csv", folder.path().join("labs.csv")).unwrap();
    assert!(said().contains("it is a link"), "{}", said());
    for (from, to) in [
        ("file = \"labs\"", "file = \"../labs\""),
        ("\"observation\"", "\"death\""),
    ] {
        let definition = format!("{DEFINITION}{TABLES}").replace(from, to);
        assert!(Plan::parse(definition.as_bytes()).is_err(), "{to}");
    }
}
