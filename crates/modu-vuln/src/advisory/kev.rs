//! CISA's catalogue of known exploited vulnerabilities as JSON
//! (<https://www.cisa.gov/known-exploited-vulnerabilities-catalog>), with the
//! member `forensicTriage` of Binding Operational Directive 26-04.

use serde::{Deserialize, Serialize};

use super::facts::Exploited;
use super::names::{cve_id, day};
use crate::VulnError;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The CVE.
    pub cve: String,
    /// What the catalogue says of it.
    #[serde(flatten)]
    pub exploited: Exploited,
}

#[derive(Deserialize)]
struct Catalogue {
    count: usize,
    vulnerabilities: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    #[serde(rename = "cveID")]
    cve_id: String,
    date_added: String,
    due_date: String,
    #[serde(default)]
    known_ransomware_campaign_use: Option<String>,
    #[serde(default)]
    forensic_triage: Option<String>,
}

/// Reads the catalogue.
///
/// # Errors
/// [`VulnError::Malformed`] with the entry that is none; and where the
/// catalogue does not hold as many entries as it counts, for then it was cut.
pub fn read(bytes: &[u8]) -> Result<Vec<Entry>, VulnError> {
    let catalogue: Catalogue =
        serde_json::from_slice(bytes).map_err(|error| VulnError::json(&error))?;
    let found = catalogue.vulnerabilities.len();
    if catalogue.count != found {
        let problem = format!(
            "it counts {} entries and holds {found}: fetch the catalogue again, whole",
            catalogue.count
        );
        return Err(VulnError::at("count", problem));
    }
    let numbered = (1..).zip(catalogue.vulnerabilities);
    let read = |(number, listed): (usize, Listed)| {
        entry(listed).map_err(|problem| VulnError::at(format!("vulnerability {number}"), problem))
    };
    numbered.map(read).collect()
}

fn entry(listed: Listed) -> Result<Entry, String> {
    Ok(Entry {
        cve: cve_id(&listed.cve_id)?,
        exploited: Exploited {
            added: day(&listed.date_added)?,
            due: Some(day(&listed.due_date)?),
            ransomware: said(listed.known_ransomware_campaign_use, "known", "unknown")?,
            forensic_triage: said(listed.forensic_triage, "yes", "no")?,
        },
    })
}

/// What is said by one of two words, in any case; none where nothing is.
fn said(text: Option<String>, yes: &str, no: &str) -> Result<Option<bool>, String> {
    let Some(text) = text.map(|text| text.trim().to_lowercase()) else {
        return Ok(None);
    };
    match text.as_str() {
        "" => Ok(None),
        word if word == yes => Ok(Some(true)),
        word if word == no => Ok(Some(false)),
        word => Err(format!("`{word}` is neither `{yes}` nor `{no}`")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const CATALOGUE: &str = r#"{"title": "ours", "catalogVersion": "2026.01.02", "count": 2, "vulnerabilities": [
        {"cveID": "CVE-2026-0001", "dateAdded": "2026-01-01", "dueDate": "2026-01-04",
         "knownRansomwareCampaignUse": "Known", "forensicTriage": "Yes"},
        {"cveID": "cve-2026-12345", "dateAdded": "2026-01-02", "dueDate": "2026-01-16",
         "knownRansomwareCampaignUse": "Unknown"}]}"#;

    #[test]
    fn entries_say_what_the_directive_asks_for() {
        let entries = read(CATALOGUE.as_bytes()).unwrap();
        assert_eq!(entries[0].exploited.forensic_triage, Some(true));
        assert_eq!(entries[0].exploited.ransomware, Some(true));
        assert_eq!(entries[1].cve, "CVE-2026-12345");
        assert_eq!(entries[1].exploited.forensic_triage, None);
        assert_eq!(entries[1].exploited.due.as_deref(), Some("2026-01-16"));
    }

    #[test]
    fn a_catalogue_that_was_cut_is_refused_with_the_place() {
        for (from, to, place) in [
            ("\"count\": 2", "\"count\": 3", "count"),
            ("2026-01-16", "16.1.2026", "vulnerability 2"),
            ("CVE-2026-0001", "CVE-26-1", "vulnerability 1"),
            ("\"Yes\"", "\"perhaps\"", "vulnerability 1"),
            ("\"Unknown\"}]}", "\"Unknown\"}]", "line 5"),
        ] {
            let error = read(CATALOGUE.replace(from, to).as_bytes()).unwrap_err();
            assert!(error.to_string().starts_with(place), "{error}");
        }
    }
}
