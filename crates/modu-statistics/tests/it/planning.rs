//! Sample sizes, drift and letters against values of scipy, statsmodels and R.
//!
//! `planning.json` is written by `tests/reference/make_planning_reference.py`
//! and names the versions.

use modu_statistics::{
    Finite, Side,
    drift::{Column, DriftPlan, NullDistribution, compare, homogeneity, smirnov, stability},
    letters::{PairTest, letters},
    power::{Claim, hanley_mcneil_variance, paired_difference_variance},
};
use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};
use serde_json::Value;

use crate::support::{close, close_to, json, numbers, share};

fn claim(bound: f64, confidence: f64) -> Claim {
    Claim {
        side: Side::Lower,
        bound: Finite::new(bound).unwrap(),
        confidence: share(confidence),
    }
}

fn number(of: &Value, key: &str) -> f64 {
    of[key].as_f64().unwrap()
}

fn cases(key: &str) -> Vec<Value> {
    json("planning.json")[key].as_array().unwrap().clone()
}

#[test]
fn the_power_of_a_share_is_that_of_the_enumerated_binomial() {
    for case in cases("shares") {
        let claim = claim(number(&case, "bound"), number(&case, "confidence"));
        let trials = case["trials"].as_u64().unwrap();
        let critical = claim.share_critical(trials).unwrap();
        assert_eq!(critical, case["critical"].as_u64(), "{case}");
        let power = claim.share_power(number(&case, "truth"), trials).unwrap();
        close_to(power.get(), number(&case, "power"), 1e-9);
    }
}

#[test]
fn the_trials_of_a_share_are_those_of_the_enumerated_binomial() {
    for case in cases("share_trials") {
        let claim = claim(number(&case, "bound"), number(&case, "confidence"));
        let found = claim.share_trials(number(&case, "truth"), share(number(&case, "power")));
        assert_eq!(found.unwrap(), case["trials"].as_u64(), "{case}");
    }
}

#[test]
fn the_power_of_a_mean_is_that_of_statsmodels_and_of_r() {
    for case in cases("normal") {
        let claim = claim(0.0, number(&case, "confidence"));
        let rows = number(&case, "rows");
        let effect = number(&case, "effect");
        let power = claim.power(effect, 1.0 / rows.sqrt()).unwrap();
        close_to(power.get(), number(&case, "statsmodels"), 1e-9);
        close_to(power.get(), number(&case, "pwr"), 1e-9);
        let needed = claim.rows(effect, share(0.8), |rows| 1.0 / (rows as f64).sqrt());
        let expected = number(&case, "rows_for_80").ceil() as u64;
        assert_eq!(needed.unwrap(), Some(expected));
    }
}

#[test]
fn the_power_of_a_paired_difference_is_near_that_of_the_enumerated_trinomial() {
    for case in cases("paired") {
        let (gain, loss) = (number(&case, "gain"), number(&case, "loss"));
        let variance = paired_difference_variance(gain + loss, gain - loss).unwrap();
        let error = (variance / number(&case, "rows")).sqrt();
        let power = claim(number(&case, "margin"), number(&case, "confidence"))
            .power(gain - loss, error)
            .unwrap();
        let expected = number(&case, "power");
        assert!((power.get() - expected).abs() < 0.01, "{power} {case}");
    }
}

#[test]
fn the_variance_of_an_area_is_that_of_exponential_scores() {
    for case in cases("areas") {
        let variance = hanley_mcneil_variance(
            number(&case, "area"),
            number(&case, "positives"),
            number(&case, "negatives"),
        );
        close_to(variance.unwrap(), number(&case, "variance"), 1e-9);
    }
}

#[test]
fn smirnovs_test_is_that_of_r_and_scipy_with_ties_and_without() {
    for case in cases("smirnov") {
        let found = smirnov(&numbers(&case["first"]), &numbers(&case["second"])).unwrap();
        close_to(found.distance.get(), number(&case, "statistic"), 1e-12);
        assert_eq!(found.distribution, NullDistribution::Exact);
        if let Some(exact) = case["exact_r"].as_f64() {
            close_to(found.p_value.get(), exact, 1e-9);
        }
        if let Some(exact) = case["exact_scipy"].as_f64() {
            close_to(found.p_value.get(), exact, 1e-9);
        }
    }
}

