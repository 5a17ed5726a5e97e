//! The folder that holds what an operator has taken of advisories.
//!
//! ```text
//! accepted.json             which bundle is held, and who signed it
//! bundles/DIGEST.zst        the bundle
//! bundles/DIGEST.zst.sigstore.json   its signature
//! ```
//!
//! `accepted.json` is put in place last: killed at any moment, the folder
//! holds the old bundle or the new one, whole.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use modu_kernel::Digest;
use modu_vuln::advisory::Bundle;
use modu_vuln::limits;
use serde::{Deserialize, Serialize};

use super::bundle::signature_of;
use crate::exit::Wrong;
use crate::home::read_limited;

const ACCEPTED: &str = "accepted.json";
const ACCEPTED_BYTES: u64 = 1 << 16;

/// Which bundle is held.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Accepted {
    pub(super) sequence: u64,
    pub(super) digest: Digest,
    /// Who signed it, a URI: the next one must be theirs too.
    pub(super) identity: String,
    /// Who says that it is them.
    pub(super) issuer: String,
    /// When it was taken, RFC 3339.
    pub(super) at: String,
}

/// A state folder.
#[derive(Debug)]
pub(super) struct State {
    folder: PathBuf,
    pub(super) accepted: Option<Accepted>,
}

impl State {
    /// Opens a folder, which may still be empty.
    pub(super) fn open(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(ACCEPTED);
        let accepted = match path.exists() {
            false => None,
            true => Some(
                serde_json::from_slice(&read_limited(&path, ACCEPTED_BYTES)?)
                    .map_err(|error| Wrong(format!("{}: {error}", path.display())))?,
            ),
        };
        Ok(Self {
            folder: folder.to_owned(),
            accepted,
        })
    }

    /// Where the held bundle lies, checked against the digest that was taken.
    pub(super) fn bundle_path(&self) -> anyhow::Result<PathBuf> {
        let Some(accepted) = &self.accepted else {
            let problem = format!(
                "{} holds no bundle: take one with `modu vuln accept`",
                self.folder.display()
            );
            return Err(Wrong(problem).into());
        };
        let path = self.path_of(accepted.digest);
        let could_not = || format!("could not read {}", path.display());
        let file = File::open(&path).with_context(could_not)?;
        if Digest::of_reader(file).with_context(could_not)?.digest != accepted.digest {
            let problem = format!("{} is not what was taken: take it again", path.display());
            return Err(Wrong(problem).into());
        }
        Ok(path)
    }

    /// The held bundle, if there is one.
    pub(super) fn held(&self) -> anyhow::Result<Option<Bundle>> {
        if self.accepted.is_none() {
            return Ok(None);
        }
        let path = self.bundle_path()?;
        let bytes = read_limited(&path, limits::BUNDLE_BYTES)?;
        let bundle =
            Bundle::new(bytes).map_err(|error| Wrong(format!("{}: {error}", path.display())))?;
        Ok(Some(bundle))
    }

    /// Puts a bundle and its signature in the place of what is held.
    pub(super) fn take(
        &self,
        bundle: &[u8],
        signature: &[u8],
        accepted: &Accepted,
    ) -> anyhow::Result<()> {
        let path = self.path_of(accepted.digest);
        let bundles = self.folder.join("bundles");
        fs::create_dir_all(&bundles)
            .with_context(|| format!("could not make {}", bundles.display()))?;
        write_durably(&path, bundle)?;
        write_durably(&signature_of(&path), signature)?;
        let mut document = serde_json::to_vec_pretty(accepted)?;
        document.push(b'\n');
        write_durably(&self.folder.join(ACCEPTED), &document)?;
        match &self.accepted {
            Some(before) if before.digest != accepted.digest => {
                let old = self.path_of(before.digest);
                for old in [signature_of(&old), old] {
                    fs::remove_file(&old)
                        .with_context(|| format!("could not remove {}", old.display()))?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn path_of(&self, digest: Digest) -> PathBuf {
        (self.folder.join("bundles")).join(format!("{}.zst", digest.to_hex()))
    }
}

/// Writes a file whole or not at all, and so that it outlasts a loss of power.
pub(super) fn write_durably(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let write = || {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let fresh = path.with_file_name(format!(".{name}.part"));
        let mut file = File::create(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
    };
    write().with_context(|| format!("could not write {}", path.display()))
}
