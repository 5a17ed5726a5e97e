//! Statements on exploitability (VEX): whoever makes a product says whether a
//! known fault of one of its components matters in it, and why.
//!
//! Three formats carry them: OpenVEX, CycloneDX, and CSAF, whose advisories
//! are read by [`super::csaf`]. A statement that something is not affected
//! counts only with a reason, only from the bundle that was handed in, and
//! never silently: whoever made it is named beside every answer it changes.

mod cyclonedx;
mod openvex;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::csaf::{Advisory, Product, Versions};
use crate::cpe::{Attribute, Cpe};
use crate::inventory::{PackageUrl, normal_name};

pub(super) use cyclonedx::read as cyclonedx;
pub(super) use openvex::read as openvex;

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The document's identifier and the statement's place in it.
    pub id: String,
    /// Who says it.
    pub author: String,
    /// When, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<String>,
    /// Identifiers of the fault.
    pub names: Vec<String>,
    /// Package URLs and CPE names of what is spoken of; one without a version
    /// means all.
    pub products: Vec<String>,
    /// What it is part of, where it is said for that only: names as the list of
    /// its components has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<String>,
    /// What is said.
    pub status: Status,
    /// Why; a label of the format, or words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What a statement says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The fault does not matter there.
    NotAffected,
    /// It does.
    Affected,
    /// It was mended.
    Fixed,
    /// Nobody knows yet.
    UnderInvestigation,
}

/// Statements of one document; more are no list that a person made.
const STATEMENTS: usize = 1_000_000;

/// The same of all that an advisory in CSAF says of products with a package
/// URL or a CPE name.
#[must_use]
pub fn of_csaf(advisory: &Advisory) -> Vec<Statement> {
    let mut statements = Vec::new();
    for fault in &advisory.vulnerabilities {
        for (products, status) in [
            (&fault.not_affected, Status::NotAffected),
            (&fault.affected, Status::Affected),
            (&fault.fixed, Status::Fixed),
            (&fault.under_investigation, Status::UnderInvestigation),
        ] {
            for place in products {
                let products = advisory.product(*place).map(|it| names(it, status));
                let products = products.unwrap_or_default();
                if products.is_empty() {
                    continue;
                }
                statements.push(Statement {
                    id: format!("{}#{}", advisory.id, statements.len() + 1),
                    author: advisory.publisher.clone(),
                    made: Some(advisory.released.clone()),
                    names: fault.names().map(str::to_owned).collect(),
                    products,
                    within: Vec::new(),
                    status,
                    why: fault.justification(*place).map(str::to_owned),
                });
            }
        }
    }
    statements
}

/// The names of a product for a statement. Where the tree says which versions
/// are meant and a name does not, the name would clear all of them.
fn names(product: &Product, status: Status) -> Vec<String> {
    let names = product.purl.iter().chain(&product.cpe);
    let told = names.filter_map(|name| match &product.versions {
        Some(Versions::Exactly(version)) => of_version(name, version),
        Some(Versions::Range(range)) if !matches!(range.trim(), "*" | "vers:all/*") => {
            (!status.clears() || has_version(name)).then(|| name.clone())
        }
        _ => Some(name.clone()),
    });
    told.collect()
}

fn has_version(name: &str) -> bool {
    match PackageUrl::parse(name) {
        Ok(purl) => purl.version.is_some(),
        Err(_) => Cpe::parse(name).is_ok_and(|it| matches!(it.version(), Attribute::Value(_))),
    }
}

/// A name with the version that stands beside it, where it has none itself;
/// none where it is neither a package URL nor a CPE name.
fn of_version(name: &str, version: &str) -> Option<String> {
    if has_version(name) {
        return Some(name.to_owned());
    }
    if let Ok(cpe) = Cpe::parse(name) {
        return Some(cpe.with_version(version).to_string());
    }
    PackageUrl::parse(name).ok()?;
    let (package, rest) = name.split_at(name.find(['?', '#']).unwrap_or(name.len()));
    let version: String = version.bytes().map(|byte| format!("%{byte:02X}")).collect();
    Some(format!(
        "{}@{version}{rest}",
        package.trim_end_matches(['/', '@'])
    ))
}

/// A component that statements may speak of, by the names that count for it.
#[derive(Debug, Clone, Default)]
pub struct Named<'a> {
    /// Its package URL.
    pub purl: Option<PackageUrl<'a>>,
    /// Its CPE name, its version in it as far as that is known.
    pub cpe: Option<Cpe>,
    /// Its version, where the package URL has none.
    pub version: Option<&'a str>,
}

impl Status {
    /// Whether it can clear a finding.
    const fn clears(self) -> bool {
        match self {
            Self::NotAffected | Self::Fixed => true,
            Self::Affected | Self::UnderInvestigation => false,
        }
    }
}

impl Statement {
    /// Whether it speaks of a component of a list; `asset` is what the list is
    /// of, as it says itself. Where a CPE name leaves that open, a statement
    /// that clears does not, and any other does.
    #[must_use]
    pub fn speaks_of(&self, component: &Named<'_>, asset: &str) -> bool {
        let within = self.within.is_empty() || self.within.iter().any(|it| it == asset);
        let means = |product: &String| match is_meant(product, component) {
            Some(answer) => answer,
            None => !self.status.clears(),
        };
        within && self.products.iter().any(means)
    }

    /// Whether it says of one of these faults, with a reason, that it does not
    /// matter or was mended.
    #[must_use]
    pub fn clears<'n>(&self, mut names: impl Iterator<Item = &'n str>) -> bool {
        let reasoned = self.status == Status::Fixed || self.why.is_some();
        self.status.clears() && reasoned && names.any(|name| self.names.iter().any(|it| it == name))
    }
}

/// Whether a statement's product is the component; none where the component's
/// CPE name leaves open what the product asks for.
fn is_meant(product: &str, component: &Named<'_>) -> Option<bool> {
    if let Ok(meant) = PackageUrl::parse(product) {
        let purl = component.purl.as_ref();
        return Some(purl.is_some_and(|purl| is_package(product, &meant, purl, component.version)));
    }
    let (Ok(meant), Some(cpe)) = (Cpe::parse(product), &component.cpe) else {
        return Some(false);
    };
    match (meant.holds_of(cpe), meant.version().holds_of(cpe.version())) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// The same package, and the same version and qualifiers where the statement
/// has any.
fn is_package(
    product: &str,
    meant: &PackageUrl<'_>,
    component: &PackageUrl<'_>,
    version: Option<&str>,
) -> bool {
    let ours = component.version.as_deref().or(version);
    let same = meant.kind == component.kind
        && meant.namespace == component.namespace
        && name(meant) == name(component);
    let same_version = meant.version.as_deref().is_none_or(|it| ours == Some(it));
    let qualifiers = product.split_once('?').map_or("", |(_, rest)| rest);
    let mut keys = qualifiers
        .split('&')
        .filter_map(|pair| pair.split_once('='));
    let same_qualifiers = keys.all(|(key, _)| meant.qualifier(key) == component.qualifier(key));
    same && same_version && same_qualifiers
}

/// Python writes one name in several ways.
fn name<'a>(purl: &'a PackageUrl<'_>) -> Cow<'a, str> {
    match purl.kind.as_ref() {
        "pypi" => normal_name("PyPI", &purl.name),
        _ => Cow::Borrowed(purl.name.as_ref()),
    }
}
