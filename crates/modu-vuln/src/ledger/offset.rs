//! The days of a ledger: a fixed distance from UTC.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A fixed distance from UTC in minutes, written `+09:00`; at most 18 hours.
/// Deadlines are days, and which day it is depends on where one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct UtcOffset {
    minutes: i32,
}

impl UtcOffset {
    /// Korea's, all year round.
    pub const KOREA: Self = Self { minutes: 540 };

    /// The day of a moment.
    #[must_use]
    pub fn day(self, at: Timestamp) -> Date {
        let offset = jiff::tz::Offset::from_seconds(self.minutes * 60);
        // Within 18 hours, as `from_str` sees to.
        offset
            .unwrap_or(jiff::tz::Offset::UTC)
            .to_datetime(at)
            .date()
    }
}

impl FromStr for UtcOffset {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no distance from UTC: write it as +09:00");
        let (sign, rest) = match text.as_bytes() {
            [b'+', ..] => (1, &text[1..]),
            [b'-', ..] => (-1, &text[1..]),
            _ => return Err(wrong()),
        };
        let number = |digits: &str| -> Option<i32> {
            let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| digits.parse().ok()).flatten()
        };
        let (hours, minutes) = rest.split_once(':').ok_or_else(wrong)?;
        let hours = number(hours)
            .filter(|hours| *hours < 18)
            .ok_or_else(wrong)?;
        let minutes = number(minutes).filter(|it| *it < 60).ok_or_else(wrong)?;
        let minutes = sign * (hours * 60 + minutes);
        match minutes == 0 && sign < 0 {
            // One spelling each.
            true => Err(wrong()),
            false => Ok(Self { minutes }),
        }
    }
}

impl fmt::Display for UtcOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minutes < 0 { '-' } else { '+' };
        let minutes = self.minutes.unsigned_abs();
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

impl TryFrom<String> for UtcOffset {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<UtcOffset> for String {
    fn from(offset: UtcOffset) -> Self {
        offset.to_string()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn an_offset_is_read_in_one_spelling_and_gives_the_day_there() {
        for text in ["+09:00", "-03:30", "+00:00", "+17:59"] {
            let offset: UtcOffset = text.parse().unwrap();
            assert_eq!(offset.to_string(), text);
        }
        for text in [
            "", "9", "+9:00", "-00:00", "+18:00", "+09:60", "+09:0٠", "Z",
        ] {
            assert!(text.parse::<UtcOffset>().is_err(), "{text}");
        }
        let evening: Timestamp = "2026-11-22T15:30:00Z".parse().unwrap();
        assert_eq!(UtcOffset::KOREA.day(evening).to_string(), "2026-11-23");
    }
}
