//! Numbers, rankings, one class against the rest: values of scikit-learn,
//! written by `tests/reference/make_task_reference.py`, to a relative 1e-9.

use std::num::NonZeroU32;

use modu_statistics::{
    Measure, Metric, ModelId, Quantity, Settings, StatisticsError, Study, SubsetId, Task, Undefined,
};
use serde_json::Value;

use crate::support::{close, close_to, every, json, measure, metric, numbers, share};

const OF_NUMBERS: [Metric; 5] = [
    Metric::MeanAbsoluteError,
    Metric::RootMeanSquaredError,
    Metric::MeanError,
    Metric::RSquared,
    Metric::PinballLoss,
];
const OF_RANKINGS: [Metric; 5] = [
    Metric::Ndcg,
    Metric::MeanReciprocalRank,
    Metric::MeanAveragePrecision,
    Metric::PrecisionAtCutoff,
    Metric::RecallAtCutoff,
];

fn of_quantile(quantile: f64) -> Settings {
    Settings {
        quantile: share(quantile),
        ..Settings::default()
    }
}

fn of_cutoff(cutoff: u32) -> Settings {
    Settings {
        cutoff: NonZeroU32::new(cutoff).unwrap(),
        ..Settings::default()
    }
}

/// A regression study of one model.
fn regression(targets: &[f64], predictions: &[f64], quantile: f64) -> (Study, ModelId) {
    let mut study = Study::regression(targets, of_quantile(quantile)).unwrap();
    let model = study.add_scores(predictions).unwrap();
    (study, model)
}

/// A ranking study of one model.
fn ranking(relevance: &[f64], queries: &[u32], scores: &[f64], cutoff: u32) -> (Study, ModelId) {
    let mut study = Study::ranking(relevance, queries, of_cutoff(cutoff)).unwrap();
    let model = study.add_scores(scores).unwrap();
    (study, model)
}

#[test]
fn metrics_of_numbers_are_those_of_scikit_learn() {
    for case in json("tasks.json")["regression"].as_array().unwrap() {
        let (targets, predictions) = (numbers(&case["targets"]), numbers(&case["predictions"]));
        for (quantile, expected) in case["pinball_loss"].as_object().unwrap() {
            let (study, model) = regression(&targets, &predictions, quantile.parse().unwrap());
            let of = |metric| measure(&study, model, SubsetId::ALL, metric);
            close(of(Metric::PinballLoss).value().unwrap(), expected);
            for name in [
                "mean_absolute_error",
                "root_mean_squared_error",
                "mean_error",
            ] {
                close(of(metric(name)).value().unwrap(), &case[name]);
            }
            match &case["r_squared"] {
                Value::Null => assert_eq!(
                    of(Metric::RSquared),
                    Measure::Undefined(Undefined::ConstantTargets)
                ),
                expected => close(of(Metric::RSquared).value().unwrap(), expected),
            }
        }
    }
}

