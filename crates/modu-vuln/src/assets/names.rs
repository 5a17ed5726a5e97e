//! Names of vendors and products as people write them, made comparable.
//!
//! The rules are few, so that a reader can tell beforehand what they do:
//!
//! 1. Capitals, punctuation and spaces do not count: `S7-1500` is `S7 1500`.
//! 2. A vendor's legal form does not count (`Inc.`, `GmbH`, `Co., Ltd.`); a
//!    vendor field that lists several names, or one in parentheses, stands for
//!    each of them.
//! 3. The vendor's name before the product's, and a last word such as `series`
//!    or `firmware`, do not count.
//! 4. An order number is compared by itself; `?` and `*` stand for what varies.
//! 5. A last word such as `V16` names a *line* of versions, not the product.
//! 6. Names that are equal then are one product. Where all the telling words of
//!    one stand in the other, it is said to be *near*, and nothing is decided.

use std::collections::BTreeSet;

use crate::vendor::VendorVersion;

/// Words of a legal form.
const LEGAL: [&str; 34] = [
    "inc",
    "incorporated",
    "ltd",
    "limited",
    "co",
    "corp",
    "corporation",
    "company",
    "gmbh",
    "ag",
    "kg",
    "sa",
    "spa",
    "srl",
    "sl",
    "bv",
    "nv",
    "oy",
    "ab",
    "as",
    "aps",
    "plc",
    "llc",
    "llp",
    "lp",
    "kk",
    "pty",
    "pte",
    "sas",
    "se",
    "and",
    "the",
    "주식회사",
    "주",
];

/// Words at the end of a product's name that add nothing to it.
const EMPTY_ENDS: [&str; 8] = [
    "series",
    "family",
    "firmware",
    "software",
    "product",
    "products",
    "system",
    "시리즈",
];

/// Words that many products share.
const COMMON: [&str; 44] = [
    "series",
    "family",
    "firmware",
    "software",
    "product",
    "products",
    "system",
    "systems",
    "device",
    "devices",
    "module",
    "modules",
    "controller",
    "controllers",
    "server",
    "client",
    "gateway",
    "router",
    "switch",
    "switches",
    "plc",
    "hmi",
    "rtu",
    "cpu",
    "scada",
    "panel",
    "panels",
    "unit",
    "units",
    "industrial",
    "control",
    "manager",
    "for",
    "with",
    "and",
    "the",
    "of",
    "incl",
    "variants",
    "all",
    "versions",
    "version",
    "w",
    "pn",
];

/// The names a vendor goes by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Vendor(BTreeSet<Vec<String>>);

/// How like two names are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    /// They are one.
    Same,
    /// They may be one: a person has to look.
    Near,
}

impl Vendor {
    /// The names in a vendor's field.
    pub(super) fn of(text: &str) -> Self {
        let text = text.to_lowercase().replace(['.', '\''], "");
        // `A (B) and C` names three.
        let text = text.replace(['(', ')', '/', ';'], ",");
        let mut names = BTreeSet::new();
        for part in text.split(',') {
            let part = ["a subsidiary of", "an affiliate of", "formerly"]
                .iter()
                .find_map(|words| part.trim().strip_prefix(words))
                .unwrap_or(part);
            let mut words: Vec<String> = words_of(part).map(str::to_owned).collect();
            while words.last().is_some_and(|word| is_legal(word)) {
                words.pop();
            }
            let start = words.iter().position(|word| !is_legal(word));
            words.drain(..start.unwrap_or(words.len()));
            if words.concat().chars().count() > 1 {
                names.insert(words);
            }
        }
        Self(names)
    }

    /// The same where they share a name; near where one's name begins with
    /// another's.
    pub(super) fn likeness(&self, other: &Self) -> Option<Likeness> {
        if self.0.intersection(&other.0).next().is_some() {
            return Some(Likeness::Same);
        }
        let begins = |ours: &Vec<String>| {
            let mut theirs = other.0.iter();
            theirs.any(|theirs| ours.starts_with(theirs) || theirs.starts_with(ours))
        };
        self.0.iter().any(begins).then_some(Likeness::Near)
    }

