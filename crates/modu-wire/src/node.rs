//! Nodes, which stand beside agencies' data.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::value::{DigestName, Line, Moment, Number};

/// What a node's token begins with.
pub const NODE_TOKEN_PREFIX: &str = "modu_node_";

/// A node's public key: `ed25519:` and 64 digits, as `modu node --show-key`
/// prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(
    pattern = "^ed25519:[0-9a-f]{64}$",
    example = "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
)]
pub struct NodeKeyName(String);

impl TryFrom<String> for NodeKeyName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digits = text.strip_prefix("ed25519:").unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        match digits.len() == 64 && digits.bytes().all(plain) {
            true => Ok(Self(text)),
            false => Err("a node's key is `ed25519:` and 64 hexadecimal digits in small letters"),
        }
    }
}

impl NodeKeyName {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NodeView {
    /// Its number.
    pub node: Number,
    /// Whose data it stands beside.
    pub organisation: Number,
    /// What it is called.
    pub name: Line,
    /// The key that its requests are signed with.
    pub key: NodeKeyName,
    /// When it was let in.
    pub admitted: Moment,
    /// When it was last heard of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Moment>,
    /// When it was shut out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shut_out: Option<Moment>,
    /// The trusted root by which its evidence is verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trusted_root: Option<DigestName>,
}

/// A node that is to be let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNode {
    /// The agency whose data it stands beside.
    pub organisation: Number,
    /// What it is called.
    pub name: Line,
    /// Its key.
    pub key: NodeKeyName,
}

/// A node that was let in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdmittedNode {
    /// Its number.
    pub node: Number,
    /// What it shows beside its signature: told this once, and kept nowhere.
    pub token: String,
    /// The entry of the history that tells of it.
    pub sequence: Number,
    /// When.
    pub at: Moment,
}

impl std::fmt::Debug for AdmittedNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AdmittedNode({})", self.node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_spelling() {
        let key = |digits: &str| NodeKeyName::try_from(format!("ed25519:{digits}"));
        assert!(key(&"a5".repeat(32)).is_ok());
        for wrong in [
            "",
            "a5",
            &"A5".repeat(32),
            &"g5".repeat(32),
            &"a5".repeat(33),
        ] {
            assert!(key(wrong).is_err(), "{wrong}");
        }
        assert!(NodeKeyName::try_from("a5".repeat(32)).is_err());
    }
}
