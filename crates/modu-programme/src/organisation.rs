//! Who takes part: organisations, and the people who act for them.

use modu_kernel::Label;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::Role;
use crate::identity::{OrganisationId, PersonId};
use crate::text::Title;

/// What an organisation does in the programme. One organisation, one kind: who
/// demands and supplies at once is two.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum OrganisationKind {
    /// Brings needs and data (수요기관).
    DemandAgency,
    /// Proposes and delivers solutions (공급기업).
    Supplier,
    /// Runs the programme (전담기관).
    Operator,
    /// Audits it, with the right to see everything and change nothing.
    Auditor,
}

impl OrganisationKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [
        Self::DemandAgency,
        Self::Supplier,
        Self::Operator,
        Self::Auditor,
    ];

    /// Its name for readers.
    #[must_use]
    pub fn label(self) -> Label {
        match self {
            Self::DemandAgency => Label::new("수요기관", "Demand agency"),
            Self::Supplier => Label::new("공급기업", "Supplier"),
            Self::Operator => Label::new("전담기관", "Operator"),
            Self::Auditor => Label::new("감사기관", "Auditor"),
        }
    }

    /// The roles that its people may have.
    #[must_use]
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::DemandAgency => &[Role::DemandAgency],
            Self::Supplier => &[Role::Supplier],
            // Evaluators are appointed by whoever runs the programme.
            Self::Operator => &[Role::Operator, Role::Evaluator],
            Self::Auditor => &[Role::Auditor],
        }
    }
}

/// An organisation that takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its number.
    pub id: OrganisationId,
    /// Its name.
    pub name: Title,
    /// What it does in the programme.
    pub kind: OrganisationKind,
}

/// A person who acts for an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their number.
    pub id: PersonId,
    /// Their name.
    pub name: Title,
    /// The organisation that they act for.
    pub organisation: OrganisationId,
    /// What they may do.
    pub role: Role,
    /// Whether they may still act: nobody is ever taken out of the history.
    pub active: bool,
}
