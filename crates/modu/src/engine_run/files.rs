//! Files, and bytes made of several, as the inputs of a run that is not kept.

use std::fs::File;
use std::io;
use std::path::Path;

use anyhow::Context as _;
use modu_kernel::{Artifact, Digest, Input, Inputs, ReadSeek};

/// Where an input's bytes are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source<'a> {
    /// In a file.
    File(&'a Path),
    /// At hand.
    Bytes(&'a [u8]),
}

/// Inputs by the names that they have in the run.
pub(super) struct FileInputs<'a> {
    list: Vec<Input>,
    sources: Vec<Source<'a>>,
}

impl<'a> FileInputs<'a> {
    /// Hashes each input, so that the run can be named by what it read.
    pub(super) fn open(inputs: &[(&str, Source<'a>)]) -> anyhow::Result<Self> {
        let mut opened = Self {
            list: Vec::new(),
            sources: Vec::new(),
        };
        for (name, source) in inputs {
            let artifact = match source {
                Source::Bytes(bytes) => Artifact::of(bytes),
                Source::File(path) => File::open(path)
                    .and_then(Digest::of_reader)
                    .with_context(|| format!("could not read {}", path.display()))?,
            };
            opened.list.push(Input {
                name: (*name).to_owned(),
                artifact,
            });
            opened.sources.push(*source);
        }
        Ok(opened)
    }
}

impl Inputs for FileInputs<'_> {
    fn list(&self) -> &[Input] {
        &self.list
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn ReadSeek + '_>> {
        let index = self.list.iter().position(|input| input.name == name);
        let source = index
            .and_then(|index| self.sources.get(index))
            .ok_or(io::ErrorKind::NotFound)?;
        match source {
            Source::File(path) => Ok(Box::new(File::open(path)?)),
            Source::Bytes(bytes) => Ok(Box::new(io::Cursor::new(*bytes))),
        }
    }
}
