//! What a visitor is told when it does not work, and with which status.

use axum::http::StatusCode;
use modu_evidence::EvidenceError;
use modu_openid::OpenidError;
use modu_programme::account::AccountError;
use modu_programme::job::JobError;
use modu_programme::notice::NoticeError;
use modu_programme::{HistoryError, Refusal, StepError};
use modu_store::StoreError;

/// Why a request is not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// There is no such page, or not for who asks: which of them is not said.
    #[error("there is no such page")]
    NotFound,
    /// One must sign in first.
    #[error("sign in first")]
    SignIn,
    /// A second factor is required of the visitor, who has none yet.
    #[error("begin a second factor first")]
    NoFactorYet,
    /// The form is not one of this session: it is old, or another site's.
    #[error("the form is no longer good: load the page again")]
    StaleForm,
    /// A field is missing or wrong.
    #[error("{field}: {problem}")]
    Field {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The request is larger than it may be.
    #[error("the request is too large")]
    TooLarge,
    /// The step is refused, or the history fails.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A person has as many streams open as they may, or all together have.
    #[error("too many pages are kept up to date: close some")]
    TooManyStreams,
    /// Notices cannot be read or kept.
    #[error(transparent)]
    Notice(NoticeError),
    /// A job is not taken or cannot be read.
    #[error(transparent)]
    Job(JobError),
    /// Signing in fails.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// A provider does not say who somebody is.
    #[error(transparent)]
    Openid(#[from] OpenidError),
    /// The evidence cannot be read.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// An artifact cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the programme is kept in is gone, or has no room.
    #[error(
        "the database or the store does not answer, or has no more room: look whether it was done, then try again"
    )]
    Away,
    /// A thread was lost.
    #[error("the server failed: try again")]
    Failed,
}

impl From<StepError> for ConsoleError {
    fn from(error: StepError) -> Self {
        match error {
            StepError::History(error) => Self::History(error),
            StepError::Account(error) => Self::Account(error),
        }
    }
}

impl From<JobError> for ConsoleError {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Refused(refusal) => Self::History(refusal.into()),
            error => Self::Job(error),
        }
    }
}

impl From<NoticeError> for ConsoleError {
    fn from(error: NoticeError) -> Self {
        match error {
            NoticeError::Refused(refusal) => Self::History(refusal.into()),
            error => Self::Notice(error),
        }
    }
}

impl ConsoleError {
    pub(crate) fn field(field: &'static str, problem: impl Into<String>) -> Self {
        Self::Field {
            field,
            problem: problem.into(),
        }
    }

    /// Whether the database or the store is to blame, and may be back in a while.
    pub(crate) fn is_away(&self) -> bool {
        let cause = match self {
            Self::History(HistoryError::Database(cause))
            | Self::Account(AccountError::Database(cause))
            | Self::Job(JobError::Database(cause)) => cause,
            Self::Notice(NoticeError::Database(cause)) => cause,
            Self::Store(StoreError::Remote { .. } | StoreError::Full { .. }) => return true,
            _ => return matches!(self, Self::Away),
        };
        cause.may_pass()
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            error if error.is_away() => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::SignIn => StatusCode::UNAUTHORIZED,
            Self::NoFactorYet | Self::StaleForm => StatusCode::FORBIDDEN,
            Self::Field { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::History(HistoryError::Refused(Refusal::NotAllowed { .. })) => {
                StatusCode::FORBIDDEN
            }
            Self::History(HistoryError::Refused(Refusal::Missing(_))) => StatusCode::NOT_FOUND,
            Self::History(HistoryError::Refused(Refusal::Wrong { .. })) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::History(HistoryError::Refused(_)) => StatusCode::CONFLICT,
            Self::History(HistoryError::Grown { .. } | HistoryError::ClockWentBack { .. }) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::TooManyStreams
            | Self::Job(JobError::TooMany)
            | Self::Account(AccountError::TooMany(_)) => StatusCode::TOO_MANY_REQUESTS,
            Self::Account(
                AccountError::Database(_)
                | AccountError::Random(_)
                | AccountError::Unreadable(_)
                | AccountError::NoSealKey,
            )
            | Self::History(_)
            | Self::Job(_)
            | Self::Notice(_)
            | Self::Evidence(_)
            | Self::Store(_)
            | Self::Away
            | Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Openid(OpenidError::Unreachable { .. } | OpenidError::Settings { .. }) => {
                StatusCode::BAD_GATEWAY
            }
            Self::Account(_) | Self::Openid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// What the visitor may read: of what failed inside, only that it did.
    #[must_use]
    pub fn told(&self) -> String {
        match self.status() {
            _ if self.is_away() => Self::Away.to_string(),
            StatusCode::INTERNAL_SERVER_ERROR => Self::Failed.to_string(),
            _ => self.to_string(),
        }
    }
}
