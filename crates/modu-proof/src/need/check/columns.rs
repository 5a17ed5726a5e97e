//! The declared columns.

use crate::error::ProofError;
use crate::need::document::ColumnTable;
use crate::need::{Column, ColumnRole, ColumnType, limits};
use crate::rules::{at_most, check_label, check_text, finite, unique};

pub(super) fn check_columns(tables: Vec<ColumnTable>) -> Result<Vec<Column>, ProofError> {
    at_most("columns", tables.len(), limits::COLUMNS)?;
    unique("columns", "name", tables.iter().map(|table| &table.name))?;
    tables
        .into_iter()
        .enumerate()
        .map(|(index, table)| check_column(&format!("columns[{index}]"), table))
        .collect()
}

fn check_column(key: &str, table: ColumnTable) -> Result<Column, ProofError> {
    check_text(&format!("{key}.name"), &table.name)?;
    check_name(&format!("{key}.name"), &table.name)?;
    if let Some(label) = &table.label {
        check_label(&format!("{key}.label"), label)?;
    }
    let numeric = matches!(table.column_type, ColumnType::Integer | ColumnType::Number);
    for (name, value) in [("minimum", table.minimum), ("maximum", table.maximum)] {
        let Some(value) = value else { continue };
        finite(&format!("{key}.{name}"), value)?;
        if !numeric {
            return Err(ProofError::key(
                format!("{key}.{name}"),
                "only columns of type integer or number have a range",
                "remove it",
            ));
        }
    }
    if let (Some(minimum), Some(maximum)) = (table.minimum, table.maximum)
        && minimum > maximum
    {
        return Err(ProofError::key(
            format!("{key}.minimum"),
            "it is above the maximum",
            "swap the two",
        ));
    }
    check_codes(key, &table)?;
    let column = Column {
        name: table.name,
        column_type: table.column_type,
        role: table.role,
        minimum: table.minimum,
        maximum: table.maximum,
        codes: table.codes,
        missing: table.missing,
        label: table.label,
    };
    check_missing(key, &column)?;
    Ok(column)
}

/// Whether a header row can hold the name: readers drop spaces around a name,
/// and the mark with which some files begin.
fn check_name(key: &str, name: &str) -> Result<(), ProofError> {
    if name == name.trim() && !name.starts_with('\u{feff}') {
        return Ok(());
    }
    Err(ProofError::key(
        key,
        "there are spaces or a byte order mark around it, which are dropped from headers",
        "remove them",
    ))
}

fn check_codes(key: &str, table: &ColumnTable) -> Result<(), ProofError> {
    match (table.column_type, table.codes) {
        (ColumnType::Code, None) => Err(ProofError::key(
            format!("{key}.codes"),
            "a column of type code must say how many codes there are",
            "add `codes = N`; the codes are 0 to N-1",
        )),
        (ColumnType::Code, Some(codes)) if codes == 0 || codes > limits::CODES => {
            Err(ProofError::key(
                format!("{key}.codes"),
                format!("{codes} is not between 1 and {}", limits::CODES),
                "count the categories of the column",
            ))
        }
        (ColumnType::Code, Some(_)) | (_, None) => Ok(()),
        (_, Some(_)) => Err(ProofError::key(
            format!("{key}.codes"),
            "only columns of type code have codes",
            "remove it, or set the type to code",
        )),
    }
}

fn check_missing(key: &str, column: &Column) -> Result<(), ProofError> {
    let Some(substitute) = column.missing else {
        return Ok(());
    };
    let key = format!("{key}.missing");
    let wrong = |problem: &str| {
        Err(ProofError::key(
            &key,
            problem,
            "give a number that the column may hold, or remove the key",
        ))
    };
    if column.column_type == ColumnType::Text {
        return wrong("text has no numeric substitute; an empty cell is the empty text");
    }
    if !matches!(column.role, ColumnRole::Feature | ColumnRole::Ignored) {
        return wrong("only features may have missing values");
    }
    match column.fits(substitute) {
        Ok(()) => Ok(()),
        Err(problem) => wrong(&problem),
    }
}

impl Column {
    /// Whether a number may stand in this column; else what is wrong with it,
    /// without quoting it.
    pub(crate) fn fits(&self, value: f64) -> Result<(), String> {
        let whole = value == value.trunc() && value.abs() <= limits::INTEGER as f64;
        match self.column_type {
            ColumnType::Text => Err("the column holds text".to_owned()),
            _ if !value.is_finite() => Err("it is not a finite number".to_owned()),
            ColumnType::Integer | ColumnType::Code if !whole => {
                Err("it is not a whole number within 2^53".to_owned())
            }
            ColumnType::Code => {
                let codes = self.codes.unwrap_or(0);
                if value >= 0.0 && value < f64::from(codes) {
                    Ok(())
                } else {
                    Err(format!(
                        "it is not one of the codes 0 to {}",
                        codes.saturating_sub(1)
                    ))
                }
            }
            ColumnType::Integer | ColumnType::Number => match (self.minimum, self.maximum) {
                (Some(minimum), _) if value < minimum => {
                    Err(format!("it is below the declared minimum of {minimum}"))
                }
                (_, Some(maximum)) if value > maximum => {
                    Err(format!("it is above the declared maximum of {maximum}"))
                }
                _ => Ok(()),
            },
        }
    }
}

/// The index of a column that must have a role.
pub(super) fn column_of_role(
    key: &str,
    name: &str,
    role: ColumnRole,
    columns: &[Column],
) -> Result<usize, ProofError> {
    let index = find_column(key, name, columns)?;
    let role_name = match role {
        ColumnRole::Label => "label",
        ColumnRole::Cluster => "cluster",
        ColumnRole::Query => "query",
        _ => "incumbent",
    };
    if columns.get(index).is_some_and(|column| column.role == role) {
        return Ok(index);
    }
    Err(ProofError::key(
        key,
        format!("the column `{name}` does not have the role `{role_name}`"),
        format!("set `role = \"{role_name}\"` on that column, so that no solution is given it"),
    ))
}

pub(super) fn find_column(key: &str, name: &str, columns: &[Column]) -> Result<usize, ProofError> {
    columns
        .iter()
        .position(|column| column.name == name)
        .ok_or_else(|| {
            ProofError::key(
                key,
                format!("no column `{name}` is declared"),
                "declare it under [[columns]] or correct the name",
            )
        })
}

pub(super) fn one_of_role(
    columns: &[Column],
    role: ColumnRole,
    name: &str,
) -> Result<(), ProofError> {
    let mut with_role = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.role == role);
    with_role.next();
    match with_role.next() {
        None => Ok(()),
        Some((index, _)) => Err(ProofError::key(
            format!("columns[{index}].role"),
            format!("a second column has the role `{name}`"),
            "keep one, and set the other to `ignored`",
        )),
    }
}
