//! A decision table: every combination of its points' values has one outcome.

use serde::Deserialize;

use crate::{VulnError, limits};

/// Something that is decided on, or the outcome itself, with its values from
/// the least to the most urgent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionPoint {
    /// Its short name, such as `KEV`.
    pub key: String,
    /// The short names of its values, ascending in urgency.
    pub values: Vec<String>,
}

impl DecisionPoint {
    /// The place of a value, whatever its case: sources write `none` and
    /// `None`.
    #[must_use]
    pub fn place(&self, value: &str) -> Option<usize> {
        let mut values = self.values.iter();
        values.position(|known| known.eq_ignore_ascii_case(value))
    }
}

/// Points, an outcome, and which combination gives which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionTable {
    name: String,
    version: String,
    points: Vec<DecisionPoint>,
    outcome: DecisionPoint,
    /// Places of outcomes, by the combination's number in mixed radix, the
    /// last point running fastest.
    outcomes: Vec<usize>,
}

impl DecisionTable {
    /// Puts a table together from its rows: a value for each point in the
    /// points' order, and the outcome last.
    ///
    /// # Errors
    /// [`VulnError::Malformed`] with the row that names an unknown value or
    /// decides a combination again, or with the combinations left undecided;
    /// [`VulnError::TooMany`] beyond [`limits::TABLE_ROWS`].
    pub fn of_rows(
        (name, version): (String, String),
        points: Vec<DecisionPoint>,
        outcome: DecisionPoint,
        rows: &[Vec<String>],
    ) -> Result<Self, VulnError> {
        let combinations = combinations(&points)?;
        let mut table = Self {
            name,
            version,
            points,
            outcome,
            outcomes: Vec::new(),
        };
        let mut outcomes = vec![None; combinations];
        for (number, row) in (1..).zip(rows) {
            let (at, outcome) = table.row(number, row)?;
            if outcomes[at].replace(outcome).is_some() {
                return Err(malformed(
                    &format!("row {number}"),
                    "its combination has been decided before: keep one of the rows",
                ));
            }
        }
        let open = outcomes.iter().filter(|outcome| outcome.is_none()).count();
        if open > 0 {
            let problem = format!(
                "{open} of {combinations} combinations have no row: a table decides every one"
            );
            return Err(malformed("rows", &problem));
        }
        table.outcomes = outcomes.into_iter().flatten().collect();
        Ok(table)
    }

    /// The combination's number and the outcome's place.
    fn row(&self, number: usize, row: &[String]) -> Result<(usize, usize), VulnError> {
        let place = format!("row {number}");
        let Some((outcome, values)) = row.split_last() else {
            return Err(malformed(&place, "it is empty"));
        };
        if values.len() != self.points.len() {
            let problem = format!(
                "expected {} values and the outcome, found {} cells",
                self.points.len(),
                row.len()
            );
            return Err(malformed(&place, &problem));
        }
        let find = |point: &DecisionPoint, value: &str| {
            point.place(value).ok_or_else(|| {
                let problem = format!(
                    "`{value}` is no value of {}: expected one of {}",
                    point.key,
                    point.values.join(", ")
                );
                malformed(&place, &problem)
            })
        };
        let mut at = 0;
        for (point, value) in self.points.iter().zip(values) {
            at = at * point.values.len() + find(point, value)?;
        }
        Ok((at, find(&self.outcome, outcome)?))
    }

    /// The table's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What it decides on.
    #[must_use]
    pub fn points(&self) -> &[DecisionPoint] {
        &self.points
    }

    /// What it comes to, the outcomes ascending in urgency.
    #[must_use]
    pub fn outcome(&self) -> &DecisionPoint {
        &self.outcome
    }

    /// The outcome by what is known of each point, in the points' order: what
    /// is not known counts as whatever makes the outcome most urgent. A value
    /// that the point does not have is not known. Costs a look at every row.
    #[must_use]
    pub fn decide(&self, known: &[Option<&str>]) -> &str {
        let places: Vec<Option<usize>> = (self.points.iter().enumerate())
            .map(|(at, point)| {
                known
                    .get(at)
                    .copied()
                    .flatten()
                    .and_then(|it| point.place(it))
            })
            .collect();
        let fits = |combination: usize| {
            let mut rest = combination;
            (self.points.iter().zip(&places).rev()).all(|(point, place)| {
                let value = rest % point.values.len();
                rest /= point.values.len();
                place.is_none_or(|place| place == value)
            })
        };
        let fitting = (self.outcomes.iter().enumerate()).filter(|(at, _)| fits(*at));
        let most_urgent = fitting.map(|(_, outcome)| *outcome).max().unwrap_or(0);
        &self.outcome.values[most_urgent]
    }
}

/// How many combinations the points have.
fn combinations(points: &[DecisionPoint]) -> Result<usize, VulnError> {
    let too_many = || VulnError::TooMany {
        what: "rows of a decision table",
        limit: limits::TABLE_ROWS as u64,
    };
    let mut combinations: usize = 1;
    for point in points {
        if point.values.is_empty() {
            return Err(malformed(&point.key, "it has no values"));
        }
        combinations = combinations
            .checked_mul(point.values.len())
            .filter(|count| *count <= limits::TABLE_ROWS)
            .ok_or_else(too_many)?;
    }
    Ok(combinations)
}

pub(super) fn malformed(place: &str, problem: &str) -> VulnError {
    VulnError::Malformed {
        place: place.to_owned(),
        problem: problem.to_owned(),
    }
}
