//! Semantic Versioning 2.0.0, section 11; build metadata plays no part.

use super::key::{Key, digits};

const END: u8 = 0;
const NUMERIC: u8 = 1;
const ALPHANUMERIC: u8 = 2;
const PRE_RELEASE: u8 = 0;
const RELEASE: u8 = 1;

pub(super) fn key(text: &str) -> Result<Key, &'static str> {
    let text = text.trim_start_matches(['v', 'V', '=']).trim_start();
    let text = text.split_once('+').map_or(text, |(version, _)| version);
    let (core, pre_release) = match text.split_once('-') {
        None => (text, None),
        Some((core, pre_release)) => (core, Some(pre_release)),
    };
    let mut key = Key::default();
    let mut numbers = core.split('.');
    for place in 0..3 {
        let number = match numbers.next() {
            None if place > 0 => "0",
            number => number.unwrap_or_default(),
        };
        if number.is_empty() || !digits(number).1.is_empty() {
            return Err("its first part must be up to three numbers, such as 1.2.3");
        }
        key.number(number);
    }
    if numbers.next().is_some() {
        return Err("it has more than three numbers");
    }
    match pre_release {
        None => key.mark(RELEASE),
        Some(identifiers) => pre_release_key(identifiers, &mut key)?,
    }
    Ok(key)
}

fn pre_release_key(identifiers: &str, key: &mut Key) -> Result<(), &'static str> {
    key.mark(PRE_RELEASE);
    for identifier in identifiers.split('.') {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if identifier.is_empty() || !identifier.chars().all(allowed) {
            return Err("a part of its pre-release is empty or has a sign that is not allowed");
        }
        match digits(identifier).1.is_empty() {
            true => {
                key.mark(NUMERIC);
                key.number(identifier);
            }
            false => {
                key.mark(ALPHANUMERIC);
                key.text(identifier);
            }
        }
    }
    key.mark(END);
    Ok(())
}
