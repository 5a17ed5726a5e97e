//! Which rows belong to which member of a protected group.

use super::Dataset;
use crate::need::Group;

/// A row that no member takes in.
pub const OUTSIDE: u8 = u8::MAX;

/// Membership of every row in one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRows {
    /// Per row the member's index, or [`OUTSIDE`].
    pub member: Vec<u8>,
    /// Rows per member.
    pub counts: Vec<u64>,
    /// Rows that no member takes in.
    pub outside: u64,
}

impl GroupRows {
    /// Sorts the rows into a group's members.
    #[must_use]
    pub fn of(group: &Group, dataset: &Dataset) -> Self {
        let column = dataset.column(group.column);
        let mut counts = vec![0; group.members.len()];
        let mut outside = 0;
        let member = (0..dataset.rows())
            .map(|row| {
                let index = column.number(row).and_then(|value| {
                    let takes_in = |rule: &crate::need::Member| rule.rule.takes_in(value);
                    group.members.iter().position(takes_in)
                });
                match index
                    .and_then(|index| Some((u8::try_from(index).ok()?, counts.get_mut(index)?)))
                {
                    Some((index, count)) => {
                        *count += 1;
                        index
                    }
                    None => {
                        outside += 1;
                        OUTSIDE
                    }
                }
            })
            .collect();
        Self {
            member,
            counts,
            outside,
        }
    }

    /// A mask of one member's rows.
    #[must_use]
    pub fn rows_of(&self, member: usize) -> Vec<bool> {
        self.member
            .iter()
            .map(|index| usize::from(*index) == member)
            .collect()
    }
}
