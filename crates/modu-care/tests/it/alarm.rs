//! `care.alarm` on simulated wards whose truth is known, and on bad tables.

use std::fmt::Write as _;

use modu_care::ALARM;
use modu_care::alarm::{AlarmReport, AlarmRule};
use modu_kernel::{EngineError, InputsInMemory, NoProgress, Outcome};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};
use serde_json::{Value, json};

/// A ward: each patient is watched for a week, four times a day; who is worse
/// has higher scores all week (alarms come in bouts), and in the two days
/// before an event they rise.
struct Ward {
    observations: String,
    stays: String,
}

fn normal(random: &mut Xoshiro256PlusPlus) -> f64 {
    let share =
        |random: &mut Xoshiro256PlusPlus| (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    let radius = libm::sqrt(-2.0 * libm::log(1.0 - share(random)));
    radius * libm::cos(std::f64::consts::TAU * share(random))
}

const DAYS: f64 = 7.0;

fn ward(patients: u32, seed: u64) -> Ward {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut observations = String::from("person,time,score,news2\n");
    let mut stays = String::from("person,start,end,event\n");
    for patient in 0..patients {
        let severity = normal(&mut random);
        let event = normal(&mut random) + severity > 2.6;
        let end = if event {
            2.0 + 5.0 * libm::fabs(libm::sin(severity * 7.0))
        } else {
            DAYS
        };
        writeln!(stays, "q{patient},0,{end},{}", u8::from(event)).unwrap();
        for reading in 0..28 {
            let time = f64::from(reading) / 4.0;
            if time >= end {
                break;
            }
            let near = if event {
                (2.0 - (end - time)).max(0.0)
            } else {
                0.0
            };
            let score = severity + near + normal(&mut random);
            let points =
                (2.0 + 1.4 * (severity + 0.7 * near + 1.4 * normal(&mut random))).clamp(0.0, 20.0);
            writeln!(observations, "q{patient},{time},{score:.6},{points:.0}").unwrap();
        }
    }
    Ward {
        observations,
        stays,
    }
}

fn request(budget: f64) -> Value {
    json!({ "budget": budget, "refractory_days": 1.0, "horizon_days": 2.0, "replicates": 200, "seed": 1 })
}

fn run(ward: &Ward, request: &Value) -> Result<Outcome, EngineError> {
    let inputs = InputsInMemory::new()
        .with("observations", ward.observations.as_str())
        .with("stays", ward.stays.as_str());
    (ALARM.run)(request, &inputs, &NoProgress)
}

fn report(outcome: &Outcome) -> AlarmReport {
    serde_json::from_value(outcome.report.clone()).unwrap()
}

/// Alarms a day for 1,000 patients that a threshold gives on a ward, counted
/// anew, line by line.
fn counted(ward: &Ward, threshold: f64) -> f64 {
    let (mut alarms, mut last) = (0_u32, None);
    for line in ward.observations.lines().skip(1) {
        let cells: Vec<_> = line.split(',').collect();
        let (time, score): (f64, f64) = (cells[1].parse().unwrap(), cells[2].parse().unwrap());
        let free = last.is_none_or(|(person, at)| person != cells[0] || time - at >= 1.0);
        if score >= threshold && free {
            alarms += 1;
            last = Some((cells[0], time));
        }
    }
    let days = ward.stays.lines().skip(1);
    let days: f64 = days
        .map(|line| line.split(',').nth(2).unwrap().parse::<f64>().unwrap())
        .sum();
    f64::from(alarms) / days * 1_000.0
}

/// Seeds 1 to 3 set the threshold, seeds 101 to 103 are other patients.
#[test]
fn a_threshold_holds_its_budget_within_a_tenth_with_other_patients() {
    for seed in 1..=3 {
        let here = ward(6_000, seed);
        let outcome = run(&here, &request(40.0)).unwrap();
        let report = report(&outcome);
        assert!(
            report.holds_within_a_tenth,
            "{:?}",
            report.chosen.alarms_a_day
        );
        let threshold = report.chosen.threshold.get();
        let at_home = report.chosen.alarms_a_day.value.value().unwrap();
        assert!((counted(&here, threshold) - at_home).abs() < 1e-9);
        assert!(at_home <= 40.0);
        let elsewhere = counted(&ward(6_000, 100 + seed), threshold);
        println!("seed {seed}: threshold {threshold:.4}, elsewhere {elsewhere:.2} of 40 a day");
        assert!(
            (elsewhere / 40.0 - 1.0).abs() <= 0.10,
            "seed {seed}: {elsewhere}"
        );
    }
}

/// The true rate at a threshold is told by a large ward; 20 small ones.
#[test]
fn the_interval_of_the_alarms_holds_the_truth_as_often_as_it_says() {
    let truth = ward(10_000, 1_000);
    let covered = (1..=20).filter(|seed| {
        let report = report(&run(&ward(250, *seed), &request(60.0)).unwrap());
        let interval = report.chosen.alarms_a_day.interval.unwrap();
        let rate = counted(&truth, report.chosen.threshold.get());
        (interval.lower.get()..=interval.upper.get()).contains(&rate)
    });
    let covered = covered.count();
    println!("the truth lay within {covered} of 20 intervals of 95 %");
    assert!(covered >= 16, "{covered} of 20");
}

#[test]
fn a_score_that_knows_more_finds_more_than_news2_at_as_many_alarms() {
    let report = report(&run(&ward(2_000, 7), &request(60.0)).unwrap());
    assert!(report.comparison.len() >= 2, "{:?}", report.comparison);
    for pair in &report.comparison {
        let rate = |it: &modu_care::alarm::Performance| it.alarms_a_day.value.value().unwrap();
        assert!(rate(&pair.score) <= rate(&pair.news2), "no more alarms");
        assert!(pair.difference.unwrap().value.value() >= Some(0.0));
        assert!(pair.news2.lead.unwrap().median.get() <= 2.0);
    }
    let sure = |pair: &&modu_care::alarm::Compared| {
        pair.difference.unwrap().interval.unwrap().lower.get() > 0.0
    };
    assert!(report.comparison.iter().any(|pair| sure(&pair)));
    let along = report.curve.windows(2);
    assert!(along.clone().count() > 10);
    assert!(
        along
            .into_iter()
            .all(|two| two[0].alarms_a_day < two[1].alarms_a_day)
    );
}

#[test]
fn the_order_of_rows_changes_nothing_and_a_run_gives_its_bytes_again() {
    let here = ward(300, 3);
    let turned = |table: &str| {
        let mut lines: Vec<_> = table.lines().collect();
        lines[1..].reverse();
        lines.join("\n")
    };
    let there = Ward {
        observations: turned(&here.observations),
        stays: turned(&here.stays),
    };
    let bytes = |ward| run(ward, &request(80.0)).unwrap().to_canonical().unwrap();
    assert_eq!(bytes(&here), bytes(&there));
    assert_eq!(bytes(&here), bytes(&here));
}

#[test]
fn the_rule_is_read_again_and_the_pages_name_nobody() {
    let outcome = run(&ward(300, 4), &request(80.0)).unwrap();
    let rule = AlarmRule::parse(&outcome.output("rule.json").unwrap().bytes).unwrap();
    assert_eq!(rule.threshold, report(&outcome).chosen.threshold);
    for name in ["alarm.ko.html", "alarm.en.html"] {
        let page = String::from_utf8(outcome.output(name).unwrap().bytes.clone()).unwrap();
        assert!(page.contains("NEWS2") && !page.contains("q1"), "{name}");
    }
}

#[test]
fn few_patients_are_said_to_be_too_few_and_few_events_are_not_told() {
    let outcome = run(&ward(60, 5), &request(80.0)).unwrap();
    let codes: Vec<_> = outcome.findings.iter().map(|it| it.code.as_str()).collect();
    assert!(codes.contains(&"alarm.uncertain"), "{codes:?}");
    let quiet = Ward {
        observations: "person,time,score\na,1,0.5\na,2,0.9\nb,1,0.1\n".to_owned(),
        stays: "person,start,end,event\na,0,30,1\nb,0,30,0\n".to_owned(),
    };
    let report = report(&run(&quiet, &request(40.0)).unwrap());
    assert!(report.chosen.sensitivity.is_none() && report.curve.is_empty());
    assert_eq!(serde_json::to_value(report.events).unwrap(), json!("few"));
}

#[test]
fn observations_that_could_not_have_told_are_left_out_and_counted() {
    let ward = Ward {
        observations:
            "person,time,score\na,1,0.5\na,9,0.9\na,3,0.9\na,1,0.7\na,2,\nc,1,1\nb,40,1\nb,30,0.2\n"
                .to_owned(),
        stays: "person,start,end,event\na,0,3,1\nb,0,30,0\n".to_owned(),
    };
    let report = report(&run(&ward, &request(1000.0)).unwrap());
    let left = serde_json::to_value(report.left_out).unwrap();
    assert_eq!(
        left,
        json!({ "without_score": 1, "outside_stays": 3, "at_event": 1, "same_time": 1 })
    );
    assert_eq!(report.observations, 2);
}

#[test]
fn bad_tables_and_requests_are_refused_with_place_and_remedy() {
    let good = || Ward {
        observations: "person,time,score\na,1,0.5\n".to_owned(),
        stays: "person,start,end,event\na,0,3,0\n".to_owned(),
    };
    let stays = |stays: &str| Ward {
        stays: format!("person,start,end,event\n{stays}"),
        ..good()
    };
    let observations = |text: &str| Ward {
        observations: format!("person,time,score,news2\n{text}"),
        ..good()
    };
    for (ward, place) in [
        (stays(""), "there are no stays"),
        (stays("a,3,3,0\n"), "line 2, column `end`"),
        (stays("a,0,3,2\n"), "line 2, column `event`"),
        (stays("a,0,3,0\na,2,4,0\n"), "line 3"),
        (stays("a,0,NaN,0\n"), "line 2, column `end`"),
        (stays("900101-1234568,0,3,0\n"), "use a pseudonym"),
        (observations("a,1,inf,\n"), "line 2, column `score`"),
        (observations("a,1,1,21\n"), "line 2, column `news2`"),
        (observations("a,1,1\n"), "cut off"),
    ] {
        let error = run(&ward, &request(400.0)).unwrap_err();
        assert!(error.to_string().contains(place), "{place}: {error}");
        assert!(matches!(error, EngineError::Input { .. }), "{error}");
    }
    for (member, value) in [
        ("budget", -1.0),
        ("budget", 0.0),
        ("refractory_days", -1.0),
        ("horizon_days", 0.0),
        ("least_lead_days", 2.0),
        ("replicates", 1.0),
        ("other", 1.0),
    ] {
        let mut request = request(400.0);
        request[member] = json!(value);
        let error = run(&good(), &request).unwrap_err();
        assert!(
            matches!(error, EngineError::Request(_)),
            "{member}: {error}"
        );
    }
    let error = run(&good(), &request(1.0)).unwrap_err();
    assert!(error.to_string().contains("raise the budget"), "{error}");
}
