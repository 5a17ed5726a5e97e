//! What a gate said.

use modu_kernel::Label;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the gate said of a demonstration.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every criterion is met.
    Adopt,
    /// A criterion is not met, or a measure is missing.
    Refuse,
    /// The data cannot tell.
    NotSeparable,
    /// There are too few data.
    NotEnoughData,
}

impl Verdict {
    /// Its name for readers.
    #[must_use]
    pub fn label(self) -> Label {
        match self {
            Self::Adopt => Label::new("도입 가능", "May be adopted"),
            Self::Refuse => Label::new("불가", "Refused"),
            Self::NotSeparable => Label::new("구별 불가", "Cannot be told apart"),
            Self::NotEnoughData => Label::new("데이터 부족", "Not enough data"),
        }
    }
}
