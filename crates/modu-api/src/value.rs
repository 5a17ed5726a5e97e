//! Values as they stand in JSON: bounded, and refused where they are not as
//! the description says.

use jiff::Timestamp;
use modu_programme::{OrganisationId, PersonId, ProjectId, ProposalId, Sequence, Text, Title};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The largest whole number that every JSON reader keeps exactly (RFC 8259,
/// section 6).
const LARGEST: u64 = (1 << 53) - 1;
/// Characters of a longer text: at most the 20,000 bytes of a history's text.
const MAX_TEXT_CHARS: usize = 5_000;

/// The number of a thing: its place in the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "u64")]
#[schema(minimum = 0, maximum = 9_007_199_254_740_991_u64, example = 12)]
pub(crate) struct Number(pub(crate) u64);

impl TryFrom<u64> for Number {
    type Error = &'static str;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        match number <= LARGEST {
            true => Ok(Self(number)),
            false => Err("a number is at most 9007199254740991"),
        }
    }
}

impl std::str::FromStr for Number {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // As JSON writes it: no sign, no leading zero.
        let plain = text.bytes().all(|byte| byte.is_ascii_digit());
        let number: u64 = text.parse().map_err(|_| ())?;
        match plain && (text == "0" || !text.starts_with('0')) {
            true => Self::try_from(number).map_err(|_| ()),
            false => Err(()),
        }
    }
}

macro_rules! numbered {
    ($($id:ident),*) => {$(
        impl From<$id> for Number {
            fn from(id: $id) -> Self {
                Self(id.0.0)
            }
        }

        impl From<Number> for $id {
            fn from(number: Number) -> Self {
                Self(Sequence(number.0))
            }
        }
    )*};
}

numbered!(OrganisationId, PersonId, ProjectId, ProposalId);

/// A title or a name: one line of 1 to 200 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(
    min_length = 1,
    max_length = 200,
    pattern = r"^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]*[^\s\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff][^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]*$",
    example = "소득 기준 확인"
)]
pub(crate) struct Line(String);

impl TryFrom<String> for Line {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.chars().count() > modu_programme::MAX_TITLE_CHARS {
            return Err("a title has at most 200 characters");
        }
        if text.chars().any(char::is_control) {
            return Err("a title has no control characters");
        }
        Title::new(&text)?;
        Ok(Self(text))
    }
}

impl From<&Title> for Line {
    fn from(title: &Title) -> Self {
        Self(title.as_str().to_owned())
    }
}

impl Line {
    /// The name of what is not known any more.
    pub(crate) fn unknown() -> Self {
        Self("?".to_owned())
    }

    pub(crate) fn title(&self) -> Result<Title, crate::Problem> {
        Title::new(&self.0).map_err(crate::Problem::not_as_described)
    }
}

/// A text of several lines, at most 5,000 characters, lines ended by `\n`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(
    max_length = 5000,
    pattern = r"^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]*$",
    example = "민원 분류"
)]
pub(crate) struct Prose(String);

impl TryFrom<String> for Prose {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.chars().count() > MAX_TEXT_CHARS {
            return Err("a text has at most 5,000 characters");
        }
        let odd = |c: char| c.is_control() && c != '\n' && c != '\t';
        if text.chars().any(odd) {
            return Err("a text has no control characters");
        }
        // What is hidden is refused also at the ends, which are cut off later.
        Text::new(format!("|{text}|"))?;
        Ok(Self(text))
    }
}

impl Prose {
    pub(crate) fn text(&self) -> Result<Text, crate::Problem> {
        Text::new(&self.0).map_err(crate::Problem::not_as_described)
    }
}

/// The name of some bytes: `sha256:` and 64 digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(
    pattern = "^sha256:[0-9a-f]{64}$",
    example = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)]
pub(crate) struct DigestName(String);

impl From<modu_kernel::Digest> for DigestName {
    fn from(digest: modu_kernel::Digest) -> Self {
        Self(digest.to_string())
    }
}

impl DigestName {
    pub(crate) fn digest(&self) -> Result<modu_kernel::Digest, crate::Problem> {
        let wrong = |_| crate::Problem::not_as_described("a digest is sha256: and 64 digits");
        self.0.parse().map_err(wrong)
    }
}

/// A moment in UTC (RFC 3339).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = DateTime, example = "2026-12-01T00:00:00Z")]
pub(crate) struct Moment(pub(crate) Timestamp);

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_spelling() {
        assert_eq!("12".parse::<Number>(), Ok(Number(12)));
        for wrong in ["", "+1", "-1", "01", "1.0", "9007199254740992", "１"] {
            assert!(wrong.parse::<Number>().is_err(), "{wrong}");
        }
        assert!(serde_json::from_str::<Number>("9007199254740992").is_err());
    }

    #[test]
    fn texts_are_as_described() {
        for wrong in [
            "\"\"",
            "\" \"",
            "\"a\\nb\"",
            "\"\\u202e\"",
            "\"a\\u001f\"",
            "\"\\n\"",
        ] {
            assert!(serde_json::from_str::<Line>(wrong).is_err(), "{wrong}");
        }
        for wrong in ["\"a\\rb\"", "\"\\u0000\"", "\"\\ufeff\"", "\"a\\r\\nb\""] {
            assert!(serde_json::from_str::<Prose>(wrong).is_err(), "{wrong}");
        }
        let longest = "한".repeat(MAX_TEXT_CHARS);
        assert!(Prose::try_from(longest.clone()).is_ok());
        assert!(Prose::try_from(longest + "한").is_err());
        serde_json::from_str::<Line>("\" 소득 \"").unwrap();
    }
}
