//! The kinds of data, and what is true of them.

use modu_statistics::{Metric, Quantity, Settings, StatisticsError, Study};

use super::random::Source;

type Drawn = Result<(Study, Quantity), StatisticsError>;

/// A law of data.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// Rows, clusters or queries.
    pub(crate) sizes: &'static [usize],
    /// The true value; where it has no formula, that of 400,000 units.
    truth: Option<f64>,
    pub(crate) draw: fn(&mut Source, usize) -> Drawn,
}

impl Kind {
    pub(crate) fn truth(&self) -> Result<f64, StatisticsError> {
        if let Some(truth) = self.truth {
            return Ok(truth);
        }
        let (study, asked) = (self.draw)(&mut Source::new(self.name, u64::MAX), 400_000)?;
        Ok(study.measure(&[asked])?[0].get()?)
    }
}

/// A wrong way, as a control: what it finds must fall short.
pub(crate) const IGNORED: Kind = Kind {
    name: "control, wrong on purpose: clusters ignored",
    sizes: &[200],
    truth: Some(0.825),
    draw: |source, clusters| people(source, clusters, false),
};

pub(crate) const KINDS: &[Kind] = &[
    Kind {
        name: "skewed: mean of exponential losses, rows",
        sizes: &[50, 200, 500],
        truth: Some(1.0),
        draw: |source, rows| mean((0..rows).map(|_| source.exponential()).collect()),
    },
    Kind {
        name: "heavily skewed: mean of lognormal losses, rows",
        sizes: &[50, 200, 500],
        truth: Some(1.648_721_270_700_128_2),
        draw: |source, rows| mean((0..rows).map(|_| source.lognormal()).collect()),
    },
    Kind {
        name: "skewed: R squared, rows",
        sizes: &[200, 500],
        truth: Some(0.8),
        draw: explained,
    },
    Kind {
        name: "tied: accuracy of 0.9, rows",
        sizes: &[200, 500],
        truth: Some(0.9),
        draw: |source, rows| {
            let rows = vec![true; rows];
            let decided = rows.iter().map(|_| u16::from(source.chance(0.9)));
            decisions(&rows, &decided.collect::<Vec<_>>(), Metric::Accuracy)
        },
    },
    Kind {
        name: "tied: F1 of decisions, rows",
        sizes: &[200, 500],
        truth: Some(0.28 / (0.28 + 0.08 + 0.06)),
        draw: |source, rows| {
            let labels: Vec<bool> = (0..rows).map(|_| source.chance(0.2)).collect();
            let decide = |&label: &bool| source.chance(if label { 0.7 } else { 0.1 });
            let decided: Vec<u16> = labels.iter().map(decide).map(u16::from).collect();
            decisions(&labels, &decided, Metric::F1)
        },
    },
    Kind {
        name: "tied: mean of grades 0 to 4, rows",
        sizes: &[200, 500],
        truth: Some(0.69),
        draw: |source, rows| {
            let grade = |source: &mut Source| source.place(&[0.6, 0.2, 0.13, 0.05, 0.02]) as f64;
            mean((0..rows).map(|_| grade(source)).collect())
        },
    },
    Kind {
        name: "tied: ROC-AUC of scores of five values, rows",
        sizes: &[200, 500],
        truth: Some(0.797_25),
        draw: ranked_classes,
    },
    Kind {
        name: "tied and clustered: NDCG, queries",
        sizes: &[50, 200],
        truth: None,
        draw: ranked_queries,
    },
    Kind {
        name: "clustered: mean, normal effects, clusters of unequal size",
        sizes: &[20, 50, 100, 200],
        truth: Some(0.0),
        draw: |source, clusters| clustered(source, clusters, Source::normal),
    },
    Kind {
        name: "clustered and skewed: mean, exponential effects, clusters of unequal size",
        sizes: &[20, 50, 100, 200, 500],
        truth: Some(1.0),
        draw: |source, clusters| clustered(source, clusters, Source::exponential),
    },
    Kind {
        name: "clustered: accuracy, clusters of 1 to 5 rows",
        sizes: &[50, 200],
        truth: Some(0.825),
        draw: |source, clusters| people(source, clusters, true),
    },
    IGNORED,
];

