//! After adoption: what has changed is found, and what has not is left alone.

use modu_kernel::{Digest, EngineError, InputsInMemory, NoProgress, Outcome};
use modu_proof::watch::WATCH;
use modu_proof::watch::report::{WatchAnswer, WatchReleased, WatchReport};
use serde_json::{Value, json};

use crate::world::{self, ByIncome, NEED, Stream};

/// A table like that of the other tests: `chance` of ten of the poor need
/// support, and everybody is `older` years older.
fn table(seed: u64, rows: u64, chance: u64, older: u64) -> String {
    let mut stream = Stream(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let mut text = String::from("age,income,region,note,sex,today,truth,memo\n");
    for row in 0..rows {
        let (age, income) = (20 + older + stream.below(50), stream.below(1000));
        let chance = if income < 300 { chance } else { 1 };
        let truth = u64::from(stream.below(10) < chance);
        let today = if stream.below(2) == 0 {
            truth
        } else {
            stream.below(2)
        };
        text.push_str(&format!(
            "{age},{income},{},\"메모 {row}\",{},{today},{truth},x{row}\n",
            stream.below(4),
            stream.below(2),
        ));
    }
    text
}

fn need() -> String {
    // Few replicates: these runs are many.
    NEED.replace("replicates = 400", "replicates = 200")
}

fn request(need: &str) -> Value {
    json!({
        "need": Digest::of(need.as_bytes()),
        "solution": "first",
        "adopted": { "log_index": "2", "entry": Digest::of(b"entry") },
        "false_alarm_rate": 0.05,
        "publish": { "commitment": Digest::of(b"commitment") },
        "time": "2026-11-22T00:00:00Z",
    })
}

fn inputs(need: &str, then: &str, now: &str) -> InputsInMemory {
    let scores = |data: &str| world::predictions(need, data.as_bytes(), "first", ByIncome);
    InputsInMemory::new()
        .with("need", need)
        .with("dataset", now)
        .with("solution/first", world::solution_named("first"))
        .with("predictions/first", scores(now))
        .with("reference/dataset", then)
        .with("reference/predictions/first", scores(then))
}

fn watch(then: &str, now: &str) -> Outcome {
    watch_by(&need(), then, now)
}

fn watch_by(need: &str, then: &str, now: &str) -> Outcome {
    (WATCH.run)(&request(need), &inputs(need, then, now), &NoProgress).expect("the watch")
}

/// The memo says whose row it is.
fn need_of_persons() -> String {
    need()
        .replace(
            "name = \"memo\"\ntype = \"text\"\nrole = \"ignored\"",
            "name = \"memo\"\ntype = \"text\"\nrole = \"cluster\"",
        )
        .replace(
            "[statistics]",
            "[unit_of_independence]\ncolumn = \"memo\"\n\n[statistics]\ninterval = \"bca\"",
        )
}

/// Each row of a table several times, as visits of one person.
fn visits(table: &str, times: usize) -> String {
    let (heading, rows) = table.split_once('\n').unwrap();
    let mut text = format!("{heading}\n");
    for row in rows.lines() {
        for _ in 0..times {
            text.push_str(row);
            text.push('\n');
        }
    }
    text
}

fn report(outcome: &Outcome) -> WatchReport {
    serde_json::from_value(outcome.report.clone()).unwrap()
}

#[test]
fn a_solution_whose_world_changed_has_decayed_and_the_cause_is_seen_without_labels() {
    let then = table(1, 1000, 8, 0);
    let report = report(&watch(&then, &table(2, 1000, 3, 15)));
    assert_eq!(report.answer, WatchAnswer::Decayed, "{:?}", report.criteria);
    let recall = &report.criteria[0];
    assert_eq!(recall.answer, WatchAnswer::Decayed);
    let change = recall.parts[0].change.interval().unwrap();
    assert!(change.upper.get() < 0.0, "{change:?}");
    assert!(recall.parts[0].reason.en.contains("worse than at adoption"));

    assert!(report.drift.alarm);
    let rings = |name: Option<&str>| {
        let mut columns = report.drift.columns.iter();
        let found = columns.find(|it| it.column.as_deref() == name);
        found.unwrap().drift.alarm
    };
    assert!(rings(Some("age")));
    // Incomes are as they were, and so are the scores that rest on them.
    assert!(!rings(Some("income")) && !rings(None));
}

#[test]
fn where_nothing_changed_alarms_are_no_more_frequent_than_stated() {
    const SEEDS: u64 = 60;
    let (mut worse, mut drifted) = (0, 0);
    let (mut rate, mut drift_rate) = (0.0, 0.0);
    for seed in 0..SEEDS {
        let then = table(1000 + 2 * seed, 300, 8, 0);
        let report = report(&watch(&then, &table(1001 + 2 * seed, 300, 8, 0)));
        rate = report.false_alarm_rate.get();
        drift_rate = report.drift.false_alarm_rate.get();
        let parts = report
            .criteria
            .iter()
            .flat_map(|criterion| &criterion.parts);
        let mut p_values = parts.filter_map(|part| part.holm_p_value);
        worse += u32::from(p_values.any(|p| p.get() <= rate));
        drifted += u32::from(report.drift.alarm);
    }
    println!("of {SEEDS} watches: {worse} called worse, {drifted} drift alarms");
    assert!((rate - 0.1).abs() < 1e-12 && (drift_rate - 0.05).abs() < 1e-12);
    // Three standard deviations of a binomial above what is stated.
    let most = |rate: f64| {
        let seeds = SEEDS as f64;
        seeds * rate + 3.0 * (seeds * rate * (1.0 - rate)).sqrt()
    };
    assert!(f64::from(worse) <= most(rate), "{worse} of {SEEDS}");
    assert!(
        f64::from(drifted) <= most(drift_rate),
        "{drifted} of {SEEDS}"
    );
}

#[test]
fn several_rows_of_one_person_are_heard_once_and_ring_no_alarm() {
    const SEEDS: u64 = 12;
    let need = need_of_persons();
    let mut alarms = 0;
    for seed in 0..SEEDS {
        let [then, now] = [0, 1].map(|time| visits(&table(5000 + 2 * seed + time, 120, 8, 0), 6));
        let report = report(&watch_by(&need, &then, &now));
        alarms += u32::from(report.drift.alarm);
    }
    // At 5 % five or more of twelve happen once in 4,000 times; taking each
    // visit for a person rings nearly always.
    assert!(alarms < 5, "{alarms} of {SEEDS}");
}

#[test]
fn the_change_is_shown_with_its_interval_by_any_method_and_in_any_order_of_rows() {
    let need = need_of_persons();
    let (then, now) = (table(1, 600, 8, 0), table(2, 600, 3, 15));
    let shown = report(&watch_by(&need, &then, &now));
    let change = &shown.criteria[0].parts[0].change;
    assert!(change.interval().is_some_and(|it| it.upper.get() < 0.0));
    let (heading, rows) = now.split_once('\n').unwrap();
    let backwards: Vec<&str> = rows.lines().rev().collect();
    let backwards = format!("{heading}\n{}\n", backwards.join("\n"));
    let again = report(&watch_by(&need, &then, &backwards));
    let drifts = |report: &WatchReport| format!("{:?}", report.drift);
    assert_eq!(drifts(&shown), drifts(&again));
}

#[test]
fn too_few_new_rows_answer_so() {
    let report = report(&watch(&table(1, 1000, 8, 0), &table(2, 30, 8, 0)));
    assert_eq!(
        report.answer,
        WatchAnswer::NotEnoughData,
        "{:?}",
        report.criteria
    );
}

#[test]
fn what_leaves_holds_answers_and_no_number_of_the_data() {
    let (then, now) = (table(1, 400, 8, 0), table(2, 400, 8, 0));
    let outcome = watch(&then, &now);
    let bytes = &outcome.output("released.json").unwrap().bytes;
    let released: WatchReleased = serde_json::from_slice(bytes).unwrap();
    let report = report(&outcome);
    assert_eq!(released.answer, report.answer);
    let text = String::from_utf8(bytes.clone()).unwrap();
    for data in [&then, &now] {
        assert!(!text.contains(&Digest::of(data.as_bytes()).to_hex()));
    }
    assert!(
        !text.contains("400") && !text.contains("interval"),
        "{text}"
    );
    for (name, word) in [("owner.ko.html", "유지"), ("owner.en.html", "then")] {
        let page = &outcome.output(name).unwrap().bytes;
        let page = String::from_utf8_lossy(page);
        assert!(page.starts_with("<!DOCTYPE html>") && page.contains("PSI"));
        assert!(page.contains("class=\"strip\"") && page.contains(word) || name.contains("ko"));
    }
}

#[test]
fn one_thread_and_many_give_the_same_bytes() {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let run = || watch(&table(1, 300, 8, 0), &table(2, 300, 8, 0));
        pool.build().unwrap().install(run).to_canonical().unwrap()
    };
    assert_eq!(on(1), on(3));
}

