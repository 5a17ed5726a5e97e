//! Publication points in a local folder, laid out as `rsync` writes them.
//!
//! ```text
//! DIR/<host>/<module>/...    the objects of rsync://<host>/<module>/...
//! ```
//!
//! Every folder becomes the pack of a publication point. A folder that is as
//! it was when it was last read (its own time of change, and its manifests'
//! times, sizes and inodes) is not read again: an authority that changes an
//! object makes a new manifest.

mod folder;
mod scan;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use modu_kernel::Artifact;
use modu_route::repository::{PointKey, Source};

use self::scan::Scan;
use crate::NetError;
use crate::cache::Cache;

/// What a folder holds.
#[derive(Debug, Default)]
pub struct Filled {
    /// The publication points.
    pub points: BTreeMap<PointKey, Artifact>,
    /// How many folders were read.
    pub read: u64,
    /// How many were as they were before.
    pub unchanged: u64,
    /// What was passed over, and why; at most a hundred.
    pub notes: Vec<String>,
}

/// Reads all modules of a folder into the cache.
///
/// # Errors
/// What the disk says, of the folder or of the cache.
pub fn fill(cache: &Cache, root: &Path) -> Result<Filled, NetError> {
    let root = fs::canonicalize(root).map_err(|error| NetError::io("open", root, error))?;
    let mut modules = Vec::new();
    for (host, folder) in folders(&root)? {
        for (module, folder) in folders(&folder)? {
            modules.push((format!("rsync://{host}/{module}/"), folder));
        }
    }
    Scan::new(cache, &format!("local {}", root.display())).run(modules)
}

/// The folders in a folder, ascending, of which a URI can be made.
fn folders(folder: &Path) -> Result<Vec<(String, PathBuf)>, NetError> {
    let failed = |error| NetError::io("list", folder, error);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            continue;
        };
        if entry.file_type().map_err(failed)?.is_dir() {
            found.push((name, entry.path()));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// The key of a folder of a module.
fn key(module: &str, folder: &str) -> PointKey {
    PointKey {
        source: Source::Rsync(module.to_owned()),
        folder: folder.to_owned(),
    }
}
