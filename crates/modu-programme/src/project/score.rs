//! Score sheets: what an evaluator says of a proposal.

use modu_kernel::{Digest, Label, canonical};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Refusal;
use crate::identity::{PersonId, ProposalId};
use crate::text::Text;

/// Points of all criteria together.
pub const MAX_POINTS: u16 = 100;

/// What a proposal is scored on.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// How well it answers the need.
    Fit,
    /// How sound the technique is.
    Technique,
    /// How safe and accountable it is.
    Safety,
    /// Whether it can be carried out and kept up.
    Delivery,
}

/// The criteria, with the most points of each; together [`MAX_POINTS`].
pub const CRITERIA: [(Criterion, u16); 4] = [
    (Criterion::Fit, 40),
    (Criterion::Technique, 30),
    (Criterion::Safety, 15),
    (Criterion::Delivery, 15),
];

impl Criterion {
    /// Its name for readers.
    #[must_use]
    pub fn label(self) -> Label {
        match self {
            Self::Fit => Label::new("수요 부합성", "Fit to the need"),
            Self::Technique => Label::new("기술성", "Technique"),
            Self::Safety => Label::new("안전·책임성", "Safety and accountability"),
            Self::Delivery => Label::new("수행 역량", "Delivery"),
        }
    }
}

/// A sheet: points by criterion, in the order of [`CRITERIA`], and a comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScoreSheet {
    /// The points.
    pub points: [u16; CRITERIA.len()],
    /// The reasons.
    pub comment: Text,
    /// Something that only the evaluator knows until the sheets are opened:
    /// without it, whoever sees the digest could try all points.
    pub nonce: String,
}

/// Characters of a nonce, at least.
const MIN_NONCE_CHARS: usize = 22;

impl ScoreSheet {
    /// All points together.
    #[must_use]
    pub fn total(&self) -> u16 {
        self.points.iter().sum()
    }

    /// What the sealed entry names.
    ///
    /// # Errors
    /// [`Refusal::Wrong`] where a criterion has more points than it may, or
    /// the nonce is too short to hide anything.
    pub fn digest(&self) -> Result<Digest, Refusal> {
        for ((criterion, most), points) in CRITERIA.iter().zip(&self.points) {
            if points > most {
                let problem = format!("{criterion:?} has {points} points of at most {most}");
                return Err(Refusal::wrong("the score sheet", problem));
            }
        }
        if self.nonce.chars().count() < MIN_NONCE_CHARS {
            return Err(Refusal::wrong(
                "the score sheet",
                "its nonce must have at least 22 characters",
            ));
        }
        let bytes = canonical::to_vec(self)
            .map_err(|error| Refusal::wrong("the score sheet", error.to_string()))?;
        Ok(Digest::of(&bytes))
    }
}

/// An opened sheet, with whose it is and what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    /// What is scored.
    pub proposal: ProposalId,
    /// By whom.
    pub evaluator: PersonId,
    /// The sheet.
    pub sheet: ScoreSheet,
}
