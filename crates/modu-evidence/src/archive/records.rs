//! Records: the signed statements that the log's entries stand for.
//!
//! A file of records holds a line of JSON for each of some entries in a row
//! and is named by the index of the first. A file is written before the log
//! names its entries, so after a kill there may be one too many; it is past
//! the log's end then, and is ignored by readers and removed by the writer.

use std::collections::BTreeSet;
use std::fs;

use modu_kernel::canonical;
use serde::{Deserialize, Serialize};

use crate::EvidenceError;
use crate::dsse::Envelope;
use crate::encoding::{base64_bytes, decimal};
use crate::log::Folder;
use crate::statement::MAX_STATEMENT_BYTES;

const FOLDER: &str = "records";
/// A file is closed with so many records, or once it has so many bytes.
const FILE_RECORDS: usize = 1024;
const FILE_BYTES: usize = 8 << 20;
/// One record more than [`FILE_BYTES`], with room for base64 and keys.
const MAX_FILE_BYTES: u64 = (FILE_BYTES + 2 * MAX_STATEMENT_BYTES) as u64;

/// What an entry stands for, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Record {
    #[serde(with = "base64_bytes")]
    pub(super) payload: Vec<u8>,
    #[serde(with = "base64_bytes")]
    pub(super) signature: Vec<u8>,
    #[serde(with = "base64_bytes")]
    pub(super) certificate: Vec<u8>,
    #[serde(with = "decimal")]
    pub(super) integrated_time: u64,
    #[serde(with = "base64_bytes")]
    pub(super) promise: Vec<u8>,
}

impl Record {
    pub(super) fn envelope(&self) -> Envelope {
        Envelope::from_parts(self.payload.clone(), self.signature.clone())
    }
}

/// Which files there are.
#[derive(Debug)]
pub(super) struct Records {
    firsts: BTreeSet<u64>,
}

/// The file that was read last.
#[derive(Debug, Default)]
pub(super) struct Page {
    first: Option<u64>,
    text: String,
    /// Where the next line begins, and its index.
    next: (usize, u64),
}

impl Records {
    /// Lists the files, but for those past the end of a log of `size` entries.
    pub(super) fn open(folder: &Folder, size: u64) -> Result<Self, EvidenceError> {
        let firsts = list(folder)?.into_iter().filter(|first| *first < size);
        Ok(Self {
            firsts: firsts.collect(),
        })
    }

    /// Removes what a killed or failed writer left past the log's end.
    pub(super) fn clear(folder: &Folder, size: u64) -> Result<(), EvidenceError> {
        for first in list(folder)?.into_iter().filter(|first| *first >= size) {
            folder.remove(&folder.path(path(first)))?;
        }
        Ok(())
    }

    /// Writes the records of entries from `first` on, durably.
    pub(super) fn write(
        &mut self,
        folder: &Folder,
        first: u64,
        records: &[Record],
    ) -> Result<(), EvidenceError> {
        let mut begun = first;
        let mut lines = Vec::new();
        let mut count = 0;
        for record in records {
            let line = canonical::to_vec(record).map_err(|error| {
                EvidenceError::malformed("record", "its content", error.to_string())
            })?;
            lines.extend_from_slice(&line);
            lines.push(b'\n');
            count += 1;
            if count == FILE_RECORDS || lines.len() >= FILE_BYTES {
                folder.replace(&path(begun), &lines)?;
                self.firsts.insert(begun);
                begun += count as u64;
                lines.clear();
                count = 0;
            }
        }
        if count > 0 {
            folder.replace(&path(begun), &lines)?;
            self.firsts.insert(begun);
        }
        Ok(())
    }

    /// Forgets what was written for entries that the log then did not take.
    pub(super) fn forget(&mut self, folder: &Folder, size: u64) {
        for first in self.firsts.split_off(&size) {
            // One that stays is removed when the archive is opened again.
            let _ = folder.remove(&folder.path(path(first)));
        }
    }

    pub(super) fn get(&self, folder: &Folder, index: u64) -> Result<Record, EvidenceError> {
        self.get_paged(folder, index, &mut Page::default())
    }

    /// As [`Self::get`], cheaper where the indexes ascend.
    pub(super) fn get_paged(
        &self,
        folder: &Folder,
        index: u64,
        page: &mut Page,
    ) -> Result<Record, EvidenceError> {
        let missing = || self.corrupt(folder, index, "the entry's record is missing");
        let first = self.firsts.range(..=index).next_back().copied();
        let first = first.ok_or_else(missing)?;
        if page.first != Some(first) || page.next.1 > index {
            let bytes = folder.read(path(first), MAX_FILE_BYTES)?;
            let text = String::from_utf8(bytes.ok_or_else(missing)?);
            *page = Page {
                first: Some(first),
                text: text.map_err(|_| self.corrupt(folder, index, "it is not text"))?,
                next: (0, first),
            };
        }
        let line = page.line(index).ok_or_else(missing)?;
        serde_json::from_str(line)
            .map_err(|error| self.corrupt(folder, index, &format!("record {index}: {error}")))
    }

    pub(super) fn corrupt(&self, folder: &Folder, index: u64, problem: &str) -> EvidenceError {
        let first = self.firsts.range(..=index).next_back().copied();
        EvidenceError::Corrupt {
            path: folder.path(path(first.unwrap_or(index))),
            problem: format!("entry {index}: {problem}"),
        }
    }
}

impl Page {
    fn line(&mut self, index: u64) -> Option<&str> {
        let (mut start, mut at) = self.next;
        loop {
            let rest = self.text.get(start..)?;
            let length = rest.find('\n')?;
            if at == index {
                self.next = (start + length + 1, at + 1);
                return rest.get(..length);
            }
            start += length + 1;
            at += 1;
        }
    }
}

/// Twenty digits hold every index, so names sort as numbers do.
fn path(first: u64) -> String {
    format!("{FOLDER}/{first:020}.jsonl")
}

fn list(folder: &Folder) -> Result<BTreeSet<u64>, EvidenceError> {
    let place = folder.path(FOLDER);
    let names = fs::read_dir(&place).map_err(EvidenceError::io("list", &place))?;
    let mut firsts = BTreeSet::new();
    for name in names {
        let name = name.map_err(EvidenceError::io("list", &place))?.path();
        let first = name
            .file_stem()
            .and_then(|stem| stem.to_str()?.parse().ok());
        // Other names are of files that were being written, or not ours.
        firsts.extend(first.filter(|first| folder.path(path(*first)) == name));
    }
    Ok(firsts)
}
