//! Which of many cannot be told apart?
//!
//! A leaderboard is a list of numbers, and numbers always have an order. Often
//! the order means nothing: the first nine may differ by chance only. This
//! module turns the comparisons of all pairs into groups, each the largest
//! possible, within which no two are told apart: the "compact letter display"
//! (Piepho, "An algorithm for a letter-based representation of all-pairwise
//! comparisons", Journal of Computational and Graphical Statistics 13, 2004).
//! One may be in several groups: where A and C differ, but B is like either,
//! A and B share one letter, B and C another.
//!
//! A shared letter is no proof of equality. It says that the rows did not
//! suffice to tell the two apart.

use crate::{Share, StatisticsError, holm};

/// The most that are compared.
pub const MAX_COMPARED: usize = 64;

/// The most groups; more than so many letters say nothing to a reader.
pub const MAX_LETTERS: usize = 1024;

/// The comparison of a pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairTest {
    /// One of the two, from 0.
    pub first: usize,
    /// The other.
    pub second: usize,
    /// Two-sided p-value that they are alike. `None` where there is none
    /// (they never disagree): then they are not told apart, and the pair
    /// still counts as a test.
    pub p_value: Option<f64>,
}

/// The groups of `compared` whose members are not told apart, where all pairs
/// are read together by Holm's adjustment: the chance of telling any pair
/// apart that is alike is at most `error`. A pair that was not tested is not
/// told apart.
///
/// The members of a group ascend, and the groups are in order of their
/// members; so if the compared are numbered from the best, the first group
/// holds the best. Everybody is in at least one group.
///
/// # Errors
/// A p-value outside 0..=1, a pair of an unknown or of one and the same, or
/// more than [`MAX_COMPARED`] or [`MAX_LETTERS`].
pub fn letters(
    compared: usize,
    tests: &[PairTest],
    error: Share,
) -> Result<Vec<Vec<usize>>, StatisticsError> {
    if compared > MAX_COMPARED {
        return Err(StatisticsError::TooMany {
            what: "compared solutions",
            found: compared,
            limit: MAX_COMPARED,
        });
    }
    let known = |test: &PairTest| test.first.max(test.second) < compared;
    if !tests
        .iter()
        .all(|test| known(test) && test.first != test.second)
    {
        return Err(StatisticsError::Unknown {
            what: "pair of compared solutions",
        });
    }
    let p_values: Vec<f64> = tests
        .iter()
        .map(|test| test.p_value.unwrap_or(1.0))
        .collect();
    let adjusted = holm(&p_values)?;
    let apart = tests
        .iter()
        .zip(adjusted)
        .filter(|(_, adjusted)| *adjusted <= error.get())
        .map(|(test, _)| (test.first, test.second));
    groups(compared, apart)
}

/// Insert and absorb (Piepho 2004, section 3): all in one group at first;
/// each pair that is told apart splits every group that holds both; a group
/// within another is dropped. The order of the pairs plays no part.
fn groups(
    compared: usize,
    apart: impl Iterator<Item = (usize, usize)>,
) -> Result<Vec<Vec<usize>>, StatisticsError> {
    if compared == 0 {
        return Ok(Vec::new());
    }
    let mut groups: Vec<u64> = vec![u64::MAX >> (MAX_COMPARED - compared)];
    for (first, second) in apart {
        let (first, second) = (1_u64 << first, 1_u64 << second);
        let both = first | second;
        let (split, mut kept): (Vec<u64>, Vec<u64>) =
            groups.iter().partition(|group| *group & both == both);
        let halves = split
            .iter()
            .flat_map(|group| [group & !first, group & !second]);
        let mut halves: Vec<u64> = halves.collect();
        halves.sort_unstable_by_key(|half| (std::cmp::Reverse(half.count_ones()), *half));
        for half in halves {
            // Kept groups are maximal already; of the halves the larger come
            // first, so whatever absorbs a half is there before it.
            if !kept.iter().any(|group| group & half == half) {
                kept.push(half);
            }
        }
        if kept.len() > MAX_LETTERS {
            return Err(StatisticsError::TooMany {
                what: "groups that cannot be told apart",
                found: kept.len(),
                limit: MAX_LETTERS,
            });
        }
        groups = kept;
    }
    let members = |group: u64| (0..compared).filter(move |of| group & (1 << of) != 0);
    let mut groups: Vec<Vec<usize>> = groups
        .iter()
        .map(|group| members(*group).collect())
        .collect();
    groups.sort_unstable();
    Ok(groups)
}

/// The name of a group by its place: `a` to `z`, then `aa`, `ab` and so on.
#[must_use]
pub fn letter(place: usize) -> String {
    let mut place = place;
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'a' + (place % 26) as u8));
        match (place / 26).checked_sub(1) {
            Some(next) => place = next,
            None => return letters.iter().rev().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn test(first: usize, second: usize, p: f64) -> PairTest {
        PairTest {
            first,
            second,
            p_value: Some(p),
        }
    }

    #[test]
    fn one_between_two_that_differ_shares_a_letter_with_either() {
        let error = Share::new(0.05).unwrap();
        let tests = [test(0, 1, 0.5), test(1, 2, 0.4), test(0, 2, 0.001)];
        let found = letters(3, &tests, error).unwrap();
        assert_eq!(found, [vec![0, 1], vec![1, 2]]);
    }

    #[test]
    fn holms_adjustment_decides_over_all_pairs() {
        let error = Share::new(0.05).unwrap();
        let tests = [test(0, 1, 0.02), test(1, 2, 0.9), test(0, 2, 0.03)];
        assert_eq!(letters(3, &tests, error).unwrap(), [vec![0, 1, 2]]);
        let found = letters(3, &tests[..1], error).unwrap();
        assert_eq!(found, [vec![0, 2], vec![1, 2]]);
    }

    #[test]
    fn a_pair_without_a_test_is_not_told_apart() {
        let error = Share::new(0.05).unwrap();
        let none = PairTest {
            p_value: None,
            ..test(0, 1, 0.0)
        };
        assert_eq!(letters(2, &[none], error).unwrap(), [vec![0, 1]]);
        assert_eq!(letters(2, &[], error).unwrap(), [vec![0, 1]]);
        assert_eq!(letters(0, &[], error).unwrap(), Vec::<Vec<usize>>::new());
        assert_eq!(letters(1, &[], error).unwrap(), [vec![0]]);
    }

    #[test]
    fn what_is_not_a_comparison_is_refused() {
        let error = Share::new(0.05).unwrap();
        assert!(letters(2, &[test(0, 2, 0.5)], error).is_err());
        assert!(letters(2, &[test(1, 1, 0.5)], error).is_err());
        assert!(letters(2, &[test(0, 1, 1.5)], error).is_err());
        assert!(letters(65, &[], error).is_err());
    }

    #[test]
    fn letters_go_on_after_z() {
        let names: Vec<String> = [0, 25, 26, 27, 701, 702].map(letter).to_vec();
        assert_eq!(names, ["a", "z", "aa", "ab", "zz", "aaa"]);
    }
}
