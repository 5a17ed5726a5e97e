//! An organisation's rules: which table decides, and how many days each of its
//! outcomes leaves.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use serde::Deserialize;

use crate::ledger::UtcOffset;
use crate::ssvc::DecisionTable;
use crate::{VulnError, limits};

const SCHEMA: &str = "modu.vuln.policy/1";

/// The policies that are here, by the name of their table.
const POLICIES: [(&str, &str); 2] = [
    (
        "cisa-bod-26-04",
        include_str!("policies/cisa-bod-26-04.toml"),
    ),
    ("ssvc-deployer", include_str!("policies/ssvc-deployer.toml")),
];

/// The text of a policy that is here.
#[must_use]
pub fn named(name: &str) -> Option<&'static str> {
    let mut policies = POLICIES.iter();
    policies
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
}

/// The names of the policies that are here.
pub fn names() -> impl Iterator<Item = &'static str> {
    POLICIES.iter().map(|(name, _)| *name)
}

/// How days are given, as TOML.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    schema: String,
    /// The decision table: one that is here, or `own`, the run's input
    /// `table`.
    pub table: String,
    /// Where days are counted.
    pub utc_offset: UtcOffset,
    /// Days that each outcome leaves, from the day it is decided.
    #[serde(default)]
    days: BTreeMap<String, u16>,
    /// Outcomes that leave until the next upgrade: they have no day.
    #[serde(default)]
    at_next_upgrade: BTreeSet<String>,
    /// Whether a CVSS vector tells `Automatable` and `Technical Impact` where
    /// nobody decided on those; else they count as not known.
    #[serde(default)]
    pub cvss_stands_in: bool,
    /// Further limits: what reaches one is due within its days, whatever the
    /// table says.
    #[serde(default)]
    pub limits: Vec<Limit>,
    /// Where a deadline moves that is on no business day.
    #[serde(default)]
    non_business_day: NonBusinessDay,
    /// Days that are no business days, beside Saturday and Sunday.
    #[serde(default)]
    holidays: BTreeSet<Date>,
    /// What comes back within so many days of its fix keeps its deadline.
    #[serde(default = "regression_days")]
    pub regression_days: u16,
    /// Days between two pages from which on the clock is doubted.
    #[serde(default = "longest_gap_days")]
    pub longest_gap_days: u16,
}

const fn regression_days() -> u16 {
    90
}

const fn longest_gap_days() -> u16 {
    366
}

/// What is at least so likely, or so severe, is due within some days.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// An EPSS probability, 0 to 1.
    pub epss: Option<f64>,
    /// A CVSS base score, 0 to 10, of any version.
    pub cvss: Option<f64>,
    /// The days.
    pub days: u16,
}

