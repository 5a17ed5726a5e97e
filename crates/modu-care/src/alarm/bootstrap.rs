//! Resamples of patients: other patients who might as well have come.

use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};

/// How often each person counts in each resample: a person is drawn with all
/// that belongs to them, for a patient's alarms come in bouts. Resample `b`
/// depends on the seed and `b` alone. Memory: one resample.
pub(super) fn resamples(
    people: usize,
    replicates: u32,
    seed: u64,
) -> impl Iterator<Item = Vec<u32>> {
    (0..replicates).map(move |number| {
        let mut state = [0; 32];
        state[..8].copy_from_slice(&seed.to_le_bytes());
        state[8..12].copy_from_slice(&number.to_le_bytes());
        state[31] = 1; // xoshiro must not start from zeros
        let mut random = Xoshiro256PlusPlus::from_seed(state);
        // The state's few set bits spread in the first steps.
        for _ in 0..32 {
            random.next_u64();
        }
        let mut counts = vec![0_u32; people];
        for _ in 0..people {
            // The bias of this is below people / 2^64.
            let place = (u128::from(random.next_u64()) * people as u128) >> 64;
            if let Some(count) = counts.get_mut(place as usize) {
                *count += 1;
            }
        }
        counts
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resample_has_as_many_people_and_is_the_same_again() {
        let of = |seed| resamples(500, 3, seed).collect::<Vec<_>>();
        let drawn = of(1);
        assert!(drawn.iter().all(|it| it.iter().sum::<u32>() == 500));
        assert_eq!(drawn, of(1));
        assert_ne!(drawn, of(2));
        assert_ne!(drawn[0], drawn[1]);
        // Of 500 draws with replacement about 1 / e leave a person out.
        let absent = drawn[0].iter().filter(|count| **count == 0).count();
        assert!((150..220).contains(&absent), "{absent}");
    }
}
