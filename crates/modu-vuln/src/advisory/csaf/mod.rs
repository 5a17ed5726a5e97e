//! Advisories in the Common Security Advisory Framework 2.0
//! (<https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html>), those on
//! operational technology among them.
//!
//! An advisory has a tree of products: vendor, family, product, and a version
//! or a range of versions as its vendor writes it. Each vulnerability then says
//! which of the products are affected, which are not and why, and what to do.
//! Here the tree is flat: a product knows the names above it, and is meant by
//! its place in the list.

mod document;
mod tree;

use modu_kernel::Label;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::facts::Score;

pub use document::read;

/// Bytes of a remedy's words that a bundle keeps; the advisory has the rest.
pub const REMEDY_BYTES: usize = 1_000;

/// One advisory; what is not needed for matching and mending is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advisory {
    /// Such as `ICSA-24-074-02`.
    pub id: String,
    /// One line.
    pub title: String,
    /// Who says all this.
    pub publisher: String,
    /// The profile, such as `csaf_security_advisory`, `csaf_vex`.
    pub category: String,
    /// `draft`, `interim` or `final`.
    pub status: String,
    /// The number of its revision.
    pub revision: String,
    /// When this revision came out, RFC 3339.
    pub released: String,
    /// Where a person reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// All products that it names.
    pub products: Vec<Product>,
    /// The vulnerabilities.
    pub vulnerabilities: Vec<Vulnerability>,
}

/// A product with the names above it in the tree.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Product {
    /// Its identifier within the advisory.
    pub id: String,
    /// Its full name as the advisory writes it.
    pub name: String,
    /// The vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// The family.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// The product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// Its versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versions: Option<Versions>,
    /// What else restricts it: an architecture, a language, a patch level.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<String>,
    /// Model numbers; `?` and `*` stand for what may vary.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// A CPE name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpe: Option<String>,
    /// A package URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
    /// The two that it is made of, where it is one product in or on another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joined: Option<Joined>,
}

/// Versions as a product tree has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Versions {
    /// One version.
    Exactly(String),
    /// A range, as its vendor writes it.
    Range(String),
}

/// A product in or on another; both by their places in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// Such as `installed_on`, `default_component_of`.
    pub category: String,
    /// The component.
    pub component: u32,
    /// What it is in or on.
    pub host: u32,
}

/// One vulnerability. Products are meant by their places in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Vulnerability {
    /// Its CVE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cve: Option<String>,
    /// Other identifiers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// Products with the fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub affected: Vec<u32>,
    /// Products without it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_affected: Vec<u32>,
    /// Products in which it is mended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<u32>,
    /// Products of which it is not known yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub under_investigation: Vec<u32>,
    /// Why products are without it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub justifications: Vec<Justification>,
    /// CVSS vectors.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<Score>,
    /// What to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<Remedy>,
}

/// Why products are without a fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Justification {
    /// A label such as `vulnerable_code_not_present`, or the statement in words.
    pub why: String,
    /// The products.
    pub products: Vec<u32>,
}

/// What to do about a vulnerability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// What kind of help it is.
    pub kind: RemedyKind,
    /// In words, at most [`REMEDY_BYTES`].
    pub details: String,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The products; none means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<u32>,
}

/// Kinds of remedies (CSAF 2.0, 3.2.3.12.1), the best first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RemedyKind {
    /// The vendor has a version without the fault.
    VendorFix,
    /// A way to avoid the fault.
    Workaround,
    /// Something that lowers the risk.
    Mitigation,
    /// There is no fix yet.
    NoneAvailable,
    /// There will be none.
    NoFixPlanned,
}

impl RemedyKind {
    /// Its name in the format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VendorFix => "vendor_fix",
            Self::Workaround => "workaround",
            Self::Mitigation => "mitigation",
            Self::NoneAvailable => "none_available",
            Self::NoFixPlanned => "no_fix_planned",
        }
    }

    /// What it is, in words.
    #[must_use]
    pub fn label(self) -> Label {
        let (ko, en) = match self {
            Self::VendorFix => ("고친 버전 있음", "fixed version"),
            Self::Workaround => ("우회 방법 있음", "workaround"),
            Self::Mitigation => ("완화 방법 있음", "mitigation"),
            Self::NoneAvailable => ("아직 고친 버전 없음", "no fix yet"),
            Self::NoFixPlanned => ("고칠 계획 없음", "no fix planned"),
        };
        Label::new(ko, en)
    }
}

impl Advisory {
    /// A product by its place.
    #[must_use]
    pub fn product(&self, place: u32) -> Option<&Product> {
        self.products.get(usize::try_from(place).ok()?)
    }
}

impl Vulnerability {
    /// Its CVE and other identifiers.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let ids = self.ids.iter().map(String::as_str);
        self.cve.as_deref().into_iter().chain(ids)
    }

    /// Why a product is without the fault, where something is said.
    #[must_use]
    pub fn justification(&self, product: u32) -> Option<&str> {
        let mut all = self.justifications.iter();
        let found = all.find(|it| it.products.contains(&product));
        found.map(|it| it.why.as_str())
    }
}
