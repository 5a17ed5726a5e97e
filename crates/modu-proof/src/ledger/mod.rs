//! The query ledger of a data set: what its answers have told so far.
//!
//! A data set that answers often is used up: each released number tells a
//! little of the labels, and many together tell them all. So every submission
//! is written into a ledger that belongs to the data set. A run reads the
//! ledger as an input, its *prior state*, and gives the new one as an output;
//! nothing is hidden, and the same run from the same ledger gives the same
//! bytes. The evidence log shows which ledger is the newest.
//!
//! The ledger holds three things: the [`Submitted`] solutions in order, each
//! with what left because of it; per need and supplier the *standing*, which
//! is the best of each measure told so far and who reached it; and what of
//! the [`Budget`] is spent. [`Ledger::submit`] puts one solution through the
//! Ladder ([`Step`]): a number of its own is told only where it is clearly
//! better than the best before, else that best is told again. The decision
//! has three rungs (refused, not to be told, adopted) and is told when it
//! rises; with it go the numbers that it rests on.
//!
//! The format is `modu.proof.ledger/1`, canonical JSON (RFC 8785). Where the
//! data is not public the ledger names the run's secret input `blind` by
//! digest, so that its own published digest does not confirm a guess of the
//! data. It stays with the owner.

mod budget;
mod ladder;

use modu_kernel::canonical::{self, CanonicalError};
use modu_kernel::{Digest, Label};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use budget::{Budget, Exhausted, SupplierBudget};
pub use ladder::{CHANCE_OF_A_LUCKY_STEP, Comparison, Step};

use crate::error::ProofError;
use crate::gate;
use crate::report::{
    Decision, DecisionAnswer, Registration, ReleasedCriterion, ReleasedPart, ReleasedSolution,
    Source,
};

/// Schema name of the ledger.
pub const LEDGER_SCHEMA: &str = "modu.proof.ledger/1";
/// The name that it has among a run's inputs.
pub const LEDGER_INPUT: &str = "ledger";
/// The name that it has among a run's outputs.
pub const LEDGER_OUTPUT: &str = "ledger.json";
/// The largest ledger that is read.
pub const MAX_BYTES: u64 = 64 << 20;

/// What a data set's answers have told so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// [`LEDGER_SCHEMA`].
    pub schema: String,
    /// The data set.
    pub dataset: Digest,
    /// Digest of the secret input `blind` of the run that wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blind: Option<Digest>,
    /// The submissions, in the order in which they were counted.
    pub submissions: Vec<Submission>,
    /// What has been told, per need and supplier.
    pub standings: Vec<Standing>,
}

/// One submission, and what left because of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// Digest of the need.
    pub need: Digest,
    /// Where its criteria stand in the evidence log.
    pub registration: Option<Registration>,
    /// When the run was asked for.
    pub time: Option<String>,
    /// Digest of `solution.toml`.
    pub solution: Digest,
    /// Digest of the model.
    pub model: Option<Digest>,
    /// Digest of the predictions.
    pub predictions: Option<Digest>,
    /// Who made it.
    pub supplier: Label,
    /// The measures of its own that left: a criterion's id, and for a member
    /// `/` and the member's id.
    pub measures: Vec<String>,
    /// Its decision, where that left.
    pub decision: Option<DecisionAnswer>,
    /// What the supplier had spent with it.
    pub spent: u64,
}

/// The best that one supplier was told under one need.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// Digest of the need.
    pub need: Digest,
    /// The supplier.
    pub supplier: Label,
    /// The highest decision told.
    pub decision: Decision,
    /// Whose it is: an index of [`Ledger::submissions`].
    pub decision_of: u64,
    /// The best of each measure told.
    pub rungs: Vec<Rung>,
}

/// The best of one measure that was told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rung {
    /// The criterion.
    pub criterion: String,
    /// Which of its parts, from 0.
    pub index: u64,
    /// Whose it is: an index of [`Ledger::submissions`].
    pub submission: u64,
    /// What was told.
    pub part: ReleasedPart,
}

/// A solution that comes to be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// Digest of the need.
    pub need: Digest,
    /// Digest of `solution.toml`.
    pub solution: Digest,
    /// Digest of the model.
    pub model: Option<Digest>,
    /// Digest of the predictions, where there are any yet.
    pub predictions: Option<Digest>,
    /// Who made it.
    pub supplier: Label,
    /// Where the criteria stand in the evidence log.
    pub registration: Option<Registration>,
    /// When the run was asked for.
    pub time: Option<String>,
}

impl Submitted {
    /// Whether it is the same solution under the same need: its answers are
    /// the same, so that it learns nothing.
    fn is_same(&self, other: &Self) -> bool {
        (self.need, self.solution, self.model) == (other.need, other.solution, other.model)
    }
}