#[test]
fn metrics_of_rankings_are_those_of_scikit_learn_and_of_every_order_of_tied_rows() {
    for case in json("tasks.json")["ranking"].as_array().unwrap() {
        let rows: Vec<Vec<f64>> = case["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(numbers)
            .collect();
        let column = |index: usize| -> Vec<f64> { rows.iter().map(|row| row[index]).collect() };
        let queries: Vec<u32> = column(0).into_iter().map(|query| query as u32).collect();
        let cutoff = case["cutoff"].as_u64().unwrap() as u32;
        let (study, model) = ranking(&column(1), &queries, &column(2), cutoff);
        for (name, expected) in case["expected"].as_object().unwrap() {
            let found = measure(&study, model, SubsetId::ALL, metric(name));
            close(found.value().unwrap(), expected);
        }
    }
}

#[test]
fn metrics_of_one_class_against_the_rest_are_those_of_scikit_learn() {
    let case = &json("tasks.json")["against_the_rest"];
    let labels = numbers(&case["labels"]);
    let labels: Vec<u16> = labels.into_iter().map(|label| label as u16).collect();
    let mut study = Study::multiclass(&labels, 4).unwrap();
    let model = study.add_scores(&numbers(&case["scores"])).unwrap();
    let mean = measure(&study, model, SubsetId::ALL, Metric::RocAuc);
    close(mean.value().unwrap(), &case["mean_roc_auc"]);
    for (class, expected) in (0..).zip(case["classes"].as_array().unwrap()) {
        for (name, expected) in expected.as_object().unwrap() {
            let quantity = Quantity {
                class: Some(class),
                ..Quantity::new(model, metric(name))
            };
            let found = study.measure(&[quantity]).unwrap()[0];
            close(found.value().unwrap(), expected);
        }
    }
}

#[test]
fn one_of_two_classes_against_the_rest_is_the_binary_metric() {
    let labels = [0, 1, 1, 0, 1, 0, 0, 1];
    let scores = [0.2, 0.7, 0.4, 0.6, 0.9, 0.1, 0.4, 0.8];
    let truth = labels.map(|label| label == 1);
    let mut binary = Study::binary(&truth, Settings::default()).unwrap();
    let of_binary = binary.add_scores(&scores).unwrap();
    let mut classes = Study::multiclass(&labels, 2).unwrap();
    let both: Vec<f64> = scores.iter().flat_map(|s| [1.0 - s, *s]).collect();
    let of_classes = classes.add_scores(&both).unwrap();
    for metric in Metric::ALL
        .into_iter()
        .filter(|metric| metric.takes_class())
    {
        let quantity = Quantity {
            class: Some(1),
            ..Quantity::new(of_classes, metric)
        };
        assert_eq!(
            classes.measure(&[quantity]).unwrap()[0],
            measure(&binary, of_binary, SubsetId::ALL, metric),
            "{metric:?}"
        );
    }
}

#[test]
fn a_subset_of_numbers_or_rankings_has_the_metrics_of_its_rows_alone() {
    let rows = 60;
    let truth: Vec<f64> = (0..rows).map(|row| f64::from(row * 7 % 11 % 4)).collect();
    let scores: Vec<f64> = (0..rows).map(|row| f64::from(row * 5 % 13) / 4.0).collect();
    let queries: Vec<u32> = (0..rows).map(|row| row * 3 % 8).collect();
    let inside: Vec<bool> = (0..rows).map(|row| row % 3 != 1).collect();
    let pick = |values: &[f64]| -> Vec<f64> {
        let rows = values.iter().zip(&inside);
        rows.filter_map(|(value, &inside)| inside.then_some(*value))
            .collect()
    };
    let picked_queries: Vec<u32> = (0..rows as usize)
        .filter(|&row| inside[row])
        .map(|row| queries[row])
        .collect();
    let (mut whole, model) = regression(&truth, &scores, 0.3);
    let subset = whole.add_subset(&inside).unwrap();
    let (part, of_part) = regression(&pick(&truth), &pick(&scores), 0.3);
    for metric in OF_NUMBERS {
        let found = measure(&whole, model, subset, metric).value().unwrap();
        let alone = measure(&part, of_part, SubsetId::ALL, metric);
        close_to(found, alone.value().unwrap(), 1e-12);
    }
    let (mut whole, model) = ranking(&truth, &queries, &scores, 3);
    let subset = whole.add_subset(&inside).unwrap();
    let (part, of_part) = ranking(&pick(&truth), &picked_queries, &pick(&scores), 3);
    for metric in OF_RANKINGS {
        let found = measure(&whole, model, subset, metric).value().unwrap();
        let alone = measure(&part, of_part, SubsetId::ALL, metric);
        close_to(found, alone.value().unwrap(), 1e-12);
    }
}

#[test]
fn what_has_no_place_in_a_task_is_undefined_with_its_reason() {
    let (study, model) = regression(&[1.0, 2.0], &[1.0, 3.0], 0.5);
    for metric in Metric::ALL {
        let found = measure(&study, model, SubsetId::ALL, metric);
        assert_eq!(
            found == Measure::Undefined(Undefined::OtherTask),
            !metric.applies_to(Task::Regression),
            "{metric:?}: {found:?}"
        );
    }
    let (same, of_same) = regression(&[7.5; 3], &[7.5, 7.0, 8.0], 0.5);
    assert_eq!(
        measure(&same, of_same, SubsetId::ALL, Metric::RSquared),
        Measure::Undefined(Undefined::ConstantTargets)
    );
    let (empty, of_empty) = regression(&[], &[], 0.5);
    for metric in OF_NUMBERS {
        let found = measure(&empty, of_empty, SubsetId::ALL, metric);
        assert_eq!(found, Measure::Undefined(Undefined::Empty));
    }
    let (nothing, of_nothing) = ranking(&[0.0; 4], &[1, 1, 2, 2], &[0.1, 0.2, 0.3, 0.4], 10);
    for metric in Metric::ALL {
        let expected = if metric.applies_to(Task::Ranking) {
            Undefined::NoRelevant
        } else {
            Undefined::OtherTask
        };
        let found = measure(&nothing, of_nothing, SubsetId::ALL, metric);
        assert_eq!(found, Measure::Undefined(expected));
    }
    let mut broken = Study::regression(&[1.0, 2.0], Settings::default()).unwrap();
    let model = broken.add_scores(&[1.0, f64::NAN]).unwrap();
    for metric in OF_NUMBERS {
        let found = measure(&broken, model, SubsetId::ALL, metric);
        assert_eq!(found, Measure::Undefined(Undefined::ScoreNotFinite));
    }
    let (large, of_large) = regression(&[1e300, 0.0], &[-1e300, 0.0], 0.5);
    assert_eq!(
        measure(
            &large,
            of_large,
            SubsetId::ALL,
            Metric::RootMeanSquaredError
        ),
        Measure::Undefined(Undefined::Overflow)
    );
}

#[test]
fn a_class_is_for_metrics_that_take_one_in_studies_that_have_several() {
    let mut study = Study::multiclass(&[0, 1, 2, 1], 3).unwrap();
    let model = study.add_decisions(&[0, 1, 1, 2]).unwrap();
    let of = |metric, class| Quantity {
        class: Some(class),
        ..Quantity::new(model, metric)
    };
    let value = |metric, class| study.measure(&[of(metric, class)]).unwrap()[0];
    assert_eq!(value(Metric::Recall, 1).value(), Some(0.5));
    assert_eq!(
        value(Metric::Precision, 2).value(),
        Some(0.0),
        "one row is decided 2, and wrongly"
    );
    assert_eq!(
        value(Metric::Accuracy, 1),
        Measure::Undefined(Undefined::NotPerClass)
    );
    assert_eq!(
        value(Metric::RocAuc, 1),
        Measure::Undefined(Undefined::NeedsScores)
    );
    assert_eq!(
        study.measure(&[of(Metric::Recall, 3)]),
        Err(StatisticsError::Unknown { what: "class" })
    );
    let binary = Study::binary(&[true, false], Settings::default()).map(|mut binary| {
        let model = binary.add_decisions(&[1, 0]).unwrap();
        let class = Some(1);
        binary.measure(&[Quantity {
            class,
            ..Quantity::new(model, Metric::Recall)
        }])
    });
    assert!(matches!(binary, Ok(Err(StatisticsError::OtherTask { .. }))));
}

#[test]
fn wrong_numbers_and_columns_are_refused() {
    for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let study = Study::regression(&[0.0, wrong], Settings::default());
        assert!(matches!(study, Err(StatisticsError::Range { .. })));
        let study = Study::ranking(&[0.0, wrong], &[1, 1], Settings::default());
        assert!(matches!(study, Err(StatisticsError::Range { .. })));
    }
    let negative = Study::ranking(&[-1.0], &[1], Settings::default());
    assert!(matches!(negative, Err(StatisticsError::Range { .. })));
    let short = Study::ranking(&[1.0, 0.0], &[1], Settings::default());
    assert!(matches!(short, Err(StatisticsError::Length { .. })));
    let (mut study, model) = ranking(&[1.0, 0.0], &[1, 1], &[0.5, 0.4], 3);
    let decisions = study.add_decisions(&[0, 0]);
    assert!(matches!(decisions, Err(StatisticsError::OtherTask { .. })));
    let clusters = study.set_clusters(&[1, 2]);
    assert!(matches!(clusters, Err(StatisticsError::OtherTask { .. })));
    assert_eq!(
        study.confusion_matrix(model, SubsetId::ALL),
        Err(StatisticsError::Undefined(Undefined::OtherTask))
    );
    let (mut study, _) = regression(&[1.0, 0.0], &[0.5, 0.4], 0.5);
    let clusters = study.set_clusters(&[1]);
    assert!(matches!(clusters, Err(StatisticsError::Length { .. })));
}

#[test]
fn a_study_counts_what_is_asked_alone_or_together_the_same() {
    let truth = [3.0, 0.0, 1.0, 2.0, 0.0, 0.0, 1.0, 4.0];
    let scores = [0.5, 0.5, 0.1, 0.9, 0.2, 0.2, 0.2, 0.7];
    let (numbers, model) = regression(&truth, &scores, 0.9);
    let together = numbers
        .measure(&every(&OF_NUMBERS, model, SubsetId::ALL))
        .unwrap();
    for (metric, expected) in OF_NUMBERS.into_iter().zip(together) {
        assert_eq!(measure(&numbers, model, SubsetId::ALL, metric), expected);
    }
    let (order, model) = ranking(&truth, &[0, 0, 0, 0, 9, 9, 9, 5], &scores, 2);
    let together = order
        .measure(&every(&OF_RANKINGS, model, SubsetId::ALL))
        .unwrap();
    for (metric, expected) in OF_RANKINGS.into_iter().zip(together) {
        assert_eq!(measure(&order, model, SubsetId::ALL, metric), expected);
    }
}
