//! Whether a record says less than it did. An advisory can be taken away while
//! its name stays: by a range that ends earlier, a package that is left out,
//! products that are affected no more.
//!
//! A range without an end that gets its first one is how a fix is published,
//! and is not less, unless versions that the advisory itself named fall out.

use crate::advisory::osv::{Advisory, Affected, Event, Match, Package};
use crate::advisory::{Record, cve};
use crate::inventory::normal_name;

/// Before all versions, as ecosystems write it.
const FIRST: [&str; 2] = ["0", "0.0.0"];

/// Whether a record's later form leaves out something that it said was
/// affected. Costs time by the versions that both name.
pub(super) fn is_narrower(before: &Record, now: &Record) -> bool {
    match (before, now) {
        (Record::Osv(before), Record::Osv(now)) => of_osv(before, now),
        (Record::Csaf(before), Record::Csaf(now)) => {
            let faults = |it: &crate::advisory::csaf::Advisory| {
                it.vulnerabilities.iter().any(|it| !it.affected.is_empty())
            };
            faults(before) && !faults(now)
        }
        (Record::Cve(before), Record::Cve(now)) => says_who(before) && !says_who(now),
        _ => false,
    }
}

/// Whether a CVE record says of anything that it is affected.
fn says_who(record: &cve::Record) -> bool {
    let mut products = record.affected.iter();
    let of_product = |it: &cve::Affected| {
        it.otherwise == cve::Status::Affected
            || it
                .versions
                .iter()
                .any(|it| it.status == cve::Status::Affected)
    };
    !record.applicability.is_empty() || products.any(of_product)
}

fn of_osv(before: &Advisory, now: &Advisory) -> bool {
    let packages = before.affected.iter().filter_map(|it| it.package.as_ref());
    let mut packages: Vec<&Package> = packages.collect();
    packages.dedup_by(|one, other| same(one, other));
    packages.into_iter().any(|package| {
        let (was, is) = (on(before, package), on(now, package));
        is.is_empty() || loses_a_version(package, &was, &is)
    })
}

fn same(one: &Package, other: &Package) -> bool {
    let name = |it: &Package| normal_name(&it.ecosystem, &it.name).into_owned();
    one.ecosystem == other.ecosystem && name(one) == name(other)
}

/// What an advisory says of a package.
fn on<'a>(advisory: &'a Advisory, package: &Package) -> Vec<&'a Affected> {
    let all = advisory.affected.iter();
    let on_package = |it: &&Affected| it.package.as_ref().is_some_and(|it| same(it, package));
    all.filter(on_package).collect()
}

fn loses_a_version(package: &Package, was: &[&Affected], is: &[&Affected]) -> bool {
    let Some(scheme) = package.scheme() else {
        return false;
    };
    let answer = |all: &[&Affected], text: &str| {
        let answers = all.iter().map(|it| it.contains(scheme, text));
        answers.max().unwrap_or(Match::NotAffected)
    };
    let later = is.iter().filter(|_| !was.iter().any(|it| has_no_end(it)));
    let named = was.iter().chain(later).flat_map(|it| versions(it));
    let mut asked = FIRST.into_iter().chain(named);
    asked.any(|text| answer(was, text) == Match::Affected && answer(is, text) == Match::NotAffected)
}

/// Every version that it names.
fn versions(affected: &Affected) -> impl Iterator<Item = &str> {
    let events = affected.ranges.iter().flat_map(|range| &range.events);
    let events = events.map(|event| match event {
        Event::Introduced(text)
        | Event::Fixed(text)
        | Event::LastAffected(text)
        | Event::Limit(text) => text.as_str(),
    });
    events.chain(affected.versions.iter().map(String::as_str))
}

fn has_no_end(affected: &Affected) -> bool {
    affected.ranges.iter().any(|range| {
        let opens = |it: &&Event| matches!(it, Event::Introduced(_));
        let opened = range.events.iter().filter(opens).count();
        2 * opened > range.events.len()
    })
}