/// Which part of which criterion, by their places in the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Index of the criterion.
    pub criterion: usize,
    /// Index of its part.
    pub part: usize,
}

impl Ledger {
    /// The ledger of a data set that has told nothing yet.
    #[must_use]
    pub fn empty(dataset: Digest) -> Self {
        Self {
            schema: LEDGER_SCHEMA.to_owned(),
            dataset,
            blind: None,
            submissions: Vec::new(),
            standings: Vec::new(),
        }
    }

    /// The ledger's bytes, canonical JSON.
    ///
    /// # Errors
    /// Never for a ledger that was read or made here.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CanonicalError> {
        canonical::to_vec(self)
    }

    /// Reads a ledger.
    ///
    /// # Errors
    /// [`ProofError::Unreadable`]: another format or spelling, or a standing
    /// that points at no submission.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofError> {
        let again = "; take the ledger as the last run wrote it";
        let wrong = |place: &str, problem: &str| {
            Err(ProofError::unreadable(place, format!("{problem}{again}")))
        };
        let ledger: Self = serde_json::from_slice(bytes)
            .map_err(|error| ProofError::unreadable("the ledger", format!("{error}{again}")))?;
        if ledger.schema != LEDGER_SCHEMA {
            return wrong("schema", "it is not `modu.proof.ledger/1`");
        }
        if ledger.to_bytes().ok().as_deref() != Some(bytes) {
            return wrong("the ledger", "it is not canonical JSON");
        }
        let count = ledger.spent();
        let of_a_submission = |standing: &Standing| {
            let rungs = standing.rungs.iter().map(|rung| rung.submission);
            let mut places = rungs.chain([standing.decision_of]);
            places.all(|place| place < count)
        };
        if !ledger.standings.iter().all(of_a_submission) {
            return wrong("standings", "a number is of no submission");
        }
        Ok(ledger)
    }

    /// Digests of the predictions that submissions of some suppliers under a
    /// need are compared with, in ascending order. A run needs them as inputs
    /// ([`earlier_input`]).
    #[must_use]
    pub fn compared_with(&self, need: &Digest, suppliers: &[&Label]) -> Vec<Digest> {
        let theirs = self
            .standings
            .iter()
            .filter(|it| it.need == *need && suppliers.contains(&&it.supplier));
        let mut digests: Vec<Digest> = theirs
            .flat_map(|standing| &standing.rungs)
            .filter_map(|rung| self.submission(rung.submission)?.predictions)
            .collect();
        digests.sort_unstable();
        digests.dedup();
        digests
    }

    /// A submission by its place.
    #[must_use]
    pub fn submission(&self, place: u64) -> Option<&Submission> {
        self.submissions.get(usize::try_from(place).ok()?)
    }

    /// Where the same solution was submitted under the same need before.
    #[must_use]
    pub fn place_of(&self, submitted: &Submitted) -> Option<u64> {
        let same = |it: &Submission| {
            (it.need, it.solution, it.model)
                == (submitted.need, submitted.solution, submitted.model)
        };
        let place = self.submissions.iter().position(same)?;
        Some(place as u64)
    }

    /// Counts a submission and says what is told of it. `own` is all that
    /// could be told; `compare` compares the submission's part with that of
    /// an earlier one, by its place. A budget is checked before, with
    /// [`Self::check_budget`].
    ///
    /// The same solution under the same need spends nothing and moves
    /// nothing: what was told of it stands.
    #[must_use]
    pub fn submit(
        &mut self,
        step: &Step,
        submitted: &Submitted,
        own: ReleasedSolution,
        compare: &mut dyn FnMut(Place, u64) -> Comparison,
    ) -> ReleasedSolution {
        let known = self.place_of(submitted);
        let place = known.unwrap_or_else(|| self.spent());
        let found = self.standings.iter_mut().find(|standing| {
            standing.need == submitted.need && standing.supplier == submitted.supplier
        });
        let Some(standing) = found else {
            self.standings.push(Standing::first(submitted, &own, place));
            self.count(submitted, all_measures(&own), Some(own.decision.answer));
            return own;
        };
        if known.is_some() {
            return standing.told(own, place);
        }
        let moved = standing.climb(step, &own, place, compare);
        let rises = rank(own.decision.answer) > rank(standing.decision.answer);
        let (measures, decision) = match rises {
            true => (all_measures(&own), Some(own.decision.answer)),
            false => (moved, None),
        };
        let told = match rises {
            true => {
                standing.decision = own.decision.clone();
                standing.decision_of = place;
                own
            }
            false => standing.told(own, place),
        };
        self.count(submitted, measures, decision);
        told
    }

    fn count(
        &mut self,
        submitted: &Submitted,
        measures: Vec<String>,
        decision: Option<DecisionAnswer>,
    ) {
        self.submissions.push(Submission {
            need: submitted.need,
            registration: submitted.registration.clone(),
            time: submitted.time.clone(),
            solution: submitted.solution,
            model: submitted.model,
            predictions: submitted.predictions,
            supplier: submitted.supplier.clone(),
            measures,
            decision,
            spent: self.spent_by(&submitted.supplier) + 1,
        });
    }
}

