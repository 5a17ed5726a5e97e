//! Every run's tree, kept for good and restored exactly.
//!
//! ```text
//! lock                        one writer at a time
//! 0000000007-1795348508.run   a run, by its number and its time
//! ```
//!
//! A tree of the whole world has tens of megabytes, and two runs in a row
//! differ in little. So most runs are kept as a patch (zstd with a reference)
//! on an earlier one: the number is written in base 4, and a run's base is the
//! run whose number has its last digit that is not 0 replaced by 0. Every 256th
//! run is kept whole. Four patches at most lead to any run, and each spans
//! only as much time as it must.
//!
//! A file is written whole, brought to the disk and renamed into its place:
//! killed at any moment, at most the run in progress is lost. Its head says
//! what it holds, with digests; damage is found when it is read, and named.
//! Beside the tree a file holds its table, so that a table is restored without
//! reading the tree, and what changed since the run before.

mod file;
mod patch;

use std::fs;
use std::path::{Path, PathBuf};

use modu_kernel::{Digest, Progress};
use modu_route::RouterTable;
use modu_route::history::{Difference, Tally};
use modu_route::validate::ValidatedTree;

pub use self::file::{Head, Part};
use self::file::{Held, What};
use crate::cache::{lock, make_private, replace_file};
use crate::{NetError, limits};

/// How many runs stand on one that is kept whole.
const WHOLE_EVERY: u64 = 256;

/// The kept runs of a state folder.
#[derive(Debug, Clone)]
pub struct Runs {
    folder: PathBuf,
}

/// A kept run, as its file's name tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunName {
    /// Its number, from 0 and without gaps.
    pub number: u64,
    /// The time it was made for, seconds since 1970 (UTC).
    pub time: i64,
}

impl RunName {
    fn file(self) -> String {
        format!("{:010}-{}.run", self.number, self.time)
    }

    fn of_file(name: &str) -> Option<Self> {
        let (number, time) = name.strip_suffix(".run")?.split_once('-')?;
        let run = Self {
            number: number.parse().ok()?,
            time: time.parse().ok()?,
        };
        (run.file() == name).then_some(run)
    }
}

/// Something wrong with the kept runs.
#[derive(Debug)]
pub struct Fault {
    /// Which run.
    pub run: RunName,
    /// What is wrong; it names the file.
    pub problem: NetError,
}

/// The run on which a run's patch stands; none where it is kept whole.
fn base_of(number: u64) -> Option<u64> {
    if number.is_multiple_of(WHOLE_EVERY) {
        return None;
    }
    let digit = number.trailing_zeros() / 2 * 2;
    Some(number & !(3 << digit))
}

impl Runs {
    /// The runs in a folder, which need not exist yet.
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Where they are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// All runs by number. No file is opened.
    ///
    /// # Errors
    /// What the disk says; [`NetError::Damaged`] where a run is missing between
    /// others.
    pub fn names(&self) -> Result<Vec<RunName>, NetError> {
        let names = self.present()?;
        let gap = names.windows(2).find_map(|pair| match pair {
            [one, next] if one.number + 1 != next.number => Some(one.number + 1),
            _ => None,
        });
        match gap {
            None => Ok(names),
            Some(number) => Err(self.damaged(format!(
                "there must be one run of number {number}: restore its file from a copy"
            ))),
        }
    }

    /// The runs that are there, whether or not others are missing.
    fn present(&self) -> Result<Vec<RunName>, NetError> {
        let could_not = |error| NetError::io("list", &self.folder, error);
        let files = match fs::read_dir(&self.folder) {
            Ok(files) => files,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(could_not(error)),
        };
        let mut names = Vec::new();
        for file in files {
            let name = file.map_err(could_not)?.file_name();
            names.extend(name.to_str().and_then(RunName::of_file));
        }
        names.sort_unstable();
        Ok(names)
    }

    fn damaged(&self, problem: String) -> NetError {
        NetError::Damaged {
            place: self.folder.display().to_string(),
            problem,
        }
    }

