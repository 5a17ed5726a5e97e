//! Standings: the contenders from the best, and who cannot be told apart.
//!
//! A table of numbers has an order even where there is no difference: the top
//! nine of a public leaderboard were one tie by McNemar's test. So beside the
//! order of each metric that criteria name stand the letters of
//! [`modu_statistics::letters`](mod@modu_statistics::letters): every pair is tested on the same rows, all
//! pairs of a metric are read together by Holm's adjustment at the need's
//! confidence, and contenders that share a letter are not told apart. Each
//! metric is a family of its own. Nothing is decided by it: the criteria
//! decide.

use modu_kernel::{EngineError, Label};
use modu_statistics::letters::{PairTest, letter, letters};
use modu_statistics::{Finite, McNemarForm, Share, StatisticsError, delong, mcnemar};

use super::bench::{Asked, Bench, Rows, Who};
use super::comparisons::{defined, name};
use super::favoured::{Favoured, favoured};
use super::of_statistics;
use crate::need::{Direction, Metric, Task};
use crate::report::{PairTestKind, Place, ReleasedPlace, ReleasedStanding, Standing};

/// One for each metric that criteria name and in which two contenders or more
/// have a value.
pub(super) fn of(bench: &Bench<'_>) -> Result<Vec<Standing>, EngineError> {
    let mut standings = Vec::new();
    for favoured in favoured(bench.need) {
        standings.extend(standing(bench, favoured)?);
    }
    Ok(standings)
}

fn standing(bench: &Bench<'_>, favoured: Favoured) -> Result<Option<Standing>, EngineError> {
    let asked = favoured.asked;
    let order = from_the_best(bench, asked, favoured.direction);
    if order.len() < 2 {
        return Ok(None);
    }
    let test = kind(bench, asked.metric, &order);
    let mut tests = Vec::new();
    for (first, ours) in order.iter().enumerate() {
        for (second, theirs) in order.iter().enumerate().skip(first + 1) {
            let p_value = p_value(bench, test, asked, *ours, *theirs)?.map(Finite::get);
            tests.push(PairTest {
                first,
                second,
                p_value,
            });
        }
    }
    let error = Share::new(1.0 - bench.confidence.get())
        .ok_or_else(|| EngineError::Internal("a checked confidence".to_owned()))?;
    let groups = match letters(order.len(), &tests, error) {
        Ok(groups) => groups,
        // So many overlapping groups say nothing to a reader.
        Err(StatisticsError::TooMany { .. }) => return Ok(None),
        Err(other) => return Err(of_statistics(other)),
    };
    let places: Vec<Place> = order
        .iter()
        .map(|who| Place {
            id: name(bench, *who),
            name: title(bench, *who),
            measurement: bench.shown(*who, Rows::All, asked),
        })
        .collect();
    Ok(Some(Standing {
        metric: asked.metric,
        name: favoured.name,
        direction: favoured.direction,
        test,
        pairs: tests.len() as u64,
        sentence: sentence(&places, &groups),
        places,
        letters: (0..groups.len()).map(letter).collect(),
        groups: groups
            .iter()
            .map(|group| group.iter().map(|place| *place as u32).collect())
            .collect(),
    }))
}

/// Those with a value, the best first, equal ones in the order of the run.
fn from_the_best(bench: &Bench<'_>, asked: Asked, direction: Direction) -> Vec<Who> {
    let value = |who: Who| bench.sample(who, Rows::All, asked).ok()?.estimate().value();
    let mut valued: Vec<(Who, f64)> = bench
        .everybody()
        .into_iter()
        .filter_map(|who| Some((who, value(who)?)))
        .collect();
    valued.sort_by(|(_, ours), (_, theirs)| match direction {
        Direction::AtLeast => theirs.total_cmp(ours),
        Direction::AtMost => ours.total_cmp(theirs),
    });
    valued.into_iter().map(|(who, _)| who).collect()
}

/// One test for all pairs of a metric, so that they can be read together. The
/// closed tests take each row for itself.
fn kind(bench: &Bench<'_>, metric: Metric, order: &[Who]) -> PairTestKind {
    if bench.clusters.is_some() {
        return PairTestKind::Bootstrap;
    }
    let all = |has: &dyn Fn(Who) -> bool| order.iter().all(|who| has(*who));
    match metric {
        Metric::Accuracy if all(&|who| bench.decisions(who).is_some()) => PairTestKind::Mcnemar,
        Metric::RocAuc
            if bench.need.task == Task::Binary
                && all(&|who| bench.finite_scores(who).is_some()) =>
        {
            PairTestKind::Delong
        }
        _ => PairTestKind::Bootstrap,
    }
}

fn p_value(
    bench: &Bench<'_>,
    test: PairTestKind,
    asked: Asked,
    first: Who,
    second: Who,
) -> Result<Option<Finite>, EngineError> {
    match test {
        PairTestKind::Mcnemar => {
            let (Some(labels), Some(first), Some(second)) = (
                bench.labels(),
                bench.decisions(first),
                bench.decisions(second),
            ) else {
                return Ok(None);
            };
            let test = defined(mcnemar(labels, &first, &second))?;
            Ok(test.map(|test| match test.recommended {
                McNemarForm::Exact => test.exact_p_value,
                McNemarForm::ChiSquare => test.p_value,
            }))
        }
        PairTestKind::Delong => {
            let (Some(first), Some(second)) =
                (bench.finite_scores(first), bench.finite_scores(second))
            else {
                return Ok(None);
            };
            let test = defined(delong(&bench.is_positive(), first, second))?;
            Ok(test.map(|test| test.p_value))
        }
        PairTestKind::Bootstrap => {
            let sample = |who| bench.sample(who, Rows::All, asked).ok();
            Ok(sample(first)
                .zip(sample(second))
                .and_then(|(ours, theirs)| ours.difference(&theirs).wald_p_value(0.0).ok()))
        }
    }
}

