//! Whether a new bundle may take the place of the one that is held.
//!
//! Whoever can hand an operator an old bundle, or one in which advisories are
//! missing, makes faults invisible. So a bundle is taken only where it goes on
//! from the one that is held: a higher sequence, not made earlier, and without
//! many of a source's advisories gone, or saying less, for no stated reason. Who signed it is
//! asked before this, by whoever holds the trusted roots.

use std::collections::{BTreeMap, HashMap};

use modu_kernel::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::narrowed::is_narrower;
use super::{Bundle, Header, Source, record};
use crate::VulnError;
use crate::advisory::Record;

/// What is still taken.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The share of a source's standing advisories, in per cent, that may be
    /// gone, withdrawn or narrowed without a stated reason.
    pub loss_percent: f64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { loss_percent: 2.0 }
    }
}

/// What changes with a bundle that is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Accepted {
    /// Records that are new or stand again.
    pub added: u64,
    /// Records that no longer stand or are gone.
    pub lost: u64,
    /// Records that stand and leave out something that they said was affected.
    pub narrowed: u64,
    /// Whether it is the bundle that is held, byte for byte.
    pub unchanged: bool,
}

/// Why a bundle is not taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// It does not say which of a row it is.
    #[error("it has no header: take a bundle of `modu vuln bundle`")]
    NoHeader,
    /// Its lines are not what its header says.
    #[error("the records of the source `{source_name}` are not those that its header names")]
    NotItsRecords {
        /// The source.
        source_name: String,
    },
    /// It is older than what is held.
    #[error("it is bundle {offered} and bundle {held} is held: an older one would hide advisories")]
    Rollback {
        /// The sequence that is held.
        held: u64,
        /// Its own.
        offered: u64,
    },
    /// Its publisher has made two of one number.
    #[error(
        "another bundle {sequence} is held: its publisher has made two of one number, ask them"
    )]
    Fork {
        /// The sequence of both.
        sequence: u64,
    },
    /// Its sources were read before those of what is held.
    #[error("it was made at {offered}, before the one that is held ({held})")]
    MadeEarlier {
        /// When the held one was made.
        held: String,
        /// When it was made.
        offered: String,
    },
    /// Too many advisories are gone.
    #[error(
        "{lost} of {standing} advisories of the source `{source_name}` are gone, withdrawn or narrowed without a reason, more than {percent} %: ask its publisher, and allow it only then"
    )]
    MassWithdrawal {
        /// The source.
        source_name: String,
        /// How many are gone or say less for no stated reason.
        lost: u64,
        /// How many stood.
        standing: u64,
        /// How many per cent may be.
        percent: f64,
    },
    /// One of the two cannot be read.
    #[error(transparent)]
    Unreadable(#[from] VulnError),
}

