//! A line of a table whose root a run's result states.

use modu_evidence::EvidenceError;
use modu_evidence::log::{Hash, InclusionProof};
use modu_kernel::Digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

const SCHEMA: &str = "modu.inclusion/1";

/// Shows that a line is in a table: the way from it to the table's root in the
/// tree of RFC 9162, section 2.1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Inclusion {
    schema: String,
    /// The table's name under `report.tables` of the result.
    table: String,
    /// The line, a leaf of the tree.
    pub(crate) line: String,
    index: u64,
    size: u64,
    hashes: Vec<Digest>,
}

impl Inclusion {
    /// A proof for the line at `index` of a table of `size` lines.
    pub(crate) fn new(
        table: &str,
        line: String,
        index: u64,
        size: u64,
        hashes: Vec<Digest>,
    ) -> Self {
        Self {
            schema: SCHEMA.into(),
            table: table.to_owned(),
            line,
            index,
            size,
            hashes,
        }
    }

    /// Reads a proof.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, EvidenceError> {
        let wrong = |problem: String| EvidenceError::Proof {
            proof: "inclusion",
            problem,
        };
        let proof: Self =
            serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
        match proof.schema == SCHEMA {
            true => Ok(proof),
            false => Err(wrong(format!("its schema is not `{SCHEMA}`"))),
        }
    }

    /// Checks that the line is in the table whose size and root the result (a
    /// canonical outcome) states.
    pub(crate) fn check(&self, result: &[u8]) -> Result<(), EvidenceError> {
        let wrong = |problem: &str| EvidenceError::Proof {
            proof: "inclusion",
            problem: problem.into(),
        };
        let result: Value = serde_json::from_slice(result)
            .map_err(|_| wrong("the artifact is no result of a run"))?;
        let table = (result.pointer("/report/tables")).and_then(|tables| tables.get(&self.table));
        let stated = table.and_then(|table| {
            let size = table.get("size")?.as_u64()?;
            let root: Digest = table.get("root")?.as_str()?.parse().ok()?;
            Some((size, root))
        });
        let (size, root) = stated.ok_or_else(|| wrong("the result states no such table"))?;
        if size != self.size {
            return Err(wrong("it is of a table of another size"));
        }
        let hash = |digest: &Digest| Hash::from_bytes(*digest.as_bytes());
        let proof = InclusionProof {
            index: self.index,
            size,
            hashes: self.hashes.iter().map(hash).collect(),
        };
        proof.verify(&Hash::of_leaf(self.line.as_bytes()), &hash(&root))
    }
}

#[cfg(test)]
mod tests {
    use modu_route::history::MerkleTree;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_logs_verifier_takes_every_path_of_the_engines_tree_and_no_other() {
        for size in 1..40_u64 {
            let lines: Vec<_> = (0..size).map(|line| format!("line {line}")).collect();
            let tree = MerkleTree::of(&lines);
            let result = json!({ "report": { "tables": { "lines": tree.root() } } }).to_string();
            for (index, line) in lines.iter().enumerate() {
                let path = tree.path(index).unwrap_or_default();
                let index = index as u64;
                let proof = Inclusion::new("lines", line.clone(), index, size, path);
                assert!(proof.check(result.as_bytes()).is_ok(), "{index} of {size}");
                for wrong in [
                    Inclusion {
                        line: format!("{line} "),
                        ..proof.clone()
                    },
                    Inclusion {
                        size: size + 1,
                        ..proof.clone()
                    },
                    Inclusion {
                        index: index + size,
                        ..proof.clone()
                    },
                    Inclusion {
                        table: "others".into(),
                        ..proof.clone()
                    },
                ] {
                    assert!(wrong.check(result.as_bytes()).is_err());
                }
            }
        }
    }
}
