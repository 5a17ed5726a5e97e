//! Advisories in the OSV format (<https://ossf.github.io/osv-schema/>), as
//! JSON, or as YAML the way the Python advisory database keeps them.
//!
//! A range is a list of events: versions from one that introduces a fault up
//! to one that fixes it, **by the order of the ecosystem**. It is not a
//! requirement: Python's specifiers leave pre-releases out, so that 2.10.0a9
//! would not be in `<2.10.0`, though it has the fault.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::version::{Scheme, Version};

/// One advisory; what is not needed for matching is left out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Advisory {
    /// Such as `PYSEC-2020-342`.
    pub id: String,
    /// When it was last changed, RFC 3339.
    pub modified: String,
    /// Since when it no longer stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<String>,
    /// Other names of the same fault.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// One line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// What is affected.
    #[serde(default)]
    pub affected: Vec<Affected>,
    /// Scores.
    #[serde(default)]
    pub severity: Vec<Severity>,
}

/// Versions of one package.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Affected {
    /// The package; some advisories name none.
    #[serde(default)]
    pub package: Option<Package>,
    /// Ranges by order.
    #[serde(default)]
    pub ranges: Vec<Range>,
    /// Versions by name.
    #[serde(default)]
    pub versions: Vec<String>,
}

/// A package of an ecosystem.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Package {
    /// Such as `PyPI`, or `Debian:12`.
    pub ecosystem: String,
    /// Its name there.
    pub name: String,
}

/// A range.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Range {
    /// `SEMVER`, `ECOSYSTEM` or `GIT`.
    #[serde(rename = "type")]
    pub kind: String,
    /// In any order; they count by their versions.
    #[serde(default)]
    pub events: Vec<Event>,
}

/// One event; the format asks for exactly one member.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The first version with the fault; `0` stands before all.
    Introduced(String),
    /// The first version without it.
    Fixed(String),
    /// The last version with it.
    LastAffected(String),
    /// Nothing is said of this version and later ones.
    Limit(String),
}

/// A score.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Severity {
    /// Such as `CVSS_V3`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The vector.
    pub score: String,
}

/// Whether a version is affected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// It is not.
    NotAffected,
    /// The range or the version cannot be read.
    Undecidable,
    /// It is.
    Affected,
}

impl Advisory {
    /// Reads an advisory as JSON.
    ///
    /// # Errors
    /// With the place, where it is not one.
    pub fn from_json(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// Reads an advisory as YAML.
    ///
    /// # Errors
    /// With the place, where it is not one.
    pub fn from_yaml(text: &str) -> Result<Self, serde_saphyr::Error> {
        serde_saphyr::from_str(text)
    }
}

impl Package {
    /// How versions of its ecosystem are ordered; none where we do not know.
    #[must_use]
    pub fn scheme(&self) -> Option<Scheme> {
        scheme_of(&self.ecosystem)
    }
}

/// How versions of an ecosystem are ordered; none where we do not know.
#[must_use]
pub fn scheme_of(ecosystem: &str) -> Option<Scheme> {
    let family = ecosystem.split(':').next().unwrap_or_default();
    Some(match family {
        "PyPI" => Scheme::Pep440,
        "npm" | "crates.io" | "Go" | "Hex" | "Pub" | "SwiftURL" => Scheme::SemVer,
        "Maven" => Scheme::Maven,
        "Debian" | "Ubuntu" => Scheme::Debian,
        "Alpine" | "Wolfi" | "Chainguard" => Scheme::Alpine,
        "AlmaLinux" | "Red Hat" | "Rocky Linux" | "SUSE" | "openSUSE" | "Mageia" | "openEuler" => {
            Scheme::Rpm
        }
        _ => return None,
    })
}

/// What a local version is of.
pub(crate) fn released(scheme: Scheme, text: &str) -> Option<&str> {
    let local = matches!(scheme, Scheme::Pep440).then(|| text.split_once('+'))?;
    local.map(|(release, _)| release)
}

impl Affected {
    /// Whether a version is affected: one that is named, or in a range. A
    /// local version of Python's (`2.0.1+cu118`) is affected where it or the
    /// release that it is of is: it is the same code built for another place.
    #[must_use]
    pub fn contains(&self, scheme: Scheme, text: &str) -> Match {
        let itself = self.contains_exactly(scheme, text);
        match released(scheme, text) {
            Some(release) => itself.max(self.contains_exactly(scheme, release)),
            None => itself,
        }
    }

