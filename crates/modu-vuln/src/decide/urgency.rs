//! From what is known to how soon.

use std::collections::BTreeMap;

use super::Context;
use super::facts::Facts;
use super::policy::{Limit, Policy};
use crate::advisory::facts::Exploitation;
use crate::cvss::Score;
use crate::inventory::assets::{Criticality, Exposure};
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
    let (mut known, mut derived, mut assumed) = (BTreeMap::new(), Vec::new(), Vec::new());
    let mut values = Vec::new();
    for point in table.points() {
        let there = |value: &&str| point.place(value).is_some();
        let mut found = value(&point.key, facts, context).filter(there);
        if found.is_none() && policy.cvss_stands_in {
            found = by_vector(&point.key, facts).filter(there);
            derived.extend(found.map(|_| point.key.clone()));
        }
        match found {
            Some(value) => {
                known.insert(point.key.clone(), value.to_owned());
            }
            None => assumed.push(point.key.clone()),
        }
        values.push(found);
    }
    let outcome = table.decide(&values);
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
            derived,
            assumed,
            limit: limit.map(|limit| words(*limit)),
            days: limit.map(|limit| limit.days).or(by_table),
        },
    }
}

const fn yes(it: bool) -> &'static str {
    if it { "Y" } else { "N" }
}

const fn total(it: bool) -> &'static str {
    if it { "T" } else { "P" }
}

/// The value of a point as far as a CVSS vector tells it.
fn by_vector(key: &str, facts: Facts) -> Option<&'static str> {
    let (automatable, all) = facts.by_vector?;
    match key {
        "A" => Some(yes(automatable)),
        "TI" => Some(total(all)),
        _ => None,
    }
}

/// The value of a point, by the short names that SSVC and CISA give them.
fn value(key: &str, facts: Facts, context: Context) -> Option<&'static str> {
    match key {
        "KEV" => facts.kev.map(yes),
        "PE" => context.exposure.map(|it| yes(it == Exposure::Internet)),
        "EXP" => context.exposure.map(|it| match it {
            Exposure::Isolated => "S",
            Exposure::Internal | Exposure::Adjacent => "C",
            Exposure::Internet => "O",
        }),
        "A" => facts.automatable.map(yes),
        "TI" => facts.total.map(total),
        "E" if facts.kev == Some(true) => Some("A"),
        "E" => facts.exploitation.map(|it| match it {
            Exploitation::None => "N",
            Exploitation::Poc => "P",
            Exploitation::Active => "A",
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
    let cvss = facts.cvss.map(Score::value);
    at_least(facts.epss, limit.epss) || at_least(cvss, limit.cvss)
}

fn words(limit: Limit) -> String {
    match (limit.epss, limit.cvss) {
        (Some(least), _) => format!("EPSS >= {least}"),
        (None, Some(least)) => format!("CVSS >= {least}"),
        (None, None) => String::new(),
    }
}
