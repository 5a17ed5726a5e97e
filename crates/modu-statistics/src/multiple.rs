//! P-values of several tests, adjusted so that they can be read together.

use crate::StatisticsError;

/// Holm's step-down adjustment (1979): rejecting every test whose adjusted
/// p-value is at most `alpha` keeps the chance of any false rejection at
/// `alpha`, whatever the dependence between the tests. In the order given.
///
/// # Errors
/// A p-value outside 0..=1.
pub fn holm(p_values: &[f64]) -> Result<Vec<f64>, StatisticsError> {
    let order = ascending(p_values)?;
    let mut adjusted = vec![0.0; p_values.len()];
    let mut largest: f64 = 0.0;
    for (rank, &test) in order.iter().enumerate() {
        let factor = (order.len() - rank) as f64;
        largest = largest.max((p_values[test] * factor).min(1.0));
        adjusted[test] = largest;
    }
    Ok(adjusted)
}

/// Benjamini & Hochberg's step-up adjustment (1995): rejecting every test
/// whose adjusted p-value is at most `q` keeps the expected share of false
/// rejections at `q`, for independent or positively dependent tests. In the
/// order given.
///
/// # Errors
/// A p-value outside 0..=1.
pub fn benjamini_hochberg(p_values: &[f64]) -> Result<Vec<f64>, StatisticsError> {
    let order = ascending(p_values)?;
    let mut adjusted = vec![0.0; p_values.len()];
    let mut smallest: f64 = 1.0;
    for (rank, &test) in order.iter().enumerate().rev() {
        let factor = order.len() as f64 / (rank + 1) as f64;
        smallest = smallest.min(p_values[test] * factor);
        adjusted[test] = smallest;
    }
    Ok(adjusted)
}

/// Indices by ascending p-value.
fn ascending(p_values: &[f64]) -> Result<Vec<usize>, StatisticsError> {
    if let Some(p) = p_values.iter().find(|p| !(0.0..=1.0).contains(*p)) {
        return Err(StatisticsError::range("a p-value", p, "within 0..=1"));
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    Ok(order)
}
