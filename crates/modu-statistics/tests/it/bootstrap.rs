//! The bootstrap: replayable, paired, and right.

use std::{
    ops::ControlFlow,
    sync::atomic::{AtomicU32, Ordering},
};

use modu_statistics::{
    Binning, BootstrapPlan, Finite, IntervalMethod, Measure, Metric, ModelId, Quantity, Replicates,
    Side, StatisticsError, Strata, Study, SubsetId, Undefined, area_variance, recalibrate,
};

use crate::support::{
    binary_metrics, census_labels, census_scores, close_to, decide, every, quiet, sample, settings,
    share, usual,
};

const PLAN: BootstrapPlan = BootstrapPlan {
    replicates: 200,
    seed: 20_261_122,
    strata: Strata::LabelClasses,
    interval: IntervalMethod::Percentile,
};

/// Two models with scores, one of decisions, two overlapping subsets.
fn study(labels: &[bool], scores: &[f64]) -> (Study, Vec<Quantity>) {
    let mut study = Study::binary(labels, settings(0.5, 0.2, Binning::default())).unwrap();
    let squares: Vec<f64> = scores.iter().map(|score| score * score).collect();
    let models = [
        study.add_scores(scores).unwrap(),
        study.add_scores(&squares).unwrap(),
        study.add_decisions(&decide(scores, 0.3)).unwrap(),
    ];
    let high: Vec<bool> = scores.iter().map(|&score| score > 0.3).collect();
    let middle: Vec<bool> = scores.iter().map(|&s| (0.2..0.6).contains(&s)).collect();
    let subsets = [
        SubsetId::ALL,
        study.add_subset(&high).unwrap(),
        study.add_subset(&middle).unwrap(),
    ];
    let mut quantities = Vec::new();
    for model in models {
        for subset in subsets {
            quantities.extend(every(&binary_metrics(), model, subset));
        }
    }
    (study, quantities)
}

fn run(study: &Study, quantities: &[Quantity], threads: usize) -> Vec<Replicates> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    pool.install(|| study.bootstrap(&PLAN, quantities, &quiet))
        .unwrap()
}

#[test]
fn one_thread_and_three_give_the_same_bits() {
    // Small strata are drawn row by row, large ones block by block.
    for rows in [400, 5000] {
        let (labels, scores) = sample(rows, 9);
        let (mut study, quantities) = study(&labels, &scores);
        let one = run(&study, &quantities, 1);
        assert_eq!(bits(&one), bits(&run(&study, &quantities, 3)));
        assert_eq!(bits(&one), bits(&run(&study, &quantities, 1)));
        let clusters: Vec<u32> = (0..rows as u32).map(|row| row / 3).collect();
        study.set_clusters(&clusters).unwrap();
        let clustered = run(&study, &quantities, 1);
        assert_eq!(bits(&clustered), bits(&run(&study, &quantities, 2)));
        assert_ne!(bits(&clustered), bits(&one));
    }
}

/// Estimates and values as bits, undefined ones as such.
fn bits(replicates: &[Replicates]) -> Vec<(Measure, Vec<Option<u64>>)> {
    let of = |replicates: &Replicates| {
        let values = replicates.values();
        let values = values.map(|value| value.map(|value| value.get().to_bits()));
        (replicates.estimate(), values.collect())
    };
    replicates.iter().map(of).collect()
}

#[test]
fn the_order_of_rows_changes_no_bit_of_any_replicate() {
    for rows in [400, 5000] {
        let (labels, scores) = sample(rows, 9);
        let (first, quantities) = study(&labels, &scores);
        let turned = |row: usize| (row * 171 + 5) % rows;
        let turned_labels: Vec<bool> = (0..rows).map(|row| labels[turned(row)]).collect();
        let turned_scores: Vec<f64> = (0..rows).map(|row| scores[turned(row)]).collect();
        let (second, _) = study(&turned_labels, &turned_scores);
        assert_eq!(
            bits(&run(&first, &quantities, 1)),
            bits(&run(&second, &quantities, 2))
        );
    }
}

