//! Components that have a CPE name and no package URL, held against CVE
//! records.
//!
//! A package URL outweighs a CPE name: tools guess the latter from the former.
//! Packages of distributions are never sought by CPE, for CVE records know
//! nothing of what a distribution mended within its version.

use std::collections::BTreeSet;

use crate::advisory::cve;
use crate::cpe::{Catalogue, Cpe, Product, products_of};
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

/// The same, read.
pub(crate) fn name_of(component: &Component<'_>) -> Option<Cpe> {
    Cpe::parse(sought_by(component)?).ok()
}

/// The products that a list names by CPE: of a bundle's CVE records those on
/// others are not kept.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    products: BTreeSet<Product>,
    /// Whether any component is sought by its CPE name.
    any: bool,
}

impl Wanted {
    pub(super) fn of(components: &[Component<'_>]) -> Self {
        let mut wanted = Self::default();
        for name in components.iter().filter_map(name_of) {
            wanted.any = true;
            let product = name.product_stated();
            let product = product.map(|(vendor, product)| (vendor.to_owned(), product.to_owned()));
            wanted.products.extend(product);
        }
        wanted
    }

    /// Reads a line of a bundle, where it is a CVE record on one of them.
    pub(super) fn read(&self, line: &[u8]) -> serde_json::Result<Option<cve::Record>> {
        if !self.any || !line.starts_with(CVE) {
            return Ok(None);
        }
        let record: cve::Record = serde_json::from_slice(line)?;
        let products = products_of(&record);
        let mut named = products.named.iter();
        let is_wanted = !products.open.is_empty() || named.any(|it| self.products.contains(it));
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
    /// No record names its product, and none may mean it by a pattern.
    Unknown,
    /// These apply, by identifier; and whether of one more it cannot be told.
    Applying(Vec<AdvisoryNumber>, bool),
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
        let is_open = answers.values().any(|applies| !applies);
        match (applying.is_empty(), is_open, self.catalogue.names(thing)) {
            (false, ..) => Looked::Applying(applying, is_open),
            (true, true, _) => Looked::Open,
            (true, false, true) => Looked::NotApplying,
            (true, false, false) => Looked::Unknown,
        }
    }
}
