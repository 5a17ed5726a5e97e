//! Whole clusters are drawn, and BCa limits are those of scipy.

use modu_statistics::{
    BootstrapPlan, Finite, IntervalMethod, Measure, Metric, ModelId, Quantity, Replicates,
    Settings, Side, Strata, Study, SubsetId, Undefined,
};
use proptest::prelude::*;

use crate::support::{binary_metrics, close_to, every, json, numbers, quiet, sample, share, usual};

const PLAN: BootstrapPlan = BootstrapPlan {
    replicates: 400,
    seed: 3,
    strata: Strata::Whole,
    interval: IntervalMethod::BiasCorrectedAccelerated,
};

fn replicates(study: &Study, quantities: &[Quantity], plan: &BootstrapPlan) -> Vec<Replicates> {
    study.bootstrap(plan, quantities, &quiet).unwrap()
}

/// A study of decisions, right where the list says so.
fn right_or_wrong(right: &[bool]) -> (Study, ModelId) {
    let labels = vec![true; right.len()];
    let mut study = Study::binary(&labels, Settings::default()).unwrap();
    let decisions: Vec<u16> = right.iter().map(|&right| u16::from(right)).collect();
    let model = study.add_decisions(&decisions).unwrap();
    (study, model)
}

#[test]
fn rows_of_a_cluster_come_together() {
    // Forty clusters of ten alike rows: the share moves in steps of 1/40, and
    // its standard error is that of forty rows.
    let right: Vec<bool> = (0..400).map(|row| row / 10 % 4 != 0).collect();
    let (mut study, model) = right_or_wrong(&right);
    let quantity = [Quantity::new(model, Metric::Accuracy)];
    let rows = replicates(&study, &quantity, &PLAN);
    let clusters: Vec<u32> = (0..400).map(|row| row / 10).collect();
    study.set_clusters(&clusters).unwrap();
    let found = replicates(&study, &quantity, &PLAN);
    for value in found[0].values() {
        let steps = value.unwrap().get() * 40.0;
        assert!((steps - steps.round()).abs() < 1e-9);
    }
    let error = |of: &Replicates| of.standard_error().value().unwrap();
    close_to(error(&rows[0]), (0.25_f64 * 0.75 / 400.0).sqrt(), 0.15);
    close_to(error(&found[0]), (0.25_f64 * 0.75 / 40.0).sqrt(), 0.15);
    assert_eq!(found[0].estimate(), rows[0].estimate());
}

#[test]
fn clusters_of_one_row_are_drawn_as_rows_are() {
    let (labels, scores) = sample(300, 4);
    let mut study = Study::binary(&labels, usual()).unwrap();
    let model = study.add_scores(&scores).unwrap();
    let metrics = binary_metrics();
    let quantities = every(&metrics, model, SubsetId::ALL);
    let rows = replicates(&study, &quantities, &PLAN);
    let clusters: Vec<u32> = (0..300).map(|row| 1_000_000 - 7 * row).collect();
    study.set_clusters(&clusters).unwrap();
    // Alike rows are alike clusters, and have the same places.
    assert_eq!(replicates(&study, &quantities, &PLAN), rows);
}

#[test]
fn strata_do_not_apply_to_clusters() {
    let (labels, scores) = sample(300, 4);
    let mut study = Study::binary(&labels, usual()).unwrap();
    let model = study.add_scores(&scores).unwrap();
    let clusters: Vec<u32> = (0..300).map(|row| row % 60).collect();
    study.set_clusters(&clusters).unwrap();
    let quantities = every(&[Metric::RocAuc, Metric::Accuracy], model, SubsetId::ALL);
    let within = BootstrapPlan {
        strata: Strata::LabelClasses,
        ..PLAN
    };
    assert_eq!(
        replicates(&study, &quantities, &within),
        replicates(&study, &quantities, &PLAN)
    );
}

/// Rows of every task, few enough values that many are alike.
fn rows() -> impl Strategy<Value = Vec<(u8, u8, u8, bool)>> {
    proptest::collection::vec((0..4_u8, 0..6_u8, 0..9_u8, any::<bool>()), 6..60)
}

