//! Verifying a bundle without any server.
//!
//! The reader brings the bundle, the organisation's trusted root, and the
//! artifact that the statement should be about. Everything else follows:
//!
//! 1. the file is in its one form, and its parts agree with each other;
//! 2. the statement is about the artifact;
//! 3. the log promised the entry, and the entry leads to the root hash;
//! 4. each signature under the checkpoint is by the log or by a witness that
//!    the reader trusts;
//! 5. the log continues the earlier checkpoint, where the reader has one;
//! 6. the certificate is by the authority, was valid when the log took the
//!    entry, and names the expected identity and issuer;
//! 7. the certificate's key signed the statement.
//!
//! What this cannot show: that the log's owner shows everybody the same log.
//! Only witnesses, or an earlier checkpoint, can. [`Verified::assurance`] says
//! plainly which of them there was.

mod outcome;

use jiff::Timestamp;
use modu_kernel::Digest;

pub use outcome::{Assurance, Check, Verified};

use crate::EvidenceError;
use crate::authority::{AuthorityCertificate, LeafCertificate};
use crate::bundle::{Bundle, promise_message};
use crate::keys::EcdsaPublicKey;
use crate::log::{Checkpoint, ConsistencyProof, Hash, LogReader, Origin};
use crate::note::{Note, UnixTime, VerifierKey};
use crate::statement::Statement;
use crate::trust::{Dated, TrustedRoot};
use crate::witness::WitnessPolicy;

/// What the reader expects beyond a sound bundle. The default expects nothing.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    /// The signer's identity, a URI; any that the authority certified if none.
    pub identity: Option<String>,
    /// Who says that it is the signer's; anybody if none.
    pub issuer: Option<String>,
    /// The witnesses that the reader trusts, and how many must have signed.
    pub witnesses: Option<WitnessPolicy>,
    /// A checkpoint of the same log that the reader has kept.
    pub earlier: Option<Earlier>,
}

/// A checkpoint that the reader has kept, with the proof that one of the two
/// checkpoints continues the other.
#[derive(Debug, Clone)]
pub struct Earlier {
    /// The checkpoint, as it was received.
    pub checkpoint: Note,
    /// From the smaller of the two trees to the larger: from whoever has the
    /// log's tiles, since it cannot be forged.
    pub proof: ConsistencyProof,
}

impl Earlier {
    /// Takes the proof from a copy of the log, which need not be trusted: a
    /// wrong proof does not verify.
    ///
    /// # Errors
    /// [`EvidenceError::Fork`] where the log's copy has fewer entries than one
    /// of the checkpoints; [`EvidenceError::Malformed`] where the bundle or the
    /// checkpoint is.
    pub fn prove(checkpoint: Note, log: &LogReader, bundle: &[u8]) -> Result<Self, EvidenceError> {
        let kept = Checkpoint::parse(checkpoint.text())?.size;
        let shown = Bundle::parse(bundle)?.proof.size;
        let (old, new) = (kept.min(shown), kept.max(shown));
        if new > log.size() {
            return Err(EvidenceError::Fork {
                origin: log.checkpoint().origin.to_string(),
                problem: format!(
                    "a checkpoint has {new} entries, and the log only {}",
                    log.size()
                ),
            });
        }
        let proof = log.consistency_proof(old, new)?;
        Ok(Self { checkpoint, proof })
    }
}

/// Verifies a bundle. Six signatures at most, and as many more as there are
/// witnesses; cheap refusals come first.
///
/// # Errors
/// [`EvidenceError::Malformed`] where the file is not in its one form,
/// [`EvidenceError::Fork`] where the earlier checkpoint proves by itself that
/// the log was rewritten,
/// [`EvidenceError::Unverified`] for everything else that does not hold.
pub fn verify(
    bundle: &[u8],
    root: &TrustedRoot,
    artifact: &Digest,
    expectations: &Expectations,
) -> Result<Verified, EvidenceError> {
    let bundle = Bundle::parse(bundle)?;
    let statement = Statement::parse(bundle.envelope.payload())?;
    if !statement.is_about(artifact) {
        let problem = format!("the statement is not about {artifact}");
        return Err(refused(Check::Artifact, problem));
    }
    let time = integrated_time(&bundle)?;
    let entry = bundle.entry()?;
    let leaf_hash = Hash::of_leaf(&entry);
    let checkpoint = Checkpoint::parse(bundle.checkpoint.text())?;
    (bundle.proof.verify(&leaf_hash, &checkpoint.root))
        .map_err(|error| refused(Check::Inclusion, problem_of(error)))?;

    let log = find_log(root, &bundle.log_id, time)?;
    check_promise(&bundle, &entry, &log.it)?;
    let witnesses = check_checkpoint(&bundle, &checkpoint, root, log, expectations)?;
    let continues_earlier = match &expectations.earlier {
        Some(earlier) => check_earlier(earlier, &checkpoint, root)? > 0,
        None => false,
    };
    let leaf = check_certificate(&bundle, root, time, expectations)?;
    if !bundle.envelope.is_by(leaf.key()) {
        let problem = "it is not by the certificate's key";
        return Err(refused(Check::Signature, problem));
    }
    Ok(Verified {
        statement,
        identity: leaf.identity().to_owned(),
        issuer: leaf.issuer().to_owned(),
        index: bundle.proof.index,
        leaf_hash,
        integrated_time: time,
        checkpoint,
        witnesses,
        continues_earlier,
    })
}

