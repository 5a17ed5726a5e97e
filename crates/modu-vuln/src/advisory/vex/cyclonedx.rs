//! CycloneDX with `vulnerabilities` (ECMA-424): a list of components that says
//! of faults whether they matter.

use std::collections::HashMap;

use serde::Deserialize;

use super::{STATEMENTS, Statement, Status, of_version};
use crate::VulnError;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(default)]
    serial_number: Option<String>,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    components: Vec<Listed>,
    #[serde(default)]
    vulnerabilities: Vec<Fault>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata {
    timestamp: Option<String>,
    authors: Vec<Named>,
    supplier: Option<Named>,
    manufacturer: Option<Named>,
    manufacture: Option<Named>,
    component: Option<Listed>,
}

#[derive(Deserialize, Clone)]
struct Named {
    #[serde(default)]
    name: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(rename = "bom-ref", default)]
    reference: Option<String>,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    purl: Option<String>,
    #[serde(default)]
    cpe: Option<String>,
    #[serde(default)]
    components: Vec<Listed>,
}

#[derive(Deserialize)]
struct Fault {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    references: Vec<Reference>,
    #[serde(default)]
    analysis: Option<Analysis>,
    #[serde(default)]
    affects: Vec<Affects>,
}

#[derive(Deserialize)]
struct Reference {
    id: String,
}

#[derive(Deserialize)]
struct Analysis {
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    justification: Option<String>,
    #[serde(default)]
    detail: Option<String>,
}

#[derive(Deserialize)]
struct Affects {
    #[serde(rename = "ref")]
    reference: String,
}

/// Reads a document; faults without an analysis say nothing.
pub(in crate::advisory) fn read(bytes: &[u8]) -> Result<Vec<Statement>, VulnError> {
    let document: Document =
        serde_json::from_slice(bytes).map_err(|error| VulnError::json(&error))?;
    if document.vulnerabilities.is_empty() {
        let problem =
            "this is a list of components and says nothing of faults: hand it to `modu vuln scan`";
        return Err(VulnError::at("vulnerabilities", problem));
    }
    let author = author(&document.metadata);
    let made = document.metadata.timestamp.clone();
    let id = document
        .serial_number
        .unwrap_or_else(|| "CycloneDX".to_owned());
    let roots = document
        .metadata
        .component
        .into_iter()
        .chain(document.components);
    let named = named(roots.collect());
    let mut statements = Vec::new();
    for (place, fault) in document.vulnerabilities.into_iter().enumerate() {
        let at = |problem: String| VulnError::at(format!("vulnerabilities[{place}]"), problem);
        let Some(analysis) = fault.analysis else {
            continue;
        };
        let Some(state) = analysis.state else {
            continue;
        };
        let status = status(&state).map_err(at)?;
        let names = fault
            .id
            .into_iter()
            .chain(fault.references.into_iter().map(|it| it.id));
        let products = fault.affects.into_iter().flat_map(|affects| {
            // `urn:cdx:serial/version#reference` of another document, too.
            let reference = affects
                .reference
                .rsplit('#')
                .next()
                .unwrap_or_default()
                .to_owned();
            let is_name = ["pkg:", "cpe:"].iter().any(|it| reference.starts_with(it));
            let itself = || is_name.then(|| reference.clone()).into_iter().collect();
            named.get(&reference).cloned().unwrap_or_else(itself)
        });
        if statements.len() == STATEMENTS {
            return Err(VulnError::TooMany {
                what: "statements",
                limit: STATEMENTS as u64,
            });
        }
        statements.push(Statement {
            id: format!("{id}#{}", statements.len() + 1),
            author: author.clone(),
            made: made.clone(),
            names: names.collect(),
            products: products.collect(),
            within: Vec::new(),
            status,
            why: analysis.justification.or(analysis.detail),
        });
    }
    Ok(statements)
}

fn author(metadata: &Metadata) -> String {
    let organisations = [
        &metadata.supplier,
        &metadata.manufacturer,
        &metadata.manufacture,
    ];
    let mut all = metadata
        .authors
        .iter()
        .chain(organisations.into_iter().flatten());
    let named = all.find_map(|named| named.name.clone());
    named.unwrap_or_else(|| "unnamed".to_owned())
}

/// Package URLs and CPE names by the references of components, also of those
/// within others.
fn named(mut waiting: Vec<Listed>) -> HashMap<String, Vec<String>> {
    let mut named = HashMap::new();
    while let Some(listed) = waiting.pop() {
        let names = listed.purl.into_iter().chain(listed.cpe);
        let names: Vec<String> = match &listed.version {
            Some(version) => names.filter_map(|it| of_version(&it, version)).collect(),
            None => names.collect(),
        };
        if let (Some(reference), false) = (listed.reference, names.is_empty()) {
            named.insert(reference, names);
        }
        waiting.extend(listed.components);
    }
    named
}

fn status(state: &str) -> Result<Status, String> {
    match state {
        "not_affected" | "false_positive" => Ok(Status::NotAffected),
        "exploitable" => Ok(Status::Affected),
        "resolved" | "resolved_with_pedigree" => Ok(Status::Fixed),
        "in_triage" => Ok(Status::UnderInvestigation),
        other => Err(format!(
            "`{}` is no state of an analysis (CycloneDX 1.7)",
            other.chars().take(40).collect::<String>()
        )),
    }
}
