//! Values as they stand in JSON: bounded, and refused where they are not as
//! the description says.

use std::fmt;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;
use modu_kernel::Digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::ToSchema;

/// The largest whole number that every JSON reader keeps exactly (RFC 8259,
/// section 6).
pub const LARGEST: u64 = (1 << 53) - 1;
/// Characters of a title or a name.
pub const MAX_LINE_CHARS: usize = 200;
/// Characters of a longer text: at most the 20,000 bytes of a history's text.
pub const MAX_PROSE_CHARS: usize = 5_000;
/// Characters of a media type.
pub const MAX_MEDIA_TYPE_CHARS: usize = 100;

/// The number of a thing: its place in the history or the log.
///
/// JSON Schema's whole numbers are those without a fraction, however they are
/// written: `12.0` is read as 12 (JSON Schema 2020-12, section 4.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[schema(minimum = 0, maximum = 9_007_199_254_740_991_u64, example = 12)]
pub struct Number(pub u64);

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

    /// As an address carries it: no sign, no leading zero, no fraction.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit());
        let number: u64 = text.parse().map_err(|_| ())?;
        match plain && (text == "0" || !text.starts_with('0')) {
            true => Self::try_from(number).map_err(|_| ()),
            false => Err(()),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // What a tagged body buffers knows what it holds, as JSON does.
        from.deserialize_any(Whole)
    }
}

/// Reads whole numbers in each of their spellings.
struct Whole;

impl de::Visitor<'_> for Whole {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number from 0 to 9007199254740991")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Number, E> {
        Number::try_from(number).map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Number, E> {
        let number = u64::try_from(number).map_err(|_| E::custom("a number is at least 0"))?;
        self.visit_u64(number)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Number, E> {
        // Up to 2^53 every whole double is that integer exactly.
        match number.fract() == 0.0 && (0.0..=LARGEST as f64).contains(&number) {
            true => Ok(Number(number as u64)),
            false => Err(E::custom("it is not a whole number from 0 on")),
        }
    }
}

/// A title or a name: one line of 1 to 200 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(
    min_length = 1,
    max_length = 200,
    pattern = r"^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]*[^\s\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff][^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]*$",
    example = "소득 기준 확인"
)]
pub struct Line(String);

impl TryFrom<String> for Line {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.chars().count() > MAX_LINE_CHARS {
            return Err("a title has at most 200 characters");
        }
        if text.chars().any(hidden) {
            return Err("a title has no control characters");
        }
        match text.trim().is_empty() {
            true => Err("it must not be empty"),
            false => Ok(Self(text)),
        }
    }
}

impl Line {
    /// The name of what is not known any more.
    #[must_use]
    pub fn unknown() -> Self {
        Self("?".to_owned())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
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
pub struct Prose(String);

impl TryFrom<String> for Prose {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.chars().count() > MAX_PROSE_CHARS {
            return Err("a text has at most 5,000 characters");
        }
        match text.chars().any(|c| hidden(c) && c != '\n' && c != '\t') {
            true => Err("a text has no control characters"),
            false => Ok(Self(text)),
        }
    }
}

impl Prose {
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

/// The name of some bytes: `sha256:` and 64 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(
    value_type = String,
    pattern = "^sha256:[0-9a-f]{64}$",
    example = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)]
pub struct DigestName(pub Digest);

/// A moment in UTC (RFC 3339).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = DateTime, example = "2026-12-01T00:00:00Z")]
pub struct Moment(pub Timestamp);

/// A kind of file (RFC 6838), in small letters and without parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(
    max_length = 100,
    pattern = r"^[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*$",
    example = "application/json"
)]
pub struct MediaType(String);

impl TryFrom<String> for MediaType {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        fn is_name(text: &str) -> bool {
            let small = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            text.bytes().next().is_some_and(small)
                && text
                    .bytes()
                    .all(|byte| small(byte) || b"!#$&^_.+-".contains(&byte))
        }
        let whole = text.len() <= MAX_MEDIA_TYPE_CHARS
            && (text.split_once('/')).is_some_and(|(kind, of)| is_name(kind) && is_name(of));
        match whole {
            true => Ok(Self(text)),
            false => Err("a media type is two names in small letters with a `/` between"),
        }
    }
}

impl MediaType {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Bytes, as base64 with padding (RFC 4648, section 4).
#[derive(Clone, PartialEq, Eq, ToSchema)]
#[schema(
    value_type = String,
    pattern = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
    example = "66qo65GQ"
)]
pub struct Content(pub Vec<u8>);

/// The description cannot say which bits of the last digit are zero.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({} bytes)", self.0.len())
    }
}

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        let bytes = BASE64.decode(text.as_bytes());
        bytes
            .map(Self)
            .map_err(|_| de::Error::custom("it is not base64"))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_an_address_has_one_spelling() {
        assert_eq!("12".parse::<Number>(), Ok(Number(12)));
        for wrong in ["", "+1", "-1", "01", "1.0", "9007199254740992", "１"] {
            assert!(wrong.parse::<Number>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_whole_number_is_read_however_json_writes_it() {
        for (text, number) in [
            ("12", 12),
            ("12.0", 12),
            ("1.2e1", 12),
            ("0", 0),
            ("-0", 0),
            ("-0.0", 0),
            ("9007199254740991", LARGEST),
            ("9007199254740991.0", LARGEST),
        ] {
            assert_eq!(serde_json::from_str::<Number>(text).unwrap().0, number);
        }
        for wrong in [
            "12.5",
            "-1",
            "-1.0",
            "9007199254740992",
            "9007199254740992.0",
            "1e300",
            "\"1\"",
            "true",
            "null",
        ] {
            assert!(serde_json::from_str::<Number>(wrong).is_err(), "{wrong}");
        }
        assert_eq!(serde_json::to_string(&Number(12)).unwrap(), "12");
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
        let longest = "한".repeat(MAX_PROSE_CHARS);
        assert!(Prose::try_from(longest.clone()).is_ok());
        assert!(Prose::try_from(longest + "한").is_err());
        serde_json::from_str::<Line>("\" 소득 \"").unwrap();
    }

    #[test]
    fn a_media_type_has_two_names() {
        for good in ["application/json", "text/plain", "application/vnd.a+b-c.1"] {
            assert!(MediaType::try_from(good.to_owned()).is_ok(), "{good}");
        }
        for wrong in [
            "",
            "json",
            "/json",
            "text/",
            "Text/plain",
            "a/b/c",
            "text/plain; charset=utf-8",
        ] {
            assert!(MediaType::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn bytes_are_the_same_after_a_journey_in_json() {
        for bytes in [&b""[..], b"a", b"ab", b"abc", "모두".as_bytes()] {
            let text = serde_json::to_string(&Content(bytes.to_vec())).unwrap();
            assert_eq!(serde_json::from_str::<Content>(&text).unwrap().0, bytes);
        }
        for wrong in ["\"a\"", "\"YQ\"", "\"YQ=\"", "\"Y Q==\"", "\"YQ==YQ==\""] {
            assert!(serde_json::from_str::<Content>(wrong).is_err(), "{wrong}");
        }
    }
}
