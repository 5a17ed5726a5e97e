//! `cargo xtask interop api`: our interface for programs, held against its own
//! description by a program of other makers.
//!
//! schemathesis reads `/api/v1/openapi.json` and sends requests that keep to
//! it and requests that do not: every answer must be one that the description
//! names, in its form; what keeps to it must not be refused as malformed, what
//! does not must be. Once with the operator's key and once without any.

use std::process::Command;

use anyhow::{Context as _, ensure};

use super::served::Served;
use crate::{bench, command, python, workspace};

const SCHEMATHESIS: &str = "schemathesis==4.32.5";

/// The headings of what it warns of: such as that without a key it is let in
/// nowhere, and sees refusals only.
fn warnings(said: &str) -> String {
    let part = said.lines().skip_while(|line| !line.contains(" WARNINGS "));
    let headings = part.skip(1).take_while(|line| !line.contains(" SUMMARY "));
    let headings =
        headings.filter(|line| line.trim_end().ends_with(':') || line.contains("operations"));
    let headings: Vec<_> = headings
        .map(|line| line.trim().trim_end_matches(':'))
        .collect();
    headings.join("; ")
}

/// Runs it, prints and writes the table.
///
/// # Errors
/// Where it cannot be installed or started, or finds a violation.
pub(crate) fn run() -> anyhow::Result<()> {
    let programs = python::environment("schemathesis", &[SCHEMATHESIS])?;
    let folder = workspace::cache()?.join("interop-api");
    bench::empty(&folder)?;
    std::fs::create_dir_all(&folder)?;
    command::run(workspace::cargo().args(["build", "--quiet", "-p", "modu"]))?;
    let served = Served::start(&folder.join("home"), &["--empty"])?;
    let mut key = Command::new(programs.join("python"));
    key.arg(workspace::root().join("interop/api/key.py"))
        .args([&served.address, &served.link]);
    let key = command::output(&mut key)?;
    let description = format!("{}api/v1/openapi.json", served.address);
    let mut page = String::from(
        "# The interface for programs, against its description\n\n\
         Written by `cargo xtask interop api`: schemathesis (PyPI) with all of its checks, seed 1.\n\n\
         | key | addresses and methods | requests | violations | warnings |\n|---|---|---|---|---|\n",
    );
    for (who, header) in [
        (
            "operator",
            Some(format!("Authorization: Bearer {}", key.trim())),
        ),
        ("none", None),
    ] {
        let mut tester = Command::new(programs.join("schemathesis"));
        tester
            .args(["run", &description, "--checks", "all", "--seed", "1"])
            .args(["--max-examples", "40", "--no-color"])
            // Whoever ends their own key sees only refusals from then on.
            .args(["--exclude-path-regex", "/keys/"])
            .current_dir(&folder);
        if let Some(header) = header {
            tester.args(["--header", &header]);
        }
        let answer = tester.output().context("schemathesis cannot be started")?;
        let said = String::from_utf8_lossy(&answer.stdout);
        ensure!(answer.status.success(), "with key `{who}`:\n{said}");
        let after = |mark: &str| {
            let mut lines = said.lines().skip_while(|line| !line.contains(mark));
            let line = lines.next().unwrap_or_default();
            let rest = line.split_once(mark).map_or("", |(_, rest)| rest).trim();
            match rest.is_empty() {
                true => lines.next().unwrap_or_default().trim().to_owned(),
                false => rest.to_owned(),
            }
        };
        std::fs::write(folder.join(format!("said-{who}.txt")), &*said)?;
        let warnings = match said.contains("WARNINGS") {
            true => warnings(&said),
            false => "none".to_owned(),
        };
        page.push_str(&format!(
            "| {who} | {} | {} | none | {warnings} |\n",
            after("Tested:"),
            after("Test cases:"),
        ));
    }
    print!("{page}");
    std::fs::write(workspace::root().join("bench/interop-api.md"), page)?;
    Ok(())
}
