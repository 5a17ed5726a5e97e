//! What is known of vulnerabilities: that they are exploited, how likely that
//! is, and what an attacker gains.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::found::Found;
use crate::VulnError;
use crate::advisory::Bundle;
use crate::advisory::facts::{self, Automatable, Exploitation, TechnicalImpact};
use crate::advisory::vex::Statement;
use crate::cvss::{Score, Vector};
use crate::ledger::{Item, State};
use crate::scan::statements::Statements;

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
    /// The CVEs that advisories call a fault by, of which a list says no CVE.
    cves_of: BTreeMap<String, BTreeSet<String>>,
    /// What makers say of faults; none where there is no bundle.
    statements: Option<Statements>,
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
        let (with, without): (BTreeSet<String>, BTreeSet<String>) =
            names.cloned().partition(|name| cve(name).is_some());
        let cves_of = aliases(bundle, &without)?;
        let told = with.iter().filter_map(|name| cve(name));
        let cves: BTreeSet<String> = told.chain(cves_of.values().flatten().cloned()).collect();
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
            cves_of,
            statements: Some(Statements::of(bundle)?),
        })
    }

    /// Whether it holds a catalogue of exploited vulnerabilities.
    pub(super) const fn has_kev(&self) -> bool {
        self.has_kev
    }

    /// Whether there is a bundle, so that what makers say is known.
    pub(super) const fn has_statements(&self) -> bool {
        self.statements.is_some()
    }

    /// The statement of a maker that clears an item, in every version that was
    /// found.
    pub(super) fn clearing(&self, item: &Item) -> Option<&Statement> {
        let names: Vec<&str> = item.names.iter().map(String::as_str).collect();
        let statements = self.statements.as_ref()?;
        statements.clearing(&item.asset, &item.component, &item.versions, &names)
    }

    /// What is known of a vulnerability with these identifiers. Where none is a
    /// CVE, those count that advisories call it by.
    pub(super) fn of(&self, names: &BTreeSet<String>) -> Facts {
        let told: BTreeSet<String> = names.iter().filter_map(|name| cve(name)).collect();
        let cves = match told.is_empty() {
            false => told,
            true => {
                let found = names.iter().filter_map(|name| self.cves_of.get(name));
                found.flatten().cloned().collect()
            }
        };
        let known = cves.iter().filter_map(|cve| self.by_cve.get(cve));
        let mut facts = known.copied().fold(Facts::default(), Facts::worse);
        if facts.kev.is_none() && self.has_kev {
            facts.kev = Some(false);
        }
        facts
    }
}

/// The CVEs of advisories that have one of these names, by that name.
fn aliases(
    bundle: &Bundle,
    names: &BTreeSet<String>,
) -> Result<BTreeMap<String, BTreeSet<String>>, VulnError> {
    #[derive(Deserialize)]
    struct Names {
        id: String,
        #[serde(default)]
        aliases: Vec<String>,
        withdrawn: Option<serde::de::IgnoredAny>,
    }
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    if names.is_empty() {
        return Ok(found);
    }
    bundle.each_line(|number, line| {
        if !line.starts_with(OSV) {
            return Ok(());
        }
        let read: Names = serde_json::from_slice(line)
            .map_err(|error| VulnError::at(format!("line {number}"), error.to_string()))?;
        let all = || read.aliases.iter().chain([&read.id]);
        let cves: Vec<String> = all().filter_map(|name| cve(name)).collect();
        if read.withdrawn.is_none() && !cves.is_empty() {
            for name in all().filter(|name| names.contains(*name)) {
                found
                    .entry(name.clone())
                    .or_default()
                    .extend(cves.iter().cloned());
            }
        }
        Ok(())
    })?;
    Ok(found)
}

/// How the lines begin that hold advisories in the OSV format.
const OSV: &[u8] = b"{\"kind\":\"osv\"";

/// What a line of the catalogue of exploited vulnerabilities has in it.
const KEV: &[u8] = b"\"kind\":\"kev\"";
