//! Alpine's `1.2.3b_rc4_p5-r6` (apk-package(5)): numbers, a letter, suffixes
//! of a fixed order, and the package's own release.

use super::key::{Key, digits};

const END: u8 = 0;
/// After the first, a number with a leading zero counts as a fraction.
const FRACTION: u8 = 1;
const NUMBER: u8 = 2;
/// Where the suffixes of a version end: between those before a release and
/// those after it.
const NO_SUFFIX: u8 = 10;

/// Suffixes and their places around [`NO_SUFFIX`].
const SUFFIXES: [(&str, u8); 9] = [
    ("alpha", 1),
    ("beta", 2),
    ("pre", 3),
    ("rc", 4),
    ("cvs", 11),
    ("svn", 12),
    ("git", 13),
    ("hg", 14),
    ("p", 15),
];

const NO_VERSION: &str = "it is not written as apk asks, such as 1.2.3b_rc4-r5";

pub(super) fn key(text: &str) -> Result<Key, &'static str> {
    let mut key = Key::default();
    let rest = numbers(text, &mut key)?;
    let rest = match rest.strip_prefix(|c: char| c.is_ascii_lowercase()) {
        Some(after) => {
            key.mark(rest.as_bytes()[0]);
            after
        }
        None => {
            key.mark(END);
            rest
        }
    };
    let rest = suffixes(rest, &mut key)?;
    // `~0123abc`, the hash of a commit, is no part of the order.
    let rest = match rest.strip_prefix('~') {
        Some(hash) => hash.trim_start_matches(|c: char| c.is_ascii_hexdigit()),
        None => rest,
    };
    let release = match rest.strip_prefix("-r") {
        Some(release) if !release.is_empty() && digits(release).1.is_empty() => release,
        None if rest.is_empty() => "0",
        _ => return Err(NO_VERSION),
    };
    key.number(release);
    Ok(key)
}

fn numbers<'a>(mut text: &'a str, key: &mut Key) -> Result<&'a str, &'static str> {
    for place in 0.. {
        let (number, rest) = digits(text);
        if number.is_empty() {
            return Err(NO_VERSION);
        }
        match place > 0 && number.starts_with('0') {
            true => {
                key.mark(FRACTION);
                key.text(number.trim_end_matches('0'));
            }
            false => {
                key.mark(NUMBER);
                key.number(number);
            }
        }
        match rest.strip_prefix('.') {
            Some(next) => text = next,
            None => {
                key.mark(END);
                return Ok(rest);
            }
        }
    }
    Err(NO_VERSION)
}

fn suffixes<'a>(mut text: &'a str, key: &mut Key) -> Result<&'a str, &'static str> {
    while let Some(suffix) = text.strip_prefix('_') {
        let end = suffix.find(|c: char| !c.is_ascii_lowercase());
        let (word, rest) = suffix.split_at(end.unwrap_or(suffix.len()));
        let known = SUFFIXES.iter().find(|(name, _)| *name == word);
        let (_, place) = known.ok_or("it has a suffix that apk does not know")?;
        let (number, rest) = digits(rest);
        key.mark(*place);
        key.number(number);
        text = rest;
    }
    key.mark(NO_SUFFIX);
    Ok(text)
}
