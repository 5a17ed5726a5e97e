//! Values of scikit-learn, scipy, statsmodels, numpy and R pROC.
//!
//! `reference.json` and the rows beside it are described in
//! `tests/data/README.md`; `further.json` is written by
//! `tests/reference/make_reference.py`. Everything agrees to a relative 1e-9.

use std::num::NonZeroU16;

use modu_statistics::{
    Binning, ConfusionMatrix, Finite, McNemar, McNemarForm, Measure, Metric, Recalibration,
    Replicates, Side, Study, SubsetId, area_variance, benjamini_hochberg, clopper_pearson, delong,
    holm, mcnemar, precision_recall_curve, recalibrate, reliability, roc_curve, wilson,
};
use serde_json::Value;

use crate::support::{
    census_labels, census_scores, close, close_to, decide, every, json, measure, metric, numbers,
    settings, share, usual,
};

#[test]
fn binary_metrics_of_the_census_models_are_those_of_scikit_learn() {
    let reference = json("reference.json");
    let labels = census_labels();
    for name in ["rf", "lr"] {
        let expected = &reference[name];
        let mut study = Study::binary(&labels, usual()).unwrap();
        let model = study.add_scores(&census_scores(name)).unwrap();
        let value = |metric| {
            measure(&study, model, SubsetId::ALL, metric)
                .value()
                .unwrap()
        };
        for (metric, key) in [
            (Metric::Accuracy, "accuracy"),
            (Metric::BalancedAccuracy, "balanced_accuracy"),
            (Metric::Precision, "precision"),
            (Metric::Recall, "recall"),
            (Metric::F1, "f1"),
            (Metric::MacroF1, "macro_f1"),
            (Metric::MatthewsCorrelation, "mcc"),
            (Metric::CohenKappa, "cohen_kappa"),
            (Metric::RocAuc, "roc_auc"),
            (Metric::AveragePrecision, "average_precision"),
            (Metric::LogLoss, "log_loss_clip_1e-15"),
            (Metric::Brier, "brier"),
        ] {
            close(value(metric), &expected[key]);
        }
        let counts = study.confusion(model, SubsetId::ALL).unwrap();
        let found = [
            counts.true_negatives,
            counts.false_positives,
            counts.false_negatives,
            counts.true_positives,
        ];
        assert_eq!(serde_json::json!(found), expected["confusion_tn_fp_fn_tp"]);
    }
}

#[test]
fn intervals_of_the_accuracy_are_those_of_statsmodels() {
    let reference = json("reference.json");
    for name in ["rf", "lr"] {
        let expected = &reference[name];
        let counts = numbers(&expected["confusion_tn_fp_fn_tp"]);
        let right = (counts[0] + counts[3]) as u64;
        let found = wilson(right, 99_762, share(0.95)).unwrap();
        close(found.lower.get(), &expected["accuracy_wilson95"][0]);
        close(found.upper.get(), &expected["accuracy_wilson95"][1]);
        let found = clopper_pearson(right, 99_762, share(0.95)).unwrap();
        close(
            found.lower.get(),
            &expected["accuracy_clopper_pearson95"][0],
        );
        close(
            found.upper.get(),
            &expected["accuracy_clopper_pearson95"][1],
        );
    }
}

#[test]
fn delong_on_the_census_models_is_that_of_r() {
    let expected = &json("reference.json")["delong_rf_lr"];
    let (labels, rf, lr) = (census_labels(), census_scores("rf"), census_scores("lr"));
    let found = delong(&labels, &rf, &lr).unwrap();
    close(found.first.area.get(), &expected["pROC_1.18"]["auc"][0]);
    close(found.second.area.get(), &expected["pROC_1.18"]["auc"][1]);
    close(found.first.variance.get(), &expected["pROC_1.18"]["var_rf"]);
    close(found.first.variance.get(), &expected["covariance"][0][0]);
    close(found.second.variance.get(), &expected["covariance"][1][1]);
    close(found.covariance.get(), &expected["covariance"][0][1]);
    close(found.z.get(), &expected["pROC_1.18"]["z"]);
    close_to(found.z.get(), -5.982_278_348_371_63, 1e-12);
    close(found.p_value.get(), &expected["p_two_sided"]);
    assert_eq!(area_variance(&labels, &rf).unwrap(), found.first);
}

