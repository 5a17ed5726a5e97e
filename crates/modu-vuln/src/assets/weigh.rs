//! What is said of one asset, weighed.

use std::collections::{BTreeMap, BTreeSet};

use super::Known;
use super::catalogue::{Entry, Found, Said};
use super::names::{Likeness, Name, Vendor};
use super::report::Undecided;
use crate::advisory::Freshness;
use crate::advisory::csaf::{Advisory, Vulnerability};
use crate::cpe::{self, Attribute};
use crate::inventory::assets::Asset;
use crate::vendor::{VendorRange, VendorVersion};

/// An asset and what is said of it.
#[derive(Debug)]
pub(super) struct Weighed<'a> {
    pub(super) asset: &'a Asset,
    /// Advisories that affect it, by identifier.
    pub(super) affected: BTreeMap<&'a str, Affecting<'a>>,
    /// Advisories of which it cannot be told, by identifier, and why.
    pub(super) undecided: BTreeMap<&'a str, Open<'a>>,
    /// CVE records that apply to its CPE name (true), and those of which it
    /// cannot be told (false).
    pub(super) records: BTreeMap<&'a str, bool>,
    /// Faults that it was said not to have, by whom and why.
    pub(super) cleared: BTreeSet<Statement<'a>>,
    /// Why it cannot be told beyond all advisories.
    pub(super) unknown: Option<Undecided>,
    /// Whether an advisory names the product, with other versions.
    pub(super) named: bool,
    /// Of an old bundle nothing is clean.
    freshness: Freshness,
}

/// An advisory that affects an asset.
#[derive(Debug)]
pub(super) struct Affecting<'a> {
    pub(super) advisory: &'a Advisory,
    /// Places of its faults.
    pub(super) faults: BTreeSet<usize>,
    /// Places of the products that the asset is.
    pub(super) products: BTreeSet<u32>,
}

/// An advisory of which it cannot be told.
#[derive(Debug)]
pub(super) struct Open<'a> {
    pub(super) why: Undecided,
    pub(super) advisory: &'a Advisory,
    pub(super) faults: BTreeSet<usize>,
    /// Names of products that the asset may be.
    pub(super) candidates: BTreeSet<&'a str>,
}

/// That an asset does not have a fault.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Statement<'a> {
    pub(super) fault: &'a str,
    pub(super) advisory: &'a str,
    pub(super) publisher: &'a str,
    /// When it was said.
    pub(super) released: &'a str,
    /// The reason; without one it changes no other advisory's word.
    pub(super) why: Option<&'a str>,
}

/// Whether an entry's versions hold the asset's.
enum Held {
    Inside,
    Outside,
    Unknown(Undecided),
}

/// Weighs what is said of an asset.
pub(super) fn weigh<'a>(asset: &'a Asset, found: &Found, known: &'a Known<'a>) -> Weighed<'a> {
    let catalogue = &known.products;
    let firmware = Firmware::of(asset);
    let mut weighed = Weighed {
        asset,
        affected: BTreeMap::new(),
        undecided: BTreeMap::new(),
        cleared: BTreeSet::new(),
        unknown: (!found.vendor_known).then_some(Undecided::UnknownVendor),
        named: false,
        records: BTreeMap::new(),
        freshness: known.freshness,
    };
    weighed.look_up(&known.names);
    for (place, likeness) in &found.entries {
        let entry = &catalogue.entries[*place];
        let held = firmware.held_by(entry, catalogue.line(entry).as_ref());
        weighed.named |= *likeness == Likeness::Same;
        weighed.take(entry, *likeness, &held, catalogue.shown(entry));
    }
    weighed.believe_statements();
    weighed
}

impl<'a> Weighed<'a> {
    /// What CVE records say of the asset's CPE name. Where the name leaves the
    /// version open, the firmware's counts.
    fn look_up(&mut self, names: &cpe::Catalogue<'a>) {
        let Some(thing) = self.asset.cpe.clone() else {
            return;
        };
        let thing = match (thing.version(), &self.asset.firmware) {
            (Attribute::Any, Some(firmware)) => thing.with_version(firmware),
            _ => thing,
        };
        self.records = names.applying(&thing);
        if names.names(&thing) {
            self.unknown = None;
            self.named = true;
        }
    }

