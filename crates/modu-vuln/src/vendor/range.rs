//! Ranges as vendors write them.

use std::cmp::Ordering;
use std::fmt;

use super::version::VendorVersion;

/// Why a text says nothing that can be relied on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undecidable {
    /// There is nothing to compare with.
    #[error("it names no version")]
    NoVersion,
    /// A word with no known place in an order of versions.
    #[error("the word `{0}` has no known place in an order of versions")]
    Word(String),
    /// A sign that no version has.
    #[error("the sign `{0}` has no known meaning in a version")]
    Sign(char),
    /// Limits that do not make intervals.
    #[error("its limits do not make intervals from lower to upper")]
    Limits,
    /// Longer than any real one.
    #[error("it is longer than a range is")]
    TooLong,
}

/// One end of an interval.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Bound {
    /// The version.
    pub version: VendorVersion,
    /// Whether it belongs to the interval.
    pub included: bool,
}

/// Versions from a lower to an upper end; without one it is open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Interval {
    /// The lower end.
    pub lower: Option<Bound>,
    /// The upper end.
    pub upper: Option<Bound>,
}

/// The versions that are affected: all, or those in one of the intervals.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum VendorRange {
    /// Every version.
    All,
    /// Those in any of these.
    Any(Vec<Interval>),
}

/// A comparison and its version.
struct Limit {
    sign: Sign,
    version: VendorVersion,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Below,
    UpTo,
    Above,
    From,
    Exactly,
}

/// Spellings, the longer first.
const SIGNS: [(&str, Sign); 9] = [
    ("<=", Sign::UpTo),
    ("=<", Sign::UpTo),
    ("≤", Sign::UpTo),
    (">=", Sign::From),
    ("=>", Sign::From),
    ("≥", Sign::From),
    ("<", Sign::Below),
    (">", Sign::Above),
    ("=", Sign::Exactly),
];

/// The longest range that is read.
const RANGE_BYTES: usize = 1_024;

impl VendorRange {
    /// Reads a range.
    ///
    /// # Errors
    /// [`Undecidable`] with the reason.
    pub fn parse(text: &str) -> Result<Self, Undecidable> {
        if text.len() > RANGE_BYTES {
            return Err(Undecidable::TooLong);
        }
        let text = text.to_lowercase().replace('_', " ");
        let text = text.replace("service pack", "sp");
        let text = text.trim();
        let text = text.strip_prefix("vers:all/").unwrap_or(text).trim();
        if matches!(text, "*" | "all versions" | "all version" | "all") {
            return Ok(Self::All);
        }
        let spelled = in_signs(without_heading(text));
        let limits = limits_of(&spelled)?;
        intervals(limits).map(Self::Any)
    }

    /// Whether a version is in the range; none where that cannot be told.
    #[must_use]
    pub fn contains(&self, version: &VendorVersion) -> Option<bool> {
        let intervals = match self {
            Self::All => return Some(true),
            Self::Any(intervals) => intervals,
        };
        let inside: Vec<_> = intervals.iter().map(|it| it.contains(version)).collect();
        match inside.contains(&Some(true)) {
            true => Some(true),
            false if inside.contains(&None) => None,
            false => Some(false),
        }
    }
}

/// Without a heading that says only that versions follow.
fn without_heading(text: &str) -> &str {
    const HEADINGS: [&str; 6] = [
        "all versions",
        "all bios versions",
        "all firmware versions",
        "versions",
        "version",
        "firmware versions",
    ];
    let found = HEADINGS
        .iter()
        .find_map(|heading| text.strip_prefix(heading));
    found.unwrap_or(text).trim()
}

/// Words of comparison as signs.
fn in_signs(text: &str) -> String {
    const OPENING: [(&str, &str); 6] = [
        ("prior to", "<"),
        ("before", "<"),
        ("earlier than", "<"),
        ("up to and including", "<="),
        ("through", "<="),
        ("starting with", ">="),
    ];
    const CLOSING: [(&str, &str); 8] = [
        (" and prior versions", "<="),
        (" and earlier versions", "<="),
        (" and prior", "<="),
        (" and earlier", "<="),
        (" and below", "<="),
        (" or earlier", "<="),
        (" and later", ">="),
        (" and newer", ">="),
    ];
    if let Some((version, sign)) =
        (CLOSING.iter()).find_map(|(words, sign)| Some((text.strip_suffix(words)?, sign)))
    {
        // `< 2 and prior` says two things.
        if !version.contains(['<', '>', '=', '|', ',']) {
            return format!("{sign} {version}");
        }
    }
    for (words, sign) in OPENING {
        if let Some(version) = text.strip_prefix(words) {
            return format!("{sign} {version}");
        }
    }
    text.replace(" and <", " <").replace(" and >", " >")
}

