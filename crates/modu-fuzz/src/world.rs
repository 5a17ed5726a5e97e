//! A small archive of evidence, the same in every run: keys, times and
//! statements are fixed, and its signatures are deterministic.

use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use modu_evidence::EvidenceError;
use modu_evidence::archive::{Cosignatures, Identity, Recorder};
use modu_evidence::keys::{Random, WitnessKey};
use modu_evidence::log::LogKeys;
use modu_evidence::note::{KeyName, UnixTime, cosign};
use modu_evidence::statement::{
    Predicate, SimpleVerificationResult, Statement, Subject, VerifierName,
};
use modu_evidence::trust::TrustedRoot;
use modu_evidence::verify::Expectations;
use modu_evidence::witness::WitnessPolicy;
use modu_kernel::Digest;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// Everything that was signed, and what its reader has.
pub(crate) struct World {
    /// The bundles of all entries at two sizes of the log, and one that a
    /// witness cosigned.
    pub(crate) bundles: Vec<Vec<u8>>,
    pub(crate) root: TrustedRoot,
    pub(crate) log_keys: LogKeys,
    /// What no witness is asked of, and what one is.
    pub(crate) expectations: [Expectations; 2],
    /// The files of the log at its last size: path below its folder, content.
    pub(crate) log_files: Vec<(&'static str, Vec<u8>)>,
}

/// The entries of the log; the last was added alone.
pub(crate) const ENTRIES: u8 = 5;

/// What the statement of an entry is about.
pub(crate) fn subject(entry: u8) -> Digest {
    Digest::of(&[entry])
}

pub(crate) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| build().expect("a folder for a small archive"))
}

/// A folder in memory where the system has one.
pub(crate) fn memory_folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a folder for temporary files")
}

struct Seeded(u64);

impl Random for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EvidenceError> {
        for chunk in bytes.chunks_mut(32) {
            self.0 += 1;
            let block = Sha256::digest(self.0.to_be_bytes());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}

fn start() -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(500_000)
}

fn statement(entry: u8) -> Statement {
    let property = format!("MODU_ENTRY_{entry}");
    Statement {
        subject: vec![Subject::new("model.onnx", subject(entry))],
        predicate: Predicate::SimpleVerificationResult(SimpleVerificationResult {
            verifier: VerifierName {
                id: "https://modu.example/gate/v1".into(),
            },
            time_created: start(),
            properties: vec![property],
        }),
    }
}

fn build() -> Result<World, EvidenceError> {
    let folder = memory_folder();
    let identity = Identity {
        organisation: "수요부처".into(),
        uri: "https://modu.example/agency/demand-ministry".into(),
        issuer: "https://modu.example/oidc".into(),
        origin: "log.modu.example/demand-ministry".into(),
    };
    let mut random = Seeded(0);
    let mut recorder = Recorder::init(folder.path().join("it"), identity, &mut random, start())?;
    let batch: Vec<_> = (0..ENTRIES - 1).map(statement).collect();
    recorder.record_batch(&batch, start())?;
    let mut bundles = exports(&recorder)?;
    let later = start() + SignedDuration::from_secs(60);
    recorder.record_batch(&[statement(ENTRIES - 1)], later)?;
    bundles.extend(exports(&recorder)?);

    let witness = WitnessKey::generate(KeyName::new("witness.example/audit")?, &mut random)?;
    let keys = vec![witness.public().clone()];
    let note = recorder.log().note().clone();
    let time = UnixTime::new(later.as_second().unsigned_abs()).expect("after 1970");
    let line = cosign(note.text(), time, &witness)?;
    recorder.keep_cosignatures(&note.with_signature(line)?, &keys)?;
    bundles.push(recorder.export_as(0, Cosignatures::With)?);

    let log = recorder.log().folder().to_owned();
    let paths = ["checkpoint", "tile/0/000.p/5", "tile/entries/000.p/5"];
    let log_files = paths.map(|path| (path, std::fs::read(log.join(path)).expect("a log's file")));
    let asked = Expectations {
        witnesses: Some(WitnessPolicy::new(keys, 1)?),
        ..Expectations::default()
    };
    Ok(World {
        bundles,
        root: recorder.trusted_root().clone(),
        log_keys: recorder.trusted_root().keys_of(&recorder.origin()?)?,
        expectations: [Expectations::default(), asked],
        log_files: log_files.into(),
    })
}

fn exports(recorder: &Recorder) -> Result<Vec<Vec<u8>>, EvidenceError> {
    (0..recorder.size())
        .map(|index| recorder.export(index))
        .collect()
}
