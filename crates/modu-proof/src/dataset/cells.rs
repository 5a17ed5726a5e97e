//! One column being read: every cell is checked on its way in, whichever
//! format it comes from.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

use super::{ColumnData, Limits, TextColumn, WholeColumn};
use crate::error::ProofError;
use crate::need::limits::INTEGER;
use crate::need::{Column, ColumnRole, ColumnType};

/// A cell as a format gives it.
pub(super) enum Cell<'a> {
    /// Null, or an empty CSV cell.
    Empty,
    /// A whole number.
    Whole(i64),
    /// A decimal number.
    Number(f64),
    /// A text, or a number in digits.
    Text(&'a str),
}

pub(super) struct ColumnBuilder<'a> {
    column: &'a Column,
    data: ColumnData,
    missing: u64,
    rows: u64,
    limits: Limits,
    /// The whole numbers that fit a column of type integer or code.
    range: RangeInclusive<i64>,
}

impl<'a> ColumnBuilder<'a> {
    pub(super) fn new(column: &'a Column, limits: &Limits) -> Self {
        let data = match (column.role, column.column_type) {
            (ColumnRole::Ignored, _) => ColumnData::Unread,
            (_, ColumnType::Integer | ColumnType::Code) => {
                ColumnData::Whole(WholeColumn::default())
            }
            (_, ColumnType::Number) => ColumnData::Number(Vec::new()),
            (_, ColumnType::Text) => ColumnData::Text(TextColumn::default()),
        };
        Self {
            column,
            data,
            missing: 0,
            rows: 0,
            limits: *limits,
            range: range_of(column),
        }
    }

    pub(super) fn finish(mut self) -> (ColumnData, u64) {
        match &mut self.data {
            ColumnData::Whole(values) => values.shrink(),
            ColumnData::Number(values) => values.shrink_to_fit(),
            ColumnData::Text(_) | ColumnData::Unread => {}
        }
        (self.data, self.missing)
    }

    /// UTF-8 bytes of text so far.
    pub(super) const fn text_bytes(&self) -> usize {
        match &self.data {
            ColumnData::Text(texts) => texts.text.len(),
            _ => 0,
        }
    }

    pub(super) fn push(&mut self, cell: &Cell<'_>) -> Result<(), ProofError> {
        self.rows += 1;
        // Nearly every cell of most tables; the rest is looked at in full.
        if let (ColumnData::Whole(values), Some(value)) = (&mut self.data, plain_whole(cell))
            && self.range.contains(&value)
        {
            values.push(value);
            return Ok(());
        }
        let cell = match cell {
            Cell::Empty => self.substitute()?,
            Cell::Text(text) if self.column.column_type != ColumnType::Text => self.parse(text)?,
            Cell::Text(text) => Cell::Text(text),
            Cell::Whole(value) => Cell::Whole(*value),
            Cell::Number(value) => Cell::Number(*value),
        };
        if let Cell::Text(text) = cell {
            return self.push_text(text);
        }
        let value = match cell {
            // The cast would round it to a neighbour that fits.
            Cell::Whole(value)
                if self.column.column_type != ColumnType::Number
                    && value.unsigned_abs() > INTEGER.unsigned_abs() =>
            {
                return Err(self.wrong(
                    "it is not a whole number within 2^53",
                    "declare the column as text if it holds long codes",
                ));
            }
            Cell::Whole(value) => value as f64,
            Cell::Number(value) => value + 0.0,
            Cell::Text(_) | Cell::Empty => f64::NAN,
        };
        self.column.fits(value).map_err(|problem| {
            self.wrong(
                problem,
                "correct the cell, or the column's declaration in the need",
            )
        })?;
        match &mut self.data {
            ColumnData::Whole(values) => {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "`fits` holds it to whole numbers within 2^53"
                )]
                values.push(value as i64);
            }
            ColumnData::Number(values) => values.push(value),
            ColumnData::Text(_) | ColumnData::Unread => {}
        }
        Ok(())
    }

    /// What stands for an empty cell.
    fn substitute(&mut self) -> Result<Cell<'static>, ProofError> {
        match (self.column.column_type, self.column.missing) {
            (ColumnType::Text, _) => Ok(Cell::Text("")),
            (_, Some(substitute)) => {
                self.missing += 1;
                Ok(Cell::Number(substitute))
            }
            (_, None) => Err(self.wrong(
                "the cell is empty",
                "fill it, or declare `missing = <number>` on the column",
            )),
        }
    }

    /// A number written in digits, as CSV has it.
    fn parse(&mut self, text: &str) -> Result<Cell<'static>, ProofError> {
        let digits = text.trim_matches([' ', '\t']);
        if digits.is_empty() {
            return self.substitute();
        }
        let plain = digits.len() <= 64
            && digits
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        let parsed = if !plain {
            None
        } else if let Ok(whole) = digits.parse::<i64>() {
            Some(Cell::Whole(whole))
        } else if self.column.column_type == ColumnType::Number {
            digits.parse::<f64>().ok().map(Cell::Number)
        } else {
            None
        };
        parsed.ok_or_else(|| match self.column.column_type {
            ColumnType::Number => self.wrong(
                "it is not a decimal number",
                "write it as 12.5 (no thousands separators, no units)",
            ),
            _ => self.wrong(
                "it is not a whole number",
                "write it in digits, or declare the column as number or text",
            ),
        })
    }

    fn push_text(&mut self, text: &str) -> Result<(), ProofError> {
        if text.len() as u64 > self.limits.cell_bytes {
            return Err(self.wrong(
                format!("the text is longer than {} bytes", self.limits.cell_bytes),
                "shorten it; if it spans rows, a quotation mark is not closed",
            ));
        }
        let normal: Cow<'_, str> = if is_nfc_quick(text.chars()) == IsNormalized::Yes {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(text.nfc().collect())
        };
        if let ColumnData::Text(texts) = &mut self.data {
            texts.push(&normal);
        }
        Ok(())
    }

    fn wrong(&self, problem: impl Into<String>, remedy: impl Into<String>) -> ProofError {
        ProofError::Cell {
            row: self.rows,
            column: self.column.name.clone(),
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }
}

/// The whole numbers that [`Column::fits`] lets into a column of type integer
/// or code.
fn range_of(column: &Column) -> RangeInclusive<i64> {
    if column.column_type == ColumnType::Code {
        return 0..=i64::from(column.codes.unwrap_or(0)) - 1;
    }
    let bound = |value: Option<f64>, otherwise: i64| {
        let value = value.unwrap_or(otherwise as f64);
        value.clamp(-(INTEGER as f64), INTEGER as f64)
    };
    #[expect(clippy::cast_possible_truncation, reason = "clamped to 2^53")]
    let (lowest, highest) = (
        bound(column.minimum, -INTEGER).ceil() as i64,
        bound(column.maximum, INTEGER).floor() as i64,
    );
    lowest..=highest
}

/// A whole number that stands there as such, or in at most 15 digits; `None`
/// where more must be looked at.
fn plain_whole(cell: &Cell<'_>) -> Option<i64> {
    let text = match cell {
        Cell::Whole(value) => return Some(*value),
        Cell::Text(text) => text.as_bytes(),
        Cell::Empty | Cell::Number(_) => return None,
    };
    let (sign, digits) = match text {
        [b'-', digits @ ..] => (-1, digits),
        digits => (1, digits),
    };
    if !(1..=15).contains(&digits.len()) {
        return None;
    }
    let mut value = 0_i64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(sign * value)
}
