//! Maven's order of versions, after the "Version Order Specification" of its
//! POM reference (the class `ComparableVersion`).
//!
//! A version is cut at dots, hyphens, underscores and between digits and
//! letters. Words before a release (`alpha` ... `snapshot`) come before the
//! end, `sp` and all other words after it, numbers after words. Where one
//! version is shorter, it goes on with what counts as nothing: 0 beside a
//! number, the release itself beside a word. That rule has no bytes that could
//! be compared one by one, so these versions are compared part by part.

use std::cmp::Ordering;

use super::key::{Key, digits};

/// A version of Maven's.
#[derive(Debug, Clone)]
pub(super) struct MavenVersion(Vec<Part>);

#[derive(Debug, Clone)]
struct Part {
    after: Separator,
    token: Token,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Separator {
    Hyphen,
    Dot,
}

#[derive(Debug, Clone)]
enum Token {
    Number(Key),
    Word(Word),
}

/// A word by its rank; the unknown ones follow in the alphabet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Word(u8, String);

const RELEASE: u8 = 5;
const SERVICE_PACK: u8 = 6;
const UNKNOWN: u8 = 7;

impl MavenVersion {
    /// Reads a version: every text is one.
    pub(super) fn parse(text: &str) -> Self {
        let text = text.to_lowercase();
        let mut parts: Vec<Part> = Vec::new();
        let mut after = Separator::Dot;
        let mut rest = text.as_str();
        loop {
            let (token, next) = token(rest);
            parts.push(Part { after, token });
            rest = next;
            let mut signs = rest.chars();
            after = match signs.next() {
                None => break,
                Some('.') => Separator::Dot,
                Some('-' | '_') => Separator::Hyphen,
                // Between digits and letters there is a hyphen unseen.
                Some(_) => {
                    after = Separator::Hyphen;
                    continue;
                }
            };
            rest = signs.as_str();
        }
        Self(trimmed(parts))
    }

    /// The order of two versions.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let length = self.0.len().max(other.0.len());
        (0..length)
            .map(|place| match (self.0.get(place), other.0.get(place)) {
                (Some(ours), Some(theirs)) => ours.compare(theirs),
                (Some(ours), None) => ours.token.against_nothing(),
                (None, Some(theirs)) => theirs.token.against_nothing().reverse(),
                (None, None) => Ordering::Equal,
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

/// One token and what follows it; an empty one counts as 0.
fn token(text: &str) -> (Token, &str) {
    let is_end = |c: char| matches!(c, '.' | '-' | '_') || c.is_ascii_digit();
    let (number, rest) = digits(text);
    if !number.is_empty() || text.is_empty() || text.starts_with(['.', '-', '_']) {
        let mut key = Key::default();
        key.number(number);
        return (Token::Number(key), rest);
    }
    let (word, rest) = text.split_at(text.find(is_end).unwrap_or(text.len()));
    let before_digit = rest.starts_with(|c: char| c.is_ascii_digit());
    let rank = match word {
        "alpha" => 0,
        "beta" => 1,
        "milestone" => 2,
        "a" if before_digit => 0,
        "b" if before_digit => 1,
        "m" if before_digit => 2,
        "rc" | "cr" => 3,
        "snapshot" => 4,
        "ga" | "final" | "release" => RELEASE,
        "sp" => SERVICE_PACK,
        _ => UNKNOWN,
    };
    let spelling = match rank {
        UNKNOWN => word.to_owned(),
        _ => String::new(),
    };
    (Token::Word(Word(rank, spelling)), rest)
}

/// Without what counts as nothing at the end and before each hyphen.
fn trimmed(parts: Vec<Part>) -> Vec<Part> {
    let mut kept: Vec<Part> = Vec::new();
    for part in parts {
        if part.after == Separator::Hyphen {
            trim_end(&mut kept);
        }
        kept.push(part);
    }
    trim_end(&mut kept);
    kept
}

fn trim_end(parts: &mut Vec<Part>) {
    while parts
        .last()
        .is_some_and(|part| part.token.against_nothing().is_eq())
    {
        parts.pop();
    }
}

impl Part {
    fn compare(&self, other: &Self) -> Ordering {
        match (&self.token, &other.token) {
            (Token::Word(ours), Token::Word(theirs)) => ours.cmp(theirs),
            (Token::Word(_), Token::Number(_)) => Ordering::Less,
            (Token::Number(_), Token::Word(_)) => Ordering::Greater,
            (Token::Number(ours), Token::Number(theirs)) => {
                self.after.cmp(&other.after).then_with(|| ours.cmp(theirs))
            }
        }
    }
}

impl Token {
    fn against_nothing(&self) -> Ordering {
        match self {
            Self::Number(key) => {
                let mut zero = Key::default();
                zero.number("");
                key.cmp(&zero)
            }
            Self::Word(Word(rank, _)) => rank.cmp(&RELEASE),
        }
    }
}
