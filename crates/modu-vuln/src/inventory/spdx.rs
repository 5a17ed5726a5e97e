//! SPDX 2.3 as JSON: packages, with package URLs among their references.

use serde::Deserialize;

use super::{Component, package_of};
use crate::VulnError;

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    packages: Vec<Package>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    name: String,
    #[serde(default)]
    version_info: Option<String>,
    #[serde(default)]
    external_refs: Vec<Reference>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    reference_type: String,
    reference_locator: String,
}

/// All packages in the order of the document.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Component>, VulnError> {
    let document: Document =
        serde_json::from_slice(bytes).map_err(|error| VulnError::json(&error))?;
    let component = |package: Package| {
        let mut references = package.external_refs.iter();
        let purl = references.find(|reference| reference.reference_type == "purl");
        Component {
            package: package_of(purl.map(|reference| reference.reference_locator.as_str())),
            version: package
                .version_info
                .filter(|version| version != "NOASSERTION"),
            name: package.name,
        }
    };
    Ok(document.packages.into_iter().map(component).collect())
}
