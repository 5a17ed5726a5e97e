//! The advisories of a bundle, laid out for matching: a package is one probe,
//! a version compares bytes, and nothing is parsed twice.
//!
//! Names, versions and identifiers lie one after another in one buffer, and
//! everything else is places in it: a few hundred thousand advisories take as
//! many bytes as their names and versions have. Versions stand there as keys
//! whose plain order is the order of their ecosystem ([`crate::version`]).
//!
//! What an index answers is what [`Affected::contains`] answers for each
//! advisory on the package; a property test holds the two together.
//!
//! [`Affected::contains`]: crate::advisory::osv::Affected::contains

mod build;
mod line;
mod rows;

use std::collections::HashMap;

pub(crate) use build::Builder;
use rows::{Row, Steps};

use crate::VulnError;
use crate::advisory::Bundle;
use crate::advisory::osv::{Match, released};
use crate::inventory::OsvEcosystem;
use crate::version::{Scheme, Version};

/// A stretch of the index's buffer.
#[derive(Debug, Clone, Copy, Default)]
struct Span {
    start: u32,
    length: u32,
}

/// One step of a range.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// The version from which it holds.
    place: Span,
    /// Whether the version itself is before it, as the last affected one is.
    after: bool,
    /// Whether versions are affected from here on.
    opens: bool,
}

/// An ecosystem's number in an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EcosystemNumber(u32);

/// An advisory's number in an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct AdvisoryNumber(u32);

/// Numbers of CVE records by identifier.
pub(crate) type Numbers = HashMap<String, AdvisoryNumber>;

#[derive(Debug)]
struct Ecosystem {
    name: String,
    scheme: Option<Scheme>,
}

/// Advisories by package.
#[derive(Debug, Default)]
pub struct Index {
    bytes: Vec<u8>,
    ecosystems: Vec<Ecosystem>,
    /// Identifier and all names of an advisory, in the order of the bundle.
    advisories: Vec<(Span, Span)>,
    /// An ecosystem's number and a package's name, to the package's number.
    packages: HashMap<Box<[u8]>, u32>,
    /// Where the rows of each package begin; one more than there are packages.
    starts: Vec<u32>,
    rows: Vec<Row>,
    ranges: Vec<Steps>,
    steps: Vec<Step>,
    versions: Vec<Span>,
    /// Records of all kinds that the bundle holds.
    records: u64,
}

/// A version of a component and its place in the order, read once for all
/// advisories on the package.
pub(crate) struct Asked<'a> {
    text: &'a str,
    version: Option<Version>,
    /// What a local version is of, which counts too.
    release: Option<(&'a str, Option<Version>)>,
}

impl<'a> Asked<'a> {
    pub(crate) fn new(scheme: Option<Scheme>, text: &'a str) -> Self {
        let read = |text| scheme.and_then(|scheme| Version::parse(scheme, text).ok());
        let release = scheme.and_then(|scheme| released(scheme, text));
        Self {
            text,
            version: read(text),
            release: release.map(|release| (release, read(release))),
        }
    }
}

impl Index {
    /// Lays out the advisories of a bundle that still stand.
    ///
    /// # Errors
    /// [`VulnError`] with the line that is no record, or where there is more
    /// than [`crate::limits`] say.
    pub fn of(bundle: &Bundle) -> Result<Self, VulnError> {
        let mut builder = Builder::default();
        bundle.each_line(|number, line| builder.add(number, line))?;
        builder.finish()
    }

    /// Advisories that stand.
    #[must_use]
    pub fn len(&self) -> usize {
        self.advisories.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.advisories.is_empty()
    }

    /// The ecosystems that are meant. Where there is none it cannot be said
    /// of a component that it is not affected.
    pub(crate) fn ecosystems(&self, meant: &OsvEcosystem<'_>) -> Vec<EcosystemNumber> {
        let numbered = (0..).map(EcosystemNumber).zip(&self.ecosystems);
        let meant = numbered.filter(|(_, ecosystem)| meant.is(&ecosystem.name));
        meant.map(|(number, _)| number).collect()
    }

    /// The name of an ecosystem and the order of its versions.
    pub(crate) fn ecosystem(&self, number: EcosystemNumber) -> Option<(&str, Option<Scheme>)> {
        let ecosystem = self.ecosystems.get(number.0 as usize)?;
        Some((&ecosystem.name, ecosystem.scheme))
    }

    /// What the advisories on a package say of a version. The buffer is only
    /// there to be used again.
    pub(crate) fn matches<'a>(
        &'a self,
        ecosystem: EcosystemNumber,
        name: &str,
        asked: &'a Asked<'_>,
        buffer: &mut Vec<u8>,
    ) -> impl Iterator<Item = (AdvisoryNumber, Match)> + 'a {
        package_key(ecosystem, name, buffer);
        let package = self.packages.get(buffer.as_slice()).map(|it| *it as usize);
        let rows = package.and_then(|package| {
            let (start, end) = (self.starts.get(package)?, self.starts.get(package + 1)?);
            self.rows.get(*start as usize..*end as usize)
        });
        let rows = rows.unwrap_or_default().iter();
        rows.map(|row| (row.advisory, self.matches_row(row, asked)))
    }

    /// An advisory's identifier.
    pub(crate) fn id(&self, advisory: AdvisoryNumber) -> &str {
        self.text(self.advisories.get(advisory.0 as usize).map(|it| it.0))
    }

    /// All names of the fault, its identifier first, with spaces between.
    pub(crate) fn names(&self, advisory: AdvisoryNumber) -> &str {
        self.text(self.advisories.get(advisory.0 as usize).map(|it| it.1))
    }

    fn text(&self, span: Option<Span>) -> &str {
        let bytes = span.map_or(&[][..], |span| self.span(span));
        // What was laid down was text.
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    fn span(&self, span: Span) -> &[u8] {
        let end = span.start as usize + span.length as usize;
        (self.bytes.get(span.start as usize..end)).unwrap_or_default()
    }
}

/// What a package is found by.
fn package_key(ecosystem: EcosystemNumber, name: &str, key: &mut Vec<u8>) {
    key.clear();
    key.extend_from_slice(&ecosystem.0.to_le_bytes());
    key.extend_from_slice(name.as_bytes());
}