impl Standing {
    fn first(submitted: &Submitted, own: &ReleasedSolution, place: u64) -> Self {
        let rungs = own.criteria.iter().flat_map(|criterion| {
            (0_u64..)
                .zip(&criterion.parts)
                .map(move |(index, part)| Rung {
                    criterion: criterion.id.clone(),
                    index,
                    submission: place,
                    part: part.clone(),
                })
        });
        Self {
            need: submitted.need,
            supplier: submitted.supplier.clone(),
            decision: own.decision.clone(),
            decision_of: place,
            rungs: rungs.collect(),
        }
    }

    /// Moves the rungs that a submission climbs, and names their measures.
    fn climb(
        &mut self,
        step: &Step,
        own: &ReleasedSolution,
        place: u64,
        compare: &mut dyn FnMut(Place, u64) -> Comparison,
    ) -> Vec<String> {
        let mut moved = Vec::new();
        for (criterion, result) in own.criteria.iter().enumerate() {
            for (part, told) in result.parts.iter().enumerate() {
                let at = Place { criterion, part };
                let Some(index) = self.find(&result.id, part) else {
                    continue;
                };
                let Some(rung) = self.rungs.get_mut(index) else {
                    continue;
                };
                if step.is_climbed(compare(at, rung.submission)) {
                    rung.submission = place;
                    rung.part = told.clone();
                    moved.push(measure_name(&result.id, told));
                }
            }
        }
        moved
    }

    /// The rung of a part of a criterion.
    fn find(&self, criterion: &str, part: usize) -> Option<usize> {
        let mut rungs = self.rungs.iter();
        rungs.position(|rung| rung.criterion == criterion && rung.index == part as u64)
    }

    /// What stands, in the shape of a submission's report.
    fn told(&self, own: ReleasedSolution, place: u64) -> ReleasedSolution {
        let source = |of: u64| match of == place {
            true => Source::ThisSubmission,
            false => Source::EarlierSubmission,
        };
        let part = |criterion: &str, index: usize| {
            let rung = self.rungs.get(self.find(criterion, index)?)?;
            Some(ReleasedPart {
                source: source(rung.submission),
                ..rung.part.clone()
            })
        };
        let criteria = own.criteria.iter().map(|criterion| {
            let parts: Vec<ReleasedPart> = (0..criterion.parts.len())
                .filter_map(|index| part(&criterion.id, index))
                .collect();
            ReleasedCriterion {
                id: criterion.id.clone(),
                verdict: gate::worst(parts.iter().map(|part| part.verdict)),
                parts,
            }
        });
        ReleasedSolution {
            criteria: criteria.collect(),
            decision: match source(self.decision_of) {
                Source::ThisSubmission => self.decision.clone(),
                Source::EarlierSubmission => untold(),
            },
            source: source(self.decision_of),
            ..own
        }
    }
}

/// What stands in place of a decision that is not told. It is no adoption.
fn untold() -> Decision {
    Decision {
        answer: DecisionAnswer::Refuse,
        reason: Label::new(
            "이 공급자에게 앞서 알린 결정보다 나은 결정이 아니므로 새로 알리지 않으며, 채택하지 않습니다.",
            "It brings no better decision than this supplier was told before: none is told, and it is not adopted.",
        ),
        blocking: Vec::new(),
    }
}

/// How far up a decision is. It can rise twice at most.
fn rank(answer: DecisionAnswer) -> u8 {
    if answer == DecisionAnswer::Adopt {
        2
    } else {
        u8::from(answer != DecisionAnswer::Refuse)
    }
}

fn all_measures(own: &ReleasedSolution) -> Vec<String> {
    let named = own.criteria.iter().flat_map(|criterion| {
        let parts = criterion.parts.iter();
        parts.map(move |part| measure_name(&criterion.id, part))
    });
    named.collect()
}

fn measure_name(criterion: &str, part: &ReleasedPart) -> String {
    match &part.member {
        Some(member) => format!("{criterion}/{member}"),
        None => criterion.to_owned(),
    }
}

/// The name that earlier predictions have among a run's inputs.
#[must_use]
pub fn earlier_input(predictions: &Digest) -> String {
    format!("earlier/{}", predictions.to_hex())
}
