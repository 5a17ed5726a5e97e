//! Versions as vendors write them, with a partial order.

use std::cmp::Ordering;
use std::fmt;

use super::range::Undecidable;

/// A version such as `V15.0 SP1 Update 2`: numbers, and words whose meaning
/// is known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VendorVersion(Vec<Token>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Token {
    /// Decimal digits as they are written.
    Number(String),
    Word(Word),
}

/// Words that stand in versions. What comes before a release is smaller than
/// its end; what mends it is larger; different kinds of mending cannot be
/// compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Word {
    Before(&'static str),
    After(&'static str),
    /// A single letter, as in `1.21X`.
    Letter(char),
}

const WORDS: [(&str, Word); 34] = [
    ("alpha", Word::Before("alpha")),
    ("beta", Word::Before("beta")),
    ("rc", Word::Before("rc")),
    ("sp", Word::After("sp")),
    ("servicepack", Word::After("sp")),
    ("upd", Word::After("update")),
    ("update", Word::After("update")),
    ("hf", Word::After("hotfix")),
    ("hotfix", Word::After("hotfix")),
    ("patch", Word::After("patch")),
    ("build", Word::After("build")),
    ("cu", Word::After("cu")),
    ("fp", Word::After("fp")),
    ("mp", Word::After("mp")),
    ("mr", Word::After("mr")),
    ("qu", Word::After("qu")),
    ("sr", Word::After("sr")),
    ("bn", Word::After("bn")),
    ("a", Word::Letter('a')),
    ("b", Word::Letter('b')),
    ("c", Word::Letter('c')),
    ("d", Word::Letter('d')),
    ("e", Word::Letter('e')),
    ("f", Word::Letter('f')),
    ("g", Word::Letter('g')),
    ("h", Word::Letter('h')),
    ("j", Word::Letter('j')),
    ("k", Word::Letter('k')),
    ("l", Word::Letter('l')),
    ("m", Word::Letter('m')),
    ("n", Word::Letter('n')),
    ("s", Word::Letter('s')),
    ("t", Word::Letter('t')),
    ("z", Word::Letter('z')),
];

/// Words before the first number that say only that a version follows.
const OPENINGS: [&str; 8] = [
    "v", "r", "version", "ver", "release", "rel", "firmware", "fw",
];

impl VendorVersion {
    /// Reads a version.
    ///
    /// # Errors
    /// [`Undecidable`] where it has a word whose place in an order is not
    /// known, or no number.
    pub fn parse(text: &str) -> Result<Self, Undecidable> {
        if text.len() > crate::limits::VERSION_BYTES {
            return Err(Undecidable::TooLong);
        }
        let lower = text.to_lowercase();
        let mut tokens = Vec::new();
        let mut rest = strip_openings(lower.trim());
        while let Some(first) = rest.chars().next() {
            let end = |is_part: fn(char) -> bool| rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            if first.is_ascii_digit() {
                let (digits, after) = rest.split_at(end(|c| c.is_ascii_digit()));
                tokens.push(Token::Number(digits.to_owned()));
                rest = after;
            } else if first.is_ascii_alphabetic() {
                let (word, after) = rest.split_at(end(|c| c.is_ascii_alphabetic()));
                tokens.push(Token::Word(Self::word(word, after, tokens.is_empty())?));
                rest = after;
            } else if matches!(first, '.' | '-' | '_' | ' ') {
                rest = &rest[1..];
            } else if let Some((number, after)) = in_parentheses(rest) {
                tokens.push(Token::Number(number.to_owned()));
                rest = after;
            } else {
                return Err(Undecidable::Sign(first));
            }
        }
        match tokens.first() {
            Some(Token::Number(_)) => Ok(Self(tokens)),
            _ => Err(Undecidable::NoVersion),
        }
    }

    fn word(word: &str, after: &str, is_first: bool) -> Result<Word, Undecidable> {
        let unknown = || Undecidable::Word(word.chars().take(32).collect());
        let found = WORDS.iter().find(|(name, _)| *name == word);
        let (_, found) = found.filter(|_| !is_first).ok_or_else(unknown)?;
        // `1.0 p 3` may be a port or a part; a letter stands right at its
        // number and ends the version.
        match found {
            Word::Letter(_) if !after.is_empty() => Err(unknown()),
            found => Ok(*found),
        }
    }

    /// Whether this is a version of a line of versions, as `V5.4 SP1 HF2` is of
    /// `V5.4`; none where that cannot be told.
    #[must_use]
    pub fn is_of_line(&self, line: &Self) -> Option<bool> {
        let mut ours = self.0.iter();
        for (place, wanted) in line.0.iter().enumerate() {
            let order = match (ours.next(), wanted) {
                (Some(Token::Number(a)), Token::Number(b)) if place == 0 => compare_digits(a, b),
                (Some(Token::Number(a)), Token::Number(b)) => compare_places(a, b)?,
                (Some(Token::Word(a)), Token::Word(b)) => a.compare(*b)?,
                (None, wanted) if wanted.against_end().is_eq() => Ordering::Equal,
                _ => return None,
            };
            if order.is_ne() {
                return Some(false);
            }
        }
        Some(true)
    }

    /// The order of two versions, where there is one.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        let (mut ours, mut theirs) = (self.0.iter(), other.0.iter());
        let mut is_first = true;
        loop {
            let order = match (ours.next(), theirs.next()) {
                (None, None) => return Some(Ordering::Equal),
                (Some(Token::Number(a)), Some(Token::Number(b))) if is_first => {
                    compare_digits(a, b)
                }
                (Some(Token::Number(a)), Some(Token::Number(b))) => compare_places(a, b)?,
                (Some(Token::Word(a)), Some(Token::Word(b))) => a.compare(*b)?,
                (Some(Token::Number(_)), Some(Token::Word(word))) => {
                    word.against_number()?.reverse()
                }
                (Some(Token::Word(word)), Some(Token::Number(_))) => word.against_number()?,
                (Some(token), None) => match token.against_end() {
                    Ordering::Equal => return rest_against_end(ours),
                    order => order,
                },
                (None, Some(token)) => match token.against_end() {
                    Ordering::Equal => return rest_against_end(theirs).map(Ordering::reverse),
                    order => order.reverse(),
                },
            };
            if order.is_ne() {
                return Some(order);
            }
            is_first = false;
        }
    }
}

