//! `modu backup` and `modu restore`: everything that a home holds, in one
//! file, taken while the server runs.
//!
//! The file is a tar archive: the databases as they are at one moment, then
//! the evidence while nobody writes to it, then the artifacts, which never
//! change; at the end a manifest with the digest of each. In this order the
//! history never names evidence, nor the evidence an artifact, that is not in
//! the file.
//!
//! It is the same file whatever the programme is kept in: what lies in
//! PostgreSQL is copied into SQLite files as it is at one moment, and put into
//! a database again where one is named when it is restored.
//!
//! The private keys are not in it, nor is the key that seals second factors.
//! Who has a copy of the evidence may read it; who has the keys may sign in the
//! organisation's name. `--keys` writes them
//! to a second file, to be kept elsewhere. Without them a restored home can be
//! read and verified, and nothing can be signed.

mod restore;
mod write;

use std::collections::BTreeMap;

use jiff::Timestamp;
use modu_kernel::Digest;
use serde::{Deserialize, Serialize};

use crate::serve::place::SEAL_KEY;

pub(crate) use self::restore::run as restore;
pub(crate) use self::write::run as write;

/// What the manifest calls itself; another format gets another name.
const FORMAT: &str = "modu-backup/1";
/// The manifest's name in the archive, and its limit.
const MANIFEST: &str = "manifest.json";
const MAX_MANIFEST_BYTES: u64 = 1 << 30;
/// Where the private keys lie.
const KEYS: &str = "evidence/keys/";

/// Whether a file is among the keys, which are kept apart.
fn is_key(name: &str) -> bool {
    name.starts_with(KEYS) || name == SEAL_KEY
}

/// What a backup holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: String,
    made: Timestamp,
    /// Entries of the log.
    evidence: u64,
    files: BTreeMap<String, Digest>,
}
