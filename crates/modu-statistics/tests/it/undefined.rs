//! Where there is no number there is a reason, and wrong questions are errors.

use modu_statistics::{
    Binning, BootstrapPlan, ConfusionMatrix, Finite, IntervalMethod, Measure, Metric, Settings,
    Share, StatisticsError, Strata, Study, SubsetId, Task, Undefined, benjamini_hochberg,
    clopper_pearson, delong, holm, mcnemar, precision_recall_curve, recalibrate, reliability,
    roc_curve, wilson,
};

use crate::support::{
    all_measures, binary_metrics, every, measure, quiet, sample, settings, share, usual,
};

/// The reason why a metric of scores on labels is undefined.
fn reason(labels: &[bool], scores: &[f64], metric: Metric) -> Option<Undefined> {
    let index = binary_metrics()
        .iter()
        .position(|&other| other == metric)
        .unwrap();
    match all_measures(labels, scores, usual())[index] {
        Measure::Value(_) => None,
        Measure::Undefined(reason) => Some(reason),
    }
}

#[test]
fn without_rows_every_metric_is_undefined() {
    for measure in all_measures(&[], &[], usual()) {
        assert!(matches!(
            measure,
            Measure::Undefined(Undefined::Empty | Undefined::NoBudget)
        ));
    }
}

#[test]
fn without_positives_or_negatives_the_metrics_of_both_are_undefined() {
    let scores: Vec<f64> = (0..20).map(|row| f64::from(row) / 20.0).collect();
    let negatives = [false; 20];
    for metric in [
        Metric::Recall,
        Metric::BalancedAccuracy,
        Metric::MacroF1,
        Metric::RocAuc,
        Metric::AveragePrecision,
        Metric::RecallAtBudget,
        Metric::CalibrationSlope,
        Metric::CalibrationInTheLarge,
    ] {
        assert_eq!(
            reason(&negatives, &scores, metric),
            Some(Undefined::NoPositives)
        );
    }
    assert_eq!(reason(&negatives, &scores, Metric::FalseAlarmRate), None);
    let positives = [true; 20];
    for metric in [
        Metric::FalseAlarmRate,
        Metric::FalseAlarmRateAtBudget,
        Metric::BalancedAccuracy,
        Metric::RocAuc,
        Metric::CalibrationSlope,
    ] {
        assert_eq!(
            reason(&positives, &scores, metric),
            Some(Undefined::NoNegatives)
        );
    }
    assert_eq!(reason(&positives, &scores, Metric::AveragePrecision), None);
    for metric in [Metric::MatthewsCorrelation, Metric::CohenKappa] {
        let never = [0.0; 20];
        assert_eq!(
            reason(&negatives, &never, metric),
            Some(Undefined::NoVariation)
        );
    }
}

#[test]
fn nothing_selected_leaves_precision_undefined() {
    let labels = [true, false, false];
    assert_eq!(
        reason(&labels, &[0.1, 0.2, 0.3], Metric::Precision),
        Some(Undefined::NothingSelected)
    );
}

#[test]
fn a_score_that_is_not_finite_leaves_every_metric_undefined() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for measure in all_measures(&[true, false, true], &[0.5, bad, 0.1], usual()) {
            assert_eq!(measure, Measure::Undefined(Undefined::ScoreNotFinite));
        }
    }
    let mut study = Study::binary(&[true, false], usual()).unwrap();
    let model = study.add_scores(&[f64::NAN, 0.0]).unwrap();
    assert_eq!(
        study.confusion(model, SubsetId::ALL),
        Err(StatisticsError::Undefined(Undefined::ScoreNotFinite))
    );
}

#[test]
fn scores_outside_0_and_1_can_be_ranked_but_are_no_probabilities() {
    let labels = [true, false, true, false, false];
    let scores = [3.0, -2.0, 0.5, 0.6, 1.0];
    let half = settings(0.5, 0.5, Binning::default());
    let mut study = Study::binary(&labels, half).unwrap();
    let model = study.add_scores(&scores).unwrap();
    for metric in binary_metrics() {
        let of_probabilities = matches!(
            metric,
            Metric::LogLoss
                | Metric::Brier
                | Metric::CalibrationIntercept
                | Metric::CalibrationSlope
                | Metric::CalibrationInTheLarge
                | Metric::CalibrationInterceptDeviation
                | Metric::CalibrationSlopeDeviation
                | Metric::CalibrationInTheLargeDeviation
                | Metric::ExpectedCalibrationError
        );
        let found = measure(&study, model, SubsetId::ALL, metric);
        if of_probabilities {
            assert_eq!(found, Measure::Undefined(Undefined::NotProbabilities));
        } else {
            assert!(found.value().is_some(), "{metric:?}: {found:?}");
        }
    }
    let wrong = reliability(&labels, &scores, Binning::default(), share(0.9));
    assert_eq!(
        wrong,
        Err(StatisticsError::Undefined(Undefined::NotProbabilities))
    );
}

