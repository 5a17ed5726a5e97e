//! Random streams that are a function of a seed and a number, and what is
//! drawn from them.

use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};

/// The step of `SplitMix64`: 2^64 over the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A stream of random numbers: xoshiro256++ (Blackman & Vigna).
#[derive(Debug, Clone)]
pub(crate) struct Stream(Xoshiro256PlusPlus);

impl Stream {
    /// Stream `number` of a seed. It depends on the two alone, so that streams
    /// can be drawn from in any order, on any thread.
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        let mut state = mix(seed.wrapping_add(GOLDEN)) ^ mix(number);
        let mut bytes = [0; 32];
        for word in bytes.chunks_exact_mut(8) {
            state = state.wrapping_add(GOLDEN);
            word.copy_from_slice(&mix(state).to_le_bytes());
        }
        Self(Xoshiro256PlusPlus::from_seed(bytes))
    }

    /// Any 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below a limit of 1 to 2^32, each equally likely (Lemire,
    /// "Fast random integer generation in an interval", 2019).
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        let unbiased = (1 << 32) % limit;
        loop {
            let product = (self.bits() >> 32) * limit;
            if product & 0xffff_ffff >= unbiased {
                return product >> 32;
            }
        }
    }

    /// A number of the open interval (0, 1), in steps of 2^-53.
    pub(crate) fn share(&mut self) -> f64 {
        ((self.bits() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    /// An exponentially distributed number of mean 1.
    pub(crate) fn exponential(&mut self) -> f64 {
        -libm::log(self.share())
    }

    /// A normally distributed number of mean 0 and variance 1 (Box & Muller
    /// 1958; the second of each pair is left, so that a draw is two words).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(2.0 * self.exponential());
        radius * libm::cos(2.0 * std::f64::consts::PI * self.share())
    }

    /// Puts things in random order (Durstenfeld 1964). At most 2^32 of them.
    pub(crate) fn shuffle<T>(&mut self, things: &mut [T]) {
        for place in (1..things.len()).rev() {
            let other = self.below(place as u64 + 1);
            things.swap(place, other as usize);
        }
    }
}

/// The finaliser of `SplitMix64` (Steele, Lea & Flood 2014).
fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_one_seed_are_the_same_again_and_differ_from_each_other() {
        let first = |seed, number| Stream::new(seed, number).bits();
        assert_eq!(first(7, 3), first(7, 3));
        assert_ne!(first(7, 3), first(7, 4));
        assert_ne!(first(7, 3), first(8, 3));
        assert_ne!(first(7, 3), first(3, 7));
    }

    #[test]
    fn draws_have_the_means_and_variances_of_their_distributions() {
        let mut stream = Stream::new(1, 0);
        let draws = 200_000;
        let mut mean = |draw: fn(&mut Stream) -> f64| {
            (0..draws).map(|_| draw(&mut stream)).sum::<f64>() / f64::from(draws)
        };
        // Five standard errors of each mean.
        let error = |variance: f64| 5.0 * (variance / f64::from(draws)).sqrt();
        assert!((mean(Stream::share) - 0.5).abs() < error(1.0 / 12.0));
        assert!((mean(Stream::exponential) - 1.0).abs() < error(1.0));
        assert!(mean(Stream::normal).abs() < error(1.0));
        assert!((mean(|s| s.normal().powi(2)) - 1.0).abs() < error(2.0));
        assert!((mean(|s| s.below(5) as f64) - 2.0).abs() < error(2.0));
    }
}
