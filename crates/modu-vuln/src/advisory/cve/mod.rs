//! CVE records, version 5.x
//! (<https://github.com/CVEProject/cve-schema>): what the numbering authority
//! says, and what others added to it. CISA adds its coordinator decision, CVSS
//! vectors, product names as CPE, and the day since which a fault is known to
//! be exploited ("vulnrichment").

mod document;

use serde::{Deserialize, Serialize};

use super::facts::{Points, Score};

pub use document::read;
pub(super) use document::recognised;

/// What a bundle keeps of one CVE record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Such as `CVE-2024-12345`.
    pub id: String,
    /// Whether it stands.
    pub state: State,
    /// When it was last changed, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<String>,
    /// CVSS vectors, with who gave them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<Score>,
    /// The coordinator decision; at each point the worst that a container says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssvc: Option<Points>,
    /// The day it was added to CISA's catalogue of exploited vulnerabilities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exploited_since: Option<String>,
    /// Products and versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub affected: Vec<Affected>,
    /// Statements of applicability by CPE: the record applies where one does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applicability: Vec<Configuration>,
}

/// Whether a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It does.
    Published,
    /// It was withdrawn: nothing is affected by it.
    Rejected,
}

/// One product and its versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affected {
    /// Who says so: the short name of a CVE authority.
    pub source: String,
    /// The vendor, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// The product, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// CPE 2.3 names of the product.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cpes: Vec<String>,
    /// What holds of versions that are not listed.
    pub otherwise: Status,
    /// Versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<Versions>,
}

/// Whether versions are affected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// They are.
    Affected,
    /// They are not.
    Unaffected,
    /// Nobody says.
    #[default]
    Unknown,
}

/// One version, or those from it up to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// The version, or the first of the range; `0` and `*` stand before all.
    pub version: String,
    /// What holds of it.
    pub status: Status,
    /// The first version after the range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub less_than: Option<String>,
    /// The last version of the range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub less_than_or_equal: Option<String>,
    /// How versions are ordered, such as `semver`, `custom`, `git`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// A statement of applicability: nodes joined by an operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// How the nodes are joined; `OR` where nothing is said.
    #[serde(default)]
    pub operator: Operator,
    /// Whether the opposite is meant.
    #[serde(default)]
    pub negate: bool,
    /// The nodes.
    pub nodes: Vec<Node>,
}

/// Names joined by an operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "camelCase"))]
pub struct Node {
    /// How the names are joined.
    #[serde(default)]
    pub operator: Operator,
    /// Whether the opposite is meant.
    #[serde(default)]
    pub negate: bool,
    /// The names.
    #[serde(default, alias = "cpe_match")]
    pub cpe_match: Vec<CpeMatch>,
}

/// A CPE name with a range of versions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CpeMatch {
    /// Whether the product itself is at fault, or only has to be present.
    pub vulnerable: bool,
    /// The CPE 2.3 name.
    pub criteria: String,
    /// The first version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_start_including: Option<String>,
    /// The version before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_start_excluding: Option<String>,
    /// The last version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_end_including: Option<String>,
    /// The version after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_end_excluding: Option<String>,
}

/// How parts of a statement are joined.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Operator {
    /// One is enough.
    #[default]
    Or,
    /// All have to hold.
    And,
}
