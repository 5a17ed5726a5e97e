//! Figures of other packages on the tables of `table.rs`: scikit-survival
//! 0.28.0 and R `survival` 3.5-3 (R 4.2.2), seed 22 with 300 rows, the
//! censoring of scikit-survival from seed 11 with 400 rows.

use modu_statistics::Share;
use modu_survival::measure::{
    CalibrationSettings, Censoring, Controls, Estimated, Evaluated, ObservedRisk, PairRules,
    Resamples, Scored, auc_curve, brier_curve, calibration, harrell, pairs, uno,
};
use modu_survival::{EventCode, Outcomes};

use super::table::{Table, table};

fn close(found: f64, expected: f64) {
    within(1e-10, found, expected);
}

fn within(tolerance: f64, found: f64, expected: f64) {
    assert!(
        (found - expected).abs() <= tolerance * expected.abs().max(1.0),
        "{found} is not {expected}"
    );
}

fn error(estimate: &Estimated) -> f64 {
    match estimate {
        Estimated::Estimate(estimate) => estimate.standard_error.get(),
        Estimated::Undefined(reason) => panic!("{reason}"),
    }
}

fn value(estimate: &Estimated) -> f64 {
    estimate.value().unwrap()
}

fn scored<'a>(outcomes: &'a Outcomes, risk: &'a [f64]) -> Scored<'a> {
    Scored::new(outcomes, EventCode::EVENT, risk).unwrap()
}

fn confidence() -> Share {
    Share::new(0.95).unwrap()
}

/// Figures of one table.
struct Figures {
    tied: bool,
    /// Concordant, discordant, tied in risk.
    pairs: [f64; 3],
    /// R's `concordance`: index and standard error plain; with strata
    /// `row % 3`; with weights `1 + (row + 1) % 3` and clusters `row % 100`.
    harrell: [[f64; 2]; 3],
    /// scikit-survival's index over all times, and before 1.5.
    uno: [f64; 2],
    /// scikit-survival's at 0.5, 1 and 1.5, and the mean.
    auc: [f64; 4],
    /// The same of risks of hazards 0.15, 0.3, 0.45, and the integral.
    brier: [f64; 4],
    /// R: Aalen-Johansen at 1, and the standard error of its pseudo values.
    observed: [f64; 2],
    /// R: one minus Kaplan-Meier at 1.
    single: f64,
    /// R's `glm` with family quasi, link cloglog and constant variance, of
    /// pseudo values at 1 on risks of hazard 0.3: intercept with the link as
    /// offset; slope; its sandwich error; and that by cluster.
    calibration: [f64; 4],
}

const SMOOTH: Figures = Figures {
    tied: false,
    pairs: [19071.0, 12891.0, 0.0],
    harrell: [
        [0.596_677_304_298_854_9, 0.023_874_841_437_855_06],
        [0.593_747_057_161_691_3, 0.023_869_798_639_863_39],
        [0.602_759_150_162_948_1, 0.024_062_045_530_533_94],
    ],
    uno: [0.623_428_967_408_632_6, 0.618_191_194_688_161_9],
    auc: [
        0.561_153_453_908_899_6,
        0.709_949_692_690_040_2,
        0.786_499_253_758_237_5,
        0.666_744_284_696_739_7,
    ],
    brier: [
        0.234_554_347_530_758_35,
        0.297_284_746_266_36,
        0.293_565_185_124_953_2,
        0.280_672_256_297_107_1,
    ],
    observed: [0.520_455_580_839_545_2, 0.030_076_406_809_052_97],
    single: 0.564_967_145_403_943_9,
    calibration: [
        0.861_691_843_360_459_1,
        0.852_485_926_614_112_9,
        0.160_124_716_302_855_8,
        0.150_769_177_475_914_1,
    ],
};

const TIED: Figures = Figures {
    tied: true,
    pairs: [18447.0, 12129.0, 949.0],
    harrell: [
        [0.600_206_185_567_010_3, 0.024_432_996_326_300_71],
        [0.599_751_457_795_621_8, 0.024_516_583_945_907_65],
        [0.605_521_336_042_672_1, 0.024_352_013_401_746_08],
    ],
    uno: [0.629_514_364_699_352_2, 0.624_317_494_578_223_6],
    auc: [
        0.561_980_629_014_189_7,
        0.710_195_730_963_305_2,
        0.785_055_910_927_890_1,
        0.666_882_191_183_169,
    ],
    brier: [
        0.238_575_081_885_229_27,
        0.306_717_901_820_691_03,
        0.306_084_403_697_706_84,
        0.289_523_822_306_079_54,
    ],
    observed: [0.518_649_682_113_754_1, 0.030_030_904_439_566_51],
    single: 0.560_840_848_348_971,
    calibration: [
        0.886_951_623_057_889_4,
        0.847_591_395_772_513_2,
        0.159_818_054_179_179_8,
        0.150_596_132_789_554_9,
    ],
};

