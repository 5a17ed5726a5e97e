//! Versions and their order, as each ecosystem defines it.
//!
//! Whether a component is affected is a question of order: is 2.10.0a9 before
//! 2.10.0? Every ecosystem answers by rules of its own. Here a version is
//! turned once into a *key*, bytes whose plain order is the order of the
//! versions, so that matching a million components compares bytes and nothing
//! is parsed twice. A text that is no version of its ecosystem gives an error,
//! never a guess: the component it belongs to is then undecidable, not clean.

mod apk;
mod debian;
mod key;
mod maven;
mod pep440;
mod rpm;
mod semver;

use std::cmp::Ordering;

use key::Key;
use maven::MavenVersion;

/// How versions are written and ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// Semantic Versioning 2.0.0 (crates.io, npm, Go, and OSV's `SEMVER`
    /// ranges). A leading `v` or `=` and left-out minor and patch numbers are
    /// accepted, as these ecosystems' own tools do.
    SemVer,
    /// Python's PEP 440.
    Pep440,
    /// `[epoch:]upstream[-revision]`, deb-version(7).
    Debian,
    /// `[epoch:]version[-release]` by `rpmvercmp`.
    Rpm,
    /// Alpine's apk-tools.
    Alpine,
    /// Maven's `ComparableVersion`.
    Maven,
}

/// A text that is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// Longer than any real one; megabytes in this place have kept scanners
    /// busy for minutes.
    #[error("it has {0} bytes; a version has at most {limit}", limit = crate::limits::VERSION_BYTES)]
    TooLong(usize),
    /// Not what the scheme asks for.
    #[error("it is no {scheme:?} version: {problem}")]
    Malformed {
        /// The scheme.
        scheme: Scheme,
        /// What is wrong.
        problem: &'static str,
    },
}

/// A version, comparable with others of the same scheme.
#[derive(Debug, Clone)]
pub struct Version {
    scheme: Scheme,
    order: Order,
}

#[derive(Debug, Clone)]
enum Order {
    Key(Key),
    Maven(MavenVersion),
}

impl Version {
    /// Reads a version; white space around it is left out.
    ///
    /// # Errors
    /// [`VersionError`] where it is too long or not of the scheme.
    pub fn parse(scheme: Scheme, text: &str) -> Result<Self, VersionError> {
        let text = text.trim();
        if text.len() > crate::limits::VERSION_BYTES {
            return Err(VersionError::TooLong(text.len()));
        }
        let malformed = |problem| VersionError::Malformed { scheme, problem };
        if text.is_empty() {
            return Err(malformed("it is empty"));
        }
        let key = match scheme {
            Scheme::SemVer => semver::key(text),
            Scheme::Pep440 => pep440::key(text),
            Scheme::Debian => debian::key(text),
            Scheme::Rpm => rpm::key(text),
            Scheme::Alpine => apk::key(text),
            Scheme::Maven => {
                let order = Order::Maven(MavenVersion::parse(text));
                return Ok(Self { scheme, order });
            }
        };
        let order = Order::Key(key.map_err(malformed)?);
        Ok(Self { scheme, order })
    }

    /// Its scheme.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// What an index keeps of it, beside the text it was read from: bytes that
    /// [`Self::compare_stored`] reads.
    pub(crate) fn stored<'a>(&'a self, text: &'a str) -> &'a [u8] {
        match &self.order {
            Order::Key(key) => key.bytes(),
            // No bytes have Maven's order.
            Order::Maven(_) => text.as_bytes(),
        }
    }

    /// The order of this version and of what was kept of one of its scheme.
    pub(crate) fn compare_stored(&self, stored: &[u8]) -> Ordering {
        match &self.order {
            Order::Key(key) => key.bytes().cmp(stored),
            Order::Maven(ours) => {
                let text = std::str::from_utf8(stored).unwrap_or_default();
                ours.compare(&MavenVersion::parse(text.trim()))
            }
        }
    }

    /// The order of two versions of one scheme; those of two schemes, which
    /// nobody orders, count as equal here.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        self.compare(other).unwrap_or(Ordering::Equal)
    }

    /// The order of two versions; none where their schemes differ, for then
    /// nobody has defined one.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (&self.order, &other.order) {
            _ if self.scheme != other.scheme => None,
            (Order::Key(ours), Order::Key(theirs)) => Some(ours.cmp(theirs)),
            (Order::Maven(ours), Order::Maven(theirs)) => Some(ours.compare(theirs)),
            _ => None,
        }
    }
}
