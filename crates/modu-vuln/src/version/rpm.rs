//! RPM's `[epoch:]version[-release]`: runs of digits and of letters, where
//! digits are newer than letters, `~` sorts before the end and `^` right
//! after it (rpm-version(7)).

use super::key::{Key, digits, letters};

const TILDE: u8 = 1;
const END: u8 = 2;
const CARET: u8 = 3;
const LETTERS: u8 = 4;
const NUMBER: u8 = 5;

pub(super) fn key(text: &str) -> Result<Key, &'static str> {
    let (epoch, rest) = match text.split_once(':') {
        Some((epoch, rest)) => (epoch, rest),
        None => ("0", text),
    };
    let epoch = if epoch == "(none)" { "0" } else { epoch };
    if epoch.is_empty() || !digits(epoch).1.is_empty() {
        return Err("what stands before `:` must be a number");
    }
    if rest.is_empty() || !rest.is_ascii() || rest.contains(char::is_whitespace) {
        return Err("it is empty or has signs that are not allowed");
    }
    let (version, release) = rest.rsplit_once('-').unwrap_or((rest, ""));
    let mut key = Key::default();
    key.number(epoch);
    part(version, &mut key);
    part(release, &mut key);
    Ok(key)
}

fn part(mut text: &str, key: &mut Key) {
    loop {
        let separator = |c: char| !c.is_ascii_alphanumeric() && c != '~' && c != '^';
        text = text.trim_start_matches(separator);
        let Some(first) = text.chars().next() else {
            key.mark(END);
            return;
        };
        text = match first {
            '~' => {
                key.mark(TILDE);
                &text[1..]
            }
            '^' => {
                key.mark(CARET);
                &text[1..]
            }
            digit if digit.is_ascii_digit() => {
                let (number, rest) = digits(text);
                key.mark(NUMBER);
                key.number(number);
                rest
            }
            _ => {
                let (word, rest) = letters(text);
                key.mark(LETTERS);
                key.text(word);
                rest
            }
        };
    }
}
