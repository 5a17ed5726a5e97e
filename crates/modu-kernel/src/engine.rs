//! An engine: a pure function from a request and named inputs to an outcome.
//!
//! A crate writes its engine as a type with [`TypedEngine`], and shows it to
//! the binary as plain data with [`Engine::of`]:
//!
//! ```
//! use modu_kernel::{Engine, EngineError, Inputs, Outcome, Progress, TypedEngine};
//!
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! pub struct Request { times: u32 }
//! #[derive(serde::Serialize, schemars::JsonSchema)]
//! pub struct Report { echo: String }
//! pub struct Echo;
//!
//! impl TypedEngine for Echo {
//!     type Request = Request;
//!     type Report = Report;
//!     const NAME: &'static str = "echo";
//!     const VERSION: &'static str = "1";
//!     fn run(
//!         request: Request,
//!         _inputs: &dyn Inputs,
//!         _progress: &dyn Progress,
//!     ) -> Result<(Report, Vec<modu_kernel::Finding>, Vec<modu_kernel::Output>), EngineError> {
//!         Ok((Report { echo: "모두 ".repeat(request.times as usize) }, vec![], vec![]))
//!     }
//! }
//! pub const ENGINE: Engine = Engine::of::<Echo>();
//! ```

use std::io::{self, Read, Seek};

use schemars::{JsonSchema, Schema};
use serde::{Deserialize as _, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Artifact, Digest, EngineError, Finding, Outcome, Output, Progress};

/// A reader that an engine may also seek in (Parquet keeps its index at the
/// end).
pub trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadSeek for T {}

/// One named input of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The role it plays in the run, such as `need` or `solution/linear`.
    pub name: String,
    /// What its bytes are.
    pub artifact: Artifact,
}

/// The bytes a run may read: nothing else of the outside world reaches an
/// engine. The caller guarantees that what is opened has the listed digest.
pub trait Inputs: Sync {
    /// All inputs, in the order of the run.
    fn list(&self) -> &[Input];

    /// Opens an input by name.
    ///
    /// # Errors
    /// `NotFound` where there is none of that name; else what the store says.
    fn open(&self, name: &str) -> io::Result<Box<dyn ReadSeek + '_>>;

    /// Opens bytes that a listed input names by their digest, as an index
    /// names its parts: they are as fixed as the input itself. Whoever has a
    /// store can look there; by default there are no parts.
    ///
    /// # Errors
    /// `NotFound` where there are no such bytes; else what the store says.
    fn open_part(&self, digest: &Digest) -> io::Result<Box<dyn ReadSeek + '_>> {
        let _ = digest;
        Err(io::ErrorKind::NotFound.into())
    }
}

/// Reads a whole input into memory, refusing more than `limit` bytes.
///
/// # Errors
/// [`EngineError::Input`] where it is missing or over the limit,
/// [`EngineError::Read`] where the machine fails.
pub fn read_input(inputs: &dyn Inputs, name: &str, limit: u64) -> Result<Vec<u8>, EngineError> {
    let read_error = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => {
            EngineError::input(name, "the run's inputs", "there is no input of this name")
        }
        _ => EngineError::Read {
            name: name.to_owned(),
            source,
        },
    };
    let mut bytes = Vec::new();
    inputs
        .open(name)
        .and_then(|reader| reader.take(limit.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(read_error)?;
    if bytes.len() as u64 > limit {
        let problem = format!("it is larger than the limit of {limit} bytes");
        return Err(EngineError::input(name, "its length", problem));
    }
    Ok(bytes)
}

/// Inputs held in memory: for tests, small runs and replays.
#[derive(Debug, Clone, Default)]
pub struct InputsInMemory {
    list: Vec<Input>,
    bytes: Vec<Vec<u8>>,
}

impl InputsInMemory {
    /// No inputs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an input; a name given twice keeps the first.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        self.list.push(Input {
            name: name.into(),
            artifact: Artifact::of(&bytes),
        });
        self.bytes.push(bytes);
        self
    }
}

impl Inputs for InputsInMemory {
    fn list(&self) -> &[Input] {
        &self.list
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn ReadSeek + '_>> {
        let index = self.list.iter().position(|input| input.name == name);
        let bytes = index
            .and_then(|index| self.bytes.get(index))
            .ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(io::Cursor::new(bytes.as_slice())))
    }
}

/// How a crate writes its engine. See the module's example.
pub trait TypedEngine {
    /// What is asked; unknown members should be denied.
    type Request: DeserializeOwned + JsonSchema;
    /// What is answered.
    type Report: Serialize + JsonSchema;
    /// The engine's name, as on the command line.
    const NAME: &'static str;
    /// Changes whenever the same run could give other bytes.
    const VERSION: &'static str;

    /// Does the work: the same request and inputs give the same result, byte
    /// for byte, on any number of threads.
    ///
    /// # Errors
    /// Only what prevents the work; bad data is a [`Finding`].
    #[allow(clippy::type_complexity, reason = "the three parts of an outcome")]
    fn run(
        request: Self::Request,
        inputs: &dyn Inputs,
        progress: &dyn Progress,
    ) -> Result<(Self::Report, Vec<Finding>, Vec<Output>), EngineError>;
}

/// An engine as plain data: what the binary's list of engines holds.
#[derive(Clone, Copy)]
pub struct Engine {
    /// The engine's name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// JSON Schema (2020-12) of the request.
    pub request_schema: fn() -> Schema,
    /// JSON Schema (2020-12) of the report.
    pub report_schema: fn() -> Schema,
    /// Runs it on an untyped request.
    pub run: fn(&Value, &dyn Inputs, &dyn Progress) -> Result<Outcome, EngineError>,
}

impl Engine {
    /// The plain data of a typed engine.
    #[must_use]
    pub const fn of<E: TypedEngine>() -> Self {
        Self {
            name: E::NAME,
            version: E::VERSION,
            request_schema: || schemars::schema_for!(E::Request),
            report_schema: || schemars::schema_for!(E::Report),
            run: run_untyped::<E>,
        }
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Engine({} {})", self.name, self.version)
    }
}

fn run_untyped<E: TypedEngine>(
    request: &Value,
    inputs: &dyn Inputs,
    progress: &dyn Progress,
) -> Result<Outcome, EngineError> {
    let request = E::Request::deserialize(request)
        .map_err(|error| EngineError::Request(error.to_string()))?;
    let (report, findings, outputs) = E::run(request, inputs, progress)?;
    let report =
        serde_json::to_value(report).map_err(|error| EngineError::Internal(error.to_string()))?;
    Ok(Outcome {
        report,
        findings,
        outputs,
    })
}
