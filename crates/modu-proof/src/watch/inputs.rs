//! The run's inputs as they were at the adoption.

use std::io;

use modu_kernel::{Input, Inputs, ReadSeek};

/// What the inputs of the adoption are called in a watch.
pub(super) const REFERENCE: &str = "reference/";

/// The inputs under the names of a scoring at the time of the adoption:
/// `reference/dataset` is `dataset` and so on; need and solutions are the same.
pub(super) struct AtAdoption<'a> {
    all: &'a dyn Inputs,
    list: Vec<Input>,
}

impl<'a> AtAdoption<'a> {
    pub(super) fn of(all: &'a dyn Inputs) -> Self {
        let same = |name: &str| name == "need" || name.starts_with("solution/");
        let list = all.list().iter().filter_map(|input| {
            let name = match input.name.strip_prefix(REFERENCE) {
                Some(name) => name,
                None if same(&input.name) => &input.name,
                None => return None,
            };
            Some(Input {
                name: name.to_owned(),
                artifact: input.artifact,
            })
        });
        Self {
            all,
            list: list.collect(),
        }
    }
}

impl Inputs for AtAdoption<'_> {
    fn list(&self) -> &[Input] {
        &self.list
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn ReadSeek + '_>> {
        if !self.list.iter().any(|input| input.name == name) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let earlier = format!("{REFERENCE}{name}");
        let mut all = self.all.list().iter();
        match all.any(|input| input.name == earlier) {
            true => self.all.open(&earlier),
            false => self.all.open(name),
        }
    }
}