#[test]
fn mcnemar_on_the_census_models_is_that_of_statsmodels() {
    let expected = &json("reference.json")["mcnemar_rf_lr"];
    let labels: Vec<u16> = census_labels()
        .iter()
        .map(|&label| u16::from(label))
        .collect();
    let rf = decide(&census_scores("rf"), 0.5);
    let lr = decide(&census_scores("lr"), 0.5);
    let found = mcnemar(&labels, &rf, &lr).unwrap();
    let table = [
        [found.both, found.first_only],
        [found.second_only, found.neither],
    ];
    assert_eq!(serde_json::json!(table), expected["table"]);
    close(found.chi_square.get(), &expected["chi2_no_correction"]);
    close_to(found.chi_square.get(), 389.657_667_012_807_2, 1e-15);
    close(found.p_value.get(), &expected["p"]);
    close(
        found.corrected_chi_square.get(),
        &expected["chi2_corrected"],
    );
}

#[test]
fn small_mcnemar_tables_are_those_of_statsmodels_and_scipy() {
    for case in json("further.json")["mcnemar"].as_array().unwrap() {
        let table: [[u64; 2]; 2] = serde_json::from_value(case["table"].clone()).unwrap();
        let found = McNemar::of(table).unwrap();
        close(found.chi_square.get(), &case["chi_square"]);
        close(found.p_value.get(), &case["p"]);
        close(found.corrected_chi_square.get(), &case["corrected"]);
        close(found.corrected_p_value.get(), &case["corrected_p"]);
        close(found.exact_p_value.get(), &case["exact_p"]);
        close(found.exact_p_value.get(), &case["binomial_p"]);
        let few = table[0][1] + table[1][0] < 25;
        assert_eq!(found.recommended == McNemarForm::Exact, few);
    }
}

#[test]
fn adjusted_p_values_are_those_of_statsmodels() {
    let reference = json("reference.json");
    let anchor = &reference["multiple_testing"];
    let further = json("further.json");
    let mut cases = vec![(&anchor["p"], &anchor["holm"], &anchor["fdr_bh"])];
    for case in further["multiple"].as_array().unwrap() {
        cases.push((&case["p"], &case["holm"], &case["benjamini_hochberg"]));
    }
    for (p, expected_holm, expected_bh) in cases {
        let found = holm(&numbers(p)).unwrap();
        for (found, expected) in found.iter().zip(numbers(expected_holm)) {
            close_to(*found, expected, 1e-12);
        }
        let found = benjamini_hochberg(&numbers(p)).unwrap();
        for (found, expected) in found.iter().zip(numbers(expected_bh)) {
            close_to(*found, expected, 1e-12);
        }
    }
}

#[test]
fn intervals_of_shares_are_those_of_statsmodels_at_the_edges_too() {
    for case in json("further.json")["intervals"].as_array().unwrap() {
        let successes = case["successes"].as_u64().unwrap();
        let trials = case["trials"].as_u64().unwrap();
        let confidence = share(case["confidence"].as_f64().unwrap());
        let found = wilson(successes, trials, confidence).unwrap();
        near(found.lower.get(), &case["wilson"][0]);
        near(found.upper.get(), &case["wilson"][1]);
        let found = clopper_pearson(successes, trials, confidence).unwrap();
        near(found.lower.get(), &case["clopper_pearson"][0]);
        near(found.upper.get(), &case["clopper_pearson"][1]);
    }
}

/// To 1e-9 relatively, or to 1e-15 where the reference rounds near zero.
#[track_caller]
fn near(found: f64, expected: &Value) {
    let expected = expected.as_f64().unwrap();
    let error = (found - expected).abs();
    assert!(
        error <= 1e-9 * expected.abs() || error <= 1e-15,
        "found {found}, expected {expected}"
    );
}

#[test]
fn a_subset_has_the_metrics_of_its_rows_alone() {
    let (labels, further) = (census_labels(), json("further.json"));
    let third: Vec<bool> = (0..labels.len()).map(|row| row % 3 == 1).collect();
    for name in ["rf", "lr"] {
        let mut study = Study::binary(&labels, usual()).unwrap();
        let model = study.add_scores(&census_scores(name)).unwrap();
        let subset = study.add_subset(&third).unwrap();
        let expected = further["census"][name]["every_third"].as_object().unwrap();
        for (key, expected) in expected {
            let found = measure(&study, model, subset, metric(key));
            close(found.value().unwrap(), expected);
        }
    }
}

