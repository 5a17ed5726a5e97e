//! Resident registration numbers (주민등록번호) and those of foreigners.
//!
//! Thirteen digits: birth date YYMMDD, a digit for sex and century, and six
//! more, of which the last was a check digit until October 2020; since then
//! the six are random (주민등록법 시행규칙, 2020-10-05). So a number is
//! recognised by its form and its date, and the check digit only tells how
//! sure that is.

/// Which kind of number stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistrationNumber {
    /// Whether it is a foreigner's (digit 5 to 8 for sex and century).
    pub foreigner: bool,
    /// Whether the check digit is right, as in numbers given out before
    /// October 2020.
    pub checked: bool,
}

const LENGTH: usize = 13;
const WEIGHTS: [u32; 12] = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5];

/// The first such number in a text: with a hyphen or another dash, a space or
/// nothing between its halves, in ASCII or full-width digits, also where the
/// last six are masked by asterisks behind a dash.
#[must_use]
pub fn find_registration_number(text: &str) -> Option<RegistrationNumber> {
    let characters: Vec<char> = text.chars().map(plain).collect();
    let starts = 0..characters.len();
    starts
        .filter(|start| *start == 0 || !characters[start - 1].is_ascii_digit())
        .find_map(|start| at(&characters[start..]))
}

/// Full-width digits and asterisks as ASCII, every dash as a hyphen.
fn plain(character: char) -> char {
    match character {
        '０'..='９' => char::from_digit(u32::from(character) - u32::from('０'), 10),
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '－' => Some('-'),
        '＊' | '●' | 'X' | 'x' => Some('*'),
        _ => None,
    }
    .unwrap_or(character)
}

fn at(characters: &[char]) -> Option<RegistrationNumber> {
    let (birth, rest) = characters.split_at_checked(6)?;
    let gap = rest
        .iter()
        .take(3)
        .take_while(|it| matches!(it, ' ' | '-' | '.'))
        .count();
    let rest = &rest[gap..];
    let (tail, beyond) = rest.split_at_checked(LENGTH - 6)?;
    if beyond.first().is_some_and(char::is_ascii_digit) {
        return None;
    }
    let masked = gap > 0 && tail[1..].iter().all(|it| *it == '*');
    let digits: Vec<u32> = (birth.iter().chain(tail))
        .map_while(|it| it.to_digit(10))
        .collect();
    match (digits.len(), masked) {
        (LENGTH, _) => {
            let digits: [u32; LENGTH] = digits.try_into().ok()?;
            of_digits(&digits)
        }
        (7, true) => is_date(&digits).then_some(RegistrationNumber {
            foreigner: (5..=8).contains(&digits[6]),
            checked: false,
        }),
        _ => None,
    }
}

/// What thirteen digits are, if their date exists.
pub(super) fn of_digits(digits: &[u32; LENGTH]) -> Option<RegistrationNumber> {
    if !is_date(digits) {
        return None;
    }
    let foreigner = (5..=8).contains(&digits[6]);
    let sum: u32 = digits
        .iter()
        .zip(WEIGHTS)
        .map(|(it, weight)| it * weight)
        .sum();
    let check = match foreigner {
        false => (11 - sum % 11) % 10,
        true => (13 - sum % 11) % 10,
    };
    Some(RegistrationNumber {
        foreigner,
        checked: check == digits[12],
    })
}

/// Whether the first six digits are a date, of any century.
fn is_date(digits: &[u32]) -> bool {
    let (month, day) = (digits[2] * 10 + digits[3], digits[4] * 10 + digits[5]);
    let last = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=last).contains(&day)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A number of nobody: a date, a digit for sex, a serial, and its check
    /// digit.
    pub(crate) fn made_up(date: &str, sex: u32, serial: &str) -> String {
        let mut digits: Vec<u32> = format!("{date}{sex}{serial}")
            .chars()
            .map(|it| it.to_digit(10).unwrap())
            .collect();
        let sum: u32 = digits.iter().zip(WEIGHTS).map(|(it, by)| it * by).sum();
        let base = if (5..=8).contains(&sex) { 13 } else { 11 };
        digits.push((base - sum % 11) % 10);
        digits.iter().map(u32::to_string).collect()
    }

    #[test]
    fn numbers_are_found_with_and_without_hyphen_and_in_full_width() {
        let number = made_up("900101", 1, "23456");
        let (birth, rest) = number.split_at(6);
        for text in [
            number.clone(),
            format!("{birth}-{rest}"),
            format!("주민번호 {birth} - {rest}, 재입원"),
            format!("{birth}–{rest}"),
            number
                .chars()
                .map(|it| char::from_u32(u32::from(it) - 48 + 0xff10).unwrap())
                .collect(),
        ] {
            let found = find_registration_number(&text).unwrap();
            assert!(found.checked && !found.foreigner, "{text}");
        }
    }

    #[test]
    fn a_foreigners_number_has_another_check_digit() {
        let number = made_up("880229", 6, "00123");
        let found = find_registration_number(&number).unwrap();
        assert!(found.foreigner && found.checked);
    }

    #[test]
    fn a_number_given_out_after_2020_is_found_though_nothing_checks_it() {
        let mut number = made_up("210305", 4, "77777");
        let last = number.pop().unwrap().to_digit(10).unwrap();
        number.push_str(&((last + 1) % 10).to_string());
        let found = find_registration_number(&number).unwrap();
        assert!(!found.checked);
    }

    #[test]
    fn a_masked_number_still_tells_the_birthday() {
        assert!(find_registration_number("900101-1******").is_some());
    }

    #[test]
    fn dates_that_do_not_exist_and_longer_numbers_are_none() {
        for text in [
            "901301-1234567",
            "900230-1234567",
            "90010112345678",
            "1700000000000",
            "2024-01-01T10:00:00",
            "01-1234567",
            "",
        ] {
            assert_eq!(find_registration_number(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_made_up_number_is_found_in_any_text(
            year in 0u32..100, month in 1u32..=12, day in 1u32..=28, sex in 0u32..10,
            serial in 0u32..100_000, before in "[가-힣 a-z]{0,6}", after in "[가-힣 a-z,.]{0,6}",
        ) {
            let number = made_up(&format!("{year:02}{month:02}{day:02}"), sex, &format!("{serial:05}"));
            let text = format!("{before}{}-{}{after}", &number[..6], &number[6..]);
            let found = find_registration_number(&text).unwrap();
            prop_assert!(found.checked);
            prop_assert_eq!(found.foreigner, (5..=8).contains(&sex));
        }

        #[test]
        fn no_text_makes_the_search_fail(text: String) {
            let _ = find_registration_number(&text);
        }
    }
}
