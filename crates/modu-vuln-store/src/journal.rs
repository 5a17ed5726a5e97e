//! What new advisories hit: lines of JSON in one file, only ever added to.
//!
//! A line is on the disk when [`Journal::append`] returns: one write and one
//! `fdatasync`. What a loss of power left half-written is cut off when the
//! journal is opened again; nobody had been told of it.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::StoreError;

/// A journal, open for one writer at a time.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
}

impl Journal {
    /// Opens a journal or makes one, waiting for whoever else writes.
    ///
    /// # Errors
    /// [`StoreError::Io`]
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let could_not = StoreError::io("open", path);
        let is_new = !path.exists();
        let mut options = OpenOptions::new();
        let options = options.read(true).append(true).create(true);
        let file = options.open(path).map_err(&could_not)?;
        file.lock().map_err(&could_not)?;
        let journal = Self {
            file,
            path: path.to_owned(),
        };
        journal.cut_half_line()?;
        if is_new {
            let folder = path.parent().unwrap_or(Path::new("."));
            let synced = File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(could_not)?;
        }
        Ok(journal)
    }

    /// Adds a line and waits until it is on the disk.
    ///
    /// # Errors
    /// [`StoreError::Io`]
    pub fn append(&mut self, line: &impl Serialize) -> Result<(), StoreError> {
        let could_not = StoreError::io("write", &self.path);
        let mut bytes = serde_json::to_vec(line).map_err(|error| could_not(error.into()))?;
        bytes.push(b'\n');
        self.file.write_all(&bytes).map_err(&could_not)?;
        self.file.sync_data().map_err(could_not)
    }

    fn cut_half_line(&self) -> Result<(), StoreError> {
        const CHUNK: u64 = 1 << 16;
        let could_not = StoreError::io("read", &self.path);
        let mut end = self.file.metadata().map_err(&could_not)?.len();
        let whole = loop {
            let start = end.saturating_sub(CHUNK);
            let mut chunk = Vec::new();
            (&self.file)
                .seek(SeekFrom::Start(start))
                .map_err(&could_not)?;
            let read = (&self.file).take(end - start).read_to_end(&mut chunk);
            read.map_err(&could_not)?;
            if let Some(place) = chunk.iter().rposition(|byte| *byte == b'\n') {
                break start + place as u64 + 1;
            }
            if start == 0 {
                break 0;
            }
            end = start;
        };
        if whole < self.file.metadata().map_err(&could_not)?.len() {
            self.file.set_len(whole).map_err(&could_not)?;
            self.file.sync_all().map_err(could_not)?;
        }
        Ok(())
    }
}
