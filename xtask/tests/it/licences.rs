//! What we build with may be used as we use it: every library is permissively
//! licensed, comes from a registry, and is none of the banned ones.
//!
//! The rules are `deny.toml`'s, for `cargo deny check` where that program is
//! installed; this reads the same file, so that no change is taken that breaks
//! them unseen. Known holes in libraries are for `cargo deny` alone: their list
//! comes over the network.

use std::collections::BTreeSet;

use cargo_metadata::{CargoOpt, Metadata, MetadataCommand, Package};
use spdx::{Expression, LicenseReq, Licensee};

struct Rules {
    allowed: Vec<Licensee>,
    banned: BTreeSet<String>,
    registries: BTreeSet<String>,
}

impl Rules {
    fn read() -> Self {
        let text = std::fs::read_to_string(super::root().join("deny.toml")).unwrap();
        let rules: toml::Table = text.parse().unwrap();
        let texts = |value: &toml::Value| -> Vec<String> {
            let all = value.as_array().unwrap().iter();
            all.map(|it| it.as_str().unwrap().to_owned()).collect()
        };
        let allowed = texts(&rules["licenses"]["allow"]);
        let banned = rules["bans"]["deny"].as_array().unwrap().iter();
        Self {
            allowed: allowed
                .iter()
                .map(|it| Licensee::parse(it).unwrap())
                .collect(),
            banned: banned
                .filter(|ban| ban.get("wrappers").is_none())
                .map(|ban| ban["crate"].as_str().unwrap().to_owned())
                .collect(),
            registries: texts(&rules["sources"]["allow-registry"])
                .into_iter()
                .collect(),
        }
    }

    fn allows(&self, licence: &LicenseReq) -> bool {
        self.allowed
            .iter()
            .any(|allowed| allowed.satisfies(licence))
    }

    /// What is wrong with a package.
    fn fault(&self, package: &Package) -> Option<String> {
        let source = package.source.as_ref()?;
        let name = &package.name;
        let source = source.to_string();
        let registry = source.strip_prefix("registry+");
        if !registry.is_some_and(|registry| self.registries.contains(registry)) {
            return Some(format!("{name} comes from {source}"));
        }
        if self.banned.contains(name.as_str()) {
            return Some(format!("{name} is banned: see deny.toml"));
        }
        let Some(licence) = &package.license else {
            return Some(format!("{name} names no licence"));
        };
        match Expression::parse_mode(licence, spdx::ParseMode::LAX) {
            Err(error) => Some(format!("{name}: `{licence}` is no licence: {error}")),
            Ok(terms) if terms.evaluate(|term| self.allows(term)) => None,
            Ok(_) => Some(format!(
                "{name} is under {licence}, which deny.toml does not allow"
            )),
        }
    }
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(super::root().join("Cargo.toml"))
        .features(CargoOpt::AllFeatures)
        .other_options(vec![
            "--locked".into(),
            "--offline".into(),
            "--filter-platform".into(),
            "x86_64-unknown-linux-gnu".into(),
        ])
        .exec()
        .expect("cargo metadata")
}

#[test]
fn every_library_is_permissively_licensed_and_comes_from_the_registry() {
    let rules = Rules::read();
    let metadata = metadata();
    // The resolved graph leaves out what other platforms alone would build.
    let nodes = &metadata.resolve.as_ref().expect("resolved").nodes;
    assert!(nodes.len() > 100, "{} packages", nodes.len());
    let faults: Vec<_> = nodes
        .iter()
        .filter_map(|node| rules.fault(&metadata[&node.id]))
        .collect();
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn a_copyleft_a_missing_licence_a_banned_crate_and_a_git_source_are_found() {
    let rules = Rules::read();
    let metadata = metadata();
    let serde = metadata
        .packages
        .iter()
        .find(|it| it.name.as_str() == "serde");
    let good = serde.expect("serde").clone();
    assert_eq!(rules.fault(&good), None);
    let with = |change: &dyn Fn(&mut Package)| {
        let mut package = good.clone();
        change(&mut package);
        rules.fault(&package)
    };
    assert!(with(&|it| it.license = Some("GPL-3.0-only".into())).is_some());
    assert!(with(&|it| it.license = Some("MIT AND LGPL-2.1-only".into())).is_some());
    assert!(with(&|it| it.license = Some("MIT OR GPL-3.0-only".into())).is_none());
    assert!(with(&|it| it.license = None).is_some());
    let git = "git+https://example.org/serde";
    assert!(with(&|it| it.source = serde_json::from_value(git.into()).ok()).is_some());
    assert!(rules.banned.contains("openssl"));
}
