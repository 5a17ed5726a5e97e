//! Which rows belong to which member of a protected group.

use super::Dataset;
use crate::need::{Cut, Group, MemberRule};

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
    /// Sorts the rows into the members of all groups and slices.
    #[must_use]
    pub fn all(groups: &[Group], dataset: &Dataset) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::with_capacity(groups.len());
        for group in groups {
            let rows = match &group.cut {
                Cut::Column(column) => Self::of_column(group, *column, dataset),
                Cut::Groups(crossed) => {
                    let parts: Vec<&Self> = crossed.iter().filter_map(|of| all.get(*of)).collect();
                    Self::of_crossing(group, &parts, dataset.rows())
                }
            };
            all.push(rows);
        }
        all
    }

    /// A slice: a row is in the member that crosses the members it is in. One
    /// that is outside one of the groups is outside the slice.
    fn of_crossing(slice: &Group, parts: &[&Self], rows: usize) -> Self {
        let places: std::collections::HashMap<Vec<usize>, u8> = slice
            .members
            .iter()
            .zip(0_u8..OUTSIDE)
            .filter_map(|(member, place)| match &member.rule {
                MemberRule::Members(indices) => Some((indices.clone(), place)),
                MemberRule::Codes(_) | MemberRule::Band { .. } => None,
            })
            .collect();
        let mut crossed = Vec::with_capacity(parts.len());
        let member: Vec<u8> = (0..rows)
            .map(|row| {
                crossed.clear();
                let indices = parts
                    .iter()
                    .map(|part| part.member.get(row).copied().unwrap_or(OUTSIDE));
                crossed.extend(indices.map(usize::from));
                places.get(&crossed).copied().unwrap_or(OUTSIDE)
            })
            .collect();
        let mut counts = vec![0; slice.members.len()];
        let mut outside = 0;
        for place in &member {
            match counts.get_mut(usize::from(*place)) {
                Some(count) => *count += 1,
                None => outside += 1,
            }
        }
        Self {
            member,
            counts,
            outside,
        }
    }

    fn of_column(group: &Group, column: usize, dataset: &Dataset) -> Self {
        let column = dataset.column(column);
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
