//! The scan of slices: where does a solution fare worse than elsewhere?
//!
//! Criteria judge the groups that somebody thought of. The scan looks at every
//! member of a protected group and at every intersection of two members of
//! different groups, in the metrics that criteria name, and lists those that
//! fare worse than the other rows beyond chance. It decides nothing; it shows
//! the owner where to look, and which criterion to write next time.
//!
//! Whoever looks at a hundred slices finds five that are worse by chance
//! alone. So all tests of a solution are read together by **Holm's**
//! adjustment at the need's confidence: the chance that *any* slice is listed
//! without cause stays within it. The rate of false discoveries (Benjamini and
//! Hochberg) would let a share of the list be false, and holds only for tests
//! that do not pull against each other; slices do, since a row that is not in
//! one member of a group is in another.
//!
//! A metric that is a share of rows is compared with the share among the other
//! rows by Fisher's exact test. Any other metric is compared with that of the
//! whole, which the slice is part of, by the paired bootstrap: the difference
//! in standard errors of its replicates. Where rows belong together, so are
//! the shares.
//!
//! Left out are the measures that noise pushes upward (a calibration error, an
//! absolute deviation): the fewer the rows, the larger they are, so every small
//! slice would seem worse than the whole.

use std::ops::ControlFlow;

use modu_kernel::{EngineError, Label, Progress};
use modu_statistics::{
    BootstrapPlan, ConfusionMatrix, Finite, IntervalMethod, MAX_SUBSETS, Measure, Quantity,
    Replicates, Side, StatisticsError, Strata, Study, SubsetId, Undefined, fisher_p_value, holm,
};

use super::bench::{Asked, Bench, Counts, Who, counts_of};
use super::favoured::{Favoured, favoured};
use super::of_statistics;
use crate::need::{Cut, Direction, Group, Metric};
use crate::report::{SliceScan, SmallSlice, SolutionScan, WorseSlice};

/// Replicates of a standard error: its own error is then 5 %.
const REPLICATES: u32 = 200;
/// The most slices that are looked at.
const MAX_SLICES: usize = 1_000;

/// Whether a measure is larger the fewer the rows, even where nothing is wrong.
const fn is_lifted_by_noise(metric: Metric) -> bool {
    matches!(
        metric,
        Metric::ExpectedCalibrationError
            | Metric::CalibrationInterceptDeviation
            | Metric::CalibrationSlopeDeviation
            | Metric::CalibrationInTheLargeDeviation
    )
}

/// One or two members of different groups: indices of group and member.
struct Slice {
    members: Vec<(usize, usize)>,
    name: Label,
    size: Size,
}

/// How much a slice holds.
struct Size {
    rows: u64,
    /// What counts: rows, or the clusters that have a row in it.
    units: u64,
    /// Those that have a row of each class.
    of_class: Vec<u64>,
    clusters: Option<u64>,
}

/// The scan of a run; none without groups, or where no metric has a good side.
pub(super) fn of(
    bench: &Bench<'_>,
    progress: &dyn Progress,
) -> Result<Option<SliceScan>, EngineError> {
    let mut favoured = favoured(bench.need);
    favoured.retain(|favoured| !is_lifted_by_noise(favoured.asked.metric));
    let mut slices = all_slices(bench)?;
    if slices.is_empty() || favoured.is_empty() {
        return Ok(None);
    }
    let all = slices.len();
    slices.truncate(MAX_SLICES);
    let minimum = bench.need.statistics.minimum_group;
    let (large, small): (Vec<Slice>, Vec<Slice>) = slices
        .into_iter()
        .partition(|slice| slice.size.units >= minimum);
    let mut tests: Vec<Vec<Test>> = bench
        .contenders
        .solutions
        .iter()
        .map(|_| Vec::new())
        .collect();
    for chunk in large.chunks(MAX_SUBSETS) {
        look_at(bench, chunk, &favoured, &mut tests, progress)?;
    }
    let solutions = bench.contenders.solutions.iter().zip(tests);
    Ok(Some(SliceScan {
        slices: all as u64,
        left_out: all.saturating_sub(MAX_SLICES) as u64,
        small: small
            .into_iter()
            .map(|slice| SmallSlice {
                name: slice.name,
                rows: slice.size.rows,
                clusters: slice.size.clusters,
            })
            .collect(),
        solutions: solutions
            .map(|(entry, tests)| read_together(bench, &entry.solution.id, tests))
            .collect::<Result<Vec<_>, _>>()?,
        method: Label::new(
            "기준이 부르는 지표마다 보호 집단의 구성원과 둘씩 겹친 교집합을 나머지 행과 견주었습니다. 행의 비율인 지표는 피셔의 정확 검정, 나머지는 짝지은 부트스트랩이며, 솔루션마다 모든 검정을 홀름 절차로 함께 보았습니다. 까닭 없이 한 곳이라도 적힐 확률이 신뢰수준 밖을 넘지 않습니다. 작은 집단일수록 저절로 커지는 지표(보정 오차, 보정의 벗어난 정도)는 뺐습니다. 결정에는 쓰지 않습니다.",
            "In each metric that criteria name, every member of a protected group and every intersection of two was compared with the other rows: shares of rows by Fisher's exact test, other metrics by the paired bootstrap. All tests of a solution are read together by Holm's procedure, so that the chance of listing any slice without cause stays within the stated level. Measures that grow by themselves where rows are few (calibration errors, deviations of the calibration) are left out. Nothing is decided by it.",
        ),
    }))
}

