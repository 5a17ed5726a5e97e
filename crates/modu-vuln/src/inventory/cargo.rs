//! `Cargo.lock`: every package of a build, with its exact version.

use serde::Deserialize;

use super::Inventory;
use super::written::component;
use crate::VulnError;

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    #[serde(default)]
    source: Option<String>,
}

/// All packages in the order of the file. Those without a source are the
/// build's own; the first of them is what the list is of.
pub(super) fn parse(text: &str) -> Result<Inventory<'static>, VulnError> {
    let lock: Lock = toml::from_str(text).map_err(|error| super::of_toml(&error))?;
    let own = lock.package.iter().find(|package| package.source.is_none());
    Ok(Inventory {
        asset: own.map(|own| own.name.clone()).unwrap_or_default().into(),
        components: (lock.package.iter())
            .map(|package| component("cargo", None, &package.name, Some(&package.version)))
            .collect(),
    })
}
