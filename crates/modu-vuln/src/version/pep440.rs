//! PEP 440, Python's versions, with the order of its section "Summary of
//! permitted suffixes and relative ordering" and the spellings of its
//! "Normalization". Ordering only: specifiers leave pre-releases out, which is
//! right for installing and wrong for asking whether something is affected.

use super::key::{Key, digits};

const END: u8 = 0;
const PART: u8 = 1;
/// A development release without anything else comes before its alphas.
const BEFORE_ALPHA: u8 = 0;
const PRE_RELEASE: u8 = 1;
const AFTER_CANDIDATES: u8 = 2;
const NO_POST: u8 = 0;
const POST: u8 = 1;
const DEVELOPMENT: u8 = 0;
const NO_DEVELOPMENT: u8 = 1;
const LOCAL_WORD: u8 = 1;
const LOCAL_NUMBER: u8 = 2;

const NO_VERSION: &str = "it is not written as PEP 440 asks, such as 1.2.3rc1.post2";

pub(super) fn key(text: &str) -> Result<Key, &'static str> {
    let text = text.to_ascii_lowercase();
    let text = text.strip_prefix('v').unwrap_or(&text);
    let (public, local) = match text.split_once('+') {
        Some((public, local)) => (public, Some(local)),
        None => (text, None),
    };
    let mut key = Key::default();
    let rest = release(public, &mut key)?;
    suffixes(rest, &mut key)?;
    local_version(local, &mut key)?;
    Ok(key)
}

/// The epoch and the numbers; trailing zeros do not count.
fn release<'a>(text: &'a str, key: &mut Key) -> Result<&'a str, &'static str> {
    let (epoch, mut rest) = match text.split_once('!') {
        Some((epoch, rest)) if !epoch.is_empty() && digits(epoch).1.is_empty() => (epoch, rest),
        Some(_) => return Err(NO_VERSION),
        None => ("0", text),
    };
    key.number(epoch);
    let mut numbers = Vec::new();
    loop {
        let (number, after) = digits(rest);
        if number.is_empty() {
            return Err(NO_VERSION);
        }
        numbers.push(number);
        rest = after;
        match after.strip_prefix('.') {
            Some(next) if next.starts_with(|c: char| c.is_ascii_digit()) => rest = next,
            _ => break,
        }
    }
    let zero = |number: &&str| number.bytes().all(|digit| digit == b'0');
    while numbers.last().is_some_and(zero) {
        numbers.pop();
    }
    for number in numbers {
        key.mark(PART);
        key.number(number);
    }
    key.mark(END);
    Ok(rest)
}

enum Suffix {
    Pre(u8),
    Post,
    Development,
}

const WORDS: [(&str, Suffix); 12] = [
    ("alpha", Suffix::Pre(b'a')),
    ("a", Suffix::Pre(b'a')),
    ("beta", Suffix::Pre(b'b')),
    ("b", Suffix::Pre(b'b')),
    ("preview", Suffix::Pre(b'c')),
    ("pre", Suffix::Pre(b'c')),
    ("c", Suffix::Pre(b'c')),
    ("rc", Suffix::Pre(b'c')),
    ("post", Suffix::Post),
    ("rev", Suffix::Post),
    ("r", Suffix::Post),
    ("dev", Suffix::Development),
];

#[derive(Default)]
struct Suffixes<'a> {
    pre_release: Option<(u8, &'a str)>,
    post: Option<&'a str>,
    development: Option<&'a str>,
}

fn suffixes(mut rest: &str, key: &mut Key) -> Result<(), &'static str> {
    let mut found = Suffixes::default();
    while !rest.is_empty() {
        rest = found.next(rest)?;
    }
    match (found.pre_release, found.post, found.development) {
        (Some((letter, number)), _, _) => {
            key.mark(PRE_RELEASE);
            key.mark(letter);
            key.number(number);
        }
        (None, None, Some(_)) => key.mark(BEFORE_ALPHA),
        (None, _, _) => key.mark(AFTER_CANDIDATES),
    }
    match found.post {
        None => key.mark(NO_POST),
        Some(number) => {
            key.mark(POST);
            key.number(number);
        }
    }
    match found.development {
        None => key.mark(NO_DEVELOPMENT),
        Some(number) => {
            key.mark(DEVELOPMENT);
            key.number(number);
        }
    }
    Ok(())
}

impl<'a> Suffixes<'a> {
    /// Takes one suffix; they must come in the order pre, post, dev.
    fn next(&mut self, text: &'a str) -> Result<&'a str, &'static str> {
        let is_separator = |c: char| matches!(c, '.' | '-' | '_');
        // `1.0-1` is a post-release without the word.
        if let Some(number) = text.strip_prefix('-')
            && number.starts_with(|c: char| c.is_ascii_digit())
        {
            if self.post.is_some() || self.development.is_some() {
                return Err(NO_VERSION);
            }
            let (number, rest) = digits(number);
            self.post = Some(number);
            return Ok(rest);
        }
        let text = text.strip_prefix(is_separator).unwrap_or(text);
        // Longer spellings first: `1.0betapost2` has two words and no sign
        // between them.
        let known = WORDS.iter().find(|(word, _)| text.starts_with(word));
        let (word, suffix) = known.ok_or(NO_VERSION)?;
        let rest = &text[word.len()..];
        let after = rest.strip_prefix(is_separator).unwrap_or(rest);
        let (number, rest) = match digits(after) {
            ("", _) => ("0", after),
            found => found,
        };
        match suffix {
            Suffix::Pre(letter) if self.is_before_pre_release() => {
                self.pre_release = Some((*letter, number));
            }
            Suffix::Post if self.post.is_none() && self.development.is_none() => {
                self.post = Some(number);
            }
            Suffix::Development if self.development.is_none() => self.development = Some(number),
            _ => return Err(NO_VERSION),
        }
        Ok(rest)
    }

    const fn is_before_pre_release(&self) -> bool {
        self.pre_release.is_none() && self.post.is_none() && self.development.is_none()
    }
}

/// No local version is before any; a number is after a word.
fn local_version(local: Option<&str>, key: &mut Key) -> Result<(), &'static str> {
    for part in local
        .into_iter()
        .flat_map(|local| local.split(['.', '-', '_']))
    {
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err("what stands after `+` must be letters and digits between dots");
        }
        match digits(part).1.is_empty() {
            true => {
                key.mark(LOCAL_NUMBER);
                key.number(part);
            }
            false => {
                key.mark(LOCAL_WORD);
                key.text(part);
            }
        }
    }
    key.mark(END);
    Ok(())
}