/// The members of the groups that are cut by a column, then their
/// intersections, two by two.
fn all_slices(bench: &Bench<'_>) -> Result<Vec<Slice>, EngineError> {
    let groups: Vec<(usize, &Group)> = bench
        .need
        .groups
        .iter()
        .enumerate()
        .filter(|(_, group)| matches!(group.cut, Cut::Column(_)))
        .collect();
    let members = |index: usize, group: &Group| -> Vec<(usize, usize)> {
        (0..group.members.len())
            .map(|member| (index, member))
            .collect()
    };
    let mut slices = Vec::new();
    for (index, group) in &groups {
        slices.extend(members(*index, group).into_iter().map(|one| vec![one]));
    }
    for (place, (index, group)) in groups.iter().enumerate() {
        for (other_index, other) in groups.iter().skip(place + 1) {
            for first in members(*index, group) {
                let second = members(*other_index, other).into_iter();
                slices.extend(second.map(|second| vec![first, second]));
            }
        }
    }
    let classes = bench.study.class_counts(SubsetId::ALL);
    let classes = classes.map_err(of_statistics)?.len();
    Ok(slices
        .into_iter()
        .map(|members| Slice {
            name: name(bench, &members),
            size: size(bench, &members, classes),
            members,
        })
        .collect())
}

fn size(bench: &Bench<'_>, members: &[(usize, usize)], classes: usize) -> Size {
    let inside: Vec<bool> = mask(bench, members).collect();
    let is_inside = |row: usize| inside.get(row).is_some_and(|inside| *inside);
    let rows = inside.iter().filter(|inside| **inside).count() as u64;
    if let Some(clusters) = &bench.clusters {
        let (units, of_class) = bench.count_clusters(clusters, classes, is_inside);
        return Size {
            rows,
            units,
            of_class,
            clusters: Some(units),
        };
    }
    let mut of_class = vec![0; classes];
    let labels = bench.labels().unwrap_or_default().iter().enumerate();
    for (_, label) in labels.filter(|(row, _)| is_inside(*row)) {
        if let Some(count) = of_class.get_mut(usize::from(*label)) {
            *count += 1;
        }
    }
    Size {
        rows,
        units: rows,
        of_class,
        clusters: None,
    }
}

fn name(bench: &Bench<'_>, members: &[(usize, usize)]) -> Label {
    let joined = |pick: fn(&Label) -> &String| {
        let names = members.iter().filter_map(|(group, member)| {
            let group = bench.need.groups.get(*group)?;
            Some(pick(&group.members.get(*member)?.name).as_str())
        });
        names.collect::<Vec<_>>().join(" · ")
    };
    Label::new(joined(|label| &label.ko), joined(|label| &label.en))
}

/// Whether each row is in all of these members.
fn mask<'a>(
    bench: &'a Bench<'_>,
    members: &'a [(usize, usize)],
) -> impl Iterator<Item = bool> + 'a {
    (0..bench.study.rows()).map(move |row| {
        members.iter().all(|(group, member)| {
            let of = bench.groups.get(*group).and_then(|of| of.member.get(row));
            of.is_some_and(|of| usize::from(*of) == *member)
        })
    })
}

