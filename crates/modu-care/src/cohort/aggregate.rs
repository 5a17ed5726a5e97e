//! From several facts to one cell: the last value, their mean, whether there
//! was one at all.

use super::definition::{Aggregate, PersonValue, PredictorRule, Sex};
use super::row::Occasion;
use crate::records::{DAY, Fact, FactValue};

/// A cell of the table.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    /// A finite number.
    Number(f64),
    /// A level.
    Level(String),
    /// Nothing is known.
    Missing,
}

/// A cell, and whether something was left out of it because it was not known
/// by the prediction.
pub(super) struct Found {
    pub(super) cell: Cell,
    pub(super) known_later: bool,
}

/// What a rule finds at a prediction.
pub(super) fn cell(rule: &PredictorRule, occasion: &Occasion<'_>) -> Found {
    if let Some(value) = rule.person {
        return Found {
            cell: of_person(value, occasion),
            known_later: false,
        };
    }
    let (Some(selector), Some(aggregate)) = (&rule.facts, rule.aggregate) else {
        return Found {
            cell: Cell::Missing,
            known_later: false,
        };
    };
    let meant =
        |fact: &&Fact| selector.means(fact) && rule.window.holds(fact.start, occasion.prediction);
    let by_then = |fact: &&Fact| fact.known.is_none_or(|known| known <= occasion.prediction);
    let all: Vec<&Fact> = occasion.other_facts().filter(meant).collect();
    let known: Vec<&Fact> = all.iter().copied().filter(by_then).collect();
    Found {
        known_later: known.len() < all.len(),
        cell: of_facts(aggregate, &known, occasion.prediction),
    }
}

fn of_person(value: PersonValue, occasion: &Occasion<'_>) -> Cell {
    match value {
        PersonValue::Age => occasion
            .years
            .map_or(Cell::Missing, |age| Cell::Number(f64::from(age))),
        PersonValue::Sex => match occasion.person.sex {
            None => Cell::Missing,
            Some(sex) => Cell::Level(sex_level(sex).to_owned()),
        },
        PersonValue::DaysSinceFirst => number_of_days(occasion.prediction - occasion.first),
        PersonValue::IndexDays => match occasion.index.end {
            None => Cell::Missing,
            Some(end) => number_of_days(end.latest - occasion.index.start.latest),
        },
    }
}

/// The levels of sex, in their order.
pub(super) const SEXES: [Sex; 3] = [Sex::Female, Sex::Male, Sex::Other];

pub(super) const fn sex_level(sex: Sex) -> &'static str {
    match sex {
        Sex::Female => "female",
        Sex::Male => "male",
        Sex::Other => "other",
    }
}

#[expect(clippy::cast_precision_loss, reason = "a century has 3e9 seconds")]
fn number_of_days(seconds: i64) -> Cell {
    Cell::Number(seconds as f64 / DAY as f64)
}

fn of_facts(aggregate: Aggregate, facts: &[&Fact], prediction: i64) -> Cell {
    let last = facts.iter().map(|fact| fact.start.latest).max();
    match aggregate {
        #[expect(clippy::cast_precision_loss, reason = "counts are small")]
        Aggregate::Count => Cell::Number(facts.len() as f64),
        Aggregate::Ever => Cell::Number(f64::from(u8::from(!facts.is_empty()))),
        Aggregate::DaysSince => {
            last.map_or(Cell::Missing, |last| number_of_days(prediction - last))
        }
        Aggregate::Last | Aggregate::First => {
            let valued = facts.iter().copied().filter(|fact| fact.value.is_some());
            let valued: Vec<&Fact> = valued.collect();
            let times = valued.iter().map(|fact| fact.start.latest);
            let wanted = match aggregate {
                Aggregate::Last => times.max(),
                _ => times.min(),
            };
            let mut there = valued;
            there.retain(|fact| Some(fact.start.latest) == wanted);
            level(&there).unwrap_or_else(|| mean(&numbers(&there)))
        }
        Aggregate::Mean => mean(&numbers(facts)),
        Aggregate::Min => extreme(facts, f64::min),
        Aggregate::Max => extreme(facts, f64::max),
    }
}

fn numbers(facts: &[&Fact]) -> Vec<f64> {
    let value = |fact: &&Fact| match fact.value {
        Some(FactValue::Number(value)) => Some(value),
        _ => None,
    };
    facts.iter().filter_map(value).collect()
}

fn level(facts: &[&Fact]) -> Option<Cell> {
    let levels = facts.iter().filter_map(|fact| match &fact.value {
        Some(FactValue::Level(level)) => Some(level),
        _ => None,
    });
    levels.min().map(|level| Cell::Level(level.clone()))
}

/// In the order of the facts, which is one for one set of them.
fn mean(values: &[f64]) -> Cell {
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    finite(mean)
}

fn extreme(facts: &[&Fact], of: fn(f64, f64) -> f64) -> Cell {
    let extreme = numbers(facts).into_iter().reduce(of);
    extreme.map_or(Cell::Missing, finite)
}

fn finite(value: f64) -> Cell {
    match value.is_finite() {
        true => Cell::Number(value),
        false => Cell::Missing,
    }
}
