//! What was known of each row beforehand: named columns of numbers.

use crate::SurvivalError;
use crate::outcome::{check, check_length};

/// Largest number of columns.
pub const MAX_COLUMNS: usize = 10_000;

/// A table of finite numbers, kept column by column.
#[derive(Debug, Clone, PartialEq)]
pub struct Covariates {
    rows: usize,
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
}

impl Covariates {
    /// Columns with their names, for `rows` rows. No column at all is allowed:
    /// a model without covariates is the baseline.
    ///
    /// # Errors
    /// More than [`MAX_COLUMNS`], a column of another length, and a value that
    /// is NaN or infinite: what is missing must be filled in or left out
    /// beforehand, where it can be said.
    pub fn new(rows: usize, columns: Vec<(String, Vec<f64>)>) -> Result<Self, SurvivalError> {
        if columns.len() > MAX_COLUMNS {
            return Err(SurvivalError::TooMany {
                what: "columns",
                found: columns.len(),
                limit: MAX_COLUMNS,
            });
        }
        for (name, column) in &columns {
            let what = format!("the column `{name}`");
            check_length(&what, column.len(), rows)?;
            check(&what, column, "a finite number", f64::is_finite)?;
        }
        let (names, columns) = columns.into_iter().unzip();
        Ok(Self {
            rows,
            names,
            columns,
        })
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Names of the columns, in their order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The columns, in their order, each of [`Self::rows`] values.
    #[must_use]
    pub fn columns(&self) -> &[Vec<f64>] {
        &self.columns
    }

    /// Some of the rows, each as often as it is named.
    ///
    /// # Errors
    /// None: what was checked stays so.
    pub(crate) fn of_rows(&self, rows: &[usize]) -> Result<Self, SurvivalError> {
        let of = |column: &Vec<f64>| rows.iter().map(|row| column[*row]).collect();
        let columns = self.columns.iter().map(of);
        Self::new(
            rows.len(),
            self.names.iter().cloned().zip(columns).collect(),
        )
    }

    /// Whether these are the columns that a model was fitted to.
    pub(crate) fn must_have(&self, names: &[String]) -> Result<(), SurvivalError> {
        match self.names == names {
            true => Ok(()),
            false => Err(SurvivalError::Columns {
                expected: names.join(", "),
                found: self.names.join(", "),
            }),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_missing_value_is_refused_with_its_column_and_row() {
        let columns = vec![("age".to_owned(), vec![50.0, f64::NAN])];
        let error = Covariates::new(2, columns).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("the column `age`, row 1: NaN"),
            "{error}"
        );
    }

    #[test]
    fn a_column_of_another_length_is_refused() {
        let columns = vec![("age".to_owned(), vec![50.0])];
        assert!(matches!(
            Covariates::new(2, columns),
            Err(SurvivalError::Length { .. })
        ));
    }
}
