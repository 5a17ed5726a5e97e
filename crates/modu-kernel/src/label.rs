//! Text in the two languages of the programme.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A language that Modu speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Korean, the first language.
    #[default]
    Ko,
    /// English.
    En,
}

impl Language {
    /// The BCP 47 tag, `ko` or `en`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Ko => "ko",
            Self::En => "en",
        }
    }

    /// Picks one of two texts.
    #[must_use]
    pub const fn pick<'a>(self, ko: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Ko => ko,
            Self::En => en,
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// A name or sentence in Korean (NFC) and English.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Korean.
    pub ko: String,
    /// English.
    pub en: String,
}

impl Label {
    /// A label of both texts.
    #[must_use]
    pub fn new(ko: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            ko: ko.into(),
            en: en.into(),
        }
    }

    /// The text in a language.
    #[must_use]
    pub fn get(&self, language: Language) -> &str {
        language.pick(&self.ko, &self.en)
    }
}