#[test]
fn the_values_of_a_quantity_do_not_depend_on_what_else_is_asked() {
    let (labels, scores) = sample(300, 2);
    let (study, quantities) = study(&labels, &scores);
    let together = run(&study, &quantities, 2);
    for index in [0, 9, 14, 18, 33, 61] {
        let alone = run(&study, &quantities[index..=index], 1);
        assert_eq!(bits(&alone), bits(&together[index..=index]));
    }
}

#[test]
fn estimates_are_the_measures_and_seeds_matter() {
    let (labels, scores) = sample(400, 9);
    let (study, quantities) = study(&labels, &scores);
    let replicates = run(&study, &quantities, 1);
    let estimates: Vec<Measure> = replicates.iter().map(Replicates::estimate).collect();
    assert_eq!(study.measure(&quantities).unwrap(), estimates);
    let plan = BootstrapPlan { seed: 1, ..PLAN };
    let other = study.bootstrap(&plan, &quantities, &quiet).unwrap();
    assert_ne!(bits(&other), bits(&replicates));
}

#[test]
fn more_replicates_begin_with_the_same_ones() {
    let (labels, scores) = sample(200, 3);
    let (study, quantities) = study(&labels, &scores);
    let short = run(&study, &quantities, 1);
    let plan = BootstrapPlan {
        replicates: 250,
        ..PLAN
    };
    let long = study.bootstrap(&plan, &quantities, &quiet).unwrap();
    for (short, long) in short.iter().zip(&long) {
        assert!(short.values().eq(long.values().take(200)));
        assert_eq!(long.values().len(), 250);
    }
}

#[test]
fn stratified_replicates_keep_the_class_counts() {
    let (labels, scores) = sample(300, 5);
    let mut study = Study::binary(&labels, usual()).unwrap();
    // Deciding everything positive makes precision the share of positives.
    let model = study.add_decisions(&[1; 300]).unwrap();
    let _ = scores;
    let quantities = every(&[Metric::Precision], model, SubsetId::ALL);
    let stratified = study.bootstrap(&PLAN, &quantities, &quiet).unwrap();
    let estimate = stratified[0].estimate().value();
    assert!(
        stratified[0]
            .values()
            .all(|v| v.map(Finite::get) == estimate)
    );
    let plan = BootstrapPlan {
        strata: Strata::Whole,
        ..PLAN
    };
    let whole = study.bootstrap(&plan, &quantities, &quiet).unwrap();
    // Binomial: the standard error is sqrt(p (1 - p) / n).
    let share = estimate.unwrap();
    let expected = (share * (1.0 - share) / 300.0).sqrt();
    close_to(whole[0].standard_error().value().unwrap(), expected, 0.2);
}

#[test]
fn differences_and_gaps_are_paired() {
    let (labels, scores) = sample(400, 9);
    let (study, quantities) = study(&labels, &scores);
    let find = |wanted: Quantity| quantities.iter().position(|&q| q == wanted).unwrap();
    let replicates = run(&study, &quantities, 1);
    let auc = |quantity: &Quantity| quantity.metric == Metric::RocAuc;
    let areas: Vec<Quantity> = quantities.iter().copied().filter(auc).collect();
    // Squares of scores between 0 and 1 rank alike.
    let (first, second) = (&replicates[find(areas[0])], &replicates[find(areas[3])]);
    let difference = first.difference(second);
    assert!(difference.values().all(|value| value == Some(Finite::ZERO)));
    let (high, middle) = (&replicates[find(areas[1])], &replicates[find(areas[2])]);
    let gap = Replicates::gap(&[first, high, middle]);
    let triples = first.values().zip(high.values()).zip(middle.values());
    for (gap, ((a, b), c)) in gap.values().zip(triples) {
        let values = [a, b, c].map(|value| value.unwrap().get());
        let largest = values.into_iter().fold(f64::MIN, f64::max);
        let smallest = values.into_iter().fold(f64::MAX, f64::min);
        assert_eq!(gap.unwrap().get(), largest - smallest);
    }
    let deviation = first.deviation_from(0.5);
    let from = |value: Finite| (value.get() - 0.5).abs();
    assert!(
        deviation
            .values()
            .eq(first.values().map(|v| v.map(from).and_then(Finite::new)))
    );
}

