//! Statements: what is said, about which bytes.
//!
//! A statement names its *subjects* (files, by digest) and says one thing of
//! them, its *predicate*: these criteria are registered, this engine computed
//! this result, this gate was passed, that earlier entry is withdrawn. The
//! form is in-toto Statement v1
//! (<https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>),
//! so that foreign tools read it too.
//!
//! A statement has one spelling, its RFC 8785 canonical JSON; every other one
//! is refused when it is read.

mod criteria;
mod recorded;
mod report;
mod vetted;
mod withdrawal;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

pub use criteria::{Criteria, CriteriaDocument};
pub use recorded::{RecordedBy, RecordedFile, RecordedMetric, RecordedParameter, RecordedRun};
pub use report::{EngineReport, EngineVersion, InputContent, ReportedInput, ReportedOutput};
pub use vetted::{SimpleVerificationResult, TestOutcome, TestResult, VerifierName};
pub use withdrawal::{Change, Withdrawal};

use modu_kernel::{Digest, canonical};

use crate::EvidenceError;
use crate::encoding::decimal;
use crate::log::Hash;

/// The media type of a statement's bytes.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// The largest statement that is written or read, in bytes.
pub const MAX_STATEMENT_BYTES: usize = 1 << 20;
/// The most subjects of a statement.
pub const MAX_SUBJECTS: usize = 10_000;

const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// Something said about some bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// What it is about: 1 to [`MAX_SUBJECTS`].
    pub subject: Vec<Subject>,
    /// What it says.
    pub predicate: Predicate,
}

/// A file that a statement is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Its name, meaningful to the reader only.
    pub name: String,
    /// SHA-256 of its bytes.
    #[serde(with = "digest_set")]
    pub digest: Digest,
}

impl Subject {
    /// Names a file.
    pub fn new(name: impl Into<String>, digest: Digest) -> Self {
        let name = name.into();
        Self { name, digest }
    }
}

/// What a statement says.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Predicate {
    /// Criteria, fixed before the runs that they will judge.
    Criteria(Criteria),
    /// An engine ran.
    EngineReport(EngineReport),
    /// Somebody tells of a run of their own.
    RecordedRun(RecordedRun),
    /// An earlier entry no longer counts.
    Withdrawal(Withdrawal),
    /// Tests were run (in-toto `test-result` v0.1).
    TestResult(TestResult),
    /// A verifier found properties (in-toto `svr` v0.1).
    SimpleVerificationResult(SimpleVerificationResult),
}

impl Predicate {
    /// The URI that names its kind.
    #[must_use]
    pub const fn type_uri(&self) -> &'static str {
        match self {
            Self::Criteria(_) => criteria::TYPE,
            Self::EngineReport(_) => report::TYPE,
            Self::RecordedRun(_) => recorded::TYPE,
            Self::Withdrawal(_) => withdrawal::TYPE,
            Self::TestResult(_) => vetted::TEST_RESULT_TYPE,
            Self::SimpleVerificationResult(_) => vetted::SVR_TYPE,
        }
    }

    fn to_value(&self) -> Result<Value, serde_json::Error> {
        match self {
            Self::Criteria(it) => serde_json::to_value(it),
            Self::EngineReport(it) => serde_json::to_value(it),
            Self::RecordedRun(it) => serde_json::to_value(it),
            Self::Withdrawal(it) => serde_json::to_value(it),
            Self::TestResult(it) => serde_json::to_value(it),
            Self::SimpleVerificationResult(it) => serde_json::to_value(it),
        }
    }

    fn from_value(type_uri: &str, value: Value) -> Result<Self, EvidenceError> {
        fn read<T: DeserializeOwned>(value: Value) -> Result<T, EvidenceError> {
            serde_json::from_value(value).map_err(|error| malformed("predicate", error))
        }
        match type_uri {
            criteria::TYPE => read(value).map(Self::Criteria),
            report::TYPE => read(value).map(Self::EngineReport),
            recorded::TYPE => read(value).map(Self::RecordedRun),
            withdrawal::TYPE => read(value).map(Self::Withdrawal),
            vetted::TEST_RESULT_TYPE => read(value).map(Self::TestResult),
            vetted::SVR_TYPE => read(value).map(Self::SimpleVerificationResult),
            other => Err(malformed(
                "predicateType",
                format!("`{other}` is not a kind that this version of Modu knows"),
            )),
        }
    }
}

/// Points at an entry of the log: its place, and the hash that holds it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EntryReference {
    /// The entry's index in the log, from 0.
    #[serde(with = "decimal")]
    pub log_index: u64,
    /// The entry's leaf hash.
    #[serde(with = "leaf_hash")]
    pub leaf_hash: Hash,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    #[serde(rename = "_type")]
    statement_type: String,
    subject: Vec<Subject>,
    predicate_type: String,
    predicate: Value,
}

impl Statement {
    /// Registers criteria; the documents that hold them are the subjects.
    #[must_use]
    pub fn criteria(criteria: Criteria) -> Self {
        let subject = criteria
            .documents
            .iter()
            .map(|document| Subject::new(&document.name, document.artifact.digest))
            .collect();
        Self {
            subject,
            predicate: Predicate::Criteria(criteria),
        }
    }

