//! CycloneDX as JSON (ECMA-424): components, and the components within them.

use serde::Deserialize;

use super::{Component, package_of};
use crate::VulnError;

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    components: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    purl: Option<String>,
    #[serde(default)]
    components: Vec<Listed>,
}

/// All components, each before those within it.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Component>, VulnError> {
    let document: Document =
        serde_json::from_slice(bytes).map_err(|error| VulnError::json(&error))?;
    let mut components = Vec::with_capacity(document.components.len());
    let mut waiting = document.components;
    waiting.reverse();
    while let Some(listed) = waiting.pop() {
        components.push(Component {
            package: package_of(listed.purl.as_deref()),
            name: listed.name,
            version: listed.version,
        });
        waiting.extend(listed.components.into_iter().rev());
    }
    Ok(components)
}
