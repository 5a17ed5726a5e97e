//! Go's `go.mod` and `go.sum`.
//!
//! `go.mod` names the modules of a build (since Go 1.17 the indirect ones
//! too), with what replaces them. `go.sum` names what was ever fetched for it,
//! so that it may hold versions that no build uses: it is the wider list.

use std::collections::{BTreeMap, BTreeSet};

use super::written::{component, unnamed};
use super::{Component, Inventory};
use crate::VulnError;

/// The modules whose content has a hash, each version once.
pub(super) fn sum(text: &str) -> Result<Inventory<'static>, VulnError> {
    let mut modules = BTreeSet::new();
    for (number, line) in (1..).zip(text.lines()) {
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next(), words.next()) {
            (None, ..) => {}
            (Some(module), Some(version), Some(hash), None) if hash.starts_with("h1:") => {
                if !version.ends_with("/go.mod") {
                    modules.insert((module, version));
                }
            }
            _ => {
                let problem = "expected a module, a version and a hash `h1:...`";
                return Err(VulnError::at(format!("line {number}"), problem));
            }
        }
    }
    Ok(Inventory {
        asset: "".into(),
        components: modules
            .into_iter()
            .map(|(name, version)| module(name, Some(version)))
            .collect(),
    })
}

/// The modules that `require` names, after `replace`.
pub(super) fn mod_file(text: &str) -> Result<Inventory<'static>, VulnError> {
    let mut asset = String::new();
    let mut required: Vec<(String, String)> = Vec::new();
    let mut replaced: BTreeMap<(String, Option<String>), Vec<String>> = BTreeMap::new();
    let mut block: Option<String> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split("//").next().unwrap_or_default();
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let verb = match (&block, words.first().copied()) {
            (_, None) => continue,
            (Some(_), Some(")")) => {
                block = None;
                continue;
            }
            (Some(verb), _) => verb.clone(),
            (None, Some(verb)) => {
                words.remove(0);
                if words == ["("] {
                    block = Some(verb.to_owned());
                    continue;
                }
                verb.to_owned()
            }
        };
        let wrong = |problem: &str| VulnError::at(format!("line {number}"), problem);
        match (verb.as_str(), words.as_slice()) {
            ("module", [name]) => asset = plain(name),
            ("require", [name, version]) => required.push((plain(name), plain(version))),
            ("require", _) => return Err(wrong("expected a module and a version")),
            ("replace", words) => {
                let (old, new) = replacement(words)
                    .ok_or_else(|| wrong("expected `old [version] => new [version]`"))?;
                replaced.insert(old, new);
            }
            _ => {}
        }
    }
    if block.is_some() {
        return Err(VulnError::at(
            "the end",
            "a block has no `)`: the file was cut",
        ));
    }
    let components = required.into_iter().map(|(name, version)| {
        let exact = replaced.get(&(name.clone(), Some(version.clone())));
        let new = exact.or_else(|| replaced.get(&(name.clone(), None)));
        match new.map(Vec::as_slice) {
            None => module(&name, Some(&version)),
            Some([new, version]) => module(new, Some(version)),
            // A folder: whatever is in it.
            Some(new) => unnamed(&format!("{name} => {}", new.join(" "))),
        }
    });
    Ok(Inventory {
        components: components.collect(),
        asset: asset.into(),
    })
}

/// What is replaced, in one version or all, and by what.
type Replacement = ((String, Option<String>), Vec<String>);

fn replacement(words: &[&str]) -> Option<Replacement> {
    let arrow = words.iter().position(|word| *word == "=>")?;
    let (old, new) = (&words[..arrow], &words[arrow + 1..]);
    let name = old.first()?;
    let version = old.get(1).map(|version| plain(version));
    let new: Vec<String> = new.iter().map(|word| plain(word)).collect();
    (old.len() <= 2 && matches!(new.len(), 1 | 2)).then(|| ((plain(name), version), new))
}

/// A word without quotes.
fn plain(word: &str) -> String {
    word.trim_matches(['"', '`']).to_owned()
}

fn module(name: &str, version: Option<&str>) -> Component<'static> {
    match name.rsplit_once('/') {
        Some((namespace, last)) => component("golang", Some(namespace), last, version),
        None => component("golang", None, name, version),
    }
}
