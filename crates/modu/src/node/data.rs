//! The data of a folder, and what is published for each: a salted commitment.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context as _;
use modu_kernel::Artifact;
use modu_node::message::{MAX_OFFERED, Offered};
use modu_programme::Title;

use crate::exit::Wrong;
use crate::home::Home;

/// A file as it was when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    path: PathBuf,
    size: u64,
    changed: SystemTime,
}

/// What is known of a file.
#[derive(Debug, Clone)]
struct Known {
    seen: Seen,
    artifact: Artifact,
    offered: Offered,
}

/// The tables of a folder, by their names without the ending.
#[derive(Debug)]
pub(super) struct Data {
    folder: PathBuf,
    known: BTreeMap<String, Known>,
}

impl Data {
    /// Reads a folder: every `.csv` and `.parquet` in it. Each is copied into
    /// the home's store, where runs read it.
    pub(super) fn read(home: &Home, folder: &Path) -> anyhow::Result<Self> {
        let mut data = Self {
            folder: folder.to_owned(),
            known: BTreeMap::new(),
        };
        data.refresh(home)?;
        Ok(data)
    }

    /// Looks again; whether anything is to be told to the server.
    pub(super) fn refresh(&mut self, home: &Home) -> anyhow::Result<bool> {
        let files = tables(&self.folder)?;
        let mut changed = files.len() != self.known.len();
        let mut known = BTreeMap::new();
        for (name, seen) in files {
            let same = self.known.get(&name).filter(|known| known.seen == seen);
            let file = match same {
                Some(same) => same.clone(),
                None => {
                    changed = true;
                    self.take_in(home, &name, seen)?
                }
            };
            known.insert(name, file);
        }
        self.known = known;
        Ok(changed)
    }

    fn take_in(&self, home: &Home, name: &str, seen: Seen) -> anyhow::Result<Known> {
        let title = Title::new(name)
            .map_err(|problem| Wrong(format!("{}: {problem}", seen.path.display())))?;
        let artifact = home.put_file(&seen.path)?;
        let commitment = home.commit_to(artifact)?.commitment().digest();
        Ok(Known {
            seen,
            artifact,
            offered: Offered {
                name: title,
                commitment,
            },
        })
    }

    /// What the server is told of.
    pub(super) fn offered(&self) -> Vec<Offered> {
        let known = self.known.values();
        known.map(|known| known.offered.clone()).collect()
    }

    /// The data of a name.
    pub(super) fn find(&self, name: &Title) -> Option<Artifact> {
        let mut known = self.known.values();
        let found = known.find(|known| known.offered.name == *name);
        found.map(|known| known.artifact)
    }
}

/// The tables that lie in a folder now.
fn tables(folder: &Path) -> anyhow::Result<BTreeMap<String, Seen>> {
    let could_not = || format!("could not read {}", folder.display());
    let mut tables = BTreeMap::new();
    for entry in fs::read_dir(folder).with_context(could_not)? {
        let path = entry.with_context(could_not)?.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if !matches!(ending, Some("csv" | "parquet")) {
            continue;
        }
        let found =
            fs::metadata(&path).with_context(|| format!("could not read {}", path.display()))?;
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let Some(stem) = stem.filter(|_| found.is_file()) else {
            continue;
        };
        let name = stem.to_owned();
        let seen = Seen {
            size: found.len(),
            changed: found.modified()?,
            path: path.clone(),
        };
        if let Some(other) = tables.insert(name, seen) {
            let text = format!(
                "{} and {} would have one name: rename one",
                other.path.display(),
                path.display()
            );
            return Err(Wrong(text).into());
        }
        if tables.len() > MAX_OFFERED {
            let text = format!("{} has more than {MAX_OFFERED} tables", folder.display());
            return Err(Wrong(text).into());
        }
    }
    Ok(tables)
}