/// Every metric of a task in two subsets.
fn study_of(task: u8, rows: &[(u8, u8, u8, bool)]) -> (Study, Vec<Quantity>) {
    let truth: Vec<f64> = rows.iter().map(|row| f64::from(row.0)).collect();
    let scores: Vec<f64> = rows.iter().map(|row| f64::from(row.1) / 6.0).collect();
    let clusters: Vec<u32> = rows.iter().map(|row| u32::from(row.2)).collect();
    let mut study = match task {
        0 => Study::binary(
            &truth.iter().map(|t| *t > 1.0).collect::<Vec<_>>(),
            Settings {
                review_budget: Some(share(0.3)),
                ..Settings::default()
            },
        ),
        1 => Study::regression(&truth, Settings::default()),
        _ => Study::ranking(&truth, &clusters, Settings::default()),
    }
    .unwrap();
    let model = study.add_scores(&scores).unwrap();
    let inside: Vec<bool> = rows.iter().map(|row| row.3).collect();
    let subset = study.add_subset(&inside).unwrap();
    if task != 2 {
        study.set_clusters(&clusters).unwrap();
    }
    let mut quantities = every(&Metric::ALL, model, SubsetId::ALL);
    quantities.extend(every(&Metric::ALL, model, subset));
    (study, quantities)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn neither_the_order_of_rows_nor_the_codes_of_clusters_change_a_bit(
        rows in rows(), task in 0..3_u8, turn in 1..50_usize, code in 0..8_u8,
    ) {
        let (study, quantities) = study_of(task, &rows);
        let mut turned: Vec<_> = rows.clone();
        let by = turn % rows.len();
        turned.rotate_left(by);
        turned.reverse();
        for row in &mut turned {
            // Another code for each cluster.
            row.2 = (row.2 * 4 + code) % 9;
        }
        let (other, _) = study_of(task, &turned);
        let plan = BootstrapPlan { replicates: 20, ..PLAN };
        prop_assert_eq!(
            format!("{:?}", replicates(&study, &quantities, &plan)),
            format!("{:?}", replicates(&other, &quantities, &plan))
        );
    }

    #[test]
    fn every_row_twice_leaves_means_as_they_are(rows in rows(), task in 0..3_u8) {
        let (study, quantities) = study_of(task, &rows);
        let mut twice = rows.clone();
        // In ranking, every query twice.
        twice.extend(rows.iter().map(|row| (row.0, row.1, row.2 + 20, row.3)));
        let (doubled, _) = study_of(task, &twice);
        let pairs = study.measure(&quantities).unwrap();
        let pairs = pairs.into_iter().zip(doubled.measure(&quantities).unwrap());
        for (quantity, (once, doubled)) in quantities.iter().zip(pairs) {
            // A budget of whole units is rounded.
            if !format!("{:?}", quantity.metric).ends_with("AtBudget") {
                match (once.value(), doubled.value()) {
                    (Some(a), Some(b)) => prop_assert!(
                        (a - b).abs() <= 1e-6 * a.abs().max(1.0), "{:?}: {} {}", quantity, a, b
                    ),
                    (a, b) => prop_assert_eq!(a, b),
                }
            }
        }
    }
}

#[test]
fn bca_limits_are_those_of_scipy() {
    for case in json("tasks.json")["bca"].as_array().unwrap() {
        let finite = |value: f64| Finite::new(value);
        let estimate = Measure::from(Ok(case["estimate"].as_f64().unwrap()));
        let values = numbers(&case["replicates"]);
        let found = Replicates::new(estimate, values.into_iter().map(finite))
            .with_jackknife(numbers(&case["left_out"]).into_iter().map(finite));
        for (confidence, limits) in case["limits"].as_object().unwrap() {
            let confidence = share(confidence.parse().unwrap());
            let method = IntervalMethod::BiasCorrectedAccelerated;
            let interval = found.interval_by(method, confidence).unwrap();
            let expected = numbers(limits);
            close_to(interval.lower.get(), expected[0], 1e-9);
            close_to(interval.upper.get(), expected[1], 1e-9);
        }
    }
}

#[test]
fn a_studys_jackknife_leaves_out_each_row_in_turn() {
    // BCa of a mean from the study, and from values left out by hand.
    let errors: Vec<f64> = (0..40).map(|row| f64::from(row * row % 37)).collect();
    let mut study = Study::regression(&vec![0.0; 40], Settings::default()).unwrap();
    let model = study.add_scores(&errors).unwrap();
    let found = replicates(&study, &[Quantity::new(model, Metric::MeanError)], &PLAN);
    let sum: f64 = errors.iter().sum();
    let left_out = errors.iter().map(|error| Finite::new((sum - error) / 39.0));
    let by_hand = Replicates::new(found[0].estimate(), found[0].values()).with_jackknife(left_out);
    let method = IntervalMethod::BiasCorrectedAccelerated;
    for side in [Side::Lower, Side::Upper] {
        let limit = |of: &Replicates| of.limit_by(method, side, share(0.9)).value().unwrap();
        assert_eq!(limit(&found[0]), limit(&by_hand));
        assert_ne!(
            limit(&found[0]),
            found[0].limit(side, share(0.9)).value().unwrap()
        );
    }
}

