//! People who act for organisations, and who one is oneself.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::value::{Line, Number};

/// In what capacity somebody acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleName {
    /// Anybody, without an account.
    Public,
    /// 수요기관
    DemandAgency,
    /// 공급기업
    Supplier,
    /// 평가위원
    Evaluator,
    /// 전담기관
    Operator,
    /// 감사
    Auditor,
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// In what capacity.
    pub role: RoleName,
    /// The person, where a key was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Number>,
    /// Their name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Line>,
    /// The organisation that they act for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Number>,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonView {
    /// Their number.
    pub person: Number,
    /// Their name.
    pub name: Line,
    /// The organisation that they act for.
    pub organisation: Number,
    /// In what capacity.
    pub role: RoleName,
    /// Whether they may still act.
    pub active: bool,
}

/// A person who is to act for an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// The organisation.
    pub organisation: Number,
    /// The person's name.
    pub name: Line,
    /// In what capacity.
    pub role: RoleName,
}
