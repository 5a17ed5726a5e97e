//! Numbers in large pages.
//!
//! A fit of a million rows lays them out anew in tens of megabytes, jumping
//! from row to row. In pages of four kilobytes half of that time goes into
//! being given pages and into finding them again; many systems give larger
//! ones only where they are asked for.

use std::ops::{Deref, DerefMut};

use memmap2::MmapMut;
use zerocopy::FromBytes as _;

/// Bytes from which on large pages are asked for.
const MANY: usize = 8 << 20;

/// So many numbers, in large pages where there are many and the system has
/// them.
pub(crate) enum Spacious {
    Heap(Vec<f64>),
    Pages(MmapMut),
}

impl Spacious {
    /// Zeros.
    pub(crate) fn zeros(count: usize) -> Self {
        let bytes = count * size_of::<f64>();
        let pages = (bytes >= MANY).then(|| pages(bytes)).flatten();
        match pages {
            Some(pages) => Self::Pages(pages),
            None => Self::Heap(vec![0.0; count]),
        }
    }
}

/// Memory of the system's, for nobody else; nothing where it gives none.
fn pages(bytes: usize) -> Option<MmapMut> {
    let mut pages = MmapMut::map_anon(bytes).ok()?;
    // Ordinary pages hold the same numbers.
    #[cfg(target_os = "linux")]
    let _refused = pages.advise(memmap2::Advice::HugePage);
    // Numbers are read from it only where they can be.
    <[f64]>::mut_from_bytes(&mut pages).is_ok().then_some(pages)
}

impl Deref for Spacious {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        match self {
            Self::Heap(numbers) => numbers,
            Self::Pages(pages) => <[f64]>::ref_from_bytes(pages).unwrap_or_default(),
        }
    }
}

impl DerefMut for Spacious {
    fn deref_mut(&mut self) -> &mut [f64] {
        match self {
            Self::Heap(numbers) => numbers,
            Self::Pages(pages) => <[f64]>::mut_from_bytes(pages).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_numbers_and_few_are_kept_alike() {
        for count in [0, 3, MANY / 8 - 1, MANY / 8, MANY / 8 + 4_099] {
            let mut numbers = Spacious::zeros(count);
            assert_eq!(numbers.len(), count);
            assert!(numbers.iter().all(|number| *number == 0.0));
            for (place, number) in numbers.iter_mut().enumerate() {
                *number = place as f64;
            }
            let sum = numbers.iter().sum::<f64>();
            assert_eq!(sum, (0..count).map(|place| place as f64).sum::<f64>());
        }
    }
}
