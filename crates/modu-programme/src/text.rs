//! Texts that people write: bounded, NFC left to the caller's keyboard, and
//! without control characters.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Characters of a title or a name.
pub const MAX_TITLE_CHARS: usize = 200;
/// Bytes of a longer text.
pub const MAX_TEXT_BYTES: usize = 20_000;

/// A title or a name: one line, not empty.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
pub struct Title(String);

impl Title {
    /// A title without the white space around it.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence's end.
    pub fn new(text: impl AsRef<str>) -> Result<Self, &'static str> {
        let text = text.as_ref().trim();
        if text.is_empty() {
            return Err("it must not be empty");
        }
        if text.chars().count() > MAX_TITLE_CHARS {
            return Err("it is longer than 200 characters");
        }
        if text.chars().any(hidden) {
            return Err("it must be one line without control characters");
        }
        Ok(Self(text.to_owned()))
    }

    /// The title.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text of several lines; it may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Text(String);

impl Text {
    /// A text without the white space around it.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence's end.
    pub fn new(text: impl AsRef<str>) -> Result<Self, &'static str> {
        let text = text.as_ref().trim().replace("\r\n", "\n");
        if text.len() > MAX_TEXT_BYTES {
            return Err("it is longer than 20,000 bytes");
        }
        if text.chars().any(|c| hidden(c) && c != '\n' && c != '\t') {
            return Err("it must not hold control characters");
        }
        Ok(Self(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Control characters, and those that turn the direction of what follows: a
/// name could then look like another.
fn hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

impl TryFrom<String> for Title {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<Title> for String {
    fn from(title: Title) -> Self {
        title.0
    }
}

impl TryFrom<String> for Text {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line_without_what_hides() {
        assert_eq!(Title::new("  소득 예측 ").unwrap().as_str(), "소득 예측");
        for wrong in ["", " ", "a\nb", "a\u{202e}b", "\u{7}"] {
            assert!(Title::new(wrong).is_err(), "{wrong:?}");
        }
        assert!(Title::new("가".repeat(MAX_TITLE_CHARS)).is_ok());
        assert!(Title::new("가".repeat(MAX_TITLE_CHARS + 1)).is_err());
    }

    #[test]
    fn a_text_keeps_its_lines() {
        assert_eq!(Text::new("a\r\nb\n").unwrap().as_str(), "a\nb");
        assert!(Text::new("a\u{0}").is_err());
        assert!(Text::new("x".repeat(MAX_TEXT_BYTES + 1)).is_err());
    }
}