fn refused(check: Check, problem: impl ToString) -> EvidenceError {
    EvidenceError::Unverified {
        check,
        problem: problem.to_string(),
    }
}

/// What is wrong with a proof, without the words that [`Check`] says anyway.
fn problem_of(error: EvidenceError) -> String {
    match error {
        EvidenceError::Proof { problem, .. } => problem,
        other => other.to_string(),
    }
}

fn integrated_time(bundle: &Bundle) -> Result<Timestamp, EvidenceError> {
    i64::try_from(bundle.integrated_time)
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .ok_or_else(|| refused(Check::Promise, "its time is out of range"))
}

fn find_log<'r>(
    root: &'r TrustedRoot,
    id: &Digest,
    time: Timestamp,
) -> Result<&'r Dated<VerifierKey>, EvidenceError> {
    let log = root
        .log(id)
        .ok_or_else(|| refused(Check::Log, format!("the trusted root has no log {id}")))?;
    if !log.period.covers(time) {
        let problem = format!("the key {id} was not in use at {time}");
        return Err(refused(Check::Log, problem));
    }
    Ok(log)
}

/// The signed entry timestamp binds the time to the entry: the tree does not.
fn check_promise(bundle: &Bundle, entry: &[u8], log: &VerifierKey) -> Result<(), EvidenceError> {
    let message = promise_message(
        entry,
        bundle.integrated_time,
        &bundle.log_id,
        bundle.proof.index,
    )?;
    if !EcdsaPublicKey::from_spki(log.encoded())?.verifies(&message, &bundle.promise) {
        let problem = "it is not by the log's key over this entry, index and time";
        return Err(refused(Check::Promise, problem));
    }
    Ok(())
}

/// Every line is verified, and every key that the log then used has a
/// line, before those of witnesses: a bundle whose lines were tampered with is
/// refused, whichever of them the reader would have needed.
fn check_checkpoint(
    bundle: &Bundle,
    checkpoint: &Checkpoint,
    root: &TrustedRoot,
    log: &Dated<VerifierKey>,
    expectations: &Expectations,
) -> Result<Vec<(VerifierKey, UnixTime)>, EvidenceError> {
    let name = log.it.name();
    if checkpoint.origin.as_str() != name.as_str() || !checkpoint.extensions.is_empty() {
        let problem = format!("it is not of the log `{name}`");
        return Err(refused(Check::Checkpoint, problem));
    }
    // Keys that are used together have one period. Two generations of keys
    // both cover the second of their change, so the time does not tell.
    let together =
        |dated: &&Dated<VerifierKey>| dated.it.name() == name && dated.period == log.period;
    let log_keys = root.log_keys().iter().filter(together);
    let log_keys: Vec<_> = log_keys.map(|dated| dated.it.clone()).collect();
    let (witness_keys, quorum) = (expectations.witnesses.as_ref())
        .map_or((&[][..], 0), |policy| (policy.keys(), policy.quorum()));

    let note = &bundle.checkpoint;
    let known = [log_keys.as_slice(), witness_keys].concat();
    let verified = note
        .verify(&known)
        .map_err(|error| refused(Check::Checkpoint, error))?;
    if let Some(line) = note.signatures().iter().find(|line| {
        let of = |key: &VerifierKey| key.id() == line.id() && key.name() == line.name();
        !known.iter().any(of)
    }) {
        let problem = format!(
            "a line is by `{}` {}, whose key is neither the log's nor that of a witness you trust: name it as a witness, or ask for the bundle without cosignatures",
            line.name(),
            line.id()
        );
        return Err(refused(Check::Checkpoint, problem));
    }
    let signed = |key: &VerifierKey| verified.iter().any(|line| line.key == key);
    if let Some(key) = log_keys.iter().find(|key| !signed(key)) {
        let problem = format!("the log's key {} has not signed it", key.id());
        return Err(refused(Check::Checkpoint, problem));
    }
    // Another order would be another bundle that verifies, which nobody made.
    let of_log = verified.iter().map(|line| line.key).take(log_keys.len());
    if !of_log.eq(&log_keys) {
        let problem = "the log's own lines do not stand first, in the order of its keys";
        return Err(refused(Check::Checkpoint, problem));
    }
    let witnesses: Vec<_> = verified
        .iter()
        .filter_map(|line| Some((line.key.clone(), line.time?)))
        .collect();
    if witnesses.len() < quorum {
        let problem = format!(
            "{quorum} of the witnesses you trust must have cosigned, {} have",
            witnesses.len()
        );
        return Err(refused(Check::Witnesses, problem));
    }
    Ok(witnesses)
}