    fn contains_exactly(&self, scheme: Scheme, text: &str) -> Match {
        if self.versions.iter().any(|version| version == text) {
            return Match::Affected;
        }
        let Ok(version) = Version::parse(scheme, text) else {
            return Match::Undecidable;
        };
        let ranges = self.ranges.iter().filter(|range| range.kind != "GIT");
        let found = ranges.map(|range| range.contains(&version)).max();
        // Without a range the list of versions is all there is: it may write
        // the same version in another way.
        found.unwrap_or_else(|| self.names_equal(scheme, &version))
    }

    fn names_equal(&self, scheme: Scheme, version: &Version) -> Match {
        let names = self
            .versions
            .iter()
            .map(|name| Version::parse(scheme, name));
        let equal = names.map(|name| match name.map(|name| name.compare(version)) {
            Ok(Some(Ordering::Equal)) => Match::Affected,
            Ok(Some(_)) => Match::NotAffected,
            Ok(None) | Err(_) => Match::Undecidable,
        });
        equal.max().unwrap_or(Match::Undecidable)
    }
}

impl Range {
    /// Whether a version is in the range (the evaluation algorithm of the OSV
    /// format): the last event at or before the version decides.
    ///
    /// Where one version fixes and introduces, as between two pairs of one
    /// range, it is affected; the format does not say which counts.
    #[must_use]
    pub fn contains(&self, version: &Version) -> Match {
        let events = self.events.iter().map(Event::parts);
        let Some((from_first, steps)) = steps(version.scheme(), events) else {
            return Match::Undecidable;
        };
        let reached = steps
            .iter()
            .take_while(|step| match step.at.order(version) {
                Ordering::Less => true,
                Ordering::Equal => step.change != Change::ClosesAfter,
                Ordering::Greater => false,
            });
        let last = reached.last().map(|step| step.change == Change::Opens);
        match last.unwrap_or(from_first) {
            true => Match::Affected,
            false => Match::NotAffected,
        }
    }
}

impl Event {
    fn parts(&self) -> (Named, &str) {
        match self {
            Self::Introduced(text) => (Named::Introduced, text),
            Self::Fixed(text) => (Named::Fixed, text),
            Self::LastAffected(text) => (Named::LastAffected, text),
            Self::Limit(text) => (Named::Limit, text),
        }
    }
}

/// The name of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    Introduced,
    Fixed,
    LastAffected,
    Limit,
}

/// What changes at a version, in the order in which it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Change {
    /// From the version on it is not affected.
    Closes,
    /// From the version on it is.
    Opens,
    /// After the version it is not.
    ClosesAfter,
}

/// One change of a range.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    pub(crate) at: Version,
    /// The version as it is written.
    pub(crate) text: &'a str,
    pub(crate) change: Change,
}

/// Whether the first versions are affected, and where that changes, ascending;
/// none where there is no event, or one that cannot be read.
pub(crate) fn steps<'a>(
    scheme: Scheme,
    events: impl Iterator<Item = (Named, &'a str)>,
) -> Option<(bool, Vec<Step<'a>>)> {
    let (mut from_first, mut steps, mut empty) = (false, Vec::<Step<'a>>::new(), true);
    for (named, text) in events {
        empty = false;
        let change = match named {
            Named::Introduced if text == "0" => {
                from_first = true;
                continue;
            }
            Named::Limit if text == "*" => continue,
            Named::Introduced => Change::Opens,
            Named::Fixed | Named::Limit => Change::Closes,
            Named::LastAffected => Change::ClosesAfter,
        };
        let at = Version::parse(scheme, text).ok()?;
        let before = steps.last();
        let opened_here =
            before.is_some_and(|step| step.change == Change::Opens && step.at.order(&at).is_eq());
        match change {
            // What is fixed where it was introduced was never there.
            Change::Closes if opened_here => {
                steps.pop();
            }
            _ => steps.push(Step { at, text, change }),
        }
    }
    steps.sort_by(|one, other| {
        let by_place = one.at.order(&other.at);
        by_place.then(one.change.cmp(&other.change))
    });
    (!empty).then_some((from_first, steps))
}
