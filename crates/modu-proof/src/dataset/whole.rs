//! A column of whole numbers in as little memory as its values need.
//!
//! Codes and counts are small numbers, and a table has many of them: a column
//! starts at one byte a cell, and moves to two, four or eight bytes when a
//! value asks for them. The values alone decide, so equal columns are stored
//! alike.

use std::collections::HashSet;
use std::hash::Hash;

/// Whole numbers, one a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WholeColumn(Cells);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Cells {
    One(Vec<i8>),
    Two(Vec<i16>),
    Four(Vec<i32>),
    Eight(Vec<i64>),
}

impl Default for WholeColumn {
    fn default() -> Self {
        Self(Cells::One(Vec::new()))
    }
}

impl WholeColumn {
    /// How many numbers there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        match &self.0 {
            Cells::One(cells) => cells.len(),
            Cells::Two(cells) => cells.len(),
            Cells::Four(cells) => cells.len(),
            Cells::Eight(cells) => cells.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of a row; `None` past the end.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<i64> {
        match &self.0 {
            Cells::One(cells) => cells.get(row).copied().map(i64::from),
            Cells::Two(cells) => cells.get(row).copied().map(i64::from),
            Cells::Four(cells) => cells.get(row).copied().map(i64::from),
            Cells::Eight(cells) => cells.get(row).copied(),
        }
    }

    /// The numbers, row by row.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = i64> {
        (0..self.len()).map(|row| self.get(row).unwrap_or_default())
    }

    /// How many different numbers there are, counted up to `limit`. Narrow
    /// columns are counted in a table, in a few nanoseconds a row.
    pub(super) fn distinct(&self, limit: usize) -> usize {
        let found = match &self.0 {
            Cells::One(cells) => marked(cells.iter().map(|cell| cell.cast_unsigned().into())),
            Cells::Two(cells) => marked(cells.iter().map(|cell| cell.cast_unsigned().into())),
            Cells::Four(cells) => counted(cells.iter(), limit),
            Cells::Eight(cells) => counted(cells.iter(), limit),
        };
        found.min(limit)
    }

    /// Adds a number. Moving to wider cells copies the column, three times at
    /// most.
    #[inline]
    pub(super) fn push(&mut self, value: i64) {
        let fits = match &mut self.0 {
            Cells::One(cells) => i8::try_from(value).map(|value| cells.push(value)).is_ok(),
            Cells::Two(cells) => i16::try_from(value).map(|value| cells.push(value)).is_ok(),
            Cells::Four(cells) => i32::try_from(value).map(|value| cells.push(value)).is_ok(),
            Cells::Eight(cells) => {
                cells.push(value);
                true
            }
        };
        if !fits {
            self.widen(value);
            self.push(value);
        }
    }

    /// Gives back memory that was set aside for more rows.
    pub(super) fn shrink(&mut self) {
        match &mut self.0 {
            Cells::One(cells) => cells.shrink_to_fit(),
            Cells::Two(cells) => cells.shrink_to_fit(),
            Cells::Four(cells) => cells.shrink_to_fit(),
            Cells::Eight(cells) => cells.shrink_to_fit(),
        }
    }

    /// Moves to the narrowest cells that take in a value which those of now
    /// do not.
    #[cold]
    fn widen(&mut self, value: i64) {
        self.0 = if i16::try_from(value).is_ok() {
            Cells::Two(self.narrowed())
        } else if i32::try_from(value).is_ok() {
            Cells::Four(self.narrowed())
        } else {
            Cells::Eight(self.iter().collect())
        };
    }

    /// The numbers in cells that are wider than those of now.
    fn narrowed<T: TryFrom<i64> + Default>(&self) -> Vec<T> {
        let cells = self.iter();
        cells
            .map(|value| T::try_from(value).unwrap_or_default())
            .collect()
    }
}

/// Different numbers below 65,536.
fn marked(values: impl Iterator<Item = usize>) -> usize {
    let mut seen = vec![false; 1 << 16];
    for value in values {
        if let Some(seen) = seen.get_mut(value) {
            *seen = true;
        }
    }
    seen.into_iter().filter(|seen| *seen).count()
}

/// Different values, counted up to a limit.
pub(super) fn counted<T: Hash + Eq>(values: impl Iterator<Item = T>, limit: usize) -> usize {
    let mut seen = HashSet::new();
    for value in values {
        seen.insert(value);
        if seen.len() >= limit {
            break;
        }
    }
    seen.len()
}

impl FromIterator<i64> for WholeColumn {
    fn from_iter<I: IntoIterator<Item = i64>>(values: I) -> Self {
        let mut column = Self::default();
        for value in values {
            column.push(value);
        }
        column
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_column_gives_back_what_was_put_in(values in prop::collection::vec(
            prop_oneof![any::<i64>(), -200_i64..200, -40_000_i64..40_000], 0..50,
        )) {
            let column: WholeColumn = values.iter().copied().collect();
            prop_assert_eq!(column.len(), values.len());
            prop_assert_eq!(column.iter().collect::<Vec<_>>(), values.clone());
            prop_assert_eq!(column.get(values.len()), None);
            let different = values.iter().collect::<HashSet<_>>().len();
            prop_assert_eq!(column.distinct(100), different);
            prop_assert_eq!(column.distinct(3), different.min(3));
        }
    }

    #[test]
    fn a_column_is_as_wide_as_its_largest_value_whatever_the_order() {
        let column = |values: &[i64]| values.iter().copied().collect::<WholeColumn>();
        for (values, wide) in [
            (&[127, -128][..], 1),
            (&[1, 128], 2),
            (&[1, -32_769], 4),
            (&[1, 1 << 31, 2], 8),
        ] {
            let bytes = match column(values).0 {
                Cells::One(_) => 1,
                Cells::Two(_) => 2,
                Cells::Four(_) => 4,
                Cells::Eight(_) => 8,
            };
            assert_eq!(bytes, wide, "{values:?}");
        }
        assert_eq!(column(&[300, 100_000]), column(&[300, 100_000]));
        assert_eq!(column(&[300, 5, 7]).0, Cells::Two(vec![300, 5, 7]));
    }
}
