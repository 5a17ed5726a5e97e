//! How many of what there are, counted as it happens: the front page shows it
//! to everybody, and must not look through all projects for each of them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::event::Event;
use crate::identity::{ProjectId, ProposalId};
use crate::project::{Phase, Project, Verdict};

/// Counts over all projects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    phases: BTreeMap<Phase, usize>,
    /// Projects to which proposals may come, by the end of their call; those
    /// whose call is still to come are last.
    open: BTreeSet<(bool, Option<Timestamp>, ProjectId)>,
    /// Proposals that the gate let through, by when it did so last.
    let_through: BTreeSet<(Timestamp, ProjectId, ProposalId)>,
    /// Proposals that were judged.
    pub judged: usize,
    /// Those of which the gate's last word lets them through.
    pub proven: usize,
    /// Those that some agency uses.
    pub adopted: usize,
}

/// What an event may change of its project.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    phase: Option<Phase>,
    open: Option<(bool, Option<Timestamp>, ProjectId)>,
    judged: bool,
    proven: Option<(Timestamp, ProjectId, ProposalId)>,
    adopted: bool,
}

impl Counted {
    /// Where a project and the one proposal that the event is about stand.
    pub(crate) fn of(project: &Project, event: &Event) -> Self {
        let proposal = proposal(event).and_then(|id| project.proposals.get(&id));
        let last = proposal.and_then(|proposal| proposal.judged.last());
        Self {
            phase: Some(project.phase),
            open: matches!(project.phase, Phase::Need | Phase::Call).then_some((
                project.closes.is_none(),
                project.closes,
                project.id,
            )),
            judged: last.is_some(),
            proven: proposal
                .zip(last.filter(|judged| judged.verdict == Verdict::Adopt))
                .map(|(proposal, judged)| (judged.at, project.id, proposal.id)),
            adopted: proposal.is_some_and(|proposal| !proposal.users.is_empty()),
        }
    }
}

/// The proposal whose counts an event may change.
fn proposal(event: &Event) -> Option<ProposalId> {
    match event {
        Event::Demonstrated { proposal, .. }
        | Event::Watched { proposal, .. }
        | Event::Adopted { proposal, .. }
        | Event::Retired { proposal, .. } => Some(*proposal),
        _ => None,
    }
}

impl Tally {
    /// How many projects are in a phase.
    #[must_use]
    pub fn in_phase(&self, phase: Phase) -> usize {
        self.phases.get(&phase).copied().unwrap_or(0)
    }

    /// Projects to which proposals may come, the soonest to end first.
    pub fn open(&self) -> impl Iterator<Item = ProjectId> {
        self.open.iter().map(|(_, _, project)| *project)
    }

    /// What the gate let through and has not refused since, the newest first.
    pub fn let_through(&self) -> impl Iterator<Item = (ProjectId, ProposalId)> {
        let newest = self.let_through.iter().rev();
        newest.map(|(_, project, proposal)| (*project, *proposal))
    }

    /// Counts what an event changed.
    pub(crate) fn change(&mut self, before: Counted, after: Counted) {
        fn count(number: &mut usize, before: bool, after: bool) {
            match (before, after) {
                (false, true) => *number += 1,
                (true, false) => *number = number.saturating_sub(1),
                _ => {}
            }
        }
        count(&mut self.judged, before.judged, after.judged);
        let is_proven = (before.proven.is_some(), after.proven.is_some());
        count(&mut self.proven, is_proven.0, is_proven.1);
        before.proven.map(|it| self.let_through.remove(&it));
        after.proven.map(|it| self.let_through.insert(it));
        before.open.map(|it| self.open.remove(&it));
        after.open.map(|it| self.open.insert(it));
        count(&mut self.adopted, before.adopted, after.adopted);
        if before.phase != after.phase {
            if let Some(phase) = before.phase {
                count(self.phases.entry(phase).or_default(), true, false);
            }
            if let Some(phase) = after.phase {
                count(self.phases.entry(phase).or_default(), false, true);
            }
        }
    }
}
