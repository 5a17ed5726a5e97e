//! When something happened, as far as that is told.
//!
//! Records tell some times to the second and some to the day, month or year.
//! Taking a date for its midnight would let a result of the evening be known
//! in the morning; so a moment is kept as the span that it may lie in.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// A span of time in seconds since 1970 UTC that something happened in: a
/// point where both are equal; else the end is the first second after it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Moment {
    /// Not before this.
    pub earliest: i64,
    /// Not after this.
    pub latest: i64,
}

/// An offset from UTC in seconds, east positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset(i64);

impl Offset {
    /// Reads `Z` or `+09:00`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "Z" {
            return Some(Self(0));
        }
        let (sign, rest) = match text.as_bytes().first()? {
            b'+' => (1, &text[1..]),
            b'-' => (-1, &text[1..]),
            _ => return None,
        };
        let (hours, minutes) = rest.split_once(':')?;
        let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
        (hours <= 14 && minutes < 60).then_some(Self(sign * (hours * 3600 + minutes * 60)))
    }

    /// The date of a second, where this offset counts.
    #[must_use]
    pub fn date(self, second: i64) -> Option<Date> {
        let time = jiff::Timestamp::from_second(second.checked_add(self.0)?).ok()?;
        Some(TimeZone::UTC.to_datetime(time).date())
    }
}

impl Moment {
    /// A point in time.
    #[must_use]
    pub const fn at(second: i64) -> Self {
        Self {
            earliest: second,
            latest: second,
        }
    }

    /// Reads a FHIR `date`, `dateTime` or `instant` (R4, section 2.24.0.1);
    /// fractions of seconds are cut off. What has no offset of its own is
    /// meant in the given one.
    #[must_use]
    pub fn parse(text: &str, offset: Offset) -> Option<Self> {
        let (date, time) = match text.split_once('T') {
            None => (text, None),
            Some((date, time)) => (date, Some(time)),
        };
        let mut parts = date.split('-');
        let year = i16::try_from(number(parts.next()?, 4)?).ok()?;
        let mut small = || parts.next().map(|part| number(part, 2)).map(small_number);
        let (month, day) = (small(), small());
        if parts.next().is_some() {
            return None;
        }
        match (month, day, time) {
            (None, None, None) => span(year, 1, 1, Precision::Year, offset),
            (Some(month), None, None) => span(year, month?, 1, Precision::Month, offset),
            (Some(month), Some(day), None) => span(year, month?, day?, Precision::Day, offset),
            (Some(month), Some(day), Some(time)) => {
                let date = Date::new(year, month?, day?).ok()?;
                point(date, time, offset)
            }
            _ => None,
        }
    }

    /// Whether it is certainly not after that second.
    #[must_use]
    pub const fn is_by(self, second: i64) -> bool {
        self.latest <= second
    }
}

enum Precision {
    Year,
    Month,
    Day,
}

fn small_number(value: Option<i64>) -> Option<i8> {
    i8::try_from(value?).ok()
}

/// Exactly so many digits.
fn number(text: &str, digits: usize) -> Option<i64> {
    let all = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if all { text.parse().ok() } else { None }
}

fn second(time: DateTime, offset: Offset) -> Option<i64> {
    let utc = TimeZone::UTC.to_timestamp(time).ok()?;
    Some(utc.as_second() - offset.0)
}

fn span(year: i16, month: i8, day: i8, to: Precision, offset: Offset) -> Option<Moment> {
    let first = Date::new(year, month, day).ok()?;
    let next = match to {
        Precision::Day => first.tomorrow().ok()?,
        Precision::Month if month < 12 => Date::new(year, month + 1, 1).ok()?,
        Precision::Year | Precision::Month => Date::new(year.checked_add(1)?, 1, 1).ok()?,
    };
    Some(Moment {
        earliest: second(first.to_datetime(jiff::civil::Time::midnight()), offset)?,
        latest: second(next.to_datetime(jiff::civil::Time::midnight()), offset)?,
    })
}

fn point(date: Date, time: &str, offset: Offset) -> Option<Moment> {
    let zone = time.find(['Z', '+', '-']);
    let (clock, offset) = match zone {
        None => (time, offset),
        Some(place) => (&time[..place], Offset::parse(&time[place..])?),
    };
    let clock = match clock.split_once('.') {
        None => clock,
        Some((clock, fraction)) => {
            let digits = !fraction.is_empty() && fraction.bytes().all(|it| it.is_ascii_digit());
            if digits { clock } else { return None }
        }
    };
    let mut parts = clock.split(':');
    let mut next = || small_number(number(parts.next()?, 2));
    let (hour, minute, seconds) = (next()?, next()?, next().unwrap_or(0));
    if parts.next().is_some() {
        return None;
    }
    // A leap second is the second before it.
    let seconds = if seconds == 60 { 59 } else { seconds };
    let time = jiff::civil::Time::new(hour, minute, seconds, 0).ok()?;
    Some(Moment::at(second(date.to_datetime(time), offset)?))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Option<Moment> {
        Moment::parse(text, Offset::parse("+09:00").unwrap())
    }

    #[test]
    fn times_of_any_precision_are_read_as_the_span_they_tell() {
        // Seconds computed with GNU date 9.1.
        for (text, earliest, latest) in [
            ("2024-02-29", 1_709_132_400, 1_709_218_800),
            ("2024-12", 1_732_978_800, 1_735_657_200),
            ("2024", 1_704_034_800, 1_735_657_200),
            ("2024-03-05T09:30:00+09:00", 1_709_598_600, 1_709_598_600),
            ("2024-03-05T00:30:00.123Z", 1_709_598_600, 1_709_598_600),
            ("2024-03-05T09:30:00", 1_709_598_600, 1_709_598_600),
            ("2024-03-05T09:30", 1_709_598_600, 1_709_598_600),
            ("1969-12-31T23:59:60Z", -1, -1),
        ] {
            assert_eq!(parse(text), Some(Moment { earliest, latest }), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "24",
            "2024-13",
            "2023-02-29",
            "2024-3-5",
            "2024-03-05T",
            "2024-03-05T25:00:00Z",
            "2024-03-05T09:30:00+9",
            "2024-03-05T09:30:00.Z",
            "2024-03-05 09:30",
            "20240305",
            "2024-03-05-06",
            "900101-1234567",
            "9999-12-31",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_fail(text in "[0-9TZ:.+-]{0,30}") {
            let _ = parse(&text);
        }
    }
}
