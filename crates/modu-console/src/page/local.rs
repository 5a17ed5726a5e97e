//! Moments, days, numbers and sums as people of the place write them.
//!
//! Times are Korean time (KST, UTC+09:00, without summer time since 1988) in
//! both languages: a call ends when it ends in Korea, whoever reads of it. The
//! foot of every page says so, and each `<time>` carries the moment in UTC for
//! programs.

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use modu_kernel::Language;
pub(crate) use modu_kernel::grouped as whole;

use crate::visit::Visit;

/// Hours that Korean time is ahead of UTC.
const KOREA: Offset = Offset::constant(9);

/// Months as English tables write them.
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A moment for a page, to the minute.
pub(crate) fn time(visit: &Visit, at: Timestamp) -> Markup {
    html! { time datetime=(at) { (moment(visit.language, at)) } }
}

/// A moment for a page, to the second: where one thing follows on another at
/// once.
pub(crate) fn exact_time(visit: &Visit, at: Timestamp) -> Markup {
    let second = KOREA.to_datetime(at).second();
    html! { time datetime=(at) { (moment(visit.language, at)) ":" (format!("{second:02}")) } }
}

/// A moment in a sentence, to the minute: `2026년 11월 23일 18:30`.
pub(crate) fn moment(language: Language, at: Timestamp) -> String {
    let local = KOREA.to_datetime(at);
    let clock = format!("{:02}:{:02}", local.hour(), local.minute());
    format!("{} {clock}", day(language, local.date()))
}

/// A day: `2026년 11월 23일`, `23 Nov 2026`.
pub(crate) fn day(language: Language, date: jiff::civil::Date) -> String {
    let (year, month, day) = (date.year(), date.month(), date.day());
    let place = usize::from(month.unsigned_abs()).saturating_sub(1);
    match language {
        Language::Ko => format!("{year}년 {month}월 {day}일"),
        Language::En => format!("{day} {} {year}", MONTHS.get(place).unwrap_or(&"")),
    }
}

/// What an engine wrote as a moment or a day (RFC 3339), in local form; other
/// texts as they are.
pub(crate) fn written(language: Language, text: &str) -> String {
    let shape = text.as_bytes();
    if shape.len() < 10 || shape.get(4) != Some(&b'-') || shape.get(7) != Some(&b'-') {
        return text.to_owned();
    }
    let at = text.parse().map(|at| moment(language, at));
    let date = || text.parse().map(|date| day(language, date));
    match text.len() {
        10 => date().unwrap_or_else(|_| text.to_owned()),
        _ => at.unwrap_or_else(|_| text.to_owned()),
    }
}

/// How long something took or lasts, in its two largest units.
pub(crate) fn span(language: Language, lasted: SignedDuration) -> String {
    let seconds = lasted.as_secs().max(0);
    let parts = [
        (seconds / 86_400, "일", "d"),
        (seconds / 3_600 % 24, "시간", "h"),
        (seconds / 60 % 60, "분", "min"),
        (seconds % 60, "초", "s"),
    ];
    let first = parts.iter().position(|(count, ..)| *count > 0).unwrap_or(3);
    let shown = parts[first..].iter().take(2).enumerate();
    let shown = shown.filter(|(place, (count, ..))| *place == 0 || *count > 0);
    let words: Vec<_> = shown
        .map(|(_, (count, ko, en))| match language {
            Language::Ko => format!("{count}{ko}"),
            Language::En => format!("{count} {en}"),
        })
        .collect();
    words.join(" ")
}

/// A number with digits after its point, commas before it and a true minus.
pub(crate) fn decimal(number: f64, digits: usize) -> String {
    let text = format!("{:.digits$}", number.abs());
    let (before, after) = text.split_once('.').unwrap_or((&text, ""));
    let before = before.parse().map_or_else(|_| before.to_owned(), whole);
    let nothing = before == "0" && after.chars().all(|digit| digit == '0');
    let sign = if number < 0.0 && !nothing {
        "\u{2212}"
    } else {
        ""
    };
    match after {
        "" => format!("{sign}{before}"),
        after => format!("{sign}{before}.{after}"),
    }
}

/// A share of one in percent.
pub(crate) fn share(part: f64, digits: usize) -> String {
    format!("{}%", decimal(part * 100.0, digits))
}

