//! The p-values that are read off replicates.

use crate::{
    Finite, IntervalMethod, Replicates, Side, Undefined, expansion::Expansion,
    special::normal_upper_tail,
};

impl Replicates {
    /// The one-sided bootstrap p-value against the null hypothesis that the
    /// quantity does not exceed `reference` (side [`Side::Lower`]: is it
    /// proven to be above?) or does not fall below it ([`Side::Upper`]):
    /// `(1 + replicates on the null's side, ties and undefined ones
    /// included) / (1 + replicates)` (Davison & Hinkley 1997, 4.2.5). Its
    /// smallest value is `1 / (1 + replicates)`.
    ///
    /// # Errors
    /// The reason why the estimate is undefined.
    pub fn p_value(&self, side: Side, reference: f64) -> Result<Finite, Undefined> {
        self.estimate.get()?;
        let proven = match side {
            Side::Lower => self
                .values
                .iter()
                .filter(|&&value| value > reference)
                .count(),
            Side::Upper => self
                .values
                .iter()
                .filter(|&&value| value < reference)
                .count(),
        };
        let against = self.values.len() - proven;
        let p = (1 + against) as f64 / (1 + self.values.len()) as f64;
        Finite::new(p).ok_or(Undefined::Overflow)
    }

    /// The same by a method: the smallest error at which
    /// [`Self::limit_by`] still proves it, where replicates are not so few
    /// that it has no limit. By percentiles it is [`Self::p_value`].
    ///
    /// # Errors
    /// The reason why the estimate is undefined; by BCa also
    /// [`Undefined::NoBiasCorrection`] and [`Undefined::NoAcceleration`].
    pub fn p_value_by(
        &self,
        method: IntervalMethod,
        side: Side,
        reference: f64,
    ) -> Result<Finite, Undefined> {
        let cut = self.p_value(side, reference)?.get();
        let Some(jackknife) = self.jackknife(method)?.filter(|_| cut < 1.0) else {
            return Finite::new(cut).ok_or(Undefined::Overflow);
        };
        let corrected = |cut| jackknife.inverse(self.below(side)?, cut, side == Side::Upper);
        let p = match method {
            IntervalMethod::Expanded => {
                let p = corrected(cut).unwrap_or(cut);
                Expansion::of(jackknife).map_or(p, |expansion| expansion.inverse(p))
            }
            _ => corrected(cut)?,
        };
        let least = 1.0 / (1 + self.values.len()) as f64;
        Finite::new(p.clamp(least, 1.0)).ok_or(Undefined::Overflow)
    }

    /// Twice the smaller of the two one-sided p-values, at most 1.
    ///
    /// # Errors
    /// The reason why the estimate is undefined.
    pub fn p_value_two_sided(&self, reference: f64) -> Result<Finite, Undefined> {
        let lower = self.p_value(Side::Lower, reference)?.get();
        let upper = self.p_value(Side::Upper, reference)?.get();
        Finite::new((2.0 * lower.min(upper)).min(1.0)).ok_or(Undefined::Overflow)
    }

    /// The two-sided p-value of a Wald test against `reference`: the distance
    /// of the estimate in standard errors of the replicates
    /// ([`Self::standard_error`]), by the normal distribution. Rougher in the
    /// tails than a count of replicates ([`Self::p_value_two_sided`]), but not
    /// bounded from below by their number, so that many tests can be adjusted
    /// together.
    ///
    /// # Errors
    /// The reason why the estimate is undefined;
    /// [`Undefined::UndefinedReplicates`] where more than one replicate in
    /// twenty is; [`Undefined::NoSpread`] where the replicates do not vary.
    pub fn wald_p_value(&self, reference: f64) -> Result<Finite, Undefined> {
        let distance = self.estimate.get()? - reference;
        if self.undefined() * 20 > self.values.len() {
            return Err(Undefined::UndefinedReplicates);
        }
        if !self.varies() {
            return Err(Undefined::NoSpread);
        }
        let z = distance.abs() / self.standard_error().get()?;
        Finite::new((2.0 * normal_upper_tail(z)).min(1.0)).ok_or(Undefined::Overflow)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn replicates(estimate: f64, values: &[Option<f64>]) -> Replicates {
        let values = values
            .iter()
            .map(|value| value.and_then(Finite::new))
            .collect::<Vec<_>>();
        Replicates::new(Ok(estimate).into(), values)
    }

    #[test]
    fn a_wald_p_value_is_that_of_the_normal_distribution() {
        // scipy 1.17: 2 * norm.sf(2 / sqrt(2)) and 2 * norm.sf(9 / sqrt(2)).
        let sample = replicates(2.0, &[Some(1.0), Some(3.0)]);
        let p = sample.wald_p_value(0.0).unwrap().get();
        assert!((p - 0.157_299_207_050_285_13).abs() < 1e-14, "{p}");
        let far = sample.wald_p_value(11.0).unwrap().get();
        assert!(
            (far / 1.966_160_441_542_887_6e-10 - 1.0).abs() < 1e-9,
            "{far}"
        );
        assert_eq!(sample.wald_p_value(2.0).unwrap().get(), 1.0);
    }

    #[test]
    fn a_wald_p_value_needs_spread_and_defined_replicates() {
        let same = replicates(2.0, &[Some(2.0), Some(2.0)]);
        assert_eq!(same.wald_p_value(0.0), Err(Undefined::NoSpread));
        let holes = replicates(2.0, &[Some(1.0), Some(3.0), None]);
        assert_eq!(holes.wald_p_value(0.0), Err(Undefined::UndefinedReplicates));
    }
}
