//! `archive.json`: the one file whose replacement changes an archive's keys.

use jiff::Timestamp;
use modu_kernel::{Digest, canonical};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::EvidenceError;
use crate::encoding::decimal;
use crate::log::{Folder, Origin};
use crate::trust::TrustedRoot;

const FILE: &str = "archive.json";
const SCHEMA: &str = "modu.evidence.archive/1";
const MAX_BYTES: u64 = 1 << 20;

/// Whose archive it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The organisation's name, for people; at most 64 characters.
    pub organisation: String,
    /// Who signs: a URI in ASCII.
    pub uri: String,
    /// Who vouches for that: a URI in ASCII.
    pub issuer: String,
    /// The log's name, a URL without scheme, such as `log.modu.example/agency`.
    pub origin: String,
}

/// The keys of one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Generation {
    pub(super) number: u32,
    /// The log's id under these keys.
    pub(super) log_id: Digest,
    pub(super) start: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) closed: Option<Closed>,
}

/// When the keys were changed for others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Closed {
    pub(super) end: Timestamp,
    /// How many entries the log had: the later ones are of later keys.
    #[serde(with = "decimal")]
    pub(super) size: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) identity: Identity,
    /// One at least; the last is in use.
    pub(super) generations: Vec<Generation>,
    pub(super) root: TrustedRoot,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    schema: String,
    identity: Identity,
    generations: Vec<Generation>,
    trusted_root: Value,
}

impl Settings {
    pub(super) fn new(identity: Identity, first: Generation, root: TrustedRoot) -> Self {
        Self {
            identity,
            generations: vec![first],
            root,
        }
    }

    pub(super) fn load(folder: &Folder) -> Result<Self, EvidenceError> {
        let path = folder.path(FILE);
        let wrong = |place: &str, problem: String| {
            EvidenceError::malformed(path.display().to_string(), place, problem)
        };
        let bytes = folder.read(FILE, MAX_BYTES)?.ok_or_else(|| {
            EvidenceError::io("find an archive: make one with `modu init`;", &path)(
                std::io::ErrorKind::NotFound.into(),
            )
        })?;
        let document: Document = serde_json::from_slice(&bytes).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            wrong(&place, error.to_string())
        })?;
        if document.schema != SCHEMA {
            let problem = format!("this version of Modu reads `{SCHEMA}`");
            return Err(wrong("schema", problem));
        }
        if document.generations.is_empty() {
            return Err(wrong("generations", "there is none".into()));
        }
        Ok(Self {
            identity: document.identity,
            generations: document.generations,
            root: TrustedRoot::parse(document.trusted_root.to_string().as_bytes())?,
        })
    }

    /// Replaces the files durably: this one, which decides, then the two that
    /// readers are given.
    pub(super) fn save(&self, folder: &Folder) -> Result<(), EvidenceError> {
        let root = self.root.to_json()?;
        let wrong = |error: &dyn std::fmt::Display| {
            EvidenceError::malformed("archive settings", "their content", error.to_string())
        };
        let document = Document {
            schema: SCHEMA.into(),
            identity: self.identity.clone(),
            generations: self.generations.clone(),
            trusted_root: serde_json::from_slice(&root).map_err(|error| wrong(&error))?,
        };
        let bytes = canonical::to_vec(&document).map_err(|error| wrong(&error))?;
        folder.replace(FILE, &bytes)?;
        self.save_derived(folder)
    }

    /// Writes what follows from the settings, where it is not so already.
    pub(super) fn save_derived(&self, folder: &Folder) -> Result<(), EvidenceError> {
        let files = [
            ("trusted_root.json", self.root.to_json()?),
            (
                "trust.json",
                self.root.to_trust_config_json(&self.identity.issuer)?,
            ),
        ];
        for (name, bytes) in files {
            if folder.read(name, MAX_BYTES).ok().flatten().as_ref() != Some(&bytes) {
                folder.replace(name, &bytes)?;
            }
        }
        Ok(())
    }

    pub(super) fn origin(&self) -> Result<Origin, EvidenceError> {
        Origin::new(&*self.identity.origin)
    }

    pub(super) fn current(&self) -> &Generation {
        &self.generations[self.generations.len() - 1]
    }

    /// Ends the current generation and begins another.
    pub(super) fn succeed(&mut self, closed: Closed, next: Generation, root: TrustedRoot) {
        if let Some(last) = self.generations.last_mut() {
            last.closed = Some(closed);
        }
        self.generations.push(next);
        self.root = root;
    }

    /// Under which keys an entry was recorded: their number and the log's id.
    pub(super) fn generation_of(&self, index: u64) -> Result<(u32, Digest), EvidenceError> {
        self.generations
            .iter()
            .find(|it| it.closed.as_ref().is_none_or(|closed| index < closed.size))
            .map(|it| (it.number, it.log_id))
            .ok_or_else(|| {
                let problem = "the last one is closed";
                EvidenceError::malformed(FILE, "generations", problem)
            })
    }
}
