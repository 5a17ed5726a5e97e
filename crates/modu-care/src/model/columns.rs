//! From a table's rows to the columns of a coded model.

use std::collections::BTreeMap;

use super::document::{Coding, ModelPredictor, Term};
use crate::CareError;
use crate::table::{AnalysisTable, Values};

/// The columns of a model's terms over some rows, and what had to be done.
pub(crate) struct Filled {
    /// One for each term, in their order.
    pub(crate) columns: Vec<Vec<f64>>,
    /// By predictor: rows without a value that the model knows.
    pub(crate) missing: BTreeMap<String, u64>,
    /// By predictor: rows outside the range where the model has seen patients.
    pub(crate) outside: BTreeMap<String, u64>,
}

/// The terms' columns over rows of a table, each as often as it is named.
///
/// # Errors
/// A predictor that the table lacks or holds in another way, and a number that
/// a term's transform does not take.
pub(crate) fn filled(
    predictors: &[ModelPredictor],
    terms: &[Term],
    table: &AnalysisTable,
    rows: &[u32],
) -> Result<Filled, CareError> {
    let mut filled = Filled {
        columns: Vec::with_capacity(terms.len()),
        missing: BTreeMap::new(),
        outside: BTreeMap::new(),
    };
    let mut terms = terms.iter().peekable();
    for predictor in predictors {
        let own = |term: &&Term| term.predictor == predictor.name;
        let mut its = Vec::new();
        while let Some(term) = terms.next_if(own) {
            its.push(term);
        }
        one(&mut filled, predictor, &its, table, rows)?;
    }
    match terms.next() {
        None => Ok(filled),
        Some(term) => Err(CareError::at(
            format!("the term of `{}`", term.predictor),
            "terms do not stand in the order of their predictors: make the model again",
        )),
    }
}

fn one(
    filled: &mut Filled,
    predictor: &ModelPredictor,
    terms: &[&Term],
    table: &AnalysisTable,
    rows: &[u32],
) -> Result<(), CareError> {
    let place = || format!("the column `{}`", predictor.name);
    let lacking = || {
        CareError::at(
            place(),
            "the model needs it, and the table has none of this name",
        )
    };
    let column = table.predictor(&predictor.name).ok_or_else(lacking)?;
    if column.unit != predictor.unit && column.unit.is_some() && predictor.unit.is_some() {
        let problem = "its unit is not the one that the model was made with: convert it";
        return Err(CareError::at(place(), problem));
    }
    match (&predictor.coding, &column.values) {
        (Coding::Numeric { range, fill, .. }, Values::Numeric(values)) => {
            let known = |row: &u32| values[*row as usize];
            let missing = rows.iter().filter(|row| known(row).is_none()).count();
            let outside = |row: &&u32| known(row).is_some_and(|it| it < range[0] || it > range[1]);
            note(&mut filled.missing, predictor, missing);
            note(
                &mut filled.outside,
                predictor,
                rows.iter().filter(outside).count(),
            );
            for term in terms {
                let value = |row: &u32| term.transform.of(known(row).unwrap_or(*fill));
                let column: Option<Vec<f64>> = rows.iter().map(value).collect();
                let below = || {
                    CareError::at(
                        place(),
                        "it has numbers below 0, which the model cannot take",
                    )
                };
                filled.columns.push(column.ok_or_else(below)?);
            }
        }
        (Coding::Categorical { levels, .. }, values) => {
            let known = known_levels(levels, values);
            let missing = rows
                .iter()
                .filter(|row| known(**row as usize).is_none())
                .count();
            note(&mut filled.missing, predictor, missing);
            for term in terms {
                let own = levels
                    .iter()
                    .position(|level| Some(&level.name) == term.level.as_ref());
                let is = |row: &u32| own.is_some() && known(*row as usize) == own;
                filled.columns.push(
                    rows.iter()
                        .map(|row| f64::from(u8::from(is(row))))
                        .collect(),
                );
            }
        }
        (Coding::Numeric { .. }, Values::Categorical(_)) => {
            let problem = "the model was made with numbers, and here are cells that are none";
            return Err(CareError::at(place(), problem));
        }
    }
    Ok(())
}

/// Each row's place among a model's levels. Levels that are numbers (1, 2, 3)
/// are also known where a table holds numbers.
fn known_levels<'a>(
    levels: &'a [super::CodedLevel],
    values: &'a Values,
) -> Box<dyn Fn(usize) -> Option<usize> + 'a> {
    match values {
        Values::Categorical(categories) => {
            let place = |name: &String| levels.iter().position(|level| level.name == *name);
            let places: Vec<_> = categories.levels().iter().map(place).collect();
            Box::new(move |row| categories.codes()[row].and_then(|code| places[code as usize]))
        }
        Values::Numeric(numbers) => {
            let as_number = |level: &super::CodedLevel| level.name.parse::<f64>().ok();
            let places: Vec<Option<f64>> = levels.iter().map(as_number).collect();
            Box::new(move |row| {
                let number = numbers[row]?;
                places.iter().position(|place| *place == Some(number))
            })
        }
    }
}

fn note(notes: &mut BTreeMap<String, u64>, predictor: &ModelPredictor, rows: usize) {
    if rows > 0 {
        notes.insert(predictor.name.clone(), rows as u64);
    }
}
