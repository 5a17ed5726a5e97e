//! Restricted cubic splines: smooth within the knots, straight beyond them.

/// Knots of a spline, ascending.
pub(super) struct Spline(Vec<f64>);

impl Spline {
    /// Knots at the quantiles that Harrell ("Regression Modeling Strategies",
    /// 2015, table 2.3) gives for 3, 4 or 5 of them; equal ones fall together.
    /// Where there are no more values than knots, or fewer than three knots
    /// are left, the line is straight.
    pub(super) fn new(values: &[f64], knots: u8) -> Self {
        let shares: &[f64] = match knots {
            3 => &[0.1, 0.5, 0.9],
            4 => &[0.05, 0.35, 0.65, 0.95],
            _ => &[0.05, 0.275, 0.5, 0.725, 0.95],
        };
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let values = sorted.chunk_by(|a, b| a == b).count();
        if values <= shares.len() {
            return Self(Vec::new());
        }
        let mut knots: Vec<f64> = shares
            .iter()
            .map(|share| quantile(&sorted, *share))
            .collect();
        let reach = knots[knots.len() - 1] - knots[0];
        knots.dedup_by(|a, b| *a - *b <= 1e-6 * reach);
        Self(if knots.len() < 3 { Vec::new() } else { knots })
    }

    /// How many columns there are beside the value itself.
    pub(super) fn columns(&self) -> usize {
        self.0.len().saturating_sub(2)
    }

    /// The columns of a value, scaled by the square of the knots' span
    /// (Harrell 2015, equation 2.25).
    pub(super) fn terms(&self, value: f64) -> impl Iterator<Item = f64> {
        let knots = &self.0;
        let cube = move |from: f64| {
            let above = (value - from).max(0.0);
            above * above * above
        };
        (0..self.columns()).map(move |j| {
            let (last, next) = (knots[knots.len() - 1], knots[knots.len() - 2]);
            let scale = (last - knots[0]) * (last - knots[0]);
            let tail = cube(next) * (last - knots[j]) - cube(last) * (next - knots[j]);
            (cube(knots[j]) - tail / (last - next)) / scale
        })
    }
}

/// A quantile of sorted values, interpolated (Hyndman & Fan 1996, 7).
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let low = place.floor() as usize;
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + (place - low as f64) * (sorted[high] - sorted[low])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_last_knot_a_spline_is_straight() {
        let values: Vec<f64> = (0..=100).map(f64::from).collect();
        let spline = Spline::new(&values, 4);
        let at = |x: f64| -> Vec<f64> { spline.terms(x).collect() };
        for column in 0..2 {
            let [a, b, c] = [200.0, 300.0, 400.0].map(|x| at(x)[column]);
            assert!((a + c - 2.0 * b).abs() < 1e-9 * c.abs(), "{a} {b} {c}");
            assert_eq!(at(1.0)[column], 0.0);
        }
    }

    #[test]
    fn too_few_values_make_a_straight_line() {
        assert_eq!(Spline::new(&[1.0, 1.0, 2.0, 2.0], 4).columns(), 0);
        assert_eq!(Spline::new(&[1.0; 9], 3).columns(), 0);
    }
}
