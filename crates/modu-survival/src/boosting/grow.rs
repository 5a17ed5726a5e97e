//! Growing the tree of a round.

use super::bins::Bins;
use super::gradient::Pair;
use super::histogram::Histogram;
use super::{BoostingPlan, Tree};
use crate::branch::Branch;
use crate::growing::{Places, split};

/// Gains below this are rounding.
const SMALL: f64 = 1e-6;

/// Memory for growing, used again from round to round.
pub(super) struct Grower<'a> {
    bins: &'a Bins,
    plan: &'a BoostingPlan,
    places: Places,
    /// Derivatives of a node's rows, in their order.
    gathered: Vec<Pair>,
    /// Histograms that are not in use.
    spare: Vec<Histogram>,
    /// Where the rows of each leaf end, leaf after leaf.
    ends: Vec<usize>,
}

/// A branch whose rows are not yet looked at.
struct Open {
    branch: usize,
    start: usize,
    end: usize,
    depth: u32,
    sum: Pair,
    /// Where another cut may follow.
    histogram: Option<Histogram>,
}

/// A cut of a node: bins up to `bin` go left.
#[derive(Clone, Copy)]
struct Cut {
    column: usize,
    bin: u8,
    left: Pair,
}

/// The sum of the scores of two sides as a fraction, so that comparing two
/// takes no division.
#[derive(Clone, Copy)]
struct Score {
    numerator: f64,
    denominator: f64,
}

impl Score {
    fn of(left: Pair, right: Pair, ridge: f64) -> Self {
        let (a, b) = (left.second + ridge, right.second + ridge);
        Self {
            numerator: left.first * left.first * b + right.first * right.first * a,
            denominator: a * b,
        }
    }

    fn is_above(self, other: Self) -> bool {
        self.numerator * other.denominator > other.numerator * self.denominator
    }
}

impl<'a> Grower<'a> {
    pub(super) fn new(bins: &'a Bins, plan: &'a BoostingPlan) -> Self {
        Self {
            bins,
            plan,
            places: Places::default(),
            gathered: Vec::new(),
            spare: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// The places of each leaf of the tree that was grown last.
    pub(super) fn leaves(&self) -> impl Iterator<Item = &[u32]> + Clone {
        let starts = std::iter::once(&0).chain(&self.ends);
        let bounds = starts.zip(&self.ends);
        bounds.map(|(start, end)| self.places.of(*start..*end))
    }

    /// Grows a tree; `None` where no cut of all rows gains anything.
    pub(super) fn grow(&mut self, pairs: &[Pair]) -> Option<Tree> {
        self.ends.clear();
        self.places.begin(0..self.bins.rows as u32);
        let unused = self.spare.pop();
        let mut histogram = unused.unwrap_or_else(|| Histogram::new(self.bins.columns.len()));
        histogram.fill(self.bins, self.places.of(0..self.bins.rows), pairs);
        let mut tree = Tree {
            branches: vec![Branch::Leaf(0)],
            values: Vec::new(),
        };
        let mut open = vec![Open {
            branch: 0,
            start: 0,
            end: self.places.len(),
            depth: 0,
            sum: sum_of(pairs),
            histogram: Some(histogram),
        }];
        while let Some(mut node) = open.pop() {
            let cut = node
                .histogram
                .as_ref()
                .and_then(|histogram| self.cut(histogram, node.sum));
            let Some(cut) = cut else {
                self.spare.extend(node.histogram);
                tree.branches[node.branch] = Branch::Leaf(tree.values.len() as u32);
                tree.values.push(self.value(node.sum));
                self.ends.push(node.end);
                continue;
            };
            let binned = &self.bins.columns[cut.column];
            let goes_left = |place: u32| binned.bin[place as usize] <= cut.bin;
            let middle = self.places.part(node.start..node.end, goes_left);
            let threshold = binned.thresholds[usize::from(cut.bin)];
            let below = split(&mut tree.branches, node.branch, binned.column, threshold);
            let histogram = node.histogram.take();
            let [left, right] = self.children(&node, &cut, middle, histogram, pairs);
            open.push(Open {
                branch: below + 1,
                ..right
            });
            open.push(Open {
                branch: below,
                ..left
            });
        }
        (tree.values.len() > 1).then_some(tree)
    }

    /// What rows of these derivatives move by: a part of Newton's step.
    fn value(&self, sum: Pair) -> f64 {
        -self.plan.learning_rate * sum.first / (sum.second + self.plan.ridge)
    }

    /// The cut that gains most; of equal ones the first.
    fn cut(&self, histogram: &Histogram, sum: Pair) -> Option<Cut> {
        let ridge = self.plan.ridge;
        let least = self.plan.least_curvature;
        let needed = self.plan.least_gain.max(SMALL);
        let whole = sum.first * sum.first / (sum.second + ridge);
        let mut best_score = Score {
            numerator: whole + needed,
            denominator: 1.0,
        };
        let mut best = None;
        let columns = histogram.0.iter().zip(&self.bins.columns).enumerate();
        for (column, (sums, binned)) in columns {
            let mut left = Pair::default();
            for (bin, of_bin) in sums[..binned.thresholds.len()].iter().enumerate() {
                left.first += of_bin.first;
                left.second += of_bin.second;
                let right = Pair {
                    first: sum.first - left.first,
                    second: sum.second - left.second,
                };
                if left.second < least {
                    continue;
                }
                if right.second < least {
                    break;
                }
                let score = Score::of(left, right, ridge);
                if score.is_above(best_score) {
                    best_score = score;
                    best = Some(Cut {
                        column,
                        bin: bin as u8,
                        left,
                    });
                }
            }
        }
        best
    }

    /// The two sides of a cut. Where they may be cut again, the rows of the
    /// smaller are summed, and those of the larger are what remains.
    fn children(
        &mut self,
        node: &Open,
        cut: &Cut,
        middle: usize,
        histogram: Option<Histogram>,
        pairs: &[Pair],
    ) -> [Open; 2] {
        let child = |start, end, sum| Open {
            branch: 0,
            start,
            end,
            depth: node.depth + 1,
            sum,
            histogram: None,
        };
        let right_sum = Pair {
            first: node.sum.first - cut.left.first,
            second: node.sum.second - cut.left.second,
        };
        let mut left = child(node.start, middle, cut.left);
        let mut right = child(middle, node.end, right_sum);
        let Some(mut rest) = histogram else {
            return [left, right];
        };
        if node.depth + 1 >= self.plan.depth {
            self.spare.push(rest);
            return [left, right];
        }
        let left_is_smaller = middle - node.start <= node.end - middle;
        let smaller = if left_is_smaller { &left } else { &right };
        let places = self.places.of(smaller.start..smaller.end);
        self.gathered.clear();
        self.gathered
            .extend(places.iter().map(|place| pairs[*place as usize]));
        let unused = self.spare.pop();
        let mut part = unused.unwrap_or_else(|| Histogram::new(self.bins.columns.len()));
        part.fill(self.bins, places, &self.gathered);
        rest.take_off(&part);
        let (smaller, larger) = if left_is_smaller {
            (&mut left, &mut right)
        } else {
            (&mut right, &mut left)
        };
        smaller.histogram = Some(part);
        larger.histogram = Some(rest);
        [left, right]
    }
}

fn sum_of(pairs: &[Pair]) -> Pair {
    let mut sum = Pair::default();
    for pair in pairs {
        sum.first += pair.first;
        sum.second += pair.second;
    }
    sum
}