    /// How many words of a product's name are the vendor's.
    fn length_before(&self, words: &[&str]) -> usize {
        let at_start = |name: &&Vec<String>| {
            name.len() < words.len() && name.iter().zip(words).all(|(a, b)| a == b)
        };
        self.0
            .iter()
            .filter(at_start)
            .map(Vec::len)
            .max()
            .unwrap_or(0)
    }
}

fn is_legal(word: &str) -> bool {
    LEGAL.contains(&word)
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// A product's name, made comparable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    /// All letters and digits of the name without what does not count.
    pub(super) squashed: String,
    /// Its telling words.
    pub(super) words: BTreeSet<String>,
    /// The line of versions that it ends with.
    pub(super) line: Option<String>,
    /// Order numbers in parentheses.
    pub(super) codes: Vec<String>,
}

impl Name {
    /// Reads a name of a product of a vendor.
    pub(super) fn of(text: &str, vendor: &Vendor) -> Self {
        let (text, codes) = without_codes(&text.to_lowercase());
        let (text, line) = without_line(&text);
        let words: Vec<&str> = words_of(text).collect();
        let mut words = &words[vendor.length_before(&words)..];
        let telling = words.iter().filter(|word| !COMMON.contains(*word));
        let mut telling: BTreeSet<String> = telling.map(|word| (*word).to_owned()).collect();
        if telling.is_empty() {
            telling = words.iter().map(|word| (*word).to_owned()).collect();
        }
        while let [rest @ .., last] = words
            && !rest.is_empty()
            && EMPTY_ENDS.contains(last)
        {
            words = rest;
        }
        Self {
            squashed: words.concat(),
            words: telling,
            line: line.map(str::to_owned),
            codes,
        }
    }

    /// The line of versions, if it can be read.
    pub(super) fn line(&self) -> Option<VendorVersion> {
        VendorVersion::parse(self.line.as_ref()?).ok()
    }

    /// Whether all telling words of this name stand among others.
    pub(super) fn stands_in(&self, words: &BTreeSet<String>) -> bool {
        let among = |word: &String| words.contains(word) || words.iter().any(|it| varies(word, it));
        !self.words.is_empty() && self.words.iter().all(among)
    }
}

/// Whether `16xx` means `1604`: a word of digits and the letter x.
fn varies(pattern: &str, word: &str) -> bool {
    pattern.len() == word.len()
        && pattern.len() > 2
        && pattern.contains('x')
        && pattern.contains(|c: char| c.is_ascii_digit())
        && pattern
            .bytes()
            .zip(word.bytes())
            .all(|(a, b)| a == b || (a == b'x' && b.is_ascii_digit()))
}

/// The name without what stands in parentheses, where that is an order number
/// or only says what is included; and the order numbers.
fn without_codes(text: &str) -> (String, Vec<String>) {
    let (mut kept, mut codes) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('(') {
        kept.push_str(before);
        let Some((inside, after)) = after.split_once(')') else {
            rest = after;
            continue;
        };
        if is_code(inside) {
            codes.push(code(inside));
        } else if !inside.trim_start().starts_with("incl") {
            kept.push(' ');
            kept.push_str(inside);
            kept.push(' ');
        }
        rest = after;
    }
    kept.push_str(rest);
    (kept, codes)
}

/// Whether a text is an order number such as `6GK7443-1EX30-0XE0`.
pub(super) fn is_code(text: &str) -> bool {
    let text = text.trim();
    let sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '?' | '*');
    text.len() >= 6
        && text.chars().all(sign)
        && text.contains(|c: char| c.is_ascii_digit())
        && text.contains(|c: char| c.is_ascii_alphabetic())
}

/// An order number without what does not count.
pub(super) fn code(text: &str) -> String {
    let counts = |c: &char| c.is_alphanumeric() || matches!(c, '?' | '*');
    text.to_lowercase().chars().filter(counts).collect()
}

