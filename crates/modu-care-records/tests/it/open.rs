//! Opening a folder.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use modu_care::cohort::Plan;
use modu_care::privacy::{KEY_BYTES, PseudonymKey};
use modu_care::records::Fate;
use modu_care_records::{Opened, RecordsError, open};
use modu_kernel::{Digest, NoProgress, Progress};

const DEFINITION: &str = r#"
schema = "modu.care.cohort/1"
title = { ko = "심부전", en = "heart failure" }
offset = "+09:00"
[concepts.heart_failure]
codes = ["icd-10|I50*"]
[index]
kind = "condition"
concept = "heart_failure"
[follow_up]
until = "2025-01-01"
days = 180
[outcome]
name = "death"
label = { ko = "사망", en = "death" }
any = [{ kind = "death" }]
"#;

fn opened(path: &Path) -> Result<Opened, RecordsError> {
    let plan = Plan::parse(DEFINITION.as_bytes()).unwrap();
    let key = PseudonymKey::new([7; KEY_BYTES]);
    open(
        path,
        &plan,
        Digest::of(DEFINITION.as_bytes()),
        &key,
        &NoProgress,
    )
}

fn patient(id: &str) -> String {
    format!(r#"{{"resourceType":"Patient","id":"{id}","birthDate":"1950-01-01"}}"#)
}

fn diagnosis(id: &str, subject: &str) -> String {
    format!(
        r#"{{"resourceType":"Condition","id":"{id}","subject":{{"reference":"{subject}"}},
        "onsetDateTime":"2024-03-01","code":{{"coding":[{{"system":"http://hl7.org/fhir/sid/icd-10","code":"I50.9"}}]}}}}"#
    )
    .replace('\n', " ")
}

fn bundle(resources: &[(String, String)]) -> String {
    let entries: Vec<String> = (resources.iter())
        .map(|(url, resource)| format!(r#"{{"fullUrl":"{url}","resource":{resource}}}"#))
        .collect();
    format!(
        r#"{{"resourceType":"Bundle","type":"collection","entry":[{}]}}"#,
        entries.join(",")
    )
}

#[test]
fn lines_and_bundles_and_any_split_of_them_give_the_same_records() {
    let resources: Vec<String> = (0..20)
        .flat_map(|it| {
            [
                patient(&it.to_string()),
                diagnosis(&it.to_string(), &format!("Patient/{it}")),
            ]
        })
        .collect();
    let one = tempfile::tempdir().unwrap();
    fs::write(one.path().join("all.ndjson"), resources.join("\n")).unwrap();
    let many = tempfile::tempdir().unwrap();
    fs::create_dir(many.path().join("below")).unwrap();
    for (number, resource) in resources.iter().enumerate() {
        let name = if number % 2 == 0 {
            format!("{number}.ndjson")
        } else {
            format!("below/{number}.jsonl")
        };
        fs::write(many.path().join(name), format!("\u{feff}{resource}\r\n\n")).unwrap();
    }
    let bundled = tempfile::tempdir().unwrap();
    let entries: Vec<_> = (resources.iter().enumerate())
        .map(|(number, resource)| (format!("urn:uuid:{number}"), resource.clone()))
        .collect();
    fs::write(bundled.path().join("b.json"), bundle(&entries)).unwrap();
    let bytes = |path: &Path| opened(path).unwrap().records.to_bytes().unwrap();
    assert_eq!(bytes(one.path()), bytes(many.path()));
    assert_eq!(bytes(one.path()), bytes(bundled.path()));
    assert_eq!(bytes(&one.path().join("all.ndjson")), bytes(one.path()));
    assert_eq!(opened(many.path()).unwrap().files, 40);
}

#[test]
fn references_by_a_bundles_own_names_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    let entries = [
        ("urn:uuid:9-9".to_owned(), patient("x")),
        ("urn:uuid:1".to_owned(), diagnosis("d", "urn:uuid:9-9")),
        ("urn:uuid:2".to_owned(), diagnosis("e", "urn:uuid:8-8")),
    ];
    fs::write(folder.path().join("b.json"), bundle(&entries)).unwrap();
    let records = opened(folder.path()).unwrap().records;
    assert_eq!(records.people[0].facts.len(), 1);
    assert_eq!(records.header.fates[&Fate::SubjectUnresolved], 1);
}

#[test]
fn what_is_cut_off_or_odd_is_counted_and_its_place_told_without_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let half = diagnosis("d", "Patient/1");
    write(
        "Patient.ndjson",
        &format!("{}\n{}", patient("1"), &half[..60]),
    );
    write(
        "HongGildong.ndjson",
        &format!("{}\nnot json\n", patient("2")),
    );
    write("Kim.json", &patient("3"));
    let cut = bundle(&[("urn:uuid:4".to_owned(), patient("4"))]);
    write("Lee.json", &cut[..cut.len() - 1]);
    write("notes.txt", "홍길동");
    write(
        "Observation.ndjson",
        &format!("{{\"resourceType\":\"{}\"}}", "x".repeat(17 << 20)),
    );
    let opened = opened(folder.path()).unwrap();
    let fates = &opened.records.header.fates;
    assert_eq!(fates[&Fate::Used], 3, "what stands before a fault is used");
    assert_eq!(fates[&Fate::Unreadable], 3);
    assert_eq!(fates[&Fate::Misshapen], 1);
    assert_eq!(fates[&Fate::TooLarge], 1);
    assert_eq!((opened.files, opened.other_files), (5, 1));
    let told = opened.faults.join("\n");
    assert!(
        told.contains("Patient.ndjson, line 2, the last, which is cut off"),
        "{told}"
    );
    assert!(
        told.contains("Observation.ndjson, line 1: longer"),
        "{told}"
    );
    assert!(
        told.contains("file 3 (by name), behind entry 1: it is cut off"),
        "{told}"
    );
    for name in ["Hong", "Kim", "Lee", "홍"] {
        assert!(!told.contains(name), "{told}");
    }
}

