//! What a log sends to a witness: `add-checkpoint` of C2SP tlog-witness.

use std::fmt;

use crate::EvidenceError;
use crate::log::{Checkpoint, ConsistencyProof, Hash, LogReader, MAX_PROOF_HASHES, parse_decimal};
use crate::note::{MAX_NOTE_BYTES, Note};

/// The largest request, in bytes.
pub const MAX_REQUEST_BYTES: usize = MAX_NOTE_BYTES + 64 * (MAX_PROOF_HASHES + 1);

/// A checkpoint to be cosigned and the proof that it continues the one that
/// the witness cosigned last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size of the checkpoint that the witness holds; 0 if it holds none.
    pub old_size: u64,
    /// The hashes of the consistency proof from it.
    pub proof: Vec<Hash>,
    /// The checkpoint, signed by the log.
    pub note: Note,
}

impl AddCheckpoint {
    /// Asks for a cosignature of the reader's checkpoint, for a witness that
    /// last cosigned at `old_size` entries.
    ///
    /// # Errors
    /// As [`LogReader::consistency_proof`].
    pub fn new(log: &LogReader, old_size: u64) -> Result<Self, EvidenceError> {
        Ok(Self {
            old_size,
            proof: log.consistency_proof(old_size, log.size())?.hashes,
            note: log.note().clone(),
        })
    }

    /// Reads a request.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] for anything but its one spelling.
    pub fn parse(bytes: impl AsRef<[u8]>) -> Result<Self, EvidenceError> {
        let bytes = bytes.as_ref();
        let wrong = |place: &str, problem: &str| {
            EvidenceError::malformed("witness request", place, problem)
        };
        if bytes.len() > MAX_REQUEST_BYTES {
            return Err(wrong("its length", "it is over the limit of 260 KiB"));
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|error| wrong(&format!("byte {}", error.valid_up_to()), "it is not UTF-8"))?;
        let (head, note) = text
            .split_once("\n\n")
            .ok_or_else(|| wrong("its head", "there is no empty line before the checkpoint"))?;
        let mut lines = head.split('\n');
        let old_size = lines
            .next()
            .and_then(|line| parse_decimal(line.strip_prefix("old ")?))
            .ok_or_else(|| wrong("line 1", "expected `old` and the size last cosigned"))?;
        let proof = lines
            .enumerate()
            .map(|(place, line)| {
                Hash::from_base64(line)
                    .filter(|_| place < MAX_PROOF_HASHES)
                    .ok_or_else(|| {
                        wrong(
                            &format!("line {}", place + 2),
                            "expected base64 of a hash, on at most 63 lines",
                        )
                    })
            })
            .collect::<Result<_, _>>()?;
        let note = Note::parse(note)?;
        Checkpoint::parse(note.text())?;
        Ok(Self {
            old_size,
            proof,
            note,
        })
    }

    /// The proof with both sizes.
    pub(super) fn consistency(&self, new: &Checkpoint) -> ConsistencyProof {
        ConsistencyProof {
            old_size: self.old_size,
            new_size: new.size,
            hashes: self.proof.clone(),
        }
    }
}

/// The request as its file holds it.
impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old_size)?;
        self.proof
            .iter()
            .try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.note)
    }
}
