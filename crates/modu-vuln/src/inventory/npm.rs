//! `package-lock.json` (and `npm-shrinkwrap.json`), versions 1 to 3: every
//! package that npm would install, with its exact version.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::written::{component, unnamed};
use super::{Component, Inventory};
use crate::VulnError;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lock {
    #[serde(default)]
    name: String,
    #[serde(default)]
    lockfile_version: u32,
    /// Versions 2 and 3: by the path of the folder.
    #[serde(default)]
    packages: BTreeMap<String, Package>,
    /// Version 1: by name, one within the other.
    #[serde(default)]
    dependencies: BTreeMap<String, Dependency>,
}

#[derive(Deserialize)]
struct Package {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    version: Option<String>,
    /// It stands elsewhere in the list.
    #[serde(default)]
    link: bool,
}

#[derive(Deserialize)]
struct Dependency {
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    dependencies: BTreeMap<String, Dependency>,
}

/// All packages, by their folders.
pub(super) fn parse(bytes: &[u8]) -> Result<Inventory<'static>, VulnError> {
    let lock: Lock = serde_json::from_slice(bytes).map_err(|error| VulnError::json(&error))?;
    let components = match lock.lockfile_version {
        1 => of_dependencies(lock.dependencies),
        2 | 3 => of_packages(lock.packages),
        other => {
            let problem = format!("{other} is not read here: expected 1, 2 or 3");
            return Err(VulnError::at("lockfileVersion", problem));
        }
    };
    Ok(Inventory {
        asset: lock.name.into(),
        components,
    })
}

fn of_packages(packages: BTreeMap<String, Package>) -> Vec<Component<'static>> {
    let packages = packages.into_iter();
    // The empty path is the list's own folder.
    let packages = packages.filter(|(path, package)| !path.is_empty() && !package.link);
    let component = |(path, package): (String, Package)| {
        let of_folder = path.rsplit_once("node_modules/").map(|(_, name)| name);
        // A package under another name says its own.
        match package.name.as_deref().or(of_folder) {
            Some(name) => npm(name, package.version.as_deref()),
            None => unnamed(&path),
        }
    };
    packages.map(component).collect()
}

fn of_dependencies(dependencies: BTreeMap<String, Dependency>) -> Vec<Component<'static>> {
    let mut components = Vec::new();
    let mut waiting = vec![dependencies];
    while let Some(dependencies) = waiting.pop() {
        for (name, dependency) in dependencies {
            let version = dependency.version.as_deref();
            // `npm:other@1.0.0`: another package under this name.
            let other = version.and_then(|version| version.strip_prefix("npm:"));
            components.push(match other.and_then(|other| other.rsplit_once('@')) {
                Some((other, version)) => npm(other, Some(version)),
                None => npm(&name, version),
            });
            waiting.push(dependency.dependencies);
        }
    }
    components
}

/// A package from an address or a folder has no version of the registry.
fn npm(name: &str, version: Option<&str>) -> Component<'static> {
    let version = version.filter(|version| !version.contains([':', '/']));
    match name.split_once('/') {
        Some((scope, name)) if scope.starts_with('@') => {
            component("npm", Some(scope), name, version)
        }
        _ => component("npm", None, name, version),
    }
}
