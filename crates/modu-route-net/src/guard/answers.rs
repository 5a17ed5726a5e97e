//! Answers, left as files for the service to find.

use std::fs;
use std::path::{Path, PathBuf};

use modu_route::hold::Answer;
use serde::{Deserialize, Serialize};

use crate::NetError;
use crate::cache::replace::replace_file;

/// The folder's name.
pub(super) const FOLDER: &str = "answers";

/// An answer to a hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenAnswer {
    /// The hold's name.
    pub id: String,
    /// The answer.
    pub answer: Answer,
}

/// Leaves an answer in a guard's folder; the service takes it within seconds,
/// or when it runs next.
///
/// # Errors
/// [`NetError`] where the disk fails.
pub fn answer(folder: &Path, given: &GivenAnswer) -> Result<(), NetError> {
    let answers = folder.join(FOLDER);
    fs::create_dir_all(&answers).map_err(|source| NetError::io("make", &answers, source))?;
    let path = path(folder, &given.id);
    let bytes = serde_json::to_vec(given).map_err(|error| NetError::io("write", &path, error))?;
    replace_file(&path, &bytes)
}

fn path(folder: &Path, id: &str) -> PathBuf {
    folder
        .join(FOLDER)
        .join(format!("{}.json", id.replace('/', "-")))
}

/// Whether there is any.
pub(super) fn any(folder: &Path) -> bool {
    !read(folder).is_empty()
}

/// All that can be read, by name.
pub(super) fn read(folder: &Path) -> Vec<GivenAnswer> {
    let Ok(files) = fs::read_dir(folder.join(FOLDER)) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = files.flatten().map(|file| file.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|it| it == "json"));
    paths.sort();
    let read = |path: PathBuf| serde_json::from_slice(&fs::read(path).ok()?).ok();
    paths.into_iter().filter_map(read).collect()
}

/// Removes those that were taken in.
pub(super) fn remove(folder: &Path, taken: &[GivenAnswer]) {
    for given in taken {
        let _ = fs::remove_file(path(folder, &given.id));
    }
}
