//! What one new advisory affects, without a scan of everything.
//!
//! A scan asks of each component which advisories speak of it. When one
//! advisory comes in, the question is the other way round: which components
//! does it speak of? Each component has a *key*, the ecosystem's family and
//! the package's name, or the vendor and product of its CPE name; an advisory
//! has the keys of the packages or products that it names.
//! Whoever keeps components by key looks at those few and asks of each what a
//! scan would ask, so both give the same answer.

use std::collections::BTreeSet;

use crate::advisory::{Freshness, Record, cve, read};
use crate::cpe::{Product, Products, products_of};
use crate::index::{Builder, Index, Numbers};
use crate::inventory::{Component, OsvEcosystem, PackageUrl, normal_name};
use crate::scan::by_name::{ByName, product_of};
use crate::scan::matcher::{Matcher, Verdict};
use crate::{VulnError, scan::Undecided};

/// An advisory that has just come in.
#[derive(Debug)]
pub struct NewAdvisory {
    index: Index,
    records: Vec<cve::Record>,
    numbers: Numbers,
    keys: BTreeSet<Vec<u8>>,
    ids: Vec<String>,
}

/// What an advisory says of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// It affects it: the advisories of the file that do, ascending.
    Affected(Vec<String>),
    /// It does not.
    NotAffected,
    /// It cannot be told.
    Undecidable(Undecided),
}

impl NewAdvisory {
    /// Reads a file of advisories in the OSV format or of CVE records that name
    /// products by CPE; most hold one.
    ///
    /// # Errors
    /// [`VulnError`] where it is none, of another format, or names a product by
    /// a pattern.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, VulnError> {
        let (mut builder, mut keys, mut ids) = (Builder::default(), BTreeSet::new(), Vec::new());
        let mut records = Vec::new();
        for (number, record) in (1..).zip(read(name, bytes)?) {
            ids.push(record.id().to_owned());
            match record {
                Record::Osv(advisory) => {
                    let packages = advisory
                        .affected
                        .iter()
                        .filter_map(|it| it.package.as_ref());
                    keys.extend(packages.map(|it| key(&it.ecosystem, &it.name)));
                    let line = serde_json::to_vec(&Record::Osv(advisory));
                    builder.add(number, &line.map_err(|error| VulnError::json(&error))?)?;
                }
                Record::Cve(record) => {
                    keys.extend(products(&record)?.iter().map(key_of_product));
                    records.push(record);
                }
                _ => {
                    return Err(VulnError::at(
                        "the document",
                        "expected an advisory in the OSV format or a CVE record: other kinds name no packages",
                    ));
                }
            }
        }
        Ok(Self {
            numbers: builder.number(&records)?,
            index: builder.finish()?,
            records,
            keys,
            ids,
        })
    }

    /// Their identifiers.
    #[must_use]
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// The keys of the components to look at; no other is affected.
    pub fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.keys.iter().map(Vec::as_slice)
    }

    /// What it says of a component, as a scan would answer.
    #[must_use]
    pub fn judge(&self, component: &Component<'_>) -> Judged {
        let by_name = ByName::of(&self.records, &self.numbers);
        let mut matcher = Matcher::new(&self.index, by_name, Freshness::Fresh);
        let verdict = matcher.scan(component).verdict;
        match verdict {
            Verdict::NotAffected => Judged::NotAffected,
            Verdict::Undecidable(reason) => Judged::Undecidable(reason),
            Verdict::Affected(..) => {
                let hits = matcher.hits(verdict).iter();
                Judged::Affected(hits.map(|it| self.index.id(*it).to_owned()).collect())
            }
        }
    }
}

/// The key of a component; none where no advisory can speak of it.
#[must_use]
pub fn key_of(component: &Component<'_>) -> Option<Vec<u8>> {
    if let Some(product) = product_of(component) {
        return Some(key_of_product(&product));
    }
    let purl = PackageUrl::parse(component.purl.as_deref()?).ok()?;
    let package = purl.osv().ok()?;
    let family = match &package.ecosystem {
        OsvEcosystem::Whole(name) => *name,
        OsvEcosystem::Release { family, .. } => *family,
    };
    Some(key(family, &package.name))
}

/// The products that a CVE record names.
fn products(record: &cve::Record) -> Result<Vec<Product>, VulnError> {
    let Products { named, is_open } = products_of(record);
    let problem = match (is_open, named.is_empty()) {
        (false, false) => return Ok(named),
        (true, _) => "it names a product by a pattern: scan the lists with a bundle that holds it",
        (false, true) => "it names no product by CPE: nothing can be found by it",
    };
    Err(VulnError::at(record.id.as_str(), problem))
}

/// No ecosystem of the OSV format is called so.
fn key_of_product((vendor, product): &Product) -> Vec<u8> {
    [b"CPE\0", vendor.as_bytes(), &[0], product.as_bytes()].concat()
}

fn key(ecosystem: &str, name: &str) -> Vec<u8> {
    let family = ecosystem.split(':').next().unwrap_or_default();
    let name = normal_name(ecosystem, name);
    [family.as_bytes(), &[0], name.as_bytes()].concat()
}
