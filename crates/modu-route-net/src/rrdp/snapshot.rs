//! A snapshot: all objects of a server, in any order.
//!
//! Objects of one folder may stand anywhere in a file of gigabytes. So each is
//! written behind the other into one temporary file, and the packs are made
//! folder by folder afterwards: memory holds names and places, never all of
//! the objects.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufWriter, Read as _, Write as _};
use std::os::unix::fs::FileExt as _;

use bytes::Bytes;
use modu_route::limits;
use modu_route::repository::PointPack;
use rpki::rrdp::{ObjectReader, ProcessError, ProcessSnapshot};
use rpki::uri;
use uuid::Uuid;

use super::{Points, split};
use crate::cache::Cache;
use crate::{Budgets, Failure};

/// How many things that were passed over are told.
pub(super) const NOTES: usize = 20;

/// Where an object stands in the temporary file.
struct Place {
    offset: u64,
    length: usize,
}

struct Spill<'a> {
    file: BufWriter<File>,
    offset: u64,
    folders: BTreeMap<String, BTreeMap<String, Place>>,
    objects: usize,
    expected: (Uuid, u64),
    budgets: &'a Budgets,
}

/// Reads a snapshot of this session and serial into packs.
pub(super) fn read(
    reader: impl BufRead,
    expected: (Uuid, u64),
    cache: &Cache,
    budgets: &Budgets,
) -> Result<(Points, Vec<String>), Failure> {
    let file = tempfile::tempfile_in(cache.temporary()).map_err(Failure::machine)?;
    let mut spill = Spill {
        file: BufWriter::new(file),
        offset: 0,
        folders: BTreeMap::new(),
        objects: 0,
        expected,
        budgets,
    };
    spill.process(reader)?;
    spill.packs(cache)
}

impl ProcessSnapshot for Spill<'_> {
    type Err = Failure;

    fn meta(&mut self, session: Uuid, serial: u64) -> Result<(), Failure> {
        match (session, serial) == self.expected {
            true => Ok(()),
            false => Err(Failure::new(
                "rrdp.session",
                "it is of another session or serial than the notification",
            )),
        }
    }

    fn publish(&mut self, uri: uri::Rsync, data: &mut ObjectReader<'_>) -> Result<(), Failure> {
        let (folder, name) = place(&uri)?;
        if self.objects == self.budgets.source_objects {
            let detail = format!("more than {} objects", self.budgets.source_objects);
            return Err(Failure::new("fetch.too-large", detail));
        }
        let object = object(&uri, data)?;
        self.file.write_all(&object).map_err(Failure::machine)?;
        let place = Place {
            offset: self.offset,
            length: object.len(),
        };
        self.offset += object.len() as u64;
        self.objects += 1;
        let before = self.folders.entry(folder).or_default().insert(name, place);
        match before {
            None => Ok(()),
            Some(_) => Err(Failure::new("rrdp.twice", format!("it holds {uri} twice"))),
        }
    }
}

impl Spill<'_> {
    /// Makes the packs. A folder that is past a limit is passed over alone.
    fn packs(self, cache: &Cache) -> Result<(Points, Vec<String>), Failure> {
        let file = self.file.into_inner();
        let file = file.map_err(|error| Failure::machine(error.into_error()))?;
        let (mut points, mut notes) = (Points::new(), Vec::new());
        for (folder, places) in self.folders {
            if let Err(note) = within(&folder, &places) {
                notes.push(note);
                continue;
            }
            let mut objects = BTreeMap::new();
            for (name, place) in places {
                let mut bytes = vec![0; place.length];
                let read = file.read_exact_at(&mut bytes, place.offset);
                read.map_err(Failure::machine)?;
                objects.insert(name, Bytes::from(bytes));
            }
            keep(cache, folder, objects, &mut points, &mut notes)?;
        }
        notes.truncate(NOTES);
        Ok((points, notes))
    }
}

/// Whether a folder's objects together can be one pack.
fn within(folder: &str, places: &BTreeMap<String, Place>) -> Result<(), String> {
    let bytes: u64 = places.values().map(|place| place.length as u64).sum();
    match places.len() <= limits::POINT_OBJECTS && bytes <= crate::limits::PACK_BYTES / 2 {
        true => Ok(()),
        false => Err(format!(
            "{folder}: passed over: too many or too large objects"
        )),
    }
}

/// Keeps the pack of a folder.
pub(super) fn keep(
    cache: &Cache,
    folder: String,
    objects: BTreeMap<String, Bytes>,
    points: &mut Points,
    notes: &mut Vec<String>,
) -> Result<(), Failure> {
    match PointPack::new(objects) {
        Ok(pack) => {
            let pack = cache.put(&pack.to_bytes()).map_err(Failure::machine)?;
            points.insert(folder, pack);
        }
        Err(error) => notes.push(format!("{folder}: passed over: {error}")),
    }
    Ok(())
}

/// An object's bytes, out of the base64 that stands for them.
pub(super) fn object(uri: &uri::Rsync, data: &mut ObjectReader<'_>) -> Result<Vec<u8>, Failure> {
    let mut object = Vec::new();
    let read = data.take(limits::OBJECT_BYTES + 1).read_to_end(&mut object);
    read.map_err(|error| Failure::new("rrdp.malformed", format!("{uri}: {error}")))?;
    match object.len() as u64 <= limits::OBJECT_BYTES {
        true => Ok(object),
        false => Err(Failure::too_large(uri.as_str(), limits::OBJECT_BYTES)),
    }
}

/// The folder and name of an object.
pub(super) fn place(uri: &uri::Rsync) -> Result<(String, String), Failure> {
    let refused = || Failure::new("rrdp.malformed", format!("{uri} names no file"));
    split(uri).ok_or_else(refused)
}

impl From<ProcessError> for Failure {
    fn from(error: ProcessError) -> Self {
        Self::new("rrdp.malformed", error)
    }
}
