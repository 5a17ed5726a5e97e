//! A variance that holds where rows depend on each other, or where the model
//! is not quite right.
//!
//! Each cluster pulls the estimate by its score residuals times the model's
//! variance; the squares of those pulls add up to the robust variance (Lin &
//! Wei, JASA 84, 1989). Without clusters each row is one.

use crate::Outcomes;
use crate::cox::detail::Detail;
use crate::cox::kernel::Squares;
use crate::cox::matrix::Matrix;

/// The robust variance of the coefficients of the scaled columns.
pub(crate) fn robust_variance(
    detail: &Detail<'_>,
    outcomes: &Outcomes,
    variance: &Matrix,
) -> Matrix {
    let design = detail.sweep.design;
    let stride = design.stride;
    let (cluster, clusters) = numbered(outcomes);
    let mut sums = vec![0.0; clusters * stride];
    detail.scores(|place, score| {
        let weight = design.weight(place);
        let cluster = cluster[design.order[place] as usize] as usize;
        let sums = &mut sums[cluster * stride..(cluster + 1) * stride];
        for (sum, score) in sums.iter_mut().zip(score) {
            *sum += weight * score;
        }
    });
    let mut squares = Squares::new(stride);
    squares.add(&sums, &vec![1.0; clusters]);
    let meat = Matrix::from_fn(design.columns, |a, b| squares.get(a, b));
    variance.sandwich(&meat)
}

/// The cluster of each row, numbered from 0, and how many there are.
fn numbered(outcomes: &Outcomes) -> (Vec<u32>, usize) {
    let Some(cluster) = outcomes.cluster() else {
        let rows = outcomes.len();
        return ((0..rows as u32).collect(), rows);
    };
    let mut rows: Vec<u32> = (0..outcomes.len() as u32).collect();
    rows.sort_by_key(|row| cluster[*row as usize]);
    let mut numbers = vec![0; rows.len()];
    let mut count = 0;
    for same in rows.chunk_by(|a, b| cluster[*a as usize] == cluster[*b as usize]) {
        for row in same {
            numbers[*row as usize] = count;
        }
        count += 1;
    }
    (numbers, count as usize)
}