#[test]
fn a_wrong_request_or_other_predictions_are_refused() {
    let need = need();
    let (then, now) = (table(1, 300, 8, 0), table(2, 300, 8, 0));
    let good = inputs(&need, &then, &now);
    let run = |change: &dyn Fn(&mut Value), inputs: &InputsInMemory| {
        let mut request = request(&need);
        change(&mut request);
        (WATCH.run)(&request, inputs, &NoProgress).unwrap_err()
    };
    for (key, value) in [
        ("tolerance", json!(-0.1)),
        ("false_alarm_rate", json!(0.0)),
        ("false_alarm_rate", json!(1.0)),
        ("need", json!(Digest::of(b"another"))),
    ] {
        let error = run(&|request| request[key] = value.clone(), &good);
        assert!(matches!(error, EngineError::Request(_)), "{key}: {error}");
    }
    // Scores of today's rows do not pass as those of the adoption.
    let scores = world::predictions(&need, now.as_bytes(), "first", ByIncome);
    let swapped = InputsInMemory::new()
        .with("need", need.as_str())
        .with("dataset", now.as_str())
        .with("solution/first", world::solution_named("first"))
        .with("predictions/first", scores.clone())
        .with("reference/dataset", then.as_str())
        .with("reference/predictions/first", scores);
    let error = run(&|_| {}, &swapped);
    assert!(matches!(error, EngineError::Input { .. }), "{error}");
}
