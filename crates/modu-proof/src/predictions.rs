//! The predictions artifact: what a solution said of every row.
//!
//! The format is `modu.proof.predictions/1`. It begins with one line of
//! canonical JSON (RFC 8785) that names what the scores belong to, ended by a
//! line feed; then follow `rows * width` IEEE 754 single-precision numbers,
//! little-endian, row-major, and nothing after them. A NaN is kept, in the one
//! bit pattern `0x7fc00000`, so that a solution that answers NaN is refused by
//! the gate and not by a parser.

use modu_kernel::{Digest, canonical};
use serde::{Deserialize, Serialize};

use crate::error::ProofError;

/// Schema name of the header.
pub const PREDICTIONS_SCHEMA: &str = "modu.proof.predictions/1";
/// IANA media type of the artifact.
pub const PREDICTIONS_MEDIA_TYPE: &str = "application/octet-stream";
/// The largest artifact that is read: 20 million rows of ten classes fit.
pub const MAX_BYTES: u64 = 1 << 30;
/// The longest name of a runtime, in bytes.
pub const MAX_BACK_END: usize = 64;
/// The header line must end within this many bytes.
const MAX_HEADER: usize = 4096;

/// What the scores belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PredictionsHeader {
    /// [`PREDICTIONS_SCHEMA`].
    pub schema: String,
    /// The runtime that scored, with its version, where it was not Modu's own
    /// kernels; at most [`MAX_BACK_END`] bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_end: Option<String>,
    /// Digest of the run's secret input `blind`, where it has one. Who does not
    /// know it cannot tell by the artifact's digest whether a guess of the data
    /// set is right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blind: Option<Digest>,
    /// Digest of the data set.
    pub dataset: Digest,
    /// Digest of the model.
    pub model: Digest,
    /// Digest of `need.toml`.
    pub need: Digest,
    /// Rows.
    pub rows: u64,
    /// The solution's id.
    pub solution: String,
    /// Digest of `solution.toml`.
    pub solution_toml: Digest,
    /// Scores per row: the number of classes, or 1.
    pub width: u32,
}

/// Scores of every row.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    /// What they belong to.
    pub header: PredictionsHeader,
    /// `rows * width` scores, row-major.
    pub scores: Vec<f32>,
}

impl Predictions {
    /// Writes the artifact.
    ///
    /// # Errors
    /// A header with more than 2^53 rows, which is never made.
    pub fn to_bytes(&self) -> Result<Vec<u8>, canonical::CanonicalError> {
        let mut bytes = canonical::to_vec(&self.header)?;
        bytes.push(b'\n');
        bytes.reserve(self.scores.len() * 4);
        for score in &self.scores {
            let score = if score.is_nan() {
                f32::NAN.to_bits() & 0x7fff_ffff
            } else {
                score.to_bits()
            };
            bytes.extend_from_slice(&score.to_le_bytes());
        }
        Ok(bytes)
    }

    /// Reads an artifact.
    ///
    /// # Errors
    /// [`ProofError`]: another format, or a length that does not fit the
    /// header.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofError> {
        let again = "; run the prediction again";
        let end = bytes
            .iter()
            .take(MAX_HEADER)
            .position(|byte| *byte == b'\n')
            .ok_or_else(|| {
                let problem = format!("no header line ends within {MAX_HEADER} bytes{again}");
                ProofError::unreadable("the header", problem)
            })?;
        let (line, rest) = bytes.split_at(end);
        let scores = rest.get(1..).unwrap_or_default();
        let header: PredictionsHeader = serde_json::from_slice(line)
            .map_err(|error| ProofError::unreadable("the header", format!("{error}{again}")))?;
        if header.schema != PREDICTIONS_SCHEMA {
            return Err(ProofError::unreadable(
                "the header",
                format!("the schema is not `{PREDICTIONS_SCHEMA}`{again}"),
            ));
        }
        let named = header.back_end.as_deref().unwrap_or_default();
        if named.len() > MAX_BACK_END || named.chars().any(char::is_control) {
            return Err(ProofError::unreadable(
                "the header",
                format!("the back end's name is none{again}"),
            ));
        }
        if canonical::to_vec(&header).ok().as_deref() != Some(line) {
            return Err(ProofError::unreadable(
                "the header",
                format!("it is not canonical JSON{again}"),
            ));
        }
        let expected = header
            .rows
            .checked_mul(u64::from(header.width))
            .and_then(|count| count.checked_mul(4));
        if header.width == 0 || header.rows == 0 || expected != Some(scores.len() as u64) {
            return Err(ProofError::unreadable(
                "the scores",
                format!("their number is not the header's rows times its width{again}"),
            ));
        }
        let scores = scores
            .chunks_exact(4)
            .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
            .collect();
        Ok(Self { header, scores })
    }
}