/// Where a deadline moves that falls on no business day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NonBusinessDay {
    /// Nowhere.
    #[default]
    Stays,
    /// To the last business day before it, but not before the day itself.
    Earlier,
    /// To the first business day after it.
    Later,
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`VulnError`] with the place.
    pub fn parse(bytes: &[u8]) -> Result<Self, VulnError> {
        let policy: Self =
            toml::from_slice(bytes).map_err(|error| VulnError::toml(bytes, &error))?;
        if policy.schema != SCHEMA {
            return Err(malformed("schema", format!("expected \"{SCHEMA}\"")));
        }
        for (number, limit) in (1..).zip(&policy.limits) {
            let within = |value: Option<f64>, most: f64| {
                value.is_none_or(|value| (0.0..=most).contains(&value))
            };
            let one = limit.epss.is_some() != limit.cvss.is_some();
            if !one || !within(limit.epss, 1.0) || !within(limit.cvss, 10.0) {
                return Err(malformed(
                    &format!("limit {number}"),
                    "expected either `epss`, 0 to 1, or `cvss`, 0 to 10".to_owned(),
                ));
            }
        }
        let most = policy
            .days
            .values()
            .chain(policy.limits.iter().map(|limit| &limit.days));
        if most.max().is_some_and(|days| *days > limits::DEADLINE_DAYS) {
            let problem = format!("a deadline is within {} days", limits::DEADLINE_DAYS);
            return Err(malformed("days", problem));
        }
        Ok(policy)
    }

    /// Sees that every outcome of a table has its days, and no other.
    ///
    /// # Errors
    /// [`VulnError::Malformed`] with the outcome that has none, or that the
    /// table does not have.
    pub fn check(&self, table: &DecisionTable) -> Result<(), VulnError> {
        let outcomes = &table.outcome().values;
        for outcome in outcomes {
            if self.days.contains_key(outcome) == self.at_next_upgrade.contains(outcome) {
                return Err(malformed(
                    "days",
                    format!(
                        "outcome `{outcome}` of {} stands either in `days` or in `at_next_upgrade`",
                        table.name()
                    ),
                ));
            }
        }
        let named = self.days.keys().chain(&self.at_next_upgrade);
        match named.clone().find(|named| !outcomes.contains(named)) {
            None => Ok(()),
            Some(unknown) => Err(malformed(
                "days",
                format!(
                    "`{unknown}` is no outcome of {}: expected {}",
                    table.name(),
                    outcomes.join(", ")
                ),
            )),
        }
    }

    /// The days that an outcome leaves; none: until the next upgrade.
    #[must_use]
    pub fn days(&self, outcome: &str) -> Option<u16> {
        self.days.get(outcome).copied()
    }

    /// The last day of so many from a day.
    #[must_use]
    pub fn due(&self, from: Date, days: u16) -> Date {
        let due = from.saturating_add(i64::from(days).days());
        let step = match self.non_business_day {
            NonBusinessDay::Stays => return due,
            NonBusinessDay::Earlier => -1,
            NonBusinessDay::Later => 1,
        };
        let mut moved = due;
        // Bounded: a policy could name every day of a year a holiday.
        for _ in 0..366 {
            if self.is_business_day(moved) {
                return moved.max(from);
            }
            moved = moved.saturating_add(i64::from(step).days());
        }
        due
    }

    fn is_business_day(&self, day: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        !weekend && !self.holidays.contains(&day)
    }
}

fn malformed(place: &str, problem: String) -> VulnError {
    VulnError::Malformed {
        place: place.to_owned(),
        problem,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::ssvc;

    #[test]
    fn the_policies_that_are_here_give_days_for_their_tables() {
        for name in names() {
            let policy = Policy::parse(named(name).unwrap().as_bytes()).unwrap();
            assert_eq!(policy.table, name);
            policy.check(&ssvc::named(name).unwrap()).unwrap();
        }
    }

    #[test]
    fn a_deadline_moves_off_weekends_and_holidays_and_never_before_its_day() {
        let policy = |moves: &str| {
            let text = format!(
                "schema = \"{SCHEMA}\"\ntable = \"own\"\nutc_offset = \"+09:00\"\nnon_business_day = \"{moves}\"\nholidays = [\"2026-10-09\"]\n"
            );
            Policy::parse(text.as_bytes()).unwrap()
        };
        let day = |text: &str| text.parse::<Date>().unwrap();
        // 9 October 2026 is a Friday.
        for (moves, days, due) in [
            ("stays", 2, "2026-10-10"),
            ("earlier", 2, "2026-10-08"),
            ("later", 2, "2026-10-12"),
            ("later", 1, "2026-10-12"),
            ("later", 0, "2026-10-08"),
        ] {
            assert_eq!(
                policy(moves).due(day("2026-10-08"), days),
                day(due),
                "{moves} {days}"
            );
        }
        let saturday = day("2026-10-10");
        assert_eq!(policy("earlier").due(saturday, 0), saturday);
    }

    #[test]
    fn a_policy_that_leaves_an_outcome_open_is_refused() {
        let table = ssvc::named("cisa-bod-26-04").unwrap();
        for days in ["", "3DF = 3\n3D = 3\n14D = 14\n60D = 60\nXXX = 1\n"] {
            let text = format!(
                "schema = \"{SCHEMA}\"\ntable = \"own\"\nutc_offset = \"+09:00\"\nat_next_upgrade = [\"FSU\"]\n[days]\n{days}"
            );
            let policy = Policy::parse(text.as_bytes()).unwrap();
            assert!(policy.check(&table).is_err(), "{days}");
        }
    }
}
