//! A repository that somebody else has fetched, read into memory for one run:
//! a folder in the layout of rsync copies, `FOLDER/host/module/path`, as
//! rpki-client and Routinator keep them. For many runs, [`crate::local`] fills
//! a cache from such a folder, and reads only what changed.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use modu_kernel::{Artifact, Digest};
use modu_route::limits as route_limits;
use modu_route::repository::{AnchorEntry, Packs, PointKey, PointPack, RepositoryIndex, Source};
use modu_route::validate::Locator;

use crate::NetError;

/// The most folders below one another that are looked into.
const DEPTH: usize = 32;

/// Packs in memory, by digest.
#[derive(Debug, Default)]
pub struct HeldPacks(HashMap<Digest, Bytes>);

impl HeldPacks {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&Digest, &Bytes)> {
        self.0.iter()
    }

    fn keep(&mut self, bytes: Bytes) -> Artifact {
        let artifact = Artifact::of(&bytes);
        self.0.insert(artifact.digest, bytes);
        artifact
    }
}

impl Packs for HeldPacks {
    fn pack(&self, digest: &Digest) -> io::Result<Bytes> {
        let held = self.0.get(digest).cloned();
        held.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, digest.to_string()))
    }
}

/// Reads every file below a folder into packs. A locator's certificate is
/// looked for at its rsync URIs, and at `FOLDER/ta/NAME/`, where rpki-client
/// keeps those of https URIs. Files with names or sizes past the limits of a
/// pack are passed over: whoever lists them finds them missing.
///
/// # Errors
/// What the disk says.
pub fn read_folder(
    folder: &Path,
    locators: &[Locator],
) -> Result<(RepositoryIndex, HeldPacks), NetError> {
    let mut index = RepositoryIndex::default();
    let mut packs = HeldPacks::default();
    for host in folders_in(folder)? {
        for module in folders_in(&host.path)? {
            let uri = format!("rsync://{}/{}/", host.name, module.name);
            let Some(source) = Source::module_of(&uri) else {
                continue;
            };
            read_points(&module.path, uri, &source, &mut index, &mut packs, 0)?;
        }
    }
    for locator in locators {
        if let Some(entry) = anchor(folder, locator, &mut packs)? {
            index.anchors.insert(entry.name.clone(), entry);
        }
    }
    Ok((index, packs))
}

struct Folder {
    name: String,
    path: PathBuf,
}

/// The folders in a folder, by name; links are not followed.
fn folders_in(folder: &Path) -> Result<Vec<Folder>, NetError> {
    let (_, folders) = entries_in(folder)?;
    Ok(folders)
}

/// Files and folders in a folder.
fn entries_in(folder: &Path) -> Result<(Vec<Folder>, Vec<Folder>), NetError> {
    let failed = |error| NetError::io("read", folder, error);
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let kind = entry.file_type().map_err(failed)?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = entry.path();
        if kind.is_dir() {
            folders.push(Folder { name, path });
        } else if kind.is_file() {
            files.push(Folder { name, path });
        }
    }
    folders.sort_by(|one, other| one.name.cmp(&other.name));
    Ok((files, folders))
}

fn read_points(
    folder: &Path,
    uri: String,
    source: &Source,
    index: &mut RepositoryIndex,
    packs: &mut HeldPacks,
    depth: usize,
) -> Result<(), NetError> {
    let (files, folders) = entries_in(folder)?;
    let mut objects = BTreeMap::new();
    for file in files {
        if let Some(bytes) = read_object(&file.path)?
            && file.name.len() <= route_limits::OBJECT_NAME_BYTES
            && objects.len() < route_limits::POINT_OBJECTS
        {
            objects.insert(file.name, bytes);
        }
    }
    if !objects.is_empty() {
        let pack = PointPack::new(objects).map_err(|source| NetError::Route {
            place: folder.display().to_string(),
            source,
        })?;
        let key = PointKey {
            source: source.clone(),
            folder: uri.clone(),
        };
        index.points.insert(key, packs.keep(pack.to_bytes().into()));
    }
    if depth < DEPTH {
        for below in folders {
            let uri = format!("{uri}{}/", below.name);
            read_points(&below.path, uri, source, index, packs, depth + 1)?;
        }
    }
    Ok(())
}

/// A file, unless it is past the limit or has just gone.
fn read_object(path: &Path) -> Result<Option<Bytes>, NetError> {
    let length = match fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(NetError::io("read", path, error)),
    };
    if length > route_limits::OBJECT_BYTES {
        return Ok(None);
    }
    let bytes = fs::read(path).map_err(|error| NetError::io("read", path, error))?;
    Ok((bytes.len() as u64 <= route_limits::OBJECT_BYTES).then(|| bytes.into()))
}

fn anchor(
    folder: &Path,
    locator: &Locator,
    packs: &mut HeldPacks,
) -> Result<Option<AnchorEntry>, NetError> {
    for uri in locator.uris() {
        let last = uri.rsplit('/').next().unwrap_or_default();
        let of_client = folder.join("ta").join(locator.name()).join(last);
        // An rsync URI that a locator could be made of has no dot segments.
        let of_module = uri.strip_prefix("rsync://").map(|path| folder.join(path));
        for path in of_module.into_iter().chain([of_client]) {
            if last.is_empty() || !path.is_file() {
                continue;
            }
            if let Some(bytes) = read_object(&path)? {
                return Ok(Some(AnchorEntry {
                    name: locator.name().to_owned(),
                    uri: uri.clone(),
                    certificate: packs.keep(bytes),
                }));
            }
        }
    }
    Ok(None)
}
