//! From a criterion to what its uncertainty rests on.

use modu_statistics::{Metric, power::MAX_PLANNED};

use super::Circumstances;
use super::composition::Portion;
use super::outcome::{Asked, Method, Missing};
use super::pilot::Seen;
use super::spread::{Formula, Spread, of, rows_of};
use crate::need::{Criterion, Need, Over, SmallMember, Task};
use crate::score::needs_classes;

/// The rows that a comparison looks at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Part {
    /// Of the criterion's group, for `each:`.
    pub(super) member: Option<usize>,
    /// Multi-class: the class that is asked about against the rest.
    pub(super) class: Option<usize>,
    pub(super) portion: Portion,
}

/// A spread and how it came about.
pub(super) type Model = Result<(Spread, Method), Missing>;

/// The parts of a criterion, as the gate judges them.
pub(super) fn parts(need: &Need, criterion: &Criterion, of: &Circumstances) -> Vec<Part> {
    let whole = Part {
        member: None,
        class: criterion.class,
        portion: of.composition.whole,
    };
    match criterion.over {
        Over::All | Over::Gap(_) => vec![whole],
        Over::EachClass => (0..need.label.classes.len())
            .map(|class| Part {
                class: Some(class),
                ..whole
            })
            .collect(),
        Over::Each(group) => {
            let members = members_of(need, group);
            (0..members)
                .filter_map(|member| {
                    Some(Part {
                        member: Some(member),
                        class: criterion.class,
                        portion: portion_of(of, group, member)?,
                    })
                })
                .filter(|part| !is_excused(need, criterion, of, group, &part.portion))
                .collect()
        }
    }
}

fn members_of(need: &Need, group: usize) -> usize {
    need.groups
        .get(group)
        .map_or(0, |group| group.members.len())
}

/// Whether a member of so few rows is only reported, and the others decide.
fn is_excused(
    need: &Need,
    criterion: &Criterion,
    of: &Circumstances,
    group: usize,
    portion: &Portion,
) -> bool {
    let group = need.groups.get(group);
    group.is_some_and(|group| group.small == SmallMember::Report)
        && !carries(of.rows, fewest_of(need, criterion.metric, portion))
}

/// The members of a group that a gap is taken over, as the gate counts them.
fn counted_members(
    need: &Need,
    criterion: &Criterion,
    of: &Circumstances,
    group: usize,
) -> Vec<(usize, Portion)> {
    let all: Vec<(usize, Portion)> = (0..members_of(need, group))
        .filter_map(|member| Some((member, portion_of(of, group, member)?)))
        .collect();
    let counted: Vec<(usize, Portion)> = all
        .iter()
        .copied()
        .filter(|(_, portion)| !is_excused(need, criterion, of, group, portion))
        .collect();
    if counted.len() < 2 { all } else { counted }
}

fn portion_of(of: &Circumstances, group: usize, member: usize) -> Option<Portion> {
    of.composition.members.get(group)?.get(member).copied()
}

/// The rows from which on the gate judges a criterion at all; `None` where
/// no number of rows suffices or it is not known.
pub(super) fn fewest_rows(
    need: &Need,
    criterion: &Criterion,
    of: &Circumstances,
    part: &Part,
) -> Option<u64> {
    let portions = match criterion.over {
        Over::Gap(group) => counted_members(need, criterion, of, group)
            .into_iter()
            .map(|(_, portion)| portion)
            .collect(),
        _ => vec![part.portion],
    };
    let mut fewest = 1;
    for portion in portions {
        fewest = fewest.max(fewest_of(need, criterion.metric, &portion)?);
        if criterion.metric == Metric::Precision {
            let share = portion.rows * selected(of, &portion);
            fewest = fewest.max(rows_of(need.statistics.minimum_positives, share)?);
        }
    }
    (fewest <= MAX_PLANNED).then_some(fewest)
}

