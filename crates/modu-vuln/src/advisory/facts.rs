//! What is known of one vulnerability beside who is affected: scores, the
//! likelihood of its being exploited, whether it already is, and the points of
//! CISA's coordinator decision. A deadline is decided by these facts.
//!
//! Several records of a bundle may speak of one CVE. Scores are kept all, with
//! who gave them; of likelihoods the latest counts; where sources disagree on
//! whether or how a fault is exploited, the worse is taken, for a deadline that
//! is too early does less harm than one that is too late.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Bundle, Record};
use crate::VulnError;

/// All that a bundle knows of one CVE.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Scores, in the order of version, vector and source.
    pub cvss: Vec<Score>,
    /// The latest estimate of exploitation within thirty days.
    pub epss: Option<Likelihood>,
    /// Since when it is known to be exploited.
    pub kev: Option<Exploited>,
    /// The points of CISA's coordinator decision.
    pub ssvc: Option<Points>,
}

/// A CVSS vector and who gave it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    /// `2.0`, `3.0`, `3.1` or `4.0`.
    pub version: String,
    /// As it is written in the record.
    pub vector: String,
    /// Who gave it: a CVE numbering authority, an advisory's publisher.
    pub source: String,
}

/// EPSS: how likely exploitation is within thirty days
/// (<https://www.first.org/epss/>).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Likelihood {
    /// 0 to 1.
    pub score: f64,
    /// The share of all CVEs with at most this score, 0 to 1.
    pub percentile: f64,
    /// The day of the estimate, `YYYY-MM-DD`.
    pub date: String,
}

/// An entry of a catalogue of exploited vulnerabilities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Exploited {
    /// The day it was added, `YYYY-MM-DD`.
    pub added: String,
    /// The day by which the catalogue's readers must have acted.
    pub due: Option<String>,
    /// Whether extortionists are known to use it; none where nothing is said.
    pub ransomware: Option<bool>,
    /// Whether traces of a break-in are to be looked for (BOD 26-04).
    pub forensic_triage: Option<bool>,
}

/// The points of CISA's coordinator decision (SSVC 2.0.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Points {
    /// Whether it is exploited.
    pub exploitation: Exploitation,
    /// Whether an attacker could automate it.
    pub automatable: Automatable,
    /// What an attacker gains.
    pub technical_impact: TechnicalImpact,
}

/// Whether a vulnerability is exploited.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Exploitation {
    /// Nothing is known of it.
    None,
    /// A proof of concept is public.
    Poc,
    /// It is exploited.
    Active,
}

/// Whether reconnaissance to exploitation can be automated.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Automatable {
    /// It cannot.
    No,
    /// It can.
    Yes,
}

/// What exploitation gives an attacker.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TechnicalImpact {
    /// Limited control.
    Partial,
    /// All of the component.
    Total,
}

/// A word of a closed list in any case, without spaces and hyphens.
fn plain(text: &str) -> String {
    let letters = text.chars().filter(|c| !matches!(c, ' ' | '_' | '-'));
    letters.flat_map(char::to_lowercase).collect()
}

impl Exploitation {
    /// Reads `none`, `None`, `PoC`, `public poc`, `Active`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        Some(match plain(text).as_str() {
            "none" => Self::None,
            "poc" | "publicpoc" => Self::Poc,
            "active" => Self::Active,
            _ => return None,
        })
    }
}

impl Automatable {
    /// Reads `yes` and `no` in any case.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        Some(match plain(text).as_str() {
            "no" => Self::No,
            "yes" => Self::Yes,
            _ => return None,
        })
    }
}

impl TechnicalImpact {
    /// Reads `partial` and `total` in any case.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        Some(match plain(text).as_str() {
            "partial" => Self::Partial,
            "total" => Self::Total,
            _ => return None,
        })
    }
}

impl Points {
    /// At each point the worse of the two.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        Self {
            exploitation: self.exploitation.max(other.exploitation),
            automatable: self.automatable.max(other.automatable),
            technical_impact: self.technical_impact.max(other.technical_impact),
        }
    }
}

