//! One component after the other, held against an index.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use super::Undecided;
use super::by_name::{ByName, Looked, sought_by};
use crate::advisory::Freshness;
use crate::advisory::osv::Match;
use crate::cpe::{self, Attribute, Cpe};
use crate::index::{AdvisoryNumber, Asked, EcosystemNumber, Index};
use crate::inventory::{Component, OsvEcosystem, PackageUrl, Unplaced, normal_name};

/// A component and what is said of it.
pub(crate) struct Scanned<'a> {
    /// Its package URL without version and qualifiers; where that cannot be
    /// read, its name.
    pub(crate) component: &'a str,
    pub(crate) version: Cow<'a, str>,
    pub(crate) verdict: Verdict,
}

/// What came of one component.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Verdict {
    /// A stretch of the hits.
    Affected(u32, u32),
    NotAffected,
    Undecidable(Undecided),
}

/// Holds components against an index.
pub(crate) struct Matcher<'i> {
    index: &'i Index,
    by_name: ByName<'i>,
    freshness: Freshness,
    /// Advisories that affect a component, its own ascending by identifier.
    hits: Vec<AdvisoryNumber>,
    /// Where hits begin beside which something could not be told, and why.
    untold: HashMap<u32, Undecided>,
    /// The ecosystems of a release, found once.
    ecosystems: HashMap<String, Vec<EcosystemNumber>>,
    release: String,
    /// What came of CPE names, found once.
    looked_up: HashMap<(String, String), Verdict>,
    key: Vec<u8>,
}

impl<'i> Matcher<'i> {
    pub(crate) fn new(index: &'i Index, by_name: ByName<'i>, freshness: Freshness) -> Self {
        Self {
            index,
            by_name,
            looked_up: HashMap::new(),
            freshness,
            hits: Vec::new(),
            untold: HashMap::new(),
            ecosystems: HashMap::new(),
            release: String::new(),
            key: Vec::new(),
        }
    }

    /// The advisories of [`Verdict::Affected`].
    pub(crate) fn hits(&self, verdict: Verdict) -> &[AdvisoryNumber] {
        match verdict {
            Verdict::Affected(start, end) => {
                (self.hits.get(start as usize..end as usize)).unwrap_or_default()
            }
            _ => &[],
        }
    }

    pub(crate) fn scan<'a>(&mut self, component: &'a Component<'_>) -> Scanned<'a> {
        let in_list = component.version.as_deref();
        if let Some(name) = sought_by(component) {
            let (verdict, version) = self.named(name, in_list);
            return Scanned {
                component: cpe::product_part(name),
                version,
                verdict,
            };
        }
        let purl = component.purl.as_deref().map(PackageUrl::parse);
        let Some(Ok(purl)) = purl else {
            return Scanned {
                component: &component.name,
                version: Cow::Borrowed(in_list.unwrap_or_default()),
                verdict: Verdict::Undecidable(Undecided::NoPackageUrl),
            };
        };
        let verdict = self.verdict(&purl, in_list);
        let in_list = in_list.map(Cow::Borrowed);
        Scanned {
            component: purl.package,
            version: purl.version.or(in_list).unwrap_or_default(),
            verdict,
        }
    }