#[test]
fn a_budget_of_less_than_one_unit_or_none_leaves_its_metrics_undefined() {
    let (labels, scores) = sample(9, 4);
    assert_eq!(
        reason(&labels, &scores, Metric::RecallAtBudget),
        Some(Undefined::NoBudget)
    );
    let settings = Settings {
        threshold: Finite::ZERO,
        review_budget: None,
        ..Settings::default()
    };
    let mut study = Study::binary(&labels, settings).unwrap();
    let model = study.add_scores(&scores).unwrap();
    assert_eq!(
        measure(&study, model, SubsetId::ALL, Metric::SelectionRateAtBudget),
        Measure::Undefined(Undefined::NoBudget)
    );
}

#[test]
fn separated_or_constant_scores_have_no_slope_but_a_level() {
    let labels = [false, false, true, true];
    let separated = [0.1, 0.2, 0.2, 0.9];
    assert_eq!(
        reason(&labels, &separated, Metric::CalibrationSlope),
        Some(Undefined::Separated)
    );
    assert_eq!(
        reason(&labels, &separated, Metric::CalibrationInTheLarge),
        None
    );
    assert_eq!(
        recalibrate(&labels, &separated),
        Err(StatisticsError::Undefined(Undefined::Separated))
    );
    let reversed = [0.9, 0.8, 0.2, 0.1];
    assert_eq!(
        reason(&labels, &reversed, Metric::CalibrationSlope),
        Some(Undefined::Separated)
    );
    let constant = [0.3; 4];
    assert_eq!(
        reason(&labels, &constant, Metric::CalibrationIntercept),
        Some(Undefined::ConstantScores)
    );
    // Half of the rows are positive: logit 0.5 - logit 0.3.
    let index = binary_metrics()
        .iter()
        .position(|&metric| metric == Metric::CalibrationInTheLarge)
        .unwrap();
    let level = all_measures(&labels, &constant, usual())[index];
    assert!((level.value().unwrap() - (0.7_f64 / 0.3).ln()).abs() < 1e-12);
}

#[test]
fn in_a_study_of_more_classes_binary_metrics_are_undefined_and_holes_named() {
    let mut study = Study::multiclass(&[0, 1, 1, 0, 1], 3).unwrap();
    let model = study.add_scores(&[0.5, 0.3, 0.2].repeat(5)).unwrap();
    let of = |metric| measure(&study, model, SubsetId::ALL, metric);
    for metric in Metric::ALL {
        let expected = match metric {
            _ if metric.applies_to(Task::Multiclass) => continue,
            _ if metric.takes_class() => Undefined::NeedsClass,
            _ if metric.applies_to(Task::Binary) => Undefined::BinaryOnly,
            _ => Undefined::OtherTask,
        };
        assert_eq!(of(metric), Measure::Undefined(expected));
    }
    for metric in [Metric::BalancedAccuracy, Metric::MacroF1, Metric::RocAuc] {
        assert_eq!(of(metric), Measure::Undefined(Undefined::ClassAbsent));
    }
    assert_eq!(of(Metric::Accuracy).value(), Some(0.4));
    let model = study.add_scores(&[0.5, 0.3, 0.1].repeat(5)).unwrap();
    assert_eq!(
        measure(&study, model, SubsetId::ALL, Metric::LogLoss),
        Measure::Undefined(Undefined::NotProbabilities)
    );
}

#[test]
fn columns_of_the_wrong_length_and_unknown_codes_are_errors() {
    let mut study = Study::binary(&[true, false], usual()).unwrap();
    let length = |result: Result<_, StatisticsError>| {
        assert!(matches!(
            result,
            Err(StatisticsError::Length {
                expected: 2,
                found: 3,
                ..
            })
        ));
    };
    length(study.add_scores(&[0.1; 3]).map(drop));
    length(study.add_decisions(&[0; 3]).map(drop));
    length(study.add_subset(&[true; 3]).map(drop));
    length(delong(&[true, false], &[0.1; 3], &[0.1; 2]).map(drop));
    length(mcnemar(&[0, 1], &[0; 2], &[0; 3]).map(drop));
    length(roc_curve(&[true, false], &[0.1; 3], 10).map(drop));
    assert!(matches!(
        study.add_decisions(&[0, 2]),
        Err(StatisticsError::Class {
            row: 1,
            found: 2,
            classes: 2,
            ..
        })
    ));
    assert!(matches!(
        Study::multiclass(&[0, 3], 3),
        Err(StatisticsError::Class {
            row: 1,
            found: 3,
            classes: 3,
            ..
        })
    ));
    assert!(Study::multiclass(&[], 1).is_err());
    assert!(Study::multiclass(&[], 257).is_err());
    assert!(ConfusionMatrix::of(&[0, 1], &[0, 5], 2).is_err());
}

