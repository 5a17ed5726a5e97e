//! Texts and numbers that tell who somebody is.

use super::{Pseudonym, registration};
use crate::CareError;

/// What identifies a person in a text, if something does: a resident
/// registration number, an e-mail address or a telephone number. Names and
/// addresses cannot be told from other words, which is why texts are not
/// carried on at all.
#[must_use]
pub fn identifier_in(text: &str) -> Option<&'static str> {
    if let Some(found) = registration::find_registration_number(text) {
        return Some(match found.foreigner {
            false => "a resident registration number",
            true => "a foreigner's registration number",
        });
    }
    if text.split_whitespace().any(is_mail) {
        return Some("an e-mail address");
    }
    has_telephone(text).then_some("a telephone number")
}

/// What identifies a person in a number: a registration number that a
/// spreadsheet took for one, its leading zeros lost.
#[must_use]
pub fn identifier_in_number(value: f64) -> Option<&'static str> {
    if !(1e9..1e13).contains(&value) || value.fract() != 0.0 {
        return None;
    }
    let digits: Vec<u32> = format!("{value:013.0}")
        .chars()
        .filter_map(|digit| digit.to_digit(10))
        .collect();
    let found = registration::of_digits(&digits.try_into().ok()?)?;
    // Of shorter numbers only those that the check digit and a century with
    // leading zeros speak for.
    let certain = value >= 1e12 || (found.checked && value < 1e12);
    certain.then_some("a resident registration number")
}

/// What identifies a person in a cell of a table, whether anybody reads its
/// column or not: a table is kept as evidence whole. Pseudonyms of our own are
/// random digits, whatever they look like.
pub(crate) fn identifier_in_cell(cell: &[u8]) -> Option<&'static str> {
    const FEWEST_DIGITS: usize = 7;
    let digits = cell.iter().filter(|byte| byte.is_ascii_digit()).count();
    if digits < FEWEST_DIGITS && cell.is_ascii() && !cell.contains(&b'@') {
        return None;
    }
    let text = std::str::from_utf8(cell).ok()?.trim();
    match (Pseudonym::parse(text), text.parse::<f64>()) {
        (Some(_), _) => None,
        (None, Ok(number)) => identifier_in_number(number),
        (None, Err(_)) => identifier_in(text),
    }
}

/// Refuses a text that [`identifier_in`] finds something in.
///
/// # Errors
/// [`CareError::Identifier`] with the place, never the text.
pub fn refuse_identifiers(place: &str, text: &str) -> Result<(), CareError> {
    match identifier_in(text) {
        None => Ok(()),
        Some(what) => Err(CareError::Identifier {
            place: place.to_owned(),
            what,
        }),
    }
}

fn is_mail(word: &str) -> bool {
    word.split_once('@').is_some_and(|(name, host)| {
        let (host, domain) = host.rsplit_once('.').unwrap_or_default();
        !name.is_empty()
            && !host.is_empty()
            && domain.chars().take(2).all(char::is_alphabetic)
            && domain.chars().count() >= 2
    })
}

/// A Korean telephone number: 010-1234-5678, 02-123-4567, +82 10 1234 5678,
/// or 01012345678.
fn has_telephone(text: &str) -> bool {
    let mut groups: Vec<String> = vec![String::new()];
    for character in text.chars() {
        match character {
            '0'..='9' | '+' => push_to_last(&mut groups, character),
            '-' | ' ' | '.' | ')' | '(' => groups.push(String::new()),
            _ => groups.extend([String::from("|"), String::new()]),
        }
    }
    groups.retain(|group| !group.is_empty());
    let mobile = |group: &String| {
        matches!(group.len(), 10 | 11) && group.starts_with("01") && !group.contains('+')
    };
    groups.iter().any(mobile)
        || groups.windows(3).any(is_telephone)
        || groups
            .windows(4)
            .any(|it| it[0] == "+82" && is_subscriber(&it[2], &it[3]))
}

fn push_to_last(groups: &mut [String], character: char) {
    if let Some(group) = groups.last_mut() {
        group.push(character);
    }
}

fn is_telephone(groups: &[String]) -> bool {
    let area = &groups[0];
    area.starts_with('0') && matches!(area.len(), 2 | 3) && is_subscriber(&groups[1], &groups[2])
}

fn is_subscriber(middle: &str, last: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    matches!(middle.len(), 3 | 4) && last.len() == 4 && digits(middle) && digits(last)
}

#[cfg(test)]
mod tests {
    use super::super::registration::tests::made_up;
    use super::*;

    #[test]
    fn telephone_numbers_and_mail_addresses_are_found() {
        for text in [
            "010-1234-5678",
            "보호자 01012345678",
            "02-123-4567",
            "+82 10 1234 5678",
            "hong@example.kr",
        ] {
            assert!(identifier_in(text).is_some(), "{text}");
        }
    }

    #[test]
    fn codes_dates_and_measurements_are_not_taken_for_identifiers() {
        for text in [
            "2160-0",
            "http://loinc.org|2160-0",
            "2024-03-05",
            "2024-03-05T09:30:00+09:00",
            "I50.9",
            "120/80 mmHg",
            "stage II-III",
            "38341003",
            "mg/dL",
        ] {
            assert_eq!(identifier_in(text), None, "{text}");
        }
    }

    #[test]
    fn a_registration_number_that_became_a_number_is_found() {
        for (date, sex) in [("900101", 1), ("050101", 3), ("000101", 4)] {
            let number: f64 = made_up(date, sex, "23456").parse().unwrap_or_default();
            assert!(identifier_in_number(number).is_some(), "{number}");
        }
        for value in [0.0, 1.5e12 + 0.5, 42.0, 1.7e12, f64::NAN] {
            assert_eq!(identifier_in_number(value), None, "{value}");
        }
    }

    #[test]
    fn a_refusal_does_not_say_what_it_refuses() {
        let number = made_up("900101", 1, "23456");
        let error = refuse_identifiers("the column `memo`", &number);
        let said = error.map_or_else(|error| error.to_string(), |()| String::new());
        assert!(said.contains("memo") && !said.contains(&number), "{said}");
    }
}
