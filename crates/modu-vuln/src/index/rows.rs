//! What an advisory says of one package, and how a version is held against it.

use std::cmp::Ordering;

use super::{AdvisoryNumber, Asked, Index, Span};
use crate::advisory::osv::Match;
use crate::version::Version;

/// What an advisory says of one package.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) package: u32,
    pub(super) advisory: AdvisoryNumber,
    /// Its ranges by order.
    pub(super) ranges: (u32, u32),
    /// Its versions by name, as they are written, ascending.
    pub(super) named: (u32, u32),
    /// Where there is no range: the places of those versions, ascending.
    pub(super) places: (u32, u32),
    /// Whether one of those has no place.
    pub(super) unplaced: bool,
}

/// A range: what holds at first, and where that changes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Steps {
    /// It has none, or one that cannot be read.
    Undecidable,
    /// Ascending, those of one version in the order of the advisory.
    Ordered {
        /// Whether versions are affected from the first.
        from_first: bool,
        steps: (u32, u32),
    },
}

impl Index {
    pub(super) fn matches_row(&self, row: &Row, asked: &Asked<'_>) -> Match {
        let itself = self.matches_version(row, asked.text, asked.version.as_ref());
        match &asked.release {
            Some((text, version)) => itself.max(self.matches_version(row, text, version.as_ref())),
            None => itself,
        }
    }

    fn matches_version(&self, row: &Row, text: &str, version: Option<&Version>) -> Match {
        let (named, text) = (slice(&self.versions, row.named), text.as_bytes());
        let is_named = named.binary_search_by(|name| self.span(*name).cmp(text));
        if is_named.is_ok() {
            return Match::Affected;
        }
        let Some(version) = version else {
            return Match::Undecidable;
        };
        let ranges = slice(&self.ranges, row.ranges).iter();
        let found = ranges.map(|range| self.in_range(range, version)).max();
        found.unwrap_or_else(|| self.is_named(row, version))
    }

    /// The last step at or before the version decides.
    fn in_range(&self, range: &Steps, version: &Version) -> Match {
        let Steps::Ordered { from_first, steps } = range else {
            return Match::Undecidable;
        };
        let steps = slice(&self.steps, *steps);
        let mut affected = *from_first;
        for step in steps {
            match self.compare(step.place, version) {
                Ordering::Greater => break,
                Ordering::Equal if step.after => {}
                _ => affected = step.opens,
            }
        }
        match affected {
            true => Match::Affected,
            false => Match::NotAffected,
        }
    }

    /// Without a range the list of versions is all there is: it may write the
    /// same version in another way.
    fn is_named(&self, row: &Row, version: &Version) -> Match {
        let places = slice(&self.versions, row.places);
        let found = places.binary_search_by(|place| self.compare(*place, version));
        match (found, row.unplaced || places.is_empty()) {
            (Ok(_), _) => Match::Affected,
            (Err(_), true) => Match::Undecidable,
            (Err(_), false) => Match::NotAffected,
        }
    }

    fn compare(&self, place: Span, version: &Version) -> Ordering {
        version.compare_stored(self.span(place)).reverse()
    }
}

fn slice<T>(of: &[T], (start, end): (u32, u32)) -> &[T] {
    of.get(start as usize..end as usize).unwrap_or_default()
}
