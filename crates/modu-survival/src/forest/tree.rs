//! A grown tree: where a row goes, and the curve of the leaf it comes to.

use serde::{Deserialize, Serialize};

use super::node::Jump;
use crate::branch::{self, Branch};

/// A tree. Leaves keep who was at risk and who had the event at each of their
/// event times, from which both curves follow exactly.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tree {
    pub(super) branches: Vec<Branch>,
    /// Where each leaf's jumps begin, and at last where all end.
    pub(super) starts: Vec<u32>,
    /// Which of the study's event times each jump is at, rising in a leaf.
    pub(super) at: Vec<u32>,
    /// Rows with the event at each jump.
    pub(super) events: Vec<u32>,
    /// Rows at risk at each jump.
    pub(super) at_risk: Vec<u32>,
}

impl Tree {
    /// A leaf of these jumps; its number.
    pub(super) fn add_leaf(&mut self, jumps: impl Iterator<Item = Jump>) -> u32 {
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        for jump in jumps {
            self.at.push(jump.at);
            self.events.push(jump.events);
            self.at_risk.push(jump.at_risk);
        }
        self.starts.push(self.at.len() as u32);
        self.starts.len() as u32 - 2
    }

    /// Number of leaves.
    pub(super) fn leaves(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The leaf that a row comes to, whose value in a column is told.
    pub(super) fn leaf(&self, value: impl Fn(u32) -> f64) -> u32 {
        branch::leaf(&self.branches, value)
    }

    /// The jumps of a leaf, in the order of time.
    pub(super) fn jumps(&self, leaf: u32) -> impl Iterator<Item = Jump> {
        let range = self.starts[leaf as usize] as usize..self.starts[leaf as usize + 1] as usize;
        range.map(|index| Jump {
            at: self.at[index],
            events: self.events[index],
            at_risk: self.at_risk[index],
        })
    }

    /// The expected number of events of each leaf if everyone in the study
    /// were in it ("mortality", Ishwaran et al. 2008, 3.3): the sum of its
    /// cumulative hazard over the study's event times.
    pub(super) fn risks(&self, event_times: usize) -> Vec<f64> {
        let risk = |leaf: u32| {
            self.jumps(leaf)
                .map(|jump| jump.hazard() * (event_times - jump.at as usize) as f64)
                .sum()
        };
        (0..self.leaves() as u32).map(risk).collect()
    }

    /// Whether rows always come to a leaf and leaves to curves, whatever is
    /// asked of a tree over so many columns and event times. What was read
    /// from a file must be asked.
    pub(super) fn is_sound(&self, columns: usize, event_times: usize) -> bool {
        let jumps = self.at.len();
        let leaf_is_sound = |bounds: &[u32]| {
            let (start, end) = (bounds[0] as usize, bounds[1] as usize);
            start <= end
                && end <= jumps
                && self.at[start..end].is_sorted_by(|before, after| before < after)
        };
        let mut counts = self.events.iter().zip(&self.at_risk);
        branch::are_sound(&self.branches, columns, self.leaves())
            && self.events.len() == jumps
            && self.at_risk.len() == jumps
            && self.starts.windows(2).all(leaf_is_sound)
            && self.at.iter().all(|at| (*at as usize) < event_times)
            && counts.all(|(events, at_risk)| *events > 0 && events <= at_risk)
    }
}

impl Jump {
    /// The Nelson-Aalen estimate's step.
    pub(super) fn hazard(&self) -> f64 {
        f64::from(self.events) / f64::from(self.at_risk)
    }
}
