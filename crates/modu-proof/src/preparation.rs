//! From columns to feature batches, as a solution declares.
//!
//! The owner's side prepares features itself, so a supplier's code never sees
//! a row. [`Features::bind`] checks a solution against a need: it may read
//! columns of role `feature` only, and each preparation must fit its column's
//! type. [`Features::batch_of`] then makes a few thousand rows at a time; the
//! whole matrix is never in memory. The same row gives the same numbers in
//! any batch.

use sha2::{Digest as _, Sha256};

use crate::dataset::{ColumnData, Dataset};
use crate::error::ProofError;
use crate::evaluate::{FeatureBatch, FeatureTensor, FeatureValues};
use crate::need::{Column, ColumnRole, ColumnType, Need};
use crate::solution::{Element, Prepare, Solution, SolutionInput};

/// The most rows of a batch.
pub const BATCH_ROWS: usize = 4096;
/// The most numbers of a batch, all inputs together; wide solutions get fewer
/// rows.
pub const BATCH_NUMBERS: usize = 1 << 22;

/// A solution bound to a need: where each number of a batch comes from.
#[derive(Debug, Clone)]
pub struct Features {
    inputs: Vec<BoundInput>,
    batch_rows: usize,
}

#[derive(Debug, Clone)]
struct BoundInput {
    name: String,
    element: Element,
    width: usize,
    columns: Vec<BoundColumn>,
}

#[derive(Debug, Clone)]
struct BoundColumn {
    /// Index in the need.
    column: usize,
    width: usize,
    prepare: Prepare,
}

impl Features {
    /// Binds a solution to a need.
    ///
    /// # Errors
    /// [`ProofError::Key`] of `solution.toml`: a column that is undeclared,
    /// not a feature, or of a type that the preparation cannot take.
    pub fn bind(solution: &Solution, need: &Need) -> Result<Self, ProofError> {
        let inputs = solution
            .inputs
            .iter()
            .enumerate()
            .map(|(index, input)| bind_input(&format!("inputs[{index}]"), input, need))
            .collect::<Result<Vec<_>, _>>()?;
        let numbers: usize = inputs.iter().map(|input| input.width).sum();
        Ok(Self {
            inputs,
            batch_rows: (BATCH_NUMBERS / numbers.max(1)).clamp(1, BATCH_ROWS),
        })
    }

    /// How many rows a batch should have.
    #[must_use]
    pub const fn batch_rows(&self) -> usize {
        self.batch_rows
    }

    /// Prepares rows `start..start + rows` of a data set, cut at its end.
    #[must_use]
    pub fn batch(&self, dataset: &Dataset, start: usize, rows: usize) -> FeatureBatch {
        let end = start.saturating_add(rows).min(dataset.rows());
        let rows: Vec<usize> = (start..end).collect();
        self.batch_of(dataset, &rows)
    }

    /// Prepares these rows of a data set, in this order. A row past its end is
    /// all zeros.
    #[must_use]
    pub fn batch_of(&self, dataset: &Dataset, rows: &[usize]) -> FeatureBatch {
        let tensors = self
            .inputs
            .iter()
            .map(|input| {
                let count = rows.len() * input.width;
                let values = match input.element {
                    Element::Float32 => {
                        let mut values = vec![0.0_f32; count];
                        input.fill(dataset, rows, &mut values);
                        FeatureValues::Float32(values)
                    }
                    Element::Int64 => {
                        let mut values = vec![0_i64; count];
                        input.fill(dataset, rows, &mut values);
                        FeatureValues::Int64(values)
                    }
                };
                FeatureTensor {
                    name: input.name.clone(),
                    width: input.width,
                    values,
                }
            })
            .collect();
        FeatureBatch {
            rows: rows.len(),
            tensors,
        }
    }
}

fn bind_input(key: &str, input: &SolutionInput, need: &Need) -> Result<BoundInput, ProofError> {
    let columns = input
        .columns
        .iter()
        .enumerate()
        .map(|(index, prepared)| {
            let key = format!("{key}.columns[{index}]");
            let column = find_feature(&format!("{key}.column"), &prepared.column, need)?;
            if let Some(declared) = need.columns.get(column) {
                check_fit(&key, declared, &prepared.prepare, input.element)?;
            }
            Ok(BoundColumn {
                column,
                width: prepared.prepare.width(),
                prepare: prepared.prepare.clone(),
            })
        })
        .collect::<Result<Vec<_>, ProofError>>()?;
    Ok(BoundInput {
        name: input.name.clone(),
        element: input.element,
        width: input.width(),
        columns,
    })
}

fn find_feature(key: &str, name: &str, need: &Need) -> Result<usize, ProofError> {
    let index = need.column_named(name).ok_or_else(|| {
        ProofError::key(
            key,
            format!("the need declares no column `{name}`"),
            "use the columns of the kit's schema",
        )
    })?;
    let feature = need
        .columns
        .get(index)
        .is_some_and(|column| column.role == ColumnRole::Feature);
    if feature {
        return Ok(index);
    }
    Err(ProofError::key(
        key,
        format!("the column `{name}` is not a feature, so no solution is given it"),
        "use columns of role feature only",
    ))
}

