//! The plan of the small need.

use modu_kernel::{Digest, InputsInMemory, NoProgress};
use modu_proof::Share;
use modu_proof::dataset::{Dataset, Limits};
use modu_proof::need::Need;
use modu_proof::plan::{
    Asked, Circumstances, Comparison, Composition, Method, Missing, Outlook, Pilot, Plan, Stated,
    plan,
};
use modu_proof::report::OwnerReport;
use modu_proof::score::SCORE;
use modu_statistics::{Finite, Side, power::Claim};

use crate::world::{self, NEED, need_with};

fn share(value: f64) -> Share {
    Share::new(value).unwrap()
}

fn assumed(need: &Need, rows: u64) -> Circumstances {
    Circumstances::new(rows, Composition::assumed(need, Some(0.3)), share(0.8))
}

fn planned(need: &Need, of: &Circumstances) -> Plan {
    plan(need, Digest::of(NEED.as_bytes()), of).unwrap()
}

fn comparisons(plan: &Plan) -> Vec<&Comparison> {
    plan.criteria
        .iter()
        .flat_map(|it| &it.comparisons)
        .collect()
}

fn stated(comparison: &Comparison) -> Stated {
    match comparison.outlook {
        Outlook::Planned {
            stated: Some(stated),
            ..
        } => stated,
        ref other => panic!("{other:?}"),
    }
}

