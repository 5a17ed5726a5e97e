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

use super::csaf::Advisory;
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
    /// Package URLs of what is spoken of; one without a version means all.
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
/// URL.
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
                let purl = advisory.product(*place).and_then(|it| it.purl.clone());
                let Some(purl) = purl else { continue };
                statements.push(Statement {
                    id: format!("{}#{}", advisory.id, statements.len() + 1),
                    author: advisory.publisher.clone(),
                    made: Some(advisory.released.clone()),
                    names: fault.names().map(str::to_owned).collect(),
                    products: vec![purl],
                    within: Vec::new(),
                    status,
                    why: fault.justification(*place).map(str::to_owned),
                });
            }
        }
    }
    statements
}

impl Statement {
    /// Whether it speaks of a component of a list; `asset` is what the list is
    /// of, as it says itself.
    #[must_use]
    pub fn speaks_of(
        &self,
        component: &PackageUrl<'_>,
        version: Option<&str>,
        asset: &str,
    ) -> bool {
        let within = self.within.is_empty() || self.within.iter().any(|it| it == asset);
        within
            && self
                .products
                .iter()
                .any(|it| is_meant(it, component, version))
    }

    /// Whether it says of one of these faults, with a reason, that it does not
    /// matter or was mended.
    #[must_use]
    pub fn clears<'n>(&self, mut names: impl Iterator<Item = &'n str>) -> bool {
        let reasoned = match self.status {
            Status::NotAffected => self.why.is_some(),
            Status::Fixed => true,
            Status::Affected | Status::UnderInvestigation => false,
        };
        reasoned && names.any(|name| self.names.iter().any(|it| it == name))
    }
}

/// The same package, and the same version and qualifiers where the statement
/// has any.
fn is_meant(statement: &str, component: &PackageUrl<'_>, version: Option<&str>) -> bool {
    let Ok(meant) = PackageUrl::parse(statement) else {
        return false;
    };
    let ours = component.version.as_deref().or(version);
    let same = meant.kind == component.kind
        && meant.namespace == component.namespace
        && name(&meant) == name(component);
    let same_version = meant.version.as_deref().is_none_or(|it| ours == Some(it));
    let qualifiers = statement.split_once('?').map_or("", |(_, rest)| rest);
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
