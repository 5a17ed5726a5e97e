//! A column of what was known beforehand: numbers, or categories.

use modu_kernel::Label;

use crate::{CareError, limits};

/// A column of the analysis table.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictor {
    /// The column's name, such as `creatinine`.
    pub name: String,
    /// For people.
    pub label: Label,
    /// The unit of its numbers in UCUM, such as `mg/dL`; none for categories
    /// and plain numbers.
    pub unit: Option<String>,
    /// What each row holds.
    pub values: Values,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Finite numbers; `None` is missing.
    Numeric(Vec<Option<f64>>),
    /// One of a few levels.
    Categorical(Categories),
}

impl Values {
    /// Finite numbers.
    ///
    /// # Errors
    /// The first number that is NaN or infinite, by its row.
    pub fn numeric(values: Vec<Option<f64>>) -> Result<Self, CareError> {
        let wrong = |value: &Option<f64>| value.is_some_and(|value| !value.is_finite());
        match values.iter().position(wrong) {
            None => Ok(Self::Numeric(values)),
            Some(row) => Err(CareError::at(
                format!("row {row}"),
                "the number is not finite",
            )),
        }
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Numeric(values) => values.len(),
            Self::Categorical(categories) => categories.codes.len(),
        }
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many rows hold nothing.
    #[must_use]
    pub fn missing(&self) -> usize {
        match self {
            Self::Numeric(values) => values.iter().filter(|value| value.is_none()).count(),
            Self::Categorical(it) => it.codes.iter().filter(|code| code.is_none()).count(),
        }
    }
}

/// Levels by name, and each row's place among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Categories {
    levels: Vec<String>,
    codes: Vec<Option<u32>>,
}

impl Categories {
    /// Levels and each row's place among them; `None` is missing.
    ///
    /// # Errors
    /// More than [`limits::LEVELS`], a level given twice, a place beyond them.
    pub fn new(levels: Vec<String>, codes: Vec<Option<u32>>) -> Result<Self, CareError> {
        if levels.len() > limits::LEVELS {
            return Err(CareError::TooMany {
                what: "levels of one column",
                limit: limits::LEVELS as u64,
            });
        }
        let mut sorted: Vec<_> = levels.iter().collect();
        sorted.sort_unstable();
        if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(CareError::at("its levels", "a level stands there twice"));
        }
        let beyond = |code: &Option<u32>| code.is_some_and(|code| code as usize >= levels.len());
        match codes.iter().position(beyond) {
            None => Ok(Self { levels, codes }),
            Some(row) => Err(CareError::at(
                format!("row {row}"),
                "there is no such level",
            )),
        }
    }

    /// The levels' names.
    #[must_use]
    pub fn levels(&self) -> &[String] {
        &self.levels
    }

    /// Each row's place among the levels; `None` is missing.
    #[must_use]
    pub fn codes(&self) -> &[Option<u32>] {
        &self.codes
    }
}
