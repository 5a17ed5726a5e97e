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
//! - [`losses_of_trees`], [`losses_of_tables`]: what was lost since the state
//!   that was accepted last, and with what evidence; a plain table of another
//!   validator carries none;
//! - [`judge`]: whether that is held;
//! - [`HOLD`] and [`ANSWER`] (`route.hold`, `route.answer`): the same as
//!   engines, so that every hold and every answer is evidence.
//!
//! Only VRPs are held. A lost ASPA makes paths unknown, never invalid; so its
//! loss cuts nobody off. A loss that stays below the share in each of many
//! runs is not seen here; history shows it.

mod answer;
mod engine;
mod loss;

pub use answer::{ANSWER, Answer, AnswerReport, AnswerRequest, AnswerRun};
pub use engine::{Cause, Decision, HOLD, Hold, HoldReport, HoldRequest, report};
pub use loss::{Loss, Losses, Why, losses_of_tables, losses_of_trees};

use crate::router_table::{RouterTable, Row};
use crate::vrp::Vrp;

/// A VRP that stays in the table although the last run did not find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// Which.
    pub vrp: Vrp,
    /// The last second in which it is kept, since 1970 (UTC).
    pub until: i64,
}

/// What is kept of an anchor's losses at a time; nothing where no more than
/// `allowed_per_mille` of its VRPs is lost without evidence. Evidence takes a
/// VRP out in any case, and so does its end.
#[must_use]
pub fn judge(losses: &Losses, now: i64, allowed_per_mille: u32) -> Vec<Held> {
    let without = losses.lost.iter().filter(|loss| !loss.why.is_evidence());
    let share = without.clone().count() as u128 * 1_000;
    if share <= u128::from(allowed_per_mille) * losses.total as u128 {
        return Vec::new();
    }
    without
        .filter(|loss| loss.until >= now)
        .map(|loss| Held {
            vrp: loss.vrp,
            until: loss.until,
        })
        .collect()
}

/// The table that routers are told: what was validated, and what is held under
/// each anchor.
#[must_use]
pub fn published<'h>(
    validated: &RouterTable,
    held: impl IntoIterator<Item = (&'h str, &'h [Held])>,
) -> RouterTable {
    let mut anchors = validated.anchors().to_vec();
    let mut rows = validated.rows().to_vec();
    for (anchor, held) in held {
        let known = anchors.iter().position(|name| name == anchor);
        let place = known.unwrap_or_else(|| {
            anchors.push(anchor.to_owned());
            anchors.len() - 1
        });
        let new = held
            .iter()
            .filter(|held| validated.row(&held.vrp).is_none());
        rows.extend(new.map(|held| Row {
            vrp: held.vrp,
            anchor: u16::try_from(place).unwrap_or(u16::MAX),
            expires: held.until,
        }));
    }
    RouterTable::new(anchors, rows, validated.aspas().to_vec())
}

#[cfg(test)]
mod tests;
