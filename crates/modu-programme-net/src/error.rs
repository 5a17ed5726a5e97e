//! Why nothing can be sent at all.

/// Why sending cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// A network is not written as one.
    #[error("`{0}` is no network: write it like 10.1.0.0/16 or fd00::/8")]
    Network(String),
    /// A setting of webhooks or mail cannot be used.
    #[error("{setting}: {problem}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// What speaks TLS or HTTP cannot be set up.
    #[error("could not set up {what}: {problem}")]
    Client {
        /// What.
        what: &'static str,
        /// Why not.
        problem: String,
    },
    /// A thread cannot be started.
    #[error("could not start a thread: {0}")]
    Thread(#[from] std::io::Error),
}
