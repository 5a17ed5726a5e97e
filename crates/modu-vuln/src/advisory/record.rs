//! One record of a bundle, whatever document it came from, and the reader
//! that tells documents apart by what is in them.

use serde::{Deserialize, Serialize};

use super::osv;
use crate::VulnError;

/// What one line of a bundle says; the member `kind` tells which.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    /// Versions of packages with a fault, in the OSV format.
    Osv(osv::Advisory),
}

impl Record {
    /// Its kind, as the bundle writes it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Osv(_) => "osv",
        }
    }

    /// What the record is about; with its kind, what makes it one of a bundle.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Osv(advisory) => &advisory.id,
        }
    }
}

/// Reads one file of advisories. What it is is told by what is in it; its
/// name only tells JSON from YAML.
///
/// # Errors
/// [`VulnError::Malformed`] where it is no format that is read here, or not
/// well formed.
pub fn read(name: &str, bytes: &[u8]) -> Result<Vec<Record>, VulnError> {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    if let Some("yaml" | "yml") = extension {
        return Ok(vec![Record::Osv(osv_from_yaml(bytes)?)]);
    }
    let advisory =
        osv::Advisory::from_json(bytes).map_err(|error| VulnError::json(&error).expecting_osv())?;
    Ok(vec![Record::Osv(advisory)])
}

fn osv_from_yaml(bytes: &[u8]) -> Result<osv::Advisory, VulnError> {
    let malformed = |problem: String| VulnError::Malformed {
        place: "the document".to_owned(),
        problem,
    };
    let text = std::str::from_utf8(bytes).map_err(|error| malformed(error.to_string()))?;
    osv::Advisory::from_yaml(text).map_err(|error| malformed(error.to_string()).expecting_osv())
}

impl VulnError {
    fn expecting_osv(self) -> Self {
        match self {
            Self::Malformed { place, problem } => Self::Malformed {
                place,
                problem: format!("{problem}: expected an advisory in the OSV format"),
            },
            other => other,
        }
    }
}
