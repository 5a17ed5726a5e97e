//! Which pack stands for which publication point.

use std::collections::{BTreeMap, BTreeSet};

use modu_kernel::{Artifact, Digest};
use serde::{Deserialize, Serialize};

use crate::{RouteError, limits};

/// Where a publication point was fetched from. Two servers may claim objects
/// of the same rsync URI; so what one of them says never stands for the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The RRDP server whose notification file has this `https` URI (RFC 8182).
    Rrdp(String),
    /// The rsync module of this URI, `rsync://authority/module/`.
    Rsync(String),
}

impl Source {
    /// The rsync module that an rsync URI lies in, with the host in lower
    /// case; `None` where it is no such URI.
    #[must_use]
    pub fn module_of(uri: &str) -> Option<Self> {
        let uri = rpki::uri::Rsync::from_slice(uri.as_bytes()).ok()?;
        Some(Self::Rsync(uri.canonical_module().into_owned()))
    }
}

/// A publication point of a source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PointKey {
    /// Who said it.
    pub source: Source,
    /// The folder, an rsync URI that ends in `/` (`id-ad-caRepository`).
    pub folder: String,
}

/// What was fetched of a publication point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointEntry {
    /// Where.
    #[serde(flatten)]
    pub key: PointKey,
    /// The [`super::PointPack`].
    pub pack: Artifact,
}

/// The certificate that was fetched for a trust anchor locator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnchorEntry {
    /// The locator's name, such as `apnic`.
    pub name: String,
    /// The URI that gave the certificate.
    pub uri: String,
    /// The certificate's digest; its bytes are read like a pack's.
    pub certificate: Artifact,
}

/// One state of all that was fetched: only what a run rests on. When and how
/// it was fetched is told elsewhere, so that two fetches of repositories that
/// did not change give the same bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepositoryIndex {
    /// Trust anchors' certificates.
    pub anchors: BTreeMap<String, AnchorEntry>,
    /// Publication points.
    pub points: BTreeMap<PointKey, Artifact>,
    /// Sources whose last fetch failed; what is held of them is older. Another
    /// source of the same point then comes first.
    pub failed: BTreeSet<Source>,
}

/// The file's form: lists, because JSON's keys are texts.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: String,
    anchors: Vec<AnchorEntry>,
    points: Vec<PointEntry>,
    failed: Vec<Source>,
}

const SCHEMA: &str = "modu.route.repository/2";

impl RepositoryIndex {
    /// The index as its JSON file; one state has one encoding.
    ///
    /// # Errors
    /// None that is known: the types hold only what JSON can say.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let document = Document {
            schema: SCHEMA.into(),
            anchors: self.anchors.values().cloned().collect(),
            points: (self.points.iter())
                .map(|(key, pack)| PointEntry {
                    key: key.clone(),
                    pack: *pack,
                })
                .collect(),
            failed: self.failed.iter().cloned().collect(),
        };
        serde_json::to_vec(&document)
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`RouteError`] where it is not such a file or names something twice.
    pub fn parse(bytes: &[u8]) -> Result<Self, RouteError> {
        let malformed = |place: String, problem: String| RouteError::Malformed { place, problem };
        let document: Document = serde_json::from_slice(bytes).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            malformed(place, error.to_string())
        })?;
        if document.schema != SCHEMA {
            let problem = format!("expected `{SCHEMA}`");
            return Err(malformed("schema".into(), problem));
        }
        if document.points.len() > limits::POINTS {
            return Err(RouteError::TooMany {
                what: "publication points",
                limit: limits::POINTS as u64,
            });
        }
        let counts = (
            document.anchors.len(),
            document.points.len(),
            document.failed.len(),
        );
        let index = Self {
            anchors: (document.anchors.into_iter())
                .map(|anchor| (anchor.name.clone(), anchor))
                .collect(),
            points: (document.points.into_iter())
                .map(|point| (point.key, point.pack))
                .collect(),
            failed: document.failed.into_iter().collect(),
        };
        let kept = (index.anchors.len(), index.points.len(), index.failed.len());
        match kept == counts {
            true => Ok(index),
            false => Err(malformed(
                "its lists".into(),
                "something is named twice".into(),
            )),
        }
    }

    /// Every artifact that it names.
    pub fn digests(&self) -> impl Iterator<Item = Digest> {
        let anchors = self
            .anchors
            .values()
            .map(|anchor| anchor.certificate.digest);
        anchors.chain(self.points.values().map(|pack| pack.digest))
    }
}