impl Bundle {
    /// The facts of these CVEs, by identifier, in one pass over the bundle. A
    /// CVE of which nothing is known has empty facts.
    ///
    /// # Errors
    /// [`VulnError`] where a line of the bundle is no record.
    pub fn facts<'a>(
        &self,
        cves: impl IntoIterator<Item = &'a str>,
    ) -> Result<BTreeMap<String, Facts>, VulnError> {
        let mut facts: BTreeMap<String, Facts> = (cves.into_iter())
            .map(|cve| (cve.to_ascii_uppercase(), Facts::default()))
            .collect();
        for record in self.records() {
            add(&mut facts, &record?);
        }
        for one in facts.values_mut() {
            one.cvss.sort();
            one.cvss.dedup();
        }
        Ok(facts)
    }
}

/// Adds what a record says of the wanted CVEs.
fn add(facts: &mut BTreeMap<String, Facts>, record: &Record) {
    match record {
        Record::Osv(advisory) if advisory.withdrawn.is_none() => {
            let names: BTreeSet<&String> = (advisory.aliases.iter())
                .chain([&advisory.id])
                .filter(|name| name.starts_with("CVE-"))
                .collect();
            // One that joins several faults does not say whose score it is.
            let (1, Some(cve)) = (names.len(), names.first()) else {
                return;
            };
            if let Some(facts) = facts.get_mut(*cve) {
                facts
                    .cvss
                    .extend(advisory.severity.iter().filter_map(osv_score));
            }
        }
        Record::Osv(_) => {}
        Record::Cve(record) => {
            let Some(facts) = facts.get_mut(&record.id) else {
                return;
            };
            facts.cvss.extend(record.scores.iter().cloned());
            facts.ssvc = worse(facts.ssvc, record.ssvc);
            if let Some(added) = &record.exploited_since {
                facts.add_exploited(Exploited {
                    added: added.clone(),
                    due: None,
                    ransomware: None,
                    forensic_triage: None,
                });
            }
        }
        Record::Csaf(advisory) => {
            for fault in &advisory.vulnerabilities {
                if let Some(facts) = fault.cve.as_ref().and_then(|cve| facts.get_mut(cve)) {
                    facts.cvss.extend(fault.scores.iter().cloned());
                }
            }
        }
        Record::Epss(entry) => {
            if let Some(facts) = facts.get_mut(&entry.cve) {
                facts.add_likelihood(&entry.likelihood);
            }
        }
        Record::Vex(_) => {}
        Record::Kev(entry) => {
            if let Some(facts) = facts.get_mut(&entry.cve) {
                facts.add_exploited(entry.exploited.clone());
            }
        }
    }
}

fn worse(ours: Option<Points>, theirs: Option<Points>) -> Option<Points> {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => Some(ours.worse(theirs)),
        (ours, theirs) => ours.or(theirs),
    }
}

/// The score of an OSV advisory whose kind says which version it is of.
fn osv_score(severity: &super::osv::Severity) -> Option<Score> {
    let vector = &severity.score;
    let version = match severity.kind.as_str() {
        "CVSS_V2" => "2.0",
        "CVSS_V3" if vector.starts_with("CVSS:3.0/") => "3.0",
        "CVSS_V3" => "3.1",
        "CVSS_V4" => "4.0",
        _ => return None,
    };
    Some(Score {
        version: version.to_owned(),
        vector: vector.clone(),
        source: "OSV".to_owned(),
    })
}

impl Facts {
    fn add_likelihood(&mut self, other: &Likelihood) {
        let later = |ours: &Likelihood| {
            (ours.date.as_str(), ours.score) >= (other.date.as_str(), other.score)
        };
        if !self.epss.as_ref().is_some_and(later) {
            self.epss = Some(other.clone());
        }
    }

    /// The earlier day, the earlier duty, and yes where one of two says so.
    fn add_exploited(&mut self, other: Exploited) {
        let Some(ours) = &mut self.kev else {
            self.kev = Some(other);
            return;
        };
        let earlier = |a: Option<String>, b: Option<String>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        ours.added = ours.added.clone().min(other.added);
        ours.due = earlier(ours.due.take(), other.due);
        ours.ransomware = ours.ransomware.max(other.ransomware);
        ours.forensic_triage = ours.forensic_triage.max(other.forensic_triage);
    }
}
