//! Patients as a CSV has them, to what a model takes: each predictor from the
//! column of its name, what is missing or unknown filled as the model says and
//! counted.

use std::collections::BTreeMap;

use modu_kernel::EngineError;
use modu_statistics::Finite;

use super::document::{Coding, ModelDocument, ModelPredictor, Term};
use crate::delimited::Delimited;

/// A value as the model reads it.
pub(crate) enum Known {
    Number(f64),
    Level(String),
    /// Missing, or unknown to the model.
    Filled,
}

/// A model that reads the rows of a table.
pub(crate) struct Reading<'m> {
    model: &'m ModelDocument,
    /// By predictor.
    columns: Vec<usize>,
    filled: BTreeMap<String, u64>,
    outside: BTreeMap<String, u64>,
}

impl<'m> Reading<'m> {
    /// Finds the model's predictors among a table's columns.
    ///
    /// # Errors
    /// A predictor that the table lacks or has twice.
    pub(crate) fn open(
        model: &'m ModelDocument,
        table: &Delimited<'_>,
    ) -> Result<Self, EngineError> {
        let columns = model.predictors.iter().map(|it| table.column(&it.name));
        Ok(Self {
            model,
            columns: columns.collect::<Result<_, _>>()?,
            filled: BTreeMap::new(),
            outside: BTreeMap::new(),
        })
    }

    /// The present row: by predictor what is known, by term what it gets.
    ///
    /// # Errors
    /// A cell that is no number where the model takes numbers, and one that a
    /// term's transform does not take.
    pub(crate) fn row(
        &mut self,
        table: &Delimited<'_>,
    ) -> Result<(Vec<Known>, Vec<f64>), EngineError> {
        let model = self.model;
        let mut known = Vec::with_capacity(self.columns.len());
        for (place, predictor) in model.predictors.iter().enumerate() {
            known.push(self.known(predictor, table, self.columns[place])?);
        }
        let row = entered(model, &known).map_err(|place| {
            table.wrong(
                self.columns[place],
                "the model takes no number below 0 here",
            )
        })?;
        Ok((known, row))
    }

    fn known(
        &mut self,
        predictor: &ModelPredictor,
        table: &Delimited<'_>,
        column: usize,
    ) -> Result<Known, EngineError> {
        // R writes what is missing as NA.
        let text = table
            .text(Some(column))
            .filter(|text| !matches!(*text, "NA" | "NaN"));
        let known = match (&predictor.coding, text) {
            (Coding::Numeric { range, .. }, Some(_)) => {
                let number = table.number(column)?;
                if !(range[0]..=range[1]).contains(&number) {
                    *self.outside.entry(predictor.name.clone()).or_default() += 1;
                }
                Known::Number(number)
            }
            (Coding::Categorical { levels, .. }, Some(text)) => {
                let level = levels.iter().find(|level| level.name == text);
                level.map_or(Known::Filled, |level| Known::Level(level.name.clone()))
            }
            (_, None) => Known::Filled,
        };
        if matches!(known, Known::Filled) {
            *self.filled.entry(predictor.name.clone()).or_default() += 1;
        }
        Ok(known)
    }

    /// By predictor: values that were filled, and numbers outside of the range
    /// where the model has seen patients.
    pub(crate) fn counted(self) -> (BTreeMap<String, u64>, BTreeMap<String, u64>) {
        (self.filled, self.outside)
    }
}

/// The numbers that the terms get; else the place of the predictor whose
/// transform takes no such number.
fn entered(model: &ModelDocument, known: &[Known]) -> Result<Vec<f64>, usize> {
    let number = |term: &Term| {
        let mut places = model.predictors.iter().zip(known).enumerate();
        let own = places.find(|(_, (predictor, _))| predictor.name == term.predictor);
        let (place, (predictor, known)) = own.ok_or(0_usize)?;
        value(term, predictor, known).ok_or(place)
    };
    model.terms.iter().map(number).collect()
}

/// The number that a term gets; none where its transform takes no such number.
pub(crate) fn value(term: &Term, predictor: &ModelPredictor, known: &Known) -> Option<f64> {
    let indicator = |level: &str| f64::from(u8::from(term.level.as_deref() == Some(level)));
    match (&predictor.coding, known) {
        (_, Known::Number(number)) => term.transform.of(*number),
        (_, Known::Level(level)) => Some(indicator(level)),
        (Coding::Numeric { fill, .. }, Known::Filled) => term.transform.of(*fill),
        (Coding::Categorical { reference, .. }, Known::Filled) => Some(indicator(reference)),
    }
}

impl ModelDocument {
    /// The place of the horizon that is asked for; the first where none is.
    ///
    /// # Errors
    /// The horizons that there are.
    pub(crate) fn horizon_of(&self, asked: Option<Finite>) -> Result<usize, String> {
        let Some(asked) = asked else {
            return Ok(0);
        };
        let place = self.horizons.iter().position(|it| *it == asked.get());
        place.ok_or_else(|| {
            let those: Vec<_> = self.horizons.iter().map(f64::to_string).collect();
            format!(
                "the horizon must be one of the model's: {}",
                those.join(", ")
            )
        })
    }
}
