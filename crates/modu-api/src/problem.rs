//! What went wrong, as problem details (RFC 9457), each with its answer.

use std::time::Duration;

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use modu_evidence::EvidenceError;
use modu_programme::account::AccountError;
use modu_programme::job::JobError;
use modu_programme::{HistoryError, Refusal, ScribeError, StepError};
use modu_store::StoreError;
use modu_wire::Problem as Told;
use utoipa::IntoResponses;

/// Why a request was not done, as it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    told: Told,
    retry_after: Option<Duration>,
}

impl Problem {
    fn new(status: StatusCode, kind: &str, title: &str) -> Self {
        let told = Told {
            kind: format!("https://modu.example/problems/{kind}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: None,
        };
        let retry_after =
            (status == StatusCode::SERVICE_UNAVAILABLE).then_some(Duration::from_secs(5));
        Self { told, retry_after }
    }

    fn told(mut self, detail: impl Into<String>) -> Self {
        self.told.detail = Some(detail.into());
        self
    }

    /// The request cannot be read: a header, a query or JSON that is none.
    pub(crate) fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "unreadable",
            "The request cannot be read",
        )
        .told(detail)
    }

    /// No key, or none that holds.
    pub(crate) fn no_key() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "key",
            "A key that holds is needed",
        )
        .told("send `Authorization: Bearer modu_...`; keys are made on the console's page Keys")
    }

    /// The key is of somebody of whom a second factor is required first.
    pub(crate) fn no_second_factor() -> Self {
        let status = StatusCode::UNAUTHORIZED;
        Self::new(status, "second-factor", "A second factor is needed first")
            .told("begin one on the console's page Second factor; the key then holds again")
    }

    /// There is none, or not for who asks: which of them is not said.
    pub(crate) fn no_such_thing() -> Self {
        Self::new(StatusCode::NOT_FOUND, "missing", "There is no such thing")
    }

    pub(crate) fn no_such_method() -> Self {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        Self::new(status, "method", "It is not done by this method")
    }

    pub(crate) fn not_json() -> Self {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Self::new(status, "media-type", "The body is to be application/json")
    }

    pub(crate) fn too_large() -> Self {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        Self::new(status, "too-large", "The body is larger than may be")
    }

    /// The body is JSON, but not as described.
    pub(crate) fn not_as_described(detail: impl Into<String>) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self::new(status, "not-as-described", "The body is not as described").told(detail)
    }

    /// It does not follow on where things stand.
    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", "It cannot be done now").told(detail)
    }

    /// The role does not allow it.
    pub(crate) fn not_allowed(detail: impl Into<String>) -> Self {
        let status = StatusCode::FORBIDDEN;
        Self::new(status, "not-allowed", "The role does not allow it").told(detail)
    }

    /// What the programme is kept in is gone, or has no room.
    pub(crate) fn away() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "away",
            "The database does not answer or has no more room: look whether it was done, then \
             try again",
        )
    }

    /// What files are kept in is gone, or has no room.
    pub(crate) fn store_away() -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let title = "What files are kept in does not answer or has no more room: try again";
        Self::new(status, "store", title)
    }

    /// What is left of the disk is for the programme itself.
    pub(crate) fn no_room() -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let title = "What is left of the disk is kept for the programme itself";
        Self::new(status, "room", title).told("tell the operator, and try again later")
    }

    /// The organisation brought as much as it may for now.
    pub(crate) fn brought_enough(wait: Duration) -> Self {
        let status = StatusCode::TOO_MANY_REQUESTS;
        let title = "Your organisation has put as much on record as it may for now";
        let told = Self::new(status, "allowance", title);
        let detail = "try again later; whoever runs the server sets how much that is in a day";
        Self {
            retry_after: Some(wait),
            ..told.told(detail)
        }
    }

    /// Nothing is told of what failed inside.
    pub(crate) fn failed() -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::new(status, "failed", "The server failed: try again")
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotAllowed { .. } => Self::not_allowed(refusal.to_string()),
            Refusal::Missing(_) => Self::no_such_thing().told(refusal.to_string()),
            Refusal::NotNow(_) | Refusal::Wrong { .. } => Self::conflict(refusal.to_string()),
        }
    }
}

