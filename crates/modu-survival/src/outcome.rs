//! Who was watched from when to when, and what happened: the columns that
//! every estimator takes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::SurvivalError;

/// Largest number of rows of one study.
pub const MAX_ROWS: usize = 50_000_000;

/// What ended the watching of a row: 0 is that nothing had happened yet
/// (censored), 1 is the event of interest, larger codes are competing events
/// or further states.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct EventCode(pub u16);

impl EventCode {
    /// Nothing had happened when the row was last seen.
    pub const CENSORED: Self = Self(0);
    /// The event of interest, where there is one.
    pub const EVENT: Self = Self(1);

    /// Whether nothing had happened yet.
    #[must_use]
    pub const fn is_censored(self) -> bool {
        self.0 == 0
    }
}

/// The outcomes of rows, as columns of one length.
///
/// A row is at risk in the interval (entry, time]; without entries everyone is
/// at risk from the start. Times are finite and not negative, in any one unit;
/// an event at time 0 counts for those who have no entry. Where one person has
/// several rows (values that change with time, recurrences), the cluster says
/// who.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcomes {
    time: Vec<f64>,
    event: Vec<EventCode>,
    entry: Option<Vec<f64>>,
    weight: Option<Vec<f64>>,
    stratum: Option<Vec<u32>>,
    cluster: Option<Vec<u32>>,
}

impl Outcomes {
    /// Outcomes that are all watched from the start.
    ///
    /// # Errors
    /// Columns of different length, no rows or more than [`MAX_ROWS`], and a
    /// time that is negative, NaN or infinite.
    pub fn new(time: Vec<f64>, event: Vec<EventCode>) -> Result<Self, SurvivalError> {
        if time.is_empty() {
            return Err(SurvivalError::Empty);
        }
        if time.len() > MAX_ROWS {
            return Err(SurvivalError::TooMany {
                what: "rows",
                found: time.len(),
                limit: MAX_ROWS,
            });
        }
        check_length("the events", event.len(), time.len())?;
        check(
            "the times",
            &time,
            "a finite number of at least 0",
            |time| time.is_finite() && time >= 0.0,
        )?;
        Ok(Self {
            time,
            event,
            entry: None,
            weight: None,
            stratum: None,
            cluster: None,
        })
    }

