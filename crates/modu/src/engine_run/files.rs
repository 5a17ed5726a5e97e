//! Files as the inputs of a run that is not kept.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use modu_kernel::{Digest, Input, Inputs, ReadSeek};

/// Files by the names that they have in the run.
pub(super) struct FileInputs {
    list: Vec<Input>,
    paths: Vec<PathBuf>,
}

impl FileInputs {
    /// Hashes each file, so that the run can be named by what it read.
    pub(super) fn open(files: &[(&str, &Path)]) -> anyhow::Result<Self> {
        let mut inputs = Self {
            list: Vec::new(),
            paths: Vec::new(),
        };
        for (name, path) in files {
            let could_not = || format!("could not read {}", path.display());
            let file = File::open(path).with_context(could_not)?;
            let artifact = Digest::of_reader(file).with_context(could_not)?;
            inputs.list.push(Input {
                name: (*name).to_owned(),
                artifact,
            });
            inputs.paths.push(path.to_path_buf());
        }
        Ok(inputs)
    }
}

impl Inputs for FileInputs {
    fn list(&self) -> &[Input] {
        &self.list
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn ReadSeek + '_>> {
        let index = self.list.iter().position(|input| input.name == name);
        let path = index
            .and_then(|index| self.paths.get(index))
            .ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(File::open(path)?))
    }
}
