//! What growing a tree is whatever its cuts are judged by: rows are parted, and
//! two branches come below one.

use std::ops::Range;

use crate::branch::Branch;

/// Rows by their places, those of a node together and in the order they came;
/// used again from tree to tree.
#[derive(Debug, Default)]
pub(crate) struct Places {
    all: Vec<u32>,
    right: Vec<u32>,
}

impl Places {
    /// Begins a tree of these places.
    pub(crate) fn begin(&mut self, places: impl Iterator<Item = u32>) {
        self.all.clear();
        self.all.extend(places);
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// The places of a node.
    pub(crate) fn of(&self, node: Range<usize>) -> &[u32] {
        &self.all[node]
    }

    /// Puts the rows of a node that go left before those that go right, each
    /// in the order they had; where the latter begin.
    pub(crate) fn part(&mut self, node: Range<usize>, goes_left: impl Fn(u32) -> bool) -> usize {
        let (mut middle, end) = (node.start, node.end);
        self.right.clear();
        for index in node {
            let place = self.all[index];
            if goes_left(place) {
                self.all[middle] = place;
                middle += 1;
            } else {
                self.right.push(place);
            }
        }
        self.all[middle..end].copy_from_slice(&self.right);
        middle
    }
}

/// Makes a branch a cut, with two branches below it that are yet to be grown;
/// the first of the two.
pub(crate) fn split(
    branches: &mut Vec<Branch>,
    branch: usize,
    column: u32,
    threshold: f64,
) -> usize {
    let below = branches.len();
    branches[branch] = Branch::Split {
        column,
        threshold,
        below: below as u32,
    };
    branches.extend([Branch::Leaf(0); 2]);
    below
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_parted_in_its_order_and_other_nodes_stay() {
        let mut places = Places::default();
        places.begin(0..10);
        assert_eq!(places.part(2..9, |place| place % 3 == 0), 4);
        assert_eq!(places.of(0..10), [0, 1, 3, 6, 2, 4, 5, 7, 8, 9]);
    }
}
