//! Prints how often 95 % intervals, and limits of either side by themselves,
//! hold the truth, on data whose truth is known: skewed, tied and clustered,
//! of several sizes.
//!
//! `cargo run --release -p modu-statistics --example limit_coverage -- 2000`
//! (the number of data sets of each kind); seeds are fixed. A share of 2,000
//! data sets has a standard error of half a point.

#![allow(clippy::print_stdout, reason = "a program that prints")]

use std::{error::Error, ops::ControlFlow};

use modu_statistics::{
    BootstrapPlan, IntervalMethod, Metric, Quantity, Replicates, Settings, Share, Side,
    StatisticsError, Strata, Study,
};
use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};

const METHODS: [IntervalMethod; 2] = [
    IntervalMethod::Percentile,
    IntervalMethod::BiasCorrectedAccelerated,
];

type Asked = Result<(Study, Vec<Quantity>), StatisticsError>;

/// A kind of data.
struct Kind {
    name: &'static str,
    /// Rows, clusters or queries.
    sizes: &'static [usize],
    /// The true value; where it has no formula, that of 400,000 units.
    truth: Option<f64>,
    strata: Strata,
    draw: fn(&mut Source, usize) -> Asked,
}

const KINDS: [Kind; 9] = [
    Kind {
        name: "mean, exponential",
        sizes: &[200, 500, 2000],
        truth: Some(1.0),
        strata: Strata::Whole,
        draw: |source, rows| mean((0..rows).map(|_| source.exponential()).collect()),
    },
    Kind {
        name: "mean, lognormal",
        sizes: &[200, 500, 2000],
        truth: Some(1.648_721_270_700_128_2),
        strata: Strata::Whole,
        draw: |source, rows| mean((0..rows).map(|_| source.normal().exp()).collect()),
    },
    Kind {
        name: "share of 0.1",
        sizes: &[200, 500, 2000],
        truth: Some(0.1),
        strata: Strata::Whole,
        draw: |source, rows| mean((0..rows).map(|_| source.chance(0.1)).collect()),
    },
    Kind {
        name: "mean of 0 to 4, tied",
        sizes: &[200, 500, 2000],
        truth: Some(0.69),
        strata: Strata::Whole,
        draw: |source, rows| {
            let grade = |source: &mut Source| {
                let level = source.uniform();
                let above = [0.6, 0.8, 0.93, 0.98].iter().filter(|edge| level >= **edge);
                above.count() as f64
            };
            mean((0..rows).map(|_| grade(source)).collect())
        },
    },
    Kind {
        name: "clusters, normal",
        sizes: &[20, 50, 100, 200],
        truth: Some(0.0),
        strata: Strata::Whole,
        draw: |source, clusters| clustered(source, clusters, Source::normal),
    },
    Kind {
        name: "clusters, exponential",
        sizes: &[50, 100, 200, 500],
        truth: Some(1.0),
        strata: Strata::Whole,
        draw: |source, clusters| clustered(source, clusters, Source::exponential),
    },
    Kind {
        name: "ROC area, tied",
        sizes: &[200, 500, 2000],
        truth: None,
        strata: Strata::LabelClasses,
        draw: ranked_classes,
    },
    Kind {
        name: "NDCG by query, tied",
        sizes: &[50, 200],
        truth: None,
        strata: Strata::Whole,
        draw: ranked_queries,
    },
    Kind {
        name: "R squared, skewed",
        sizes: &[200, 500, 2000],
        truth: Some(0.8),
        strata: Strata::Whole,
        draw: explained,
    },
];

fn main() -> Result<(), Box<dyn Error>> {
    let runs = std::env::args()
        .nth(1)
        .map_or(Ok(2000), |runs| runs.parse())?;
    println!("{runs} data sets each, 1999 replicates, in per cent");
    println!("                              held at 95      missed below/above at one-sided 95");
    println!("kind                       n  perc.   BCa      percentile         BCa");
    for (place, kind) in (0_u64..).zip(&KINDS) {
        for &size in kind.sizes {
            let count = cover(kind, place, size, runs)?;
            let [held, below, above] = count.map(|by| by.map(|n| 100.0 * n as f64 / runs as f64));
            println!(
                "{:<22} {size:>5}  {:>5.1} {:>5.1}    {:>5.1} /{:>5.1}    {:>5.1} /{:>5.1}",
                kind.name, held[0], held[1], below[0], above[0], below[1], above[1],
            );
        }
    }
    Ok(())
}

