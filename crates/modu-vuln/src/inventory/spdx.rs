//! SPDX 2.3 as JSON: packages, with package URLs and CPE names among their
//! references.

use std::borrow::Cow;

use serde::Deserialize;

use super::{Component, Inventory, Text};
use crate::VulnError;

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(default, borrow)]
    packages: Vec<Package<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    version_info: Option<Text<'a>>,
    #[serde(default, borrow)]
    external_refs: Vec<Reference<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference<'a> {
    #[serde(borrow)]
    reference_type: Option<Text<'a>>,
    #[serde(borrow)]
    reference_locator: Option<Text<'a>>,
}

/// All packages in the order of the document.
pub(super) fn parse(bytes: &[u8]) -> Result<Inventory<'_>, VulnError> {
    let document: Document<'_> =
        serde_json::from_slice(bytes).map_err(|error| VulnError::json(&error))?;
    Ok(Inventory {
        asset: document.name.unwrap_or_default().0,
        components: document.packages.into_iter().map(Component::from).collect(),
    })
}

impl<'a> From<Package<'a>> for Component<'a> {
    fn from(package: Package<'a>) -> Self {
        let mut references = package.external_refs;
        let version = package.version_info.map(|text| text.0);
        Self {
            name: package.name.unwrap_or_default().0,
            version: version.filter(|version| version != "NOASSERTION"),
            purl: locator(&mut references, "purl"),
            cpe: locator(&mut references, "cpe23Type")
                .or_else(|| locator(&mut references, "cpe22Type")),
        }
    }
}

/// What the first reference of a type leads to.
fn locator<'a>(references: &mut [Reference<'a>], kind: &str) -> Option<Cow<'a, str>> {
    let of_kind =
        |it: &&mut Reference<'a>| it.reference_type.as_ref().is_some_and(|it| it.0 == kind);
    let found = references.iter_mut().find(of_kind)?;
    Some(found.reference_locator.take()?.0)
}