#[test]
fn review_budgets_count_ties_by_lot_and_groups_on_one_list() {
    let (labels, further) = (census_labels(), json("further.json"));
    let third: Vec<bool> = (0..labels.len()).map(|row| row % 3 == 1).collect();
    let check =
        |labels: &[bool], scores: &[f64], budget, rows: Option<&[bool]>, expected: &Value| {
            let binning = Binning::default();
            let mut study = Study::binary(labels, settings(0.5, budget, binning)).unwrap();
            let model = study.add_scores(scores).unwrap();
            let subset = rows.map_or(SubsetId::ALL, |rows| study.add_subset(rows).unwrap());
            for (key, expected) in expected.as_object().unwrap() {
                let metric = metric(&format!("{key}_at_budget"));
                close(
                    measure(&study, model, subset, metric).value().unwrap(),
                    expected,
                );
            }
        };
    for name in ["rf", "lr"] {
        let (scores, expected) = (census_scores(name), &further["census"][name]);
        check(&labels, &scores, 0.10, None, &expected["at_budget_10"]);
        check(&labels, &scores, 0.01, None, &expected["at_budget_1"]);
        let members = Some(third.as_slice());
        check(
            &labels,
            &scores,
            0.10,
            members,
            &expected["every_third_at_budget_10"],
        );
    }
    let (labels, scores) = tied();
    check(
        &labels,
        &scores[0],
        0.10,
        None,
        &further["tied"]["at_budget_10"],
    );
}

/// 400 rows whose scores are tenths.
fn tied() -> (Vec<bool>, [Vec<f64>; 2]) {
    let further = json("further.json");
    let labels = numbers(&further["tied"]["labels"]);
    let scores = [0, 1].map(|model| numbers(&further["tied"]["scores"][model]));
    (labels.iter().map(|&label| label == 1.0).collect(), scores)
}

#[test]
fn tied_scores_have_the_metrics_of_scikit_learn() {
    let ((labels, scores), further) = (tied(), json("further.json"));
    let mut study = Study::binary(&labels, usual()).unwrap();
    let model = study.add_scores(&scores[0]).unwrap();
    for (key, expected) in further["tied"]["binary"].as_object().unwrap() {
        let found = measure(&study, model, SubsetId::ALL, metric(key));
        close(found.value().unwrap(), expected);
    }
}

#[test]
fn delong_on_tied_scores_is_that_of_r() {
    let ((labels, [first, second]), further) = (tied(), json("further.json"));
    let expected = &further["tied"]["delong"];
    let found = delong(&labels, &first, &second).unwrap();
    close(found.first.area.get(), &expected["auc"][0]);
    close(found.second.area.get(), &expected["auc"][1]);
    close(found.first.variance.get(), &expected["variance"][0]);
    close(found.second.variance.get(), &expected["variance"][1]);
    close(found.covariance.get(), &expected["covariance"]);
    close(found.z.get(), &expected["z"]);
    close(found.p_value.get(), &expected["p"]);
    let interval = found.first.interval(share(0.95)).unwrap();
    close(interval.lower.get(), &expected["interval95"][0]);
    close(interval.upper.get(), &expected["interval95"][2]);
}

#[test]
fn curves_are_those_of_scikit_learn() {
    let ((labels, scores), further) = (tied(), json("further.json"));
    let expected = &further["tied"]["roc"];
    let found = roc_curve(&labels, &scores[0], 1000).unwrap();
    assert_eq!(found[0].threshold, None);
    let thresholds: Vec<f64> = found
        .iter()
        .filter_map(|p| p.threshold)
        .map(Finite::get)
        .collect();
    assert_eq!(thresholds, numbers(&expected["thresholds"]));
    assert_eq!(coordinates(&found), pairs(expected));
    let found = precision_recall_curve(&labels, &scores[0], 1000).unwrap();
    let expected = &further["tied"]["precision_recall"];
    // scikit-learn stops where recall reaches one.
    let expected = pairs(expected);
    for (found, expected) in coordinates(&found).into_iter().zip(&expected) {
        assert_eq!(found, *expected);
    }
    assert!(expected.len() <= found.len());
}

fn coordinates(curve: &[modu_statistics::CurvePoint]) -> Vec<(f64, f64)> {
    curve
        .iter()
        .map(|point| (point.x.get(), point.y.get()))
        .collect()
}

fn pairs(curve: &Value) -> Vec<(f64, f64)> {
    numbers(&curve["x"])
        .into_iter()
        .zip(numbers(&curve["y"]))
        .collect()
}

