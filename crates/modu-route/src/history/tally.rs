//! A run in numbers.

use std::collections::BTreeMap;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::difference::{Change, Difference, Direction, Effect};
use crate::validate::{Decision, ObjectOutcome, ValidatedTree};
use crate::vrp::VrpTable;

/// A run in numbers, and what changed since the run before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// The trust anchors, ascending by name.
    pub anchors: Vec<AnchorTally>,
    /// Authorities that were reached.
    pub authorities: u64,
    /// Of these, those whose last good state stood in.
    pub kept: u64,
    /// Of these, those of which nothing could be used.
    pub refused: u64,
    /// ASPAs whose providers changed, came or went.
    pub aspas_changed: u64,
}

/// What stands under one trust anchor. A VRP under two of them counts in both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnchorTally {
    /// Its name.
    pub name: String,
    /// Why it could not be used, as a code, if it could not.
    pub failure: Option<String>,
    /// Different VRPs.
    pub vrps: u64,
    /// VRPs that appeared.
    pub appeared: u64,
    /// VRPs that vanished.
    pub vanished: u64,
    /// Of these, those that nobody took back: see
    /// [`super::Cause::is_deliberate`].
    pub unexplained: u64,
}

impl Tally {
    /// Counts. Cost: the VRPs of each trust anchor sorted.
    #[must_use]
    pub fn of(tree: &ValidatedTree, difference: &Difference) -> Self {
        let mut anchors: BTreeMap<&str, AnchorTally> = BTreeMap::new();
        let blank = |name: &str| AnchorTally {
            name: name.to_owned(),
            failure: None,
            vrps: 0,
            appeared: 0,
            vanished: 0,
            unexplained: 0,
        };
        let counted: Vec<_> = (0..tree.anchors.len())
            .into_par_iter()
            .map(|anchor| count(tree, anchor))
            .collect();
        for (anchor, vrps) in tree.anchors.iter().zip(counted) {
            let tally = anchors.entry(&anchor.name);
            let tally = tally.or_insert_with(|| blank(&anchor.name));
            tally.failure = (anchor.authority.as_ref().err()).map(|reason| reason.code.clone());
            tally.vrps += vrps;
        }
        for change in &difference.changes {
            for (name, moved) in movements(difference, change) {
                let tally = anchors.entry(name).or_insert_with(|| blank(name));
                tally.appeared += u64::from(moved == Moved::Appeared);
                tally.vanished += u64::from(moved != Moved::Appeared);
                tally.unexplained += u64::from(moved == Moved::Lost);
            }
        }
        let decided = |wanted: fn(&Decision) -> bool| {
            let those = tree.authorities.iter().filter(|it| wanted(&it.decision));
            those.count() as u64
        };
        let aspas = difference.changes.iter().filter(|change| {
            matches!(change, Change::Aspa { .. }) && change.effect() != Effect::StillSaid
        });
        Self {
            anchors: anchors.into_values().collect(),
            authorities: tree.authorities.len() as u64,
            kept: decided(|decision| matches!(decision, Decision::Kept(_))),
            refused: decided(|decision| matches!(decision, Decision::Refused(_))),
            aspas_changed: aspas.count() as u64,
        }
    }

    /// VRPs of all trust anchors; one under two of them counts twice.
    #[must_use]
    pub fn vrps(&self) -> u64 {
        self.anchors.iter().map(|anchor| anchor.vrps).sum()
    }
}

/// The different VRPs under a trust anchor.
fn count(tree: &ValidatedTree, anchor: usize) -> u64 {
    let authorities = tree.authorities.iter();
    let under = authorities.filter(|authority| usize::from(authority.anchor) == anchor);
    let objects = under.flat_map(|authority| authority.objects.iter());
    let vrps = objects.filter_map(|object| match &object.outcome {
        ObjectOutcome::Roa(_, vrps) => Some(vrps.iter().copied()),
        _ => None,
    });
    vrps.flatten().collect::<VrpTable>().len() as u64
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Moved {
    Appeared,
    TakenBack,
    Lost,
}

/// Under which trust anchors a VRP appeared or vanished.
fn movements<'d>(difference: &'d Difference, change: &Change) -> BTreeMap<&'d str, Moved> {
    let direction = match change {
        Change::Aspa { .. } => return BTreeMap::new(),
        Change::Vrp { effect, .. } => match effect {
            Effect::Appeared => Direction::Came,
            Effect::Vanished => Direction::Went,
            Effect::StillSaid => return BTreeMap::new(),
        },
    };
    let mut anchors = BTreeMap::new();
    for saying in change.sayings() {
        let deliberate = (difference.cause(saying)).is_some_and(|cause| cause.is_deliberate());
        let moved = match (direction, deliberate) {
            (Direction::Came, _) => Moved::Appeared,
            (Direction::Went, true) => Moved::TakenBack,
            (Direction::Went, false) => Moved::Lost,
        };
        let link = difference.links.get(saying.link as usize);
        if let Some(link) = link.filter(|_| saying.direction == direction) {
            let known = anchors.entry(link.anchor.as_str()).or_insert(moved);
            *known = moved.max(*known);
        }
    }
    anchors
}
