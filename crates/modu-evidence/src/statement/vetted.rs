//! Predicates that the in-toto project has vetted, as far as Modu uses them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(super) const TEST_RESULT_TYPE: &str = "https://in-toto.io/attestation/test-result/v0.1";
pub(super) const SVR_TYPE: &str = "https://in-toto.io/attestation/svr/v0.1";

/// Tests were run
/// (<https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TestResult {
    /// The answer over all tests.
    pub result: TestOutcome,
    /// What the tests were configured by.
    pub configuration: Vec<super::Subject>,
    /// Names of the tests that passed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_tests: Vec<String>,
    /// Names of the tests that passed with a warning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warned_tests: Vec<String>,
    /// Names of the tests that failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed_tests: Vec<String>,
}

/// The answer over all tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TestOutcome {
    /// All passed.
    Passed,
    /// None failed, some with a warning.
    Warned,
    /// At least one failed.
    Failed,
}

/// A verifier found properties of the subjects: a Simple Verification Result
/// (<https://github.com/in-toto/attestation/blob/main/spec/predicates/svr.md>).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SimpleVerificationResult {
    /// Who looked.
    pub verifier: VerifierName,
    /// When.
    pub time_created: Timestamp,
    /// What was found, such as `MODU_GATE_PASSED`; one at least.
    pub properties: Vec<String>,
}

/// Who looked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifierName {
    /// A URI.
    pub id: String,
}
