//! Small values that every feed writes: identifiers of CVEs and days.

/// An identifier such as `CVE-2024-12345`, in capitals.
///
/// # Errors
/// What is wrong, in words.
pub(crate) fn cve_id(text: &str) -> Result<String, String> {
    let id = text.trim().to_ascii_uppercase();
    let parts = id
        .strip_prefix("CVE-")
        .and_then(|rest| rest.split_once('-'));
    let digits = |text: &str, least: usize, most: usize| {
        (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    match parts {
        Some((year, number)) if digits(year, 4, 4) && digits(number, 4, 19) => Ok(id),
        _ => Err(format!(
            "`{}` is no CVE identifier: expected one such as CVE-2024-12345",
            shortened(text)
        )),
    }
}

/// The day `YYYY-MM-DD` that a date or a time begins with.
///
/// # Errors
/// What is wrong, in words.
pub(crate) fn day(text: &str) -> Result<String, String> {
    let found = text.trim().get(..10).filter(|day| is_day(day));
    found.map(str::to_owned).ok_or_else(|| {
        format!(
            "`{}` does not begin with a day written YYYY-MM-DD",
            shortened(text)
        )
    })
}

fn is_day(text: &str) -> bool {
    let mut parts = text.split('-').map(|part| part.parse::<u32>().ok());
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let (Some(Some(year)), Some(Some(month)), Some(Some(day))) = (year, month, day) else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day) && text.bytes().filter(|byte| *byte == b'-').count() == 2
}

/// At most forty characters of a text, for an error.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn identifiers_are_written_one_way_and_days_are_days() {
        assert_eq!(cve_id(" cve-2024-0001 ").unwrap(), "CVE-2024-0001");
        for text in [
            "",
            "CVE-2024",
            "CVE-24-0001",
            "CVE-2024-1x",
            "GHSA-1-2",
            "CVE-2024-001",
        ] {
            assert!(cve_id(text).is_err(), "{text}");
        }
        assert_eq!(day("2024-02-29T01:00:00Z").unwrap(), "2024-02-29");
        for text in [
            "",
            "2023-02-29",
            "2024-13-01",
            "2024-1-1",
            "20240101--",
            "2024-00-10",
            "하루",
        ] {
            assert!(day(text).is_err(), "{text}");
        }
    }
}
