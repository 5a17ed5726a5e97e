//! The archive: the folder in which an organisation keeps its evidence.
//!
//! ```text
//! archive.json            whose it is, its generations of keys, what it trusts
//! trusted_root.json       for readers; trust.json is for sigstore-python
//! keys/0001/              the private keys, a folder for each generation
//! log/                    the tile log, fit to be served as static files
//! records/                signed statements, certificates and promises
//! checkpoints/            the last checkpoint of each closed generation, and
//!                         the last one that witnesses cosigned
//! ```
//!
//! [`Recorder`] writes: it signs statements and appends them to the log.
//! [`Archive`] reads and exports, without any private key and while a recorder
//! is at work. The log holds the entries, which name statements by digest; the
//! records hold the statements themselves. Records are durable before the log
//! names them, and what is read from them is compared with the log. An entry's
//! time is not in the log's tree: the log's signed promise vouches for it.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use jiff::Timestamp;
//! use modu_evidence::archive::{Identity, Recorder};
//! use modu_evidence::keys::SystemRandom;
//! use modu_evidence::statement::{Statement, Subject, Predicate, TestOutcome, TestResult};
//! use modu_evidence::verify::{Expectations, verify};
//! use modu_kernel::Digest;
//!
//! let folder = tempfile::tempdir()?;
//! let identity = Identity {
//!     organisation: "수요부처".into(),
//!     uri: "https://modu.example/agency/demand-ministry".into(),
//!     issuer: "https://modu.example/oidc".into(),
//!     origin: "log.modu.example/demand-ministry".into(),
//! };
//! let now = Timestamp::from_second(1_790_000_000)?;
//! let mut recorder = Recorder::init(folder.path().join("evidence"), identity, &mut SystemRandom, now)?;
//!
//! let model = Digest::of(b"the model's bytes");
//! let statement = Statement {
//!     subject: vec![Subject::new("model.onnx", model)],
//!     predicate: Predicate::TestResult(TestResult {
//!         result: TestOutcome::Passed,
//!         configuration: vec![],
//!         passed_tests: vec!["recall".into()],
//!         warned_tests: vec![],
//!         failed_tests: vec![],
//!     }),
//! };
//! let entry = recorder.record(&statement, now)?;
//! let bundle = recorder.export(entry.log_index)?;
//!
//! let verified = verify(&bundle, recorder.trusted_root(), &model, &Expectations::default())?;
//! assert_eq!(verified.statement, statement);
//! # Ok(()) }
//! ```

mod recorder;
mod records;
mod settings;
mod standing;

use std::ops::Range;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

pub use recorder::Recorder;
pub use settings::Identity;

use crate::EvidenceError;
use crate::authority::LeafCertificate;
use crate::bundle::{Bundle, promise_message};
use crate::dsse::Envelope;
use crate::keys::EcdsaPublicKey;
use crate::log::{Checkpoint, Folder, Hash, LogReader, Origin};
use crate::note::{MAX_NOTE_BYTES, Note};
use crate::precedence::{Placed, Precedence, judge};
use crate::statement::{EngineReport, EntryReference, Predicate, Statement, Withdrawal};
use crate::trust::TrustedRoot;
use records::{Record, Records};
use settings::Settings;

/// An organisation's evidence, to be read.
#[derive(Debug)]
pub struct Archive {
    folder: Folder,
    settings: Settings,
    records: Records,
    log: LogReader,
}

/// An entry of the log with what it stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its index in the log.
    pub index: u64,
    /// Its leaf hash.
    pub leaf_hash: Hash,
    /// When the log took it.
    pub integrated_time: Timestamp,
    /// What is said.
    pub statement: Statement,
    envelope: Envelope,
    certificate: Vec<u8>,
    promise: Vec<u8>,
}

impl Entry {
    /// How other entries point at this one.
    #[must_use]
    pub fn reference(&self) -> EntryReference {
        EntryReference {
            log_index: self.index,
            leaf_hash: self.leaf_hash,
        }
    }

    /// The signed statement.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }
}

/// Whether an export carries the witnesses' signatures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Cosignatures {
    /// The newest checkpoint, with the log's own two lines. Readers need to
    /// know nothing of witnesses.
    #[default]
    Without,
    /// The newest checkpoint that witnesses cosigned. Readers must name the
    /// witnesses' keys.
    With,
}