/// A slice in a metric.
struct Test {
    name: Label,
    rows: u64,
    asked: Asked,
    metric_name: Label,
    /// The slice's value, the whole's, and the p-value.
    found: Option<(Finite, Finite, f64)>,
}

/// Tests some slices, as many as a study holds, for every solution.
fn look_at(
    bench: &Bench<'_>,
    slices: &[Slice],
    favoured_of: &[Favoured],
    tests: &mut [Vec<Test>],
    progress: &dyn Progress,
) -> Result<(), EngineError> {
    let mut study = bench.study.without_subsets();
    let subsets = slices
        .iter()
        .map(|slice| study.add_subset(&mask(bench, &slice.members).collect::<Vec<_>>()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(of_statistics)?;
    for (done, favoured) in (0_u64..).zip(favoured_of) {
        progress.report("scan", done, favoured_of.len() as u64);
        let asked = favoured.asked;
        let counted = counted(bench, &study, asked)?;
        let replicates = replicates(bench, &study, &subsets, asked, &counted, progress)?;
        for (solution, tests) in tests.iter_mut().enumerate() {
            for (slice, subset) in slices.iter().zip(&subsets) {
                let whole = counted.get(solution).copied().flatten();
                let found = match whole {
                    Some(whole) => share_test(bench, &study, solution, *subset, favoured, whole)?,
                    None => replicates
                        .get(solution)
                        .and_then(|all| difference_test(bench, slice, all, *subset, favoured)),
                };
                tests.push(Test {
                    name: slice.name.clone(),
                    rows: slice.size.rows,
                    asked,
                    metric_name: favoured.name.clone(),
                    found,
                });
            }
        }
    }
    Ok(())
}

/// By solution the counts over all rows, where the metric is a share and each
/// row stands for itself.
fn counted(
    bench: &Bench<'_>,
    study: &Study,
    asked: Asked,
) -> Result<Vec<Option<Counts>>, EngineError> {
    let solutions = 0..bench.contenders.solutions.len();
    solutions
        .map(|solution| match bench.clusters {
            Some(_) => Ok(None),
            None => counts(bench, study, solution, SubsetId::ALL, asked),
        })
        .collect()
}

fn counts(
    bench: &Bench<'_>,
    study: &Study,
    solution: usize,
    subset: SubsetId,
    asked: Asked,
) -> Result<Option<Counts>, EngineError> {
    let Some(model) = bench.model(Who::Solution(solution)) else {
        return Ok(None);
    };
    let matrix: ConfusionMatrix = match study.confusion_matrix(model, subset) {
        Ok(matrix) => matrix,
        Err(StatisticsError::Undefined(_)) => return Ok(None),
        Err(other) => return Err(of_statistics(other)),
    };
    Ok(counts_of(&matrix, asked))
}

/// A share in the slice against that of the other rows.
fn share_test(
    bench: &Bench<'_>,
    study: &Study,
    solution: usize,
    subset: SubsetId,
    favoured: &Favoured,
    whole: Counts,
) -> Result<Option<(Finite, Finite, f64)>, EngineError> {
    let Some(slice) = counts(bench, study, solution, subset, favoured.asked)? else {
        return Ok(None);
    };
    let others = Counts {
        successes: whole.successes - slice.successes,
        trials: whole.trials - slice.trials,
    };
    let minimum = bench.need.statistics.minimum_positives.max(1);
    if slice.trials < minimum || others.trials < minimum {
        return Ok(None);
    }
    let side = match favoured.direction {
        Direction::AtLeast => Side::Upper,
        Direction::AtMost => Side::Lower,
    };
    let p = fisher_p_value(
        side,
        (slice.successes, slice.trials),
        (others.successes, others.trials),
    )
    .map_err(of_statistics)?;
    let share = |of: Counts| Finite::new(of.successes as f64 / of.trials as f64);
    Ok(share(slice)
        .zip(share(whole))
        .map(|(slice, whole)| (slice, whole, p.get())))
}

/// The replicates of a solution: of the whole, and of each slice by its
/// subset.
struct Sampled {
    whole: Replicates,
    slices: Vec<(SubsetId, Replicates)>,
}

/// By solution, where its counts do not serve.
fn replicates(
    bench: &Bench<'_>,
    study: &Study,
    subsets: &[SubsetId],
    asked: Asked,
    counted: &[Option<Counts>],
    progress: &dyn Progress,
) -> Result<Vec<Sampled>, EngineError> {
    let places: Vec<SubsetId> = std::iter::once(SubsetId::ALL)
        .chain(subsets.iter().copied())
        .collect();
    let wanted = |solution: usize| counted.get(solution).is_none_or(Option::is_none);
    let quantities: Vec<Quantity> = (0..bench.contenders.solutions.len())
        .filter(|solution| wanted(*solution))
        .flat_map(|solution| {
            let of = |subset: &SubsetId| bench.quantity_on(Who::Solution(solution), *subset, asked);
            places.iter().filter_map(of).collect::<Vec<_>>()
        })
        .collect();
    if quantities.is_empty() {
        return Ok(Vec::new());
    }
    let strata = if bench.clusters.is_some() {
        Strata::Whole
    } else {
        asked.metric.strata()
    };
    let plan = BootstrapPlan {
        replicates: REPLICATES,
        seed: bench.need.statistics.seed,
        strata,
        interval: IntervalMethod::Percentile,
    };
    let watch = |_| {
        if progress.cancelled() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let sampled = study
        .bootstrap(&plan, &quantities, &watch)
        .map_err(of_statistics)?;
    let mut sampled = quantities.iter().zip(sampled);
    Ok((0..bench.contenders.solutions.len())
        .map(|solution| {
            let absent = || Replicates::new(Measure::Undefined(Undefined::Empty), []);
            if !wanted(solution) || bench.model(Who::Solution(solution)).is_none() {
                return Sampled {
                    whole: absent(),
                    slices: Vec::new(),
                };
            }
            let whole = sampled.next().map_or_else(absent, |(_, of)| of);
            let slices = sampled
                .by_ref()
                .take(subsets.len())
                .map(|(quantity, of)| (quantity.subset, of))
                .collect();
            Sampled { whole, slices }
        })
        .collect())
}

/// A metric in the slice against that of the whole.
fn difference_test(
    bench: &Bench<'_>,
    tested: &Slice,
    sampled: &Sampled,
    subset: SubsetId,
    favoured: &Favoured,
) -> Option<(Finite, Finite, f64)> {
    let Size {
        units, of_class, ..
    } = &tested.size;
    let lack = bench.lack_of_classes(*units, of_class, favoured.asked);
    if lack.is_some() {
        return None;
    }
    let (_, slice) = sampled.slices.iter().find(|(of, _)| *of == subset)?;
    let difference = slice.difference(&sampled.whole);
    let two_sided = difference.wald_p_value(0.0).ok()?.get();
    let value = Finite::new(slice.estimate().value()?)?;
    let whole = Finite::new(sampled.whole.estimate().value()?)?;
    let worse = match favoured.direction {
        Direction::AtLeast => value < whole,
        Direction::AtMost => value > whole,
    };
    let p = if worse {
        two_sided / 2.0
    } else {
        1.0 - two_sided / 2.0
    };
    Some((value, whole, p))
}

/// Holm's adjustment over the tests of a solution, and those that stand.
fn read_together(
    bench: &Bench<'_>,
    id: &str,
    tests: Vec<Test>,
) -> Result<SolutionScan, EngineError> {
    let all = tests.len();
    let tested: Vec<(Test, (Finite, Finite, f64))> = tests
        .into_iter()
        .filter_map(|mut test| test.found.take().map(|found| (test, found)))
        .collect();
    let p_values: Vec<f64> = tested.iter().map(|(_, (_, _, p))| *p).collect();
    let adjusted = holm(&p_values).map_err(of_statistics)?;
    let error = 1.0 - bench.confidence.get();
    let mut worse: Vec<WorseSlice> = tested
        .iter()
        .zip(adjusted)
        .filter(|(_, adjusted)| *adjusted <= error)
        .filter_map(|((test, (value, whole, p)), adjusted)| {
            Some(WorseSlice {
                name: test.name.clone(),
                rows: test.rows,
                metric: test.asked.metric,
                metric_name: test.metric_name.clone(),
                value: *value,
                whole: *whole,
                p_value: Finite::new(*p)?,
                holm_p_value: Finite::new(adjusted)?,
            })
        })
        .collect();
    worse.sort_by(|one, other| one.p_value.get().total_cmp(&other.p_value.get()));
    Ok(SolutionScan {
        id: id.to_owned(),
        tests: p_values.len() as u64,
        untested: (all - p_values.len()) as u64,
        worse,
    })
}
