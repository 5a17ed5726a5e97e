//! What a validation run decided, of every authority and every object.

use std::sync::Arc;

use modu_kernel::Digest;
use serde::{Deserialize, Serialize};

use crate::payload::Aspa;
use crate::repository::Source;
use crate::vrp::Vrp;

/// A whole run's decisions. Its bytes are the run's output artifact
/// `validated`, the next run's input `memory`, and what history is told from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValidatedTree {
    /// The time the run was made for, in seconds since 1970 (UTC).
    pub time: i64,
    /// The trust anchors, ascending by name.
    pub anchors: Vec<Anchor>,
    /// The authorities; a parent stands before its children.
    pub authorities: Vec<Authority>,
}

/// A trust anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// Its locator's name.
    pub name: String,
    /// Its authority, or why there is none.
    pub authority: Result<u32, Reason>,
    /// Why the certificate that was fetched is not used, where the one that
    /// was believed before stands in for it.
    pub kept: Option<Reason>,
}

/// From when until when something may be believed; seconds since 1970 (UTC),
/// both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validity {
    /// The first second.
    pub not_before: i64,
    /// The last second.
    pub not_after: i64,
}

/// A certificate authority that was reached. What it shares with the run
/// before, names and objects, is counted and not copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// Its issuer; a trust anchor has none. Always smaller than its own place.
    pub parent: Option<u32>,
    /// Which trust anchor it stands under.
    pub anchor: u16,
    /// The URI of its certificate.
    pub certificate: Arc<str>,
    /// The digest of its certificate.
    pub certificate_digest: Digest,
    /// From when until when its certificate is valid.
    pub validity: Validity,
    /// The identifier of its key (RFC 6487, section 4.8.2).
    pub subject_key: [u8; 20],
    /// Where it publishes: the RRDP notification it names, if any.
    pub notify: Option<Arc<str>>,
    /// The folder of its publication point, an rsync URI that ends in `/`.
    pub folder: Arc<str>,
    /// The URI of its manifest.
    pub manifest_uri: Arc<str>,
    /// What all of these decisions rest on beside the pack: its certificate
    /// chain, its resources, the rules. The same key and pack within
    /// `stable` give the same decisions.
    pub key: Digest,
    /// The instants within which every decision below would be the same; of a
    /// point that was refused, the run's own.
    pub stable: Validity,
    /// Whether its publication point could be used.
    pub decision: Decision,
    /// Its objects, ascending by name. Empty where the point was refused.
    pub objects: Arc<[Object]>,
}

/// What became of a publication point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// What was fetched stands.
    Current(Manifest),
    /// What was fetched could not be used, and the last good state, still
    /// valid, stands (RFC 9286, section 6.6).
    Kept(Fallback),
    /// Nothing can be used.
    Refused(Reason),
}

/// A manifest that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Who gave it.
    pub source: Source,
    /// The pack it is in.
    pub pack: Digest,
    /// The manifest's own digest.
    pub digest: Digest,
    /// Its number, big-endian without leading zeros (RFC 9286, section 4.2.1).
    pub number: Vec<u8>,
    /// When it was made.
    pub this_update: i64,
    /// Until when the next one is due.
    pub next_update: i64,
}

/// An earlier state that stands in for what could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fallback {
    /// The earlier manifest.
    pub manifest: Manifest,
    /// Why what was fetched could not be used.
    pub reason: Reason,
}

/// An object that a manifest lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its file name.
    pub name: String,
    /// Its digest.
    pub digest: Digest,
    /// Whether it is believed although bytes follow its DER encoding.
    pub trailing: bool,
    /// What was decided.
    pub outcome: ObjectOutcome,
}

/// What became of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectOutcome {
    /// A ROA and what it authorises, ascending.
    Roa(Validity, Vec<Vrp>),
    /// An ASPA.
    Aspa(Validity, Aspa),
    /// An authority's certificate; the authority follows in the tree.
    Authority(Validity),
    /// The revocation list.
    RevocationList(Validity),
    /// Recognised and passed over.
    PassedOver(Kind),
    /// Not to be believed.
    Rejected(Reason),
}

/// Kinds of objects that are recognised but not yet used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A router's certificate (RFC 8209).
    RouterKey,
    /// A signed checklist (RFC 9323).
    Checklist,
    /// A trust anchor key (RFC 9691).
    AnchorKey,
    /// A signed prefix list.
    PrefixList,
    /// A Ghostbusters record (RFC 6493).
    Ghostbusters,
    /// Any other file.
    Unknown,
}

/// Why something is not believed: a code for machines, and what was seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reason {
    /// A stable code, such as `manifest.stale`.
    pub code: String,
    /// What was seen, in English.
    pub detail: String,
}