/// The limits one after the other.
fn limits_of(text: &str) -> Result<Vec<Limit>, Undecidable> {
    let mut limits = Vec::new();
    for piece in text.split('|') {
        let mut rest = piece.trim();
        if rest.is_empty() {
            return Err(Undecidable::NoVersion);
        }
        while !rest.is_empty() {
            let found = SIGNS
                .iter()
                .find(|(spelling, _)| rest.starts_with(spelling));
            let (sign, after) = match found {
                Some((spelling, sign)) => (*sign, &rest[spelling.len()..]),
                None => (Sign::Exactly, rest),
            };
            let end = after.find(['<', '>', '=', '≤', '≥']).unwrap_or(after.len());
            let (version, next) = after.split_at(end);
            limits.push(Limit {
                sign,
                version: VendorVersion::parse(version)?,
            });
            rest = next.trim();
        }
    }
    Ok(limits)
}

/// Lower ends are joined with the upper ends that follow them.
fn intervals(limits: Vec<Limit>) -> Result<Vec<Interval>, Undecidable> {
    let mut intervals: Vec<Interval> = Vec::new();
    let mut waiting: Option<Bound> = None;
    for Limit { sign, version } in limits {
        let bound = |included| Bound {
            version: version.clone(),
            included,
        };
        match sign {
            Sign::Exactly if waiting.is_none() => {
                // `< 15.1 | 7` was meant as 15.1 Update 7: a version that an
                // interval before it holds already is part of another.
                if intervals
                    .iter()
                    .any(|it| it.contains(&version) != Some(false))
                {
                    return Err(Undecidable::Limits);
                }
                intervals.push(Interval {
                    lower: Some(bound(true)),
                    upper: Some(bound(true)),
                });
            }
            Sign::Above | Sign::From if waiting.is_none() => {
                waiting = Some(bound(sign == Sign::From));
            }
            Sign::Below | Sign::UpTo => {
                let open_below = waiting.is_none();
                // A second interval that is open below would hold the first.
                if open_below && !intervals.is_empty() {
                    return Err(Undecidable::Limits);
                }
                intervals.push(Interval {
                    lower: waiting.take(),
                    upper: Some(bound(sign == Sign::UpTo)),
                });
            }
            _ => return Err(Undecidable::Limits),
        }
    }
    if let Some(lower) = waiting {
        // Open above after others: it is not said which of the two is meant.
        if !intervals.is_empty() {
            return Err(Undecidable::Limits);
        }
        intervals.push(Interval {
            lower: Some(lower),
            upper: None,
        });
    }
    match intervals.iter().all(Interval::is_ordered) {
        true if !intervals.is_empty() => Ok(intervals),
        _ => Err(Undecidable::Limits),
    }
}

impl Interval {
    /// Whether the ends can be compared and the lower is not above the upper.
    fn is_ordered(&self) -> bool {
        match (&self.lower, &self.upper) {
            (Some(lower), Some(upper)) => lower
                .version
                .compare(&upper.version)
                .is_some_and(Ordering::is_le),
            _ => true,
        }
    }

    /// Whether a version is in it; none where that cannot be told.
    #[must_use]
    pub fn contains(&self, version: &VendorVersion) -> Option<bool> {
        let inside = |bound: &Option<Bound>, wanted: Ordering| match bound {
            None => Some(true),
            Some(bound) => {
                let order = version.compare(&bound.version)?;
                Some(order == wanted || (order.is_eq() && bound.included))
            }
        };
        let above = inside(&self.lower, Ordering::Greater);
        let below = inside(&self.upper, Ordering::Less);
        match (above, below) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        }
    }
}

impl fmt::Display for VendorRange {
    /// A plain spelling: `>=1.0 <2.0 | =3.1`, `*` for all.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Any(intervals) = self else {
            return f.write_str("*");
        };
        for (place, interval) in intervals.iter().enumerate() {
            if place > 0 {
                f.write_str(" | ")?;
            }
            write!(f, "{interval}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(lower), Some(upper)) = (&self.lower, &self.upper)
            && lower == upper
        {
            return write!(f, "={}", lower.version);
        }
        if let Some(lower) = &self.lower {
            write!(
                f,
                "{}{}",
                if lower.included { ">=" } else { ">" },
                lower.version
            )?;
        }
        if let Some(upper) = &self.upper {
            let between = if self.lower.is_some() { " " } else { "" };
            write!(
                f,
                "{between}{}{}",
                if upper.included { "<=" } else { "<" },
                upper.version
            )?;
        }
        Ok(())
    }
}
