//! One contender's section of the owner's report, and that of the data.

use modu_kernel::{Digest, EngineError};
use modu_statistics::{
    Binning, CurvePoint, Finite, Metric, Quantity, SubsetId, precision_recall_curve, reliability,
    roc_curve,
};

use super::bench::{Asked, Bench, Rows, Who};
use super::contenders::SolutionEntry;
use super::judgement::Judgement;
use super::{fit, of_statistics, places, words};
use crate::dataset::DatasetProfile;
use crate::need::Task;
use crate::report::{
    ClassCount, ClassMeasures, ClassName, Curve, DataSection, GroupCount, GroupMeasures,
    IncumbentSection, Interval, Measures, MemberCount, MemberMeasures, MetricMeasure,
    PublishedData, Reliability, ReliabilityBin, SolutionSection,
};

pub(super) fn data_section(
    bench: &Bench<'_>,
    profile: DatasetProfile,
    digest: Digest,
    published: PublishedData,
    size: u64,
) -> DataSection {
    let classes = bench
        .need
        .label
        .classes
        .iter()
        .zip(0_u16..)
        .map(|(class, index)| {
            let code = bench.study_class(index);
            ClassCount {
                class: ClassName {
                    code: class.code,
                    name: class.name.clone(),
                },
                rows: bench
                    .labels()
                    .unwrap_or_default()
                    .iter()
                    .filter(|label| **label == code)
                    .count() as u64,
            }
        })
        .collect();
    let groups = bench
        .need
        .groups
        .iter()
        .enumerate()
        .map(|(group, declared)| GroupCount {
            id: declared.id.clone(),
            name: declared.name.clone(),
            members: declared
                .members
                .iter()
                .enumerate()
                .map(|(member, declared)| member_count(bench, group, member, declared))
                .collect(),
            outside: bench.groups.get(group).map_or(0, |rows| rows.outside),
        })
        .collect();
    DataSection {
        digest,
        published,
        size,
        profile,
        classes,
        clusters: bench.clusters_of(Rows::All),
        groups,
    }
}

fn member_count(
    bench: &Bench<'_>,
    group: usize,
    member: usize,
    declared: &crate::need::Member,
) -> MemberCount {
    let (rows, positives) = bench.size(Rows::Member { group, member });
    let statistics = &bench.need.statistics;
    let clusters = bench.clusters_of(Rows::Member { group, member });
    let enough_classes = positives
        .is_none_or(|positives| positives.min(rows - positives) >= statistics.minimum_positives);
    MemberCount {
        id: declared.id.clone(),
        name: declared.name.clone(),
        rows,
        clusters,
        positives,
        enough: clusters.unwrap_or(rows) >= statistics.minimum_group && enough_classes,
    }
}

pub(super) fn incumbent_section(
    bench: &Bench<'_>,
) -> Result<Option<IncumbentSection>, EngineError> {
    Ok(match bench.incumbent() {
        None => None,
        Some(Who::Solution(index)) => {
            bench
                .contenders
                .solutions
                .get(index)
                .map(|entry| IncumbentSection::Solution {
                    id: entry.solution.id.clone(),
                })
        }
        Some(Who::Recorded) => Some(IncumbentSection::Recorded {
            column: words::recorded_column(bench.need),
            measures: Box::new(measures(bench, Who::Recorded)?),
        }),
    })
}

pub(super) fn solution_section(
    bench: &Bench<'_>,
    index: usize,
    entry: &SolutionEntry,
    judgement: &Judgement,
) -> Result<SolutionSection, EngineError> {
    let solution = &entry.solution;
    Ok(SolutionSection {
        id: solution.id.clone(),
        name: solution.name.clone(),
        supplier: solution.supplier.clone(),
        version: solution.version.clone(),
        incumbent: bench.contenders.incumbent_solution == Some(index),
        solution_digest: entry.solution_digest,
        model_digest: entry.model_digest,
        predictions_digest: entry.predictions_digest,
        back_end: entry.back_end.clone(),
        columns_used: solution.columns_used(),
        measures: measures(bench, Who::Solution(index))?,
        criteria: judgement.criteria(bench, index),
        decision: judgement.decision(bench, index),
    })
}

fn measures(bench: &Bench<'_>, who: Who) -> Result<Measures, EngineError> {
    let groups = bench
        .need
        .groups
        .iter()
        .enumerate()
        .map(|(group, declared)| group_measures(bench, who, group, declared))
        .collect();
    Ok(Measures {
        overall: metric_measures(bench, who, Rows::All),
        classes: class_measures(bench, who, Rows::All),
        groups,
        confusion: confusion(bench, who)?,
        roc: curve(bench, who, roc_curve, roc_place)?,
        precision_recall: curve(bench, who, precision_recall_curve, precision_recall_place)?,
        reliability: reliability_of(bench, who),
        fit: fit::of(bench, who),
        places: places::of(bench, who)?,
    })
}

fn metric_measures(bench: &Bench<'_>, who: Who, rows: Rows) -> Vec<MetricMeasure> {
    bench
        .metrics()
        .into_iter()
        .map(|metric| MetricMeasure {
            metric,
            measurement: bench.shown(who, rows, metric),
        })
        .collect()
}