#[test]
fn ids_of_another_study_replicates_out_of_range_and_too_much_are_errors() {
    let (labels, scores) = sample(50, 1);
    let mut study = Study::binary(&labels, usual()).unwrap();
    let model = study.add_scores(&scores).unwrap();
    let quantities = every(&[Metric::Accuracy], model, SubsetId::ALL);
    let empty = Study::binary(&labels, usual()).unwrap();
    assert_eq!(
        empty.measure(&quantities),
        Err(StatisticsError::Unknown { what: "model" })
    );
    for replicates in [0, 1_000_001] {
        let plan = BootstrapPlan {
            replicates,
            seed: 1,
            strata: Strata::Whole,
            interval: IntervalMethod::Percentile,
        };
        let result = study.bootstrap(&plan, &quantities, &quiet);
        assert!(matches!(result, Err(StatisticsError::Range { .. })));
    }
    let rows = vec![true; 50];
    for _ in 0..127 {
        study.add_subset(&rows).unwrap();
    }
    assert!(matches!(
        study.add_subset(&rows),
        Err(StatisticsError::TooMany {
            found: 128,
            limit: 127,
            ..
        })
    ));
    for _ in 1..64 {
        study.add_scores(&scores).unwrap();
    }
    assert!(matches!(
        study.add_scores(&scores),
        Err(StatisticsError::TooMany {
            found: 65,
            limit: 64,
            ..
        })
    ));
}

fn undefined<T>(reason: Undefined) -> Result<T, StatisticsError> {
    Err(StatisticsError::Undefined(reason))
}

#[test]
fn tests_without_anything_to_test_say_so() {
    assert_eq!(
        mcnemar(&[0, 1], &[0, 1], &[0, 1]),
        undefined(Undefined::NoDisagreement)
    );
    let labels = [true, true, false, false];
    let scores = [0.9, 0.3, 0.4, 0.1];
    let doubled = scores.map(|score| 2.0 * score);
    assert_eq!(
        delong(&labels, &scores, &doubled),
        undefined(Undefined::NoVariance)
    );
    let single = [true, false, false, false];
    assert_eq!(
        delong(&single, &scores, &[0.1; 4]),
        undefined(Undefined::NoVariance)
    );
    assert_eq!(
        delong(&[true; 4], &scores, &scores),
        undefined(Undefined::NoNegatives)
    );
    assert_eq!(
        delong(&[false; 4], &scores, &scores),
        undefined(Undefined::NoPositives)
    );
    assert_eq!(
        roc_curve(&[true; 4], &scores, 9),
        undefined(Undefined::NoNegatives)
    );
    assert_eq!(
        precision_recall_curve(&[false; 4], &scores, 9),
        undefined(Undefined::NoPositives)
    );
    assert!(precision_recall_curve(&[true; 4], &scores, 9).is_ok());
    assert_eq!(wilson(0, 0, share(0.9)), undefined(Undefined::Empty));
    assert!(clopper_pearson(3, 2, share(0.9)).is_err());
    for p in [-0.1, 1.1, f64::NAN] {
        assert!(holm(&[0.1, p]).is_err());
        assert!(benjamini_hochberg(&[p]).is_err());
    }
}

#[test]
fn numbers_in_reports_are_finite_and_reasons_are_words() {
    let value = Measure::from(Ok(0.25));
    assert_eq!(serde_json::to_string(&value).unwrap(), r#"{"value":0.25}"#);
    let none = Measure::Undefined(Undefined::NoPositives);
    assert_eq!(
        serde_json::to_string(&none).unwrap(),
        r#"{"undefined":"no_positives"}"#
    );
    for measure in [value, none] {
        let text = serde_json::to_string(&measure).unwrap();
        assert_eq!(serde_json::from_str::<Measure>(&text).unwrap(), measure);
    }
    assert_eq!(
        Measure::from(Ok(f64::NAN)),
        Measure::Undefined(Undefined::Overflow)
    );
    assert_eq!(Finite::new(f64::INFINITY), None);
    assert!(serde_json::from_str::<Share>("1.0").is_err());
    assert!(serde_json::from_str::<Share>("0.95").is_ok());
    let schema = schemars::schema_for!(Measure);
    let value = &schema.as_value()["oneOf"][0]["properties"]["value"];
    let text = schema.as_value().to_string();
    assert!(text.contains("number"), "{value} in {text}");
}
