//! The inputs of a run, taken from a store.

use std::io;

use modu_kernel::{Digest, Input, Inputs, ReadSeek};

use crate::{Store, StoreError};

/// Named inputs of a run whose bytes lie in a store. Each time one is opened
/// its digest is checked first, as [`Inputs`] promises to the engine.
#[derive(Debug)]
pub struct StoredInputs {
    store: Store,
    list: Vec<Input>,
}

impl StoredInputs {
    /// Takes the inputs in the order of the run.
    ///
    /// # Errors
    /// [`StoreError::Absent`] where the store lacks one of them.
    pub fn new(store: &Store, list: Vec<Input>) -> Result<Self, StoreError> {
        for input in &list {
            store.size(input.artifact.digest)?;
        }
        Ok(Self {
            store: store.clone(),
            list,
        })
    }
}

impl Inputs for StoredInputs {
    fn list(&self) -> &[Input] {
        &self.list
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn ReadSeek + '_>> {
        let input = self
            .list
            .iter()
            .find(|input| input.name == name)
            .ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(self.store.open_verified(input.artifact.digest)?))
    }

    fn open_part(&self, digest: &Digest) -> io::Result<Box<dyn ReadSeek + '_>> {
        Ok(Box::new(self.store.open_verified(*digest)?))
    }
}