/// The rows from which on a portion has enough of its own, and of the classes
/// that a metric needs.
fn fewest_of(need: &Need, metric: Metric, portion: &Portion) -> Option<u64> {
    let statistics = &need.statistics;
    let (positives, negatives) = needs_classes(metric);
    let minimum = statistics.minimum_positives;
    let mut wanted = vec![(statistics.minimum_group, portion.rows)];
    if need.task == Task::Binary {
        let share = portion.positives;
        if let Some(share) = share.filter(|_| positives) {
            wanted.push((minimum, share));
        }
        if let Some(share) = share.filter(|_| negatives) {
            wanted.push((minimum, portion.rows - share));
        }
    } else if let Some(share) = portion.rarest.filter(|_| positives && negatives) {
        wanted.push((minimum, share));
    }
    let mut fewest = 1;
    for (minimum, share) in wanted {
        fewest = fewest.max(rows_of(minimum, share)?);
    }
    Some(fewest)
}

/// What one comparison's uncertainty rests on.
pub(super) fn model(
    need: &Need,
    criterion: &Criterion,
    of: &Circumstances,
    part: &Part,
    asked: Asked,
) -> Model {
    let pilot = of.pilot.as_ref();
    match (asked, criterion.over) {
        (Asked::Margin, _) => {
            let seen = pilot.and_then(|it| it.improvement(need, criterion, part));
            match seen {
                Some(seen) => Ok(by_pilot(seen)),
                None if has_no_formula(need, part) => Err(Missing::Pilot),
                None => paired(criterion.metric, of, &part.portion),
            }
        }
        (Asked::Threshold, Over::Gap(group)) => gap(need, criterion, of, group),
        (Asked::Threshold, over) => {
            let seen = pilot.and_then(|it| it.measure(need, criterion, part));
            if has_no_formula(need, part) {
                return seen.map(by_pilot).ok_or(Missing::Pilot);
            }
            let is_whole = over == Over::All;
            by_formula(need, criterion.metric, of, &part.portion, is_whole, seen)
        }
    }
}

/// Formulas are for rows that stand each for itself, and for all classes.
fn has_no_formula(need: &Need, part: &Part) -> bool {
    need.cluster.is_some() || part.class.is_some()
}

fn by_pilot(seen: Seen) -> (Spread, Method) {
    let spread = Spread::Pilot {
        standard_error: seen.standard_error,
        rows: seen.rows,
    };
    (spread, Method::Pilot)
}

/// Within a portion, the share of its rows that are decided positive: as
/// stated, else as many as are positive.
fn selected(of: &Circumstances, portion: &Portion) -> f64 {
    let prevalence = portion.positives.map(|share| share / portion.rows);
    of.selected.or(prevalence).unwrap_or(1.0)
}

/// The share of all rows that carries a metric which is a share of rows.
fn carrier(metric: Metric, of: &Circumstances, portion: &Portion) -> Option<Result<f64, Missing>> {
    let positives = portion.positives.ok_or(Missing::Prevalence);
    Some(match metric {
        Metric::Accuracy | Metric::SelectionRate => Ok(portion.rows),
        Metric::Recall => positives,
        Metric::FalseAlarmRate => positives.map(|share| portion.rows - share),
        Metric::Precision => positives.map(|_| portion.rows * selected(of, portion)),
        _ => return None,
    })
}

/// Of a metric that is a share, on the review list too: the share of all rows
/// among which it is one.
fn carrier_at_budget(
    metric: Metric,
    portion: &Portion,
    budget: f64,
) -> Option<Result<f64, Missing>> {
    let positives = portion.positives.ok_or(Missing::Prevalence);
    Some(match metric {
        Metric::RecallAtBudget => positives,
        Metric::FalseAlarmRateAtBudget => positives.map(|share| portion.rows - share),
        Metric::PrecisionAtBudget => Ok(portion.rows * budget),
        Metric::SelectionRateAtBudget => Ok(portion.rows),
        _ => return None,
    })
}