    /// Whether anything affects it.
    pub(super) fn is_affected(&self) -> bool {
        !self.affected.is_empty() || self.records.values().any(|applies| *applies)
    }

    /// The CVE records that apply to it.
    pub(super) fn applying(&self) -> impl Iterator<Item = &'a str> + '_ {
        let applying = self.records.iter().filter(|(_, applies)| **applies);
        applying.map(|(id, _)| *id)
    }

    fn take(&mut self, entry: &Entry<'a>, likeness: Likeness, held: &Held, shown: &'a str) {
        for (fault, said) in &entry.said {
            match (said, likeness, held) {
                (_, _, Held::Outside) => {}
                (Said::Affected, Likeness::Same, Held::Inside) => {
                    let affecting = self.affected.entry(&entry.advisory.id);
                    let affecting = affecting.or_insert_with(|| Affecting {
                        advisory: entry.advisory,
                        faults: BTreeSet::new(),
                        products: BTreeSet::new(),
                    });
                    affecting.faults.insert(*fault);
                    affecting.products.insert(entry.place);
                }
                (Said::Affected, Likeness::Same, Held::Unknown(why)) => {
                    self.leave_open(entry, *fault, *why, shown);
                }
                (Said::Affected, Likeness::Near, _) => {
                    self.leave_open(entry, *fault, Undecided::AmbiguousProduct, shown);
                }
                (Said::UnderInvestigation, Likeness::Same, _) => {
                    self.leave_open(entry, *fault, Undecided::UnderInvestigation, shown);
                }
                (Said::NotAffected | Said::Fixed, Likeness::Same, Held::Inside) => {
                    self.hear(entry, *fault);
                }
                _ => {}
            }
        }
    }

    fn leave_open(&mut self, entry: &Entry<'a>, fault: usize, why: Undecided, shown: &'a str) {
        let open = self.undecided.entry(&entry.advisory.id);
        let open = open.or_insert_with(|| Open {
            why,
            advisory: entry.advisory,
            faults: BTreeSet::new(),
            candidates: BTreeSet::new(),
        });
        // What is surely the product and has no readable version weighs more
        // than what may be it.
        open.why = open.why.min(why);
        open.faults.insert(fault);
        open.candidates.insert(shown);
    }

    fn hear(&mut self, entry: &Entry<'a>, fault: usize) {
        let Some(vulnerability) = entry.advisory.vulnerabilities.get(fault) else {
            return;
        };
        for name in vulnerability.names() {
            self.cleared.insert(Statement {
                fault: name,
                advisory: &entry.advisory.id,
                publisher: &entry.advisory.publisher,
                released: &entry.advisory.released,
                why: vulnerability.justification(entry.place),
            });
        }
    }

    /// A reasoned statement that an asset does not have a fault outweighs an
    /// advisory that is not later. Within one advisory the fault outweighs.
    fn believe_statements(&mut self) {
        let cleared = std::mem::take(&mut self.cleared);
        let believed = |advisory: &Advisory, fault: usize| {
            let fault: Option<&Vulnerability> = advisory.vulnerabilities.get(fault);
            cleared.iter().any(|statement| {
                statement.why.is_some()
                    && statement.advisory != advisory.id
                    && day_of(statement.released) >= day_of(&advisory.released)
                    && fault.is_some_and(|it| it.names().any(|name| name == statement.fault))
            })
        };
        for affecting in self.affected.values_mut() {
            affecting
                .faults
                .retain(|fault| !believed(affecting.advisory, *fault));
        }
        for open in self.undecided.values_mut() {
            open.faults.retain(|fault| !believed(open.advisory, *fault));
        }
        self.records.retain(|id, _| {
            let mut statements = cleared.iter();
            !statements.any(|it| it.why.is_some() && it.fault == *id)
        });
        self.affected.retain(|_, it| !it.faults.is_empty());
        self.undecided.retain(|_, it| !it.faults.is_empty());
        let affected: BTreeSet<&str> = (self.affected.values())
            .flat_map(Affecting::names)
            .chain(self.applying())
            .collect();
        let undone = |it: &Statement<'a>| !affected.contains(it.fault);
        self.cleared = cleared.into_iter().filter(undone).collect();
    }

