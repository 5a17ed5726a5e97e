//! A witness's memory and its decision.

use std::path::PathBuf;

use modu_kernel::Digest;

use super::AddCheckpoint;
use crate::EvidenceError;
use crate::log::{Checkpoint, Folder, Hash, LogKeys, Origin};
use crate::note::{self, Cosigner, MAX_NOTE_BYTES, Note, SignatureLine, UnixTime};

/// Why a witness does not cosign. The two forms of a fork carry both
/// checkpoints: signed by the log's own key, they prove what it did.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request starts from another checkpoint than the witness holds: ask
    /// again from this size. Nothing is wrong with the log.
    #[error(
        "it last cosigned {held} entries, the request starts at {offered}: ask again from {held}"
    )]
    Stale {
        /// The size that the witness holds, 0 for none.
        held: u64,
        /// The size that the request starts at.
        offered: u64,
    },
    /// The checkpoint is older than the one the witness holds.
    #[error(
        "it has cosigned {held} entries, this checkpoint has only {offered}: offer the log's newest, if it was not cut short"
    )]
    Rollback {
        /// The size that the witness holds.
        held: u64,
        /// The checkpoint's size.
        offered: u64,
    },
    /// Another tree of the same size.
    #[error("it has cosigned another tree of {} entries: the log was rewritten", held.size)]
    SameSizeOtherRoot {
        /// What the witness holds.
        held: Checkpoint,
        /// What was offered.
        offered: Checkpoint,
    },
    /// The proof does not lead from the held checkpoint to the offered one.
    #[error(
        "nothing shows that the {} entries continue the {} cosigned before: {problem}", offered.size, held.size
    )]
    NotContinued {
        /// What the witness holds.
        held: Checkpoint,
        /// What was offered.
        offered: Checkpoint,
        /// What is wrong with the proof.
        problem: String,
    },
}

/// A witness's folder: one file for each log, the last checkpoint cosigned.
/// One process at a time.
#[derive(Debug)]
pub struct Witness {
    folder: Folder,
    _lock: crate::log::Lock,
}

impl Witness {
    /// Opens a witness's folder, or makes one that has seen nothing.
    ///
    /// # Errors
    /// [`EvidenceError::InUse`], [`EvidenceError::Io`].
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, EvidenceError> {
        let folder = Folder::new(folder);
        folder.create()?;
        let lock = folder.lock()?;
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    /// The last checkpoint cosigned for a log, with its signatures.
    ///
    /// # Errors
    /// [`EvidenceError::Io`]; [`EvidenceError::Malformed`] where the file was
    /// tampered with: restore it, since a witness that forgets is none.
    pub fn last(&self, log: &LogKeys) -> Result<Option<(Checkpoint, Note)>, EvidenceError> {
        let file = file_of(log.origin());
        let Some(bytes) = self.folder.read(&file, MAX_NOTE_BYTES as u64)? else {
            return Ok(None);
        };
        let note = Note::parse(bytes)?;
        // Its signature is not asked for again: the log's key may have been
        // rotated since, and what was seen stays seen.
        let checkpoint = Checkpoint::parse(note.text())?;
        if checkpoint.origin != *log.origin() {
            return Err(EvidenceError::malformed(
                self.folder.path(&file).display().to_string(),
                "line 1",
                "it holds a checkpoint of another log: restore it from a copy",
            ));
        }
        Ok(Some((checkpoint, note)))
    }

    /// Cosigns a checkpoint of a log that the witness watches, if it continues
    /// the last one. The first checkpoint of a log is taken as it is. It is
    /// durable in the witness's folder before the signature is given out.
    ///
    /// `now` is written into the signature, whole seconds.
    ///
    /// # Errors
    /// As [`LogKeys::open`] where the log's signature is not acceptable;
    /// [`EvidenceError::Refused`] with the [`Refusal`]; [`EvidenceError::Io`]
    /// where it could not be kept, and then nothing is signed.
    pub fn cosign(
        &mut self,
        log: &LogKeys,
        request: &AddCheckpoint,
        now: UnixTime,
        cosigner: &dyn Cosigner,
    ) -> Result<SignatureLine, EvidenceError> {
        let offered = log.open(&request.note)?.checkpoint;
        let held = self.last(log)?.map(|(checkpoint, _)| checkpoint);
        check(held, &offered, request)?;
        let line = note::cosign(request.note.text(), now, cosigner)?;
        let seen = request.note.clone().with_signature(line.clone())?;
        self.folder
            .replace(&file_of(log.origin()), seen.to_string().as_bytes())?;
        Ok(line)
    }
}

/// Decides by sizes first, so that an honest log learns where to start.
fn check(
    held: Option<Checkpoint>,
    offered: &Checkpoint,
    request: &AddCheckpoint,
) -> Result<(), Box<Refusal>> {
    let held =
        held.unwrap_or_else(|| Checkpoint::new(offered.origin.clone(), 0, Hash::of_empty_tree()));
    if offered.size < held.size {
        return Err(Box::new(Refusal::Rollback {
            held: held.size,
            offered: offered.size,
        }));
    }
    if offered.size == held.size && offered.root != held.root {
        return Err(Box::new(Refusal::SameSizeOtherRoot {
            held,
            offered: offered.clone(),
        }));
    }
    if request.old_size != held.size {
        return Err(Box::new(Refusal::Stale {
            held: held.size,
            offered: request.old_size,
        }));
    }
    let proof = request.consistency(offered);
    proof.verify(&held.root, &offered.root).map_err(|error| {
        Box::new(Refusal::NotContinued {
            problem: error.to_string(),
            held,
            offered: offered.clone(),
        })
    })
}

/// Origins are URLs and may hold anything, so files are named by digest.
fn file_of(origin: &Origin) -> String {
    format!(
        "{}.checkpoint",
        Digest::of(origin.as_str().as_bytes()).to_hex()
    )
}
