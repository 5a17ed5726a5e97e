//! Laws that hold for all data, and values by brute force.

use modu_statistics::{
    Binning, Finite, Measure, Metric, Replicates, Side, StatisticsError, Study, SubsetId,
    Undefined, benjamini_hochberg, clopper_pearson, delong, holm, mcnemar, precision_recall_curve,
    roc_curve, wilson,
};
use proptest::prelude::*;

use crate::support::{
    all_measures, binary_metrics, close_to, decide, every, measure, settings, share, usual,
};

/// Rows with labels of both classes and scores of few distinct values.
fn rows() -> impl Strategy<Value = Vec<(bool, f64)>> {
    let row =
        (any::<bool>(), 0_u32..40).prop_map(|(label, score)| (label, f64::from(score) / 40.0));
    proptest::collection::vec(row, 4..120).prop_map(|mut rows| {
        rows[0].0 = true;
        rows[1].0 = true;
        rows[2].0 = false;
        rows[3].0 = false;
        rows
    })
}

fn split(rows: &[(bool, f64)]) -> (Vec<bool>, Vec<f64>) {
    rows.iter().copied().unzip()
}

fn value(labels: &[bool], scores: &[f64], metric: Metric) -> f64 {
    let mut study = Study::binary(labels, settings(0.5, 0.3, Binning::default())).unwrap();
    let model = study.add_scores(scores).unwrap();
    measure(&study, model, SubsetId::ALL, metric)
        .value()
        .unwrap()
}

