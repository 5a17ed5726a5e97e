//! Instants as files write them: UTC, RFC 3339, whole seconds.

/// The first second of the year 1 and the last of the year 9999, in seconds
/// since 1970: what RFC 3339 can write.
const WRITABLE: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

const SECONDS_OF_A_DAY: i64 = 86_400;

/// `2026-11-22T12:00:00Z`; an instant outside of what RFC 3339 can write is
/// moved to the nearest that it can.
#[must_use]
pub(crate) fn written(seconds: i64) -> String {
    let seconds = seconds.clamp(*WRITABLE.start(), *WRITABLE.end());
    let (days, rest) = (
        seconds.div_euclid(SECONDS_OF_A_DAY),
        seconds.rem_euclid(SECONDS_OF_A_DAY),
    );
    let (year, month, day) = date_of(days);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Reads exactly the form that [`written`] writes.
pub(crate) fn read(text: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        let digits = text.get(range)?;
        let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|_| all_digits)
    };
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let days = days_of(year, month, day);
    let seconds = days * SECONDS_OF_A_DAY + hour * 3600 + minute * 60 + second;
    // Whatever is not the one spelling of an instant is written otherwise.
    (written(seconds) == text).then_some(seconds)
}

/// The day's date, counted from 1970-01-01 in the Gregorian calendar: years
/// begin in March here, so that the leap day is a year's last.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = (shifted_month + 2) % 12 + 1;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Instants in documents.
pub(crate) mod text {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(
        seconds: &i64,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::written(*seconds))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::read(&text).ok_or_else(|| {
            D::Error::custom("it is no instant: write it as 2026-11-22T12:00:00Z, in UTC")
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_instants_are_written_as_date_writes_them() {
        // `date -u -d @N +%FT%TZ`, GNU coreutils 9.1.
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_348_800, "2026-11-22T12:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(written(seconds), text);
            assert_eq!(read(text), Some(seconds));
        }
        for wrong in [
            "",
            "2026-11-22",
            "2026-02-30T00:00:00Z",
            "2026-11-22T12:00:00+09:00",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(seconds in WRITABLE) {
            prop_assert_eq!(read(&written(seconds)), Some(seconds));
        }
    }
}
