//! Tokens: what a browser or a link carries, and nobody can guess.

use std::fmt;

use super::{AccountError, digest, random};

/// 256 random bits, written as 64 hexadecimal digits. Shown to nobody but the
/// one who is to have it: `Debug` tells nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Token([u8; 32]);

impl Token {
    /// A new one.
    ///
    /// # Errors
    /// [`AccountError::Random`] where the machine gives no random bytes.
    pub fn new() -> Result<Self, AccountError> {
        Ok(Self(random()?))
    }

    /// Reads a token as [`Self::reveal`] writes it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_chunks::<2>().0) {
            *byte = value(pair[0])? << 4 | value(pair[1])?;
        }
        Some(Self(bytes))
    }

    /// The token itself, to be given to its owner and kept nowhere.
    #[must_use]
    pub fn reveal(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The bits, where they are a key.
    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What is kept of it.
    pub(crate) fn digest(&self) -> [u8; 32] {
        digest("modu token", &self.0)
    }

    /// What a form of this session carries, so that a page of another site
    /// cannot send one: it tells nothing of the token.
    #[must_use]
    pub fn form_key(&self) -> String {
        let key = digest("modu form", &self.0);
        key.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written_and_in_no_other_spelling() {
        let token = Token::new().unwrap();
        let text = token.reveal();
        assert_eq!(Token::parse(&text), Some(token.clone()));
        assert_eq!(Token::parse(&text[1..]), None);
        assert_eq!(Token::parse(&"G".repeat(64)), None);
        assert_eq!(Token::parse(&"A".repeat(64)), None);
        assert_ne!(Token::new().unwrap(), token);
    }

    #[test]
    fn a_token_is_not_told_by_accident() {
        let token = Token::new().unwrap();
        assert_eq!(format!("{token:?}"), "Token(..)");
        assert_ne!(token.form_key(), token.reveal());
    }
}