/// By method: how many intervals hold the truth, and how many one-sided
/// limits miss it with the truth below the lower or above the upper one.
fn cover(kind: &Kind, place: u64, size: usize, runs: u64) -> Result<[[u64; 2]; 3], Box<dyn Error>> {
    let confidence = Share::new(0.95).ok_or("not a share")?;
    let truth = match kind.truth {
        Some(truth) => truth,
        None => {
            let (study, asked) = (kind.draw)(&mut Source::new(place, u64::MAX), 400_000)?;
            let found = study.measure(&asked)?;
            found[0].get()?
        }
    };
    let mut count = [[0; 2]; 3];
    for run in 0..runs {
        let replicates = replicates(kind, place, size, run)?;
        for (by, method) in METHODS.into_iter().enumerate() {
            let interval = replicates.interval_by(method, confidence)?;
            let held = interval.lower.get() <= truth && truth <= interval.upper.get();
            let limit = |side| replicates.limit_by(method, side, confidence).get();
            count[0][by] += u64::from(held);
            count[1][by] += u64::from(truth < limit(Side::Lower)?);
            count[2][by] += u64::from(truth > limit(Side::Upper)?);
        }
    }
    Ok(count)
}

fn replicates(
    kind: &Kind,
    place: u64,
    size: usize,
    run: u64,
) -> Result<Replicates, StatisticsError> {
    let (study, asked) = (kind.draw)(&mut Source::new(place, run), size)?;
    let plan = BootstrapPlan {
        replicates: 1999,
        seed: run,
        strata: kind.strata,
        interval: IntervalMethod::BiasCorrectedAccelerated,
    };
    let mut found = study.bootstrap(&plan, &asked, &|_| ControlFlow::Continue(()))?;
    Ok(found.swap_remove(0))
}

/// A study whose mean error is the mean of these numbers.
fn mean(numbers: Vec<f64>) -> Asked {
    let mut study = Study::regression(&vec![0.0; numbers.len()], Settings::default())?;
    let model = study.add_scores(&numbers)?;
    Ok((study, vec![Quantity::new(model, Metric::MeanError)]))
}

/// Clusters of five rows on average, each with an effect of its own.
fn clustered(source: &mut Source, clusters: usize, effect: fn(&mut Source) -> f64) -> Asked {
    let (mut numbers, mut of_row) = (Vec::new(), Vec::new());
    for cluster in 0..clusters as u32 {
        let shared = effect(source);
        for _ in 0..1 + (4.0 * source.exponential()) as usize {
            numbers.push(shared + source.normal());
            of_row.push(cluster);
        }
    }
    let (mut study, asked) = mean(numbers)?;
    study.set_clusters(&of_row)?;
    Ok((study, asked))
}

/// One row in five is positive; scores of about 25 values.
fn ranked_classes(source: &mut Source, rows: usize) -> Asked {
    let labels: Vec<bool> = (0..rows).map(|_| source.uniform() < 0.2).collect();
    let score = |&label: &bool| {
        let shift = if label { 1.5 } else { 0.0 };
        (2.5 * (source.normal() + shift)).round()
    };
    let scores: Vec<f64> = labels.iter().map(score).collect();
    let mut study = Study::binary(&labels, Settings::default())?;
    let model = study.add_scores(&scores)?;
    Ok((study, vec![Quantity::new(model, Metric::RocAuc)]))
}

/// Ten rows a query, two or three of them relevant.
fn ranked_queries(source: &mut Source, queries: usize) -> Asked {
    let (mut relevance, mut scores, mut of_row) = (Vec::new(), Vec::new(), Vec::new());
    for query in 0..queries as u32 {
        for row in 0..10 {
            let relevant = row == 0 || source.uniform() < 0.2;
            let grade = 1.0 + (3.0 * source.uniform()).floor();
            let grade = if relevant { grade } else { 0.0 };
            relevance.push(grade);
            scores.push((4.0 * (0.7 * grade + source.normal())).round());
            of_row.push(query);
        }
    }
    let mut study = Study::ranking(&relevance, &of_row, Settings::default())?;
    let model = study.add_scores(&scores)?;
    Ok((study, vec![Quantity::new(model, Metric::Ndcg)]))
}

/// Predictions of variance 1, targets of variance 1.25 around them.
fn explained(source: &mut Source, rows: usize) -> Asked {
    let predictions: Vec<f64> = (0..rows).map(|_| source.exponential()).collect();
    let target = |prediction: &f64| prediction + 0.5 * source.normal();
    let targets: Vec<f64> = predictions.iter().map(target).collect();
    let mut study = Study::regression(&targets, Settings::default())?;
    let model = study.add_scores(&predictions)?;
    Ok((study, vec![Quantity::new(model, Metric::RSquared)]))
}

/// Random numbers.
struct Source(Xoshiro256PlusPlus);

impl Source {
    fn new(kind: u64, run: u64) -> Self {
        let seed = (kind + 1).wrapping_mul(1_000_003).wrapping_add(run);
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// Strictly between 0 and 1.
    fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn exponential(&mut self) -> f64 {
        -self.uniform().ln()
    }

    fn normal(&mut self) -> f64 {
        let radius = (2.0 * self.exponential()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    fn chance(&mut self, probability: f64) -> f64 {
        f64::from(u8::from(self.uniform() < probability))
    }
}