#[test]
fn a_folder_without_records_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "").unwrap();
    for path in [folder.path().to_owned(), folder.path().join("a.txt")] {
        assert!(matches!(opened(&path), Err(RecordsError::Folder { .. })));
    }
    let none = opened(&folder.path().join("none"));
    assert!(matches!(none, Err(RecordsError::Read { .. })));
}

#[test]
fn links_out_of_the_folder_are_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("b.ndjson"), patient("1")).unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.path().join("below")).unwrap();
    std::os::unix::fs::symlink(
        outside.path().join("b.ndjson"),
        folder.path().join("c.ndjson"),
    )
    .unwrap();
    assert!(matches!(
        opened(folder.path()),
        Err(RecordsError::Folder { .. })
    ));
}

#[test]
fn a_large_bundle_is_read_entry_by_entry_and_may_be_cancelled() {
    struct Impatient;
    impl Progress for Impatient {
        fn report(&self, _: &str, _: u64, _: u64) {}
        fn cancelled(&self) -> bool {
            true
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from(r#"{"resourceType":"Bundle","entry":["#);
    for number in 0..20_000 {
        let comma = if number == 0 { "" } else { "," };
        let filler = "가".repeat(60);
        write!(
            text,
            r#"{comma}{{"resource":{{"resourceType":"Device","id":"{number}","note":"{filler}"}}}}"#
        )
        .unwrap();
    }
    text.push_str("]}");
    let path = folder.path().join("b.json");
    fs::write(&path, text).unwrap();
    let records = opened(&path).unwrap().records;
    assert_eq!(records.header.fates[&Fate::OtherType], 20_000);
    let plan = Plan::parse(DEFINITION.as_bytes()).unwrap();
    let key = PseudonymKey::new([7; KEY_BYTES]);
    let digest = Digest::of(DEFINITION.as_bytes());
    let stopped = open(&path, &plan, digest, &key, &Impatient);
    assert!(matches!(stopped, Err(RecordsError::Cancelled)));
}

/// A hundred megabytes where `MODU_SLOW` is set, else two: one bundle, and the
/// same cut off in the middle of an entry.
#[test]
fn a_hundred_megabytes_in_one_bundle_are_read_to_the_end_or_to_where_they_are_cut_off() {
    let bytes = match std::env::var_os("MODU_SLOW").is_some() {
        true => 100 << 20,
        false => 2 << 20,
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.json");
    let mut text = String::from(r#"{"resourceType":"Bundle","entry":["#);
    let (mut people, mut last) = (0, 0);
    while text.len() < bytes {
        let comma = if people == 0 { "" } else { "," };
        last = text.len();
        let found = diagnosis(&people.to_string(), &format!("Patient/{people}"));
        let person = patient(&people.to_string());
        write!(
            text,
            r#"{comma}{{"resource":{person}}},{{"resource":{found}}}"#
        )
        .unwrap();
        people += 1;
    }
    text.push_str("]}");
    fs::write(&path, &text).unwrap();
    let begun = std::time::Instant::now();
    let whole = opened(&path).unwrap();
    assert_eq!(whole.records.header.fates[&Fate::Used], 2 * people);
    println!(
        "{} bytes: {people} people in {:.1?}",
        text.len(),
        begun.elapsed()
    );
    if let Ok(status) = fs::read_to_string("/proc/self/status") {
        let peak = status.lines().find(|line| line.starts_with("VmHWM"));
        println!("{} (the text itself is in it)", peak.unwrap_or_default());
    }
    fs::write(&path, &text[..last + 40]).unwrap();
    let cut = opened(&path).unwrap();
    assert_eq!(cut.records.header.fates[&Fate::Used], 2 * (people - 1));
    assert_eq!(cut.records.header.fates[&Fate::Unreadable], 1);
    assert!(cut.faults[0].contains("it is cut off"), "{:?}", cut.faults);
}
