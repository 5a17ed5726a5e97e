//! A name and its attributes.

use std::fmt::{self, Write as _};

/// Bytes of one name.
const NAME_BYTES: usize = 2_048;

/// One attribute of a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    /// `*`: any value in a criterion, an unknown one in a thing's name.
    Any,
    /// `-`: it does not apply.
    NotApplicable,
    /// A value in lower case, without escapes. Signs that stand for others are
    /// [`Attribute::MANY`] and [`Attribute::ONE`].
    Value(String),
}

/// A name in CPE 2.3.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cpe {
    /// Part, vendor, product, version, update, edition, language, software
    /// edition, target software, target hardware, other.
    attributes: [Attribute; 11],
}

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CpeError {
    /// Neither of the two forms.
    #[error("it begins neither with `cpe:2.3:` nor with `cpe:/`")]
    Form,
    /// Not as many attributes as there are.
    #[error("it has {0} attributes; a CPE 2.3 name has 11")]
    Count(usize),
    /// No such part.
    #[error("its part is none of a (application), h (hardware), o (operating system)")]
    Part,
    /// Longer than any real one.
    #[error("it is longer than a name is")]
    TooLong,
}

impl Attribute {
    /// Stands for any signs.
    pub const MANY: char = '\u{e000}';
    /// Stands for one sign or, at an end, none.
    pub const ONE: char = '\u{e001}';

    fn read(text: &str) -> Self {
        match text {
            "*" | "" => return Self::Any,
            "-" => return Self::NotApplicable,
            _ => {}
        }
        let mut value = String::new();
        let mut signs = text.chars();
        while let Some(sign) = signs.next() {
            match sign {
                '\\' => value.extend(signs.next()),
                '*' => value.push(Self::MANY),
                '?' => value.push(Self::ONE),
                sign => value.extend(sign.to_lowercase()),
            }
        }
        Self::Value(value.to_lowercase())
    }

    /// Whether a criterion's attribute holds of a thing's; none where the
    /// thing's name leaves it open (NISTIR 7696, table 6-2).
    #[must_use]
    pub fn holds_of(&self, thing: &Self) -> Option<bool> {
        match (self, thing) {
            (Self::Any, _) | (Self::NotApplicable, Self::NotApplicable) => Some(true),
            (_, Self::Any) => None,
            (Self::NotApplicable, _) | (_, Self::NotApplicable) => Some(false),
            (Self::Value(pattern), Self::Value(value)) => Some(is_meant(pattern, value)),
        }
    }
}

