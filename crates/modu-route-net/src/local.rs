//! Publication points in a local folder, laid out as `rsync` writes them.
//!
//! ```text
//! DIR/<host>/<module>/...    the objects of rsync://<host>/<module>/...
//! ```
//!
//! Every folder becomes the pack of a publication point. Packs go onto a shelf:
//! into a cache ([`fill`]), or into memory for one run ([`read_folder`]). With a
//! cache, a folder that is as it was when it was last read (its own time of
//! change, and its manifests' times, sizes and inodes) is not read again: an
//! authority that changes an object makes a new manifest.

mod folder;
mod scan;
mod shelf;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use modu_kernel::Artifact;
use modu_route::repository::{AnchorEntry, PointKey, RepositoryIndex, Source};
use modu_route::validate::Locator;

use self::scan::{Module, Scan};
use self::shelf::Shelf;
use crate::NetError;
use crate::cache::Cache;

pub use self::shelf::HeldPacks;

/// What a folder holds.
#[derive(Debug, Default)]
pub struct Filled {
    /// Trust anchors' certificates, by their locators' names.
    pub anchors: BTreeMap<String, AnchorEntry>,
    /// The publication points.
    pub points: BTreeMap<PointKey, Artifact>,
    /// How many folders were read.
    pub read: u64,
    /// How many were as they were before.
    pub unchanged: u64,
    /// What was passed over, and why; at most a hundred.
    pub notes: Vec<String>,
}

impl Filled {
    /// All of it as an index, and what was passed over.
    #[must_use]
    pub fn into_index(self) -> (RepositoryIndex, Vec<String>) {
        let index = RepositoryIndex {
            anchors: self.anchors,
            points: self.points,
            ..RepositoryIndex::default()
        };
        (index, self.notes)
    }
}

/// Reads all modules of a folder, and the locators' certificates in it, into
/// the cache.
///
/// # Errors
/// What the disk says, of the folder or of the cache.
pub fn fill(cache: &Cache, root: &Path, locators: &[Locator]) -> Result<Filled, NetError> {
    read_onto(cache, root, locators)
}

/// Reads all modules of a folder, and the locators' certificates in it, into
/// memory: for one run.
///
/// # Errors
/// What the disk says.
pub fn read_folder(root: &Path, locators: &[Locator]) -> Result<(Filled, HeldPacks), NetError> {
    let held = HeldPacks::default();
    let filled = read_onto(&held, root, locators)?;
    Ok((filled, held))
}

fn read_onto(shelf: &dyn Shelf, root: &Path, locators: &[Locator]) -> Result<Filled, NetError> {
    let root = fs::canonicalize(root).map_err(|error| NetError::io("open", root, error))?;
    let mut modules = Vec::new();
    for (host, folder) in folders(&root)? {
        for (module, folder) in folders(&folder)? {
            let uri = format!("rsync://{host}/{module}/");
            modules.extend(Source::module_of(&uri).map(|source| Module {
                source,
                uri,
                folder,
            }));
        }
    }
    let mut filled = Scan::new(shelf, &format!("local {}", root.display())).run(modules)?;
    for locator in locators {
        if let Some(entry) = anchor(shelf, &root, locator)? {
            filled.anchors.insert(entry.name.clone(), entry);
        }
    }
    Ok(filled)
}

/// Reads one module's working copy into the cache.
pub(crate) fn fill_module(
    cache: &Cache,
    module: &str,
    folder: PathBuf,
) -> Result<Filled, NetError> {
    let scan = Scan::new(cache, &format!("module {module}"));
    scan.run(vec![Module {
        source: Source::Rsync(module.to_owned()),
        uri: module.to_owned(),
        folder,
    }])
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

/// A trust anchor's certificate in a local folder: where its locator's rsync
/// URIs lead, or, as `rpki-client` keeps it, `ta/<name>/<any>.cer`. `None`
/// where there is none.
fn anchor(
    shelf: &dyn Shelf,
    root: &Path,
    locator: &Locator,
) -> Result<Option<AnchorEntry>, NetError> {
    let by_uri = locator.uris().iter().filter_map(|uri| {
        let parsed = rpki::uri::Rsync::from_slice(uri.as_bytes()).ok()?;
        let path = root.join(parsed.authority()).join(parsed.module_name());
        Some((uri.clone(), path.join(parsed.path())))
    });
    let kept = root.join("ta").join(locator.name());
    let mut certificates: Vec<PathBuf> = fs::read_dir(kept)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    certificates.retain(|path| path.extension().is_some_and(|it| it == "cer"));
    certificates.sort_unstable();
    let uri = locator.uris().first().cloned().unwrap_or_default();
    let by_name = certificates.into_iter().map(|path| (uri.clone(), path));
    for (uri, path) in by_uri.chain(by_name) {
        if !path.is_file() {
            continue;
        }
        let bytes =
            folder::read_object(&path).map_err(|error| NetError::io("read", &path, error))?;
        return Ok(Some(AnchorEntry {
            name: locator.name().to_owned(),
            uri,
            certificate: shelf.put(&bytes)?,
        }));
    }
    Ok(None)
}
