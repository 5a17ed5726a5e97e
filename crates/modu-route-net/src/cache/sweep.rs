//! Removing what nobody needs any more.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use modu_kernel::Digest;

use super::Cache;
use crate::NetError;

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Packs that were kept.
    pub kept: u64,
    /// Packs that were removed.
    pub removed: u64,
    /// The bytes that they took.
    pub bytes: u64,
}

impl Cache {
    /// Removes every pack that neither the index nor `needed` names: the
    /// latest runs' trees need theirs, as the last good state to fall back on,
    /// and so does a hold.
    ///
    /// # Errors
    /// What the disk says; what was not removed is swept the next time.
    pub fn sweep(&mut self, needed: impl IntoIterator<Item = Digest>) -> Result<Swept, NetError> {
        let mut keep: HashSet<Digest> = needed.into_iter().collect();
        keep.extend(self.index().digests());
        let mut swept = Swept::default();
        for fan_out in list(self.packs.folder())? {
            for path in list(&fan_out)? {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let Ok(digest) = Digest::from_hex(&name) else {
                    continue;
                };
                if keep.contains(&digest) {
                    swept.kept += 1;
                    continue;
                }
                swept.bytes += fs::metadata(&path).map_or(0, |metadata| metadata.len());
                let removed = self.packs.remove(&digest);
                removed.map_err(|error| NetError::io("remove", &path, error))?;
                swept.removed += 1;
            }
        }
        Ok(swept)
    }
}

fn list(folder: &Path) -> Result<Vec<std::path::PathBuf>, NetError> {
    let failed = |error| NetError::io("list", folder, error);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).map_err(failed)?;
    entries
        .map(|entry| entry.map(|entry| entry.path()).map_err(failed))
        .collect()
}
