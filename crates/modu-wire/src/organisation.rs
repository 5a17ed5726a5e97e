//! Organisations that take part.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::value::{Line, Number};

/// What an organisation does in the programme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KindName {
    /// 수요기관
    DemandAgency,
    /// 공급기업
    Supplier,
    /// 전담기관
    Operator,
    /// 감사기관
    Auditor,
}

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrganisationView {
    /// Its number.
    pub organisation: Number,
    /// Its name.
    pub name: Line,
    /// What it does.
    pub kind: KindName,
}

/// An organisation that is to take part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrganisation {
    /// Its name.
    pub name: Line,
    /// What it does.
    pub kind: KindName,
}
