//! Rows in, scores out: one solution at work on any part of a table.
//!
//! A row's score comes from that row alone, so a table may be cut into parts,
//! on one machine or many, and each part scored by itself: the scores are the
//! same bits. What holds a model to that is the check at the end of
//! `proof.predict`, which scores rows again among others.

use crate::dataset::Dataset;
use crate::evaluate::{Evaluate, EvaluateError, Scores};
use crate::preparation::Features;

/// A solution's preparation and its model, ready to score.
pub struct RowScorer<'a> {
    features: &'a Features,
    evaluator: &'a mut dyn Evaluate,
    /// Scores per row, once the first batch came back.
    width: Option<usize>,
}

impl<'a> RowScorer<'a> {
    /// Joins a bound preparation and the evaluator of the same solution.
    #[must_use]
    pub fn new(features: &'a Features, evaluator: &'a mut dyn Evaluate) -> Self {
        Self {
            features,
            evaluator,
            width: None,
        }
    }

    /// Scores all rows, in their order. No rows have no scores, of width 1.
    /// Holds one batch of features at a time.
    ///
    /// # Errors
    /// [`EvaluateError`]: the model fails, or answers in another shape.
    pub fn score(&mut self, dataset: &Dataset) -> Result<Scores, EvaluateError> {
        let rows = dataset.rows();
        let mut values = Vec::new();
        for start in (0..rows).step_by(self.features.batch_rows()) {
            let end = start.saturating_add(self.features.batch_rows()).min(rows);
            let batch: Vec<usize> = (start..end).collect();
            let (width, mut answer) = self.score_rows(dataset, &batch)?;
            if start == 0 {
                values.reserve_exact(rows.saturating_mul(width));
            }
            values.append(&mut answer);
        }
        Ok(Scores {
            rows,
            width: self.width.unwrap_or(1),
            values,
        })
    }

    /// Scores these rows, in this order, in one batch: the width, at least 1,
    /// and so many scores for each row.
    pub(super) fn score_rows(
        &mut self,
        dataset: &Dataset,
        rows: &[usize],
    ) -> Result<(usize, Vec<f32>), EvaluateError> {
        let batch = self.features.batch_of(dataset, rows);
        let answer = self.evaluator.evaluate(&batch)?;
        let expected = *self.width.get_or_insert(answer.width);
        let count = batch.rows.checked_mul(expected);
        if expected == 0
            || answer.rows != batch.rows
            || answer.width != expected
            || count != Some(answer.values.len())
        {
            return Err(EvaluateError::Mismatch(format!(
                "a batch of {} rows came back in another shape",
                batch.rows
            )));
        }
        Ok((expected, answer.values))
    }

    /// The most rows of a batch.
    pub(super) const fn batch_rows(&self) -> usize {
        self.features.batch_rows()
    }

    /// Scores per row, once any were given.
    #[must_use]
    pub const fn width(&self) -> Option<usize> {
        self.width
    }
}
