//! `vuln.bundle`: advisories of several sources as one signed, numbered and
//! dated bundle.
//!
//! Inputs: `source/NAME` for each source, lines of records in any order.
//! Output: `bundle.zst`. The run's evidence names the output's digest: that is
//! the bundle's signature, and whoever has the inputs can make it again.

use jiff::Timestamp;
use modu_kernel::{
    Engine, EngineError, Finding, Inputs, Output, Progress, TypedEngine, read_input,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::advisory::{Explanations, Header, pack};
use crate::limits;

/// The engine as plain data.
pub const BUNDLE: Engine = Engine::of::<MakeBundle>();

/// The name of the output.
pub const FILE: &str = "bundle.zst";

const SCHEMA: &str = "modu.vuln.bundle/1";

/// The engine's type.
pub struct MakeBundle;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BundleRequest {
    /// One more than the publisher's last bundle had, at least.
    pub sequence: u64,
    /// When the sources were read, RFC 3339.
    pub made: String,
    /// For how many days results may be relied on.
    pub valid_days: u32,
    /// Why records no longer stand or are gone.
    #[serde(default, skip_serializing_if = "Explanations::is_empty")]
    pub explained: Explanations,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BundleReport {
    /// The schema's name.
    pub schema: String,
    /// The bundle's first line.
    pub header: Header,
    /// Its size in bytes.
    pub bytes: u64,
}

impl TypedEngine for MakeBundle {
    type Request = BundleRequest;
    type Report = BundleReport;
    const NAME: &'static str = "vuln.bundle";
    const VERSION: &'static str = "2";

    fn run(
        request: BundleRequest,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(BundleReport, Vec<Finding>, Vec<Output>), EngineError> {
        let made: Timestamp = (request.made.parse())
            .map_err(|error| EngineError::Request(format!("made: {error}")))?;
        let named = inputs.list().iter();
        let named = named.filter_map(|it| Some((it.name.strip_prefix("source/")?, &it.name)));
        let mut sources = Vec::new();
        for (name, input) in named {
            progress.report("read", sources.len() as u64, inputs.list().len() as u64);
            sources.push((name, read_input(inputs, input, limits::BUNDLE_TEXT_BYTES)?));
        }
        sources.sort();
        let lines = sources
            .iter()
            .map(|(name, lines)| (*name, lines.as_slice()));
        let (sequence, days) = (request.sequence, request.valid_days);
        let (header, bytes) = pack(sequence, made, days, lines, &request.explained)
            .map_err(|error| error.of_input("source"))?;
        let report = BundleReport {
            schema: SCHEMA.into(),
            header,
            bytes: bytes.len() as u64,
        };
        let output = Output {
            name: FILE.into(),
            media_type: "application/zstd".into(),
            bytes,
        };
        Ok((report, Vec::new(), vec![output]))
    }
}
