//! What verifying came to.

use std::fmt;

use jiff::Timestamp;
use modu_kernel::Label;

use crate::log::{Checkpoint, Hash};
use crate::note::{UnixTime, VerifierKey};
use crate::statement::{EntryReference, Statement};

/// What is checked of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Check {
    /// The statement is about the artifact.
    Artifact,
    /// The entry leads to the checkpoint's root.
    Inclusion,
    /// The log is one that the reader trusts.
    Log,
    /// The log promised entry, index and time.
    Promise,
    /// The signatures under the checkpoint.
    Checkpoint,
    /// Enough witnesses cosigned.
    Witnesses,
    /// The checkpoint that the reader has kept.
    Earlier,
    /// The certificate is by an authority that the reader trusts.
    Certificate,
    /// The certificate was valid when the log took the entry.
    Validity,
    /// The certificate log vouched for the certificate.
    CertificateLog,
    /// The signer is the expected one.
    Identity,
    /// The issuer is the expected one.
    Issuer,
    /// The certificate's key signed the statement.
    Signature,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Artifact => "the artifact",
            Self::Inclusion => "the inclusion proof",
            Self::Log => "the log",
            Self::Promise => "the log's promise",
            Self::Checkpoint => "the checkpoint",
            Self::Witnesses => "the witnesses' number",
            Self::Earlier => "the earlier checkpoint",
            Self::Certificate => "the certificate",
            Self::Validity => "the certificate's validity",
            Self::CertificateLog => "the certificate's timestamp",
            Self::Identity => "the identity",
            Self::Issuer => "the issuer",
            Self::Signature => "the signature",
        })
    }
}

/// A bundle that holds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Verified {
    /// What is said.
    pub statement: Statement,
    /// By whom, a URI.
    pub identity: String,
    /// Who says that it is them, a URI.
    pub issuer: String,
    /// The entry's index in the log.
    pub index: u64,
    /// The entry's leaf hash.
    pub leaf_hash: Hash,
    /// When the log took the entry, as its owner says.
    pub integrated_time: Timestamp,
    /// The checkpoint under which the entry lies.
    pub checkpoint: Checkpoint,
    /// The trusted witnesses that cosigned the checkpoint, and when.
    pub witnesses: Vec<(VerifierKey, UnixTime)>,
    /// Whether the log was shown to continue the reader's earlier checkpoint.
    /// Not so where that was of an empty log, which every log continues.
    pub continues_earlier: bool,
}

/// What stands against a rewritten log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assurance {
    /// Nothing: the log's owner could have rewritten it.
    OwnerOnly,
    /// The reader's own earlier checkpoint, of one entry at least.
    EarlierCheckpoint,
    /// So many witnesses that the reader trusts.
    Witnesses(usize),
}

impl Verified {
    /// What stands against a rewritten log.
    #[must_use]
    pub fn assurance(&self) -> Assurance {
        match (self.witnesses.len(), self.continues_earlier) {
            (0, false) => Assurance::OwnerOnly,
            (0, true) => Assurance::EarlierCheckpoint,
            (count, _) => Assurance::Witnesses(count),
        }
    }

    /// How other entries point at this one.
    #[must_use]
    pub fn reference(&self) -> EntryReference {
        EntryReference {
            log_index: self.index,
            leaf_hash: self.leaf_hash,
        }
    }
}

impl Assurance {
    /// A sentence for the reader.
    #[must_use]
    pub fn label(&self) -> Label {
        match self {
            Self::OwnerOnly => Label::new(
                "증인 없음: 로그의 주인이 기록을 고쳐 쓰고 다시 서명했을 수 있습니다.",
                "No witness: the log's owner could have rewritten the log and signed it again.",
            ),
            Self::EarlierCheckpoint => Label::new(
                "증인 없음: 보관하던 이전 체크포인트와 이어지는 것만 확인했습니다.",
                "No witness: it is only shown to continue the earlier checkpoint that you kept.",
            ),
            Self::Witnesses(count) => Label::new(
                format!("신뢰하는 증인 {count}곳이 이 로그에 공동 서명했습니다."),
                format!("Cosigned by {count} of the witnesses that you trust."),
            ),
        }
    }
}
