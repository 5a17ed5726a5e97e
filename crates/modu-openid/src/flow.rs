//! One question to a provider, which one browser asked.
//!
//! Everything in it is made of one secret that lies in the visitor's cookie:
//! the server keeps nothing, so that nobody can fill it with questions, and an
//! answer is good in the browser that asked and in no other.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

/// A question.
#[derive(Clone)]
pub struct Flow {
    secret: String,
}

impl std::fmt::Debug for Flow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Flow(..)")
    }
}

impl Flow {
    /// The question of a secret that nobody can guess (256 bits, in any
    /// spelling).
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self {
            secret: secret.into(),
        }
    }

    /// What comes back with the answer, so that no other browser's answer is
    /// taken (RFC 6749, section 10.12).
    #[must_use]
    pub fn state(&self) -> String {
        self.derived("state")
    }

    /// What stands in the token, so that no other answer's token is taken.
    #[must_use]
    pub fn nonce(&self) -> String {
        self.derived("nonce")
    }

    /// What only we can show for the code (RFC 7636, section 4.1).
    #[must_use]
    pub fn verifier(&self) -> String {
        self.derived("verifier")
    }

    /// What the provider is told of it beforehand (RFC 7636, section 4.2).
    #[must_use]
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.verifier().as_bytes()))
    }

    fn derived(&self, what: &str) -> String {
        let text = format!("modu openid {what}\n{}", self.secret);
        URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_question_tell_nothing_of_one_another() {
        let flow = Flow::new("secret");
        let parts = [
            flow.state(),
            flow.nonce(),
            flow.verifier(),
            flow.challenge(),
        ];
        for (place, part) in parts.iter().enumerate() {
            assert_eq!(part.len(), 43);
            assert_eq!(parts.iter().position(|other| other == part), Some(place));
            assert!(!part.contains("secret"));
        }
        assert_ne!(Flow::new("another").state(), flow.state());
        assert_eq!(format!("{flow:?}"), "Flow(..)");
    }
}
