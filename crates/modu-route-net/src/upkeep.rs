//! One state folder that is brought up to date again and again.
//!
//! ```text
//! cache/         what was fetched
//! latest.tree    the last update's decisions: the next one's memory
//! ```
//!
//! The tree is replaced as a whole after the cache names all that it stands
//! on; killed at any moment, the folder holds one update or the next.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use modu_kernel::{Digest, Progress};
use modu_route::validate::{self, Locator, ValidateRequest, ValidatedTree};

use crate::cache::{Cache, SourceStates, replace_file};
use crate::fetch::{UpdateSettings, Updated, update, update_from_folder};
use crate::{NetError, limits};

const TREE: &str = "latest.tree";

/// Where publication points come from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// The servers that the locators lead to.
    Servers(Box<UpdateSettings>),
    /// A folder of rsync copies; nobody is asked.
    Folder(PathBuf),
}

/// A state folder, held by this process alone.
pub struct Upkeep {
    state: PathBuf,
    cache: Cache,
    origin: Origin,
    latest: Option<Arc<ValidatedTree>>,
}

impl Upkeep {
    /// Opens a state folder, which is made where it is missing. A tree that
    /// cannot be read is as none: everything is validated again.
    ///
    /// # Errors
    /// [`NetError::Locked`] where another process holds it, and what the disk
    /// says.
    pub fn open(state: &Path, origin: Origin) -> Result<Self, NetError> {
        let cache = Cache::open(&state.join("cache"))?;
        let path = state.join(TREE);
        let latest = match fs::metadata(&path) {
            Ok(metadata) if metadata.len() <= limits::TREE_BYTES => {
                let bytes = fs::read(&path).map_err(|error| NetError::io("read", &path, error))?;
                ValidatedTree::parse(&bytes).ok().map(Arc::new)
            }
            _ => None,
        };
        Ok(Self {
            state: state.to_owned(),
            cache,
            origin,
            latest,
        })
    }

    /// The last update's tree.
    #[must_use]
    pub fn latest(&self) -> Option<&Arc<ValidatedTree>> {
        self.latest.as_ref()
    }

    /// The file that holds it.
    #[must_use]
    pub fn tree_file(&self) -> PathBuf {
        self.state.join(TREE)
    }

    /// How fetching went, by source.
    #[must_use]
    pub fn sources(&self) -> SourceStates {
        self.cache.sources()
    }

    /// Validates what is held for a time, in seconds since 1970 (UTC), and
    /// asks nobody: what a service says until its first update is done.
    ///
    /// # Errors
    /// As [`update`].
    pub fn validate_held(
        &self,
        locators: &[Locator],
        time: i64,
        progress: &dyn Progress,
    ) -> Result<ValidatedTree, NetError> {
        validate::run(
            &ValidateRequest::at(time),
            locators,
            &self.cache.index(),
            &self.cache,
            self.latest.as_deref(),
            progress,
        )
        .map_err(|source| NetError::Route {
            place: "validating".into(),
            source,
        })
    }

    /// Brings the folder up to date. `clock` gives the seconds since 1970
    /// (UTC).
    ///
    /// # Errors
    /// As [`update`]; then the update before stands.
    pub fn update(
        &mut self,
        locators: &[Locator],
        clock: &(dyn Fn() -> i64 + Sync),
        progress: &dyn Progress,
    ) -> Result<Updated, NetError> {
        let before = self.latest.as_deref();
        let updated = match &self.origin {
            Origin::Servers(settings) => {
                update(&self.cache, settings, locators, before, clock, progress)?
            }
            Origin::Folder(folder) => {
                update_from_folder(&self.cache, folder, locators, before, clock(), progress)?
            }
        };
        replace_file(&self.tree_file(), &updated.tree.to_bytes())?;
        let before = self.latest.replace(updated.tree.clone());
        let trees = [before.as_deref(), self.latest.as_deref()];
        let needed: Vec<Digest> = trees.into_iter().flatten().flat_map(packs).collect();
        self.cache.sweep(needed)?;
        Ok(updated)
    }
}

/// The packs and certificates that a tree stands on.
fn packs(tree: &ValidatedTree) -> impl Iterator<Item = Digest> {
    let anchors = tree.authorities.iter().filter(|it| it.parent.is_none());
    let anchors = anchors.map(|anchor| anchor.certificate_digest);
    let points = tree.authorities.iter();
    anchors.chain(points.filter_map(|it| Some(it.decision.manifest()?.pack)))
}
