//! Components that have a CPE name and no package URL, held against CVE
//! records.
//!
//! A package URL outweighs a CPE name: tools guess the latter from the former.
//! Packages of distributions are never sought by CPE, for CVE records know
//! nothing of what a distribution mended within its version.

use std::collections::BTreeSet;

use crate::advisory::cve;
use crate::cpe::{Attribute, Catalogue, Cpe, Product, products_of};
use crate::index::{AdvisoryNumber, Numbers};
use crate::inventory::{Component, PackageUrl, Unplaced};

/// How the lines begin that hold CVE records.
const CVE: &[u8] = b"{\"kind\":\"cve\"";

/// The CPE name by which a component is sought; none where its package URL
/// counts, or it has no name.
pub(crate) fn sought_by<'a>(component: &'a Component<'_>) -> Option<&'a str> {
    let name = component.cpe.as_deref()?;
    let Some(Ok(purl)) = component.purl.as_deref().map(PackageUrl::parse) else {
        return Some(name);
    };
    let of_distribution = matches!(purl.kind.as_ref(), "deb" | "rpm" | "apk");
    let unknown = matches!(purl.osv(), Err(Unplaced::UnknownEcosystem));
    (unknown && !of_distribution).then_some(name)
}

/// The product of a component that is sought by its CPE name.
pub(crate) fn product_of(component: &Component<'_>) -> Option<Product> {
    let name = Cpe::parse(sought_by(component)?).ok()?;
    match name.product() {
        (Attribute::Value(vendor), Attribute::Value(product)) => {
            Some((vendor.clone(), product.clone()))
        }
        _ => None,
    }
}

/// The products that a list names by CPE: of a bundle's CVE records those on
/// others are not kept.
#[derive(Debug, Default)]
pub(super) struct Wanted(BTreeSet<Product>);

impl Wanted {
    pub(super) fn of(components: &[Component<'_>]) -> Self {
        Self(components.iter().filter_map(product_of).collect())
    }

    /// Reads a line of a bundle, where it is a CVE record on one of them.
    pub(super) fn read(&self, line: &[u8]) -> serde_json::Result<Option<cve::Record>> {
        if self.0.is_empty() || !line.starts_with(CVE) {
            return Ok(None);
        }
        let record: cve::Record = serde_json::from_slice(line)?;
        let products = products_of(&record);
        let is_wanted = products.is_open || products.named.iter().any(|it| self.0.contains(it));
        let stands = record.state == cve::State::Published;
        Ok((is_wanted && stands).then_some(record))
    }
}

/// CVE records by the products that they name.
pub(crate) struct ByName<'r> {
    catalogue: Catalogue<'r>,
    numbers: &'r Numbers,
}

/// What records say of a CPE name.
pub(crate) enum Looked {
    /// No record names its product.
    Unknown,
    /// These apply, by identifier.
    Applying(Vec<AdvisoryNumber>),
    /// None applies for certain, and of one it cannot be told.
    Open,
    /// None applies.
    NotApplying,
}

impl<'r> ByName<'r> {
    pub(crate) fn of(records: &'r [cve::Record], numbers: &'r Numbers) -> Self {
        Self {
            catalogue: Catalogue::of(records),
            numbers,
        }
    }

    pub(crate) fn look_up(&self, thing: &Cpe) -> Looked {
        let answers = self.catalogue.applying(thing);
        let applying = answers.iter().filter(|(_, applies)| **applies);
        let applying: Vec<AdvisoryNumber> = applying
            .filter_map(|(id, _)| self.numbers.get(*id).copied())
            .collect();
        match (applying.is_empty(), self.catalogue.names(thing)) {
            (false, _) => Looked::Applying(applying),
            (true, false) => Looked::Unknown,
            (true, true) if answers.is_empty() => Looked::NotApplying,
            (true, true) => Looked::Open,
        }
    }
}