    /// The last run that was made for this time or an earlier one.
    ///
    /// # Errors
    /// As [`Self::names`].
    pub fn at(&self, time: i64) -> Result<Option<RunName>, NetError> {
        let names = self.names()?;
        Ok(names.into_iter().rev().find(|run| run.time <= time))
    }

    /// The last run.
    ///
    /// # Errors
    /// As [`Self::names`].
    pub fn last(&self) -> Result<Option<RunName>, NetError> {
        Ok(self.names()?.pop())
    }

    fn path(&self, run: RunName) -> PathBuf {
        self.folder.join(run.file())
    }

    /// What a run's file says of it.
    ///
    /// # Errors
    /// [`NetError::Io`], or [`NetError::Damaged`] with the file.
    pub fn head(&self, run: RunName) -> Result<Head, NetError> {
        file::read_head(&self.path(run), run).map(|(_, head)| head)
    }

    /// A run's tree. Costs four patches at most.
    ///
    /// # Errors
    /// [`NetError::Io`], or [`NetError::Damaged`] with the file, which may be
    /// that of a run on which this one stands.
    pub fn tree(&self, run: RunName) -> Result<ValidatedTree, NetError> {
        self.parse(run, &self.tree_bytes(run)?)
    }

    fn parse(&self, run: RunName, bytes: &[u8]) -> Result<ValidatedTree, NetError> {
        ValidatedTree::parse(bytes).map_err(|source| NetError::Route {
            place: self.path(run).display().to_string(),
            source,
        })
    }

    /// The bytes of a run's tree, as the run gave them.
    ///
    /// # Errors
    /// As [`Self::tree`].
    pub fn tree_bytes(&self, run: RunName) -> Result<Vec<u8>, NetError> {
        self.part_among(&self.names()?, run, What::Tree)
    }

    /// A run's table: what it found, as routers are told without holds and
    /// local exceptions. Costs four patches at most, of a table.
    ///
    /// # Errors
    /// As [`Self::tree`].
    pub fn table(&self, run: RunName) -> Result<RouterTable, NetError> {
        let bytes = self.part_among(&self.names()?, run, What::Table)?;
        RouterTable::parse(&bytes).map_err(|source| NetError::Route {
            place: self.path(run).display().to_string(),
            source,
        })
    }

    /// The bytes of the tree that has this digest, if a run gave it. Reads
    /// every head.
    ///
    /// # Errors
    /// As [`Self::tree`].
    pub fn bytes_of(&self, digest: &Digest) -> Result<Option<Vec<u8>>, NetError> {
        let names = self.names()?;
        for run in names.iter().rev() {
            if self.head(*run)?.tree.artifact.digest == *digest {
                return self.part_among(&names, *run, What::Tree).map(Some);
            }
        }
        Ok(None)
    }

    /// Both that a run holds.
    fn held_among(&self, names: &[RunName], run: RunName) -> Result<Held, NetError> {
        Ok(Held {
            table: self.part_among(names, run, What::Table)?,
            tree: self.part_among(names, run, What::Tree)?,
        })
    }

    fn part_among(&self, names: &[RunName], run: RunName, what: What) -> Result<Vec<u8>, NetError> {
        let mut chain = vec![run];
        let mut base = self.head(run)?.base;
        while let Some(number) = base {
            let next = named(names, number).ok_or_else(|| {
                let problem = format!(
                    "the run of number {number} is missing, on which number {} stands",
                    run.number
                );
                self.damaged(problem)
            })?;
            base = self.head(next)?.base.filter(|base| *base < number);
            chain.push(next);
        }
        let mut bytes = Vec::new();
        for step in chain.into_iter().rev() {
            bytes = file::read(&self.path(step), step, what, &bytes)?;
        }
        Ok(bytes)
    }