/// The share of (positive, negative) pairs won, ties counted half.
fn area_by_pairs(labels: &[bool], scores: &[f64]) -> f64 {
    let of = |class: bool| labels.iter().zip(scores).filter(move |(l, _)| **l == class);
    let (mut won, mut pairs) = (0.0, 0.0);
    for (_, positive) in of(true) {
        for (_, negative) in of(false) {
            pairs += 1.0;
            won += match positive.total_cmp(negative) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
        }
    }
    won / pairs
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_area_is_the_share_of_pairs_won(rows in rows()) {
        let (labels, scores) = split(&rows);
        let found = value(&labels, &scores, Metric::RocAuc);
        prop_assert!((found - area_by_pairs(&labels, &scores)).abs() < 1e-12);
    }

    #[test]
    fn the_area_is_that_under_the_curve(rows in rows()) {
        let (labels, scores) = split(&rows);
        let curve = roc_curve(&labels, &scores, 10_000).unwrap();
        let area: f64 = curve
            .windows(2)
            .map(|p| (p[1].x.get() - p[0].x.get()) * (p[1].y.get() + p[0].y.get()) / 2.0)
            .sum();
        prop_assert!((area - value(&labels, &scores, Metric::RocAuc)).abs() < 1e-12);
    }

    #[test]
    fn average_precision_is_the_sum_of_steps_of_the_curve(rows in rows()) {
        let (labels, scores) = split(&rows);
        let curve = precision_recall_curve(&labels, &scores, 10_000).unwrap();
        let mut recall = 0.0;
        let mut sum = 0.0;
        for point in &curve {
            sum += (point.x.get() - recall) * point.y.get();
            recall = point.x.get();
        }
        let found = value(&labels, &scores, Metric::AveragePrecision);
        prop_assert!((sum - found).abs() < 1e-12);
    }

    #[test]
    fn metrics_of_ranks_do_not_change_under_a_monotone_map(rows in rows()) {
        let (labels, scores) = split(&rows);
        let mapped: Vec<f64> = scores.iter().map(|s| s * s * s + 7.0 * s - 3.0).collect();
        for metric in [
            Metric::RocAuc,
            Metric::AveragePrecision,
            Metric::RecallAtBudget,
            Metric::PrecisionAtBudget,
        ] {
            prop_assert_eq!(value(&labels, &scores, metric), value(&labels, &mapped, metric));
        }
        let (a, b) = (delong(&labels, &scores, &mapped), Undefined::NoVariance);
        prop_assert_eq!(a, Err(StatisticsError::Undefined(b)));
    }

    #[test]
    fn reversed_scores_have_the_rest_of_the_area(rows in rows()) {
        let (labels, scores) = split(&rows);
        let reversed: Vec<f64> = scores.iter().map(|score| 1.0 - score).collect();
        let sum = value(&labels, &scores, Metric::RocAuc) + value(&labels, &reversed, Metric::RocAuc);
        prop_assert!((sum - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_order_of_rows_changes_no_bit(rows in rows(), turn in 1_usize..100) {
        let (labels, scores) = split(&rows);
        let mut turned = rows;
        let turn = turn % turned.len();
        turned.rotate_left(turn);
        turned.reverse();
        let (turned_labels, turned_scores) = split(&turned);
        let settings = settings(0.5, 0.3, Binning::default());
        prop_assert_eq!(
            all_measures(&labels, &scores, settings),
            all_measures(&turned_labels, &turned_scores, settings)
        );
    }

    #[test]
    fn a_budget_of_all_selects_all_and_recall_grows_with_the_budget(rows in rows()) {
        let (labels, scores) = split(&rows);
        let at = |budget: f64, metric| {
            let mut study =
                Study::binary(&labels, settings(0.5, budget, Binning::default())).unwrap();
            let model = study.add_scores(&scores).unwrap();
            measure(&study, model, SubsetId::ALL, metric).value()
        };
        let mut before = 0.0;
        for tenth in 1..10 {
            if let Some(recall) = at(f64::from(tenth) / 10.0, Metric::RecallAtBudget) {
                prop_assert!(recall >= before - 1e-12);
                before = recall;
            }
            let listed = at(f64::from(tenth) / 10.0, Metric::SelectionRateAtBudget);
            let rows = labels.len() as f64;
            let units = (f64::from(tenth) / 10.0 * rows + 1e-9).floor();
            if let Some(listed) = listed {
                prop_assert!((listed - units / rows).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn delong_and_mcnemar_are_antisymmetric(
        rows in proptest::collection::vec((any::<bool>(), 0_u32..40, 0_u32..40), 8..80),
    ) {
        let labels: Vec<bool> = rows.iter().map(|row| row.0).collect();
        let first: Vec<f64> = rows.iter().map(|row| f64::from(row.1) / 40.0).collect();
        let second: Vec<f64> = rows.iter().map(|row| f64::from(row.2) / 40.0).collect();
        match (delong(&labels, &first, &second), delong(&labels, &second, &first)) {
            (Ok(a), Ok(b)) => {
                prop_assert_eq!(a.z.get(), -b.z.get());
                prop_assert_eq!(a.p_value, b.p_value);
                prop_assert_eq!(a.covariance, b.covariance);
                prop_assert_eq!((a.first, a.second), (b.second, b.first));
                prop_assert!((0.0..=1.0).contains(&a.p_value.get()));
            }
            (a, b) => prop_assert_eq!(a, b),
        }
        let codes: Vec<u16> = labels.iter().map(|&label| u16::from(label)).collect();
        let (first, second) = (decide(&first, 0.5), decide(&second, 0.5));
        match (mcnemar(&codes, &first, &second), mcnemar(&codes, &second, &first)) {
            (Ok(a), Ok(b)) => {
                prop_assert_eq!((a.first_only, a.second_only), (b.second_only, b.first_only));
                prop_assert_eq!(a.chi_square, b.chi_square);
                prop_assert_eq!(a.exact_p_value, b.exact_p_value);
            }
            (a, b) => prop_assert_eq!(a, b),
        }
    }

    #[test]
    fn adjusted_p_values_are_ordered_and_never_below_the_raw_ones(
        p in proptest::collection::vec(0.0_f64..=1.0, 1..30),
    ) {
        let (holm, bh) = (holm(&p).unwrap(), benjamini_hochberg(&p).unwrap());
        for i in 0..p.len() {
            prop_assert!(holm[i] >= p[i] && holm[i] <= 1.0);
            prop_assert!(bh[i] >= p[i] && bh[i] <= holm[i] * (1.0 + 1e-12));
            for j in 0..p.len() {
                if p[i] <= p[j] {
                    prop_assert!(holm[i] <= holm[j] && bh[i] <= bh[j]);
                }
            }
        }
    }

    #[test]
    fn intervals_of_a_share_hold_it_and_mirror(successes in 0_u64..200, failures in 0_u64..200) {
        let trials = successes + failures;
        prop_assume!(trials > 0);
        let share_of_successes = successes as f64 / trials as f64;
        for method in [wilson, clopper_pearson] {
            let found = method(successes, trials, share(0.95)).unwrap();
            prop_assert!(found.lower.get() <= share_of_successes + 1e-12);
            prop_assert!(found.upper.get() >= share_of_successes - 1e-12);
            prop_assert!(found.lower.get() >= 0.0 && found.upper.get() <= 1.0);
            let mirror = method(failures, trials, share(0.95)).unwrap();
            prop_assert!((found.lower.get() + mirror.upper.get() - 1.0).abs() < 1e-12);
            let wider = method(successes, trials, share(0.99)).unwrap();
            prop_assert!(wider.lower <= found.lower && wider.upper >= found.upper);
        }
    }

    #[test]
    fn thinned_curves_keep_their_ends_and_their_limit(rows in rows(), limit in 2_usize..60) {
        let (labels, scores) = split(&rows);
        for curve in [roc_curve, precision_recall_curve] {
            let full = curve(&labels, &scores, 10_000).unwrap();
            let thin = curve(&labels, &scores, limit).unwrap();
            prop_assert!(thin.len() <= limit);
            prop_assert_eq!(thin.first(), full.first());
            prop_assert_eq!(thin.last(), full.last());
            prop_assert!(thin.iter().all(|point| full.contains(point)));
            if full.len() <= limit {
                prop_assert_eq!(thin, full);
            }
        }
    }

    #[test]
    fn undefined_replicates_only_ever_widen(
        values in proptest::collection::vec(proptest::option::weighted(0.97, -1.0_f64..1.0), 50..200),
    ) {
        let estimate = Measure::from(Ok(0.0));
        let finite = |value: &Option<f64>| value.and_then(Finite::new);
        let all = Replicates::new(estimate, values.iter().map(finite));
        let defined: Vec<Option<Finite>> = values.iter().map(finite).filter(Option::is_some).collect();
        prop_assert_eq!(all.undefined(), values.len() - defined.len());
        let defined = Replicates::new(estimate, defined);
        let confidence = share(0.8);
        if let Some(lower) = all.limit(Side::Lower, confidence).value() {
            prop_assert!(lower <= defined.limit(Side::Lower, confidence).value().unwrap());
        }
        if let Some(upper) = all.limit(Side::Upper, confidence).value() {
            prop_assert!(upper >= defined.limit(Side::Upper, confidence).value().unwrap());
        }
        for side in [Side::Lower, Side::Upper] {
            let p = all.p_value(side, 0.0).unwrap().get();
            prop_assert!(p > 0.0 && p <= 1.0);
        }
    }
}

#[test]
fn the_recalibrated_scores_need_no_further_recalibration() {
    // A model that is overconfident by a factor of two on the logit scale.
    let mut labels = Vec::new();
    let mut scores = Vec::new();
    for step in 1..20 {
        let share = f64::from(step) / 20.0;
        let odds = share / (1.0 - share);
        let score = odds * odds / (1.0 + odds * odds);
        for row in 0..20 {
            labels.push(row < step);
            scores.push(score);
        }
    }
    let found = modu_statistics::recalibrate(&labels, &scores).unwrap();
    close_to(found.slope.get(), 0.5, 1e-9);
    assert!(found.intercept.get().abs() < 1e-9);
    assert!(found.in_the_large.get().abs() < 1e-9);
}

#[test]
fn a_metric_has_one_name_and_a_study_measures_it_whatever_else_is_asked() {
    let labels = [
        true, false, true, false, true, false, false, true, false, false,
    ];
    let scores = [0.9, 0.1, 0.4, 0.6, 0.7, 0.2, 0.3, 0.2, 0.5, 0.1];
    let together = all_measures(&labels, &scores, usual());
    for (metric, measured) in binary_metrics().into_iter().zip(together) {
        let mut study = Study::binary(&labels, usual()).unwrap();
        let model = study.add_scores(&scores).unwrap();
        let alone = study
            .measure(&every(&[metric], model, SubsetId::ALL))
            .unwrap();
        assert_eq!(alone, [measured]);
        let name = serde_json::to_string(&metric).unwrap();
        assert_eq!(serde_json::from_str::<Metric>(&name).unwrap(), metric);
    }
}
