//! Counts of people, told only where they are many enough.

use modu_kernel::{Language, grouped};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The smallest number of people that is told.
pub const SMALLEST_CELL: u64 = 5;

/// A number of people in a report: none, enough to be told, or fewer than
/// [`SMALLEST_CELL`], of which only that is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// So many; 0, or at least [`SMALLEST_CELL`].
    Of(u64),
    /// At least one, and not so many that the number is told.
    Few,
    /// Not told, because a smaller number could be computed from it.
    Withheld,
}

/// Numbers whose sum is told elsewhere, as they may be told: a single one of
/// few people, or several that are few together, would follow from the others;
/// so the smallest of those is withheld as well, until five people or more
/// cannot be told apart.
#[must_use]
pub fn told_beside_their_sum(people: &[u64]) -> Vec<Count> {
    let mut told: Vec<Count> = people.iter().map(|count| Count::new(*count)).collect();
    loop {
        let hidden = || (0..people.len()).filter(|place| told[*place].told().is_none());
        let sum: u64 = hidden().map(|place| people[place]).sum();
        if sum == 0 || (sum >= SMALLEST_CELL && hidden().count() > 1) {
            return told;
        }
        let open = (0..people.len()).filter(|place| told[*place].told().is_some());
        let open = open.filter(|place| people[*place] > 0);
        match open.min_by_key(|place| people[*place]) {
            None => return told,
            Some(place) => told[place] = Count::Withheld,
        }
    }
}

impl Count {
    /// A number as it may be told.
    #[must_use]
    pub const fn new(people: u64) -> Self {
        match people {
            1..SMALLEST_CELL => Self::Few,
            _ => Self::Of(people),
        }
    }

    /// The number, where it is told.
    #[must_use]
    pub const fn told(self) -> Option<u64> {
        match self {
            Self::Of(people) => Some(people),
            Self::Few | Self::Withheld => None,
        }
    }

    /// For people.
    #[must_use]
    pub fn text(self, language: Language) -> String {
        match self {
            Self::Of(people) => grouped(people),
            Self::Few => language.pick("5 미만", "fewer than 5").to_owned(),
            Self::Withheld => language.pick("가림", "withheld").to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_small_number_does_not_follow_from_its_sum() {
        use Count::{Few, Of, Withheld};
        for (people, told) in [
            (vec![10, 3, 20], vec![Withheld, Few, Of(20)]),
            (vec![10, 3, 4], vec![Of(10), Few, Few]),
            (vec![10, 1, 1], vec![Withheld, Few, Few]),
            (vec![0, 9], vec![Of(0), Of(9)]),
            (vec![0, 2], vec![Of(0), Few]),
        ] {
            assert_eq!(told_beside_their_sum(&people), told, "{people:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_hidden_is_five_people_or_more_in_two_cells_where_that_can_be(
            people in proptest::collection::vec(0u64..12, 0..8),
        ) {
            let told = told_beside_their_sum(&people);
            let hidden: Vec<u64> = people.iter().zip(&told)
                .filter(|(_, told)| told.told().is_none())
                .map(|(people, _)| *people)
                .collect();
            let all_hidden = hidden.len() == people.iter().filter(|it| **it > 0).count();
            let safe = hidden.len() > 1 && hidden.iter().sum::<u64>() >= SMALLEST_CELL;
            prop_assert!(hidden.is_empty() || safe || all_hidden);
            for (people, told) in people.iter().zip(&told) {
                prop_assert!(told.told().is_none_or(|it| it == *people && !(1..5).contains(&it)));
            }
        }
    }
}
