//! What is known of vulnerabilities: that they are exploited, how likely that
//! is, and what an attacker gains.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;

use crate::VulnError;

/// What is known of one vulnerability, over all its identifiers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Facts {
    /// Whether it is known to be exploited (CISA's catalogue).
    pub(super) kev: Option<bool>,
    /// SSVC's exploitation: 0 none, 1 a public proof of concept, 2 active.
    pub(super) exploitation: Option<u8>,
    /// Whether an attacker can automate it (SSVC).
    pub(super) automatable: Option<bool>,
    /// Whether the impact is total (SSVC).
    pub(super) total: Option<bool>,
    /// The probability of exploitation in 30 days (EPSS).
    pub(super) epss: Option<f64>,
    /// The highest CVSS base score.
    pub(super) cvss: Option<f64>,
}

impl Facts {
    /// Of two identifiers of one vulnerability, the worse of each.
    fn worse(self, other: Self) -> Self {
        let more = |one: Option<f64>, two: Option<f64>| match (one, two) {
            (Some(one), Some(two)) => Some(one.max(two)),
            (one, two) => one.or(two),
        };
        Self {
            kev: self.kev.max(other.kev),
            exploitation: self.exploitation.max(other.exploitation),
            automatable: self.automatable.max(other.automatable),
            total: self.total.max(other.total),
            epss: more(self.epss, other.epss),
            cvss: more(self.cvss, other.cvss),
        }
    }
}

/// What a bundle says, by identifier.
#[derive(Debug, Default)]
pub(super) struct Known {
    by_name: HashMap<String, Facts>,
    /// Whether the catalogue of exploited vulnerabilities is in the bundle;
    /// only then is what it does not list known not to be in it.
    has_kev: bool,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line {
    Kev {
        cve: String,
    },
    Epss {
        cve: String,
        score: f64,
    },
    #[serde(other)]
    Other,
}

impl Known {
    /// Reads the facts of a bundle.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, VulnError> {
        let mut known = Self::default();
        let lines = bytes.split(|byte| *byte == b'\n');
        for (number, line) in (1..).zip(lines).filter(|(_, line)| !line.is_empty()) {
            let line: Line =
                serde_json::from_slice(line).map_err(|error| VulnError::Malformed {
                    place: format!("line {number}"),
                    problem: error.to_string(),
                })?;
            match line {
                Line::Kev { cve } => {
                    known.has_kev = true;
                    known.by_name.entry(cve).or_default().kev = Some(true);
                }
                Line::Epss { cve, score } => {
                    known.by_name.entry(cve).or_default().epss = Some(score);
                }
                Line::Other => {}
            }
        }
        Ok(known)
    }

    /// Whether it holds a catalogue of exploited vulnerabilities.
    pub(super) const fn has_kev(&self) -> bool {
        self.has_kev
    }

    /// What is known of a vulnerability with these identifiers.
    pub(super) fn of(&self, names: &BTreeSet<String>) -> Facts {
        let known = names.iter().filter_map(|name| self.by_name.get(name));
        let mut facts = known.copied().fold(Facts::default(), Facts::worse);
        if facts.kev.is_none() && self.has_kev {
            facts.kev = Some(false);
        }
        facts
    }
}
