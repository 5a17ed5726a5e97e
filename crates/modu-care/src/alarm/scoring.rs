//! What a row of observations says: a score, which stands there or is a model's
//! risk, and NEWS2, which stands there or is counted from the vital signs.

use std::collections::BTreeMap;

use modu_kernel::{EngineError, Finding, Label, Severity};

use super::input::OBSERVATIONS;
use crate::delimited::Delimited;
use crate::model::{ModelDocument, Reading};
use crate::score::table::VitalColumns;

/// A model, and by which of its horizons it is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct AskedModel<'m> {
    pub(super) document: &'m ModelDocument,
    /// By its place.
    pub(super) horizon: usize,
}

/// How rows are scored.
pub(super) struct Scoring<'m> {
    score: Score<'m>,
    news2: News2,
    /// Vital signs that nobody has, by column.
    refused: BTreeMap<String, u64>,
}

enum Score<'m> {
    Column(usize),
    Risk(AskedModel<'m>, Reading<'m>),
}

enum News2 {
    Column(usize),
    VitalSigns(VitalColumns),
}

/// What a row says.
pub(super) struct Scored {
    pub(super) score: Option<f64>,
    pub(super) news2: Option<u8>,
}

/// Values that were not taken as they stand, by column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Noted {
    /// Missing or unknown to the model, and filled by it.
    pub(super) filled: BTreeMap<String, u64>,
    /// Outside of the range where the model has seen patients.
    pub(super) outside: BTreeMap<String, u64>,
    /// Vital signs that nobody has.
    pub(super) refused: BTreeMap<String, u64>,
}

impl<'m> Scoring<'m> {
    /// Finds the columns that are needed.
    ///
    /// # Errors
    /// No column `score` where no model is asked, and a predictor of the model
    /// that the table lacks.
    pub(super) fn open(
        table: &Delimited<'_>,
        model: Option<AskedModel<'m>>,
    ) -> Result<Self, EngineError> {
        let score = match (model, table.optional("score")?) {
            (Some(model), _) => Score::Risk(model, Reading::open(model.document, table)?),
            (None, Some(column)) => Score::Column(column),
            (None, None) => {
                return Err(EngineError::input(
                    OBSERVATIONS,
                    "line 1",
                    "there is no column `score`: add it, or give a model and the columns of its \
                     predictors",
                ));
            }
        };
        let news2 = match table.optional("news2")? {
            Some(column) => News2::Column(column),
            None => News2::VitalSigns(VitalColumns::of(table)?),
        };
        Ok(Self {
            score,
            news2,
            refused: BTreeMap::new(),
        })
    }

    /// Scores the present row.
    pub(super) fn row(&mut self, table: &Delimited<'_>) -> Result<Scored, EngineError> {
        let score = match &mut self.score {
            Score::Column(column) => table.optional_number(Some(*column))?,
            Score::Risk(model, reading) => {
                let (_, row) = reading.row(table)?;
                Some(model.document.risk(model.horizon, &row))
            }
        };
        let news2 = match &self.news2 {
            News2::Column(column) => points(table, *column)?,
            News2::VitalSigns(columns) => columns.news2(table, &mut self.refused),
        };
        Ok(Scored { score, news2 })
    }

    /// What was noted on the way.
    pub(super) fn noted(self) -> Noted {
        let (filled, outside) = match self.score {
            Score::Column(_) => Default::default(),
            Score::Risk(_, reading) => reading.counted(),
        };
        Noted {
            filled,
            outside,
            refused: self.refused,
        }
    }
}

impl Noted {
    /// A finding for each column.
    pub(super) fn findings(&self) -> impl Iterator<Item = Finding> {
        let of = |counts: &BTreeMap<String, u64>, code: &str, ko: &str, en: &str| {
            let found = counts.iter().map(|(column, count)| Finding {
                severity: Severity::Warning,
                code: code.to_owned(),
                place: format!("{OBSERVATIONS}, column `{column}`"),
                message: Label::new(
                    format!("`{column}`: {ko} {count}개."),
                    format!("`{column}`: {count} {en}."),
                ),
            });
            found.collect::<Vec<_>>()
        };
        let kinds = [
            of(
                &self.filled,
                "alarm.filled",
                "값이 없거나 모형이 모르는 값이어서 모형이 채운 것",
                "missing or unknown to the model, and filled by it",
            ),
            of(
                &self.outside,
                "alarm.outside_range",
                "모형이 본 범위 밖의 값",
                "outside of the range where the model has seen patients",
            ),
            of(
                &self.refused,
                "alarm.refused",
                "범위를 벗어나거나 읽을 수 없어 재지 않은 것으로 본 값",
                "out of range or unreadable, counted as not measured",
            ),
        ];
        kinds.into_iter().flatten()
    }
}

fn points(table: &Delimited<'_>, column: usize) -> Result<Option<u8>, EngineError> {
    let Some(number) = table.optional_number(Some(column))? else {
        return Ok(None);
    };
    match (0..=20_u8).find(|points| f64::from(*points) == number) {
        Some(points) => Ok(Some(points)),
        None => Err(table.wrong(
            column,
            "it is no NEWS2: write a whole number from 0 to 20, or leave it empty",
        )),
    }
}
