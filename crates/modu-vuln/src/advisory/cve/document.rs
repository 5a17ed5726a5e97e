//! The document of a CVE record, and how it becomes what a bundle keeps.

use serde::Deserialize;
use serde_json::Value;

use super::{Affected, Configuration, Record, State, Status, Versions};
use crate::VulnError;
use crate::advisory::facts::{Automatable, Exploitation, Points, Score, TechnicalImpact};
use crate::advisory::names::{cve_id, day, shortened};

/// Versions, names and nodes of one record; real ones have thousands.
const PARTS: usize = 200_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    cve_metadata: Metadata,
    containers: Containers,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    cve_id: String,
    state: String,
    #[serde(default)]
    date_updated: Option<String>,
}

#[derive(Deserialize)]
struct Containers {
    cna: Container,
    #[serde(default)]
    adp: Vec<Container>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    #[serde(default)]
    provider_metadata: Option<Provider>,
    #[serde(default)]
    metrics: Vec<serde_json::Map<String, Value>>,
    #[serde(default)]
    affected: Vec<Product>,
    #[serde(default)]
    cpe_applicability: Vec<Configuration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Provider {
    #[serde(default)]
    short_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Product {
    #[serde(default)]
    vendor: Option<String>,
    #[serde(default)]
    product: Option<String>,
    #[serde(default)]
    package_name: Option<String>,
    #[serde(default)]
    cpes: Vec<String>,
    #[serde(default)]
    default_status: Option<String>,
    #[serde(default)]
    versions: Vec<Version>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    version: String,
    status: String,
    #[serde(default)]
    version_type: Option<String>,
    #[serde(default)]
    less_than: Option<String>,
    #[serde(default)]
    less_than_or_equal: Option<String>,
}

/// Whether a JSON document is a CVE record.
pub(in crate::advisory) fn recognised(members: &[&str]) -> bool {
    members.contains(&"cveMetadata")
}

/// Reads a CVE record.
///
/// # Errors
/// [`VulnError::Malformed`] with the place that is not as the format asks, a
/// coordinator decision among them whose words are unknown;
/// [`VulnError::TooMany`] past 200,000 versions, names and nodes.
pub fn read(bytes: &[u8]) -> Result<Record, VulnError> {
    let document: Document =
        serde_json::from_slice(bytes).map_err(|error| VulnError::json(&error))?;
    let at = |problem| VulnError::at("cveMetadata", problem);
    let mut record = Record {
        id: cve_id(&document.cve_metadata.cve_id).map_err(at)?,
        state: state(&document.cve_metadata.state).map_err(at)?,
        modified: document.cve_metadata.date_updated,
        scores: Vec::new(),
        ssvc: None,
        exploited_since: None,
        affected: Vec::new(),
        applicability: Vec::new(),
    };
    let Containers { cna, adp } = document.containers;
    add(&mut record, cna).map_err(|problem| VulnError::at("containers.cna", problem))?;
    for (place, container) in adp.into_iter().enumerate() {
        add(&mut record, container)
            .map_err(|problem| VulnError::at(format!("containers.adp[{place}]"), problem))?;
    }
    match parts(&record) > PARTS {
        true => Err(VulnError::TooMany {
            what: "versions and names",
            limit: PARTS as u64,
        }),
        false => Ok(record),
    }
}

fn parts(record: &Record) -> usize {
    let products = record.affected.iter();
    let products = products.map(|it| 1 + it.versions.len() + it.cpes.len());
    let nodes = record.applicability.iter().flat_map(|it| &it.nodes);
    let names = nodes.map(|node| 1 + node.cpe_match.len());
    products.sum::<usize>() + names.sum::<usize>()
}

fn state(text: &str) -> Result<State, String> {
    match text {
        "PUBLISHED" => Ok(State::Published),
        "REJECTED" => Ok(State::Rejected),
        other => Err(format!(
            "the state `{}` is neither PUBLISHED nor REJECTED",
            shortened(other)
        )),
    }
}

fn add(record: &mut Record, container: Container) -> Result<(), String> {
    let source = (container.provider_metadata)
        .and_then(|provider| provider.short_name)
        .unwrap_or_else(|| "unnamed".to_owned());
    for metric in &container.metrics {
        for (name, content) in metric {
            if let Some(score) = score(name, content, &source) {
                record.scores.push(score);
            } else if name == "other" {
                other_metric(record, content)?;
            }
        }
    }
    for product in container.affected {
        record.affected.push(affected(product, &source)?);
    }
    record.applicability.extend(container.cpe_applicability);
    Ok(())
}

/// A metric such as `cvssV3_1`, by its vector.
fn score(name: &str, content: &Value, source: &str) -> Option<Score> {
    let version = match name {
        "cvssV2_0" => "2.0",
        "cvssV3_0" => "3.0",
        "cvssV3_1" => "3.1",
        "cvssV4_0" => "4.0",
        _ => return None,
    };
    Some(Score {
        version: version.to_owned(),
        vector: content.get("vectorString")?.as_str()?.to_owned(),
        source: source.to_owned(),
    })
}

fn other_metric(record: &mut Record, other: &Value) -> Result<(), String> {
    let content = &other["content"];
    match other["type"].as_str() {
        Some("ssvc") => {
            let ours = points(content)?;
            record.ssvc = Some(record.ssvc.map_or(ours, |before| before.worse(ours)));
        }
        Some("kev") => {
            let added = content["dateAdded"].as_str().unwrap_or_default();
            let added = day(added).map_err(|problem| format!("kev: dateAdded: {problem}"))?;
            let earlier = record
                .exploited_since
                .take()
                .map(|it| it.min(added.clone()));
            record.exploited_since = Some(earlier.unwrap_or(added));
        }
        _ => {}
    }
    Ok(())
}

/// The three points, which records write in mixed case.
fn points(content: &Value) -> Result<Points, String> {
    let value = |name: &str| {
        let options = content["options"].as_array().into_iter().flatten();
        let mut found = options.filter_map(|option| option.get(name)?.as_str());
        found.next().unwrap_or_default().to_owned()
    };
    let wrong = |name: &str| {
        let found = value(name);
        let found = shortened(&found);
        format!("ssvc: `{found}` is no value of {name} (SSVC 2.0.3)")
    };
    let exploitation = Exploitation::read(&value("Exploitation"));
    let automatable = Automatable::read(&value("Automatable"));
    let technical_impact = TechnicalImpact::read(&value("Technical Impact"));
    Ok(Points {
        exploitation: exploitation.ok_or_else(|| wrong("Exploitation"))?,
        automatable: automatable.ok_or_else(|| wrong("Automatable"))?,
        technical_impact: technical_impact.ok_or_else(|| wrong("Technical Impact"))?,
    })
}

fn affected(product: Product, source: &str) -> Result<Affected, String> {
    // Programs of the CVE list write `n/a` where they mean nothing.
    let named = |text: Option<String>| text.filter(|text| !matches!(text.trim(), "" | "n/a"));
    let otherwise = product.default_status.as_deref();
    Ok(Affected {
        source: source.to_owned(),
        vendor: named(product.vendor),
        product: named(product.product).or_else(|| named(product.package_name)),
        cpes: product.cpes,
        otherwise: otherwise.map_or(Ok(Status::Unknown), status)?,
        versions: (product.versions.into_iter())
            .map(versions)
            .collect::<Result<_, _>>()?,
    })
}

fn versions(version: Version) -> Result<Versions, String> {
    Ok(Versions {
        version: version.version,
        status: status(&version.status)?,
        less_than: version.less_than,
        less_than_or_equal: version.less_than_or_equal,
        kind: version.version_type,
    })
}

fn status(text: &str) -> Result<Status, String> {
    match text {
        "affected" => Ok(Status::Affected),
        "unaffected" => Ok(Status::Unaffected),
        "unknown" => Ok(Status::Unknown),
        other => Err(format!(
            "the status `{}` is none of affected, unaffected, unknown",
            shortened(other)
        )),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    use super::*;

    fn record() -> Value {
        json!({
            "dataType": "CVE_RECORD", "dataVersion": "5.1",
            "cveMetadata": {"cveId": "CVE-2026-0001", "state": "PUBLISHED", "dateUpdated": "2026-01-02T00:00:00Z"},
            "containers": {
                "cna": {
                    "providerMetadata": {"shortName": "hana"},
                    "affected": [{
                        "vendor": "Hana", "product": "Controller", "defaultStatus": "unaffected",
                        "versions": [{"version": "1.0", "status": "affected", "lessThan": "1.4", "versionType": "semver"}],
                    }],
                    "metrics": [{"format": "CVSS", "cvssV3_1": {"version": "3.1", "vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}}],
                },
                "adp": [{
                    "providerMetadata": {"shortName": "CISA-ADP"},
                    "metrics": [
                        {"other": {"type": "ssvc", "content": {"options": [
                            {"Exploitation": "Active"}, {"Automatable": "No"}, {"Technical Impact": "total"},
                        ]}}},
                        {"other": {"type": "kev", "content": {"dateAdded": "2026-01-01"}}},
                    ],
                }],
            },
        })
    }

    #[test]
    fn mixed_case_decisions_are_read_alike() {
        let record = read(record().to_string().as_bytes()).unwrap();
        let points = record.ssvc.unwrap();
        assert_eq!(points.exploitation, Exploitation::Active);
        assert_eq!(points.automatable, Automatable::No);
        assert_eq!(points.technical_impact, TechnicalImpact::Total);
        assert_eq!(record.exploited_since.as_deref(), Some("2026-01-01"));
        assert_eq!(record.scores[0].source, "hana");
        assert_eq!(
            record.affected[0].versions[0].less_than.as_deref(),
            Some("1.4")
        );
    }

    #[test]
    fn what_is_kept_is_read_as_itself() {
        let record = read(record().to_string().as_bytes()).unwrap();
        let line = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record);
    }

    #[test]
    fn a_record_that_was_bent_is_refused_with_the_place() {
        let text = record().to_string();
        for (from, to, place) in [
            ("\"Active\"", "\"sometimes\"", "containers.adp[0]: ssvc"),
            (
                "{\"Exploitation\":\"Active\"},",
                "",
                "containers.adp[0]: ssvc",
            ),
            ("\"2026-01-01\"", "\"yesterday\"", "containers.adp[0]: kev"),
            (
                "\"affected\",\"version",
                "\"perhaps\",\"version",
                "containers.cna",
            ),
            ("PUBLISHED", "DRAFT", "cveMetadata"),
            ("CVE-2026-0001", "CVE-1", "cveMetadata"),
        ] {
            assert!(text.contains(from), "{from} in {text}");
            let error = read(text.replace(from, to).as_bytes()).unwrap_err();
            assert!(error.to_string().starts_with(place), "{error}");
        }
        assert!(read(&text.as_bytes()[..text.len() / 2]).is_err());
    }
}
