//! One record of a bundle, whatever document it came from, and the reader
//! that tells documents apart by what is in them.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::{csaf, cve, epss, kev, osv, vex};
use crate::VulnError;

/// What is read here.
const FORMATS: &str =
    "an advisory in the OSV format, CSAF 2.0, a CVE record, a KEV catalogue, EPSS's CSV or VEX";

/// What one line of a bundle says; the member `kind` tells which.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    /// Versions of packages with a fault, in the OSV format.
    Osv(osv::Advisory),
    /// An advisory of the Common Security Advisory Framework.
    Csaf(csaf::Advisory),
    /// A CVE record with what others added to it.
    Cve(cve::Record),
    /// How likely exploitation is.
    Epss(epss::Entry),
    /// That a fault is exploited.
    Kev(kev::Entry),
    /// Whether a fault matters in a product, by whoever makes it.
    Vex(vex::Statement),
}

impl Record {
    /// Its kind, as the bundle writes it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Osv(_) => "osv",
            Self::Csaf(_) => "csaf",
            Self::Cve(_) => "cve",
            Self::Epss(_) => "epss",
            Self::Kev(_) => "kev",
            Self::Vex(_) => "vex",
        }
    }

    /// Whether its publisher says that it no longer stands.
    #[must_use]
    pub const fn is_withdrawn(&self) -> bool {
        match self {
            Self::Osv(advisory) => advisory.withdrawn.is_some(),
            Self::Cve(record) => matches!(record.state, cve::State::Rejected),
            _ => false,
        }
    }

    /// What the record is about; with its kind, what makes it one of a bundle.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Osv(advisory) => &advisory.id,
            Self::Csaf(advisory) => &advisory.id,
            Self::Cve(record) => &record.id,
            Self::Epss(entry) => &entry.cve,
            Self::Kev(entry) => &entry.cve,
            Self::Vex(statement) => &statement.id,
        }
    }
}

/// Reads one file of advisories. What it is is told by what is in it; its
/// name only tells JSON from YAML and CSV. The lists and schemas that lie
/// beside advisories in the archives of their publishers hold none.
///
/// # Errors
/// [`VulnError::Malformed`] where it is no format that is read here, or not
/// well formed.
pub fn read(name: &str, bytes: &[u8]) -> Result<Vec<Record>, VulnError> {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    match extension {
        Some("yaml" | "yml") => return Ok(vec![Record::Osv(osv_from_yaml(bytes)?)]),
        Some("csv" | "gz") if !epss::recognised(bytes) => return Ok(Vec::new()),
        _ if epss::recognised(bytes) => {
            let entries = epss::read(bytes)?.into_iter();
            return Ok(entries.map(Record::Epss).collect());
        }
        _ => {}
    }
    let members: BTreeMap<String, IgnoredAny> =
        serde_json::from_slice(bytes).map_err(|error| VulnError::json(&error).expecting())?;
    let members: Vec<&str> = members.keys().map(String::as_str).collect();
    let has = |name: &str| members.contains(&name);
    if cve::recognised(&members) {
        return Ok(vec![Record::Cve(cve::read(bytes)?)]);
    }
    if has("document") {
        return Ok(vec![Record::Csaf(csaf::read(bytes)?)]);
    }
    if has("catalogVersion") && has("vulnerabilities") {
        let entries = kev::read(bytes)?.into_iter();
        return Ok(entries.map(Record::Kev).collect());
    }
    if has("@context") && has("statements") {
        let statements = vex::openvex(bytes)?.into_iter();
        return Ok(statements.map(Record::Vex).collect());
    }
    if has("bomFormat") {
        let statements = vex::cyclonedx(bytes)?.into_iter();
        return Ok(statements.map(Record::Vex).collect());
    }
    if has("feed") || (has("$schema") && has("properties")) {
        return Ok(Vec::new());
    }
    let advisory =
        osv::Advisory::from_json(bytes).map_err(|error| VulnError::json(&error).expecting())?;
    Ok(vec![Record::Osv(advisory)])
}

fn osv_from_yaml(bytes: &[u8]) -> Result<osv::Advisory, VulnError> {
    let malformed = |problem: String| VulnError::Malformed {
        place: "the document".to_owned(),
        problem,
    };
    let text = std::str::from_utf8(bytes).map_err(|error| malformed(error.to_string()))?;
    osv::Advisory::from_yaml(text).map_err(|error| malformed(error.to_string()).expecting())
}

impl VulnError {
    fn expecting(self) -> Self {
        match self {
            Self::Malformed { place, problem } => Self::Malformed {
                place,
                problem: format!("{problem}: expected {FORMATS}"),
            },
            other => other,
        }
    }
}