fn title(bench: &Bench<'_>, who: Who) -> Label {
    match who {
        Who::Recorded => Label::new("현행 (기록된 판단)", "Today's recorded decisions"),
        Who::Solution(index) => bench
            .contenders
            .solutions
            .get(index)
            .map_or_else(|| Label::new("", ""), |entry| entry.solution.name.clone()),
    }
}

/// Who is not told apart from the best. The groups that hold the best say so:
/// whoever shares a letter with it.
fn sentence(places: &[Place], groups: &[Vec<usize>]) -> Label {
    let with_best: Vec<&Vec<usize>> = groups.iter().filter(|group| group.contains(&0)).collect();
    let near: Vec<&Place> = places
        .iter()
        .enumerate()
        .filter(|(place, _)| *place > 0 && with_best.iter().any(|group| group.contains(place)))
        .map(|(_, place)| place)
        .collect();
    let names = |places: &[&Place], pick: fn(&Label) -> &String| {
        let names: Vec<&str> = places
            .iter()
            .map(|place| pick(&place.name).as_str())
            .collect();
        names.join(", ")
    };
    let Some(best) = places.first() else {
        return Label::new("", "");
    };
    let count = near.len() + 1;
    match (near.is_empty(), with_best.len()) {
        (true, _) => Label::new(
            format!("{}: 다른 모두와 가려집니다.", best.name.ko),
            format!("{} is told apart from all others.", best.name.en),
        ),
        (false, 1) => {
            let all: Vec<&Place> = std::iter::once(best).chain(near).collect();
            Label::new(
                format!(
                    "{count}개는 이 자료로 서로 가릴 수 없습니다 (둘씩 견주어 모두 비김): {}.",
                    names(&all, |label| &label.ko)
                ),
                format!(
                    "{count} are one tie, of which no two can be told apart by these data: {}.",
                    names(&all, |label| &label.en)
                ),
            )
        }
        (false, _) => Label::new(
            format!(
                "가장 앞선 {}와(과) 가려지지 않는 것: {}.",
                best.name.ko,
                names(&near, |label| &label.ko)
            ),
            format!(
                "Not told apart from the first, {}: {}.",
                best.name.en,
                names(&near, |label| &label.en)
            ),
        ),
    }
}

/// A standing as it may leave: who shares which letter, and nothing of the
/// order within. Whoever submits two solutions must not learn which one is
/// ahead by a single row; so those with the same letters stand in the order of
/// `ids`, the order in which they were given.
pub(super) fn release(standing: &Standing, ids: &[&str]) -> ReleasedStanding {
    let letters_of = |place: usize| -> Vec<usize> {
        let groups = standing.groups.iter().enumerate();
        groups
            .filter(|(_, group)| group.contains(&(place as u32)))
            .map(|(letter, _)| letter)
            .collect()
    };
    let given = |place: &Place| ids.iter().position(|id| *id == place.id);
    let mut order: Vec<(usize, &Place)> = standing.places.iter().enumerate().collect();
    // The recorded incumbent has no place among the solutions: it is last.
    order.sort_by_key(|(place, of)| (letters_of(*place), given(of).unwrap_or(usize::MAX)));
    let groups: Vec<Vec<u32>> = standing
        .groups
        .iter()
        .map(|group| {
            (0_u32..)
                .zip(&order)
                .filter(|(_, (before, _))| group.contains(&(*before as u32)))
                .map(|(now, _)| now)
                .collect()
        })
        .collect();
    let places: Vec<ReleasedPlace> = order
        .iter()
        .map(|(_, place)| ReleasedPlace {
            id: place.id.clone(),
            name: place.name.clone(),
        })
        .collect();
    ReleasedStanding {
        metric: standing.metric,
        name: standing.name.clone(),
        test: standing.test,
        sentence: released_sentence(&places, &groups, &standing.letters),
        places,
        groups,
        letters: standing.letters.clone(),
    }
}

/// The members of each letter.
fn released_sentence(places: &[ReleasedPlace], groups: &[Vec<u32>], letters: &[String]) -> Label {
    let text = |pick: fn(&Label) -> &String| {
        let of = |group: &Vec<u32>| {
            let names = group.iter().filter_map(|at| places.get(*at as usize));
            names
                .map(|place| pick(&place.name).as_str())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let listed = groups
            .iter()
            .zip(letters)
            .map(|(group, letter)| format!("{letter} ({})", of(group)));
        listed.collect::<Vec<_>>().join("; ")
    };
    Label::new(
        format!("서로 가릴 수 없는 묶음: {}.", text(|label| &label.ko)),
        format!(
            "Not told apart from each other: {}.",
            text(|label| &label.en)
        ),
    )
}