/// Bytes in the largest unit of which there is one at least.
pub(crate) fn bytes(count: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB"];
    let mut value = count as f64;
    let mut place = 0;
    while value >= 1_000.0 && place + 1 < units.len() {
        value /= 1_000.0;
        place += 1;
    }
    let digits = usize::from(place > 0 && value < 100.0);
    format!("{} {}", decimal(value, digits), units[place])
}

/// A sum in won, exact: in Korean by 조, 억 and 만 as budgets are read
/// (`1,234만 원`), in English with commas (`₩12,340,000`).
#[cfg_attr(not(test), expect(dead_code, reason = "no page shows money yet"))]
pub(crate) fn won(language: Language, amount: i64) -> String {
    let sign = if amount < 0 { "\u{2212}" } else { "" };
    let size = amount.unsigned_abs();
    if language == Language::En {
        return format!("{sign}₩{}", whole(size));
    }
    let parts = [
        (size / 1_000_000_000_000, "조"),
        (size / 100_000_000 % 10_000, "억"),
        (size / 10_000 % 10_000, "만"),
        (size % 10_000, ""),
    ];
    let shown = parts.iter().filter(|(count, _)| *count > 0);
    let words: Vec<_> = shown
        .map(|(count, unit)| format!("{}{unit}", whole(*count)))
        .collect();
    match words.is_empty() {
        true => "0원".to_owned(),
        false if size.is_multiple_of(10_000) => format!("{sign}{} 원", words.join(" ")),
        false => format!("{sign}{}원", words.join(" ")),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use Language::{En, Ko};

    #[test]
    fn a_moment_is_told_in_korean_time_in_both_languages() {
        let at: Timestamp = "2026-11-22T15:03:59Z".parse().unwrap();
        assert_eq!(moment(Ko, at), "2026년 11월 23일 00:03");
        assert_eq!(moment(En, at), "23 Nov 2026 00:03");
    }

    #[test]
    fn what_engines_write_is_read_where_it_is_a_time_and_kept_where_it_is_not() {
        for (text, ko) in [
            ("2026-11-22", "2026년 11월 22일"),
            ("2026-11-22T00:00:00Z", "2026년 11월 22일 09:00"),
            ("2026-11-22T00:00:00+09:00", "2026년 11월 22일 00:00"),
            ("2026-13-40", "2026-13-40"),
            ("CVE-2024-1", "CVE-2024-1"),
            ("1234-56-", "1234-56-"),
            ("서울시 강남구 1-2", "서울시 강남구 1-2"),
        ] {
            assert_eq!(written(Ko, text), ko);
        }
    }

    #[test]
    fn spans_are_told_in_two_units() {
        for (seconds, ko, en) in [
            (0, "0초", "0 s"),
            (59, "59초", "59 s"),
            (60, "1분", "1 min"),
            (3_725, "1시간 2분", "1 h 2 min"),
            (86_400 + 59, "1일", "1 d"),
            (2 * 86_400 + 3_600, "2일 1시간", "2 d 1 h"),
        ] {
            let lasted = SignedDuration::from_secs(seconds);
            assert_eq!(
                (span(Ko, lasted).as_str(), span(En, lasted).as_str()),
                (ko, en)
            );
        }
    }

    #[test]
    fn numbers_have_their_commas() {
        assert_eq!(decimal(-1_234.56, 1), "\u{2212}1,234.6");
        assert_eq!(decimal(-0.04, 1), "0.0");
        assert_eq!(share(0.934, 1), "93.4%");
    }

    #[test]
    fn bytes_are_told_in_a_unit_that_fits() {
        for (count, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_500, "1.5 kB"),
            (123_456_789, "123 MB"),
            (u64::MAX, "18,447 PB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }

    #[test]
    fn won_are_exact_whatever_their_size() {
        for (amount, ko, en) in [
            (0, "0원", "₩0"),
            (9_999, "9,999원", "₩9,999"),
            (12_340_000, "1,234만 원", "₩12,340,000"),
            (12_345_678, "1,234만 5,678원", "₩12,345,678"),
            (500_000_000, "5억 원", "₩500,000,000"),
            (
                -1_000_000_010_000,
                "\u{2212}1조 1만 원",
                "\u{2212}₩1,000,000,010,000",
            ),
        ] {
            assert_eq!(
                (won(Ko, amount).as_str(), won(En, amount).as_str()),
                (ko, en)
            );
        }
    }
}