fn check_fit(
    key: &str,
    column: &Column,
    prepare: &Prepare,
    element: Element,
) -> Result<(), ProofError> {
    let wrong = |remedy: &str| {
        Err(ProofError::key(
            format!("{key}.prepare"),
            format!("it does not fit the type of column `{}`", column.name),
            remedy,
        ))
    };
    match (prepare, column.column_type) {
        (Prepare::Pass | Prepare::Scale { .. }, ColumnType::Text) => {
            wrong("prepare text as `hashed` or `code_points`")
        }
        (Prepare::Pass, ColumnType::Number) if element == Element::Int64 => {
            wrong("set the input's type to float32, for the numbers are not whole")
        }
        (Prepare::OneHot { .. }, ColumnType::Number | ColumnType::Text) => {
            wrong("`one_hot` takes columns of type integer or code")
        }
        (Prepare::Hashed { .. }, ColumnType::Number) => {
            wrong("`hashed` takes columns of type text, integer or code")
        }
        (
            Prepare::CodePoints { .. },
            ColumnType::Integer | ColumnType::Number | ColumnType::Code,
        ) => wrong("`code_points` takes columns of type text"),
        _ => Ok(()),
    }
}

/// A tensor element, made from double precision or a whole number.
trait Number: Copy {
    const ONE: Self;
    fn of_number(value: f64) -> Self;
    fn of_whole(value: i64) -> Self;
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "one rounding to the element type is what the format states"
)]
impl Number for f32 {
    const ONE: Self = 1.0;
    fn of_number(value: f64) -> Self {
        value as Self
    }
    fn of_whole(value: i64) -> Self {
        // Whole numbers are within 2^53, so the first cast is exact.
        value as f64 as Self
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "`check_fit` lets no fractional column into an integer input"
)]
impl Number for i64 {
    const ONE: Self = 1;
    fn of_number(value: f64) -> Self {
        value as Self
    }
    fn of_whole(value: i64) -> Self {
        value
    }
}

impl BoundInput {
    /// Fills `values` (zeros before) with these rows.
    fn fill<T: Number>(&self, dataset: &Dataset, rows: &[usize], values: &mut [T]) {
        let mut offset = 0;
        for column in &self.columns {
            let data = dataset.column(column.column);
            let encode = Encoder::of(&column.prepare);
            for (row, numbers) in rows.iter().zip(values.chunks_exact_mut(self.width)) {
                if let Some(cells) = numbers.get_mut(offset..offset + column.width) {
                    encode.write(data, *row, cells);
                }
            }
            offset += column.width;
        }
    }
}

/// A preparation made ready for many rows.
struct Encoder<'a> {
    prepare: &'a Prepare,
    /// One-hot: the codes in ascending order, with their positions.
    positions: Vec<(i64, usize)>,
}

impl<'a> Encoder<'a> {
    fn of(prepare: &'a Prepare) -> Self {
        let mut positions: Vec<_> = match prepare {
            Prepare::OneHot { codes } => codes.iter().copied().zip(0..).collect(),
            _ => Vec::new(),
        };
        positions.sort_unstable();
        Self { prepare, positions }
    }

    /// The position of a code; codes are mostly listed as 0, 1, 2 and so on.
    fn position(&self, codes: &[i64], code: i64) -> Option<usize> {
        let guess = usize::try_from(code).ok();
        if let Some(guess) = guess.filter(|guess| codes.get(*guess) == Some(&code)) {
            return Some(guess);
        }
        let place = self
            .positions
            .binary_search_by_key(&code, |(code, _)| *code);
        Some(self.positions.get(place.ok()?)?.1)
    }

    fn write<T: Number>(&self, data: &ColumnData, row: usize, cells: &mut [T]) {
        match (self.prepare, data) {
            (Prepare::Pass, ColumnData::Whole(values)) => {
                set(cells, 0, values.get(row).map(T::of_whole));
            }
            (Prepare::Pass, ColumnData::Number(values)) => {
                set(cells, 0, values.get(row).map(|value| T::of_number(*value)));
            }
            (Prepare::Scale { mean, deviation }, data) => {
                let scaled = data.number(row).map(|value| (value - mean) / deviation);
                set(cells, 0, scaled.map(T::of_number));
            }
            (Prepare::OneHot { codes }, ColumnData::Whole(values)) => {
                let position = values.get(row).and_then(|code| self.position(codes, code));
                if let Some(position) = position {
                    set(cells, position, Some(T::ONE));
                }
            }
            (Prepare::Hashed { buckets }, ColumnData::Whole(values)) => {
                if let Some(value) = values.get(row) {
                    set(cells, bucket(&value.to_string(), *buckets), Some(T::ONE));
                }
            }
            (Prepare::Hashed { buckets }, ColumnData::Text(texts)) => {
                set(cells, bucket(texts.get(row), *buckets), Some(T::ONE));
            }
            (Prepare::CodePoints { .. }, ColumnData::Text(texts)) => {
                for (cell, character) in cells.iter_mut().zip(texts.get(row).chars()) {
                    *cell = T::of_whole(i64::from(u32::from(character)));
                }
            }
            // `check_fit` lets nothing else through.
            _ => {}
        }
    }
}

fn set<T: Copy>(cells: &mut [T], position: usize, value: Option<T>) {
    if let (Some(cell), Some(value)) = (cells.get_mut(position), value) {
        *cell = value;
    }
}

/// The first 8 bytes, little-endian, of the SHA-256 of the text, modulo
/// `buckets`.
#[must_use]
pub fn bucket(text: &str, buckets: u32) -> usize {
    let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    let remainder = u64::from_le_bytes(first) % u64::from(buckets.max(1));
    // The remainder is below a u32.
    usize::try_from(remainder).unwrap_or(0)
}
