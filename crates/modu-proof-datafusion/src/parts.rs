//! Putting the answers of all partitions together.

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::datatypes::{Float32Type, UInt64Type};
use modu_proof::evaluate::Scores;

use crate::AdapterError;

/// Scores by row number, from batches in any order. The same rows give the same
/// scores however they were partitioned. Takes four bytes a score and one a row.
#[derive(Debug)]
pub struct Parts {
    answered: Vec<bool>,
    missing: usize,
    width: Option<usize>,
    values: Vec<f32>,
}

impl Parts {
    /// No answers yet for rows `0..rows`.
    #[must_use]
    pub fn new(rows: usize) -> Self {
        Self {
            answered: vec![false; rows],
            missing: rows,
            width: None,
            values: Vec::new(),
        }
    }

    /// Takes a batch of two columns: the row's number, counted from 0 (`UInt64`),
    /// and its scores ([`crate::Answer::AllScores`]).
    ///
    /// # Errors
    /// [`AdapterError`]: other columns, a row past the end or answered twice, or
    /// another number of scores than in other rows.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<(), AdapterError> {
        let [numbers, scores] = batch.columns() else {
            return Err(AdapterError::OtherColumns);
        };
        let numbers = numbers.as_primitive_opt::<UInt64Type>();
        let (Some(numbers), Some(scores)) = (numbers, scores.as_list_opt::<i32>()) else {
            return Err(AdapterError::OtherColumns);
        };
        if numbers.null_count() + scores.null_count() > 0 {
            return Err(AdapterError::OtherColumns);
        }
        for (row, scores) in numbers.values().iter().zip(scores.iter().flatten()) {
            let scores = scores
                .as_primitive_opt::<Float32Type>()
                .filter(|scores| scores.null_count() == 0)
                .ok_or(AdapterError::OtherColumns)?;
            self.put(*row, scores.values())?;
        }
        Ok(())
    }

    fn put(&mut self, row: u64, scores: &[f32]) -> Result<(), AdapterError> {
        let wrong = |problem| AdapterError::Row { row, problem };
        let place = usize::try_from(row).map_err(|_| wrong("past the end"))?;
        let answered = self.answered.get_mut(place);
        let answered = answered.ok_or(wrong("past the end"))?;
        if std::mem::replace(answered, true) {
            return Err(wrong("answered twice"));
        }
        self.missing -= 1;
        let width = *self.width.get_or_insert(scores.len());
        if scores.len() != width {
            return Err(AdapterError::Width {
                row,
                found: scores.len(),
                expected: width,
            });
        }
        if self.values.is_empty() {
            self.values = vec![0.0; self.answered.len().saturating_mul(width)];
        }
        if let Some(cells) = self.values.get_mut(place * width..(place + 1) * width) {
            cells.copy_from_slice(scores);
        }
        Ok(())
    }

    /// The scores of all rows, row-major in the order of their numbers: what
    /// `modu_proof::predictions::Predictions` holds.
    ///
    /// # Errors
    /// [`AdapterError::Missing`]: rows have no answer.
    pub fn finish(self) -> Result<Scores, AdapterError> {
        let rows = self.answered.len();
        if self.missing > 0 {
            return Err(AdapterError::Missing {
                missing: self.missing,
                rows,
            });
        }
        Ok(Scores {
            rows,
            width: self.width.unwrap_or(1),
            values: self.values,
        })
    }
}
