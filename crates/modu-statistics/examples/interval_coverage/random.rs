//! Random numbers of a data set.

use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};

pub(crate) struct Source(Xoshiro256PlusPlus);

impl Source {
    /// The numbers of the `run`-th data set of a kind.
    pub(crate) fn new(kind: &str, run: u64) -> Self {
        let seed = kind.bytes().fold(run, |seed, byte| {
            (seed ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// Strictly between 0 and 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    pub(crate) fn exponential(&mut self) -> f64 {
        -libm::log(self.uniform())
    }

    /// Box and Muller (1958).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (2.0 * self.exponential()).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.uniform())
    }

    pub(crate) fn lognormal(&mut self) -> f64 {
        libm::exp(self.normal())
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// The place of one of several chances that sum to one.
    pub(crate) fn place(&mut self, chances: &[f64]) -> usize {
        let mut left = self.uniform();
        let place = chances.iter().position(|chance| {
            left -= chance;
            left < 0.0
        });
        place.unwrap_or(chances.len() - 1)
    }
}