/// A study whose mean error is the mean of these numbers.
fn mean(numbers: Vec<f64>) -> Drawn {
    let mut study = Study::regression(&vec![0.0; numbers.len()], Settings::default())?;
    let model = study.add_scores(&numbers)?;
    Ok((study, Quantity::new(model, Metric::MeanError)))
}

fn decisions(labels: &[bool], decided: &[u16], metric: Metric) -> Drawn {
    let mut study = Study::binary(labels, Settings::default())?;
    let model = study.add_decisions(decided)?;
    Ok((study, Quantity::new(model, metric)))
}

/// Predictions of variance 1, targets of variance 1.25 around them.
fn explained(source: &mut Source, rows: usize) -> Drawn {
    let predictions: Vec<f64> = (0..rows).map(|_| source.exponential()).collect();
    let target = |prediction: &f64| prediction + 0.5 * source.normal();
    let targets: Vec<f64> = predictions.iter().map(target).collect();
    let mut study = Study::regression(&targets, Settings::default())?;
    let model = study.add_scores(&predictions)?;
    Ok((study, Quantity::new(model, Metric::RSquared)))
}

/// One row in five is positive. The area is the chance that a positive's score
/// beats a negative's, ties counted half.
fn ranked_classes(source: &mut Source, rows: usize) -> Drawn {
    const NEGATIVE: [f64; 5] = [0.40, 0.25, 0.15, 0.12, 0.08];
    const POSITIVE: [f64; 5] = [0.06, 0.12, 0.17, 0.25, 0.40];
    let labels: Vec<bool> = (0..rows).map(|_| source.chance(0.2)).collect();
    let score = |&label: &bool| {
        let chances = if label { POSITIVE } else { NEGATIVE };
        source.place(&chances) as f64
    };
    let scores: Vec<f64> = labels.iter().map(score).collect();
    let mut study = Study::binary(&labels, Settings::default())?;
    let model = study.add_scores(&scores)?;
    Ok((study, Quantity::new(model, Metric::RocAuc)))
}

/// Ten rows a query, two or three of them relevant.
fn ranked_queries(source: &mut Source, queries: usize) -> Drawn {
    let (mut relevance, mut scores, mut of_row) = (Vec::new(), Vec::new(), Vec::new());
    for query in 0..queries as u32 {
        for row in 0..10 {
            let relevant = row == 0 || source.chance(0.2);
            let grade = 1.0 + (3.0 * source.uniform()).floor();
            let grade = if relevant { grade } else { 0.0 };
            relevance.push(grade);
            scores.push((4.0 * (0.7 * grade + source.normal())).round());
            of_row.push(query);
        }
    }
    let mut study = Study::ranking(&relevance, &of_row, Settings::default())?;
    let model = study.add_scores(&scores)?;
    Ok((study, Quantity::new(model, Metric::Ndcg)))
}

/// Clusters of four and a half rows on average, each with an effect of its own.
fn clustered(source: &mut Source, clusters: usize, effect: fn(&mut Source) -> f64) -> Drawn {
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

/// People with one to five rows each; of one half of them 70 % of the rows are
/// decided correctly, of the other half 95 %.
fn people(source: &mut Source, people: usize, drawn: bool) -> Drawn {
    let (mut of_row, mut decided) = (Vec::new(), Vec::new());
    for person in 0..people as u32 {
        let right = if source.chance(0.5) { 0.7 } else { 0.95 };
        for _ in 0..=source.place(&[0.2; 5]) {
            of_row.push(person);
            decided.push(u16::from(source.chance(right)));
        }
    }
    let (mut study, asked) = decisions(&vec![true; decided.len()], &decided, Metric::Accuracy)?;
    if drawn {
        study.set_clusters(&of_row)?;
    }
    Ok((study, asked))
}