    /// Reports a run; its result (the canonical outcome) and every output are
    /// the subjects.
    #[must_use]
    pub fn engine_report(report: EngineReport) -> Self {
        let result = Subject::new("result", report.result.digest);
        let outputs = report
            .outputs
            .iter()
            .map(|output| Subject::new(&output.name, output.artifact.digest));
        Self {
            subject: std::iter::once(result).chain(outputs).collect(),
            predicate: Predicate::EngineReport(report),
        }
    }

    /// Tells of a run that was done elsewhere; the record itself and every file
    /// are the subjects.
    ///
    /// # Errors
    /// As [`RecordedRun::digest`].
    pub fn recorded_run(run: RecordedRun) -> Result<Self, EvidenceError> {
        let record = Subject::new("record", run.digest()?);
        let files = run
            .files
            .iter()
            .map(|file| Subject::new(&file.name, file.artifact.digest));
        Ok(Self {
            subject: std::iter::once(record).chain(files).collect(),
            predicate: Predicate::RecordedRun(run),
        })
    }

    /// Withdraws or supersedes an entry; its subjects are those of the entry,
    /// so that whoever looks for a file finds both.
    #[must_use]
    pub fn withdrawal(withdrawal: Withdrawal, withdrawn: &Self) -> Self {
        Self {
            subject: withdrawn.subject.clone(),
            predicate: Predicate::Withdrawal(withdrawal),
        }
    }

    /// The statement's bytes: RFC 8785 canonical JSON.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] without subjects, over
    /// [`MAX_SUBJECTS`] or [`MAX_STATEMENT_BYTES`], or where a number is beyond
    /// what JSON holds exactly.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EvidenceError> {
        if self.subject.is_empty() || self.subject.len() > MAX_SUBJECTS {
            let problem = format!("a statement has 1 to {MAX_SUBJECTS} subjects");
            return Err(malformed("subject", problem));
        }
        let document = Document {
            statement_type: STATEMENT_TYPE.into(),
            subject: self.subject.clone(),
            predicate_type: self.predicate.type_uri().into(),
            predicate: (self.predicate.to_value())
                .map_err(|error| malformed("predicate", error))?,
        };
        let bytes = canonical::to_vec(&document).map_err(|error| malformed("predicate", error))?;
        check_length(&bytes)?;
        Ok(bytes)
    }

    /// Reads a statement.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] for anything but the bytes that
    /// [`Self::to_bytes`] writes.
    pub fn parse(bytes: &[u8]) -> Result<Self, EvidenceError> {
        check_length(bytes)?;
        let document: Document = serde_json::from_slice(bytes).map_err(|error| {
            malformed(
                &format!("line {}, column {}", error.line(), error.column()),
                error,
            )
        })?;
        if document.statement_type != STATEMENT_TYPE {
            let problem = format!("only `{STATEMENT_TYPE}` is read");
            return Err(malformed("_type", problem));
        }
        let statement = Self {
            subject: document.subject,
            predicate: Predicate::from_value(&document.predicate_type, document.predicate)?,
        };
        if statement.to_bytes()? != bytes {
            let problem = "it is not in its canonical form (RFC 8785), the only one that is read";
            return Err(malformed("its bytes", problem));
        }
        Ok(statement)
    }

    /// Whether it is about these bytes.
    #[must_use]
    pub fn is_about(&self, digest: &Digest) -> bool {
        self.subject.iter().any(|subject| subject.digest == *digest)
    }
}

fn check_length(bytes: &[u8]) -> Result<(), EvidenceError> {
    if bytes.len() > MAX_STATEMENT_BYTES {
        let problem = format!("it is over the limit of {MAX_STATEMENT_BYTES} bytes");
        return Err(malformed("its length", problem));
    }
    Ok(())
}

fn malformed(place: &str, problem: impl ToString) -> EvidenceError {
    EvidenceError::malformed("statement", place, problem.to_string())
}

/// An in-toto DigestSet that holds SHA-256 and nothing else.
mod digest_set {
    use modu_kernel::Digest;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct DigestSet {
        sha256: String,
    }

    pub(super) fn serialize<S: Serializer>(digest: &Digest, to: S) -> Result<S::Ok, S::Error> {
        DigestSet {
            sha256: digest.to_hex(),
        }
        .serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Digest, D::Error> {
        let set = DigestSet::deserialize(from)?;
        Digest::from_hex(&set.sha256).map_err(de::Error::custom)
    }
}

/// A leaf hash, written as the kernel writes digests.
mod leaf_hash {
    use modu_kernel::Digest;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::log::Hash;

    pub(super) fn serialize<S: Serializer>(hash: &Hash, to: S) -> Result<S::Ok, S::Error> {
        Digest::from_bytes(*hash.as_bytes()).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Hash, D::Error> {
        Digest::deserialize(from).map(|digest| Hash::from_bytes(*digest.as_bytes()))
    }
}
