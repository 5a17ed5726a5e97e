//! Who one is here.

use axum::Json;
use modu_programme::access::Role;
use serde::Serialize;
use utoipa::ToSchema;

use crate::call::Call;
use crate::problem::{NotRead, Problem};
use crate::value::{Line, Number};

/// In what capacity somebody acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum RoleName {
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

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::Public => Self::Public,
            Role::DemandAgency => Self::DemandAgency,
            Role::Supplier => Self::Supplier,
            Role::Evaluator => Self::Evaluator,
            Role::Operator => Self::Operator,
            Role::Auditor => Self::Auditor,
        }
    }
}

impl From<RoleName> for Role {
    fn from(role: RoleName) -> Self {
        match role {
            RoleName::Public => Self::Public,
            RoleName::DemandAgency => Self::DemandAgency,
            RoleName::Supplier => Self::Supplier,
            RoleName::Evaluator => Self::Evaluator,
            RoleName::Operator => Self::Operator,
            RoleName::Auditor => Self::Auditor,
        }
    }
}

/// Who calls.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Me {
    /// In what capacity.
    role: RoleName,
    /// The person, where a key was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<Number>,
    /// Their name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Line>,
    /// The organisation that they act for.
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation: Option<Number>,
}

/// Who calls, and in what capacity.
#[utoipa::path(get, path = "/me", operation_id = "show_me", tag = "people", security((), ("key" = [])),
    responses((status = 200, body = Me), NotRead))]
pub(super) async fn show(call: Call) -> Result<Json<Me>, Problem> {
    call.work(|desk| {
        let person = desk.person.as_ref();
        Ok(Json(Me {
            role: desk.role().into(),
            person: person.map(|person| person.id.into()),
            name: person.map(|person| Line::from(&person.name)),
            organisation: person.map(|person| person.organisation.into()),
        }))
    })
    .await
}