impl Archive {
    /// Opens an archive to read it, at its log's newest checkpoint.
    ///
    /// # Errors
    /// [`EvidenceError::Io`] where there is none; [`EvidenceError::Malformed`]
    /// and [`EvidenceError::Corrupt`] where its files are damaged.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, EvidenceError> {
        let folder = Folder::new(folder);
        let settings = Settings::load(&folder)?;
        let log_keys = settings.root.keys_of(&settings.origin()?)?;
        let log = LogReader::open(folder.path(LOG), &log_keys)?;
        Self::with_log(folder, settings, log)
    }

    fn with_log(folder: Folder, settings: Settings, log: LogReader) -> Result<Self, EvidenceError> {
        let records = Records::open(&folder, log.size())?;
        Ok(Self {
            folder,
            settings,
            records,
            log,
        })
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.root()
    }

    /// Whose it is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.settings.identity
    }

    /// The log, for checkpoints, proofs and witnesses' requests.
    #[must_use]
    pub fn log(&self) -> &LogReader {
        &self.log
    }

    /// The log's newest checkpoint.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        self.log.checkpoint()
    }

    /// The log's origin.
    ///
    /// # Errors
    /// Never for an archive that was opened.
    pub fn origin(&self) -> Result<Origin, EvidenceError> {
        self.settings.origin()
    }

    /// How many entries there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.log.size()
    }

    /// What readers are given to trust.
    #[must_use]
    pub fn trusted_root(&self) -> &TrustedRoot {
        &self.settings.root
    }

    /// An entry. Its record is compared with the log, and the log's promise of
    /// its place and time is verified: one signature. Who signed the statement
    /// is checked by [`Self::signer`] and [`crate::verify`], not here.
    ///
    /// # Errors
    /// [`EvidenceError::OutOfRange`]; [`EvidenceError::Corrupt`] where the
    /// record does not agree with the log or with its promise.
    pub fn get(&self, index: u64) -> Result<Entry, EvidenceError> {
        let logged = self.log.entry(index)?;
        let entry = self.entry(index, &logged, self.records.get(&self.folder, index)?)?;
        if !self.is_promised(&entry, &logged)? {
            let problem = "its time, or the promise of it, is not what the log's key signed";
            return Err(self.records.corrupt(&self.folder, index, problem));
        }
        Ok(entry)
    }

    /// The tree holds the statement, but not its time.
    fn is_promised(&self, entry: &Entry, logged: &[u8]) -> Result<bool, EvidenceError> {
        let (_, log_id) = self.settings.generation_of(entry.index)?;
        let Some(log) = self.settings.root.log(&log_id) else {
            return Ok(false);
        };
        let time = entry.integrated_time.as_second().unsigned_abs();
        let message = promise_message(logged, time, &log_id, entry.index)?;
        let key = EcdsaPublicKey::from_spki(log.it.encoded())?;
        Ok(log.period.covers(entry.integrated_time) && key.verifies(&message, &entry.promise))
    }

    /// Entries in the log's order; the range is cut at its end. Reads each
    /// file once. They are compared with the log, but their times are only as
    /// the records say: [`Self::get`] checks the promise, too.
    pub fn entries(
        &self,
        range: Range<u64>,
    ) -> impl Iterator<Item = Result<Entry, EvidenceError>> + '_ {
        let mut page = records::Page::default();
        self.log.entries(range).map(move |logged| {
            let (index, logged) = logged?;
            let record = self.records.get_paged(&self.folder, index, &mut page)?;
            self.entry(index, &logged, record)
        })
    }

    fn entry(&self, index: u64, logged: &[u8], record: Record) -> Result<Entry, EvidenceError> {
        let (envelope, certificate) = (record.envelope(), record.certificate);
        if crate::bundle::entry(&envelope, &certificate)? != logged {
            return Err(self.records.corrupt(
                &self.folder,
                index,
                "it is not what the log's entry stands for",
            ));
        }
        let time = i64::try_from(record.integrated_time)
            .ok()
            .and_then(|seconds| Timestamp::from_second(seconds).ok());
        Ok(Entry {
            index,
            leaf_hash: Hash::of_leaf(logged),
            integrated_time: time.ok_or_else(|| {
                (self.records).corrupt(&self.folder, index, "its time is out of range")
            })?,
            statement: Statement::parse(envelope.payload())?,
            envelope,
            certificate,
            promise: record.promise,
        })
    }

    /// Who signed an entry, by its certificate. One signature is verified.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] where it is not by the archive's authority.
    pub fn signer(&self, entry: &Entry) -> Result<LeafCertificate, EvidenceError> {
        let mut last = EvidenceError::malformed("trusted root", "its authorities", "there is none");
        for authority in self.settings.root.authorities() {
            match LeafCertificate::parse(&entry.certificate, &authority.it) {
                Ok(leaf) => return Ok(leaf),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// An entry as a bundle that stock Sigstore clients verify offline.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn export(&self, index: u64) -> Result<Vec<u8>, EvidenceError> {
        self.export_as(index, Cosignatures::Without)
    }

    /// As [`Self::export`], with or without the witnesses' signatures.
    ///
    /// # Errors
    /// As [`Self::get`]; [`EvidenceError::OutOfRange`] where no witness has
    /// cosigned a checkpoint with the entry yet.
    pub fn export_as(
        &self,
        index: u64,
        cosignatures: Cosignatures,
    ) -> Result<Vec<u8>, EvidenceError> {
        let entry = self.get(index)?;
        let (number, log_id) = self.settings.generation_of(index)?;
        let checkpoint = match cosignatures {
            Cosignatures::With => self.cosigned_over(index, number)?,
            Cosignatures::Without if number == self.settings.current().number => {
                self.log.note().clone()
            }
            Cosignatures::Without => self.read_note(&closing(number))?.ok_or_else(|| {
                EvidenceError::io("find", &self.folder.path(closing(number)))(
                    std::io::ErrorKind::NotFound.into(),
                )
            })?,
        };
        let size = Checkpoint::parse(checkpoint.text())?.size;
        Bundle {
            integrated_time: entry.integrated_time.as_second().unsigned_abs(),
            envelope: entry.envelope,
            certificate: entry.certificate,
            log_id,
            promise: entry.promise,
            proof: self.log.inclusion_proof(index, size)?,
            checkpoint,
        }
        .to_bytes()
    }

    /// The newest checkpoint that witnesses cosigned, of the current keys.
    ///
    /// # Errors
    /// [`EvidenceError::Io`], [`EvidenceError::Malformed`].
    pub fn cosigned(&self) -> Result<Option<Note>, EvidenceError> {
        self.read_note(&cosigned(self.settings.current().number))
    }

    fn cosigned_over(&self, index: u64, generation: u32) -> Result<Note, EvidenceError> {
        let note = self.read_note(&cosigned(generation))?;
        let size = match &note {
            Some(note) => Checkpoint::parse(note.text())?.size,
            None => 0,
        };
        note.filter(|_| index < size)
            .ok_or(EvidenceError::OutOfRange {
                what: "under the last cosigned checkpoint, entry",
                asked: index,
                size,
            })
    }

    fn read_note(&self, relative: &str) -> Result<Option<Note>, EvidenceError> {
        let bytes = self.folder.read(relative, MAX_NOTE_BYTES as u64)?;
        bytes.map(Note::parse).transpose()
    }

    /// All withdrawals with their places. Reads the whole archive.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn withdrawals(&self) -> Result<Vec<(u64, Withdrawal)>, EvidenceError> {
        let mut found = Vec::new();
        for entry in self.entries(0..self.size()) {
            let entry = entry?;
            if let Predicate::Withdrawal(withdrawal) = entry.statement.predicate {
                found.push((entry.index, withdrawal));
            }
        }
        Ok(found)
    }

    /// Whether a run's criteria were registered before it and stand. Reads the
    /// whole archive, for withdrawals.
    ///
    /// # Errors
    /// As [`Self::get`]; [`EvidenceError::Malformed`] where the entry reports
    /// no run.
    pub fn criteria_precede(&self, run: u64) -> Result<Precedence, EvidenceError> {
        let entry = self.get(run)?;
        let Predicate::EngineReport(report) = &entry.statement.predicate else {
            let place = format!("entry {run}");
            let problem = "it reports no run: name the entry of an engine report";
            return Err(EvidenceError::malformed("archive", place, problem));
        };
        self.judged(Placed {
            index: entry.index,
            leaf_hash: entry.leaf_hash,
            it: report,
        })
    }

    /// What [`Self::criteria_precede`] will say of a run that is appended
    /// next, so that a run and what is decided by it can be appended together.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn criteria_would_precede(&self, run: &EngineReport) -> Result<Precedence, EvidenceError> {
        self.judged(Placed {
            index: self.size(),
            // That of no entry: nothing can have taken the run back.
            leaf_hash: Hash::of_empty_tree(),
            it: run,
        })
    }

    fn judged(&self, run: Placed<'_, EngineReport>) -> Result<Precedence, EvidenceError> {
        let named = run.it.criteria.map(|reference| reference.log_index);
        let criteria = match named.filter(|index| *index < self.size()) {
            Some(index) => Some(self.get(index)?),
            None => None,
        };
        let placed = criteria.as_ref().map(|criteria| Placed {
            index: criteria.index,
            leaf_hash: criteria.leaf_hash,
            it: &criteria.statement,
        });
        Ok(judge(run, placed, &self.withdrawals()?))
    }
}

/// Where the log lies.
const LOG: &str = "log";

/// Where the last checkpoint of a closed generation of keys lies.
fn closing(generation: u32) -> String {
    format!("checkpoints/{generation:04}")
}

/// Where the last cosigned checkpoint of a generation lies.
fn cosigned(generation: u32) -> String {
    format!("checkpoints/cosigned-{generation:04}")
}

#[cfg(test)]
mod tests;