#[test]
fn a_member_without_positives_makes_the_gap_undefined() {
    let labels = [true, false, true, false, false, false];
    let mut study = Study::binary(&labels, usual()).unwrap();
    let model = study.add_decisions(&[1, 0, 1, 0, 1, 0]).unwrap();
    let last = study
        .add_subset(&[false, false, false, true, true, true])
        .unwrap();
    let quantity = |subset| Quantity {
        model,
        metric: Metric::Recall,
        subset,
        class: None,
    };
    let plan = [quantity(SubsetId::ALL), quantity(last)];
    let found = study.bootstrap(&PLAN, &plan, &quiet).unwrap();
    let gap = Replicates::gap(&[&found[0], &found[1]]);
    assert_eq!(gap.estimate(), Measure::Undefined(Undefined::NoPositives));
    assert_eq!(gap.undefined(), 200);
    assert_eq!(
        gap.limit(Side::Upper, share(0.95)),
        Measure::Undefined(Undefined::NoPositives)
    );
    assert_eq!(gap.interval(share(0.9)), Err(Undefined::NoPositives));
}

#[test]
fn a_subset_with_few_positives_is_undefined_in_some_replicates_and_limits_say_so() {
    // One of 40 positives lies in the subset: absent from a replicate with
    // probability (39/40)^40 = 0.36.
    let labels: Vec<bool> = (0..400).map(|row| row < 40).collect();
    let mut study = Study::binary(&labels, usual()).unwrap();
    let model = study.add_decisions(&vec![1; 400]).unwrap();
    let rows: Vec<bool> = (0..400).map(|row| row == 7 || row > 300).collect();
    let subset = study.add_subset(&rows).unwrap();
    let quantity = Quantity {
        model,
        metric: Metric::Recall,
        subset,
        class: None,
    };
    let found = &study.bootstrap(&PLAN, &[quantity], &quiet).unwrap()[0];
    let undefined = found.undefined() as f64 / 200.0;
    assert!((undefined - 0.36).abs() < 0.12, "{undefined}");
    for side in [Side::Lower, Side::Upper] {
        assert_eq!(
            found.limit(side, share(0.95)),
            Measure::Undefined(Undefined::UndefinedReplicates)
        );
    }
    let p = found.p_value(Side::Lower, 0.5).unwrap().get();
    assert!(p > 0.2, "{p}");
}

#[test]
fn p_values_count_replicates_on_the_side_of_the_null() {
    let values = (1..=99).map(|value| Finite::new(f64::from(value)));
    let replicates = Replicates::new(Measure::from(Ok(50.0)), values);
    let p = |side, reference| replicates.p_value(side, reference).unwrap().get();
    assert_eq!(p(Side::Lower, 0.0), 0.01);
    assert_eq!(p(Side::Lower, 5.0), 0.06);
    assert_eq!(p(Side::Upper, 100.0), 0.01);
    assert_eq!(p(Side::Upper, 0.0), 1.0);
    assert_eq!(replicates.p_value_two_sided(5.0).unwrap().get(), 0.12);
    assert_eq!(replicates.p_value_two_sided(50.0).unwrap().get(), 1.0);
}

#[test]
fn a_limit_is_the_order_statistic_on_the_cautious_side_and_needs_five_beyond() {
    let of = |count: u32| {
        let values = (1..=count).map(|value| Finite::new(f64::from(value)));
        Replicates::new(Measure::from(Ok(50.0)), values)
    };
    let confidence = share(0.95);
    assert_eq!(of(99).limit(Side::Lower, confidence).value(), Some(5.0));
    assert_eq!(of(99).limit(Side::Upper, confidence).value(), Some(95.0));
    assert_eq!(of(110).limit(Side::Lower, confidence).value(), Some(5.0));
    assert_eq!(of(110).limit(Side::Upper, confidence).value(), Some(106.0));
    for side in [Side::Lower, Side::Upper] {
        assert_eq!(
            of(98).limit(side, confidence),
            Measure::Undefined(Undefined::FewReplicates)
        );
    }
}