#[test]
fn recalibration_is_that_of_statsmodels() {
    let further = json("further.json");
    let labels = census_labels();
    let third = |row: &usize| row % 3 == 1;
    for name in ["rf", "lr"] {
        let scores = census_scores(name);
        let expected = &further["census"][name];
        let all = recalibrate(&labels, &scores).unwrap();
        check_recalibration(&all, &expected["recalibration"]);
        let rows: Vec<usize> = (0..labels.len()).filter(third).collect();
        let labels: Vec<bool> = rows.iter().map(|&row| labels[row]).collect();
        let scores: Vec<f64> = rows.iter().map(|&row| scores[row]).collect();
        let part = recalibrate(&labels, &scores).unwrap();
        check_recalibration(&part, &expected["every_third_recalibration"]);
    }
    let (labels, scores) = tied();
    let found = recalibrate(&labels, &scores[0]).unwrap();
    check_recalibration(&found, &further["tied"]["recalibration"]);
}

#[track_caller]
fn check_recalibration(found: &Recalibration, expected: &Value) {
    close(found.intercept.get(), &expected["intercept"]);
    close(found.slope.get(), &expected["slope"]);
    close(
        found.intercept_standard_error.get(),
        &expected["intercept_standard_error"],
    );
    close(
        found.slope_standard_error.get(),
        &expected["slope_standard_error"],
    );
    close(found.in_the_large.get(), &expected["in_the_large"]);
    close(
        found.in_the_large_standard_error.get(),
        &expected["in_the_large_standard_error"],
    );
    let interval = found.intercept_interval(share(0.95)).unwrap();
    close(interval.lower.get(), &expected["intercept_interval95"][0]);
    close(interval.upper.get(), &expected["intercept_interval95"][1]);
    let interval = found.slope_interval(share(0.95)).unwrap();
    close(interval.lower.get(), &expected["slope_interval95"][0]);
    close(interval.upper.get(), &expected["slope_interval95"][1]);
    assert_eq!(Value::from(found.clipped), expected["clipped"]);
}

#[test]
fn a_study_measures_the_same_recalibration() {
    let further = json("further.json");
    let labels = census_labels();
    let third: Vec<bool> = (0..labels.len()).map(|row| row % 3 == 1).collect();
    let mut study = Study::binary(&labels, usual()).unwrap();
    let model = study.add_scores(&census_scores("lr")).unwrap();
    let third = study.add_subset(&third).unwrap();
    for (subset, key) in [
        (SubsetId::ALL, "recalibration"),
        (third, "every_third_recalibration"),
    ] {
        let expected = &further["census"]["lr"][key];
        let value = |metric| measure(&study, model, subset, metric).value().unwrap();
        close(value(Metric::CalibrationIntercept), &expected["intercept"]);
        close(value(Metric::CalibrationSlope), &expected["slope"]);
        close(
            value(Metric::CalibrationInTheLarge),
            &expected["in_the_large"],
        );
        let slope = expected["slope"].as_f64().unwrap();
        let deviation = value(Metric::CalibrationSlopeDeviation);
        close_to(deviation, (slope - 1.0).abs(), 1e-7);
    }
}

#[test]
fn reliability_curves_are_those_of_numpy() {
    let further = json("further.json");
    let bins = |count| NonZeroU16::new(count).unwrap();
    let labels = census_labels();
    for name in ["rf", "lr"] {
        let (scores, expected) = (census_scores(name), &further["census"][name]);
        let check = |binning, key: &str| check_bins(&labels, &scores, binning, &expected[key]);
        check(Binning::EqualWidth(bins(10)), "equal_width_10");
        check(Binning::EqualCount(bins(10)), "equal_count_10");
        check(Binning::EqualCount(bins(37)), "equal_count_37");
    }
    let (labels, scores) = tied();
    let check =
        |binning, key: &str| check_bins(&labels, &scores[0], binning, &further["tied"][key]);
    check(Binning::EqualWidth(bins(10)), "equal_width_10");
    check(Binning::EqualCount(bins(7)), "equal_count_7");
}