/// Each class against the rest; none but in a multi-class task.
fn class_measures(bench: &Bench<'_>, who: Who, rows: Rows) -> Vec<ClassMeasures> {
    if !bench.shows_classes(rows) {
        return Vec::new();
    }
    bench
        .classes_apart()
        .zip(&bench.need.label.classes)
        .map(|(class, named)| ClassMeasures {
            class: ClassName {
                code: named.code,
                name: named.name.clone(),
            },
            metrics: bench
                .class_metrics()
                .into_iter()
                .map(|metric| MetricMeasure {
                    metric,
                    measurement: bench.shown(
                        who,
                        rows,
                        Asked {
                            metric,
                            class: Some(class),
                        },
                    ),
                })
                .collect(),
        })
        .collect()
}

fn group_measures(
    bench: &Bench<'_>,
    who: Who,
    group: usize,
    declared: &crate::need::Group,
) -> GroupMeasures {
    let members = declared
        .members
        .iter()
        .enumerate()
        .map(|(member, declared)| {
            let rows = Rows::Member { group, member };
            MemberMeasures {
                id: declared.id.clone(),
                name: declared.name.clone(),
                rows: bench.size(rows).0,
                metrics: metric_measures(bench, who, rows),
                classes: class_measures(bench, who, rows),
            }
        })
        .collect();
    let gaps = bench
        .metrics()
        .into_iter()
        .map(|metric| MetricMeasure {
            metric,
            measurement: bench.measurement(&bench.gap(who, group, metric)),
        })
        .collect();
    GroupMeasures {
        id: declared.id.clone(),
        name: declared.name.clone(),
        members,
        gaps,
    }
}

/// Rows by true and decided class in the need's order, `None` where broken
/// scores leave no decisions.
fn confusion(bench: &Bench<'_>, who: Who) -> Result<Option<Vec<Vec<u64>>>, EngineError> {
    let Some(model) = bench.model(who) else {
        return Ok(None);
    };
    if bench.decisions(who).is_none() {
        return Ok(None);
    }
    let matrix = bench
        .study
        .confusion_matrix(model, SubsetId::ALL)
        .map_err(of_statistics)?;
    let codes: Vec<u16> = (0_u16..)
        .take(bench.need.label.classes.len())
        .map(|index| bench.study_class(index))
        .collect();
    let row = |label: &u16| {
        codes
            .iter()
            .map(|decision| matrix.count(*label, *decision))
            .collect()
    };
    Ok(Some(codes.iter().map(row).collect()))
}

type MakeCurve =
    fn(&[bool], &[f64], usize) -> Result<Vec<CurvePoint>, modu_statistics::StatisticsError>;

/// The metrics that give the place of a decision rule on a curve.
type PlaceOf = fn(at_budget: bool) -> [Metric; 2];

const fn roc_place(at_budget: bool) -> [Metric; 2] {
    if at_budget {
        [Metric::FalseAlarmRateAtBudget, Metric::RecallAtBudget]
    } else {
        [Metric::FalseAlarmRate, Metric::Recall]
    }
}

const fn precision_recall_place(at_budget: bool) -> [Metric; 2] {
    if at_budget {
        [Metric::RecallAtBudget, Metric::PrecisionAtBudget]
    } else {
        [Metric::Recall, Metric::Precision]
    }
}

/// A curve needs both classes and scores; else there is none.
fn curve(
    bench: &Bench<'_>,
    who: Who,
    make: MakeCurve,
    place_of: PlaceOf,
) -> Result<Option<Curve>, EngineError> {
    let (Task::Binary, Some(scores)) = (bench.need.task, bench.finite_scores(who)) else {
        return Ok(None);
    };
    let Ok(points) = make(&bench.is_positive(), scores, Curve::MAX_POINTS) else {
        return Ok(None);
    };
    Ok(Some(Curve {
        points: points.iter().map(|point| [point.x, point.y]).collect(),
        at_threshold: place(bench, who, place_of(false))?,
        at_budget: place(bench, who, place_of(true))?,
    }))
}

fn place(
    bench: &Bench<'_>,
    who: Who,
    metrics: [Metric; 2],
) -> Result<Option<[Finite; 2]>, EngineError> {
    let Some(model) = bench.model(who) else {
        return Ok(None);
    };
    let quantities = metrics.map(|metric| Quantity::new(model, metric));
    let measures = bench.study.measure(&quantities).map_err(of_statistics)?;
    let mut values = measures
        .iter()
        .map(|measure| measure.value().and_then(Finite::new));
    let (x, y) = (values.next().flatten(), values.next().flatten());
    Ok(x.zip(y).map(|(x, y)| [x, y]))
}

/// `None` for scores that are not probabilities.
fn reliability_of(bench: &Bench<'_>, who: Who) -> Option<Reliability> {
    if bench.need.task != Task::Binary {
        return None;
    }
    let scores = bench.finite_scores(who)?;
    let binning = Binning::default();
    let curve = reliability(&bench.is_positive(), scores, binning, bench.confidence).ok()?;
    Some(Reliability {
        binning: words::binning(),
        bins: curve
            .bins
            .iter()
            .map(|bin| ReliabilityBin {
                rows: bin.rows,
                positives: bin.positives,
                mean_score: bin.mean_score,
                frequency: bin.observed,
                interval: Interval {
                    lower: bin.interval.lower,
                    upper: bin.interval.upper,
                },
            })
            .collect(),
    })
}
