//! The walk over modules' folders, with what was remembered of them.

use std::borrow::Cow;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use modu_kernel::Artifact;
use modu_route::repository::{PointKey, RepositoryIndex, Source};
use rayon::prelude::*;
use rustix::fs::{Mode, OFlags};

use super::Filled;
use super::folder::{self, Remembered};
use super::shelf::Shelf;
use crate::NetError;

/// How deep folders may lie in each other.
const DEPTH: usize = 64;
/// How many things that were passed over are told.
const NOTES: usize = 100;

/// One walk.
pub(super) struct Scan<'a> {
    shelf: &'a dyn Shelf,
    /// What the memory is kept under.
    name: String,
    /// What was remembered, ascending by URI.
    before: Vec<Remembered>,
}

/// A module to look at.
pub(super) struct Module {
    pub(super) source: Source,
    /// Its URI as its folders' names write it.
    pub(super) uri: String,
    pub(super) folder: PathBuf,
}

/// A folder to look at.
struct Place {
    module: usize,
    uri: String,
    /// Below the module's folder.
    path: PathBuf,
}

/// A module whose folder is open; one that cannot be opened is read as if
/// nothing were remembered, which tells what is wrong with it.
struct Root<'a> {
    module: &'a Module,
    folder: Option<OwnedFd>,
}

impl<'a> Root<'a> {
    fn open(module: &'a Module) -> Self {
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        Self {
            module,
            folder: rustix::fs::open(&module.folder, flags, Mode::empty()).ok(),
        }
    }
}

/// What came of looking at one.
enum Looked<'a> {
    Same(Place, &'a Remembered),
    Read(Place, folder::Read),
}

impl<'a> Scan<'a> {
    pub(super) fn new(shelf: &'a dyn Shelf, name: &str) -> Self {
        let mut before = shelf.recall(name);
        before.sort_unstable_by(|one, other| one.uri.cmp(&other.uri));
        Self {
            shelf,
            name: name.to_owned(),
            before,
        }
    }

    /// Walks all modules, level by level, a level's folders at the same time.
    pub(super) fn run(self, modules: Vec<Module>) -> Result<Filled, NetError> {
        let index = self.shelf.index();
        let mut filled = Filled::default();
        let mut memory: Vec<Cow<'_, Remembered>> = Vec::new();
        let mut level: Vec<Place> = (modules.iter().enumerate())
            .map(|(place, module)| Place {
                module: place,
                uri: module.uri.clone(),
                path: PathBuf::new(),
            })
            .collect();
        let roots: Vec<Root<'_>> = modules.iter().map(Root::open).collect();
        for _ in 0..DEPTH {
            let look = |place: Place| self.look(&index, &roots[place.module], place);
            let looked: Vec<Looked<'_>> = level
                .into_par_iter()
                .map(look)
                .collect::<Result<_, NetError>>()?;
            level = Vec::new();
            for looked in looked {
                let (place, remembered, settled) = match looked {
                    Looked::Same(place, remembered) => {
                        filled.unchanged += 1;
                        (place, Cow::Borrowed(remembered), true)
                    }
                    Looked::Read(place, read) => {
                        filled.read += 1;
                        let room = NOTES.saturating_sub(filled.notes.len());
                        filled.notes.extend(read.notes.into_iter().take(room));
                        (place, Cow::Owned(read.remembered), read.settled)
                    }
                };
                level.extend((remembered.folders.iter()).map(|name| below(&place, name)));
                if let Some(pack) = &remembered.pack {
                    let key = key(&modules[place.module].source, &place.uri);
                    filled.points.insert(key, *pack);
                }
                if settled {
                    memory.push(remembered);
                }
            }
        }
        if filled.read > 0 || memory.len() != self.before.len() {
            let memory: Vec<&Remembered> = memory.iter().map(Cow::as_ref).collect();
            self.shelf.remember(&self.name, &memory)?;
        }
        Ok(filled)
    }

    fn remembered(&self, uri: &str) -> Option<&Remembered> {
        let place = (self.before)
            .binary_search_by(|it| it.uri.as_str().cmp(uri))
            .ok()?;
        self.before.get(place)
    }

    fn look(
        &self,
        index: &RepositoryIndex,
        root: &Root<'_>,
        place: Place,
    ) -> Result<Looked<'_>, NetError> {
        if let Some(before) = self.remembered(&place.uri)
            && stands(index, &root.module.source, before)
            && let Some(folder) = &root.folder
            && before.holds(folder, &place.path)
        {
            return Ok(Looked::Same(place, before));
        }
        let path = root.module.folder.join(&place.path);
        let read = folder::read(self.shelf, &place.uri, &path)?;
        Ok(Looked::Read(place, read))
    }
}

/// Whether the index names what is remembered: else the pack may be gone.
fn stands(index: &RepositoryIndex, source: &Source, before: &Remembered) -> bool {
    let named: Option<&Artifact> = index.points.get(&key(source, &before.uri));
    named == before.pack.as_ref()
}

/// The key of a folder of a source.
fn key(source: &Source, folder: &str) -> PointKey {
    PointKey {
        source: source.clone(),
        folder: folder.to_owned(),
    }
}

fn below(place: &Place, name: &str) -> Place {
    Place {
        module: place.module,
        uri: format!("{}{name}/", place.uri),
        path: place.path.join(name),
    }
}