    /// What CVE records say of a CPE name. Where it leaves the version open, the
    /// list's counts.
    fn named<'a>(&mut self, name: &'a str, in_list: Option<&'a str>) -> (Verdict, Cow<'a, str>) {
        let in_list = in_list.unwrap_or_default();
        let key = (name.to_owned(), in_list.to_owned());
        let Ok(thing) = Cpe::parse(name) else {
            let verdict = Verdict::Undecidable(Undecided::NoPackageUrl);
            return (verdict, Cow::Borrowed(in_list));
        };
        let (thing, version) = match thing.version() {
            Attribute::Value(version) => {
                let version = Cow::Owned(version.clone());
                (thing, version)
            }
            _ if in_list.is_empty() => (thing, Cow::Borrowed("")),
            _ => (thing.with_version(in_list), Cow::Borrowed(in_list)),
        };
        if let Some(verdict) = self.looked_up.get(&key) {
            return (*verdict, version);
        }
        let verdict = match self.by_name.look_up(&thing) {
            Looked::Unknown => Verdict::Undecidable(Undecided::UnknownProduct),
            Looked::Applying(numbers, is_open) => {
                self.affected(&numbers, is_open.then_some(Undecided::LeftOpen))
            }
            Looked::Open => Verdict::Undecidable(Undecided::LeftOpen),
            Looked::NotApplying => self.without_hits(None),
        };
        self.looked_up.insert(key, verdict);
        (verdict, version)
    }

    fn affected(&mut self, hits: &[AdvisoryNumber], untold: Option<Undecided>) -> Verdict {
        let start = self.hits.len();
        self.hits.extend_from_slice(hits);
        self.affected_from(start, untold)
    }

    /// By the hits from a place to the end.
    fn affected_from(&mut self, start: usize, untold: Option<Undecided>) -> Verdict {
        let place = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        let (start, end) = (place(start), place(self.hits.len()));
        if let Some(why) = untold {
            self.untold.insert(start, why);
        }
        Verdict::Affected(start, end)
    }

    fn verdict(&mut self, purl: &PackageUrl<'_>, in_list: Option<&str>) -> Verdict {
        let package = match purl.osv() {
            Ok(package) => package,
            Err(Unplaced::UnknownEcosystem) => {
                return Verdict::Undecidable(Undecided::UnknownEcosystem);
            }
            Err(Unplaced::NoRelease) => return Verdict::Undecidable(Undecided::NoRelease),
        };
        let ecosystems = self.ecosystems(&package.ecosystem);
        if ecosystems.is_empty() {
            return Verdict::Undecidable(Undecided::NotCovered);
        }
        let Some(version) = package.version.as_deref().or(in_list) else {
            return Verdict::Undecidable(Undecided::NoVersion);
        };
        let start = self.hits.len();
        let mut unread = false;
        for number in ecosystems {
            unread |= self.held_against(number, &package.name, version);
        }
        self.sort_hits(start);
        let untold = unread.then_some(Undecided::NotOrdered);
        match self.hits.len() > start {
            true => self.affected_from(start, untold),
            false => self.without_hits(untold),
        }
    }

    fn without_hits(&self, untold: Option<Undecided>) -> Verdict {
        match (untold, self.freshness) {
            (Some(why), _) => Verdict::Undecidable(why),
            (None, Freshness::Fresh) => Verdict::NotAffected,
            (None, _) => Verdict::Undecidable(Undecided::Stale),
        }
    }

    /// The verdict with these hits only, where statements cleared others.
    pub(super) fn without(&mut self, verdict: Verdict, kept: &[AdvisoryNumber]) -> Verdict {
        let Verdict::Affected(before, _) = verdict else {
            return verdict;
        };
        let untold = self.untold.get(&before).copied();
        match kept.is_empty() {
            true => self.without_hits(untold),
            false => self.affected(kept, untold),
        }
    }

    /// Adds what affects a package; whether something could not be read.
    fn held_against(&mut self, number: EcosystemNumber, name: &str, version: &str) -> bool {
        let Some((ecosystem, scheme)) = self.index.ecosystem(number) else {
            return false;
        };
        let name = normal_name(ecosystem, name);
        let asked = Asked::new(scheme, version);
        let mut unread = false;
        let matches = (self.index).matches(number, &name, &asked, &mut self.key);
        for (advisory, found) in matches {
            match found {
                Match::Affected => self.hits.push(advisory),
                Match::Undecidable => unread = true,
                Match::NotAffected => {}
            }
        }
        unread
    }

    /// By identifier, each advisory once.
    fn sort_hits(&mut self, start: usize) {
        let fresh = &mut self.hits[start..];
        if fresh.len() < 2 {
            return;
        }
        fresh.sort_unstable_by(|one, other| self.index.id(*one).cmp(self.index.id(*other)));
        let mut kept = start;
        for place in start..self.hits.len() {
            if place == start || self.hits[place] != self.hits[kept - 1] {
                self.hits[kept] = self.hits[place];
                kept += 1;
            }
        }
        self.hits.truncate(kept);
    }

    fn ecosystems(&mut self, meant: &OsvEcosystem<'_>) -> Vec<EcosystemNumber> {
        self.release.clear();
        // Writing to a text does not fail.
        let _ = match meant {
            OsvEcosystem::Whole(name) => write!(self.release, "{name}"),
            OsvEcosystem::Release { family, release } => {
                write!(self.release, "{family}:{release}")
            }
        };
        match self.ecosystems.get(&self.release) {
            Some(known) => known.clone(),
            None => {
                let found = self.index.ecosystems(meant);
                self.ecosystems.insert(self.release.clone(), found.clone());
                found
            }
        }
    }
}