fn by_formula(
    need: &Need,
    metric: Metric,
    of: &Circumstances,
    portion: &Portion,
    is_whole: bool,
    seen: Option<Seen>,
) -> Model {
    if let Some(carried) = carrier(metric, of, portion) {
        return Ok((Spread::Share { carried: carried? }, Method::Exact));
    }
    if let Some(seen) = seen {
        return Ok(by_pilot(seen));
    }
    if need.task != Task::Binary {
        return Err(Missing::Pilot);
    }
    let budget = need.decision.and_then(|rule| rule.review_budget);
    let formula = |formula, carried| Ok((Spread::Formula { formula, carried }, Method::Formula));
    let positives = portion.positives.ok_or(Missing::Prevalence);
    let prevalence = positives.map(|share| share / portion.rows);
    match (metric, budget) {
        (Metric::RocAuc, _) => {
            let positives = positives?;
            let negatives = portion.rows - positives;
            let spread = Spread::Area {
                positives,
                negatives,
            };
            Ok((spread, Method::HanleyMcNeil))
        }
        (Metric::AveragePrecision, _) => formula(Formula::NormalShare, positives?),
        (Metric::Brier, _) => formula(Formula::BoundedMean, portion.rows),
        (Metric::BalancedAccuracy, _) => {
            let prevalence = prevalence?;
            formula(Formula::BalancedAccuracy { prevalence }, portion.rows)
        }
        (Metric::F1, _) => {
            let (prevalence, selected) = (prevalence?, selected(of, portion));
            let of = Formula::F1 {
                prevalence,
                selected,
            };
            formula(of, portion.rows)
        }
        (Metric::SelectionRateAtBudget, _) if is_whole => Err(Missing::Nothing),
        (Metric::RecallAtBudget, Some(budget)) if is_whole => {
            let prevalence = prevalence?;
            formula(Formula::RecallAtBudget { prevalence, budget }, portion.rows)
        }
        (Metric::PrecisionAtBudget, Some(budget)) if is_whole => {
            formula(Formula::PrecisionAtBudget { budget }, portion.rows)
        }
        (Metric::FalseAlarmRateAtBudget, Some(budget)) if is_whole => {
            let prevalence = prevalence?;
            let of = Formula::FalseAlarmsAtBudget { prevalence, budget };
            formula(of, portion.rows)
        }
        (_, Some(budget)) => match carrier_at_budget(metric, portion, budget) {
            Some(carried) => formula(Formula::NormalShare, carried?),
            None => Err(Missing::Pilot),
        },
        _ => Err(Missing::Pilot),
    }
}

/// An improvement over the incumbent on the same rows. Without a pilot a
/// metric must be a share; where the share of rows on which exactly one is
/// right is not stated either, it is taken to be one half, which is the most
/// that two whose errors are not opposed can come to.
fn paired(metric: Metric, of: &Circumstances, portion: &Portion) -> Model {
    let Some(carried) = carrier(metric, of, portion) else {
        return Err(Missing::Pilot);
    };
    let discordant = of.discordant.unwrap_or(0.5);
    let spread = Spread::Formula {
        formula: Formula::Paired { discordant },
        carried: carried?,
    };
    Ok((spread, Method::Formula))
}

/// A gap: each member's standard error at one row, from the pilot or, for a
/// share, at its worst.
fn gap(need: &Need, criterion: &Criterion, of: &Circumstances, group: usize) -> Model {
    let budget = need.decision.and_then(|rule| rule.review_budget);
    let unit_errors = counted_members(need, criterion, of, group)
        .into_iter()
        .map(|(member, portion)| {
            let part = Part {
                member: Some(member),
                class: criterion.class,
                portion,
            };
            let pilot = of.pilot.as_ref();
            let seen = pilot.and_then(|it| it.measure(need, criterion, &part));
            if let Some(seen) = seen {
                return Ok(seen.standard_error * (seen.rows as f64).sqrt());
            }
            if has_no_formula(need, &part) {
                return Err(Missing::Pilot);
            }
            let metric = criterion.metric;
            let carried = carrier(metric, of, &portion)
                .or_else(|| carrier_at_budget(metric, &portion, budget?));
            let carried = carried.ok_or(Missing::Pilot)??;
            Ok(0.5 / carried.sqrt())
        })
        .collect::<Result<Vec<f64>, Missing>>()?;
    let seed = need.statistics.seed;
    Ok((Spread::Gap { unit_errors, seed }, Method::Imagined))
}

/// Whether so few rows carry a part that the gate does not judge it.
pub(super) fn carries(rows: u64, fewest: Option<u64>) -> bool {
    fewest.is_some_and(|fewest| of(1.0, rows) >= fewest)
}