    /// Why the asset is undecidable, if it is.
    pub(super) fn why(&self) -> Option<Undecided> {
        let open = self.undecided.values().map(|open| open.why).min();
        let stale = (self.freshness != Freshness::Fresh).then_some(Undecided::Stale);
        let of_name = self.records.values().any(|applies| !applies);
        let of_name = of_name.then_some(Undecided::OpenName);
        match self.is_affected() {
            true => None,
            false => self.unknown.or(open).or(of_name).or(stale),
        }
    }

    /// The names of products that it may be, the nearest first: those that
    /// share the most with its own.
    pub(super) fn candidates(&self) -> Vec<&'a str> {
        const FEW: usize = 3;
        let vendor = Vendor::of(&self.asset.vendor);
        let model = self.asset.model.as_deref().unwrap_or_default();
        let own = Name::of(&format!("{} {model}", self.asset.product), &vendor).words;
        let all: BTreeSet<&str> = (self.undecided.values())
            .flat_map(|open| open.candidates.iter().copied())
            .collect();
        let mut all: Vec<&str> = all.into_iter().collect();
        all.sort_by_key(|shown| {
            let words = Name::of(shown, &vendor).words;
            let shared = words.intersection(&own).count();
            (words.len() + own.len() - 2 * shared, *shown)
        });
        all.truncate(FEW);
        all
    }
}

impl<'a> Affecting<'a> {
    /// Identifiers of its faults, ascending.
    pub(super) fn names(&self) -> BTreeSet<&'a str> {
        let faults = self.faults.iter();
        let faults = faults.filter_map(|place| self.advisory.vulnerabilities.get(*place));
        faults.flat_map(Vulnerability::names).collect()
    }
}

/// The day that a time in RFC 3339 begins with.
fn day_of(time: &str) -> &str {
    time.get(..10).unwrap_or(time)
}

/// The version of an asset.
struct Firmware<'a> {
    text: Option<&'a str>,
    version: Option<VendorVersion>,
    /// The line of versions in the product's name.
    line: Option<VendorVersion>,
}

impl<'a> Firmware<'a> {
    fn of(asset: &'a Asset) -> Self {
        let text = asset.firmware.as_deref();
        let vendor = Vendor::of(&asset.vendor);
        Self {
            text,
            version: text.and_then(|text| VendorVersion::parse(text).ok()),
            line: Name::of(&asset.product, &vendor).line(),
        }
    }

    /// Whether an entry's versions hold it. A product that is a line of
    /// versions holds only versions of that line.
    fn held_by(&self, entry: &Entry<'_>, line: Option<&VendorVersion>) -> Held {
        let of_line = match (line, self.version.as_ref().or(self.line.as_ref())) {
            (None, _) => Some(true),
            (Some(line), Some(version)) => version.is_of_line(line),
            (Some(_), None) => None,
        };
        if of_line == Some(false) {
            return Held::Outside;
        }
        let range = match &entry.versions {
            Ok(range) => range,
            // The same words mean the same, readable or not.
            Err(_) if self.is_exactly(entry) => return Held::Inside,
            Err(_) => return Held::Unknown(Undecided::UnreadableRange),
        };
        match (range, of_line) {
            (VendorRange::All, Some(_)) => return Held::Inside,
            (VendorRange::Any(_), Some(_)) => {}
            (_, None) => return Held::Unknown(self.what_is_missing()),
        }
        let Some(version) = &self.version else {
            return match self.is_exactly(entry) {
                true => Held::Inside,
                false => Held::Unknown(self.what_is_missing()),
            };
        };
        match range.contains(version) {
            Some(true) => Held::Inside,
            Some(false) => Held::Outside,
            None => Held::Unknown(Undecided::NotOrdered),
        }
    }

    fn is_exactly(&self, entry: &Entry<'_>) -> bool {
        let (Some(ours), Some(theirs)) = (self.text, entry.exactly) else {
            return false;
        };
        ours.trim().eq_ignore_ascii_case(theirs.trim())
    }

    fn what_is_missing(&self) -> Undecided {
        match (self.text, &self.version) {
            (None, _) => Undecided::NoFirmware,
            (_, None) => Undecided::UnreadableFirmware,
            _ => Undecided::NotOrdered,
        }
    }
}