/// 1.0 and 1.0.0 are one version; 1.0.0.1 is not.
fn rest_against_end<'a>(rest: impl Iterator<Item = &'a Token>) -> Option<Ordering> {
    let mut orders = rest.map(Token::against_end);
    Some(
        orders
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal),
    )
}

fn strip_openings(mut text: &str) -> &str {
    loop {
        let end = text.find(|c: char| !c.is_ascii_alphabetic());
        let (word, rest) = text.split_at(end.unwrap_or(text.len()));
        if !OPENINGS.contains(&word) {
            return text;
        }
        text = rest.trim_start_matches(['.', ' ', '_', '-']);
    }
}

/// `(12)` at the beginning.
fn in_parentheses(text: &str) -> Option<(&str, &str)> {
    let (inside, after) = text.strip_prefix('(')?.split_once(')')?;
    let number = !inside.is_empty() && inside.bytes().all(|byte| byte.is_ascii_digit());
    number.then_some((inside, after))
}

fn compare_digits(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Numbers after the first. A leading zero says that a vendor may count in
/// decimals, where 1.03 is before 1.1: so where the numbers have other lengths
/// and the two ways of counting disagree, there is no answer.
fn compare_places(a: &str, b: &str) -> Option<Ordering> {
    let whole = compare_digits(a, b);
    let decimals = |digits: &str| digits.len() > 1 && digits.starts_with('0');
    let as_decimals = || a.trim_end_matches('0').cmp(b.trim_end_matches('0'));
    let doubtful = (decimals(a) || decimals(b)) && a.len() != b.len();
    (!doubtful || as_decimals() == whole).then_some(whole)
}

impl Token {
    fn against_end(&self) -> Ordering {
        match self {
            Self::Number(digits) => compare_digits(digits, ""),
            Self::Word(Word::Before(_)) => Ordering::Less,
            Self::Word(Word::After(_) | Word::Letter(_)) => Ordering::Greater,
        }
    }
}

impl Word {
    fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Before(a), Self::Before(b)) => Some(a.cmp(b)),
            (Self::Before(_), _) => Some(Ordering::Less),
            (_, Self::Before(_)) => Some(Ordering::Greater),
            (Self::Letter(a), Self::Letter(b)) => Some(a.cmp(&b)),
            (Self::After(a), Self::After(b)) if a == b => Some(Ordering::Equal),
            _ => None,
        }
    }

    /// A candidate comes before any further number; whether a service pack
    /// comes before the next minor version only its vendor knows.
    const fn against_number(self) -> Option<Ordering> {
        match self {
            Self::Before(_) => Some(Ordering::Less),
            Self::After(_) | Self::Letter(_) => None,
        }
    }
}

impl fmt::Display for VendorVersion {
    /// A plain spelling: `15.0 sp 1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before_number = false;
        for (place, token) in self.0.iter().enumerate() {
            match token {
                Token::Number(digits) => {
                    let between = match (place, before_number) {
                        (0, _) => "",
                        (_, true) => ".",
                        (_, false) => " ",
                    };
                    write!(f, "{between}{digits}")?;
                }
                Token::Word(Word::Letter(letter)) => write!(f, "{letter}")?,
                Token::Word(Word::Before(word) | Word::After(word)) => write!(f, " {word}")?,
            }
            before_number = matches!(token, Token::Number(_));
        }
        Ok(())
    }
}