/// Of two checkpoints of one log, one continues the other. Where both have one
/// size and different roots, they prove by themselves that it was rewritten.
/// Gives the size of the kept one.
fn check_earlier(
    earlier: &Earlier,
    checkpoint: &Checkpoint,
    root: &TrustedRoot,
) -> Result<u64, EvidenceError> {
    let origin: &Origin = &checkpoint.origin;
    let kept = root.keys_of(origin)?;
    let kept = (kept.open(&earlier.checkpoint))
        .map_err(|error| refused(Check::Earlier, error))?
        .checkpoint;
    let (old, new) = match kept.size <= checkpoint.size {
        true => (&kept, checkpoint),
        false => (checkpoint, &kept),
    };
    if old.size == new.size && old.root != new.root {
        return Err(EvidenceError::Fork {
            origin: origin.to_string(),
            problem: format!(
                "two checkpoints of {} entries have different roots",
                old.size
            ),
        });
    }
    if (earlier.proof.old_size, earlier.proof.new_size) != (old.size, new.size) {
        let problem = format!(
            "the consistency proof is not from {} to {} entries",
            old.size, new.size
        );
        return Err(refused(Check::Earlier, problem));
    }
    earlier.proof.verify(&old.root, &new.root).map_err(|error| {
        let problem = format!(
            "there is no proof that the log of {} entries continues that of {}: {}; the log was rewritten, or the proof is not from its tiles",
            new.size,
            old.size,
            problem_of(error)
        );
        refused(Check::Earlier, problem)
    })?;
    Ok(kept.size)
}

fn check_certificate(
    bundle: &Bundle,
    root: &TrustedRoot,
    time: Timestamp,
    expectations: &Expectations,
) -> Result<LeafCertificate, EvidenceError> {
    let (leaf, authority) = find_authority(&bundle.certificate, root, time)?;
    let (from, to) = leaf.period();
    if time < from || to < time {
        let problem =
            format!("it was valid from {from} to {to}, and the log took the entry at {time}");
        return Err(refused(Check::Validity, problem));
    }
    let vouched = (leaf.vouched())
        .filter(|vouched| from <= *vouched && *vouched <= to)
        .ok_or_else(|| refused(Check::CertificateLog, "its time is not the certificate's"))?;
    let log = (root.certificate_logs().iter())
        .find(|dated| dated.it.id() == leaf.certificate_log() && dated.period.covers(vouched))
        .ok_or_else(|| refused(Check::CertificateLog, "the trusted root has no such key"))?;
    if !leaf.is_vouched_by(&log.it, authority)? {
        let problem = "it is not by the certificate log's key over this certificate";
        return Err(refused(Check::CertificateLog, problem));
    }
    let expected = [
        (Check::Identity, &expectations.identity, leaf.identity()),
        (Check::Issuer, &expectations.issuer, leaf.issuer()),
    ];
    for (check, expected, found) in expected {
        if let Some(expected) = expected.as_ref().filter(|expected| *expected != found) {
            return Err(refused(
                check,
                format!("expected `{expected}`, found `{found}`"),
            ));
        }
    }
    Ok(leaf)
}

fn find_authority<'r>(
    certificate: &[u8],
    root: &'r TrustedRoot,
    time: Timestamp,
) -> Result<(LeafCertificate, &'r AuthorityCertificate), EvidenceError> {
    let mut problem = format!("the trusted root has no authority that was in use at {time}");
    for dated in root.authorities() {
        let (from, to) = dated.it.period();
        if !dated.period.covers(time) || time < from || to < time {
            continue;
        }
        match LeafCertificate::parse(certificate, &dated.it) {
            Ok(leaf) => return Ok((leaf, &dated.it)),
            Err(error) => problem = error.to_string(),
        }
    }
    Err(refused(Check::Certificate, problem))
}
