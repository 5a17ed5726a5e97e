//! What was lost between two states, and with what evidence.

use std::collections::{BTreeMap, BTreeSet};

use modu_kernel::Label;

use super::{Counted, aspa_loss};
use crate::history::{Cause, CauseKind, Change, Difference, Direction, Effect, Saying};
use crate::payload::Aspa;
use crate::router_table::RouterTable;
use crate::validate::{ObjectOutcome, ValidatedTree};
use crate::vrp::Vrp;

/// Something that was in the table and was not found again: a VRP, or an ASPA
/// of the providers that are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss<T> {
    /// Which.
    pub what: T,
    /// The last second in which it may be held, since 1970 (UTC): the end of
    /// the object that said it, the latest of several.
    pub until: i64,
    /// Why it was not found.
    pub why: Why,
}

/// Why something was not found.
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
    /// Whether it shows that what was lost is meant to be gone.
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
    /// VRPs, each once.
    pub vrps: Lost<Vrp>,
    /// ASPAs, counted by customer.
    pub aspas: Lost<Aspa>,
}

/// What was lost of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost<T> {
    /// How many different ones there were in the accepted state.
    pub total: usize,
    /// What of it is gone from the whole table.
    pub lost: Vec<Loss<T>>,
}

impl<T> Default for Lost<T> {
    fn default() -> Self {
        Self {
            total: 0,
            lost: Vec::new(),
        }
    }
}

impl<T: Counted> Lost<T> {
    /// How many different ones were lost.
    #[must_use]
    pub fn count(&self) -> usize {
        different(self.lost.iter())
    }

    /// How many of them without evidence.
    #[must_use]
    pub fn without_evidence(&self) -> usize {
        different(self.lost.iter().filter(|loss| !loss.why.is_evidence()))
    }
}

fn different<'l, T: Counted + 'l>(losses: impl Iterator<Item = &'l Loss<T>>) -> usize {
    let mut units: Vec<_> = losses.map(|loss| loss.what.unit()).collect();
    units.sort_unstable();
    units.dedup();
    units.len()
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
    let aspas = aspa_loss::aspas_of(accepted, &mut losses);
    let difference = Difference::between(Some(accepted), current);
    let time = current.time.saturating_sub(clock_jump);
    for change in &difference.changes {
        aspa_loss::add(&difference, change, &aspas, time, clock_jump, &mut losses);
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
            what: *vrp,
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
                .vrps
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
        for object in authority.objects.iter() {
            if let ObjectOutcome::Roa(_, vrps) = &object.outcome {
                said.extend(vrps);
            }
        }
    }
    let total = |mut vrps: Vec<Vrp>| {
        vrps.sort_unstable();
        vrps.dedup();
        Losses {
            vrps: Lost {
                total: vrps.len(),
                lost: Vec::new(),
            },
            aspas: Lost::default(),
        }
    };
    (vrps.into_iter())
        .map(|(anchor, vrps)| (anchor.to_owned(), total(vrps)))
        .collect()
}

pub(super) fn why(difference: &Difference, saying: &Saying, time: i64) -> Why {
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
        of_anchor.vrps.total += 1;
        if current.row(&row.vrp).is_none() {
            of_anchor.vrps.lost.push(Loss {
                what: row.vrp,
                until: row.expires.min(until),
                why: Why::NotTold,
            });
        }
    }
    let name = accepted.anchors().first().map_or("", String::as_str);
    for aspa in accepted.aspas() {
        let of_anchor = losses.entry(name.to_owned()).or_default();
        of_anchor.aspas.total += 1;
        let after = current.providers(aspa.customer).unwrap_or_default();
        let providers = aspa_loss::providers_gone(&aspa.providers, after);
        if !providers.is_empty() {
            of_anchor.aspas.lost.push(Loss {
                what: Aspa {
                    customer: aspa.customer,
                    providers,
                },
                until,
                why: Why::NotTold,
            });
        }
    }
    losses
}
