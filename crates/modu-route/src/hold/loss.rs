//! What was lost between two states, and with what evidence.

use std::collections::{BTreeMap, BTreeSet};

use modu_kernel::Label;

use crate::history::{Cause, CauseKind, Change, Difference, Direction, Effect, Saying};
use crate::router_table::RouterTable;
use crate::validate::{ObjectOutcome, ValidatedTree};
use crate::vrp::Vrp;

/// A VRP that was in the table and was not found again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Which.
    pub vrp: Vrp,
    /// The last second in which it may be held, since 1970 (UTC): the end of
    /// the ROA that said it, the latest of several.
    pub until: i64,
    /// Why it was not found.
    pub why: Why,
}

/// Why a VRP was not found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Those who are responsible for its object took it back.
    TakenBack(Cause),
    /// It ended by its own date, at a publication point that could be used.
    Ended,
    /// The operator no longer gives the trust anchor's locator.
    NotAsked,
    /// Something else stood in the way.
    InTheWay(Cause),
    /// Another validator's table no longer has it; why is not told.
    NotTold,
}

impl Why {
    /// Whether it shows that the VRP is meant to be gone.
    #[must_use]
    pub fn is_evidence(&self) -> bool {
        matches!(self, Self::TakenBack(_) | Self::Ended | Self::NotAsked)
    }

    /// In a few words.
    #[must_use]
    pub fn label(&self) -> Label {
        match self {
            Self::TakenBack(cause) | Self::InTheWay(cause) => cause.label(Direction::Went),
            Self::Ended => Label::new("스스로 정한 날에 끝남", "it ended by its own date"),
            Self::NotAsked => Label::new(
                "신뢰 앵커를 더는 쓰지 않음",
                "the trust anchor is no longer used",
            ),
            Self::NotTold => Label::new(
                "다른 검증기의 표에서 사라짐",
                "gone from the other validator's table",
            ),
        }
    }
}

/// What one trust anchor lost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Losses {
    /// Different VRPs that it had in the accepted state.
    pub total: usize,
    /// What of it is gone from the whole table, ascending by VRP.
    pub lost: Vec<Loss>,
}

/// What was lost since the accepted tree, by trust anchor; anchors that had
/// anything are all there. `clock_jump` is by how many seconds the clock leapt
/// (forward, or back where negative) since: ends are told by the clock as it
/// would be without the leap, so that a wrong clock ends nothing.
#[must_use]
pub fn losses_of_trees(
    accepted: &ValidatedTree,
    current: &ValidatedTree,
    clock_jump: i64,
) -> BTreeMap<String, Losses> {
    let mut losses = totals(accepted);
    let difference = Difference::between(Some(accepted), current);
    let time = current.time.saturating_sub(clock_jump);
    for change in &difference.changes {
        let Change::Vrp {
            vrp,
            effect: Effect::Vanished,
            sayings,
        } = change
        else {
            continue;
        };
        let gone = sayings.iter().filter(|it| it.direction == Direction::Went);
        let gone: Vec<_> = gone
            .map(|saying| (saying, why(&difference, saying, time)))
            .collect();
        // One saying without evidence may still be made: the VRP has none.
        let without = gone.iter().any(|(_, why)| !why.is_evidence());
        let telling = gone.iter().filter(|(_, why)| why.is_evidence() != without);
        let Some(why) = telling.clone().map(|(_, why)| why).min() else {
            continue;
        };
        let until = telling.map(|(saying, _)| saying.validity.not_after).max();
        let loss = Loss {
            vrp: *vrp,
            until: until.unwrap_or(i64::MIN).saturating_add(clock_jump),
            why: why.clone(),
        };
        let links = gone.iter().filter_map(|(saying, _)| {
            let link = difference.links.get(saying.link as usize);
            link.map(|link| link.anchor.as_str())
        });
        for anchor in links.collect::<BTreeSet<_>>() {
            losses
                .entry(anchor.to_owned())
                .or_default()
                .lost
                .push(loss.clone());
        }
    }
    losses
}

fn totals(tree: &ValidatedTree) -> BTreeMap<String, Losses> {
    let mut vrps = BTreeMap::<&str, Vec<Vrp>>::new();
    for authority in &tree.authorities {
        let anchor = tree.anchors.get(usize::from(authority.anchor));
        let said = vrps.entry(anchor.map_or("", |it| &it.name)).or_default();
        for object in &authority.objects {
            if let ObjectOutcome::Roa(_, vrps) = &object.outcome {
                said.extend(vrps);
            }
        }
    }
    let total = |mut vrps: Vec<Vrp>| {
        vrps.sort_unstable();
        vrps.dedup();
        Losses {
            total: vrps.len(),
            lost: Vec::new(),
        }
    };
    (vrps.into_iter())
        .map(|(anchor, vrps)| (anchor.to_owned(), total(vrps)))
        .collect()
}

fn why(difference: &Difference, saying: &Saying, time: i64) -> Why {
    let Some(cause) = difference.cause(saying) else {
        return Why::NotTold;
    };
    let ended = saying.validity.not_after < time;
    match cause.kind {
        CauseKind::Locator => Why::NotAsked,
        CauseKind::Object if ended => Why::Ended,
        _ if cause.is_deliberate() => Why::TakenBack(cause.clone()),
        _ => Why::InTheWay(cause.clone()),
    }
}

/// What was lost since the accepted table of another validator, by the names
/// in it. It tells no reasons, so nothing is evidence; what has no end of its
/// own may be held until `until`.
#[must_use]
pub fn losses_of_tables(
    accepted: &RouterTable,
    current: &RouterTable,
    until: i64,
) -> BTreeMap<String, Losses> {
    let mut losses = BTreeMap::<String, Losses>::new();
    for row in accepted.rows() {
        let anchor = accepted.anchor_of(row);
        let of_anchor = match losses.get_mut(anchor) {
            Some(losses) => losses,
            None => losses.entry(anchor.to_owned()).or_default(),
        };
        of_anchor.total += 1;
        if current.row(&row.vrp).is_none() {
            of_anchor.lost.push(Loss {
                vrp: row.vrp,
                until: row.expires.min(until),
                why: Why::NotTold,
            });
        }
    }
    losses
}
