//! What the tests of archives, bundles and verification share.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use modu_evidence::EvidenceError;
use modu_evidence::archive::{Identity, Recorder};
use modu_evidence::keys::Random;
use modu_evidence::statement::{
    Criteria, CriteriaDocument, EngineReport, EngineVersion, EntryReference, Predicate,
    ReportedInput, SimpleVerificationResult, Statement, Subject, VerifierName,
};
use modu_kernel::{Artifact, Digest, Label};
use sha2::{Digest as _, Sha256};

/// Bytes that look random and are the same in every run of a test.
pub(crate) struct Seeded(pub(crate) u64);

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

pub(crate) fn start() -> Timestamp {
    "2026-11-22T09:00:00Z".parse().unwrap()
}

pub(crate) fn after(seconds: i64) -> Timestamp {
    start() + SignedDuration::from_secs(seconds)
}

pub(crate) fn identity() -> Identity {
    Identity {
        organisation: "수요부처".into(),
        uri: "https://modu.example/agency/demand-ministry".into(),
        issuer: "https://modu.example/oidc".into(),
        origin: "log.modu.example/demand-ministry".into(),
    }
}

pub(crate) fn recorder(folder: &Path) -> Recorder {
    recorder_of(folder, 1)
}

/// A recorder with the keys of a seed.
pub(crate) fn recorder_of(folder: &Path, seed: u64) -> Recorder {
    let mut random = Seeded(seed * 1_000_000);
    Recorder::init(folder.join("evidence"), identity(), &mut random, start()).unwrap()
}

/// A small statement about some bytes.
pub(crate) fn passed(bytes: &[u8]) -> Statement {
    Statement {
        subject: vec![Subject::new("model.onnx", Digest::of(bytes))],
        predicate: Predicate::SimpleVerificationResult(SimpleVerificationResult {
            verifier: VerifierName {
                id: "https://modu.example/gate/v1".into(),
            },
            time_created: start(),
            properties: vec!["MODU_GATE_PASSED".into()],
        }),
    }
}

pub(crate) fn criteria(need: &[u8]) -> Statement {
    Statement::criteria(Criteria {
        id: "income-check".into(),
        title: Label::new("소득 확인", "Income check"),
        engine: "proof.score".into(),
        documents: vec![CriteriaDocument {
            name: "need".into(),
            artifact: Artifact::of(need),
        }],
        registered: start(),
    })
}

pub(crate) fn run(need: &[u8], criteria: Option<EntryReference>) -> Statement {
    Statement::engine_report(EngineReport {
        engine: EngineVersion {
            name: "proof.score".into(),
            version: "1".into(),
        },
        request: serde_json::json!({ "seed": "20261122", "threshold": 0.5 }),
        inputs: vec![ReportedInput::public("need", Artifact::of(need))],
        result: Artifact::of(b"the outcome"),
        outputs: vec![],
        criteria,
        finished: start(),
    })
}
