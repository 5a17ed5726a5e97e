//! Rows that are too rare to leave the house: k-anonymity.
//!
//! Without names, an old man of a small village is still one man. Columns that
//! outsiders may know of a person (age, sex, region) are its
//! quasi-identifiers; a table is k-anonymous when every combination of them
//! that occurs has at least k people (Sweeney 2002).

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::CareError;
use crate::table::{AnalysisTable, Values};

/// What was asked, and whether the table may leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Anonymity {
    /// The columns that outsiders may know.
    pub quasi_identifiers: Vec<String>,
    /// People that every combination must have.
    pub k: u64,
    /// Combinations that occur.
    pub classes: u64,
    /// People in the smallest of them.
    pub smallest: u64,
    /// Rows whose combination has fewer than k people.
    pub rows_below: u64,
}

impl Anonymity {
    /// Whether every combination has at least k people.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.smallest >= self.k
    }
}

/// Counts people by their combination of quasi-identifiers, in O(n log n). A
/// missing value is a value of its own.
///
/// # Errors
/// A k below 2, and a column that is not there.
pub fn check(
    table: &AnalysisTable,
    quasi_identifiers: &[String],
    k: u64,
) -> Result<Anonymity, CareError> {
    if k < 2 {
        let problem = "at least 2 people must share every combination";
        return Err(CareError::at("k", problem));
    }
    let columns = quasi_identifiers.iter().map(|name| {
        (table.predictor(name)).ok_or_else(|| {
            let problem = "the table has no such column: check its name";
            CareError::at(format!("quasi-identifier `{name}`"), problem)
        })
    });
    let columns: Vec<_> = columns.collect::<Result<_, _>>()?;
    let mut classes: BTreeMap<Vec<Option<u64>>, (BTreeSet<u32>, u64)> = BTreeMap::new();
    for (row, person) in table.person().iter().enumerate() {
        let class = columns.iter().map(|column| value(&column.values, row));
        let (people, rows) = classes.entry(class.collect()).or_default();
        people.insert(*person);
        *rows += 1;
    }
    let sizes = classes.values().map(|(people, _)| people.len() as u64);
    let below = classes
        .values()
        .filter(|(people, _)| (people.len() as u64) < k);
    Ok(Anonymity {
        quasi_identifiers: quasi_identifiers.to_vec(),
        k,
        classes: classes.len() as u64,
        smallest: sizes.min().unwrap_or(0),
        rows_below: below.map(|(_, rows)| rows).sum(),
    })
}

fn value(values: &Values, row: usize) -> Option<u64> {
    match values {
        Values::Numeric(values) => values[row].map(|value| (value + 0.0).to_bits()),
        Values::Categorical(categories) => categories.codes()[row].map(u64::from),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::table::TableColumns;

    fn table(csv: &str) -> AnalysisTable {
        let columns = TableColumns {
            time: "t".into(),
            event: "e".into(),
            entry: None,
            person: Some("who".into()),
            cluster: None,
            predictors: Vec::new(),
            categorical: Vec::new(),
        };
        AnalysisTable::read_plain(csv.as_bytes(), &columns).unwrap()
    }

    #[test]
    fn a_combination_that_one_person_has_alone_is_found_however_many_rows_he_has() {
        let table = table("who,t,e,age,sex\na,1,0,70,f\nb,2,1,70,f\nc,3,0,71,m\nc,4,0,71,m\n");
        let found = check(&table, &["age".into(), "sex".into()], 2).unwrap();
        assert_eq!((found.classes, found.smallest, found.rows_below), (2, 1, 2));
        assert!(!found.holds());
        assert!(check(&table, &["sex".into()], 2).is_ok_and(|it| !it.holds()));
    }

    #[test]
    fn a_missing_value_does_not_join_others() {
        let table = table("who,t,e,sex\na,1,0,f\nb,2,1,f\nc,3,0,\nd,3,0,\n");
        let found = check(&table, &["sex".into()], 2).unwrap();
        assert!(found.holds() && found.classes == 2);
    }

    #[test]
    fn an_unknown_column_or_a_k_of_one_is_refused() {
        let table = table("who,t,e,sex\na,1,0,f\n");
        assert!(check(&table, &["age".into()], 2).is_err());
        assert!(check(&table, &[], 1).is_err());
    }
}
