//! Why it is not known who somebody is.

/// Why a provider was not believed, or not reached.
#[derive(Debug, thiserror::Error)]
pub enum OpenidError {
    /// The settings cannot be right.
    #[error("the provider {name}: {problem}")]
    Settings {
        /// Which provider.
        name: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// The provider does not answer as it should.
    #[error("the provider's {what} cannot be had: {problem}")]
    Unreachable {
        /// Which of its documents.
        what: &'static str,
        /// Why.
        problem: String,
    },
    /// The answer is none to a question of this browser.
    #[error("the answer is to no question of this browser, or comes from elsewhere: begin again")]
    NotAsked,
    /// The provider says no.
    #[error("the provider says `{0}`: begin again")]
    Refused(String),
    /// The token is not one to be believed.
    #[error("the provider's token is not believed: {0}")]
    Token(&'static str),
}

impl OpenidError {
    pub(crate) fn unreachable(what: &'static str, problem: impl ToString) -> Self {
        Self::Unreachable {
            what,
            problem: problem.to_string(),
        }
    }
}
