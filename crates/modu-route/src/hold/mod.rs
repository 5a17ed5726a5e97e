//! `route.hold`: the guard between validation and routers.
//!
//! A validator that loses sight of a part of the world withdraws that part from
//! routers, and networks that were safe no longer are; once, two trust anchors
//! that timed out halved the table of all who asked (rpki-prover, issue 217).
//! So before routers hear of a withdrawal it is asked whether there is
//! *evidence* for it: a newer manifest that no longer lists the object, a
//! revocation, an authority's certificate that its issuer took back, an end
//! that the object itself states. A trust anchor that loses more than a stated
//! share of its VRPs without any is *held*: routers keep what they have, new
//! VRPs go through, and the operator is told what was lost and why, and
//! releases it or not. What is held ends when its own ROA does.
//!
//! ASPAs are held like VRPs, counted by customer: a provider that is missing
//! in an ASPA turns the routes through it invalid. Where one of a customer's
//! ASPAs is lost without evidence, the providers that it alone named stay.
//!
//! - [`losses_of_trees`], [`losses_of_tables`]: what was lost since the state
//!   that was accepted last, and with what evidence; a plain table of another
//!   validator carries none;
//! - [`judge`]: whether that is held;
//! - [`HOLD`] and [`ANSWER`] (`route.hold`, `route.answer`): the same as
//!   engines, so that every hold and every answer is evidence.
//!
//! A loss that stays below the share in each of many runs is not seen here;
//! history shows it.

mod answer;
mod aspa_loss;
mod engine;
mod loss;

pub use answer::{ANSWER, Answer, AnswerReport, AnswerRequest, AnswerRun};
pub use engine::{AspaCounts, Cause, Decision, HOLD, Hold, HoldReport, HoldRequest, report};
pub use loss::{Loss, Losses, Lost, Why, losses_of_tables, losses_of_trees};

use rpki::resources::Asn;

use crate::payload::Aspa;
use crate::router_table::{RouterTable, Row};
use crate::vrp::Vrp;

/// Something that stays in the table although the last run did not find it: a
/// VRP, or an ASPA of the providers that are kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held<T> {
    /// Which.
    pub what: T,
    /// The last second in which it is kept, since 1970 (UTC).
    pub until: i64,
}

/// What is kept under one trust anchor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// VRPs.
    pub vrps: Vec<Held<Vrp>>,
    /// ASPAs; a customer may be named by several.
    pub aspas: Vec<Held<Aspa>>,
}

impl Kept {
    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.vrps.is_empty() && self.aspas.is_empty()
    }

    /// The ends of all that is kept.
    pub fn ends(&self) -> impl Iterator<Item = i64> {
        let vrps = self.vrps.iter().map(|held| held.until);
        vrps.chain(self.aspas.iter().map(|held| held.until))
    }
}

/// What losses are counted by.
pub trait Counted: Clone {
    /// The unit.
    type Unit: Ord;

    /// The unit that this belongs to.
    fn unit(&self) -> Self::Unit;
}

impl Counted for Vrp {
    type Unit = Self;

    fn unit(&self) -> Self {
        *self
    }
}

impl Counted for Aspa {
    type Unit = Asn;

    fn unit(&self) -> Asn {
        self.customer
    }
}

/// What is kept of an anchor's losses at a time: of its VRPs, and of its
/// ASPAs, nothing where no more than `allowed_per_mille` of them is lost
/// without evidence. Evidence takes a payload out in any case, and so does its
/// end.
#[must_use]
pub fn judge(losses: &Losses, now: i64, allowed_per_mille: u32) -> Kept {
    Kept {
        vrps: kept(&losses.vrps, now, allowed_per_mille),
        aspas: kept(&losses.aspas, now, allowed_per_mille),
    }
}

fn kept<T: Counted>(lost: &Lost<T>, now: i64, allowed_per_mille: u32) -> Vec<Held<T>> {
    let share = lost.without_evidence() as u128 * 1_000;
    if share <= u128::from(allowed_per_mille) * lost.total as u128 {
        return Vec::new();
    }
    let without = lost.lost.iter().filter(|loss| !loss.why.is_evidence());
    without
        .filter(|loss| loss.until >= now)
        .map(|loss| Held {
            what: loss.what.clone(),
            until: loss.until,
        })
        .collect()
}

/// The table that routers are told: what was validated, and what is kept under
/// each anchor.
#[must_use]
pub fn published<'h>(
    validated: &RouterTable,
    kept: impl IntoIterator<Item = (&'h str, &'h Kept)>,
) -> RouterTable {
    let mut anchors = validated.anchors().to_vec();
    let mut rows = validated.rows().to_vec();
    let mut aspas = validated.aspas().to_vec();
    for (anchor, kept) in kept {
        let known = anchors.iter().position(|name| name == anchor);
        let place = known.unwrap_or_else(|| {
            anchors.push(anchor.to_owned());
            anchors.len() - 1
        });
        let new = (kept.vrps.iter()).filter(|held| validated.row(&held.what).is_none());
        rows.extend(new.map(|held| Row {
            vrp: held.what,
            anchor: u16::try_from(place).unwrap_or(u16::MAX),
            expires: held.until,
        }));
        aspas.extend(kept.aspas.iter().map(|held| held.what.clone()));
    }
    RouterTable::new(anchors, rows, aspas)
}

#[cfg(test)]
mod tests;