fn detectable(comparison: &Comparison) -> f64 {
    match comparison.outlook {
        Outlook::Planned {
            detectable: Some(value),
            ..
        } => value.get(),
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn every_limit_that_the_gate_holds_against_a_bound_is_planned() {
    let need = world::need();
    let plan = planned(&need, &assumed(&need, 4000));
    let found: Vec<(Option<&str>, Asked, f64)> = comparisons(&plan)
        .iter()
        .map(|it| (it.member.as_deref(), it.asked, it.bound.get()))
        .collect();
    assert_eq!(
        found,
        [
            (None, Asked::Threshold, 0.5),
            (None, Asked::Margin, 0.05),
            (Some("women"), Asked::Threshold, 0.3),
            (Some("men"), Asked::Threshold, 0.3),
            (None, Asked::Threshold, 0.3),
        ]
    );
    // The chance of missing is shared out among the five.
    assert!((plan.power_of_each.get() - 0.96).abs() < 1e-12);
}

#[test]
fn a_share_of_rows_is_planned_by_the_exact_limit_at_holms_confidence() {
    let need = world::need();
    let mut of = assumed(&need, 4000);
    of.contenders = 3;
    of.truths = vec![("false-alarms".to_owned(), 0.27)];
    let plan = planned(&need, &of);
    let women = comparisons(&plan)[2];
    let claim = Claim {
        side: Side::Upper,
        bound: Finite::new(0.3).unwrap(),
        confidence: share(1.0 - 0.1 / 3.0),
    };
    // Half of the rows are women, 0.7 of them negative.
    let chance = claim.share_power(0.27, 1400).unwrap();
    assert_eq!(stated(women).chance, chance);
    let trials = claim.share_trials(0.27, share(0.8)).unwrap().unwrap();
    assert_eq!(
        stated(women).rows_needed,
        Some((trials as f64 / 0.35).ceil() as u64)
    );
    let found = claim.share_detectable(1400, share(0.8)).unwrap().unwrap();
    assert_eq!(detectable(women), found.get());
}

#[test]
fn more_rows_help_and_more_contenders_hinder() {
    let need = world::need();
    let chance = |rows, contenders| {
        let mut of = assumed(&need, rows);
        of.contenders = contenders;
        of.truths = vec![("false-alarms".to_owned(), 0.26), ("gap".to_owned(), 0.1)];
        let plan = planned(&need, &of);
        let all = comparisons(&plan);
        (stated(all[2]).chance, stated(all[4]).chance)
    };
    let (few, many, contested) = (chance(600, 1), chance(2400, 1), chance(600, 4));
    assert!(few.0 < many.0 && few.1 < many.1, "{few:?} {many:?}");
    assert!(contested.0 < few.0 && contested.1 <= few.1, "{contested:?}");
}

#[test]
fn all_criteria_together_need_better_values_than_each_alone() {
    let need = world::need();
    let plan = planned(&need, &assumed(&need, 4000));
    for comparison in comparisons(&plan) {
        if let Outlook::Planned {
            detectable: Some(alone),
            detectable_with_all: Some(together),
            ..
        } = comparison.outlook
        {
            let gain = match comparison.direction {
                modu_proof::need::Direction::AtLeast => together.get() - alone.get(),
                modu_proof::need::Direction::AtMost => alone.get() - together.get(),
            };
            assert!(gain > 0.0, "{comparison:?}");
        }
    }
}

#[test]
fn the_chance_of_adoption_lies_between_its_bounds() {
    let text = need_with("margin = 0.05\n", "");
    let need = Need::parse(text.as_bytes()).unwrap();
    let mut of = assumed(&need, 4000);
    of.truths = vec![
        ("recall".to_owned(), 0.54),
        ("false-alarms".to_owned(), 0.27),
        ("gap".to_owned(), 0.1),
    ];
    let adoption = planned(&need, &of).adoption.unwrap();
    assert!(adoption.at_least <= adoption.independent);
    assert!(adoption.independent <= adoption.at_most);
    // With the rows that it asks for it holds what it promises.
    of.rows = adoption.rows_needed.unwrap();
    let plan = planned(&need, &of);
    assert!(plan.suffices, "{:?}", plan.adoption);
    assert!(plan.adoption.unwrap().at_least.get() >= 0.8);
    of.rows /= 2;
    assert!(!planned(&need, &of).suffices);
}

#[test]
fn rows_too_few_to_be_judged_and_replicates_too_few_for_a_limit_are_said() {
    let need = world::need();
    let plan = planned(&need, &assumed(&need, 60));
    // 40 rows a member, and half of the rows are women.
    let women = &comparisons(&plan)[2].outlook;
    let expected = Outlook::TooFewRows {
        rows_needed: Some(80),
    };
    assert_eq!(*women, expected);
    assert!(!plan.suffices);
    // Of 400 replicates, 5 carry no limit at 1 - 0.1 / 32.
    let mut of = assumed(&need, 4000);
    of.contenders = 32;
    let plan = planned(&need, &of);
    let few = |it: &&Comparison| it.outlook == Outlook::TooFewReplicates;
    assert!(comparisons(&plan).iter().all(few) && !plan.suffices);
}

#[test]
fn what_has_no_formula_asks_for_a_pilot_and_what_has_no_prevalence_for_one() {
    let text = need_with("margin = 0.05\n", "").replacen(
        "metric = \"false_alarm_rate\"\nover = \"each:sex\"",
        "metric = \"log_loss\"\nover = \"each:sex\"",
        1,
    );
    let need = Need::parse(text.as_bytes()).unwrap();
    let of = Circumstances::new(4000, Composition::assumed(&need, None), share(0.8));
    let plan = planned(&need, &of);
    let missing: Vec<Missing> = comparisons(&plan)
        .iter()
        .filter_map(|it| match it.outlook {
            Outlook::NotPlanned { missing } => Some(missing),
            _ => None,
        })
        .collect();
    use Missing::{Pilot, Prevalence};
    assert_eq!(missing, [Prevalence, Pilot, Pilot, Prevalence]);
}

/// The owner's report of the small world.
fn report() -> OwnerReport {
    let data = world::data_csv();
    let inputs: InputsInMemory = world::inputs(NEED, data.as_bytes());
    let request = world::request(NEED, &["first", "second"]);
    let outcome = (SCORE.run)(&request, &inputs, &NoProgress).unwrap();
    serde_json::from_value(outcome.report).unwrap()
}

#[test]
fn an_earlier_report_gives_shares_values_and_standard_errors() {
    let need = world::need();
    let report = report();
    let data = world::data_csv();
    let mut reader = std::io::Cursor::new(data.as_bytes());
    let dataset = Dataset::read(&mut reader, &need, &Limits::default()).unwrap();
    let counted = Composition::counted(&need, &dataset).unwrap();
    let told = Composition::of_report(&need, &report);
    assert_eq!(
        (counted.whole, &counted.members),
        (told.whole, &told.members)
    );

    let pilot = Pilot::new(report.clone(), None).unwrap();
    assert_eq!((pilot.solution(), pilot.rows()), ("first", 400));
    let mut of = Circumstances::new(400, told, share(0.8));
    of.pilot = Some(pilot);
    let plan = planned(&need, &of);
    let first = &report.solutions[0];
    for (criterion, result) in plan.criteria.iter().zip(&first.criteria) {
        for comparison in &criterion.comparisons {
            let part = result
                .parts
                .iter()
                .find(|part| part.member == comparison.member)
                .unwrap();
            let measured = match comparison.asked {
                Asked::Threshold => &part.measurement,
                Asked::Margin => part.improvement.as_ref().unwrap(),
            };
            assert_eq!(Some(stated(comparison).truth), measured.value());
        }
    }
    let Outlook::Planned { method, .. } = comparisons(&plan)[1].outlook else {
        panic!("{plan:?}");
    };
    assert_eq!(method, Method::Pilot);
    assert!(plan.adoption.is_some());
    assert!(Pilot::new(report, Some("nobody")).is_err());
}

#[test]
fn a_plan_is_read_back_as_it_was_written() {
    let need = world::need();
    let found = planned(&need, &assumed(&need, 4000));
    let text = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), found);
}

#[test]
fn circumstances_outside_their_ranges_are_refused() {
    let need = world::need();
    let good = || assumed(&need, 4000);
    let digest = Digest::of(NEED.as_bytes());
    let refused = |of: Circumstances| plan(&need, digest, &of).is_err();
    assert!(refused(Circumstances { rows: 0, ..good() }));
    assert!(refused(Circumstances {
        contenders: 33,
        ..good()
    }));
    assert!(refused(Circumstances {
        selected: Some(1.5),
        ..good()
    }));
    assert!(refused(Circumstances {
        truths: vec![("nothing".to_owned(), 0.5)],
        ..good()
    }));
    assert!(refused(Circumstances {
        truths: vec![("recall".to_owned(), 1.5)],
        ..good()
    }));
    let composition = Composition::assumed(&need, Some(f64::NAN));
    assert!(refused(Circumstances {
        composition,
        ..good()
    }));
    let mut composition = Composition::assumed(&need, Some(0.3));
    assert!(composition.set_member(&need, "sex", "women", 0.2));
    assert!(!composition.set_member(&need, "sex", "nobody", 0.2));
}