/// Whether a value is one that a pattern means; takes time by the product of
/// their lengths.
fn is_meant(pattern: &str, value: &str) -> bool {
    if !pattern.contains([Attribute::MANY, Attribute::ONE]) {
        return pattern == value;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    // Which beginnings of the pattern mean the value so far. A sign that
    // stands for one may stand for none at an end of the pattern.
    let first = pattern.iter().position(|sign| *sign != Attribute::ONE);
    let last = pattern.iter().rposition(|sign| *sign != Attribute::ONE);
    let may_be_none = |place: usize| {
        let at_end =
            first.is_none_or(|first| place < first) || last.is_none_or(|last| place > last);
        pattern[place] == Attribute::MANY || (pattern[place] == Attribute::ONE && at_end)
    };
    let skip = |reached: &mut Vec<bool>| {
        for place in 0..pattern.len() {
            reached[place + 1] |= reached[place] && may_be_none(place);
        }
    };
    let mut reached = vec![false; pattern.len() + 1];
    reached[0] = true;
    skip(&mut reached);
    for sign in value.chars() {
        let mut next = vec![false; pattern.len() + 1];
        for (place, wanted) in pattern.iter().enumerate() {
            let one = *wanted == sign || *wanted == Attribute::ONE;
            next[place + 1] = (reached[place] && one)
                || (reached[place + 1] && *wanted == Attribute::MANY)
                || (reached[place] && *wanted == Attribute::MANY);
        }
        reached = next;
        skip(&mut reached);
    }
    reached.last().copied().unwrap_or(false)
}

impl Cpe {
    /// Reads a name: the formatted text of 2.3, or the URI of 2.2.
    ///
    /// # Errors
    /// [`CpeError`] where it is neither.
    pub fn parse(text: &str) -> Result<Self, CpeError> {
        let text = text.trim();
        if text.len() > NAME_BYTES {
            return Err(CpeError::TooLong);
        }
        let attributes: Vec<Attribute> = if let Some(rest) = text.strip_prefix("cpe:2.3:") {
            parts(rest).into_iter().map(Attribute::read).collect()
        } else if let Some(rest) = text.strip_prefix("cpe:/") {
            let mut parts: Vec<Attribute> = rest.split(':').map(of_uri).collect();
            // The seven of 2.2; what 2.3 adds is not known.
            if parts.len() > 7 {
                return Err(CpeError::Count(parts.len()));
            }
            parts.resize(11, Attribute::Any);
            parts
        } else {
            return Err(CpeError::Form);
        };
        let count = attributes.len();
        let attributes =
            <[Attribute; 11]>::try_from(attributes).map_err(|_| CpeError::Count(count))?;
        match &attributes[0] {
            Attribute::Value(part) if matches!(part.as_str(), "a" | "h" | "o") => {}
            Attribute::Any => {}
            _ => return Err(CpeError::Part),
        }
        Ok(Self { attributes })
    }

    /// Reads what [`product_part`] leaves of a name: all else is not known.
    #[must_use]
    pub fn of_product_part(text: &str) -> Option<Self> {
        let formatted = text.strip_prefix("cpe:2.3:");
        let missing = formatted.map_or(0, |rest| 11_usize.saturating_sub(parts(rest).len()));
        Self::parse(&format!("{text}{}", ":*".repeat(missing))).ok()
    }

    /// The vendor and the product.
    #[must_use]
    pub fn product(&self) -> (&Attribute, &Attribute) {
        (&self.attributes[1], &self.attributes[2])
    }

    /// The same where neither leaves anything open.
    #[must_use]
    pub fn product_stated(&self) -> Option<(&str, &str)> {
        let stated = |text: &str| !text.contains([Attribute::MANY, Attribute::ONE]);
        match self.product() {
            (Attribute::Value(vendor), Attribute::Value(product)) => {
                (stated(vendor) && stated(product)).then_some((vendor, product))
            }
            _ => None,
        }
    }

    /// Whether a criterion may mean the vendor and the product of a thing.
    #[must_use]
    pub fn may_mean_product_of(&self, thing: &Self) -> bool {
        let (wanted, found) = (self.product(), thing.product());
        let may = |wanted: &Attribute, found| wanted.holds_of(found) != Some(false);
        may(wanted.0, found.0) && may(wanted.1, found.1)
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> &Attribute {
        &self.attributes[3]
    }

    /// The same of another version.
    #[must_use]
    pub fn with_version(mut self, version: &str) -> Self {
        self.attributes[3] = Attribute::Value(version.trim().to_lowercase());
        self
    }

    /// Whether a criterion holds of a thing in all attributes but the version;
    /// none where the thing's name leaves open what the criterion asks for.
    #[must_use]
    pub fn holds_of(&self, thing: &Self) -> Option<bool> {
        let pairs = self.attributes.iter().zip(&thing.attributes).enumerate();
        let mut answer = Some(true);
        for (_, (wanted, found)) in pairs.filter(|(place, _)| *place != 3) {
            match wanted.holds_of(found) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => answer = None,
            }
        }
        answer
    }
}

/// The formatted text of 2.3 (NISTIR 7695, section 6.2).
impl fmt::Display for Cpe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cpe:2.3")?;
        for attribute in &self.attributes {
            f.write_char(':')?;
            match attribute {
                Attribute::Any => f.write_char('*')?,
                Attribute::NotApplicable => f.write_char('-')?,
                Attribute::Value(value) if value == "-" => f.write_str("\\-")?,
                Attribute::Value(value) => {
                    for sign in value.chars() {
                        match sign {
                            Attribute::MANY => f.write_char('*')?,
                            Attribute::ONE => f.write_char('?')?,
                            '_' | '-' | '.' => f.write_char(sign)?,
                            sign if sign.is_ascii_punctuation() => write!(f, "\\{sign}")?,
                            sign => f.write_char(sign)?,
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// What of a name says the product, as it is written: `cpe:2.3:a:hana:pump` of
/// a name with version and edition. All of a text that is no name.
#[must_use]
pub fn product_part(text: &str) -> &str {
    let (form, kept) = match text.strip_prefix("cpe:2.3:") {
        Some(_) => ("cpe:2.3:", 3),
        None => ("cpe:/", 3),
    };
    let Some(rest) = text.strip_prefix(form) else {
        return text;
    };
    let told = parts(rest)
        .into_iter()
        .take(kept)
        .map(|part| part.len() + 1);
    let length = form.len() + told.sum::<usize>();
    text.get(..length - 1).unwrap_or(text)
}

/// Parts between colons that are not escaped.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b':' => {
                parts.push(&text[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// A part of a URI, where `%01` and `%02` stand for signs.
fn of_uri(part: &str) -> Attribute {
    if matches!(part, "" | "-") {
        return Attribute::read(part);
    }
    let mut bytes = Vec::new();
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        let mut digit = || char::from(rest.next()?).to_digit(16);
        match byte {
            b'%' => match digit().zip(digit()) {
                Some((0, 1)) => bytes.extend(Attribute::ONE.to_string().bytes()),
                Some((0, 2)) => bytes.extend(Attribute::MANY.to_string().bytes()),
                Some((high, low)) => bytes.push((high * 16 + low) as u8),
                None => bytes.push(b'%'),
            },
            byte => bytes.push(byte),
        }
    }
    Attribute::Value(String::from_utf8_lossy(&bytes).to_lowercase())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn holds(criterion: &str, thing: &str) -> Option<bool> {
        Cpe::parse(criterion)
            .unwrap()
            .holds_of(&Cpe::parse(thing).unwrap())
    }

    #[test]
    fn a_criterion_holds_fails_or_cannot_be_told() {
        let thing = "cpe:2.3:o:hana:pump_300:2.3:*:*:*:*:*:*:*";
        for (criterion, expected) in [
            ("cpe:2.3:o:hana:pump_300:*:*:*:*:*:*:*:*", Some(true)),
            ("cpe:2.3:o:Hana:Pump_300:9:*:*:*:*:*:*:*", Some(true)),
            ("cpe:2.3:h:hana:pump_300:*:*:*:*:*:*:*:*", Some(false)),
            ("cpe:2.3:o:hana:pump_*:*:*:*:*:*:*:*:*", Some(true)),
            ("cpe:2.3:o:hana:pump_???:*:*:*:*:*:*:*:*", Some(true)),
            ("cpe:2.3:o:hana:pump_????:*:*:*:*:*:*:*:*", Some(true)),
            ("cpe:2.3:o:hana:pump_??:*:*:*:*:*:*:*:*", Some(false)),
            ("cpe:2.3:o:hana:pump_\\*:*:*:*:*:*:*:*:*", Some(false)),
            ("cpe:2.3:o:hana:pump_300:*:*:*:*:*:linux:*:*", None),
            ("cpe:2.3:o:hana:pump_300:*:*:*:*:*:-:*:*", None),
            ("cpe:2.3:o:dul:pump_300:*:*:*:*:*:linux:*:*", Some(false)),
            ("cpe:/o:hana:pump_300", Some(true)),
        ] {
            assert_eq!(holds(criterion, thing), expected, "{criterion}");
        }
        let escaped = "cpe:2.3:a:hana:c\\+\\+\\:x:1.0:*:*:*:*:*:*:*";
        assert_eq!(holds(escaped, "cpe:/a:hana:c%2b%2b%3ax:1.0"), Some(true));
    }

    #[test]
    fn the_product_is_what_stands_before_the_version() {
        for (text, product) in [
            (
                "cpe:2.3:a:hana:c\\:x:1.0:*:*:*:*:*:*:*",
                "cpe:2.3:a:hana:c\\:x",
            ),
            ("cpe:/a:hana:pump:1.0", "cpe:/a:hana:pump"),
            ("cpe:/a:hana", "cpe:/a:hana"),
            ("cpe:/", "cpe:/"),
            ("한국", "한국"),
        ] {
            assert_eq!(product_part(text), product);
        }
    }

    #[test]
    fn a_name_is_written_as_it_is_read() {
        for text in [
            "cpe:2.3:a:hana:c\\+\\+\\:x:1.0-rc_1:*:-:*:*:linux:*:\\-",
            "cpe:2.3:o:hana:pump_*:2.?:*:*:*:*:*:*:*",
        ] {
            let name = Cpe::parse(text).unwrap();
            assert_eq!(name.to_string(), text);
            assert_eq!(Cpe::parse(&name.to_string()).unwrap(), name);
        }
        let named = Cpe::of_product_part("cpe:2.3:a:hana:c\\:x").unwrap();
        assert_eq!(named, Cpe::of_product_part("cpe:/a:hana:c%3ax").unwrap());
        assert_eq!(named.to_string(), "cpe:2.3:a:hana:c\\:x:*:*:*:*:*:*:*:*");
        assert_eq!(Cpe::of_product_part("pkg:npm/x"), None);
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            "cpe:2.3:a:b:c",
            "cpe:2.3:x:b:c:*:*:*:*:*:*:*:*",
            "a:b:c",
            "cpe:2.3:a:b:c:*:*:*:*:*:*:*:*:*",
        ] {
            assert!(Cpe::parse(text).is_err(), "{text}");
        }
        assert!(Cpe::parse(&format!("cpe:/a:{}", "x".repeat(5_000))).is_err());
        assert!(Cpe::parse("cpe:/a:%zz:한").is_ok());
    }
}
