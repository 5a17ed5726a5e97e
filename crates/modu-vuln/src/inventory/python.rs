//! Python's lists: `requirements.txt`, `poetry.lock`, `uv.lock`.

use serde::Deserialize;

use super::written::{component, unnamed};
use super::{Component, Inventory};
use crate::VulnError;

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    source: Option<Source>,
}

/// Where a package is from; only what tells a project's own ones apart.
#[derive(Deserialize)]
struct Source {
    #[serde(default)]
    editable: Option<String>,
    #[serde(rename = "virtual", default)]
    folder: Option<String>,
}

/// `poetry.lock` and `uv.lock`: every package with its exact version. uv lists
/// the project itself too, which is what the list is of.
pub(super) fn lock(text: &str) -> Result<Inventory<'static>, VulnError> {
    let lock: Lock = toml::from_str(text).map_err(|error| super::of_toml(&error))?;
    let is_own = |package: &&Package| {
        let source = package.source.as_ref();
        let folder = source.and_then(|it| it.editable.as_ref().or(it.folder.as_ref()));
        folder.is_some_and(|folder| folder == ".")
    };
    let own = lock.package.iter().find(is_own);
    Ok(Inventory {
        asset: own.map(|own| own.name.clone()).unwrap_or_default().into(),
        components: (lock.package.iter())
            .filter(|package| !is_own(package))
            .map(|package| component("pypi", None, &package.name, package.version.as_deref()))
            .collect(),
    })
}

/// `requirements.txt`: what is pinned with `==` has a version; what is not may
/// become any, and other files that are named were not handed in: nothing can
/// be said of these.
pub(super) fn requirements(text: &str) -> Result<Inventory<'static>, VulnError> {
    let joined = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let lines = joined.lines().map(|line| {
        let comment = line
            .starts_with('#')
            .then_some(0)
            .or_else(|| line.find(" #"));
        line[..comment.unwrap_or(line.len())].trim()
    });
    let mut components = Vec::new();
    for line in lines.filter(|line| !line.is_empty()) {
        components.extend(requirement(line)?);
    }
    Ok(Inventory {
        asset: "".into(),
        components,
    })
}

/// The component of a line; an option that says where to look has none.
fn requirement(line: &str) -> Result<Option<Component<'static>>, VulnError> {
    if line.starts_with('-') {
        let names_more = ["-r", "--requirement", "-e", "--editable"];
        let more = names_more.iter().any(|option| line.starts_with(option));
        return Ok(more.then(|| unnamed(line)));
    }
    let requirement = line.split([';']).next().unwrap_or_default();
    let requirement = requirement.split(" --").next().unwrap_or_default().trim();
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let end = requirement
        .find(|c| !is_part(c))
        .unwrap_or(requirement.len());
    let (name, rest) = requirement.split_at(end);
    let rest = rest.trim();
    let rest = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']').map_or("", |(_, rest)| rest.trim()),
        None => rest,
    };
    let known = rest.is_empty() || rest.starts_with(['=', '<', '>', '!', '~', '(']);
    if name.is_empty() || rest.starts_with('@') || rest.starts_with("://") || name.contains('/') {
        return Ok(Some(unnamed(line)));
    }
    if !known {
        let short: String = line.chars().take(60).collect();
        let problem = "expected a requirement such as `name==1.0`";
        return Err(VulnError::at(format!("`{short}`"), problem));
    }
    let mut pins = rest.trim_matches(['(', ')']).split(',').filter_map(|part| {
        let part = part.trim();
        let version = part
            .strip_prefix("===")
            .or_else(|| part.strip_prefix("=="))?;
        Some(version.trim()).filter(|version| !version.contains('*'))
    });
    Ok(Some(component("pypi", None, name, pins.next_back())))
}