impl From<HistoryError> for Problem {
    fn from(error: HistoryError) -> Self {
        match error {
            HistoryError::Refused(refusal) => refusal.into(),
            HistoryError::Grown { .. } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "Others were faster: try again",
            ),
            HistoryError::ClockWentBack { .. } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "clock",
                "The server's clock went back: try again when it is right",
            ),
            HistoryError::Database(error) if error.may_pass() => Self::away(),
            _ => Self::failed(),
        }
    }
}

impl From<JobError> for Problem {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Refused(refusal) => refusal.into(),
            JobError::TooMany => Self::conflict(error.to_string()),
            JobError::Database(error) if error.may_pass() => Self::away(),
            _ => Self::failed(),
        }
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::TooManyKeys => Self::conflict(error.to_string()),
            AccountError::Database(error) if error.may_pass() => Self::away(),
            _ => Self::failed(),
        }
    }
}

impl From<StepError> for Problem {
    fn from(error: StepError) -> Self {
        match error {
            StepError::History(error) => error.into(),
            StepError::Account(error) => error.into(),
        }
    }
}

impl From<EvidenceError> for Problem {
    fn from(_: EvidenceError) -> Self {
        Self::failed()
    }
}

impl From<ScribeError> for Problem {
    fn from(error: ScribeError) -> Self {
        match error {
            ScribeError::Statement(problem) => Self::conflict(problem),
            ScribeError::Evidence(_) | ScribeError::CutOff => Self::failed(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Remote { .. } | StoreError::Full { .. } => Self::store_away(),
            _ => Self::failed(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.told.status);
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer = (status, Json(self.told)).into_response();
        let headers = answer.headers_mut();
        let kind = HeaderValue::from_static("application/problem+json");
        headers.insert(CONTENT_TYPE, kind);
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.retry_after {
            // Whole seconds, and never too early.
            let seconds = wait.as_millis().div_ceil(1_000);
            let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }
}

/// What reading may end with, for the description.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only its description is used")]
pub(crate) enum NotRead {
    /// The query cannot be read.
    #[response(status = 400, content_type = "application/problem+json")]
    Unreadable(Told),
    /// A key that holds is needed.
    #[response(status = 401, content_type = "application/problem+json")]
    NoKey(Told),
    /// There is none, or not for who asks.
    #[response(status = 404, content_type = "application/problem+json")]
    Missing(Told),
    /// The server failed.
    #[response(status = 500, content_type = "application/problem+json")]
    Failed(Told),
    /// The server has too much to do: try again later.
    #[response(status = 503, content_type = "application/problem+json")]
    Busy(Told),
}

/// What changing something may end with, for the description.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only its description is used")]
pub(crate) enum NotDone {
    /// The request cannot be read.
    #[response(status = 400, content_type = "application/problem+json")]
    Unreadable(Told),
    /// A key that holds is needed.
    #[response(status = 401, content_type = "application/problem+json")]
    NoKey(Told),
    /// The role does not allow it.
    #[response(status = 403, content_type = "application/problem+json")]
    NotAllowed(Told),
    /// There is none, or not for who asks.
    #[response(status = 404, content_type = "application/problem+json")]
    Missing(Told),
    /// It does not follow on where things stand.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(Told),
    /// The body is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Told),
    /// The body is no JSON.
    #[response(status = 415, content_type = "application/problem+json")]
    NotJson(Told),
    /// The body is not as described.
    #[response(status = 422, content_type = "application/problem+json")]
    NotAsDescribed(Told),
    /// The server failed.
    #[response(status = 500, content_type = "application/problem+json")]
    Failed(Told),
    /// The server has too much to do: try again later.
    #[response(status = 503, content_type = "application/problem+json")]
    Busy(Told),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_is_full_or_away_is_tried_again_and_one_that_is_broken_is_not() {
        let full = StoreError::Full {
            place: "/store".to_owned(),
            source: std::io::ErrorKind::StorageFull.into(),
        };
        let remote = StoreError::Remote {
            action: "put",
            place: "s3://bucket/a".to_owned(),
            problem: "connection refused by 10.0.0.7".to_owned(),
        };
        for error in [full, remote] {
            let problem = Problem::from(error);
            assert!(!format!("{problem:?}").contains("10.0.0.7"), "{problem:?}");
            let answer = problem.into_response();
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert!(answer.headers().contains_key(RETRY_AFTER));
        }
        let broken = Problem::from(StoreError::InsideRuntime).into_response();
        assert_eq!(broken.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
