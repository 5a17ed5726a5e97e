//! Giving a world out: files, a folder in rsync's layout, packs and index.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::Path;

use bytes::Bytes;
use modu_kernel::{Artifact, Digest};
use modu_route::repository::{AnchorEntry, Packs, PointKey, PointPack, RepositoryIndex, Source};

use crate::{World, WorldError};

/// Packs in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryPacks(pub HashMap<Digest, Bytes>);

impl MemoryPacks {
    /// Keeps these bytes and names them.
    pub fn keep(&mut self, bytes: impl Into<Bytes>) -> Artifact {
        let bytes = bytes.into();
        let artifact = Artifact::of(&bytes);
        self.0.insert(artifact.digest, bytes);
        artifact
    }
}

impl Packs for MemoryPacks {
    fn pack(&self, digest: &Digest) -> io::Result<Bytes> {
        let found = self.0.get(digest).cloned();
        found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, digest.to_string()))
    }
}

impl World {
    /// Every file by its rsync URI, anchors' certificates among them.
    #[must_use]
    pub fn files(&self) -> BTreeMap<String, Bytes> {
        let anchors = self.anchors.iter();
        let mut files: BTreeMap<_, _> = anchors
            .map(|(number, bytes)| (self.certificate_uri(*number), bytes.clone()))
            .collect();
        for (number, point) in self.points.iter().enumerate() {
            let folder = self.folder(number);
            let named = point.iter();
            files.extend(named.map(|(name, bytes)| (format!("{folder}{name}"), bytes.clone())));
        }
        files
    }

    /// The locators by the anchors' names.
    ///
    /// # Errors
    /// [`WorldError`] where a key cannot be had.
    pub fn locators(&self) -> Result<Vec<(String, String)>, WorldError> {
        let numbers = self.anchor_numbers().into_iter();
        let locator = |number: usize| {
            let name = self.authorities[number].name.clone();
            Ok((name, self.locator(number)?))
        };
        numbers.map(locator).collect()
    }

    /// Writes the files below `folder` as `authority/module/path`, which is
    /// how rsync copies lie and what validators read.
    ///
    /// # Errors
    /// [`WorldError`] where a file cannot be written.
    pub fn write_rsync(&self, folder: &Path) -> Result<(), WorldError> {
        for (uri, bytes) in self.files() {
            write(folder, uri.trim_start_matches("rsync://"), &bytes)?;
        }
        Ok(())
    }

    /// Writes one authority's point below `folder`, as [`Self::write_rsync`]
    /// does all of them.
    ///
    /// # Errors
    /// [`WorldError`] where a file cannot be written.
    pub fn write_point(&self, number: usize, folder: &Path) -> Result<(), WorldError> {
        let place = self.folder(number);
        for (name, bytes) in &self.points[number] {
            let path = format!("{}{name}", place.trim_start_matches("rsync://"));
            write(folder, &path, bytes)?;
        }
        Ok(())
    }

    /// Writes the locators into `folder` as `NAME.tal`.
    ///
    /// # Errors
    /// [`WorldError`] where a file cannot be written.
    pub fn write_locators(&self, folder: &Path) -> Result<(), WorldError> {
        for (name, locator) in self.locators()? {
            write(folder, &format!("{name}.tal"), locator.as_bytes())?;
        }
        Ok(())
    }

    /// Everything as it was fetched: from each authority's RRDP server where
    /// its host has one, else from the rsync module.
    ///
    /// # Errors
    /// [`WorldError`] where a point is past the limits of a pack.
    pub fn repository(&self) -> Result<(RepositoryIndex, MemoryPacks), WorldError> {
        let mut index = RepositoryIndex::default();
        let mut packs = MemoryPacks::default();
        for (number, bytes) in &self.anchors {
            let name = self.authorities[*number].name.clone();
            let entry = AnchorEntry {
                name: name.clone(),
                uri: self.certificate_uri(*number),
                certificate: packs.keep(bytes.clone()),
            };
            index.anchors.insert(name, entry);
        }
        for (number, point) in self.points.iter().enumerate() {
            let source = self.source(number);
            let pack = packs.keep(PointPack::new(point.clone())?.to_bytes());
            let folder = self.folder(number);
            index.points.insert(PointKey { source, folder }, pack);
        }
        Ok((index, packs))
    }

    /// Where an authority's point is fetched from.
    #[must_use]
    pub fn source(&self, number: usize) -> Source {
        let host = &self.shape.hosts[self.authorities[number].host];
        match &host.notify {
            Some(notify) => Source::Rrdp(notify.clone()),
            None => Source::Rsync(host.rsync.clone()),
        }
    }
}

pub(crate) fn write(folder: &Path, path: &str, bytes: &[u8]) -> Result<(), WorldError> {
    let path = folder.join(path);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(WorldError::file(parent))?;
    }
    std::fs::write(&path, bytes).map_err(WorldError::file(&path))
}
