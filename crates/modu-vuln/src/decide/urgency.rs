//! From what is known to how soon.

use std::collections::BTreeMap;

use super::context::{Context, Criticality, Exposure};
use super::facts::Facts;
use super::policy::{Limit, Policy};
use crate::ledger::Because;
use crate::ssvc::DecisionTable;

/// What a decision came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Urgency {
    pub(super) outcome: String,
    pub(super) because: Because,
}

/// Decides. What nothing is known of counts as whatever makes it most urgent.
pub(super) fn decide(
    table: &DecisionTable,
    policy: &Policy,
    facts: Facts,
    context: Context,
) -> Urgency {
    let values: Vec<Option<&str>> = (table.points().iter())
        .map(|point| value(&point.key, facts, context).filter(|it| point.place(it).is_some()))
        .collect();
    let outcome = table.decide(&values);
    let (mut known, mut assumed) = (BTreeMap::new(), Vec::new());
    for (point, value) in table.points().iter().zip(&values) {
        match value {
            Some(value) => {
                known.insert(point.key.clone(), (*value).to_owned());
            }
            None => assumed.push(point.key.clone()),
        }
    }
    let by_table = policy.days(outcome);
    let limit = (policy.limits.iter())
        .filter(|limit| reaches(**limit, facts))
        .min_by_key(|limit| limit.days)
        .filter(|limit| by_table.is_none_or(|days| limit.days < days));
    Urgency {
        outcome: outcome.to_owned(),
        because: Because {
            table: format!("{} {}", table.name(), table.version()),
            known,
            assumed,
            limit: limit.map(|limit| words(*limit)),
            days: limit.map(|limit| limit.days).or(by_table),
        },
    }
}

/// The value of a point, by the short names that SSVC and CISA give them.
fn value(key: &str, facts: Facts, context: Context) -> Option<&'static str> {
    const fn yes(it: bool) -> &'static str {
        if it { "Y" } else { "N" }
    }
    match key {
        "KEV" => facts.kev.map(yes),
        "PE" => context.exposure.map(|it| yes(it == Exposure::Internet)),
        "EXP" => context.exposure.map(|it| match it {
            Exposure::Isolated => "S",
            Exposure::Internal | Exposure::Adjacent => "C",
            Exposure::Internet => "O",
        }),
        "A" => facts.automatable.map(yes),
        "TI" => facts.total.map(|it| if it { "T" } else { "P" }),
        "E" if facts.kev == Some(true) => Some("A"),
        "E" => facts.exploitation.map(|it| match it {
            0 => "N",
            1 => "P",
            _ => "A",
        }),
        "HI" => context.criticality.map(|it| match it {
            Criticality::Low => "L",
            Criticality::Medium => "M",
            Criticality::High => "H",
            Criticality::VeryHigh => "VH",
        }),
        _ => None,
    }
}

fn reaches(limit: Limit, facts: Facts) -> bool {
    let at_least = |value: Option<f64>, least: Option<f64>| {
        least.is_some_and(|least| value.is_some_and(|value| value >= least))
    };
    at_least(facts.epss, limit.epss) || at_least(facts.cvss, limit.cvss)
}

fn words(limit: Limit) -> String {
    match (limit.epss, limit.cvss) {
        (Some(least), _) => format!("EPSS >= {least}"),
        (None, Some(least)) => format!("CVSS >= {least}"),
        (None, None) => String::new(),
    }
}