/// A record by its kind and identifier.
type Key = (&'static str, String);

/// The digests of the records that stand, by source.
type Standing = BTreeMap<String, HashMap<Key, Digest>>;

/// Whether a bundle may take the place of the held one. Costs reading both.
///
/// # Errors
/// [`Refusal`], and nothing is to be changed.
pub fn accept(
    held: Option<&Bundle>,
    offered: &Bundle,
    policy: &Policy,
) -> Result<Accepted, Refusal> {
    let header = offered.header().ok_or(Refusal::NoHeader)?;
    let standing = standing(offered)?;
    let Some(held) = held else {
        return Ok(Accepted {
            added: count(&standing),
            ..Accepted::default()
        });
    };
    let held_header = held.header().ok_or(Refusal::NoHeader)?;
    if held.bytes == offered.bytes {
        return Ok(Accepted {
            unchanged: true,
            ..Accepted::default()
        });
    }
    goes_on(held_header, header)?;
    let before = self::standing(held)?;
    let mut accepted = Accepted::default();
    let narrowed = narrowed(held, offered, &before, &standing)?;
    for (source_name, records) in &before {
        let now = standing.get(source_name);
        let is_lost = |key: &Key| now.is_none_or(|now| !now.contains_key(key));
        let less = narrowed.get(source_name).map_or(&[][..], Vec::as_slice);
        let source = (header.sources.iter()).find(|source| source.name == *source_name);
        let explained = |(_, id): &Key| source.is_some_and(|it| it.explained.contains_key(id));
        let (mut lost, mut unexplained) = (0, 0);
        for key in records.keys().filter(|key| is_lost(key)) {
            lost += 1;
            unexplained += u64::from(!explained(key));
        }
        unexplained += less.iter().filter(|key| !explained(key)).count() as u64;
        let standing = records.len() as u64;
        if unexplained as f64 * 100.0 > policy.loss_percent * standing as f64 {
            return Err(Refusal::MassWithdrawal {
                source_name: source_name.clone(),
                lost: unexplained,
                standing,
                percent: policy.loss_percent,
            });
        }
        accepted.lost += lost;
        accepted.narrowed += less.len() as u64;
    }
    accepted.added = count(&standing) + accepted.lost - count(&before);
    Ok(accepted)
}

/// The records that stand in both and say less than they did, by source. Only
/// those whose lines differ are read again.
fn narrowed(
    held: &Bundle,
    offered: &Bundle,
    before: &Standing,
    now: &Standing,
) -> Result<BTreeMap<String, Vec<Key>>, Refusal> {
    let differs = |source: &str, key: &Key| {
        let digest = |all: &Standing| all.get(source)?.get(key).copied();
        matches!((digest(before), digest(now)), (Some(one), Some(other)) if one != other)
    };
    let mut earlier: BTreeMap<String, HashMap<Key, Record>> = BTreeMap::new();
    each_record(held, |source, record, _, _| {
        let key = (record.kind(), record.id().to_owned());
        if differs(&source.name, &key) {
            let of_source = earlier.entry(source.name.clone()).or_default();
            of_source.insert(key, record);
        }
    })?;
    let mut narrowed: BTreeMap<String, Vec<Key>> = BTreeMap::new();
    if earlier.is_empty() {
        return Ok(narrowed);
    }
    each_record(offered, |source, record, _, _| {
        let key = (record.kind(), record.id().to_owned());
        let was = earlier.get(&source.name).and_then(|all| all.get(&key));
        if was.is_some_and(|was| is_narrower(was, &record)) {
            narrowed.entry(source.name.clone()).or_default().push(key);
        }
    })?;
    Ok(narrowed)
}

/// A higher sequence, and not made earlier.
fn goes_on(held: &Header, offered: &Header) -> Result<(), Refusal> {
    if offered.sequence < held.sequence {
        return Err(Refusal::Rollback {
            held: held.sequence,
            offered: offered.sequence,
        });
    }
    if offered.sequence == held.sequence {
        return Err(Refusal::Fork {
            sequence: held.sequence,
        });
    }
    if offered.made()? < held.made()? {
        return Err(Refusal::MadeEarlier {
            held: held.made.clone(),
            offered: offered.made.clone(),
        });
    }
    Ok(())
}

fn count(standing: &Standing) -> u64 {
    standing.values().map(|records| records.len() as u64).sum()
}

/// The records that stand. Each source's lines must have the digest that the
/// header says.
fn standing(bundle: &Bundle) -> Result<Standing, Refusal> {
    let mut standing = Standing::new();
    let mut block = Vec::new();
    let mut wrong = None;
    each_record(bundle, |source, record, line, is_last| {
        let records = standing.entry(source.name.clone()).or_default();
        if !record.is_withdrawn() {
            let key = (record.kind(), record.id().to_owned());
            records.insert(key, Digest::of(line));
        }
        block.extend_from_slice(line);
        block.push(b'\n');
        if is_last && Digest::of(&std::mem::take(&mut block)) != source.digest {
            wrong.get_or_insert_with(|| source.name.clone());
        }
    })?;
    match wrong {
        Some(source_name) => Err(Refusal::NotItsRecords { source_name }),
        None => Ok(standing),
    }
}

/// Takes each record with its source, its line, and whether it is the source's
/// last.
fn each_record(
    bundle: &Bundle,
    mut take: impl FnMut(&Source, Record, &[u8], bool),
) -> Result<(), Refusal> {
    let header = bundle.header().ok_or(Refusal::NoHeader)?;
    let mut sources = header.sources.iter();
    let (mut source, mut left) = (None, 0);
    bundle.each_line(|number, line| {
        while left == 0 {
            let Some(next) = sources.next() else {
                return Ok(());
            };
            (source, left) = (Some(next), next.records);
        }
        left -= 1;
        let record = record(number, line)?;
        if let Some(source) = source {
            take(source, record, line, left == 0);
        }
        Ok(())
    })?;
    Ok(())
}