    /// Whether each row had the one event that there is.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn single(time: Vec<f64>, event: &[bool]) -> Result<Self, SurvivalError> {
        let event = event.iter().map(|event| EventCode(u16::from(*event)));
        Self::new(time, event.collect())
    }

    /// Rows that are at risk only after their entry (left truncation, or one
    /// of several rows of a person).
    ///
    /// # Errors
    /// Another length, or an entry that is not finite and before its time.
    pub fn with_entry(mut self, entry: Vec<f64>) -> Result<Self, SurvivalError> {
        check_length("the entries", entry.len(), self.len())?;
        let late = entry.iter().zip(&self.time);
        let late = late
            .enumerate()
            .find(|(_, (entry, time))| !(*entry < *time && entry.is_finite()));
        if let Some((row, (entry, _))) = late {
            return Err(SurvivalError::Value {
                what: "the entries".to_owned(),
                row,
                found: entry.to_string(),
                range: "finite and before the row's time",
            });
        }
        self.entry = Some(entry);
        Ok(self)
    }

    /// Rows that count more or less than once.
    ///
    /// # Errors
    /// Another length, or a weight that is not finite and above 0.
    pub fn with_weights(mut self, weight: Vec<f64>) -> Result<Self, SurvivalError> {
        check_length("the weights", weight.len(), self.len())?;
        check("the weights", &weight, "finite and above 0", |weight| {
            weight.is_finite() && weight > 0.0
        })?;
        self.weight = Some(weight);
        Ok(self)
    }

    /// Rows that are compared within their stratum only.
    ///
    /// # Errors
    /// Another length.
    pub fn with_strata(mut self, stratum: Vec<u32>) -> Result<Self, SurvivalError> {
        check_length("the strata", stratum.len(), self.len())?;
        self.stratum = Some(stratum);
        Ok(self)
    }

    /// Rows that belong together: those of one person, or of one hospital.
    ///
    /// # Errors
    /// Another length.
    pub fn with_clusters(mut self, cluster: Vec<u32>) -> Result<Self, SurvivalError> {
        check_length("the clusters", cluster.len(), self.len())?;
        self.cluster = Some(cluster);
        Ok(self)
    }

    /// Some of the rows, each as often as it is named.
    ///
    /// # Errors
    /// No rows.
    pub(crate) fn of_rows(&self, rows: &[usize]) -> Result<Self, SurvivalError> {
        fn of<T: Copy>(column: &[T], rows: &[usize]) -> Vec<T> {
            rows.iter().map(|row| column[*row]).collect()
        }
        let numbers = |column: &Option<Vec<f64>>| column.as_ref().map(|it| of(it, rows));
        let names = |column: &Option<Vec<u32>>| column.as_ref().map(|it| of(it, rows));
        Ok(Self {
            entry: numbers(&self.entry),
            weight: numbers(&self.weight),
            stratum: names(&self.stratum),
            cluster: names(&self.cluster),
            ..Self::new(of(&self.time, rows), of(&self.event, rows))?
        })
    }

    /// The same rows, each counted once and all compared with each other.
    pub(crate) fn unweighted_whole(&self) -> Self {
        Self {
            weight: None,
            stratum: None,
            ..self.clone()
        }
    }

    /// Whether everyone was watched from the start, counts once, and is
    /// compared with all.
    pub(crate) fn is_plain(&self) -> bool {
        self.entry.is_none() && self.weight.is_none() && self.stratum.is_none()
    }

    /// Number of rows, at least one.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is always a row")]
    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// When each row was last seen.
    #[must_use]
    pub fn time(&self) -> &[f64] {
        &self.time
    }

    /// What happened then.
    #[must_use]
    pub fn event(&self) -> &[EventCode] {
        &self.event
    }

    /// From when each row was watched; `None` is from the start.
    #[must_use]
    pub fn entry(&self) -> Option<&[f64]> {
        self.entry.as_deref()
    }

    /// How much each row counts; `None` is once.
    #[must_use]
    pub fn weight(&self) -> Option<&[f64]> {
        self.weight.as_deref()
    }

    /// Within what each row is compared.
    #[must_use]
    pub fn stratum(&self) -> Option<&[u32]> {
        self.stratum.as_deref()
    }

    /// What each row belongs to.
    #[must_use]
    pub fn cluster(&self) -> Option<&[u32]> {
        self.cluster.as_deref()
    }
}

pub(crate) fn check_length(what: &str, found: usize, expected: usize) -> Result<(), SurvivalError> {
    match found == expected {
        true => Ok(()),
        false => Err(SurvivalError::Length {
            what: what.to_owned(),
            expected,
            found,
        }),
    }
}

pub(crate) fn check(
    what: &str,
    values: &[f64],
    range: &'static str,
    holds: impl Fn(f64) -> bool,
) -> Result<(), SurvivalError> {
    match values.iter().position(|value| !holds(*value)) {
        None => Ok(()),
        Some(row) => Err(SurvivalError::Value {
            what: what.to_owned(),
            row,
            found: values[row].to_string(),
            range,
        }),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn times_that_are_negative_or_not_numbers_are_refused_with_their_row() {
        for time in [-1.0, f64::NAN, f64::INFINITY] {
            let error = Outcomes::single(vec![1.0, time], &[true, false]).unwrap_err();
            assert!(
                matches!(error, SurvivalError::Value { row: 1, .. }),
                "{error}"
            );
        }
        assert!(Outcomes::single(vec![0.0], &[true]).is_ok());
        assert_eq!(Outcomes::new(vec![], vec![]), Err(SurvivalError::Empty));
    }

    #[test]
    fn an_entry_at_or_after_its_time_is_refused() {
        let outcomes = Outcomes::single(vec![1.0, 2.0], &[true, true]).unwrap();
        assert!(outcomes.clone().with_entry(vec![0.0, 2.0]).is_err());
        assert!(outcomes.clone().with_entry(vec![f64::NAN, 0.0]).is_err());
        assert!(outcomes.with_entry(vec![-1.0, 1.5]).is_ok());
    }

    #[test]
    fn weights_must_be_above_zero() {
        let outcomes = Outcomes::single(vec![1.0], &[true]).unwrap();
        assert!(outcomes.clone().with_weights(vec![0.0]).is_err());
        assert!(outcomes.with_weights(vec![2.5]).is_ok());
    }
}
