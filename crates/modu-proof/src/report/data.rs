//! What the data set is, for its owner.

use modu_kernel::{Digest, Label};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ClassName;

/// What the data set is. Owner only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataSection {
    /// Digest of the file. Not for release: a small data set can be guessed.
    pub digest: Digest,
    /// How it is named in public.
    pub published: PublishedData,
    /// Bytes of the file.
    pub size: u64,
    /// Its columns.
    pub profile: crate::dataset::DatasetProfile,
    /// Rows of each class.
    pub classes: Vec<ClassCount>,
    /// How many persons, or queries, the rows belong to, where they do not
    /// stand each for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusters: Option<u64>,
    /// The protected groups and their sizes.
    pub groups: Vec<GroupCount>,
}

/// How a data set is named where everybody can read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PublishedData {
    /// By a salted commitment, which the evidence made and its owner can open.
    Commitment(Digest),
    /// By its digest: the data is public anyway.
    Digest(Digest),
}

/// Rows of one class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassCount {
    /// The class.
    pub class: ClassName,
    /// Rows that bear it.
    pub rows: u64,
}

/// A protected group and the sizes of its members.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupCount {
    /// The group's id.
    pub id: String,
    /// Its name.
    pub name: Label,
    /// Its members.
    pub members: Vec<MemberCount>,
    /// Rows that no member takes in.
    pub outside: u64,
}

/// The size of one member of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberCount {
    /// The member's id.
    pub id: String,
    /// Its name.
    pub name: Label,
    /// Its rows.
    pub rows: u64,
    /// Its clusters, where rows belong together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusters: Option<u64>,
    /// Binary: its positives.
    pub positives: Option<u64>,
    /// Whether it reaches the minimum sizes.
    pub enough: bool,
}