fn plan(rate: f64) -> DriftPlan {
    DriftPlan {
        bins: 10,
        false_alarm_rate: share(rate),
        permutations: 999,
        seed: 20_261_122,
    }
}

#[test]
fn the_test_of_codes_is_that_of_scipy() {
    for case in cases("homogeneity") {
        let rows = |sample: usize| -> Vec<i64> {
            let counts = numbers(&case["table"][sample]);
            let codes = (0_i64..).zip(counts);
            codes
                .flat_map(|(code, count)| vec![code; count as usize])
                .collect()
        };
        let found = homogeneity(&rows(0), &rows(1), &plan(0.05)).unwrap();
        close(found.chi_square.get(), &case["chi_square"]);
        close(found.likelihood_ratio.get(), &case["g"]);
        assert_eq!(Some(found.degrees), case["degrees"].as_u64());
        if found.distribution == NullDistribution::LargeSample {
            close(found.p_value.get(), &case["p"]);
        } else {
            assert!((found.p_value.get() - number(&case, "p")).abs() < 0.06);
        }
    }
}

#[test]
fn the_stability_index_is_that_of_its_formula_in_numpy() {
    let case = &json("planning.json")["stability"];
    let (reference, current) = (numbers(&case["reference"]), numbers(&case["current"]));
    let found = stability(&reference, &current, &plan(0.05)).unwrap();
    close(found.index.get(), &case["psi"]);
    let edges: Vec<f64> = found
        .bins
        .iter()
        .filter_map(|bin| Some(bin.to?.get()))
        .collect();
    assert_eq!(edges, numbers(&case["edges"]));
    let counts: Vec<f64> = found.bins.iter().map(|bin| bin.current as f64).collect();
    assert_eq!(counts, numbers(&case["current_counts"]));
}

#[test]
fn letters_are_the_maximal_groups_without_a_pair_told_apart() {
    for case in cases("letters") {
        let items = case["items"].as_u64().unwrap() as usize;
        let tests: Vec<PairTest> = case["apart"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| PairTest {
                first: pair[0].as_u64().unwrap() as usize,
                second: pair[1].as_u64().unwrap() as usize,
                p_value: Some(1e-9),
            })
            .collect();
        let mut backwards = tests.clone();
        backwards.reverse();
        let found = letters(items, &tests, share(0.05)).unwrap();
        assert_eq!(found, letters(items, &backwards, share(0.05)).unwrap());
        assert_eq!(serde_json::json!(found), case["groups"]);
    }
}

