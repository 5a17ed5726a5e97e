//! The file of one run.
//!
//! Layout: the line `modu run 2`, the length of the head (u32, big-endian),
//! the head (JSON), SHA-256 of all of this, then the changes, the table and the
//! tree, as the head says them. The table follows from the tree; it stands
//! beside it because it is a quarter as long, and what is asked for most.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use modu_kernel::{Artifact, Digest};
use modu_route::history::{Difference, Tally};
use serde::{Deserialize, Serialize};

use super::{MOST, RunName, patch};
use crate::{NetError, limits};

const MAGIC: &[u8] = b"modu run 2\n";

/// What a run's file says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Its number.
    pub number: u64,
    /// The time it was made for, seconds since 1970 (UTC).
    pub time: i64,
    /// The run on which its patches stand; none where it is whole.
    pub base: Option<u64>,
    /// What changed since the run before, as JSON.
    pub changes: Part,
    /// The table.
    pub table: Part,
    /// The tree.
    pub tree: Part,
    /// What is in it, in numbers.
    pub tally: Tally,
}

/// A part of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its bytes in the file.
    pub stored: u64,
    /// The bytes that it stands for.
    pub artifact: Artifact,
}

/// What a run holds, or what the run held on which it stands.
pub(super) struct Held {
    pub(super) table: Vec<u8>,
    pub(super) tree: Vec<u8>,
}

/// The bytes of a run's file.
pub(super) fn compose(
    run: RunName,
    held: &Held,
    base: Option<&(u64, Held)>,
    difference: &Difference,
    tally: Tally,
) -> Result<Vec<u8>, NetError> {
    let could_not = |error: io::Error| NetError::Io {
        action: "compress",
        place: format!("run {}", run.number),
        source: error,
    };
    let json = |error: serde_json::Error| could_not(error.into());
    let changes = serde_json::to_vec(difference).map_err(json)?;
    let packed_changes = patch::make(&[], &changes).map_err(could_not)?;
    let prefix = |of: fn(&Held) -> &[u8]| base.map_or(&[] as &[u8], |(_, held)| of(held));
    let packed_table = patch::make(prefix(|held| &held.table), &held.table).map_err(could_not)?;
    let packed_tree = patch::make(prefix(|held| &held.tree), &held.tree).map_err(could_not)?;
    let part = |packed: &[u8], bytes: &[u8]| Part {
        stored: packed.len() as u64,
        artifact: Artifact::of(bytes),
    };
    let head = serde_json::to_vec(&Head {
        number: run.number,
        time: run.time,
        base: base.map(|(number, _)| *number),
        changes: part(&packed_changes, &changes),
        table: part(&packed_table, &held.table),
        tree: part(&packed_tree, &held.tree),
        tally,
    });
    let head = head.map_err(json)?;
    // What is written must be read again.
    for (bytes, most) in [
        (head.len(), limits::RUN_HEAD_BYTES),
        (held.table.len(), MOST),
        (held.tree.len(), MOST),
        (changes.len(), MOST),
    ] {
        if bytes as u64 > most {
            let problem = io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("more than {most} bytes"),
            );
            return Err(could_not(problem));
        }
    }
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&(head.len() as u32).to_be_bytes());
    bytes.extend_from_slice(&head);
    bytes.extend_from_slice(Digest::of(&bytes).as_bytes());
    bytes.extend_from_slice(&packed_changes);
    bytes.extend_from_slice(&packed_table);
    bytes.extend_from_slice(&packed_tree);
    Ok(bytes)
}

/// Why a part of a file cannot be had.
enum Bad {
    Read(io::Error),
    Damaged(&'static str),
}

impl From<io::Error> for Bad {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Damaged("it ends early"),
            _ => Self::Read(error),
        }
    }
}

impl Bad {
    fn at(self, path: &Path) -> NetError {
        match self {
            Self::Read(error) => NetError::io("read", path, error),
            Self::Damaged(problem) => NetError::Damaged {
                place: path.display().to_string(),
                problem: format!("{problem}: restore the file from a copy"),
            },
        }
    }
}

/// The head, and the file behind it.
pub(super) fn read_head(path: &Path, run: RunName) -> Result<(File, Head), NetError> {
    let open = || -> Result<(File, Head), Bad> {
        let mut file = File::open(path)?;
        let mut begin = [0; MAGIC.len() + 4];
        file.read_exact(&mut begin)?;
        let (magic, length) = begin.split_at(MAGIC.len());
        let length = length
            .iter()
            .fold(0, |length, byte| length << 8 | u64::from(*byte));
        if magic != MAGIC || length > limits::RUN_HEAD_BYTES {
            return Err(Bad::Damaged("it is not the file of a run"));
        }
        let mut signed = begin.to_vec();
        signed.resize(begin.len() + length as usize, 0);
        file.read_exact(&mut signed[begin.len()..])?;
        let mut digest = [0; 32];
        file.read_exact(&mut digest)?;
        if *Digest::of(&signed).as_bytes() != digest {
            return Err(Bad::Damaged("its head was altered"));
        }
        let head: Head = serde_json::from_slice(&signed[begin.len()..])
            .map_err(|_| Bad::Damaged("its head cannot be read"))?;
        match (head.number, head.time) == (run.number, run.time) {
            true => Ok((file, head)),
            false => Err(Bad::Damaged("it is another run's file")),
        }
    };
    open().map_err(|bad| bad.at(path))
}

/// A part of a run's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// What changed, as JSON.
    Changes,
    /// The table.
    Table,
    /// The tree.
    Tree,
}

/// A part, from that of its base.
pub(super) fn read(
    path: &Path,
    run: RunName,
    what: What,
    base: &[u8],
) -> Result<Vec<u8>, NetError> {
    let (mut file, head) = read_head(path, run)?;
    let (behind, part) = match what {
        What::Changes => (0, head.changes),
        What::Table => (head.changes.stored, head.table),
        What::Tree => (
            head.changes.stored.saturating_add(head.table.stored),
            head.tree,
        ),
    };
    let mut read = || {
        let behind = i64::try_from(behind);
        let behind = behind.map_err(|_| Bad::Damaged("its head cannot be read"))?;
        file.seek(SeekFrom::Current(behind))?;
        restore(&mut file, part, base)
    };
    read().map_err(|bad| bad.at(path))
}

fn restore(file: &mut File, part: Part, base: &[u8]) -> Result<Vec<u8>, Bad> {
    if part.stored > MOST || part.artifact.size > MOST {
        return Err(Bad::Damaged("it is larger than what is written"));
    }
    let mut packed = Vec::new();
    file.take(part.stored).read_to_end(&mut packed)?;
    let bytes = patch::apply(base, &packed, part.artifact.size)
        .map_err(|_| Bad::Damaged("what it holds was altered"))?;
    match Artifact::of(&bytes) == part.artifact {
        true => Ok(bytes),
        false => Err(Bad::Damaged("what it holds was altered")),
    }
}
