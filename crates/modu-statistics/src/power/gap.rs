//! Planning for a gap: the largest member of a group minus the smallest.

use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};

use super::Claim;
use crate::{Finite, Share, Side, StatisticsError, Undefined, special::normal_upper_quantile};

/// Samples that are imagined, and resamples of each.
const SAMPLES: usize = 400;

/// A plan for a gap between members whose measures have normal errors.
///
/// A gap is no mean: it is never negative, and noise widens it, in the sample
/// and once more in the bootstrap's resamples. So its chance is not that of a
/// normal estimate but that of 400 imagined samples, each judged on the limit
/// of 400 imagined resamples. The same seed imagines the same samples, so the
/// power is a step function of its arguments; its own error is about 0.02.
#[derive(Debug, Clone, PartialEq)]
pub struct GapPlan {
    claim: Claim,
    members: usize,
    /// Normal numbers, by sample and member.
    samples: Vec<f64>,
    /// Normal numbers, by resample and member.
    resamples: Vec<f64>,
    /// Place of the limit among the sorted resamples.
    place: usize,
}

impl GapPlan {
    /// The largest number of members.
    pub const MAX_MEMBERS: usize = 64;

    /// A plan for a gap between so many members.
    ///
    /// # Errors
    /// Fewer than two members or more than [`Self::MAX_MEMBERS`].
    pub fn new(claim: Claim, members: usize, seed: u64) -> Result<Self, StatisticsError> {
        if !(2..=Self::MAX_MEMBERS).contains(&members) {
            let range = "within 2..=64";
            return Err(StatisticsError::range(
                "the number of members",
                members,
                range,
            ));
        }
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut normals = || -> Vec<f64> {
            (0..SAMPLES * members)
                .map(|_| normal(&mut random))
                .collect()
        };
        let tail = ((1.0 - claim.confidence.get()) * SAMPLES as f64) as usize;
        Ok(Self {
            samples: normals(),
            resamples: normals(),
            place: match claim.side {
                Side::Lower => tail,
                Side::Upper => SAMPLES - 1 - tail,
            },
            claim,
            members,
        })
    }

    /// The chance that the limit of the gap reaches the bound, if `gap` is the
    /// true one and these are the members' standard errors. The two members
    /// with the largest errors are taken to lie at its ends and the others in
    /// the middle, which is where a gap is hardest to judge.
    ///
    /// # Errors
    /// Another number of standard errors than of members, or one that is not
    /// a finite number of at least zero; a negative gap.
    pub fn power(&self, gap: f64, standard_errors: &[f64]) -> Result<Finite, StatisticsError> {
        crate::error::check_length("the standard errors", self.members, standard_errors.len())?;
        let valid = |value: f64| value.is_finite() && value >= 0.0;
        if !valid(gap) || !standard_errors.iter().all(|error| valid(*error)) {
            let range = "finite numbers of at least 0";
            return Err(StatisticsError::range(
                "a gap or standard error",
                gap,
                range,
            ));
        }
        let mut errors = standard_errors.to_vec();
        errors.sort_unstable_by(|a, b| b.total_cmp(a));
        let truth = |member: usize| match member {
            0 => gap / 2.0,
            1 => -gap / 2.0,
            _ => 0.0,
        };
        let mut met = 0_u32;
        let mut gaps = vec![0.0; SAMPLES];
        let mut seen = vec![0.0; self.members];
        for sample in self.samples.chunks_exact(self.members) {
            for (member, (slot, normal)) in seen.iter_mut().zip(sample).enumerate() {
                *slot = truth(member) + errors[member] * normal;
            }
            for (slot, resample) in gaps
                .iter_mut()
                .zip(self.resamples.chunks_exact(self.members))
            {
                let values = seen.iter().zip(&errors).zip(resample);
                *slot = spread(values.map(|((seen, error), normal)| seen + error * normal));
            }
            let (_, limit, _) = gaps.select_nth_unstable_by(self.place, f64::total_cmp);
            met += u32::from(self.claim.lead(*limit) >= 0.0);
        }
        let power = f64::from(met) / SAMPLES as f64;
        Ok(Finite::new(power).ok_or(Undefined::Overflow)?)
    }

    /// The confidence that 400 resamples can still carry.
    #[must_use]
    pub fn carries(confidence: Share) -> bool {
        (1.0 - confidence.get()) * SAMPLES as f64 >= 1.0
    }
}

fn spread(values: impl Iterator<Item = f64>) -> f64 {
    let ends = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    ends.1 - ends.0
}

fn normal(random: &mut Xoshiro256PlusPlus) -> f64 {
    // The middles of 2^53 equal parts of 0..1.
    let unit = ((random.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    normal_upper_quantile(unit)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn plan(members: usize) -> GapPlan {
        let claim = Claim {
            side: Side::Upper,
            bound: Finite::new(0.1).unwrap(),
            confidence: Share::new(0.95).unwrap(),
        };
        GapPlan::new(claim, members, 1).unwrap()
    }

    #[test]
    fn far_from_zero_the_gap_of_two_is_a_normal_difference() {
        // Φ((0.1 - 0.06) / (0.01 √2) - 1.645) = Φ(1.184) = 0.882
        let power = plan(2).power(0.06, &[0.01; 2]).unwrap().get();
        assert!((power - 0.882).abs() < 0.05, "{power}");
    }

    #[test]
    fn more_members_and_larger_errors_make_a_gap_harder_to_bound() {
        let power = |members, error: f64| {
            let errors = vec![error; members];
            plan(members).power(0.0, &errors).unwrap().get()
        };
        assert_eq!(power(2, 0.001), 1.0);
        assert!(power(6, 0.025) < power(2, 0.025));
        assert!(power(3, 0.04) < power(3, 0.02));
        assert!(power(2, 0.1) < 0.05);
    }

    #[test]
    fn what_is_no_gap_is_refused() {
        assert!(plan(2).power(-0.1, &[0.1; 2]).is_err());
        assert!(plan(2).power(0.1, &[0.1; 3]).is_err());
        assert!(plan(2).power(0.1, &[0.1, f64::NAN]).is_err());
        assert!(GapPlan::new(plan(2).claim, 1, 1).is_err());
    }
}
