//! What new advisories hit: lines of JSON in one file, only ever added to.
//!
//! A line is on the disk when [`Journal::append`] returns: one write and one
//! `fdatasync`. The file grows by chunks of zeros ahead of its lines, because a
//! write that changes no length is durable some ten times sooner. So it is
//! lines, and then zeros; what a loss of power left of a line that nobody had
//! been told of is overwritten with zeros when the journal is opened again.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::StoreError;

/// By how many bytes the file grows.
const CHUNK: u64 = 4 << 20;

/// A journal, open for one writer at a time.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    /// Where the lines end.
    end: u64,
    /// Where the zeros end.
    length: u64,
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
        let options = options.read(true).write(true).create(true).truncate(false);
        let file = options.open(path).map_err(&could_not)?;
        file.lock().map_err(&could_not)?;
        let mut journal = Self {
            length: file.metadata().map_err(&could_not)?.len(),
            file,
            path: path.to_owned(),
            end: 0,
        };
        journal.find_end().map_err(&could_not)?;
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
        // JSON escapes control characters: no line holds a zero.
        let mut bytes = serde_json::to_vec(line).map_err(|error| could_not(error.into()))?;
        bytes.push(b'\n');
        let end = self.end + bytes.len() as u64;
        if end > self.length {
            let length = end.next_multiple_of(CHUNK);
            let zeros = vec![0; (length - self.length) as usize];
            let grown = self.file.write_all_at(&zeros, self.length);
            grown
                .and_then(|()| self.file.sync_all())
                .map_err(&could_not)?;
            self.length = length;
        }
        let written = self.file.write_all_at(&bytes, self.end);
        written
            .and_then(|()| self.file.sync_data())
            .map_err(could_not)?;
        self.end = end;
        Ok(())
    }

    /// The lines of a journal, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Io`]
    pub fn lines(path: &Path) -> Result<Vec<String>, StoreError> {
        let journal = Self::open(path)?;
        let mut bytes = vec![0; journal.end as usize];
        let read = journal.file.read_exact_at(&mut bytes, 0);
        read.map_err(StoreError::io("read", path))?;
        let text = String::from_utf8_lossy(&bytes);
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Finds where whole lines end, and puts zeros over what follows.
    fn find_end(&mut self) -> std::io::Result<()> {
        let mut size = CHUNK.min(self.length);
        loop {
            let start = self.length - size;
            let mut tail = vec![0; size as usize];
            self.file.read_exact_at(&mut tail, start)?;
            let written = tail.iter().rposition(|byte| *byte != 0);
            let written = written.map_or(0, |place| place + 1);
            // The last line may be half-written; the one before it is whole.
            let before = tail[..written.saturating_sub(1)].iter();
            let last = before.rev().position(|byte| *byte == b'\n');
            let line_at = match last {
                Some(back) => written - 1 - back,
                None if start == 0 => 0,
                None => {
                    size = (size * 2).min(self.length);
                    continue;
                }
            };
            let line = &tail[line_at..written];
            let is_whole = line.ends_with(b"\n") && !line.contains(&0);
            let kept = if is_whole { written } else { line_at };
            self.end = start + kept as u64;
            if kept < written {
                let zeros = vec![0; written - kept];
                self.file.write_all_at(&zeros, self.end)?;
                self.file.sync_all()?;
            }
            return Ok(());
        }
    }
}