    /// What changed in a run since the run before it.
    ///
    /// # Errors
    /// [`NetError::Io`], or [`NetError::Damaged`] with the file.
    pub fn changes(&self, run: RunName) -> Result<Difference, NetError> {
        let path = self.path(run);
        let bytes = file::read(&path, run, What::Changes, &[])?;
        serde_json::from_slice(&bytes).map_err(|error| NetError::Damaged {
            place: path.display().to_string(),
            problem: format!("what changed cannot be read: {error}"),
        })
    }

    /// Keeps a run, durably, with what changed since the last one. A last run
    /// that is damaged is no obstacle: this one is then kept whole, and what
    /// changed is told as since nothing.
    ///
    /// # Errors
    /// [`NetError::Locked`] where another process keeps one, and what the disk
    /// says; nothing is kept then.
    pub fn keep(&self, tree: &ValidatedTree) -> Result<Kept, NetError> {
        make_private(&self.folder)?;
        let _held = lock(&self.folder)?;
        let names = self.present()?;
        self.sweep()?;
        let earlier = names.last().and_then(|last| {
            let bytes = self.part_among(&names, *last, What::Tree).ok()?;
            self.parse(*last, &bytes).ok()
        });
        let difference = Difference::between(earlier.as_ref(), tree);
        let number = names.last().map_or(0, |last| last.number + 1);
        let run = RunName {
            number,
            time: tree.time,
        };
        let base = base_of(number).and_then(|number| named(&names, number));
        let base = base.and_then(|base| Some((base.number, self.held_among(&names, base).ok()?)));
        let held = Held {
            table: RouterTable::of_tree(tree).to_bytes(),
            tree: tree.to_bytes(),
        };
        let tally = Tally::of(tree, &difference);
        let written = file::compose(run, &held, base.as_ref(), &difference, tally)?;
        let path = self.path(run);
        replace_file(&path, &written)?;
        Ok(Kept {
            run,
            path,
            stored: written.len() as u64,
            difference,
        })
    }

    /// Removes what a killed writer left.
    fn sweep(&self) -> Result<(), NetError> {
        let could_not = |error| NetError::io("list", &self.folder, error);
        for file in fs::read_dir(&self.folder).map_err(could_not)? {
            let path = file.map_err(could_not)?.path();
            if path.extension().is_some_and(|extension| extension == "new") {
                fs::remove_file(&path).map_err(|error| NetError::io("remove", &path, error))?;
            }
        }
        Ok(())
    }

    /// Reads every file and restores every tree. Costs as much as restoring
    /// each.
    ///
    /// # Errors
    /// What prevents the reading as such; what is wrong with single runs is in
    /// the answer.
    pub fn check(&self, progress: &dyn Progress) -> Result<Vec<Fault>, NetError> {
        let names = self.names()?;
        let mut faults = Vec::new();
        for (done, run) in (0..).zip(&names) {
            progress.report("check", done, names.len() as u64);
            if let Err(problem) = self.check_one(&names, *run) {
                faults.push(Fault { run: *run, problem });
            }
        }
        Ok(faults)
    }
}

impl Runs {
    fn check_one(&self, names: &[RunName], run: RunName) -> Result<(), NetError> {
        let held = self.held_among(names, run)?;
        let tree = self.parse(run, &held.tree)?;
        self.changes(run)?;
        match RouterTable::of_tree(&tree).to_bytes() == held.table {
            true => Ok(()),
            false => Err(NetError::Damaged {
                place: self.path(run).display().to_string(),
                problem: "its table is not that of its tree: restore the file from a copy".into(),
            }),
        }
    }
}

/// A run that has just been kept.
#[derive(Debug)]
pub struct Kept {
    /// Which.
    pub run: RunName,
    /// Its file.
    pub path: PathBuf,
    /// The file's bytes.
    pub stored: u64,
    /// What changed since the run before.
    pub difference: Difference,
}

fn named(names: &[RunName], number: u64) -> Option<RunName> {
    let place = names.binary_search_by_key(&number, |run| run.number).ok()?;
    names.get(place).copied()
}

/// The most bytes of a tree that are restored.
const MOST: u64 = limits::TREE_BYTES;