/// Numbers of a skewed distribution, some of them tied.
fn sample(random: &mut Xoshiro256PlusPlus, rows: usize, shift: f64) -> Vec<f64> {
    let mut draw = || {
        let unit = (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        ((unit * unit + shift) * 64.0).floor() / 64.0
    };
    (0..rows).map(|_| draw()).collect()
}

/// How often each test has a p-value of at most 0.1, and how often the two of
/// them together ring, in so many comparisons of samples without drift.
fn alarms(runs: u32, rows: (usize, usize), shift: f64) -> ([u32; 2], u32) {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(7);
    let mut plan = plan(0.1);
    let (mut lone, mut together) = ([0; 2], 0);
    for run in 0..runs {
        plan.seed = u64::from(run);
        plan.permutations = 199;
        let reference = sample(&mut random, rows.0, 0.0);
        let current = sample(&mut random, rows.1, shift);
        let columns = [Column::Numbers {
            reference: &reference,
            current: &current,
        }];
        let found = compare(&columns, &plan).unwrap().remove(0);
        for (count, result) in lone.iter_mut().zip(&found.results) {
            *count += u32::from(result.p_value.get() <= 0.1);
        }
        together += u32::from(found.alarm);
    }
    (lone, together)
}

#[test]
fn without_drift_the_tests_ring_no_more_often_than_they_state() {
    // 600 runs at 0.1: more than 83 (0.139) happens once in a thousand seeds.
    for rows in [(25, 25), (400, 30), (30, 400), (500, 350)] {
        let (lone, together) = alarms(600, rows, 0.0);
        assert!(lone.iter().all(|count| *count <= 83), "{rows:?}: {lone:?}");
        assert!(together <= 83, "{rows:?}: {together}");
        // Nor are they deaf: fewer than 30 of 600 is as rare.
        assert!(lone.iter().all(|count| *count >= 30), "{rows:?}: {lone:?}");
    }
}

#[test]
fn a_drift_of_a_fifth_of_the_range_is_heard() {
    let (_, together) = alarms(60, (500, 350), 0.2);
    assert_eq!(together, 60);
}

#[test]
fn codes_without_drift_ring_no_more_often_than_stated() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(9);
    for rows in [12, 300] {
        let mut rang = 0;
        for run in 0..600 {
            let mut codes = || -> Vec<i64> {
                let draw = |_| [0, 0, 0, 1, 1, 2, 3, 9][(random.next_u64() >> 61) as usize];
                (0..rows).map(draw).collect()
            };
            let (reference, current) = (codes(), codes());
            let columns = [Column::Codes {
                reference: &reference,
                current: &current,
            }];
            let plan = DriftPlan {
                seed: run,
                permutations: 199,
                ..plan(0.1)
            };
            rang += u32::from(compare(&columns, &plan).unwrap()[0].alarm);
        }
        assert!(rang <= 83, "{rows}: {rang}");
    }
}

#[test]
fn the_folk_threshold_would_ring_without_any_drift() {
    // Of 100 rows each, an index above 0.1 is the rule and not drift.
    let mut random = Xoshiro256PlusPlus::seed_from_u64(3);
    let mut above = 0;
    for _ in 0..200 {
        let (reference, current) = (sample(&mut random, 100, 0.0), sample(&mut random, 100, 0.0));
        let found = stability(&reference, &current, &plan(0.05)).unwrap();
        above += u32::from(found.index.get() > 0.1);
    }
    assert!(above > 100, "{above}");
}

#[test]
fn the_order_of_rows_plays_no_part_in_drift() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(4);
    let (reference, current) = (sample(&mut random, 40, 0.0), sample(&mut random, 25, 0.1));
    let (mut backwards, mut turned) = (reference.clone(), current.clone());
    backwards.reverse();
    turned.rotate_left(7);
    let found = |reference: &[f64], current: &[f64]| {
        let columns = [Column::Numbers { reference, current }];
        compare(&columns, &plan(0.05)).unwrap()
    };
    assert_eq!(found(&reference, &current), found(&backwards, &turned));
}

#[test]
fn the_stated_threshold_is_where_the_test_rings() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(5);
    let reference = sample(&mut random, 5000, 0.0);
    for shift in [0.0, 0.01, 0.02, 0.05] {
        let current = sample(&mut random, 4000, shift);
        let columns = [Column::Numbers {
            reference: &reference,
            current: &current,
        }];
        for result in &compare(&columns, &plan(0.05)).unwrap()[0].results {
            let threshold = result.threshold.unwrap();
            let is_over = result.statistic >= threshold;
            assert_eq!(is_over, result.p_value.get() <= 0.025, "{result:?}");
        }
    }
}

#[test]
fn samples_that_cannot_be_compared_are_refused() {
    let plan = plan(0.05);
    assert!(stability(&[], &[1.0], &plan).is_err());
    assert!(smirnov(&[1.0], &[]).is_err());
    assert!(smirnov(&[1.0], &[f64::NAN]).is_err());
    assert!(homogeneity(&[], &[1], &plan).is_err());
    let no_bins = DriftPlan { bins: 1, ..plan };
    assert!(compare(&[], &no_bins).is_err());
    let one = homogeneity(&[4, 4], &[4], &plan).unwrap();
    assert_eq!((one.degrees, one.p_value.get()), (0, 1.0));
    let alike = smirnov(&[1.0, 1.0], &[1.0]).unwrap();
    assert_eq!((alike.distance.get(), alike.p_value.get()), (0.0, 1.0));
}
