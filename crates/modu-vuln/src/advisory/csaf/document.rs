//! The document of an advisory, and how it becomes what a bundle keeps.

use serde::Deserialize;
use serde_json::Value;

use super::tree::{Products, Tree};
use super::{Advisory, Justification, REMEDY_BYTES, Remedy, RemedyKind, Vulnerability};
use crate::VulnError;
use crate::advisory::facts::Score;
use crate::advisory::names::cve_id;

#[derive(Deserialize)]
struct Document {
    document: Head,
    #[serde(default)]
    product_tree: Tree,
    #[serde(default)]
    vulnerabilities: Vec<Fault>,
}

#[derive(Deserialize)]
struct Head {
    category: String,
    csaf_version: String,
    title: String,
    publisher: Publisher,
    tracking: Tracking,
    #[serde(default)]
    references: Vec<Reference>,
}

#[derive(Deserialize)]
struct Publisher {
    name: String,
}

#[derive(Deserialize)]
struct Tracking {
    id: String,
    status: String,
    version: String,
    current_release_date: String,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(default)]
    category: Option<String>,
    url: String,
}

#[derive(Deserialize)]
struct Fault {
    #[serde(default)]
    cve: Option<String>,
    #[serde(default)]
    ids: Vec<OtherId>,
    #[serde(default)]
    product_status: Status,
    #[serde(default)]
    scores: Vec<Scores>,
    #[serde(default)]
    remediations: Vec<Remediation>,
    #[serde(default)]
    flags: Vec<Flag>,
    #[serde(default)]
    threats: Vec<Threat>,
}