fn each(check: impl Fn(&Figures, &Table, &Table)) {
    for figures in [&SMOOTH, &TIED] {
        let others = table(11, 400, figures.tied);
        check(figures, &table(22, 300, figures.tied), &others);
    }
}

#[test]
fn harrells_index_and_its_error_are_those_of_r() {
    each(|figures, rows, _| {
        let outcomes = rows.single();
        let rules = PairRules::default();
        let found = pairs(&scored(&outcomes, &rows.risk), &rules).unwrap();
        assert_eq!(
            [found.concordant, found.discordant, found.tied_risk],
            figures.pairs
        );
        let count = rows.time.len() as u32;
        let strata = (0..count).map(|row| row % 3).collect();
        let weights = (0..count).map(|row| f64::from(1 + (row + 1) % 3)).collect();
        let clusters = (0..count).map(|row| row % 100).collect();
        let weighted = outcomes.clone().with_weights(weights).unwrap();
        let variants = [
            outcomes.clone(),
            outcomes.with_strata(strata).unwrap(),
            weighted.with_clusters(clusters).unwrap(),
        ];
        for (outcomes, [index, of_index]) in variants.iter().zip(figures.harrell) {
            let found = harrell(&scored(outcomes, &rows.risk), &rules, confidence()).unwrap();
            close(value(&found), index);
            close(error(&found), of_index);
        }
    });
}

#[test]
fn unos_index_is_that_of_scikit_survival() {
    each(|figures, rows, others| {
        let outcomes = rows.single();
        let censoring = Censoring::of_others(&others.single(), Evaluated::At).unwrap();
        let rules = PairRules {
            tied_within: 1e-8,
            ..PairRules::default()
        };
        for (until, expected) in [None, Some(1.5)].into_iter().zip(figures.uno) {
            let scored = scored(&outcomes, &rows.risk);
            let found = uno(&scored, &rules, &censoring, until, confidence()).unwrap();
            close(value(&found), expected);
        }
    });
}

#[test]
fn areas_under_the_curve_are_those_of_scikit_survival() {
    each(|figures, rows, others| {
        let outcomes = rows.single();
        let censoring = Censoring::of_others(&others.single(), Evaluated::At).unwrap();
        let at = [0.5, 1.0, 1.5].map(|time| (time, scored(&outcomes, &rows.risk)));
        let controls = Controls::WithoutTheEvent;
        let found = auc_curve(&at, controls, 1e-8, &censoring, confidence()).unwrap();
        for (area, expected) in found.areas.iter().zip(figures.auc) {
            close(value(area), expected);
        }
        close(value(&found.mean), figures.auc[3]);
    });
}

#[test]
fn brier_scores_are_those_of_scikit_survival() {
    each(|figures, rows, others| {
        let outcomes = rows.single();
        let censoring = Censoring::of_others(&others.single(), Evaluated::At).unwrap();
        let risks = [0.15, 0.3, 0.45].map(|hazard| rows.risk_at(hazard));
        let at: Vec<_> = [0.5, 1.0, 1.5]
            .into_iter()
            .zip(risks.iter().map(|risk| scored(&outcomes, risk)))
            .collect();
        let found = brier_curve(&at, &censoring, confidence()).unwrap();
        for (score, expected) in found.scores.iter().zip(figures.brier) {
            close(value(score), expected);
        }
        close(value(&found.integrated), figures.brier[3]);
    });
}

#[test]
fn observed_risks_and_their_errors_are_those_of_r() {
    each(|figures, rows, _| {
        let competing = rows.competing();
        let found = ObservedRisk::new(&competing, EventCode::EVENT, 1.0);
        let found = found.unwrap().unwrap();
        close(found.risk(), figures.observed[0]);
        close(
            error(&found.estimated(&competing, confidence())),
            figures.observed[1],
        );
        let single = ObservedRisk::new(&rows.single(), EventCode::EVENT, 1.0);
        close(single.unwrap().unwrap().risk(), figures.single);
    });
}

#[test]
fn calibration_lines_are_those_of_a_glm_on_rs_pseudo_values() {
    let settings = CalibrationSettings {
        knots: 4,
        points: 11,
        groups: 5,
        resamples: Resamples { count: 0, seed: 0 },
        confidence: confidence(),
    };
    each(|figures, rows, _| {
        let (outcomes, risk) = (rows.competing(), rows.risk_at(0.3));
        let found = calibration(&scored(&outcomes, &risk), 1.0, &settings).unwrap();
        let [intercept, slope, plain, by_cluster] = figures.calibration;
        // R's fit stops when the deviance does, at which its coefficients
        // still move in the ninth digit.
        let near = |found, expected| within(1e-7, found, expected);
        near(value(&found.intercept), intercept);
        near(value(&found.slope), slope);
        near(error(&found.slope), plain);
        let clusters = (0..rows.time.len() as u32).map(|row| row % 100).collect();
        let clustered = outcomes.with_clusters(clusters).unwrap();
        let found = calibration(&scored(&clustered, &risk), 1.0, &settings).unwrap();
        near(error(&found.slope), by_cluster);
    });
}
