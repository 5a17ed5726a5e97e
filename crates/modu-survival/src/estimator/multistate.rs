//! Where people are, by time, when they move between states.
//!
//! Illness and death are the usual case: well, then ill or dead, and the ill
//! may die or recover. A row is a stay: watched in one state from its entry to
//! its time, and then seen to move to the state that its event code names, or
//! censored. The share in each state at `t` is the start times the product of
//! `I + dA` over the times of moves, `dA` holding the moves from each state over
//! those watched in it just before (Aalen & Johansen 1978). The variance is
//! Greenwood's, carried along the product; it supposes that where one goes next
//! depends on where one is and not on how one came there, and takes the start
//! as known.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cox::matrix::Matrix;
use crate::outcome::check_length;
use crate::{EventCode, Outcomes, SurvivalError, order};

/// Most states.
pub const MAX_STATES: usize = 32;

/// The share of people in each state, by time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Occupation {
    /// Distinct times of moves, ascending.
    pub time: Vec<f64>,
    /// For each state, from state 1 on, the weight watched in it just before
    /// each time.
    pub at_risk: Vec<Vec<f64>>,
    /// For each state, the share in it after each time.
    pub share: Vec<Vec<f64>>,
    /// For each state, the variance of that share.
    pub variance: Vec<Vec<f64>>,
}

/// The shares in states 1 to `start.len()`, of people of whom `start` gives the
/// shares before the first move. `from` is the state that each row is watched
/// in; its event is the state it moves to, 0 where it was not seen to move.
/// Strata are not looked at. Time: a sort of the rows, and for each time the
/// square of the number of states.
///
/// # Errors
/// Another length; a state that is 0 or beyond `start`; a move to where one
/// is; shares that are negative or do not sum to one; more than
/// [`MAX_STATES`]; and no move at all.
pub fn occupation(
    outcomes: &Outcomes,
    from: &[EventCode],
    start: &[f64],
) -> Result<Occupation, SurvivalError> {
    check(outcomes, from, start)?;
    let moves = moves(outcomes, from, start.len());
    let states = start.len();
    let mut at = start.to_vec();
    let mut covariance = Matrix::from_fn(states, |_, _| 0.0);
    let mut found = Occupation {
        time: Vec::new(),
        at_risk: vec![Vec::new(); states],
        share: vec![Vec::new(); states],
        variance: vec![Vec::new(); states],
    };
    for step in moves.iter().rev() {
        let flow = step.flow();
        covariance = step.carried(&covariance, &flow, &at);
        at = (0..states)
            .map(|to| (0..states).map(|from| at[from] * flow.get(from, to)).sum())
            .collect();
        found.time.push(step.time);
        for (state, share) in at.iter().enumerate() {
            found.at_risk[state].push(step.at_risk[state]);
            found.share[state].push(*share);
            found.variance[state].push(covariance.get(state, state).max(0.0));
        }
    }
    Ok(found)
}

fn check(outcomes: &Outcomes, from: &[EventCode], start: &[f64]) -> Result<(), SurvivalError> {
    check_length("the states", from.len(), outcomes.len())?;
    if start.len() > MAX_STATES {
        return Err(SurvivalError::TooMany {
            what: "states",
            found: start.len(),
            limit: MAX_STATES,
        });
    }
    let sum: f64 = start.iter().sum();
    if !start.iter().all(|share| *share >= 0.0) || (sum - 1.0).abs() > 1e-9 {
        return Err(SurvivalError::Setting {
            what: "the sum of the shares at the start",
            found: sum.to_string(),
            range: "1, of shares of at least 0",
        });
    }
    let mut any = false;
    for (row, (from, to)) in from.iter().zip(outcomes.event()).enumerate() {
        let known = |state: &EventCode| usize::from(state.0) <= start.len();
        if from.is_censored() || !known(from) || !known(to) || from == to {
            return Err(SurvivalError::Value {
                what: "the states".to_owned(),
                row,
                found: format!("a stay in {} that ends in {}", from.0, to.0),
                range: "a move between two of the states from 1 on",
            });
        }
        any |= !to.is_censored();
    }
    if any {
        Ok(())
    } else {
        Err(SurvivalError::NoEvents(EventCode::EVENT.0))
    }
}

/// The moves at one time.
struct Step {
    time: f64,
    at_risk: Vec<f64>,
    /// From each state to each.
    moves: Matrix,
}

/// The moves of all rows, latest first.
fn moves(outcomes: &Outcomes, from: &[EventCode], states: usize) -> Vec<Step> {
    let rows = order::descending(outcomes.time());
    let entering = outcomes.entry().map(order::descending).unwrap_or_default();
    let mut entering = entering.into_iter().peekable();
    let weight = |row: u32| outcomes.weight().map_or(1.0, |weight| weight[row as usize]);
    let time = |row: u32| outcomes.time()[row as usize];
    let state = |row: u32| usize::from(from[row as usize].0) - 1;
    let mut steps = Vec::new();
    let (mut in_all, mut not_yet) = (vec![0.0; states], vec![0.0; states]);
    for tied in rows.chunk_by(|a, b| time(*a) == time(*b)) {
        let mut moves = None;
        for row in tied {
            in_all[state(*row)] += weight(*row);
            let to = outcomes.event()[*row as usize];
            if !to.is_censored() {
                moves
                    .get_or_insert_with(|| Matrix::from_fn(states, |_, _| 0.0))
                    .add(state(*row), usize::from(to.0) - 1, weight(*row));
            }
        }
        let Some(moves) = moves else { continue };
        let now = time(tied[0]);
        let late = |row: &u32| outcomes.entry().is_some_and(|e| e[*row as usize] >= now);
        while let Some(row) = entering.next_if(late) {
            not_yet[state(row)] += weight(row);
        }
        let at_risk = in_all.iter().zip(&not_yet).map(|(all, not)| all - not);
        steps.push(Step {
            time: now,
            at_risk: at_risk.collect(),
            moves,
        });
    }
    steps
}

impl Step {
    /// `I + dA`: the share of each state that goes to each.
    fn flow(&self) -> Matrix {
        let states = self.at_risk.len();
        Matrix::from_fn(states, |from, to| {
            let share = |to: usize| self.share(from, to);
            if from == to {
                1.0 - (0..states).map(share).sum::<f64>()
            } else {
                share(to)
            }
        })
    }

    fn share(&self, from: usize, to: usize) -> f64 {
        let moves = self.moves.get(from, to);
        if moves > 0.0 {
            moves / self.at_risk[from]
        } else {
            0.0
        }
    }

    /// The covariance of the shares after this time: what was uncertain before,
    /// carried along, and what the moves add. Those from one state are a sample
    /// from those at risk in it, so `flow` has covariance
    /// `(flow_j [j = k] - flow_j flow_k) / n` in that row.
    fn carried(&self, before: &Matrix, flow: &Matrix, at: &[f64]) -> Matrix {
        let states = at.len();
        let half = before.product(flow);
        Matrix::from_fn(states, |a, b| {
            let carried: f64 = (0..states).map(|k| flow.get(k, a) * half.get(k, b)).sum();
            let added = (0..states).filter(|from| self.at_risk[*from] > 0.0);
            let added = added.map(|from| {
                let same = if a == b { flow.get(from, a) } else { 0.0 };
                let spread = same - flow.get(from, a) * flow.get(from, b);
                at[from] * at[from] * spread / self.at_risk[from]
            });
            carried + added.sum::<f64>()
        })
    }
}
