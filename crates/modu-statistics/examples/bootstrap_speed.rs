//! Prints how long the bootstrap takes, on the reference rows of the tests.
//!
//! `cargo run --release -p modu-statistics --example bootstrap_speed`; with
//! the argument `short`, one model only.

#![allow(clippy::print_stdout, reason = "a program that prints")]

use std::{error::Error, ops::ControlFlow, path::Path, time::Instant};

use modu_statistics::{
    BootstrapPlan, Finite, IntervalMethod, Metric, ModelId, Quantity, Settings, Share, Strata,
    Study, SubsetId, Task,
};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let labels: Vec<bool> = std::fs::read(folder.join("y.u8"))?
        .iter()
        .map(|&y| y == 1)
        .collect();
    let read = |name: &str| -> Result<Vec<f64>, std::io::Error> {
        let bytes = std::fs::read(folder.join(name))?;
        let (words, _) = bytes.as_chunks::<4>();
        Ok(words
            .iter()
            .map(|&word| f64::from(f32::from_le_bytes(word)))
            .collect())
    };
    let settings = Settings {
        threshold: Finite::new(0.5).ok_or("not finite")?,
        review_budget: Share::new(0.1),
        ..Settings::default()
    };
    let (rf, lr) = (read("rf.prob.f32")?, read("lr.prob.f32")?);

    let mut study = Study::binary(&labels, settings)?;
    let models = [study.add_scores(&rf)?];
    let few = [Metric::RocAuc, Metric::Accuracy, Metric::F1];
    measure(
        "1 model, 3 metrics",
        &study,
        &models,
        &[SubsetId::ALL],
        &few,
    )?;

    if std::env::args().nth(1).as_deref() == Some("short") {
        return Ok(());
    }

    let mut study = Study::binary(&labels, settings)?;
    let models = [study.add_scores(&rf)?, study.add_scores(&lr)?];
    measure(
        "2 models, 3 metrics",
        &study,
        &models,
        &[SubsetId::ALL],
        &few,
    )?;

    // As a demonstration asks: four models, three groupings of two to four
    // members, every metric everywhere.
    let mixed: Vec<f64> = rf
        .iter()
        .zip(&lr)
        .map(|(a, b)| f64::midpoint(*a, *b))
        .collect();
    let larger: Vec<f64> = rf.iter().zip(&lr).map(|(a, b)| a.max(*b)).collect();
    let mut study = Study::binary(&labels, settings)?;
    let models = [
        study.add_scores(&rf)?,
        study.add_scores(&lr)?,
        study.add_scores(&mixed)?,
        study.add_scores(&larger)?,
    ];
    let mut subsets = vec![SubsetId::ALL];
    for (members, stride) in [(2, 7), (3, 11), (4, 13)] {
        for member in 0..members {
            let inside = |row: usize| row * stride % 101 % members == member;
            let rows: Vec<bool> = (0..labels.len()).map(inside).collect();
            subsets.push(study.add_subset(&rows)?);
        }
    }
    let binary = Metric::ALL.into_iter();
    let binary: Vec<Metric> = binary
        .filter(|metric| metric.applies_to(Task::Binary))
        .collect();
    measure(
        "4 models, 10 subsets, all metrics",
        &study,
        &models,
        &subsets,
        &binary,
    )
}

fn measure(
    what: &str,
    study: &Study,
    models: &[ModelId],
    subsets: &[SubsetId],
    metrics: &[Metric],
) -> Result<(), Box<dyn Error>> {
    let mut quantities = Vec::new();
    for &model in models {
        for &subset in subsets {
            let quantity = |&metric| Quantity {
                model,
                metric,
                subset,
                class: None,
            };
            quantities.extend(metrics.iter().map(quantity));
        }
    }
    let start = cpu_seconds();
    study.measure(&quantities)?;
    let once = cpu_seconds() - start;
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()?;
        let plan = BootstrapPlan {
            replicates: 2000,
            seed: 20_261_122,
            strata: Strata::LabelClasses,
            interval: IntervalMethod::Percentile,
        };
        let (wall, cpu) = (Instant::now(), cpu_seconds());
        pool.install(|| study.bootstrap(&plan, &quantities, &|_| ControlFlow::Continue(())))?;
        let (wall, cpu) = (wall.elapsed().as_secs_f64(), cpu_seconds() - cpu);
        let each = (cpu - once).max(0.0) * 1e3 / 2000.0;
        println!(
            "{what}: {} quantities, {threads} thread(s), 2000 replicates: {wall:.2} s, {cpu:.2} CPU s, \
             of which {once:.2} once; {each:.3} CPU ms a replicate",
            quantities.len()
        );
    }
    Ok(())
}

/// CPU seconds of this process so far, where Linux tells; else 0.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|f| f.parse::<f64>().ok());
    (ticks(13).unwrap_or(0.0) + ticks(14).unwrap_or(0.0)) / 100.0
}
