//! What one new advisory affects, without a scan of everything.
//!
//! A scan asks of each component which advisories speak of it. When one
//! advisory comes in, the question is the other way round: which components
//! does it speak of? Each component has a *key*, the ecosystem's family and
//! the package's name, or the vendor and product of its CPE name; an advisory
//! has the keys of the packages or products that it names.
//! Whoever keeps components by key looks at those few and asks of each what a
//! scan would ask, so both give the same answer.
//!
//! A CVE record may name products by a pattern (`*`). Then there are no keys to
//! look at; each kept product is asked for instead ([`NewAdvisory::may_mean`]).

use std::collections::BTreeSet;

use crate::advisory::{Freshness, Record, cve, read};
use crate::cpe::{Cpe, Products, products_of};
use crate::index::{Builder, Index, Numbers};
use crate::inventory::{Component, OsvEcosystem, PackageUrl, normal_name};
use crate::scan::by_name::{ByName, name_of};
use crate::scan::matcher::{Matcher, Verdict};
use crate::{VulnError, scan::Undecided};

/// An advisory that has just come in.
#[derive(Debug)]
pub struct NewAdvisory {
    index: Index,
    records: Vec<cve::Record>,
    numbers: Numbers,
    keys: BTreeSet<Vec<u8>>,
    patterns: Vec<Cpe>,
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
    /// [`VulnError`] where it is none, of another format, or names no product.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, VulnError> {
        let (mut builder, mut keys, mut ids) = (Builder::default(), BTreeSet::new(), Vec::new());
        let (mut records, mut patterns) = (Vec::new(), Vec::new());
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
                    let Products { named, open } = products(&record)?;
                    keys.extend(named.iter().map(|it| key_of_product(&it.0, &it.1)));
                    if !open.is_empty() {
                        keys.insert(key_of_product("", ""));
                    }
                    patterns.extend(open);
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
            patterns,
            ids,
        })
    }

    /// Their identifiers.
    #[must_use]
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// The keys of the components to look at. No other is affected, where there
    /// are no [patterns](Self::has_patterns).
    pub fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.keys.iter().map(Vec::as_slice)
    }

    /// Whether it names products by patterns, so that a component of each kept
    /// product has to be shown to [`NewAdvisory::may_mean`].
    #[must_use]
    pub fn has_patterns(&self) -> bool {
        !self.patterns.is_empty()
    }

    /// Whether a pattern may mean the product of a component: then all
    /// components with its key are to be looked at.
    #[must_use]
    pub fn may_mean(&self, component: &Component<'_>) -> bool {
        let name = name_of(component);
        let may = |name: &Cpe| self.patterns.iter().any(|it| it.may_mean_product_of(name));
        name.is_some_and(|name| may(&name))
    }

    /// What it says of a component, as a scan would answer. What a scan cannot
    /// decide because no advisory names its product, this one does not affect.
    #[must_use]
    pub fn judge(&self, component: &Component<'_>) -> Judged {
        let by_name = ByName::of(&self.records, &self.numbers);
        let mut matcher = Matcher::new(&self.index, by_name, Freshness::Fresh);
        let verdict = matcher.scan(component).verdict;
        match verdict {
            Verdict::NotAffected => Judged::NotAffected,
            Verdict::Undecidable(Undecided::UnknownProduct) => Judged::NotAffected,
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
    if let Some(name) = name_of(component) {
        // A product that is left open only patterns can mean.
        let product = name.product_stated().unwrap_or_default();
        return Some(key_of_product(product.0, product.1));
    }
    let purl = PackageUrl::parse(component.purl.as_deref()?).ok()?;
    let package = purl.osv().ok()?;
    let family = match &package.ecosystem {
        OsvEcosystem::Whole(name) => *name,
        OsvEcosystem::Release { family, .. } => *family,
    };
    Some(key(family, &package.name))
}

/// Whether a component is one of a product: whoever keeps components by key
/// has to find one of each product without knowing its key.
#[must_use]
pub fn is_of_product(component: &Component<'_>) -> bool {
    name_of(component).is_some()
}

/// The products that a CVE record names.
fn products(record: &cve::Record) -> Result<Products, VulnError> {
    let products = products_of(record);
    if products.named.is_empty() && products.open.is_empty() {
        let problem = "it names no product by CPE: nothing can be found by it";
        return Err(VulnError::at(record.id.as_str(), problem));
    }
    Ok(products)
}

/// No ecosystem of the OSV format is called so.
fn key_of_product(vendor: &str, product: &str) -> Vec<u8> {
    [b"CPE\0", vendor.as_bytes(), &[0], product.as_bytes()].concat()
}

fn key(ecosystem: &str, name: &str) -> Vec<u8> {
    let family = ecosystem.split(':').next().unwrap_or_default();
    let name = normal_name(ecosystem, name);
    [family.as_bytes(), &[0], name.as_bytes()].concat()
}
