//! Small symmetric systems of equations.

/// A square matrix, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Matrix {
    size: usize,
    values: Vec<f64>,
}

impl Matrix {
    /// The matrix whose element at a row and a column is given.
    pub(crate) fn from_fn(size: usize, element: impl Fn(usize, usize) -> f64) -> Self {
        let values = (0..size * size).map(|place| element(place / size, place % size));
        Self {
            size,
            values: values.collect(),
        }
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }

    pub(crate) fn get(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.size + column]
    }

    pub(crate) fn add(&mut self, row: usize, column: usize, value: f64) {
        self.values[row * self.size + column] += value;
    }

    /// `self * other * self`, for a symmetric `self`.
    pub(crate) fn sandwich(&self, other: &Self) -> Self {
        let half = self.product(other);
        half.product(self)
    }

    pub(crate) fn product(&self, other: &Self) -> Self {
        Self::from_fn(self.size, |row, column| {
            let terms = (0..self.size).map(|k| self.get(row, k) * other.get(k, column));
            terms.sum()
        })
    }
}

/// The sum of products, in order.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `L D L'` of a symmetric matrix that is not negative, without the columns
/// that add nothing to those before them.
pub(crate) struct Factor {
    /// `L` below the diagonal and `D` on it.
    values: Matrix,
    kept: Vec<bool>,
}

impl Factor {
    /// Factors a matrix; a column whose pivot is not above `least` of it is
    /// left out, as is one that `kept` says to leave out.
    pub(crate) fn new(matrix: &Matrix, kept: &[bool], least: &[f64]) -> Self {
        let size = matrix.size();
        let mut values = matrix.clone();
        let mut kept = kept.to_vec();
        for column in 0..size {
            let pivot = values.get(column, column);
            // A pivot that is not a number is left out, too.
            let sound = pivot > least[column];
            kept[column] &= sound;
            if !kept[column] {
                continue;
            }
            let below: Vec<f64> = (column + 1..size)
                .map(|row| values.get(row, column))
                .collect();
            for row in column + 1..size {
                let factor = below[row - column - 1] / pivot;
                for other in column + 1..=row {
                    values.add(row, other, -factor * below[other - column - 1]);
                }
                values.values[row * size + column] = factor;
            }
        }
        Self { values, kept }
    }

    /// Which columns are in.
    pub(crate) fn kept(&self) -> &[bool] {
        &self.kept
    }

    /// The solution, zero in the columns left out.
    pub(crate) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let size = self.values.size();
        let mut solution: Vec<f64> = right
            .iter()
            .zip(&self.kept)
            .map(|(value, kept)| if *kept { *value } else { 0.0 })
            .collect();
        let kept = |place: &usize| self.kept[*place];
        for row in (0..size).filter(kept) {
            for column in (0..row).filter(kept) {
                solution[row] -= self.values.get(row, column) * solution[column];
            }
        }
        for row in (0..size).rev().filter(kept) {
            solution[row] /= self.values.get(row, row);
            for below in (row + 1..size).filter(kept) {
                solution[row] -= self.values.get(below, row) * solution[below];
            }
        }
        solution
    }

    /// The inverse, zero in the columns left out.
    pub(crate) fn inverse(&self) -> Matrix {
        let size = self.values.size();
        let columns: Vec<Vec<f64>> = (0..size)
            .map(|column| {
                let mut unit = vec![0.0; size];
                unit[column] = 1.0;
                self.solve(&unit)
            })
            .collect();
        // The two halves differ in their last bits; one is taken.
        Matrix::from_fn(size, |row, column| {
            columns[row.min(column)][row.max(column)]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_that_repeats_others_is_left_out_and_the_rest_is_solved() {
        // The second column is twice the first.
        let values = [[4.0, 8.0, 2.0], [8.0, 16.0, 4.0], [2.0, 4.0, 5.0]];
        let matrix = Matrix::from_fn(3, |row, column| values[row][column]);
        let factor = Factor::new(&matrix, &[true; 3], &[1e-9; 3]);
        assert_eq!(factor.kept(), [true, false, true]);
        assert_eq!(factor.solve(&[8.0, 7.0, 12.0]), [1.0, 0.0, 2.0]);
        let inverse = factor.inverse();
        assert_eq!(inverse.get(1, 1), 0.0);
        assert!((inverse.get(0, 0) - 5.0 / 16.0).abs() < 1e-15);
    }
}