#[track_caller]
fn check_bins(labels: &[bool], scores: &[f64], binning: Binning, expected: &Value) {
    let curve = reliability(labels, scores, binning, share(0.95)).unwrap();
    close(curve.expected_calibration_error.get(), &expected["error"]);
    let rows = expected["bins"].as_array().unwrap();
    assert_eq!(curve.bins.len(), rows.len());
    for (bin, row) in curve.bins.iter().zip(rows) {
        assert_eq!(Value::from(bin.rows), row[0]);
        close(bin.mean_score.get(), &row[1]);
        close_to(bin.observed.get(), row[2].as_f64().unwrap(), 1e-12);
        assert!(bin.from <= bin.mean_score && bin.mean_score <= bin.below);
    }
    let mut study = Study::binary(labels, settings(0.5, 0.1, binning)).unwrap();
    let model = study.add_scores(scores).unwrap();
    let found = measure(
        &study,
        model,
        SubsetId::ALL,
        Metric::ExpectedCalibrationError,
    );
    close(found.value().unwrap(), &expected["error"]);
}

#[test]
fn multiclass_metrics_are_those_of_scikit_learn() {
    let expected = &json("further.json")["multiclass"];
    let labels: Vec<u16> = serde_json::from_value(expected["labels"].clone()).unwrap();
    let mut study = Study::multiclass(&labels, 4).unwrap();
    let model = study.add_scores(&numbers(&expected["scores"])).unwrap();
    for (key, expected) in expected["metrics"].as_object().unwrap() {
        let found = measure(&study, model, SubsetId::ALL, metric(key));
        close(found.value().unwrap(), expected);
    }
    let matrix = study.confusion_matrix(model, SubsetId::ALL).unwrap();
    let cells = (0..4).flat_map(|label| (0..4).map(move |decision| (label, decision)));
    let counts: Vec<u64> = cells.map(|(l, d)| matrix.count(l, d)).collect();
    assert_eq!(serde_json::json!(counts), expected["confusion"]);
    for class in 0..4 {
        let found = matrix.class(class);
        let index = usize::from(class);
        assert_eq!(Value::from(found.rows), expected["support"][index]);
        close(
            found.precision.value().unwrap(),
            &expected["precision"][index],
        );
        close(found.recall.value().unwrap(), &expected["recall"][index]);
        close(found.f1.value().unwrap(), &expected["f1"][index]);
    }
    let decisions = study_decisions(&numbers(&expected["scores"]));
    assert_eq!(ConfusionMatrix::of(&labels, &decisions, 4).unwrap(), matrix);
}

/// The first largest of each four scores.
fn study_decisions(scores: &[f64]) -> Vec<u16> {
    let decide = |row: &[f64]| {
        let top = row.iter().copied().fold(f64::MIN, f64::max);
        row.iter().position(|&score| score == top).unwrap() as u16
    };
    scores.chunks(4).map(decide).collect()
}

#[test]
fn intervals_of_replicates_are_quantiles_of_numpy() {
    for case in json("further.json")["quantiles"].as_array().unwrap() {
        let values = numbers(&case["values"]);
        let estimate = Measure::from(Ok(0.0));
        let replicates = Replicates::new(estimate, values.into_iter().map(Finite::new));
        let interval = replicates.interval(share(0.9)).unwrap();
        close(interval.lower.get(), &case["interval90"][0]);
        close(interval.upper.get(), &case["interval90"][1]);
        // One-sided limits are order statistics, on the cautious side.
        if let Some(lower) = replicates.limit(Side::Lower, share(0.8)).value() {
            assert!(lower <= case["limits80"][0].as_f64().unwrap());
        }
        if let Some(upper) = replicates.limit(Side::Upper, share(0.8)).value() {
            assert!(upper >= case["limits80"][1].as_f64().unwrap());
        }
        match replicates.standard_error().value() {
            Some(error) => close(error, &case["standard_error"]),
            None => assert!(case["standard_error"].is_null()),
        }
    }
}

#[test]
fn hard_decisions_have_the_metrics_that_need_no_scores() {
    let labels = census_labels();
    let scores = census_scores("lr");
    let mut study = Study::binary(&labels, usual()).unwrap();
    let scored = study.add_scores(&scores).unwrap();
    let decided = study.add_decisions(&decide(&scores, 0.5)).unwrap();
    let metrics = Metric::ALL.map(|metric| (metric, metric.needs_scores()));
    let values = study
        .measure(&every(&Metric::ALL, decided, SubsetId::ALL))
        .unwrap();
    for ((metric, needs_scores), value) in metrics.into_iter().zip(values) {
        if needs_scores {
            assert_eq!(value.value(), None, "{metric:?}");
        } else {
            assert_eq!(value, measure(&study, scored, SubsetId::ALL, metric));
        }
    }
}
