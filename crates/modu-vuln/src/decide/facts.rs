//! What is known of vulnerabilities: that they are exploited, how likely that
//! is, and what an attacker gains.

use std::collections::{BTreeMap, BTreeSet};

use super::found::Found;
use crate::VulnError;
use crate::advisory::Bundle;
use crate::advisory::facts::{self, Automatable, Exploitation, TechnicalImpact};
use crate::cvss::{Score, Vector};
use crate::ledger::State;

/// What is known of one vulnerability, over all its identifiers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Facts {
    /// Whether it is known to be exploited (CISA's catalogue).
    pub(super) kev: Option<bool>,
    /// Whether it is exploited (SSVC).
    pub(super) exploitation: Option<Exploitation>,
    /// Whether an attacker can automate it (SSVC).
    pub(super) automatable: Option<bool>,
    /// Whether the impact is total (SSVC).
    pub(super) total: Option<bool>,
    /// Automatable and total as far as a CVSS vector tells.
    pub(super) by_vector: Option<(bool, bool)>,
    /// The probability of exploitation in 30 days (EPSS).
    pub(super) epss: Option<f64>,
    /// The highest CVSS base score.
    pub(super) cvss: Option<Score>,
}

impl Facts {
    fn of(facts: &facts::Facts) -> Self {
        let vectors: Vec<Vector> = (facts.cvss.iter())
            .filter_map(|score| score.vector.parse().ok())
            .collect();
        let told = vectors.iter().filter_map(Vector::as_ssvc);
        Self {
            kev: facts.kev.as_ref().map(|_| true),
            exploitation: facts.ssvc.map(|points| points.exploitation),
            automatable: facts.ssvc.map(|it| it.automatable == Automatable::Yes),
            total: facts
                .ssvc
                .map(|it| it.technical_impact == TechnicalImpact::Total),
            by_vector: told.reduce(|one, other| (one.0 || other.0, one.1 || other.1)),
            epss: facts.epss.as_ref().map(|likelihood| likelihood.score),
            cvss: vectors.iter().map(Vector::base_score).max(),
        }
    }

    /// Of two identifiers of one vulnerability, the worse of each.
    fn worse(self, other: Self) -> Self {
        let epss = match (self.epss, other.epss) {
            (Some(one), Some(two)) => Some(one.max(two)),
            (one, two) => one.or(two),
        };
        let by_vector = match (self.by_vector, other.by_vector) {
            (Some(one), Some(two)) => Some((one.0 || two.0, one.1 || two.1)),
            (one, two) => one.or(two),
        };
        Self {
            kev: self.kev.max(other.kev),
            exploitation: self.exploitation.max(other.exploitation),
            automatable: self.automatable.max(other.automatable),
            total: self.total.max(other.total),
            by_vector,
            epss,
            cvss: self.cvss.max(other.cvss),
        }
    }
}

/// What a bundle says of what was found, now or before.
#[derive(Debug, Default)]
pub(super) struct Known {
    by_cve: BTreeMap<String, Facts>,
    /// Whether the catalogue of exploited vulnerabilities is in the bundle;
    /// only then is what it does not list known not to be in it.
    has_kev: bool,
}

/// A CVE's identifier as bundles write it.
fn cve(name: &str) -> Option<String> {
    let name = name.to_ascii_uppercase();
    name.starts_with("CVE-").then_some(name)
}

impl Known {
    /// Reads the facts of what was found and of what is in the ledger.
    pub(super) fn read(bundle: &Bundle, found: &[Found], state: &State) -> Result<Self, VulnError> {
        let open = state.items.values().filter(|item| item.fixed.is_none());
        let names =
            (found.iter().flat_map(|found| &found.names)).chain(open.flat_map(|item| &item.names));
        let cves: BTreeSet<String> = names.filter_map(|name| cve(name)).collect();
        let facts = bundle.facts(cves.iter().map(String::as_str))?;
        let mut has_kev = false;
        bundle.each_line(|_, line| {
            has_kev = has_kev || line.windows(KEV.len()).any(|window| window == KEV);
            Ok(())
        })?;
        Ok(Self {
            by_cve: (facts.iter())
                .map(|(cve, facts)| (cve.clone(), Facts::of(facts)))
                .collect(),
            has_kev,
        })
    }

    /// Whether it holds a catalogue of exploited vulnerabilities.
    pub(super) const fn has_kev(&self) -> bool {
        self.has_kev
    }

    /// What is known of a vulnerability with these identifiers.
    pub(super) fn of(&self, names: &BTreeSet<String>) -> Facts {
        let known = (names.iter()).filter_map(|name| self.by_cve.get(&cve(name)?));
        let mut facts = known.copied().fold(Facts::default(), Facts::worse);
        if facts.kev.is_none() && self.has_kev {
            facts.kev = Some(false);
        }
        facts
    }
}

/// What a line of the catalogue of exploited vulnerabilities has in it.
const KEV: &[u8] = b"\"kind\":\"kev\"";
