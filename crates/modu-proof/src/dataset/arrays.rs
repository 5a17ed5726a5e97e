//! Columns as Arrow holds them in memory: what Parquet is read through, and
//! what a query engine hands over.

use arrow::array::{Array, ArrayRef, AsArray as _, PrimitiveArray};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};

use super::cells::{Cell, ColumnBuilder};
use super::{Dataset, Limits, check_rows, check_text_bytes, is_read};
use crate::error::ProofError;
use crate::need::{ColumnType, Need};

impl Dataset {
    /// A part of a table from Arrow arrays, each with the name of its column.
    /// A column of the need that is not among them is not read, and neither is
    /// one of role ignored; a part may have no rows. What a cell must be is the
    /// same as in a file.
    ///
    /// # Errors
    /// [`ProofError`]: an undeclared column, one that is there twice, arrays of
    /// different lengths, a type or a cell that does not fit, or a limit.
    pub fn of_arrays(
        arrays: &[(&str, ArrayRef)],
        need: &Need,
        limits: &Limits,
    ) -> Result<Self, ProofError> {
        let rows = arrays.first().map_or(0, |(_, array)| array.len());
        check_rows(rows as u64, need, limits)?;
        let mut order = Vec::new();
        let mut parts = Vec::new();
        for (name, array) in arrays {
            let wrong = |problem: &str, remedy: &str| ProofError::Header {
                place: format!("column `{name}`"),
                problem: problem.to_owned(),
                remedy: remedy.to_owned(),
            };
            let index = need.column_named(name).ok_or_else(|| {
                wrong(
                    "the need does not declare it",
                    "declare it, or leave it out",
                )
            })?;
            if order.contains(&index) {
                return Err(wrong("it is there twice", "leave one out"));
            }
            if array.len() != rows {
                return Err(wrong(
                    "it has another number of rows than the first column",
                    "give all columns of the same rows",
                ));
            }
            let column = need.columns.get(index).filter(|_| is_read(need, index));
            let Some(column) = column else { continue };
            check_type(need, index, array.data_type())?;
            let cells = Cells::of(array)
                .ok_or_else(|| wrong("its type is not read", "cast it to the declared type"))?;
            order.push(index);
            parts.push((cells, ColumnBuilder::new(column, limits)));
        }
        for row in 0..rows {
            for (cells, builder) in &mut parts {
                builder.push(&cells.get(row))?;
            }
        }
        let builders: Vec<_> = parts.into_iter().map(|(_, builder)| builder).collect();
        check_text_bytes(&builders, limits)?;
        Ok(super::assemble(
            rows as u64,
            &order,
            builders,
            need.columns.len(),
        ))
    }
}

/// Refuses an array whose type is not of the declared kind.
pub(super) fn check_type(need: &Need, index: usize, found: &DataType) -> Result<(), ProofError> {
    let Some(column) = need.columns.get(index).filter(|_| is_read(need, index)) else {
        return Ok(());
    };
    let whole = found.is_integer();
    let text = matches!(
        found,
        DataType::Utf8View | DataType::Utf8 | DataType::LargeUtf8
    );
    let floating = matches!(found, DataType::Float32 | DataType::Float64);
    let (fits, remedy) = match column.column_type {
        ColumnType::Integer | ColumnType::Code => (
            whole,
            "store it as int32 or int64, or declare the column as number or text",
        ),
        ColumnType::Number => (
            whole || floating,
            "store it as a floating-point number or an integer, or declare the column as text",
        ),
        ColumnType::Text => (
            text,
            "store it as a string, or declare the column as it is stored",
        ),
    };
    if fits {
        return Ok(());
    }
    Err(ProofError::Header {
        place: format!("column `{}`", column.name),
        problem: "the type stored in the file is not the declared one".to_owned(),
        remedy: remedy.to_owned(),
    })
}

/// The accessor of one array.
type Accessor<'a> = Box<dyn Fn(usize) -> Cell<'a> + 'a>;

/// One array, cell by cell.
pub(super) struct Cells<'a> {
    array: &'a dyn Array,
    value: Accessor<'a>,
}

impl<'a> Cells<'a> {
    /// `None` for a type that no column is stored as.
    pub(super) fn of(array: &'a dyn Array) -> Option<Self> {
        let value: Accessor<'a> = match array.data_type() {
            DataType::Int8 => whole::<Int8Type>(array, i64::from),
            DataType::Int16 => whole::<Int16Type>(array, i64::from),
            DataType::Int32 => whole::<Int32Type>(array, i64::from),
            DataType::Int64 => whole::<Int64Type>(array, |value| value),
            DataType::UInt8 => whole::<UInt8Type>(array, i64::from),
            DataType::UInt16 => whole::<UInt16Type>(array, i64::from),
            DataType::UInt32 => whole::<UInt32Type>(array, i64::from),
            // Past i64 it is past 2^53, which no column holds.
            DataType::UInt64 => {
                whole::<UInt64Type>(array, |value| i64::try_from(value).unwrap_or(i64::MAX))
            }
            DataType::Float32 => number::<Float32Type>(array, f64::from),
            DataType::Float64 => number::<Float64Type>(array, |value| value),
            DataType::Utf8View => {
                let texts = array.as_string_view();
                Box::new(move |row| Cell::Text(texts.value(row)))
            }
            DataType::Utf8 => {
                let texts = array.as_string::<i32>();
                Box::new(move |row| Cell::Text(texts.value(row)))
            }
            DataType::LargeUtf8 => {
                let texts = array.as_string::<i64>();
                Box::new(move |row| Cell::Text(texts.value(row)))
            }
            _ => return None,
        };
        Some(Self { array, value })
    }

    pub(super) fn get(&self, row: usize) -> Cell<'a> {
        if self.array.is_null(row) {
            Cell::Empty
        } else {
            (self.value)(row)
        }
    }
}

fn whole<'a, T: ArrowPrimitiveType>(
    array: &'a dyn Array,
    widen: impl Fn(T::Native) -> i64 + 'a,
) -> Accessor<'a> {
    let values: &'a PrimitiveArray<T> = array.as_primitive::<T>();
    Box::new(move |row| Cell::Whole(widen(values.value(row))))
}

fn number<'a, T: ArrowPrimitiveType>(
    array: &'a dyn Array,
    widen: impl Fn(T::Native) -> f64 + 'a,
) -> Accessor<'a> {
    let values: &'a PrimitiveArray<T> = array.as_primitive::<T>();
    Box::new(move |row| Cell::Number(widen(values.value(row))))
}