#[derive(Deserialize)]
struct OtherId {
    text: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Status {
    first_affected: Vec<String>,
    known_affected: Vec<String>,
    last_affected: Vec<String>,
    known_not_affected: Vec<String>,
    first_fixed: Vec<String>,
    fixed: Vec<String>,
    under_investigation: Vec<String>,
}

#[derive(Deserialize)]
struct Scores {
    #[serde(flatten)]
    by_version: serde_json::Map<String, Value>,
}

#[derive(Deserialize)]
struct Remediation {
    category: RemedyKind,
    details: String,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    product_ids: Vec<String>,
    #[serde(default)]
    group_ids: Vec<String>,
}

#[derive(Deserialize)]
struct Flag {
    label: String,
    #[serde(default)]
    product_ids: Vec<String>,
    #[serde(default)]
    group_ids: Vec<String>,
}

#[derive(Deserialize)]
struct Threat {
    category: String,
    details: String,
    #[serde(default)]
    product_ids: Vec<String>,
    #[serde(default)]
    group_ids: Vec<String>,
}

/// Reads an advisory.
///
/// # Errors
/// [`VulnError::Malformed`] with the place: not CSAF 2.0, a product meant that
/// the tree does not have, an identifier that is no CVE;
/// [`VulnError::TooMany`] past 100,000 products, 30 branches one within the
/// other, or 10,000 vulnerabilities.
pub fn read(bytes: &[u8]) -> Result<Advisory, VulnError> {
    const VULNERABILITIES: usize = 10_000;
    let document: Document =
        serde_json::from_slice(bytes).map_err(|error| VulnError::json(&error))?;
    let head = document.document;
    if head.csaf_version != "2.0" {
        let problem = format!("CSAF {} is not read here: expected 2.0", head.csaf_version);
        return Err(VulnError::at("document.csaf_version", problem));
    }
    if document.vulnerabilities.len() > VULNERABILITIES {
        return Err(VulnError::TooMany {
            what: "vulnerabilities",
            limit: VULNERABILITIES as u64,
        });
    }
    let products = Products::of(document.product_tree)?;
    let vulnerabilities = document.vulnerabilities.into_iter().enumerate();
    let vulnerabilities = vulnerabilities
        .map(|(place, fault)| vulnerability(place, fault, &products, &head.publisher.name))
        .collect::<Result<_, _>>()?;
    Ok(Advisory {
        url: web_page(&head.references),
        id: head.tracking.id,
        title: head.title,
        publisher: head.publisher.name,
        category: head.category,
        status: head.tracking.status,
        revision: head.tracking.version,
        released: head.tracking.current_release_date,
        products: products.list,
        vulnerabilities,
    })
}

/// The advisory as a person reads it: the last reference to itself that is no
/// file for machines, for publishers who carry others' advisories on name
/// theirs after the original.
fn web_page(references: &[Reference]) -> Option<String> {
    let of_itself = |it: &&Reference| it.category.as_deref() == Some("self");
    let file = |it: &&Reference| {
        let endings = [".json", ".txt", ".pdf", ".asc"];
        endings.iter().any(|ending| it.url.ends_with(ending))
    };
    let own = || references.iter().filter(of_itself);
    let found = own().rfind(|it| !file(it)).or_else(|| own().next_back());
    found.map(|it| it.url.clone())
}

fn vulnerability(
    place: usize,
    fault: Fault,
    products: &Products,
    publisher: &str,
) -> Result<Vulnerability, VulnError> {
    let place = |member: &str| format!("vulnerabilities[{place}].{member}");
    let cve = fault.cve.as_deref().map(cve_id).transpose();
    let status = fault.product_status;
    let in_status = |lists: &[&[String]]| {
        let place = place("product_status");
        products.places_of(&lists.concat(), &place)
    };
    Ok(Vulnerability {
        cve: cve.map_err(|problem| VulnError::at(place("cve"), problem))?,
        ids: fault.ids.into_iter().map(|id| id.text).collect(),
        affected: in_status(&[
            &status.first_affected,
            &status.known_affected,
            &status.last_affected,
        ])?,
        not_affected: in_status(&[&status.known_not_affected])?,
        fixed: in_status(&[&status.first_fixed, &status.fixed])?,
        under_investigation: in_status(&[&status.under_investigation])?,
        justifications: justifications(fault.flags, fault.threats, products, &place("flags"))?,
        scores: scores(&fault.scores, publisher),
        remedies: remedies(fault.remediations, products, &place("remediations"))?,
    })
}

/// Labels first; a threat of the category `impact` gives the reason in words.
fn justifications(
    flags: Vec<Flag>,
    threats: Vec<Threat>,
    products: &Products,
    place: &str,
) -> Result<Vec<Justification>, VulnError> {
    let flags = (flags.into_iter()).map(|flag| (flag.label, flag.product_ids, flag.group_ids));
    let impacts = (threats.into_iter())
        .filter(|threat| threat.category == "impact")
        .map(|threat| (threat.details, threat.product_ids, threat.group_ids));
    let read = |(why, ids, groups): (String, Vec<String>, Vec<String>)| {
        Ok(Justification {
            why: cut(why),
            products: products.places_of_both(&ids, &groups, place)?,
        })
    };
    flags.chain(impacts).map(read).collect()
}

fn scores(scores: &[Scores], publisher: &str) -> Vec<Score> {
    let contents = scores.iter().flat_map(|score| score.by_version.values());
    let mut scores: Vec<Score> = contents
        .filter_map(|content| {
            Some(Score {
                version: content.get("version")?.as_str()?.to_owned(),
                vector: content.get("vectorString")?.as_str()?.to_owned(),
                source: publisher.to_owned(),
            })
        })
        .collect();
    scores.sort();
    scores.dedup();
    scores
}

/// What is said of several products in the same words becomes one remedy.
fn remedies(
    remediations: Vec<Remediation>,
    products: &Products,
    place: &str,
) -> Result<Vec<Remedy>, VulnError> {
    let mut remedies: Vec<Remedy> = Vec::new();
    for one in remediations {
        let places = products.places_of_both(&one.product_ids, &one.group_ids, place)?;
        let remedy = Remedy {
            kind: one.category,
            details: cut(one.details),
            url: one.url,
            products: places,
        };
        let same = |other: &&mut Remedy| {
            (other.kind, &other.details, &other.url) == (remedy.kind, &remedy.details, &remedy.url)
        };
        match remedies.iter_mut().find(same) {
            // Of all products: nothing to add.
            Some(other) if other.products.is_empty() => {}
            Some(other) if remedy.products.is_empty() => other.products.clear(),
            Some(other) => {
                other.products.extend(remedy.products);
                other.products.sort_unstable();
                other.products.dedup();
            }
            None => remedies.push(remedy),
        }
    }
    Ok(remedies)
}

/// At most as many bytes as a bundle keeps, cut between characters.
fn cut(mut text: String) -> String {
    if text.len() > REMEDY_BYTES {
        let end = (0..=REMEDY_BYTES)
            .rev()
            .find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or_default());
        text.push('…');
    }
    text
}
