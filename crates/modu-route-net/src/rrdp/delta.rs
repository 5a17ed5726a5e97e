//! Deltas: what changed from one serial to the next.
//!
//! Every step is checked against what is held: an object that is replaced or
//! withdrawn must be there with the hash that the delta names, and a new one
//! must not be. Where that fails, we and the server do not speak of the same
//! set any more, and the snapshot is taken.

use std::collections::BTreeMap;
use std::io::BufRead;

use bytes::Bytes;
use modu_route::repository::{Packs as _, PointPack};
use rpki::rrdp::{Hash, ObjectReader, ProcessDelta};
use rpki::uri;
use uuid::Uuid;

use super::Points;
use super::snapshot::{NOTES, keep, object, place};
use crate::Failure;
use crate::cache::Cache;

/// Bytes of the points that deltas touch. They are held in memory; past this a
/// snapshot, which is not, is the better way.
const TOUCHED_BYTES: usize = 256 << 20;

/// What is held, and what deltas made of it so far.
pub(super) struct Working<'a> {
    cache: &'a Cache,
    held: &'a Points,
    touched: BTreeMap<String, BTreeMap<String, Bytes>>,
    bytes: usize,
}

/// One delta being applied.
struct Step<'a, 'b> {
    working: &'b mut Working<'a>,
    expected: (Uuid, u64),
}

impl<'a> Working<'a> {
    pub(super) fn new(cache: &'a Cache, held: &'a Points) -> Self {
        Self {
            cache,
            held,
            touched: BTreeMap::new(),
            bytes: 0,
        }
    }

    /// Applies a delta, which must be of this session and serial.
    pub(super) fn apply(
        &mut self,
        reader: impl BufRead,
        expected: (Uuid, u64),
    ) -> Result<(), Failure> {
        let mut step = Step {
            working: self,
            expected,
        };
        step.process(reader)
    }

    /// All points after the deltas; new packs are kept.
    pub(super) fn finish(self) -> Result<(Points, Vec<String>), Failure> {
        let (mut points, mut notes) = (self.held.clone(), Vec::new());
        for (folder, objects) in self.touched {
            points.remove(&folder);
            if !objects.is_empty() {
                keep(self.cache, folder, objects, &mut points, &mut notes)?;
            }
        }
        notes.truncate(NOTES);
        Ok((points, notes))
    }

    /// The objects of a folder, read from its pack when first touched.
    fn folder(&mut self, folder: String) -> Result<&mut BTreeMap<String, Bytes>, Failure> {
        use std::collections::btree_map::Entry;
        match self.touched.entry(folder) {
            Entry::Occupied(touched) => Ok(touched.into_mut()),
            Entry::Vacant(fresh) => {
                let mut objects = BTreeMap::new();
                if let Some(artifact) = self.held.get(fresh.key()) {
                    self.bytes += usize::try_from(artifact.size).unwrap_or(usize::MAX);
                    let bytes = self.cache.pack(&artifact.digest);
                    let pack = bytes.map_err(Failure::machine)?;
                    let pack = PointPack::parse(&pack).map_err(Failure::machine)?;
                    objects.extend((pack.iter()).map(|(name, it)| (name.to_owned(), it.clone())));
                }
                Ok(fresh.insert(objects))
            }
        }
    }

    fn grow(&mut self, bytes: usize) -> Result<(), Failure> {
        self.bytes = self.bytes.saturating_add(bytes);
        match self.bytes <= TOUCHED_BYTES {
            true => Ok(()),
            false => Err(Failure::too_large(
                "what deltas touch",
                TOUCHED_BYTES as u64,
            )),
        }
    }
}

/// Checks what is held in an object's place against what a delta says.
fn expect(uri: &uri::Rsync, held: Option<&Bytes>, said: Option<Hash>) -> Result<(), Failure> {
    let problem = match (held, said) {
        (None, None) => return Ok(()),
        (Some(held), Some(said)) if said.matches(held) => return Ok(()),
        (Some(_), None) => "is published anew, and is held already",
        (None, Some(_)) => "is changed, and is not held",
        (Some(_), Some(_)) => "is changed from what is not held",
    };
    Err(Failure::new("rrdp.differs", format!("{uri} {problem}")))
}

impl ProcessDelta for Step<'_, '_> {
    type Err = Failure;

    fn meta(&mut self, session: Uuid, serial: u64) -> Result<(), Failure> {
        match (session, serial) == self.expected {
            true => Ok(()),
            false => Err(Failure::new(
                "rrdp.session",
                "it is of another session or serial than the notification says",
            )),
        }
    }

    fn publish(
        &mut self,
        uri: uri::Rsync,
        hash: Option<Hash>,
        data: &mut ObjectReader<'_>,
    ) -> Result<(), Failure> {
        let (folder, name) = place(&uri)?;
        let object = object(&uri, data)?;
        self.working.grow(object.len())?;
        let objects = self.working.folder(folder)?;
        expect(&uri, objects.get(&name), hash)?;
        objects.insert(name, object.into());
        Ok(())
    }

    fn withdraw(&mut self, uri: uri::Rsync, hash: Hash) -> Result<(), Failure> {
        let (folder, name) = place(&uri)?;
        self.working.grow(0)?;
        let objects = self.working.folder(folder)?;
        expect(&uri, objects.get(&name), Some(hash))?;
        objects.remove(&name);
        Ok(())
    }
}
