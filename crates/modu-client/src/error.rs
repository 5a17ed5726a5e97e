//! Why a server did not do as it was asked.

use modu_wire::Problem;

/// Why a call did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server's address cannot be used.
    #[error("the server `{address}`: {problem}")]
    Address {
        /// What was given.
        address: String,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// What was given as a key is none.
    #[error("a key is `modu_` and 64 hexadecimal digits, made on the console's page Keys")]
    Key,
    /// The server cannot be reached, or broke off.
    #[error("the server {address} cannot be reached: {problem}; check that it runs and try again")]
    Unreachable {
        /// Where it should be.
        address: String,
        /// What happened.
        problem: String,
    },
    /// The server refused, in its own words.
    #[error("the server says: {0}")]
    Refused(Problem),
    /// The answer is not one of a Modu server of this version.
    #[error("{address} gave status {status} and no answer that is understood: {problem}")]
    Strange {
        /// What was asked.
        address: String,
        /// The status of the answer.
        status: u16,
        /// What is wrong with it.
        problem: String,
    },
    /// The answer is larger than is read.
    #[error("{address} answers with more than {limit} bytes")]
    TooLarge {
        /// What was asked.
        address: String,
        /// Bytes that are read.
        limit: usize,
    },
    /// This machine failed.
    #[error("the client cannot be set up: {0}")]
    Machine(String),
}

impl ClientError {
    /// Whether the asker can mend it: another request, key or address.
    #[must_use]
    pub fn is_wrong_input(&self) -> bool {
        match self {
            Self::Address { .. } | Self::Key => true,
            Self::Refused(problem) => (400..500).contains(&problem.status) && problem.status != 429,
            _ => false,
        }
    }
}