/// Whether an order number is one that a pattern means, `?` any sign and `*`
/// any signs. Takes time by the product of the lengths.
pub(super) fn is_meant(pattern: &str, code: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let mut reached = vec![false; pattern.len() + 1];
    let step = |reached: &mut Vec<bool>| {
        for (place, sign) in pattern.iter().enumerate() {
            reached[place + 1] |= *sign == '*' && reached[place];
        }
    };
    reached[0] = true;
    step(&mut reached);
    for c in code.chars() {
        let mut next = vec![false; pattern.len() + 1];
        for (place, sign) in pattern.iter().enumerate() {
            next[place + 1] = (reached[place] && (*sign == '?' || *sign == c))
                || (reached[place + 1] && *sign == '*');
        }
        reached = next;
        step(&mut reached);
    }
    reached.last().copied().unwrap_or(false)
}

/// The name without a line of versions at its end, such as `V5.4 SP1`.
fn without_line(text: &str) -> (&str, Option<&str>) {
    let starts = text.match_indices(" v").map(|(place, _)| place);
    for place in starts {
        let (base, line) = (&text[..place], text[place..].trim());
        let numbered = line[1..].starts_with(|c: char| c.is_ascii_digit());
        if numbered && !base.trim().is_empty() && VendorVersion::parse(line).is_ok() {
            return (base, Some(line));
        }
    }
    (text, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendor_goes_by_each_of_its_names_without_its_legal_form() {
        let same = [
            ("Siemens AG", "SIEMENS"),
            ("GE", "General Electric (GE)"),
            ("general electric", "General Electric (GE) and Emerson"),
            ("Emerson", "General Electric (GE) and Emerson"),
            (
                "AVEVA",
                "AVEVA Software, LLC and Schneider Electric Software, LLC (AVEVA)",
            ),
            (
                "Johnson Controls",
                "Sensormatic Electronics, LLC, a subsidiary of Johnson Controls Inc.",
            ),
            ("Becton Dickinson", "Becton Dickinson Co."),
            ("(주)하나제어", "하나제어 주식회사"),
            ("Foo S.p.A.", "foo"),
        ];
        for (ours, theirs) in same {
            let likeness = Vendor::of(ours).likeness(&Vendor::of(theirs));
            assert_eq!(likeness, Some(Likeness::Same), "{ours} and {theirs}");
        }
        let near = Vendor::of("Schneider").likeness(&Vendor::of("Schneider Electric"));
        assert_eq!(near, Some(Likeness::Near));
        assert_eq!(Vendor::of("ABB").likeness(&Vendor::of("Moxa")), None);
        assert_eq!(Vendor::of("n/a").likeness(&Vendor::of("N/A")), None);
    }

    #[test]
    fn a_name_loses_what_does_not_count_and_keeps_the_rest() {
        let siemens = Vendor::of("Siemens");
        let name = |text| Name::of(text, &siemens);
        assert_eq!(
            name("Siemens SIMATIC S7-1500").squashed,
            name("simatic s7 1500").squashed
        );
        assert_eq!(name("EKI-1524-CE series").squashed, "eki1524ce");
        assert_eq!(
            name("CP-8031 MASTER MODULE (6MF2803-1AA00)").codes,
            ["6mf28031aa00"]
        );
        assert_eq!(
            name("SIMOTION SCOUT TIA V5.4 SP1").line.as_deref(),
            Some("v5.4 sp1")
        );
        assert_eq!(
            name("SIMOTION SCOUT TIA V5.4 SP1").squashed,
            "simotionscouttia"
        );
        assert_eq!(name("STEP 7").line, None);
        assert_eq!(name("WinCC V7.2 and prior").line, None);
        assert_eq!(name("Series").squashed, "series");
        assert!(name("CP 16xx").stands_in(&name("CP 1604").words));
        assert!(!name("S7-1200").stands_in(&name("S7-1500").words));
    }

    #[test]
    fn order_numbers_may_leave_signs_open() {
        for (pattern, code, meant) in [
            ("6gk7443?ex30", "6gk74431ex30", true),
            ("6gk7443*", "6gk74431ex300xe0", true),
            ("*xe0", "6gk74431ex300xe0", true),
            ("6gk7443?ex30", "6gk7443ex30", false),
            ("6gk7443", "6gk74431", false),
            ("*", "", true),
            ("**a**", "bab", true),
        ] {
            assert_eq!(is_meant(pattern, code), meant, "{pattern} {code}");
        }
    }
}
