//! What an operator says is his own.
//!
//! ```toml
//! [[prefix]]                       # what is announced, and by whom
//! prefix = "203.0.113.0/24"
//! origins = [64500]
//! longest = 25                     # own more-specifics, up to this length
//!
//! [[network]]                      # who stands beside an own network
//! asn = 64500
//! neighbours = [64501, 64502]
//!
//! [[allow]]                        # a scrubber that may announce it for a while
//! prefix = "203.0.113.0/24"
//! asn = 64510
//! until = "2026-12-31T00:00:00Z"
//! reason = "DDoS scrubbing, contract 26-114"
//!
//! [detection]
//! peers = 1                        # how many must see it
//! visible_percent = 50             # fewer of the peers that had it is a loss
//! lost_seconds = 60                # for so long
//! ```

use std::collections::BTreeMap;

use rpki::resources::addr::Prefix;
use serde::Deserialize;

use super::event::Moment;
use crate::vrp::order_of;
use crate::{RouteError, limits, text};

/// What is watched. See the module's example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Own prefixes, in the order of a routing table, each once.
    pub(super) prefixes: Vec<Own>,
    /// For each of them the nearest one that covers it.
    parents: Vec<Option<usize>>,
    /// The neighbours of own networks.
    pub(super) neighbours: BTreeMap<u32, Vec<u32>>,
    pub(super) allowances: Vec<Allowance>,
    pub(super) detection: Detection,
}

/// A prefix of one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Own {
    pub(super) prefix: Prefix,
    pub(super) origins: Vec<u32>,
    pub(super) longest: u8,
}

/// A network that may stand in the routes of a prefix for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Allowance {
    pub(super) prefix: Prefix,
    pub(super) asn: u32,
    pub(super) until: Moment,
}

/// When an alert opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Detection {
    /// How many peers must see a cause.
    pub(super) peers: u32,
    /// Below how many per cent of the peers that had a prefix it is lost.
    pub(super) visible_percent: u8,
    /// For how many seconds.
    pub(super) lost_seconds: u32,
}

impl Default for Detection {
    fn default() -> Self {
        Self {
            peers: 1,
            visible_percent: 50,
            lost_seconds: 60,
        }
    }
}

impl Config {
    /// Reads the TOML.
    ///
    /// # Errors
    /// [`RouteError`] with the place and what to write.
    pub fn parse(bytes: &[u8]) -> Result<Self, RouteError> {
        let text =
            std::str::from_utf8(bytes).map_err(|_| RouteError::line(1, "it is not UTF-8 text"))?;
        let document: Document = toml::from_str(text).map_err(|error| {
            let line =
                (error.span()).map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            RouteError::line(line, error.message())
        })?;
        document
            .read()
            .map_err(|(place, problem)| RouteError::Malformed { place, problem })
    }

    /// The nearest own prefix that covers a prefix or is it.
    pub(super) fn covering(&self, prefix: Prefix) -> Option<&Own> {
        let behind = (self.prefixes).partition_point(|it| order_of(it.prefix) <= order_of(prefix));
        // What covers it lies on the chain of the last one before it.
        let mut next = behind.checked_sub(1);
        while let Some(at) = next {
            let own = self.prefixes.get(at)?;
            if own.prefix.covers(prefix) {
                return Some(own);
            }
            next = self.parents.get(at).copied().flatten();
        }
        None
    }
}

/// For each prefix, in order, the nearest one that covers it.
fn parents(prefixes: &[Own]) -> Vec<Option<usize>> {
    let mut parents = Vec::with_capacity(prefixes.len());
    let mut covering: Vec<usize> = Vec::new();
    for (index, own) in prefixes.iter().enumerate() {
        while let Some(widest) = covering.last() {
            match prefixes[*widest].prefix.covers(own.prefix) {
                true => break,
                false => covering.pop(),
            };
        }
        parents.push(covering.last().copied());
        covering.push(index);
    }
    parents
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    prefix: Vec<PrefixItem>,
    #[serde(default)]
    network: Vec<NetworkItem>,
    #[serde(default)]
    allow: Vec<AllowItem>,
    #[serde(default)]
    detection: Detection,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrefixItem {
    prefix: String,
    origins: Vec<u32>,
    longest: Option<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkItem {
    asn: u32,
    neighbours: Vec<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowItem {
    prefix: String,
    asn: u32,
    until: Moment,
    #[serde(rename = "reason")]
    _reason: Option<String>,
}

type Wrong = (String, String);

impl Document {
    fn read(self) -> Result<Config, Wrong> {
        let place = |kind: &str, index: usize| format!("[[{kind}]] number {}", index + 1);
        let mut prefixes = Vec::new();
        for (index, item) in self.prefix.iter().enumerate() {
            let own = item
                .read()
                .map_err(|problem| (place("prefix", index), problem))?;
            prefixes.push(own);
        }
        prefixes.sort_by_key(|own| order_of(own.prefix));
        if let Some([first, _]) = (prefixes.windows(2)).find(|it| it[0].prefix == it[1].prefix) {
            let problem = format!("{} stands there twice: name each prefix once", first.prefix);
            return Err(("[[prefix]]".into(), problem));
        }
        if prefixes.is_empty() || prefixes.len() > limits::OWN_PREFIXES {
            let problem = format!(
                "there are {}: name between 1 and {} prefixes of your own",
                prefixes.len(),
                limits::OWN_PREFIXES
            );
            return Err(("[[prefix]]".into(), problem));
        }
        let mut allowances = Vec::new();
        for (index, item) in self.allow.iter().enumerate() {
            let prefix =
                text::prefix(&item.prefix).map_err(|problem| (place("allow", index), problem))?;
            let (asn, until) = (item.asn, item.until);
            allowances.push(Allowance { prefix, asn, until });
        }
        if self.detection.peers == 0 || self.detection.visible_percent > 100 {
            let problem = "peers is at least 1, visible_percent at most 100";
            return Err(("[detection]".into(), problem.into()));
        }
        Ok(Config {
            parents: parents(&prefixes),
            prefixes,
            neighbours: (self.network.into_iter())
                .map(|item| (item.asn, item.neighbours))
                .collect(),
            allowances,
            detection: self.detection,
        })
    }
}

impl PrefixItem {
    fn read(&self) -> Result<Own, String> {
        let prefix = text::prefix(&self.prefix)?;
        if self.origins.is_empty() {
            return Err(format!(
                "{prefix} has no origins: name the networks that announce it"
            ));
        }
        let longest = match self.longest {
            None => prefix.len(),
            Some(longest) => text::max_length(&longest.to_string(), prefix)?,
        };
        Ok(Own {
            prefix,
            origins: self.origins.clone(),
            longest,
        })
    }
}