#[test]
fn replicates_that_differ_by_rounding_alone_do_not_vary() {
    let of = |values: [f64; 3]| Replicates::new(Measure::from(Ok(0.5)), values.map(Finite::new));
    assert!(!of([0.5, 0.5, 0.5]).varies());
    assert!(!of([0.5, 0.5_f64.next_up(), 0.5]).varies());
    assert!(of([0.5, 0.5001, 0.5]).varies());
    let none = Replicates::new(Measure::from(Ok(0.5)), [None, None]);
    assert!(!none.varies());
}

#[test]
fn a_watcher_hears_every_replicate_and_can_break_off() {
    let (labels, scores) = sample(100, 8);
    let (study, quantities) = study(&labels, &scores);
    let heard = AtomicU32::new(0);
    let watch = |done: u32| {
        heard.fetch_max(done, Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    study.bootstrap(&PLAN, &quantities, &watch).unwrap();
    assert_eq!(heard.into_inner(), 200);
    let stop = |done: u32| match done {
        50.. => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    assert_eq!(
        study.bootstrap(&PLAN, &quantities, &stop),
        Err(StatisticsError::Cancelled)
    );
}

#[test]
fn nothing_asked_is_nothing_answered() {
    let (labels, _) = sample(10, 8);
    let study = Study::binary(&labels, usual()).unwrap();
    assert_eq!(study.bootstrap(&PLAN, &[], &quiet), Ok(Vec::new()));
    let empty = Study::binary(&[], usual()).unwrap();
    assert_eq!(empty.bootstrap(&PLAN, &[], &quiet), Ok(Vec::new()));
}

/// The census rows with both models.
fn census() -> (Study, [ModelId; 2]) {
    let mut study = Study::binary(&census_labels(), usual()).unwrap();
    let rf = study.add_scores(&census_scores("rf")).unwrap();
    let lr = study.add_scores(&census_scores("lr")).unwrap();
    (study, [rf, lr])
}

#[test]
fn standard_errors_on_the_census_are_those_of_theory() {
    let (study, [_, lr]) = census();
    let metrics = [
        Metric::RocAuc,
        Metric::Recall,
        Metric::CalibrationIntercept,
        Metric::CalibrationSlope,
    ];
    let plan = BootstrapPlan {
        replicates: 600,
        ..PLAN
    };
    let found = study
        .bootstrap(&plan, &every(&metrics, lr, SubsetId::ALL), &quiet)
        .unwrap();
    let error = |index: usize| found[index].standard_error().value().unwrap();
    let (labels, scores) = (census_labels(), census_scores("lr"));
    // The standard error of a standard error from 600 replicates is 3 %.
    let delong = area_variance(&labels, &scores).unwrap();
    close_to(error(0), delong.variance.get().sqrt(), 0.12);
    // Recall is a share of the 6,186 positives.
    let recall = found[1].estimate().value().unwrap();
    close_to(error(1), (recall * (1.0 - recall) / 6186.0).sqrt(), 0.12);
    // The model is roughly right, so the information matrix is roughly the
    // truth about the slope (the intercept is helped by stratification).
    let fit = recalibrate(&labels, &scores).unwrap();
    close_to(error(3), fit.slope_standard_error.get(), 0.25);
    assert!(error(2) < 1.3 * fit.intercept_standard_error.get());
}

#[test]
fn the_interval_of_a_difference_is_narrower_than_unpaired_ones() {
    let (study, models) = census();
    let quantities = models.map(|model| every(&[Metric::RocAuc], model, SubsetId::ALL)[0]);
    let found = study.bootstrap(&PLAN, &quantities, &quiet).unwrap();
    let difference = found[0].difference(&found[1]);
    // DeLong's paired standard error is 7.4197e-4 (z = -5.98228).
    let expected = (0.939_594_434_959_613_6_f64 - 0.944_033_057_351_426_6) / -5.982_278_348_371_63;
    close_to(difference.standard_error().value().unwrap(), expected, 0.2);
    let upper = difference.limit(Side::Upper, share(0.95)).value().unwrap();
    assert!(upper < 0.0);
}
