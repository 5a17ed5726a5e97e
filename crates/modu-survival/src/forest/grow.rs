//! Growing one tree.

use super::cut::{Cut, Search};
use super::node::{Node, walk};
use super::study::Study;
use super::tree::Tree;
use super::{Drawing, ForestPlan};
use crate::branch::Branch;
use crate::growing::{Places, split};
use crate::random::Stream;

/// Memory for growing, used again from tree to tree.
#[derive(Default)]
pub(super) struct Grower {
    /// The places in the sample, in the order of their times.
    places: Places,
    columns: Vec<usize>,
    node: Node,
    search: Search,
}

/// A branch whose rows are not yet looked at.
struct Open {
    branch: usize,
    start: usize,
    end: usize,
    depth: u32,
}

/// How often each unit (a row, or a cluster) is in the sample of a tree.
pub(super) fn draw(plan: &ForestPlan, units: usize, stream: &mut Stream) -> Vec<u32> {
    match plan.drawing {
        Drawing::Everyone => vec![1; units],
        Drawing::Bootstrap => {
            let mut drawn = vec![0; units];
            for _ in 0..units {
                drawn[stream.below(units as u64) as usize] += 1;
            }
            drawn
        }
    }
}

impl Grower {
    /// Grows a tree on places that were drawn so many times each.
    pub(super) fn grow(
        &mut self,
        study: &Study,
        plan: &ForestPlan,
        drawn: &[u32],
        stream: &mut Stream,
    ) -> Tree {
        let mut tree = Tree::default();
        let places = 0..study.timeline.row.len() as u32;
        let places = places.filter(|place| drawn[*place as usize] > 0);
        self.places.begin(places);
        self.columns.clear();
        self.columns.extend(0..study.columns.len());
        tree.branches.push(Branch::Leaf(0));
        let mut open = vec![Open {
            branch: 0,
            start: 0,
            end: self.places.len(),
            depth: 0,
        }];
        while let Some(next) = open.pop() {
            let cut = self.cut(study, plan, drawn, &next, stream);
            let Some(cut) = cut else {
                let places = self.places.of(next.start..next.end);
                let mut jumps = Vec::new();
                walk(study, drawn, places, |jump, _| jumps.extend(jump));
                tree.branches[next.branch] = Branch::Leaf(tree.add_leaf(jumps.into_iter()));
                continue;
            };
            let (column, ranked) = &study.columns[cut.column];
            let goes_left = |place: u32| ranked.rank[place as usize] <= cut.rank;
            let middle = self.places.part(next.start..next.end, goes_left);
            let threshold = ranked.between(cut.rank, cut.next);
            let below = split(&mut tree.branches, next.branch, *column, threshold);
            let child = |branch, start, end| Open {
                branch,
                start,
                end,
                depth: next.depth + 1,
            };
            open.push(child(below + 1, middle, next.end));
            open.push(child(below, next.start, middle));
        }
        tree
    }

    /// The best cut over columns drawn at random; columns that are constant
    /// within the node do not count as drawn.
    fn cut(
        &mut self,
        study: &Study,
        plan: &ForestPlan,
        drawn: &[u32],
        open: &Open,
        stream: &mut Stream,
    ) -> Option<Cut> {
        let places = self.places.of(open.start..open.end);
        if plan.depth.is_some_and(|depth| open.depth >= depth) {
            return None;
        }
        let count = |place: &u32| u64::from(drawn[*place as usize]);
        let least = u64::from(plan.least_rows);
        if places.len() < 2 || places.iter().map(count).sum::<u64>() < 2 * least {
            return None;
        }
        if !places
            .iter()
            .any(|place| study.timeline.is_event[*place as usize])
        {
            return None;
        }
        self.node.prepare(study, drawn, places);
        let (mut best, mut looked_at) = (None, 0);
        for drawn in 0..self.columns.len() {
            let left = self.columns.len() - drawn;
            let chosen = drawn + stream.below(left as u64) as usize;
            self.columns.swap(drawn, chosen);
            let column = self.columns[drawn];
            if !self.search.order(study, column, places) {
                continue;
            }
            best = self.search.best(&self.node, column, least, best);
            looked_at += 1;
            if looked_at == plan.columns_per_split {
                break;
            }
        }
        best
    }
}
