#![allow(clippy::unwrap_used, reason = "tests")]

use modu_route::Payloads;

use super::*;

const START: i64 = 1_800_000_000;

fn seen(count: u8) -> Arc<Seen> {
    let lines = (0..count).map(|number| format!("AS64496,10.{number}.0.0/16,16\n"));
    let csv = format!("ASN,IP Prefix,Max Length\n{}", lines.collect::<String>());
    table(&csv)
}

fn table(text: &str) -> Arc<Seen> {
    Arc::new(Seen::payloads(
        "vrps",
        Payloads::parse(text.as_bytes()).unwrap(),
    ))
}

fn guard(folder: &Path) -> Guard {
    Guard::open(folder, 100).unwrap()
}

fn rows(guarded: &Guarded) -> usize {
    guarded.table.rows().len()
}

#[test]
fn a_loss_is_held_over_restarts_until_it_is_released() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = guard(folder.path());
    assert_eq!(rows(&first.round(seen(10), START).unwrap()), 10);
    let held = first.round(seen(4), START + 60).unwrap();
    assert_eq!((rows(&held), held.begun.len()), (10, 1));
    // Killed before it was told, it is told by the next process.
    drop(first);
    let mut first = guard(folder.path());
    let held = first.round(seen(4), START + 90).unwrap();
    assert_eq!((rows(&held), held.begun.len()), (10, 1));
    first.told(&held.begun[0].id).unwrap();
    // It stands, and is told once; what is new goes through.
    let more = first.round(seen(5), START + 120).unwrap();
    assert_eq!((rows(&more), more.begun.len()), (10, 0));
    assert_eq!(more.standing[0].report.without_evidence, 5);
    drop(first);

    let mut second = guard(folder.path());
    let held = second.round(seen(5), START + 180).unwrap();
    assert_eq!((rows(&held), held.begun.len()), (10, 0));
    assert!(second.again(START + 181).unwrap().is_none());
    let id = standing(folder.path()).unwrap()[0].id.clone();
    let given = GivenAnswer {
        id,
        answer: Answer::Release,
    };
    answer(folder.path(), &given).unwrap();
    let released = second.again(START + 182).unwrap().unwrap();
    assert_eq!((rows(&released), released.standing.len()), (5, 0));
    assert!(second.again(START + 183).unwrap().is_none());
}

#[test]
fn the_aspas_of_another_validators_table_are_told_and_held_over_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let file = |aspas: &str| {
        let roas = r#"[{"asn": "AS64496", "prefix": "192.0.2.0/24", "maxLength": 24}]"#;
        table(&format!(r#"{{"roas": {roas}, "aspas": [{aspas}]}}"#))
    };
    let told = |guarded: &Guarded| -> Vec<String> {
        let aspas = guarded.table.aspas().iter();
        aspas
            .map(|it| format!("{}: {:?}", it.customer, it.providers))
            .collect()
    };
    let two =
        r#"{"customer": "AS1", "providers": ["AS2", 3]}, {"customer_asid": 4, "providers": [5]}"#;
    let mut first = guard(folder.path());
    let all = first.round(file(two), START).unwrap();
    assert_eq!(told(&all), ["AS1: [Asn(2), Asn(3)]", "AS4: [Asn(5)]"]);
    drop(first);

    let mut second = guard(folder.path());
    let held = second
        .round(file(r#"{"customer": 1, "providers": [2]}"#), START + 60)
        .unwrap();
    assert_eq!((told(&held), rows(&held)), (told(&all), 1));
    let report = &held.standing[0].report;
    assert_eq!((report.aspas.held, report.aspas.total), (2, 2));
    // The run that is recorded says the same of the same bytes.
    let begun = &held.begun[0];
    let inputs = modu_kernel::InputsInMemory::new()
        .with("accepted", begun.accepted.bytes())
        .with("current", begun.current.bytes());
    let request = serde_json::to_value(&begun.request).unwrap();
    let outcome = (modu_route::hold::HOLD.run)(&request, &inputs, &modu_kernel::NoProgress);
    assert_eq!(
        outcome.unwrap().report,
        serde_json::to_value(report).unwrap()
    );
    // A table without ASPAs has lost them all.
    let none = second.round(seen(1), START + 90).unwrap();
    assert_eq!(told(&none), told(&all));
}

#[test]
fn a_release_is_of_what_was_told_and_not_of_what_is_lost_after() {
    let folder = tempfile::tempdir().unwrap();
    let mut guard = guard(folder.path());
    guard.round(seen(100), START).unwrap();
    let held = guard.round(seen(80), START + 60).unwrap();
    guard.told(&held.begun[0].id).unwrap();
    let given = GivenAnswer {
        id: held.standing[0].id.clone(),
        answer: Answer::Release,
    };
    answer(folder.path(), &given).unwrap();
    let next = guard.round(seen(10), START + 120).unwrap();
    assert_eq!((rows(&next), next.begun.len()), (80, 1));
}

#[test]
fn a_rejected_hold_stays_without_asking_and_ends_when_all_is_back_or_its_time_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut guard = guard(folder.path());
    guard.round(seen(10), START).unwrap();
    let held = guard.round(seen(0), START + 60).unwrap();
    assert!(held.standing[0].is_pending());
    let given = GivenAnswer {
        id: held.standing[0].id.clone(),
        answer: Answer::Reject,
    };
    answer(folder.path(), &given).unwrap();
    let rejected = guard.again(START + 61).unwrap().unwrap();
    assert_eq!(rows(&rejected), 10);
    assert!(!rejected.standing[0].is_pending());
    let over = guard.again(START + 60 + TABLE_LATEST + 1).unwrap().unwrap();
    assert_eq!((rows(&over), over.standing.len()), (0, 0));

    guard.round(seen(10), START + 2 * TABLE_LATEST).unwrap();
    guard.round(seen(3), START + 2 * TABLE_LATEST + 60).unwrap();
    let back = guard
        .round(seen(10), START + 2 * TABLE_LATEST + 90)
        .unwrap();
    assert_eq!((rows(&back), back.standing.len()), (10, 0));
    // Both are remembered, with their ends.
    let spans = past(folder.path()).unwrap().into_iter();
    let spans: Vec<_> = spans
        .map(|it| (it.since - START, it.until - START, it.vrps))
        .collect();
    let later = 2 * TABLE_LATEST;
    let expected = [(60, 61 + TABLE_LATEST, 10), (later + 60, later + 90, 7)];
    assert_eq!(spans, expected);
}

#[test]
fn a_small_loss_goes_and_a_damaged_state_is_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = guard(folder.path());
    first.round(seen(10), START).unwrap();
    assert_eq!(rows(&first.round(seen(9), START + 60).unwrap()), 9);
    drop(first);
    std::fs::write(folder.path().join("state.json"), "{").unwrap();
    let mut second = guard(folder.path());
    let all = second.round(seen(2), START + 120).unwrap();
    assert_eq!((rows(&all), all.standing.len()), (2, 0));
}