#[test]
fn blocks_of_rows_give_nearly_the_acceleration_of_single_rows() {
    // 6,000 rows of a skewed error: the blocks' limits against those of all
    // rows left out one by one, compared with the percentile's distance.
    let errors: Vec<f64> = (0..6000)
        .map(|row| f64::from(row * 7919 % 6000 + 1) / 6000.0)
        .map(|share| share.powi(-1).min(50.0))
        .collect();
    let mut study = Study::regression(&vec![0.0; 6000], Settings::default()).unwrap();
    let model = study.add_scores(&errors).unwrap();
    let plan = BootstrapPlan {
        replicates: 4000,
        ..PLAN
    };
    let found = replicates(&study, &[Quantity::new(model, Metric::MeanError)], &plan);
    let sum: f64 = errors.iter().sum();
    let left_out = errors
        .iter()
        .map(|error| Finite::new((sum - error) / 5999.0));
    let exact = Replicates::new(found[0].estimate(), found[0].values()).with_jackknife(left_out);
    let method = IntervalMethod::BiasCorrectedAccelerated;
    let upper = |of: &Replicates| {
        let limit = of.limit_by(method, Side::Upper, share(0.975));
        limit.value().unwrap()
    };
    let percentile = found[0].limit(Side::Upper, share(0.975)).value().unwrap();
    let error = found[0].standard_error().value().unwrap();
    assert!((upper(&exact) - percentile) / error > 0.05);
    assert!((upper(&found[0]) - upper(&exact)).abs() / error < 0.03);
}

#[test]
fn differences_carry_their_jackknife() {
    let (labels, scores) = sample(200, 6);
    let mut study = Study::binary(&labels, usual()).unwrap();
    let squares: Vec<f64> = scores.iter().map(|score| score * score).collect();
    let models = [
        study.add_scores(&scores).unwrap(),
        study.add_scores(&squares).unwrap(),
    ];
    let brier = models.map(|model| Quantity::new(model, Metric::Brier));
    let found = replicates(&study, &brier, &PLAN);
    let method = IntervalMethod::BiasCorrectedAccelerated;
    // The difference of two mean losses is the mean loss of their difference.
    let truth = labels.iter().map(|&label| f64::from(u8::from(label)));
    let losses: Vec<f64> = truth
        .zip(&scores)
        .map(|(y, s)| (y - s).powi(2) - (y - s * s).powi(2))
        .collect();
    let sum: f64 = losses.iter().sum();
    let difference = found[0].difference(&found[1]);
    let by_hand = Replicates::new(difference.estimate(), difference.values())
        .with_jackknife(losses.iter().map(|loss| Finite::new((sum - loss) / 199.0)));
    let limits = |of: &Replicates| of.interval_by(method, share(0.95)).unwrap();
    let (a, b) = (limits(&difference), limits(&by_hand));
    close_to(a.lower.get(), b.lower.get(), 1e-6);
    close_to(a.upper.get(), b.upper.get(), 1e-6);
}

#[test]
fn gaps_and_deviations_have_percentile_limits_by_any_method() {
    let (labels, scores) = sample(200, 6);
    let mut study = Study::binary(&labels, usual()).unwrap();
    let squares: Vec<f64> = scores.iter().map(|score| score * score).collect();
    let (first, second) = (
        study.add_scores(&scores).unwrap(),
        study.add_scores(&squares).unwrap(),
    );
    let found = replicates(
        &study,
        &[
            Quantity::new(first, Metric::Brier),
            Quantity::new(second, Metric::Brier),
            Quantity::new(first, Metric::ExpectedCalibrationError),
        ],
        &PLAN,
    );
    let gap = Replicates::gap(&[&found[0], &found[1]]);
    let folded = [
        found[0].deviation_from(0.1),
        gap.difference(&found[0]),
        gap,
        found[2].clone(),
    ];
    let method = IntervalMethod::BiasCorrectedAccelerated;
    for folded in folded {
        assert_eq!(
            folded.interval_by(method, share(0.95)),
            folded.interval(share(0.95))
        );
    }
    assert_ne!(
        found[0].interval_by(method, share(0.95)),
        found[0].interval(share(0.95))
    );
}

