//! `cargo xtask generate`: files of the repository that a program made.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Context as _;
use clap::ValueEnum;
use serde_json::Value;

use crate::{command, workspace};

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum What {
    /// docs/dependencies.md: the libraries we build with, and their licences.
    Dependencies,
}

pub(crate) fn run(what: What) -> anyhow::Result<()> {
    let (path, text) = match what {
        What::Dependencies => ("docs/dependencies.md", dependencies()?),
    };
    let file = workspace::root().join(path);
    let before = std::fs::read_to_string(&file).unwrap_or_default();
    std::fs::write(&file, &text).with_context(|| format!("cannot write {path}"))?;
    let answer = if before == text {
        "unchanged"
    } else {
        "changed"
    };
    println!("{path}: {answer}");
    Ok(())
}

/// The libraries of the locked dependency tree by licence.
fn dependencies() -> anyhow::Result<String> {
    let metadata = command::output(workspace::cargo().args([
        "metadata",
        "--format-version=1",
        "--locked",
        "--filter-platform=x86_64-unknown-linux-gnu",
    ]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().context("no packages")?;
    let mut by_licence = BTreeMap::<&str, Vec<String>>::new();
    for package in packages {
        if package["source"].is_null() {
            continue;
        }
        let text = |key: &str| package[key].as_str().unwrap_or("not stated");
        by_licence.entry(text("license")).or_default().push(format!(
            "{} {}",
            text("name"),
            text("version")
        ));
    }
    let mut page = String::from(
        "# 사용 라이브러리 / Libraries we build with\n\n\
         x86-64 리눅스 빌드와 시험에 쓰는 라이브러리와 그 사용 허락. \
         `cargo xtask generate dependencies`가 쓴다.\n\n\
         The libraries of a build and test on x86-64 Linux, by licence expression. \
         Written by `cargo xtask generate dependencies`.\n",
    );
    for (licence, mut crates) in by_licence {
        crates.sort();
        write!(page, "\n## {licence}\n\n{}\n", crates.join(", "))?;
    }
    Ok(page)
}