#[test]
fn without_a_jackknife_or_with_a_hole_in_it_bca_is_undefined() {
    let (labels, scores) = sample(100, 6);
    let mut study = Study::binary(&labels, usual()).unwrap();
    let model = study.add_scores(&scores).unwrap();
    let quantity = [Quantity::new(model, Metric::Accuracy)];
    let percentile = BootstrapPlan {
        interval: IntervalMethod::Percentile,
        ..PLAN
    };
    let plain = replicates(&study, &quantity, &percentile);
    let method = IntervalMethod::BiasCorrectedAccelerated;
    assert_eq!(
        plain[0].interval_by(method, share(0.9)),
        Err(Undefined::NoAcceleration)
    );
    assert_eq!(
        replicates(&study, &quantity, &PLAN)[0].interval(share(0.9)),
        plain[0].interval(share(0.9))
    );
    let values = || (0..100).map(|n| Finite::new(f64::from(n)));
    let with = |estimate: f64, left_out: [Option<f64>; 3]| {
        Replicates::new(Measure::from(Ok(estimate)), values())
            .with_jackknife(left_out.map(|value| value.and_then(Finite::new)))
    };
    let hole = with(50.0, [Some(1.0), None, Some(2.0)]);
    assert_eq!(
        hole.limit_by(method, Side::Lower, share(0.9)),
        Measure::Undefined(Undefined::NoAcceleration)
    );
    let outside = with(-1.0, [Some(1.0), Some(3.0), Some(2.0)]);
    assert_eq!(
        outside.limit_by(method, Side::Lower, share(0.9)),
        Measure::Undefined(Undefined::NoBiasCorrection)
    );
    // Without skewness and bias, BCa is the percentile.
    let even = with(49.5, [Some(1.0), Some(1.0), Some(1.0)]);
    assert_eq!(
        even.interval_by(method, share(0.8))
            .map(|found| found.lower),
        even.interval(share(0.8)).map(|found| found.lower)
    );
}

#[test]
fn expanded_limits_lie_beyond_those_of_bca_and_are_never_undefined_alone() {
    let errors: Vec<f64> = (0..40).map(|row| f64::from(row * row % 37)).collect();
    let mut study = Study::regression(&vec![0.0; 40], Settings::default()).unwrap();
    let model = study.add_scores(&errors).unwrap();
    let found = replicates(&study, &[Quantity::new(model, Metric::MeanError)], &PLAN);
    let by = |method| found[0].interval_by(method, share(0.95)).unwrap();
    let (bca, expanded) = (
        by(IntervalMethod::BiasCorrectedAccelerated),
        by(IntervalMethod::Expanded),
    );
    assert!(expanded.lower < bca.lower && bca.upper < expanded.upper);
    // Without a jackknife, and with an estimate beyond all replicates.
    let values = || (0..100).map(|n| Finite::new(f64::from(n)));
    for replicates in [
        Replicates::new(Measure::from(Ok(50.0)), values()),
        Replicates::new(Measure::from(Ok(-1.0)), values())
            .with_jackknife([Finite::new(1.0), Finite::new(1.0)]),
    ] {
        assert_eq!(
            replicates.interval_by(IntervalMethod::Expanded, share(0.8)),
            replicates.interval(share(0.8))
        );
    }
}

#[test]
fn a_p_value_is_the_error_at_which_the_limit_still_proves() {
    let errors: Vec<f64> = (0..60).map(|row| f64::from(row * row % 53)).collect();
    let mut study = Study::regression(&vec![0.0; 60], Settings::default()).unwrap();
    let model = study.add_scores(&errors).unwrap();
    let plan = BootstrapPlan {
        replicates: 3000,
        ..PLAN
    };
    let found = &replicates(&study, &[Quantity::new(model, Metric::MeanError)], &plan)[0];
    for method in [
        IntervalMethod::Percentile,
        IntervalMethod::BiasCorrectedAccelerated,
        IntervalMethod::Expanded,
    ] {
        for reference in [18.0, 20.0, 22.0, 24.0, 26.0, 28.0, 30.0, 32.0] {
            for side in [Side::Lower, Side::Upper] {
                let p = found.p_value_by(method, side, reference).unwrap().get();
                for confidence in [0.6, 0.8, 0.9, 0.95, 0.98] {
                    let limit = found.limit_by(method, side, share(confidence));
                    let proves = limit.value().map(|limit| match side {
                        Side::Lower => limit > reference,
                        Side::Upper => limit < reference,
                    });
                    let error = 1.0 - confidence;
                    if (p - error).abs() > 1e-9 {
                        assert_eq!(proves, Some(p < error), "{method:?} {reference} {p}");
                    }
                }
            }
        }
    }
}
